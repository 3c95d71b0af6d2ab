/* eval_test: baselines, and the statistical tests against them and against limits. */
#include "rule/eval_int.h"

#include <math.h>

/* ---- baselines ---- */

/* The same field (or expression of fields) of the record before. */
static struct val partner(struct eval *ev, const struct expr *e)
{
    const json_t *row = ev->row;
    struct val v;

    ev->row = ev->old;
    v = e->n_parts ? eval_field(ev, e) : eval_expr(ev, e->subject);
    ev->row = row;
    return v;
}

static struct val baseline_value(struct eval *ev, const struct expr *e)
{
    const struct rule *r = ev->p->rule;
    const struct baseline *b;

    if (r->has_baseline)
        return val_num(r->baseline.per_s > 0 ? r->baseline.value / r->baseline.per_s
                                             : r->baseline.value);
    b = &ev->p->baselines.v[bind_of(ev, e)->baseline];
    return b->kind == BASELINE_NUM ? val_num(b->value) : val_nodata(NODATA_NO_BASELINE);
}

struct val eval_baseline(struct eval *ev, const struct expr *e)
{
    struct val v = ev->in_rows ? partner(ev, e) : baseline_value(ev, e);

    if (!e->on || v.kind != VAL_NUM)
        return v;
    return num_same(v.num, 0) ? val_nodata(NODATA_ZERO_BASELINE) : val_num(v.num * e->num.value);
}

/* ---- windows of a test ---- */

static double alpha_of(const struct rule *r)
{
    return r->has_confident ? 1 - r->confident.value : 0.01;
}

/* How many looks share the error: checkpoints that judge it, or windows that tile the watch. */
static double looks_of(const struct eval *ev, int64_t span_us)
{
    const struct rule *r = ev->p->rule;
    int64_t watch =
        r->within.us > 0 && r->within_of == FROM_DEPLOY ? r->within.us : ev->run->watch_us;

    if (ev->run->checkpoints > 0)
        return ev->run->checkpoints;
    return watch > span_us ? ceil((double)watch / (double)span_us) : 1;
}

/* The part of the tile that has passed; at a checkpoint the window that ends now. */
static struct window test_window(const struct eval *ev, int64_t span_us, int64_t *number)
{
    struct window w = look_window(ev->l, span_us);
    int64_t since = ev->l->t_us - ev->l->t0_us;

    *number = -1;
    if (ev->run->checkpoints > 0)
        return w;
    *number = since > 0 ? (since - 1) / span_us : 0; /* (0, w] is the first */
    w.from_us = ev->l->t0_us + *number * span_us;
    w.at_t0 = *number == 0;
    w.filling = w.from_us + span_us > ev->l->t_us;
    return w;
}

/*
 * What stands: the answer of this window, else of the one before.  "bad" replaces an earlier "ok" of
 * the same window, because holding on to good news against the evidence would blind the rule.
 */
static enum stats_answer standing(struct test_state *s, int64_t number, enum stats_answer now)
{
    signed char answer = now == STATS_BAD ? 1 : now == STATS_OK ? -1 : 0;

    if (number < 0)
        return now;
    if (number != s->window) {
        s->before = number == s->window + 1 ? s->decided : 0;
        s->decided = 0;
        s->window = number;
    }
    if (s->decided == 0 || answer > 0)
        s->decided = answer;
    answer = s->decided ? s->decided : s->before;
    return answer > 0 ? STATS_BAD : answer < 0 ? STATS_OK : now;
}

static struct val undecided(enum stats_answer a)
{
    static const enum nodata why[] = {
        [STATS_UNDECIDED] = NODATA_UNDECIDED, [STATS_BAD] = NODATA_UNDECIDED,
        [STATS_OK] = NODATA_UNDECIDED,        [STATS_NO_BASELINE] = NODATA_NO_BASELINE,
        [STATS_TOO_FEW] = NODATA_NO_TRAFFIC,  [STATS_ZERO_BASELINE] = NODATA_ZERO_BASELINE,
    };

    return val_nodata(why[a]);
}

/* ---- 4.1: a share against a limit ---- */

/* s of n above the limit, between lo and hi when a percentile's limit is no bound. */
struct share {
    double lo, hi, n, p0, covered_s;
};

