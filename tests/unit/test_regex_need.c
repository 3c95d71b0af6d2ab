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

T(letters_outside_of_groups_are_needed_whatever_their_case)
{
    T_CHECK(met("^all tests pass$", "All Tests PASS") && !met("^all tests pass$", "all is well"));
    T_CHECK(met("(abc)+x", "x") && met("[abc]de", "zde") && !met("[abc]de", "abc"));
    T_CHECK(met("", "") && met("^.*$", "") && met("a", "")); /* one byte is no pair */
    T_CHECK(!met("\\bup to\\b", "down") && met("\\bup to\\b", "up to 5"));
}

T(what_may_be_left_out_is_not_needed)
{
    T_CHECK(met("tests?$", "test") && !met("tests?$", "tes"));
    T_CHECK(met("a b*c", "a c") && met("abx{0,2}", "ab") && !met("abx{0,2}", "a"));
    T_CHECK(met("ab+c", "abbbc") && !met("ab+c", "ac"));
    T_CHECK(met("(?:very )?good", "good") && met("roll ?out", "rollout"));
    T_CHECK(!met("roll ?out", "roll"));
}

T(one_of_the_alternatives_is_enough)
{
    T_CHECK(met("deploy|roll ?out|^tests?$", "the test") && met("deploy|x", "deployed"));
    T_CHECK(!met("deploy|rollout", "nothing like it"));
    T_CHECK(met("deploy|(a|b)", "nothing like it")); /* the second needs nothing that is known */
    T_CHECK(!met("(a|deploy)rollout", "deploy"));
}

T(groups_and_classes_end_where_they_end)
{
    T_CHECK(met("[]ab]cd", "cd") && met("[^]ab]cd", "cd") && met("[\\]ab]cd", "cd"));
    T_CHECK(!met("([)]ab)cd", "ab") && met("([)]ab)cd", "cd") && met("(\\)ab)cd", "cd"));
    T_CHECK(met("((a)(bc))cd", "cd") && met("a{2", "a"));
}

/* Folding: U+017F is an s, U+212A a k. */
T(a_text_that_is_not_ascii_meets_every_need_and_such_a_need_is_met_by_no_other)
{
    T_CHECK(met("tests", "te\xc5\xbfts") && met("anything", "\xc3\xa4"));
    T_CHECK(!met("zur\xc3\xbc"
                 "ck",
                 "zuruck") &&
            met("ab\xc3\xbc?", "ab"));
    T_CHECK(met("\xc3\xbc|ab", "ab") && !met("\xc3\xbc|ab", "ba"));
}

T(what_a_literal_of_ours_does_not_have_ends_the_process)
{
    T_ABORTS((void)met("\\x41", "A"));
    T_ABORTS((void)met("[[:alpha:]b]", "A"));
}

/* Whatever matches meets the need: the one thing that must not go wrong. */
T(what_matches_is_never_ruled_out)
{
    static const char *const patterns[] = {"a ?b|c+d", "(?:ab|c)*d-?e", "^b[a-d]{2}e?d", "aab*c|",
                                           "[^a]b\\b ?c"};
    size_t found = 0;

    for (size_t p = 0; p < ARRAY_LEN(patterns); p++) {
        CLEANUP(regex_freep) struct regex *r = regex_must(patterns[p], REGEX_NOCASE);

        for (int i = 0; i < 20000; i++) {
            char text[9] = "";
            struct regex_pairs pairs;

            for (size_t k = 0; k < t_below(sizeof(text)); k++)
                text[k] = "abcdeABCDE -"[t_below(12)];
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

T_MAIN(T_CASE(letters_outside_of_groups_are_needed_whatever_their_case),
       T_CASE(what_may_be_left_out_is_not_needed), T_CASE(one_of_the_alternatives_is_enough),
       T_CASE(groups_and_classes_end_where_they_end),
       T_CASE(a_text_that_is_not_ascii_meets_every_need_and_such_a_need_is_met_by_no_other),
       T_CASE(what_a_literal_of_ours_does_not_have_ends_the_process),
       T_CASE(what_matches_is_never_ruled_out))
