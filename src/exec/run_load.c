/*
 * A run from its journal: load (each step in its recorded state, no side effects), settle (what was begun
 * and not ended), and ending a run without carrying anything out.
 */
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "action/procs.h"
#include "base/clock.h"
#include "base/ident.h"
#include "base/limits.h"
#include "base/sv.h"
#include "exec/brief.h"
#include "exec/run_int.h"

/* A shell that was open when the journal ends. */
struct run_shell {
    int64_t pid;
    uint64_t start;
    bool same_boot;
};

struct run_loader {
    struct run *r;
    VEC(struct run_shell) shells;
    size_t found; /* the step of the last event */
    bool finished;
    bool old;   /* another run is read, of which only what it has done counts */
    char *flag; /* that the step was about to set; NULL: none, or it has said what came of it */
    size_t flag_step;
};

typedef enum err_code run_load_fn(struct run_loader *l, const struct event *e, const json_t *data,
                                  struct err *err);

static struct run_step *run_load_step(struct run_loader *l, const struct event *e)
{
    for (size_t k = 0; k < l->r->steps.n; k++) { /* from the last one on: they come in order */
        size_t i = (l->found + k) % l->r->steps.n;

        if (sv_eq(l->r->steps.v[i].p->id, e->step)) {
            l->found = i;
            return &l->r->steps.v[i];
        }
    }
    return NULL;
}

static enum err_code run_no_step(const struct event *e, struct err *err)
{
    return err_set(err, ERR_CORRUPT,
                   "event %lld speaks of step '%.*s', which the plan does not have",
                   (long long)e->seq, SV_FMT(e->step));
}

/* Who runs it, in this process or an earlier one. */
static enum err_code run_load_operator(struct run_loader *l, const struct event *e UNUSED,
                                       const json_t *data, struct err *err UNUSED)
{
    struct arena *a = &l->r->arena;

    *vec_add(&l->r->operators) = (struct run_operator){arena_sv(a, json_get_sv(data, "operator")),
                                                       arena_sv(a, json_get_sv(data, "login"))};
    return ERR_OK;
}

static enum err_code run_load_started(struct run_loader *l, const struct event *e,
                                      const json_t *data, struct err *err)
{
    const json_t *old = json_object_get(data, "rolls_back");

    if (l->old) {
        l->r->values.started_us = json_get_int(data, "now_us", 0);
        l->r->old_document = arena_sv(&l->r->arena, json_get_sv(data, "document_blob"));
        return ERR_OK;
    }
    if (old) { /* the dates of its commands are those of that run, too */
        if (run_back_load_old(l->r, old, err) != ERR_OK)
            return err->code;
    } else {
        l->r->values.started_us = json_get_int(data, "now_us", 0);
    }
    return run_load_operator(l, e, data, err);
}

static enum err_code run_load_gate(struct run_loader *l, const struct event *e, const json_t *data,
                                   struct err *err)
{
    struct run_step *s = run_load_step(l, e);

    if (!s)
        return run_no_step(e, err);
    run_gates_load(s, e, data);
    return ERR_OK;
}

/* A run that is held behind its last step waits at no step. */
static enum err_code run_load_wait(struct run_loader *l, const struct event *e, const json_t *data,
                                   struct err *err)
{
    return event_gate_is_person(json_get_sv(data, "gate")) && !e->step.n
               ? ERR_OK
               : run_load_gate(l, e, data, err);
}

static enum err_code run_load_value(struct run_loader *l, const struct event *e UNUSED,
                                    const json_t *data, struct err *err UNUSED)
{
    if (!json_get_bool(data, "redacted", false)) /* or it is taken once more */
        values_set(&l->r->values, json_get_sv(data, "name"), json_get_sv(data, "value"));
    return ERR_OK;
}

static enum err_code run_load_intent(struct run_loader *l, const struct event *e,
                                     const json_t *data, struct err *err)
{
    struct run_step *s = run_load_step(l, e);

    if (!s)
        return run_no_step(e, err);
    s->state = STEP_RUNNING;
    l->r->choice.failed = SIZE_MAX;
    if (l->r->branch_of != SIZE_MAX && s == &l->r->steps.v[l->r->branch_of])
        l->r->branch_of = SIZE_MAX; /* it was tried again */
    s->left = false;
    s->attempt = e->attempt;
    s->started_us = s->intent_us = e->at_us;
    run_fleet_load_intent(s, data);
    free(l->flag);
    l->flag = json_get_sv(data, "flag").n ? xstrdup_sv(json_get_sv(data, "flag")) : NULL;
    l->flag_step = (size_t)(s - l->r->steps.v);
    return ERR_OK;
}

