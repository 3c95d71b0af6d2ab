#include "rule/check.h"

#include "rule/check_int.h"

#include "base/regex.h"
#include "base/sv.h"

static struct dim_type dim_of(enum dim d)
{
    return (struct dim_type){d, false};
}

void check_found(struct checker *ck, enum rule_severity severity, const char *id, size_t column,
                 struct sv message, const char *hint)
{
    struct rule_finding *f = vec_add(&ck->found->list);

    *f = (struct rule_finding){.severity = severity, .column = column, .message = message};
    memcpy(f->id, id, size_min(strlen(id), sizeof(f->id) - 1));
    if (hint)
        f->hint = arena_sv(ck->a, sv_from(hint));
    ck->failed |= severity == SEVERITY_ERROR;
}

void check_pattern(struct checker *ck, struct sv pattern, size_t at)
{
    CLEANUP(regex_freep) struct regex *re = NULL;
    struct err err;

    if (regex_new(pattern, 0, &re, &err) != ERR_OK)
        CHECK_ERROR(ck, "RB400", at, NULL, "%s", err.msg);
}

bool rule_is_percentile(const struct expr *e)
{
    return e->kind == EXPR_FUNC && rule_funcs[e->op].per_mille > 0;
}

bool rule_literal(const struct expr *e, struct num *ret)
{
    bool is;

    if (e->kind == EXPR_NUM) {
        *ret = e->num;
        return true;
    }
    is = e->kind == EXPR_NEG && rule_literal(e->a, ret);
    if (is)
        ret->value = -ret->value;
    return is;
}

struct num rule_written(const struct expr *e)
{
    struct num n = {0};

    if (e && (e->kind == EXPR_CMP || e->kind == EXPR_RANGE) && !rule_literal(e->b, &n) &&
        e->kind == EXPR_CMP)
        (void)rule_literal(e->a, &n); /* false: both are measured */
    return n;
}

static bool is_bare(const struct expr *e)
{
    struct num v;

    return rule_literal(e, &v) && v.dim == DIM_COUNT && v.per_s <= 0;
}

static bool dim_is_number(enum dim d)
{
    return d == DIM_ANY || (d >= DIM_COUNT && d <= DIM_BYTES);
}

static bool dims_fit(struct dim_type x, struct dim_type y)
{
    bool ratio = (x.dim == DIM_RATIO && (y.dim == DIM_FACTOR || y.dim == DIM_PP)) ||
                 (y.dim == DIM_RATIO && (x.dim == DIM_FACTOR || x.dim == DIM_PP));

    if (x.dim == DIM_ANY || y.dim == DIM_ANY)
        return true;
    return x.per_s == y.per_s && (x.dim == y.dim || ratio);
}

/* A metric whose name says no unit, or that is not spelt as it is: the amount beside it has one.  NULL: neither is. */
static const struct expr *unitless_metric(const struct expr *a, const struct expr *b)
{
    const struct expr *name = a->kind == EXPR_NAME ? a : b;
    enum dim other = (name == a ? b : a)->type.dim;

    return name->kind == EXPR_NAME && name->n_parts == 1 && name->type.dim == DIM_COUNT &&
                   (other == DIM_TIME || other == DIM_BYTES || other == DIM_RATIO)
               ? name
               : NULL;
}

/* One that numbers come in more often than not. */
static const char *unit_word(enum dim d)
{
    return d == DIM_BYTES ? "KB" : d == DIM_RATIO ? "percent" : "ms";
}

static void say_misfit(struct checker *ck, const struct expr *a, const struct expr *b, bool bare,
                       size_t at)
{
    const struct expr *unitless = unitless_metric(a, b);
    struct dim_type x = a->type, y = b->type;
    enum dim other = unitless == a ? y.dim : x.dim;
    const char *hint =
        unitless ? arena_fmt(ck->a,
                             "the name '%.*s' says no unit: one in _seconds, _bytes, "
                             "_ratio or _percent does (is it spelt so?); else say it: "
                             "metrics: {NAME: {is: %.*s, unit: %s}}",
                             SV_FMT(unitless->text), SV_FMT(unitless->text), unit_word(other))
                       .p
                 : NULL;
    struct dim_text tx = dim_type_name(x), ty = dim_type_name(y);

    if (!dim_is_number(x.dim) || !dim_is_number(y.dim))
        CHECK_ERROR(ck, "RB400", at, NULL, "%s is compared with %s", tx.s, ty.s);
    else if (bare)
        CHECK_ERROR(ck, "RB405", at, "write the unit: 5%, 250ms, 10GB, 5/s",
                    "a number without unit against %s",
                    x.dim == DIM_COUNT && !x.per_s ? ty.s : tx.s);
    else
        CHECK_ERROR(ck, "RB406", at, hint, "%s is compared with %s", tx.s, ty.s);
}

