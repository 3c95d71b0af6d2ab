#include "compare/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/strbuf.h"
#include "base/sv.h"
#include "base/text.h"
#include "compare/key.h"
#include "compare/patch.h"

#define READ_BYTES (256u << 10)

struct snapshot_reader {
    char *path;
    int fd;
    struct arena arena;
    struct snapshot_header header;
    struct strbuf buf;
    size_t at; /* in buf: what was not given out */
    bool eof;
    uint64_t read, size; /* bytes */
    size_t line;         /* number of the last one */
    size_t n;
    struct hash_state *hash;
    struct strbuf text; /* the line of `now`: buf moves */
    struct snapshot_record now;
    struct strbuf last_key;
};

/* ---- lines ---- */

/* The next line with its LF; .p NULL at the end of the file. */
static enum err_code next_line(struct snapshot_reader *r, struct sv *ret, struct err *err)
{
    size_t seen = 0;

    for (;;) {
        struct sv rest = {strbuf_str(&r->buf) + r->at, r->buf.n - r->at};
        size_t lf = rest.n > seen ? sv_find_byte(rest, '\n', seen) : SV_NPOS;
        ssize_t got;

        if (lf != SV_NPOS) {
            r->at += lf + 1;
            r->line++;
            *ret = (struct sv){rest.p, lf + 1};
            return ERR_OK;
        }
        if (r->eof && rest.n == 0) {
            *ret = (struct sv){NULL, 0};
            return ERR_OK;
        }
        if (r->eof)
            return err_set(err, ERR_INVALID, "'%s': the last line is cut off", r->path);
        if (rest.n > SNAPSHOT_LINE_BYTES)
            return err_set(err, ERR_LIMIT, "'%s': line %zu is longer than %u bytes", r->path,
                           r->line + 1, SNAPSHOT_LINE_BYTES);
        seen = rest.n;
        strbuf_consume(&r->buf, r->at);
        r->at = 0;
        strbuf_reserve(&r->buf, READ_BYTES);
        do
            got = read(r->fd, r->buf.p + r->buf.n, READ_BYTES);
        while (got < 0 && errno == EINTR);
        if (got < 0)
            return err_sys(err, errno, "read '%s'", r->path);
        r->eof = got == 0;
        r->buf.n += (size_t)got;
        r->read += (uint64_t)got;
    }
}

static enum err_code bad_line(const struct snapshot_reader *r, struct err *err)
{
    return err_wrap(err, "'%s', line %zu", r->path, r->line);
}

static enum err_code read_object(const struct snapshot_reader *r, struct sv line, json_t **ret,
                                 struct err *err)
{
    CLEANUP(json_cleanup) json_t *j = NULL;

    if (json_read(line, &j, err) == ERR_OK && !json_is_object(j))
        (void)err_set(err, ERR_INVALID, "it is no object");
    if (!json_is_object(j))
        return bad_line(r, err);
    *ret = STEAL(j);
    return ERR_OK;
}

/* ---- header ---- */

static enum err_code unknown_member(const json_t *j, const char *const *known, size_t n,
                                    struct err *err)
{
    const char *key;
    json_t *v;

    json_object_foreach((json_t *)(uintptr_t)j, key, v)
    {
        bool is = false;

        for (size_t i = 0; i < n; i++)
            is |= strcmp(known[i], key) == 0;
        if (!is)
            return err_set(err, ERR_INVALID, "'%s' is not known", key);
    }
    return ERR_OK;
}

static enum err_code read_key_names(struct snapshot_reader *r, const json_t *names, struct err *err)
{
    struct snapshot_header *h = &r->header;

    h->n_key = json_array_size(names);
    if (h->n_key == 0 || h->n_key > SNAPSHOT_KEY_PARTS)
        return err_set(err, ERR_INVALID, "'key' names %zu columns, not 1 to %u", h->n_key,
                       SNAPSHOT_KEY_PARTS);
    h->key = ARENA_NEWN(&r->arena, struct sv, h->n_key);
    for (size_t i = 0; i < h->n_key; i++) {
        const json_t *name = json_array_get(names, i);

        if (!json_is_string(name))
            return err_set(err, ERR_INVALID, "'key' is no list of names");
        h->key[i] =
            arena_sv(&r->arena, (struct sv){json_string_value(name), json_string_length(name)});
    }
    return ERR_OK;
}

