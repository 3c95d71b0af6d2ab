#include "compare/condition.h"

#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/regex.h"
#include "base/strbuf.h"
#include "base/sv.h"
#include "base/vec.h"
#include "rule/eval.h"
#include "rule/rule.h"
#include "rule/window.h"

/* What a node needs besides itself. */
struct node {
    struct regex *re;     /* text matches "..." */
    json_t *set;          /* a literal set */
    bool looked, found;   /* a field, in any record */
    size_t rows, yes, no; /* a quantifier */
    struct val unknown;   /* VAL_NULL: none */
    VEC(double) values;   /* of a median */
};

struct condition {
    enum condition_kind kind;
    struct arena arena, scratch;
    struct sv text, rows;
    struct expr *expr;
    struct node *nodes;
    size_t n_nodes;
    VEC(struct expr *) quants;
    const json_t *row; /* NULL: outside of a quantifier */
    char why[256];
};

static struct node *node_of(const struct condition *c, const struct expr *e)
{
    return &c->nodes[e->slot];
}

/* ---- what is allowed ---- */

static enum err_code refuse(const struct expr *e, struct err *err, const char *what)
{
    return err_set(err, ERR_INVALID, "column %zu: %s", e->at + 1, what);
}

static enum err_code check_name(const struct condition *c, const struct expr *e, bool in_rows,
                                struct err *err)
{
    if (e->n_labels || e->window.us > 0)
        return refuse(e, err, "a record has no labels and no window");
    if (!in_rows) {
        (void)refuse(e, err,
                     "a field stands inside all(), any(), none(), share(), count() or median()");
        return err_hint(err, "such as count(%.*s where ...)", SV_FMT(c->rows));
    }
    return ERR_OK;
}

static enum err_code check_expr(const struct condition *c, const struct expr *e, bool in_rows,
                                struct err *err);

static enum err_code check_quant(const struct condition *c, const struct expr *e, bool in_rows,
                                 struct err *err)
{
    if (c->kind == CONDITION_ROW || in_rows)
        return refuse(e, err, "a quantifier stands in 'total' only, and not inside another");
    if (e->a->kind != EXPR_NAME || !sv_eq(e->a->text, c->rows) || e->a->n_labels ||
        e->a->window.us > 0) {
        (void)refuse(e->a, err, "these are not the rows of the audit");
        return err_hint(err, "its rows are %.*s", SV_FMT(c->rows));
    }
    if (e->op == QUANT_MEDIAN && !e->c)
        return refuse(e, err, "median() needs a number: median(rows : field)");
    if (e->b && check_expr(c, e->b, true, err) != ERR_OK)
        return err->code;
    return e->c ? check_expr(c, e->c, true, err) : ERR_OK;
}

static bool is_allowed(const struct expr *e)
{
    static const bool no[EXPR__N] = {
        [EXPR_BASELINE] = true, [EXPR_KOFN] = true, [EXPR_NOT_WORSE] = true, [EXPR_SET] = true};

    if (e->kind == EXPR_FUNC)
        return (e->op == FUNC_ABS || e->op == FUNC_VERSION) && e->window.us == 0 && e->n_items == 1;
    if (e->kind == EXPR_IS)
        return e->op == IS_NULL;
    return !no[e->kind];
}

static bool is_set_place(const struct expr *e)
{
    return e->kind == EXPR_IN || e->kind == EXPR_SUPERSET;
}

static enum err_code check_expr(const struct condition *c, const struct expr *e, bool in_rows,
                                struct err *err)
{
    const struct expr *child;

    if (!is_allowed(e))
        return refuse(e, err, "this needs more than one record, and cannot stand here");
    if (e->kind == EXPR_QUANT)
        return check_quant(c, e, in_rows, err);
    if (e->kind == EXPR_NAME && check_name(c, e, in_rows, err) != ERR_OK)
        return err->code;
    for (size_t i = 0; (child = expr_child(e, i)) != NULL; i++)
        if (!(is_set_place(e) && child->kind == EXPR_SET) &&
            check_expr(c, child, in_rows, err) != ERR_OK)
            return err->code;
    return ERR_OK;
}

/* ---- making ---- */

struct binder {
    struct condition *c;
    struct err *err;
    enum err_code rc;
};

static void number_nodes(void *ctx, struct expr *e)
{
    struct condition *c = ctx;

    e->slot = (unsigned)c->n_nodes++;
}