static enum err_code run_load_host(struct run_loader *l, const struct event *e, const json_t *data,
                                   struct err *err)
{
    struct run_step *s = run_load_step(l, e);

    if (!s)
        return run_no_step(e, err);
    if (!run_fleet_load_outcome(l->r, s, data))
        return err_set(err, ERR_CORRUPT, "event %lld has an unknown host or state",
                       (long long)e->seq);
    return ERR_OK;
}

static enum err_code run_load_outcome(struct run_loader *l, const struct event *e,
                                      const json_t *data, struct err *err)
{
    struct run_step *s = run_load_step(l, e);
    json_t *state = json_object_get(data, "state_after");

    if (!s)
        return run_no_step(e, err);
    s->state = step_state_of(json_get_sv(data, "state"));
    if (s->state == STEP_STATE__N)
        return err_set(err, ERR_CORRUPT, "event %lld has the unknown state '%s'", (long long)e->seq,
                       json_get_str(data, "state", ""));
    s->ended_us = json_get_int(data, "ended_us", e->at_us);
    clock_steady_not_before(s->ended_us);
    s->has_out = hash_from_hex(json_get_sv(json_object_get(data, "out"), "blob"), &s->out);
    if (state)
        run_session_remember(l->r, s->p, state);
    return ERR_OK;
}

static enum err_code run_load_skipped(struct run_loader *l, const struct event *e,
                                      const json_t *data UNUSED, struct err *err)
{
    struct run_step *s = run_load_step(l, e);

    if (!s)
        return run_no_step(e, err);
    s->state = STEP_SKIPPED;
    return ERR_OK;
}

static enum err_code run_load_policy(struct run_loader *l, const struct event *e,
                                     const json_t *data, struct err *err)
{
    struct run_step *s = run_load_step(l, e);

    if (!s)
        return run_no_step(e, err);
    s->instead = sv_eq(json_get_sv(data, "policy"), SV("instead"))
                     ? arena_sv(&l->r->arena, json_get_sv(data, "to"))
                     : (struct sv){NULL, 0};
    s->left = s->instead.n || sv_eq(json_get_sv(data, "policy"), SV("continue"));
    if (sv_eq(json_get_sv(data, "policy"), SV("branch")))
        run_branch_begin(l->r, s);
    if (sv_eq(json_get_sv(data, "policy"), SV("ask")))
        run_choice_load(l->r, (size_t)(s - l->r->steps.v), e, data);
    return ERR_OK;
}

static enum err_code run_load_mark(struct run_loader *l, const struct event *e, const json_t *data,
                                   struct err *err UNUSED)
{
    int64_t at_us = json_get_int(data, "at_us", e->at_us);
    struct sv phase = json_get_sv(data, "phase");

    clock_steady_not_before(at_us);
    if (phase.n) {
        run_phases_load(l->r, phase, at_us);
        return ERR_OK;
    }
    l->r->mark_us = at_us;
    run_phases_done(l->r, at_us);
    return ERR_OK;
}

static void run_load_shell(struct run_loader *l, const json_t *data)
{
    *vec_add(&l->shells) =
        (struct run_shell){.pid = json_get_int(data, "pid", 0),
                           .start = (uint64_t)json_get_int(data, "start", 0),
                           .same_boot = sv_eq(json_get_sv(data, "boot"), sv_from(ident_boot().s))};
}

static enum err_code run_load_hold(struct run_loader *l, const struct event *e, const json_t *data,
                                   struct err *err)
{
    struct run_flag *flag = &l->r->flag;
    struct run_step *s;

    if (sv_eq(json_get_sv(data, "what"), SV("shell"))) {
        if (!l->old)
            run_load_shell(l, data);
        return ERR_OK;
    }
    s = run_load_step(l, e);
    if (!s)
        return run_no_step(e, err);
    free(flag->path);
    flag->path = xstrdup(json_get_str(data, "file", ""));
    flag->step = (size_t)(s - l->r->steps.v);
    flag->held = e->kind == EVENT_HOLD_TAKEN;
    flag->lifted_for_stop = !flag->held && sv_eq(json_get_sv(data, "why"), SV("the run stopped"));
    return ERR_OK;
}

