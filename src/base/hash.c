#include "base/hash.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sv.h"

struct hash_state {
    crypto_hash_sha256_state s;
};

struct hash hash_of(struct sv bytes)
{
    struct hash h;

    (void)crypto_hash_sha256(h.b, (const unsigned char *)(bytes.p ? bytes.p : ""), bytes.n);
    return h;
}

struct hash_text hash_hex(const struct hash *h)
{
    struct hash_text t;

    (void)sodium_bin2hex(t.s, sizeof(t.s), h->b, sizeof(h->b));
    return t;
}

bool hash_from_hex(struct sv s, struct hash *ret)
{
    struct hash h;
    size_t n;

    if (s.n != sizeof(h.b) * 2 || sodium_hex2bin(h.b, sizeof(h.b), s.p, s.n, NULL, &n, NULL) != 0 ||
        n != sizeof(h.b))
        return false;
    *ret = h;
    return true;
}

bool hash_eq(const struct hash *a, const struct hash *b)
{
    return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

struct hash_state *hash_state_new(void)
{
    struct hash_state *s = XNEW(struct hash_state);

    (void)crypto_hash_sha256_init(&s->s);
    return s;
}

void hash_state_free(struct hash_state *s)
{
    free(s);
}

void hash_add(struct hash_state *s, const void *p, size_t n)
{
    if (n)
        (void)crypto_hash_sha256_update(&s->s, p, n);
}

void hash_add_i64(struct hash_state *s, int64_t v)
{
    unsigned char b[8];

    for (size_t i = 0; i < sizeof(b); i++)
        b[i] = (unsigned char)((uint64_t)v >> (8 * i));
    hash_add(s, b, sizeof(b));
}

void hash_add_sv(struct hash_state *s, struct sv bytes)
{
    hash_add_i64(s, (int64_t)bytes.n);
    hash_add(s, bytes.p, bytes.n);
}

struct hash hash_end(struct hash_state *s)
{
    struct hash h;

    (void)crypto_hash_sha256_final(&s->s, h.b);
    (void)crypto_hash_sha256_init(&s->s);
    return h;
}
