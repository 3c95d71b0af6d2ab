#include "rule/value.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/sv.h"
#include "rule/expr.h"

/* A bound lies inside its tolerance whatever the last bit says (conditions.md 5.1). */
#define WITHIN_SLACK 1e-12

const char *const nodata_names[NODATA__N] = {
    [NODATA_NO_SERIES] = "no-series",
    [NODATA_STALE] = "stale",
    [NODATA_FILLING] = "filling",
    [NODATA_NO_TRAFFIC] = "no-traffic",
    [NODATA_BETWEEN_BUCKETS] = "between-buckets",
    [NODATA_ZERO_DENOMINATOR] = "zero-denominator",
    [NODATA_ZERO_BASELINE] = "zero-baseline",
    [NODATA_NO_BASELINE] = "no-baseline",
    [NODATA_NULL] = "null",
    [NODATA_NO_ROWS] = "no-rows",
    [NODATA_NAN] = "nan",
    [NODATA_UNDECIDED] = "undecided",
};

struct val val_num(double v)
{
    if (isnan(v))
        return val_nodata(NODATA_NAN);
    return (struct val){.kind = VAL_NUM, .num = v};
}

struct val val_bool(bool v)
{
    return (struct val){.kind = VAL_BOOL, .num = v};
}

struct val val_text(struct sv s)
{
    return (struct val){.kind = VAL_TEXT, .text = s};
}

struct val val_nodata(enum nodata why)
{
    return (struct val){.kind = VAL_NODATA, .why = why};
}

struct val val_error(struct arena *a, const char *fmt, ...)
{
    char text[256];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    return (struct val){.kind = VAL_ERROR, .text = arena_sv(a, sv_from(text))};
}

struct val val_unknown(const struct val *a, const struct val *b)
{
    if (a->kind == VAL_ERROR || (a->kind == VAL_NODATA && b->kind != VAL_ERROR))
        return *a;
    if (!val_known(b))
        return *b;
    return (struct val){.kind = VAL_NULL};
}

struct val val_not(struct val v)
{
    return val_known(&v) ? val_bool(val_is(&v, false)) : v;
}

struct val val_and(struct val a, struct val b)
{
    if (val_is(&a, false) || val_is(&b, false))
        return val_bool(false);
    if (val_is(&a, true) && val_is(&b, true))
        return val_bool(true);
    return val_unknown(&a, &b);
}

struct val val_or(struct val a, struct val b)
{
    if (val_is(&a, true) || val_is(&b, true))
        return val_bool(true);
    if (val_is(&a, false) && val_is(&b, false))
        return val_bool(false);
    return val_unknown(&a, &b);
}

struct val val_single(struct arena *a, struct val v)
{
    if (v.kind != VAL_SERIES)
        return v;
    assert(v.n_items > 0);
    if (v.n_items > 1)
        return val_error(a, "%zu series and no aggregate around them", v.n_items);
    return val_num(v.items[0].v);
}

struct val val_condition(struct arena *a, struct val v)
{
    v = val_single(a, v);
    if (!val_known(&v) || v.kind == VAL_BOOL)
        return v;
    if (v.kind == VAL_NULL) /* R19 */
        return val_bool(false);
    if (v.kind == VAL_NUM && (num_same(v.num, 0) || num_same(v.num, 1)))
        return val_bool(v.num > 0);
    return val_error(a, "a value that is neither true nor false");
}

struct val val_of_json(const json_t *j)
{
    if (json_is_number(j))
        return val_num(json_number_value(j));
    if (json_is_string(j))
        return val_text((struct sv){json_string_value(j), json_string_length(j)});
    if (json_is_boolean(j))
        return val_bool(json_is_true(j));
    if (!j || json_is_null(j))
        return (struct val){.kind = VAL_NULL};
    return (struct val){.kind = VAL_JSON, .json = j};
}

