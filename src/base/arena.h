#pragma once

/*
 * arena: memory with one lifetime, given back whole.
 *
 * Embed one, zeroed, where the lifetime lives (document, plan, request, step) and
 * release it there.  Pointers from it stay where they are until then.  Memory is
 * zeroed.  Not thread-safe.
 */
#include "base/base.h"

struct arena {
    struct arena_chunk *chunks; /* newest first */
    size_t used, size;          /* of the newest chunk */
    size_t total_bytes;         /* handed out so far */
};

void *arena_alloc(struct arena *a, size_t n, size_t size);
/* A NUL-terminated copy. */
char *arena_strdup(struct arena *a, struct sv s);
/* A copy as a view (NUL follows it). */
struct sv arena_sv(struct arena *a, struct sv s);
struct sv arena_fmt(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
void *arena_memdup(struct arena *a, const void *p, size_t bytes);
void arena_release(struct arena *a);

#define ARENA_NEW(a, type)     ((type *)arena_alloc((a), 1, sizeof(type)))
#define ARENA_NEWN(a, type, n) ((type *)arena_alloc((a), (n), sizeof(type)))
