/* rows_sql: the rows of a query. */
#include "compare/rows_int.h"

#include "base/mem.h"
#include "base/sv.h"
#include "db/db.h"

struct sql_rows {
    rows_fn *fn;
    void *arg;
};

static enum err_code on_row(void *arg, const struct db_row *row, struct err *err)
{
    CLEANUP(json_cleanup) json_t *j = json_object();
    const struct sql_rows *r = arg;

    for (size_t i = 0; i < row->n; i++) {
        CLEANUP(mem_freep) char *name = xstrdup_sv(row->names[i]);

        if (json_object_get(j, name))
            return err_set(err, ERR_INVALID, "two columns of the query are called '%s'", name);
        json_put(j, name, row->v[i].is_null ? json_null() : json_sv(row->v[i].text));
    }
    return r->fn(r->arg, j, err);
}

enum err_code rows_sql(const struct rows_source *s, rows_fn *fn, void *arg, struct err *err)
{
    struct db_config config = {.url = s->where, .read_only = true};
    struct sql_rows r = {fn, arg};
    CLEANUP(db_closep) struct db *db = NULL;

    if (db_open(&config, &db, err) != ERR_OK)
        return err->code;
    db_limit(db, s->timeout_ms ? s->timeout_ms : ROWS_TIMEOUT_MS);
    return db_each(db, s->query, NULL, 0, on_row, &r, err);
}
