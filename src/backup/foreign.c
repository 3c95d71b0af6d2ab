#include "backup/foreign.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "backup/plain.h"
#include "backup/proc.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/sv.h"

#define FOREIGN_CHUNK (256u << 10)

struct foreign_in {
    int fd;
    const struct backup_wish *wish;
    struct plain *plain;
    struct hash_state *hash;
    int64_t done, size, unpacked;
    unsigned char *in, *out; /* FOREIGN_CHUNK each */
};

typedef enum err_code foreign_read_fn(struct foreign_in *f, struct err *err);

/* The next bytes of the file, *n == 0 at its end. */
static enum err_code foreign_next(struct foreign_in *f, size_t *n, struct err *err)
{
    if (job_tick(f->wish->job, "decode", f->done, f->size, err) != ERR_OK ||
        fd_read_full(f->fd, f->in, FOREIGN_CHUNK, n, err) != ERR_OK)
        return err->code;
    hash_add(f->hash, f->in, *n);
    f->done += (int64_t)*n;
    return ERR_OK;
}

static enum err_code foreign_feed(struct foreign_in *f, const void *p, size_t n, struct err *err)
{
    f->unpacked += (int64_t)n;
    return plain_feed(f->plain, (struct sv){p, n}, err);
}

static enum err_code foreign_read_text(struct foreign_in *f, struct err *err)
{
    size_t n = FOREIGN_CHUNK;

    while (n) {
        if (foreign_next(f, &n, err) != ERR_OK || foreign_feed(f, f->in, n, err) != ERR_OK)
            return err->code;
    }
    return ERR_OK;
}

static void foreign_inflate_end(z_stream *z)
{
    (void)inflateEnd(z); /* fails only for what is none */
}

/* Members one after the other, as gzip reads them. */
static enum err_code foreign_inflate(struct foreign_in *f, z_stream *z, bool *whole,
                                     struct err *err)
{
    while (z->avail_in) {
        int rc;

        if (*whole && inflateReset(z) != Z_OK)
            return err_set(err, ERR_INTERNAL, "zlib: %s", z->msg); /* uncovered: of a stream */
        *whole = false;
        z->next_out = f->out;
        z->avail_out = FOREIGN_CHUNK;
        rc = inflate(z, Z_NO_FLUSH);
        if (rc != Z_OK && rc != Z_STREAM_END)
            return err_set(err, ERR_CORRUPT, "gzip: %s", z->msg ? z->msg : "no data");
        *whole = rc == Z_STREAM_END;
        if (foreign_feed(f, f->out, FOREIGN_CHUNK - z->avail_out, err) != ERR_OK)
            return err->code;
    }
    return ERR_OK;
}

static enum err_code foreign_read_gzip(struct foreign_in *f, struct err *err)
{
    CLEANUP(foreign_inflate_end) z_stream z = {0};
    bool whole = false;
    size_t n = 1;

    if (inflateInit2(&z, 15 + 16) != Z_OK)                        /* 16: gzip only, with its CRC */
        return err_set(err, ERR_INTERNAL, "zlib does not start"); /* uncovered: out of memory */
    while (n) {
        if (foreign_next(f, &n, err) != ERR_OK)
            return err->code;
        z.next_in = f->in;
        z.avail_in = (unsigned)n;
        if (foreign_inflate(f, &z, &whole, err) != ERR_OK)
            return err->code;
    }
    return whole ? ERR_OK : err_set(err, ERR_CORRUPT, "gzip: it is cut off");
}

static void foreign_zstd_free(ZSTD_DCtx **z)
{
    (void)ZSTD_freeDCtx(*z); /* takes NULL, always succeeds */
}

static enum err_code foreign_read_zstd(struct foreign_in *f, struct err *err)
{
    CLEANUP(foreign_zstd_free) ZSTD_DCtx *z = ZSTD_createDCtx();
    size_t n = 1, left = 1;

    while (n) {
        ZSTD_inBuffer in = {f->in, 0, 0};

        if (foreign_next(f, &n, err) != ERR_OK)
            return err->code;
        in.size = n;
        while (in.pos < in.size) {
            ZSTD_outBuffer out = {f->out, FOREIGN_CHUNK, 0};

            left = ZSTD_decompressStream(z, &out, &in);
            if (ZSTD_isError(left))
                return err_set(err, ERR_CORRUPT, "zstd: %s", ZSTD_getErrorName(left));
            if (foreign_feed(f, f->out, out.pos, err) != ERR_OK)
                return err->code;
        }
    }
    return left == 0 ? ERR_OK : err_set(err, ERR_CORRUPT, "zstd: it is cut off");
}

