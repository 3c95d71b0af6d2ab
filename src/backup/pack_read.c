/* The backup file, read: digests, frames, zstd, records. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "backup/pack_int.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sv.h"

#define PACK_PLAIN_CHUNK (128u << 10)

struct pack_reader {
    int fd;
    const char *name;
    struct arena arena;
    struct pack_head head;
    int64_t size, begin; /* of the file; of its frames */
    unsigned char header_digest[HASH_BYTES];
    /* decoding */
    bool ready;
    int64_t at; /* of the next frame */
    crypto_secretstream_xchacha20poly1305_state stream;
    bool final;   /* the last message was */
    bool at_end;  /* of the frames */
    bool decoded; /* zstd is at its end, too */
    ZSTD_DCtx *zstd;
    unsigned char frame[PACK_FRAME_MAX], message[PACK_FRAME_MAX];
    ZSTD_inBuffer in;
    struct strbuf plain; /* decompressed, not yet given out */
    size_t given;        /* of it, to be consumed at the next call */
    bool has_census, ended;
    crypto_hash_sha256_state image;
    int64_t image_bytes;
};

static enum err_code pack_corrupt(const struct pack_reader *r, const char *what, struct err *err)
{
    return err_set(err, ERR_CORRUPT, "backup '%s': %s", r->name, what);
}

/* n bytes at an offset, all of them. */
static enum err_code pack_at(const struct pack_reader *r, int64_t at, void *p, size_t n,
                             struct err *err)
{
    size_t got = 0;

    while (got < n) {
        ssize_t k = pread(r->fd, (char *)p + got, n - got, at + (int64_t)got);

        if (k < 0 && errno == EINTR)
            continue; /* uncovered: a signal inside pread() */
        if (k < 0)
            return err_sys(err, errno, "read '%s'", r->name);
        if (k == 0)
            return pack_corrupt(r, "it is cut off", err);
        got += (size_t)k;
    }
    return ERR_OK;
}

/* --- header and trailer --- */

static enum err_code pack_open_header(struct pack_reader *r, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    unsigned char fixed[PACK_MAGIC_SIZE + 8], digest[HASH_BYTES];
    uint32_t n;

    if (r->size == 0)
        return err_set(err, ERR_INVALID, "'%s' is empty", r->name);
    if (r->size < (int64_t)sizeof(fixed) || pack_at(r, 0, fixed, sizeof(fixed), err) != ERR_OK ||
        memcmp(fixed, PACK_MAGIC, PACK_MAGIC_SIZE) != 0)
        return err_set(err, ERR_INVALID, "'%s' is no backup of prusik", r->name);
    n = pack_get_u32(fixed + PACK_MAGIC_SIZE + 4);
    if (n > PACK_HEADER_MAX || r->size < (int64_t)(sizeof(fixed) + n + sizeof(digest)))
        return pack_corrupt(r, "its header is cut off or changed", err);
    strbuf_add(&b, fixed, sizeof(fixed));
    strbuf_reserve(&b, n);
    if (pack_at(r, sizeof(fixed), b.p + b.n, n, err) != ERR_OK ||
        pack_at(r, (int64_t)(sizeof(fixed) + n), r->header_digest, HASH_BYTES, err) != ERR_OK)
        return err->code;
    b.n += n;
    (void)crypto_hash_sha256(digest, (const unsigned char *)b.p, b.n);
    if (memcmp(digest, r->header_digest, HASH_BYTES) != 0)
        return pack_corrupt(r, "its header was changed", err);
    if (pack_get_u32(fixed + PACK_MAGIC_SIZE) != PACK_VERSION)
        return err_set(err, ERR_INVALID, "backup '%s' has version %u: %u is known", r->name,
                       pack_get_u32(fixed + PACK_MAGIC_SIZE), PACK_VERSION);
    r->begin = (int64_t)(sizeof(fixed) + n + HASH_BYTES);
    if (pack_head_read((struct sv){b.p + sizeof(fixed), n}, &r->arena, &r->head, err) != ERR_OK)
        return err_wrap(err, "backup '%s'", r->name);
    return ERR_OK;
}

static enum err_code pack_open_trailer(struct pack_reader *r, struct err *err)
{
    unsigned char t[PACK_TRAILER_SIZE];

    if (r->size < r->begin + (int64_t)sizeof(t))
        return pack_corrupt(r, "it is cut off", err);
    if (pack_at(r, r->size - (int64_t)sizeof(t), t, sizeof(t), err) != ERR_OK)
        return err->code;
    if (memcmp(t + 12 + HASH_BYTES, PACK_MAGIC_END, PACK_MAGIC_SIZE) != 0 ||
        pack_get_u64(t + 4) != (uint64_t)r->size || pack_get_u32(t) != 0)
        return pack_corrupt(r, "it is cut off or its end was changed", err);
    return ERR_OK;
}

