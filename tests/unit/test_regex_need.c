#include "base/regex_need.h"

#include "base/regex.h"
#include "base/strbuf.h"
#include "base/sv.h"
#include "t.h"

static bool met(const char *pattern, const char *text)
{
    struct regex_need need = {0};
    struct regex_pairs pairs = regex_pairs_of(sv_from(text));
    bool r;

    regex_need_init(&need, sv_from(pattern));
    r = regex_need_met(&need, &pairs);
    regex_need_release(&need);
    return r;
}

T(bytes_that_are_not_optional_are_needed_whatever_their_case)
{
    T_CHECK(met("^all tests pass$", "All Tests PASS") && !met("^all tests pass$", "all is well"));
    T_CHECK(met("[abc]de", "ade") && !met("[abc]de", "abc") && !met("[a-c]de", "abc"));
    T_CHECK(met("", "") && met("^.*$", "") && met("a", "cab") && !met("a", "b"));
    T_CHECK(!met("\\bup to\\b", "down") && met("\\bup to\\b", "up to 5"));
    T_CHECK(met("a\\.b", "a.b") && !met("a\\.b", "a,b") && met("a.b", "axb"));
}

T(a_digit_and_a_choice_of_marks_are_needed)
{
    T_CHECK(met("^[0-9]+ of", "7 of") && !met("^[0-9]+ of", "all of") && met("[0-9]*", "x"));
    T_CHECK(met("\\d{1,3}", "7") && !met("\\d{1,3}", "x") && met("\\d{0,3}", "x"));
    T_CHECK(met("[<>]", "a > b") && !met("[<>]", "a = b") && met("[^<>]", "a"));
    T_CHECK(met("[<\xe2\x89\xa4]", "\xe2\x89\xa4") && met("[<\xe2\x89\xa4]", "<") &&
            !met("[<\xe2\x89\xa4]", ">"));
    T_CHECK(met("[:.]b", "a:b") && !met("[:.]b", "ab") && !met("x[.:]", "a"));
    T_CHECK(met("[[:alpha:]]b", "x"));               /* not known here */
    T_CHECK(met("[ -]", "x") && met("[\\]x]", "y")); /* not looked into */
}

T(what_may_be_left_out_is_not_needed)
{
    T_CHECK(met("tests?$", "test") && !met("tests?$", "tes"));
    T_CHECK(met("a b*c", "a c") && met("abx{0,2}", "ab") && !met("abx{0,2}", "a"));
    T_CHECK(met("ab+c", "abbbc") && !met("ab+c", "ac") && met("x(ab)?", "x"));
    T_CHECK(met("(?:very )?good", "good") && met("roll ?out", "rollout"));
    T_CHECK(!met("roll ?out", "roll") && met("(a\\.?b)*c", "c") && met("x\\.?", "x"));
}

T(one_of_the_alternatives_is_enough)
{
    T_CHECK(met("deploy|roll ?out|^tests?$", "the test") && met("deploy|x", "deployed"));
    T_CHECK(!met("deploy|rollout", "nothing like it"));
    T_CHECK(met("deploy|(a|.)", "nothing like it")); /* the second needs nothing that is known */
    T_CHECK(!met("(a|deploy)rollout", "deploy"));
}

T(one_of_the_alternatives_of_each_group_is_needed)
{
    T_CHECK(!met("(abc)+x", "x") && met("(abc)+x", "abcx") && met("(abc)*x", "x"));
    T_CHECK(met("^(?:red|blue) (car|bus)$", "blue bus") &&
            !met("^(?:red|blue) (car|bus)$", "blue"));
    T_CHECK(!met("^(?:red|blue) (car|bus)$", "a bus") && met("x(?:a|)", "x"));
    T_CHECK(met("(?!ab)x", "x") && met("(?<!ab)x", "x") && met("x(?=ab)", "x") &&
            met("(?<=a)x", "x"));
    T_CHECK(met("(?-i:A)b", "Ab") && !met("(?-i:A)b", "b") && met("(?s)a", "a"));
    T_CHECK(!met("(?s)a", "b") && met("(a)\\1", "aa") && met("a(\\n|b)", "a"));
}

