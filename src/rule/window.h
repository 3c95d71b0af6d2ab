#pragma once

/*
 * window: what happened between two moments (conditions.md R4-R9).
 *
 * A window is half open, (from, to], and never begins before T0.  Internal to rule; reads the
 * store, changes nothing.
 */
#include "rule/samples_int.h"
#include "rule/times.h"

/* One look at the store. */
struct look {
    struct samples *s;
    const struct rule_times *times;
    int64_t t_us, t0_us;
    int64_t
        baseline_us; /* above 0: a baseline is measured; every window is this long, gauges are medians */
};

/* Far enough back that no window reaches it, and adding to it does not overflow. */
#define LOOK_LONG_AGO (-(1LL << 60))

struct window {
    int64_t from_us, to_us;
    bool filling; /* it would begin before T0 */
    bool at_t0;   /* it begins at T0 */
};

/* The span itself, or that of a baseline. */
static inline int64_t look_span(const struct look *l, int64_t span_us)
{
    return l->baseline_us > 0 ? l->baseline_us : span_us;
}
struct window look_window(const struct look *l, int64_t span_us);
/* How old the newest sample may be; INT64_MAX: any age (a source that is asked once). */
int64_t look_stale_us(const struct look *l, size_t source);
/* Has the source been polled successfully by now? */
bool look_was_polled(const struct look *l, const struct source *src);

struct increase {
    double sum;
    double covered_s;
    size_t samples; /* in the window */
};
/* R7, R8.  False: no two values to compare. */
bool window_increase(const struct look *l, const struct series *x, const struct window *w,
                     struct increase *ret);
/* Events in the window. */
double window_events(const struct series *x, const struct window *w);
/* The samples in the window: the first, and how many. */
const struct sample *window_samples(const struct series *x, const struct window *w, size_t *n);
/* Least squares, per second.  False: fewer than five samples, or they span less than 80 % (R16). */
bool window_slope(const struct series *x, const struct window *w, int64_t span_us, double *ret);

/* Order doubles; median and nearest rank of n > 0 values, which are sorted by it. */
double values_median(double *v, size_t n);
double values_rank(double *v, size_t n, unsigned per_mille);
