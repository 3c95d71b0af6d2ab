#pragma once

/*
 * dist: a histogram's increase, and whether one of its percentiles lies above a limit (R12-R14).
 *
 * "pQ > L" means: more than 1-Q of the observations lie above L.  Only bucket bounds are
 * known, so between two bounds the answer may be unknown.  Borrowed arrays; plain data.
 */
#include "base/base.h"
#include "rule/dim.h"

struct dist_bucket {
    double le; /* in base units */
    double c;  /* observations up to it */
};

struct dist {
    double n; /* observations */
    size_t n_buckets;
    const struct dist_bucket *b; /* finite bounds, rising; counts that never fall */
};

enum dist_answer {
    DIST_NOT_ABOVE,
    DIST_ABOVE,
    DIST_BETWEEN,
    DIST_BEYOND /* the last finite bound */
};

struct dist_share {
    enum dist_answer answer;
    double lo, hi; /* the share above the limit lies between; equal when it is exact */
};

/* per_mille is 1000 Q.  n must be above 0. */
struct dist_share dist_above(const struct dist *d, unsigned per_mille, double limit);
/* "6.6%"; "0% to 50%" where they differ */
struct dim_text dist_share_text(double lo, double hi);
/* Interpolated (R14); *at_least: the value is only a lower bound. */
double dist_quantile(const struct dist *d, unsigned per_mille, bool *at_least);
/*
 * Make buckets as scraped fit for that: sorted, equal bounds joined, raised to the running maximum;
 * the new length.  Bounds that are no number are dropped; that of +Inf too, its count goes to *inf
 * (untouched when there is none).
 */
size_t dist_tidy(struct dist_bucket *b, size_t n, double *inf);
