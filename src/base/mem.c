#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *mem_check(void *p)
{
    static const char text[] = "prusik: out of memory\n";

    if (p)
        return p;
    (void)!write(2, text, sizeof(text) - 1); /* uncovered: nothing else can be done here */
    abort();                                 /* uncovered: memory is gone */
}

size_t mem_size(size_t n, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(n, size, &bytes))
        (void)mem_check(NULL);
    return bytes;
}

void *xcalloc(size_t n, size_t size)
{
    (void)mem_size(n, size);
    return mem_check(calloc(n ? n : 1, size ? size : 1));
}

void *xrealloc(void *p, size_t n, size_t size)
{
    size_t bytes = mem_size(n, size);

    return mem_check(realloc(p, bytes ? bytes : 1));
}

void *xmemdup(const void *p, size_t n)
{
    void *copy = xcalloc(n, 1);

    if (n)
        memcpy(copy, p, n);
    return copy;
}

char *xstrdup_sv(struct sv s)
{
    char *copy = xcalloc(s.n + 1, 1);

    if (s.n)
        memcpy(copy, s.p, s.n);
    return copy;
}

char *xstrdup(const char *s)
{
    return xstrdup_sv((struct sv){s, strlen(s)});
}

void mem_freep(void *pp)
{
    void **p = (void **)pp;

    free(*p);
    *p = NULL;
}
