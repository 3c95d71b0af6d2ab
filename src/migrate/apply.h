#pragma once

/*
 * apply: migrations are carried out and undone, one statement after another, on one connection.
 *
 * A part with tx=yes and what is kept about it are one transaction.  A part without one runs statement by
 * statement: what may run in a transaction gets one of its own; before what may not, an intent is committed, and
 * behind it that it is done, so that after a crash it is asked whether it took effect (M9, M19).  Locks are
 * waited for `lock_timeout_ms` and then tried again, with growing pauses, for `retry_ms`.  A backfill runs in batches,
 * each a transaction that keeps its place; a part with rebuild= makes a table of SQLite anew in one.
 * Nothing is marked as done because a statement said that something already exists.
 */
#include "migrate/pending.h"
#include "migrate/runlock.h"

/* What happens, as it happens: a row of `event`, and where. */
typedef void apply_tell_fn(void *arg, const struct book_event *e);

struct apply_options {
    struct sv schema;         /* of prusik's own tables */
    uint64_t wait_ms;         /* for another run; 0: not at all */
    uint64_t lock_timeout_ms; /* 0: 500 */
    uint64_t retry_ms;        /* 0: 10 min */
    /* Of what is applied; of what is half done what undoes it is there all the same. */
    enum { APPLY_TEXTS_ALL, APPLY_TEXTS_BACK, APPLY_TEXTS_NONE } texts;
    struct sv url;       /* of the database, for a connection that watches; empty: none */
    apply_tell_fn *tell; /* NULL: nobody */
    void *arg;
};

/* What is known of a migration that failed, where its own row need not tell: that COMMIT has had no answer, or has had one. */
enum apply_left { APPLY_LEFT_ASK, APPLY_LEFT_DONE, APPLY_LEFT_NOTHING, APPLY_LEFT_UNKNOWN };

struct apply {
    struct db *db;
    struct book book;
    struct book_rows rows;
    struct runlock lock;
    struct apply_options o;
    struct sv pid, pid_start; /* of the server process that the session began with */
    struct db *watch;         /* asks how far a statement is; NULL: not yet */
    bool blind;               /* there can be none */
    struct db_error error;    /* of the last statement that failed */
    enum apply_left left;     /* of the last migration that failed */
    struct arena arena;
};

/*
 * The lock, the session's settings, what the server must be like, prusik's own tables (made when they are missing),
 * and what is in them.  ERR_LOCKED, ERR_REFUSED (a standby, read-only, too old).
 */
NODISCARD enum err_code apply_begin(struct db *db, const struct apply_options *o, struct apply *ret,
                                    struct err *err);
void apply_end(struct apply *a);
DEFINE_CLEANUP(struct apply *, apply_end)

/*
 * Before anything is changed: does a part hold what cannot run as it is to be run?  ERR_REFUSED: BEGIN or COMMIT in
 * a part, VACUUM in a transaction, a placeholder, a backfill, a program of another tool.
 */
NODISCARD enum err_code apply_check(const struct pending *p, enum db_kind db, struct err *err);
/* The `check` queries of a migration.  ERR_REFUSED: one does not hold. */
NODISCARD enum err_code apply_checks(struct apply *a, const struct pending *p, struct err *err);
/*
 * Apply one, or go on with it.  ERR_FAILED, ERR_DB, ...: it stands as `partial` where something of it is done.  With `left`
 * APPLY_LEFT_DONE it is applied as a whole, and what failed came behind it (M14).
 */
NODISCARD enum err_code apply_up(struct apply *a, const struct pending *p, struct err *err);
/* Undo one, by the text that was stored with it, else the file's.  ERR_REFUSED: there is no way back. */
NODISCARD enum err_code apply_down(struct apply *a, const struct pending *p, struct err *err);
/* The parts that apply_down() would run, in their order; in the arena of `ret`. */
NODISCARD enum err_code apply_down_parts(const struct pending *p, const struct book_rows *rows,
                                         enum db_kind db, struct migrations *ret, struct err *err);
struct apply_verified {
    size_t asked, bad; /* queries, and those of them that do not hold */
};
/* All verify queries of an applied migration are counted in *n, and `why` has a line for each that does not hold. */
NODISCARD enum err_code apply_verify(struct apply *a, const struct pending *p,
                                     struct apply_verified *n, struct strbuf *why, struct err *err);
/* Says so without running anything; an event with the reason.  `state`: "applied" or "undone". */
NODISCARD enum err_code apply_stamp(struct apply *a, const struct pending *p, const char *state,
                                    const char *kind, struct sv reason, struct err *err);
