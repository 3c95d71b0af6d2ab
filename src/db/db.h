#pragma once

/*
 * db: one connection to PostgreSQL (libpq) or SQLite, behind one interface.
 *
 * Calls block: they are for a worker thread, or for a program that waits for nothing else.  One thread at a time uses a
 * connection; db_cancel() may be called from any.  Every call of a statement ends by db_limit() at the latest.
 * Parameters are $1, $2, ... in both; values come and go as text, as each database writes it.  What a statement that
 * was cut off has done is not known: the connection says by db_is_open() whether it can be asked.
 * Errors: ERR_DB with the server's words (db_error() has the parts), ERR_TIMEOUT for the limit, ERR_INTERRUPTED after
 * db_cancel(), ERR_NOT_FOUND for a file or library that is not there, ERR_NET for a connection that is lost.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "base/sv.h"

enum db_kind { DB_SQLITE, DB_POSTGRES };

struct db;
struct db_value {
    struct sv text;
    bool is_null;
};
#define DB_TEXT(s) ((struct db_value){.text = (s)})
#define DB_NULL    ((struct db_value){.is_null = true})

struct db_config {
    /* "postgresql://..." or "postgres://..." (libpq's own form, with its defaults and .pgpass), "sqlite:PATH" or the
     * path of a SQLite file.  "sqlite:///PATH" is relative to SQLAlchemy and absolute to others: the one that is
     * there counts, and ERR_INVALID when none or both are. */
    struct sv url;
    bool create;         /* a SQLite file that is not there is made; without it: ERR_NOT_FOUND */
    bool read_only;      /* nothing can be changed */
    uint64_t connect_ms; /* 0: 10 s */
};

/* What the last statement that failed told. */
struct db_error {
    char sqlstate[6]; /* PostgreSQL's five characters; SQLite: "" */
    int sqlite;       /* the extended result code; PostgreSQL: 0 */
    size_t position;  /* 1-based byte of the statement at which it is; 0: not told */
    char message[512], detail[512], constraint[128]; /* or "" */
};

bool db_is_url(struct sv text); /* one of the forms with a scheme */
NODISCARD enum err_code db_open(const struct db_config *c, struct db **ret, struct err *err);
void db_close(struct db *db); /* NULL: nothing */
DEFINE_CLEANUP(struct db *, db_close)

enum db_kind db_kind(const struct db *db);
const char *db_name(const struct db *db); /* for people: never a password */
int db_version(const struct db *db);      /* 150004 is PostgreSQL 15.4; 3040001 is SQLite 3.40.1 */
bool db_is_open(const struct db *db);     /* false: the connection is lost */
bool db_in_transaction(const struct db *db);
const struct db_error *db_error(const struct db *db);

/* For each statement from now on; 0: none.  Longer waits end the statement at the server, too. */
void db_limit(struct db *db, uint64_t ms);
/*
 * From any thread: the statement that runs ends with ERR_INTERRUPTED, and so does the next if none runs, or if the one that
 * runs has come to its end all the same and had no rows to give.
 */
void db_cancel(struct db *db);
/* NOTICE, WARNING, ... of PostgreSQL, one line each; from within the calls below. */
typedef void db_notice_fn(void *arg, struct sv severity, struct sv message);
void db_on_notice(struct db *db, db_notice_fn *fn, void *arg);

/* About once a second while a statement of PostgreSQL runs, from within the calls below; another connection may be
 * used there.  NULL: no more. */
typedef void db_wait_fn(void *arg);
void db_on_wait(struct db *db, db_wait_fn *fn, void *arg);

/* One statement, or with n = 0 several separated by semicolons (PostgreSQL: in one transaction then). */
NODISCARD enum err_code db_run(struct db *db, struct sv sql, const struct db_value *v, size_t n,
                               int64_t *changed, struct err *err);

/*
 * One statement with parameters that comes again and again: PostgreSQL reads and plans it once.  Something that runs on the
 * connection can make the server forget it (DEALLOCATE, DISCARD): then the statement fails, db_forgot() says so once, and
 * from then on it is read each time.
 */
NODISCARD enum err_code db_run_often(struct db *db, struct sv sql, const struct db_value *v,
                                     size_t n, struct err *err);
bool db_forgot(struct db *db);
/*
 * The same, and the statements `behind` it: in one message where that is possible.  db_done() says whether the first of them
 * or one behind it failed.
 */
NODISCARD enum err_code db_run_often_with(struct db *db, struct sv sql, const struct db_value *v,
                                          size_t n, struct sv behind, struct err *err);
/*
 * Add it to a message of several statements, as the text of one.  Nothing is added where that is not possible: SQLite, long
 * values, a server that forgets.  When it fails there, db_often_failed() notes whether it was forgotten, for db_forgot().
 */
NODISCARD enum err_code db_often_text(struct db *db, struct sv sql, const struct db_value *v,
                                      size_t n, struct strbuf *text, struct err *err);
void db_often_failed(struct db *db);

struct db_row {
    size_t n; /* columns */
    const struct sv *names;
    const struct db_value *v; /* valid until the function returns */
};
/* Stops when it returns something else than ERR_OK, and returns that. */
typedef enum err_code db_row_fn(void *arg, const struct db_row *row, struct err *err);
/* Rows that the last statement changed (of several: the last that changed any). */
int64_t db_changed(const struct db *db);
/* Statements of the last call that came to their end: of several that were sent, those before the one that failed or was
 * cut off. */
size_t db_done(const struct db *db);
/* Rows as they come: memory does not grow with their number. */
NODISCARD enum err_code db_each(struct db *db, struct sv sql, const struct db_value *v, size_t n,
                                db_row_fn *fn, void *arg, struct err *err);

struct db_table {
    size_t n_rows, n_cols;
    const struct sv *names;
    const struct db_value *v; /* row after row */
};
/* All rows; more than LIMIT_SQL_ROWS are ERR_INVALID. */
NODISCARD enum err_code db_all(struct db *db, struct arena *a, struct sv sql,
                               const struct db_value *v, size_t n, struct db_table *ret,
                               struct err *err);
/* The first column of the first row; no row is like NULL. */
NODISCARD enum err_code db_one(struct db *db, struct arena *a, struct sv sql,
                               const struct db_value *v, size_t n, struct db_value *ret,
                               struct err *err);

/* `name` quoted as an identifier, `text` as a literal; the same in both databases. */
void db_quote_name(struct strbuf *b, struct sv name);
void db_quote_text(struct strbuf *b, struct sv text);
