#pragma once

/*
 * dim: dimensions of values, and numbers with their unit as a rule writes them.
 *
 * A number is kept in base units: seconds, bytes, shares of one.  The decimal text is
 * converted exactly: "0.7%" is the double nearest 0.007, "0.1m" is 6.  Nothing blocks,
 * nothing is allocated.
 */
#include "base/err.h"

enum dim {
    DIM_ANY,   /* not known: fits everything */
    DIM_COUNT, /* a bare number */
    DIM_RATIO,
    DIM_PP,     /* percentage points, literals only */
    DIM_FACTOR, /* 2x, literals only */
    DIM_TIME,
    DIM_BYTES,
    DIM_TEXT,
    DIM_BOOL,
    DIM_NULL,
    DIM_VERSION,
    DIM_MOMENT,
    DIM_SET,
    DIM_ROWS,
    DIM__N
};

struct dim_type {
    enum dim dim;
    bool per_s; /* per second of it */
};

/* "time", "bytes", ...; literals without unit are "none". */
const char *dim_name(enum dim d);
/* "bytes per time" */
struct dim_text {
    char s[32];
};
struct dim_text dim_type_name(struct dim_type t);

struct num {
    double value;   /* in base units, not yet divided by per_s */
    double per_s;   /* seconds of the unit after '/'; 0: none */
    enum dim dim;   /* DIM_COUNT, RATIO, PP, FACTOR, TIME or BYTES */
    struct sv text; /* as written */
};

/*
 * The number at the front of text: digits, fraction, unit, "/" and a unit of time, without a blank.
 * *n is its length.  ERR_INVALID: what touches it is no unit; more than 40 digits.
 */
NODISCARD enum err_code num_parse(struct sv text, struct num *ret, size_t *n, struct err *err);
/* A time without "per", in microseconds, rounded; false when it is none or above ten years. */
NODISCARD bool num_duration_us(const struct num *v, int64_t *ret_us);

/* For people: "10%", "1.5s", "2.1GB", "0.333". */
struct dim_text num_format(double v, struct dim_type t);

/*
 * The same beside a limit, in the units that it is written in: beside "100MB/m" by the minute, beside "30d" in days or what is
 * shorter, beside "1GiB" in powers of two.  A limit without text, or of another dimension, says nothing.
 */
struct dim_text num_format_beside(double v, struct dim_type t, const struct num *limit);

/* Neither below nor above the other; false with NaN. */
static inline bool num_same(double a, double b)
{
    return a <= b && a >= b;
}
