/* eval_data: the leaves: what the store knows of a name at a moment. */
#include "rule/eval_int.h"

#include <math.h>

#include "base/sv.h"

#define MIN_MEAN 20u /* averages of histograms */

void eval_note(struct eval *ev, const struct window *w, double covered_s, double n)
{
    struct eval_info *i = ev->info;

    if (!i || !ev->in_subject)
        return;
    i->has_window = true;
    i->window = *w;
    i->covered_s = covered_s;
    i->has_n = n >= 0;
    i->n = n;
}

uint64_t eval_min(const struct eval *ev, uint64_t otherwise, bool counts)
{
    if (ev->p->rule->has_min && (counts || !ev->p->counted))
        return ev->p->rule->min;
    return ev->cells ? 1 : otherwise;
}

const struct source *eval_source(struct eval *ev, const struct expr *name)
{
    struct bind *b = bind_of(ev, name);
    size_t i;

    if (b->source == BIND_NONE && map_get(&ev->l->s->source_by_name, b->bound, &i))
        b->source = i;
    return b->source == BIND_NONE ? NULL : &ev->l->s->sources.v[b->source];
}

struct val eval_source_state(struct eval *ev, const struct expr *name)
{
    const struct source *src = eval_source(ev, name);

    if (src && src->strict && src->error && src->poll_us <= ev->l->t_us)
        return val_error(ev->a, "%s", src->error[0] ? src->error : "the poll failed");
    return (struct val){.kind = VAL_NULL};
}

struct val eval_missing(struct eval *ev, const struct expr *name, const struct tally *t,
                        const struct window *w)
{
    const struct source *src = eval_source(ev, name);
    bool polled =
        src ? look_was_polled(ev->l, src)
            : ev->l->s->scraped_us != SAMPLES_NEVER && ev->l->s->scraped_us <= ev->l->t_us;

    if (t->known == 0)
        return val_nodata(!polled && w && w->filling ? NODATA_FILLING : NODATA_NO_SERIES);
    if (t->newest_us != SAMPLES_NEVER && ev->l->t_us - t->newest_us > t->stale_us)
        return val_nodata(NODATA_STALE);
    return val_nodata(w && w->filling ? NODATA_FILLING : NODATA_STALE);
}

/* ---- counters ---- */

/* Count a series in; false: it is not known at this moment. */
static bool tally_series(struct eval *ev, const struct series *x, const struct window *w,
                         struct tally *t)
{
    size_t upto;
    int64_t stale;

    if (!series_alive(ev->l->s, x, ev->l->t_us))
        return false;
    upto = series_upto(x, w->to_us);
    stale = look_stale_us(ev->l, x->source);
    t->known++;
    if (stale > t->stale_us)
        t->stale_us = stale;
    if (upto > 0 && x->v.v[upto - 1].t_us > w->from_us && x->v.v[upto - 1].t_us > t->newest_us)
        t->newest_us = x->v.v[upto - 1].t_us;
    return true;
}

static struct tally tally_new(void)
{
    return (struct tally){.newest_us = SAMPLES_NEVER};
}

/* R6, of a window. */
static bool tally_is_stale(const struct eval *ev, const struct tally *t)
{
    return t->newest_us == SAMPLES_NEVER || ev->l->t_us - t->newest_us > t->stale_us;
}

void eval_tally(struct eval *ev, struct selector *sel, const struct window *w, struct tally *t)
{
    *t = tally_new();
    selector_refresh(sel);
    for (size_t i = 0; i < sel->list.n; i++) {
        const struct series *x = sel->list.v[i];
        struct increase inc;

        if (!tally_series(ev, x, w, t) || !window_increase(ev->l, x, w, &inc))
            continue;
        t->sum += inc.sum;
        t->samples += inc.samples;
        t->covered_s = fmax(t->covered_s, inc.covered_s);
        t->counted++;
    }
}

static struct val overflow_error(struct eval *ev, const struct selector *sel)
{
    for (size_t i = 0; i < sel->list.n; i++)
        if (sel->list.v[i]->overflow)
            return val_error(ev->a, "more than %u samples of '%.*s' in the window",
                             SAMPLES_PER_SERIES_MAX, SV_FMT(sel->metric->name));
    return (struct val){.kind = VAL_NULL};
}

