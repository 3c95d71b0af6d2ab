#include "migrate/rebuild.h"

#include <stdio.h>
#include <string.h>

#include "base/sv.h"

struct rebuild {
    struct db *db;
    struct arena arena;
    struct sv table; /* as sqlite_schema writes it */
    struct sv quoted;
    struct sv fresh; /* "_prusik_new_T", quoted */
    struct sv create;
    struct db_table objects;    /* type, sql: indexes and triggers */
    struct db_table statistics; /* idx, stat */
    struct db_value sequence;
    struct db_table works; /* statements that compile: name, sql */
    struct rebuild_plan plan;
};

static void rebuild_release(struct rebuild *r)
{
    rebuild_plan_release(&r->plan);
    arena_release(&r->arena);
}

static enum err_code rebuild_do(struct rebuild *r, struct err *err, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

static enum err_code rebuild_do(struct rebuild *r, struct err *err, const char *fmt, ...)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    va_list ap;

    va_start(ap, fmt);
    strbuf_vaddf(&sql, fmt, ap);
    va_end(ap);
    return db_run(r->db, strbuf_sv(&sql), NULL, 0, NULL, err);
}

static enum err_code rebuild_ask(struct rebuild *r, const char *sql, struct db_table *ret,
                                 struct err *err)
{
    struct db_value v = DB_TEXT(r->table);

    return db_all(r->db, &r->arena, sv_from(sql), &v, 1, ret, err);
}

static enum err_code rebuild_value(struct rebuild *r, const char *sql, struct db_value *ret,
                                   struct err *err)
{
    struct db_value v = DB_TEXT(r->table);

    return db_one(r->db, &r->arena, sv_from(sql), &v, 1, ret, err);
}

static bool rebuild_is_yes(const struct db_value *v)
{
    return !v->is_null && !sv_is(v->text, "0");
}

/* --- before --- */

static enum err_code rebuild_find(struct rebuild *r, struct err *err)
{
    struct db_table t;
    struct db_value v;

    if (rebuild_value(r, "SELECT foreign_keys FROM pragma_foreign_keys", &v, err) != ERR_OK)
        return err->code;
    if (rebuild_is_yes(&v))
        return err_set(err, ERR_REFUSED,
                       "foreign_keys is on: a table that is made anew would delete its children");
    if (rebuild_ask(r,
                    "SELECT name, sql FROM main.sqlite_schema WHERE type = 'table'"
                    " AND name = $1 COLLATE NOCASE",
                    &t, err) != ERR_OK)
        return err->code;
    if (!t.n_rows)
        return err_set(err, ERR_REFUSED, "there is no table %.*s", SV_FMT(r->table));
    if (sv_starts_nocase(t.v[0].text, SV("sqlite_")))
        return err_set(err, ERR_REFUSED, "%.*s is a table of SQLite itself", SV_FMT(r->table));
    if (sv_starts_nocase(t.v[1].text, SV("CREATE VIRTUAL")))
        return err_set(err, ERR_REFUSED, "%.*s is a virtual table: only its module can change it",
                       SV_FMT(r->table));
    r->table = t.v[0].text;
    r->create = t.v[1].text;
    return ERR_OK;
}

static void rebuild_names(struct rebuild *r)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    db_quote_name(&b, r->table);
    r->quoted = arena_sv(&r->arena, strbuf_sv(&b));
    strbuf_truncate(&b, 0);
    db_quote_name(&b, arena_fmt(&r->arena, "_prusik_new_%.*s", SV_FMT(r->table)));
    r->fresh = arena_sv(&r->arena, strbuf_sv(&b));
}

static enum err_code rebuild_has(struct rebuild *r, const char *name, bool *ret, struct err *err)
{
    struct db_value v, arg = DB_TEXT(sv_from(name));

    if (db_one(r->db, &r->arena, SV("SELECT count(*) FROM main.sqlite_schema WHERE name = $1"),
               &arg, 1, &v, err) != ERR_OK)
        return err->code;
    *ret = rebuild_is_yes(&v);
    return ERR_OK;
}

