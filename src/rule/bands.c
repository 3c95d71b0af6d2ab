#include "rule/bands.h"

#include <math.h>
#include <stdio.h>

#include "base/sv.h"

enum verdict verdict_below(enum verdict v)
{
    return v == VERDICT_OK ? v : (enum verdict)(v - 1);
}

struct dim_text band_range_text(const struct band_range *r)
{
    struct dim_text t;
    char hi[16];

    (void)snprintf(hi, sizeof(hi), isinf(r->hi) ? "inf" : "%.6g", r->hi);
    (void)snprintf(t.s, sizeof(t.s), "%c%.6g, %s%c", r->lo_open ? '(' : '[', r->lo, hi,
                   r->hi_open ? ')' : ']');
    return t;
}

/*
 * An axis is cut at every bound into pieces: before the first bound, then each bound itself and
 * what lies between it and the next, to the end.  Piece 2i+1 is the i-th bound.
 */
struct axis {
    VEC(double) cuts;
};

static void axis_add(struct axis *a, double at)
{
    size_t i = a->cuts.n;

    if (isinf(at))
        return;
    while (i > 0 && a->cuts.v[i - 1] > at)
        i--;
    if (i > 0 && num_same(a->cuts.v[i - 1], at))
        return;
    (void)vec_add(&a->cuts);
    memmove(a->cuts.v + i + 1, a->cuts.v + i, (a->cuts.n - 1 - i) * sizeof(double));
    a->cuts.v[i] = at;
}

static size_t axis_pieces(const struct axis *a)
{
    return 2 * a->cuts.n + 1;
}

static struct band_range axis_piece(const struct axis *a, size_t i)
{
    struct band_range r = {-HUGE_VAL, HUGE_VAL, true, true};

    if (i % 2)
        return (struct band_range){a->cuts.v[i / 2], a->cuts.v[i / 2], false, false};
    if (i > 0)
        r.lo = a->cuts.v[i / 2 - 1];
    if (i / 2 < a->cuts.n)
        r.hi = a->cuts.v[i / 2];
    return r;
}

/* Does the range hold the whole piece?  Pieces never straddle a bound. */
static bool range_holds(const struct band_range *r, const struct band_range *piece)
{
    bool after = piece->lo > r->lo || (piece->lo >= r->lo && (!r->lo_open || piece->lo_open));
    bool before = piece->hi < r->hi || (piece->hi <= r->hi && (!r->hi_open || piece->hi_open));

    return after && before;
}

static bool range_has(const struct band_range *r, double v)
{
    struct band_range point = {v, v, false, false};

    return range_holds(r, &point);
}

/* Two neighbouring pieces, or runs of them, as one. */
static struct band_range range_join(const struct band_range *first, const struct band_range *last)
{
    return (struct band_range){first->lo, last->hi, first->lo_open, last->hi_open};
}

/* The limits of the good rows, and the hull of the bad ones. */
struct outline {
    bool has_good, has_bad;
    bool from_zero; /* a row begins at 0: nothing is below it */
    struct band_range good, bad;
};

static void hull(struct band_range *h, bool *has, const struct band_range *r)
{
    if (!*has || r->lo < h->lo || (r->lo <= h->lo && !r->lo_open)) {
        h->lo = r->lo;
        h->lo_open = r->lo_open;
    }
    if (!*has || r->hi > h->hi || (r->hi >= h->hi && !r->hi_open)) {
        h->hi = r->hi;
        h->hi_open = r->hi_open;
    }
    *has = true;
}

static struct outline outline_of(const struct band *rows, size_t n)
{
    struct outline o = {0};

    for (size_t i = 0; i < n; i++) {
        o.from_zero |= num_same(rows[i].value.lo, 0);
        if (rows[i].verdict == VERDICT_OK)
            hull(&o.good, &o.has_good, &rows[i].value);
        else
            hull(&o.bad, &o.has_bad, &rows[i].value);
    }
    return o;
}

/* Must some row name this piece?  Beyond H on a side that has bad rows, or between bad rows. */
static bool must_be_named(const struct outline *o, const struct band_range *piece)
{
    bool above, below;

    if (!o->has_bad || (o->from_zero && (piece->hi < 0 || (piece->hi <= 0 && piece->hi_open))))
        return false;
    if (range_holds(&o->bad, piece))
        return true;
    if (!o->has_good)
        return false;
    above = o->bad.hi > o->good.hi &&
            (piece->lo > o->good.hi ||
             (piece->lo >= o->good.hi && (piece->lo_open || o->good.hi_open)));
    below = o->bad.lo < o->good.lo &&
            (piece->hi < o->good.lo ||
             (piece->hi <= o->good.lo && (piece->hi_open || o->good.lo_open)));
    return above || below;
}

static bool is_named(const struct band *rows, size_t n, const struct band_range *value,
                     const struct band_range *held)
{
    for (size_t i = 0; i < n; i++)
        if (range_holds(&rows[i].value, value) && range_holds(&rows[i].held_s, held))
            return true;
    return false;
}