/* The increase (or rate) of every selected series. */
static struct val counter_series(struct eval *ev, const struct expr *name, const struct window *w,
                                 bool rate)
{
    struct selector *sel = bind_of(ev, name)->sel;
    struct val_item *items = ARENA_NEWN(ev->a, struct val_item, sel->list.n);
    struct tally t = tally_new();
    size_t n = 0;

    for (size_t i = 0; i < sel->list.n; i++) {
        const struct series *x = sel->list.v[i];
        struct increase inc;

        if (!tally_series(ev, x, w, &t) || !window_increase(ev->l, x, w, &inc) ||
            (rate && inc.covered_s <= 0))
            continue;
        inc.sum *= name->unit;
        items[n++] = (struct val_item){x->text, rate ? inc.sum / inc.covered_s : inc.sum};
        t.covered_s = fmax(t.covered_s, inc.covered_s);
        t.samples += inc.samples;
    }
    eval_note(ev, w, t.covered_s, n ? (double)t.samples : -1);
    if (n == 0 || tally_is_stale(ev, &t))
        return eval_missing(ev, name, &t, w);
    if (t.samples < eval_min(ev, 1, false))
        return val_nodata(w->filling ? NODATA_FILLING : NODATA_NO_TRAFFIC);
    return (struct val){.kind = VAL_SERIES, .items = items, .n_items = n};
}

static struct val eval_counter(struct eval *ev, const struct expr *e, const struct expr *name,
                               bool rate)
{
    struct window w = look_window(ev->l, e->window.us);
    struct selector *sel = bind_of(ev, name)->sel;
    struct val v = eval_source_state(ev, name);

    if (v.kind == VAL_ERROR)
        return v;
    selector_refresh(sel);
    v = overflow_error(ev, sel);
    if (v.kind == VAL_ERROR)
        return v;
    v = counter_series(ev, name, &w, rate);
    return e->per_series ? v : val_fold(ev->a, FUNC_SUM, v); /* R9 */
}

/* Events and log lines: 0 unless the source can not be asked. */
static struct val eval_events(struct eval *ev, const struct expr *name, const struct series *x,
                              int64_t span_us)
{
    struct val state = eval_source_state(ev, name);
    const struct source *src = eval_source(ev, name);
    struct window w = look_window(ev->l, span_us);
    struct tally none = tally_new();

    eval_note(ev, &w, (double)(w.to_us - w.from_us) / 1e6, -1);
    if (state.kind == VAL_ERROR)
        return state;
    if (!look_was_polled(ev->l, src))
        return eval_missing(ev, name, &none, &w);
    if (ev->l->t_us - src->ok_us > look_stale_us(ev->l, (size_t)(src - ev->l->s->sources.v)))
        return val_nodata(NODATA_STALE);
    return val_num(x ? window_events(x, &w) : 0);
}

static struct val eval_named_events(struct eval *ev, const struct expr *e, const struct expr *name,
                                    bool rate)
{
    struct selector *sel = bind_of(ev, name)->sel;
    int64_t span = look_span(ev->l, e->window.us > 0 ? e->window.us : ev->l->t_us - ev->l->t0_us);
    struct val v;

    selector_refresh(sel);
    v = eval_events(ev, name, sel->list.n ? sel->list.v[0] : NULL, span);
    return rate && v.kind == VAL_NUM ? val_num(v.num / ((double)span / 1e6)) : v;
}

/* ---- gauges and values ---- */

/* The target answered since, and did not show the series any more: it is gone, not late. */
static bool series_is_gone(const struct eval *ev, const struct series *x, int64_t last_us)
{
    const struct source *src = samples_source_of(ev->l->s, x);

    return src->ok_us != SAMPLES_NEVER && src->ok_us <= ev->l->t_us && src->ok_us > last_us;
}

