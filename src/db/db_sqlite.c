/* db_sqlite: a connection to a file of SQLite. */
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "db/db_int.h"

#define DB_SQLITE_BUSY_MS \
    10000 /* without a limit: so long another one's transaction is waited for */
#define DB_SQLITE_STEPS    2000 /* of SQLite's machine between two looks at the clock: some 20 us */
#define DB_SQLITE_NAP_MS   10
#define DB_SQLITE_MAX_COLS 2000 /* SQLite's own default */

struct db_sqlite {
    sqlite3 *lite;
    bool cut; /* the statement was ended by us */
};

static enum err_code db_sqlite_failed(struct db *db, struct err *err)
{
    struct db_sqlite *s = db->private;
    int rc = sqlite3_extended_errcode(s->lite), at = sqlite3_error_offset(s->lite);
    const char *text = sqlite3_errmsg(s->lite);

    if (s->cut || (rc & 0xff) == SQLITE_INTERRUPT) /* sqlite3_interrupt() or our handlers */
        return db_cut_off(db, err);
    /* One that comes while a table of pragma_...() is declared is a plain error of the statement that reads it. */
    if ((rc & 0xff) == SQLITE_ERROR && atomic_load(&db->cancelled))
        return db_cut_off(db, err);
    db->error.sqlite = rc;
    db->error.position = at < 0 ? 0 : (size_t)at + 1;
    (void)snprintf(db->error.message, sizeof(db->error.message), "%s", text);
    if ((rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_LOCKED)
        return err_set(err, ERR_LOCKED, "%s: %s", db->name, text);
    return err_set(err, ERR_DB, "%s: %s", db->name, text);
}

/* Ends the statement when its time is over. */
static int db_sqlite_on_steps(void *arg)
{
    struct db *db = arg;
    struct db_sqlite *s = db->private;

    s->cut = atomic_load(&db->cancelled) || db_left_ms(db) == 0;
    return s->cut;
}

static int db_sqlite_on_busy(void *arg, int tries)
{
    if (db_sqlite_on_steps(arg))
        return 0;
    if (db_left_ms(arg) < 0 && tries >= DB_SQLITE_BUSY_MS / DB_SQLITE_NAP_MS)
        return 0;
    (void)sqlite3_sleep(DB_SQLITE_NAP_MS); /* SQLite tells nobody that a lock was given back */
    return 1;
}

static enum err_code db_sqlite_bind(struct db *db, sqlite3_stmt *st, const struct db_value *v,
                                    size_t n, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        char name[24];
        int at;

        (void)snprintf(name, sizeof(name), "$%zu", i + 1);
        at = sqlite3_bind_parameter_index(st, name);
        if (at == 0 || v[i].is_null) /* what is not bound is NULL */
            continue;
        if (sqlite3_bind_text64(st, at, v[i].text.p ? v[i].text.p : "", v[i].text.n, SQLITE_STATIC,
                                SQLITE_UTF8) != SQLITE_OK)
            return db_sqlite_failed(db, err);
    }
    return ERR_OK;
}

struct db_sqlite_columns {
    struct sv *names;
    struct db_value *v;
    size_t n;
};

static void db_sqlite_columns_release(struct db_sqlite_columns *c)
{
    free(c->names);
    free(c->v);
}

static enum err_code db_sqlite_header(struct db_sqlite_columns *c, sqlite3_stmt *st, db_row_fn *fn,
                                      void *arg, struct err *err)
{
    c->n = (size_t)sqlite3_column_count(st);
    if (!c->n)
        return ERR_OK;
    c->names = XNEWN(struct sv, c->n);
    c->v = XNEWN(struct db_value, c->n);
    for (size_t i = 0; i < c->n; i++)
        c->names[i] = sv_from(sqlite3_column_name(st, (int)i));
    return fn(arg, &(struct db_row){.n = c->n, .names = c->names}, err);
}

static enum err_code db_sqlite_row(struct db_sqlite_columns *c, sqlite3_stmt *st, db_row_fn *fn,
                                   void *arg, struct err *err)
{
    for (size_t i = 0; i < c->n; i++) {
        const void *p = sqlite3_column_type(st, (int)i) == SQLITE_BLOB
                            ? sqlite3_column_blob(st, (int)i)
                            : sqlite3_column_text(st, (int)i);

        c->v[i] = (struct db_value){.is_null = sqlite3_column_type(st, (int)i) == SQLITE_NULL,
                                    .text = {p ? p : "", (size_t)sqlite3_column_bytes(st, (int)i)}};
    }
    return fn(arg, &(struct db_row){.n = c->n, .names = c->names, .v = c->v}, err);
}

/* One prepared statement to its end. */
static enum err_code db_sqlite_step(struct db *db, sqlite3_stmt *st, db_row_fn *fn, void *arg,
                                    struct err *err)
{
    CLEANUP(db_sqlite_columns_release) struct db_sqlite_columns c = {0};
    enum err_code rc = db_sqlite_header(&c, st, fn, arg, err);
    int step = SQLITE_DONE;

