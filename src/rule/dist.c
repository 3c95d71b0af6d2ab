#include "rule/dist.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static bool same_bound(double a, double b)
{
    return fabs(a - b) <= 1e-12 * fabs(b); /* 700 * 0.001 is not 0.7 */
}

/* More than 1-Q of all?  Integers below 2^53 / 1000 stay exact. */
static bool above(const struct dist *d, unsigned per_mille, double c)
{
    return (d->n - c) * 1000 > (1000.0 - per_mille) * d->n;
}

struct dist_share dist_above(const struct dist *d, unsigned per_mille, double limit)
{
    struct dist_share r = {.lo = 0, .hi = 1};
    size_t i = 0;
    bool lower, upper;

    assert(d->n > 0);
    while (i < d->n_buckets && d->b[i].le < limit && !same_bound(d->b[i].le, limit))
        i++; /* the first bound at or above the limit */
    if (i < d->n_buckets && same_bound(d->b[i].le, limit)) {
        r.lo = r.hi = (d->n - d->b[i].c) / d->n;
        r.answer = above(d, per_mille, d->b[i].c) ? DIST_ABOVE : DIST_NOT_ABOVE;
        return r;
    }
    lower = above(d, per_mille, i > 0 ? d->b[i - 1].c : 0);
    r.hi = i > 0 ? (d->n - d->b[i - 1].c) / d->n : 1;
    if (i == d->n_buckets) {
        r.answer = lower ? DIST_BEYOND : DIST_NOT_ABOVE;
        return r;
    }
    upper = above(d, per_mille, d->b[i].c);
    r.lo = (d->n - d->b[i].c) / d->n;
    r.answer = upper ? DIST_ABOVE : lower ? DIST_BETWEEN : DIST_NOT_ABOVE;
    return r;
}

struct dim_text dist_share_text(double lo, double hi)
{
    struct dim_text t;

    if (num_same(lo, hi))
        (void)snprintf(t.s, sizeof(t.s), "%.4g%%", lo * 100);
    else
        (void)snprintf(t.s, sizeof(t.s), "%.4g%% to %.4g%%", lo * 100, hi * 100);
    return t;
}

double dist_quantile(const struct dist *d, unsigned per_mille, bool *at_least)
{
    double rank = d->n * per_mille / 1000, below, from;
    size_t i = 0;

    assert(d->n > 0 && per_mille > 0); /* so the bucket that is found is not empty */
    while (i < d->n_buckets && d->b[i].c < rank)
        i++;
    *at_least = i == d->n_buckets;
    if (*at_least)
        return i > 0 ? d->b[i - 1].le : 0;
    below = i > 0 ? d->b[i - 1].c : 0;
    from = i > 0 ? d->b[i - 1].le : fmin(0, d->b[0].le);
    return from + (d->b[i].le - from) * (rank - below) / (d->b[i].c - below);
}

static int bucket_order(const void *a, const void *b)
{
    const struct dist_bucket *x = a, *y = b;

    return x->le < y->le ? -1 : x->le > y->le;
}

size_t dist_tidy(struct dist_bucket *b, size_t n, double *inf)
{
    size_t usable = 0, to = 0;
    double most = 0;

    for (size_t i = 0; i < n; i++)
        if (!isnan(b[i].le))
            b[usable++] = b[i];
    if (usable > 1)
        qsort(b, usable, sizeof(*b), bucket_order);
    for (size_t i = 0; i < usable; i++) {
        if (to > 0 && b[to - 1].le >= b[i].le)
            b[to - 1].c += b[i].c;
        else
            b[to++] = b[i];
    }
    for (size_t i = 0; i < to; i++)
        most = b[i].c = fmax(b[i].c, most);
    if (to > 0 && isinf(b[to - 1].le))
        *inf = b[--to].c;
    return to;
}
