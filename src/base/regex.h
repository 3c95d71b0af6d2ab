#pragma once

/*
 * regex: PCRE2 patterns, compiled once, with limits on time and stack.
 *
 * Patterns of our own come from regex_must(): each is compiled when it is first
 * searched for in a text that it may match, once for the process and all its threads.  Those of a document come
 * from regex_new(), which can refuse.  Both are UTF-8; bytes of the subject that are
 * not match nothing, not even ".", and what stands around them is searched.  A struct
 * regex is for one thread at a time.
 */
#include "base/err.h"
#include "base/regex_need.h"

struct regex;
struct regex_match {
    size_t from, to; /* bytes; from == SV_NPOS: the group took no part */
};

#define REGEX_NOCASE 1u
#define REGEX_MULTI  2u /* ^ and $ at every line */

NODISCARD enum err_code regex_new(struct sv pattern, unsigned flags, struct regex **ret,
                                  struct err *err);
/*
 * For literals in our own source, with at most 15 groups.  One that does not compile is our bug: the first
 * search in a text that it may match ends the process, and under the sanitizers the first search of all.
 */
struct regex *regex_must(const char *pattern, unsigned flags);
void regex_free(struct regex *r);
DEFINE_CLEANUP(struct regex *, regex_free)

/*
 * Search from `from`.  True: groups[0] is the whole match, up to n groups are set.  A search that
 * runs into the limit is no match; regex_hit_limit() then tells.
 */
bool regex_find(struct regex *r, struct sv subject, size_t from, struct regex_match *groups,
                size_t n);
bool regex_has(struct regex *r, struct sv subject);
/* regex_pairs_of(), which searches of this thread need as well: a line's are made once. */
struct regex_pairs regex_pairs_known(struct sv text);
/* Is one of the words in the text, whatever the case of its letters?  For more than two or three of them. */
bool regex_says_any(struct sv text, const struct sv *words, size_t n);
#define REGEX_SAYS_ANY(text, words) regex_says_any((text), (words), ARRAY_LEN(words))
/* For a text that is searched for many literals: false only where regex_find() is, in a few instructions. */
bool regex_may_match(struct regex *r, const struct regex_pairs *text);
/* The first of list[from, n) that may match; n: none of them. */
size_t regex_next_may_match(struct regex *const *list, size_t n, size_t from,
                            const struct regex_pairs *text);
bool regex_hit_limit(const struct regex *r);
