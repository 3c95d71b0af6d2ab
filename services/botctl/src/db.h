#pragma once

/*
 * db: SQLite or PostgreSQL behind one interface.
 *
 * A pool of n connections; a thread takes one, uses it alone and gives it back.
 * Statements are literals with $1, $2, ... in order of first use, which both
 * databases read; values are always bound.  Every statement has a deadline.  A
 * write is durable when db_commit() says ERR_OK; when it fails, it may still have
 * happened.  SQLite has one writer at a time: db_begin() waits for its turn.
 */
#include <stdbool.h>
#include <stdint.h>

#include "err.h"

struct db;
struct db_conn;

struct db_options {
    int n_conns;
    int timeout_ms; /* for a statement, a lock or a connection */
    bool create;    /* make a SQLite file that is not there */
    /* Told after each statement how long it took; may be NULL.  Called from any thread. */
    void (*observe)(void *ctx, uint64_t took_ns);
    void *observe_ctx;
};

/* Open "sqlite:..." or "postgresql://...".  ERR_ABSENT: no such file; ERR_USAGE: not such a URL. */
NODISCARD enum err_code db_open(const char *url, const struct db_options *options, struct db **ret,
                                struct err *err);
void db_free(struct db *db);

/* ERR_USAGE when db_open() would not take the URL, without opening it. */
NODISCARD enum err_code db_check_url(const char *url, struct err *err);

/* "sqlite" or "postgresql". */
const char *db_kind(const struct db *db);
const char *db_conn_kind(const struct db_conn *c);

/* Take a connection that works; a lost one is opened again.  Never waits for another thread. */
NODISCARD enum err_code db_take(struct db *db, struct db_conn **ret, struct err *err);
/* Give it back; ends a transaction that was left open.  NULL is allowed. */
void db_give(struct db_conn *c);
void db_givep(struct db_conn *const *c);

/* A value: text, or when it is NULL a number, or SQL's NULL. */
struct db_param {
    const char *text;
    int64_t number;
    bool null;
};
#define DB_TEXT(s) ((struct db_param){.text = (s)})
#define DB_INT(n)  ((struct db_param){.number = (n)})
#define DB_NULL    ((struct db_param){.null = true})

struct db_stmt {
    const char *sql;
    const struct db_param *params;
    size_t n_params;
};
/* A statement and the values of $1, $2, ...: DB_STMT("SELECT 1 WHERE 2 = $1", DB_INT(2)). */
#define DB_STMT(literal, ...) DB_STMT_OF("" literal, __VA_ARGS__)
/* The same for a text that is chosen from literals. */
#define DB_STMT_OF(text, ...)                                               \
    ((const struct db_stmt){(text), (const struct db_param[]){__VA_ARGS__}, \
                            sizeof((struct db_param[]){__VA_ARGS__}) / sizeof(struct db_param)})

/* A row: each column as text or NULL, valid during the call only. */
typedef void (*db_row_fn)(void *ctx, int n, const char *const *columns);

/* Run one statement.  row may be NULL.  Rows may have been handed out when it fails. */
NODISCARD enum err_code db_query(struct db_conn *c, struct db_stmt stmt, db_row_fn row, void *ctx,
                                 struct err *err);

/* The one integer of the one row; ERR_DB when there is another number of rows, or NULL. */
NODISCARD enum err_code db_query_int(struct db_conn *c, struct db_stmt stmt, int64_t *ret,
                                     struct err *err);

/* Run a script of several statements without values (a migration). */
NODISCARD enum err_code db_script(struct db_conn *c, const char *sql, struct err *err);

NODISCARD enum err_code db_begin(struct db_conn *c, struct err *err);
NODISCARD enum err_code db_commit(struct db_conn *c, struct err *err);

/* A time as the database prints it into 2025-10-25T21:00:00.123Z; out needs DB_TIME bytes. */
enum { DB_TIME = 32 };
void db_time_text(const char *in, char out[DB_TIME]);
