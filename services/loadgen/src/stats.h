#pragma once

/*
 * stats: what became of the requests, in all and second by second.
 *
 * Every request that was due ends in exactly one outcome.  Latency counts from the
 * moment a request was due, not from when a connection was free for it, and is kept
 * for answered requests (ok).  Not thread-safe.
 */
#include <jansson.h>
#include <stdint.h>

#include "err.h"

enum outcome {
    OUTCOME_OK,          /* 2xx as it should be */
    OUTCOME_FAILED,      /* 5xx, refused, reset, timeout, an answer without sense */
    OUTCOME_REJECTED,    /* 4xx: a fault of the generator or of the service's rules */
    OUTCOME_MAINTENANCE, /* 503 with X-Maintenance */
    OUTCOME_UNAVAILABLE, /* refused or reset after maintenance had been announced */
    OUTCOME__N
};

struct stats;

struct stats *stats_new(void);
void stats_free(struct stats *s);

/*
 * Count a request that ended at_ms after the start.  why: for failures, a short name such as
 * "http_500" or "refused".  status: HTTP's, 0 without an answer.  latency_us counts when ok.
 */
void stats_add(struct stats *s, uint64_t at_ms, enum outcome outcome, int status, const char *why,
               uint64_t latency_us);

uint64_t stats_count(const struct stats *s, enum outcome outcome);
uint64_t stats_total(const struct stats *s);

/* Add "totals", "failures", "statuses", "latency_ms" and "timeline" to an object. */
void stats_report(const struct stats *s, json_t *report);

/* One line for people, without a line end; the caller frees it. */
char *stats_summary(const struct stats *s);
