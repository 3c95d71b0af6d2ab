#pragma once

/*
 * service_count: how often a service crashed and was started anew, from one status after the other.
 *
 * Pure.  A crash is an end that nobody asked for, as far as the manager can tell: systemd and Docker count what they
 * start again and say what they gave up; of the others every end and every other process is one.  A service that
 * ended well and is not to be started again (systemd's "inactive", Docker's exit code 0) has not crashed: it is down.
 * What was seen first is where counting begins.  A start has failed when the process crashed and no look had seen it run
 * SERVICE_SETTLED_US after it began: a crash may have come later than that, by the time between two looks.
 */
#include "action/manager.h"

#define SERVICE_SETTLED_US 10000000LL /* what runs so long has started */

struct service_count {
    uint64_t crashes, restarts, starts_failed; /* results */

    /* private */
    bool seen, up, ended;
    bool awaited; /* a restart was counted, and its process not yet seen */
    bool settled; /* the process that was seen last has started: a crash is none of its start */
    int64_t pid, started_us, counted;
};

/* at_us: when it was so, of the clock of started_us. */
void service_count_take(struct service_count *c, const struct manager_status *now, int64_t at_us);
/* What was seen last, for another process, and from it: that begins to count at 0 again. */
void service_count_save(const struct service_count *c, struct strbuf *out);
/* False: it is no such text, and nothing was taken. */
bool service_count_restore(struct service_count *c, struct sv text);
