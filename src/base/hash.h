#pragma once

/*
 * hash: SHA-256 (FIPS 180-4), as 32 bytes or 64 lower-case hex digits.
 */
#include "base/base.h"

#define HASH_BYTES 32u

struct hash {
    unsigned char b[HASH_BYTES];
};
struct hash_text {
    char s[2 * HASH_BYTES + 1];
};

struct hash hash_of(struct sv bytes);
struct hash_text hash_hex(const struct hash *h);
/* False when s is not 64 hex digits. */
NODISCARD bool hash_from_hex(struct sv s, struct hash *ret);
bool hash_eq(const struct hash *a, const struct hash *b);

/* Piece by piece.  A length goes in as 8 bytes, so that ("ab", "c") and ("a", "bc") differ. */
struct hash_state;
struct hash_state *hash_state_new(void);
void hash_state_free(struct hash_state *s);
DEFINE_CLEANUP(struct hash_state *, hash_state_free)
void hash_add(struct hash_state *s, const void *p, size_t n);
void hash_add_sv(struct hash_state *s, struct sv bytes); /* length, then bytes */
void hash_add_i64(struct hash_state *s, int64_t v);      /* 8 bytes, little endian */
struct hash hash_end(struct hash_state *s);              /* and start again */
