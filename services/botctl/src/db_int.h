#pragma once

/*
 * db_int: what a database brings to db.c.  For db*.c only.
 *
 * A connection starts with struct db_conn.  Calls on one connection come from one
 * thread at a time.  A failed statement leaves the connection usable, or broken:
 * ready() is asked before each use and mends it or says why it cannot.
 */
#include "db.h"

struct db_backend {
    const char *kind;
    const char *const *schemes; /* of the URL, up to NULL */
    bool single_writer;         /* transactions wait for each other in db.c */
    const char *begin;
    enum err_code (*check_url)(const char *url, struct err *err);
    enum err_code (*open)(const char *url, const struct db_options *options, struct db_conn **ret,
                          struct err *err);
    void (*close)(struct db_conn *c);
    enum err_code (*ready)(struct db_conn *c, struct err *err);
    enum err_code (*query)(struct db_conn *c, struct db_stmt stmt, db_row_fn row, void *ctx,
                           struct err *err);
    enum err_code (*script)(struct db_conn *c, const char *sql, struct err *err);
};

extern const struct db_backend db_backend_sqlite;
#ifdef HAVE_LIBPQ
extern const struct db_backend db_backend_pg;
#endif

enum { DB_MAX_PARAMS = 8, DB_MAX_COLUMNS = 16 };

struct db_conn {
    struct db *db;
    const struct db_backend *backend;
    bool in_transaction;
    struct db_conn *next_free;
};
