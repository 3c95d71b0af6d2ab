#include "store/stmt.h"

#include <errno.h>
#include <string.h>

struct stmt stmt_begin(sqlite3 *db, const char *sql)
{
    struct stmt s = {.db = db};

    s.rc = sqlite3_prepare_v2(db, sql, -1, &s.st, NULL);
    return s;
}

/* --- statements that are used again: few, and of one thread --- */

static struct stmt_kept {
    const sqlite3 *db; /* NULL: the place is free */
    const char *sql;   /* a literal: its address is its name */
    sqlite3_stmt *st;
    bool used;
} stmt_kept[48];

static struct stmt_kept *stmt_find(const sqlite3 *db, const char *sql)
{
    for (size_t i = 0; i < ARRAY_LEN(stmt_kept); i++)
        if (stmt_kept[i].db == db && stmt_kept[i].sql == sql && !stmt_kept[i].used)
            return &stmt_kept[i];
    return NULL;
}

struct stmt stmt_again(sqlite3 *db, const char *literal)
{
    struct stmt_kept *k = stmt_find(db, literal);
    struct stmt s;

    if (k) {
        k->used = true;
        return (struct stmt){.kept = k, .db = db, .st = k->st};
    }
    s = stmt_begin(db, literal);
    k = s.rc == SQLITE_OK ? stmt_find(NULL, NULL) : NULL;
    if (k)
        *k = (struct stmt_kept){db, literal, s.st, true};
    s.kept = k;
    return s;
}

void stmt_forget(const sqlite3 *db)
{
    for (size_t i = 0; db && i < ARRAY_LEN(stmt_kept); i++)
        if (stmt_kept[i].db == db) {
            assert(!stmt_kept[i].used);
            (void)sqlite3_finalize(stmt_kept[i].st); /* reset by stmt_done() */
            stmt_kept[i] = (struct stmt_kept){0};
        }
}

void stmt_done(struct stmt *s)
{
    if (s->kept) {
        (void)sqlite3_reset(s->st); /* repeats the error of the last step */
        (void)sqlite3_clear_bindings(s->st);
        s->kept->used = false;
    } else {
        (void)sqlite3_finalize(s->st); /* likewise */
    }
    s->st = NULL;
    s->kept = NULL;
}

void stmt_bind_i64(struct stmt *s, int64_t v)
{
    if (s->rc == SQLITE_OK)
        s->rc = sqlite3_bind_int64(s->st, ++s->next_bind, v);
}

void stmt_bind_sv(struct stmt *s, struct sv v)
{
    if (s->rc == SQLITE_OK)
        s->rc = sqlite3_bind_text64(s->st, ++s->next_bind, v.p ? v.p : "", v.n, SQLITE_TRANSIENT,
                                    SQLITE_UTF8);
}

void stmt_bind_blob(struct stmt *s, const void *p, size_t n)
{
    if (s->rc == SQLITE_OK)
        s->rc = sqlite3_bind_blob64(s->st, ++s->next_bind, p, n, SQLITE_TRANSIENT);
}

enum err_code stmt_db_error(sqlite3 *db, struct err *err)
{
    int code = sqlite3_errcode(db) & 0xff, sys = sqlite3_system_errno(db);
    bool full = code == SQLITE_FULL || (code == SQLITE_IOERR && sys == ENOSPC);
    char text[128];

    (void)err_set(err, ERR_DB, "%s%s%s", sqlite3_errmsg(db),
                  code == SQLITE_IOERR && sys ? ": " : "",
                  code == SQLITE_IOERR && sys ? strerror_r(sys, text, sizeof(text)) : "");
    return full ? err_hint(err, "make room on its disk (df -h), then go on") : err->code;
}

static enum err_code stmt_db_fail(sqlite3 *db, struct err *err)
{
    (void)stmt_db_error(db, err);
    return err_wrap(err, "store '%s'", sqlite3_db_filename(db, "main"));
}

static enum err_code stmt_fail(const struct stmt *s, struct err *err)
{
    return stmt_db_fail(s->db, err);
}

enum err_code stmt_next(struct stmt *s, bool *more, struct err *err)
{
    if (s->rc == SQLITE_OK)
        s->rc = sqlite3_step(s->st);
    if (s->rc != SQLITE_ROW && s->rc != SQLITE_DONE)
        return stmt_fail(s, err);
    *more = s->rc == SQLITE_ROW;
    s->rc = SQLITE_OK;
    return ERR_OK;
}

enum err_code stmt_exec(struct stmt *s, struct err *err)
{
    enum err_code rc;
    bool more = true;

    while ((rc = stmt_next(s, &more, err)) == ERR_OK && more)
        ;
    if (rc == ERR_OK) {
        (void)sqlite3_reset(s->st); /* repeats the result of the last step, which was good */
        s->next_bind = 0;
    }
    return rc;
}

int64_t stmt_i64(const struct stmt *s, int column)
{
    return sqlite3_column_int64(s->st, column);
}

struct sv stmt_sv(const struct stmt *s, int column)
{
    const void *p = sqlite3_column_blob(s->st, column);

    return (struct sv){p, (size_t)sqlite3_column_bytes(s->st, column)};
}

static enum err_code txn_run(const struct txn *t, const char *literal, struct err *err)
{
    CLEANUP(stmt_done) struct stmt s = stmt_again(t->db, literal);

    return stmt_exec(&s, err);
}

enum err_code txn_begin(struct txn *t, struct err *err)
{
    enum err_code rc = txn_run(t, "BEGIN IMMEDIATE", err);

    t->open = rc == ERR_OK;
    return rc;
}

enum err_code txn_commit(struct txn *t, struct err *err)
{
    enum err_code rc = txn_run(t, "COMMIT", err);

    t->open = t->open && rc != ERR_OK;
    return rc;
}

void txn_done(struct txn *t)
{
    if (t->open)
        (void)sqlite3_exec(t->db, "ROLLBACK", NULL, NULL, NULL); /* the failure was reported */
    t->open = false;
}