static enum err_code read_fields(struct snapshot_reader *r, const json_t *fields, struct err *err)
{
    struct snapshot_header *h = &r->header;
    const char *name;
    size_t i = 0;
    json_t *def;

    if (!json_is_object(fields) || json_object_size(fields) > SNAPSHOT_FIELDS)
        return err_set(err, ERR_INVALID, "'fields' is no object of at most %u members",
                       SNAPSHOT_FIELDS);
    h->n_fields = json_object_size(fields);
    h->fields = ARENA_NEWN(&r->arena, struct field, h->n_fields + 1);
    json_object_foreach((json_t *)(uintptr_t)fields, name, def)
    {
        if (field_read(&r->arena, sv_from(name), def, &h->fields[i++], err) != ERR_OK)
            return err->code;
    }
    return ERR_OK;
}

static enum err_code read_header(struct snapshot_reader *r, const json_t *j, struct err *err)
{
    static const char *const known[] = {"prusik_snapshot", "name",        "side", "taken_at", "key",
                                        "fields",          "query_sha256"};
    struct snapshot_header *h = &r->header;
    const json_t *query = json_object_get(j, "query_sha256");

    if (json_get_int(j, "prusik_snapshot", 0) != SNAPSHOT_VERSION)
        return err_set(err, ERR_INVALID, "it is no header of version %d", SNAPSHOT_VERSION);
    if (unknown_member(j, known, ARRAY_LEN(known), err) != ERR_OK)
        return err->code;
    h->name = arena_sv(&r->arena, json_get_sv(j, "name"));
    h->side = arena_sv(&r->arena, json_get_sv(j, "side"));
    if (query && !json_is_string(query))
        return err_set(err, ERR_INVALID, "'query_sha256' is no text");
    if (query)
        h->query_sha256 = arena_sv(&r->arena, json_get_sv(j, "query_sha256"));
    if (!clock_parse(json_get_sv(j, "taken_at"), &h->taken_at_us))
        return err_set(err, ERR_INVALID, "'taken_at' is no time");
    if (read_key_names(r, json_object_get(j, "key"), err) != ERR_OK)
        return err->code;
    return read_fields(r, json_object_get(j, "fields"), err);
}

static enum err_code open_header(struct snapshot_reader *r, struct err *err)
{
    CLEANUP(json_cleanup) json_t *j = NULL;
    struct sv line = {NULL, 0};

    if (next_line(r, &line, err) != ERR_OK)
        return err->code;
    if (!line.p)
        return err_set(err, ERR_INVALID, "'%s' is empty", r->path);
    if (read_object(r, line, &j, err) != ERR_OK)
        return err->code;
    if (read_header(r, j, err) != ERR_OK)
        return bad_line(r, err);
    hash_add(r->hash, line.p, line.n);
    return ERR_OK;
}

enum err_code snapshot_open(const char *path, struct snapshot_reader **ret, struct err *err)
{
    CLEANUP(snapshot_reader_freep) struct snapshot_reader *r = XNEW(struct snapshot_reader);
    struct stat st;

    r->path = xstrdup(path);
    r->hash = hash_state_new();
    r->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (r->fd < 0 && errno == ENOENT)
        return err_set(err, ERR_NOT_FOUND, "there is no file '%s'", path);
    if (r->fd < 0)
        return err_sys(err, errno, "open '%s'", path);
    if (fstat(r->fd, &st) == 0 && S_ISREG(st.st_mode))
        r->size = (uint64_t)st.st_size;
    if (open_header(r, err) != ERR_OK)
        return err->code;
    *ret = STEAL(r);
    return ERR_OK;
}

