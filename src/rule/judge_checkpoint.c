/* judge_checkpoint: moments at which rules are judged together (R40-R44). */
#include "rule/judge_int.h"

#include "base/sv.h"

static bool moment_same(const struct rule_moment *a, const struct rule_moment *b)
{
    return a->from == b->from && a->after.us == b->after.us;
}

static struct judge_check *check_at(struct judge *j, size_t scope, const struct rule_moment *at)
{
    struct judge_check *c;

    for (size_t i = 0; i < j->checks.n; i++)
        if (j->checks.v[i].scope == scope && moment_same(&j->checks.v[i].at, at))
            return &j->checks.v[i];
    c = vec_add(&j->checks);
    c->id = arena_fmt(&j->arena, "%s+%.*s", at->from == FROM_STEP ? "step" : "T",
                      SV_FMT(at->after.text));
    c->scope = scope;
    c->at = *at;
    c->judged_us = c->closed_us = JUDGE_UNSET;
    return c;
}

void judge_checks_add(struct judge *j, size_t scope, const struct rule *r)
{
    struct judge_check *c = check_at(j, scope, &r->at);

    if (r->form != RULE_CHECKPOINT)
        return; /* "at": its own rules are found by their moment */
    c->all |= r->n_names == 0;
    for (size_t i = 0; i < r->n_names; i++)
        *vec_add(&c->names) = r->names[i];
}

static void add_member(struct judge_check *c, size_t rule)
{
    for (size_t i = 0; i < c->members.n; i++)
        if (c->members.v[i] == rule)
            return;
    *vec_add(&c->members) = rule;
}

static bool has_slope(const struct expr *e)
{
    struct expr *child;

    if (e->kind == EXPR_FUNC && e->op == FUNC_SLOPE)
        return true;
    for (size_t i = 0; (child = expr_child(e, i)) != NULL; i++)
        if (has_slope(child))
            return true;
    return false;
}

struct name_search {
    struct sv name;
    bool found;
};

static void match_name(void *ctx, const struct expr *e, bool rows)
{
    struct name_search *s = ctx;

    (void)rows;
    s->found |= sv_eq(e->text, s->name);
}

/* "error_rate" names the rule of that id, or every rule that reads (or was written with) that name. */
static bool rule_is_called(const struct judge_rule *r, struct sv name)
{
    struct name_search s = {.name = name};

    if (sv_eq(r->id, name))
        return true;
    rule_each_name(r->rule, match_name, &s);
    return s.found || sv_find_word(r->rule->text, name, 0) != SV_NPOS;
}

static bool uses_baseline(const struct judge_rule *r)
{
    return rule_prog_n_baselines(r->prog) > 0;
}

/* Which direction is worse: said by the binding, else by the rule's own limit. */
static enum worse worse_of(const struct rule *r, const struct expr *cmp, bool negated)
{
    unsigned op = rule_subject(cmp) == cmp->a ? cmp->op : rule_cmp_mirror((enum rule_cmp)cmp->op);
    bool good_above = (op == CMP_GT || op == CMP_GE) == ((r->form == RULE_EXPECT) != negated);

    if (rule_subject(cmp)->worse != WORSE_UNKNOWN)
        return rule_subject(cmp)->worse;
    if (cmp->kind != EXPR_CMP || op >= CMP_EQ)
        return WORSE_UNKNOWN;
    return good_above ? WORSE_DOWN : WORSE_UP;
}

/*
 * "expect SUBJECT not worse than baseline" of a rule; SIZE_MAX when it has no subject or direction.
 * The tree is shared, only the new node on top is added.
 */
static size_t derive(struct judge *j, size_t i, size_t scope, const struct rule_moment *at)
{
    const struct rule *from = j->rules.v[i].rule;
    bool negated;
    const struct expr *cmp = rule_comparison(from, &negated);
    struct expr *e;
    struct rule *r;
    enum worse worse;

    if (!cmp || cmp->kind == EXPR_NOT_WORSE ||
        (worse = worse_of(from, cmp, negated)) == WORSE_UNKNOWN)
        return SIZE_MAX;
    e = ARENA_NEW(&j->arena, struct expr);
    *e = (struct expr){.kind = EXPR_NOT_WORSE,
                       .at = cmp->at,
                       .end = cmp->end,
                       .worse = worse,
                       .type = {DIM_BOOL, false},
                       .slot = from->n_slots};
    e->a = rule_subject(cmp) == cmp->a ? cmp->a : cmp->b;
    r = ARENA_NEW(&j->arena, struct rule);
    *r = (struct rule){.form = RULE_EXPECT,
                       .expr = e,
                       .at = *at,
                       .scale = from->scale,
                       .n_slots = from->n_slots + 1,
                       .has_min = from->has_min,
                       .min = from->min};
    {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

        rule_print(r, &text);
        r->text = arena_sv(&j->arena, strbuf_sv(&text));
    }
    (void)judge_add_in(j, scope, arena_fmt(&j->arena, "%.*s/baseline", SV_FMT(j->rules.v[i].id)),
                       r);
    j->rules.v[j->rules.n - 1].derived_from = i;
    return j->rules.n - 1;
}