/* A clean stop: every shell had been closed. */
static enum err_code run_load_stopped(struct run_loader *l, const struct event *e UNUSED,
                                      const json_t *data UNUSED, struct err *err UNUSED)
{
    l->shells.n = 0;
    return ERR_OK;
}

static enum err_code run_load_rollback(struct run_loader *l, const struct event *e UNUSED,
                                       const json_t *data, struct err *err)
{
    struct run *r = l->r;

    r->after_values = STAGE_WAY_BACK;
    r->choice.failed = SIZE_MAX;
    r->roll_back_reason = arena_sv(&r->arena, json_get_sv(data, "reason"));
    r->roll_back_by = arena_sv(&r->arena, json_get_sv(data, "by"));
    return run_back_load(r, data, err);
}

static enum err_code run_load_message(struct run_loader *l, const struct event *e UNUSED,
                                      const json_t *data, struct err *err UNUSED)
{
    l->r->started_message |= sv_eq(json_get_sv(data, "when"), SV("start"));
    return ERR_OK;
}

static enum err_code run_load_finished(struct run_loader *l, const struct event *e UNUSED,
                                       const json_t *data UNUSED, struct err *err UNUSED)
{
    l->finished = true;
    return ERR_OK;
}

static enum err_code run_load_watch(struct run_loader *l, const struct event *e, const json_t *data,
                                    struct err *err)
{
    return run_watch_load(l->r, e, data, err);
}

static enum err_code run_load_flag(struct run_loader *l, const struct event *e, const json_t *data,
                                   struct err *err UNUSED)
{
    run_flags_load(l->r, e, data);
    return ERR_OK;
}

static enum err_code run_load_report(struct run_loader *l, const struct event *e UNUSED,
                                     const json_t *data, struct err *err UNUSED)
{
    run_events_load(l->r, data);
    return ERR_OK;
}

static enum err_code run_load_answer(struct run_loader *l, const struct event *e,
                                     const json_t *data, struct err *err)
{
    const struct run_step *s = e->step.n ? run_load_step(l, e) : NULL;

    run_look_load(l->r, data);
    if (s)
        run_choice_load(l->r, (size_t)(s - l->r->steps.v), e, data);
    return e->step.n ? run_load_gate(l, e, data, err) : ERR_OK;
}

/* What counts of a run that another one brings back. */
static bool run_load_counts(int64_t kind)
{
    static const enum event_kind kinds[] = {
        EVENT_RUN_STARTED,  EVENT_VALUE_BOUND,  EVENT_STEP_INTENT, EVENT_STEP_OUTCOME,
        EVENT_STEP_SKIPPED, EVENT_HOST_OUTCOME, EVENT_HOLD_TAKEN,  EVENT_HOLD_GIVEN};

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if ((int64_t)kinds[i] == kind)
            return true;
    return false;
}

static const struct {
    enum event_kind kind;
    run_load_fn *fn;
} run_load_rows[] = {
    {EVENT_RUN_STARTED, run_load_started},       {EVENT_VALUE_BOUND, run_load_value},
    {EVENT_STEP_INTENT, run_load_intent},        {EVENT_STEP_OUTCOME, run_load_outcome},
    {EVENT_STEP_SKIPPED, run_load_skipped},      {EVENT_MARK, run_load_mark},
    {EVENT_HOLD_TAKEN, run_load_hold},           {EVENT_HOLD_GIVEN, run_load_hold},
    {EVENT_RUN_INTERRUPTED, run_load_stopped},   {EVENT_RUN_WAITING, run_load_stopped},
    {EVENT_ROLLBACK_STARTED, run_load_rollback}, {EVENT_MESSAGE, run_load_message},
    {EVENT_RUN_FINISHED, run_load_finished},     {EVENT_VERDICT, run_load_watch},
    {EVENT_WATCH_STATE, run_load_watch},         {EVENT_CHECKPOINT, run_load_watch},
    {EVENT_RULE_STATE, run_load_watch},          {EVENT_ANSWER, run_load_answer},
    {EVENT_RUN_RESUMED, run_load_operator},      {EVENT_APPROVAL, run_load_gate},
    {EVENT_GATE_WAITING, run_load_wait},         {EVENT_GATE_PASSED, run_load_wait},
    {EVENT_GATE_REFUSED, run_load_gate},         {EVENT_STEP_POLICY, run_load_policy},
    {EVENT_HOST_OUTCOME, run_load_host},         {EVENT_FLAG_INTENT, run_load_flag},
    {EVENT_FLAG_OUTCOME, run_load_flag},         {EVENT_REPORTED, run_load_report},
};

