#pragma once

/*
 * apply_int: what the files of apply share: one part of one migration on its way.
 */
#include "migrate/apply.h"
#include "migrate/sqlkind.h"

/* A migration that is being applied or undone. */
struct apply_job {
    struct apply *a;
    const struct migration *m; /* its parts are those of `direction` */
    struct sv version;
    const char *direction;     /* "up", "down" */
    struct book_migration row; /* as it is written when something of it is done */
    struct migration *downs;   /* of an up: what undoes it, with the texts that were asked for */
    struct backfill *backfill; /* while one is on its way */
    bool single; /* one transaction is all of it: nothing is kept about its progress */
    bool behind; /* its statement without a transaction has ended: what failed came behind it */
    uint64_t start_ns;
};

/* The name of a part in `progress` and events: its own, or where it stands. */
struct sv apply_part_name(const struct apply_job *j, const struct migration_part *p);
/* What is kept about a statement (from 1) or a part (0); NULL: nothing. */
const struct book_step *apply_step(const struct apply_job *j, const struct migration_part *p,
                                   size_t stmt);
/* SHA-256 of a folded statement, or of all of a part. */
struct sv apply_digest(struct apply *a, const struct migration_part *p, size_t stmt);

/* Tell and keep an event. */
NODISCARD enum err_code apply_event(struct apply *a, const struct book_event *e, struct err *err);
/* Run a statement; the error gets the file, line and column.  Fills the event of the failure. */
NODISCARD enum err_code apply_statement(struct apply_job *j, const struct migration_part *p,
                                        size_t stmt, struct err *err);
/* The session as it is before each migration: every SET of one is undone by this before the next. */
void apply_session_sql(const struct apply *a, struct strbuf *sql);
/* BEGIN with the limits of a part, COMMIT; a failure rolls back. */
NODISCARD enum err_code apply_tx_begin(struct apply *a, const struct migration_part *p,
                                       struct err *err);
NODISCARD enum err_code apply_tx_end(struct apply *a, enum err_code rc, struct err *err);
/*
 * The whole of `j` is done: its row and event, in the caller's transaction, and the statements `behind` them, or none.  *done:
 * what of it came to its end, 1 for the row and the event, and one more for each statement behind them.
 */
NODISCARD enum err_code apply_finish(struct apply_job *j, struct sv behind, size_t *done,
                                     struct err *err);
/* Of an up on PostgreSQL: the row and the event as one statement of a message; nothing is added where that is not possible. */
NODISCARD enum err_code apply_finish_text(struct apply_job *j, struct strbuf *sql, struct err *err);
/* It is done, and what came behind it failed. */
enum err_code apply_ended(struct apply_job *j, struct err *err);
/* Something of it is done: its row says so, in the caller's transaction. */
NODISCARD enum err_code apply_part_done(struct apply_job *j, const struct migration_part *p,
                                        struct err *err);

/* What is kept about a migration: its names, digests and texts, as applied. */
struct apply_texts {
    struct strbuf v[3]; /* of the row: up, down, verify */
};
#define APPLY_TEXTS ((struct apply_texts){{STRBUF(0), STRBUF(0), STRBUF(0)}})
void apply_texts_release(struct apply_texts *t);
void apply_fill_row(const struct pending *p, struct apply_texts *texts, struct book_migration *row);
/* A verify; ERR_FAILED: it does not hold.  `inside`: in the transaction of its part. */
NODISCARD enum err_code apply_verify_part(struct apply_job *j, const struct migration_part *p,
                                          bool inside, struct err *err);

/* apply_keys.c: SQLite, within a transaction: rows that have no parent before its statements ... */
struct apply_keys {
    bool asked, any;
};
NODISCARD enum err_code apply_keys_before(struct apply *a, const struct migration_stmt *s, size_t n,
                                          struct apply_keys *ret, struct err *err);
/* ... and behind them.  ERR_REFUSED: there are new ones. */
NODISCARD enum err_code apply_keys_after(struct apply *a, const struct apply_keys *k,
                                         struct err *err);

/* apply_backfill.c: an UPDATE in batches, or the values that one has kept are put back. */
NODISCARD enum err_code apply_backfill(struct apply_job *j, const struct migration_part *p,
                                       struct err *err);

/* apply_watch.c: a statement, and while it takes long how far it is. */
/* `sql` ends in it; *rows: something of it gave one. */
NODISCARD enum err_code apply_watched(struct apply_job *j, const struct migration_part *p,
                                      size_t stmt, struct sv sql, bool *rows, struct err *err);

