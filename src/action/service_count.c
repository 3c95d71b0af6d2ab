#include "action/service_count.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/sv.h"

/* When a process started is told in ticks since a boot that is known to the second. */
#define COUNT_SAME_US CLOCK_US_PER_S

static bool count_is_other(const struct service_count *c, const struct manager_status *now)
{
    return now->pid && (now->pid != c->pid || now->started_us > c->started_us + COUNT_SAME_US);
}

/* What a counter of the manager grew by; it begins anew when somebody starts the service. */
static uint64_t count_growth(int64_t before, int64_t now)
{
    return (uint64_t)(now >= before ? now - before : now);
}

/* The manager counts. */
static void count_told(struct service_count *c, const struct manager_status *now)
{
    uint64_t again = count_growth(c->counted, now->restarts);

    c->crashes += count_growth(c->counted + c->ended, now->restarts + now->ended);
    if (count_is_other(c, now)) {
        c->restarts += again || c->awaited ? again : 1; /* by somebody else */
        c->awaited = false;
    } else {
        c->restarts += again;
        c->awaited |= again > 0;
    }
}

static void count_seen(struct service_count *c, bool up, bool other)
{
    c->crashes += c->up && (!up || other);
    c->restarts += up && (!c->up || other);
}

/* Has the process that is there now started?  One whose beginning nobody knows has when it was there before. */
static bool count_settles(const struct service_count *c, const struct manager_status *now,
                          int64_t at_us)
{
    if (now->state != MANAGER_RUNNING)
        return false;
    if (!now->started_us)
        return c->up && now->pid == c->pid;
    return at_us - now->started_us >= SERVICE_SETTLED_US;
}

/* Of several crashes the first ended the process that was known; the others began and ended since. */
static void count_failed_starts(struct service_count *c, const struct manager_status *now,
                                uint64_t crashes, int64_t at_us)
{
    c->starts_failed += crashes - (crashes > 0 && c->settled);
    if (crashes > 0 || now->state == MANAGER_STOPPED || count_is_other(c, now))
        c->settled = false;
    c->settled |= count_settles(c, now, at_us);
}

void service_count_take(struct service_count *c, const struct manager_status *now, int64_t at_us)
{
    bool up = now->state == MANAGER_RUNNING, counts = now->restarts >= 0;
    uint64_t crashes = c->crashes;

    if (c->seen && counts)
        count_told(c, now);
    else if (c->seen)
        count_seen(c, up, count_is_other(c, now));
    count_failed_starts(c, now, c->crashes - crashes, at_us);
    if (now->pid) { /* of one that ended the next one is told apart */
        c->pid = now->pid;
        c->started_us = now->started_us;
    }
    c->up = up;
    c->ended = now->ended;
    c->counted = counts ? now->restarts : 0;
    c->seen = true;
}

void service_count_save(const struct service_count *c, struct strbuf *out)
{
    if (c->seen)
        strbuf_addf(out, "%d %d %d %" PRId64 " %" PRId64 " %" PRId64 " %d", c->up, c->ended,
                    c->awaited, c->pid, c->started_us, c->counted, c->settled);
}

bool service_count_restore(struct service_count *c, struct sv text)
{
    int64_t v[6], settled = 0;
    struct sv word;

    for (size_t i = 0; i < ARRAY_LEN(v); i++)
        if (!sv_next_word(&text, &word) || !sv_to_i64(word, &v[i]))
            return false;
    if (sv_next_word(&text, &word) && !sv_to_i64(word, &settled)) /* an older version has none */
        return false;
    *c = (struct service_count){.seen = true,
                                .up = v[0] != 0,
                                .ended = v[1] != 0,
                                .awaited = v[2] != 0,
                                .pid = v[3],
                                .started_us = v[4],
                                .counted = v[5],
                                .settled = settled != 0};
    return true;
}
