#pragma once

/*
 * stmt: one SQL statement of the store, with an error that sticks.
 *
 * The text is a literal of the module that owns the table; values are bound.  After
 * the first failure every call does nothing, and stmt_next()/stmt_exec() report it.
 * Begin with STMT(db, "literal"), end with stmt_done().
 */
#include <sqlite3.h>

#include "base/err.h"

struct stmt_kept;
struct stmt {
    struct stmt_kept *kept; /* private: it is prepared once and used again; NULL: it is not */
    sqlite3 *db;
    sqlite3_stmt *st;
    int rc;
    int next_bind;
};

/* A literal is prepared once for each database, until stmt_forget(): reading SQL costs more than most statements do. */
#define STMT(db, lit) stmt_again((db), "" lit)
struct stmt stmt_again(sqlite3 *db, const char *literal);
/* Prepared for this use alone. */
struct stmt stmt_begin(sqlite3 *db, const char *sql);
void stmt_done(struct stmt *s);
/* Before the database is closed. */
void stmt_forget(const sqlite3 *db);

/* Bind the next parameter. */
void stmt_bind_i64(struct stmt *s, int64_t v);
void stmt_bind_sv(struct stmt *s, struct sv v); /* text; copied */
void stmt_bind_blob(struct stmt *s, const void *p, size_t n);

/* One row, or none: *more says so. */
NODISCARD enum err_code stmt_next(struct stmt *s, bool *more, struct err *err);
/* To the end; rows are ignored.  The statement can then be bound again. */
NODISCARD enum err_code stmt_exec(struct stmt *s, struct err *err);

/* What the database says of its last call, and what a full disk needs. */
enum err_code stmt_db_error(sqlite3 *db, struct err *err);

int64_t stmt_i64(const struct stmt *s, int column);
/* Valid until the next call on s. */
struct sv stmt_sv(const struct stmt *s, int column);

/* BEGIN IMMEDIATE ... COMMIT; what is not committed at txn_done() is rolled back. */
struct txn {
    sqlite3 *db;
    bool open;
};
NODISCARD enum err_code txn_begin(struct txn *t, struct err *err);
NODISCARD enum err_code txn_commit(struct txn *t, struct err *err);
void txn_done(struct txn *t);