static json_t *set_json(const struct expr *e)
{
    json_t *set = json_array();

    for (size_t i = 0; i < e->n_items; i++) {
        const struct expr *x = e->items[i];

        json_append(set, x->kind == EXPR_NUM ? json_real(x->num.value) : json_sv(x->text));
    }
    return set;
}

static void bind_node(void *ctx, struct expr *e)
{
    struct binder *b = ctx;
    struct node *n = node_of(b->c, e);

    n->unknown.kind = VAL_NULL;
    if (e->kind == EXPR_SET)
        n->set = set_json(e);
    if (e->kind == EXPR_QUANT)
        *vec_add(&b->c->quants) = e;
    if (e->kind == EXPR_MATCHES && b->rc == ERR_OK)
        b->rc = regex_new(e->text, 0, &n->re, b->err);
}

enum err_code condition_new(enum condition_kind kind, struct sv text, struct sv rows,
                            struct condition **ret, struct err *err)
{
    CLEANUP(condition_freep) struct condition *c = XNEW(struct condition);
    struct binder b = {.c = c, .err = err};
    struct rule_diag diag = {0};

    c->kind = kind;
    c->text = arena_sv(&c->arena, text);
    c->rows = arena_sv(&c->arena, rows);
    if (rule_parse_expr(&c->arena, c->text, &c->expr, &diag, err) != ERR_OK)
        return err_wrap(err, "'%.*s', column %zu", SV_FMT(text), diag.column + 1);
    expr_walk(c->expr, number_nodes, c);
    c->nodes = XNEWN(struct node, c->n_nodes);
    expr_walk(c->expr, bind_node, &b);
    if (b.rc != ERR_OK || check_expr(c, c->expr, kind == CONDITION_ROW, err) != ERR_OK)
        return err_wrap(err, "'%.*s'", SV_FMT(text));
    *ret = STEAL(c);
    return ERR_OK;
}

void condition_free(struct condition *c)
{
    if (!c)
        return;
    for (size_t i = 0; c->nodes && i < c->n_nodes; i++) {
        regex_free(c->nodes[i].re);
        json_decref(c->nodes[i].set);
        vec_release(&c->nodes[i].values);
    }
    free(c->nodes);
    vec_release(&c->quants);
    arena_release(&c->scratch);
    arena_release(&c->arena);
    free(c);
}

struct sv condition_text(const struct condition *c)
{
    return c->text;
}

/* ---- looking ---- */

static struct val eval(struct condition *c, const struct expr *e);

static struct val eval_name(struct condition *c, const struct expr *e)
{
    struct node *n = node_of(c, e);
    const json_t *v = c->row;

    if (e->n_parts == 1 && (sv_is(e->text, "it") || sv_is(e->text, "record")))
        return val_of_json(v);
    for (size_t i = 0; i < e->n_parts && v; i++)
        v = json_is_object(v) ? json_object_getn(v, e->parts[i].p, e->parts[i].n) : NULL;
    n->looked = true;
    n->found |= v != NULL;
    return val_of_json(v);
}

static struct val eval_in(struct condition *c, const struct expr *e)
{
    struct val x = eval(c, e->a), set = {.kind = VAL_JSON};

    if (e->b->kind == EXPR_SET)
        set.json = node_of(c, e->b)->set;
    else
        set = eval(c, e->b);
    if (!val_known(&x))
        return x;
    if (x.kind == VAL_NULL || set.kind == VAL_NULL)
        return val_bool(false);
    if (set.kind != VAL_JSON || !json_is_array(set.json))
        return val_error(&c->scratch, "'%.*s' is no list", SV_FMT(e->b->text));
    return val_bool(val_in_json(&x, set.json, (struct sv){NULL, 0}));
}

static struct val eval_superset(struct condition *c, const struct expr *e)
{
    const json_t *want = node_of(c, e->b)->set;
    struct val x = eval(c, e->a);

    if (!val_known(&x) || x.kind == VAL_NULL)
        return val_known(&x) ? val_bool(false) : x;
    if (x.kind != VAL_JSON || !json_is_array(x.json))
        return val_error(&c->scratch, "'%.*s' is no list", SV_FMT(e->a->text));
    for (size_t i = 0; i < json_array_size(want); i++) {
        struct val v = val_of_json(json_array_get(want, i));

        if (!val_in_json(&v, x.json, (struct sv){NULL, 0}))
            return val_bool(false);
    }
    return val_bool(true);
}

