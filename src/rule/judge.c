#include "rule/judge.h"

#include "rule/judge_int.h"

#include <math.h>

#include "base/duration.h"
#include "base/sv.h"

/* clang-format off */
const char *const judge_result_names[RESULT__N] = {
    [RESULT_NONE] = "", [RESULT_FALSE] = "false", [RESULT_TRUE] = "true", [RESULT_NODATA] = "NODATA",
    [RESULT_ERROR] = "ERROR",
};
const char *const judge_state_names[STATE__N] = {
    [STATE_INACTIVE] = "inactive", [STATE_GOOD] = "good", [STATE_NODATA] = "nodata", [STATE_ERROR] = "error",
    [STATE_PENDING] = "pending", [STATE_SUSPENDED] = "suspended", [STATE_FIRED] = "fired",
    [STATE_WAITING] = "waiting", [STATE_OPEN] = "open", [STATE_TIMEOUT] = "timeout",
    [STATE_PASSED] = "passed", [STATE_FAILED] = "failed", [STATE_REPORT] = "report",
};
/* clang-format on */

struct judge *judge_new(const struct judge_config *c, struct samples *s)
{
    struct judge *j = XNEW(struct judge);

    j->cfg = *c;
    j->cfg.run = arena_sv(&j->arena, c->run);
    if (j->cfg.interval_us <= 0)
        j->cfg.interval_us = 15000000;
    if (j->cfg.times.stale_us == 0)
        j->cfg.times = rule_times_default();
    j->s = s;
    j->at_us = j->floor_us = JUDGE_UNSET;
    j->verdict_rule = SIZE_MAX;
    return j;
}

void judge_free(struct judge *j)
{
    if (!j)
        return;
    for (size_t i = 0; i < j->rules.n; i++) {
        rule_prog_free(j->rules.v[i].prog);
        json_decref(j->rules.v[i].nodes_before);
        free(j->rules.v[i].seen.error);
    }
    for (size_t i = 0; i < j->checks.n; i++) {
        vec_release(&j->checks.v[i].names);
        vec_release(&j->checks.v[i].members);
    }
    for (size_t i = 0; i < j->families.n; i++) {
        vec_release(&j->families.v[i].rows);
        vec_release(&j->families.v[i].members);
    }
    vec_release(&j->rules);
    vec_release(&j->checks);
    vec_release(&j->families);
    vec_release(&j->phases);
    vec_release(&j->scopes);
    vec_release(&j->events);
    arena_release(&j->scratch);
    arena_release(&j->arena);
    free(j);
}

size_t judge_scope(struct judge *j, struct sv name)
{
    for (size_t i = 0; i < j->scopes.n; i++)
        if (sv_eq(j->scopes.v[i].name, name))
            return i;
    *vec_add(&j->scopes) = (struct judge_part){arena_sv(&j->arena, name), JUDGE_UNSET};
    return j->scopes.n - 1;
}

struct sv judge_scope_name(const struct judge *j, size_t scope)
{
    assert(scope < j->scopes.n);
    return j->scopes.v[scope].name;
}

int64_t judge_t0(const struct judge *j, size_t scope)
{
    assert(scope == JUDGE_WHOLE || scope < j->scopes.n);
    return scope == JUDGE_WHOLE ? j->cfg.t0_us : j->scopes.v[scope].t0_us;
}

int64_t judge_rule_from(const struct judge *j, const struct judge_rule *r)
{
    int64_t t0 = judge_t0(j, r->scope);

    return j->floor_us > t0 ? j->floor_us : t0;
}

size_t judge_add(struct judge *j, struct sv id, const struct rule *r)
{
    return judge_add_in(j, JUDGE_WHOLE, id, r);
}

size_t judge_add_in(struct judge *j, size_t scope, struct sv id, const struct rule *r)
{
    struct judge_rule *new;

    assert(j->at_us == JUDGE_UNSET);
    if (r->form == RULE_CHECKPOINT) {
        judge_checks_add(j, scope, r);
        return j->checks.n - 1;
    }
    if (r->at.from != FROM_NONE)
        judge_checks_add(j, scope, r);
    new = vec_add(&j->rules);
    new->scope = scope;
    new->id = arena_sv(&j->arena, id);
    new->rule = r;
    new->prog = rule_prog_new(j->s, r, &j->cfg.times);
    new->st = (struct rule_state){
        .fresh_us = -1, .last_us = JUDGE_UNSET, .result_us = JUDGE_UNSET, .first_us = JUDGE_UNSET};
    new->before = new->st;
    new->derived_from = new->family = SIZE_MAX;
    new->worst = rule_verdict(r);
    new->n_operands = size_min(operand_texts(&j->arena, r, new->operands), OPERANDS_MAX);
    return j->rules.n - 1;
}

