/* eval_rows: quantifiers over rows, sets, fields. */
#include "rule/eval_int.h"

#include "base/sv.h"

/* ---- the rows ---- */

static json_t *made(struct eval *ev, json_t *j)
{
    *vec_add(&ev->p->made) = j;
    return j;
}

/* A row without its count, as a key; a pattern is one, whatever it was seen in. */
static void row_key(const json_t *row, struct strbuf *out)
{
    json_t *copy = json_deep_copy(row);

    if (json_is_object(copy))
        (void)json_object_del(copy, "count");
    if (json_is_object(copy) && json_object_get(copy, "pattern"))
        (void)json_object_del(copy, "example");
    json_write(copy, out);
    json_decref(copy);
}

/* Rows of one more set: equal ones join, their counts add up. */
static void rows_join(json_t *into, struct map *seen, const json_t *rows)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf key = STRBUF(0);
        json_t *row = json_array_get(rows, i), *first;
        size_t at;

        row_key(row, &key);
        if (!map_get(seen, strbuf_sv(&key), &at)) {
            (void)map_put(seen, strbuf_sv(&key), json_array_size(into));
            json_append(into, json_deep_copy(row));
            continue;
        }
        first = json_array_get(into, at);
        if (json_is_number(json_object_get(first, "count")) &&
            json_is_number(json_object_get(row, "count")))
            json_put_real(first, "count",
                          json_get_real(first, "count", 0) + json_get_real(row, "count", 0));
    }
}

/* "rows[5m]": what was seen in any poll of the window. */
static struct rowset rows_in_window(struct eval *ev, const struct metric *m, const struct window *w)
{
    json_t *into = made(ev, json_array());
    struct map seen = {0};

    for (size_t i = 0; i < m->rows.n; i++)
        if (m->rows.v[i].t_us > w->from_us && m->rows.v[i].t_us <= w->to_us)
            rows_join(into, &seen, m->rows.v[i].rows);
    map_release(&seen);
    return (struct rowset){w->to_us, into, NULL};
}

static const struct rowset *rows_last(const struct metric *m, int64_t t_us)
{
    for (size_t i = m->rows.n; i > 0; i--)
        if (m->rows.v[i - 1].t_us <= t_us)
            return &m->rows.v[i - 1];
    return NULL;
}

struct val eval_rows(struct eval *ev, const struct expr *data, struct rowset *ret)
{
    const struct bind *b = bind_of(ev, data);
    struct window w = look_window(ev->l, data->window.us);
    struct val state;
    const struct rowset *last;

    if (data->kind == EXPR_SET) {
        *ret = (struct rowset){ev->l->t_us, b->set, NULL};
        return (struct val){.kind = VAL_NULL};
    }
    state = eval_source_state(ev, data);
    if (state.kind == VAL_ERROR)
        return state;
    last = rows_last(b->rows, ev->l->t_us);
    if (!last)
        return val_nodata(data->window.us > 0 && w.filling ? NODATA_FILLING : NODATA_NO_SERIES);
    if (ev->l->t_us - last->t_us > look_stale_us(ev->l, b->rows->rows_source))
        return val_nodata(NODATA_STALE);
    if (json_is_string(last->rows))
        return val_error(ev->a, "%s", json_string_value(last->rows));
    if (data->window.us > 0 && b->rows->rows_cut_us > w.from_us)
        return val_error(ev->a, "more rows of '%.*s' in the window than are kept",
                         SV_FMT(data->text));
    *ret = data->window.us > 0 ? rows_in_window(ev, b->rows, &w) : *last;
    return (struct val){.kind = VAL_NULL};
}

/* ---- one row ---- */

static const json_t *field_of(const json_t *row, const struct expr *e)
{
    for (size_t i = 0; i < e->n_parts && row; i++)
        row = json_is_object(row) ? json_object_getn(row, e->parts[i].p, e->parts[i].n) : NULL;
    return row;
}

