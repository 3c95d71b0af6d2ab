#include "rule/eval.h"

#include "rule/eval_int.h"

#include <math.h>
#include <stdio.h>

#include "base/sv.h"
#include "base/text.h"

static struct val literal(const struct expr *e)
{
    if (e->kind == EXPR_NUM)
        return val_num(e->num.per_s > 0 ? e->num.value / e->num.per_s : e->num.value);
    if (e->kind == EXPR_STRING)
        return val_text(e->text);
    return e->kind == EXPR_BOOL ? val_bool(e->on) : (struct val){.kind = VAL_NULL};
}

static struct val eval_literal(struct eval *ev, const struct expr *e)
{
    (void)ev;
    return literal(e);
}

struct val eval_answer(struct eval *ev, const struct expr *e)
{
    struct val v;

    ev->null_is = e->kind == EXPR_NAME && e->n_parts > 3 && sv_is(e->parts[2], "json");
    v = eval_expr(ev, e);
    ev->null_is = false;
    return v;
}

/* A side of the comparison that the rule is: its numbers are the rule's value and limit. */
static struct val eval_side(struct eval *ev, const struct expr *cmp, const struct expr *e)
{
    bool subject = cmp == ev->p->cmp && e == rule_subject(cmp);
    struct val v;

    ev->in_subject = subject;
    v = cmp->kind == EXPR_CMP && cmp->op == CMP_EQ ? eval_answer(ev, e) : eval_expr(ev, e);
    v = val_single(ev->a, v);
    ev->in_subject = false;
    if (subject && ev->info) {
        ev->info->subject = v;
        ev->info->has_value = v.kind == VAL_NUM;
        ev->info->value = v.num;
    }
    if (e == rule_subject(cmp))
        eval_operand_value(ev, cmp, &v);
    return v;
}

static void note_limit(struct eval *ev, const struct expr *cmp, const struct val *limit, bool upper)
{
    struct eval_info *i = ev->info;
    struct eval_operand *o = cmp == ev->operand_is ? ev->operand : NULL;

    if (o && limit->kind == VAL_NUM) {
        *(upper ? &o->has_limit_to : &o->has_limit) = true;
        *(upper ? &o->limit_to : &o->limit) = limit->num;
    }
    if (!i || cmp != ev->p->cmp || limit->kind != VAL_NUM)
        return;
    *(upper ? &i->has_limit_to : &i->has_limit) = true;
    *(upper ? &i->limit_to : &i->limit) = limit->num;
}

static void note_share(struct eval *ev, const struct expr *cmp, const struct val *x,
                       const struct val *limit)
{
    struct dist_share s;

    if (x->kind != VAL_DIST || limit->kind != VAL_NUM)
        return;
    s = dist_above(x->dist, x->per_mille, limit->num);
    if (ev->operand && cmp == ev->operand_is) {
        ev->operand->has_share = true;
        ev->operand->share = s.lo;
        ev->operand->share_to = s.hi;
    }
    if (!ev->info || cmp != ev->p->cmp)
        return;
    ev->info->has_share = true;
    ev->info->share = s.lo;
    ev->info->share_to = s.hi;
}

/*
 * "> 100MB/m" compares the per-second value times 60 with 100e6, so that the limit stays the number
 * that was written.
 */
static void per_unit(const struct expr *limit, struct val *x, struct val *y)
{
    struct num n;

    if (!rule_literal(limit, &n) || n.per_s <= 0 || x->kind != VAL_NUM)
        return;
    x->num *= n.per_s;
    y->num = n.value;
}

static struct val eval_cmp(struct eval *ev, const struct expr *e)
{
    bool left = rule_subject(e) == e->a;
    struct val x, y;

    if (ev->p->rule->has_confident && e == ev->p->cmp)
        return eval_confident(ev, e);
    x = eval_side(ev, e, e->a);
    y = eval_side(ev, e, e->b);
    note_limit(ev, e, left ? &y : &x, false);
    note_share(ev, e, left ? &x : &y, left ? &y : &x);
    per_unit(e->b, &x, &y);
    per_unit(e->a, &y, &x);
    return val_compare(ev->a, e->op, x, y);
}

