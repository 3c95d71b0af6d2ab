#include "rule/rule.h"

#include <math.h>

#include "base/sv.h"

const char *const verdict_names[VERDICT__N] = {
    [VERDICT_OK] = "OK",
    [VERDICT_HOLD] = "HOLD",
    [VERDICT_INVESTIGATE] = "INVESTIGATE",
    [VERDICT_ROLLBACK] = "ROLLBACK",
};
/* clang-format off */
const struct rule_action_info rule_actions[ACTION__N] = {
    [ACTION_ROLLBACK]    = {SV("rollback"),    false, true,  VERDICT_ROLLBACK},
    [ACTION_INVESTIGATE] = {SV("investigate"), false, false, VERDICT_INVESTIGATE},
    [ACTION_OK]          = {SV("ok"),          false, false, VERDICT_OK},
    [ACTION_FIX_FORWARD] = {SV("fix-forward"), false, false, VERDICT_INVESTIGATE},
    [ACTION_HOLD]        = {SV("hold"),        false, false, VERDICT_HOLD},
    [ACTION_PROCEED]     = {SV("proceed"),     false, false, VERDICT_OK},
    [ACTION_ALERT]       = {SV("alert"),       true,  true,  VERDICT_INVESTIGATE},
    [ACTION_PAGE]        = {SV("page"),        true,  true,  VERDICT_INVESTIGATE},
    [ACTION_INFO]        = {SV("info"),        true,  true,  VERDICT_OK},
    [ACTION_FLAG_OFF]    = {SV("flag-off"),    true,  true,  VERDICT_INVESTIGATE},
};
/* clang-format on */
const struct sv rule_missing_names[MISSING__N] = {
    [MISSING_HOLD] = SV("hold"),
    [MISSING_BAD] = SV("bad"),
    [MISSING_OK] = SV("ok"),
};

enum verdict rule_verdict(const struct rule *r)
{
    enum verdict worst = VERDICT_OK;

    if (r->form == RULE_EXPECT && r->n_acts == 0)
        return VERDICT_INVESTIGATE;
    for (size_t i = 0; i < r->n_acts; i++)
        if (rule_actions[r->acts[i].action].verdict > worst)
            worst = rule_actions[r->acts[i].action].verdict;
    return worst;
}

bool rule_has_action(const struct rule *r, enum rule_action action)
{
    for (size_t i = 0; i < r->n_acts; i++)
        if (r->acts[i].action == action)
            return true;
    return false;
}

bool rule_is_gate(const struct rule *r)
{
    return (r->form == RULE_EXPECT && r->hold.us > 0) ||
           (r->form == RULE_WHEN && rule_has_action(r, ACTION_PROCEED));
}

struct before_seen {
    bool known, other;
};

static void see_before(const struct expr *e, bool in_patterns, struct before_seen *seen)
{
    struct expr *child;

    if (e->kind == EXPR_BASELINE || e->kind == EXPR_NOT_WORSE) {
        seen->known |= in_patterns;
        seen->other |= !in_patterns;
    }
    if (e->kind == EXPR_QUANT)
        in_patterns = e->a->kind == EXPR_NAME && e->a->n_parts > 1 &&
                      sv_eq(e->a->parts[0], SV("logpatterns"));
    for (size_t i = 0; (child = expr_child(e, i)) != NULL; i++)
        see_before(child, in_patterns, seen);
}

bool rule_knows_before(const struct rule *r)
{
    struct before_seen seen = {false, false};

    if (r->expr)
        see_before(r->expr, false, &seen);
    return seen.known && !seen.other;
}

static bool span_eq(struct rule_span x, struct rule_span y)
{
    return sv_eq(x.text, y.text);
}

static bool num_or_none_eq(bool has_x, const struct num *x, bool has_y, const struct num *y)
{
    return has_x == has_y && (!has_x || (x->dim == y->dim && num_same(x->value, y->value) &&
                                         num_same(x->per_s, y->per_s)));
}

static bool rule_eq_clauses(const struct rule *x, const struct rule *y)
{
    if (!span_eq(x->hold, y->hold) || !span_eq(x->every, y->every) ||
        !span_eq(x->within, y->within) || x->within_of != y->within_of ||
        x->at.from != y->at.from || !span_eq(x->at.after, y->at.after))
        return false;
    if (x->has_min != y->has_min || x->min != y->min || x->has_missing != y->has_missing ||
        x->missing != y->missing || !sv_eq(x->after, y->after) ||
        x->after_numbered != y->after_numbered || x->after_n != y->after_n)
        return false;
    return num_or_none_eq(x->has_recover, &x->recover, y->has_recover, &y->recover) &&
           num_or_none_eq(x->has_baseline, &x->baseline, y->has_baseline, &y->baseline) &&
           num_or_none_eq(x->has_confident, &x->confident, y->has_confident, &y->confident);
}

bool rule_eq(const struct rule *x, const struct rule *y)
{
    if (x->form != y->form || x->n_acts != y->n_acts || x->n_names != y->n_names ||
        !expr_eq(x->expr, y->expr))
        return false;
    for (size_t i = 0; i < x->n_acts; i++)
        if (x->acts[i].action != y->acts[i].action || !sv_eq(x->acts[i].name, y->acts[i].name))
            return false;
    for (size_t i = 0; i < x->n_names; i++)
        if (!sv_eq(x->names[i], y->names[i]))
            return false;
    return rule_eq_clauses(x, y);
}

int64_t rule_scale_us(int64_t us, double factor)
{
    int64_t scaled = llround((double)us * factor);

    return us > 0 && scaled < 1 ? 1 : scaled; /* a duration does not vanish */
}

static void scale_span(struct rule_span *s, double factor)
{
    s->us = rule_scale_us(s->us, factor);
}

static void scale_expr(void *ctx, struct expr *e)
{
    scale_span(&e->window, *(const double *)ctx);
}

void rule_scale(struct rule *r, double factor)
{
    assert(factor > 0);
    scale_span(&r->hold, factor);
    scale_span(&r->every, factor);
    scale_span(&r->within, factor);
    scale_span(&r->at.after, factor);
    if (r->expr)
        expr_walk(r->expr, scale_expr, &factor);
    r->scale *= factor;
}