static struct val eval_range(struct condition *c, const struct expr *e)
{
    struct val x = eval(c, e->a), lo = eval(c, e->b), hi = eval(c, e->c);

    return val_and(val_compare(&c->scratch, e->open_lo ? CMP_GT : CMP_GE, x, lo),
                   val_compare(&c->scratch, e->open_hi ? CMP_LT : CMP_LE, x, hi));
}

static struct val eval_text(struct condition *c, const struct expr *e)
{
    struct val v = eval(c, e->a);

    if (!val_known(&v) || v.kind == VAL_NULL)
        return val_known(&v) ? val_bool(false) : v;
    if (v.kind != VAL_TEXT)
        return val_error(&c->scratch, "a value that is no text");
    return val_bool(e->kind == EXPR_CONTAINS ? sv_has(v.text, e->text)
                                             : regex_has(node_of(c, e)->re, v.text));
}

static struct val eval_is(struct condition *c, const struct expr *e)
{
    struct val v = eval(c, e->a);

    if (!val_known(&v))
        return v;
    return val_bool((v.kind == VAL_NULL) != e->on);
}

static double negated(double v)
{
    return -v;
}

static struct val eval_func(struct condition *c, const struct expr *e)
{
    struct val v = eval(c, e->items[0]);

    if (e->op == FUNC_ABS)
        return val_map(&c->scratch, v, fabs);
    if (v.kind == VAL_TEXT)
        v.kind = VAL_VERSION;
    return v.kind == VAL_VERSION || v.kind == VAL_NULL || !val_known(&v)
               ? v
               : val_error(&c->scratch, "the version of something that is no text");
}

static struct val eval_literal(const struct expr *e)
{
    switch ((unsigned)e->kind) {
    case EXPR_NUM: return val_num(e->num.value);
    case EXPR_STRING: return val_text(e->text);
    case EXPR_BOOL: return val_bool(e->on);
    default: return (struct val){.kind = VAL_NULL};
    }
}

static struct val eval_logic(struct condition *c, const struct expr *e)
{
    struct val a = val_condition(&c->scratch, eval(c, e->a));
    struct val b = val_condition(&c->scratch, eval(c, e->b));

    return e->kind == EXPR_AND ? val_and(a, b) : val_or(a, b);
}

static struct val eval_quant(struct condition *c, const struct expr *e)
{
    struct node *n = node_of(c, e);
    bool unknown = n->unknown.kind != VAL_NULL;

    if (e->op == QUANT_ALL && n->no)
        return val_bool(false);
    if ((e->op == QUANT_ANY || e->op == QUANT_NONE) && n->yes)
        return val_bool(e->op == QUANT_ANY);
    if (unknown)
        return n->unknown;
    switch (e->op) {
    case QUANT_COUNT: return val_num((double)n->yes);
    case QUANT_ANY: return val_bool(false);
    case QUANT_NONE: return val_bool(true);
    case QUANT_ALL: return n->rows ? val_bool(true) : val_nodata(NODATA_NO_ROWS);
    case QUANT_SHARE:
        return n->rows ? val_num((double)n->yes / (double)n->rows) : val_nodata(NODATA_NO_ROWS);
    default:
        return n->values.n ? val_num(values_median(n->values.v, n->values.n))
                           : val_nodata(NODATA_NO_ROWS);
    }
}

static struct val eval_within(struct condition *c, const struct expr *e)
{
    struct val x = eval(c, e->a), y = eval(c, e->b);

    return val_within(&c->scratch, x, y, e->num.value, e->num.dim == DIM_RATIO);
}

static struct val eval(struct condition *c, const struct expr *e)
{
    struct arena *a = &c->scratch;

