#include "migrate/sqlscratch.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "migrate/sqlscratch_int.h"

#define SCRATCH_STEPS  2000       /* of SQLite's machine between two counts */
#define SCRATCH_COUNTS 4000       /* of one statement: some 0.2 s */
#define SCRATCH_PAGES  16384      /* that the statements may add: 64 MiB */
#define SCRATCH_BYTES  (16 << 20) /* of one value */

/* --- questions of our own: without the limits of a statement --- */

struct sv scratch_ask(struct sqlscratch *s, struct arena *a, const char *sql, struct sv one,
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

bool scratch_do(struct sqlscratch *s, const char *sql)
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

sqlite3_int64 scratch_last_definition(struct sqlscratch *s)
{
    CLEANUP(arena_release) struct arena a = {0};
    struct sv last = scratch_ask(s, &a, "SELECT max(rowid) FROM sqlite_schema", SV(""), SV(""));
    uint64_t n;

    return sv_to_u64(last, &n) ? (sqlite3_int64)n : 0;
}

/* --- opening --- */

static int scratch_on_steps(void *arg)
{
    struct sqlscratch *s = arg;

    return ++s->counts > SCRATCH_COUNTS;
}

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

/* --- a file begins --- */

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