void snapshot_reader_free(struct snapshot_reader *r)
{
    if (!r)
        return;
    fd_closep(&r->fd);
    hash_state_free(r->hash);
    strbuf_release(&r->buf);
    strbuf_release(&r->text);
    strbuf_release(&r->last_key);
    strbuf_release(&r->now.key);
    json_decref(r->now.json);
    arena_release(&r->arena);
    free(r->path);
    free(r);
}

const struct snapshot_header *snapshot_header(const struct snapshot_reader *r)
{
    return &r->header;
}

const char *snapshot_path(const struct snapshot_reader *r)
{
    return r->path;
}

size_t snapshot_count(const struct snapshot_reader *r)
{
    return r->n;
}

uint64_t snapshot_read_bytes(const struct snapshot_reader *r)
{
    return r->read;
}

uint64_t snapshot_file_bytes(const struct snapshot_reader *r)
{
    return r->size;
}

bool snapshot_is(const char *path)
{
    static const char begin[] = "{\"prusik_snapshot\"";
    CLEANUP(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    char head[sizeof(begin)];
    struct err err;
    size_t got;

    return fd >= 0 && fd_read_full(fd, head, sizeof(begin) - 1, &got, &err) == ERR_OK &&
           got == sizeof(begin) - 1 && memcmp(head, begin, got) == 0;
}

/* ---- records ---- */

static enum err_code read_end(struct snapshot_reader *r, const json_t *j, struct err *err)
{
    static const char *const known[] = {"end", "records", "sha256"};
    struct hash hash = hash_end(r->hash), told;
    struct sv after = {NULL, 0};

    if (unknown_member(j, known, ARRAY_LEN(known), err) != ERR_OK)
        return bad_line(r, err);
    if (!json_is_integer(json_object_get(j, "records")) ||
        json_get_int(j, "records", -1) != (int64_t)r->n)
        return err_set(err, ERR_INVALID, "'%s': the end line counts %lld records, the file has %zu",
                       r->path, (long long)json_get_int(j, "records", -1), r->n);
    if (json_object_get(j, "sha256") &&
        (!hash_from_hex(json_get_sv(j, "sha256"), &told) || !hash_eq(&hash, &told)))
        return err_set(err, ERR_INVALID, "'%s' was changed: its sha256 does not match", r->path);
    if (next_line(r, &after, err) != ERR_OK)
        return err->code;
    if (after.p)
        return err_set(err, ERR_INVALID, "'%s': line %zu stands after the end line", r->path,
                       r->line);
    return ERR_OK;
}

static enum err_code read_record(struct snapshot_reader *r, struct snapshot_record *x,
                                 struct err *err)
{
    static const char *const known[] = {"key", "data", "error"};
    const json_t *error = json_object_get(x->json, "error");

    x->data = json_object_get(x->json, "data");
    x->error = json_get_sv(x->json, "error");
    if (unknown_member(x->json, known, ARRAY_LEN(known), err) != ERR_OK)
        return bad_line(r, err);
    if (error ? !json_is_string(error) || x->data : !json_is_object(x->data))
        (void)err_set(err, ERR_INVALID, "a record has either 'data' or 'error'");
    else if (key_encode(snapshot_key(x), r->header.n_key, &x->key, err) == ERR_OK)
        return ERR_OK;
    return bad_line(r, err);
}

static enum err_code take_over(struct snapshot_record *x, const struct snapshot_record *other)
{
    x->json = json_incref(other->json);
    x->data = other->data;
    x->error = other->error;
    strbuf_add_sv(&x->key, strbuf_sv(&other->key));
    return ERR_OK;
}

/* A record of the same key that differs in values only: the rest of it is the other's. */
static bool take_patched(struct snapshot_record *x, const struct snapshot_record *other)
{
    json_t *data = other && other->data ? patch_data(other->line, x->line, other->data) : NULL;

    if (!data)
        return false;
    x->json = json_object();
    x->data = data;
    if (json_object_set_new_nocheck(x->json, "data", data) != 0 ||
        json_object_set_nocheck(x->json, "key", (json_t *)(uintptr_t)snapshot_key(other)) != 0)
        abort(); /* uncovered: jansson fails only for want of memory here */
    strbuf_add_sv(&x->key, strbuf_sv(&other->key));
    return true;
}

/* After the key of the record before. */
static enum err_code check_order(struct snapshot_reader *r, struct err *err)
{
    int c = r->n ? key_cmp(strbuf_sv(&r->last_key), strbuf_sv(&r->now.key)) : -1;

    if (c < 0)
        return ERR_OK;
    (void)err_set(err, ERR_INVALID, c ? "the keys are not in order" : "the key occurs twice");
    return bad_line(r, err);
}

static void forget_record(struct snapshot_reader *r)
{
    struct strbuf key = r->last_key;

    r->last_key = r->now.key;
    strbuf_truncate(&key, 0);
    json_decref(r->now.json);
    r->now = (struct snapshot_record){.key = key};
}

enum err_code snapshot_next(struct snapshot_reader *r, const struct snapshot_record *other,
                            const struct snapshot_record **ret, struct err *err)
{
    struct sv line = {NULL, 0};
    enum err_code rc;

    forget_record(r);
    if (next_line(r, &line, err) != ERR_OK)
        return err->code;
    if (!line.p)
        return err_set(err, ERR_INVALID, "'%s' has no end line", r->path);
    strbuf_truncate(&r->text, 0);
    strbuf_add_sv(&r->text, line);
    r->now.line = strbuf_sv(&r->text);
    if (other && sv_eq(line, other->line)) {
        rc = take_over(&r->now, other);
    } else if (take_patched(&r->now, other)) {
        rc = ERR_OK;
    } else {
        if (read_object(r, line, &r->now.json, err) != ERR_OK)
            return err->code;
        if (json_is_true(json_object_get(r->now.json, "end"))) {
            *ret = NULL;
            return read_end(r, r->now.json, err);
        }
        rc = read_record(r, &r->now, err);
    }
    if (rc != ERR_OK || check_order(r, err) != ERR_OK)
        return err->code;
    hash_add(r->hash, line.p, line.n);
    r->n++;
    *ret = &r->now;
    return ERR_OK;
}

/* ---- two of a kind ---- */

static bool same_key(const struct snapshot_header *a, const struct snapshot_header *b)
{
    bool same = a->n_key == b->n_key;

    for (size_t i = 0; same && i < a->n_key; i++)
        same = sv_eq(a->key[i], b->key[i]);
    return same;
}

/* The first field that the other side has not, or has with another type or tolerance; NULL: none. */
static const struct field *other_field(const struct snapshot_header *a,
                                       const struct snapshot_header *b)
{
    for (size_t i = 0; i < a->n_fields; i++) {
        bool found = false;

        for (size_t k = 0; k < b->n_fields; k++)
            found = found || field_same(&a->fields[i], &b->fields[k]);
        if (!found)
            return &a->fields[i];
    }
    return NULL;
}

static enum err_code same_fields(const struct snapshot_header *old,
                                 const struct snapshot_header *new, struct err *err)
{
    const struct field *gone = other_field(old, new), *f = gone ? gone : other_field(new, old);

    if (!f)
        return ERR_OK;
    (void)err_set(err, ERR_INVALID,
                  "the headers differ in 'fields': '%.*s' of the %s side is not so on the other",
                  SV_FMT(f->name), gone ? "old" : "new");
    if (!old->n_fields || !new->n_fields)
        return err_hint(err, "the other has none, as without a record: say them with --field or in "
                             "the data file");
    return err_hint(err, "both sides are taken with the same source, key and fields");
}

enum err_code snapshot_same_kind(const struct snapshot_header *old,
                                 const struct snapshot_header *new, struct err *err)
{
    const char *what = !sv_eq(old->name, new->name)                   ? "name"
                       : !same_key(old, new)                          ? "key"
                       : !sv_eq(old->query_sha256, new->query_sha256) ? "query_sha256"
                                                                      : NULL;

    if (!what)
        return same_fields(old, new, err);
    (void)err_set(err, ERR_INVALID, "the headers differ in '%s'", what);
    return err_hint(err, "both sides are taken with the same source, key and fields");
}
