#include <string.h>

#include "base/text.h"
#include "watch/decimal.h"
#include "watch/watch_int.h"

#ifdef __SSE2__
#define SAMPLE_LINE_BLOCK ((ptrdiff_t)16)
typedef char sample_line_block __attribute__((vector_size(SAMPLE_LINE_BLOCK)));

static inline sample_line_block sample_line_load(const char *p)
{
    sample_line_block v;

    memcpy(&v, p, sizeof(v));
    return v;
}

/* Bit i: the highest bit of byte i. */
static inline unsigned sample_line_mask(sample_line_block v)
{
    return (unsigned)__builtin_ia32_pmovmskb128(v);
}

/* Bit i: byte i of the 16 at p ends the run of ordinary bytes of a label value; *high: is not ASCII. */
static inline unsigned sample_line_ends(const char *p, unsigned *high)
{
    sample_line_block v = sample_line_load(p);

    *high = sample_line_mask(v);
    return sample_line_mask((v == '"') | (v == '\\') | (v == '\n'));
}
#endif

/* Where the run of ordinary bytes at p ends; an LF stands behind.  *ascii turns false. */
static inline const char *sample_line_run(const char *p, const char *end, bool *ascii)
{
    unsigned char all = 0;

#ifdef __SSE2__
    while (end - p >= SAMPLE_LINE_BLOCK) {
        unsigned high, ends = sample_line_ends(p, &high);

        if (ends) {
            unsigned n = (unsigned)__builtin_ctz(ends);

            *ascii &= (high & ((1u << n) - 1)) == 0;
            return p + n;
        }
        *ascii &= high == 0;
        p += SAMPLE_LINE_BLOCK;
    }
#endif
    for (; !sample_line_is(*p, BYTE_VALUE_END); p++)
        all |= (unsigned char)*p;
    *ascii &= all < 0x80;
    return p;
}

/* Do the n bytes at p repeat those at q?  Both lie before end. */
static inline bool sample_line_repeats(const char *p, const char *q, size_t n, const char *end)
{
#ifdef __SSE2__
    if (n <= (size_t)(2 * SAMPLE_LINE_BLOCK) && end - p >= 2 * SAMPLE_LINE_BLOCK &&
        end - q >= 2 * SAMPLE_LINE_BLOCK) {
        unsigned same = sample_line_mask(sample_line_load(p) == sample_line_load(q));

        if (n < (size_t)SAMPLE_LINE_BLOCK)
            return (~same & ((1u << n) - 1)) == 0;
        p += (ptrdiff_t)n - SAMPLE_LINE_BLOCK;
        q += (ptrdiff_t)n - SAMPLE_LINE_BLOCK;
        return (same & sample_line_mask(sample_line_load(p) == sample_line_load(q))) == 0xffff;
    }
#endif
    return (size_t)(end - p) > n && memcmp(p, q, n) == 0;
}

/* The label name at p, mostly that of the same place in a line before; .n is 0 when there is none. */
static inline struct sv sample_line_quick_key(const struct sample_line *l, const char *p,
                                              const char *end)
{
    const char *name = p;

    if (l->n_labels < l->n_known) {
        struct sv known = l->labels[l->n_labels].name;

        if (sample_line_repeats(p, known.p, known.n, end) && p[known.n] == '=')
            return (struct sv){p, known.n};
    }
    if (sample_line_is(*p, BYTE_LABEL_FIRST))
        while (sample_line_is(*p, BYTE_LABEL))
            p++;
    return (struct sv){name, (size_t)(p - name)};
}

/* The label at p; returns what follows its closing quote, or NULL. */
static inline const char *sample_line_quick_label(struct sample_line *l, const char *p,
                                                  const char *end)
{
    struct sv key = sample_line_quick_key(l, p, end), value;
    bool ascii = true;

    p += key.n;
    if (key.n == 0 || p[0] != '=' || p[1] != '"') /* an LF stands behind: p[1] is inside */
        return NULL;
    value.p = p + 2;
    p = sample_line_run(value.p, end, &ascii);
    value.n = (size_t)(p - value.p);
    if (*p != '"' || value.n == 0 || sample_line_is_reserved(key) ||
        (!ascii && text_bad_utf8(value) != SV_NPOS))
        return NULL;
    sample_line_add_label(l, key, value);
    sample_line_hash_pair(l, key.p, (size_t)(p - key.p));
    return p + 1;
}

static inline const char *sample_line_quick_labels(struct sample_line *l, const char *p,
                                                   const char *end)
{
    bool sorted = true;

    do {
        p = sample_line_quick_label(l, p + 1, end);
        if (!p)
            return NULL;
        if (l->n_labels > 1)
            sorted &= sample_line_cmp(&l->labels[l->n_labels - 2], &l->labels[l->n_labels - 1]) < 0;
    } while (*p == ',');
    if (*p != '}' || (!sorted && !sample_line_sort(l)))
        return NULL;
    return p + 1;
}

/* Digits, as many as are exact in whole numbers and as a double. */
static const char *sample_line_quick_time(struct sample_line *l, const char *p)
{
    const char *first = p, *last = p + (l->openmetrics ? 12 : 15);
    int64_t v = 0;

    for (; ascii_is_digit(*p) && p < last; p++)
        v = v * 10 + (*p - '0');
    l->has_time = true;
    l->time_ms = l->openmetrics ? v * 1000 : v;
    return p > first ? p : NULL;
}

const char *sample_line_quick(struct sample_line *l, const char *p, const char *end)
{
    const char *name = p;

    sample_line_clear(l);
    if (!sample_line_is(*p, BYTE_NAME_FIRST))
        return NULL;
    if (l->name.p && sample_line_repeats(p, l->name.p, l->name.n, end))
        p += l->name.n; /* mostly the name of a line before */
    while (sample_line_is(*p, BYTE_NAME))
        p++;
    l->name = (struct sv){name, (size_t)(p - name)};
    if (*p == '{' && !(p = sample_line_quick_labels(l, p, end)))
        return NULL;
    if (*p != ' ' || !(p = decimal_scan(p + 1, end, &l->value)))
        return NULL;
    if (*p == ' ' && !(p = sample_line_quick_time(l, p + 1)))
        return NULL;
    if (*p != '\n')
        return NULL;
    sample_line_hash_end(l);
    return p + 1;
}
