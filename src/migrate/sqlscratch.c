#include "migrate/sqlscratch.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/sv.h"
#include "base/text.h"
#include "db/db.h"
#include "migrate/sqllex.h"

#define SCRATCH_STEPS       2000       /* of SQLite's machine between two counts */
#define SCRATCH_COUNTS      4000       /* of one statement: some 0.2 s */
#define SCRATCH_PAGES       16384      /* that the statements may add: 64 MiB */
#define SCRATCH_BYTES       (16 << 20) /* of one value */
#define SCRATCH_ASSUMPTIONS 200u       /* for one statement */

/* A table, or what else has a name, and what is kept about it. */
struct scratch_name {
    char *name;
    bool ordinary;        /* it is, or was, a table that takes rows of ours */
    bool touched;         /* in this file: written to, altered, dropped */
    bool forced;          /* it has a row of ours that its CHECK refuses, ... */
    bool emptied;         /* ... which was taken away in this file */
    size_t trial;         /* the last whose file has made it */
    VEC(size_t) children; /* tables that have referred to it at some time */
};

/* Statements that are tried in a transaction, and what was there before it. */
struct scratch_trial {
    bool on;
    size_t number;
    struct strbuf sql;  /* what the file has made; nothing: it did more than to make definitions */
    sqlite3_int64 from; /* those have higher rowids */
    uint64_t others;    /* number of definitions */
    /* as in struct sqlscratch */
    sqlite3_int64 seen;
    size_t assumed;
};

struct sqlscratch {
    sqlite3 *lite;
    bool empty;  /* on opening: tables may be assumed */
    bool rows;   /* of a database */
    bool assume; /* in this file */
    size_t counts;
    VEC(char *) assumed; /* tables */
    VEC(struct scratch_name) names;
    struct map index; /* name in lower case: its place in names */
    VEC(size_t) touched;
    VEC(size_t) made;   /* tables that the statement makes */
    sqlite3_int64 seen; /* rowid in sqlite_schema: tables up to it have had their row */
    bool fewer;         /* a definition may be gone */
    bool swept;         /* rows of any table may be gone */
    bool edges;         /* any table may refer to another one by now */
    struct scratch_trial trial;
    struct strbuf reads; /* of the statement */
    bool outside;        /* it would have reached outside */
};

/* --- names --- */

static size_t scratch_name(struct sqlscratch *s, struct sv name)
{
    CLEANUP(strbuf_release) struct strbuf key = STRBUF(0);
    size_t at;

    for (size_t i = 0; i < name.n; i++)
        strbuf_add_byte(&key, ascii_lower(name.p[i]));
    if (!map_get(&s->index, strbuf_sv(&key), &at)) {
        at = s->names.n;
        vec_add(&s->names)->name = xstrdup_sv(name);
        (void)map_put(&s->index, strbuf_sv(&key), at); /* it is new */
    }
    return at;
}

/* Valid until the next new name. */
static struct scratch_name *scratch_named(struct sqlscratch *s, struct sv name)
{
    size_t at = scratch_name(s, name);

    return &s->names.v[at];
}

/* Tables of SQLite's own do not count, but for what is temporary. */
static void scratch_touch(struct sqlscratch *s, const char *name)
{
    size_t at;

    if (sqlite3_strnicmp(name, "sqlite_", 7) == 0 && sqlite3_strnicmp(name, "sqlite_temp", 11) != 0)
        return;
    at = scratch_name(s, sv_from(name));
    if (!s->names.v[at].touched)
        *vec_add(&s->touched) = at;
    s->names.v[at].touched = true;
}

static void scratch_untouch(struct sqlscratch *s)
{
    for (size_t i = 0; i < s->touched.n; i++) {
        struct scratch_name *n = &s->names.v[s->touched.v[i]];

        n->touched = n->emptied = false;
    }
    s->touched.n = 0;
}

/* --- what a statement may do --- */

