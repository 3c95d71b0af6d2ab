#include "rule/expr.h"

#include "base/sv.h"

/* clang-format off */
const struct sv rule_cmp_names[CMP__N] = {
    [CMP_LT] = SV("<"), [CMP_LE] = SV("<="), [CMP_GT] = SV(">"), [CMP_GE] = SV(">="),
    [CMP_EQ] = SV("=="), [CMP_NE] = SV("!="),
};
const struct sv rule_is_names[IS__N] = {
    [IS_NULL] = SV("null"), [IS_UP] = SV("up"), [IS_DOWN] = SV("down"), [IS_MISSING] = SV("missing"),
    [IS_STALE] = SV("stale"),
};
const struct sv rule_quant_names[QUANT__N] = {
    [QUANT_ALL] = SV("all"), [QUANT_ANY] = SV("any"), [QUANT_NONE] = SV("none"),
    [QUANT_SHARE] = SV("share"), [QUANT_COUNT] = SV("count"), [QUANT_MEDIAN] = SV("median"),
};
const struct sv label_op_names[LABEL__N] = {
    [LABEL_EQ] = SV("="), [LABEL_NE] = SV("!="), [LABEL_RE] = SV("=~"), [LABEL_NRE] = SV("!~"),
};
const char *const source_kind_names[SOURCE__N] = {
    [SOURCE_UNKNOWN] = "unknown", [SOURCE_GAUGE] = "gauge", [SOURCE_COUNTER] = "counter",
    [SOURCE_HISTOGRAM] = "histogram", [SOURCE_SUMMARY] = "summary", [SOURCE_VALUE] = "value",
    [SOURCE_EVENTS] = "events", [SOURCE_LOG] = "log", [SOURCE_ROWS] = "rows", [SOURCE_SET] = "set",
    [SOURCE_PROBE] = "probe", [SOURCE_FIELD] = "field", [SOURCE_BUILTIN] = "builtin",
};
const struct rule_func_info rule_funcs[FUNC__N] = {
    [FUNC_RATE]    = {SV("rate"),    1, 1, 0,   false}, [FUNC_INCREASE] = {SV("increase"), 1, 1, 0,   false},
    [FUNC_RATIO]   = {SV("ratio"),   2, 2, 0,   false}, [FUNC_AVG]      = {SV("avg"),      1, 1, 0,   true},
    [FUNC_MAX]     = {SV("max"),     1, 1, 0,   true},  [FUNC_MIN]      = {SV("min"),      1, 1, 0,   true},
    [FUNC_SUM]     = {SV("sum"),     1, 1, 0,   true},  [FUNC_LAST]     = {SV("last"),     1, 1, 0,   false},
    [FUNC_P50]     = {SV("p50"),     1, 1, 500, false}, [FUNC_P75]      = {SV("p75"),      1, 1, 750, false},
    [FUNC_P90]     = {SV("p90"),     1, 1, 900, false}, [FUNC_P95]      = {SV("p95"),      1, 1, 950, false},
    [FUNC_P99]     = {SV("p99"),     1, 1, 990, false}, [FUNC_P999]     = {SV("p999"),     1, 1, 999, false},
    [FUNC_SLOPE]   = {SV("slope"),   1, 1, 0,   false}, [FUNC_MATCHES]  = {SV("matches"),  2, 3, 0,   false},
    [FUNC_VERSION] = {SV("version"), 1, 1, 0,   false}, [FUNC_ABS]      = {SV("abs"),      1, 1, 0,   false},
};
/* "up", "down", "stale" and "deploy" are words too, but nothing is lost when a field is called so. */
static const struct sv reserved[] = {
    SV("rollback"), SV("investigate"), SV("ok"), SV("fix-forward"), SV("hold"), SV("proceed"), SV("alert"),
    SV("page"), SV("info"), SV("flag-off"), SV("when"), SV("expect"), SV("checkpoint"), SV("report"), SV("else"),
    SV("and"), SV("or"), SV("not"), SV("in"), SV("superset"), SV("contains"), SV("matches"), SV("within"),
    SV("of"), SV("worse"), SV("than"), SV("by"), SV("is"), SV("where"), SV("for"), SV("every"), SV("at"),
    SV("step"), SV("min"), SV("samples"), SV("missing"), SV("bad"), SV("recover"), SV("confident"), SV("after"),
    SV("baseline"), SV("true"), SV("false"), SV("null"),
};
static const struct sv builtins[BUILTIN__N] = {
    [BUILTIN_DEPLOY] = SV("deploy"), [BUILTIN_NOW] = SV("now"), [BUILTIN_STEP_ELAPSED] = SV("step.elapsed"),
    [BUILTIN_ROLLBACK_LEFT] = SV("rollback_time_left"), [BUILTIN_IT] = SV("it"), [BUILTIN_RECORD] = SV("record"),
};
/* clang-format on */

