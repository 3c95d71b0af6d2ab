#include "exec/watcher.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/pool.h"
#include "base/sv.h"
#include "exec/watcher_int.h"

/* --- making --- */

/* The phase that an entry of the plan belongs to. */
static size_t watcher_scope(struct watcher *w, const json_t *entry)
{
    struct sv phase = json_get_sv(entry, "phase");

    return phase.n ? judge_scope(w->judge, phase) : JUDGE_WHOLE;
}

static void watcher_add_rules(struct watcher *w)
{
    for (size_t i = 0; i < w->rules.list.n; i++) {
        const struct plan_checked *c = &w->rules.list.v[i];

        /* numbers are given in order */
        (void)judge_add_in(w->judge, watcher_scope(w, c->of), c->id, c->rule);
        if (c->checkpoint)
            *vec_add(&w->checkpoints) = *c;
        else
            *vec_add(&w->judged) = *c;
    }
}

static struct judge *watcher_judge(struct watcher *w)
{
    struct judge_config c = {.run = w->cfg.run,
                             .interval_us = w->interval_ms * 1000,
                             .t0_us = JUDGE_UNSET,
                             .step_us = JUDGE_UNSET,
                             .run_start_us = w->cfg.run_start_us,
                             .rollback_until_us = JUDGE_UNSET,
                             .watch_us = plan_scale(w->cfg.plan, w->cfg.plan->until_ms) * 1000,
                             .watch_fixed = w->cfg.plan->until_fixed,
                             .times = rule_times_default()};

    rule_times_scale(&c.times, w->cfg.plan->time_scale);
    return judge_new(&c, w->samples);
}

unsigned watcher_threads(const struct plan *p)
{
    return (unsigned)size_min(p->n_sources + p->n_services + p->n_flags, POOL_THREADS);
}

enum err_code watcher_new(const struct watcher_config *c, struct watcher **ret, struct err *err)
{
    CLEANUP(watcher_freep) struct watcher *w = XNEW(struct watcher);

    *ret = NULL;
    w->cfg = *c;
    w->stopped = true; /* until it is started: nothing is to be closed */
    w->verdict_rule = SIZE_MAX;
    if (plan_rules_read(c->plan->json, NULL, NULL, &w->rules, err) != ERR_OK)
        return err->code;
    if (w->rules.list.n == 0)
        return ERR_OK;
    w->interval_ms = plan_scale(c->plan, c->plan->interval_ms);
    w->samples = samples_new();
    if (feeds_open(w, err) != ERR_OK || watcher_serve(w, err) != ERR_OK)
        return err->code;
    *ret = STEAL(w);
    return ERR_OK;
}

/* The judge is made late: what is restored comes before its rules. */
void watcher_ready(struct watcher *w)
{
    if (w->judge)
        return;
    w->judge = watcher_judge(w);
    watcher_add_rules(w);
    bound_want(w);
}

enum err_code watcher_restore(struct watcher *w, struct sv judge, struct sv samples,
                              struct err *err)
{
    CLEANUP(json_cleanup) json_t *tree = NULL, *judge_tree = NULL;

    assert(!w->judge);
    if (samples.n && (json_read(samples, &tree, err) != ERR_OK ||
                      samples_restore(w->samples, tree, err) != ERR_OK))
        return err_wrap(err, "the samples of the watch");
    bound_restore(w, json_object_get(tree, "positions"));
    watcher_ready(w);
    if (judge.n && (json_read(judge, &judge_tree, err) != ERR_OK ||
                    judge_restore(w->judge, judge_tree, err) != ERR_OK))
        return err_wrap(err, "the state of the watch");
    w->verdict = judge_verdict(w->judge, &w->verdict_rule);
    w->filling = watcher_is_filling(w, w->verdict, w->verdict_rule);
    if (judge_last_us(w->judge) != JUDGE_UNSET)
        clock_steady_not_before(judge_last_us(w->judge));
    return ERR_OK;
}

void watcher_free(struct watcher *w)
{
    if (!w)
        return;
    assert(w->stopped && w->n_handles == 0);
    watcher_serve_end(w);
    feeds_free(w);
    judge_free(w->judge);
    samples_free(w->samples);
    plan_rules_release(&w->rules);
    vec_release(&w->judged);
    vec_release(&w->checkpoints);
    arena_release(&w->arena);
    free(w);
}

/* --- rounds --- */