/* pg_restore decodes every block; --list would look at the first only. */
static enum err_code foreign_read_dump(struct foreign_in *f, struct err *err)
{
    const char *const argv[] = {"pg_restore", "--file=/dev/null", NULL};
    struct proc p = {.argv = argv, .input = &f->fd, .job = f->wish->job, .phase = "decode"};
    size_t n = 1;

    while (n)
        if (foreign_next(f, &n, err) != ERR_OK) /* for its digest */
            return err->code;
    if (lseek(f->fd, 0, SEEK_SET) != 0)
        return err_sys(err, errno, "read it again"); /* uncovered: a file */
    if (proc_run(&p, err) == ERR_OK)
        return ERR_OK;
    return err->code == ERR_FAILED ? (err->code = ERR_CORRUPT) : err->code;
}

static const struct {
    size_t at;
    struct sv magic;
    const char *format;
    foreign_read_fn *read;
    bool plain;
} foreign_formats[] = {
    {0, {"PGDMP", 5}, "pg_dump, custom format", foreign_read_dump, false},
    {257, {"ustar", 5}, "pg_dump, tar format", foreign_read_dump, false},
    {0, {"\x1f\x8b", 2}, "plain SQL, gzip", foreign_read_gzip, true},
    {0, {"\x28\xb5\x2f\xfd", 4}, "plain SQL, zstd", foreign_read_zstd, true},
    {0, {"--", 2}, "plain SQL", foreign_read_text, true},
    {0, {"PRAGMA", 6}, "plain SQL", foreign_read_text, true},
};

/* Its place in the table, or the table's size. */
static size_t foreign_find(int fd)
{
    char begin[512];
    ssize_t n = pread(fd, begin, sizeof(begin), 0);
    struct sv all = {begin, n > 0 ? (size_t)n : 0};
    size_t i = 0;

    while (i < ARRAY_LEN(foreign_formats) &&
           !sv_starts(sv_sub(all, foreign_formats[i].at, all.n), foreign_formats[i].magic))
        i++;
    return i;
}

bool foreign_is(int fd)
{
    return foreign_find(fd) < ARRAY_LEN(foreign_formats);
}

static enum err_code foreign_end(struct foreign_in *f, struct backup_report *r, struct err *err)
{
    enum plain_writer writer;

    if (f->unpacked == 0)
        return err_set(err, ERR_CORRUPT, "there is nothing in it"); /* gzip behind what failed */
    if (plain_end(f->plain, &writer, &r->census, err) != ERR_OK)
        return err->code;
    r->head.kind = writer == PLAIN_SQLITE ? DB_SQLITE : DB_POSTGRES;
    return ERR_OK;
}

static void foreign_release(struct foreign_in *f)
{
    plain_free(f->plain);
    hash_state_free(f->hash);
    free(f->in);
    free(f->out);
}

enum err_code foreign_verify(int fd, const char *path, const struct backup_wish *w,
                             struct backup_report *r, struct err *err)
{
    CLEANUP(foreign_release)
    struct foreign_in f = {.fd = fd,
                           .wish = w,
                           .plain = plain_new(),
                           .hash = hash_state_new(),
                           .in = XNEWN(unsigned char, FOREIGN_CHUNK),
                           .out = XNEWN(unsigned char, FOREIGN_CHUNK)};
    size_t format = foreign_find(fd);
    struct stat st;

    assert(format < ARRAY_LEN(foreign_formats));
    if (fstat(fd, &st) != 0)
        return err_sys(err, errno, "look at '%s'", path); /* uncovered: it is open */
    f.size = st.st_size;
    r->head.kind = DB_POSTGRES;
    r->format = foreign_formats[format].format;
    if (foreign_formats[format].read(&f, err) != ERR_OK ||
        (foreign_formats[format].plain && foreign_end(&f, r, err) != ERR_OK))
        return err_wrap(err, "'%s' (%s)", path, r->format);
    r->size_bytes = f.size;
    r->image_bytes = f.unpacked;
    r->sha256 = hash_end(f.hash);
    r->level = PACK_DECODED;
    return ERR_OK;
}
