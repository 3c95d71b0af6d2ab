#include "watch/tagset.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/mem.h"

#define TAGSET_FIRST_BITS 10u

static struct tagset_key tagset_the_key;

static void tagset_make_key(void)
{
    randombytes_buf(&tagset_the_key, sizeof(tagset_the_key));
}

/* Bodies are read in threads. */
const struct tagset_key *tagset_key(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, tagset_make_key); /* fails only for a bad argument */
    return &tagset_the_key;
}

void tagset_clear(struct tagset *t)
{
    if (t->entries)
        memset(t->entries, 0, sizeof(*t->entries) << t->bits);
    t->n = 0;
}

void tagset_release(struct tagset *t)
{
    free(t->entries);
    *t = (struct tagset){0};
}

/* The tag is the upper half of the hash, and its upper bits are the place: so growing needs no keys. */
static size_t tagset_place(const struct tagset *t, uint64_t hash)
{
    return (size_t)(hash >> (64 - t->bits));
}

static void tagset_put(struct tagset *t, uint64_t entry)
{
    size_t mask = ((size_t)1 << t->bits) - 1;
    size_t i = tagset_place(t, entry);

    while (t->entries[i])
        i = (i + 1) & mask;
    t->entries[i] = entry;
}

static void tagset_grow(struct tagset *t)
{
    struct tagset bigger = {.n = t->n, .bits = t->bits ? t->bits + 1 : TAGSET_FIRST_BITS};

    assert(bigger.bits <= 32);
    bigger.entries = XNEWN(uint64_t, (size_t)1 << bigger.bits);
    for (size_t i = 0; t->bits && i < (size_t)1 << t->bits; i++)
        if (t->entries[i])
            tagset_put(&bigger, t->entries[i]);
    free(t->entries);
    *t = bigger;
}

uint64_t *tagset_find(const struct tagset *t, uint64_t hash, tagset_same_fn *same, void *arg)
{
    size_t mask = ((size_t)1 << t->bits) - 1;

    if (t->n == 0)
        return NULL;
    for (size_t i = tagset_place(t, hash); t->entries[i]; i = (i + 1) & mask)
        if (t->entries[i] >> 32 == hash >> 32 && same(arg, tagset_value(t->entries[i])))
            return &t->entries[i];
    return NULL;
}

void tagset_add(struct tagset *t, uint64_t hash, uint32_t value)
{
    assert(value <= TAGSET_MAX);
    if (t->bits == 0 || t->n >= (size_t)1 << (t->bits - 1))
        tagset_grow(t);
    tagset_put(t, (hash & ~(uint64_t)UINT32_MAX) | (value + 1));
    t->n++;
}