/* Joins with what came before when only the value moved on. */
static void add_region(struct band_regions *ret, size_t from, const struct band_region *new)
{
    for (size_t i = from; i < ret->list.n; i++) {
        struct band_region *old = &ret->list.v[i];

        if (num_same(old->held_s.lo, new->held_s.lo) && num_same(old->held_s.hi, new->held_s.hi) &&
            old->held_s.lo_open == new->held_s.lo_open &&
            old->held_s.hi_open == new->held_s.hi_open &&num_same(old->value.hi, new->value.lo) &&
            old->value.hi_open != new->value.lo_open) {
            old->value = range_join(&old->value, &new->value);
            return;
        }
    }
    *vec_add(&ret->list) = *new;
}

/* The runs of durations that no row names at this value. */
static void uncovered_at(const struct band *rows, size_t n, const struct axis *times,
                         const struct band_range *value, struct band_regions *ret)
{
    size_t pieces = axis_pieces(times), from = ret->list.n;
    bool running = false;
    struct band_region r = {.value = *value};

    from = from > pieces ? from - pieces : 0; /* the neighbours are among the last */
    for (size_t i = 1; i <= pieces; i++) {    /* piece 0 lies before time 0 */
        struct band_range held = i < pieces ? axis_piece(times, i) : r.held_s;
        bool open = i < pieces && !is_named(rows, n, value, &held);

        if (open)
            r.held_s = running ? range_join(&r.held_s, &held) : held;
        else if (running)
            add_region(ret, from, &r);
        running = open;
    }
}

void bands_uncovered(const struct band *rows, size_t n, struct band_regions *ret)
{
    struct outline o = outline_of(rows, n);
    struct axis values = {0}, times = {0};

    axis_add(&times, 0);
    for (size_t i = 0; i < n; i++) {
        axis_add(&values, rows[i].value.lo);
        axis_add(&values, rows[i].value.hi);
        axis_add(&times, rows[i].held_s.lo);
        axis_add(&times, rows[i].held_s.hi);
    }
    for (size_t i = 0; i < axis_pieces(&values); i++) {
        struct band_range piece = axis_piece(&values, i);

        if (must_be_named(&o, &piece))
            uncovered_at(rows, n, &times, &piece, ret);
    }
    vec_release(&values.cuts);
    vec_release(&times.cuts);
}

static bool intersect(const struct band_range *x, const struct band_range *y,
                      struct band_range *ret)
{
    const struct band_range *lo = x->lo > y->lo || (x->lo >= y->lo && x->lo_open) ? x : y;
    const struct band_range *hi = x->hi < y->hi || (x->hi <= y->hi && x->hi_open) ? x : y;

    *ret = range_join(lo, hi);
    return ret->lo < ret->hi || (ret->lo <= ret->hi && !ret->lo_open && !ret->hi_open);
}

void bands_overlapping(const struct band *rows, size_t n, struct band_regions *ret)
{
    for (size_t a = 0; a < n; a++)
        for (size_t b = a + 1; b < n; b++) {
            struct band_region r = {.a = a, .b = b};

            if (rows[a].verdict != rows[b].verdict &&
                intersect(&rows[a].value, &rows[b].value, &r.value) &&
                intersect(&rows[a].held_s, &rows[b].held_s, &r.held_s))
                *vec_add(&ret->list) = r;
        }
}

/* ---- one measurement ---- */

/* -1 below the bound, 0 at it, 1 above; 2 not known.  A percentile is above or not (R12). */
static int side_of(const struct band_value *v, double bound)
{
    struct dist_share s;

    if (isinf(bound))
        return bound > 0 ? -1 : 1;
    if (!v->dist)
        return v->num < bound ? -1 : v->num > bound;
    s = dist_above(v->dist, v->per_mille, bound);
    return s.answer == DIST_ABOVE ? 1 : s.answer == DIST_NOT_ABOVE ? -1 : 2;
}

/* 1 inside, 0 outside, 2 not known. */
static int inside(const struct band_range *r, const struct band_value *v)
{
    int lo = side_of(v, r->lo), hi = side_of(v, r->hi);
    bool above = lo == 1 || (lo == 0 && !r->lo_open), below = hi == -1 || (hi == 0 && !r->hi_open);

    if (lo == 2 || hi == 2)
        return (lo != 2 && !above) || (hi != 2 && !below) ? 0 : 2;
    return above && below;
}

enum band_place bands_place(const struct band *rows, size_t n, const struct band_value *v)
{
    struct outline o = outline_of(rows, n);
    bool unknown = false, good = false;
    struct band_range beyond = o.bad;

    for (size_t i = 0; i < n; i++) {
        int in = inside(&rows[i].value, v);

        if (in == 1 && rows[i].verdict != VERDICT_OK)
            return BAND_BAD;
        good |= in == 1;
        unknown |= in == 2;
    }
    if (unknown)
        return BAND_UNKNOWN;
    if (good || !o.has_bad)
        return BAND_GOOD;
    /* In no row: nobody's when beyond H, or between bad rows. */
    if (o.has_good && o.bad.hi > o.good.hi) {
        beyond.lo = o.bad.lo < o.good.hi ? o.bad.lo : o.good.hi;
        beyond.lo_open = o.bad.lo < o.good.hi && o.bad.lo_open;
        beyond.hi = HUGE_VAL;
    }
    if (o.has_good && o.bad.lo < o.good.lo) {
        beyond.hi = o.bad.hi > o.good.lo ? beyond.hi : o.good.lo;
        beyond.hi_open = o.bad.hi > o.good.lo && beyond.hi_open;
        beyond.lo = o.from_zero ? 0 : -HUGE_VAL;
        beyond.lo_open = false;
    }
    return inside(&beyond, v) == 1 ? BAND_UNCOVERED : BAND_GOOD;
}

