/*
 * Rules are judged while a run waits at a gate: the standing ones when something was changed already and the deploy mark
 * is not reached, and the one that the gate waits for.  What is judged begins with the waiting.
 */
#include "base/clock.h"
#include "base/sv.h"
#include "exec/run_int.h"
#include "exec/watcher.h"
#include "plan/gate_watch.h"

struct run_gate_watch {
    struct run_gate_watch
        *before;      /* of an earlier gate: stopped, its polls may still be under way */
    struct plan plan; /* of its own: the same sources, other rules */
    struct watcher *watcher;
    bool open, rollback, stopped;
    char *text; /* why it says ROLLBACK */
};

static bool gate_watch_is_gate(const json_t *data)
{
    return sv_eq(json_get_sv(data, "rule"), SV(PLAN_GATE_RULE));
}

static void gate_watch_tell(void *arg, enum watcher_told what, json_t *data)
{
    struct run *r = arg;
    struct run_gate_watch *w = r->gates.watch;

    if (what == WATCHER_RULE) {
        w->open |= gate_watch_is_gate(data) && sv_eq(json_get_sv(data, "state"), SV("open"));
        run_queue(r, EVENT_RULE_STATE, NULL, data);
    } else if (what == WATCHER_VERDICT &&
               sv_eq(json_get_sv(data, "verdict"), sv_from(verdict_names[VERDICT_ROLLBACK]))) {
        free(w->text);
        w->text = xstrdup(json_get_str(data, "text", "a rule of the watch"));
        w->rollback = true;
        run_queue(r, EVENT_VERDICT, NULL, data);
    } else if (what == WATCHER_FLAG) {
        run_flags_fired(r, data);
    } else {
        json_decref(data); /* what is not bad yet is the watch's to say, after the deployment */
    }
}

static void gate_watch_round(void *arg)
{
    struct run *r = arg;
    struct run_gate_watch *w = r->gates.watch;

    if (!run_commit(r) || !run_flags_go(r))
        return;
    if (w->rollback)
        run_roll_back(r, sv_from(w->text), SV("rule"));
    else if (w->open)
        run_advance(r);
}

/* The last that a step has done to a service is that it was stopped. */
static bool gate_watch_service_is_stopped(const struct run *r)
{
    for (size_t i = r->at; i-- > 0;)
        if (r->steps.v[i].p->verb.n && r->steps.v[i].state == STEP_DONE)
            return sv_eq(r->steps.v[i].p->verb, SV("stop"));
    return false;
}

/*
 * Something was changed, and the main watch does not judge yet.  Under maintenance, and while the run itself has stopped what is
 * measured, nothing answers as it does in service: that is what the document wants.
 */
static bool gate_watch_stands(const struct run *r)
{
    return r->stage == STAGE_FORWARD && !r->mark_us && run_watch_has_baseline(r) && !r->flag.held &&
           !gate_watch_service_is_stopped(r);
}

/* Those of a phase that is done are judged by the watch, those of one that is not begun have nothing to judge yet. */
static bool gate_watch_judges(const void *arg, struct sv phase)
{
    return run_phase_is_begun(arg, phase);
}

static enum err_code gate_watch_new(struct run *r, const struct plan_gate *g, struct err *err)
{
    struct run_gate_watch *w = r->gates.watch;
    struct watcher_config c = {.plan = &w->plan,
                               .binding = r->opt.binding,
                               .run = arena_fmt(&r->arena, "%s", event_run_text(r->id).s),
                               .run_start_us = r->values.started_us,
                               .loop = &r->loop,
                               .http = r->http,
                               .alerts = r->alerts,
                               .events = run_event_moments,
                               .phase_over = run_phase_is_over,
                               .tell = gate_watch_tell,
                               .round = gate_watch_round,
                               .arg = r};

    if (plan_load(plan_gate_watch(r->plan, g, gate_watch_stands(r) ? gate_watch_judges : NULL, r),
                  &w->plan, err) != ERR_OK)
        return err->code; /* uncovered: it was loaded before */
    return watcher_new(&c, &w->watcher, err);
}

void run_gate_watch_begin(struct run *r, const struct plan_gate *g)
{
    struct run_gate_watch *w = r->gates.watch;
    struct err err;

    if ((w && !w->stopped) || r->over || (!g->rule.n && !gate_watch_stands(r)))
        return;
    r->gates.watch = XNEW(struct run_gate_watch);
    r->gates.watch->before = w;
    if (gate_watch_new(r, g, &err) !=
        ERR_OK) {                     /* the plan was checked: only descriptors can be wanting */
        r->err = err;                 /* uncovered: see above */
        run_end(r, EXIT_CODE_FAILED); /* uncovered: see above */
        return;                       /* uncovered: see above */
    }
    if (!r->gates.watch->watcher)
        return; /* there are no such rules */
    watcher_start(r->gates.watch->watcher);
    watcher_mark(r->gates.watch->watcher, SV(""), clock_steady_us());
}

bool run_gate_watch_open(const struct run *r)
{
    return r->gates.watch && !r->gates.watch->stopped && r->gates.watch->open;
}

void run_gate_watch_stop(struct run *r)
{
    struct run_gate_watch *w = r->gates.watch;

    if (!w || w->stopped)
        return;
    w->stopped = true;
    if (w->watcher)
        watcher_stop(w->watcher);
}

void run_gate_watch_free(struct run *r)
{
    struct run_gate_watch *w;

    run_gate_watch_stop(r);
    while ((w = r->gates.watch) != NULL) {
        while (w->watcher && watcher_is_busy(w->watcher))
            (void)uv_run(&r->loop, UV_RUN_ONCE); /* uncovered: shells end later */
        r->gates.watch = w->before;
        watcher_free(w->watcher);
        plan_release(&w->plan);
        free(w->text);
        free(w);
    }
}