static bool scratch_is_one_of(const char *name, const char *const *list)
{
    for (; name && *list; list++)
        if (sqlite3_stricmp(name, *list) == 0)
            return true;
    return false;
}

static void scratch_add_lower(struct strbuf *b, const char *name)
{
    strbuf_add_byte(b, ',');
    for (; *name; name++)
        strbuf_add_byte(b, ascii_lower(*name));
    strbuf_add_byte(b, ',');
}

/* Rows of tables that refer to it may go with its own: ON DELETE CASCADE is not told. */
static void scratch_sweep(struct sqlscratch *s, const char *name)
{
    s->swept = s->swept || scratch_named(s, sv_from(name))->children.n > 0;
}

/* What it is about to do. */
static void scratch_note(struct sqlscratch *s, int action, const char *one, const char *two)
{
    switch (action) {
    case SQLITE_READ:
        scratch_add_lower(&s->reads, one);
        if (scratch_named(s, sv_from(one))->forced)
            scratch_touch(s, one);
        break;
    case SQLITE_DROP_TABLE:
    case SQLITE_DROP_VTABLE:
    case SQLITE_DROP_INDEX:
    case SQLITE_DROP_VIEW:
    case SQLITE_DROP_TRIGGER:
        s->fewer = true;
        scratch_sweep(s, one);
        scratch_touch(s, one);
        break;
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
        scratch_sweep(s, one);
        scratch_touch(s, one);
        break;
    case SQLITE_CREATE_TABLE: *vec_add(&s->made) = scratch_name(s, sv_from(one)); break;
    case SQLITE_ALTER_TABLE:
        scratch_touch(s, two);
        s->edges = true;
        break;
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT: s->edges = s->edges || strcmp(one, "ROLLBACK") == 0; break;
    default: break;
    }
}

static int scratch_allow(void *arg, int action, const char *one, const char *two,
                         const char *schema UNUSED, const char *trigger UNUSED)
{
    static const char *const pragmas[] = {"foreign_keys",
                                          "legacy_alter_table",
                                          "defer_foreign_keys",
                                          "user_version",
                                          "application_id",
                                          "recursive_triggers",
                                          "table_info",
                                          "table_xinfo",
                                          "table_list",
                                          "index_list",
                                          "index_info",
                                          "index_xinfo",
                                          "foreign_key_list",
                                          "foreign_key_check",
                                          "integrity_check",
                                          "quick_check",
                                          "ignore_check_constraints",
                                          NULL};
    struct sqlscratch *s = arg;

    if (one)
        scratch_note(s, action, one, two);
    if (action == SQLITE_PRAGMA && two && !scratch_is_one_of(one, pragmas))
        return SQLITE_IGNORE;
    if (action != SQLITE_ATTACH && action != SQLITE_DETACH &&
        !(action == SQLITE_FUNCTION && sqlite3_stricmp(two, "load_extension") == 0))
        return SQLITE_OK;
    s->outside = true;
    return SQLITE_DENY;
}

static int scratch_on_steps(void *arg)
{
    struct sqlscratch *s = arg;

    return ++s->counts > SCRATCH_COUNTS;
}

/* --- questions of our own: without the limits of a statement --- */

/* The first column of the first row, or the empty view. */
static struct sv scratch_ask(struct sqlscratch *s, struct arena *a, const char *sql, struct sv one,
                             struct sv two)
{
    struct sv ret = {NULL, 0};
    sqlite3_stmt *st = NULL;

    s->counts = 0;
    if (sqlite3_prepare_v2(s->lite, sql, -1, &st, NULL) == SQLITE_OK) {
        (void)sqlite3_bind_text(st, 1, one.p ? one.p : "", (int)one.n, SQLITE_TRANSIENT);
        (void)sqlite3_bind_text(st, 2, two.p ? two.p : "", (int)two.n,
                                SQLITE_TRANSIENT); /* or none */
        if (sqlite3_step(st) == SQLITE_ROW && sqlite3_column_text(st, 0))
            ret = arena_sv(a, sv_from((const char *)sqlite3_column_text(st, 0)));
    }
    (void)sqlite3_finalize(st); /* repeats what the step said */
    return ret;
}

