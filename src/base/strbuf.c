#include "base/strbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmt.h"
#include "base/mem.h"

void strbuf_release(struct strbuf *b)
{
    free(b->p);
    *b = STRBUF(b->max);
}

void strbuf_reserve(struct strbuf *b, size_t n)
{
    size_t need;

    if (__builtin_add_overflow(b->n, n, &need) || __builtin_add_overflow(need, (size_t)1, &need))
        (void)mem_size(SIZE_MAX, 2); /* uncovered: ends the process, and at times its count */
    if (need <= b->cap)
        return;
    need = size_max(need, size_max(64, b->cap + b->cap / 2));
    b->p = xrealloc(b->p, need, 1);
    b->cap = need;
}

void strbuf_add(struct strbuf *b, const void *p, size_t n)
{
    if (b->max && n > b->max - b->n) {
        b->overflow = true;
        n = b->max - b->n;
    }
    if (n == 0)
        return;
    strbuf_reserve(b, n);
    memcpy(b->p + b->n, p, n);
    b->n += n;
    b->p[b->n] = '\0';
}

void strbuf_add_sv(struct strbuf *b, struct sv s)
{
    strbuf_add(b, s.p, s.n);
}

void strbuf_add_str(struct strbuf *b, const char *s)
{
    strbuf_add(b, s, strlen(s));
}

void strbuf_add_byte(struct strbuf *b, char c)
{
    strbuf_add(b, &c, 1);
}

void strbuf_add_n(struct strbuf *b, char c, size_t n)
{
    while (n--)
        strbuf_add_byte(b, c);
}

void strbuf_vaddf(struct strbuf *b, const char *fmt, va_list ap)
{
    va_list again;
    char text[512];
    size_t quick;
    int n;

    if (fmt_quick(text, sizeof(text), fmt, ap, &quick)) {
        strbuf_add(b, text, quick);
        return;
    }
    va_copy(again, ap);
    n = vsnprintf(NULL, 0, fmt, ap);
    assert(n >= 0);
    strbuf_reserve(b, (size_t)n);
    (void)vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
    va_end(again);
    b->n += (size_t)n;
    if (b->max && b->n > b->max) {
        b->overflow = true;
        strbuf_truncate(b, b->max);
    }
}

void strbuf_addf(struct strbuf *b, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    strbuf_vaddf(b, fmt, ap);
    va_end(ap);
}

void strbuf_truncate(struct strbuf *b, size_t n)
{
    assert(n <= b->n);
    b->n = n;
    if (b->p)
        b->p[n] = '\0';
}

void strbuf_consume(struct strbuf *b, size_t n)
{
    assert(n <= b->n);
    if (n == 0)
        return;
    memmove(b->p, b->p + n, b->n - n + 1);
    b->n -= n;
}

const char *strbuf_str(const struct strbuf *b)
{
    return b->n ? b->p : "";
}

struct sv strbuf_sv(const struct strbuf *b)
{
    return (struct sv){strbuf_str(b), b->n};
}

struct strbuf strbuf_steal(struct strbuf *b)
{
    struct strbuf taken = *b;

    *b = STRBUF(b->max);
    return taken;
}

char *strbuf_steal_str(struct strbuf *b)
{
    struct strbuf taken = strbuf_steal(b);

    return taken.p ? taken.p : xstrdup("");
}