/* ---- before the first tick ---- */

static size_t family_of(struct judge *j, size_t scope, struct sv subject)
{
    for (size_t i = 0; i < j->families.n; i++)
        if (j->families.v[i].scope == scope && sv_eq(j->families.v[i].subject, subject))
            return i;
    *vec_add(&j->families) = (struct judge_family){.subject = subject, .scope = scope};
    return j->families.n - 1;
}

static size_t family_add(struct judge *j, size_t scope, const struct rule_band *b)
{
    size_t f = family_of(j, scope, b->subject);

    *vec_add(&j->families.v[f].rows) = b->band;
    return f;
}

/* R37: rules on one subject; those that are one comparison measure it. */
static void judge_families_ready(struct judge *j)
{
    struct rule_bands bands = {0};

    for (size_t i = 0; i < j->rules.n; i++) {
        bool negated;
        const struct expr *cmp = rule_comparison(j->rules.v[i].rule, &negated);

        bands.list.n = 0;
        rule_bands_add(&j->arena, j->rules.v[i].rule, &bands);
        for (size_t k = 0; k < bands.list.n; k++) {
            size_t f = family_add(j, j->rules.v[i].scope, &bands.list.v[k]);

            if (bands.list.v[k].cmp == cmp)
                j->rules.v[i].family = f;
        }
    }
    vec_release(&bands.list);
}

int64_t judge_last_us(const struct judge *j)
{
    int64_t last = JUDGE_UNSET;

    for (size_t i = 0; i < j->rules.n; i++) {
        int64_t at = j->rules.v[i].st.last_us;

        if (at != JUDGE_UNSET && (last == JUDGE_UNSET || at > last))
            last = at;
    }
    return last;
}

/* How long a scope is watched, at least so long. */
static int64_t judge_length(const struct judge *j, size_t scope, int64_t longest)
{
    for (size_t i = 0; i < j->checks.n; i++)
        if (j->checks.v[i].scope == scope && j->checks.v[i].at.from == FROM_DEPLOY &&
            j->checks.v[i].at.after.us > longest)
            longest = j->checks.v[i].at.after.us;
    for (size_t i = 0; i < j->rules.n && !j->cfg.watch_fixed; i++)
        if (j->rules.v[i].scope == scope && j->rules.v[i].rule->within_of == FROM_DEPLOY &&
            j->rules.v[i].rule->within.us > longest)
            longest = j->rules.v[i].rule->within.us;
    return longest;
}

int64_t judge_watch_end(const struct judge *j)
{
    int64_t end;

    if (j->cfg.t0_us == JUDGE_UNSET)
        return JUDGE_UNSET;
    end = j->cfg.t0_us + judge_length(j, JUDGE_WHOLE, j->cfg.watch_us);
    for (size_t i = 0; i < j->scopes.n; i++)
        if (j->scopes.v[i].t0_us != JUDGE_UNSET &&
            j->scopes.v[i].t0_us + judge_length(j, i, 0) > end)
            end = j->scopes.v[i].t0_us + judge_length(j, i, 0);
    return end;
}

void judge_make_ready(struct judge *j)
{
    if (j->ready)
        return;
    j->ready = true;
    judge_checks_ready(j);
    judge_families_ready(j);
    /* windows that tile it share their error */
    j->cfg.watch_us = judge_length(j, JUDGE_WHOLE, j->cfg.watch_us);
}

static struct judge_rule *rule_at(const struct judge *j, size_t rule)
{
    assert(rule < j->rules.n);
    return &j->rules.v[rule];
}

static void judge_measure(struct judge *j, int64_t at_us, bool known_only)
{
    struct look look = {.s = j->s,
                        .times = &j->cfg.times,
                        .t_us = at_us,
                        .t0_us = LOOK_LONG_AGO,
                        .baseline_us = j->cfg.times.baseline_us};

    judge_make_ready(j);
    arena_release(&j->scratch);
    for (size_t i = 0; i < j->rules.n; i++)
        if (rule_prog_wants_baseline(j->rules.v[i].prog) &&
            (!known_only || rule_knows_before(j->rules.v[i].rule)))
            rule_prog_measure(j->rules.v[i].prog, &look, &j->scratch);
}

void judge_measure_baseline(struct judge *j, int64_t at_us)
{
    judge_measure(j, at_us, false);
}

void judge_measure_known(struct judge *j, int64_t at_us)
{
    judge_measure(j, at_us, true);
}

