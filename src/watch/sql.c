/*
 * The row `sql`: one query, read-only, over a connection that stays open while it is good.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/sv.h"
#include "db/db.h"
#include "watch/source.h"

#define SQL_MEMBERS 1000u /* of a result of two columns: more is a table, not a list of names */

struct sql_state {
    struct db *db; /* NULL: not connected */
};

struct sql_source {
    struct source source; /* first */
    char *url, *query;
    uint64_t limit_ms;
    struct sql_state *state;
};

static struct sql_source *sql_of(struct source *s)
{
    return container_of(s, struct sql_source, source);
}

static enum err_code sql_open(struct source *s, json_t *settings, struct err *err UNUSED)
{
    struct sql_source *q = sql_of(s);

    q->url = xstrdup(json_get_str(settings, "database", ""));
    q->query = xstrdup(json_get_str(settings, "query", ""));
    q->limit_ms = (uint64_t)json_get_int(settings, "limit_ms", SOURCE_TIMEOUT_MS);
    q->state = XNEW(struct sql_state);
    return ERR_OK;
}

static void sql_close(struct source *s)
{
    struct sql_source *q = sql_of(s);

    db_close(q->state->db);
    free(q->state);
    free(q->url);
    free(q->query);
}

/* A cell is what it looks like: the databases give text. */
static json_t *sql_json(const struct db_value *v)
{
    int64_t whole;
    double number;

    if (v->is_null)
        return json_null();
    if (sv_to_i64(v->text, &whole))
        return json_integer(whole);
    return sv_to_f64(v->text, &number) ? json_real(number) : json_sv(v->text);
}

static void sql_add_cell(struct sample_list *l, struct sv name, const struct db_value *v)
{
    CLEANUP(mem_freep) char *member = xstrdup_sv(name);
    double number;

    if (v->is_null)
        sample_add_null(l, member, NULL);
    else if (sv_to_f64(v->text, &number))
        sample_add_number(l, member, number, NULL);
    else
        sample_add_text(l, member, v->text);
}

/* A row alone has its columns as members, and a list of two columns its first as names of the second. */
static void sql_add_members(const struct db_table *t, struct sample_list *l)
{
    for (size_t c = 0; t->n_rows == 1 && c < t->n_cols; c++)
        sql_add_cell(l, t->names[c], &t->v[c]);
    for (size_t r = 0; t->n_cols == 2 && r < t->n_rows && r < SQL_MEMBERS; r++)
        if (!t->v[2 * r].is_null && !sample_find(l, t->v[2 * r].text))
            sql_add_cell(l, t->v[2 * r].text, &t->v[2 * r + 1]);
}

static void sql_add_rows(const struct db_table *t, struct sample_list *l)
{
    CLEANUP(json_cleanup) json_t *rows = json_array();
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    for (size_t r = 0; r < t->n_rows; r++) {
        json_t *row = json_object();

        for (size_t c = 0; c < t->n_cols; c++) {
            CLEANUP(mem_freep) char *name = xstrdup_sv(t->names[c]);

            json_put(row, name, sql_json(&t->v[r * t->n_cols + c]));
        }
        json_append(rows, row);
    }
    json_write(rows, &text);
    sample_add_text(l, "rows_json", strbuf_sv(&text));
}

static void sql_add(const struct db_table *t, struct sample_list *l)
{
    static const struct db_value none = DB_NULL;
    const struct db_value *first = t->n_rows && t->n_cols ? &t->v[0] : &none;

    sql_add_cell(l, SV("value"), first);
    sample_add_number(l, "rows", (double)t->n_rows, NULL);
    if (first->is_null)
        sample_add_null(l, "text", NULL);
    else
        sample_add_text(l, "text", first->text);
    sql_add_rows(t, l);
    sql_add_members(t, l);
}

static enum err_code sql_connect(const struct sql_source *q, struct err *err)
{
    struct db_config c = {.url = sv_from(q->url), .read_only = true, .connect_ms = q->limit_ms};

    if (q->state->db && db_is_open(q->state->db))
        return ERR_OK;
    db_close(STEAL(q->state->db));
    if (db_open(&c, &q->state->db, err) != ERR_OK)
        return err->code;
    db_limit(q->state->db, q->limit_ms);
    return ERR_OK;
}

static enum err_code sql_look(const struct source *s, struct sample_list *l, struct err *err)
{
    const struct sql_source *q = (const struct sql_source *)(const void *)s;
    struct arena a = {.used = 0};
    struct db_table t;
    enum err_code rc = sql_connect(q, err);

    if (rc == ERR_OK)
        rc = db_all(q->state->db, &a, sv_from(q->query), NULL, 0, &t, err);
    if (rc == ERR_OK)
        sql_add(&t, l);
    else if (q->state->db) /* what a statement that was cut off left behind is not known */
        db_close(STEAL(q->state->db));
    arena_release(&a);
    return rc;
}

static const struct source_key sql_keys[] = {
    {"database", SOURCE_TEXT, true, "a URL: postgresql://..., sqlite:PATH"},
    {"query", SOURCE_TEXT, true, "one statement; nothing is changed by it"},
    {"limit_ms", SOURCE_NUMBER, false, "how long it may take; 10000 unless given"},
};

static const struct source_member sql_members[] = {
    {"value", NULL, "the first cell; null also when there is no row"},
    {"rows", NULL, "how many there are"},
    {"text", NULL, "the first cell as it is written"},
    {"rows_json", NULL, "the rows, for rules over them"},
    {"*", NULL, "the columns of a row alone; of two columns, each second by its first"},
};

const struct source_ops source_sql = {
    .kind = "sql",
    .help = "what a query to a database gives",
    .keys = sql_keys,
    .n_keys = ARRAY_LEN(sql_keys),
    .members = sql_members,
    .n_members = ARRAY_LEN(sql_members),
    .size = sizeof(struct sql_source),
    .open = sql_open,
    .close = sql_close,
    .look = sql_look,
};