static enum err_code run_load_event(const struct event *e, void *arg, struct err *err)
{
    CLEANUP(json_cleanup) json_t *data = NULL;
    const struct run_loader *l = arg;

    if (l->old && !run_load_counts(e->kind))
        return ERR_OK;
    if (json_read(e->data, &data, err) != ERR_OK)
        return err_wrap(err, "event %lld", (long long)e->seq);
    if (!l->old) /* that one has a summary of its own */
        brief_take(l->r->brief, e, data);
    for (size_t i = 0; i < ARRAY_LEN(run_load_rows); i++) {
        if ((int64_t)run_load_rows[i].kind != e->kind)
            continue;
        if (run_load_rows[i].fn(arg, e, data, err) != ERR_OK)
            return err->code;
    }
    return ERR_OK;
}

/* --- what a crash has left running --- */

enum { RUN_GRACE_MS = 5000, RUN_KILLED_MS = 1000, RUN_LOOK_MS = 20 };

/* What began later is of a command that a crash has cut off; UINT64_MAX: none was. */
static uint64_t run_cut_off_at(const struct run *r)
{
    uint64_t at = UINT64_MAX;

    for (size_t i = 0; i < r->steps.n; i++)
        if (r->steps.v[i].state == STEP_RUNNING) {
            uint64_t begun = procs_at(r->steps.v[i].intent_us);

            at = begun < at ? begun : at;
        }
    return at;
}

/* A shell reads its commands from us: without us it ends after the one it runs; that one is ended, as its
 * outcome could not be learned any more.  Daemons have sessions of their own, or ignore SIGHUP and are of a command
 * before it, and are left alone. */
static void run_end_shell(const struct run *r, const struct run_shell *shell)
{
    procs_list left = {0}, told = {0};
    CLEANUP(strbuf_release) struct strbuf mark = STRBUF(0);
    uint64_t now = ident_process_start(shell->pid), cut_off_at = run_cut_off_at(r),
             grace_ms = r->opt.grace_ms ? r->opt.grace_ms : RUN_GRACE_MS;

    if (!shell->same_boot || (now && now != shell->start))
        return; /* the number is somebody else's now */
    strbuf_addf(&mark, "PRUSIK_RUN=%s", event_run_text(r->id).s);
    for (uint64_t waited_ms = 0; waited_ms < grace_ms + RUN_KILLED_MS; waited_ms += RUN_LOOK_MS) {
        left.n = 0;
        procs_of_session((pid_t)shell->pid, 0, &left);
        procs_drop_staying(&left, cut_off_at);
        if (!now) /* the session may be a stranger's, whose leader has ended, too */
            procs_keep(&left, strbuf_sv(&mark));
        if (left.n == 0)
            break;
        if (waited_ms <
            grace_ms) /* time to put things in order: make removes what is half written */
            procs_signal_new(&left, SIGTERM, &told);
        else
            procs_signal(&left, SIGKILL);
        (void)poll(NULL, 0, RUN_LOOK_MS); /* no descriptor tells that a foreign process has ended */
    }
    vec_release(&left);
    vec_release(&told);
}

/* --- settling --- */

/* Where the run goes on: the first step of its direction that is not over. */
static void run_find_place(struct run *r)
{
    size_t i = r->after_values == STAGE_WAY_BACK ? r->n_forward : 0;

    while (i < r->steps.n && run_step_is_passed(&r->steps.v[i]) &&
           !(r->after_values != STAGE_WAY_BACK && i == r->n_forward))
        i++;
    r->at = r->after_values == STAGE_WAY_BACK ? i : size_min(i, r->n_forward);
}

/* A way back that failed on some hosts went on with the others: those that failed have their turn again. */
static void run_settle_fleets(struct run *r)
{
    for (size_t i = r->at + 1; i < r->steps.n; i++)
        if (r->steps.v[i].state == STEP_FAILED && r->steps.v[i].way_back && !r->steps.v[i].left) {
            (void)run_fleet_settle(&r->steps.v[i]); /* it is settled when its turn comes */
            r->steps.v[i].state = STEP_PLANNED;
        }
}

