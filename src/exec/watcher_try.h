#pragma once

/*
 * watcher_try: look at each source of a plan once, for people who set it up.
 *
 * Blocks until all have reported.  Nothing is judged, and nothing is written.
 */
#include "exec/watcher.h"
#include "store/store.h"
#include "watch/source.h"

struct watcher_tried {
    struct sv name, kind;
    const struct rule_env *env; /* what rules may speak of */
    enum err_code rc;
    const struct err *err;             /* when rc is not ERR_OK */
    const struct sample_list *samples; /* else; until the callback returns */
    int64_t took_us;
};
/* How a rule asks for a sample: "cmd.queue.exit", "cmd.queue is up", "`job:errors`".  False: no rule can. */
bool watcher_tried_rule(const struct watcher_tried *t, const struct sample *s, struct strbuf *ret);

/* What it is counted in: as the binding says, else as it says itself; empty: nobody does. */
struct sv watcher_tried_unit(const struct watcher_tried *t, const struct sample *s);

/*
 * In the order of the plan: the scraped target, probes, services, sources.  Then, of kind "metric" and with ERR_NOT_FOUND,
 * each metric that a rule asks for and no target gave: it may be misspelt, or not be born yet.
 */
typedef void watcher_try_fn(void *arg, const struct watcher_tried *t);

/*
 * ERR_INVALID, ERR_REFUSED: a source cannot even be opened.  store: where events are kept, of which those of the last 30 days are
 * told; NULL: nowhere, and there are none.
 */
NODISCARD enum err_code watcher_try(const struct plan *p, const struct binding *b,
                                    struct store *store, watcher_try_fn *fn, void *arg,
                                    struct err *err);
