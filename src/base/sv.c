#include "base/sv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct sv sv_from(const char *s)
{
    return (struct sv){s, s ? strlen(s) : 0};
}

struct sv sv_sub(struct sv s, size_t from, size_t to)
{
    to = size_min(to, s.n);
    from = size_min(from, to);
    return (struct sv){from ? s.p + from : s.p, to - from}; /* NULL + 0 is undefined */
}

bool sv_eq(struct sv a, struct sv b)
{
    /* most differ in the first byte: no call for these */
    return a.n == b.n && (a.n == 0 || (*a.p == *b.p && memcmp(a.p, b.p, a.n) == 0));
}

static bool sv_same_nocase(const char *a, const char *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (ascii_lower(a[i]) != ascii_lower(b[i]))
            return false;
    return true;
}

bool sv_eq_nocase(struct sv a, struct sv b)
{
    return a.n == b.n && sv_same_nocase(a.p, b.p, a.n);
}

int sv_cmp(struct sv a, struct sv b)
{
    size_t n = size_min(a.n, b.n);
    int c = n ? memcmp(a.p, b.p, n) : 0;

    if (c == 0)
        return a.n < b.n ? -1 : a.n > b.n;
    return c;
}

bool sv_starts(struct sv s, struct sv prefix)
{
    return s.n >= prefix.n &&
           (prefix.n == 0 || (*s.p == *prefix.p && memcmp(s.p, prefix.p, prefix.n) == 0));
}

bool sv_starts_nocase(struct sv s, struct sv prefix)
{
    return s.n >= prefix.n && sv_same_nocase(s.p, prefix.p, prefix.n);
}

bool sv_ends(struct sv s, struct sv suffix)
{
    return s.n >= suffix.n && sv_eq(sv_sub(s, s.n - suffix.n, s.n), suffix);
}

/* --- finding a text in a text --- */

#define SV_BLOCK 16u /* positions that are looked at together */
#define SV_LONG_NEEDLE \
    64u /* of a longer one memmem() makes a table, so that none is compared at each position */

typedef unsigned char sv_block __attribute__((vector_size(SV_BLOCK)));
typedef uint64_t sv_block_words __attribute__((vector_size(SV_BLOCK)));

#define SV_LONG_TEXT 1024u /* here it pays to choose the bytes of the needle that are looked for */

/* A needle as two of its bytes: where both stand the rest is compared. */
struct sv_needle {
    struct sv text;
    size_t at[2];
    unsigned char byte[2],
        fold[2]; /* fold: 0x20 where the case of a letter does not matter; the byte has it set */
    bool nocase;
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

static struct sv_needle sv_needle_of(struct sv text, bool nocase, bool choose)
{
    struct sv_needle n = {.text = text, .at = {0, text.n - 1}, .nocase = nocase};

    if (choose && text.n > 2)
        sv_needle_choose(&n);
    for (size_t i = 0; i < ARRAY_LEN(n.at); i++) {
        char c = text.p[n.at[i]];

        n.fold[i] = nocase && ascii_is_alpha(c) ? 0x20 : 0;
        n.byte[i] = (unsigned char)c | n.fold[i];
    }
    return n;
}

static bool sv_needle_at(const struct sv_needle *n, const char *p)
{
    return ((unsigned char)p[n->at[0]] | n->fold[0]) == n->byte[0] &&
           ((unsigned char)p[n->at[1]] | n->fold[1]) == n->byte[1] &&
           (n->nocase ? sv_same_nocase(p, n->text.p, n->text.n)
                      : memcmp(p, n->text.p, n->text.n) == 0);
}

/* Does it begin at one of [from, to)? */
static size_t sv_find_slowly(struct sv s, const struct sv_needle *n, size_t from, size_t to)
{
    for (; from < to; from++)
        if (sv_needle_at(n, s.p + from))
            return from;
    return SV_NPOS;
}

/* May the needle begin at one of the positions of the block? */
static bool sv_block_may_hold(const struct sv_needle *n, const char *p)
{
    sv_block front, back;
    sv_block_words hits;

    memcpy(&front, p + n->at[0], SV_BLOCK);
    memcpy(&back, p + n->at[1], SV_BLOCK);
    hits = (sv_block_words)((front | n->fold[0]) == n->byte[0]) &
           (sv_block_words)((back | n->fold[1]) == n->byte[1]);
    return hits[0] | hits[1];
}

/* s is at least as long as the needle, which has a byte. */
static size_t sv_find_needle(struct sv s, const struct sv_needle *n, size_t from)
{
    size_t end = s.n - n->text.n + 1, at; /* where it may begin */

    if (end - from < SV_BLOCK)
        return sv_find_slowly(s, n, from, end);
    for (;; from = size_min(from + SV_BLOCK, end - SV_BLOCK)) { /* the last block overlaps */
        if (sv_block_may_hold(n, s.p + from)) {
            at = sv_find_slowly(s, n, from, from + SV_BLOCK);
            if (at != SV_NPOS)
                return at;
        }
        if (from + SV_BLOCK == end)
            return SV_NPOS;
    }
}

static size_t sv_find_either(struct sv s, struct sv needle, size_t from, bool nocase)
{
    struct sv_needle n;

    if (from > s.n || needle.n > s.n - from)
        return SV_NPOS;
    if (needle.n == 0)
        return from;
    if (needle.n > SV_LONG_NEEDLE && !nocase) {
        const char *hit = memmem(s.p + from, s.n - from, needle.p, needle.n);

        return hit ? (size_t)(hit - s.p) : SV_NPOS;
    }
    n = sv_needle_of(needle, nocase, s.n - from >= SV_LONG_TEXT);
    return sv_find_needle(s, &n, from);
}

size_t sv_find(struct sv s, struct sv needle, size_t from)
{
    return sv_find_either(s, needle, from, false);
}

size_t sv_find_nocase(struct sv s, struct sv needle, size_t from)
{
    return sv_find_either(s, needle, from, true);
}

size_t sv_find_byte(struct sv s, char c, size_t from)
{
    const char *hit = from < s.n ? memchr(s.p + from, c, s.n - from) : NULL;

    return hit ? (size_t)(hit - s.p) : SV_NPOS;
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

/* ascii_is_space() by a table: every word of a document is cut here. */
static bool sv_is_space(char c)
{
    static const bool is_space[256] = {
        [' '] = true, ['\t'] = true, ['\n'] = true, ['\r'] = true, ['\f'] = true, ['\v'] = true};

    return is_space[(unsigned char)c];
}

struct sv sv_trim_left(struct sv s)
{
    while (s.n && sv_is_space(*s.p)) {
        s.p++;
        s.n--;
    }
    return s;
}

struct sv sv_trim_right(struct sv s)
{
    while (s.n && sv_is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

struct sv sv_trim(struct sv s)
{
    return sv_trim_right(sv_trim_left(s));
}

bool sv_eat(struct sv *s, struct sv prefix)
{
    if (!sv_starts(*s, prefix))
        return false;
    *s = sv_sub(*s, prefix.n, s->n);
    return true;
}

bool sv_eat_nocase(struct sv *s, struct sv prefix)
{
    if (!sv_starts_nocase(*s, prefix))
        return false;
    *s = sv_sub(*s, prefix.n, s->n);
    return true;
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

    while (n < s.n && !sv_is_space(s.p[n]))
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
