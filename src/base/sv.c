#include "base/sv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool sv_same_nocase(const char *a, const char *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (ascii_lower(a[i]) != ascii_lower(b[i]))
            return false;
    return true;
}

int sv_cmp(struct sv a, struct sv b)
{
    size_t n = size_min(a.n, b.n);
    int c = n ? memcmp(a.p, b.p, n) : 0;

    if (c == 0)
        return a.n < b.n ? -1 : a.n > b.n;
    return c;
}

/* --- finding a text in a text --- */

#define SV_BLOCK 16u /* positions that are looked at together */
#define SV_LONG_NEEDLE \
    64u /* of a longer one memmem() makes a table, so that none is compared at each position */

typedef unsigned char sv_block __attribute__((vector_size(SV_BLOCK)));
typedef char sv_block_signed __attribute__((vector_size(SV_BLOCK)));

#define SV_LONG_TEXT 1024u /* here it pays to choose the bytes of the needle that are looked for */

/* A needle as two of its bytes: where both stand the rest is compared. */
struct sv_needle {
    struct sv text;
    size_t at[2];
    unsigned char byte[2],
        fold[2]; /* fold: 0x20 where the case of a letter does not matter; the byte has it set */
};

/* How seldom is it in a text? */
static size_t sv_rarity(char c)
{
    static const char frequent[] = " etaoinsrhldcumfpgwybvkxjqz";
    const char *at = c ? strchr(frequent, ascii_lower(c)) : NULL;

    return at ? (size_t)(at - frequent) : sizeof(frequent);
}

/* The two rarest bytes of the needle instead of the ends. */
static void sv_needle_choose(struct sv_needle *n)
{
    size_t best[2] = {0, 0};

    for (size_t i = 0; i < n->text.n; i++) {
        size_t rarity = sv_rarity(n->text.p[i]) + 1;
        size_t k = best[0] <= best[1] ? 0 : 1; /* the less rare of both */

        if (rarity > best[k]) {
            best[k] = rarity;
            n->at[k] = i;
        }
    }
}

static inline struct sv_needle sv_needle_of(struct sv text, bool nocase, bool choose)
{
    struct sv_needle n = {.text = text, .at = {0, text.n - 1}};

    if (choose && text.n > 2)
        sv_needle_choose(&n);
    for (size_t i = 0; i < ARRAY_LEN(n.at); i++) {
        char c = text.p[n.at[i]];

        n.fold[i] = nocase && ascii_is_alpha(c) ? 0x20 : 0;
        n.byte[i] = (unsigned char)c | n.fold[i];
    }
    return n;
}

static inline bool sv_needle_at(const struct sv_needle *n, const char *p, bool nocase)
{
    return nocase ? sv_same_nocase(p, n->text.p, n->text.n) : memcmp(p, n->text.p, n->text.n) == 0;
}

/* In a text of fewer positions than a block has: begins it before `end`? */
static inline size_t sv_find_slowly(struct sv s, const struct sv_needle *n, size_t from, size_t end,
                                    bool nocase)
{
    for (; from < end; from++)
        if (((unsigned char)s.p[from + n->at[0]] | n->fold[0]) == n->byte[0] &&
            ((unsigned char)s.p[from + n->at[1]] | n->fold[1]) == n->byte[1] &&
            sv_needle_at(n, s.p + from, nocase))
            return from;
    return SV_NPOS;
}

/* A bit for each byte of which all bits are set. */
static inline unsigned sv_block_bits(sv_block hits)
{
#ifdef __SSE2__
    return (unsigned)__builtin_ia32_pmovmskb128((sv_block_signed)hits);
#else
    unsigned bits = 0;

    for (unsigned i = 0; i < SV_BLOCK; i++)
        bits |= (hits[i] & 1u) << i;
    return bits;
#endif
}

/*
 * s is at least as long as the needle, which has a byte.  Made once for each case: what the loop compares with stays
 * in registers.
 */
__attribute__((always_inline)) static inline size_t
sv_find_needle(struct sv s, const struct sv_needle *n, size_t from, bool nocase)
{
    size_t end = s.n - n->text.n + 1; /* where it may begin */
    sv_block want[2], fold[2], front, back;

    if (end - from < SV_BLOCK)
        return sv_find_slowly(s, n, from, end, nocase);
    for (size_t i = 0; i < 2; i++) {
        want[i] = (sv_block){0} + n->byte[i];
        fold[i] = (sv_block){0} + n->fold[i];
    }
    for (;; from = size_min(from + SV_BLOCK, end - SV_BLOCK)) { /* the last block overlaps */
        memcpy(&front, s.p + from + n->at[0], SV_BLOCK);
        memcpy(&back, s.p + from + n->at[1], SV_BLOCK);
        if (nocase) {
            front |= fold[0];
            back |= fold[1];
        }
        for (unsigned bits =
                 sv_block_bits((sv_block)(front == want[0]) & (sv_block)(back == want[1]));
             bits; bits &= bits - 1) {
            size_t at = from + (size_t)__builtin_ctz(bits);

            if (sv_needle_at(n, s.p + at, nocase))
                return at;
        }
        if (from + SV_BLOCK == end)
            return SV_NPOS;
    }
}