    switch (e->kind) {
    case EXPR_NAME: return eval_name(c, e);
    case EXPR_FUNC: return eval_func(c, e);
    case EXPR_QUANT: return eval_quant(c, e);
    case EXPR_NEG: return val_map(a, eval(c, e->a), negated);
    case EXPR_NOT: return val_not(val_condition(a, eval(c, e->a)));
    case EXPR_AND:
    case EXPR_OR: return eval_logic(c, e);
    case EXPR_ARITH: return val_arith(a, (char)e->op, eval(c, e->a), eval(c, e->b));
    case EXPR_CMP: return val_compare(a, e->op, eval(c, e->a), eval(c, e->b));
    case EXPR_IN: return eval_in(c, e);
    case EXPR_RANGE: return eval_range(c, e);
    case EXPR_SUPERSET: return eval_superset(c, e);
    case EXPR_CONTAINS:
    case EXPR_MATCHES: return eval_text(c, e);
    case EXPR_WITHIN: return eval_within(c, e);
    case EXPR_IS: return eval_is(c, e);
    case EXPR_NUM:
    case EXPR_STRING:
    case EXPR_BOOL:
    case EXPR_NULL:
    case EXPR_SET:
    case EXPR_BASELINE:
    case EXPR_KOFN:
    case EXPR_NOT_WORSE:
    case EXPR__N:
    default: return eval_literal(e);
    }
}

/* ---- answers ---- */

static enum condition_result answer(struct condition *c, const char **why)
{
    struct val v = val_condition(&c->scratch, eval(c, c->expr));
    struct strbuf b = STRBUF(sizeof(c->why) - 1);

    *why = "";
    if (v.kind == VAL_BOOL)
        return val_is(&v, true) ? CONDITION_TRUE : CONDITION_FALSE;
    if (v.kind != VAL_ERROR)
        return CONDITION_UNKNOWN;
    strbuf_add_sv(&b, v.text);
    memcpy(c->why, strbuf_str(&b), b.n + 1);
    strbuf_release(&b);
    *why = c->why;
    return CONDITION_ERROR;
}

static void forget_scratch(struct condition *c)
{
    if (c->scratch.total_bytes)
        arena_release(&c->scratch);
}

enum condition_result condition_row(struct condition *c, const json_t *row, const char **why)
{
    assert(c->kind == CONDITION_ROW);
    forget_scratch(c);
    c->row = row;
    return answer(c, why);
}

static void feed_unknown(struct node *n, struct val v)
{
    n->rows++;
    if (n->unknown.kind == VAL_NULL) /* its text would go with the scratch arena */
        n->unknown = v.kind == VAL_ERROR ? (struct val){.kind = VAL_ERROR,
                                                        .text = SV("a record's values do not fit")}
                                         : v;
}

static void feed_number(struct node *n, struct val v)
{
    n->rows++;
    if (v.kind == VAL_NUM)
        *vec_add(&n->values) = v.num;
    else if (v.kind != VAL_NULL)
        n->unknown = (struct val){.kind = VAL_ERROR,
                                  .text = SV("the median of something that is no number")};
}

static void feed_quant(struct condition *c, const struct expr *e)
{
    struct node *n = node_of(c, e);
    struct val p = e->b ? val_condition(&c->scratch, eval(c, e->b)) : val_bool(true);
    struct val q = val_bool(true);

    if (val_is(&p, false))
        return;
    if (val_known(&p) && e->c)
        q = eval(c, e->c);
    if (e->op == QUANT_MEDIAN && val_known(&p) && val_known(&q)) {
        feed_number(n, q);
        return;
    }
    q = val_condition(&c->scratch, q);
    if (!val_known(&p) || !val_known(&q)) {
        feed_unknown(n, val_unknown(&p, &q));
        return;
    }
    n->rows++;
    n->yes += val_is(&q, true);
    n->no += val_is(&q, false);
}

void condition_feed(struct condition *c, const json_t *row)
{
    assert(c->kind == CONDITION_TOTAL);
    forget_scratch(c);
    c->row = row;
    for (size_t i = 0; i < c->quants.n; i++)
        feed_quant(c, c->quants.v[i]);
    c->row = NULL;
}

enum condition_result condition_total(struct condition *c, const char **why)
{
    assert(c->kind == CONDITION_TOTAL);
    forget_scratch(c);
    return answer(c, why);
}

struct unknown_field {
    const struct condition *c;
    struct sv name;
};

static void find_unknown(void *ctx, struct expr *e)
{
    struct unknown_field *u = ctx;
    const struct node *n = &u->c->nodes[e->slot];

    if (e->kind == EXPR_NAME && n->looked && !n->found && !u->name.p)
        u->name = e->text;
}

struct sv condition_unknown_field(const struct condition *c)
{
    struct unknown_field u = {.c = c};

    expr_walk(c->expr, find_unknown, &u);
    return u.name;
}
