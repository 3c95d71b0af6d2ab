/* The backup file, written: records, zstd, frames, digests. */
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "backup/pack_int.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sv.h"

#define PACK_ZSTD_LEVEL 3

struct pack_writer {
    int fd;
    int64_t size; /* written so far */
    crypto_hash_sha256_state file, image;
    int64_t image_bytes;
    bool has_census;
    ZSTD_CCtx *zstd;
    bool encrypted;
    crypto_secretstream_xchacha20poly1305_state stream;
    unsigned char header_digest[HASH_BYTES];
    unsigned char message[PACK_MESSAGE]; /* compressed, not yet a frame */
    size_t n;
};

static enum err_code pack_raw(struct pack_writer *w, const void *p, size_t n, struct err *err)
{
    (void)crypto_hash_sha256_update(&w->file, p, n); /* always succeeds */
    w->size += (int64_t)n;
    return fd_write_all(w->fd, p, n, err);
}

/* What is collected becomes a frame. */
static enum err_code pack_frame(struct pack_writer *w, bool final, struct err *err)
{
    unsigned char frame[4 + PACK_FRAME_MAX];
    unsigned long long n = w->n;

    if (w->encrypted)
        (void)crypto_secretstream_xchacha20poly1305_push(
            &w->stream, frame + 4, &n, w->message, w->n, w->header_digest, HASH_BYTES,
            final ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : 0); /* always succeeds */
    else
        memcpy(frame + 4, w->message, w->n);
    w->n = 0;
    if (n == 0)
        return ERR_OK;
    pack_put_u32(frame, (uint32_t)n);
    return pack_raw(w, frame, 4 + (size_t)n, err);
}

static enum err_code pack_compress(struct pack_writer *w, struct sv bytes, ZSTD_EndDirective end,
                                   struct err *err)
{
    ZSTD_inBuffer in = {bytes.p, bytes.n, 0};
    size_t left;

    do {
        ZSTD_outBuffer out = {w->message, sizeof(w->message), w->n};

        left = ZSTD_compressStream2(w->zstd, &out, &in, end);
        if (ZSTD_isError(left))
            return err_set(err, ERR_INTERNAL, "zstd: %s", ZSTD_getErrorName(left));
        w->n = out.pos;
        if (w->n == sizeof(w->message) && pack_frame(w, false, err) != ERR_OK)
            return err->code;
    } while (in.pos < in.size || (end == ZSTD_e_end && left > 0));
    return ERR_OK;
}

static enum err_code pack_record(struct pack_writer *w, enum pack_type type, struct sv bytes,
                                 struct err *err)
{
    unsigned char head[5] = {(unsigned char)type};

    pack_put_u32(head + 1, (uint32_t)bytes.n);
    if (pack_compress(w, (struct sv){(char *)head, sizeof(head)}, ZSTD_e_continue, err) != ERR_OK)
        return err->code;
    return pack_compress(w, bytes, ZSTD_e_continue, err);
}

enum err_code pack_put(struct pack_writer *w, enum pack_type type, struct sv bytes, struct err *err)
{
    assert((type == PACK_CENSUS) == !w->has_census && type != PACK_END);
    if (type == PACK_CENSUS) {
        w->has_census = true;
        if (bytes.n > PACK_CENSUS_MAX)
            return err_set(err, ERR_LIMIT, "the list of tables has %zu bytes: %u are accepted",
                           bytes.n, PACK_CENSUS_MAX);
        return pack_record(w, type, bytes, err);
    }
    w->image_bytes += (int64_t)bytes.n;
    (void)crypto_hash_sha256_update(&w->image, (const unsigned char *)bytes.p, bytes.n);
    while (bytes.n) {
        struct sv piece = sv_sub(bytes, 0, PACK_DATA_MAX);

        if (pack_record(w, PACK_DATA, piece, err) != ERR_OK)
            return err->code;
        bytes = sv_sub(bytes, piece.n, bytes.n);
    }
    return ERR_OK;
}

static void pack_end_json(struct pack_writer *w, struct strbuf *out)
{
    CLEANUP(json_cleanup) json_t *j = json_object();
    struct hash h;

    (void)crypto_hash_sha256_final(&w->image, h.b);
    json_put_int(j, "bytes", w->image_bytes);
    json_put_str(j, "sha256", hash_hex(&h).s);
    json_write(j, out);
}

enum err_code pack_finish(struct pack_writer *w, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf end = STRBUF(0);
    unsigned char trailer[PACK_TRAILER_SIZE] = {0};

    assert(w->has_census);
    pack_end_json(w, &end);
    if (pack_record(w, PACK_END, strbuf_sv(&end), err) != ERR_OK ||
        pack_compress(w, (struct sv){"", 0}, ZSTD_e_end, err) != ERR_OK ||
        pack_frame(w, true, err) != ERR_OK)
        return err->code;
    pack_put_u64(trailer + 4, (uint64_t)w->size + sizeof(trailer));
    (void)crypto_hash_sha256_update(&w->file, trailer, 12);
    (void)crypto_hash_sha256_final(&w->file, trailer + 12);
    if (fd_write_all(w->fd, trailer, sizeof(trailer) - PACK_MAGIC_SIZE, err) != ERR_OK)
        return err->code;
    return fd_write_all(w->fd, PACK_MAGIC_END, PACK_MAGIC_SIZE, err);
}

static enum err_code pack_put_header(struct pack_writer *w, const struct pack_head *head,
                                     struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf json = STRBUF(0), b = STRBUF(0);
    unsigned char numbers[8];

    pack_head_write(head, &json);
    if (json.n > PACK_HEADER_MAX)
        return err_set(err, ERR_LIMIT, "the name of the database has %zu bytes", head->database.n);
    pack_put_u32(numbers, PACK_VERSION);
    pack_put_u32(numbers + 4, (uint32_t)json.n);
    strbuf_add_str(&b, PACK_MAGIC);
    strbuf_add(&b, numbers, sizeof(numbers));
    strbuf_add_sv(&b, strbuf_sv(&json));
    (void)crypto_hash_sha256(w->header_digest, (const unsigned char *)b.p, b.n);
    strbuf_add(&b, w->header_digest, HASH_BYTES);
    return pack_raw(w, b.p, b.n, err);
}

enum err_code pack_create(int fd, struct pack_head *head, const struct key *key,
                          struct pack_writer **ret, struct err *err)
{
    CLEANUP(pack_writer_freep) struct pack_writer *w = XNEW(struct pack_writer);
    unsigned char secret[KEY_BYTES];

    w->fd = fd;
    w->zstd = ZSTD_createCCtx();
    if (!w->zstd)
        abort(); /* uncovered: out of memory, as everywhere */
    (void)ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_compressionLevel, PACK_ZSTD_LEVEL);
    (void)ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_checksumFlag, 1);
    (void)crypto_hash_sha256_init(&w->file);
    (void)crypto_hash_sha256_init(&w->image);
    key_new_lock(key, &head->lock);
    w->encrypted = key != NULL;
    if (key) {
        if (key_derive(key, &head->lock, secret, err) != ERR_OK)
            return err->code;
        (void)crypto_secretstream_xchacha20poly1305_init_push(&w->stream, head->lock.stream,
                                                              secret);
        sodium_memzero(secret, sizeof(secret));
    }
    if (pack_put_header(w, head, err) != ERR_OK)
        return err->code;
    *ret = STEAL(w);
    return ERR_OK;
}

void pack_writer_free(struct pack_writer *w)
{
    if (!w)
        return;
    (void)ZSTD_freeCCtx(w->zstd); /* always succeeds */
    sodium_memzero(w, sizeof(*w));
    free(w);
}