static bool scratch_do(struct sqlscratch *s, const char *sql)
{
    s->counts = 0;
    return sqlite3_exec(s->lite, sql, NULL, NULL, NULL) == SQLITE_OK;
}

bool sqlscratch_has(struct sqlscratch *s, const char *type, struct sv name)
{
    CLEANUP(arena_release) struct arena a = {0};

    return scratch_ask(
               s, &a, "SELECT name FROM sqlite_schema WHERE type = ?1 AND name = ?2 COLLATE NOCASE",
               sv_from(type), name)
               .n > 0;
}

bool sqlscratch_is_temporary(struct sqlscratch *s)
{
    CLEANUP(arena_release) struct arena a = {0};

    return scratch_ask(s, &a, "SELECT 1 FROM sqlite_temp_schema", SV(""), SV("")).n > 0;
}

bool sqlscratch_has_rows(const struct sqlscratch *s)
{
    return s->rows;
}

bool sqlscratch_assumes(const struct sqlscratch *s)
{
    return s->assume;
}

static bool scratch_is_assumed(const struct sqlscratch *s, struct sv table)
{
    for (size_t i = 0; i < s->assumed.n; i++)
        if (sv_eq_nocase(sv_from(s->assumed.v[i]), table))
            return true;
    return false;
}

/* --- opening --- */

static struct sqlscratch *scratch_new(void)
{
    struct sqlscratch *s = XNEW(struct sqlscratch);

    s->reads = (struct strbuf)STRBUF(0);
    s->trial.sql = (struct strbuf)STRBUF(0);
    s->edges = true; /* of what is copied */
    if (sqlite3_open(":memory:", &s->lite) != SQLITE_OK)
        abort(); /* it is memory that is missing */
    (void)sqlite3_limit(s->lite, SQLITE_LIMIT_LENGTH, SCRATCH_BYTES);
    sqlite3_progress_handler(s->lite, SCRATCH_STEPS, scratch_on_steps, s);
    return s;
}

/* From now on statements of others come. */
static void scratch_close_off(struct sqlscratch *s)
{
    char sql[64];
    CLEANUP(arena_release) struct arena a = {0};
    struct sv pages = scratch_ask(s, &a, "PRAGMA page_count", SV(""), SV(""));
    uint64_t n;

    if (!sv_to_u64(pages, &n))
        n = 0;
    (void)snprintf(sql, sizeof(sql), "PRAGMA max_page_count = %llu",
                   (unsigned long long)n + SCRATCH_PAGES);
    (void)scratch_do(s, sql);
    (void)sqlite3_set_authorizer(s->lite, scratch_allow, s);
}

static bool scratch_copy(sqlite3 *from, sqlite3 *to)
{
    sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");

    return b && sqlite3_backup_step(b, -1) == SQLITE_DONE && sqlite3_backup_finish(b) == SQLITE_OK;
}

/* Definitions only: tables, then what stands on them. */
static bool scratch_copy_definitions(sqlite3 *from, struct sqlscratch *to)
{
    sqlite3_stmt *st = NULL;
    bool good =
        sqlite3_prepare_v2(from,
                           "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT "
                           "LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type <> 'table', rowid",
                           -1, &st, NULL) == SQLITE_OK;

    while (good && sqlite3_step(st) == SQLITE_ROW)
        (void)scratch_do(
            to, (const char *)sqlite3_column_text(st, 0)); /* shadow tables are there already */
    (void)sqlite3_finalize(st);                            /* repeats what the step said */
    return good;
}

