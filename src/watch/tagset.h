#pragma once

/*
 * tagset: which of the things seen before could be equal to this one.
 *
 * An open-addressed table of 8-byte entries: 32 bits of a hash and a number of the
 * caller's.  It holds no keys: the caller compares the candidates itself, so equality
 * is exact and nothing is allocated for an entry.  The hash has a key of this process,
 * so what a stranger sends cannot be chosen to collide.  Embed it, zeroed.
 */
#include <string.h>

#include "base/base.h"

struct tagset {
    uint64_t *entries; /* 0: free; else tag << 32 | value + 1 */
    size_t n;
    unsigned bits; /* 2^bits entries; 0: none yet */
};

#define TAGSET_MAX (UINT32_MAX - 1) /* the largest value */

/* Forget everything, keep the memory. */
void tagset_clear(struct tagset *t);
void tagset_release(struct tagset *t);

/* Are the thing with this number and the one that is looked for (arg) equal? */
typedef bool tagset_same_fn(void *arg, uint32_t value);

/* The entry with this hash for which same() is true, or NULL.  Valid until the next tagset_add(). */
uint64_t *tagset_find(const struct tagset *t, uint64_t hash, tagset_same_fn *same, void *arg);
void tagset_add(struct tagset *t, uint64_t hash, uint32_t value);

/* Fetch the place of this hash from memory: a tagset_find() that comes a little later does not wait. */
static inline void tagset_prefetch(const struct tagset *t, uint64_t hash)
{
    if (t->bits)
        __builtin_prefetch(&t->entries[hash >> (64 - t->bits)], 1);
}

static inline uint32_t tagset_value(uint64_t entry)
{
    return (uint32_t)entry - 1;
}
static inline void tagset_set_value(uint64_t *entry, uint32_t value)
{
    *entry = (*entry & ~(uint64_t)UINT32_MAX) | (value + 1);
}

struct tagset_key {
    uint64_t a, b;
};
/* Random, the same for the life of the process. */
const struct tagset_key *tagset_key(void);

static inline uint64_t tagset_load8(const char *p)
{
    uint64_t v;

    memcpy(&v, p, 8);
    return v;
}

static inline uint64_t tagset_load4(const char *p)
{
    uint32_t v;

    memcpy(&v, p, 4);
    return v;
}

/* Both halves of the product: every bit of x and y reaches every bit of the result. */
static inline uint64_t tagset_mix(uint64_t x, uint64_t y)
{
    unsigned __int128 product = (unsigned __int128)x * y;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t tagset_hash(const struct tagset_key *k, const char *p, size_t n)
{
    uint64_t h = k->a ^ n, x = 0, y = 0;
    size_t left = n;

    for (; left > 16; left -= 16, p += 16)
        h = tagset_mix(tagset_load8(p) ^ k->b, tagset_load8(p + 8) ^ h);
    if (left >= 8) {
        x = tagset_load8(p);
        y = tagset_load8(p + left - 8);
    } else if (left >= 4) {
        x = tagset_load4(p);
        y = tagset_load4(p + left - 4);
    } else if (left > 0) {
        x = (uint64_t)(unsigned char)p[0] << 16 | (uint64_t)(unsigned char)p[left / 2] << 8 |
            (unsigned char)p[left - 1];
    }
    return tagset_mix(x ^ k->b, y ^ h);
}
