/* A way back is tried in a transaction of which nothing stays. */
#include <stdlib.h>

#include "migrate/sqlscratch_int.h"

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