void judge_set_baseline(struct judge *j, size_t rule, double value)
{
    struct rule_prog *p = rule_at(j, rule)->prog;

    for (size_t i = 0; i < rule_prog_n_baselines(p); i++) {
        baseline_release(rule_prog_baseline(p, i));
        rule_prog_baseline(p, i)->kind = BASELINE_NUM;
        rule_prog_baseline(p, i)->value = value;
    }
}

void judge_phase_done(struct judge *j, struct sv name, uint64_t n)
{
    *vec_add(&j->phases) = (struct judge_phase){arena_sv(&j->arena, name), n};
}

bool judge_phase_is_done(const struct judge *j, struct sv name, uint64_t n)
{
    for (size_t i = 0; i < j->phases.n; i++)
        if (sv_eq(j->phases.v[i].name, name) && j->phases.v[i].n == n)
            return true;
    return false;
}

void judge_set_t0(struct judge *j, int64_t t0_us)
{
    j->cfg.t0_us = t0_us;
    for (size_t i = 0; i < j->scopes.n; i++)
        if (j->scopes.v[i].t0_us == JUDGE_UNSET)
            j->scopes.v[i].t0_us = t0_us;
}

void judge_set_scope_t0(struct judge *j, size_t scope, int64_t t0_us)
{
    assert(scope < j->scopes.n);
    j->scopes.v[scope].t0_us = t0_us;
}

void judge_forget_before(struct judge *j, int64_t t_us)
{
    j->floor_us = t_us;
}

void judge_set_step(struct judge *j, int64_t step_us)
{
    j->cfg.step_us = step_us;
}

void judge_set_rollback_until(struct judge *j, int64_t until_us)
{
    j->cfg.rollback_until_us = until_us;
}

/* ---- a tick ---- */

/* Has a moment of "every D" come since the last evaluation (R3)? */
static bool every_is_due(const struct judge *j, const struct judge_rule *r, int64_t t_us)
{
    int64_t d = r->rule->every.us, t0 = judge_t0(j, r->scope);

    return (t_us - t0) / d > (r->st.last_us - t0) / d;
}

/* R3: after each poll of its sources.  What was judged and has no news is not judged again. */
static bool is_due(const struct judge *j, const struct judge_rule *r, int64_t t_us,
                   bool at_checkpoint)
{
    bool open;
    int64_t polled;

    if (r->st.last_us == JUDGE_UNSET)
        return true;
    if (at_checkpoint && t_us - r->st.last_us >= j->cfg.interval_us)
        return true;
    if (r->rule->every.us > 0)
        return every_is_due(j, r, t_us);
    polled = rule_prog_polled(r->prog, &open);
    return open || polled > r->st.last_us;
}

static void judge_rule_tick(struct judge *j, size_t i, int64_t t_us)
{
    struct judge_rule *r = &j->rules.v[i];
    bool wanted = judge_check_wants(j, i);

    r->seen.evaluated = r->seen.changed = false;
    if (r->seen.info.subject.kind != VAL_NUM) /* it lived in the scratch arena */
        r->seen.info.subject = (struct val){.kind = VAL_NULL};
    if (!wanted && !judge_rule_active(j, r, t_us)) {
        if (r->seen.active)
            judge_rest(j, i);
        return;
    }
    if (is_due(j, r, t_us, wanted))
        judge_step(j, i, t_us, wanted && r->rule->at.from != FROM_NONE);
}

/* R37: a value in no row of its family. */
static void judge_uncovered(struct judge *j, struct judge_rule *r)
{
    const struct val *v = &r->seen.info.subject;
    struct band_value value = {.num = v->num, .dist = v->dist, .per_mille = v->per_mille};
    const struct judge_family *f;

    if (!r->seen.evaluated || r->family == SIZE_MAX || (v->kind != VAL_NUM && v->kind != VAL_DIST))
        return;
    f = &j->families.v[r->family];
    r->seen.uncovered = bands_place(f->rows.v, f->rows.n, &value) == BAND_UNCOVERED;
    if (!r->seen.uncovered || r->seen.verdict >= VERDICT_INVESTIGATE)
        return;
    r->seen.verdict = VERDICT_INVESTIGATE;
    r->seen.changed = true;
}

static void judge_sum_up(struct judge *j)
{
    enum verdict worst = judge_checks_verdict(j);
    size_t rule = SIZE_MAX;

    for (size_t i = 0; i < j->rules.n; i++)
        if (j->rules.v[i].seen.verdict > worst) {
            worst = j->rules.v[i].seen.verdict;
            rule = i;
        }
    if (j->latched && j->verdict == VERDICT_ROLLBACK)
        return; /* it stays, and so does who it came from */
    j->verdict = j->latched ? VERDICT_ROLLBACK : worst;
    j->verdict_rule = rule;
    j->latched |= worst == VERDICT_ROLLBACK;
}

