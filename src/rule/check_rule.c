/* check_rule: do the clauses fit the condition, and each other. */
#include "rule/check_int.h"

#include "base/sv.h"

enum rule_cmp rule_cmp_mirror(enum rule_cmp op)
{
    static const enum rule_cmp mirror[CMP__N] = {
        [CMP_LT] = CMP_GT, [CMP_LE] = CMP_GE, [CMP_GT] = CMP_LT,
        [CMP_GE] = CMP_LE, [CMP_EQ] = CMP_EQ, [CMP_NE] = CMP_NE,
    };

    return mirror[op];
}

const struct expr *rule_comparison(const struct rule *r, bool *negated)
{
    const struct expr *e = r->expr;

    *negated = false;
    while (e && e->kind == EXPR_NOT) {
        *negated = !*negated;
        e = e->a;
    }
    if (!e || (e->kind != EXPR_CMP && e->kind != EXPR_RANGE && e->kind != EXPR_WITHIN &&
               e->kind != EXPR_NOT_WORSE))
        return NULL;
    return e;
}

static bool is_measured(const struct expr *e)
{
    struct expr *child;

    if (e->kind == EXPR_NAME || e->kind == EXPR_QUANT)
        return true;
    for (size_t i = 0; (child = expr_child(e, i)) != NULL; i++)
        if (is_measured(child))
            return true;
    return false;
}

const struct expr *rule_subject(const struct expr *cmp)
{
    return cmp->kind == EXPR_CMP && !is_measured(cmp->a) ? cmp->b : cmp->a;
}

bool rule_is_counted(const struct expr *e)
{
    struct expr *child;

    if (e->kind == EXPR_FUNC && e->window.us > 0 &&
        (e->op == FUNC_RATIO || rule_is_percentile(e) || e->op == FUNC_AVG))
        return true;
    for (size_t i = 0; (child = expr_child(e, i)) != NULL; i++)
        if (rule_is_counted(child))
            return true;
    return false;
}

struct each_name {
    rule_name_fn *fn;
    void *ctx;
};

static void each_name(const struct each_name *each, const struct expr *e, bool rows)
{
    struct expr *child;

    if (e->kind == EXPR_NAME && e->source != SOURCE_FIELD && e->source != SOURCE_BUILTIN)
        each->fn(each->ctx, e, rows);
    for (size_t i = 0; (child = expr_child(e, i)) != NULL; i++)
        each_name(each, child, e->kind == EXPR_QUANT && child == e->a);
}

void rule_each_name(const struct rule *r, rule_name_fn *fn, void *ctx)
{
    struct each_name each = {fn, ctx};

    if (r->expr)
        each_name(&each, r->expr, false);
}

static void check_together(struct checker *ck)
{
    const struct rule *r = ck->rule;

    if (r->hold.us > 0 && r->has_confident)
        CHECK_ERROR(ck, "RB400", r->clause_at[CLAUSE_CONFIDENT], "the test has its own windows",
                    "'for' and 'confident' exclude each other");
    if (r->at.from != FROM_NONE && r->every.us > 0)
        CHECK_ERROR(ck, "RB400", r->clause_at[CLAUSE_EVERY], NULL,
                    "'at' and 'every' exclude each other");
    if (r->at.from != FROM_NONE && r->hold.us > 0)
        CHECK_ERROR(ck, "RB400", r->clause_at[CLAUSE_FOR], "one look lasts no time",
                    "'for' and 'at' exclude each other");
    if (r->hold.us > 0 && r->hold.us < rule_env_interval(ck->env))
        CHECK_WARN(ck, "RB411", r->clause_at[CLAUSE_FOR], NULL,
                   "'for %.*s' is shorter than the poll interval", SV_FMT(r->hold.text));
    if (r->has_missing && r->missing != MISSING_HOLD && rule_verdict(r) == VERDICT_ROLLBACK)
        CHECK_WARN(
            ck, "RB416", r->clause_at[CLAUSE_MISSING], "missing data are then taken for an answer",
            "'missing %.*s' on a rule that rolls back", SV_FMT(rule_missing_names[r->missing]));
}

/* How many samples a function over a window asks for. */
static uint64_t least_samples(const struct checker *ck, const struct expr *e)
{
    bool counts = rule_is_percentile(e) || e->op == FUNC_AVG;

    if (ck->rule->has_min && (counts || !rule_is_counted(ck->rule->expr)))
        return ck->rule->min;
    return rule_is_percentile(e) ? RULE_MIN_SHARE : 1;
}

/*
 * RB418: a value is one sample a poll, so a window has no more of them than polls.  A rule that asks for more is never judged.
 */
static void check_polls(void *ctx, struct expr *e)
{
    struct checker *ck = ctx;
    int64_t interval_us = rule_env_interval(ck->env);
    uint64_t polls, least;

    if (e->kind != EXPR_FUNC || e->window.us == 0 ||
        (!rule_is_percentile(e) && !rule_funcs[e->op].aggregates) ||
        e->items[0]->source != SOURCE_VALUE)
        return;
    polls = (uint64_t)((e->window.us + interval_us - 1) / interval_us);
    least = least_samples(ck, e);
    if (polls < least)
        CHECK_ERROR(
            ck, "RB418", e->at,
            arena_fmt(ck->a, "a rule of your own with 'min %llu samples' or a longer window",
                      (unsigned long long)polls)
                .p,
            "[%.*s] of '%.*s' has %llu samples at most, and %llu are asked for: it is never judged",
            SV_FMT(e->window.text), SV_FMT(e->items[0]->text), (unsigned long long)polls,
            (unsigned long long)least);
}