/* A gauge's number of one series: its last sample, or in a baseline its median. */
static bool gauge_of(const struct eval *ev, const struct series *x, size_t upto, double *ret)
{
    struct window w;
    const struct sample *v;
    double *copy;
    size_t n;

    if (ev->l->baseline_us == 0) {
        *ret = x->v.v[upto - 1].v;
        return true;
    }
    w = look_window(ev->l, 0);
    v = window_samples(x, &w, &n);
    copy = ARENA_NEWN(ev->a, double, n);
    for (size_t i = 0; i < n; i++)
        copy[i] = v[i].v;
    if (n > 0)
        *ret = values_median(copy, n);
    return n > 0;
}

static struct val eval_gauge(struct eval *ev, const struct expr *e)
{
    struct selector *sel = bind_of(ev, e)->sel;
    struct val_item *items;
    struct tally t = tally_new();
    size_t n = 0;
    bool late = false;

    selector_refresh(sel);
    items = ARENA_NEWN(ev->a, struct val_item, sel->list.n);
    for (size_t i = 0; i < sel->list.n; i++) {
        const struct series *x = sel->list.v[i];
        size_t upto = series_upto(x, ev->l->t_us);
        int64_t last;

        if (!series_alive(ev->l->s, x, ev->l->t_us) || upto == 0)
            continue;
        t.known++;
        last = x->v.v[upto - 1].t_us;
        if (ev->l->t_us - last > look_stale_us(ev->l, x->source)) {
            late |= !series_is_gone(ev, x, last);
            continue;
        }
        items[n] = (struct val_item){.labels = x->text};
        if (gauge_of(ev, x, upto, &items[n].v))
            items[n++].v *= e->unit;
    }
    if (t.known == 0)
        return eval_missing(ev, e, &t, NULL);
    if (n == 0 || late)
        return val_nodata(NODATA_STALE);
    return (struct val){.kind = VAL_SERIES, .items = items, .n_items = n};
}

/* A member: one series without labels, of any kind. */
static struct val eval_value(struct eval *ev, const struct expr *e)
{
    struct val state = eval_source_state(ev, e), v;
    struct selector *sel = bind_of(ev, e)->sel;
    const struct series *x;

    if (state.kind == VAL_ERROR)
        return state;
    selector_refresh(sel);
    x = sel->list.n == 1 ? sel->list.v[0] : NULL;
    if (!x || !x->has_last || x->last_us > ev->l->t_us || !series_alive(ev->l->s, x, ev->l->t_us)) {
        v = eval_gauge(ev, e);
        return v.kind == VAL_SERIES && v.n_items == 1 ? val_num(v.items[0].v) : v;
    }
    if (ev->l->t_us - x->last_us > look_stale_us(ev->l, x->source))
        return val_nodata(NODATA_STALE);
    if (x->last.kind == SAMPLES_TEXT)
        return val_text(x->last.text);
    if (x->last.kind == SAMPLES_BOOL)
        return val_bool(x->last.num > 0);
    if (x->last.kind == SAMPLES_ABSENT)
        return val_nodata(NODATA_NO_SERIES);
    if (x->last.kind == SAMPLES_FAULT)
        return val_error(ev->a, "%.*s", SV_FMT(x->last.text));
    /* R19: SQL's NULL, what a process that is gone would use: nothing is known, and that is no good news */
    return ev->null_is ? (struct val){.kind = VAL_NULL} : val_nodata(NODATA_NULL);
}

static struct val eval_builtin(struct eval *ev, const struct expr *e)
{
    double now = (double)ev->l->t_us / 1e6;
    int64_t since = e->op == BUILTIN_STEP_ELAPSED ? ev->run->step_us : ev->run->rollback_until_us;

    if (e->op == BUILTIN_IT || e->op == BUILTIN_RECORD)
        return eval_field(ev, e);
    if (e->op == BUILTIN_NOW)
        return val_num(now);
    if (e->op == BUILTIN_DEPLOY)
        return val_num((double)ev->l->t0_us / 1e6);
    if (since <= LOOK_LONG_AGO)
        return val_nodata(NODATA_NO_SERIES);
    return val_num(
        (double)(e->op == BUILTIN_STEP_ELAPSED ? ev->l->t_us - since : since - ev->l->t_us) / 1e6);
}

