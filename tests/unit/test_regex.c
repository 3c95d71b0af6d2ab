#include "base/regex.h"

#include <pthread.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "base/sv.h"
#include "t.h"

#define REGEX CLEANUP(regex_freep) struct regex

static bool has(const char *pattern, unsigned flags, struct sv subject)
{
    REGEX *r = regex_must(pattern, flags);

    return regex_has(r, subject);
}

T(groups_say_where_they_matched)
{
    REGEX *r = regex_must("(\\d+)-(x)?(y)", 0);
    struct regex_match g[6];

    T_CHECK(regex_find(r, SV("ab 12-y 3-xy"), 0, g, ARRAY_LEN(g)));
    T_CHECK(g[0].from == 3 && g[0].to == 7);
    T_CHECK(g[1].from == 3 && g[1].to == 5);
    T_CHECK(g[2].from == SV_NPOS && g[2].to == SV_NPOS); /* took no part */
    T_CHECK(g[3].from == 6 && g[3].to == 7);
    T_CHECK(g[4].from == SV_NPOS && g[5].from == SV_NPOS); /* the pattern has no such */
    T_CHECK(regex_find(r, SV("ab 12-y 3-xy"), 7, g, 3));
    T_CHECK(g[0].from == 8 && g[2].from == 10);
    T_CHECK(!regex_find(r, SV("ab 12-y 3-xy"), 9, g, 3));
    T_CHECK(!regex_find(r, SV("12-y"), 5, g, 3)); /* behind the end */
    T_CHECK(!regex_hit_limit(r));
}

T(flags_fold_case_and_anchor_at_lines)
{
    T_CHECK(!has("abc", 0, SV("ABC")) && has("abc", REGEX_NOCASE, SV("ABC")));
    T_CHECK(has("\xc3\xa4", REGEX_NOCASE, SV("\xc3\x84"))); /* UTF: a-umlaut in both cases */
    T_CHECK(!has("^b$", 0, SV("a\nb\nc")) && has("^b$", REGEX_MULTI, SV("a\nb\nc")));
    T_CHECK(has("^A$", REGEX_MULTI | REGEX_NOCASE, SV("x\na")));
    T_CHECK(has("", 0, (struct sv){NULL, 0}) && !has("a", 0, (struct sv){NULL, 0}));
}

T(bytes_that_are_not_utf_8_match_nothing_and_the_text_around_them_is_searched)
{
    T_CHECK(has("error", 0, SV("\xff\xfe error \xff")));
    T_CHECK(!has("a.b", 0,
                 SV("a\xff"
                    "b")));
    T_CHECK(has("^b", REGEX_MULTI, SV("\xff\nb")));
    T_CHECK(has("^.$", 0, SV("\xe2\x82\xac"))); /* a euro sign is one character */
}

T(a_search_may_begin_inside_a_character)
{
    REGEX *r = regex_must("b", 0);
    struct regex_match g[1];

    T_CHECK(regex_find(r,
                       SV("\xe2\x82\xac"
                          "b"),
                       1, g, 1));
    T_EQ(g[0].from, 3);
    T_CHECK(!regex_hit_limit(r));
    for (int i = 0; i < 5000; i++) /* and so it is as machine code */
        T_CHECK(regex_find(r,
                           SV("\xe2\x82\xac"
                              "b \xff\xe2"),
                           1, g, 1) &&
                g[0].from == 3);
    T_CHECK(!regex_find(r, SV("\xe2\x82\xac\xff"), 2, g, 1));
}

T(a_pattern_that_does_not_compile_is_told_with_its_place)
{
    struct regex *r = NULL;
    struct err err = {0};

    T_EQ(regex_new(SV("a(b"), 0, &r, &err), ERR_INVALID);
    T_STR(err.msg, "pattern 'a(b': missing closing parenthesis at byte 3");
    T_EQ(regex_new(SV("\xff"), 0, &r, &err), ERR_INVALID);
    T_EQ(regex_new(SV("\\C"), 0, &r, &err), ERR_INVALID); /* half a character */
    T_CHECK(!r);
    T_OK(regex_new((struct sv){NULL, 0}, 0, &r, &err), err);
    regex_free(r);
    regex_free(NULL);
}

T(a_literal_of_ours_that_does_not_compile_ends_the_process_at_a_search_that_may_find_it)
{
    REGEX *r = regex_must("(", 0);
    REGEX *many = regex_must("()()()()()()()()()()()()()()()()", 0);

    T_ABORTS((void)regex_has(r, SV("x")));
    T_ABORTS((void)regex_has(many, SV("x"))); /* more groups than a thread has room for */
    T_ABORTS((void)regex_must("x", 4));       /* no such flag */
}

