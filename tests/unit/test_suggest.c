#include "base/suggest.h"

#include "base/sv.h"
#include "t.h"

T(examples_of_the_distance)
{
    static const struct {
        const char *a, *b;
        size_t want;
    } rows[] = {{"", "", 0},
                {"abc", "", 3},
                {"abc", "abc", 0},
                {"abc", "ABC", 0},
                {"timeout", "tiemout", 1}, /* neighbours swapped */
                {"timeout", "timeot", 1},
                {"timeout", "timeouts", 1},
                {"timeout", "timeour", 1},
                {"kitten", "sitting", 3},
                {"ca", "abc", 3}}; /* alignment: what was swapped is not edited again */

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        T_EQ(suggest_distance(sv_from(rows[i].a), sv_from(rows[i].b)), rows[i].want);
        T_EQ(suggest_distance(sv_from(rows[i].b), sv_from(rows[i].a)), rows[i].want);
    }
}

/* The definition, by recursion: Boytsov, "Indexing methods for approximate dictionary searching" (2011), 2.2. */
static size_t by_definition(const char *a, size_t i, const char *b, size_t j)
{
    size_t d, swap;

    if (i == 0 || j == 0)
        return i + j;
    d = by_definition(a, i - 1, b, j - 1) + (a[i - 1] != b[j - 1]);
    d = size_min(d, by_definition(a, i - 1, b, j) + 1);
    d = size_min(d, by_definition(a, i, b, j - 1) + 1);
    if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        swap = by_definition(a, i - 2, b, j - 2) + 1;
        d = size_min(d, swap);
    }
    return d;
}

T(the_distance_is_that_of_the_definition)
{
    for (int n = 0; n < 3000; n++) {
        size_t an = t_below(7), bn = t_below(7);
        char a[8], b[8];

        for (size_t i = 0; i < an; i++)
            a[i] = (char)('a' + t_below(3));
        for (size_t i = 0; i < bn; i++)
            b[i] = (char)('a' + t_below(3));
        T_EQ(suggest_distance((struct sv){a, an}, (struct sv){b, bn}), by_definition(a, an, b, bn));
    }
}

T(long_names_are_as_far_apart_as_they_are_long)
{
    char many[70];

    memset(many, 'x', sizeof(many));
    T_EQ(suggest_distance((struct sv){many, 64}, (struct sv){many, 64}), 0);
    T_EQ(suggest_distance((struct sv){many, 65}, (struct sv){many, 65}), 65);
    T_EQ(suggest_distance((struct sv){many, 65}, SV("x")), 65);
}

static const char *best_of(const char *word)
{
    static const char *const known[] = {"name", "timeout", "retries", "undo", "if", "host", "as"};
    struct suggest s = suggest_begin(sv_from(word));

    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        suggest_offer(&s, sv_from(known[i]));
    return s.best.p ? s.best.p : "-";
}

T(the_nearest_name_is_suggested_and_a_far_one_is_not)
{
    static const struct {
        const char *word, *want;
    } rows[] = {{"timout", "timeout"}, {"TIMEOUT", "timeout"},
                {"nmae", "name"},      {"retry", "-"},
                {"retrys", "retries"}, {"hots", "host"},
                {"undoo", "undo"},     {"o", "-"},
                {"is", "if"},          {"", "-"},
                {"database", "-"},     {"x", "-"}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        T_STR(best_of(rows[i].word), rows[i].want);
}

T(up_to_a_third_may_be_wrong_but_never_all)
{
    static const struct {
        const char *word, *known;
        bool want;
    } rows[] = {{"abc", "abx", true},
                {"abc", "axy", false},
                {"abcdef", "abcdxy", true},
                {"abcdef", "abcxyz", false},
                {"a", "b", false},
                {"ab", "b", false},
                {"ab", "abc", true},
                {"abcdefghijklmnop", "abcdefghijkl1234", true},
                {"abcdefghijklmnop", "abcdefghijk12345", false}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct suggest s = suggest_begin(sv_from(rows[i].word));

        suggest_offer(&s, sv_from(rows[i].known));
        T_EQ(s.best.p != NULL, rows[i].want);
    }
}

T(the_first_of_two_equally_near_names_is_suggested)
{
    struct suggest s = suggest_begin(SV("cat"));

    suggest_offer(&s, SV("bat"));
    suggest_offer(&s, SV("car"));
    T_SV(s.best, "bat");
    T_EQ(s.distance, 1);
    suggest_offer(&s, SV("cat"));
    T_SV(s.best, "cat");
}

T_MAIN(T_CASE(examples_of_the_distance), T_CASE(the_distance_is_that_of_the_definition),
       T_CASE(long_names_are_as_far_apart_as_they_are_long),
       T_CASE(the_nearest_name_is_suggested_and_a_far_one_is_not),
       T_CASE(up_to_a_third_may_be_wrong_but_never_all),
       T_CASE(the_first_of_two_equally_near_names_is_suggested))