/* A step that failed or waited has its turn again; one that was stopped may have happened. */
static void run_settle(struct run *r)
{
    struct run_step *s;

    if (!run_branch_resume(r))
        run_find_place(r);
    s = r->at < r->steps.n ? &r->steps.v[r->at] : NULL;
    if (!s)
        return;
    r->resumed = s->state;
    run_settle_fleets(r);
    if (r->choice.failed == r->at && r->opt.ask && !r->opt.retry.n)
        return; /* what is done instead of it was asked, and nobody has answered */
    r->choice.failed = SIZE_MAX;
    if (s->p->n_on && (s->state == STEP_FAILED || s->state == STEP_STOPPED))
        s->state = run_fleet_settle(s) ? STEP_RUNNING : STEP_PLANNED;
    if (s->state == STEP_FAILED || s->state == STEP_WAITING ||
        (s->state == STEP_STOPPED && sv_eq(s->p->effect, SV("none"))))
        s->state = STEP_PLANNED;
    r->settle = s->state == STEP_RUNNING || s->state == STEP_STOPPED;
}

static enum err_code run_no_retry_here(const struct run *r, struct err *err)
{
    struct event_run_text run = event_run_text(r->id);

    (void)err_set(err, ERR_INVALID, "run %s stands at step %.*s, which has not failed", run.s,
                  SV_FMT(r->steps.v[size_min(r->at, r->steps.n - 1)].p->id));
    return err_hint(err, "prusik resume %s goes on", run.s);
}

static enum err_code run_no_retry(const struct run *r, struct sv id, struct err *err)
{
    (void)err_set(err, ERR_INVALID, "step %.*s has not failed", SV_FMT(id));
    return err_hint(err, "prusik status %s says where it stands", event_run_text(r->id).s);
}

enum err_code run_choose_retry(struct run *r, struct err *err)
{
    size_t from = r->after_values == STAGE_WAY_BACK ? r->n_forward : 0;
    struct event_run_text run = event_run_text(r->id);
    struct sv nearest;
    const struct plan_step *p;

    if (!r->opt.retry.n)
        return ERR_OK;
    if (sv_eq(r->opt.retry, SV("*")))
        return r->at < r->steps.n && r->resumed == STEP_FAILED ? ERR_OK : run_no_retry_here(r, err);
    if (r->settle) { /* its turn would come later, unsettled */
        (void)err_set(err, ERR_INVALID, "step %.*s was begun and not ended",
                      SV_FMT(r->steps.v[r->at].p->id));
        return err_hint(err, "first: prusik resume %s", run.s);
    }
    p = plan_find(r->plan, r->opt.retry, &nearest);
    for (size_t i = from; i < r->steps.n; i++) {
        struct run_step *s = &r->steps.v[i];

        if (s->p != p)
            continue;
        if (i == r->at ? r->resumed != STEP_FAILED : s->state != STEP_FAILED)
            break;
        /* what is done after it is passed over; a host in doubt is settled first */
        s->state = run_fleet_settle(s) ? STEP_RUNNING : STEP_PLANNED;
        s->left = false;
        r->at = i;
        if (r->branch_of == i)
            r->branch_of = SIZE_MAX;
        r->settle = s->state == STEP_RUNNING;
        return ERR_OK;
    }
    return run_no_retry(r, r->opt.retry, err);
}

enum err_code run_load_old(struct run *r, int64_t id, struct err *err)
{
    struct run_loader l = {.r = r, .old = true};
    enum err_code rc = journal_read(r->store, id, 0, run_load_event, &l, err);

    r->flag.lifted_for_stop = false; /* it is over: nothing is taken again for it */
    vec_release(&l.shells);
    free(l.flag);
    return rc == ERR_OK ? ERR_OK : err_wrap(err, "run %s", event_run_text(id).s);
}

enum err_code run_load(struct run *r, struct err *err)
{
    struct run_loader l = {.r = r};
    enum err_code rc = journal_read(r->store, r->id, 0, run_load_event, &l, err);

    if (rc == ERR_OK && l.finished) {
        rc = err_set(err, ERR_INVALID, "run %s is finished", event_run_text(r->id).s);
        (void)err_hint(err, "prusik status %s says how", event_run_text(r->id).s);
    }
    for (size_t i = 0; rc == ERR_OK && i < l.shells.n; i++)
        run_end_shell(r, &l.shells.v[i]);
    vec_release(&l.shells);
    if (rc == ERR_OK && l.flag && r->steps.v[l.flag_step].state == STEP_RUNNING)
        run_hold_suspect(r, l.flag_step, l.flag);
    free(l.flag);
    if (rc == ERR_OK)
        run_settle(r);
    return rc;
}

