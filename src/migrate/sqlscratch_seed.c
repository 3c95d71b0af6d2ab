/* A row of our own in each table that has none: without one SQLite refuses and checks much less. */
#include <stdlib.h>

#include "base/mem.h"
#include "db/db.h"
#include "migrate/sqlscratch_int.h"

/* --- a row where there is none --- */

static const char *scratch_value(const char *type)
{
    static const struct {
        const char *part, *value;
    } values[] = {{"%INT%", "1"},      {"%CHAR%", "'1'"}, {"%CLOB%", "'1'"}, {"%TEXT%", "'1'"},
                  {"%BLOB%", "x'31'"}, {"%REAL%", "1.0"}, {"%FLOA%", "1.0"}, {"%DOUB%", "1.0"}};

    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        if (sqlite3_strlike(values[i].part, type, 0) == 0)
            return values[i].value;
    return "1";
}

/* INSERT with a value for each column that must have one. */
static void scratch_row(struct sqlscratch *s, const char *table, struct strbuf *sql)
{
    CLEANUP(strbuf_release) struct strbuf values = STRBUF(0);
    sqlite3_stmt *st = NULL;
    char *q = sqlite3_mprintf("SELECT name, type FROM pragma_table_xinfo(%Q) WHERE hidden = 0 AND "
                              "dflt_value IS NULL AND (\"notnull\" OR pk)",
                              table);

    strbuf_add_str(sql, "INSERT INTO ");
    db_quote_name(sql, sv_from(table));
    if (sqlite3_prepare_v2(s->lite, q, -1, &st, NULL) == SQLITE_OK)
        while (sqlite3_step(st) == SQLITE_ROW) {
            strbuf_add_str(sql, values.n ? ", " : " (");
            db_quote_name(sql, sv_from((const char *)sqlite3_column_text(st, 0)));
            strbuf_addf(&values, "%s%s", values.n ? ", " : "",
                        scratch_value((const char *)sqlite3_column_text(st, 1)));
        }
    (void)sqlite3_finalize(st); /* repeats what the step said */
    sqlite3_free(q);
    if (values.n)
        strbuf_addf(sql, ") VALUES (%s)", strbuf_str(&values));
    else
        strbuf_add_str(sql, " DEFAULT VALUES");
}

static bool scratch_is_filled(struct sqlscratch *s, const char *table)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    CLEANUP(arena_release) struct arena a = {0};

    strbuf_add_str(&sql, "SELECT 1 FROM ");
    db_quote_name(&sql, sv_from(table));
    return scratch_ask(s, &a, strbuf_str(&sql), SV(""), SV("")).n > 0;
}

static void scratch_put_row(struct sqlscratch *s, const char *table)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);

    if (scratch_is_filled(s, table))
        return;
    scratch_row(s, table, &sql);
    if (scratch_do(s, strbuf_str(&sql)))
        return;
    (void)scratch_do(s, "PRAGMA ignore_check_constraints = ON");
    if (scratch_do(s, strbuf_str(&sql)))
        scratch_named(s, sv_from(table))->forced = true;
    (void)scratch_do(s, "PRAGMA ignore_check_constraints = OFF");
}

/* Only ordinary tables have rows of ours. */
static void scratch_seed(struct sqlscratch *s, const char *table)
{
    static const char is[] =
        "SELECT 1 FROM pragma_table_list(?1) WHERE schema = 'main' AND type = 'table'";
    CLEANUP(arena_release) struct arena a = {0};

    if (!scratch_named(s, sv_from(table))->ordinary) {
        if (!scratch_ask(s, &a, is, sv_from(table), SV("")).n)
            return;
        scratch_named(s, sv_from(table))->ordinary = true;
    }
    scratch_put_row(s, table);
}

/* Tables that are new since the last look, then those that were written to and may be empty. */
static void scratch_seed_new(struct sqlscratch *s)
{
    sqlite3_stmt *st = NULL;
    VEC(char *) names = {0};
    size_t touched = s->touched.n; /* rows of ours touch tables, too */

    if (sqlite3_prepare_v2(s->lite,
                           "SELECT name FROM sqlite_schema WHERE rowid > ?1 AND type = 'table' AND "
                           "name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
                           -1, &st, NULL) == SQLITE_OK) {
        (void)sqlite3_bind_int64(st, 1, s->seen); /* or nothing comes */
        while (sqlite3_step(st) == SQLITE_ROW)
            *vec_add(&names) = xstrdup((const char *)sqlite3_column_text(st, 0));
    }
    (void)sqlite3_finalize(st); /* repeats what the step said */
    for (size_t i = 0; i < names.n; i++) {
        scratch_seed(s, names.v[i]);
        free(names.v[i]);
    }
    vec_release(&names);
    for (size_t i = 0; i < touched; i++)
        scratch_seed(s, s->names.v[s->touched.v[i]].name);
    s->seen = scratch_last_definition(s);
}

bool scratch_drop_forced(struct sqlscratch *s)
{
    bool any = false;

    for (size_t i = 0, n = s->touched.n; i < n; i++) {
        CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
        size_t at = s->touched.v[i];

        if (!s->names.v[at].forced || s->names.v[at].emptied)
            continue;
        any = s->names.v[at].emptied = true;
        strbuf_add_str(&sql, "DELETE FROM ");
        db_quote_name(&sql, sv_from(s->names.v[at].name));
        (void)scratch_do(s, strbuf_str(&sql)); /* it may be gone by now */
    }
    return any;
}

void scratch_settle(struct sqlscratch *s)
{
    for (size_t i = 0; i < s->touched.n; i++)
        s->names.v[s->touched.v[i]].emptied = false;
    (void)scratch_drop_forced(s); /* or there are none */
    for (size_t i = 0; i < s->touched.n; i++)
        s->names.v[s->touched.v[i]].forced = false;
    if (!s->rows)
        scratch_seed_new(s);
    scratch_untouch(s);
}
