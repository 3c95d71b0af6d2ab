#include "rule/window.h"

#include <float.h>
#include <math.h>

#include "base/sv.h"

#define ANCHOR_AT_T0_US 1000000LL /* R8 a: the sample taken at the mark */

struct window look_window(const struct look *l, int64_t span_us)
{
    struct window w = {.from_us = l->t_us - look_span(l, span_us), .to_us = l->t_us};

    w.filling = w.from_us < l->t0_us;
    if (w.from_us <= l->t0_us) {
        w.from_us = l->t0_us;
        w.at_t0 = true;
    }
    return w;
}

int64_t look_stale_us(const struct look *l, size_t source)
{
    int64_t interval = l->s->sources.v[source].interval_us;

    if (interval == 0)
        return INT64_MAX;
    return 3 * interval > l->times->stale_us ? 3 * interval : l->times->stale_us;
}

bool look_was_polled(const struct look *l, const struct source *src)
{
    return src && src->ok_us != SAMPLES_NEVER && src->polls.n > 0 && src->polls.v[0] <= l->t_us;
}

static bool restart_hits(const struct look *l, const struct restart *r, const struct series *x)
{
    return r->instance.n == 0 || sv_eq(r->instance, series_label(x, SV("instance"))) ||
           sv_eq(r->instance, samples_source_of(l->s, x)->name);
}

/* The last restart of the series in (after, upto], or SAMPLES_NEVER. */
static int64_t last_restart(const struct look *l, const struct series *x, int64_t after,
                            int64_t upto)
{
    int64_t last = SAMPLES_NEVER;

    for (size_t i = 0; i < l->s->restarts.n; i++) {
        const struct restart *r = &l->s->restarts.v[i];

        if (r->t_us > after && r->t_us <= upto && r->t_us > last && restart_hits(l, r, x))
            last = r->t_us;
    }
    return last;
}

/* The created time that was in force at t_us, or SAMPLES_NEVER. */
static int64_t created_at(const struct series *x, int64_t t_us)
{
    int64_t c = SAMPLES_NEVER;

    for (size_t i = 0; i < x->created.n && x->created.v[i].t_us <= t_us; i++)
        c = x->created.v[i].created_us;
    return c;
}

static bool started_between(const struct look *l, const struct series *x, int64_t after,
                            int64_t upto)
{
    const struct source *src = samples_source_of(l->s, x);

    for (size_t i = 0; !src->start_many && i < src->starts.n; i++)
        if (src->starts.v[i] > after && src->starts.v[i] <= upto)
            return true;
    return false;
}

/* R7, for a rise: a fall is seen by the caller. */
static bool is_reset(const struct look *l, const struct series *x, const struct sample *p,
                     const struct sample *c)
{
    return last_restart(l, x, p->t_us, c->t_us) != SAMPLES_NEVER ||
           created_at(x, p->t_us) != created_at(x, c->t_us) ||
           started_between(l, x, p->t_us, c->t_us);
}

/* Can there be a reset that is no fall?  Almost never: asked once, not per pair. */
static bool has_marks(const struct look *l, const struct series *x)
{
    return l->s->restarts.n > 0 || x->created.n > 1 || samples_source_of(l->s, x)->starts.n > 0;
}

/*
 * R8 b-d: where the series stood at 0 before its first sample in the window; SAMPLES_NEVER: nobody
 * knows.
 */
static int64_t zero_before(const struct look *l, const struct series *x, const struct window *w,
                           const struct sample *first)
{
    const struct source *src = samples_source_of(l->s, x);
    int64_t reach = src->interval_us * 3 / 2;
    int64_t restart = last_restart(l, x, w->from_us - reach - 1, first->t_us);
    int64_t created = created_at(x, first->t_us), poll;

    if (restart != SAMPLES_NEVER)
        return restart > w->from_us ? restart : w->from_us;
    if (created > w->from_us && created <= first->t_us)
        return created;
    if (x->first_us != first->t_us)
        return SAMPLES_NEVER;
    poll = source_poll_before(src, first->t_us);
    if (poll == SAMPLES_NEVER || poll < first->t_us - reach || poll < l->t0_us)
        return SAMPLES_NEVER;
    return poll;
}