enum verdict bands_verdict(const struct band *rows, size_t n, double value, double held_s,
                           bool *uncovered)
{
    struct band_value v = {.num = value};
    enum verdict worst = VERDICT_OK;

    *uncovered = bands_place(rows, n, &v) == BAND_UNCOVERED;
    if (*uncovered)
        return VERDICT_INVESTIGATE;
    for (size_t i = 0; i < n; i++) {
        enum verdict c =
            held_s >= rows[i].held_s.lo ? rows[i].verdict : verdict_below(rows[i].verdict);

        if (range_has(&rows[i].value, value) && c > worst)
            worst = c;
    }
    return worst;
}

/* ---- rows out of rules ---- */

static void strip_window(void *ctx, struct expr *e)
{
    (void)ctx;
    e->window = (struct rule_span){0};
}

static struct sv subject_text(struct arena *a, const struct expr *subject)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    CLEANUP(arena_release) struct arena scratch = {0};
    struct expr *copy = expr_copy(&scratch, subject);

    expr_walk(copy, strip_window, NULL);
    rule_print_expr(copy, &text);
    return arena_sv(a, strbuf_sv(&text));
}

static double base_value(const struct num *v)
{
    return v->per_s > 0 ? v->value / v->per_s : v->value;
}

/* The values for which the comparison is true; false when they are no range of a literal. */
static bool true_range(const struct expr *cmp, struct band_range *r)
{
    const struct expr *subject = rule_subject(cmp), *other = subject == cmp->a ? cmp->b : cmp->a;
    struct num v, hi;
    unsigned op;

    *r = (struct band_range){-HUGE_VAL, HUGE_VAL, true, true};
    if (!rule_literal(cmp->kind == EXPR_RANGE ? cmp->b : other, &v))
        return false;
    if (cmp->kind == EXPR_RANGE) {
        *r = (struct band_range){base_value(&v), 0, cmp->open_lo, cmp->open_hi};
        if (!rule_literal(cmp->c, &hi))
            return false;
        r->hi = base_value(&hi);
        return true;
    }
    op = subject == cmp->a ? cmp->op : rule_cmp_mirror((enum rule_cmp)cmp->op);
    if (op == CMP_NE)
        return false;
    if (op != CMP_LT && op != CMP_LE) {
        r->lo = base_value(&v);
        r->lo_open = op == CMP_GT;
    }
    if (op != CMP_GT && op != CMP_GE) {
        r->hi = base_value(&v);
        r->hi_open = op == CMP_LT;
    }
    return true;
}

/* The values for which it is false, when those are one range. */
static bool false_range(struct band_range *r)
{
    if (isinf(r->lo) == isinf(r->hi))
        return false;
    if (isinf(r->hi))
        *r = (struct band_range){-HUGE_VAL, r->lo, true, !r->lo_open};
    else
        *r = (struct band_range){r->hi, HUGE_VAL, !r->hi_open, true};
    return true;
}

static void add_bands(struct arena *a, const struct rule *r, const struct expr *e, bool negated,
                      struct rule_bands *ret)
{
    /* Of a bad condition each alternative is bad by itself; of a good one each part must be good. */
    bool alternatives = (r->form == RULE_WHEN && !rule_has_action(r, ACTION_OK)) != negated;
    struct band_range range;

    if (e->kind == EXPR_NOT) {
        add_bands(a, r, e->a, !negated, ret);
        return;
    }
    if (e->kind == (alternatives ? EXPR_OR : EXPR_AND)) {
        add_bands(a, r, e->a, negated, ret);
        add_bands(a, r, e->b, negated, ret);
        return;
    }
    if ((e->kind != EXPR_CMP && e->kind != EXPR_RANGE) || rule_subject(e)->type.dim > DIM_BYTES ||
        !true_range(e, &range) || (negated && !false_range(&range)))
        return;
    *vec_add(&ret->list) = (struct rule_band){
        .subject = subject_text(a, rule_subject(e)),
        .cmp = e,
        .band = {.verdict = r->form == RULE_EXPECT ? VERDICT_OK : rule_verdict(r),
                 .value = range,
                 .held_s = {(double)r->hold.us / 1e6, HUGE_VAL, false, true}}};
}

void rule_bands_add(struct arena *a, const struct rule *r, struct rule_bands *ret)
{
    if (r->form == RULE_EXPECT || (r->form == RULE_WHEN && !rule_has_action(r, ACTION_PROCEED) &&
                                   !rule_has_action(r, ACTION_INFO)))
        add_bands(a, r, r->expr, false, ret);
}
