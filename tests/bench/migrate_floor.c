/*
 * What applying N migrations takes by libpq and sqlite3 alone: a table and what is kept about it, in one transaction and one
 * message.  usage: migrate_floor DATABASE N [record]; what is applied already is passed over.
 *
 * Kept is a version and its time, the least by which a tool knows what it has done; with "record" what prusik keeps, as
 * docs/formats/migrations.md prescribes it: a row with digests and texts, and an event.  No lock, no settings, no file is read.
 */
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/sv.h"

#define FLOOR_DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define FLOOR_ROW                                                                                                           \
    "(version text PRIMARY KEY, ordinal numeric NOT NULL, name text, kind text NOT NULL, state text NOT NULL, format text," \
    " path text, title text, grade text, p1 text, s1 text, up_text text, down_text text, verify_text text, origin text,"    \
    " origin_ref text, origin_at %s, applied_at %s, applied_by text, duration_ms bigint, run_id text, last_event bigint)"
#define FLOOR_EVENT                                                                                                     \
    "(id %s PRIMARY KEY, at %s NOT NULL, run_id text, db_user text, os_user text, host text, pid bigint, program text," \
    " kind text NOT NULL, version text, direction text, part text, stmt bigint, duration_ms bigint, sqlstate text,"     \
    " message text, detail %s)"

struct floor {
    bool pg, record;
};

/* The tables, and how many migrations are applied. */
static void floor_start(const struct floor *f, char *sql, size_t n)
{
    const char *time = f->pg ? "timestamptz" : "text";

    if (f->record)
        (void)snprintf(sql, n,
                       "CREATE TABLE IF NOT EXISTS p_migration " FLOOR_ROW
                       "; CREATE TABLE IF NOT EXISTS p_event " FLOOR_EVENT,
                       time, time, f->pg ? "bigint GENERATED ALWAYS AS IDENTITY" : "INTEGER", time,
                       f->pg ? "json" : "text");
    else
        (void)snprintf(
            sql, n,
            "CREATE TABLE IF NOT EXISTS history (version integer PRIMARY KEY, at timestamp)");
}

static const char *floor_applied(const struct floor *f)
{
    return f->record ? "SELECT version, p1, state FROM p_migration" : "SELECT version FROM history";
}

static void floor_migration(const struct floor *f, char *sql, size_t n, int i)
{
    const char *now = f->pg ? "clock_timestamp()" : "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')";
    char rows[1500];

    if (f->record)
        (void)snprintf(
            rows, sizeof(rows),
            "INSERT INTO p_migration (version, ordinal, name, kind, state, format, path, p1, s1, up_text, down_text,"
            " applied_at%s, duration_ms, run_id) VALUES ('%d', '%d', 't%d', 'versioned', 'applied', 'prusik',"
            " 'prusik/%04d_t%d.sql', 'p1:" FLOOR_DIGEST "', 's1:" FLOOR_DIGEST
            "', '-- prusik:up part=p1 tx=yes\nCREATE TABLE t%d (id integer PRIMARY KEY, name text NOT NULL);\n',"
            " '-- prusik:down\nDROP TABLE t%d;\n', %s%s, '1', 'm-0123456789');"
            " INSERT INTO p_event (at%s, run_id, os_user, host, program, kind, version, direction, duration_ms)"
            " VALUES (%s%s, 'm-0123456789', 'tester', 'host', 'prusik', 'up-done', '%d', 'up', '1')",
            f->pg ? ", applied_by" : "", i, i, i, i, i, i, i, now, f->pg ? ", current_user" : "",
            f->pg ? ", db_user, pid" : "", now, f->pg ? ", current_user, pg_backend_pid()" : "", i);
    else
        (void)snprintf(rows, sizeof(rows), "INSERT INTO history VALUES (%d, CURRENT_TIMESTAMP)", i);
    (void)snprintf(
        sql, n, "BEGIN; CREATE TABLE t%d (id integer PRIMARY KEY, name text NOT NULL); %s; COMMIT",
        i, rows);
}

static int floor_fail(const char *what)
{
    (void)fprintf(stderr, "error: %s\n", what);
    return 1;
}

static int floor_on_postgres(const struct floor *f, const char *url, int n)
{
    PGconn *pg = PQconnectdb(url);
    PGresult *r;
    char sql[3000];
    int bad = PQstatus(pg) != CONNECTION_OK, applied = 0;

    floor_start(f, sql, sizeof(sql));
    if (!bad)
        PQclear(PQexec(pg, "SET client_min_messages = error"));
    r = bad ? NULL : PQexec(pg, sql);
    bad = bad || PQresultStatus(r) != PGRES_COMMAND_OK;
    PQclear(r);
    r = bad ? NULL : PQexec(pg, floor_applied(f));
    bad = bad || PQresultStatus(r) != PGRES_TUPLES_OK;
    applied = bad ? 0 : PQntuples(r);
    PQclear(r);
    for (int i = applied + 1; i <= n && !bad; i++) {
        floor_migration(f, sql, sizeof(sql), i);
        r = PQexec(pg, sql);
        bad = PQresultStatus(r) != PGRES_COMMAND_OK;
        PQclear(r);
    }
    if (bad)
        bad = floor_fail(PQerrorMessage(pg));
    PQfinish(pg);
    return bad;
}

static int floor_on_sqlite(const struct floor *f, const char *path, int n)
{
    sqlite3_stmt *s = NULL;
    sqlite3 *db = NULL;
    char sql[3000];
    int applied = 0, bad;

    floor_start(f, sql, sizeof(sql));
    bad = sqlite3_open(path, &db) != SQLITE_OK ||
          sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK ||
          sqlite3_prepare_v2(db, floor_applied(f), -1, &s, NULL) != SQLITE_OK;
    while (!bad && sqlite3_step(s) == SQLITE_ROW)
        applied++;
    (void)sqlite3_finalize(s);
    for (int i = applied + 1; i <= n && !bad; i++) {
        floor_migration(f, sql, sizeof(sql), i);
        bad = sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK;
    }
    if (bad)
        bad = floor_fail(sqlite3_errmsg(db));
    (void)sqlite3_close(db);
    return bad;
}

int main(int argc, char **argv)
{
    struct floor f = {.record = argc == 4 && strcmp(argv[3], "record") == 0};
    int64_t n;

    if (argc != 3 + f.record || !sv_to_i64(sv_from(argv[2]), &n) || n < 0 || n > 100000)
        return floor_fail("usage: migrate_floor DATABASE N [record]");
    f.pg = strncmp(argv[1], "postgresql:", 11) == 0;
    return f.pg ? floor_on_postgres(&f, argv[1], (int)n) : floor_on_sqlite(&f, argv[1], (int)n);
}