static bool json_object_eq(const json_t *a, const json_t *b)
{
    const char *key;
    json_t *v;

    if (json_object_size(a) != json_object_size(b))
        return false;
    for (void *it = json_object_iter((json_t *)(uintptr_t)a); it;
         it = json_object_iter_next((json_t *)(uintptr_t)a, it)) {
        const json_t *other;

        key = json_object_iter_key(it);
        v = json_object_iter_value(it);
        other = json_object_get(b, key);
        if (!other || !val_json_eq(v, other))
            return false;
    }
    return true;
}

bool val_json_eq(const json_t *a, const json_t *b)
{
    if (json_is_number(a) && json_is_number(b))
        return json_is_integer(a) && json_is_integer(b)
                   ? json_integer_value(a) == json_integer_value(b)
                   : num_same(json_number_value(a), json_number_value(b));
    if (json_typeof(a) != json_typeof(b))
        return false;
    if (json_is_object(a))
        return json_object_eq(a, b);
    if (json_is_array(a)) {
        if (json_array_size(a) != json_array_size(b))
            return false;
        for (size_t i = 0; i < json_array_size(a); i++)
            if (!val_json_eq(json_array_get(a, i), json_array_get(b, i)))
                return false;
        return true;
    }
    return json_equal(a, b);
}

bool val_same(const struct val *a, const struct val *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == VAL_NUM || a->kind == VAL_BOOL)
        return num_same(a->num, b->num);
    if (a->kind == VAL_JSON)
        return val_json_eq(a->json, b->json);
    return a->kind == VAL_TEXT && sv_eq(a->text, b->text);
}

/* What an element of a set is worth: of a row its field, or its only one. */
static const json_t *element_of(const json_t *e, struct sv field)
{
    const json_t *v;

    if (!json_is_object(e))
        return e;
    v = field.n ? json_object_getn(e, field.p, field.n) : NULL;
    if (!v && json_object_size(e) == 1)
        v = json_object_iter_value(json_object_iter((json_t *)(uintptr_t)e));
    return v ? v : e;
}

bool val_in_json(const struct val *v, const json_t *array, struct sv field)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        struct val e = val_of_json(element_of(json_array_get(array, i), field));

        if (val_same(v, &e))
            return true;
    }
    return false;
}

/* The next part of "3.11.2", and the rest. */
static bool version_part(struct sv *s, uint64_t *ret)
{
    struct sv part;

    *ret = 0;
    if (!sv_split(s, '.', &part))
        return true;
    return sv_to_u64(part, ret);
}

/* "Python 3.11.2" and "v3.11": what stands before the first digit is no part of it. */
static struct sv version_text(struct sv s)
{
    size_t from = 0, to;

    while (from < s.n && !ascii_is_digit(s.p[from]))
        from++;
    for (to = from; to < s.n && (ascii_is_digit(s.p[to]) ||
                                 (s.p[to] == '.' && to + 1 < s.n && ascii_is_digit(s.p[to + 1])));)
        to++;
    return sv_sub(s, from, to);
}

bool val_version_cmp(struct sv a, struct sv b, int *ret)
{
    struct sv x = version_text(a), y = version_text(b);
    int order = 0;

    if (x.n == 0 || y.n == 0)
        return false;
    while (x.p || y.p) {
        uint64_t m, n;

        if (!version_part(&x, &m) || !version_part(&y, &n))
            return false;
        if (order == 0)
            order = m < n ? -1 : m > n;
    }
    *ret = order;
    return true;
}

static struct val holds(unsigned op, int order)
{
    static const bool truth[CMP__N][3] = {
        [CMP_LT] = {true, false, false}, [CMP_LE] = {true, true, false},
        [CMP_GT] = {false, false, true}, [CMP_GE] = {false, true, true},
        [CMP_EQ] = {false, true, false}, [CMP_NE] = {true, false, true},
    };

    return val_bool(truth[op][order + 1]);
}

