#include <assert.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db_int.h"

struct sqlite_conn {
    struct db_conn base; /* first: a struct db_conn * is a pointer to this */
    sqlite3 *db;
    char *path;
};

static const char *const schemes[] = {"sqlite:", NULL};

static struct sqlite_conn *of(struct db_conn *c)
{
    assert(c->backend == &db_backend_sqlite);
    return (struct sqlite_conn *)c;
}

/* The path in sqlite:///absolute, sqlite:/absolute or sqlite:relative; NULL: neither. */
static const char *url_path(const char *url)
{
    const char *path = url + strlen("sqlite:");

    if (strncmp(path, "///", 3) == 0)
        path += 2;
    else if (strncmp(path, "//", 2) == 0)
        return NULL;
    return *path && strcmp(path, ":memory:") != 0 ? path : NULL;
}

static enum err_code sqlite_check_url(const char *url, struct err *err)
{
    if (url_path(url))
        return ERR_OK;
    return err_set(err, ERR_USAGE,
                   "'%s' is neither sqlite:///absolute/path nor sqlite:relative/path", url);
}

static enum err_code sqlite_fail(struct sqlite_conn *s, struct err *err)
{
    return err_set(err, ERR_DB, "SQLite: %s (%s)", sqlite3_errmsg(s->db), s->path);
}

static void on_journal_mode(void *ctx, int n, const char *const *columns)
{
    bool *wal = ctx;

    *wal = n == 1 && columns[0] && strcmp(columns[0], "wal") == 0;
}

/* WAL lets readers go on while one writes; FULL makes a commit survive a power cut. */
static enum err_code sqlite_set_up(struct sqlite_conn *s, int timeout_ms, struct err *err)
{
    struct db_conn *c = &s->base;
    bool wal = false;

    sqlite3_busy_timeout(s->db, timeout_ms);
    sqlite3_extended_result_codes(s->db, 1);
    if (c->backend->query(c, DB_STMT("PRAGMA journal_mode=WAL"), on_journal_mode, &wal, err) !=
            ERR_OK ||
        c->backend->script(c, "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON", err) != ERR_OK)
        return err->code;
    return wal ? ERR_OK : err_set(err, ERR_DB, "SQLite cannot use a WAL for '%s'", s->path);
}

static void sqlite_close(struct db_conn *c)
{
    struct sqlite_conn *s = of(c);

    sqlite3_close(s->db);
    free(s->path);
    free(s);
}

static enum err_code sqlite_open(const char *url, const struct db_options *options,
                                 struct db_conn **ret, struct err *err)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    const char *path = url_path(url);
    struct sqlite_conn *s;

    if (!options->create && access(path, F_OK) != 0 && errno == ENOENT)
        return err_set(err, ERR_ABSENT, "there is no database '%s': 'botctl migrate up' makes it",
                       path);
    s = xcalloc(1, sizeof(*s));
    s->base.backend = &db_backend_sqlite;
    s->path = xstrdup(path);
    if (sqlite3_open_v2(path, &s->db, flags | (options->create ? SQLITE_OPEN_CREATE : 0), NULL))
        (void)sqlite_fail(s, err);
    else if (sqlite_set_up(s, options->timeout_ms, err) == ERR_OK) {
        *ret = &s->base;
        return ERR_OK;
    }
    sqlite_close(&s->base);
    return err->code;
}

/* A file that was moved or replaced takes writes that nobody will ever read. */
static enum err_code sqlite_ready(struct db_conn *c, struct err *err)
{
    struct sqlite_conn *s = of(c);
    int moved = 0;

    if (sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved)
        return err_set(err, ERR_DB, "the database '%s' was moved, removed or replaced: restart",
                       s->path);
    return ERR_OK;
}

static int bind_all(sqlite3_stmt *st, const struct db_stmt *stmt)
{
    int rc = SQLITE_OK;

    for (size_t i = 0; i < stmt->n_params && rc == SQLITE_OK; i++) {
        const struct db_param *p = &stmt->params[i];

        if (p->null)
            continue; /* what is not bound is NULL */
        rc = p->text ? sqlite3_bind_text(st, (int)i + 1, p->text, -1, SQLITE_STATIC)
                     : sqlite3_bind_int64(st, (int)i + 1, p->number);
    }
    return rc;
}

static void hand_out_row(sqlite3_stmt *st, db_row_fn row, void *ctx)
{
    const char *columns[DB_MAX_COLUMNS];
    int n = sqlite3_column_count(st);

    assert(n <= DB_MAX_COLUMNS);
    for (int i = 0; i < n; i++)
        columns[i] = (const char *)sqlite3_column_text(st, i);
    row(ctx, n, columns);
}

static enum err_code sqlite_query(struct db_conn *c, struct db_stmt stmt, db_row_fn row, void *ctx,
                                  struct err *err)
{
    struct sqlite_conn *s = of(c);
    sqlite3_stmt *st = NULL;
    enum err_code code = ERR_OK;
    int rc = sqlite3_prepare_v2(s->db, stmt.sql, -1, &st, NULL);

    if (rc == SQLITE_OK)
        rc = bind_all(st, &stmt);
    if (rc == SQLITE_OK)
        while ((rc = sqlite3_step(st)) == SQLITE_ROW)
            if (row)
                hand_out_row(st, row, ctx);
    if (rc != SQLITE_DONE)
        code = sqlite_fail(s, err);
    sqlite3_finalize(st);
    return code;
}

static enum err_code sqlite_script(struct db_conn *c, const char *sql, struct err *err)
{
    struct sqlite_conn *s = of(c);

    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) ? sqlite_fail(s, err) : ERR_OK;
}

const struct db_backend db_backend_sqlite = {
    .kind = "sqlite",
    .schemes = schemes,
    .single_writer = true,
    .begin = "BEGIN IMMEDIATE",
    .check_url = sqlite_check_url,
    .open = sqlite_open,
    .close = sqlite_close,
    .ready = sqlite_ready,
    .query = sqlite_query,
    .script = sqlite_script,
};
