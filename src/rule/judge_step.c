/* judge_step: one evaluation of one rule: result, timers, state, contribution. */
#include "rule/judge_int.h"

#include <math.h>

#include "base/sv.h"

#define WEEK_US         (7LL * 86400 * 1000000)
#define GAPS_ESCALATE   4u /* R24 */
#define FLAPPING_BEGINS 4u /* R33 */
#define FLAPPING_ENDS   2u

enum result_class { CLASS_GOOD, CLASS_BAD, CLASS_GAP };

void judge_event_add(struct judge *j, enum judge_event_kind kind, size_t rule)
{
    struct judge_event *e = vec_add(&j->events);

    e->kind = kind;
    e->rule = rule;
}

static int64_t interval_of(const struct judge *j, const struct judge_rule *r)
{
    return r->rule->every.us > j->cfg.interval_us ? r->rule->every.us : j->cfg.interval_us;
}

int64_t judge_fresh_us(const struct judge *j, const struct judge_rule *r)
{
    int64_t two = 2 * interval_of(j, r);

    return two > j->cfg.times.stale_us ? two : j->cfg.times.stale_us;
}

/* R28; a rule that is judged every hour has not lost its run after one. */
static int64_t restart_us(const struct judge *j, const struct judge_rule *r)
{
    int64_t three = 3 * interval_of(j, r);

    return three > j->cfg.times.restart_us ? three : j->cfg.times.restart_us;
}

/* ---- is it in force ---- */

static bool phase_is_done(const struct judge *j, const struct judge_rule *r, int64_t t_us)
{
    const struct rule *rule = r->rule;

    if (!rule->after.p)
        return true;
    if (sv_eq(rule->after, SV("week")) && rule->after_numbered)
        return j->cfg.run_start_us != JUDGE_UNSET &&
               t_us - j->cfg.run_start_us >=
                   rule_scale_us((int64_t)rule->after_n * WEEK_US, rule->scale);
    return judge_phase_is_done(j, rule->after, rule->after_n);
}

bool judge_rule_followed(const struct judge *j, const struct judge_rule *r, int64_t t_us)
{
    return r->st.run == RUN_PENDING && t_us - r->st.result_us < restart_us(j, r);
}

bool judge_rule_active(const struct judge *j, const struct judge_rule *r, int64_t t_us)
{
    const struct rule *rule = r->rule;
    int64_t t0 = judge_t0(j, r->scope);
    int64_t from = rule->within_of == FROM_STEP ? j->cfg.step_us : t0;

    if (rule->at.from != FROM_NONE || t0 == JUDGE_UNSET || t_us < t0 || !phase_is_done(j, r, t_us))
        return false;
    if (rule_is_gate(rule) || rule->within.us == 0)
        return true;
    if (from == JUDGE_UNSET || t_us < from)
        return false;
    return t_us <= from + rule->within.us || judge_rule_followed(j, r, t_us);
}

void judge_rest(struct judge *j, size_t i)
{
    struct judge_rule *r = &j->rules.v[i];

    if (rule_is_gate(r->rule))
        return; /* what it said stays said */
    r->st.run = RUN_IDLE;
    r->st.elapsed_us = 0;
    r->st.gaps = 0;
    r->seen.changed = r->seen.state != STATE_INACTIVE;
    r->seen.result = RESULT_NONE;
    r->seen.state = STATE_INACTIVE;
    r->seen.verdict = VERDICT_OK;
    r->seen.uncovered = r->seen.active = false;
    r->seen.info = (struct eval_info){.subject = {.kind = VAL_NULL}};
}

/* ---- the result ---- */

static void see_value(struct judge_rule *r, const struct val *v)
{
    bool report = r->rule->form == RULE_REPORT;

    free(r->seen.error);
    r->seen.error = NULL;
    r->seen.at_least = false;
    if (v->kind == VAL_NODATA) {
        r->seen.result = RESULT_NODATA;
        r->seen.nodata = v->why;
    } else if (v->kind == VAL_ERROR) {
        r->seen.result = RESULT_ERROR;
        r->seen.error = xstrdup_sv(v->text);
    } else {
        r->seen.result = report || val_is(v, true) ? RESULT_TRUE : RESULT_FALSE;
    }
    if (report && v->kind == VAL_DIST) {
        r->seen.info.has_value = true;
        r->seen.info.value = dist_quantile(v->dist, v->per_mille, &r->seen.at_least);
    }
}