/* --- the plan of a run --- */

struct run_plan_finder {
    struct hash blob;
    bool found;
    struct strbuf folder;
};

static enum err_code run_find_plan(const struct event *e, void *arg, struct err *err)
{
    struct run_plan_finder *f = arg;
    CLEANUP(json_cleanup) json_t *data = NULL;

    if (e->kind != EVENT_RUN_STARTED)
        return ERR_OK;
    if (json_read(e->data, &data, err) != ERR_OK)
        return err->code;
    f->found = hash_from_hex(json_get_sv(data, "plan_blob"), &f->blob);
    strbuf_add_sv(&f->folder, json_get_sv(data, "cwd"));
    return ERR_OK;
}

/* The crash came between its number and its first event. */
static enum err_code run_never_begun(int64_t id, struct err *err)
{
    (void)err_set(err, ERR_INVALID, "run %s was never begun: nothing of it was carried out",
                  event_run_text(id).s);
    return err_hint(err, "begin it anew: prusik run DOC");
}

enum err_code run_plan(struct store *store, int64_t id, struct plan *ret, struct err *err)
{
    CLEANUP(journal_freep) struct journal *j = NULL;
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct run_plan_finder f = {.folder = STRBUF(0)};
    json_t *json = NULL;
    enum err_code rc = journal_open(store, id, &j, err);

    if (rc == ERR_OK)
        rc = journal_read_first(store, id, run_find_plan, &f, err);
    strbuf_release(&f.folder);
    if (rc != ERR_OK)
        return rc;
    if (!f.found)
        return run_never_begun(id, err);
    if (store_blob(store, &f.blob, SIZE_MAX, &text, err) != ERR_OK ||
        json_read(strbuf_sv(&text), &json, err) != ERR_OK)
        return err_wrap(err, "plan of run %s", event_run_text(id).s);
    return plan_load(json, ret, err);
}

enum err_code run_folder(struct store *store, int64_t id, struct strbuf *ret, struct err *err)
{
    struct run_plan_finder f = {.folder = STRBUF(0)};
    enum err_code rc = journal_read_first(store, id, run_find_plan, &f, err);

    if (rc == ERR_OK)
        strbuf_add_sv(ret, strbuf_sv(&f.folder));
    strbuf_release(&f.folder);
    return rc;
}

/* --- ending without acting --- */

static void run_queue_aborted(struct run *r, struct sv by, struct sv why)
{
    json_t *data = json_object(), *kept = json_object(), *lock = json_object();

    run_flags_leave(r, "the run was aborted");
    run_hold_tell(r);
    run_hold_give_back(r, true, kept);
    json_put_sv(lock, "environment", r->plan->environment);
    run_queue(r, EVENT_LOCK_GIVEN, NULL, lock);
    journal_unlock(r->journal, r->plan->environment);
    json_put_str(data, "outcome", "aborted");
    json_put_sv(data, "by", by);
    json_put_sv(data, "why", why);
    json_put_int(data, "exit", EXIT_CODE_FAILED);
    if (json_object_size(kept))
        json_put(data, "maintenance", json_incref(kept));
    json_decref(kept);
    run_queue(r, EVENT_RUN_FINISHED, NULL, data);
}

static enum err_code run_abort_plan(struct store *store, int64_t id, const struct plan *plan,
                                    struct sv by, struct sv why, struct err *err)
{
    struct run_options opt = {.operator_name = by};
    CLEANUP(run_freep) struct run *r = run_new(store, plan, &opt);

    r->id = id;
    if (run_take(r, err) != ERR_OK)
        return err->code;
    r->stage = r->after_values; /* where it stood: what may be lifted depends on it */
    run_queue_aborted(r, by, why);
    if (!run_commit(r))
        return run_give_up(r, err);
    return journal_seal(r->journal, clock_now_us(), err);
}

enum err_code run_abort(struct store *store, int64_t id, struct sv by, struct sv why,
                        struct err *err)
{
    struct plan plan = {0};
    enum err_code rc;

    if (run_plan(store, id, &plan, err) != ERR_OK)
        return err->code;
    rc = run_abort_plan(store, id, &plan, by, why, err);
    plan_release(&plan);
    return rc;
}