/* What DROP TABLE takes with it. */
static enum err_code rebuild_store(struct rebuild *r, struct err *err)
{
    bool counters = false, statistics = false;

    r->sequence.is_null = true;
    if (rebuild_ask(r,
                    "SELECT type, sql FROM main.sqlite_schema WHERE type IN ('index', 'trigger')"
                    " AND tbl_name = $1 COLLATE NOCASE AND sql IS NOT NULL ORDER BY rowid",
                    &r->objects, err) != ERR_OK ||
        rebuild_has(r, "sqlite_sequence", &counters, err) != ERR_OK ||
        rebuild_has(r, "sqlite_stat1", &statistics, err) != ERR_OK)
        return err->code;
    if (counters && rebuild_value(r, "SELECT seq FROM main.sqlite_sequence WHERE name = $1",
                                  &r->sequence, err) != ERR_OK)
        return err->code;
    if (statistics && rebuild_ask(r, "SELECT idx, stat FROM main.sqlite_stat1 WHERE tbl = $1",
                                  &r->statistics, err) != ERR_OK)
        return err->code;
    return rebuild_do(
        r, err,
        "CREATE TEMP TABLE _prusik_broken AS SELECT \"table\" AS t, \"rowid\" AS r, parent AS p"
        " FROM pragma_foreign_key_check");
}

static bool rebuild_compiles(struct rebuild *r, struct sv sql, struct err *err)
{
    CLEANUP(arena_release) struct arena a = {0};
    struct db_table t;

    return db_all(r->db, &a, sql, NULL, 0, &t, err) == ERR_OK;
}

/* Of every view a SELECT, of every table an INSERT, UPDATE and DELETE: those that compile now must do so afterwards. */
static enum err_code rebuild_watch(struct rebuild *r, struct err *err)
{
    struct db_value *v;
    struct err why;
    size_t n = 0;

    if (rebuild_ask(
            r,
            "WITH o AS (SELECT type, name, '\"' || replace(name, '\"', '\"\"') || '\"' AS q,"
            " (SELECT '\"' || replace(c.name, '\"', '\"\"') || '\"' FROM pragma_table_xinfo(s.name) c"
            "  WHERE c.hidden = 0 LIMIT 1) AS col FROM main.sqlite_schema s"
            " WHERE type = 'view' OR (type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
            "  AND sql NOT LIKE 'CREATE VIRTUAL%'))"
            "SELECT name, 'SELECT * FROM ' || q || ' LIMIT 0' FROM o WHERE type = 'view'"
            " UNION ALL SELECT name, 'EXPLAIN INSERT INTO ' || q || ' DEFAULT VALUES' FROM o"
            "  WHERE type = 'table'"
            " UNION ALL SELECT name, 'EXPLAIN DELETE FROM ' || q FROM o WHERE type = 'table'"
            " UNION ALL SELECT name, 'EXPLAIN UPDATE ' || q || ' SET ' || col || ' = ' || col"
            "  FROM o WHERE type = 'table'",
            &r->works, err) != ERR_OK)
        return err->code;
    v = ARENA_NEWN(&r->arena, struct db_value, 2 * r->works.n_rows + 1);
    for (size_t i = 0; i < r->works.n_rows; i++)
        if (rebuild_compiles(r, r->works.v[2 * i + 1].text, &why)) {
            v[2 * n] = r->works.v[2 * i];
            v[2 * n++ + 1] = r->works.v[2 * i + 1];
        }
    r->works.v = v;
    r->works.n_rows = n;
    return ERR_OK;
}

/* --- the copy --- */

static bool rebuild_has_column(const struct rebuild *r, const char *name)
{
    for (size_t i = 0; i < r->plan.n_columns; i++)
        if (sv_eq_nocase(r->plan.columns[i].column, sv_from(name)))
            return true;
    return false;
}