/* BAD above its limit?  The operator is turned so that the subject stands left. */
static bool bad_is_above(const struct judge_rule *r)
{
    bool negated;
    const struct expr *cmp = rule_comparison(r->rule, &negated);
    unsigned op = rule_subject(cmp) == cmp->a ? cmp->op : rule_cmp_mirror((enum rule_cmp)cmp->op);

    return (op == CMP_GT || op == CMP_GE) != ((r->rule->form == RULE_EXPECT) != negated);
}

/* R32: once fired, only a value on the good side of v, v included, is GOOD. */
static void see_recover(struct judge *j, struct judge_rule *r)
{
    const struct num *v = &r->rule->recover;
    bool known = r->seen.result == RESULT_TRUE || r->seen.result == RESULT_FALSE, negated;
    double limit = v->per_s > 0 ? v->value / v->per_s : v->value;
    struct val bad;

    if (!r->rule->has_recover || r->st.run != RUN_FIRED || !known)
        return;
    bad = rule_eval_limit(r->prog, &j->scratch, &r->seen.info, bad_is_above(r) ? CMP_GT : CMP_LT,
                          limit);
    (void)rule_comparison(r->rule, &negated);
    if (negated)
        bad = val_not(bad);
    if (!val_known(&bad))
        see_value(r, &bad);
    else
        r->seen.result =
            val_is(&bad, true) == (r->rule->form == RULE_WHEN) ? RESULT_TRUE : RESULT_FALSE;
}

/* R22, R23.  *real: it is no missing value. */
static enum result_class classify(const struct judge_rule *r, bool *real)
{
    bool filling = r->seen.result == RESULT_NODATA && r->seen.nodata == NODATA_FILLING;

    *real = r->seen.result == RESULT_TRUE || r->seen.result == RESULT_FALSE;
    if (*real)
        return (r->seen.result == RESULT_TRUE) == (r->rule->form == RULE_WHEN) ? CLASS_BAD
                                                                               : CLASS_GOOD;
    if (r->rule->missing == MISSING_OK)
        return CLASS_GOOD;
    return r->rule->missing == MISSING_BAD && !filling ? CLASS_BAD : CLASS_GAP;
}

/* R24 */
static void count_gap(struct judge *j, struct judge_rule *r, enum result_class c)
{
    bool counts =
        c == CLASS_GAP && (r->seen.result == RESULT_ERROR || r->seen.nodata == NODATA_NO_SERIES ||
                           r->seen.nodata == NODATA_STALE);

    r->st.gaps = counts ? r->st.gaps + 1 : 0;
    if (r->st.gaps == GAPS_ESCALATE)
        judge_event_add(j, JUDGE_NO_DATA, (size_t)(r - j->rules.v));
}

/* R33 */
static void count_changes(struct judge *j, struct judge_rule *r, enum result_class c)
{
    unsigned changes = 0;

    if (c == CLASS_GAP)
        return;
    r->st.hist = (r->st.hist << 1 | (c == CLASS_BAD)) & ((1u << HIST_MAX) - 1);
    r->st.n_hist += r->st.n_hist < HIST_MAX;
    for (unsigned i = 0; i + 1 < r->st.n_hist; i++)
        changes += ((r->st.hist >> i) ^ (r->st.hist >> (i + 1))) & 1u;
    if (!r->st.flapping && changes >= FLAPPING_BEGINS) {
        r->st.flapping = true;
        judge_event_add(j, JUDGE_FLAPPING, (size_t)(r - j->rules.v));
    } else if (changes <= FLAPPING_ENDS) {
        r->st.flapping = false;
    }
}

/* ---- standing rules ---- */

static enum run_event run_event_of(const struct judge *j, const struct judge_rule *r,
                                   enum result_class c, int64_t t_us)
{
    int64_t away;