static struct val percentile_share(struct eval *ev, const struct expr *e, const struct window *w,
                                   double limit, struct share *s)
{
    struct dist d = {0};
    struct dist_share at;
    struct val v = eval_dist(ev, e, w, &d);

    if (v.kind == VAL_NUM)
        return val_error(ev->a, "'confident' wants a histogram, not single values");
    if (v.kind != VAL_NULL)
        return v;
    at = dist_above(&d, rule_funcs[e->op].per_mille, limit);
    *s = (struct share){.lo = at.lo * d.n,
                        .hi = at.hi * d.n,
                        .n = d.n,
                        .p0 = 1 - rule_funcs[e->op].per_mille / 1000.0};
    if (ev->info && at.answer != DIST_BEYOND) {
        ev->info->has_share = true;
        ev->info->share = at.lo;
        ev->info->share_to = at.hi;
    }
    return v;
}

static struct val ratio_share(struct eval *ev, const struct expr *e, const struct window *w,
                              double limit, struct share *s)
{
    double bad = 0, n = 0, covered = 0;
    struct val v = eval_ratio_parts(ev, e, w, &bad, &n, &covered);

    if (v.kind != VAL_NULL)
        return v;
    eval_note(ev, w, covered, n);
    if (ev->info && n > 0) {
        ev->info->has_value = true;
        ev->info->value = bad / n;
    }
    bad = fmin(bad, n); /* a ratio of unlike counters */
    *s = (struct share){.lo = bad, .hi = bad, .n = n, .p0 = limit};
    if (limit > 0.5) /* 99 % good is 1 % bad */
        *s = (struct share){.lo = n - bad, .hi = n - bad, .n = n, .p0 = 1 - limit};
    return v;
}

struct val eval_confident(struct eval *ev, const struct expr *cmp)
{
    const struct expr *subject = rule_subject(cmp), *other = subject == cmp->a ? cmp->b : cmp->a;
    unsigned op = subject == cmp->a ? cmp->op : rule_cmp_mirror((enum rule_cmp)cmp->op);
    bool percentile = rule_is_percentile(subject), complement, above;
    double alpha = alpha_of(ev->p->rule), looks = looks_of(ev, subject->window.us);
    enum stats_answer answer = STATS_UNDECIDED;
    struct num limit = {0};
    struct share s = {0};
    int64_t number;
    struct window w = test_window(ev, subject->window.us, &number);
    struct val v;
    bool literal = rule_literal(other, &limit);

    assert(literal); /* rule_check() */
    if (ev->info && literal) {
        ev->info->has_limit = true;
        ev->info->limit = limit.value;
    }
    ev->in_subject = true;
    v = percentile ? percentile_share(ev, subject, &w, limit.value, &s)
                   : ratio_share(ev, subject, &w, limit.value, &s);
    ev->in_subject = false;
    if (v.kind == VAL_NULL && s.n >= (double)eval_min(ev, 0, true)) {
        if (stats_share(s.lo, s.n, s.p0, alpha, looks) == STATS_BAD)
            answer = STATS_BAD;
        else if (stats_share(s.hi, s.n, s.p0, alpha, looks) == STATS_OK)
            answer = STATS_OK;
    }
    answer = standing(&ev->p->tests.v[bind_of(ev, cmp)->test], number, answer);
    if (answer != STATS_BAD && answer != STATS_OK)
        return v.kind == VAL_NULL ? undecided(answer) : v;
    complement = !percentile && limit.value > 0.5;
    above = (answer == STATS_BAD) != complement; /* the subject lies above its limit */
    return val_bool(above == (op == CMP_GT || op == CMP_GE));
}

/* ---- 4.2, 4.3: against the baseline ---- */

static struct stats_margin margin_of(const struct expr *e)
{
    if (!e->on)
        return (struct stats_margin){MARGIN_DEFAULT, 0};
    if (e->num.dim == DIM_RATIO && e->num.per_s <= 0)
        return (struct stats_margin){MARGIN_RELATIVE, e->num.value};
    return (struct stats_margin){MARGIN_ABSOLUTE,
                                 e->num.per_s > 0 ? e->num.value / e->num.per_s : e->num.value};
}

static struct val answered(struct eval *ev, const struct expr *e, int64_t number,
                           enum stats_answer now)
{
    enum stats_answer a = standing(&ev->p->tests.v[bind_of(ev, e)->test], number, now);

    if (a == STATS_BAD || a == STATS_OK)
        return val_bool(a == STATS_OK);
    return undecided(a);
}