/* The test that rule i is at a "baseline" checkpoint: made once, judged by all of them. */
static size_t derived_rule(struct judge *j, size_t i, size_t scope, const struct rule_moment *at)
{
    for (size_t k = 0; k < j->rules.n; k++)
        if (j->rules.v[k].derived_from == i && j->rules.v[k].scope == scope)
            return k;
    return derive(j, i, scope, at);
}

/* A checkpoint of one scope judges what belongs to it; one of the whole watch judges all. */
static bool check_reaches(const struct judge_check *c, const struct judge_rule *r)
{
    return c->scope == JUDGE_WHOLE || c->scope == r->scope;
}

static void add_baseline_members(struct judge *j, size_t check)
{
    size_t n = j->rules.n;

    for (size_t i = 0; i < n; i++) {
        const struct judge_rule *r = &j->rules.v[i];
        struct rule_moment at = j->checks.v[check].at;
        size_t derived;

        if (r->derived_from != SIZE_MAX || !uses_baseline(r) ||
            !check_reaches(&j->checks.v[check], r))
            continue;
        derived =
            r->rule->has_baseline ? SIZE_MAX : derived_rule(j, i, j->checks.v[check].scope, &at);
        add_member(&j->checks.v[check], derived == SIZE_MAX ? i : derived);
    }
}

static void add_named_members(struct judge *j, size_t check, struct sv name, bool all)
{
    struct judge_check *c = &j->checks.v[check];
    bool trend = sv_eq(name, SV("trend"));

    for (size_t i = 0; i < j->rules.n; i++) {
        const struct judge_rule *r = &j->rules.v[i];

        if (r->derived_from != SIZE_MAX || r->rule->at.from != FROM_NONE || rule_is_gate(r->rule) ||
            !check_reaches(c, r))
            continue;
        if (all || (trend && has_slope(r->rule->expr)) || (!trend && rule_is_called(r, name)))
            add_member(c, i);
    }
}

static int check_order(const void *a, const void *b)
{
    const struct judge_check *x = a, *y = b;

    if (x->at.from != y->at.from)
        return x->at.from < y->at.from ? -1 : 1;
    if (x->at.after.us != y->at.after.us)
        return x->at.after.us < y->at.after.us ? -1 : 1;
    return x->scope < y->scope ? -1 : x->scope > y->scope;
}

void judge_checks_ready(struct judge *j)
{
    if (j->checks.n > 1)
        qsort(j->checks.v, j->checks.n, sizeof(*j->checks.v), check_order);
    for (size_t i = 0; i < j->checks.n; i++) {
        for (size_t k = 0; k < j->rules.n; k++)
            if (j->rules.v[k].derived_from == SIZE_MAX &&
                j->rules.v[k].scope == j->checks.v[i].scope &&
                moment_same(&j->rules.v[k].rule->at, &j->checks.v[i].at))
                add_member(&j->checks.v[i], k);
        if (j->checks.v[i].all)
            add_named_members(j, i, SV(""), true);
        for (size_t k = 0; k < j->checks.v[i].names.n; k++) {
            struct sv name = j->checks.v[i].names.v[k];

            if (sv_eq(name, SV("baseline")))
                add_baseline_members(j, i);
            else
                add_named_members(j, i, name, sv_eq(name, SV("all")));
        }
    }
    for (size_t i = 0; i < j->checks.n; i++)
        for (size_t k = 0; k < j->checks.v[i].members.n; k++) {
            struct judge_rule *r = &j->rules.v[j->checks.v[i].members.v[k]];

            r->checkpoints += r->rule->at.from != FROM_NONE;
        }
}

static int64_t due_of(const struct judge *j, const struct judge_check *c)
{
    int64_t from = c->at.from == FROM_STEP ? j->cfg.step_us : judge_t0(j, c->scope);

    return from == JUDGE_UNSET ? JUDGE_UNSET : from + c->at.after.us;
}