/* R8 a: may the sample before the window stand for its beginning? */
static bool is_anchor(const struct look *l, const struct series *x, const struct window *w,
                      const struct sample *a)
{
    if (w->at_t0)
        return a->t_us >= l->t0_us - ANCHOR_AT_T0_US;
    return a->t_us >= l->t0_us &&
           w->from_us - a->t_us <= samples_source_of(l->s, x)->interval_us * 3 / 2;
}

bool window_increase(const struct look *l, const struct series *x, const struct window *w,
                     struct increase *ret)
{
    size_t end = series_upto(x, w->to_us), i = series_upto(x, w->from_us);
    const struct sample *v = x->v.v;
    bool marks = has_marks(l, x);
    struct increase inc = {.samples = end - i};
    int64_t start;

    if (i == end)
        return false;
    if (i > 0 && is_anchor(l, x, w, &v[i - 1])) {
        i--;
        start = v[i].t_us;
    } else {
        start = zero_before(l, x, w, &v[i]);
        if (start != SAMPLES_NEVER)
            inc.sum = v[i].v;
        else if (i + 1 == end)
            return false;
        else
            start = v[i].t_us;
    }
    for (i++; i < end; i++) {
        bool reset = v[i].v < v[i - 1].v || (marks && is_reset(l, x, &v[i - 1], &v[i]));

        inc.sum += reset ? v[i].v : v[i].v - v[i - 1].v;
    }
    inc.covered_s = (double)(v[end - 1].t_us - start) / 1e6;
    *ret = inc;
    return true;
}

double window_events(const struct series *x, const struct window *w)
{
    size_t end = series_upto(x, w->to_us);
    double sum = 0;

    for (size_t i = series_upto(x, w->from_us); i < end; i++)
        sum += x->v.v[i].v;
    return sum;
}

const struct sample *window_samples(const struct series *x, const struct window *w, size_t *n)
{
    size_t from = series_upto(x, w->from_us);

    *n = series_upto(x, w->to_us) - from;
    return *n ? x->v.v + from : NULL;
}

bool window_slope(const struct series *x, const struct window *w, int64_t span_us, double *ret)
{
    double mean_t = 0, up = 0, down = 0, amount = 0;
    size_t n;
    const struct sample *v = window_samples(x, w, &n);

    if (n < 5 || (double)(v[n - 1].t_us - v[0].t_us) < 0.8 * (double)span_us)
        return false;
    for (size_t i = 0; i < n; i++)
        mean_t += (double)(v[i].t_us - v[0].t_us) / 1e6 / (double)n;
    for (size_t i = 0; i < n; i++) {
        double t = (double)(v[i].t_us - v[0].t_us) / 1e6 - mean_t;
        double rise =
            v[i].v - v[0].v; /* exact where nothing grows; what is left out adds up to nothing */

        up += t * rise;
        amount += fabs(t * rise);
        down += t * t;
    }
    /* What rounding alone makes is no slope: each term is off by a few units in the last place of its factors. */
    *ret = fabs(up) <= amount * (double)n * DBL_EPSILON ? 0 : up / down;
    return true;
}

static int value_order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

double values_median(double *v, size_t n)
{
    assert(n > 0);
    qsort(v, n, sizeof(*v), value_order);
    return n % 2 ? v[n / 2] : v[n / 2 - 1] / 2 + v[n / 2] / 2;
}

double values_rank(double *v, size_t n, unsigned per_mille)
{
    size_t rank = (n * per_mille + 999) / 1000;

    assert(n > 0 && per_mille > 0);
    qsort(v, n, sizeof(*v), value_order);
    return v[rank - 1];
}