/* Nothing was measured before the mark; what a log had before is known with its first look. */
static void watcher_measure_known(struct watcher *w, int64_t now_us)
{
    judge_measure_known(w->judge, now_us);
    w->measure_known = false;
    for (size_t i = 0; i < w->judged.n; i++) /* a log that is not there yet */
        w->measure_known |=
            rule_knows_before(w->judged.v[i].rule) && judge_lacks_baseline(w->judge, i);
}

/* Is the phase over after which this rule is judged, and the judge was not told? */
static bool watcher_owes_phase(const struct watcher *w, const struct rule *rule)
{
    CLEANUP(strbuf_release) struct strbuf name = STRBUF(0);

    if (!w->cfg.phase_over || !rule->after.p ||
        judge_phase_is_done(w->judge, rule->after, rule->after_n))
        return false;
    strbuf_add_sv(&name, rule->after);
    if (rule->after_numbered)
        strbuf_addf(&name, "-%" PRIu64, rule->after_n);
    return w->cfg.phase_over(w->cfg.arg, strbuf_sv(&name));
}

/* Rules "after phase 4" are in force from the round on in which it is over. */
static void watcher_take_phases(struct watcher *w)
{
    for (size_t i = 0; i < w->judged.n; i++) {
        const struct rule *rule = w->judged.v[i].rule;

        if (watcher_owes_phase(w, rule))
            judge_phase_done(w->judge, rule->after, rule->after_n);
    }
}

/* Once a round: when the last poll is there, or when the next round begins. */
static void watcher_judge_round(struct watcher *w)
{
    int64_t now_us = clock_steady_us();

    w->round_open = false;
    w->n_rounds++;
    w->n_late += w->waiting > 0;
    if (w->measure_known)
        watcher_measure_known(w, now_us);
    if (w->marked && !w->paused) {
        watcher_take_phases(w);
        judge_tick(w->judge, now_us);
        watcher_tell_all(w, now_us);
    } else {
        samples_sweep(w->samples, now_us);
    }
    w->cfg.round(w->cfg.arg);
}

void watcher_reported(struct watcher_feed *f)
{
    struct watcher *w = f->w;

    if (f->round != w->round) /* it hung: its round was judged without it */
        return;
    assert(w->waiting > 0);
    w->waiting--;
    if (w->waiting == 0 && w->round_open)
        watcher_judge_round(w);
}

static void watcher_begin_round(struct watcher *w, int64_t at_us)
{
    w->round++;
    w->waiting = 0;
    w->round_open = true;
    feeds_poll(w, at_us);
    if (w->waiting == 0)
        watcher_judge_round(w);
}

/*
 * A loop that was held up, by a slow disk, runs timers before it hands over the answers that lie there since;
 * so a round ends one turn of the loop after its time.  libuv: idle handles run before each poll for I/O.
 */
static void watcher_on_turn(uv_idle_t *turn)
{
    struct watcher *w = turn->data;

    if (!w->turned) {
        w->turned = true;
        return;
    }
    (void)uv_idle_stop(turn); /* always succeeds */
    if (w->round_open)        /* something hangs: it is judged without it */
        watcher_judge_round(w);
    if (!w->stopped)
        watcher_begin_round(w, clock_steady_us());
}

static void watcher_on_tick(uv_timer_t *t)
{
    struct watcher *w = t->data;

    w->turned = false;
    (void)uv_idle_start(&w->turn, watcher_on_turn); /* always succeeds */
}

void watcher_start(struct watcher *w)
{
    watcher_ready(w);
    w->stopped = false;
    w->started = true;
    (void)uv_timer_init(w->cfg.loop, &w->timer); /* always succeeds, as does the start */
    w->timer.data = w;
    (void)uv_idle_init(w->cfg.loop, &w->turn); /* always succeeds */
    w->turn.data = w;
    w->n_handles = 2;
    (void)uv_timer_start(&w->timer, watcher_on_tick, 0, (uint64_t)w->interval_ms);
}

static void watcher_on_closed(uv_handle_t *h)
{
    struct watcher *w = h->data;

    w->n_handles--;
}

void watcher_stop(struct watcher *w)
{
    if (w->stopped)
        return;
    w->stopped = true;
    watcher_serve_end(w);
    uv_close((uv_handle_t *)&w->timer, watcher_on_closed);
    uv_close((uv_handle_t *)&w->turn, watcher_on_closed);
    feeds_stop(w);
}