static struct stats_test test_of(const struct eval *ev, const struct expr *e, int64_t span_us)
{
    return (struct stats_test){.by = margin_of(e),
                               .alpha = alpha_of(ev->p->rule),
                               .looks = looks_of(ev, span_us),
                               .lower_is_worse = e->worse == WORSE_DOWN};
}

static struct val ratio_not_worse(struct eval *ev, const struct expr *e, const struct baseline *b)
{
    struct stats_test test;
    bool up = e->worse != WORSE_DOWN;
    struct share s = {0};
    int64_t number;
    struct window w = test_window(ev, e->a->window.us, &number);
    struct val v;
    enum stats_answer a;

    v = ratio_share(ev, e->a, &w, 0,
                    &s); /* the limit comes from the baseline: s is the numerator's share */
    if (v.kind != VAL_NULL)
        return v;
    if (b->kind != BASELINE_RATIO)
        return val_nodata(NODATA_NO_BASELINE);
    if (s.n < (double)eval_min(ev, 100, true))
        return val_nodata(w.filling ? NODATA_FILLING : NODATA_NO_TRAFFIC);
    test = test_of(ev, e, e->a->window.us);
    a = stats_ratio(&(struct stats_part){up ? b->bad : b->n - b->bad, b->n},
                    &(struct stats_part){up ? s.lo : s.n - s.lo, s.n}, &test);
    return answered(ev, e, number, a);
}

/* The plain numbers in the window: a gauge's samples, or the function over cells (without data: left out). */
static void values_now(struct eval *ev, const struct expr *e, const struct window *w,
                       struct baseline *out)
{
    const struct look *outer = ev->l;
    struct look cell = *outer;
    struct eval_info *info = ev->info;

    ev->info = NULL;
    ev->cells = true;
    ev->l = &cell;
    cell.baseline_us = outer->times->cell_us; /* percentiles become numbers, windows one cell */
    for (int64_t end = w->from_us + cell.baseline_us; end <= w->to_us; end += cell.baseline_us) {
        struct val v;

        cell.t_us = end;
        v = val_single(ev->a, eval_expr(ev, e));
        if (v.kind == VAL_NUM)
            *vec_add(&out->values) = v.num;
    }
    ev->l = outer;
    ev->cells = false;
    ev->info = info;
}

static bool is_plain_gauge(const struct expr *e)
{
    return e->kind == EXPR_NAME && (e->source == SOURCE_GAUGE || e->source == SOURCE_VALUE);
}

static void gauge_values(struct eval *ev, const struct expr *e, const struct window *w,
                         struct baseline *out)
{
    struct selector *sel = bind_of(ev, e)->sel;

    selector_refresh(sel);
    for (size_t i = 0; sel->list.n == 1 && i < sel->list.v[0]->v.n; i++) {
        const struct sample *v = &sel->list.v[0]->v.v[i];

        if (v->t_us > w->from_us && v->t_us <= w->to_us && !isnan(v->v))
            *vec_add(&out->values) = v->v * e->unit;
    }
}

static void collect(struct eval *ev, const struct expr *e, const struct window *w,
                    struct baseline *out)
{
    if (is_plain_gauge(e))
        gauge_values(ev, e, w, out);
    else
        values_now(ev, e, w, out);
}

/* The window of what is compared; a gauge has none: the span of the baseline. */
static int64_t span_of(const struct eval *ev, const struct expr *e)
{
    struct expr *child;
    int64_t span = e->window.us;

    for (size_t i = 0; span == 0 && (child = expr_child(e, i)) != NULL; i++)
        span = child->window.us;
    return span > 0 ? span : ev->l->times->baseline_us;
}

static struct val values_not_worse(struct eval *ev, const struct expr *e, const struct baseline *b)
{
    int64_t number, span = span_of(ev, e->a);
    struct window w = test_window(ev, span, &number);
    struct stats_test test = test_of(ev, e, span);
    struct stats_shift shift;
    struct baseline now = {0};
    enum stats_answer a;
    struct val state =
        e->a->kind == EXPR_NAME ? eval_source_state(ev, e->a) : (struct val){.kind = VAL_NULL};