static bool scratch_fill(sqlite3 *from, struct sqlscratch *s)
{
    sqlite3_stmt *st = NULL;
    bool good = sqlite3_prepare_v2(
                    from, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
                    -1, &st, NULL) == SQLITE_OK &&
                sqlite3_step(st) == SQLITE_ROW;

    s->rows = good && sqlite3_column_int64(st, 0) <= (sqlite3_int64)SQLSCRATCH_COPY;
    (void)sqlite3_finalize(st); /* repeats what the step said */
    if (!good)
        return false;
    return s->rows ? scratch_copy(from, s->lite) : scratch_copy_definitions(from, s);
}

enum err_code sqlscratch_open(const char *path, struct sqlscratch **ret, struct err *err)
{
    struct sqlscratch *s = scratch_new();
    enum err_code rc = ERR_OK;
    sqlite3 *from = NULL;

    s->empty = !path;
    if (path && (sqlite3_open_v2(path, &from, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
                 !scratch_fill(from, s))) {
        bool missing = sqlite3_system_errno(from) == ENOENT;

        rc = err_set(err, missing ? ERR_NOT_FOUND : ERR_DB, "'%s': %s", path,
                     missing ? "there is no such file" : sqlite3_errmsg(from));
    }
    (void)sqlite3_close(from); /* no statement of ours is left */
    if (rc != ERR_OK) {
        sqlscratch_free(s);
        return rc;
    }
    scratch_close_off(s);
    *ret = s;
    return ERR_OK;
}

struct sqlscratch *sqlscratch_copy(struct sqlscratch *s)
{
    struct sqlscratch *to = scratch_new();

