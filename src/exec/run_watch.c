/*
 * The watch of a run: what the watcher finds is journaled, and acted on.
 */
#include "base/clock.h"
#include "base/sv.h"
#include "exec/run_int.h"
#include "exec/watcher.h"

#define WATCH_SAMPLES_EVERY_US (15 * 1000000LL) /* a restart loses at most so much of a window */

struct run_watch {
    struct watcher *watcher;
    int64_t samples_us; /* when they were kept last, and ... */
    size_t n_placed;    /* ... how many positions with them */
    bool baseline_taken;
    int64_t baseline_until_us; /* it is waited for, no longer than so; 0: it is not */
    int64_t resumed_us;        /* when a watch that had begun was taken up again; 0: it was not */
    size_t asked;              /* the checkpoint that the operator is asked about; SIZE_MAX: none */
};

/* --- state for a resume --- */

static void watch_keep(struct run *r)
{
    struct run_watch *rw = r->watch;
    CLEANUP(strbuf_release) struct strbuf judge = STRBUF(0), samples = STRBUF(0);
    int64_t now_us = clock_steady_us();
    size_t n_placed = watcher_n_placed(rw->watcher);

    watcher_save_judge(rw->watcher, &judge);
    journal_keep(r->journal, SV("judge"), strbuf_sv(&judge));
    if (now_us - rw->samples_us < WATCH_SAMPLES_EVERY_US && rw->samples_us <= now_us &&
        n_placed == rw->n_placed) /* a log without a place would be read from its end */
        return;
    watcher_save_samples(rw->watcher, &samples);
    journal_keep(r->journal, SV("samples"), strbuf_sv(&samples));
    rw->samples_us = now_us;
    rw->n_placed = n_placed;
}

static enum err_code watch_restore(struct run *r, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf judge = STRBUF(0), samples = STRBUF(0);

    if (journal_kept(r->journal, SV("judge"), &judge, err) != ERR_OK ||
        journal_kept(r->journal, SV("samples"), &samples, err) != ERR_OK)
        return err->code;
    if (!judge.n)
        return ERR_OK;
    r->watch->baseline_taken = true; /* it is kept from then on */
    return watcher_restore(r->watch->watcher, strbuf_sv(&judge), strbuf_sv(&samples), err);
}

static bool watch_keep_alerts(void *arg)
{
    struct run *r = arg;
    CLEANUP(json_cleanup) json_t *tree = alerts_save(r->alerts);
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct err err;

    json_write(tree, &text);
    journal_keep(r->journal, SV("alerts"), strbuf_sv(&text));
    return journal_flush(r->journal, &err) == ERR_OK;
}

static enum err_code watch_restore_alerts(struct run *r, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    CLEANUP(json_cleanup) json_t *tree = NULL;

    r->alerts = alerts_new();
    if (journal_kept(r->journal, SV("alerts"), &text, err) != ERR_OK)
        return err->code;
    if (!text.n)
        return ERR_OK;
    if (json_read(strbuf_sv(&text), &tree, err) != ERR_OK ||
        alerts_restore(r->alerts, tree, err) != ERR_OK)
        return err_wrap(err, "the alerts of the watch");
    return ERR_OK;
}

/* --- what is told --- */

static void watch_set_text(struct run *r, const char *text)
{
    free(r->verdict_text);
    r->verdict_text = xstrdup(text);
}

/* A verdict that comes from no rule, OK, has no text; that of an earlier one is not its own. */
static void watch_take_verdict_text(struct run *r, const json_t *data)
{
    if (json_get_sv(data, "text").n) {
        watch_set_text(r, json_get_str(data, "text", ""));
    } else if (sv_eq(json_get_sv(data, "verdict"), sv_from(verdict_names[VERDICT_OK]))) {
        free(r->verdict_text);
        r->verdict_text = NULL;
    }
}

