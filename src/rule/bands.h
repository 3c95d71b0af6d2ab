#pragma once

/*
 * bands: the rows of a decision table as rectangles of value and duration, and what no row names
 * (conditions.md R37, section 8: RB401, RB402).
 *
 * Rows about one subject form a family.  A row with VERDICT_OK says what is fine; H is the loosest
 * limit of those.  Pure arithmetic.
 */
#include "base/vec.h"
#include "rule/check.h"
#include "rule/dist.h"

struct band_range {
    double lo, hi; /* -HUGE_VAL, HUGE_VAL: no end */
    bool lo_open, hi_open;
};

struct band {
    enum verdict verdict;
    struct band_range value;
    struct band_range held_s; /* [0, inf) unless the row says otherwise */
};
#define BAND_ANY_TIME ((struct band_range){.lo = 0, .hi = HUGE_VAL, .hi_open = true})

/* What no row names, or what two rows of different verdicts both name. */
struct band_region {
    struct band_range value, held_s;
    size_t a, b; /* overlap: the rows */
};
struct band_regions {
    VEC(struct band_region) list; /* by value, then duration; vec_release() is the caller's */
};

/* RB401: values beyond H or between bad rows, at durations that no row names. */
void bands_uncovered(const struct band *rows, size_t n, struct band_regions *ret);
/* RB402 */
void bands_overlapping(const struct band *rows, size_t n, struct band_regions *ret);
/* "[0.5, 1)", for people and tests. */
struct dim_text band_range_text(const struct band_range *r);

/* Where a measurement lies: a number, or the percentile of a histogram. */
struct band_value {
    double num;
    const struct dist *dist; /* NULL: a number */
    unsigned per_mille;
};
enum band_place {
    BAND_GOOD,
    BAND_BAD,       /* in a bad row */
    BAND_UNCOVERED, /* R37 */
    BAND_UNKNOWN    /* between two buckets */
};
enum band_place bands_place(const struct band *rows, size_t n, const struct band_value *v);
/* The verdict of a number that was there for held_s, when the rows' held_s.lo is their "for" (R29, R37). */
enum verdict bands_verdict(const struct band *rows, size_t n, double value, double held_s,
                           bool *uncovered);
enum verdict verdict_below(enum verdict v);

/* The rows that a checked rule is: comparisons with a literal, joined by "or" ("and" of an "expect"). */
struct rule_band {
    struct sv subject; /* its canonical text without windows: what families are formed by */
    struct band band;
    const struct expr *cmp;
};
struct rule_bands {
    VEC(struct rule_band) list;
};
void rule_bands_add(struct arena *a, const struct rule *r, struct rule_bands *ret);