T(ways_that_are_too_many_to_multiply_are_asked_besides)
{
    static const char three[] = "(?:ab|cd|ef)(?:ab|cd|ef)(?:ab|cd|ef)(?:ij|kl|gh)";
    static const char either[] = "(?:ab|cd|ef)(?:ab|cd|ef)(?:ab|cd|ef)(?:ij|kl|gh)|xyz";

    T_CHECK(!met(three, "ab") && !met(three, "gh") && met(three, "ab kl"));
    T_CHECK(!met(either, "ab") && met(either, "cd ij") && met(either, "xyz") && !met(either, "xy"));
    /* of two such lists the shorter one is kept */
    T_CHECK(met("(?:ab|cd|ef)(?:ab|cd|ef)(?:ab|cd|ef)(?:ij|kl|gh)(?:mn|op)", "ab mn") &&
            !met("(?:ab|cd|ef)(?:ab|cd|ef)(?:ab|cd|ef)(?:ij|kl|gh)(?:mn|op)", "ab ij"));
    /* in a group that may be left out nothing is asked, and one alternative that needs nothing is enough */
    T_CHECK(met("(?:(?:ab|cd|ef)(?:ab|cd|ef)(?:ab|cd|ef)(?:ij|kl|gh))?", "") &&
            met("(?:ab|cd|ef)(?:ab|cd|ef)(?:ab|cd|ef)(?:ij|kl|gh)|.", "x"));
    T_CHECK(!met("x(?:(?:ab|cd|ef)(?:ab|cd|ef)(?:ab|cd|ef)(?:ij|kl|gh))", "x ab") &&
            met("x(?:(?:ab|cd|ef)(?:ab|cd|ef)(?:ab|cd|ef)(?:ij|kl|gh))", "x ab gh"));
}

/* "aa|ab|...": more than are asked besides. */
T(a_choice_of_very_many_is_asked_up_to_an_end)
{
    CLEANUP(strbuf_release) struct strbuf few = STRBUF(0), many = STRBUF(0);

    for (int i = 0; i < 40; i++)
        strbuf_addf(&few, "%sq%c%c", i ? "|" : "(?:", 'a' + i / 8, 'a' + i % 8);
    for (int i = 0; i < 400; i++)
        strbuf_addf(&many, "%sq%c%c", i ? "|" : "(?:", 'a' + i / 20, 'a' + i % 20);
    strbuf_add_str(&few, ")");
    strbuf_add_str(&many, ")");
    T_CHECK(met(strbuf_str(&few), "xqba") && !met(strbuf_str(&few), "qx"));
    T_CHECK(met(strbuf_str(&many), "xqba") && met(strbuf_str(&many), "nothing"));
}

/* Alternatives that have no ASCII at all do not keep the others from being refused at once. */
T(many_alternatives_are_asked_whether_they_are_ascii_or_not)
{
    static const char words[] = "abc|def|ghi|jkl|mno|pqr|stu|\xe5\x9b\x9e\xe6\xbb\x9a";
    static const char digit[] = "abc|def|ghi|jkl|mno|pqr|stu|[0-9]";

    T_CHECK(met(words, "x abc") && met(words, "\xe5\x9b\x9e\xe6\xbb\x9a") && !met(words, "xyz"));
    T_CHECK(met(words, "\xc3\xa4")); /* which of them is not told */
    T_CHECK(met(digit, "stu") && met(digit, "7") && !met(digit, "ts u"));
}

T(of_many_pairs_the_rarest_are_asked)
{
    T_CHECK(met("the quick brown fox jumps", "THE QUICK BROWN FOX JUMPS"));
    T_CHECK(!met("the quick brown fox jumps", "the uqick brown fox jumps"));
    T_CHECK(!met("1-2 z", "1-2z") && met("1-2 z", "1-2 z") && !met("a: b", "a b:"));
}

