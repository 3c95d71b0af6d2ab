#pragma once

/*
 * regex_need: what a text must hold for a pattern to match, as bytes and pairs of neighbouring bytes.
 *
 * A pattern has ways to match: its alternatives, those of its groups multiplied in as long as they are few.  Of each
 * way the bytes that are not optional have to be in the text, whatever its case; [0-9] is some digit.  What would be too much
 * to multiply in is a second list, of which one has to hold as well.  A text tells what it holds once and is then
 * compared with many patterns.  It errs to one side: what is met may still not match.
 */
#include "base/vec.h"

#define REGEX_SIGNS 32u /* letters, each in either case; digits, marks and the like are one each */

struct regex_pairs {
    uint32_t next[REGEX_SIGNS]; /* of a sign: the bits of those behind it */
    uint64_t bytes[2];          /* of ASCII; bit 0 is any digit */
    bool wide;                  /* has bytes that are not ASCII */
    bool folds; /* has one of the two characters that fold to an ASCII letter: meets every need */
};

#define REGEX_WAY_PAIRS 6u /* the rarest of them: more tell nothing new */

/* What one way needs. */
struct regex_way {
    uint64_t bytes[2];
    struct {
        uint8_t sign, next;
    } pairs[REGEX_WAY_PAIRS];
    uint8_t n_pairs;
    bool wide;
};

struct regex_ways {
    VEC(struct regex_way) list;  /* one of them holds; empty: nothing is needed */
    uint32_t marks[REGEX_SIGNS]; /* the rarest pair of each, as they are in a text */
    uint32_t signs;              /* that begin one */
    /* in the list: where those of a sign begin, then those without a pair, and the end */
    uint16_t at[REGEX_SIGNS + 2];
};

struct regex_need {
    struct regex_ways ways, also;
    uint64_t bytes[2]; /* that all of the ways need */
};

struct regex_pairs regex_pairs_of(struct sv text);

/* Of a literal of ours that compiles; one with escapes or groups that are not known here needs nothing. */
void regex_need_init(struct regex_need *n, struct sv pattern);
void regex_need_release(struct regex_need *n);
/* False only when the word, as it stands and in either case, is not in the text. */
bool regex_pairs_may_hold(const struct regex_pairs *text, struct sv word);
bool regex_need_met_one(const struct regex_need *n, const struct regex_pairs *text);
static inline bool regex_need_met(const struct regex_need *n, const struct regex_pairs *text)
{
    /* of a pattern with one way these tell most texts apart */
    if (((n->bytes[1] & ~text->bytes[1]) | (n->bytes[0] & ~text->bytes[0])) && !text->folds)
        return false;
    return regex_need_met_one(n, text);
}
