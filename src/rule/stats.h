#pragma once

/*
 * stats: the tests of conditions.md section 4: a share against a limit, a share against a measured
 * share, a sample against a sample.
 *
 * Pure arithmetic.  The evidence is an e-value: a bet against the hypothesis that grows only when the
 * data go against it, so it may be looked at as often as one likes (Ville's inequality).  The interval
 * of the shift is that of Hodges and Lehmann with Mann-Whitney's variance and ties.
 */
#include "base/base.h"

enum stats_answer {
    STATS_UNDECIDED,
    STATS_BAD,          /* above the limit; worse */
    STATS_OK,           /* below the limit; not worse */
    STATS_NO_BASELINE,  /* fewer than 1000 observations in it */
    STATS_TOO_FEW,      /* values for an interval */
    STATS_ZERO_BASELINE /* a relative margin of nothing */
};

/* Upper quantile of the standard normal distribution: P(Z > z) = p, 0 < p < 1. */
double stats_z(double p);

/* ln of the evidence that s of n is more, and less, than p0 (0 < p0 < 1, s <= n). */
double stats_ln_bad(double s, double n, double p0);
double stats_ln_ok(double s, double n, double p0);
/* At error probability alpha, shared by `looks` windows or checkpoints. */
enum stats_answer stats_share(double s, double n, double p0, double alpha, double looks);

/* Wilson's upper limit of s/n, one-sided at z. */
double stats_wilson_upper(double s, double n, double z);

struct stats_margin {
    enum { MARGIN_DEFAULT, MARGIN_RELATIVE, MARGIN_ABSOLUTE } kind;
    double v;
};
/* The limit that a baseline of s0 of n0 gives (4.2). */
double stats_ratio_limit(double s0, double n0, struct stats_margin by, double alpha);
/* Something measured is asked about at error probability alpha, shared by so many looks. */
struct stats_test {
    struct stats_margin by;
    double alpha, looks;
    bool lower_is_worse; /* stats_compare() */
};
struct stats_part {
    double s, n; /* s of n */
};
enum stats_answer stats_ratio(const struct stats_part *before, const struct stats_part *now,
                              const struct stats_test *test);

struct stats_shift {
    double z, median, margin, shift, lo, hi;
    double lag1; /* the larger of both samples'; 0 when both are short */
    int64_t k;   /* below 1: no interval, lo and hi are 0 */
};
#define STATS_LAG1_MAX   0.3  /* above it the values are not independent: at most INVESTIGATE */
#define STATS_VALUES_MAX 512u /* of each sample: all differences of both are sorted */

/* Values in order of time. */
struct stats_values {
    const double *v;
    size_t n; /* above STATS_VALUES_MAX: the newest count */
};
enum stats_answer stats_compare(struct stats_values before, struct stats_values now,
                                const struct stats_test *test, struct stats_shift *ret);