size_t sv_find(struct sv s, struct sv needle, size_t from)
{
    struct sv_needle n;

    if (from > s.n || needle.n > s.n - from)
        return SV_NPOS;
    if (needle.n <= 1)
        return needle.n ? sv_find_byte(s, *needle.p, from) : from;
    if (needle.n > SV_LONG_NEEDLE) {
        const char *hit = memmem(s.p + from, s.n - from, needle.p, needle.n);

        return hit ? (size_t)(hit - s.p) : SV_NPOS;
    }
    n = sv_needle_of(needle, false, s.n - from >= SV_LONG_TEXT);
    return sv_find_needle(s, &n, from, false);
}

size_t sv_find_nocase(struct sv s, struct sv needle, size_t from)
{
    struct sv_needle n;

    if (from > s.n || needle.n > s.n - from)
        return SV_NPOS;
    if (needle.n == 0)
        return from;
    n = sv_needle_of(needle, true, s.n - from >= SV_LONG_TEXT);
    return sv_find_needle(s, &n, from, true);
}

size_t sv_find_word(struct sv s, struct sv word, size_t from)
{
    for (size_t at = from; (at = sv_find_nocase(s, word, at)) != SV_NPOS; at++) {
        size_t end = at + word.n;

        if ((at == 0 || !ascii_is_word(s.p[at - 1])) && (end == s.n || !ascii_is_word(s.p[end])))
            return at;
    }
    return SV_NPOS;
}

bool sv_split(struct sv *rest, char sep, struct sv *piece)
{
    size_t at;

    if (!rest->p)
        return false;
    at = sv_find_byte(*rest, sep, 0);
    *piece = sv_sub(*rest, 0, at);
    *rest = at == SV_NPOS ? (struct sv){NULL, 0} : sv_sub(*rest, at + 1, rest->n);
    return true;
}

bool sv_next_line(struct sv *rest, struct sv *line)
{
    size_t at;

    if (rest->n == 0)
        return false;
    at = sv_find_byte(*rest, '\n', 0);
    *line = sv_sub(*rest, 0, at);
    *rest = at == SV_NPOS ? (struct sv){NULL, 0} : sv_sub(*rest, at + 1, rest->n);
    if (line->n && line->p[line->n - 1] == '\r')
        line->n--;
    return true;
}

bool sv_next_word(struct sv *rest, struct sv *word)
{
    struct sv s = sv_trim_left(*rest);
    size_t n = 0;

    while (n < s.n && !ascii_is_space(s.p[n]))
        n++;
    *word = (struct sv){s.p, n};
    *rest = sv_sub(s, n, s.n);
    return n > 0;
}

bool sv_to_u64(struct sv s, uint64_t *ret)
{
    uint64_t v = 0;

    if (s.n == 0)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_digit(s.p[i]) || __builtin_mul_overflow(v, (uint64_t)10, &v) ||
            __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
            return false;
    *ret = v;
    return true;
}

bool sv_to_i64(struct sv s, int64_t *ret)
{
    bool negative = s.n && *s.p == '-';
    uint64_t v;

    if (s.n && (*s.p == '-' || *s.p == '+'))
        s = sv_sub(s, 1, s.n);
    if (!sv_to_u64(s, &v) || v > (uint64_t)INT64_MAX + negative)
        return false;
    *ret = negative ? (int64_t)(0 - v) : (int64_t)v;
    return true;
}

/* [+-]? (digits [. digits*] | . digits) ([eE] [+-]? digits)? and nothing else */
static bool sv_is_decimal(struct sv s)
{
    size_t i = 0, digits = 0, exponent = 0;

    if (i < s.n && (s.p[i] == '-' || s.p[i] == '+'))
        i++;
    for (; i < s.n && ascii_is_digit(s.p[i]); i++)
        digits++;
    if (i < s.n && s.p[i] == '.')
        for (i++; i < s.n && ascii_is_digit(s.p[i]); i++)
            digits++;
    if (digits == 0)
        return false;
    if (i == s.n)
        return true;
    if (s.p[i] != 'e' && s.p[i] != 'E')
        return false;
    i++;
    if (i < s.n && (s.p[i] == '-' || s.p[i] == '+'))
        i++;
    for (; i < s.n && ascii_is_digit(s.p[i]); i++)
        exponent++;
    return exponent > 0 && i == s.n;
}

bool sv_to_f64(struct sv s, double *ret)
{
    double v;
    char buf
        [400]; /* the longest double that is not padded has 767 digits; more than 399 is refused */

    if (s.n >= sizeof(buf) || !sv_is_decimal(s))
        return false;
    memcpy(buf, s.p, s.n);
    buf[s.n] = '\0';
    /* The "C" locale is in force: nobody calls setlocale (banned.h). */
    v = strtod(buf, NULL);
    if (!isfinite(v)) /* too large for a double */
        return false;
    *ret = v;
    return true;
}
