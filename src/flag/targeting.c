#include "flag/targeting.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/suggest.h"
#include "base/sv.h"
#include "flag/targeting_int.h"

/* ---- values ---- */

struct sv targeting_text(const json_t *v)
{
    return (struct sv){json_string_value(v), json_string_length(v)};
}

bool targeting_truthy(const json_t *v)
{
    switch (json_typeof(v)) {
    case JSON_TRUE:
    case JSON_OBJECT: return true;
    case JSON_STRING: return json_string_length(v) > 0;
    case JSON_INTEGER:
    case JSON_REAL: return fabs(json_number_value(v)) > 0;
    case JSON_ARRAY: return json_array_size(v) > 0;
    case JSON_FALSE:
    case JSON_NULL:
    default: return false;
    }
}

double targeting_number(const json_t *v)
{
    double d;

    if (json_is_number(v))
        return json_number_value(v);
    if (json_is_boolean(v) || json_is_null(v))
        return json_is_true(v);
    if (json_is_string(v)) {
        struct sv s = sv_trim(targeting_text(v));

        if (s.n == 0)
            return 0;
        if (sv_to_f64(s, &d))
            return d;
    }
    return (double)NAN;
}

/* A number that is whole stays whole. */
static json_t *number(double d)
{
    if (!isfinite(d))
        return json_null();
    if (fabs(d) < 0x1p53 && floor(d) >= d)
        return json_integer((json_int_t)d);
    return json_real(d);
}

static void add_text(struct strbuf *b, const json_t *v)
{
    if (json_is_string(v)) {
        strbuf_add_sv(b, targeting_text(v));
    } else if (!json_is_null(v)) {
        char *text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));

        strbuf_add_str(b, text);
        free(text);
    }
}

static bool strict_equal(const json_t *a, const json_t *b)
{
    double x, y;

    if (json_is_number(a) && json_is_number(b)) {
        x = json_number_value(a);
        y = json_number_value(b);
        return x <= y && x >= y;
    }
    return json_equal(a, b);
}

static bool is_scalar(const json_t *v)
{
    return !json_is_object(v) && !json_is_array(v);
}

/* As JavaScript's ==: of two types both are numbers, and null equals only null. */
static bool loose_equal(const json_t *a, const json_t *b)
{
    double x, y;

    if (json_typeof(a) == json_typeof(b) || (json_is_number(a) && json_is_number(b)))
        return strict_equal(a, b);
    if (json_is_null(a) || json_is_null(b) || !is_scalar(a) || !is_scalar(b))
        return false;
    x = targeting_number(a);
    y = targeting_number(b);
    return x <= y && x >= y;
}

/* ---- arguments ---- */

const json_t *targeting_arg_at(const struct targeting_args *a, size_t i)
{
    if (json_is_array(a->list))
        return json_array_get(a->list, i);
    return i == 0 ? a->list : NULL;
}

json_t *targeting_arg(struct targeting_state *ev, const struct targeting_args *a, size_t i)
{
    const json_t *arg = targeting_arg_at(a, i);

    return arg ? targeting_node(ev, arg) : json_null();
}

/* ---- operators ---- */

/* "a.b.0" of the context. */
static const json_t *find_path(const json_t *v, struct sv path)
{
    struct sv name;

    if (path.n == 0)
        return v;
    while (v && sv_split(&path, '.', &name)) {
        uint64_t i;

        v = json_is_array(v) && sv_to_u64(name, &i) ? json_array_get(v, i)
            : json_is_object(v)                     ? json_object_getn(v, name.p, name.n)
                                                    : NULL;
    }
    return v;
}

static json_t *op_var(struct targeting_state *ev, const struct targeting_args *a,
                      unsigned what UNUSED)
{
    CLEANUP(json_cleanup) json_t *name = targeting_arg(ev, a, 0);
    CLEANUP(strbuf_release) struct strbuf path = STRBUF(4096);
    const json_t *found;

    add_text(&path, name);
    if (sv_is(strbuf_sv(&path), "$flagd.flagKey"))
        return json_sv(ev->in->flag_key);
    if (sv_is(strbuf_sv(&path), "$flagd.timestamp"))
        return json_integer(ev->in->now_s);
    found = find_path(ev->in->context, strbuf_sv(&path));
    if (!found || json_is_null(found))
        return targeting_arg(ev, a, 1);
    return json_incref((json_t *)(uintptr_t)found);
}

enum { EQ_LOOSE, EQ_STRICT, NE_LOOSE, NE_STRICT };

static json_t *op_equal(struct targeting_state *ev, const struct targeting_args *a, unsigned what)
{
    CLEANUP(json_cleanup) json_t *x = targeting_arg(ev, a, 0), *y = targeting_arg(ev, a, 1);
    bool same = what == EQ_LOOSE || what == NE_LOOSE ? loose_equal(x, y) : strict_equal(x, y);

    return json_boolean(same == (what == EQ_LOOSE || what == EQ_STRICT));
}