/* A JSON member or SQL cell whose unit nobody said, against a number that has one. */
static bool unit_is_open(const struct checker *ck, const struct expr *e, struct dim_type other)
{
    return !rule_env_permits_unknown(ck->env) && e->kind == EXPR_NAME &&
           e->source == SOURCE_VALUE && e->type.dim == DIM_ANY &&
           (other.dim == DIM_RATIO || other.dim == DIM_TIME || other.dim == DIM_BYTES);
}

static void say_open(struct checker *ck, const struct expr *e, const struct expr *other, size_t at)
{
    CHECK_ERROR(ck, "RB406", at,
                arena_fmt(ck->a, "say it where it is bound: metrics: {NAME: {is: %.*s, unit: %s}}",
                          SV_FMT(e->text), unit_word(other->type.dim))
                    .p,
                "'%.*s' has no unit", SV_FMT(e->text));
}

void check_same(struct checker *ck, const struct expr *a, const struct expr *b, size_t at)
{
    bool bare_a = is_bare(a), bare_b = is_bare(b);

    if (!dims_fit(a->type, b->type))
        say_misfit(ck, a, b, bare_a || bare_b, at);
    else if (unit_is_open(ck, a, b->type))
        say_open(ck, a, b, at);
    else if (unit_is_open(ck, b, a->type))
        say_open(ck, b, a, at);
}

void check_same_num(struct checker *ck, const struct expr *measured, const struct num *v, size_t at,
                    const char *clause)
{
    struct expr literal = {.kind = EXPR_NUM, .num = *v, .type = {v->dim, v->per_s > 0}};
    size_t before = ck->found->list.n;

    check_same(ck, measured, &literal, at);
    if (ck->found->list.n > before) {
        struct rule_finding *f = vec_last(&ck->found->list);

        f->message = arena_fmt(ck->a, "%s: %.*s", clause, SV_FMT(f->message));
    }
}

static void need_bool(struct checker *ck, struct expr *e)
{
    struct dim_type t = check_expr(ck, e);

    if (t.dim != DIM_BOOL && t.dim != DIM_ANY)
        CHECK_ERROR(ck, "RB400", e->at, "compare it with something", "%s is no condition",
                    dim_type_name(t).s);
}

static bool has_kind(const struct expr *e, enum expr_kind kind)
{
    struct expr *child;

    if (e->kind == kind)
        return true;
    if (e->kind == EXPR_QUANT) /* its inside speaks of its own rows */
        return false;
    for (size_t i = 0; (child = expr_child(e, i)) != NULL; i++)
        if (has_kind(child, kind))
            return true;
    return false;
}

/* Check one side; it may be a percentile. */
static void check_side(struct checker *ck, struct expr *e, struct expr *subject)
{
    struct expr *outer = ck->subject;

    ck->subject = subject;
    ck->direct = e;
    (void)check_expr(ck, e);
    ck->subject = outer;
}

/* The sides of a comparison: what holds a baseline comes after what it is the baseline of. */
static void check_sides(struct checker *ck, struct expr *e)
{
    bool left = has_kind(e->a, EXPR_BASELINE);

    if (left)
        check_side(ck, e->b, NULL);
    check_side(ck, e->a, left ? e->b : NULL);
    if (!left)
        check_side(ck, e->b, e->a);
    if (e->c)
        check_side(ck, e->c, e->a);
}

static struct dim_type check_literal(struct checker *ck, struct expr *e)
{
    static const enum dim dims[EXPR__N] = {
        [EXPR_STRING] = DIM_TEXT, [EXPR_BOOL] = DIM_BOOL, [EXPR_NULL] = DIM_NULL};

