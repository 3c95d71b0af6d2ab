#pragma once

/*
 * db_int: what the two kinds of connection share.
 *
 * A kind fills struct db_ops.  Its `each` calls the row function first with v == NULL, for the names of the columns of
 * each statement that gives rows; what is public never sees that call.
 */
#include <stdatomic.h>

#include "db/db.h"

#define DB_OFTEN "prusik_often" /* as PREPARE names it */

struct db_ops {
    enum err_code (*each)(struct db *db, struct sv sql, const struct db_value *v, size_t n,
                          db_row_fn *fn, void *arg, int64_t *changed, struct err *err);
    void (*cancel)(struct db *db); /* from any thread; db->cancelled is set already */
    void (*close)(struct db *db);
    bool (*is_open)(const struct db *db);
    bool (*in_transaction)(const struct db *db);
};

struct db {
    const struct db_ops *ops;
    enum db_kind kind;
    int version;
    char *name;
    uint64_t limit_ms;    /* of a statement; 0: none */
    uint64_t deadline_ns; /* of the one that runs, clock_mono_ns(); 0: none */
    atomic_bool cancelled;
    db_notice_fn *notice;
    void *notice_arg;
    db_wait_fn *wait;
    void *wait_arg;
    uint64_t wait_ns; /* when it is called next */
    struct db_error error;
    int64_t changed;
    size_t done;          /* statements of the last call that ended; counted by the kind */
    struct strbuf often;  /* the statement that the server has read, as DB_OFTEN; or empty */
    bool runs_often;      /* it is what runs */
    bool forgot, forgets; /* the server has forgotten it: not told yet; at all */
    void *private;        /* of the kind */
};

/* A file; `path` is NUL-terminated. */
NODISCARD enum err_code db_sqlite_open(struct db *db, const struct db_config *c, const char *path,
                                       struct err *err);
NODISCARD enum err_code db_postgres_open(struct db *db, const struct db_config *c, const char *url,
                                         struct err *err);
/* The statement was cut off: ERR_INTERRUPTED and the wish is forgotten, or ERR_TIMEOUT. */
enum err_code db_cut_off(struct db *db, struct err *err);
/* Milliseconds until the deadline: 0 when it has passed, -1 without one. */
int db_left_ms(const struct db *db);
void db_error_clear(struct db *db);
