#include "watch/decimal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sv.h"

#define DECIMAL_MAX_POW5    27 /* 5^27 is the largest power below 2^63 */
#define DECIMAL_EXACT_POW10 22 /* 10^22 is the largest power that is a double */
#define DECIMAL_MAX_DIGITS  19 /* 10^19 - 1 is below 2^64 */

static const double decimal_pow10[DECIMAL_EXACT_POW10 + 1] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* clang-format off */
static const uint64_t decimal_pow5[DECIMAL_MAX_POW5 + 1] = {
    1u, 5u, 25u, 125u, 625u, 3125u, 15625u, 78125u, 390625u, 1953125u, 9765625u, 48828125u,
    244140625u, 1220703125u, 6103515625u, 30517578125u, 152587890625u, 762939453125u,
    3814697265625u, 19073486328125u, 95367431640625u, 476837158203125u, 2384185791015625u,
    11920928955078125u, 59604644775390625u, 298023223876953125u, 1490116119384765625u,
    7450580596923828125u};
/* clang-format on */

/* 2^exp; exp is that of a normal double. */
static double decimal_pow2(int exp)
{
    uint64_t bits = (uint64_t)(exp + 1023) << 52;
    double d;

    memcpy(&d, &bits, sizeof(d));
    return d;
}

/* (q + something below 1 when `more`) * 2^exp, rounded once to 53 bits; q has 54 or more. */
static double decimal_round(uint64_t q, bool more, int exp)
{
    int drop = 64 - __builtin_clzll(q) - 53;
    uint64_t half, rest;

    assert(drop > 0); /* fewer than 54 bits are done in doubles, or are 5^23 and more */
    half = UINT64_C(1) << (drop - 1);
    rest = q & (half * 2 - 1);
    q >>= drop;
    q += rest > half || (rest == half && (more || (q & 1)));
    return (double)q * decimal_pow2(exp + drop);
}

/* digits * 10^-k in 128 bits: 64 bits of the quotient and whether there is a remainder decide. */
static double decimal_divide(uint64_t digits, int k)
{
    int up = __builtin_clzll(digits), up5 = __builtin_clzll(decimal_pow5[k]);
    uint64_t by = decimal_pow5[k] << up5;
    unsigned __int128 top = (unsigned __int128)(digits << up) << 63;

    uint64_t q = (uint64_t)(top / by);

    return decimal_round(q, (unsigned __int128)q * by != top, up5 - up - k - 63);
}

static double decimal_multiply(uint64_t digits, int k)
{
    unsigned __int128 product = (unsigned __int128)digits * decimal_pow5[k];
    uint64_t high = (uint64_t)(product >> 64);
    int down = high ? 64 - __builtin_clzll(high) : 0;
    uint64_t q = (uint64_t)(product >> down);

    return decimal_round(q, ((unsigned __int128)q << down) != product, k + down);
}

/* False: outside of what can be done in 128 bits. */
static bool decimal_convert(uint64_t digits, int64_t exp, double *ret)
{
    if (digits == 0)
        *ret = 0;
    else if (digits <= UINT64_C(1) << 53 && exp >= -DECIMAL_EXACT_POW10 && exp <= 0)
        *ret = (double)digits / decimal_pow10[-exp]; /* two exact doubles, rounded once */
    else if (digits <= UINT64_C(1) << 53 && exp > 0 && exp <= DECIMAL_EXACT_POW10)
        *ret = (double)digits * decimal_pow10[exp];
    else if (exp < 0 && exp >= -DECIMAL_MAX_POW5)
        *ret = decimal_divide(digits, (int)-exp);
    else if (exp >= 0 && exp <= DECIMAL_MAX_POW5)
        *ret = decimal_multiply(digits, (int)exp);
    else
        return false;
    return true;
}

/* The exponent after 'e'; NULL when it is none or a long one. */
static const char *decimal_scan_exponent(const char *p, const char *end, int64_t *exp)
{
    bool minus = p < end && *p == '-';
    const char *first;
    int64_t v = 0;

    p += p < end && (*p == '-' || *p == '+');
    for (first = p; p < end && ascii_is_digit(*p) && p - first < 4; p++)
        v = v * 10 + (*p - '0');
    *exp += minus ? -v : v;
    return p > first ? p : NULL;
}