    (void)ck;
    return e->kind == EXPR_NUM ? (struct dim_type){e->num.dim, e->num.per_s > 0}
                               : dim_of(dims[e->kind]);
}

static struct dim_type check_set(struct checker *ck, struct expr *e)
{
    for (size_t i = 0; i < e->n_items; i++)
        (void)check_expr(ck, e->items[i]);
    return dim_of(DIM_SET);
}

static struct dim_type check_name_value(struct checker *ck, struct expr *e)
{
    return check_name(ck, e, USE_VALUE);
}

static bool is_snapshot(const struct expr *data)
{
    return data->kind == EXPR_NAME && sv_eq(data->parts[0], SV("snapshot"));
}

static struct dim_type check_baseline(struct checker *ck, struct expr *e)
{
    e->subject = ck->subject;
    if (ck->rows && !is_snapshot(ck->rows))
        CHECK_ERROR(ck, "RB400", e->at,
                    "'x in baseline' asks whether x was among the rows recorded before",
                    "only records of a snapshot have a partner in the baseline");
    else if (e->n_parts && !ck->rows)
        CHECK_ERROR(ck, "RB400", e->at, NULL, "'baseline.%.*s': there is no record here",
                    SV_FMT(e->text));
    else if (!e->n_parts && (!e->subject || !has_kind(e->subject, EXPR_NAME)) &&
             !(e->subject && has_kind(e->subject, EXPR_QUANT)))
        CHECK_ERROR(ck, "RB400", e->at, "compare something with it", "the baseline of nothing");
    if (ck->rows || !e->subject)
        return dim_of(DIM_ANY);
    return e->subject->type;
}

static struct dim_type check_neg(struct checker *ck, struct expr *e)
{
    struct dim_type t = check_expr(ck, e->a);

    if (!dim_is_number(t.dim))
        CHECK_ERROR(ck, "RB400", e->at, NULL, "%s has no sign", dim_type_name(t).s);
    return t;
}

static struct dim_type check_not(struct checker *ck, struct expr *e)
{
    need_bool(ck, e->a);
    return dim_of(DIM_BOOL);
}

static struct dim_type check_logic(struct checker *ck, struct expr *e)
{
    need_bool(ck, e->a);
    need_bool(ck, e->b);
    return dim_of(DIM_BOOL);
}

static bool is_scalar(struct dim_type t)
{
    return !t.per_s &&
           (t.dim == DIM_COUNT || t.dim == DIM_RATIO || t.dim == DIM_FACTOR || t.dim == DIM_PP);
}

static bool same_type(struct dim_type x, struct dim_type y)
{
    return x.dim == y.dim && x.per_s == y.per_s;
}

/*
 * DIM__N: the operation makes no sense.  A share of a count is a count, but twice a share is a share.
 */
static struct dim_type times_type(const struct expr *a, const struct expr *b)
{
    struct dim_type x = a->type, y = b->type;

    if (is_bare(b))
        return x;
    if (is_bare(a))
        return y;
    if (is_scalar(x) && x.dim != DIM_COUNT && is_scalar(y))
        return y;
    if (is_scalar(y))
        return x;
    if (is_scalar(x))
        return y;
    if (x.per_s && y.dim == DIM_TIME && !y.per_s)
        return dim_of(x.dim);
    if (y.per_s && x.dim == DIM_TIME && !x.per_s)
        return dim_of(y.dim);
    return dim_of(DIM__N);
}

static struct dim_type over_type(struct dim_type x, struct dim_type y, bool literal)
{
    if (literal && is_scalar(y))
        return x;
    if (same_type(x, y))
        return dim_of(DIM_RATIO);
    if (is_scalar(y))
        return x;
    if (y.dim == DIM_TIME && !y.per_s && !x.per_s)
        return (struct dim_type){x.dim, true};
    return dim_of(DIM__N);
}

static struct dim_type plus_type(struct dim_type x, struct dim_type y, bool minus)
{
    if (x.dim == DIM_MOMENT && y.dim == DIM_MOMENT)
        return dim_of(minus ? DIM_TIME : DIM__N);
    if (x.dim == DIM_MOMENT && y.dim == DIM_TIME)
        return x;
    if (!dim_is_number(x.dim) || !dim_is_number(y.dim) || !dims_fit(x, y))
        return dim_of(DIM__N);
    return x.dim == DIM_ANY || x.dim == DIM_PP || x.dim == DIM_FACTOR ? y : x;
}