void judge_checks_open(struct judge *j, int64_t t_us)
{
    for (size_t i = 0; i < j->checks.n; i++) {
        struct judge_check *c = &j->checks.v[i];
        int64_t due = due_of(j, c);
        struct check_move m;

        if (due == JUDGE_UNSET || t_us < due)
            continue;
        m = check_fsm(c->phase, CHECK_DUE);
        assert(m.effect != CHECK_FX_BUG);
        if (m.effect == CHECK_FX_OPEN) {
            int64_t late = j->cfg.interval_us > j->cfg.times.late_us ? j->cfg.interval_us
                                                                     : j->cfg.times.late_us;

            c->late_us = t_us - due > late ? t_us - due : 0;
        }
        c->phase = m.next;
        if (c->phase == CHECK_OPEN && c->judged_us == JUDGE_UNSET)
            c->judged_us = t_us;
    }
}

bool judge_check_wants(const struct judge *j, size_t rule)
{
    for (size_t i = 0; i < j->checks.n; i++)
        for (size_t k = 0; j->checks.v[i].phase == CHECK_OPEN && k < j->checks.v[i].members.n; k++)
            if (j->checks.v[i].members.v[k] == rule)
                return true;
    return false;
}

/* R41: what is still on HOLD when the grace is over counts as INVESTIGATE. */
static enum verdict close_verdict(struct judge *j, struct judge_check *c, bool over)
{
    enum verdict worst = VERDICT_OK;

    for (size_t i = 0; i < c->members.n; i++) {
        struct rule_seen *seen = &j->rules.v[c->members.v[i]].seen;

        if (over && seen->verdict == VERDICT_HOLD) {
            seen->verdict = VERDICT_INVESTIGATE;
            seen->no_data_at_checkpoint = seen->result == RESULT_NODATA ||
                                          seen->result == RESULT_ERROR ||
                                          seen->result == RESULT_NONE;
            seen->changed = true;
        }
        worst = seen->verdict > worst ? seen->verdict : worst;
    }
    return worst;
}

static bool has_hold(const struct judge *j, const struct judge_check *c)
{
    for (size_t i = 0; i < c->members.n; i++)
        if (j->rules.v[c->members.v[i]].seen.verdict == VERDICT_HOLD)
            return true;
    return false;
}

void judge_checks_close(struct judge *j, int64_t t_us)
{
    for (size_t i = 0; i < j->checks.n; i++) {
        struct judge_check *c = &j->checks.v[i];
        bool over;

        if (c->phase != CHECK_OPEN)
            continue;
        over = t_us - c->judged_us >= j->cfg.times.grace_us;
        if (!over && has_hold(j, c) && close_verdict(j, c, false) != VERDICT_ROLLBACK)
            continue;
        c->verdict = close_verdict(j, c, over);
        c->phase = check_fsm(c->phase, CHECK_DECIDED).next;
        c->closed_us = t_us;
        judge_event_add(j, JUDGE_CLOSED, i);
    }
}

/* R43: INVESTIGATE stands until a person answers. */
enum verdict judge_checks_verdict(const struct judge *j)
{
    enum verdict worst = VERDICT_OK;

    for (size_t i = 0; i < j->checks.n; i++)
        if (j->checks.v[i].phase == CHECK_CLOSED && j->checks.v[i].verdict > worst)
            worst = j->checks.v[i].verdict;
    return worst;
}

size_t judge_n_checkpoints(const struct judge *j)
{
    return j->checks.n;
}

void judge_checkpoint(const struct judge *j, size_t i, struct judge_checkpoint *ret)
{
    const struct judge_check *c = &j->checks.v[i];

    assert(i < j->checks.n);
    *ret = (struct judge_checkpoint){.id = c->id,
                                     .scope = c->scope,
                                     .due_us = due_of(j, c),
                                     .phase = c->phase,
                                     .judged_us = c->judged_us,
                                     .closed_us = c->closed_us,
                                     .late_us = c->late_us,
                                     .verdict = c->verdict};
}

size_t judge_checkpoint_rule(const struct judge *j, size_t checkpoint, size_t i)
{
    assert(checkpoint < j->checks.n);
    return i < j->checks.v[checkpoint].members.n ? j->checks.v[checkpoint].members.v[i] : SIZE_MAX;
}

bool judge_answer(struct judge *j, size_t checkpoint, enum check_event answer)
{
    struct judge_check *c = &j->checks.v[checkpoint];
    struct check_move m;

    assert(checkpoint < j->checks.n);
    assert(answer == CHECK_GO_ON || answer == CHECK_AGAIN || answer == CHECK_ROLL_BACK);
    if (c->phase != CHECK_CLOSED)
        return false;
    m = check_fsm(c->phase, answer);
    c->phase = m.next;
    if (m.effect == CHECK_FX_OPEN) /* judged anew, with a grace of its own */
        c->judged_us = c->closed_us = JUDGE_UNSET;
    if (m.effect == CHECK_FX_ROLL_BACK) {
        j->latched = true;
        j->verdict = VERDICT_ROLLBACK;
    }
    return true;
}