const char *decimal_scan(const char *p, const char *end, double *ret)
{
    bool minus = p < end && *p == '-';
    uint64_t digits = 0;
    const char *first, *counted; /* counted: from the first digit that is not a leading 0 */
    int64_t exp = 0, n;
    double v;

    p += minus;
    for (first = p; p < end && *p == '0'; p++)
        ;
    for (counted = p; p < end && ascii_is_digit(*p); p++)
        digits = digits * 10 + (uint64_t)(*p - '0'); /* beyond 19 digits it is not used */
    n = p - counted;
    if (p < end && *p == '.') {
        const char *point = p++;

        for (; n == 0 && p < end && *p == '0'; p++)
            ;
        for (counted = p; p < end && ascii_is_digit(*p); p++)
            digits = digits * 10 + (uint64_t)(*p - '0');
        n += p - counted;
        exp = point + 1 - p;
        first++; /* the point is no digit */
    }
    if (p == first || n > DECIMAL_MAX_DIGITS)
        return NULL;
    if (p < end && (*p == 'e' || *p == 'E') && !(p = decimal_scan_exponent(p + 1, end, &exp)))
        return NULL;
    if (!decimal_convert(digits, exp, &v))
        return NULL;
    *ret = minus ? -v : v;
    return p;
}

static enum decimal decimal_read_word(struct sv s, double *ret)
{
    bool minus = sv_starts(s, SV("-"));
    bool sign = minus || sv_starts(s, SV("+"));
    struct sv word = sv_sub(s, sign, s.n);

    if (sv_eq_nocase(word, SV("inf")) || sv_eq_nocase(word, SV("infinity")))
        *ret = minus ? -HUGE_VAL : HUGE_VAL;
    else if (!sign && sv_eq_nocase(word, SV("nan")))
        *ret = (double)NAN;
    else
        return DECIMAL_NOT_A_NUMBER;
    return DECIMAL_OK;
}

/* A long number, as 0.DIGITS * 10^exp.  Halfway between two doubles lie at most 767 digits: beyond
 * 800 only matters whether another one is not 0. */
struct decimal_long {
    char digits[802];
    size_t n;
    int64_t exp;
    bool minus, any; /* any: there was a digit at all */
};

static void decimal_add_digit(struct decimal_long *d, char c, bool fraction)
{
    d->any = true;
    if (d->n == 0 && c == '0') {
        d->exp -= fraction;
        return;
    }
    d->exp += !fraction;
    if (d->n < 800)
        d->digits[d->n++] = c;
    else if (c != '0')
        d->digits[800] = '1';
}

static bool decimal_take_long(struct decimal_long *d, struct sv s)
{
    bool point = false, minus;
    int64_t exp = 0;
    size_t i;

    d->minus = sv_starts(s, SV("-"));
    for (i = d->minus || sv_starts(s, SV("+")); i < s.n; i++)
        if (ascii_is_digit(s.p[i]))
            decimal_add_digit(d, s.p[i], point);
        else if (s.p[i] == '.' && !point)
            point = true;
        else
            break;
    if (i == s.n || !d->any)
        return d->any && i == s.n;
    if (s.p[i] != 'e' && s.p[i] != 'E')
        return false;
    s = sv_sub(s, i + 1, s.n);
    minus = sv_starts(s, SV("-"));
    s = sv_sub(s, minus || sv_starts(s, SV("+")), s.n);
    for (i = 0; i < s.n && ascii_is_digit(s.p[i]); i++)
        exp =
            exp > 1000000000000 ? exp : exp * 10 + (s.p[i] - '0'); /* no text has so many digits */
    d->exp += minus ? -exp : exp;
    return i > 0 && i == s.n;
}

static enum decimal decimal_read_long(struct sv s, double *ret)
{
    struct decimal_long d = {.n = 0};
    char text[1024];
    double v;

    if (!decimal_take_long(&d, s))
        return decimal_read_word(s, ret);
    if (d.digits[800])
        d.n = 801;
    if (d.n == 0 || d.exp < -400) {
        *ret = d.minus ? -0.0 : 0.0;
        return DECIMAL_OK;
    }
    if (d.exp > 400)
        return DECIMAL_TOO_LARGE;
    (void)snprintf(text, sizeof(text), "%s0.%.*se%d", d.minus ? "-" : "", (int)d.n, d.digits,
                   (int)d.exp);
    v = strtod(text, NULL); /* the "C" locale is in force: nobody calls setlocale (banned.h) */
    if (isinf(v))
        return DECIMAL_TOO_LARGE;
    *ret = v;
    return DECIMAL_OK;
}

enum decimal decimal_read(struct sv s, double *ret)
{
    double v;

    if (s.n == 0)
        return DECIMAL_NOT_A_NUMBER;
    if (decimal_scan(s.p, s.p + s.n, &v) != s.p + s.n)
        return decimal_read_long(s, ret);
    *ret = v;
    return DECIMAL_OK;
}
