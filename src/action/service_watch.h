#pragma once

/*
 * service_watch: does a service that was told to start or stop do so, and stay so?
 *
 * Pure: one status after the other goes in, a verdict comes out.  A crash is a main process that ended
 * or was replaced after the verb, or that the manager counted (restarts); each begins the time anew
 * in which the service must stay up.
 */
#include "action/manager.h"

enum watch_verdict {
    WATCH_WAIT,   /* look again */
    WATCH_HOLDS,  /* it is what the verb says, and stayed so */
    WATCH_FAILED, /* it cannot become so: `why` */
};

struct service_watch {
    /* in */
    enum manager_verb verb;
    struct manager_status before; /* the verb */
    int64_t stable_ms, crashes_allowed;

    /* results */
    int64_t crashes;
    bool kept; /* it ran before, and was to be started only */

    /* private */
    bool up, seen;
    int64_t pid, restarts;
    uint64_t up_ms, down_ms;
};

/* The status that was seen at now_ms (of a clock that only grows), and what follows. */
enum watch_verdict service_watch_take(struct service_watch *w, const struct manager_status *now,
                                      uint64_t now_ms, struct strbuf *why);