/* The word by which the row number can be copied; NULL: it has none, or a column is it. */
static enum err_code rebuild_rowid(struct rebuild *r, const char **ret, struct err *err)
{
    static const char *const words[] = {"rowid", "_rowid_", "oid"};
    struct db_value v;

    *ret = NULL;
    if (rebuild_value(r,
                      "SELECT wr OR (SELECT count(*) = 1 AND max(upper(type)) = 'INTEGER'"
                      " FROM pragma_table_xinfo($1) WHERE pk > 0)"
                      " FROM pragma_table_list($1) WHERE schema = 'main'",
                      &v, err) != ERR_OK)
        return err->code;
    for (size_t i = 0; !rebuild_is_yes(&v) && !*ret && i < ARRAY_LEN(words); i++)
        if (!rebuild_has_column(r, words[i]))
            *ret = words[i];
    return ERR_OK;
}

/* The names that were read are those that SQLite knows. */
static enum err_code rebuild_same_columns(struct rebuild *r, struct err *err)
{
    CLEANUP(rebuild_plan_release) struct rebuild_plan old = {.create = STRBUF(0)};
    struct db_table t;
    size_t n = 0;
    bool same;

    if (rebuild_read(r->create, r->table, (struct rebuild_actions){NULL, 0}, &r->arena, &old,
                     err) != ERR_OK)
        return err->code;
    if (rebuild_ask(r, "SELECT name FROM pragma_table_xinfo($1) WHERE hidden = 0 ORDER BY cid", &t,
                    err) != ERR_OK)
        return err->code;
    same = t.n_rows == old.n_columns;
    for (; same && n < t.n_rows; n++)
        same = sv_eq_nocase(t.v[n].text, old.columns[n].column);
    return same
               ? ERR_OK
               : err_set(
                     err, ERR_REFUSED,
                     "the definition of %.*s cannot be read: its columns are not those that SQLite names",
                     SV_FMT(r->table));
}

static enum err_code rebuild_no_nulls(struct rebuild *r, struct err *err)
{
    struct db_table t;

    if (rebuild_ask(r, "SELECT name FROM pragma_table_xinfo($1) WHERE \"notnull\" = 0", &t, err) !=
        ERR_OK)
        return err->code;
    for (size_t i = 0; i < t.n_rows; i++) {
        CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
        struct db_value v;

        strbuf_add_str(&sql, "SELECT count(*) FROM pragma_table_xinfo('_prusik_new_' || $1) c"
                             " WHERE c.name = ");
        db_quote_text(&sql, t.v[i].text);
        strbuf_add_str(&sql, " AND c.\"notnull\" = 1");
        if (rebuild_value(r, strbuf_str(&sql), &v, err) != ERR_OK)
            return err->code;
        if (!rebuild_is_yes(&v))
            continue;
        for (size_t k = 0; k < r->plan.n_columns; k++)
            if (sv_eq(r->plan.columns[k].column, t.v[i].text) && r->plan.columns[k].value.n)
                v.is_null = true; /* they are filled */
        if (v.is_null)
            continue;
        strbuf_truncate(&sql, 0);
        strbuf_addf(&sql, "SELECT count(*) FROM %.*s WHERE ", SV_FMT(r->quoted));
        db_quote_name(&sql, t.v[i].text);
        strbuf_add_str(&sql, " IS NULL");
        if (rebuild_value(r, strbuf_str(&sql), &v, err) != ERR_OK)
            return err->code;
        if (rebuild_is_yes(&v))
            return err_set(err, ERR_REFUSED,
                           "column %.*s of %.*s cannot become NOT NULL: rows with nulls: %.*s",
                           SV_FMT(t.v[i].text), SV_FMT(r->table), SV_FMT(v.text));
    }
    return ERR_OK;
}

