/*
 * A bundle checked without a store: nothing of it is trusted before it holds together.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/sv.h"
#include "base/vec.h"
#include "report/bundle.h"
#include "report/bundle_int.h"
#include "report/libarchive.h"

#define BUNDLE_FILES      1000000u /* two outputs of each of LIMIT_STEPS steps, with retries */
#define BUNDLE_NAME_BYTES 4096u    /* PATH_MAX */
#define BUNDLE_KEPT_BYTES LIMIT_PLAN_BYTES /* of the files that are read, not only hashed */

struct bundle_file {
    struct sv name;
    struct hash hash;
    bool listed;
};

struct bundle {
    struct archive *a;
    struct arena arena;
    struct sv folder; /* "r-0042/" */
    VEC(struct bundle_file) files;
    struct map names, hashes;
    struct strbuf journal, seal, manifest, signature; /* the texts that are read */
    int64_t blobs;
};

/* --- the archive --- */

static enum err_code bundle_failed(struct bundle *b, struct err *err)
{
    const char *why = libarchive.error_string(b->a);

    return err_set(err, ERR_CORRUPT, "%s", why ? why : "this is no archive");
}

/* The text that a file of this name is kept in; NULL: only its hash is wanted. */
static struct strbuf *bundle_text(struct bundle *b, struct sv name)
{
    if (sv_eq(name, SV(BUNDLE_JOURNAL)))
        return &b->journal;
    if (sv_eq(name, SV(BUNDLE_SEAL)))
        return &b->seal;
    if (sv_eq(name, SV(BUNDLE_MANIFEST)))
        return &b->manifest;
    return sv_eq(name, SV(BUNDLE_SIGNATURE)) ? &b->signature : NULL;
}

static enum err_code bundle_read_data(struct bundle *b, struct bundle_file *f, struct err *err)
{
    CLEANUP(hash_state_freep) struct hash_state *h = hash_state_new();
    struct strbuf *text = bundle_text(b, f->name);
    char chunk[65536];
    la_ssize_t n;

    while ((n = libarchive.read_data(b->a, chunk, sizeof(chunk))) > 0) {
        hash_add(h, chunk, (size_t)n);
        if (text)
            strbuf_add(text, chunk, (size_t)n);
    }
    if (n < 0)
        return bundle_failed(b, err);
    if (text && text->overflow)
        return err_set(err, ERR_LIMIT, "%.*s is longer than %u bytes", SV_FMT(f->name),
                       BUNDLE_KEPT_BYTES);
    f->hash = hash_end(h);
    return ERR_OK;
}

/* A plain file in the one folder. */
static enum err_code bundle_read_name(struct bundle *b, struct archive_entry *e, struct sv *ret,
                                      struct err *err)
{
    struct sv path = sv_from(libarchive.entry_pathname(e));
    size_t slash = sv_find_byte(path, '/', 0);

    if (libarchive.entry_filetype(e) != AE_IFREG || slash == SV_NPOS || slash + 1 == path.n ||
        path.n > BUNDLE_NAME_BYTES || sv_find(path, SV("\n"), 0) != SV_NPOS)
        return err_set(err, ERR_CORRUPT, "it has something that is no file of a bundle");
    if (!b->folder.n)
        b->folder = arena_sv(&b->arena, sv_sub(path, 0, slash + 1));
    if (!sv_eat(&path, b->folder))
        return err_set(err, ERR_CORRUPT, "it has files of two folders");
    *ret = arena_sv(&b->arena, path);
    return ERR_OK;
}

static enum err_code bundle_read_file(struct bundle *b, struct archive_entry *e, struct err *err)
{
    struct bundle_file f = {.listed = false};

    if (b->files.n >= BUNDLE_FILES)
        return err_set(err, ERR_LIMIT, "it has more than %u files", BUNDLE_FILES);
    if (bundle_read_name(b, e, &f.name, err) != ERR_OK || bundle_read_data(b, &f, err) != ERR_OK)
        return err->code;
    if (!map_put(&b->names, f.name, b->files.n))
        return err_set(err, ERR_CORRUPT, "it has two files '%.*s'", SV_FMT(f.name));
    (void)map_put(&b->hashes, (struct sv){(const char *)f.hash.b, sizeof(f.hash.b)}, 0);
    *vec_add(&b->files) = f;
    return ERR_OK;
}

static enum err_code bundle_read_all(struct bundle *b, int fd, struct err *err)
{
    struct archive_entry *e;
    int r;

    if (libarchive.read_support_filter_zstd(b->a) != ARCHIVE_OK ||
        libarchive.read_support_format_tar(b->a) != ARCHIVE_OK ||
        libarchive.read_open_fd(b->a, fd, 65536) != ARCHIVE_OK)
        return bundle_failed(b, err);
    while ((r = libarchive.read_next_header(b->a, &e)) == ARCHIVE_OK)
        if (bundle_read_file(b, e, err) != ERR_OK)
            return err->code;
    return r == ARCHIVE_EOF ? ERR_OK : bundle_failed(b, err);
}