    if (c != CLASS_BAD)
        return c == CLASS_GOOD ? RUN_GOOD : RUN_GAP;
    if (r->st.result_us == JUDGE_UNSET)
        return RUN_BAD;
    away = t_us - r->st.result_us;
    if (away >= restart_us(j, r))
        return RUN_OVER;
    return away > judge_fresh_us(j, r) ? RUN_LATE : RUN_BAD;
}

static void run_effect(struct judge *j, struct judge_rule *r, enum run_effect fx, bool real,
                       int64_t t_us)
{
    struct rule_state *st = &r->st;
    int64_t step = st->last_us == JUDGE_UNSET ? 0 : t_us - st->last_us;

    assert(fx != FX_BUG);
    if (fx == FX_START) {
        st->since_us = t_us;
        st->elapsed_us = 0;
        st->fresh_us = -1;
        st->real = false;
    } else if (fx == FX_COUNT) {
        st->elapsed_us += step;
        if (st->fresh_us >= 0 && real)
            st->fresh_us += step;
    } else if (fx == FX_FRESH) {
        st->fresh_us = 0;
    } else if (fx == FX_END) {
        if (r->before.run == RUN_FIRED)
            judge_event_add(j, JUDGE_RESOLVED, (size_t)(r - j->rules.v));
        st->elapsed_us = 0;
        st->done_effects = st->done_rollback = false;
    } else if (fx == FX_FIRE) {
        st->firings++;
    }
}

static bool run_is_held(const struct judge *j, const struct judge_rule *r)
{
    int64_t need = r->rule->hold.us;
    int64_t fresh = need < j->cfg.times.fresh_us ? need : j->cfg.times.fresh_us;

    return r->st.elapsed_us >= need && (r->st.fresh_us < 0 || r->st.fresh_us >= fresh);
}

static void step_run(struct judge *j, struct judge_rule *r, enum result_class c, bool real,
                     int64_t t_us)
{
    struct run_move m = run_fsm(r->st.run, run_event_of(j, r, c, t_us));

    run_effect(j, r, m.effect, real, t_us);
    r->st.run = m.next;
    r->st.real |= real && c == CLASS_BAD && r->st.run != RUN_IDLE;
    if (r->st.run == RUN_PENDING && c == CLASS_BAD && run_is_held(j, r)) {
        m = run_fsm(r->st.run, RUN_HELD);
        run_effect(j, r, m.effect, real, t_us);
        r->st.run = m.next;
    }
}

static enum judge_state run_state(const struct judge *j, const struct judge_rule *r,
                                  enum result_class c, int64_t t_us)
{
    if (r->st.run == RUN_FIRED)
        return STATE_FIRED;
    if (r->st.run == RUN_PENDING)
        return c == CLASS_GAP && t_us - r->st.result_us > judge_fresh_us(j, r) ? STATE_SUSPENDED
                                                                               : STATE_PENDING;
    if (c != CLASS_GAP)
        return STATE_GOOD;
    return r->seen.result == RESULT_ERROR ? STATE_ERROR : STATE_NODATA;
}

static enum verdict at_least(enum verdict v, enum verdict least)
{
    return v > least ? v : least;
}

static enum verdict at_most(enum verdict v, enum verdict most)
{
    return v < most ? v : most;
}

/* R29, R23, R24, R33. */
static enum verdict run_contribution(const struct judge_rule *r, enum result_class c)
{
    const struct eval_info *info = &r->seen.info;
    enum verdict v = VERDICT_OK;

    if (r->worst == VERDICT_OK) /* "ok" and "info" decide nothing */
        return v;
    if (r->st.run == RUN_FIRED)
        v = r->rule->missing == MISSING_BAD && !r->st.real ? at_most(r->worst, VERDICT_INVESTIGATE)
                                                           : r->worst;
    else if (r->st.run == RUN_PENDING)
        v = verdict_below(r->worst);
    if (c == CLASS_GAP)
        v = at_least(v, r->st.gaps >= GAPS_ESCALATE ? VERDICT_INVESTIGATE : VERDICT_HOLD);
    if (info->cannot_tell ||
        (r->seen.at_checkpoint && c == CLASS_GAP && r->seen.result == RESULT_NODATA &&
         r->seen.nodata == NODATA_UNDECIDED))
        v = at_least(v, VERDICT_INVESTIGATE);
    if (info->drifting)
        v = at_most(v, VERDICT_INVESTIGATE);
    return r->st.flapping ? VERDICT_INVESTIGATE : v;
}

