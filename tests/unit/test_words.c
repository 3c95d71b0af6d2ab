#include "base/words.h"

#include <pthread.h>

#include "base/sv.h"
#include "t.h"

T(a_word_of_the_list_is_found_in_either_case_and_no_part_of_one)
{
    static struct words list = WORDS("run execute do re-run überprüfen");
    static const char *const in[] = {"run", "RUN", "Execute", "do", "re-run", "überprüfen"};
    static const char *const out[] = {"",         "r",         "runs", "ru",    "execut",
                                      "executed", "o",         "re",   "-run",  "du",
                                      " run",     "do re-run", "dore", "prüfen"};

    for (int again = 0; again < 2; again++) {
        for (size_t i = 0; i < ARRAY_LEN(in); i++)
            T_CHECK(words_have(&list, sv_from(in[i])));
        for (size_t i = 0; i < ARRAY_LEN(out); i++)
            T_CHECK(!words_have(&list, sv_from(out[i])));
    }
    T_CHECK(!words_have(&list, (struct sv){NULL, 0}));
}

T(words_longer_than_a_length_that_is_told_apart_are_compared)
{
    static struct words list = WORDS("abcdefghijklmnopqrstuvwxyzabcdefgh a");

    T_CHECK(words_have(&list, SV("abcdefghijklmnopqrstuvwxyzABCDEFGH")));
    T_CHECK(!words_have(&list, SV("abcdefghijklmnopqrstuvwxyzabcdefgx")));
    T_CHECK(!words_have(&list, SV("abcdefghijklmnopqrstuvwxyzabcdefghijk")));
    T_CHECK(words_have(&list, SV("A")));
}

T(an_empty_list_has_no_word)
{
    static struct words list = WORDS("");

    T_CHECK(!words_have(&list, SV("a")) && !words_have(&list, SV("")));
    T_CHECK(!words_in("", SV("a")) && !words_in("a", SV("")));
}

T(a_table_is_worth_a_look_where_a_name_begins_so_and_is_as_long)
{
    static const struct {
        const char *name;
        int value;
    } rows[] = {{"psql", 1}, {"mysql", 2}, {"sqlite3", 3}};
    static const char *const names[] = {"git", "svn"};
    static struct words of_rows = WORDS_OF(rows, name), of_names = WORDS_OF_NAMES(names);

    for (int again = 0; again < 2; again++) {
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
            T_CHECK(words_may_have(&of_rows, sv_from(rows[i].name)));
        T_CHECK(!words_may_have(&of_rows, SV("git")) && !words_may_have(&of_rows, SV("psqlx")));
        T_CHECK(words_may_have(&of_names, SV("svn")) && !words_may_have(&of_names, SV("hg")));
    }
    T_CHECK(!words_may_have(&of_rows, SV("")));
}

T(a_list_at_its_place_is_the_same_each_time)
{
    static const char *const words[] = {"up", "down", "left"};
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        n += words_have(WORDS_HERE("up down"), sv_from(words[i]));
    T_CHECK(n == 2);
    T_CHECK(words_in("up down", SV("Down")) && !words_in("up down", SV("dow")));
}

static struct words shared = WORDS("alpha beta gamma delta");

static void *ask(void *found)
{
    for (size_t i = 0; i < 1000; i++)
        *(size_t *)found += words_have(&shared, SV("gamma")) + words_have(&shared, SV("omega"));
    return NULL;
}

T(threads_ask_the_same_list_for_the_first_time)
{
    pthread_t threads[4];
    size_t found[ARRAY_LEN(threads)] = {0};

    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        T_CHECK(pthread_create(&threads[i], NULL, ask, &found[i]) == 0);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        T_CHECK(pthread_join(threads[i], NULL) == 0);
        T_CHECK(found[i] == 1000);
    }
}

T_MAIN(T_CASE(a_word_of_the_list_is_found_in_either_case_and_no_part_of_one),
       T_CASE(words_longer_than_a_length_that_is_told_apart_are_compared),
       T_CASE(an_empty_list_has_no_word),
       T_CASE(a_table_is_worth_a_look_where_a_name_begins_so_and_is_as_long),
       T_CASE(a_list_at_its_place_is_the_same_each_time),
       T_CASE(threads_ask_the_same_list_for_the_first_time))