static void check_actions(struct checker *ck)
{
    const struct rule *r = ck->rule;

    if (r->form == RULE_EXPECT &&
        (rule_has_action(r, ACTION_PROCEED) || rule_has_action(r, ACTION_OK)))
        CHECK_ERROR(ck, "RB400", r->clause_at[CLAUSE_ELSE], NULL,
                    "'else %.*s': a broken expectation is not fine",
                    SV_FMT(rule_actions[r->acts[0].action].name));
    if (r->form == RULE_WHEN && r->n_acts > 1 &&
        (rule_has_action(r, ACTION_PROCEED) || rule_has_action(r, ACTION_OK)))
        CHECK_ERROR(ck, "RB400", 0, NULL, "'proceed' and 'ok' stand alone");
}

/* The number that the subject is compared with, and the operator with the subject on the left. */
static bool literal_limit(const struct expr *cmp, enum rule_cmp *op, struct num *limit)
{
    bool left;

    assert(cmp->kind == EXPR_CMP);
    left = rule_subject(cmp) == cmp->a;
    *op = left ? (enum rule_cmp)cmp->op : rule_cmp_mirror((enum rule_cmp)cmp->op);
    return rule_literal(left ? cmp->b : cmp->a, limit);
}

static void check_recover(struct checker *ck)
{
    const struct rule *r = ck->rule;
    bool negated, bad_above;
    const struct expr *cmp = rule_comparison(r, &negated);
    enum rule_cmp op;
    struct num limit;

    if (!r->has_recover)
        return;
    if (!cmp || cmp->kind != EXPR_CMP || cmp->op >= CMP_EQ) {
        CHECK_ERROR(ck, "RB400", r->clause_at[CLAUSE_RECOVER],
                    "it is the other limit of one <, <=, > or >=",
                    "'recover' wants a rule that is one comparison");
        return;
    }
    check_same_num(ck, rule_subject(cmp), &r->recover, r->clause_at[CLAUSE_RECOVER], "recover");
    if (ck->failed || !literal_limit(cmp, &op, &limit))
        return;
    bad_above = (op == CMP_GT || op == CMP_GE) != ((r->form == RULE_EXPECT) != negated);
    if (bad_above ? r->recover.value > limit.value : r->recover.value < limit.value)
        CHECK_ERROR(ck, "RB400", r->clause_at[CLAUSE_RECOVER], NULL,
                    "'recover %.*s' is not on the good side of the limit", SV_FMT(r->recover.text));
}

static void check_confident(struct checker *ck)
{
    const struct rule *r = ck->rule;
    bool negated, ratio;
    const struct expr *cmp = rule_comparison(r, &negated), *subject;
    enum rule_cmp op = CMP_EQ;
    struct num limit;

    if (!r->has_confident || (cmp && cmp->kind == EXPR_NOT_WORSE))
        return;
    subject = cmp && cmp->kind == EXPR_CMP ? rule_subject(cmp) : NULL;
    ratio = subject && subject->kind == EXPR_FUNC && subject->op == FUNC_RATIO;
    if (!subject || (!ratio && !rule_is_percentile(subject)) || !literal_limit(cmp, &op, &limit) ||
        op >= CMP_EQ)
        CHECK_ERROR(ck, "RB400", r->clause_at[CLAUSE_CONFIDENT], "or 'not worse than baseline'",
                    "'confident' wants one ratio or percentile against a fixed limit");
    else if (ratio && (limit.value <= 0 || limit.value >= 1))
        CHECK_ERROR(ck, "RB400", cmp->at, NULL, "the limit of a test lies between 0%% and 100%%");
}

static void check_baseline_clause(struct checker *ck)
{
    const struct rule *r = ck->rule;
    bool negated;
    const struct expr *cmp = rule_comparison(r, &negated);

    if (r->has_baseline && cmp && cmp->kind == EXPR_NOT_WORSE)
        CHECK_ERROR(
            ck, "RB400", r->clause_at[CLAUSE_BASELINE],
            "compare the number: '> 1.2x baseline baseline NUMBER'",
            "'not worse than baseline' is a test against measurements, and a number is none");
    else if (r->has_baseline && cmp)
        check_same_num(ck, rule_subject(cmp), &r->baseline, r->clause_at[CLAUSE_BASELINE],
                       "baseline");
    else if (r->has_baseline)
        CHECK_ERROR(ck, "RB400", r->clause_at[CLAUSE_BASELINE], NULL,
                    "'baseline' wants a rule that is one comparison");
}

static void check_checkpoint(struct checker *ck)
{
    static const struct sv words[] = {SV("all"), SV("baseline"), SV("trend")};
    const struct rule *r = ck->rule;

    for (size_t i = 0; r->form == RULE_CHECKPOINT && i < r->n_names; i++) {
        struct sv near, name = r->names[i];

        if (rule_word_find(words, ARRAY_LEN(words), name) >= 0 ||
            rule_env_has_rule(ck->env, name) || rule_env_alias(ck->env, name) ||
            rule_env_permits_unknown(ck->env))
            continue;
        near = rule_env_nearest_rule(ck->env, name);
        CHECK_ERROR(ck, "RB414", r->name_at[i],
                    near.p ? arena_fmt(ck->a, "did you mean '%.*s'?", SV_FMT(near)).p : NULL,
                    "no rule is called '%.*s'", SV_FMT(name));
    }
}

void check_clauses(struct checker *ck)
{
    check_together(ck);
    check_actions(ck);
    check_recover(ck);
    check_confident(ck);
    check_baseline_clause(ck);
    check_checkpoint(ck);
    if (!ck->failed && ck->rule->expr)
        expr_walk(ck->rule->expr, check_polls, ck);
}