enum err_code pack_open(int fd, const char *name, struct pack_reader **ret, struct err *err)
{
    CLEANUP(pack_reader_freep) struct pack_reader *r = XNEW(struct pack_reader);
    struct stat st;

    r->fd = fd;
    r->name = name;
    if (fstat(fd, &st) != 0)
        return err_sys(err, errno, "look at '%s'", name);
    r->size = st.st_size;
    if (pack_open_header(r, err) != ERR_OK || pack_open_trailer(r, err) != ERR_OK)
        return err->code;
    *ret = STEAL(r);
    return ERR_OK;
}

void pack_reader_free(struct pack_reader *r)
{
    if (!r)
        return;
    (void)ZSTD_freeDCtx(r->zstd); /* takes NULL, always succeeds */
    strbuf_release(&r->plain);
    arena_release(&r->arena);
    sodium_memzero(r, sizeof(*r));
    free(r);
}

const struct pack_head *pack_head(const struct pack_reader *r)
{
    return &r->head;
}

int64_t pack_size(const struct pack_reader *r)
{
    return r->size;
}

enum err_code pack_check(struct pack_reader *r, const struct job *job, struct hash *ret,
                         struct err *err)
{
    int64_t end = r->size - (int64_t)(HASH_BYTES + PACK_MAGIC_SIZE);
    CLEANUP(mem_freep) unsigned char *chunk = XNEWN(unsigned char, PACK_DATA_MAX);
    unsigned char tail[HASH_BYTES + PACK_MAGIC_SIZE], digest[HASH_BYTES];
    crypto_hash_sha256_state part, whole;

    (void)crypto_hash_sha256_init(&part);
    for (int64_t at = 0; at < end;) {
        size_t n = size_min(PACK_DATA_MAX, (size_t)(end - at));

        if (job_tick(job, "check", at, r->size, err) != ERR_OK ||
            pack_at(r, at, chunk, n, err) != ERR_OK)
            return err->code;
        (void)crypto_hash_sha256_update(&part, chunk, n);
        at += (int64_t)n;
    }
    whole = part;
    (void)crypto_hash_sha256_final(&part, digest);
    if (pack_at(r, end, tail, sizeof(tail), err) != ERR_OK)
        return err->code;
    if (memcmp(digest, tail, HASH_BYTES) != 0)
        return pack_corrupt(r, "its bytes are not those that were written: the digest differs",
                            err);
    (void)crypto_hash_sha256_update(&whole, tail, sizeof(tail));
    (void)crypto_hash_sha256_final(&whole, ret->b);
    return ERR_OK;
}

/* --- frames --- */

enum err_code pack_unlock(struct pack_reader *r, const struct key *key, struct err *err)
{
    unsigned char secret[KEY_BYTES];

    assert(!r->ready);
    if (r->head.lock.method != KEY_NONE) {
        if (key_derive(key, &r->head.lock, secret, err) != ERR_OK)
            return err_wrap(err, "'%s'", r->name);
        (void)crypto_secretstream_xchacha20poly1305_init_pull(&r->stream, r->head.lock.stream,
                                                              secret);
        sodium_memzero(secret, sizeof(secret));
    }
    r->zstd = ZSTD_createDCtx();
    if (!r->zstd)
        abort(); /* uncovered: out of memory, as everywhere */
    (void)crypto_hash_sha256_init(&r->image);
    r->at = r->begin;
    r->ready = true;
    return ERR_OK;
}

static enum err_code pack_decrypt(struct pack_reader *r, size_t n, struct err *err)
{
    unsigned char tag = 0;
    unsigned long long got = 0;
    bool first = r->at == r->begin;

    if (r->final)
        return pack_corrupt(r, "something follows its last message", err);
    if (n < crypto_secretstream_xchacha20poly1305_ABYTES ||
        crypto_secretstream_xchacha20poly1305_pull(&r->stream, r->message, &got, &tag, r->frame, n,
                                                   r->header_digest, HASH_BYTES) != 0)
        return first ? err_set(err, ERR_REFUSED,
                               "backup '%s': the passphrase or key is not its own", r->name)
                     : pack_corrupt(r, "a message cannot be decrypted", err);
    r->final = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    r->in = (ZSTD_inBuffer){r->message, (size_t)got, 0};
    return ERR_OK;
}

/* The next frame becomes r->in; at the end of the frames r->at_end. */
static enum err_code pack_pull(struct pack_reader *r, struct err *err)
{
    int64_t end = r->size - (int64_t)PACK_TRAILER_SIZE;
    unsigned char size[4];
    enum err_code rc = ERR_OK;
    uint32_t n;