struct val eval_probe(struct eval *ev, const struct expr *e, bool down)
{
    struct val state = eval_source_state(ev, e);
    struct selector *sel = bind_of(ev, e)->sel;
    const struct series *x;
    size_t upto;

    selector_refresh(sel);
    x = sel->list.n ? sel->list.v[0] : NULL;
    upto = x ? series_upto(x, ev->l->t_us) : 0;
    if (state.kind == VAL_ERROR)
        return state;
    if (upto == 0)
        return val_nodata(NODATA_NO_SERIES);
    if (ev->l->t_us - x->v.v[upto - 1].t_us > look_stale_us(ev->l, x->source))
        return val_nodata(NODATA_STALE);
    if (x->v.v[upto - 1].v < 0)
        return val_error(ev->a, "probe could not run");
    if (ev->raw) /* R18: inside "k of n" single attempts count */
        return val_bool((x->v.v[upto - 1].v > 0) != down);
    if (x->down < 0)
        return val_nodata(NODATA_FILLING);
    return val_bool((x->down > 0) == down);
}

struct val eval_name(struct eval *ev, const struct expr *e)
{
    if (e->source == SOURCE_BUILTIN)
        return eval_builtin(ev, e);
    if (e->source == SOURCE_FIELD)
        return eval_field(ev, e);
    if (e->source == SOURCE_EVENTS)
        return eval_named_events(ev, e, e, false);
    assert(e->source != SOURCE_PROBE); /* rule_check() wants "is up" or "is down" */
    if (e->window.us > 0)
        return eval_counter(ev, e, e, false);
    return e->source == SOURCE_VALUE ? eval_value(ev, e) : eval_gauge(ev, e);
}

/* ---- functions over a window ---- */

struct val eval_ratio_parts(struct eval *ev, const struct expr *e, const struct window *w,
                            double *bad, double *n, double *covered_s)
{
    struct selector *num = bind_of(ev, e->items[0])->sel, *den = bind_of(ev, e->items[1])->sel;
    struct val state = eval_source_state(ev, e->items[1]);
    struct tally a, b;

    if (state.kind == VAL_ERROR)
        return state;
    eval_tally(ev, den, w, &b);
    if (b.counted == 0 || tally_is_stale(ev, &b))
        return eval_missing(ev, e->items[1], &b, w);
    eval_tally(ev, num, w, &a);
    if (a.counted == 0 && num->metric != den->metric) /* R10 */
        return eval_missing(ev, e->items[0], &a, w);
    *bad = a.sum * e->items[0]->unit / e->items[1]->unit;
    *n = b.sum;
    *covered_s = b.covered_s;
    return (struct val){.kind = VAL_NULL};
}

static struct val eval_ratio(struct eval *ev, const struct expr *e)
{
    struct window w = look_window(ev->l, e->window.us);
    double bad = 0, n = 0, covered = 0;
    struct val missing = eval_ratio_parts(ev, e, &w, &bad, &n, &covered);

    if (missing.kind != VAL_NULL)
        return missing;
    eval_note(ev, &w, covered, n);
    if (n < (double)eval_min(ev, RULE_MIN_SHARE, true))
        return val_nodata(w.filling ? NODATA_FILLING : NODATA_NO_TRAFFIC);
    return n > 0 ? val_num(bad / n) : val_nodata(NODATA_ZERO_DENOMINATOR);
}

static struct val eval_histogram_mean(struct eval *ev, const struct expr *e)
{
    struct bind *b = bind_of(ev, e->items[0]);
    struct window w = look_window(ev->l, e->window.us);
    struct tally sum, count;

    eval_tally(ev, b->count, &w, &count);
    eval_tally(ev, b->sum, &w, &sum);
    if (count.counted == 0 || sum.counted == 0 || tally_is_stale(ev, &count))
        return eval_missing(ev, e->items[0], count.counted ? &sum : &count, &w);
    eval_note(ev, &w, count.covered_s, count.sum);
    if (count.sum < (double)eval_min(ev, MIN_MEAN, true))
        return val_nodata(w.filling ? NODATA_FILLING : NODATA_NO_TRAFFIC);
    return count.sum > 0 ? val_num(sum.sum / count.sum * e->items[0]->unit)
                         : val_nodata(NODATA_ZERO_DENOMINATOR);
}

