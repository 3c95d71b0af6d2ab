#pragma once

/*
 * pack_int: what the writer and the reader of a backup file share.
 */
#include <sodium.h>

#include "backup/pack.h"
#include "base/strbuf.h"

#define PACK_MAGIC      "PRUSIKBK"
#define PACK_MAGIC_END  "PRUSIKED"
#define PACK_MAGIC_SIZE 8u

static inline void pack_put_u32(unsigned char *p, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        p[i] = (unsigned char)(v >> (8 * i));
}

static inline void pack_put_u64(unsigned char *p, uint64_t v)
{
    pack_put_u32(p, (uint32_t)v);
    pack_put_u32(p + 4, (uint32_t)(v >> 32));
}

static inline uint32_t pack_get_u32(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t pack_get_u64(const unsigned char *p)
{
    return pack_get_u32(p) | (uint64_t)pack_get_u32(p + 4) << 32;
}

/* The header as JSON, and back; the views of *ret are in the arena. */
void pack_head_write(const struct pack_head *head, struct strbuf *out);
NODISCARD enum err_code pack_head_read(struct sv json, struct arena *a, struct pack_head *ret,
                                       struct err *err);
