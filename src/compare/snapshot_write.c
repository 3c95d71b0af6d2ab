/* snapshot_write: records in any order become a snapshot file. */
#include "compare/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/strbuf.h"
#include "base/sv.h"
#include "compare/key.h"
#include "compare/sorter.h"

#define WRITE_BYTES (256u << 10)

struct snapshot_writer {
    char *path, *folder, *temp;
    int fd;
    struct sorter *sorter;
    struct hash_state *hash;
    struct strbuf out;
    size_t n; /* records that were added */
};

void snapshot_writer_free(struct snapshot_writer *w)
{
    if (!w)
        return;
    if (w->fd >= 0)
        (void)unlink(w->temp); /* it did not get its name */
    fd_closep(&w->fd);
    sorter_free(w->sorter);
    hash_state_free(w->hash);
    strbuf_release(&w->out);
    free(w->path);
    free(w->folder);
    free(w->temp);
    free(w);
}

static enum err_code exists(const char *path, struct err *err)
{
    (void)err_set(err, ERR_REFUSED, "'%s' exists, and a snapshot is never overwritten", path);
    return err_hint(err, "give the new side another name");
}

enum err_code snapshot_create(const char *path, struct snapshot_writer **ret, struct err *err)
{
    CLEANUP(snapshot_writer_freep) struct snapshot_writer *w = XNEW(struct snapshot_writer);
    CLEANUP(strbuf_release) struct strbuf temp = STRBUF(0);

    w->path = xstrdup(path);
    w->folder = path_dir(path);
    w->hash = hash_state_new();
    w->fd = -1;
    if (file_exists(path))
        return exists(path, err);
    strbuf_addf(&temp, "%s.XXXXXX", path);
    w->temp = strbuf_steal_str(&temp);
    w->fd = mkostemp(w->temp, O_CLOEXEC); /* 0600: the records are the team's own */
    if (w->fd < 0)
        return err_sys(err, errno, "write '%s'", path);
    w->sorter = sorter_new(w->folder, SNAPSHOT_SORT_BYTES);
    *ret = STEAL(w);
    return ERR_OK;
}

enum err_code snapshot_add(struct snapshot_writer *w, const json_t *key, const json_t *data,
                           struct sv error, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf bytes = STRBUF(0), line = STRBUF(SNAPSHOT_LINE_BYTES);
    CLEANUP(json_cleanup) json_t *j = json_object();
    char *text;

    json_put(j, "key", json_incref((json_t *)(uintptr_t)key));
    if (data)
        json_put(j, "data", json_incref((json_t *)(uintptr_t)data));
    else
        json_put(j, "error", json_sv(error));
    if (key_encode(key, json_array_size(key), &bytes, err) != ERR_OK)
        return err->code;
    text = json_dumps(j, JSON_COMPACT); /* in the order of the fields, as people read it */
    strbuf_add_str(&line, text);
    free(text);
    strbuf_add_byte(&line, '\n');
    if (line.overflow)
        return err_set(err, ERR_LIMIT, "a record has more than %u bytes", SNAPSHOT_LINE_BYTES);
    w->n++;
    return sorter_add(w->sorter, strbuf_sv(&bytes), strbuf_sv(&line), err);
}

/* ---- the file ---- */

static enum err_code put(struct snapshot_writer *w, struct sv bytes, bool all, struct err *err)
{
    strbuf_add_sv(&w->out, bytes);
    if (w->out.n < WRITE_BYTES && !all)
        return ERR_OK;
    if (fd_write_all(w->fd, w->out.p, w->out.n, err) != ERR_OK)
        return err_wrap(err, "write '%s'", w->path);
    strbuf_truncate(&w->out, 0);
    return ERR_OK;
}

static enum err_code put_json(struct snapshot_writer *w, const json_t *j, bool hashed,
                              struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf line = STRBUF(0);
    char *text = json_dumps(j, JSON_COMPACT);

    strbuf_add_str(&line, text);
    free(text);
    strbuf_add_byte(&line, '\n');
    if (hashed)
        hash_add(w->hash, line.p, line.n);
    return put(w, strbuf_sv(&line), !hashed, err);
}

static json_t *header_json(const struct snapshot_header *h)
{
    json_t *j = json_object(), *key = json_array(), *fields = json_object();

    json_put_int(j, "prusik_snapshot", SNAPSHOT_VERSION);
    json_put(j, "name", json_sv(h->name));
    json_put(j, "side", json_sv(h->side));
    json_put_str(j, "taken_at", clock_format(h->taken_at_us).s);
    for (size_t i = 0; i < h->n_key; i++)
        json_append(key, json_sv(h->key[i]));
    json_put(j, "key", key);
    json_put_sv(j, "query_sha256", h->query_sha256);
    for (size_t i = 0; i < h->n_fields; i++) {
        CLEANUP(mem_freep) char *name = xstrdup_sv(h->fields[i].name);

        json_put(fields, name, field_json(&h->fields[i]));
    }
    json_put(j, "fields", fields);
    return j;
}

static enum err_code put_records(struct snapshot_writer *w, const struct pace *pace, size_t *n,
                                 struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf last = STRBUF(0);
    struct sv key, line;
    bool more;

    for (*n = 0;; ++*n) {
        if (sorter_next(w->sorter, &key, &line, &more, err) != ERR_OK)
            return err->code; /* uncovered: a broken disk */
        if (!more)
            return ERR_OK;
        if (*n && sv_eq(strbuf_sv(&last), key)) {
            (void)err_set(err, ERR_INVALID, "two records have one key: %.*s",
                          SV_FMT(sv_trim(sv_sub(line, 0, 200))));
            return err_hint(err, "name more columns with --key");
        }
        strbuf_truncate(&last, 0);
        strbuf_add_sv(&last, key);
        hash_add(w->hash, line.p, line.n);
        if (put(w, line, false, err) != ERR_OK ||
            pace_step(pace, "writing", sv_from(w->path), *n, (double)*n / (double)size_max(w->n, 1),
                      err) != ERR_OK)
            return err->code;
    }
}

/* link() does not replace, as rename() would. */
static enum err_code give_name(struct snapshot_writer *w, struct err *err)
{
    if (fsync(w->fd) != 0)
        return err_sys(err, errno, "sync '%s'", w->path);
    if (link(w->temp, w->path) != 0)
        return errno == EEXIST ? exists(w->path, err) : err_sys(err, errno, "write '%s'", w->path);
    (void)unlink(w->temp); /* a second name of the same file harms nobody */
    fd_closep(&w->fd);
    w->fd = -1;
    return file_sync_dir(w->folder, err);
}

enum err_code snapshot_finish(struct snapshot_writer *w, const struct snapshot_header *h,
                              const struct pace *pace, size_t *records, struct err *err)
{
    CLEANUP(json_cleanup) json_t *header = header_json(h);
    CLEANUP(json_cleanup) json_t *end = json_object();
    struct hash hash;
    size_t n = 0;

    if (sorter_sort(w->sorter, err) != ERR_OK || put_json(w, header, true, err) != ERR_OK ||
        put_records(w, pace, &n, err) != ERR_OK)
        return err->code;
    hash = hash_end(w->hash);
    json_put_bool(end, "end", true);
    json_put_int(end, "records", (int64_t)n);
    json_put_str(end, "sha256", hash_hex(&hash).s);
    if (put_json(w, end, false, err) != ERR_OK || give_name(w, err) != ERR_OK)
        return err->code;
    *records = n;
    return ERR_OK;
}