static struct dim_type arith_type(const struct expr *e)
{
    struct dim_type x = e->a->type, y = e->b->type;
    struct num v;

    if (e->op == '+' || e->op == '-')
        return plus_type(x, y, e->op == '-');
    if (!dim_is_number(x.dim) || !dim_is_number(y.dim))
        return dim_of(DIM__N);
    if (x.dim == DIM_ANY || y.dim == DIM_ANY)
        return dim_of(DIM_ANY);
    return e->op == '*' ? times_type(e->a, e->b) : over_type(x, y, rule_literal(e->b, &v));
}

static struct dim_type check_arith(struct checker *ck, struct expr *e)
{
    struct dim_type x, y, t;
    struct num v;
    size_t before;

    ck->direct = NULL;
    x = check_expr(ck, e->a);
    y = check_expr(ck, e->b);
    e->relative = e->a->kind == EXPR_BASELINE && (e->op == '+' || e->op == '-') &&
                  rule_literal(e->b, &v) && v.dim == DIM_RATIO && v.per_s <= 0;
    if (e->relative)
        return x;
    t = arith_type(e);
    if (t.dim != DIM__N) {
        if (t.dim == DIM_TIME && t.per_s) /* seconds per second: the share of one processor */
            return dim_of(DIM_RATIO);
        return t;
    }
    before = ck->found->list.n;
    if (e->op == '+' || e->op == '-')
        check_same(ck, e->a, e->b, e->at);
    if (ck->found->list.n == before)
        CHECK_ERROR(ck, dim_is_number(x.dim) && dim_is_number(y.dim) ? "RB406" : "RB400", e->at,
                    NULL, "%s %c %s makes no sense", dim_type_name(x).s, (char)e->op,
                    dim_type_name(y).s);
    return dim_of(DIM_ANY);
}

/* A percentile is judged as a share: it is above or not, never "equal". */
static void check_percentile_cmp(struct checker *ck, const struct expr *e)
{
    bool a = rule_is_percentile(e->a), b = rule_is_percentile(e->b);

    if (a && b)
        CHECK_ERROR(ck, "RB400", e->at, "compare each with a limit",
                    "two percentiles are compared");
    else if ((a || b) && (e->op == CMP_EQ || e->op == CMP_NE))
        CHECK_ERROR(ck, "RB400", e->at, "a percentile is above a limit or not: use < <= > >=",
                    "a percentile compared for equality");
}

/* RB403: a share above one hundred percent. */
static void check_reach(struct checker *ck, const struct expr *e)
{
    bool share = (e->a->kind == EXPR_FUNC && e->a->op == FUNC_RATIO) ||
                 (e->a->kind == EXPR_QUANT && e->a->op == QUANT_SHARE);
    struct num v;

    if (share && rule_literal(e->b, &v) && v.dim != DIM_COUNT &&
        (v.value > 1 || (v.value >= 1 && e->op == CMP_GT)) && e->op >= CMP_GT && e->op <= CMP_EQ)
        CHECK_ERROR(ck, "RB403", e->at, NULL, "a share is never %.*s %.*s",
                    SV_FMT(rule_cmp_names[e->op]), SV_FMT(v.text));
}

static struct dim_type check_cmp(struct checker *ck, struct expr *e)
{
    struct dim_type t;

    check_sides(ck, e);
    t = e->a->type.dim == DIM_ANY ? e->b->type : e->a->type;
    if (e->a->kind == EXPR_NULL || e->b->kind == EXPR_NULL)
        CHECK_ERROR(ck, "RB400", e->at, "write 'is null' or 'is not null'",
                    "a comparison with null is never true");
    else
        check_same(ck, e->a, e->b, e->at);
    if (e->op < CMP_EQ && (t.dim == DIM_TEXT || t.dim == DIM_BOOL))
        CHECK_ERROR(ck, "RB400", e->at, "version(...) compares dotted versions", "%s has no order",
                    dim_type_name(t).s);
    if (t.dim == DIM_SET || t.dim == DIM_ROWS)
        CHECK_ERROR(ck, "RB400", e->at, "use 'superset', 'in' or count(...)",
                    "%s is compared as a whole", dim_type_name(t).s);
    check_percentile_cmp(ck, e);
    check_reach(ck, e);
    return dim_of(DIM_BOOL);
}

