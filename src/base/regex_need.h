#pragma once

/*
 * regex_need: what a text must hold for a pattern to match, as pairs of neighbouring bytes.
 *
 * Of each alternative of the whole pattern the letters, digits and blanks that stand outside of groups and are
 * not optional have to be in the text, whatever its case.  A text tells its pairs once and is then
 * compared with many patterns.  It errs to one side: what is met may still not match.
 */
#include "base/vec.h"

struct regex_pairs {
    uint64_t bits[4];
    bool wide; /* has bytes that are not ASCII; such a text meets every need */
};

struct regex_need {
    VEC(struct regex_pairs) ways; /* one for each alternative */
};

struct regex_pairs regex_pairs_of(struct sv text);

/* Of a literal of ours that compiles; escapes that it does not know end the process. */
void regex_need_init(struct regex_need *n, struct sv pattern);
void regex_need_release(struct regex_need *n);
bool regex_need_met(const struct regex_need *n, const struct regex_pairs *text);
