#include "migrate/sha1.h"

#include <string.h>

static uint32_t sha1_turn(uint32_t x, unsigned by)
{
    return x << by | x >> (32 - by);
}

static void sha1_schedule(const unsigned char block[64], uint32_t w[80])
{
    for (size_t i = 0; i < 16; i++)
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
               (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    for (size_t i = 16; i < 80; i++)
        w[i] = sha1_turn(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
}

/* f and K of the four rounds (4.1.1, 4.2.1). */
static uint32_t sha1_mix(size_t i, uint32_t b, uint32_t c, uint32_t d)
{
    if (i < 20)
        return ((b & c) | (~b & d)) + 0x5a827999u;
    if (i < 40)
        return (b ^ c ^ d) + 0x6ed9eba1u;
    if (i < 60)
        return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdcu;
    return (b ^ c ^ d) + 0xca62c1d6u;
}

static void sha1_block(uint32_t h[5], const unsigned char block[64])
{
    uint32_t w[80], v[5];

    sha1_schedule(block, w);
    memcpy(v, h, sizeof(v));
    for (size_t i = 0; i < 80; i++) {
        uint32_t t = sha1_turn(v[0], 5) + sha1_mix(i, v[1], v[2], v[3]) + v[4] + w[i];

        v[4] = v[3];
        v[3] = v[2];
        v[2] = sha1_turn(v[1], 30);
        v[1] = v[0];
        v[0] = t;
    }
    for (size_t i = 0; i < 5; i++)
        h[i] += v[i];
}

void sha1_of(struct sv bytes, unsigned char out[SHA1_BYTES])
{
    uint32_t h[5] = {0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u, 0xc3d2e1f0u};
    unsigned char tail[128] = {0};
    size_t whole = bytes.n / 64 * 64, rest = bytes.n - whole;
    size_t n_tail = rest < 56 ? 64 : 128;
    uint64_t bits = (uint64_t)bytes.n * 8;

    for (size_t i = 0; i < whole; i += 64)
        sha1_block(h, (const unsigned char *)bytes.p + i);
    if (rest)
        memcpy(tail, bytes.p + whole, rest);
    tail[rest] = 0x80;
    for (size_t i = 0; i < 8; i++)
        tail[n_tail - 1 - i] = (unsigned char)(bits >> (8 * i));
    for (size_t i = 0; i < n_tail; i += 64)
        sha1_block(h, tail + i);
    for (size_t i = 0; i < SHA1_BYTES; i++)
        out[i] = (unsigned char)(h[i / 4] >> (24 - 8 * (i % 4)));
}
