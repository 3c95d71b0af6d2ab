#pragma once

/*
 * journal: the durable, append-only record of one run.
 *
 * Events carry seq 1, 2, 3, ... without a gap, and each carries the hash of itself
 * and the one before (docs/formats/journal.md, section 3).  What journal_append()
 * reported as ERR_OK survives a power cut.  What it reported as failed cannot be
 * seen, but a crash may bring it back, so an action must bear being looked at
 * twice: intent, act, outcome.
 *
 * Blobs are queued by journal_blob() and become durable with the next append.
 * One process owns a run at a time (store_lock_take).  Blocks for one sync.
 */
#include "store/chain.h"
#include "store/event.h"
#include "store/store.h"

struct journal; /* opaque */

/* ERR_NOT_FOUND, with what helps: there is no such run. */
NODISCARD enum err_code journal_run_exists(struct store *s, int64_t run, struct err *err);
/* The journal of a run, at its end.  ERR_NOT_FOUND: no such run.  Walks and checks the chain. */
NODISCARD enum err_code journal_open(struct store *s, int64_t run, struct journal **ret,
                                     struct err *err);
void journal_free(struct journal *j);
DEFINE_CLEANUP(struct journal *, journal_free)

int64_t journal_last_seq(const struct journal *j);

/* Queue bytes for the next append; returns their name.  Empty bytes are not kept. */
struct hash journal_blob(struct journal *j, struct sv bytes);

/*
 * Queue state for the next append or flush: what changes all the time (how long a rule has been bad),
 * is wanted by resume and is no evidence.  One value of each key; gone when the run is finished.
 */
void journal_keep(struct journal *j, struct sv key, struct sv value);
/* Make it durable without an event. */
NODISCARD enum err_code journal_flush(struct journal *j, struct err *err);
/* What was kept last; empty when there is nothing. */
NODISCARD enum err_code journal_kept(struct journal *j, struct sv key, struct strbuf *ret,
                                     struct err *err);

/*
 * What the run amounts to after the next append (docs/formats/journal.md, section 6): kept in its commit, with the seq and the
 * hash of its last event, and forgotten when it fails.
 */
void journal_summarize(struct journal *j, struct sv data);
/*
 * The summary of a run, when it was made after the last event that the journal has; else *found is false, as in a store of an older
 * version.  Looks at the first and at the last event only: both have the hash that is kept with them.
 */
NODISCARD enum err_code journal_summary(struct store *s, int64_t run, bool *found,
                                        struct strbuf *ret, struct err *err);

/* The lock of the environment, if it is this run's, is given back in the commit of the next append. */
void journal_unlock(struct journal *j, struct sv environment);

/* Append n events in one commit, all or none; sets their run and seq. */
NODISCARD enum err_code journal_append(struct journal *j, struct event *e, size_t n,
                                       struct err *err);

/* Every event with seq > after, in order; an error from fn ends the walk.  Checks nothing. */
typedef enum err_code journal_event_fn(const struct event *e, void *arg, struct err *err);
NODISCARD enum err_code journal_read(struct store *s, int64_t run, int64_t after,
                                     journal_event_fn *fn, void *arg, struct err *err);

/* The first event alone. */
NODISCARD enum err_code journal_read_first(struct store *s, int64_t run, journal_event_fn *fn,
                                           void *arg, struct err *err);

/* As journal_read(), with the hash that is kept with each event. */
typedef enum err_code journal_link_fn(const struct event *e, const struct hash *h, void *arg,
                                      struct err *err);
NODISCARD enum err_code journal_read_links(struct store *s, int64_t run, journal_link_fn *fn,
                                           void *arg, struct err *err);

/* What a check found. */
struct journal_check {
    int64_t events, blobs;
    bool finished, sealed;
    struct hash head;
    struct seal seal; /* when sealed */
};
/*
 * Walk the chain of a run, hash every blob that its events name, check the run's row and the seal.
 * ERR_CORRUPT (of the database itself ERR_DB) names the first that does not hold.
 */
NODISCARD enum err_code journal_verify(struct store *s, int64_t run, struct journal_check *ret,
                                       struct err *err);

/*
 * Sign the head with the store's key (made on first use), if the append of run-finished has not done so: it does,
 * in its own commit, unless the key cannot be had, which is told here.  The last event must be run-finished.
 */
NODISCARD enum err_code journal_seal(struct journal *j, int64_t now_us, struct err *err);

/* Sign a text with the store's key.  ERR_NOT_FOUND: it has none yet. */
NODISCARD enum err_code journal_sign_text(const struct store *s, struct sv text, struct seal *ret,
                                          struct err *err);
