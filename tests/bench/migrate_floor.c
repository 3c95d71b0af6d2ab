/*
 * The least that applying N migrations takes: a table and a row of history each, in one transaction and one message, by
 * libpq and sqlite3 alone.  usage: migrate_floor DATABASE N; what is applied already is passed over.
 */
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/sv.h"

#define HISTORY "CREATE TABLE IF NOT EXISTS history (version integer PRIMARY KEY, at timestamp)"

static void migration(char *sql, size_t n, int i)
{
    (void)snprintf(sql, n,
                   "BEGIN; CREATE TABLE t%d (id integer PRIMARY KEY, name text NOT NULL);"
                   " INSERT INTO history VALUES (%d, CURRENT_TIMESTAMP); COMMIT",
                   i, i);
}

static int fail(const char *what)
{
    (void)fprintf(stderr, "error: %s\n", what);
    return 1;
}

static int on_postgres(const char *url, int n)
{
    PGconn *pg = PQconnectdb(url);
    PGresult *r;
    char sql[400];
    int bad = PQstatus(pg) != CONNECTION_OK, applied = 0;

    r = bad ? NULL
            : PQexec(pg,
                     "SET client_min_messages = error; " HISTORY "; SELECT version FROM history");
    bad = bad || PQresultStatus(r) != PGRES_TUPLES_OK;
    applied = bad ? 0 : PQntuples(r);
    PQclear(r);
    for (int i = applied + 1; i <= n && !bad; i++) {
        migration(sql, sizeof(sql), i);
        r = PQexec(pg, sql);
        bad = PQresultStatus(r) != PGRES_COMMAND_OK;
        PQclear(r);
    }
    if (bad)
        bad = fail(PQerrorMessage(pg));
    PQfinish(pg);
    return bad;
}

static int on_sqlite(const char *path, int n)
{
    sqlite3_stmt *s = NULL;
    sqlite3 *db = NULL;
    char sql[400];
    int applied = 0,
        bad = sqlite3_open(path, &db) != SQLITE_OK ||
              sqlite3_exec(db, HISTORY, NULL, NULL, NULL) != SQLITE_OK ||
              sqlite3_prepare_v2(db, "SELECT version FROM history", -1, &s, NULL) != SQLITE_OK;

    while (!bad && sqlite3_step(s) == SQLITE_ROW)
        applied++;
    (void)sqlite3_finalize(s);
    for (int i = applied + 1; i <= n && !bad; i++) {
        migration(sql, sizeof(sql), i);
        bad = sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK;
    }
    if (bad)
        bad = fail(sqlite3_errmsg(db));
    (void)sqlite3_close(db);
    return bad;
}

int main(int argc, char **argv)
{
    int64_t n;

    if (argc != 3 || !sv_to_i64(sv_from(argv[2]), &n) || n < 0 || n > 100000)
        return fail("usage: migrate_floor DATABASE N");
    return strncmp(argv[1], "postgresql:", 11) == 0 ? on_postgres(argv[1], (int)n)
                                                    : on_sqlite(argv[1], (int)n);
}
