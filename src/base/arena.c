#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmt.h"
#include "base/mem.h"

struct arena_chunk {
    struct arena_chunk *next;
    size_t pad; /* keeps data[] aligned to 16 */
    _Alignas(16) unsigned char data[];
};

#define ARENA_CHUNK_BYTES 1024u /* the first; many arenas hold a few hundred bytes */
#define ARENA_ALIGN       16u

/* Grows with what was used, so that the number of chunks stays small. */
static void arena_grow(struct arena *a, size_t bytes)
{
    size_t want = size_max(bytes, size_max(ARENA_CHUNK_BYTES, size_min(a->total_bytes, 1u << 20)));
    struct arena_chunk *c = xcalloc(1, sizeof(*c) + want);

    c->next = a->chunks;
    a->chunks = c;
    a->used = 0;
    a->size = want;
}

void *arena_alloc(struct arena *a, size_t n, size_t size)
{
    size_t bytes;
    void *p;

    if (__builtin_mul_overflow(n, size, &bytes) ||
        bytes > SIZE_MAX - ARENA_ALIGN - sizeof(struct arena_chunk))
        bytes = mem_size(SIZE_MAX, 2); /* ends the process: what is added below would wrap */
    bytes = (size_max(bytes, 1) + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    if (!a->chunks || bytes > a->size - a->used)
        arena_grow(a, bytes);
    p = a->chunks->data + a->used;
    a->used += bytes;
    a->total_bytes += bytes;
    return p;
}

void *arena_memdup(struct arena *a, const void *p, size_t bytes)
{
    void *copy = arena_alloc(a, bytes, 1);

    if (bytes)
        memcpy(copy, p, bytes);
    return copy;
}

char *arena_strdup(struct arena *a, struct sv s)
{
    char *copy = arena_alloc(a, s.n + 1, 1);

    if (s.n)
        memcpy(copy, s.p, s.n);
    return copy;
}

struct sv arena_sv(struct arena *a, struct sv s)
{
    return (struct sv){arena_strdup(a, s), s.n};
}

struct sv arena_fmt(struct arena *a, const char *fmt, ...)
{
    va_list ap, again;
    char text[512], *p;
    size_t quick;
    int n;

    va_start(ap, fmt);
    if (fmt_quick(text, sizeof(text), fmt, ap, &quick)) {
        va_end(ap);
        return arena_sv(a, (struct sv){text, quick});
    }
    va_copy(again, ap);
    n = vsnprintf(NULL, 0, fmt, ap);
    assert(n >= 0);
    p = arena_alloc(a, (size_t)n + 1, 1);
    (void)vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    va_end(ap);
    return (struct sv){p, (size_t)n};
}

void arena_release(struct arena *a)
{
    struct arena_chunk *next;

    for (struct arena_chunk *c = a->chunks; c; c = next) {
        next = c->next;
        free(c);
    }
    *a = (struct arena){0};
}
