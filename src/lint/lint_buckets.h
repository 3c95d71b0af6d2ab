#pragma once

/*
 * lint_buckets: the bounds of the histogram of response times, where a document shows them.
 *
 * They stand in what the service answers or is asked (`..._seconds_bucket{le="0.5"}`), or in the list that makes the
 * histogram (`buckets: [0.1, 0.5, 1]`), in seconds.  A document that shows two different lists tells nothing.
 */
#include "lint/lint.h"
#include "rule/rule.h"

struct lint_buckets {
    double bounds[64]; /* rising, without +Inf */
    size_t n;
};

/* False: it shows none, a single one, or two histograms. */
bool lint_buckets_read(const struct lint *l, struct lint_buckets *ret);

/* A rule that compares a percentile of times with a fixed limit: the limit in seconds; false for any other. */
bool lint_buckets_limit(const struct rule *r, double *limit_s);
