#pragma once

/*
 * value: what an expression is at a moment: a value, NODATA with a reason, or ERROR with a text.
 *
 * Values are handed about by copy; what they point to lives in the scratch arena of the look, in
 * the store or in the rule.  Internal to rule, except for the reasons.
 */
#include "base/arena.h"
#include "base/json.h"
#include "rule/dist.h"

/* R20. */
enum nodata {
    NODATA_NO_SERIES,
    NODATA_STALE,
    NODATA_FILLING,
    NODATA_NO_TRAFFIC,
    NODATA_BETWEEN_BUCKETS,
    NODATA_ZERO_DENOMINATOR,
    NODATA_ZERO_BASELINE,
    NODATA_NO_BASELINE,
    NODATA_NO_ROWS,
    NODATA_NAN,
    NODATA_UNDECIDED,
    NODATA_NULL,
    NODATA__N
};
extern const char *const nodata_names[NODATA__N]; /* "no-series", ... */

enum val_kind {
    VAL_NUM,
    VAL_BOOL, /* num is 0 or 1 */
    VAL_TEXT,
    VAL_NULL,
    VAL_VERSION, /* text */
    VAL_JSON,    /* a row, a set, rows */
    VAL_SERIES,  /* items: one number per label set, in the order of their text */
    VAL_DIST,    /* a percentile of a histogram: dist, per_mille */
    VAL_NODATA,
    VAL_ERROR, /* text */
    VAL__N
};

struct val_item {
    struct sv labels;
    double v;
};

struct val {
    enum val_kind kind;
    enum nodata why;
    double num;
    struct sv text;
    const json_t *json;
    const struct val_item *items;
    size_t n_items;
    const struct dist *dist;
    unsigned per_mille;
};

struct val val_num(double v); /* NaN is NODATA */
struct val val_bool(bool v);
struct val val_text(struct sv s);
struct val val_nodata(enum nodata why);
/* The text is copied into the arena. */
struct val val_error(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
static inline bool val_known(const struct val *v)
{
    return v->kind != VAL_NODATA && v->kind != VAL_ERROR;
}
static inline bool val_is(const struct val *v, bool want)
{
    return v->kind == VAL_BOOL && (v->num > 0) == want;
}
/* The unknown one of two, ERROR before NODATA, left before right; .kind VAL_NULL when both are known. */
struct val val_unknown(const struct val *a, const struct val *b);

/* R21. */
struct val val_not(struct val v);
struct val val_and(struct val a, struct val b);
struct val val_or(struct val a, struct val b);

/* One number or bool out of a value that may be several series (R15). */
struct val val_single(struct arena *a, struct val v);
/* A value as a condition: bools, and 0 or 1. */
struct val val_condition(struct arena *a, struct val v);

/* From JSON: numbers, text, bools, null; objects and arrays stay JSON. */
struct val val_of_json(const json_t *j);
/* Equal by value: 3 is 3.0, text by bytes, members in any order. */
bool val_json_eq(const json_t *a, const json_t *b);
/* Is it an element of an array (of values, or of rows: their field `field`, or their only one)? */
bool val_in_json(const struct val *v, const json_t *array, struct sv field);
bool val_same(const struct val *a, const struct val *b);
/* Dotted numbers; missing parts are 0; false when one is no version. */
NODISCARD bool val_version_cmp(struct sv a, struct sv b, int *ret);

/* a OP b (enum rule_cmp), R12, R19.  Never several series. */
struct val val_compare(struct arena *a, unsigned op, struct val x, struct val y);
/* x OP y for '+', '-', '*', '/': series with equal label sets meet, a number meets all. */
struct val val_arith(struct arena *a, char op, struct val x, struct val y);
/* -x, |x| */
struct val val_map(struct arena *a, struct val v, double (*fn)(double));
/* max, min, sum, avg over series: enum rule_func. */
struct val val_fold(struct arena *a, unsigned func, struct val v);
/* |x - y| <= tolerance: relative to y, or absolute. */
struct val val_within(struct arena *a, struct val x, struct val y, double tolerance, bool relative);
