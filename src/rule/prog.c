/* prog: a rule tied to a store. */
#include "rule/eval_int.h"

#include "base/sv.h"

#define SINCE_T0_US (3650LL * 86400 * 1000000) /* "events since T0": nothing of them is dropped */

struct binder {
    struct rule_prog *p;
    const struct expr *quant; /* around the node */
    int64_t least_us;         /* kept of every name, for baselines */
};

/* Anything of before the deployment?  `partner`: the record's own, not "in baseline". */
static bool speaks_of_baseline(const struct expr *e, bool partner)
{
    struct expr *child;

    if (e->kind == EXPR_NOT_WORSE ||
        (e->kind == EXPR_BASELINE && !(partner && e->type.dim == DIM_SET)))
        return true;
    for (size_t i = 0; (child = expr_child(e, i)) != NULL; i++)
        if (speaks_of_baseline(child, partner))
            return true;
    return false;
}

/* "http.health" of "http.health.status": the text is the parts with dots between. */
static struct sv bound_name(const struct expr *name)
{
    size_t parts = rule_bound_parts(name), n = 0;

    for (size_t i = 0; i < parts; i++)
        n += name->parts[i].n + (i > 0);
    return sv_sub(name->text, 0, n);
}

static struct selector *select_suffixed(struct binder *b, const struct expr *name,
                                        const char *suffix, int64_t keep_us)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    strbuf_addf(&text, "%.*s%s", SV_FMT(name->text), suffix);
    samples_keep(b->p->s, strbuf_sv(&text), keep_us);
    return samples_selector(b->p->s, strbuf_sv(&text), name->labels, name->n_labels);
}

/* A name of samples, of which a window of span_us is looked at. */
static void bind_series(struct binder *b, const struct expr *name, int64_t span_us)
{
    struct bind *bind = &b->p->binds[name->slot];
    int64_t keep = span_us > b->least_us ? span_us : b->least_us;

    bind->sel = select_suffixed(b, name, "", keep);
    if (name->source != SOURCE_UNKNOWN && name->source != SOURCE_HISTOGRAM &&
        name->source != SOURCE_SUMMARY)
        return;
    bind->bucket = select_suffixed(b, name, "_bucket", keep);
    bind->count = select_suffixed(b, name, "_count", keep);
    bind->sum = select_suffixed(b, name, "_sum", keep);
}

static void bind_rows(struct binder *b, const struct expr *name)
{
    struct bind *bind = &b->p->binds[name->slot];

    samples_keep(b->p->s, name->text, name->window.us);
    bind->rows = samples_metric(b->p->s, name->text);
}

static void bind_name(struct binder *b, const struct expr *e)
{
    struct bind *bind = &b->p->binds[e->slot];

    if (e->source == SOURCE_FIELD || e->source == SOURCE_BUILTIN)
        return;
    bind->bound = bound_name(e);
    if (e->source == SOURCE_ROWS || e->source == SOURCE_SET)
        bind_rows(b, e);
    else if (e->source != SOURCE_LOG)
        bind_series(b, e,
                    e->source == SOURCE_EVENTS && e->window.us == 0 ? SINCE_T0_US : e->window.us);
}

/* The window stands at the function: what its name reads, buckets too, is kept for so long. */
static void keep_series(const struct binder *b, const struct expr *name, int64_t span_us)
{
    const struct bind *bind = &b->p->binds[name->slot];
    const struct selector *const sels[] = {bind->sel, bind->bucket, bind->count, bind->sum};

    for (size_t i = 0; i < ARRAY_LEN(sels); i++)
        if (sels[i])
            samples_keep(b->p->s, sels[i]->metric->name, span_us);
}

static void bind_func(struct binder *b, const struct expr *e)
{
    const struct expr *log = e->items[0];

    if (e->op != FUNC_MATCHES) {
        for (size_t i = 0; i < e->n_items; i++)
            if (e->items[i]->kind == EXPR_NAME)
                keep_series(b, e->items[i], e->window.us);
        return;
    }
    samples_keep(b->p->s, log->text, e->window.us);
    b->p->binds[e->slot].lines =
        samples_want_lines(b->p->s, log->text, e->items[1]->text,
                           e->n_items > 2 ? e->items[2]->text : (struct sv){NULL, 0});
}

static void bind_pattern(struct binder *b, const struct expr *e)
{
    struct err err;

    if (regex_new(e->text, 0, &b->p->binds[e->slot].re, &err) != ERR_OK)
        assert(!(bool)"rule_check() compiled it"); /* uncovered: our own bug */
}

static void bind_set(struct binder *b, const struct expr *e)
{
    json_t *set = json_array();

    for (size_t i = 0; i < e->n_items; i++)
        json_append(set, e->items[i]->kind == EXPR_NUM ? json_real(e->items[i]->num.value)
                                                       : json_sv(e->items[i]->text));
    b->p->binds[e->slot].set = set;
}