static void watch_on_tell(void *arg, enum watcher_told what, json_t *data)
{
    struct run *r = arg;

    switch (what) {
    case WATCHER_RULE: run_queue(r, EVENT_RULE_STATE, NULL, data); break;
    case WATCHER_CHECKPOINT:
        if (!sv_eq(json_get_sv(data, "verdict"), sv_from(verdict_names[VERDICT_OK])))
            watch_set_text(r, json_get_str(data, "text", ""));
        run_queue(r, EVENT_CHECKPOINT, NULL, data);
        break;
    case WATCHER_VERDICT:
        watch_take_verdict_text(r, data);
        run_queue(r, EVENT_VERDICT, NULL, data);
        break;
    case WATCHER_FLAG: run_flags_fired(r, data); break;
    case WATCHER_SHOW:
    default: run_tell(r, "watch", NULL, data); break;
    }
}

static void watch_roll_back(struct run *r)
{
    CLEANUP(strbuf_release) struct strbuf reason = STRBUF(0);

    strbuf_addf(&reason, "%s", r->verdict_text ? r->verdict_text : "a rule of the watch");
    run_roll_back(r, strbuf_sv(&reason), SV("rule"));
}

/* A checkpoint that says INVESTIGATE wants a person; without one its verdict stands. */
static void watch_ask(struct run *r)
{
    struct run_watch *rw = r->watch;
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct sv name, phase;
    size_t number;

    if (!r->opt.ask || r->plan->watch_only || r->asking || r->stage != STAGE_WATCH ||
        !watcher_open_checkpoint(rw->watcher, &number, &name, &phase))
        return;
    rw->asked = number;
    r->asking = true;
    r->question = QUESTION_CHECKPOINT;
    strbuf_addf(&text, "checkpoint %.*s%s%.*s: %s; go on?", SV_FMT(name), phase.n ? " of " : "",
                SV_FMT(phase), r->verdict_text ? r->verdict_text : "INVESTIGATE");
    r->opt.ask(r->opt.arg,
               &(struct run_question){.kind = QUESTION_CHECKPOINT, .text = strbuf_sv(&text)});
}

void run_watch_answer(struct run *r, bool yes, struct sv by, struct sv note)
{
    CLEANUP(strbuf_release) struct strbuf reason = STRBUF(0);

    json_t *data = run_answer_data(yes, by, note);

    r->asking = false;
    json_put_int(data, "checkpoint", (int64_t)r->watch->asked);
    run_queue(r, EVENT_ANSWER, NULL, data);
    watcher_answer(r->watch->watcher, r->watch->asked, yes);
    r->watch->asked = SIZE_MAX;
    if (!run_commit(r))
        return;
    if (yes) {
        watch_ask(r);   /* the next one, if there is one */
        run_advance(r); /* what was due meanwhile */
        return;
    }
    strbuf_addf(&reason, "%.*s said no at a checkpoint", SV_FMT(by));
    if (note.n)
        strbuf_addf(&reason, ": %.*s", SV_FMT(note));
    run_roll_back(r, strbuf_sv(&reason), by);
}

/* It goes on behind its end: once it is said why. */
static void watch_tell_longer(struct run *r)
{
    json_t *data;

    if (r->watch_longer || r->stage != STAGE_WATCH || run_watch_over(r) ||
        !(data = watcher_unfinished(r->watch->watcher)))
        return;
    r->watch_longer = true;
    run_queue(r, EVENT_WATCH_STATE, NULL, data);
}

/* What was never seen is not good: where a rule that saw nothing would have had a say, people should look. */
static void watch_take_unjudged(struct run *r, struct sv decisive)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    json_t *data;

    if (r->verdict != VERDICT_OK || !decisive.n)
        return;
    strbuf_addf(&text, "never judged: %.*s", SV_FMT(decisive));
    data = json_object();
    r->verdict = VERDICT_INVESTIGATE;
    watch_set_text(r, strbuf_str(&text));
    json_put_str(data, "verdict", verdict_names[r->verdict]);
    json_put_sv(data, "text", strbuf_sv(&text));
    run_queue(r, EVENT_VERDICT, NULL, data);
}

