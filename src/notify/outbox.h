#pragma once

/*
 * outbox: tells the receivers of a plan what the journal has, at least once (docs/formats/notify.md).
 *
 * The journal's events are the outbox: what was looked at and what became of each notice is kept beside them, so
 * whatever process has the store open next sends what is due, of every run.  Everything happens on the caller's
 * loop and delays nothing there; only the store's commits block.  A failure to tell is no failure of the run: it is
 * kept with the notice.
 */
#include <uv.h>

#include "net/http.h"
#include "plan/binding.h"
#include "plan/plan.h"
#include "store/store.h"

struct outbox_config {
    struct store *store;
    const struct binding *binding; /* that knows the secrets of receivers; or NULL */
    uv_loop_t *loop;
    struct http_client *http;
    int64_t (*now_us)(void); /* NULL: clock_now_us() */
};

struct outbox;
/* Are the receivers of kinds that there are, and do their settings fit?  ERR_INVALID names what does not. */
NODISCARD enum err_code outbox_check(const struct plan *p, struct err *err);

/* How many threads its calls keep when all of them hang (base/pool.h). */
unsigned outbox_threads(const struct plan *p);

/* ERR_DB: the store has no place for it. */
NODISCARD enum err_code outbox_new(const struct outbox_config *c, struct outbox **ret,
                                   struct err *err);
/* What is under way is left to the next process.  The rest happens in the loop, which must still run. */
void outbox_free(struct outbox *o);
DEFINE_CLEANUP(struct outbox *, outbox_free)

/* Look at the events of a run that are new (0: of all runs), and send what is due.  What fails is in the notices. */
void outbox_kick(struct outbox *o, int64_t run);
/* Calls that are under way. */
size_t outbox_busy(const struct outbox *o);
/* Run the loop until nothing is under way or due, or the time is over. */
void outbox_drain(struct outbox *o, uint64_t ms);