/* --- the list --- */

static enum err_code bundle_check_line(struct bundle *b, struct sv line, struct err *err)
{
    struct hash h;
    struct sv name = sv_sub(line, 66, line.n);
    size_t at;

    if (line.n < 67 || !hash_from_hex(sv_sub(line, 0, 64), &h) ||
        !sv_starts(sv_sub(line, 64, line.n), SV("  ")))
        return err_set(err, ERR_CORRUPT, BUNDLE_MANIFEST " has a line that is no hash and name");
    if (!map_get(&b->names, name, &at) || at >= b->files.n)
        return err_set(err, ERR_CORRUPT, "'%.*s' is missing", SV_FMT(name));
    if (!hash_eq(&h, &b->files.v[at].hash))
        return err_set(err, ERR_CORRUPT, "'%.*s' was changed", SV_FMT(name));
    b->files.v[at].listed = true;
    return ERR_OK;
}

static enum err_code bundle_check_list(struct bundle *b, struct err *err)
{
    struct sv rest = strbuf_sv(&b->manifest), line;

    while (sv_next_line(&rest, &line))
        if (bundle_check_line(b, line, err) != ERR_OK)
            return err->code;
    for (size_t i = 0; i < b->files.n; i++) {
        struct sv name = b->files.v[i].name;

        if (!b->files.v[i].listed && !sv_eq(name, SV(BUNDLE_MANIFEST)) &&
            !sv_eq(name, SV(BUNDLE_SIGNATURE)))
            return err_set(err, ERR_CORRUPT, "'%.*s' is not in " BUNDLE_MANIFEST, SV_FMT(name));
    }
    return ERR_OK;
}

/* --- the journal --- */

static enum err_code bundle_check_blob(const struct hash *h, void *arg, struct err *err)
{
    struct bundle *b = arg;

    b->blobs++;
    if (map_get(&b->hashes, (struct sv){(const char *)h->b, sizeof(h->b)}, NULL))
        return ERR_OK;
    return err_set(err, ERR_CORRUPT, "the text %s is missing", hash_hex(h).s);
}

static enum err_code bundle_check_event(struct bundle *b, struct chain *c, const json_t *j,
                                        struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    const json_t *data = json_object_get(j, "data");
    struct event e = {.run = c->run,
                      .seq = json_get_int(j, "seq", 0),
                      .at_us = json_get_int(j, "at_us", 0),
                      .kind = json_get_int(j, "kind", 0),
                      .attempt = json_get_int(j, "attempt", 0),
                      .step = json_get_sv(j, "step"),
                      .data = json_get_sv(j, "data_text")};
    struct hash h;

    if (data) {
        json_write(data, &text);
        e.data = strbuf_sv(&text);
    }
    if (!hash_from_hex(json_get_sv(j, "hash"), &h))
        return err_set(err, ERR_CORRUPT, "event %" PRId64 " has no hash", c->seq + 1);
    /* said again beside what the hash covers, for those who read it */
    if (!sv_eq(json_get_sv(j, "event"), sv_from(event_kind_name(e.kind).s)) ||
        !sv_eq(json_get_sv(j, "time"), sv_from(clock_format(e.at_us).s)))
        return err_set(err, ERR_CORRUPT, "event %" PRId64 " was changed", c->seq + 1);
    if (chain_add(c, &e, &h, err) != ERR_OK)
        return err->code;
    return chain_each_blob(data, bundle_check_blob, b, err);
}

static enum err_code bundle_check_journal(struct bundle *b, struct chain *c, struct err *err)
{
    struct sv rest = strbuf_sv(&b->journal), line;

    while (sv_next_line(&rest, &line)) {
        CLEANUP(json_cleanup) json_t *j = NULL;

        if (json_read(line, &j, err) != ERR_OK || bundle_check_event(b, c, j, err) != ERR_OK) {
            err->code = ERR_CORRUPT;
            return err_wrap(err, BUNDLE_JOURNAL);
        }
    }
    return ERR_OK;
}

/* --- seal and signature --- */

static bool bundle_hex(const json_t *j, const char *key, unsigned char *to, size_t n)
{
    struct sv hex = json_get_sv(j, key);
    size_t got = 0;

    return sodium_hex2bin(to, n, hex.p, hex.n, NULL, &got, NULL) == 0 && got == n;
}

static enum err_code bundle_check_seal(struct bundle *b, struct bundle_check *c, struct err *err)
{
    CLEANUP(json_cleanup) json_t *j = NULL;
    struct hash head;