static struct val eval_range(struct eval *ev, const struct expr *e)
{
    struct val x = eval_side(ev, e, e->a), lo = val_single(ev->a, eval_expr(ev, e->b));
    struct val hi = val_single(ev->a, eval_expr(ev, e->c)), y = x, above, below;
    bool dist = x.kind == VAL_DIST; /* R12: bucket bounds are inclusive, so [a, b] is (a, b] */

    note_limit(ev, e, &lo, false);
    note_limit(ev, e, &hi, true);
    note_share(ev, e, &x, &lo);
    per_unit(e->b, &x, &lo);
    per_unit(e->c, &y, &hi);
    above = val_compare(ev->a, dist || e->open_lo ? CMP_GT : CMP_GE, x, lo);
    below = val_compare(ev->a, !dist && e->open_hi ? CMP_LT : CMP_LE, y, hi);
    return val_and(above, below);
}

static struct val eval_within(struct eval *ev, const struct expr *e)
{
    bool relative = e->num.dim == DIM_RATIO && e->num.per_s <= 0;
    struct val x = eval_side(ev, e, e->a), y = val_single(ev->a, eval_expr(ev, e->b));

    note_limit(ev, e, &y, false);
    return val_within(ev->a, x, y, e->num.per_s > 0 ? e->num.value / e->num.per_s : e->num.value,
                      relative);
}

static struct val eval_arith(struct eval *ev, const struct expr *e)
{
    struct val x = eval_expr(ev, e->a), y = eval_expr(ev, e->b);

    if (e->relative) /* baseline + 10% */
        return val_arith(ev->a, (char)e->op, x, val_arith(ev->a, '*', x, y));
    return val_arith(ev->a, (char)e->op, x, y);
}

static double negated(double v)
{
    return -v;
}

static struct val eval_neg(struct eval *ev, const struct expr *e)
{
    return val_map(ev->a, eval_expr(ev, e->a), negated);
}

static struct val eval_not(struct eval *ev, const struct expr *e)
{
    return val_not(eval_condition(ev, e->a));
}

/* Both sides are looked at always: what is inside may have to remember. */
static struct val eval_logic(struct eval *ev, const struct expr *e)
{
    struct val a = eval_condition(ev, e->a);
    struct val b = eval_condition(ev, e->b);

    return e->kind == EXPR_AND ? val_and(a, b) : val_or(a, b);
}

static struct val eval_text(struct eval *ev, const struct expr *e)
{
    struct val v = eval_answer(ev, e->a);

    eval_operand_value(ev, e, &v);
    if (!val_known(&v))
        return v;
    if (v.kind == VAL_NULL)
        return val_bool(false);
    if (v.kind != VAL_TEXT)
        return val_error(ev->a, "a value that is no text");
    return val_bool(e->kind == EXPR_CONTAINS ? sv_has(v.text, e->text)
                                             : regex_has(bind_of(ev, e)->re, v.text));
}

static struct val eval_updown(struct eval *ev, const struct expr *e, bool down)
{
    struct val v;

    if (e->kind == EXPR_NAME && e->source == SOURCE_PROBE)
        return eval_probe(ev, e, down);
    v = val_condition(ev->a, eval_expr(ev, e));
    return val_known(&v) ? val_bool(val_is(&v, true) != down) : v;
}

static struct val eval_is(struct eval *ev, const struct expr *e)
{
    struct val v;

    if (e->op == IS_UP || e->op == IS_DOWN) {
        v = eval_updown(ev, e->a, e->op == IS_DOWN);
    } else {
        ev->null_is = e->op == IS_NULL;
        v = eval_expr(ev, e->a);
        ev->null_is = false;
        if (e->op == IS_MISSING || e->op == IS_STALE) /* never unknown */
            v = val_bool(v.kind == VAL_NODATA &&
                         v.why == (e->op == IS_STALE ? NODATA_STALE : NODATA_NO_SERIES));
        else if (val_known(&v))
            v = val_bool(v.kind == VAL_NULL);
    }
    return e->on ? val_not(v) : v;
}