void judge_again(struct judge *j, int64_t t_us, bool at_checkpoint, bool no_data)
{
    struct rule_seen *seen = &j->rules.v[0].seen;

    j->at_us = t_us;
    judge_step(j, 0, t_us, at_checkpoint);
    judge_uncovered(j, &j->rules.v[0]);
    if (no_data && seen->verdict == VERDICT_HOLD)
        seen->verdict = VERDICT_INVESTIGATE;
}

void judge_tick(struct judge *j, int64_t t_us)
{
    judge_make_ready(j);
    j->events.n = 0;
    if (j->at_us != JUDGE_UNSET && t_us <= j->at_us)
        return;
    if (j->cfg.t0_us == JUDGE_UNSET && j->scopes.n == 0)
        j->cfg.t0_us = j->cfg.step_us != JUDGE_UNSET ? j->cfg.step_us : t_us;
    j->at_us = t_us;
    arena_release(&j->scratch);
    samples_sweep(j->s, t_us);
    judge_checks_open(j, t_us);
    for (size_t i = 0; i < j->rules.n; i++) {
        judge_rule_tick(j, i, t_us);
        judge_uncovered(j, &j->rules.v[i]);
    }
    judge_checks_close(j, t_us);
    judge_sum_up(j);
}

/* ---- what is known ---- */

size_t judge_n_rules(const struct judge *j)
{
    return j->rules.n;
}

enum verdict judge_verdict(const struct judge *j, size_t *rule)
{
    *rule = j->verdict_rule;
    return j->verdict;
}

const struct judge_event *judge_events(const struct judge *j, size_t *n)
{
    *n = j->events.n;
    return j->events.v;
}

bool judge_is_over(const struct judge *j)
{
    if (j->at_us == JUDGE_UNSET || j->cfg.t0_us == JUDGE_UNSET || j->at_us < judge_watch_end(j))
        return false;
    for (size_t i = 0; i < j->checks.n; i++)
        if (j->checks.v[i].phase < CHECK_CLOSED && j->checks.v[i].at.from == FROM_DEPLOY)
            return false;
    for (size_t i = 0; i < j->rules.n; i++)
        if (judge_rule_followed(j, &j->rules.v[i], j->at_us))
            return false;
    return true;
}

static void result_values(const struct judge_rule *r, struct judge_result *ret)
{
    const struct eval_info *info = &r->seen.info;

    ret->has_value = info->has_value;
    ret->has_limit = info->has_limit;
    ret->has_limit_to = info->has_limit_to;
    ret->has_n = info->has_n;
    ret->has_share = info->has_share;
    ret->has_window = info->has_window;
    ret->value = info->value;
    ret->limit = info->limit;
    ret->limit_to = info->limit_to;
    ret->n = info->n;
    ret->share = info->share;
    ret->share_to = info->share_to;
    ret->from_us = info->window.from_us;
    ret->to_us = info->window.to_us;
    ret->covered_s = info->covered_s;
}

void judge_result(const struct judge *j, size_t rule, struct judge_result *ret)
{
    const struct judge_rule *r = rule_at(j, rule);
    bool gate = rule_is_gate(r->rule), negated;
    const struct expr *cmp = rule_comparison(r->rule, &negated);

    *ret = (struct judge_result){.id = r->id,
                                 .rule = r->rule,
                                 .result = r->seen.result,
                                 .nodata = r->seen.nodata,
                                 .state = r->seen.state,
                                 .verdict = r->seen.verdict,
                                 .evaluated = r->seen.evaluated,
                                 .changed = r->seen.changed,
                                 .flapping = r->st.flapping,
                                 .uncovered = r->seen.uncovered,
                                 .at_least = r->seen.at_least,
                                 .no_data_at_checkpoint = r->seen.no_data_at_checkpoint,
                                 .at_us = r->st.last_us};
    if (r->seen.result == RESULT_NODATA)
        ret->why = sv_from(nodata_names[r->seen.nodata]);
    else if (r->seen.result == RESULT_ERROR)
        ret->why = sv_from(r->seen.error);
    ret->type = cmp ? rule_subject(cmp)->type : r->rule->expr->type;
    ret->written = rule_written(cmp);
    result_values(r, ret);
    ret->need_us = r->rule->hold.us;
    ret->since_us = r->st.since_us;
    ret->elapsed_us = r->st.elapsed_us;
    ret->has_for = gate ? r->st.holding : r->st.run != RUN_IDLE && ret->need_us > 0;
}

