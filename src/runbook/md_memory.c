#include "runbook/md_memory.h"

#include <string.h>

#define MEMORY_ALIGN 16u
#define MEMORY_CHUNK (64u << 10)

/* Stands before each piece. */
struct memory_head {
    _Alignas(MEMORY_ALIGN) size_t size;
};

static _Thread_local struct md_memory *memory_now;

static size_t memory_round(size_t bytes)
{
    if (bytes > SIZE_MAX / 2)
        bytes = mem_size(SIZE_MAX, 2); /* ends the process */
    return (bytes + sizeof(struct memory_head) + MEMORY_ALIGN - 1) & ~(size_t)(MEMORY_ALIGN - 1);
}

static struct memory_head *memory_head(void *p)
{
    return (struct memory_head *)(void *)((unsigned char *)p - sizeof(struct memory_head));
}

/* Its bytes are what stood there before. */
static void *memory_take(struct md_memory *m, size_t size)
{
    size_t need = memory_round(size);
    struct memory_head *h;

    if (need > m->size - m->used) {
        m->size = size_max(need, MEMORY_CHUNK);
        *vec_add(&m->chunks) = xrealloc(NULL, m->size, 1);
        m->used = 0;
    }
    h = (struct memory_head *)(void *)(*vec_last(&m->chunks) + m->used);
    m->used += need;
    h->size = size;
    m->last = (unsigned char *)(h + 1);
    return m->last;
}

static void *memory_calloc(size_t n, size_t size)
{
    size_t bytes = mem_size(n, size);

    return memset(memory_take(memory_now, bytes), 0, bytes);
}

/* The last piece grows where it is. */
static bool memory_stretch(struct md_memory *m, void *p, size_t size)
{
    struct memory_head *h = memory_head(p);
    size_t used, need = memory_round(size);

    if (p != m->last)
        return false;
    used = m->used - memory_round(h->size);
    if (need > m->size - used)
        return false;
    m->used = used + need;
    h->size = size;
    return true;
}

static void *memory_realloc(void *p, size_t size)
{
    void *copy;

    if (!p)
        return memory_calloc(1, size);
    if (size <= memory_head(p)->size || memory_stretch(memory_now, p, size))
        return p;
    copy = memory_take(memory_now, size);
    memcpy(copy, p, memory_head(p)->size);
    return copy;
}

static void memory_free(void *p)
{
    struct md_memory *m = memory_now;

    if (!p || p != m->last)
        return;
    m->used -= memory_round(memory_head(p)->size);
    m->last = NULL; /* what is before it is not known */
}

cmark_mem *md_memory_begin(struct md_memory *m)
{
    static cmark_mem functions = {memory_calloc, memory_realloc, memory_free};

    assert(!memory_now);
    memory_now = m;
    return &functions;
}

void md_memory_release(struct md_memory *m)
{
    for (size_t i = 0; i < m->chunks.n; i++)
        free(m->chunks.v[i]);
    vec_release(&m->chunks);
    if (memory_now == m)
        memory_now = NULL;
    *m = (struct md_memory){.last = NULL};
}