    while (rc == ERR_OK && (step = sqlite3_step(st)) == SQLITE_ROW)
        rc = db_sqlite_row(&c, st, fn, arg, err);
    if (rc == ERR_OK && step != SQLITE_DONE)
        return db_sqlite_failed(db, err);
    return rc;
}

static void db_sqlite_finalize(sqlite3_stmt **st)
{
    (void)sqlite3_finalize(*st); /* repeats the error of the step */
}

static bool db_sqlite_is_blank(struct sv rest)
{
    return sv_trim(rest).n == 0;
}

/* NOLINTNEXTLINE(readability-function-size): a row of db_ops */
static enum err_code db_sqlite_one(struct db *db, struct sv *rest, const struct db_value *v,
                                   size_t n, db_row_fn *fn, void *arg, int64_t *changed,
                                   struct err *err)
{
    struct db_sqlite *s = db->private;
    CLEANUP(db_sqlite_finalize) sqlite3_stmt *st = NULL;
    sqlite3_int64 before = sqlite3_total_changes64(s->lite);
    const char *end;

    if (sqlite3_prepare_v2(s->lite, rest->p, (int)rest->n, &st, &end) != SQLITE_OK)
        return db_sqlite_failed(db, err);
    *rest = sv_sub(*rest, (size_t)(end - rest->p), rest->n);
    if (!st) /* blanks or a comment */
        return ERR_OK;
    if (n && !db_sqlite_is_blank(*rest))
        return err_set(err, ERR_INVALID, "several statements cannot have parameters");
    if (db_sqlite_bind(db, st, v, n, err) != ERR_OK ||
        db_sqlite_step(db, st, fn, arg, err) != ERR_OK)
        return err->code;
    if (sqlite3_total_changes64(s->lite) != before)
        *changed = sqlite3_changes64(s->lite);
    return ERR_OK;
}

/* NOLINTNEXTLINE(readability-function-size): a row of db_ops */
static enum err_code db_sqlite_each(struct db *db, struct sv sql, const struct db_value *v,
                                    size_t n, db_row_fn *fn, void *arg, int64_t *changed,
                                    struct err *err)
{
    struct db_sqlite *s = db->private;

    s->cut = false;
    for (; sql.n; db->done++)
        if (db_sqlite_one(db, &sql, v, n, fn, arg, changed, err) != ERR_OK)
            return err->code;
    return ERR_OK;
}

static void db_sqlite_cancel(struct db *db)
{
    struct db_sqlite *s = db->private;

    sqlite3_interrupt(s->lite);
}

static void db_sqlite_close(struct db *db)
{
    struct db_sqlite *s = db->private;

    (void)sqlite3_close(s->lite); /* no statement of ours is left */
    free(s);
}

static bool db_sqlite_is_open(const struct db *db UNUSED)
{
    return true;
}

static bool db_sqlite_in_transaction(const struct db *db)
{
    struct db_sqlite *s = db->private;

    return !sqlite3_get_autocommit(s->lite);
}

static const struct db_ops db_sqlite_ops = {
    .each = db_sqlite_each,
    .cancel = db_sqlite_cancel,
    .close = db_sqlite_close,
    .is_open = db_sqlite_is_open,
    .in_transaction = db_sqlite_in_transaction,
};

/* SQLite itself says "unable to open database file" of all of these. */
static enum err_code db_sqlite_not_opened(sqlite3 *lite, const char *path, bool create,
                                          struct err *err)
{
    int cause = sqlite3_system_errno(lite);

    if (cause == ENOENT)
        return err_set(err, ERR_NOT_FOUND, "'%s': there is no such %s", path,
                       create ? "folder" : "file");
    if (cause == EISDIR)
        return err_set(err, ERR_DB, "'%s' is a folder, no database", path);
    if (cause == EACCES)
        return err_set(err, ERR_DB, "'%s': permission denied",
                       path); /* uncovered: none is closed to root */
    return err_set(err, ERR_DB, "'%s': %s", path, sqlite3_errmsg(lite));
}

enum err_code db_sqlite_open(struct db *db, const struct db_config *c, const char *path,
                             struct err *err)
{
    int flags = c->read_only ? SQLITE_OPEN_READONLY
                             : SQLITE_OPEN_READWRITE | (c->create ? SQLITE_OPEN_CREATE : 0);
    struct db_sqlite *s = XNEW(struct db_sqlite);

    db->private = s;
    db->ops = &db_sqlite_ops;
    db->kind = DB_SQLITE;
    db->name = xstrdup(path);
    db->version = sqlite3_libversion_number();
    if (sqlite3_open_v2(path, &s->lite, flags | SQLITE_OPEN_EXRESCODE, NULL) != SQLITE_OK)
        return db_sqlite_not_opened(s->lite, path, c->create, err);
    (void)sqlite3_busy_handler(s->lite, db_sqlite_on_busy, db);
    sqlite3_progress_handler(s->lite, DB_SQLITE_STEPS, db_sqlite_on_steps, db);
    /* What is no database is found out at the first read. */
    return db_run(db, SV("SELECT count(*) FROM sqlite_schema"), NULL, 0, NULL, err);
}