static struct val element_itself(const json_t *row)
{
    if (json_is_object(row) && json_object_size(row) == 1) /* a query of one column */
        row = json_object_iter_value(json_object_iter((json_t *)(uintptr_t)row));
    return val_of_json(row);
}

struct val eval_field(struct eval *ev, const struct expr *e)
{
    struct bind *b = bind_of(ev, e);
    const json_t *v;

    if (e->source == SOURCE_BUILTIN && e->op == BUILTIN_IT)
        return element_itself(ev->row);
    if (e->source == SOURCE_BUILTIN)
        return val_of_json(ev->row);
    if (!ev->row || json_is_null(ev->row)) /* the record vanished */
        return (struct val){.kind = VAL_NULL};
    v = field_of(ev->row, e);
    b->looked = true;
    b->found |= v != NULL;
    b->valued |= ev->null_is || (v && !json_is_null(v));
    return val_of_json(v);
}

/* ---- quantifiers ---- */

static bool is_field(const struct expr *e)
{
    return e->kind == EXPR_NAME && e->source == SOURCE_FIELD;
}

static void forget_fields(void *ctx, struct expr *e)
{
    struct eval *ev = ctx;

    if (is_field(e))
        bind_of(ev, e)->looked = bind_of(ev, e)->found = bind_of(ev, e)->valued = false;
}

struct unknown_field {
    struct eval *ev;
    const struct expr *e;
    bool nulls; /* one was null in all rows */
};

static void find_unknown(void *ctx, struct expr *e)
{
    struct unknown_field *u = ctx;

    if (!is_field(e) || !bind_of(u->ev, e)->looked)
        return;
    if (!bind_of(u->ev, e)->found && !u->e)
        u->e = e;
    u->nulls |= !bind_of(u->ev, e)->valued;
}

/* Results of the rows so far. */
struct fold {
    unsigned op;
    size_t rows, yes, no;
    struct val unknown; /* VAL_NULL: none */
    VEC(double) values;
};

static void fold_unknown(struct fold *f, struct val v)
{
    f->rows++;
    f->unknown = f->unknown.kind == VAL_NULL ? v : val_unknown(&f->unknown, &v);
}

static void fold_value(struct eval *ev, struct fold *f, struct val v)
{
    if (f->op != QUANT_MEDIAN)
        v = val_condition(ev->a, v);
    else if (v.kind != VAL_NUM && v.kind != VAL_NULL && val_known(&v))
        v = val_error(ev->a, "the median of something that is no number");
    if (!val_known(&v)) {
        fold_unknown(f, v);
        return;
    }
    f->rows++;
    if (f->op == QUANT_MEDIAN) {
        if (v.kind == VAL_NUM)
            *vec_add(&f->values) = v.num;
        return;
    }
    f->yes += val_is(&v, true);
    f->no += val_is(&v, false);
}

static struct val fold_end(struct fold *f)
{
    bool unknown = f->unknown.kind != VAL_NULL;

    if (f->op == QUANT_ALL)
        return f->no     ? val_bool(false)
               : unknown ? f->unknown
               : f->rows ? val_bool(true)
                         : val_nodata(NODATA_NO_ROWS);
    if (f->op == QUANT_ANY || f->op == QUANT_NONE)
        return f->yes    ? val_bool(f->op == QUANT_ANY)
               : unknown ? f->unknown
                         : val_bool(f->op == QUANT_NONE);
    if (unknown)
        return f->unknown;
    if (f->op == QUANT_COUNT)
        return val_num((double)f->yes);
    if (f->op == QUANT_SHARE)
        return f->rows ? val_num((double)f->yes / (double)f->rows) : val_nodata(NODATA_NO_ROWS);
    return f->values.n ? val_num(values_median(f->values.v, f->values.n))
                       : val_nodata(NODATA_NO_ROWS);
}

static struct val on_row(struct eval *ev, const struct expr *e, const json_t *row,
                         const json_t *old)
{
    ev->row = row;
    ev->old = old;
    return eval_expr(ev, e);
}