static void bind_baseline(struct binder *b, const struct expr *e)
{
    if (b->quant && e->type.dim != DIM_SET)
        return; /* the partner of the row */
    b->p->binds[e->slot].baseline = b->p->baselines.n;
    (void)vec_add(&b->p->baselines);
}

static void bind_expr(struct binder *b, const struct expr *e);

static void bind_children(struct binder *b, const struct expr *e)
{
    struct expr *child;

    for (size_t i = 0; (child = expr_child(e, i)) != NULL; i++)
        bind_expr(b, child);
}

static void bind_quant(struct binder *b, const struct expr *e)
{
    const struct expr *outer = b->quant;

    b->p->binds[e->slot].pairs =
        (e->b && speaks_of_baseline(e->b, true)) || (e->c && speaks_of_baseline(e->c, true));
    bind_expr(b, e->a);
    b->quant = e;
    if (e->b)
        bind_expr(b, e->b);
    if (e->c)
        bind_expr(b, e->c);
    b->quant = outer;
}

static void bind_expr(struct binder *b, const struct expr *e)
{
    struct bind *bind = &b->p->binds[e->slot];

    *bind = (struct bind){
        .source = BIND_NONE, .kofn = BIND_NONE, .test = BIND_NONE, .baseline = BIND_NONE};
    if (e->kind == EXPR_QUANT) {
        bind_quant(b, e);
        return;
    }
    bind_children(b, e);
    if (e->kind == EXPR_NAME)
        bind_name(b, e);
    else if (e->kind == EXPR_FUNC)
        bind_func(b, e);
    else if (e->kind == EXPR_MATCHES)
        bind_pattern(b, e);
    else if (e->kind == EXPR_SET)
        bind_set(b, e);
    else if (e->kind == EXPR_BASELINE)
        bind_baseline(b, e);
    if (e->kind == EXPR_KOFN) {
        bind->kofn = b->p->kofns.n;
        (void)vec_add(&b->p->kofns);
    }
    if (e->kind == EXPR_NOT_WORSE || (b->p->rule->has_confident && e == b->p->cmp)) {
        bind->test = b->p->tests.n;
        vec_add(&b->p->tests)->window = -1;
    }
    if (e->kind == EXPR_NOT_WORSE) {
        bind->baseline = b->p->baselines.n;
        (void)vec_add(&b->p->baselines);
    }
}

struct rule_prog *rule_prog_new(struct samples *s, const struct rule *r,
                                const struct rule_times *times)
{
    struct rule_prog *p = XNEW(struct rule_prog);
    struct binder b = {.p = p};

    assert(r->expr && r->n_slots > 0);
    p->rule = r;
    p->s = s;
    p->times = times;
    p->cmp = rule_comparison(r, &p->negated);
    p->counted = rule_is_counted(r->expr);
    p->n_binds = r->n_slots;
    p->binds = XNEWN(struct bind, p->n_binds);
    if (speaks_of_baseline(r->expr, false))
        b.least_us = times->baseline_us;
    bind_expr(&b, r->expr);
    return p;
}

void baseline_release(struct baseline *b)
{
    vec_release(&b->values);
    json_decref(b->rows);
    *b = (struct baseline){0};
}

void rule_prog_free(struct rule_prog *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->n_binds; i++) {
        regex_free(p->binds[i].re);
        json_decref(p->binds[i].set);
    }
    for (size_t i = 0; i < p->baselines.n; i++)
        baseline_release(&p->baselines.v[i]);
    for (size_t i = 0; i < p->made.n; i++)
        json_decref(p->made.v[i]);
    vec_release(&p->baselines);
    vec_release(&p->kofns);
    vec_release(&p->tests);
    vec_release(&p->made);
    rule_prog_forget_patterns(p);
    vec_release(&p->named);
    free(p->binds);
    free(p);
}

bool rule_prog_wants_baseline(const struct rule_prog *p)
{
    return p->baselines.n > 0 && !p->rule->has_baseline;
}

size_t rule_prog_n_kofn(const struct rule_prog *p)
{
    return p->kofns.n;
}

struct kofn_state *rule_prog_kofn(struct rule_prog *p, size_t i)
{
    assert(i < p->kofns.n);
    return &p->kofns.v[i];
}

static const struct expr *find_kofn(const struct rule_prog *p, const struct expr *e, size_t i)
{
    const struct expr *found = e->kind == EXPR_KOFN && p->binds[e->slot].kofn == i ? e : NULL;
    struct expr *child;

    for (size_t k = 0; !found && (child = expr_child(e, k)) != NULL; k++)
        found = find_kofn(p, child, i);
    return found;
}