static struct dim_type check_in(struct checker *ck, struct expr *e)
{
    (void)check_expr(ck, e->a);
    if (e->b->kind == EXPR_SET) {
        (void)check_expr(ck, e->b);
        for (size_t i = 0; i < e->b->n_items; i++)
            check_same(ck, e->a, e->b->items[i], e->b->items[i]->at);
    } else if (e->b->kind == EXPR_BASELINE && !e->b->on && e->b->n_parts == 0 &&
               has_kind(e->a, EXPR_NAME)) {
        e->b->subject = e->a;
        e->b->type = dim_of(DIM_SET);
    } else if (e->b->kind == EXPR_NAME) {
        (void)check_name(ck, e->b, USE_SET);
    } else {
        CHECK_ERROR(ck, "RB400", e->b->at, NULL, "what stands after 'in' is no set");
    }
    return dim_of(DIM_BOOL);
}

static struct dim_type check_range(struct checker *ck, struct expr *e)
{
    struct num lo, hi;

    check_sides(ck, e);
    check_same(ck, e->a, e->b, e->b->at);
    check_same(ck, e->a, e->c, e->c->at);
    if (rule_literal(e->b, &lo) && rule_literal(e->c, &hi) && lo.value > hi.value)
        CHECK_ERROR(ck, "RB403", e->b->at, NULL, "nothing lies in the range");
    return dim_of(DIM_BOOL);
}

static struct dim_type check_superset(struct checker *ck, struct expr *e)
{
    if (e->a->kind == EXPR_NAME)
        (void)check_name(ck, e->a, USE_SET);
    else
        CHECK_ERROR(ck, "RB400", e->a->at, NULL, "'superset' wants the name of a set before it");
    (void)check_expr(ck, e->b);
    return dim_of(DIM_BOOL);
}

static struct dim_type check_text(struct checker *ck, struct expr *e)
{
    struct dim_type t = check_expr(ck, e->a);

    if (t.dim != DIM_TEXT && t.dim != DIM_ANY)
        CHECK_ERROR(ck, "RB400", e->at, NULL, "%s is no text", dim_type_name(t).s);
    if (e->kind == EXPR_MATCHES)
        check_pattern(ck, e->text, e->at);
    return dim_of(DIM_BOOL);
}

static struct dim_type check_within(struct checker *ck, struct expr *e)
{
    check_sides(ck, e);
    check_same(ck, e->a, e->b, e->at);
    if (e->num.dim != DIM_RATIO || e->num.per_s > 0)
        check_same_num(ck, e->a, &e->num, e->at, "tolerance");
    return dim_of(DIM_BOOL);
}

/* Which direction is worse: said by the binding of the first name inside that knows. */
static enum worse worse_of(const struct expr *e)
{
    struct expr *child;
    enum worse w = e->worse;

    for (size_t i = 0; w == WORSE_UNKNOWN && (child = expr_child(e, i)) != NULL; i++)
        w = worse_of(child);
    return w;
}

static struct dim_type check_not_worse(struct checker *ck, struct expr *e)
{
    bool failed = ck->failed, known;

    ck->failed = false;
    check_side(ck, e->a, NULL);
    known = !ck->failed; /* what a name stands for may say it, once it is bound */
    ck->failed |= failed;
    if (ck->rows)
        CHECK_ERROR(ck, "RB400", e->at, "records are compared with 'within 5% of baseline'",
                    "'not worse than baseline' compares measurements, not rows");
    else if (!has_kind(e->a, EXPR_NAME) || !dim_is_number(e->a->type.dim))
        CHECK_ERROR(ck, "RB400", e->at, NULL,
                    "nothing is measured before 'not worse than baseline'");
    if (e->on && (e->num.dim != DIM_RATIO || e->num.per_s > 0))
        check_same_num(ck, e->a, &e->num, e->at, "margin");
    e->worse = worse_of(e->a);
    if (e->worse == WORSE_UNKNOWN && rule_env_permits_unknown(ck->env))
        e->worse = WORSE_UP;
    if (e->worse == WORSE_UNKNOWN && known)
        CHECK_ERROR(ck, "RB413", e->at, "metrics: {NAME: {is: EXPRESSION, worse: up}}, or down",
                    "nobody said which direction is worse");
    return dim_of(DIM_BOOL);
}

