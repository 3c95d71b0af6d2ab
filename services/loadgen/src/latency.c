#include "latency.h"

#include <math.h>
#include <stddef.h>

/* 0..63: as they are.  Else the six bits below the highest one, in the block of that bit. */
static size_t bucket_of(uint64_t us)
{
    int high;
    size_t i;

    if (us < 64)
        return us;
    high = 63 - __builtin_clzll(us);
    i = (size_t)(high - 5) * 64 + (size_t)((us >> (high - 6)) & 63);
    return i < LATENCY_BUCKETS ? i : LATENCY_BUCKETS - 1;
}

/* The highest value that falls into a bucket. */
static uint64_t top_of(size_t i)
{
    int high = (int)(i / 64) + 5;

    if (i < 64)
        return i;
    return ((UINT64_C(64) + i % 64 + 1) << (high - 6)) - 1;
}

void latency_add(struct latency *l, uint64_t us)
{
    l->n++;
    l->bucket[bucket_of(us)]++;
    if (us > l->max_us)
        l->max_us = us;
}

double latency_ms(const struct latency *l, double share)
{
    uint64_t wanted = (uint64_t)ceil((double)l->n * share), seen = 0;

    if (!l->n)
        return 0;
    for (size_t i = 0; i < LATENCY_BUCKETS; i++) {
        seen += l->bucket[i];
        if (seen >= wanted)
            return (double)(top_of(i) < l->max_us ? top_of(i) : l->max_us) / 1000;
    }
    return (double)l->max_us / 1000;
}
