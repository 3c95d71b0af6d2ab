#pragma once

/*
 * regex_need: what a text must hold for a pattern to match, as bytes and pairs of neighbouring bytes.
 *
 * A pattern has ways to match: its alternatives, those of its groups multiplied in as long as they are few.  Of each
 * way the bytes that are not optional have to be in the text, whatever its case; [0-9] is some digit.  A
 * text tells what it holds once and is then compared with many patterns.  It errs to one side: what is met may
 * still not match.
 */
#include "base/vec.h"

struct regex_pairs {
    uint64_t bits[4];  /* of pairs, hashed */
    uint64_t bytes[2]; /* of ASCII; bit 0 is any digit */
    bool wide;         /* has bytes that are not ASCII */
    bool folds; /* has one of the two characters that fold to an ASCII letter: meets every need */
};

struct regex_need {
    VEC(struct regex_pairs) ways;
    struct regex_pairs all; /* what each of them needs */
    bool any;               /* one way needs nothing: every text meets it */
};

struct regex_pairs regex_pairs_of(struct sv text);

/* Of a literal of ours that compiles; one with escapes or groups that are not known here needs nothing. */
void regex_need_init(struct regex_need *n, struct sv pattern);
void regex_need_release(struct regex_need *n);
bool regex_need_one_met(const struct regex_need *n, const struct regex_pairs *text);
static inline bool regex_need_met(const struct regex_need *n, const struct regex_pairs *text)
{
    if (n->any || text->folds)
        return true;
    /* letters first: they tell most texts apart */
    return !(n->all.bytes[1] & ~text->bytes[1]) && !(n->all.bits[0] & ~text->bits[0]) &&
           !(n->all.bits[1] & ~text->bits[1]) && !(n->all.bits[2] & ~text->bits[2]) &&
           !(n->all.bits[3] & ~text->bits[3]) && regex_need_one_met(n, text);
}