/* What a firing does, once; a rollback only when the rule really contributes one. */
static void fire_actions(struct judge *j, struct judge_rule *r)
{
    struct rule_state *st = &r->st;
    bool rollback = r->seen.verdict == VERDICT_ROLLBACK;

    if (st->run != RUN_FIRED || st->flapping)
        return;
    for (size_t i = 0; i < r->rule->n_acts; i++) {
        const struct rule_act *act = &r->rule->acts[i];
        bool back = act->action == ACTION_ROLLBACK;

        if (!rule_actions[act->action].effect ||
            (back ? st->done_rollback || !rollback : st->done_effects))
            continue;
        judge_event_add(j, JUDGE_FIRED, (size_t)(r - j->rules.v));
        vec_last(&j->events)->action = act->action;
        vec_last(&j->events)->name = act->name;
        vec_last(&j->events)->again = back && j->latched;
        j->latched |= back;
    }
    st->done_effects = true;
    st->done_rollback |= rollback;
}

/* ---- gates ---- */

static enum gate_event gate_event_of(const struct judge *j, const struct judge_rule *r,
                                     enum result_class c, bool real, int64_t t_us)
{
    bool expect = r->rule->form == RULE_EXPECT;
    bool is_true = real ? r->seen.result == RESULT_TRUE : expect && r->rule->missing == MISSING_OK;

    if (!real && !(expect && r->rule->missing != MISSING_HOLD && c != CLASS_GAP))
        return GATE_UNKNOWN;
    if (!is_true)
        return GATE_FALSE;
    return r->st.last_us != JUDGE_UNSET && t_us - r->st.last_us > judge_fresh_us(j, r) ? GATE_LATE
                                                                                       : GATE_TRUE;
}

static void gate_effect(struct judge_rule *r, enum gate_effect fx, enum gate_event ev, int64_t t_us)
{
    assert(fx != GATE_FX_BUG);
    if (fx == GATE_FX_RESET) {
        r->st.elapsed_us = 0;
        r->st.holding = false;
    }
    if (fx != GATE_FX_COUNT && ev != GATE_LATE)
        return;
    if (!r->st.holding) {
        r->st.holding = true;
        r->st.since_us = t_us;
        r->st.elapsed_us = 0;
    } else if (fx == GATE_FX_COUNT) {
        r->st.elapsed_us += t_us - r->st.last_us;
    }
}

static bool gate_is_over(const struct judge *j, const struct judge_rule *r, int64_t t_us)
{
    const struct rule *rule = r->rule;
    int64_t from = r->st.first_us;

    if (rule->within.us == 0)
        return rule->form == RULE_EXPECT &&
               t_us - from >= 2 * rule->hold.us + j->cfg.times.slack_us;
    if (rule->within_of == FROM_DEPLOY)
        from = judge_t0(j, r->scope);
    else if (j->cfg.step_us != JUDGE_UNSET)
        from = j->cfg.step_us;
    return t_us - from >= rule->within.us;
}

static void step_gate(struct judge *j, struct judge_rule *r, enum result_class c, bool real,
                      int64_t t_us)
{
    enum gate_event ev = gate_event_of(j, r, c, real, t_us);
    struct gate_move m = gate_fsm(r->st.gate, ev);

    if (r->st.first_us == JUDGE_UNSET)
        r->st.first_us = t_us;
    gate_effect(r, m.effect, ev, t_us);
    r->st.gate = m.next;
    if (r->st.gate != GATE_WAITING)
        return;
    if ((ev == GATE_TRUE || ev == GATE_LATE) && r->st.elapsed_us >= r->rule->hold.us)
        r->st.gate = gate_fsm(r->st.gate, GATE_HELD).next;
    else if (gate_is_over(j, r, t_us))
        r->st.gate = gate_fsm(r->st.gate, GATE_DEADLINE).next;
}