static struct dim_type check_is(struct checker *ck, struct expr *e)
{
    bool probe = e->op == IS_UP || e->op == IS_DOWN;
    struct dim_type t;

    t = probe && e->a->kind == EXPR_NAME ? check_name(ck, e->a, USE_PROBE) : check_expr(ck, e->a);
    if (probe && t.dim != DIM_BOOL && t.dim != DIM_ANY && e->a->source != SOURCE_PROBE &&
        e->a->source != SOURCE_GAUGE)
        CHECK_ERROR(ck, "RB400", e->at, NULL, "%s is neither up nor down", dim_type_name(t).s);
    return dim_of(DIM_BOOL);
}

/* A set, or a name; an alias may have put anything there. */
static void check_rows(struct checker *ck, struct expr *e)
{
    if (e->kind == EXPR_SET)
        (void)check_expr(ck, e);
    else if (e->kind == EXPR_NAME)
        (void)check_name(ck, e, USE_ROWS);
    else
        CHECK_ERROR(ck, "RB400", e->at, "rows are those of sql.NAME, a list of JSON or of a file",
                    "the alias is a value and has no rows");
}

static struct dim_type check_quant(struct checker *ck, struct expr *e)
{
    const struct expr *outer = ck->rows;
    struct dim_type t;

    if (e->window.us > 0 && e->a->kind == EXPR_NAME && e->a->window.us == 0)
        e->a->window = e->window;
    check_rows(ck, e->a);
    ck->rows = e->a;
    if (e->b)
        need_bool(ck, e->b);
    if (e->c && e->op != QUANT_MEDIAN)
        need_bool(ck, e->c);
    t = e->c && e->op == QUANT_MEDIAN ? check_expr(ck, e->c) : dim_of(DIM_BOOL);
    ck->rows = outer;
    if (!e->c && e->op != QUANT_COUNT && e->op != QUANT_ANY && e->op != QUANT_NONE)
        CHECK_ERROR(ck, "RB400", e->at, NULL, "%.*s wants ': ...' after the rows",
                    SV_FMT(rule_quant_names[e->op]));
    if (e->op == QUANT_COUNT || e->op == QUANT_SHARE)
        return dim_of(e->op == QUANT_COUNT ? DIM_COUNT : DIM_RATIO);
    return t;
}

static struct dim_type check_kofn(struct checker *ck, struct expr *e)
{
    if (ck->rows)
        CHECK_ERROR(ck, "RB400", e->at, NULL, "'k of n' looks at results in time, not at rows");
    need_bool(ck, e->a);
    return dim_of(DIM_BOOL);
}

/* The one window of a function: after it or on the names inside. */
static void take_window(struct checker *ck, struct expr *e)
{
    for (size_t i = 0; i < e->n_items; i++) {
        struct expr *arg = e->items[i];

        if (arg->kind != EXPR_NAME || arg->window.us == 0)
            continue;
        if (e->window.us > 0 && e->window.us != arg->window.us)
            CHECK_ERROR(ck, "RB400", arg->at, NULL, "two windows: [%.*s] and [%.*s]",
                        SV_FMT(e->window.text), SV_FMT(arg->window.text));
        e->window = arg->window;
    }
}

static bool need_window(struct checker *ck, struct expr *e)
{
    take_window(ck, e);
    if (e->window.us > 0 && e->window.us < 2 * rule_env_interval(ck->env))
        CHECK_WARN(ck, "RB411", e->at, NULL, "the window [%.*s] is shorter than two poll intervals",
                   SV_FMT(e->window.text));
    if (e->window.us == 0)
        CHECK_ERROR(ck, "RB400", e->at, "put one behind it, as [5m]", "%.*s wants a window",
                    SV_FMT(rule_funcs[e->op].name));
    for (size_t i = 0; i < e->n_items; i++)
        if (e->items[i]->kind != EXPR_NAME && e->items[i]->kind != EXPR_STRING) {
            CHECK_ERROR(ck, "RB400", e->items[i]->at, "give the expression an alias per metric",
                        "%.*s over a window wants the name of a source",
                        SV_FMT(rule_funcs[e->op].name));
            return false;
        }
    return true;
}