    if (json_read(strbuf_sv(&b->seal), &j, err) != ERR_OK)
        return err_wrap(err, BUNDLE_SEAL);
    if (json_get_int(j, "format", 0) > BUNDLE_FORMAT)
        return err_set(err, ERR_INVALID, "it was written by a newer version");
    c->chain.run = json_get_int(j, "run", 0);
    if (bundle_check_journal(b, &c->chain, err) != ERR_OK)
        return err->code;
    c->sealed = json_get_bool(j, "sealed", false);
    if (json_get_int(j, "events", -1) != c->chain.seq ||
        json_get_bool(j, "finished", !c->chain.finished) != c->chain.finished ||
        !hash_from_hex(json_get_sv(j, "head"), &head) || !hash_eq(&head, &c->chain.head))
        return err_set(err, ERR_CORRUPT, BUNDLE_SEAL " belongs to another journal");
    if (!c->sealed)
        return ERR_OK;
    c->seal = (struct seal){.run = c->chain.run, .seq = c->chain.seq, .head = head};
    c->seal.at_us = json_get_int(j, "at_us", 0);
    if (!bundle_hex(j, "key", c->seal.key, sizeof(c->seal.key)) ||
        !bundle_hex(j, "signature", c->seal.signature, sizeof(c->seal.signature)))
        return err_set(err, ERR_CORRUPT, "the seal is damaged");
    return seal_check(&c->seal, &c->chain, err);
}

static enum err_code bundle_check_signature(struct bundle *b, struct bundle_check *c,
                                            struct err *err)
{
    CLEANUP(json_cleanup) json_t *j = NULL;
    struct seal s = {.run = 0};

    if (!map_get(&b->names, SV(BUNDLE_SIGNATURE), NULL))
        return ERR_OK;
    if (json_read(strbuf_sv(&b->signature), &j, err) != ERR_OK ||
        !bundle_hex(j, "key", s.key, sizeof(s.key)) ||
        !bundle_hex(j, "signature", s.signature, sizeof(s.signature)))
        return err_set(err, ERR_CORRUPT, BUNDLE_SIGNATURE " is damaged");
    if (c->sealed && memcmp(s.key, c->seal.key, sizeof(s.key)) != 0)
        return err_set(err, ERR_CORRUPT, BUNDLE_SIGNATURE " is by another key than the seal");
    if (!seal_text_holds(&s, strbuf_sv(&b->manifest)))
        return err_set(err, ERR_CORRUPT, "the signature of " BUNDLE_MANIFEST " is wrong");
    if (!c->sealed)
        c->seal = s; /* whose key it is */
    c->is_signed = true;
    return ERR_OK;
}

static enum err_code bundle_check(struct bundle *b, int fd, struct bundle_check *c, struct err *err)
{
    struct event_run_text run;

    if (bundle_read_all(b, fd, err) != ERR_OK || bundle_check_list(b, err) != ERR_OK ||
        bundle_check_seal(b, c, err) != ERR_OK || bundle_check_signature(b, c, err) != ERR_OK)
        return err->code;
    run = event_run_text(c->chain.run);
    if (!c->chain.seq || b->folder.n != strlen(run.s) + 1 || !sv_starts(b->folder, sv_from(run.s)))
        return err_set(err, ERR_CORRUPT, "it is not of run %s", run.s);
    c->files = (int64_t)b->files.n;
    c->blobs = b->blobs;
    return ERR_OK;
}

static void bundle_release(struct bundle *b)
{
    struct strbuf *const texts[] = {&b->journal, &b->seal, &b->manifest, &b->signature};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        strbuf_release(texts[i]);
    (void)libarchive.read_free(b->a); /* nothing is written */
    vec_release(&b->files);
    map_release(&b->names);
    map_release(&b->hashes);
    arena_release(&b->arena);
}

enum err_code bundle_verify(const char *path, struct bundle_check *ret, struct err *err)
{
    CLEANUP(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct bundle b = {.journal = STRBUF(BUNDLE_KEPT_BYTES),
                       .seal = STRBUF(BUNDLE_KEPT_BYTES),
                       .manifest = STRBUF(BUNDLE_KEPT_BYTES),
                       .signature = STRBUF(BUNDLE_KEPT_BYTES)};
    struct bundle_check c = {.files = 0};
    enum err_code rc;

    if (fd < 0) {
        (void)err_sys(err, errno, "open '%s'", path);
        return err->code = ERR_NOT_FOUND;
    }
    if (libarchive_open(err) != ERR_OK)
        return err->code;
    b.a = libarchive.read_new();
    rc = bundle_check(&b, fd, &c, err);
    bundle_release(&b);
    if (rc != ERR_OK)
        return err_wrap(err, "'%s'", path);
    *ret = c;
    return ERR_OK;
}
