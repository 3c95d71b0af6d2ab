#include "compare/rows.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/sv.h"
#include "compare/csv.h"
#include "compare/objects.h"
#include "compare/rows_int.h"

#define CHUNK_BYTES (256u << 10)

bool rows_file_kind(struct sv path, enum rows_kind *ret)
{
    static const struct {
        struct sv end;
        enum rows_kind kind;
    } kinds[] = {{SV(".csv"), ROWS_CSV},
                 {SV(".json"), ROWS_JSON},
                 {SV(".jsonl"), ROWS_JSON},
                 {SV(".ndjson"), ROWS_JSON}};

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (sv_ends(path, kinds[i].end)) {
            *ret = kinds[i].kind;
            return true;
        }
    return false;
}

bool rows_are_text(enum rows_kind kind)
{
    return kind == ROWS_CSV || kind == ROWS_SQL;
}

bool rows_query_hash(const struct rows_source *s, struct hash_text *ret)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct hash h;

    if (s->kind == ROWS_HTTP) {
        strbuf_add_sv(&b, s->where);
        strbuf_add_byte(&b, '\n');
        strbuf_add_sv(&b, s->at);
    } else if (s->kind == ROWS_SQL) {
        strbuf_add_sv(&b, s->query);
    } else {
        return false;
    }
    h = hash_of(strbuf_sv(&b));
    *ret = hash_hex(&h);
    return true;
}

enum err_code rows_each(const struct rows_source *s, rows_fn *fn, void *arg, struct err *err)
{
    static enum err_code (*const kinds[ROWS__N])(const struct rows_source *, rows_fn *, void *,
                                                 struct err *) = {[ROWS_CSV] = rows_csv,
                                                                  [ROWS_JSON] = rows_json,
                                                                  [ROWS_HTTP] = rows_http,
                                                                  [ROWS_SQL] = rows_sql};

    if (kinds[s->kind](s, fn, arg, err) == ERR_OK)
        return ERR_OK;
    return err_wrap(err, "'%.*s'", SV_FMT(s->name));
}

/* ---- files ---- */

typedef enum err_code feed_fn(void *parser, struct sv bytes, struct err *err);

static enum err_code feed_file(struct sv name, feed_fn *feed, void *parser, struct err *err)
{
    CLEANUP(mem_freep) char *path = xstrdup_sv(name);
    CLEANUP(mem_freep) char *chunk = XNEWN(char, CHUNK_BYTES);
    CLEANUP(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t got;

    if (fd < 0 && errno == ENOENT)
        return err_set(err, ERR_NOT_FOUND, "there is no file '%s'", path);
    if (fd < 0)
        return err_sys(err, errno, "open '%s'", path);
    do {
        if (fd_read_full(fd, chunk, CHUNK_BYTES, &got, err) != ERR_OK ||
            feed(parser, (struct sv){chunk, got}, err) != ERR_OK)
            return err->code;
    } while (got == CHUNK_BYTES);
    return ERR_OK;
}

struct csv_rows {
    struct csv *csv;
    rows_fn *fn;
    void *arg;
};

static enum err_code on_cells(void *arg, const struct sv *cells, size_t n, struct err *err)
{
    CLEANUP(json_cleanup) json_t *row = json_object();
    const struct csv_rows *r = arg;

    for (size_t i = 0; i < n; i++)
        json_put(row, r->csv->names.v[i], cells[i].p ? json_sv(cells[i]) : json_null());
    return r->fn(r->arg, row, err);
}

static enum err_code feed_csv(void *parser, struct sv bytes, struct err *err)
{
    return csv_feed(parser, bytes, err);
}

enum err_code rows_csv(const struct rows_source *s, rows_fn *fn, void *arg, struct err *err)
{
    struct csv_rows r = {.fn = fn, .arg = arg};
    struct csv csv = {.row = on_cells, .arg = &r};
    enum err_code rc;

    r.csv = &csv;
    rc = feed_file(s->where, feed_csv, &csv, err);
    if (rc == ERR_OK)
        rc = csv_end(&csv, err);
    csv_release(&csv);
    return rc;
}

static enum err_code feed_objects(void *parser, struct sv bytes, struct err *err)
{
    return objects_feed(parser, bytes, err);
}

static enum err_code json_part(const struct rows_source *s, rows_fn *fn, void *arg, struct err *err)
{
    CLEANUP(mem_freep) char *path = xstrdup_sv(s->where);
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    if (file_read(path, ROWS_WHOLE_BYTES, &text, err) != ERR_OK)
        return err->code;
    return rows_of_text(strbuf_sv(&text), s->at, fn, arg, err);
}

enum err_code rows_json(const struct rows_source *s, rows_fn *fn, void *arg, struct err *err)
{
    struct objects o = {.object = fn, .arg = arg};
    enum err_code rc;

    if (s->at.n)
        return json_part(s, fn, arg, err);
    rc = feed_file(s->where, feed_objects, &o, err);
    if (rc == ERR_OK)
        rc = objects_end(&o, err);
    objects_release(&o);
    return rc;
}

/* ---- a whole text ---- */

static const json_t *at_path(const json_t *j, struct sv path)
{
    struct sv name;

    while (j && sv_split(&path, '.', &name)) {
        uint64_t i;

        j = json_is_array(j) && sv_to_u64(name, &i) ? json_array_get(j, i)
            : json_is_object(j)                     ? json_object_getn(j, name.p, name.n)
                                                    : NULL;
    }
    return j;
}

enum err_code rows_of_text(struct sv text, struct sv at, rows_fn *fn, void *arg, struct err *err)
{
    CLEANUP(json_cleanup) json_t *j = NULL;
    const json_t *list;

    if (json_read(text, &j, err) != ERR_OK)
        return err->code;
    list = at.n ? at_path(j, at) : j;
    if (!json_is_array(list))
        return err_set(err, ERR_INVALID, "there is no array of records at '%.*s'", SV_FMT(at));
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);

        if (!json_is_object(row))
            return err_set(err, ERR_INVALID, "record %zu: it is no object", i + 1);
        if (fn(arg, row, err) != ERR_OK)
            return err->code;
    }
    return ERR_OK;
}