static json_t *op_not(struct targeting_state *ev, const struct targeting_args *a, unsigned what)
{
    CLEANUP(json_cleanup) json_t *x = targeting_arg(ev, a, 0);

    return json_boolean(targeting_truthy(x) == (what == 2)); /* ! or !! */
}

/* The first that is false (and) or true (or), else the last. */
static json_t *op_logic(struct targeting_state *ev, const struct targeting_args *a, unsigned is_or)
{
    json_t *x = json_null();

    for (size_t i = 0; i < a->n; i++) {
        json_decref(x);
        x = targeting_arg(ev, a, i);
        if (targeting_truthy(x) == (is_or == 1))
            break;
    }
    return x;
}

static json_t *op_if(struct targeting_state *ev, const struct targeting_args *a,
                     unsigned what UNUSED)
{
    size_t i = 0;

    for (; i + 1 < a->n; i += 2) {
        CLEANUP(json_cleanup) json_t *x = targeting_arg(ev, a, i);

        if (targeting_truthy(x))
            return targeting_arg(ev, a, i + 1);
    }
    return targeting_arg(ev, a, i);
}

enum { LESS, LESS_EQUAL, MORE, MORE_EQUAL };

static bool ordered(const json_t *x, const json_t *y, unsigned what)
{
    double a, b;

    if (json_is_string(x) && json_is_string(y)) {
        int c = sv_cmp(targeting_text(x), targeting_text(y));

        a = c;
        b = 0;
    } else {
        a = targeting_number(x);
        b = targeting_number(y);
    }
    switch (what) {
    case LESS: return a < b;
    case LESS_EQUAL: return a <= b;
    case MORE: return a > b;
    default: return a >= b;
    }
}

/* With three arguments: between. */
static json_t *op_order(struct targeting_state *ev, const struct targeting_args *a, unsigned what)
{
    CLEANUP(json_cleanup) json_t *x = targeting_arg(ev, a, 0), *y = targeting_arg(ev, a, 1);
    CLEANUP(json_cleanup) json_t *z = targeting_arg(ev, a, 2);

    return json_boolean(ordered(x, y, what) && (a->n < 3 || ordered(y, z, what)));
}

static json_t *op_in(struct targeting_state *ev, const struct targeting_args *a,
                     unsigned what UNUSED)
{
    CLEANUP(json_cleanup) json_t *x = targeting_arg(ev, a, 0), *y = targeting_arg(ev, a, 1);

    if (json_is_string(y))
        return json_boolean(json_is_string(x) && sv_has(targeting_text(y), targeting_text(x)));
    for (size_t i = 0; i < json_array_size(y); i++)
        if (strict_equal(x, json_array_get(y, i)))
            return json_true();
    return json_false();
}

static json_t *op_cat(struct targeting_state *ev, const struct targeting_args *a,
                      unsigned what UNUSED)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(1u << 20);

    for (size_t i = 0; i < a->n; i++) {
        CLEANUP(json_cleanup) json_t *x = targeting_arg(ev, a, i);

        add_text(&b, x);
    }
    return json_sv(strbuf_sv(&b));
}

static double fold(double x, double y, unsigned what)
{
    switch (what) {
    case '+': return x + y;
    case '-': return x - y;
    case '*': return x * y;
    case '/': return fabs(y) > 0 ? x / y : (double)NAN;
    case '%': return fabs(y) > 0 ? fmod(x, y) : (double)NAN;
    case '<': return isnan(x) || isnan(y) ? (double)NAN : fmin(x, y);
    default: return isnan(x) || isnan(y) ? (double)NAN : fmax(x, y);
    }
}

static json_t *op_arith(struct targeting_state *ev, const struct targeting_args *a, unsigned what)
{
    CLEANUP(json_cleanup) json_t *first = targeting_arg(ev, a, 0);
    double x = targeting_number(first);

    if (a->n < 2)
        return number(what == '-' ? -x : x);
    for (size_t i = 1; i < a->n; i++) {
        CLEANUP(json_cleanup) json_t *y = targeting_arg(ev, a, i);

        x = fold(x, targeting_number(y), what);
    }
    return number(x);
}

static const struct operator_row operators[] = {
    {"var", op_var, 0},
    {"==", op_equal, EQ_LOOSE},
    {"===", op_equal, EQ_STRICT},
    {"!=", op_equal, NE_LOOSE},
    {"!==", op_equal, NE_STRICT},
    {"!", op_not, 1},
    {"!!", op_not, 2},
    {"and", op_logic, 0},
    {"or", op_logic, 1},
    {"if", op_if, 0},
    {"<", op_order, LESS},
    {"<=", op_order, LESS_EQUAL},
    {">", op_order, MORE},
    {">=", op_order, MORE_EQUAL},
    {"in", op_in, 0},
    {"cat", op_cat, 0},
    {"+", op_arith, '+'},
    {"-", op_arith, '-'},
    {"*", op_arith, '*'},
    {"/", op_arith, '/'},
    {"%", op_arith, '%'},
    {"min", op_arith, '<'},
    {"max", op_arith, '>'},
    {"starts_with", targeting_op_affix, 0},
    {"ends_with", targeting_op_affix, 1},
    {"sem_ver", targeting_op_sem_ver, 0},
    {"fractional", targeting_op_fractional, 0},
    {"$ref", targeting_op_ref, 0},
};