static void see_gate(struct judge_rule *r)
{
    static const enum judge_state states[2][GATE__N] = {
        {[GATE_WAITING] = STATE_WAITING,
         [GATE_PASSED] = STATE_PASSED,
         [GATE_FAILED] = STATE_FAILED},
        {[GATE_WAITING] = STATE_WAITING, [GATE_PASSED] = STATE_OPEN, [GATE_FAILED] = STATE_TIMEOUT},
    };
    bool proceed = r->rule->form == RULE_WHEN;

    r->seen.state = states[proceed][r->st.gate];
    r->seen.verdict = VERDICT_HOLD;
    if (r->st.gate == GATE_PASSED)
        r->seen.verdict = VERDICT_OK;
    else if (r->st.gate == GATE_FAILED && !proceed)
        r->seen.verdict = r->worst;
}

/* A failed expectation does what stands after else, once. */
static void fail_actions(struct judge *j, struct judge_rule *r)
{
    if (r->st.gate != GATE_FAILED || r->rule->form != RULE_EXPECT)
        return;
    r->st.run = RUN_FIRED; /* for fire_actions(): nothing else looks at the run of a gate */
    fire_actions(j, r);
}

/* ---- */

static void evaluate(struct judge *j, struct judge_rule *r, int64_t t_us)
{
    struct look look = {
        .s = j->s, .times = &j->cfg.times, .t_us = t_us, .t0_us = judge_rule_from(j, r)};
    struct eval_run run = {.step_us = LOOK_LONG_AGO,
                           .rollback_until_us = LOOK_LONG_AGO,
                           .watch_us = j->cfg.watch_us,
                           .checkpoints = r->checkpoints};
    struct val v;

    if (j->cfg.step_us != JUDGE_UNSET)
        run.step_us = j->cfg.step_us;
    if (j->cfg.rollback_until_us != JUDGE_UNSET)
        run.rollback_until_us = j->cfg.rollback_until_us;
    v = rule_eval(r->prog, &look, &run, &j->scratch, &r->seen.info);
    see_value(r, &v);
}

/* There was no value at all before: that one will never be judged has to be seen. */
static bool lacks_baseline(const struct rule_seen *s)
{
    return s->result == RESULT_NODATA && s->nodata == NODATA_NO_BASELINE;
}

void judge_step(struct judge *j, size_t i, int64_t t_us, bool at_checkpoint)
{
    struct judge_rule *r = &j->rules.v[i];
    struct rule_seen was = r->seen;
    enum result_class c;
    bool real;

    r->before = r->st;
    if (rule_prog_n_kofn(r->prog) + rule_prog_n_tests(r->prog) > 0) {
        json_decref(r->nodes_before);
        r->nodes_before = judge_nodes_save(r->prog);
    }
    r->seen.at_checkpoint = at_checkpoint;
    r->seen.evaluated = r->seen.active = true;
    r->seen.uncovered = r->seen.no_data_at_checkpoint = false;
    evaluate(j, r, t_us);
    see_recover(j, r);
    judge_operands_note(r);
    c = classify(r, &real);
    if (r->rule->form == RULE_REPORT) {
        r->seen.state = STATE_REPORT;
        r->seen.verdict = VERDICT_OK;
    } else if (rule_is_gate(r->rule)) {
        step_gate(j, r, c, real, t_us);
        see_gate(r);
        fail_actions(j, r);
    } else {
        count_gap(j, r, c);
        count_changes(j, r, c);
        step_run(j, r, c, real, t_us);
        r->seen.state = run_state(j, r, c, t_us);
        r->seen.verdict = run_contribution(r, c);
        fire_actions(j, r);
    }
    r->st.last_us = t_us;
    if (c != CLASS_GAP)
        r->st.result_us = t_us;
    r->seen.changed = was.state != r->seen.state || was.verdict != r->seen.verdict ||
                      r->before.flapping != r->st.flapping ||
                      (lacks_baseline(&r->seen) && !lacks_baseline(&was));
}
