#include "rule/dim.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/suggest.h"
#include "base/sv.h"

#define NUM_DIGITS_MAX  40u
#define DURATION_MAX_US (3660LL * 86400 * 1000000)

static const char *const dim_names[DIM__N] = {
    [DIM_ANY] = "any",     [DIM_COUNT] = "none",      [DIM_RATIO] = "ratio",
    [DIM_PP] = "pp",       [DIM_FACTOR] = "factor",   [DIM_TIME] = "time",
    [DIM_BYTES] = "bytes", [DIM_TEXT] = "text",       [DIM_BOOL] = "bool",
    [DIM_NULL] = "null",   [DIM_VERSION] = "version", [DIM_MOMENT] = "moment",
    [DIM_SET] = "set",     [DIM_ROWS] = "rows",
};

/* A unit is factor * 10^exp10 of the base unit: both are exact. */
struct num_unit {
    struct sv name;
    enum dim dim;
    int exp10;
    uint64_t factor;
};
/* clang-format off */
static const struct num_unit num_units[] = {
    {SV("%"),   DIM_RATIO, -2, 1}, {SV("pp"), DIM_PP,     -2, 1}, {SV("x"),   DIM_FACTOR, 0, 1},
    {SV("ns"),  DIM_TIME,  -9, 1}, {SV("us"), DIM_TIME,   -6, 1}, {SV("ms"),  DIM_TIME,  -3, 1},
    {SV("s"),   DIM_TIME,   0, 1}, {SV("m"),  DIM_TIME,   0, 60}, {SV("h"),   DIM_TIME,  0, 3600},
    {SV("d"),   DIM_TIME,   0, 86400},    {SV("w"),   DIM_TIME,   0, 604800},
    {SV("B"),   DIM_BYTES,  0, 1}, {SV("KB"), DIM_BYTES,  3, 1}, {SV("MB"),  DIM_BYTES,  6, 1},
    {SV("GB"),  DIM_BYTES,  9, 1}, {SV("TB"), DIM_BYTES, 12, 1},
    {SV("KiB"), DIM_BYTES,  0, 1ull << 10}, {SV("MiB"), DIM_BYTES, 0, 1ull << 20},
    {SV("GiB"), DIM_BYTES,  0, 1ull << 30}, {SV("TiB"), DIM_BYTES, 0, 1ull << 40},
};
static const struct { struct sv name; double s; } num_pers[] = {
    {SV("ms"), 0.001}, {SV("s"), 1}, {SV("m"), 60}, {SV("h"), 3600}, {SV("d"), 86400}, {SV("w"), 604800},
};
/* clang-format on */

const char *dim_name(enum dim d)
{
    assert((unsigned)d < DIM__N);
    return dim_names[d];
}

struct dim_text dim_type_name(struct dim_type t)
{
    struct dim_text r;

    (void)snprintf(r.s, sizeof(r.s), "%s%s", t.dim == DIM_COUNT ? "number" : dim_name(t.dim),
                   t.per_s ? " per time" : "");
    return r;
}

static const struct num_unit *num_unit_find(struct sv name)
{
    for (size_t i = 0; i < ARRAY_LEN(num_units); i++)
        if (sv_eq(num_units[i].name, name))
            return &num_units[i];
    return NULL;
}

static enum err_code num_no_unit(struct sv run, struct err *err)
{
    struct suggest near = suggest_begin(run);

    for (size_t i = 0; i < ARRAY_LEN(num_units); i++)
        suggest_offer(&near, num_units[i].name);
    (void)err_set(err, ERR_INVALID, "no such unit: '%.*s'", SV_FMT(run));
    if (near.best.p)
        return err_hint(err, "did you mean '%.*s'?", SV_FMT(near.best));
    return err_hint(err, "units are %% pp x, ns us ms s m h d w, B KB MB GB TB KiB MiB GiB TiB");
}

/* digits * factor, in decimal; the new length.  (clang 14 lost a memcpy() of the result here: -O2, fuzzing.) */
static size_t num_times(char *digits, size_t n, uint64_t factor)
{
    char out[NUM_DIGITS_MAX + 24]; /* the least significant digit first */
    size_t len = 0;
    uint64_t carry = 0;

    for (; n > 0 || carry; carry /= 10) {
        if (n > 0)
            carry += (uint64_t)(digits[--n] - '0') * factor;
        assert(len < sizeof(out));
        out[len++] = (char)('0' + carry % 10);
    }
    for (size_t i = 0; i < len; i++)
        digits[i] = out[len - 1 - i];
    return len;
}

/* "integer.fraction" times the unit, correctly rounded: the one rounding is that of the conversion. */
static double num_convert(struct sv integer, struct sv fraction, const struct num_unit *u)
{
    char digits[NUM_DIGITS_MAX + 40];
    size_t n = integer.n + fraction.n;
    double v = 0;
    bool ok;

    assert(n <= NUM_DIGITS_MAX);
    memcpy(digits, integer.p, integer.n);
    if (fraction.n)
        memcpy(digits + integer.n, fraction.p, fraction.n);
    n = num_times(digits, n, u ? u->factor : 1);
    n += (size_t)snprintf(digits + n, sizeof(digits) - n, "e%d",
                          (u ? u->exp10 : 0) - (int)fraction.n);
    ok = sv_to_f64((struct sv){digits, n}, &v);
    assert(ok); /* at most 60 digits and an exponent below 13 */
    return ok ? v : 0;
}