static struct dim_type per_second(struct dim_type t)
{
    return t.dim == DIM_TIME && !t.per_s ? dim_of(DIM_RATIO) : (struct dim_type){t.dim, true};
}

/* avg, max, min, sum without window: across series, and inside everything per series. */
static struct dim_type check_across(struct checker *ck, struct expr *e)
{
    bool outer = ck->per_series;
    struct dim_type t;

    ck->per_series = true;
    ck->direct = NULL;
    t = check_expr(ck, e->items[0]);
    ck->per_series = outer;
    if (!dim_is_number(t.dim))
        CHECK_ERROR(ck, "RB400", e->at, NULL, "%.*s of %s", SV_FMT(rule_funcs[e->op].name),
                    dim_type_name(t).s);
    return t;
}

static bool is_across(const struct checker *ck, const struct expr *e)
{
    const struct expr *arg = e->items[0];
    const struct rule_source *s;
    struct rule_source guess;

    if (!rule_funcs[e->op].aggregates || e->window.us > 0)
        return false;
    if (arg->kind != EXPR_NAME || arg->window.us == 0)
        return true;
    s = rule_env_source(ck->env, arg->text);
    rule_metric_guess(arg->text, &guess); /* sum(c_total[5m]): the sum of the increases */
    return s ? s->kind == SOURCE_COUNTER || s->kind == SOURCE_EVENTS : guess.kind == SOURCE_COUNTER;
}

static void check_percentile_place(struct checker *ck, const struct expr *e, bool direct)
{
    enum source_kind k = e->items[0]->source;

    if (!direct && k != SOURCE_GAUGE && k != SOURCE_VALUE)
        CHECK_ERROR(ck, "RB400", e->at, "compare it with a limit; 'report' prints one",
                    "a percentile is judged as a share and can not be computed with");
}

static struct dim_type check_simple_func(struct checker *ck, struct expr *e)
{
    struct dim_type t;

    ck->direct = NULL;
    t = check_expr(ck, e->items[0]);
    if (e->window.us > 0)
        CHECK_ERROR(ck, "RB400", e->at, NULL, "%.*s takes no window",
                    SV_FMT(rule_funcs[e->op].name));
    if (e->op == FUNC_ABS && !dim_is_number(t.dim))
        CHECK_ERROR(ck, "RB400", e->at, NULL, "abs of %s", dim_type_name(t).s);
    if (e->op == FUNC_VERSION && t.dim != DIM_TEXT && t.dim != DIM_ANY)
        CHECK_ERROR(ck, "RB400", e->at, NULL, "version of %s", dim_type_name(t).s);
    return e->op == FUNC_VERSION ? dim_of(DIM_VERSION) : t;
}

static struct dim_type check_func_type(struct checker *ck, struct expr *e)
{
    struct dim_type t = e->items[0]->type;

    if (e->op == FUNC_RATIO) {
        check_same(ck, e->items[0], e->items[1], e->at);
        return dim_of(DIM_RATIO);
    }
    if (e->op == FUNC_MATCHES) {
        for (size_t i = 1; i < e->n_items; i++)
            check_pattern(ck, e->items[i]->text, e->items[i]->at);
        return dim_of(DIM_COUNT);
    }
    return e->op == FUNC_RATE || e->op == FUNC_SLOPE ? per_second(t) : t;
}

static struct dim_type check_func(struct checker *ck, struct expr *e)
{
    static const enum check_use by_func[FUNC__N] = {
        [FUNC_RATE] = USE_COUNTER,   [FUNC_INCREASE] = USE_COUNTER, [FUNC_RATIO] = USE_COUNTER,
        [FUNC_AVG] = USE_MEAN,       [FUNC_MAX] = USE_OVER,         [FUNC_MIN] = USE_OVER,
        [FUNC_SUM] = USE_SUM,        [FUNC_LAST] = USE_OVER,        [FUNC_P50] = USE_PERCENTILE,
        [FUNC_P75] = USE_PERCENTILE, [FUNC_P90] = USE_PERCENTILE,   [FUNC_P95] = USE_PERCENTILE,
        [FUNC_P99] = USE_PERCENTILE, [FUNC_P999] = USE_PERCENTILE,  [FUNC_SLOPE] = USE_OVER,
        [FUNC_MATCHES] = USE_LOG,
    };
    bool direct = ck->direct == e;

