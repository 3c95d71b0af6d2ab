/*
 * A run as an evidence bundle: what stands in it, and the archive that it becomes.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/map.h"
#include "base/sv.h"
#include "report/bundle.h"
#include "report/bundle_int.h"
#include "report/libarchive.h"
#include "report/report.h"
#include "report/report_int.h"

#define BUNDLE_FILE_BYTES (1u << 30) /* of a further file: it is read whole */

struct bundle {
    struct store *s;
    const struct view *v;
    struct archive *a;
    struct archive_entry *entry;
    struct strbuf manifest;
    struct map names, blobs; /* what is in it */
    int64_t at_s;
};

/* --- files of the archive --- */

static enum err_code bundle_failed(const struct bundle *b, struct err *err)
{
    const char *why = libarchive.error_string(b->a);

    return err_set(err, ERR_IO, "write the archive: %s", why ? why : "unknown reason");
}

static enum err_code bundle_put_entry(struct bundle *b, const char *name, struct sv bytes,
                                      struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf path = STRBUF(0);

    strbuf_addf(&path, "%s/%s", event_run_text(b->v->id).s, name);
    libarchive.entry_clear(b->entry);
    libarchive.entry_set_pathname(b->entry, strbuf_str(&path));
    libarchive.entry_set_filetype(b->entry, AE_IFREG);
    libarchive.entry_set_perm(b->entry, 0644);
    libarchive.entry_set_mtime(b->entry, b->at_s, 0);
    libarchive.entry_set_size(b->entry, (la_int64_t)bytes.n);
    if (libarchive.write_header(b->a, b->entry) != ARCHIVE_OK ||
        libarchive.write_data(b->a, bytes.p, bytes.n) != (la_ssize_t)bytes.n)
        return bundle_failed(b, err);
    return ERR_OK;
}

/* A file, and its line in the list. */
static enum err_code bundle_put(struct bundle *b, const char *name, struct sv bytes,
                                struct err *err)
{
    struct hash h = hash_of(bytes);

    if (!map_put(&b->names, sv_from(name), 0))
        return err_set(err, ERR_INVALID, "two files of the bundle are called '%s'", name);
    strbuf_addf(&b->manifest, "%s  %s\n", hash_hex(&h).s, name);
    (void)map_put(&b->blobs, (struct sv){(const char *)h.b, sizeof(h.b)}, 0);
    return bundle_put_entry(b, name, bytes, err);
}

static enum err_code bundle_put_json(struct bundle *b, const char *name, const json_t *j,
                                     struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    json_write_pretty(j, &text);
    strbuf_add_byte(&text, '\n');
    return bundle_put(b, name, strbuf_sv(&text), err);
}

/* --- the journal --- */

static enum err_code bundle_add_event(const struct event *e, const struct hash *h, void *arg,
                                      struct err *err)
{
    CLEANUP(json_cleanup) json_t *data = NULL, *line = json_object();
    CLEANUP(strbuf_release) struct strbuf same = STRBUF(0);

    if (json_read(e->data, &data, err) != ERR_OK)
        return err_wrap(err, "event %" PRId64, e->seq);
    json_write(data, &same);
    json_put_int(line, "seq", e->seq);
    json_put_int(line, "at_us", e->at_us);
    json_put_str(line, "time", clock_format(e->at_us).s);
    json_put_int(line, "kind", e->kind);
    json_put_str(line, "event", event_kind_name(e->kind).s);
    json_put_sv(line, "step", e->step);
    json_put_int(line, "attempt", e->attempt);
    if (sv_eq(strbuf_sv(&same), e->data))
        json_put(line, "data", json_incref(data));
    else /* of another writer: the hash is over its bytes */
        json_put_sv(line, "data_text", e->data);
    json_put_str(line, "hash", hash_hex(h).s);
    json_write(line, arg);
    strbuf_add_byte(arg, '\n');
    return ERR_OK;
}

static enum err_code bundle_journal(struct bundle *b, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    if (journal_read_links(b->s, b->v->id, bundle_add_event, &text, err) != ERR_OK)
        return err->code;
    return bundle_put(b, BUNDLE_JOURNAL, strbuf_sv(&text), err);
}

/* --- document, plan, binding --- */

static enum err_code bundle_document(struct bundle *b, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    enum err_code rc = view_document(b->s, b->v, &text, err);

    if (rc == ERR_NOT_FOUND)
        return ERR_OK; /* verify says the same of its absence: no event names it */
    return rc == ERR_OK ? bundle_put(b, "document.md", strbuf_sv(&text), err) : rc;
}

static enum err_code bundle_plan(struct bundle *b, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    json_write(b->v->plan.json, &text); /* the bytes that the journal names */
    return bundle_put(b, "plan.json", strbuf_sv(&text), err);
}

/* What the binding gave, as the plan has it: secrets are names. */
static enum err_code bundle_binding(struct bundle *b, struct err *err)
{
    static const char *const members[] = {"binding",   "environment", "operator",   "workdir",
                                          "env",       "secrets",     "time_scale", "on_failure",
                                          "approvers", "variables",   "services",   "maintenance",
                                          "watch"};
    CLEANUP(json_cleanup) json_t *j = json_object();
    json_t *values = json_array();

    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        json_t *v = json_object_get(b->v->plan.json, members[i]);