    if (state.kind == VAL_ERROR)
        return state;
    collect(ev, e->a, &w, &now);
    eval_note(ev, &w, (double)(w.to_us - w.from_us) / 1e6, (double)now.values.n);
    a = stats_compare((struct stats_values){b->values.v, b->values.n},
                      (struct stats_values){now.values.v, now.values.n}, &test, &shift);
    if (b->kind != BASELINE_VALUES || b->values.n < BASELINE_VALUES_MIN)
        a = STATS_NO_BASELINE;
    if (ev->info) {
        ev->info->cannot_tell = a == STATS_UNDECIDED;
        ev->info->drifting = shift.lag1 > STATS_LAG1_MAX;
        ev->info->has_value = now.values.n > 0;
        ev->info->value = now.values.n ? values_median(now.values.v, now.values.n) : 0;
        ev->info->has_limit = true;
        ev->info->limit = shift.median + (e->worse == WORSE_DOWN ? -shift.margin : shift.margin);
    }
    baseline_release(&now);
    return a == STATS_TOO_FEW && w.filling ? val_nodata(NODATA_FILLING)
                                           : answered(ev, e, number, a);
}

struct val eval_not_worse(struct eval *ev, const struct expr *e)
{
    const struct baseline *b = &ev->p->baselines.v[bind_of(ev, e)->baseline];
    struct val v;

    ev->in_subject = e == ev->p->cmp;
    v = e->a->kind == EXPR_FUNC && e->a->op == FUNC_RATIO ? ratio_not_worse(ev, e, b)
                                                          : values_not_worse(ev, e, b);
    ev->in_subject = false;
    return v;
}

/* ---- measuring ---- */

struct measurer {
    struct eval *ev;
    const struct expr *quant;
};

static void measure_num(struct eval *ev, const struct expr *e, struct baseline *b)
{
    struct val v = val_single(ev->a, eval_expr(ev, e->subject));

    if (v.kind == VAL_NUM) {
        b->kind = BASELINE_NUM;
        b->value = v.num;
    }
}

/* The rows of the quantifier around, or of the value alone. */
static void measure_rows(struct eval *ev, const struct expr *quant, const struct expr *e,
                         struct baseline *b)
{
    struct rowset set = {0};
    struct val v;

    if (quant) {
        v = eval_rows(ev, quant->a, &set);
        if (v.kind != VAL_NULL)
            return;
        b->rows = json_deep_copy(set.rows);
    } else {
        v = val_single(ev->a, eval_expr(ev, e->subject));
        if (v.kind != VAL_NUM && v.kind != VAL_TEXT)
            return;
        b->rows = json_array();
        json_append(b->rows, v.kind == VAL_NUM ? json_real(v.num) : json_sv(v.text));
    }
    b->kind = BASELINE_ROWS;
}

static void measure_not_worse(struct eval *ev, const struct expr *e, struct baseline *b)
{
    struct window w = look_window(ev->l, 0);
    double covered;

    if (e->a->kind == EXPR_FUNC && e->a->op == FUNC_RATIO) {
        if (eval_ratio_parts(ev, e->a, &w, &b->bad, &b->n, &covered).kind == VAL_NULL && b->n > 0) {
            b->bad = fmin(b->bad, b->n);
            b->kind = BASELINE_RATIO;
        }
        return;
    }
    collect(ev, e->a, &w, b);
    if (b->values.n)
        b->kind = BASELINE_VALUES;
}

static void measure(struct measurer *m, const struct expr *e)
{
    const struct expr *outer = m->quant;
    size_t i = bind_of(m->ev, e)->baseline;
    struct expr *child;

    if (i != BIND_NONE) {
        struct baseline *b = &m->ev->p->baselines.v[i];

        baseline_release(b);
        if (e->kind == EXPR_NOT_WORSE)
            measure_not_worse(m->ev, e, b);
        else if (e->type.dim == DIM_SET)
            measure_rows(m->ev, m->quant, e, b);
        else
            measure_num(m->ev, e, b);
    }
    if (e->kind == EXPR_QUANT)
        m->quant = e;
    for (i = 0; (child = expr_child(e, i)) != NULL; i++)
        measure(m, child);
    m->quant = outer;
}

void rule_prog_measure(struct rule_prog *p, const struct look *l, struct arena *scratch)
{
    struct eval_run run = {.step_us = LOOK_LONG_AGO, .rollback_until_us = LOOK_LONG_AGO};
    struct eval ev = {.p = p, .l = l, .run = &run, .a = scratch};
    struct measurer m = {.ev = &ev};

    assert(l->baseline_us > 0);
    measure(&m, p->rule->expr);
}