    e->per_series = ck->per_series;
    if (e->op == FUNC_VERSION || e->op == FUNC_ABS)
        return check_simple_func(ck, e);
    if (is_across(ck, e))
        return check_across(ck, e);
    if (!need_window(ck, e))
        return dim_of(DIM_ANY);
    for (size_t i = 0; i < e->n_items; i++)
        if (e->items[i]->kind == EXPR_NAME)
            (void)check_name(ck, e->items[i], by_func[e->op]);
    if (ck->rows)
        CHECK_ERROR(ck, "RB400", e->at, NULL, "%.*s over time can not be asked per row",
                    SV_FMT(rule_funcs[e->op].name));
    if (rule_is_percentile(e))
        check_percentile_place(ck, e, direct);
    return check_func_type(ck, e);
}

struct dim_type check_expr(struct checker *ck, struct expr *e)
{
    static struct dim_type (*const checks[EXPR__N])(struct checker *, struct expr *) = {
        [EXPR_NUM] = check_literal,
        [EXPR_STRING] = check_literal,
        [EXPR_BOOL] = check_literal,
        [EXPR_NULL] = check_literal,
        [EXPR_SET] = check_set,
        [EXPR_NAME] = check_name_value,
        [EXPR_BASELINE] = check_baseline,
        [EXPR_FUNC] = check_func,
        [EXPR_QUANT] = check_quant,
        [EXPR_KOFN] = check_kofn,
        [EXPR_NEG] = check_neg,
        [EXPR_NOT] = check_not,
        [EXPR_AND] = check_logic,
        [EXPR_OR] = check_logic,
        [EXPR_ARITH] = check_arith,
        [EXPR_CMP] = check_cmp,
        [EXPR_IN] = check_in,
        [EXPR_RANGE] = check_range,
        [EXPR_SUPERSET] = check_superset,
        [EXPR_CONTAINS] = check_text,
        [EXPR_MATCHES] = check_text,
        [EXPR_WITHIN] = check_within,
        [EXPR_NOT_WORSE] = check_not_worse,
        [EXPR_IS] = check_is,
    };

    e->type = checks[e->kind](ck, e);
    return e->type;
}

static void set_slot(void *ctx, struct expr *e)
{
    struct rule *r = ctx;

    e->slot = r->n_slots++;
}

static void check_form(struct checker *ck)
{
    struct rule *r = ck->rule;

    if (r->form == RULE_CHECKPOINT)
        return;
    r->expr = check_expand(ck, expr_copy(ck->a, r->expr));
    ck->direct = r->expr;
    if (r->form == RULE_REPORT)
        (void)check_expr(ck, r->expr);
    else
        need_bool(ck, r->expr);
    r->n_slots = 0;
    expr_walk(r->expr, set_slot, r);
}

static enum err_code check_result(const struct checker *ck, size_t before, struct err *err)
{
    for (size_t i = before; i < ck->found->list.n; i++) {
        const struct rule_finding *f = &ck->found->list.v[i];

        if (f->severity != SEVERITY_ERROR)
            continue;
        (void)err_set(err, ERR_INVALID, "%.*s", SV_FMT(f->message));
        return f->hint.n ? err_hint(err, "%.*s", SV_FMT(f->hint)) : err->code;
    }
    return ERR_OK;
}

enum err_code rule_check(struct arena *a, const struct rule *r, const struct rule_env *env,
                         struct rule **ret, struct rule_findings *found, struct err *err)
{
    struct rule_findings own = {0};
    struct checker ck = {.a = a, .env = env, .found = found ? found : &own};
    size_t before = ck.found->list.n;
    enum err_code rc;

    ck.rule = arena_memdup(a, r, sizeof(*r));
    check_form(&ck);
    check_clauses(&ck);
    rc = check_result(&ck, before, err);
    if (rc == ERR_OK)
        *ret = ck.rule;
    vec_release(&own.list);
    return rc;
}