    if (!sqlite3_get_autocommit(s->lite))
        (void)scratch_do(s, "COMMIT");     /* a copy of half of it would be none */
    (void)scratch_copy(s->lite, to->lite); /* from memory to memory */
    to->empty = s->empty;
    to->rows = s->rows;
    for (size_t i = 0; i < s->assumed.n; i++)
        *vec_add(&to->assumed) = xstrdup(s->assumed.v[i]);
    scratch_close_off(to);
    return to;
}

void sqlscratch_free(struct sqlscratch *s)
{
    if (!s)
        return;
    (void)sqlite3_close(s->lite); /* no statement of ours is left */
    for (size_t i = 0; i < s->assumed.n; i++)
        free(s->assumed.v[i]);
    vec_release(&s->assumed);
    for (size_t i = 0; i < s->names.n; i++) {
        free(s->names.v[i].name);
        vec_release(&s->names.v[i].children);
    }
    vec_release(&s->names);
    map_release(&s->index);
    vec_release(&s->touched);
    vec_release(&s->made);
    strbuf_release(&s->reads);
    strbuf_release(&s->trial.sql);
    free(s);
}

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

static sqlite3_int64 scratch_last_definition(struct sqlscratch *s)
{
    CLEANUP(arena_release) struct arena a = {0};
    struct sv last = scratch_ask(s, &a, "SELECT max(rowid) FROM sqlite_schema", SV(""), SV(""));
    uint64_t n;

    return sv_to_u64(last, &n) ? (sqlite3_int64)n : 0;
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
        (void)sqlite3_bind_int64(st, 1, s->swept ? 0 : s->seen); /* or nothing comes */
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
    s->swept = false; /* our own rows sweep nothing away */
}

/* Rows of ours that no CHECK would have let in, where a statement has met one; false: there are none. */
static bool scratch_drop_forced(struct sqlscratch *s)
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

static void scratch_settle(struct sqlscratch *s)
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

void sqlscratch_begin(struct sqlscratch *s)
{
    CLEANUP(arena_release) struct arena a = {0};

    if (!sqlite3_get_autocommit(s->lite) && !scratch_do(s, "COMMIT"))
        (void)scratch_do(s, "ROLLBACK");
    (void)scratch_do(s, "PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = OFF; PRAGMA "
                        "recursive_triggers = OFF; PRAGMA ignore_check_constraints = OFF");
    (void)sqlite3_db_config(s->lite, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    scratch_settle(s);
    (void)sqlite3_db_config(s->lite, SQLITE_DBCONFIG_ENABLE_TRIGGER, 1, NULL);
    (void)scratch_do(s, "PRAGMA foreign_keys = ON");
    s->assume =
        s->empty &&
        (s->assumed.n || !scratch_ask(s, &a, "SELECT name FROM sqlite_schema", SV(""), SV("")).n);
}

/* What SQLite says, which may cut a character in two. */
static struct sv scratch_say(struct arena *a, const char *text)
{
    char *copy = arena_strdup(a, sv_from(text));
    struct sv s = sv_from(copy);

    for (size_t at = text_bad_utf8(s); at != SV_NPOS; at = text_bad_utf8(s))
        copy[at] = '?';
    return s;
}

/* --- names in double quotes --- */

static void scratch_quotes_are_names(struct sqlscratch *s, bool on)
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

static struct sv scratch_text_name(struct sqlscratch *s, struct sv stmt, struct arena *a)
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

/* Make what the message says is missing; false: it cannot be, or that is not what is wrong. */
static bool scratch_assume(struct sqlscratch *s, struct sv stmt)
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

/* --- a statement --- */

static int scratch_step(struct sqlscratch *s, struct sv *rest)
{
    sqlite3_stmt *st = NULL;
    const char *end = rest->p + rest->n;
    int rc;

    strbuf_truncate(&s->reads, 0);
    s->counts = 0;
    rc = sqlite3_prepare_v2(s->lite, rest->p, (int)rest->n, &st, &end);
    while (rc == SQLITE_OK && st && (rc = sqlite3_step(st)) == SQLITE_ROW)
        rc = SQLITE_OK;
    if (st)
        (void)sqlite3_finalize(st); /* rc has it; the message stays that of the step */
    if (rc == SQLITE_OK || rc == SQLITE_DONE)
        *rest = sv_sub(*rest, (size_t)(end - rest->p), rest->n);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int scratch_try(struct sqlscratch *s, struct sv stmt)
{
    struct sv rest = stmt;
    int rc = SQLITE_OK;

    for (size_t i = 0; rest.n && i < SCRATCH_ASSUMPTIONS; i++) {
        rc = scratch_step(s, &rest);
        if (rc == SQLITE_OK)
            continue;
        if (sv_has(sv_from(sqlite3_errmsg(s->lite)), SV("CHECK constraint failed"))) {
            if (!scratch_drop_forced(s))
                return rc;
        } else if (!scratch_assume(s, rest)) {
            return rc;
        }
    }
    return rc;
}

/* --- who refers to whom --- */

static void scratch_add_child(struct sqlscratch *s, struct sv parent, size_t child)
{
    struct scratch_name *p = scratch_named(s, parent);

    for (size_t i = 0; i < p->children.n; i++)
        if (p->children.v[i] == child)
            return;
    *vec_add(&p->children) = child;
}

/* What refers to a name was seen at some time: tables when they were made, all of them behind an ALTER or a ROLLBACK.
 * Whether it still does is asked when it matters. */
static void scratch_read_children(struct sqlscratch *s, const char *sql, const char *child)
{
    sqlite3_stmt *st = NULL;

    s->counts = 0;
    if (sqlite3_prepare_v2(s->lite, sql, -1, &st, NULL) == SQLITE_OK) {
        (void)sqlite3_bind_text(st, 1, child, -1, SQLITE_TRANSIENT); /* or none */
        while (sqlite3_step(st) == SQLITE_ROW)
            scratch_add_child(s, sv_from((const char *)sqlite3_column_text(st, 1)),
                              scratch_name(s, sv_from((const char *)sqlite3_column_text(st, 0))));
    }
    (void)sqlite3_finalize(st); /* repeats what the step said */
}

static void scratch_read_edges(struct sqlscratch *s)
{
    if (s->edges)
        scratch_read_children(s,
                              "SELECT m.name, f.\"table\" FROM sqlite_schema m, "
                              "pragma_foreign_key_list(m.name) f WHERE m.type = 'table'",
                              NULL);
    s->edges = false;
}

/* The first in the order of names that refers to the table. */
static struct sv scratch_child(struct sqlscratch *s, struct sv table, struct arena *a)
{
    static const char refers[] =
        "SELECT l.name FROM pragma_table_list(?2) l, pragma_foreign_key_list(?2) f WHERE l.schema "
        "= 'main' AND f.\"table\" = ?1 COLLATE NOCASE AND l.name <> ?1 COLLATE NOCASE";
    size_t parent = scratch_name(s, table);
    struct sv ret = {NULL, 0};

    scratch_read_edges(s);
    for (size_t i = 0; i < s->names.v[parent].children.n; i++) {
        struct sv child = sv_from(s->names.v[s->names.v[parent].children.v[i]].name);
        struct sv name = scratch_ask(s, a, refers, table, child);

        if (name.n && (!ret.n || sv_cmp(name, ret) < 0))
            ret = name;
    }
    return ret;
}

struct sv sqlscratch_objects(struct sqlscratch *s, struct sv table, struct arena *a)
{
    return scratch_ask(
        s, a,
        "SELECT group_concat(type || ' ' || name, char(10)) FROM sqlite_schema WHERE tbl_name = ?1 "
        "COLLATE NOCASE AND type IN ('index', 'trigger') AND sql IS NOT NULL",
        table, SV(""));
}

static sqlite3_int64 scratch_less(sqlite3_int64 a, sqlite3_int64 b)
{
    return a < b ? a : b;
}

/* What the statement did to the definitions. */
static void scratch_follow(struct sqlscratch *s, struct sv to)
{
    if (s->fewer) /* the next one may get the number of what is gone */
        s->seen = scratch_less(s->seen, scratch_last_definition(s));
    for (size_t i = 0; i < s->made.n; i++)
        scratch_read_children(s, "SELECT ?1, \"table\" FROM pragma_foreign_key_list(?1)",
                              s->names.v[s->made.v[i]].name);
    if (to.n) {
        CLEANUP(mem_freep) char *name = xstrdup_sv(to);

        scratch_touch(s, name);
    }
    s->fewer = false;
    s->made.n = 0;
}

static bool scratch_is_vacuum(struct sv stmt)
{
    struct sqllex lex = {.text = stmt, .db = DB_SQLITE};
    struct sqllex_token t;

    return sqllex_next_word(&lex, &t) && sqllex_is(&t, "VACUUM");
}

void sqlscratch_run(struct sqlscratch *s, struct sv stmt, struct sv table, struct sv to,
                    struct arena *a, struct sqlscratch_result *ret)
{
    struct sqlscratch_result res = {.code = SQLITE_OK};
    int at;

    if (s->trial.on && sqlite3_get_autocommit(s->lite))
        (void)scratch_do(s, "BEGIN"); /* a statement before has rolled back */
    res.in_tx = !sqlite3_get_autocommit(s->lite);
    res.foreign_keys = sv_is(scratch_ask(s, a, "PRAGMA foreign_keys", SV(""), SV("")), "1");
    if (table.n)
        res.child = scratch_child(s, table, a);
    s->outside = false;
    scratch_quotes_are_names(s, s->assume);
    res.text_name = scratch_text_name(s, stmt, a);
    res.skipped = scratch_is_vacuum(stmt);
    if (!res.skipped)
        res.code = scratch_try(s, stmt);
    if (res.code != SQLITE_OK) {
        at = sqlite3_error_offset(s->lite);
        res.code = sqlite3_extended_errcode(s->lite);
        res.message = scratch_say(a, sqlite3_errmsg(s->lite));
        res.at = at < 0 ? 0 : (size_t)at;
        res.cut = (res.code & 0xff) == SQLITE_INTERRUPT;
        res.skipped = s->outside;
    }
    res.reads = arena_sv(a, strbuf_sv(&s->reads));
    scratch_follow(s, to);
    if (to.n && res.child.n)
        res.follows = scratch_child(s, to, a);
    *ret = res;
}

/* --- a way back that is tried --- */

static uint64_t scratch_count(struct sqlscratch *s)
{
    CLEANUP(arena_release) struct arena a = {0};
    struct sv all = scratch_ask(s, &a, "SELECT count(*) FROM sqlite_schema", SV(""), SV(""));
    uint64_t n;

    return sv_to_u64(all, &n) ? n : 0;
}

/* The definitions that the file has made; their number. */
static uint64_t scratch_keep_own(struct sqlscratch *s)
{
    struct scratch_trial *t = &s->trial;
    sqlite3_stmt *st = NULL;
    uint64_t n = 0;

    if (sqlite3_prepare_v2(s->lite,
                           "SELECT name, sql FROM sqlite_schema WHERE rowid > ?1 ORDER BY rowid",
                           -1, &st, NULL) == SQLITE_OK) {
        (void)sqlite3_bind_int64(st, 1, t->from); /* or nothing comes */
        for (; sqlite3_step(st) == SQLITE_ROW; n++) {
            const char *name = (const char *)sqlite3_column_text(st, 0);
            const char *sql = (const char *)sqlite3_column_text(st, 1);

            scratch_named(s, sv_from(name))->trial = t->number;
            if (sql)
                strbuf_addf(&t->sql, "%s;\n", sql);
        }
    }
    (void)sqlite3_finalize(st); /* repeats what the step said */
    return n;
}

void sqlscratch_try(struct sqlscratch *s)
{
    struct scratch_trial *t = &s->trial;
    bool only_made = s->touched.n == 0;

    assert(!t->on);
    t->from = s->seen;
    sqlscratch_begin(s);
    scratch_read_edges(s);
    t->on = true;
    t->number++;
    t->seen = s->seen;
    t->assumed = s->assumed.n;
    strbuf_truncate(&t->sql, 0);
    if (only_made)
        t->others = scratch_count(s) - scratch_keep_own(s);
    (void)scratch_do(s, "BEGIN"); /* none is open */
}

/* Is all that the file made gone, and nothing else different? */
static bool scratch_is_back(struct sqlscratch *s)
{
    for (size_t i = 0; i < s->touched.n; i++)
        if (s->names.v[s->touched.v[i]].trial != s->trial.number)
            return false;
    return s->trial.sql.n && !sqlite3_get_autocommit(s->lite) &&
           scratch_last_definition(s) <= s->trial.from && scratch_count(s) == s->trial.others;
}

/* Rolling back makes SQLite read all definitions anew; making again what the way back took away does not. */
void sqlscratch_undo(struct sqlscratch *s)
{
    struct scratch_trial *t = &s->trial;
    bool again = scratch_is_back(s) && scratch_do(s, strbuf_str(&t->sql)) &&
                 scratch_last_definition(s) == t->seen && scratch_do(s, "COMMIT");

    if (!again && !sqlite3_get_autocommit(s->lite))
        (void)scratch_do(s, "ROLLBACK"); /* to what it was */
    for (size_t i = 0; again && i < s->touched.n; i++)
        s->names.v[s->touched.v[i]].forced = false; /* their rows are gone */
    scratch_untouch(s);
    while (s->assumed.n > t->assumed)
        free(s->assumed.v[--s->assumed.n]);
    s->seen = again ? t->from : t->seen;
    s->edges = false; /* they were read before */
    s->fewer = false;
    s->made.n = 0;
    t->on = false;
}