void run_watch_tell_unjudged(struct run *r)
{
    json_t *data;

    if (!r->watch || r->watch_unjudged || r->verdict == VERDICT_ROLLBACK ||
        !(data = watcher_unjudged(r->watch->watcher)))
        return;
    r->watch_unjudged = true;
    json_incref(data);
    run_queue(r, EVENT_WATCH_STATE, NULL, data);
    watch_take_unjudged(r, json_get_sv(data, "decisive"));
    json_decref(data);
}

/* What the round asks for. */
static void watch_act(struct run *r)
{
    if (r->verdict == VERDICT_ROLLBACK && !r->plan->watch_only) {
        watch_roll_back(r);
        return;
    }
    watch_ask(r);
    if (r->stage == STAGE_WATCH && !r->asking && run_watch_over(r))
        run_advance(r);
}

static void watch_on_round(void *arg)
{
    struct run *r = arg;
    struct err err;

    if (!run_is_marked(r)) {
        if (r->watch->baseline_until_us && !r->watch->baseline_taken)
            run_advance(r);
        return;
    }
    r->verdict = watcher_verdict(r->watch->watcher);
    run_events_journal(r);
    watch_tell_longer(r);
    watch_keep(r);
    if (!run_commit(r))
        return;
    if (journal_flush(r->journal, &err) != ERR_OK) {
        run_broken(r, &err);
        return;
    }
    if (run_flags_go(r))
        watch_act(r);
}

/* --- the life of the watch --- */

/* Where it is asked: of port 0 nobody else knows. */
static void watch_tell_url(struct run *r, const struct watcher *w)
{
    json_t *data;

    if (!watcher_url(w))
        return;
    data = json_object();
    json_put_str(data, "url", watcher_url(w));
    run_tell(r, "serving", NULL, data);
}

/* It is said before minutes of HOLD say it. */
static void watch_tell_baseline(struct run *r)
{
    json_t *data = watcher_lacks_baseline(r->watch->watcher);

    if (data)
        run_tell(r, "no-baseline", NULL, data);
}

enum err_code run_watch_begin(struct run *r, struct err *err)
{
    struct watcher_config c = {.plan = r->plan,
                               .run_start_us = r->values.started_us,
                               .loop = &r->loop,
                               .http = r->http,
                               .binding = r->opt.binding,
                               .keep = watch_keep_alerts,
                               .events = run_event_moments,
                               .phase_over = run_phase_is_over,
                               .note = run_event_note,
                               .tell = watch_on_tell,
                               .round = watch_on_round,
                               .arg = r};
    struct event_run_text name = event_run_text(r->id);
    struct watcher *w;

    if (r->stage == STAGE_WAY_BACK)
        return ERR_OK; /* nothing is decided any more */
    c.run = arena_sv(&r->arena, sv_from(name.s));
    if (watch_restore_alerts(r, err) != ERR_OK)
        return err->code;
    c.alerts = r->alerts;
    if (watcher_new(&c, &w, err) != ERR_OK)
        return err->code;
    if (!w)
        return ERR_OK;
    r->watch = XNEW(struct run_watch);
    r->watch->watcher = w;
    r->watch->asked = SIZE_MAX;
    if (watch_restore(r, err) != ERR_OK)
        return err->code;
    watcher_start(w);
    watch_tell_url(r, w);
    for (size_t i = 0; i < r->phases.n; i++)
        if (r->phases.v[i].at_us && r->phases.v[i].at_us != r->mark_us)
            watcher_mark(w, r->phases.v[i].id, r->phases.v[i].at_us);
    if (r->mark_us) {
        r->watch->resumed_us = clock_steady_us();
        watcher_mark(w, SV(""), r->mark_us);
    } else if (run_phase_pauses(r, false)) {
        watcher_pause(w);
    }
    return ERR_OK;
}

