#include "flag/murmur3.h"

static uint32_t rotate(uint32_t x, unsigned by)
{
    return x << by | x >> (32 - by);
}

static uint32_t block(const unsigned char *p, size_t n)
{
    uint32_t k = 0;

    for (size_t i = n; i-- > 0;)
        k = k << 8 | p[i];
    return rotate(k * 0xcc9e2d51u, 15) * 0x1b873593u;
}

uint32_t murmur3_32(struct sv bytes, uint32_t seed)
{
    const unsigned char *p = (const unsigned char *)bytes.p;
    uint32_t h = seed;
    size_t n = bytes.n;

    for (; n >= 4; n -= 4, p += 4)
        h = rotate(h ^ block(p, 4), 13) * 5 + 0xe6546b64u;
    if (n)
        h ^= block(p, n);
    h ^= (uint32_t)bytes.n;
    h = (h ^ h >> 16) * 0x85ebca6bu;
    h = (h ^ h >> 13) * 0xc2b2ae35u;
    return h ^ h >> 16;
}