/* R31 */
static struct val eval_kofn(struct eval *ev, const struct expr *e)
{
    struct kofn_state *s = &ev->p->kofns.v[bind_of(ev, e)->kofn];
    unsigned yes = 0, no = 0, missing;
    bool raw = ev->raw;
    struct val v;

    ev->raw = true;
    v = val_condition(ev->a, eval_expr(ev, e->a));
    ev->raw = raw;
    if (s->n == e->n)
        memmove(s->seen, s->seen + 1, --s->n);
    s->seen[s->n++] = (char)(val_is(&v, true) ? 'T' : val_is(&v, false) ? 'F' : '?');
    for (unsigned i = 0; i < s->n; i++) {
        yes += s->seen[i] == 'T';
        no += s->seen[i] == 'F';
    }
    missing = e->n - yes - no;
    if (yes >= e->k)
        return val_bool(true);
    if (yes + missing < e->k)
        return val_bool(false);
    return val_known(&v) ? val_nodata(NODATA_FILLING) : v;
}

static struct val eval_func(struct eval *ev, const struct expr *e)
{
    struct val v;

    if (e->window.us > 0)
        return eval_window_func(ev, e);
    if (e->op == FUNC_RATE || e->op == FUNC_INCREASE)
        return eval_window_func(ev, e); /* uncovered: rule_check() wants a window */
    v = eval_expr(ev, e->items[0]);
    if (e->op == FUNC_ABS)
        return val_map(ev->a, v, fabs);
    if (e->op != FUNC_VERSION)
        return val_fold(ev->a, e->op, v);
    if (v.kind == VAL_TEXT)
        v.kind = VAL_VERSION;
    return v.kind == VAL_VERSION || v.kind == VAL_NULL || !val_known(&v)
               ? v
               : val_error(ev->a, "the version of something that is no text");
}

struct val eval_expr(struct eval *ev, const struct expr *e)
{
    static struct val (*const evals[EXPR__N])(struct eval *, const struct expr *) = {
        [EXPR_NUM] = eval_literal,   [EXPR_STRING] = eval_literal,
        [EXPR_BOOL] = eval_literal,  [EXPR_NULL] = eval_literal,
        [EXPR_NAME] = eval_name,     [EXPR_BASELINE] = eval_baseline,
        [EXPR_FUNC] = eval_func,     [EXPR_QUANT] = eval_quant,
        [EXPR_KOFN] = eval_kofn,     [EXPR_NEG] = eval_neg,
        [EXPR_NOT] = eval_not,       [EXPR_AND] = eval_logic,
        [EXPR_OR] = eval_logic,      [EXPR_ARITH] = eval_arith,
        [EXPR_CMP] = eval_cmp,       [EXPR_IN] = eval_in,
        [EXPR_RANGE] = eval_range,   [EXPR_SUPERSET] = eval_superset,
        [EXPR_CONTAINS] = eval_text, [EXPR_MATCHES] = eval_text,
        [EXPR_WITHIN] = eval_within, [EXPR_NOT_WORSE] = eval_not_worse,
        [EXPR_IS] = eval_is,
    };

    assert(evals[e->kind]); /* a set stands only where it is looked into */
    return evals[e->kind](ev, e);
}

/* ---- operands ---- */

/* One line, whole characters. */
static void operand_put_text(struct eval_operand *o, struct sv text)
{
    CLEANUP(strbuf_release) struct strbuf line = STRBUF(0);
    struct sv shown;
    size_t bad;

    text_add_line(&line, text);
    shown = sv_sub(strbuf_sv(&line), 0, size_min(line.n, sizeof(o->text) - 1));
    bad = text_bad_utf8(shown); /* where a character was cut */
    (void)snprintf(o->text, sizeof(o->text), "%.*s",
                   SV_FMT(sv_sub(shown, 0, size_min(bad, shown.n))));
}