        if (v)
            json_put(j, members[i], json_incref(v));
    }
    for (size_t i = 0; i < b->v->events.n; i++)
        if (b->v->events.v[i].kind == EVENT_VALUE_BOUND)
            json_append(values, json_incref(b->v->events.v[i].data));
    json_put(j, "values", values);
    return bundle_put_json(b, "binding.json", j, err);
}

/* --- outputs --- */

static enum err_code bundle_output(struct bundle *b, const struct view_event *e, const char *key,
                                   struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    char name[64];

    if (report_output(b->s, e->data, key, &text, err) != ERR_OK)
        return err_wrap(err, "event %" PRId64, e->seq);
    if (!text.n)
        return ERR_OK;
    (void)snprintf(name, sizeof(name), "outputs/%06" PRId64 "-%s.txt", e->seq, key);
    return bundle_put(b, name, strbuf_sv(&text), err);
}

/* What events name beside outputs, document and plan. */
static enum err_code bundle_blob(const struct hash *h, void *arg, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), name = STRBUF(0);
    struct bundle *b = arg;

    if (map_get(&b->blobs, (struct sv){(const char *)h->b, sizeof(h->b)}, NULL))
        return ERR_OK;
    if (store_blob(b->s, h, SIZE_MAX, &text, err) != ERR_OK)
        return err->code;
    strbuf_addf(&name, "blobs/%s", hash_hex(h).s);
    return bundle_put(b, strbuf_str(&name), strbuf_sv(&text), err);
}

static enum err_code bundle_outputs(struct bundle *b, struct err *err)
{
    for (size_t i = 0; i < b->v->events.n; i++) {
        const struct view_event *e = &b->v->events.v[i];

        if (e->kind == EVENT_STEP_OUTCOME && (bundle_output(b, e, "out", err) != ERR_OK ||
                                              bundle_output(b, e, "err", err) != ERR_OK))
            return err->code;
    }
    for (size_t i = 0; i < b->v->events.n; i++)
        if (chain_each_blob(b->v->events.v[i].data, bundle_blob, b, err) != ERR_OK)
            return err->code;
    return ERR_OK;
}

/* Where the backups are: a line for each command that made one. */
static enum err_code bundle_backups(struct bundle *b, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    for (size_t i = 0; i < b->v->steps.n; i++) {
        const struct view_step *s = &b->v->steps.v[i];

        if (!sv_eq(s->p->effect, SV("backup")) || !sv_eq(s->state, SV("done")))
            continue;
        strbuf_addf(&text, "%s  %.*s  %.*s  ", clock_format(vec_last(&s->attempts)->ended_us).s,
                    SV_FMT(s->p->host), SV_FMT(s->p->id));
        strbuf_add_sv(&text, s->p->command);
        strbuf_add_byte(&text, '\n');
    }
    return text.n ? bundle_put(b, "backups.txt", strbuf_sv(&text), err) : ERR_OK;
}

/* --- reports, further files, the seal --- */

static enum err_code bundle_reports(struct bundle *b, struct err *err)
{
    static const struct {
        const char *name;
        enum err_code (*fn)(struct store *s, const struct view *v, struct strbuf *out,
                            struct err *err);
    } rows[] = {{"report.html", report_html},
                {"report.json", report_json_text},
                {"report.md", report_markdown},
                {"report.xml", report_junit}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
        enum err_code rc = rows[i].fn(b->s, b->v, &text, err);

        if (rc == ERR_NOT_FOUND) /* the journal has no document to fill in */
            continue;
        if (rc != ERR_OK || bundle_put(b, rows[i].name, strbuf_sv(&text), err) != ERR_OK)
            return err_wrap(err, "%s", rows[i].name);
    }
    return ERR_OK;
}

static enum err_code bundle_further(struct bundle *b, const struct bundle_wish *w, struct err *err)
{
    for (size_t i = 0; i < w->n_files; i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), name = STRBUF(0);

        if (file_read(w->files[i], BUNDLE_FILE_BYTES, &text, err) != ERR_OK)
            return err->code;
        strbuf_addf(&name, "files/%s", path_base(w->files[i]));
        if (bundle_put(b, strbuf_str(&name), strbuf_sv(&text), err) != ERR_OK)
            return err->code;
    }
    return ERR_OK;
}

static void bundle_put_hex(json_t *j, const char *key, const unsigned char *p, size_t n)
{
    char hex[2 * SEAL_SIGNATURE_BYTES + 1];

    json_put_str(j, key, sodium_bin2hex(hex, sizeof(hex), p, n));
}

static enum err_code bundle_seal(struct bundle *b, struct err *err)
{
    CLEANUP(json_cleanup) json_t *j = json_object();
    struct journal_check k;