static struct val compare_dist(struct arena *a, unsigned op, const struct val *d, double limit)
{
    struct dist_share s = dist_above(d->dist, d->per_mille, limit);

    if (s.answer == DIST_BEYOND)
        return val_error(a, "limit above last finite bucket");
    if (s.answer == DIST_BETWEEN)
        return val_nodata(NODATA_BETWEEN_BUCKETS);
    assert(op < CMP_EQ); /* rule_check() refuses equality */
    return val_bool((s.answer == DIST_ABOVE) == (op == CMP_GT || op == CMP_GE));
}

/* A moment is a number of seconds; rows and members give it as text. */
static void text_to_moment(struct val *text, const struct val *other)
{
    int64_t us;

    if (text->kind == VAL_TEXT && other->kind == VAL_NUM && clock_parse(text->text, &us))
        *text = val_num((double)us / 1e6);
}

static struct val compare_known(struct arena *a, unsigned op, struct val x, struct val y)
{
    int order;

    text_to_moment(&x, &y);
    text_to_moment(&y, &x);
    if (x.kind == VAL_VERSION && y.kind == VAL_VERSION)
        return val_version_cmp(x.text, y.text, &order)
                   ? holds(op, order)
                   : val_error(a, "no version: '%.*s'",
                               SV_FMT(version_text(x.text).n ? y.text : x.text));
    if (x.kind != y.kind)
        return val_error(a, "values of different kinds are compared");
    if (x.kind == VAL_NUM)
        return holds(op, x.num < y.num ? -1 : x.num > y.num);
    if (op >= CMP_EQ)
        return val_bool(val_same(&x, &y) == (op == CMP_EQ));
    return val_error(a, "values without an order are compared");
}

static unsigned mirrored(unsigned op)
{
    return op == CMP_LT ? CMP_GT : op == CMP_LE ? CMP_GE : op == CMP_GT ? CMP_LT : CMP_LE;
}

struct val val_compare(struct arena *a, unsigned op, struct val x, struct val y)
{
    struct val unknown;

    x = val_single(a, x);
    y = val_single(a, y);
    unknown = val_unknown(&x, &y);
    if (!val_known(&unknown))
        return unknown;
    if (x.kind == VAL_NULL || y.kind == VAL_NULL) /* R19 */
        return val_bool(false);
    if (x.kind == VAL_DIST && y.kind == VAL_NUM)
        return compare_dist(a, op, &x, y.num);
    if (y.kind == VAL_DIST && x.kind == VAL_NUM)
        return compare_dist(a, mirrored(op), &y, x.num);
    return compare_known(a, op, x, y);
}

static struct val arith_num(char op, double x, double y)
{
    if (op == '/' && num_same(y, 0))
        return val_nodata(NODATA_ZERO_DENOMINATOR);
    return val_num(op == '+' ? x + y : op == '-' ? x - y : op == '*' ? x * y : x / y);
}

/* Merge two lists in label order; what stands in one only has no partner. */
static struct val arith_series(struct arena *a, char op, const struct val *x, const struct val *y)
{
    struct val_item *items = ARENA_NEWN(a, struct val_item, size_min(x->n_items, y->n_items));
    size_t i = 0, j = 0, n = 0;

    while (i < x->n_items && j < y->n_items) {
        int c = sv_cmp(x->items[i].labels, y->items[j].labels);
        struct val v;

        if (c != 0) {
            i += c < 0;
            j += c > 0;
            continue;
        }
        v = arith_num(op, x->items[i].v, y->items[j].v);
        if (!val_known(&v))
            return v;
        items[n++] = (struct val_item){x->items[i].labels, v.num};
        i++;
        j++;
        if ((i < x->n_items && sv_eq(x->items[i].labels, items[n - 1].labels)) ||
            (j < y->n_items && sv_eq(y->items[j].labels, items[n - 1].labels)))
            return val_error(a, "two sources have a series with the same labels");
    }
    if (n == 0)
        return val_error(a, "no two series with the same labels");
    return (struct val){.kind = VAL_SERIES, .items = items, .n_items = n};
}