static void rebuild_copy_sql(struct rebuild *r, const char *rowid, struct strbuf *sql)
{
    CLEANUP(strbuf_release) struct strbuf from = STRBUF(0);

    strbuf_addf(sql, "INSERT OR ABORT INTO %.*s (", SV_FMT(r->fresh));
    if (rowid) {
        strbuf_addf(sql, "%s, ", rowid);
        strbuf_addf(&from, "%s, ", rowid);
    }
    for (size_t i = 0; i < r->plan.n_columns; i++) {
        const struct rebuild_copy *c = &r->plan.columns[i];

        strbuf_add_str(sql, i ? ", " : "");
        db_quote_name(sql, c->column);
        strbuf_add_str(&from, i ? ", " : "");
        if (c->coalesce) {
            strbuf_add_str(&from, "coalesce(");
            db_quote_name(&from, c->column);
            strbuf_addf(&from, ", %.*s)", SV_FMT(c->value));
        } else if (c->value.n) {
            strbuf_addf(&from, "(%.*s)", SV_FMT(c->value));
        } else {
            db_quote_name(&from, c->column);
        }
    }
    strbuf_addf(sql, ") SELECT %s FROM %.*s", strbuf_str(&from), SV_FMT(r->quoted));
}

static enum err_code rebuild_fill(struct rebuild *r, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    const char *rowid = NULL;
    struct db_value v;

    if (rebuild_do(r, err, "%s", strbuf_str(&r->plan.create)) != ERR_OK ||
        rebuild_no_nulls(r, err) != ERR_OK || rebuild_rowid(r, &rowid, err) != ERR_OK)
        return err->code;
    rebuild_copy_sql(r, rowid, &sql);
    if (db_run(r->db, strbuf_sv(&sql), NULL, 0, NULL, err) != ERR_OK)
        return err_wrap(err, "the rows of %.*s do not fit its new definition", SV_FMT(r->table));
    strbuf_truncate(&sql, 0);
    strbuf_addf(&sql, "SELECT (SELECT count(*) FROM %.*s) = (SELECT count(*) FROM %.*s)",
                SV_FMT(r->fresh), SV_FMT(r->quoted));
    if (rebuild_value(r, strbuf_str(&sql), &v, err) != ERR_OK)
        return err->code;
    return rebuild_is_yes(&v) ? ERR_OK
                              : err_set(err, ERR_REFUSED,
                                        "the copy of %.*s has not as many rows: ON CONFLICT of its "
                                        "definition dropped some",
                                        SV_FMT(r->table));
}

/* --- in its place --- */

/* With legacy_alter_table what names the table stays as it is written, and is found again under its old name. */
static enum err_code rebuild_swap(struct rebuild *r, struct err *err)
{
    struct err other;

    if (rebuild_do(r, err, "DROP TABLE %.*s", SV_FMT(r->quoted)) != ERR_OK ||
        rebuild_do(r, err, "PRAGMA legacy_alter_table = ON") != ERR_OK)
        return err->code;
    if (rebuild_do(r, err, "ALTER TABLE %.*s RENAME TO %.*s", SV_FMT(r->fresh),
                   SV_FMT(r->quoted)) == ERR_OK)
        return rebuild_do(r, err, "PRAGMA legacy_alter_table = OFF");
    (void)rebuild_do(r, &other, "PRAGMA legacy_alter_table = OFF"); /* the first error counts */
    return err->code;
}

static enum err_code rebuild_put_back(struct rebuild *r, struct err *err)
{
    struct db_value v[3] = {DB_TEXT(r->table), r->sequence};

    for (size_t i = 0; i < r->objects.n_rows; i++)
        if (db_run(r->db, r->objects.v[2 * i + 1].text, NULL, 0, NULL, err) != ERR_OK)
            return err_wrap(err, "%.*s of %.*s cannot be made again",
                            SV_FMT(r->objects.v[2 * i].text), SV_FMT(r->table));
    if (!r->sequence.is_null &&
        (db_run(r->db, SV("DELETE FROM main.sqlite_sequence WHERE name = $1"), v, 1, NULL, err) !=
             ERR_OK ||
         db_run(r->db,
                SV("INSERT INTO main.sqlite_sequence (name, seq) VALUES ($1, CAST($2 AS INTEGER))"),
                v, 2, NULL, err) != ERR_OK))
        return err->code;
    for (size_t i = 0; i < r->statistics.n_rows; i++) {
        v[1] = r->statistics.v[2 * i];
        v[2] = r->statistics.v[2 * i + 1];
        if (db_run(r->db, SV("INSERT INTO main.sqlite_stat1 (tbl, idx, stat) VALUES ($1, $2, $3)"),
                   v, 3, NULL, err) != ERR_OK)
            return err->code;
    }
    return ERR_OK;
}