/* The same text with other flags is another pattern, and what one search leaves behind no other sees. */
T(two_literals_of_one_text_do_not_disturb_each_other)
{
    REGEX *a = regex_must("^(a+)+$", 0), *b = regex_must("^(a+)+$", 0);
    REGEX *c = regex_must("^(a+)+$", REGEX_NOCASE);
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    strbuf_add_n(&text, 'a', 200);
    strbuf_add_byte(&text, '!');
    T_CHECK(!regex_has(a, strbuf_sv(&text)) && regex_hit_limit(a));
    T_CHECK(!regex_hit_limit(b) && regex_has(b, SV("aa")) && !regex_has(b, SV("AA")));
    T_CHECK(regex_has(c, SV("AA")) && regex_hit_limit(a));
}

/* That a text did not match is kept with the text, not with its place. */
T(a_text_that_was_searched_in_vain_is_searched_again_when_it_is_another)
{
    REGEX *r = regex_must("refused|denied twice", 0), *other = regex_must("granted once", 0);
    char text[] = "it was rejected, and granted once";
    struct sv s = sv_from(text);
    struct regex_match g[1];

    for (int i = 0; i < 3; i++)
        T_CHECK(!regex_has(r, s) && regex_has(other, s));
    text[9] = 'f';
    text[10] = 'u';
    text[11] = 's'; /* "refusted" */
    T_CHECK(!regex_has(r, s));
    text[12] = 'e';
    text[13] = 'd';
    T_CHECK(regex_has(r, s) && regex_has(other, s));
    T_CHECK(!regex_find(r, s, 8, g, 1)); /* of the rest: */
    T_CHECK(regex_find(r, s, 0, g, 1) && g[0].from == 7);
}

T(of_a_table_of_patterns_those_are_told_that_may_match)
{
    REGEX *one = regex_must("first (?:of|in)", 0), *two = regex_must("^second$", 0),
          *three = regex_must("th[ij]rd", 0);
    struct regex *const list[] = {one, two, three};
    struct regex_pairs text = regex_pairs_known(SV("a second and a third"));

    T_EQ(regex_next_may_match(list, 3, 0, &text), 1); /* it may, and does not */
    T_EQ(regex_next_may_match(list, 3, 2, &text), 2);
    T_EQ(regex_next_may_match(list, 3, 3, &text), 3);
    T_EQ(regex_next_may_match(list, 2, 2, &text), 2);
}

#define THREADS 4

static void *search(void *arg)
{
    size_t *found = arg;

    for (int i = 0; i < 2000; i++) {
        REGEX *r = regex_must("(x+)(y)?z", REGEX_NOCASE);
        struct regex_match g[3];

        *found += regex_find(r, SV("a XXYZ b"), 0, g, 3) && g[0].from == 2 && g[1].to == 4 &&
                  g[2].from == 4;
        *found -= regex_has(r, SV("a XXY b"));
    }
    return NULL;
}

/* More than the mark of machine code, so that it is made while the others search. */
T(threads_search_with_one_pattern_at_once)
{
    pthread_t threads[THREADS];
    size_t found[THREADS] = {0};

    for (size_t i = 0; i < THREADS; i++)
        T_EQ(pthread_create(&threads[i], NULL, search, &found[i]), 0);
    for (size_t i = 0; i < THREADS; i++) {
        T_EQ(pthread_join(threads[i], NULL), 0);
        T_EQ(found[i], 2000);
    }
}

/* Catastrophic backtracking: without a limit this takes longer than the universe. */
T(a_pattern_that_explodes_is_stopped_and_said_to_be)
{
    REGEX *r = regex_must("^(a+)+$", 0);
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    strbuf_add_n(&text, 'a', 200);
    strbuf_add_byte(&text, '!');
    T_CHECK(!regex_has(r, strbuf_sv(&text)));
    T_CHECK(regex_hit_limit(r));
    T_CHECK(regex_has(r, SV("aaa")));
    T_CHECK(!regex_hit_limit(r)); /* of the last search only */
    T_CHECK(!regex_has(r, SV("b")));
    T_CHECK(!regex_hit_limit(r));
    strbuf_add_n(&text, 'a', 100000); /* and so it is as machine code */
    strbuf_add_byte(&text, '!');
    T_CHECK(!regex_has(r, strbuf_sv(&text)));
    T_CHECK(regex_hit_limit(r));
}