struct dim_text judge_share_text(const struct judge_result *r)
{
    bool open = r->result == RESULT_NODATA && r->nodata == NODATA_BETWEEN_BUCKETS;

    return dist_share_text(r->share, open ? r->share_to : r->share);
}

static void explain_limit(const struct judge_result *r, struct strbuf *out)
{
    bool negated;
    const struct expr *cmp = rule_comparison(r->rule, &negated);

    if (!cmp || cmp->kind == EXPR_NOT_WORSE) {
        strbuf_add_str(out, cmp ? " against the baseline" : "");
        return;
    }
    if (!r->has_limit && !r->has_limit_to) /* a baseline that there is not: the reason follows */
        return;
    if (r->has_value && r->result == (negated ? RESULT_TRUE : RESULT_FALSE))
        strbuf_add_str(out, " not"); /* "8% not < 0.5%" */
    if (r->has_value && cmp->kind == EXPR_CMP)
        strbuf_addf(out, " %.*s",
                    SV_FMT(rule_cmp_names[rule_subject(cmp) == cmp->a
                                              ? cmp->op
                                              : rule_cmp_mirror((enum rule_cmp)cmp->op)]));
    else if (
        r->has_value) /* a share lies above the limit, whatever the rule says of the percentile */
        strbuf_add_str(out, cmp->kind == EXPR_RANGE ? " in" : " within reach of");
    if (r->has_limit)
        strbuf_addf(out, " %s", num_format_beside(r->limit, r->type, &r->written).s);
    if (r->has_limit_to)
        strbuf_addf(out, " to %s", num_format_beside(r->limit_to, r->type, &r->written).s);
}

/* What was measured, against which limit, or why nothing was. */
static void explain_value(const struct judge *j, size_t rule, const struct judge_result *r,
                          struct strbuf *out)
{
    const char *truth = r->result == RESULT_TRUE    ? "true"
                        : r->result == RESULT_FALSE ? "false"
                                                    : "not in force";

    if (judge_n_operands(j, rule)) {
        strbuf_addf(out, "%s: ", judge_result_names[r->result]);
        judge_explain_operands(j, rule, out);
        return;
    }
    if (r->has_value)
        strbuf_addf(out, "%s%s", r->at_least ? ">= " : "",
                    num_format_beside(r->value, r->type, &r->written).s);
    else if (r->has_share)
        strbuf_addf(out, "%s of %.0f above", judge_share_text(r).s, r->n); /* the limit follows */
    else
        strbuf_add_str(out, r->why.p ? "no value" : truth);
    if (r->state != STATE_REPORT && (r->has_value || r->has_share))
        explain_limit(r, out);
    if (r->why.p)
        strbuf_addf(out, ": %.*s", SV_FMT(r->why));
    if (r->result == RESULT_NODATA && r->nodata == NODATA_NO_BASELINE)
        strbuf_add_str(out, " (nothing was measured before the deployment)");
}

bool judge_lacks_baseline(const struct judge *j, size_t rule)
{
    struct rule_prog *p = rule_at(j, rule)->prog;
    bool lacks = false;

    for (size_t i = 0; rule_prog_wants_baseline(p) && i < rule_prog_n_baselines(p); i++) {
        const struct baseline *b = rule_prog_baseline(p, i);

        lacks |= b->kind == BASELINE_NONE ||
                 (b->kind == BASELINE_VALUES && b->values.n < BASELINE_VALUES_MIN);
    }
    return lacks;
}

void judge_explain(const struct judge *j, size_t rule, struct strbuf *out)
{
    struct judge_result r;

    judge_result(j, rule, &r);
    strbuf_addf(out, "%.*s: ", SV_FMT(r.id));
    explain_value(j, rule, &r, out);
    if (j->rules.v[rule].seen.result != RESULT_NONE) {
        CLEANUP(strbuf_release) struct strbuf which = STRBUF(0);

        rule_prog_explain_patterns(j->rules.v[rule].prog, &which);
        strbuf_addf(out, "%s%s", which.n ? ": " : "", strbuf_str(&which));
    }
    if (r.has_for)
        strbuf_addf(out, " for %s of %s", duration_format(r.elapsed_us / 1000).s,
                    duration_format(r.need_us / 1000).s);
    strbuf_addf(out, ", %s%s%s, %s", judge_state_names[r.state], r.flapping ? ", flapping" : "",
                r.uncovered ? ", in no row of the table" : "", verdict_names[r.verdict]);
}