void eval_operand_value(struct eval *ev, const struct expr *e, const struct val *v)
{
    struct eval_operand *o = e == ev->operand_is ? ev->operand : NULL;
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    if (!o)
        return;
    o->has_value = v->kind == VAL_NUM;
    o->value = v->num;
    if (v->kind == VAL_BOOL || v->kind == VAL_NULL)
        strbuf_add_str(&text, v->kind == VAL_NULL ? "null" : v->num > 0 ? "true" : "false");
    else if ((v->kind == VAL_TEXT || v->kind == VAL_VERSION) && v->text.n <= EVAL_TEXT_SHOWN)
        strbuf_addf(&text, "\"%.*s\"", SV_FMT(v->text));
    else if (v->kind == VAL_TEXT ||
             v->kind == VAL_VERSION) /* a secret that is cut is known no more */
        strbuf_addf(&text, "a text of %zu bytes", v->text.n);
    operand_put_text(o, strbuf_sv(&text));
}

/* What was measured for "not worse than baseline" is of this condition, and not of a rule that is more. */
static void operand_take_test(struct eval *ev, const struct expr *e, struct eval_operand *o)
{
    struct eval_info *i = ev->info;

    if (e->kind != EXPR_NOT_WORSE)
        return;
    o->has_value = i->has_value;
    o->value = i->value;
    o->has_limit = i->has_limit;
    o->limit = i->limit;
    if (e != ev->p->cmp)
        i->has_value = i->has_limit = false;
}

static struct val eval_operand(struct eval *ev, const struct expr *e)
{
    struct eval_info *i = ev->info;
    struct eval_operand *o = i->n_operands < OPERANDS_MAX ? &i->operands[i->n_operands] : NULL;
    struct val v;

    i->n_operands++;
    ev->in_operand = true;
    ev->operand = o;
    ev->operand_is = e->kind == EXPR_KOFN ? e->a : e;
    v = val_condition(ev->a, eval_expr(ev, e));
    if (o) {
        bool compares = ev->operand_is->kind == EXPR_CMP;

        o->kind = v.kind;
        o->truth = val_is(&v, true);
        o->why = v.why;
        o->type = (compares            ? rule_subject(ev->operand_is)
                   : ev->operand_is->a ? ev->operand_is->a
                                       : e)
                      ->type;
        if (v.kind == VAL_ERROR)
            operand_put_text(o, v.text);
        operand_take_test(ev, e, o);
    }
    ev->in_operand = false;
    ev->operand = NULL;
    ev->operand_is = NULL;
    return v;
}

struct val eval_condition(struct eval *ev, const struct expr *e)
{
    if (ev->info && !ev->in_operand && !ev->in_rows && !operand_joins(e))
        return eval_operand(ev, e);
    return val_condition(ev->a, eval_expr(ev, e));
}

struct val rule_eval(struct rule_prog *p, const struct look *l, const struct eval_run *run,
                     struct arena *scratch, struct eval_info *info)
{
    struct eval ev = {.p = p, .l = l, .run = run, .a = scratch, .info = info};
    struct val v;

    for (size_t i = 0; i < p->made.n; i++)
        json_decref(p->made.v[i]);
    p->made.n = 0;
    rule_prog_forget_patterns(p);
    *info = (struct eval_info){.subject = {.kind = VAL_NULL}};
    if (p->rule->form != RULE_REPORT)
        return eval_condition(&ev, p->rule->expr);
    ev.in_subject = true;
    v = val_single(scratch, eval_expr(&ev, p->rule->expr));
    info->has_value = v.kind == VAL_NUM;
    info->value = v.num;
    return v;
}

struct val rule_eval_limit(const struct rule_prog *p, struct arena *scratch,
                           const struct eval_info *info, unsigned op, double limit)
{
    struct val v;

    assert(p->cmp && op < CMP_EQ);
    v = val_compare(scratch, op, info->subject, val_num(limit));
    return p->negated ? val_not(v) : v;
}