static double fold_samples(unsigned func, const struct sample *v, size_t n)
{
    double r = v[0].v;

    for (size_t i = 1; i < n; i++)
        r = func == FUNC_MAX    ? fmax(r, v[i].v)
            : func == FUNC_MIN  ? fmin(r, v[i].v)
            : func == FUNC_LAST ? v[i].v
                                : r + v[i].v;
    return r;
}

/* One number per series with samples in the window; avg is still a sum, *counts tells of how many. */
static struct val over_series(struct eval *ev, const struct expr *e, const struct window *w,
                              double **counts)
{
    const struct expr *name = e->items[0];
    struct selector *sel = bind_of(ev, name)->sel;
    struct val_item *items = ARENA_NEWN(ev->a, struct val_item, sel->list.n);
    struct tally t = tally_new();
    size_t n = 0;

    *counts = ARENA_NEWN(ev->a, double, sel->list.n);
    for (size_t i = 0; i < sel->list.n; i++) {
        const struct series *x = sel->list.v[i];
        const struct sample *v;
        size_t k;

        if (!tally_series(ev, x, w, &t))
            continue;
        v = window_samples(x, w, &k);
        if (k == 0)
            continue;
        (*counts)[n] = (double)k;
        items[n++] = (struct val_item){x->text, fold_samples(e->op, v, k) * name->unit};
        t.samples += k;
    }
    eval_note(ev, w, (double)(w->to_us - w->from_us) / 1e6, n ? (double)t.samples : -1);
    if (n == 0 || tally_is_stale(ev, &t))
        return eval_missing(ev, name, &t, w);
    if (t.samples < eval_min(ev, 1, e->op == FUNC_AVG))
        return val_nodata(w->filling ? NODATA_FILLING : NODATA_NO_TRAFFIC);
    return (struct val){.kind = VAL_SERIES, .items = items, .n_items = n};
}

/* avg, max, min, sum, last over the samples in the window. */
static struct val eval_over(struct eval *ev, const struct expr *e)
{
    struct window w = look_window(ev->l, e->window.us);
    struct val v = eval_source_state(ev, e->items[0]);
    double *counts, total = 0;

    if (v.kind == VAL_ERROR)
        return v;
    selector_refresh(bind_of(ev, e->items[0])->sel);
    v = over_series(ev, e, &w, &counts);
    if (v.kind != VAL_SERIES || (e->op == FUNC_LAST && !e->per_series))
        return v;
    if (e->op == FUNC_AVG && e->per_series) {
        struct val_item *items = arena_memdup(ev->a, v.items, v.n_items * sizeof(*items));

        for (size_t i = 0; i < v.n_items; i++)
            items[i].v /= counts[i];
        v.items = items;
    }
    if (e->per_series)
        return v;
    for (size_t i = 0; i < v.n_items; i++)
        total += counts[i];
    v = val_fold(ev->a, e->op == FUNC_AVG ? FUNC_SUM : e->op, v);
    return e->op == FUNC_AVG && v.kind == VAL_NUM ? val_num(v.num / total) : v;
}

static struct val eval_avg(struct eval *ev, const struct expr *e)
{
    struct bind *b = bind_of(ev, e->items[0]);

    if (b->count) {
        selector_refresh(b->count);
        if (e->items[0]->source == SOURCE_HISTOGRAM || b->count->list.n > 0)
            return eval_histogram_mean(ev, e);
    }
    return eval_over(ev, e);
}

static struct val eval_slope(struct eval *ev, const struct expr *e)
{
    const struct expr *name = e->items[0];
    struct selector *sel = bind_of(ev, name)->sel;
    struct window w = look_window(ev->l, e->window.us);
    struct val v = eval_source_state(ev, name);
    struct tally t = tally_new();
    struct val_item *items;
    size_t n = 0;