bool run_watch_awaits_baseline(struct run *r, const struct run_step *s)
{
    struct run_watch *rw = r->watch;
    int64_t now_us = clock_steady_us(), wait_us = plan_scale(r->plan, r->plan->baseline_ms) * 1000;
    json_t *lacks;

    if (!rw || rw->baseline_taken || wait_us == 0 || !run_step_is_change(s))
        return false;
    watcher_baseline(rw->watcher);
    lacks = watcher_lacks_baseline(rw->watcher);
    if (!lacks || (rw->baseline_until_us && now_us >= rw->baseline_until_us)) {
        json_decref(lacks);
        return false;
    }
    if (rw->baseline_until_us ||
        !run_commit(r)) { /* the outcome of the step before does not wait */
        json_decref(lacks);
        return true;
    }
    rw->baseline_until_us = now_us + wait_us;
    json_put_int(lacks, "until_us", rw->baseline_until_us);
    json_put_int(lacks, "wait_ms", wait_us / 1000);
    run_tell(r, "baseline-wait", s, lacks);
    return true;
}

void run_watch_baseline(struct run *r)
{
    if (!r->watch || r->watch->baseline_taken)
        return;
    r->watch->baseline_taken = true;
    watcher_baseline(r->watch->watcher);
    watch_tell_baseline(r);
    watch_keep(r); /* with the intent of the first changing step */
}

void run_watch_mark(struct run *r, struct sv phase, int64_t at_us)
{
    if (!r->watch)
        return;
    if (!r->watch->baseline_taken)
        watch_tell_baseline(r);
    /* With the next round: where logs and services stood before it would make the deployment an event behind it. */
    r->watch->samples_us = 0;
    watcher_mark(r->watch->watcher, phase, at_us);
}

void run_watch_pause(struct run *r)
{
    if (r->watch && run_phase_pauses(r, true))
        watcher_pause(r->watch->watcher);
}

bool run_watch_has_baseline(const struct run *r)
{
    return r->watch && r->watch->baseline_taken;
}

bool run_watch_needed(const struct run *r)
{
    return r->watch != NULL;
}

/*
 * Nobody looked while the run was down, so after a resume the rules have nothing fresh, and say HOLD: that is no
 * reason to end.  They are given time to see again, as long as the whole watch at most.
 */
static bool run_watch_catches_up(const struct run *r)
{
    const struct run_watch *rw = r->watch;

    return rw->resumed_us && r->verdict == VERDICT_HOLD &&
           clock_steady_us() - rw->resumed_us < watcher_length_us(rw->watcher);
}

bool run_watch_over(const struct run *r)
{
    size_t number;
    struct sv name, phase;

    if (r->plan->watch_only && r->verdict == VERDICT_ROLLBACK)
        return true; /* it does not get better, and somebody else has to act */
    if (r->opt.ask && !r->plan->watch_only &&
        watcher_open_checkpoint(r->watch->watcher, &number, &name, &phase))
        return false;
    return watcher_is_over(r->watch->watcher) && !run_watch_catches_up(r);
}

void run_watch_stop(struct run *r)
{
    if (r->watch)
        watcher_stop(r->watch->watcher);
}

void run_watch_free(struct run *r)
{
    if (!r->watch)
        return;
    watcher_stop(r->watch->watcher);
    while (watcher_is_busy(r->watch->watcher))
        (void)uv_run(&r->loop, UV_RUN_ONCE); /* polls that were cancelled report */
    watcher_free(r->watch->watcher);
    free(r->watch);
    r->watch = NULL;
}

enum err_code run_watch_load(struct run *r, const struct event *e, const json_t *data,
                             struct err *err UNUSED)
{
    if (e->kind == EVENT_WATCH_STATE) {
        bool unjudged = sv_eq(json_get_sv(data, "state"), SV("unjudged"));

        r->watch_unjudged |= unjudged;
        r->watch_longer |= !unjudged;
    }
    if (e->kind != EVENT_VERDICT)
        return ERR_OK; /* the judge's own state is kept beside the events */
    for (unsigned i = 0; i < VERDICT__N; i++)
        if (sv_eq(json_get_sv(data, "verdict"), sv_from(verdict_names[i])))
            r->verdict = i;
    watch_take_verdict_text(r, data);
    return ERR_OK;
}
