#include "action/service_watch.h"

#include "base/sv.h"

/* A request that a manager only took (runit) needs a moment until its status shows it. */
#define WATCH_DOWN_MS 1000

static void watch_say_exit(const struct manager_status *now, struct strbuf *why)
{
    if (now->exit_status >= 0)
        strbuf_addf(why, ", exit status %lld", (long long)now->exit_status);
    strbuf_addf(why, " (%s)", now->text);
}

/* The process from before a restart still runs. */
static bool watch_is_old(const struct service_watch *w, const struct manager_status *now)
{
    return w->verb == MANAGER_RESTART && w->before.pid && now->pid == w->before.pid &&
           now->started_us == w->before.started_us;
}

/* How many crashes the manager has counted since the last look; -1: it does not count. */
static int64_t watch_counted(struct service_watch *w, const struct manager_status *now)
{
    int64_t base = w->restarts, counted;

    if (now->restarts < 0)
        return -1;
    if (!w->seen) /* a manager may count from 0 again when it is told to start */
        base = w->before.restarts >= 0 && w->before.restarts < now->restarts ? w->before.restarts
                                                                             : now->restarts;
    counted = now->restarts > base ? now->restarts - base : 0;
    if (!w->seen || now->restarts > w->restarts) /* not what it is yet to count (watch_count()) */
        w->restarts = now->restarts;
    return counted;
}

static void watch_count(struct service_watch *w, const struct manager_status *now, uint64_t now_ms)
{
    int64_t counted = watch_counted(w, now);
    bool running = now->state == MANAGER_RUNNING;
    bool ended = w->up && (!running || now->pid != w->pid);

    w->crashes += counted > 0 ? counted : 0;
    if (ended && counted <= 0)
        w->crashes++;
    if (w->up && !running && counted >= 0)
        w->restarts++; /* that it will count when it starts it again */
    if (running && (!w->up || ended || counted > 0))
        w->up_ms = now_ms;
    if (!running && (w->up || !w->seen))
        w->down_ms = now_ms;
    w->up = running;
    w->pid = now->pid;
    w->seen = true;
}

static enum watch_verdict watch_start(struct service_watch *w, const struct manager_status *now,
                                      uint64_t now_ms, struct strbuf *why)
{
    if (now->once && (now->state == MANAGER_STOPPED || now->state == MANAGER_RUNNING))
        return WATCH_HOLDS;
    if (watch_is_old(w, now))
        return WATCH_WAIT;
    w->kept =
        w->verb == MANAGER_START && w->before.state == MANAGER_RUNNING && now->pid == w->before.pid;
    watch_count(w, now, now_ms);
    if (w->crashes > w->crashes_allowed) {
        strbuf_addf(why, "crashed %lld time%s after its start", (long long)w->crashes,
                    w->crashes == 1 ? "" : "s");
        watch_say_exit(now, why);
        return WATCH_FAILED;
    }
    if (now->state == MANAGER_FAILED ||
        (now->state == MANAGER_STOPPED && now_ms - w->down_ms >= WATCH_DOWN_MS)) {
        strbuf_addf(why, "does not run: it is %s", manager_state_name(now->state));
        watch_say_exit(now, why);
        return WATCH_FAILED;
    }
    return w->up && now_ms - w->up_ms >= (uint64_t)w->stable_ms ? WATCH_HOLDS : WATCH_WAIT;
}

enum watch_verdict service_watch_take(struct service_watch *w, const struct manager_status *now,
                                      uint64_t now_ms, struct strbuf *why)
{
    bool down = now->state == MANAGER_STOPPED || now->state == MANAGER_FAILED;

    switch (w->verb) {
    case MANAGER_STOP: return down ? WATCH_HOLDS : WATCH_WAIT;
    case MANAGER_RELOAD:
        if (!down)
            return now->state == MANAGER_RUNNING ? WATCH_HOLDS : WATCH_WAIT;
        strbuf_addf(why, "does not run after it was told to reload");
        watch_say_exit(now, why);
        return WATCH_FAILED;
    case MANAGER_START:
    case MANAGER_RESTART: return watch_start(w, now, now_ms, why);
    case MANAGER_STATUS:
    case MANAGER_LOGS:
    case MANAGER_VERB__N:
    default: assert(!(bool)"a verb that changes nothing is not watched"); return WATCH_FAILED;
    }
}