    if (pack_at(r, r->at, size, sizeof(size), err) != ERR_OK)
        return err->code;
    n = pack_get_u32(size);
    if (n == 0) {
        r->at_end = true;
        if (r->at != end || (r->head.lock.method != KEY_NONE && !r->final))
            return pack_corrupt(r, "its last message is missing", err);
        return ERR_OK;
    }
    if (n > PACK_FRAME_MAX || r->at + 4 + (int64_t)n > end)
        return pack_corrupt(r, "a frame does not fit", err);
    if (pack_at(r, r->at + 4, r->frame, n, err) != ERR_OK)
        return err->code;
    if (r->head.lock.method != KEY_NONE)
        rc = pack_decrypt(r, n, err);
    else
        r->in = (ZSTD_inBuffer){r->frame, n, 0};
    r->at += 4 + (int64_t)n;
    return rc;
}

/* More decompressed bytes, or the end of them: then r->decoded and r->at_end. */
static enum err_code pack_more(struct pack_reader *r, struct err *err)
{
    ZSTD_outBuffer out;
    size_t left;

    if (r->in.pos == r->in.size && !r->at_end && pack_pull(r, err) != ERR_OK)
        return err->code;
    if (r->decoded && r->in.pos < r->in.size)
        return pack_corrupt(r, "something follows its compressed bytes", err);
    if (r->decoded)
        return ERR_OK; /* the end, or an empty last message */
    strbuf_reserve(&r->plain, PACK_PLAIN_CHUNK);
    out = (ZSTD_outBuffer){r->plain.p + r->plain.n, PACK_PLAIN_CHUNK, 0};
    left = ZSTD_decompressStream(r->zstd, &out, &r->in);
    if (ZSTD_isError(left))
        return pack_corrupt(r, ZSTD_getErrorName(left), err);
    if (r->at_end && left != 0 && out.pos == 0)
        return pack_corrupt(r, "its compressed bytes are cut off", err);
    r->plain.n += out.pos;
    r->decoded = left == 0;
    return ERR_OK;
}

/* --- records --- */

static bool pack_has_all(const struct pack_reader *r)
{
    return r->at_end && r->decoded;
}

/* At least n bytes are in r->plain. */
static enum err_code pack_want(struct pack_reader *r, size_t n, struct err *err)
{
    while (r->plain.n < n) {
        if (pack_has_all(r))
            return pack_corrupt(r, "its last record is missing", err);
        if (pack_more(r, err) != ERR_OK)
            return err->code;
    }
    return ERR_OK;
}

static enum err_code pack_end(struct pack_reader *r, struct sv text, struct err *err)
{
    CLEANUP(json_cleanup) json_t *j = NULL;
    struct hash want, got;

    while (!pack_has_all(r))
        if (pack_more(r, err) != ERR_OK)
            return err->code;
    if (r->plain.n != r->given)
        return pack_corrupt(r, "something follows its last record", err);
    (void)crypto_hash_sha256_final(&r->image, got.b);
    if (json_read(text, &j, err) != ERR_OK || !hash_from_hex(json_get_sv(j, "sha256"), &want) ||
        json_get_int(j, "bytes", -1) != r->image_bytes || !hash_eq(&want, &got))
        return pack_corrupt(r, "its image is not the one that was written", err);
    r->ended = true;
    return ERR_OK;
}

/* Is it a record that may come now, and not too large? */
static bool pack_may_come(const struct pack_reader *r, int type, uint32_t n)
{
    switch (type) {
    case PACK_CENSUS: return !r->has_census && n <= PACK_CENSUS_MAX;
    case PACK_DATA: return r->has_census && n > 0 && n <= PACK_DATA_MAX;
    case PACK_END: return r->has_census && n <= PACK_HEADER_MAX;
    default: return false;
    }
}

enum err_code pack_next(struct pack_reader *r, enum pack_type *type, struct sv *bytes,
                        struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf end = STRBUF(0);
    const unsigned char *p;
    uint32_t n;

    assert(r->ready && !r->ended);
    strbuf_consume(&r->plain, r->given);
    r->given = 0;
    if (pack_want(r, 5, err) != ERR_OK)
        return err->code;
    p = (const unsigned char *)r->plain.p;
    n = pack_get_u32(p + 1);
    if (!pack_may_come(r, p[0], n))
        return pack_corrupt(r, "a record is not one that may stand there", err);
    if (pack_want(r, 5 + (size_t)n, err) != ERR_OK)
        return err->code;
    *type = (enum pack_type)(unsigned char)r->plain.p[0];
    *bytes = (struct sv){r->plain.p + 5, n};
    r->given = 5 + (size_t)n;
    r->has_census = true;
    if (*type == PACK_DATA) {
        (void)crypto_hash_sha256_update(&r->image, (const unsigned char *)bytes->p, n);
        r->image_bytes += n;
    }
    if (*type != PACK_END)
        return ERR_OK;
    strbuf_add_sv(&end, *bytes); /* the buffer moves */
    *bytes = (struct sv){NULL, 0};
    return pack_end(r, strbuf_sv(&end), err);
}

int64_t pack_image_size(const struct pack_reader *r)
{
    return r->image_bytes;
}
