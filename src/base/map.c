#include "base/map.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sv.h"

struct map_slot {
    char *key; /* NULL: free */
    size_t key_n;
    uint64_t hash;
    size_t value;
};

static unsigned char map_seed[crypto_shorthash_KEYBYTES];

static void map_make_seed(void)
{
    randombytes_buf(map_seed, sizeof(map_seed));
}

/* SipHash-2-4 with a key of this process: a document cannot choose names that collide. */
static uint64_t map_hash(struct sv key)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    uint64_t h;

    (void)pthread_once(&once, map_make_seed); /* fails for one that is none */
    (void)crypto_shorthash((unsigned char *)&h, (const unsigned char *)(key.p ? key.p : ""), key.n,
                           map_seed);
    return h;
}

/* The slot of the key, or the free one where it belongs.  There is always a free one. */
static struct map_slot *map_slot(const struct map *m, struct sv key, uint64_t hash)
{
    for (size_t i = hash & (m->cap - 1);; i = (i + 1) & (m->cap - 1)) {
        struct map_slot *s = &m->slots[i];

        if (!s->key || (s->hash == hash && sv_eq((struct sv){s->key, s->key_n}, key)))
            return s;
    }
}

static void map_grow(struct map *m)
{
    struct map bigger = {.cap = m->cap ? m->cap * 2 : 16};

    bigger.slots = XNEWN(struct map_slot, bigger.cap);
    bigger.n = m->n;
    for (size_t i = 0; i < m->cap; i++) {
        const struct map_slot *s = &m->slots[i];

        if (s->key)
            *map_slot(&bigger, (struct sv){s->key, s->key_n}, s->hash) = *s;
    }
    free(m->slots);
    *m = bigger;
}

bool map_get(const struct map *m, struct sv key, size_t *ret)
{
    const struct map_slot *s;

    if (m->cap == 0)
        return false;
    s = map_slot(m, key, map_hash(key));
    if (s->key && ret)
        *ret = s->value;
    return s->key != NULL;
}

bool map_put(struct map *m, struct sv key, size_t value)
{
    uint64_t hash = map_hash(key);
    struct map_slot *s;
    bool is_new;

    if ((m->n + 1) * 4 > m->cap * 3)
        map_grow(m);
    s = map_slot(m, key, hash);
    is_new = !s->key;
    if (is_new) {
        *s = (struct map_slot){.key = xstrdup_sv(key), .key_n = key.n, .hash = hash};
        m->n++;
    }
    s->value = value;
    return is_new;
}

void map_release(struct map *m)
{
    for (size_t i = 0; i < m->cap; i++)
        free(m->slots[i].key);
    free(m->slots);
    *m = (struct map){0};
}