/* One side is a number: it meets every series of the other. */
static struct val arith_spread(struct arena *a, char op, const struct val *x, const struct val *y)
{
    const struct val *many = x->kind == VAL_SERIES ? x : y;
    struct val_item *items = ARENA_NEWN(a, struct val_item, many->n_items);

    for (size_t i = 0; i < many->n_items; i++) {
        struct val v =
            arith_num(op, x == many ? x->items[i].v : x->num, y == many ? y->items[i].v : y->num);

        if (!val_known(&v))
            return v;
        items[i] = (struct val_item){many->items[i].labels, v.num};
    }
    return (struct val){.kind = VAL_SERIES, .items = items, .n_items = many->n_items};
}

struct val val_arith(struct arena *a, char op, struct val x, struct val y)
{
    struct val unknown = val_unknown(&x, &y);
    bool many_x = x.kind == VAL_SERIES, many_y = y.kind == VAL_SERIES;

    if (!val_known(&unknown))
        return unknown;
    if (x.kind == VAL_NULL || y.kind == VAL_NULL)
        return (struct val){.kind = VAL_NULL};
    text_to_moment(&x, &y);
    text_to_moment(&y, &x);
    if ((!many_x && x.kind != VAL_NUM) || (!many_y && y.kind != VAL_NUM))
        return val_error(a, "a value that is no number");
    if (many_x && many_y)
        return arith_series(a, op, &x, &y);
    if (many_x || many_y)
        return arith_spread(a, op, &x, &y);
    return arith_num(op, x.num, y.num);
}

struct val val_map(struct arena *a, struct val v, double (*fn)(double))
{
    struct val_item *items;

    if (!val_known(&v) || v.kind == VAL_NULL)
        return v;
    if (v.kind == VAL_NUM)
        return val_num(fn(v.num));
    if (v.kind != VAL_SERIES)
        return val_error(a, "a value that is no number");
    items = arena_memdup(a, v.items, v.n_items * sizeof(*items));
    for (size_t i = 0; i < v.n_items; i++)
        items[i].v = fn(items[i].v);
    v.items = items;
    return v;
}

struct val val_fold(struct arena *a, unsigned func, struct val v)
{
    double r;

    if (v.kind != VAL_SERIES) /* one number is its own maximum */
        return v.kind == VAL_NUM || v.kind == VAL_NULL || !val_known(&v)
                   ? v
                   : val_error(a, "a value that is no number");
    r = v.items[0].v;
    for (size_t i = 1; i < v.n_items; i++) {
        double x = v.items[i].v;

        r = func == FUNC_MAX ? fmax(r, x) : func == FUNC_MIN ? fmin(r, x) : r + x;
    }
    return val_num(func == FUNC_AVG ? r / (double)v.n_items : r);
}

struct val val_within(struct arena *a, struct val x, struct val y, double tolerance, bool relative)
{
    struct val unknown;
    double d, slack;

    x = val_single(a, x);
    y = val_single(a, y);
    unknown = val_unknown(&x, &y);
    if (!val_known(&unknown))
        return unknown;
    if (x.kind == VAL_NULL || y.kind == VAL_NULL)
        return val_bool(false);
    if (y.kind != VAL_NUM || (x.kind != VAL_NUM && x.kind != VAL_DIST))
        return val_error(a, "a value that is no number");
    if (relative)
        tolerance *= fabs(y.num);
    if (x.kind == VAL_DIST)
        return val_and(val_compare(a, CMP_GT, x, val_num(y.num - tolerance)),
                       val_compare(a, CMP_LE, x, val_num(y.num + tolerance)));
    d = fabs(x.num - y.num);
    slack = WITHIN_SLACK * fmax(fabs(x.num), fabs(y.num));
    return val_bool(d <= tolerance + slack || num_same(x.num, y.num));
}
