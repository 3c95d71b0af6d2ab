#include "rule/stats.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "rule/window.h"

#define BASELINE_MIN   1000.0 /* observations */
#define SAMPLE_MIN     5u
#define LAG_MIN        8u
#define RATIO_RELATIVE 0.2
#define RATIO_POINTS   0.005

double stats_z(double p)
{
    double q = p <= 0.5 ? p : 1 - p;
    double z = sqrt(-2 * log(q)); /* never below the root, so that Newton comes from one side */

    assert(p > 0 && p < 1);
    for (int i = 0; i < 64; i++) {
        double tail = erfc(z / M_SQRT2) / 2;
        double density = exp(-z * z / 2) / sqrt(2 * M_PI);
        double step = tail * log(tail / q) / density; /* on ln(tail), which is nearly a parabola */

        z += step;
        if (fabs(step) < 1e-15 * fmax(1, fabs(z)))
            break;
    }
    return p <= 0.5 ? z : -z;
}

/* A sum of positive terms that may leave the range of a double: value * e^shift. */
struct big_sum {
    double sum, term, shift;
};

static void big_add(struct big_sum *b, double factor)
{
    b->term *= factor;
    b->sum += b->term;
    if (b->sum > 1e200) {
        b->sum *= 1e-200;
        b->term *= 1e-200;
        b->shift += 200 * M_LN10;
    }
}

double stats_ln_bad(double s, double n, double p0)
{
    double b = 1 / (4 * p0);
    struct big_sum e = {.sum = 1, .term = 1};

    for (uint64_t k = 1; (double)k <= s; k++) {
        double i = (double)k, factor = (s - i + 1) / (p0 * (b + n - i));

        big_add(&e, factor);
        if (factor < 1 && e.term < 1e-18 * e.sum) /* factors only fall from here on */
            break;
    }
    return log(b / (b + n)) + log(e.sum) + e.shift;
}

double stats_ln_ok(double s, double n, double p0)
{
    double b = 1 / (4 * p0);
    double ln_rest = b * log1p(-p0); /* ln (1-p0)^b */
    struct big_sum e = {.sum = 1, .term = 1};

    for (uint64_t i = 1;; i++) {
        double k = (double)i, factor = p0 * (b + n + k) / (s + 1 + k);

        big_add(&e, factor);
        if (factor < 1 &&
            e.term < 1e-18 * (1 - factor) * e.sum) /* and the rest is a geometric tail */
            break;
    }
    return log(b * p0) + ln_rest - log(-expm1(ln_rest)) - log(s + 1) + log(e.sum) + e.shift;
}

enum stats_answer stats_share(double s, double n, double p0, double alpha, double looks)
{
    double need = log(looks / alpha);

    assert(p0 > 0 && p0 < 1 && alpha > 0 && looks >= 1 && s <= n);
    if (stats_ln_bad(s, n, p0) >= need)
        return STATS_BAD;
    return stats_ln_ok(s, n, p0) >= need ? STATS_OK : STATS_UNDECIDED;
}

double stats_wilson_upper(double s, double n, double z)
{
    double p = s / n, zz = z * z;

    return (p + zz / (2 * n) + z * sqrt(p * (1 - p) / n + zz / (4 * n * n))) / (1 + zz / n);
}

double stats_ratio_limit(double s0, double n0, struct stats_margin by, double alpha)
{
    double p = s0 / n0;
    double margin = by.kind == MARGIN_ABSOLUTE   ? by.v
                    : by.kind == MARGIN_RELATIVE ? by.v * p
                                                 : fmax(RATIO_RELATIVE * p, RATIO_POINTS);

    return fmax(p + margin, stats_wilson_upper(s0, n0, stats_z(alpha)));
}

enum stats_answer stats_ratio(const struct stats_part *before, const struct stats_part *now,
                              const struct stats_test *test)
{
    double p0;

    if (before->n < BASELINE_MIN)
        return STATS_NO_BASELINE;
    p0 = stats_ratio_limit(before->s, before->n, test->by, test->alpha);
    if (p0 >= 1) /* nothing can be worse than that */
        return STATS_OK;
    return stats_share(fmin(now->s, now->n), now->n, p0, test->alpha, test->looks);
}