bool watcher_is_busy(const struct watcher *w)
{
    bool busy = w->n_handles > 0;

    for (size_t i = 0; i < w->feeds.n; i++)
        busy = busy || w->feeds.v[i].busy;
    return busy;
}

void watcher_baseline(struct watcher *w)
{
    int64_t now_us = clock_steady_us();

    w->measured = true;
    bound_baseline(w, now_us);
    judge_measure_baseline(w->judge, now_us);
}

/* The mark of the phase, or of the whole, is set; false: it was before, in another process. */
static bool watcher_set_mark(struct watcher *w, struct sv phase, int64_t t0_us)
{
    size_t scope = phase.n ? judge_scope(w->judge, phase) : JUDGE_WHOLE;
    bool fresh = judge_t0(w->judge, scope) == JUDGE_UNSET;

    if (scope == JUDGE_WHOLE)
        judge_set_t0(w->judge, t0_us);
    else
        judge_set_scope_t0(w->judge, scope, t0_us);
    return fresh;
}

void watcher_pause(struct watcher *w)
{
    w->paused = w->marked && judge_t0(w->judge, JUDGE_WHOLE) == JUDGE_UNSET;
}

void watcher_mark(struct watcher *w, struct sv phase, int64_t t0_us)
{
    bool first = !w->marked, paused = w->paused;

    w->marked = true;
    w->paused = false;
    w->t0_us = t0_us;
    if (!watcher_set_mark(w, phase, t0_us))
        return;
    if (paused)
        judge_forget_before(w->judge, t0_us);
    w->measure_known =
        first && !w->measured && w->cfg.keep; /* not at a gate: what was changed is in the log */
    if (w->measure_known)
        bound_baseline(w, t0_us - 1);
    bound_forget_known(w);
    /* Counters are looked at exactly here: what they counted before is not the release's. */
    w->round_open = false;
    (void)uv_idle_stop(&w->turn); /* always succeeds */
    (void)uv_timer_start(&w->timer, watcher_on_tick, (uint64_t)w->interval_ms,
                         (uint64_t)w->interval_ms); /* always succeeds */
    watcher_begin_round(w, t0_us);
}

/* --- asking --- */

bool watcher_is_over(const struct watcher *w)
{
    for (size_t i = 0; i < w->judged.n; i++) /* it is judged in the next round */
        if (watcher_owes_phase(w, w->judged.v[i].rule))
            return false;
    return w->marked && judge_is_over(w->judge) && clock_steady_us() >= judge_watch_end(w->judge);
}

int64_t watcher_length_us(const struct watcher *w)
{
    return judge_watch_end(w->judge) - w->t0_us;
}

enum verdict watcher_verdict(const struct watcher *w)
{
    return w->verdict;
}

struct sv watcher_phase(const struct watcher *w, size_t scope)
{
    struct sv id = scope == JUDGE_WHOLE ? SV("") : judge_scope_name(w->judge, scope);
    const struct plan_part *part = id.n ? plan_part(w->cfg.plan, id) : NULL;

    return part ? part->title : id;
}

bool watcher_open_checkpoint(const struct watcher *w, size_t *number, struct sv *name,
                             struct sv *phase)
{
    for (size_t i = 0; w->marked && i < judge_n_checkpoints(w->judge); i++) {
        struct judge_checkpoint c;

        judge_checkpoint(w->judge, i, &c);
        if (c.phase != CHECK_CLOSED || c.verdict != VERDICT_INVESTIGATE)
            continue;
        *number = i;
        *name = c.id;
        *phase = watcher_phase(w, c.scope);
        return true;
    }
    return false;
}

void watcher_answer(struct watcher *w, size_t checkpoint, bool go_on)
{
    (void)judge_answer(w->judge, checkpoint,
                       go_on ? CHECK_GO_ON : CHECK_ROLL_BACK); /* false: answered already */
}

const char *watcher_url(const struct watcher *w)
{
    return w->web ? web_server_url(w->web) : NULL;
}

void watcher_save_judge(const struct watcher *w, struct strbuf *out)
{
    CLEANUP(json_cleanup) json_t *tree = judge_save(w->judge);

    json_write(tree, out);
}

void watcher_save_samples(const struct watcher *w, struct strbuf *out)
{
    CLEANUP(json_cleanup) json_t *tree = samples_save(w->samples);

    json_put(tree, "positions", bound_save(w)); /* of the same moment: no line counts twice */
    json_write(tree, out);
}