static bool row_failed(const json_t *row)
{
    return json_is_object(row) && json_object_size(row) == 1 && json_object_get(row, "error");
}

/* Who is told of it wants to know which. */
static void name_pattern(struct eval *ev, const struct expr *e, const json_t *row)
{
    if (e->op == QUANT_ALL || e->op == QUANT_MEDIAN || !json_get_sv(row, "pattern").n)
        return;
    ev->p->n_named++;
    if (ev->p->named.n < RULE_PATTERNS)
        *vec_add(&ev->p->named) = json_incref((json_t *)(uintptr_t)row);
}

/* A row that stands alone. */
static void quant_row(struct eval *ev, const struct expr *e, struct fold *f, const json_t *row)
{
    struct val p = e->b ? val_condition(ev->a, on_row(ev, e->b, row, NULL)) : val_bool(true);
    size_t yes = f->yes;

    if (val_is(&p, false))
        return;
    if (!val_known(&p))
        fold_unknown(f, p);
    else
        fold_value(ev, f, e->c ? on_row(ev, e->c, row, NULL) : val_bool(true));
    if (f->yes > yes)
        name_pattern(ev, e, row);
}

/* A record and its partner before (conditions.md 5.1): `where` holds for both, or the pair moved. */
static void quant_pair(struct eval *ev, const struct expr *e, struct fold *f, const json_t *row,
                       const json_t *old)
{
    struct val p = val_bool(true), q = val_bool(true);

    if (json_is_null(old))
        return; /* new: it has no partner */
    if (row_failed(row) || row_failed(old)) {
        fold_unknown(f, val_nodata(NODATA_UNDECIDED));
        return;
    }
    if (e->b) {
        q = val_condition(ev->a, on_row(ev, e->b, old, old));
        p = json_is_null(row) ? q : val_condition(ev->a, on_row(ev, e->b, row, old));
    }
    if (val_is(&p, false) && val_is(&q, false))
        return;
    if (!val_is(&p, true) || !val_is(&q, true))
        fold_unknown(f, val_known(&p) && val_known(&q) ? val_nodata(NODATA_UNDECIDED)
                                                       : val_unknown(&p, &q));
    else
        fold_value(ev, f, e->c ? on_row(ev, e->c, row, old) : val_bool(true));
}

static void quant_rows(struct eval *ev, const struct expr *e, struct fold *f,
                       const struct rowset *set)
{
    bool pairs = bind_of(ev, e)->pairs;

    for (size_t i = 0; i < json_array_size(set->rows); i++) {
        const json_t *row = json_array_get(set->rows, i);

        if (pairs)
            quant_pair(ev, e, f, row, json_array_get(set->old, i));
        else if (row_failed(row))
            fold_unknown(f, val_nodata(NODATA_UNDECIDED));
        else if (!set->old || !json_is_null(row)) /* a vanished record is no row now */
            quant_row(ev, e, f, row);
    }
}

struct val eval_quant(struct eval *ev, const struct expr *e)
{
    const json_t *row = ev->row, *old = ev->old;
    bool in_rows = ev->in_rows;
    struct fold f = {.op = e->op, .unknown = {.kind = VAL_NULL}};
    struct unknown_field u = {.ev = ev};
    struct rowset set = {0};
    struct val v = eval_rows(ev, e->a, &set);

    if (v.kind != VAL_NULL)
        return v;
    if (bind_of(ev, e)->pairs && !set.old)
        return val_nodata(NODATA_NO_BASELINE);
    if (e->b)
        expr_walk(e->b, forget_fields, ev);
    if (e->c)
        expr_walk(e->c, forget_fields, ev);
    ev->in_rows = true;
    quant_rows(ev, e, &f, &set);
    ev->row = row;
    ev->old = old;
    ev->in_rows = in_rows;
    if (e->b)
        expr_walk(e->b, find_unknown, &u);
    if (e->c)
        expr_walk(e->c, find_unknown, &u);
    if (ev->info)
        ev->info->only_nulls |= u.nulls;
    v = u.e ? val_error(ev->a, "no row has a field '%.*s'", SV_FMT(u.e->text)) : fold_end(&f);
    vec_release(&f.values);
    return v;
}

