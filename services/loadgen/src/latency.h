#pragma once

/*
 * latency: a histogram of times with an error below 2 %, in constant memory.
 *
 * Log-linear, as in HdrHistogram: each power of two is cut into 64 equal parts.
 */
#include <stdint.h>

enum { LATENCY_BUCKETS = 64 * 27 }; /* up to 2^32 us, 71 minutes */

struct latency {
    uint64_t n, max_us;
    uint32_t bucket[LATENCY_BUCKETS];
};

void latency_add(struct latency *l, uint64_t us);

/* The time that a share (0 < share <= 1) of all were not above, in ms; 0 when there are none. */
double latency_ms(const struct latency *l, double share);