/*
 * apply_pulse.c: what one write takes beside a batch, and between two, measured by a thread with a connection of its own.
 * NULL: it cannot be measured (SQLite, no address, no connection).
 */
#define PULSE_NAME "prusik feels the pulse" /* its application_name */
struct pulse;
bool pulse_may(const struct apply *a); /* is there an address to connect to? */
struct pulse *pulse_begin(const struct apply *a);
void pulse_end(struct pulse *p);                /* NULL: nothing */
void pulse_batch(struct pulse *p, bool begins); /* a batch begins or has ended; NULL: nothing */
/* What half of them and what nine of ten took at most since it was asked last; false: too few are known. */
struct pulse_said {
    uint64_t half_ns, most_ns;
};
bool pulse_ask(struct pulse *p, struct pulse_said *beside, struct pulse_said *between);

/* apply_brake.c: what makes a backfill wait, and how much of the time is its own. */
#define BRAKE_PROBES 5
struct brake {
    struct apply *a;
    struct sv job, table, throttle;
    uint64_t lag_ms;             /* 0: replicas may be behind */
    uint64_t max_active;         /* sessions; 0: any number */
    uint64_t min_free;           /* percent of the disk */
    const char *disk;            /* a folder on it; NULL: it is elsewhere */
    bool blind;                  /* there are replicas, and we may not see how far they are */
    int64_t size_first;          /* of the table when it was asked for first */
    unsigned duty;               /* percent of the time that is ours */
    uint64_t target_ms, most_ms; /* of a batch: now, and where nobody waits for it */
    struct pulse *pulse;         /* NULL: one write between two batches is what is known */
    uint64_t n_asked;
    uint64_t idle_ns; /* of a write before the job */
    uint64_t probes[BRAKE_PROBES], n_probes;
    bool cancelled, paused; /* what a person wants */
};
NODISCARD enum err_code brake_begin(struct apply *a, const struct migration_part *p, struct sv job,
                                    struct sv table, struct brake *ret, struct err *err);
void brake_end(struct brake *b);
/* What writes take beside us and without: some longer, and batches get shorter; most of them, and they get fewer; and back. */
void brake_adapt(struct brake *b, struct pulse_said with, struct pulse_said without);
/* Of PostgreSQL: what may hold it. */
struct brake_facts {
    int64_t lag_ms, lag_bytes, active, ready, size;
};
/* Does one of them hold it?  Then `why` says which. */
void brake_judge(const struct brake *b, const struct brake_facts *f, struct strbuf *why);
/* Has the disk too little left, or less than what the table will still grow by?  left: as below. */
void brake_disk(struct brake *b, const struct brake_facts *f, double left, struct strbuf *why);
/* `why` is empty when nothing holds it.  left: how often what was done is still to be done. */
NODISCARD enum err_code brake_ask(struct brake *b, double left, struct strbuf *why,
                                  struct err *err);

/* apply_capture.c: what is about to be changed is asked for, for the downs that are made of it. */
void apply_capture_begin(struct apply_job *j, struct migration *downs);
NODISCARD enum err_code apply_capture(struct apply_job *j, const struct migration_part *p,
                                      struct err *err);

/*
 * apply_lost.c: the connection was lost while the COMMIT of all of `j` was on its way: another one looks whether it was carried
 * out (M14).
 */
enum apply_left apply_lost(struct apply_job *j);

/* apply_part.c */
typedef enum err_code apply_try_fn(struct apply_job *j, const struct migration_part *p, size_t stmt,
                                   struct err *err);
/* Was it a lock that somebody else holds? */
bool apply_is_lock(const struct apply *a, enum err_code rc);
/* Once more with growing pauses, as long as it is a lock. */
NODISCARD enum err_code apply_until(struct apply_job *j, const struct migration_part *p,
                                    size_t stmt, apply_try_fn *try, struct err *err);
NODISCARD enum err_code apply_part(struct apply_job *j, const struct migration_part *p,
                                   struct err *err);
/* apply_probe.c: a statement whose intent is kept and not its end.  *done: it took effect.  ERR_REFUSED: in doubt. */
NODISCARD enum err_code apply_probe(struct apply_job *j, const struct migration_part *p,
                                    size_t stmt, const struct book_step *intent, bool *done,
                                    struct err *err);
/* Behind a CREATE INDEX CONCURRENTLY: is the index valid? */
NODISCARD enum err_code apply_probe_index(struct apply *a, struct sv stmt, bool *there, bool *valid,
                                          struct err *err);
/* An invalid index that the failed statement left behind. */
NODISCARD enum err_code apply_drop_invalid(struct apply *a, struct sv stmt, struct err *err);
