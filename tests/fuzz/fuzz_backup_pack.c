/*
 * Any bytes as the header and the frames of a backup file, with digests that are right, so that what stands behind them is reached;
 * a file of the fuzzer's own making has the first byte 'f'.  What is read is the same twice; an error says something.
 *
 * The input: a letter (r: as it is; f: with digests made; z: the frames are one zstd frame that is made, too), the header up to a NUL,
 * then the frames or what is in them.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

#include "backup/census.h"
#include "backup/pack.h"
#include "base/fd.h"
#include "base/strbuf.h"
#include "base/sv.h"

static void put_number(struct strbuf *b, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        strbuf_add_byte(b, (char)(v >> (8 * i)));
}

static void put_digest(struct strbuf *b)
{
    unsigned char h[HASH_BYTES];

    (void)crypto_hash_sha256(h, (const unsigned char *)b->p, b->n);
    strbuf_add(b, h, sizeof(h));
}

static void put_packed(struct strbuf *b, struct sv records)
{
    size_t room = ZSTD_compressBound(records.n);
    CLEANUP(strbuf_release) struct strbuf packed = STRBUF(0);
    struct sv rest;

    strbuf_reserve(&packed, room);
    packed.n = ZSTD_compress(packed.p, room, records.p, records.n, 1);
    MUST(!ZSTD_isError(packed.n));
    for (rest = strbuf_sv(&packed); rest.n; rest = sv_sub(rest, 60000, rest.n)) {
        struct sv piece = sv_sub(rest, 0, 60000);

        put_number(b, piece.n, 4);
        strbuf_add_sv(b, piece);
    }
}

static void build(struct sv in, bool zstd, struct strbuf *b)
{
    size_t n = sv_find_byte(in, '\0', 0);
    struct sv head = sv_sub(in, 0, n),
              rest = n == SV_NPOS ? (struct sv){NULL, 0} : sv_sub(in, n + 1, in.n);

    strbuf_add_str(b, "PRUSIKBK");
    put_number(b, 1, 4);
    put_number(b, head.n, 4);
    strbuf_add_sv(b, head);
    put_digest(b);
    if (zstd)
        put_packed(b, rest);
    else
        strbuf_add_sv(b, rest);
    put_number(b, 0, 4);
    put_number(b, b->n + 48, 8);
    put_digest(b);
    strbuf_add_str(b, "PRUSIKED");
}

static enum err_code read_all(int fd, struct hash_state *seen, struct err *err)
{
    CLEANUP(pack_reader_freep) struct pack_reader *r = NULL;
    enum pack_type type = PACK_CENSUS;
    int64_t image = 0;
    struct hash h;
    struct sv bytes;

    if (pack_open(fd, "x", &r, err) != ERR_OK || pack_check(r, NULL, &h, err) != ERR_OK ||
        pack_unlock(r, NULL, err) != ERR_OK)
        return err->code;
    while (type != PACK_END) {
        CLEANUP(census_release) struct census c = {0};
        struct err why = {0};

        if (pack_next(r, &type, &bytes, err) != ERR_OK)
            return err->code;
        hash_add_sv(seen, bytes);
        image += type == PACK_DATA ? (int64_t)bytes.n : 0;
        MUST(type == PACK_CENSUS || type == PACK_DATA || bytes.n == 0);
        if (type == PACK_CENSUS && census_read(bytes, &c, &why) != ERR_OK)
            MUST(why.msg[0] && !c.tables.n);
    }
    MUST(image == pack_image_size(r));
    return ERR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    CLEANUP(hash_state_freep) struct hash_state *one = hash_state_new();
    CLEANUP(hash_state_freep) struct hash_state *two = hash_state_new();
    CLEANUP(fd_closep) int fd = memfd_create("x", MFD_CLOEXEC);
    struct sv in = {(const char *)data + 1, size ? size - 1 : 0};
    struct err err = {0}, again = {0};
    struct hash h1, h2;
    enum err_code rc;

    if (!size)
        return 0;
    if (data[0] == 'r')
        strbuf_add_sv(&b, in);
    else
        build(in, data[0] == 'z', &b);
    MUST(fd >= 0 && fd_write_all(fd, strbuf_str(&b), b.n, &err) == ERR_OK);
    rc = read_all(fd, one, &err);
    MUST(read_all(fd, two, &again) == rc && strcmp(err.msg, again.msg) == 0);
    MUST(rc == ERR_OK || err.msg[0]);
    h1 = hash_end(one);
    h2 = hash_end(two);
    MUST(hash_eq(&h1, &h2));
    return 0;
}