    if (v.kind == VAL_ERROR)
        return v;
    selector_refresh(sel);
    items = ARENA_NEWN(ev->a, struct val_item, sel->list.n);
    for (size_t i = 0; i < sel->list.n; i++) {
        double slope;

        if (tally_series(ev, sel->list.v[i], &w, &t) &&
            window_slope(sel->list.v[i], &w, look_span(ev->l, e->window.us), &slope))
            items[n++] = (struct val_item){sel->list.v[i]->text, slope * name->unit};
    }
    eval_note(ev, &w, (double)(w.to_us - w.from_us) / 1e6, -1);
    if (t.known == 0 || (t.newest_us != SAMPLES_NEVER && tally_is_stale(ev, &t)))
        return eval_missing(ev, name, &t, &w);
    if (n == 0)
        return val_nodata(NODATA_FILLING);
    return (struct val){.kind = VAL_SERIES, .items = items, .n_items = n};
}

/* ---- percentiles ---- */

/* Raw values: nearest rank over all samples in the window. */
static struct val raw_percentile(struct eval *ev, const struct expr *e, const struct window *w)
{
    struct selector *sel = bind_of(ev, e->items[0])->sel;
    struct tally t = tally_new();
    VEC(double) all = {0};
    struct val v;

    for (size_t i = 0; i < sel->list.n; i++) {
        const struct series *x = sel->list.v[i];
        const struct sample *s;
        size_t n;

        if (!tally_series(ev, x, w, &t))
            continue;
        s = window_samples(x, w, &n);
        for (size_t k = 0; k < n; k++)
            if (!isnan(s[k].v))
                *vec_add(&all) = s[k].v;
    }
    eval_note(ev, w, (double)(w->to_us - w->from_us) / 1e6, all.n ? (double)all.n : -1);
    if (all.n == 0 || tally_is_stale(ev, &t))
        v = eval_missing(ev, e->items[0], &t, w);
    else if (all.n < eval_min(ev, RULE_MIN_SHARE, true))
        v = val_nodata(w->filling ? NODATA_FILLING : NODATA_NO_TRAFFIC);
    else
        v = val_num(values_rank(all.v, all.n, rule_funcs[e->op].per_mille) * e->items[0]->unit);
    vec_release(&all);
    return v;
}

/* A summary knows its own quantiles only, and cannot be summed. */
static struct val summary_percentile(struct eval *ev, const struct expr *e)
{
    struct selector *sel = bind_of(ev, e->items[0])->sel;
    const struct series *found = NULL;
    double q = rule_funcs[e->op].per_mille / 1000.0;
    size_t upto;

    for (size_t i = 0; i < sel->list.n; i++) {
        const struct series *x = sel->list.v[i];

        if (!series_alive(ev->l->s, x, ev->l->t_us) || fabs(x->quantile - q) > 1e-9)
            continue;
        if (found)
            return val_error(ev->a, "a summary of several series has no common percentile");
        found = x;
    }
    upto = found ? series_upto(found, ev->l->t_us) : 0;
    if (upto == 0)
        return val_error(ev->a, "the summary does not have this quantile");
    if (ev->l->t_us - found->v.v[upto - 1].t_us > look_stale_us(ev->l, found->source))
        return val_nodata(NODATA_STALE);
    return val_num(found->v.v[upto - 1].v * e->items[0]->unit);
}

static bool is_summary(const struct selector *sel)
{
    for (size_t i = 0; i < sel->list.n; i++)
        if (!isnan(sel->list.v[i]->quantile))
            return true;
    return false;
}

/* Increases of the buckets, as they come. */
static size_t bucket_increases(struct eval *ev, const struct expr *e, const struct window *w,
                               struct dist_bucket *b, struct tally *t)
{
    struct selector *sel = bind_of(ev, e->items[0])->bucket;
    size_t n = 0;