T(groups_and_classes_end_where_they_end)
{
    T_CHECK(met("[]ab]cd", "]cd") && met("[^]ab]cd", "cd") && met("[\\]ab]cd", "acd"));
    T_CHECK(!met("([)]ab)cd", "ab") && met("([)]ab)cd", ")abcd") && met("(\\)ab)cd", ")abcd"));
    T_CHECK(!met("([)]ab)cd", "abcd") && met("((a)(bc))cd", "abcd") && met("a{2", "a{2"));
}

/* Folding: U+017F is an s, U+212A a k. */
T(a_text_that_is_not_ascii_meets_what_is_not_ascii_and_no_more)
{
    T_CHECK(met("tests", "te\xc5\xbfts") && met("kind", "\xe2\x84\xaaind"));
    T_CHECK(!met("anything", "\xc3\xa4") && met("anything", "\xc3\xa4nything anything"));
    T_CHECK(!met("zur\xc3\xbc"
                 "ck",
                 "zuruck") &&
            met("zur\xc3\xbc"
                "ck",
                "ZUR\xc3\x9c"
                "CK") &&
            met("ab\xc3\xbc?", "ab"));
    T_CHECK(met("\xc3\xbc|ab", "ab") && !met("\xc3\xbc|ab", "ba"));
}

T(what_is_not_known_here_rules_nothing_out)
{
    T_CHECK(met("\\x41b", "") && met("[[:alpha:]b]cd", "") && met("(?>ab)c", ""));
    T_CHECK(met("a(b\\x1b|c)", "") && !met("[\\x01]b", "a"));
    T_CHECK(met("((((((((((((((((((a))))))))))))))))))", ""));
}

/* Whatever matches meets the need: the one thing that must not go wrong. */
T(what_matches_is_never_ruled_out)
{
    static const char *const patterns[] = {"a ?b|c+d",
                                           "(?:ab|c)*d-?e",
                                           "^b[a-d]{2}e?d",
                                           "aab*c|",
                                           "[^a]b\\b ?c",
                                           "(?:a|b-|c)(d|e )",
                                           "(?:ab|c[-d]|e)+[0-9]b|\\dd",
                                           "(?:a|b|c)(?:a|b|d)(?:a|c|e)(?:b|c|e)(?:d|e)",
                                           "x|(?:a|b|c)(?:a|b|d)(?:a|c|e)(?:b|cd|e)"};
    size_t found = 0;

    for (size_t p = 0; p < ARRAY_LEN(patterns); p++) {
        CLEANUP(regex_freep) struct regex *r = regex_must(patterns[p], REGEX_NOCASE);

        for (int i = 0; i < 20000; i++) {
            char text[9] = "";
            struct regex_pairs pairs;

            for (size_t k = 0; k < t_below(sizeof(text)); k++)
                text[k] = "abcdeABCDE -1"[t_below(13)];
            pairs = regex_pairs_of(sv_from(text));
            if (!regex_has(r, sv_from(text)))
                continue;
            found++;
            if (!regex_may_match(r, &pairs))
                T_FAIL("'%s' is ruled out of '%s'", patterns[p], text);
        }
    }
    T_CHECK(found > 1000);
}

T_MAIN(T_CASE(bytes_that_are_not_optional_are_needed_whatever_their_case),
       T_CASE(a_digit_and_a_choice_of_marks_are_needed), T_CASE(what_may_be_left_out_is_not_needed),
       T_CASE(one_of_the_alternatives_is_enough),
       T_CASE(one_of_the_alternatives_of_each_group_is_needed),
       T_CASE(ways_that_are_too_many_to_multiply_are_asked_besides),
       T_CASE(a_choice_of_very_many_is_asked_up_to_an_end),
       T_CASE(many_alternatives_are_asked_whether_they_are_ascii_or_not),
       T_CASE(of_many_pairs_the_rarest_are_asked), T_CASE(groups_and_classes_end_where_they_end),
       T_CASE(a_text_that_is_not_ascii_meets_what_is_not_ascii_and_no_more),
       T_CASE(what_is_not_known_here_rules_nothing_out), T_CASE(what_matches_is_never_ruled_out))