static double lag1(const double *v, size_t n)
{
    double mean = 0, up = 0, down = 0, squares = 0;

    for (size_t i = 0; i < n; i++)
        mean += v[i];
    mean /= (double)n;
    for (size_t i = 0; i < n; i++) {
        squares += v[i] * v[i];
        down += (v[i] - mean) * (v[i] - mean);
        if (i + 1 < n)
            up += (v[i] - mean) * (v[i + 1] - mean);
    }
    return down > 1e-20 * squares ? up / down : 0; /* equal values have no trend but rounding */
}

static int value_order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

/* Sum of t^3 - t over groups of t equal values; sorts v. */
static double tie_sum(double *v, size_t n)
{
    double sum = 0, t = 1;

    qsort(v, n, sizeof(*v), value_order);
    for (size_t i = 1; i <= n; i++) {
        if (i < n && num_same(v[i], v[i - 1])) {
            t++;
            continue;
        }
        sum += t * t * t - t;
        t = 1;
    }
    return sum;
}

/* All y - x, sorted, and from them the interval. */
static void shift_interval(const double *x, size_t m, const double *y, size_t n,
                           struct stats_shift *r)
{
    CLEANUP(mem_freep) double *d = xcalloc(size_max(m * n, m + n), sizeof(double));
    double total = (double)(m + n), pairs = (double)m * (double)n, ties;

    memcpy(d, x, m * sizeof(*x));
    memcpy(d + m, y, n * sizeof(*y));
    ties = tie_sum(d, m + n) / (total * (total - 1));
    r->k = (int64_t)floor(pairs / 2 - r->z * sqrt(pairs * (total + 1 - ties) / 12));
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            d[i * n + j] = y[j] - x[i];
    r->shift = values_median(d, m * n);
    if (r->k >= 1) {
        r->lo = d[r->k - 1];
        r->hi = d[(int64_t)(m * n) - r->k];
    }
}

/* A copy of the newest values, turned round when lower is worse. */
static double *newest(const double *v, size_t *n, bool turn)
{
    size_t skip = *n > STATS_VALUES_MAX ? *n - STATS_VALUES_MAX : 0;
    double *c;

    *n -= skip;
    c = xcalloc(*n + 1, sizeof(*c));
    for (size_t i = 0; i < *n; i++)
        c[i] = turn ? -v[skip + i] : v[skip + i];
    return c;
}

enum stats_answer stats_compare(struct stats_values before, struct stats_values now,
                                const struct stats_test *test, struct stats_shift *ret)
{
    struct stats_margin by = test->by;
    size_t m = before.n, n = now.n;
    CLEANUP(mem_freep) double *x = newest(before.v, &m, test->lower_is_worse);
    CLEANUP(mem_freep) double *y = newest(now.v, &n, test->lower_is_worse);
    struct stats_shift r = {.z = stats_z(test->alpha / test->looks)};
    bool enough = m >= SAMPLE_MIN && n >= SAMPLE_MIN;

    if (m >= LAG_MIN)
        r.lag1 = lag1(x, m);
    if (n >= LAG_MIN)
        r.lag1 = fmax(r.lag1, lag1(y, n));
    if (m > 0 && n > 0)
        shift_interval(x, m, y, n, &r);
    if (m > 0)
        r.median = values_median(x, m);
    r.margin = by.kind == MARGIN_ABSOLUTE
                   ? by.v
                   : (by.kind == MARGIN_RELATIVE ? by.v : RATIO_RELATIVE) * fabs(r.median);
    *ret = r;
    if (test->lower_is_worse) { /* in the direction of the values that were given */
        ret->median = -r.median;
        ret->shift = -r.shift;
        ret->lo = -r.hi;
        ret->hi = -r.lo;
    }
    if (!enough || r.k < 1)
        return STATS_TOO_FEW;
    if (r.margin <= 0)
        return STATS_ZERO_BASELINE;
    return r.lo > r.margin ? STATS_BAD : r.hi < r.margin ? STATS_OK : STATS_UNDECIDED;
}