/* --- afterwards --- */

static enum err_code rebuild_check_keys(struct rebuild *r, struct err *err)
{
    struct db_table t;

    if (rebuild_ask(r,
                    "SELECT count(*), coalesce(group_concat(t || ' row ' || r || ' to ' || p, ', ')"
                    " FILTER (WHERE n <= 10), '') FROM (SELECT *, row_number() OVER () AS n FROM"
                    " (SELECT \"table\" AS t, \"rowid\" AS r, parent AS p FROM"
                    " pragma_foreign_key_check EXCEPT SELECT t, r, p FROM temp._prusik_broken))",
                    &t, err) != ERR_OK)
        return err->code;
    if (rebuild_is_yes(&t.v[0]))
        return err_set(err, ERR_REFUSED, "foreign key: rows without a parent: %.*s: %.*s",
                       SV_FMT(t.v[0].text), SV_FMT(t.v[1].text));
    return rebuild_do(r, err, "DROP TABLE temp._prusik_broken");
}

static enum err_code rebuild_check_works(struct rebuild *r, struct err *err)
{
    struct err why;

    for (size_t i = 0; i < r->works.n_rows; i++) {
        struct sv sql = r->works.v[2 * i + 1].text;

        if (!rebuild_compiles(r, sql, &why))
            return err_set(err, ERR_REFUSED, "%s %.*s would not work any more: %s",
                           sv_starts(sql, SV("SELECT")) ? "view" : "writing to",
                           SV_FMT(r->works.v[2 * i].text), why.msg);
    }
    return ERR_OK;
}

/* The file itself: what it says is read back. */
static enum err_code rebuild_check_file(struct rebuild *r, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    struct db_value v;

    strbuf_add_str(&sql, "SELECT integrity_check FROM pragma_integrity_check(");
    db_quote_text(&sql, r->table);
    strbuf_add_str(&sql, ") LIMIT 1");
    if (rebuild_value(r, strbuf_str(&sql), &v, err) != ERR_OK)
        return err->code;
    return sv_is(v.text, "ok") ? ERR_OK
                               : err_set(err, ERR_FAILED, "integrity_check of %.*s: %.*s",
                                         SV_FMT(r->table), SV_FMT(v.text));
}

enum err_code rebuild_run(struct db *db, struct sv table, const struct sv *actions, size_t n,
                          struct err *err)
{
    CLEANUP(rebuild_release) struct rebuild r = {.db = db, .table = table};

    if (rebuild_find(&r, err) != ERR_OK)
        return err->code;
    rebuild_names(&r);
    if (rebuild_same_columns(&r, err) != ERR_OK ||
        rebuild_read(r.create, arena_fmt(&r.arena, "_prusik_new_%.*s", SV_FMT(r.table)),
                     (struct rebuild_actions){actions, n}, &r.arena, &r.plan, err) != ERR_OK ||
        rebuild_store(&r, err) != ERR_OK || rebuild_watch(&r, err) != ERR_OK ||
        rebuild_fill(&r, err) != ERR_OK || rebuild_swap(&r, err) != ERR_OK ||
        rebuild_put_back(&r, err) != ERR_OK || rebuild_check_keys(&r, err) != ERR_OK ||
        rebuild_check_works(&r, err) != ERR_OK || rebuild_check_file(&r, err) != ERR_OK)
        return err_wrap(err, "rebuild of %.*s", SV_FMT(table));
    return ERR_OK;
}
