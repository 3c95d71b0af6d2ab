#pragma once

/*
 * runlock: one program at a time changes the definitions of a database.
 *
 * PostgreSQL: a session's advisory lock, asked for again and again and never waited for in the server, where who waits
 * holds a snapshot that CREATE INDEX CONCURRENTLY waits for.  SQLite: a lock of the kernel on FILE.prusik-lock beside the
 * database.  Both are given back when the process ends, however it ends; the file goes with its lock, and is left behind
 * only by a process that was killed, which does no harm.  Blocks for at most `wait_ms`.
 */
#include "db/db.h"

struct runlock {
    struct db *db; /* NULL: not held */
    int64_t key;
    int fd;
    char *path; /* of the file that fd is of; NULL: none */
};

/* ERR_LOCKED names who has it, ERR_INTERRUPTED: db_cancel() was called. */
NODISCARD enum err_code runlock_take(struct runlock *l, struct db *db, struct sv schema,
                                     uint64_t wait_ms, struct err *err);
/* Does anybody have it? */
NODISCARD enum err_code runlock_is_held(struct db *db, struct sv schema, bool *ret,
                                        struct err *err);
/* A lock that is not held is nothing; one whose connection is lost is gone. */
void runlock_give(struct runlock *l);
/* Wait, or until db_cancel() is called: ERR_INTERRUPTED. */
NODISCARD enum err_code runlock_pause(struct db *db, uint64_t ms, struct err *err);