int rule_word_find(const struct sv *names, size_t n, struct sv name)
{
    for (size_t i = 0; i < n; i++)
        if (sv_eq(names[i], name))
            return (int)i;
    return -1;
}

int rule_func_find(struct sv name)
{
    for (size_t i = 0; i < FUNC__N; i++)
        if (sv_eq(rule_funcs[i].name, name))
            return (int)i;
    return -1;
}

bool rule_word_is_reserved(struct sv name)
{
    return rule_word_find(reserved, ARRAY_LEN(reserved), name) >= 0;
}

enum rule_builtin rule_builtin_find(const struct expr *name)
{
    int i = name->quoted ? -1 : rule_word_find(builtins, BUILTIN__N, name->text);

    return i < 0 ? BUILTIN__N : (enum rule_builtin)i;
}

struct expr *expr_copy(struct arena *a, const struct expr *e)
{
    struct expr *c;

    if (!e)
        return NULL;
    c = arena_memdup(a, e, sizeof(*e));
    c->a = expr_copy(a, e->a);
    c->b = expr_copy(a, e->b);
    c->c = expr_copy(a, e->c);
    c->items = ARENA_NEWN(a, struct expr *, e->n_items);
    for (size_t i = 0; i < e->n_items; i++)
        c->items[i] = expr_copy(a, e->items[i]);
    return c;
}

static bool num_eq(const struct num *x, const struct num *y)
{
    return x->dim == y->dim && num_same(x->value, y->value) && num_same(x->per_s, y->per_s);
}

static bool labels_eq(const struct expr *x, const struct expr *y)
{
    if (x->n_labels != y->n_labels)
        return false;
    for (size_t i = 0; i < x->n_labels; i++)
        if (x->labels[i].op != y->labels[i].op || !sv_eq(x->labels[i].name, y->labels[i].name) ||
            !sv_eq(x->labels[i].value, y->labels[i].value))
            return false;
    return true;
}

/* The members that are not nodes. */
static bool expr_eq_self(const struct expr *x, const struct expr *y)
{
    if (x->kind != y->kind || x->op != y->op || x->on != y->on || x->open_lo != y->open_lo ||
        x->open_hi != y->open_hi || x->quoted != y->quoted || x->k != y->k || x->n != y->n)
        return false;
    if (x->n_items != y->n_items || x->n_parts != y->n_parts || !num_eq(&x->num, &y->num) ||
        !sv_eq(x->text, y->text) || !sv_eq(x->window.text, y->window.text))
        return false;
    for (size_t i = 0; i < x->n_parts; i++)
        if (!sv_eq(x->parts[i], y->parts[i]))
            return false;
    return labels_eq(x, y);
}

bool expr_eq(const struct expr *x, const struct expr *y)
{
    if (!x || !y)
        return x == y;
    if (!expr_eq_self(x, y) || !expr_eq(x->a, y->a) || !expr_eq(x->b, y->b) || !expr_eq(x->c, y->c))
        return false;
    for (size_t i = 0; i < x->n_items; i++)
        if (!expr_eq(x->items[i], y->items[i]))
            return false;
    return true;
}

struct expr *expr_child(const struct expr *e, size_t i)
{
    struct expr *const own[] = {e->a, e->b, e->c};

    for (size_t k = 0; k < ARRAY_LEN(own); k++)
        if (own[k] && i-- == 0)
            return own[k];
    return i < e->n_items ? e->items[i] : NULL;
}

void expr_walk(struct expr *e, expr_visit_fn *fn, void *ctx)
{
    struct expr *child;

    fn(ctx, e);
    for (size_t i = 0; (child = expr_child(e, i)) != NULL; i++)
        expr_walk(child, fn, ctx);
}
