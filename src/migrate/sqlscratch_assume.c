/* Names that a scratch database does not know: taken for text by SQLite, or for tables and columns that are there. */
#include <stdio.h>

#include "base/mem.h"
#include "db/db.h"
#include "migrate/sqllex.h"
#include "migrate/sqlscratch_int.h"

/* --- names in double quotes --- */

void scratch_quotes_are_names(struct sqlscratch *s, bool on)
{
    (void)sqlite3_db_config(s->lite, SQLITE_DBCONFIG_DQS_DML, !on, NULL);
    (void)sqlite3_db_config(s->lite, SQLITE_DBCONFIG_DQS_DDL, !on, NULL);
}

static bool scratch_compiles(struct sqlscratch *s, struct sv stmt)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(s->lite, stmt.p, (int)stmt.n, &st, NULL);

    (void)sqlite3_finalize(st); /* was never run */
    return rc == SQLITE_OK;
}

/* DEFAULT "x" is text whatever the settings say. */
static struct sv scratch_default_name(struct sv stmt, struct arena *a)
{
    struct sqllex lex = {.text = stmt, .db = DB_SQLITE};
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct sqllex_token t;
    bool after = false;

    while (sqllex_next_word(&lex, &t)) {
        if (after && t.kind == SQLLEX_NAME && t.text.p[0] == '"') {
            sqllex_plain(&t, &b);
            return arena_sv(a, strbuf_sv(&b));
        }
        after = sqllex_is(&t, "DEFAULT");
    }
    return (struct sv){NULL, 0};
}

struct sv scratch_text_name(struct sqlscratch *s, struct sv stmt, struct arena *a)
{
    struct sv ret = {NULL, 0}, message;

    if (!sv_has(stmt, SV("\"")) || !scratch_compiles(s, stmt))
        return ret;
    if (s->assume) /* it may be a column */
        return scratch_default_name(stmt, a);
    scratch_quotes_are_names(s, true);
    if (!scratch_compiles(s, stmt)) {
        message = scratch_say(a, sqlite3_errmsg(s->lite));
        if (sv_eat(&message, SV("no such column: ")))
            ret = message;
    }
    scratch_quotes_are_names(s, false);
    return ret.n ? ret : scratch_default_name(stmt, a);
}

static bool scratch_is_assumed(const struct sqlscratch *s, struct sv table)
{
    for (size_t i = 0; i < s->assumed.n; i++)
        if (sv_eq_nocase(sv_from(s->assumed.v[i]), table))
            return true;
    return false;
}

/* --- what is assumed to be there --- */

/* A name as it stands in a message: with its quotes, or the schema before it. */
static struct sv scratch_bare(struct sv name)
{
    size_t dot = sv_find_byte(name, '.', 0);

    while (name.n > 1 && name.p[0] == '"') { /* with those that the statement has */
        name = sv_sub(name, 1, name.n - 1);
        dot = SV_NPOS;
    }
    return dot == SV_NPOS ? name : sv_sub(name, dot + 1, name.n);
}

static bool scratch_names(struct sv stmt, struct sv name)
{
    struct sqllex lex = {.text = stmt, .db = DB_SQLITE};
    struct sqllex_token t;

    while (sqllex_next_word(&lex, &t)) {
        CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

        if (t.kind != SQLLEX_WORD && t.kind != SQLLEX_NAME)
            continue;
        sqllex_plain(&t, &b);
        if (sv_eq_nocase(strbuf_sv(&b), name))
            return true;
    }
    return false;
}

/* The only assumed table that the statement names, or NULL. */
static const char *scratch_only(const struct sqlscratch *s, struct sv stmt)
{
    const char *only = NULL;

    for (size_t i = 0; i < s->assumed.n; i++)
        if (scratch_names(stmt, sv_from(s->assumed.v[i]))) {
            if (only)
                return NULL;
            only = s->assumed.v[i];
        }
    return only;
}

/* The assumed table that stands before the column, or NULL. */
static const char *scratch_before_dot(const struct sqlscratch *s, struct sv column)
{
    size_t dot = sv_find_byte(column, '.', 0);

    for (size_t i = 0; dot != SV_NPOS && i < s->assumed.n; i++)
        if (sv_eq_nocase(sv_from(s->assumed.v[i]), sv_sub(column, 0, dot)))
            return s->assumed.v[i];
    return NULL;
}

static bool scratch_assume_table(struct sqlscratch *s, struct sv name)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);

    if (!scratch_is_assumed(s, name))
        *vec_add(&s->assumed) = xstrdup_sv(name);
    strbuf_add_str(&sql, "CREATE TABLE ");
    db_quote_name(&sql, name);
    strbuf_add_str(&sql, " (id INTEGER PRIMARY KEY); INSERT INTO ");
    db_quote_name(&sql, name);
    strbuf_add_str(&sql, " DEFAULT VALUES");
    return scratch_do(s, strbuf_str(&sql));
}

static bool scratch_assume_column(struct sqlscratch *s, struct sv table, struct sv name)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);

    strbuf_add_str(&sql, "ALTER TABLE ");
    db_quote_name(&sql, table);
    strbuf_add_str(&sql, " ADD COLUMN ");
    db_quote_name(&sql, name);
    return scratch_do(s, strbuf_str(&sql));
}

/* "table T has no column named C", "table T has N columns but M values were supplied" */
static bool scratch_assume_for_insert(struct sqlscratch *s, struct sv message)
{
    const struct sv names = SV(" has no column named ");
    size_t at = sv_find(message, names, 0), count = sv_find(message, SV(" has "), 0);
    struct sv table = sv_sub(message, 0, size_min(at, count));
    char name[40];

    if (at != SV_NPOS)
        return scratch_is_assumed(s, table) &&
               scratch_assume_column(s, table, sv_sub(message, at + names.n, message.n));
    if (count == SV_NPOS || !scratch_is_assumed(s, table))
        return false;
    for (int i = 0; i < 100; i++) { /* a name that is not taken */
        (void)snprintf(name, sizeof(name), "prusik_%d", i);
        if (scratch_assume_column(s, table, sv_from(name)))
            return true;
    }
    return false;
}

bool scratch_assume(struct sqlscratch *s, struct sv stmt)
{
    CLEANUP(mem_freep) char *text = xstrdup(sqlite3_errmsg(s->lite));
    struct sv message = sv_from(text);
    const char *only;

    if (!s->assume)
        return false;
    if (sv_eat(&message, SV("no such table: ")))
        return scratch_assume_table(s, scratch_bare(message));
    if (sv_eat(&message, SV("no such column: "))) {
        only = scratch_before_dot(s, message);
        only = only ? only : scratch_only(s, stmt);
        return only && scratch_assume_column(s, sv_from(only), scratch_bare(message));
    }
    return sv_eat(&message, SV("table ")) && scratch_assume_for_insert(s, message);
}
