#pragma once

/*
 * metrics: counters of the service, printed as Prometheus text 0.0.4.
 *
 * All updates are atomic and safe from every thread; the text is a snapshot in
 * which a histogram's _count is the sum of its buckets.  Labels come from fixed
 * lists, so that no client can make a new time series.
 * Format: https://prometheus.io/docs/instrumenting/exposition_formats/
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { METRICS_ROUTES = 16 };

struct metrics;

/* What the text needs from elsewhere. */
struct metrics_info {
    const char *version, *commit;
    double start_time_s; /* UTC */
    bool maintenance;
};

/* routes: at most METRICS_ROUTES labels, which must outlive the result. */
struct metrics *metrics_new(const char *const *routes, size_t n);
void metrics_free(struct metrics *m);

/* A request has begun; api: it counts as an active connection. */
void metrics_request_begin(struct metrics *m, bool api);

/* It ended.  method: any text, unknown ones become "other"; status 100..599. */
void metrics_request_end(struct metrics *m, bool api, const char *method, size_t route, int status,
                         uint64_t took_ns);

/* Requests in progress: all, and those to /api/. */
long metrics_in_flight(const struct metrics *m);
long metrics_active(const struct metrics *m);
/* Requests ended since the start. */
uint64_t metrics_requests(const struct metrics *m);

void metrics_query(struct metrics *m, uint64_t took_ns);
void metrics_chat_message(struct metrics *m);

void metrics_print(const struct metrics *m, const struct metrics_info *info, FILE *out);