const struct operator_row *targeting_operator(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(operators); i++)
        if (strcmp(operators[i].name, name) == 0)
            return &operators[i];
    return NULL;
}

/* ---- evaluation ---- */

static json_t *eval_list(struct targeting_state *ev, const json_t *node)
{
    json_t *list = json_array();

    for (size_t i = 0; i < json_array_size(node); i++)
        json_append(list, targeting_node(ev, json_array_get(node, i)));
    return list;
}

json_t *targeting_node(struct targeting_state *ev, const json_t *node)
{
    void *it;
    struct targeting_args a;

    if (++ev->steps > TARGETING_STEPS) {
        ev->over = true;
        return json_null();
    }
    if (json_is_array(node))
        return eval_list(ev, node);
    if (!json_is_object(node) || json_object_size(node) == 0)
        return json_incref((json_t *)(uintptr_t)node);
    it = json_object_iter((json_t *)(uintptr_t)node);
    a.list = json_object_iter_value(it);
    a.n = json_is_array(a.list) ? json_array_size(a.list) : 1;
    for (size_t i = 0; i < ARRAY_LEN(operators); i++)
        if (strcmp(operators[i].name, json_object_iter_key(it)) == 0)
            return operators[i].fn(ev, &a, operators[i].what);
    return json_null(); /* uncovered: targeting_check() refused it */
}

json_t *targeting_eval(const json_t *rule, const struct targeting_input *in)
{
    struct targeting_state ev = {.in = in};
    json_t *v = targeting_node(&ev, rule);

    if (!ev.over)
        return v;
    json_decref(v);
    return NULL;
}

/* ---- the check ---- */

struct check {
    const json_t *evaluators;
    const char *open[TARGETING_NESTING]; /* names of $ref that are being looked into */
    size_t n_open;
    unsigned depth, steps;
    struct err *err;
};

static enum err_code check_node(struct check *c, const json_t *node);

static enum err_code check_ref(struct check *c, const json_t *name)
{
    const json_t *e =
        json_is_string(name) ? json_object_get(c->evaluators, json_string_value(name)) : NULL;
    enum err_code rc;

    if (!e)
        return err_set(c->err, ERR_INVALID, "'$ref' names no evaluator: '%s'",
                       json_is_string(name) ? json_string_value(name) : "");
    for (size_t i = 0; i < c->n_open; i++)
        if (strcmp(c->open[i], json_string_value(name)) == 0)
            return err_set(c->err, ERR_INVALID, "evaluator '%s' refers to itself",
                           json_string_value(name));
    assert(c->n_open < TARGETING_NESTING); /* each is one level deeper */
    c->open[c->n_open++] = json_string_value(name);
    rc = check_node(c, e);
    c->n_open--;
    return rc;
}

static enum err_code unknown_operator(const char *name, struct err *err)
{
    struct suggest s = suggest_begin(sv_from(name));

    for (size_t i = 0; i < ARRAY_LEN(operators); i++)
        suggest_offer(&s, sv_from(operators[i].name));
    (void)err_set(err, ERR_INVALID, "there is no operator '%s'", name);
    if (s.best.p)
        return err_hint(err, "did you mean '%.*s'?", SV_FMT(s.best));
    return err->code;
}

static enum err_code check_object(struct check *c, const json_t *node)
{
    void *it = json_object_iter((json_t *)(uintptr_t)node);
    const char *name = it ? json_object_iter_key(it) : "";
    const json_t *args = it ? json_object_iter_value(it) : NULL;

    if (json_object_size(node) != 1)
        return err_set(c->err, ERR_INVALID, "an object of a rule has one operator, not %zu",
                       json_object_size(node));
    if (!targeting_operator(name))
        return unknown_operator(name, c->err);
    if (strcmp(name, "$ref") == 0)
        return check_ref(c, args);
    if (strcmp(name, "fractional") == 0 && targeting_check_fractional(args, c->err) != ERR_OK)
        return c->err->code;
    return check_node(c, args);
}

static enum err_code check_node(struct check *c, const json_t *node)
{
    enum err_code rc = ERR_OK;

    if (c->depth == TARGETING_NESTING || ++c->steps > TARGETING_STEPS)
        return err_set(c->err, ERR_INVALID, "a rule is too deep, or too large");
    c->depth++;
    if (json_is_object(node))
        rc = check_object(c, node);
    for (size_t i = 0; rc == ERR_OK && json_is_array(node) && i < json_array_size(node); i++)
        rc = check_node(c, json_array_get(node, i));
    c->depth--;
    return rc;
}

enum err_code targeting_check(const json_t *rule, const json_t *evaluators, struct err *err)
{
    struct check c = {.evaluators = evaluators, .err = err};

    return check_node(&c, rule);
}