    if (journal_verify(b->s, b->v->id, &k, err) != ERR_OK)
        return err->code;
    json_put_int(j, "format", BUNDLE_FORMAT);
    json_put_int(j, "run", b->v->id);
    json_put_int(j, "events", k.events);
    json_put_str(j, "head", hash_hex(&k.head).s);
    json_put_bool(j, "finished", k.finished);
    json_put_bool(j, "sealed", k.sealed);
    if (k.sealed) {
        json_put_int(j, "at_us", k.seal.at_us);
        bundle_put_hex(j, "key", k.seal.key, sizeof(k.seal.key));
        bundle_put_hex(j, "signature", k.seal.signature, sizeof(k.seal.signature));
    }
    return bundle_put_json(b, BUNDLE_SEAL, j, err);
}

/* The list, and who signs it. */
static enum err_code bundle_manifest(struct bundle *b, bool *is_signed, struct err *err)
{
    CLEANUP(json_cleanup) json_t *j = json_object();
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct seal seal;
    enum err_code rc = journal_sign_text(b->s, strbuf_sv(&b->manifest), &seal, err);

    *is_signed = rc == ERR_OK;
    if (bundle_put_entry(b, BUNDLE_MANIFEST, strbuf_sv(&b->manifest), err) != ERR_OK)
        return err->code;
    if (rc != ERR_OK)
        return ERR_OK; /* without the key: told by the caller */
    bundle_put_hex(j, "key", seal.key, sizeof(seal.key));
    bundle_put_hex(j, "signature", seal.signature, sizeof(seal.signature));
    json_write_pretty(j, &text);
    strbuf_add_byte(&text, '\n');
    return bundle_put_entry(b, BUNDLE_SIGNATURE, strbuf_sv(&text), err);
}

static enum err_code bundle_fill(struct bundle *b, const struct bundle_wish *w, bool *is_signed,
                                 struct err *err)
{
    if (bundle_journal(b, err) != ERR_OK || bundle_document(b, err) != ERR_OK ||
        bundle_plan(b, err) != ERR_OK || bundle_binding(b, err) != ERR_OK ||
        bundle_outputs(b, err) != ERR_OK || bundle_backups(b, err) != ERR_OK ||
        bundle_reports(b, err) != ERR_OK || bundle_further(b, w, err) != ERR_OK ||
        bundle_seal(b, err) != ERR_OK || bundle_manifest(b, is_signed, err) != ERR_OK)
        return err->code;
    return libarchive.write_close(b->a) == ARCHIVE_OK ? ERR_OK : bundle_failed(b, err);
}

/* --- the file --- */

static enum err_code bundle_write_fd(struct bundle *b, int fd, const struct bundle_wish *w,
                                     bool *is_signed, struct err *err)
{
    enum err_code rc;

    b->a = libarchive.write_new();
    b->entry = libarchive.entry_new();
    if (libarchive.write_add_filter_zstd(b->a) !=
            ARCHIVE_OK || /* ARCHIVE_WARN: by another program */
        libarchive.write_set_format_pax_restricted(b->a) != ARCHIVE_OK ||
        libarchive.write_set_bytes_per_block(b->a, 0) != ARCHIVE_OK ||
        libarchive.write_open_fd(b->a, fd) != ARCHIVE_OK)
        rc = bundle_failed(b, err); /* uncovered: Debian's libarchive has zstd */
    else
        rc = bundle_fill(b, w, is_signed, err);
    libarchive.entry_free(b->entry);
    (void)libarchive.write_free(b->a); /* it was closed, or has failed */
    return rc;
}

/* Beside its place, synced, then renamed. */
static enum err_code bundle_write_beside(struct bundle *b, char *beside,
                                         const struct bundle_wish *w, bool *is_signed,
                                         struct err *err)
{
    CLEANUP(fd_closep) int fd = mkostemp(beside, O_CLOEXEC);
    CLEANUP(mem_freep) char *dir = path_dir(w->path);
    enum err_code rc;

    if (fd < 0)
        return err_sys(err, errno, "create a file beside '%s'", w->path);
    rc = bundle_write_fd(b, fd, w, is_signed, err);
    if (rc == ERR_OK && (fsync(fd) != 0 || rename(beside, w->path) != 0))
        rc = err_sys(err, errno, "write '%s'", w->path);
    if (rc == ERR_OK)
        return file_sync_dir(dir, err);
    (void)unlink(beside); /* the first error counts */
    return rc;
}

enum err_code bundle_write(struct store *s, const struct view *v, const struct bundle_wish *wish,
                           bool *is_signed, struct err *err)
{
    struct bundle b = {.s = s, .v = v, .manifest = STRBUF(0)};
    CLEANUP(strbuf_release) struct strbuf beside = STRBUF(0);
    enum err_code rc;

    if (libarchive_open(err) != ERR_OK)
        return err->code;
    b.at_s = (v->events.n ? vec_last(&v->events)->at_us : 0) / CLOCK_US_PER_S;
    strbuf_addf(&beside, "%s.XXXXXX", wish->path);
    rc = bundle_write_beside(&b, beside.p, wish, is_signed, err);
    strbuf_release(&b.manifest);
    map_release(&b.names);
    map_release(&b.blobs);
    return rc;
}