    for (size_t i = 0; i < sel->list.n; i++) {
        const struct series *x = sel->list.v[i];
        struct increase inc;

        if (!tally_series(ev, x, w, t) || isnan(x->le) || !window_increase(ev->l, x, w, &inc))
            continue;
        b[n++] = (struct dist_bucket){x->le * e->items[0]->unit, inc.sum};
        t->covered_s = fmax(t->covered_s, inc.covered_s);
    }
    return n;
}

struct val eval_dist(struct eval *ev, const struct expr *e, const struct window *w, struct dist *d)
{
    struct bind *bind = bind_of(ev, e->items[0]);
    struct tally t = tally_new(), count;
    struct dist_bucket *b;
    size_t n;

    selector_refresh(bind->sel);
    if (bind->bucket)
        selector_refresh(bind->bucket);
    if (!bind->bucket || bind->bucket->list.n == 0) {
        if (is_summary(bind->sel))
            return summary_percentile(ev, e);
        return raw_percentile(ev, e, w);
    }
    b = ARENA_NEWN(ev->a, struct dist_bucket, bind->bucket->list.n);
    n = bucket_increases(ev, e, w, b, &t);
    if (n == 0 || tally_is_stale(ev, &t))
        return eval_missing(ev, e->items[0], &t, w);
    d->n = -1;
    d->b = b;
    d->n_buckets = dist_tidy(b, n, &d->n);
    if (d->n < 0) { /* without a +Inf bucket */
        eval_tally(ev, bind->count, w, &count);
        d->n = count.counted ? count.sum : d->n_buckets ? b[d->n_buckets - 1].c : 0;
    }
    eval_note(ev, w, t.covered_s, d->n);
    if (d->n < (double)eval_min(ev, RULE_MIN_SHARE, true))
        return val_nodata(w->filling ? NODATA_FILLING : NODATA_NO_TRAFFIC);
    return d->n > 0 ? (struct val){.kind = VAL_NULL} : val_nodata(NODATA_ZERO_DENOMINATOR);
}

static struct val eval_percentile(struct eval *ev, const struct expr *e)
{
    struct window w = look_window(ev->l, e->window.us);
    struct dist *d = ARENA_NEW(ev->a, struct dist);
    struct val state = eval_source_state(ev, e->items[0]), v;
    bool at_least;

    if (state.kind == VAL_ERROR)
        return state;
    v = eval_dist(ev, e, &w, d);
    if (v.kind != VAL_NULL)
        return v;
    if (ev->l->baseline_us > 0) /* a baseline is a number */
        return val_num(dist_quantile(d, rule_funcs[e->op].per_mille, &at_least));
    return (struct val){.kind = VAL_DIST, .dist = d, .per_mille = rule_funcs[e->op].per_mille};
}

static struct val eval_rate(struct eval *ev, const struct expr *e)
{
    const struct expr *name = e->items[0];

    if (name->source == SOURCE_EVENTS)
        return eval_named_events(ev, e, name, e->op == FUNC_RATE);
    return eval_counter(ev, e, name, e->op == FUNC_RATE);
}

static struct val eval_lines(struct eval *ev, const struct expr *e)
{
    return eval_events(ev, e->items[0], bind_of(ev, e)->lines, e->window.us);
}

struct val eval_window_func(struct eval *ev, const struct expr *e)
{
    static struct val (*const funcs[FUNC__N])(struct eval *, const struct expr *) = {
        [FUNC_RATE] = eval_rate,      [FUNC_INCREASE] = eval_rate,   [FUNC_RATIO] = eval_ratio,
        [FUNC_AVG] = eval_avg,        [FUNC_MAX] = eval_over,        [FUNC_MIN] = eval_over,
        [FUNC_SUM] = eval_over,       [FUNC_LAST] = eval_over,       [FUNC_P50] = eval_percentile,
        [FUNC_P75] = eval_percentile, [FUNC_P90] = eval_percentile,  [FUNC_P95] = eval_percentile,
        [FUNC_P99] = eval_percentile, [FUNC_P999] = eval_percentile, [FUNC_SLOPE] = eval_slope,
        [FUNC_MATCHES] = eval_lines,
    };

    assert(funcs[e->op]);
    return funcs[e->op](ev, e);
}