unsigned rule_prog_kofn_max(const struct rule_prog *p, size_t i)
{
    const struct expr *e = find_kofn(p, p->rule->expr, i);

    assert(e);
    return e->n;
}

size_t rule_prog_n_tests(const struct rule_prog *p)
{
    return p->tests.n;
}

struct test_state *rule_prog_test(struct rule_prog *p, size_t i)
{
    assert(i < p->tests.n);
    return &p->tests.v[i];
}

size_t rule_prog_n_baselines(const struct rule_prog *p)
{
    return p->baselines.n;
}

struct baseline *rule_prog_baseline(struct rule_prog *p, size_t i)
{
    assert(i < p->baselines.n);
    return &p->baselines.v[i];
}

/* ---- what it reads ---- */

struct reader {
    struct rule_prog *p;
    rule_series_fn *series;
    rule_metric_fn *rows;
    void *ctx;
};

static void read_selector(const struct reader *r, struct selector *sel, int64_t span_us)
{
    if (!sel)
        return;
    selector_refresh(sel);
    for (size_t i = 0; i < sel->list.n; i++)
        r->series(r->ctx, sel->list.v[i], span_us);
}

static void read_expr(const struct reader *r, const struct expr *e, int64_t span_us)
{
    const struct bind *b = &r->p->binds[e->slot];
    struct selector *const sels[] = {b->sel, b->bucket, b->count, b->sum};
    struct expr *child;

    if (e->kind == EXPR_NAME && e->window.us > 0)
        span_us = e->window.us;
    if (e->kind == EXPR_NAME && e->source == SOURCE_EVENTS && span_us == 0)
        span_us = SINCE_T0_US;
    for (size_t i = 0; r->series && i < ARRAY_LEN(sels); i++)
        read_selector(r, sels[i], span_us);
    if (e->kind == EXPR_FUNC || e->kind == EXPR_QUANT)
        span_us = e->window.us;
    if (e->kind == EXPR_NOT_WORSE) /* of a gauge, which has no window of its own */
        span_us = r->p->times->baseline_us;
    if (r->series && b->lines)
        r->series(r->ctx, b->lines, span_us);
    if (r->rows && b->rows)
        r->rows(r->ctx, b->rows, e->window.us);
    for (size_t i = 0; (child = expr_child(e, i)) != NULL; i++)
        read_expr(r, child, span_us);
}

void rule_prog_each_series(struct rule_prog *p, rule_series_fn *fn, void *ctx)
{
    struct reader r = {.p = p, .series = fn, .ctx = ctx};

    read_expr(&r, p->rule->expr, 0);
}

void rule_prog_each_rows(struct rule_prog *p, rule_metric_fn *fn, void *ctx)
{
    struct reader r = {.p = p, .rows = fn, .ctx = ctx};

    read_expr(&r, p->rule->expr, 0);
}

/* ---- when it is due ---- */

static void later(int64_t *last, int64_t t)
{
    if (t > *last)
        *last = t;
}

/* Find the source by the name that rules give it; false: nobody declared it yet. */
static bool find_source(struct rule_prog *p, struct bind *b)
{
    size_t i;

    if (b->source == BIND_NONE && b->bound.p && map_get(&p->s->source_by_name, b->bound, &i))
        b->source = i;
    return b->source != BIND_NONE;
}

static void polled_selector(struct rule_prog *p, struct selector *sel, int64_t *last, bool *any)
{
    if (!sel)
        return;
    selector_refresh(sel);
    for (size_t i = 0; i < sel->sources.n; i++)
        later(last, p->s->sources.v[sel->sources.v[i]].poll_us);
    *any |= sel->sources.n > 0;
}

static void polled_bind(struct rule_prog *p, struct bind *b, int64_t *last, bool *open)
{
    bool any = find_source(p, b);

    if (!b->bound.p)
        return;
    if (any)
        later(last, p->s->sources.v[b->source].poll_us);
    polled_selector(p, b->sel, last, &any);
    polled_selector(p, b->bucket, last, &any);
    polled_selector(p, b->count, last, &any);
    if (b->rows && b->rows->rows.n) {
        later(last, p->s->sources.v[b->rows->rows_source].poll_us);
        any = true;
    }
    *open |= !any;
}

int64_t rule_prog_polled(struct rule_prog *p, bool *open)
{
    int64_t last = SAMPLES_NEVER;
    bool names = false;

    *open = false;
    for (size_t i = 0; i < p->rule->n_slots; i++) {
        names |= p->binds[i].bound.p != NULL;
        polled_bind(p, &p->binds[i], &last, open);
    }
    *open |= !names; /* it speaks of time alone */
    return last;
}