/* ---- which they were ---- */

void rule_prog_explain_patterns(const struct rule_prog *p, struct strbuf *out)
{
    size_t shown = size_min(p->named.n, 2);

    for (size_t i = 0; i < shown; i++) {
        const json_t *row = p->named.v[i];
        int64_t n = json_get_int(row, "count", 0);
        struct sv example = json_get_sv(row, "example");

        if (!n) /* counts of several polls are added up as numbers */
            n = (int64_t)json_get_real(row, "count", 0);
        strbuf_addf(out, "%s\"%.*s\"", i ? "; " : "", SV_FMT(json_get_sv(row, "pattern")));
        if (n > 1)
            strbuf_addf(out, " %lld times", (long long)n);
        if (example.n && !sv_eq(example, json_get_sv(row, "pattern")))
            strbuf_addf(out, " (%.*s)", SV_FMT(example));
    }
    if (p->n_named > shown)
        strbuf_addf(out, "; and %zu more", p->n_named - shown);
}

json_t *rule_prog_patterns(const struct rule_prog *p)
{
    json_t *a = p->named.n ? json_array() : NULL;

    for (size_t i = 0; i < p->named.n; i++)
        json_append(a, json_incref(p->named.v[i]));
    return a;
}

void rule_prog_forget_patterns(struct rule_prog *p)
{
    for (size_t i = 0; i < p->named.n; i++)
        json_decref(p->named.v[i]);
    p->named.n = p->n_named = 0;
}

/* ---- sets ---- */

static struct val in_set(const struct expr *e, const struct val *x, const json_t *set)
{
    struct sv field = is_field(e->a) ? e->a->text : (struct sv){NULL, 0};

    return val_bool(val_in_json(x, set, field));
}

struct val eval_in(struct eval *ev, const struct expr *e)
{
    struct val x = val_single(ev->a, eval_answer(ev, e->a)), y;
    struct rowset set = {0};

    eval_operand_value(ev, e, &x);
    if (e->b->kind == EXPR_BASELINE) {
        const struct baseline *b = &ev->p->baselines.v[bind_of(ev, e->b)->baseline];

        if (b->kind != BASELINE_ROWS)
            return val_known(&x) ? val_nodata(NODATA_NO_BASELINE) : x;
        set.rows = b->rows;
    } else if (e->b->source == SOURCE_FIELD) {
        y = eval_field(ev, e->b);
        if (y.kind == VAL_NULL)
            return val_known(&x) ? val_bool(false) : x;
        if (y.kind != VAL_JSON || !json_is_array(y.json))
            return val_error(ev->a, "'%.*s' is no set", SV_FMT(e->b->text));
        return val_known(&x) ? in_set(e, &x, y.json) : x;
    } else {
        y = eval_rows(ev, e->b, &set);
        if (y.kind != VAL_NULL)
            return val_known(&x) ? y : val_unknown(&x, &y);
    }
    if (!val_known(&x))
        return x;
    return x.kind == VAL_NULL ? val_bool(false) : in_set(e, &x, set.rows);
}

struct val eval_superset(struct eval *ev, const struct expr *e)
{
    const json_t *want = bind_of(ev, e->b)->set;
    struct rowset set = {0};
    struct val v = eval_rows(ev, e->a, &set);

    if (v.kind != VAL_NULL)
        return v;
    for (size_t i = 0; i < json_array_size(want); i++) {
        struct val x = val_of_json(json_array_get(want, i));

        if (!val_in_json(&x, set.rows, (struct sv){NULL, 0}))
            return val_bool(false);
    }
    return val_bool(true);
}