/* "/m" after a number, when what follows the slash is exactly a unit of time. */
static size_t num_per(struct sv rest, double *per_s)
{
    size_t n = 1;

    if (rest.n < 2 || rest.p[0] != '/')
        return 0;
    while (n < rest.n && ascii_is_word(rest.p[n]))
        n++;
    for (size_t i = 0; i < ARRAY_LEN(num_pers); i++)
        if (sv_eq(num_pers[i].name, sv_sub(rest, 1, n))) {
            *per_s = num_pers[i].s;
            return n;
        }
    return 0;
}

enum err_code num_parse(struct sv text, struct num *ret, size_t *len, struct err *err)
{
    struct num v = {.dim = DIM_COUNT};
    const struct num_unit *u = NULL;
    size_t i = 0, from, unit;

    while (i < text.n && ascii_is_digit(text.p[i]))
        i++;
    from = i;
    assert(from > 0); /* the lexer looked */
    if (i + 1 < text.n && text.p[i] == '.' && ascii_is_digit(text.p[i + 1]))
        for (from = ++i; i < text.n && ascii_is_digit(text.p[i]);)
            i++;
    if (i > NUM_DIGITS_MAX)
        return err_set(err, ERR_INVALID, "a number of more than %u digits", NUM_DIGITS_MAX);
    for (unit = i; i < text.n && (ascii_is_word(text.p[i]) || text.p[i] == '%');)
        i++;
    if (i > unit) {
        u = num_unit_find(sv_sub(text, unit, i));
        if (!u)
            return num_no_unit(sv_sub(text, unit, i), err);
        v.dim = u->dim;
    }
    v.value = from < unit && text.p[from - 1] == '.'
                  ? num_convert(sv_sub(text, 0, from - 1), sv_sub(text, from, unit), u)
                  : num_convert(sv_sub(text, 0, unit), (struct sv){NULL, 0}, u);
    i += num_per(sv_sub(text, i, text.n), &v.per_s);
    v.text = sv_sub(text, 0, i);
    *ret = v;
    *len = i;
    return ERR_OK;
}

bool num_duration_us(const struct num *v, int64_t *ret_us)
{
    if (v->dim != DIM_TIME || v->per_s > 0 || v->value * 1e6 > (double)DURATION_MAX_US)
        return false;
    *ret_us = llround(v->value * 1e6);
    return true;
}

struct dim_text num_format(double v, struct dim_type t)
{
    static const struct {
        enum dim dim;
        double least, unit;
        const char *name;
    } rows[] = {
        {DIM_RATIO, 0, 0.01, "%"},   {DIM_BYTES, 1e9, 1e9, "GB"}, {DIM_BYTES, 1e6, 1e6, "MB"},
        {DIM_BYTES, 1e3, 1e3, "KB"}, {DIM_BYTES, 0, 1, "B"},      {DIM_TIME, 0.9995, 1, "s"},
        {DIM_TIME, 0, 0.001, "ms"},
    };
    struct dim_text r;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].dim == t.dim && fabs(v) >= rows[i].least) {
            (void)snprintf(r.s, sizeof(r.s), "%.6g%s%s", v / rows[i].unit, rows[i].name,
                           t.per_s ? "/s" : "");
            return r;
        }
    (void)snprintf(r.s, sizeof(r.s), "%.6g%s", v, t.per_s ? "/s" : "");
    return r;
}

static double num_unit_size(const struct num_unit *u)
{
    return (double)u->factor * pow(10, u->exp10);
}

/* The unit of "100MB/m"; NULL: a bare number. */
static const struct num_unit *num_unit_of(const struct num *n)
{
    size_t from = 0, to;

    while (from < n->text.n && (ascii_is_digit(n->text.p[from]) || n->text.p[from] == '.'))
        from++;
    to = sv_find_byte(n->text, '/', from);
    return num_unit_find(sv_sub(n->text, from, to == SV_NPOS ? n->text.n : to));
}

/* May v be shown in u where the limit is written in `as`? */
static bool num_unit_fits(const struct num_unit *u, const struct num_unit *as, double v)
{
    bool binary = sv_ends(as->name, SV("iB")), large = num_unit_size(u) > num_unit_size(as);

    if (u->dim != as->dim || fabs(v) < 0.9995 * num_unit_size(u))
        return false;
    if (u->dim == DIM_BYTES)
        return sv_ends(u->name, SV("iB")) == binary && (!large || num_unit_size(u) < 1e12);
    return !large;
}

struct dim_text num_format_beside(double v, struct dim_type t, const struct num *limit)
{
    bool per = limit->per_s > 0 && t.per_s;
    const struct num_unit *as = limit->text.n ? num_unit_of(limit) : NULL, *u = as;
    struct sv per_name = {NULL, 0};
    struct dim_text r;

    if (!limit->text.n || limit->dim != t.dim || per != t.per_s)
        return num_format(v, t);
    v *= per ? limit->per_s : 1;
    for (size_t i = 0; i < ARRAY_LEN(num_pers); i++)
        if (per && num_same(num_pers[i].s, limit->per_s))
            per_name = num_pers[i].name;
    if (as && (as->dim == DIM_TIME || as->dim == DIM_BYTES)) {
        u = as->dim == DIM_BYTES       ? num_unit_find(SV("B"))
            : num_unit_size(as) < 1e-3 ? as
                                       : num_unit_find(SV("ms"));
        for (size_t i = 0; i < ARRAY_LEN(num_units); i++) /* by size */
            if (num_unit_fits(&num_units[i], as, v) &&
                num_unit_size(&num_units[i]) >= num_unit_size(u))
                u = &num_units[i];
    }
    (void)snprintf(r.s, sizeof(r.s), "%.6g%.*s%s%.*s", u ? v / num_unit_size(u) : v,
                   u ? (int)u->name.n : 0, u ? u->name.p : "", per ? "/" : "", SV_FMT(per_name));
    return r;
}