/* Machine code is made when a pattern has looked at enough: from then on it finds the same. */
T(a_pattern_that_is_used_much_finds_what_it_found_before)
{
    REGEX *r = regex_must("(b+)c", 0);
    struct regex_match g[2];

    for (int i = 0; i < 20000; i++) {
        T_CHECK(regex_find(r, SV("abbc b"), 0, g, 2));
        T_CHECK(g[0].from == 1 && g[0].to == 4 && g[1].from == 1 && g[1].to == 3);
        T_CHECK(!regex_find(r, SV("abbc b"), 3, g, 2));
    }
}

/* What people write for "anything, also over lines", on the output of a real command. */
T(an_ordinary_pattern_works_on_a_long_text)
{
    static const char *const patterns[] = {"start(.|\\n)*end", "start(?:[^e]|e(?!nd))*end",
                                           "start[\\s\\S]*end", "(?s)start.*?end", "(\\w+ )+end"};
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    strbuf_add_str(&text, "start ");
    while (text.n < 1u << 20)
        strbuf_add_str(&text, text.n % 3 ? "some words " : "and lines\n");
    strbuf_add_str(&text, "x y end");
    for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
        REGEX *r = regex_must(patterns[i], 0);

        if (!regex_has(r, strbuf_sv(&text)))
            T_FAIL("'%s' is not found, limit: %d", patterns[i], regex_hit_limit(r));
    }
}

/* A literal is not searched for where its first byte rules it out; a document's pattern always is. */
T(a_literal_finds_what_the_same_pattern_of_a_document_finds)
{
    static const char *const patterns[] = {"^(?:if|when) (x)",
                                           "^if|when",
                                           "(?s).*b",
                                           "\\Gb",
                                           "^(?:a|)b",
                                           "^",
                                           "^$|^b",
                                           "^s",
                                           "^\xe3\x82\xb9",
                                           "^[[:alpha:]]+b",
                                           "^[[:^alpha:]]+b",
                                           "^[:.]+b",
                                           "^[^\\w\\s]*(?:no|b)"};
    static const char *const texts[] = {"",         "if x",     "When x",       "b",   "ab",
                                        "\xc5\xbf", "S",        "\xe3\x82\xb9", ".:b", "-- No",
                                        "a\nb",     "\xff\x62", ": b"};

    for (size_t i = 0; i < ARRAY_LEN(patterns) * ARRAY_LEN(texts); i++) {
        const char *pattern = patterns[i / ARRAY_LEN(texts)];
        struct sv text = sv_from(texts[i % ARRAY_LEN(texts)]);

        for (unsigned flags = 0; flags <= (REGEX_NOCASE | REGEX_MULTI); flags++)
            for (size_t from = 0; from <= text.n; from++) {
                REGEX *ours = regex_must(pattern, flags), *its = NULL;
                struct regex_match a = {0}, b = {0};
                struct err err;

                T_OK(regex_new(sv_from(pattern), flags, &its, &err), err);
                if (regex_find(ours, text, from, &a, 1) != regex_find(its, text, from, &b, 1) ||
                    a.from != b.from || a.to != b.to)
                    T_FAIL("'%s' in '%.*s' from %zu, flags %u", pattern, SV_FMT(text), from, flags);
            }
    }
}

T_MAIN(
    T_CASE(groups_say_where_they_matched), T_CASE(flags_fold_case_and_anchor_at_lines),
    T_CASE(bytes_that_are_not_utf_8_match_nothing_and_the_text_around_them_is_searched),
    T_CASE(a_search_may_begin_inside_a_character),
    T_CASE(a_pattern_that_does_not_compile_is_told_with_its_place),
    T_CASE(a_literal_of_ours_that_does_not_compile_ends_the_process_at_a_search_that_may_find_it),
    T_CASE(two_literals_of_one_text_do_not_disturb_each_other),
    T_CASE(a_text_that_was_searched_in_vain_is_searched_again_when_it_is_another),
    T_CASE(of_a_table_of_patterns_those_are_told_that_may_match),
    T_CASE(threads_search_with_one_pattern_at_once),
    T_CASE(a_pattern_that_explodes_is_stopped_and_said_to_be),
    T_CASE(a_pattern_that_is_used_much_finds_what_it_found_before),
    T_CASE(an_ordinary_pattern_works_on_a_long_text),
    T_CASE(a_literal_finds_what_the_same_pattern_of_a_document_finds))
