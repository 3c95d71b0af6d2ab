#include "rule/family.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/map.h"
#include "base/sv.h"

#define FAMILY_ROWS 32u /* of one subject: a decision table has 10; the search is cubic */
#define FAMILY_TOLD 3u  /* holes, or overlaps, of one family */

struct family {
    struct arena *a;
    struct family_findings *ret;
    const struct family_row *rows;
    VEC(struct family_row) one; /* of the family that is looked at */
};

static void family_add(struct family *f, const char *id, size_t a, size_t b, struct sv subject,
                       struct sv message)
{
    struct family_finding *x = vec_add(&f->ret->list);

    /* what can never be true is wrong; the rest may be meant */
    *x =
        (struct family_finding){.severity = strcmp(id, "RB403") ? SEVERITY_WARNING : SEVERITY_ERROR,
                                .a = a,
                                .b = b,
                                .subject = subject,
                                .message = message};
    (void)snprintf(x->id, sizeof(x->id), "%s", id);
}

/* --- rows --- */

struct family_name {
    struct sv text;
    size_t n;
};

static void family_see_name(void *ctx, struct expr *e)
{
    struct family_name *x = ctx;

    if (e->kind != EXPR_NAME)
        return;
    x->n += !sv_eq(x->text, e->text);
    x->text = e->text;
}

static struct sv family_source(const struct expr *subject)
{
    struct family_name x = {{"", 0}, 0};

    expr_walk((struct expr *)(uintptr_t)subject, family_see_name, &x);
    return x.n == 1 ? x.text : (struct sv){"", 0};
}

/* The limit says what the numbers are, where the name does not. */
static struct dim_type family_type(const struct expr *cmp)
{
    const struct expr *subject = rule_subject(cmp);
    const struct expr *limit = cmp->kind == EXPR_RANGE || subject == cmp->a ? cmp->b : cmp->a;
    struct num v;

    if (rule_literal(limit, &v) && v.dim != DIM_COUNT)
        return (struct dim_type){v.dim, v.per_s > 0};
    return subject->type;
}

void family_add_rule(struct arena *a, const struct rule *r, size_t index, struct family_rows *ret)
{
    struct rule_bands bands = {0};

    rule_bands_add(a, r, &bands);
    for (size_t i = 0; i < bands.list.n; i++) {
        const struct rule_band *b = &bands.list.v[i];

        *vec_add(&ret->list) = (struct family_row){.rule = index,
                                                   .subject = b->subject,
                                                   .source = family_source(rule_subject(b->cmp)),
                                                   .band = b->band,
                                                   .type = family_type(b->cmp),
                                                   .expects = r->form == RULE_EXPECT};
    }
    vec_release(&bands.list);
}

/* "[0.5%, 1%)" */
static struct sv family_range(struct family *f, const struct band_range *r, struct dim_type type)
{
    struct sv lo = isinf(r->lo) ? SV("-inf") : arena_fmt(f->a, "%s", num_format(r->lo, type).s);
    struct sv hi = isinf(r->hi) ? SV("inf") : arena_fmt(f->a, "%s", num_format(r->hi, type).s);

    if (num_same(r->lo, r->hi))
        return arena_fmt(f->a, "exactly %.*s", SV_FMT(lo));
    return arena_fmt(f->a, "in %c%.*s, %.*s%c", r->lo_open ? '(' : '[', SV_FMT(lo), SV_FMT(hi),
                     r->hi_open ? ')' : ']');
}

static struct sv family_held(struct family *f, const struct band_range *held)
{
    static const struct dim_type time = {DIM_TIME, false};

    if (held->lo > 0)
        return arena_fmt(f->a, " from %s on", num_format(held->lo, time).s);
    if (!isinf(held->hi))
        return arena_fmt(f->a, " for less than %s", num_format(held->hi, time).s);
    return (struct sv){"", 0};
}

/* --- one family --- */

/* The row of the family that speaks of the value nearest to the region: where the reader looks first. */
static size_t family_nearest(const struct family *f, const struct band_range *value)
{
    for (size_t i = 0; i < f->one.n; i++)
        if (f->one.v[i].band.verdict != VERDICT_OK && f->one.v[i].band.value.lo >= value->lo)
            return f->one.v[i].rule;
    return f->one.v[0].rule;
}

static void family_uncovered(struct family *f, const struct band *bands)
{
    struct band_regions regions = {0};

    bands_uncovered(bands, f->one.n, &regions);
    for (size_t i = 0; i < regions.list.n && i < FAMILY_TOLD; i++) {
        const struct band_region *r = &regions.list.v[i];

        family_add(f, "RB401", family_nearest(f, &r->value), FAMILY_NONE, f->one.v[0].subject,
                   arena_fmt(f->a, "no rule names %.*s %.*s%.*s", SV_FMT(f->one.v[0].subject),
                             SV_FMT(family_range(f, &r->value, f->one.v[0].type)),
                             SV_FMT(family_held(f, &r->held_s))));
    }
    vec_release(&regions.list);
}

static bool family_inside(const struct band_range *x, const struct band_range *y)
{
    bool lo = x->lo > y->lo || (x->lo >= y->lo && (!y->lo_open || x->lo_open));
    bool hi = x->hi < y->hi || (x->hi <= y->hi && (!y->hi_open || x->hi_open));

    return lo && hi;
}

/*
 * That a mild row goes on where a worse one begins is how people write: the worst wins.  It is wrong when it never
 * decides, when it has an end of its own and goes beyond where the worse one begins, and when one of the two says
 * that all is well.
 */
static void family_overlap(struct family *f, const struct band_region *r)
{
    const struct family_row *x = &f->one.v[r->a], *y = &f->one.v[r->b];
    const struct family_row *mild = x->band.verdict < y->band.verdict ? x : y;
    const struct family_row *worse = mild == x ? y : x;
    struct sv value = family_range(f, &r->value, mild->type);

    if (mild->rule == worse->rule)
        return; /* one rule with two comparisons */
    if (mild->band.verdict == VERDICT_OK)
        family_add(
            f, "RB402", mild->rule, worse->rule, mild->subject,
            arena_fmt(f->a, "%.*s %.*s is fine and is not", SV_FMT(mild->subject), SV_FMT(value)));
    else if (family_inside(&mild->band.value, &worse->band.value) &&
             family_inside(&mild->band.held_s, &worse->band.held_s))
        family_add(f, "RB402", mild->rule, worse->rule, mild->subject,
                   arena_fmt(f->a, "this never decides: %.*s %.*s is %s already",
                             SV_FMT(mild->subject),
                             SV_FMT(family_range(f, &mild->band.value, mild->type)),
                             verdict_names[worse->band.verdict]));
    else if (!isinf(mild->band.value.hi) && !isinf(mild->band.value.lo))
        family_add(f, "RB402", mild->rule, worse->rule, mild->subject,
                   arena_fmt(f->a, "two rules with different verdicts name %.*s %.*s",
                             SV_FMT(mild->subject), SV_FMT(value)));
}

static void family_overlapping(struct family *f, const struct band *bands)
{
    struct band_regions regions = {0};

    bands_overlapping(bands, f->one.n, &regions);
    for (size_t i = 0; i < regions.list.n && i < FAMILY_TOLD; i++)
        family_overlap(f, &regions.list.v[i]);
    vec_release(&regions.list);
}

static bool family_same_range(const struct band_range *x, const struct band_range *y)
{
    return family_inside(x, y) && family_inside(y, x);
}

/* Two expectations of one subject with different limits: which one holds? */
static void family_limits(struct family *f)
{
    for (size_t i = 0; i < f->one.n; i++)
        for (size_t k = i + 1; k < f->one.n; k++) {
            const struct family_row *x = &f->one.v[i], *y = &f->one.v[k];

            if (!x->expects || !y->expects || x->rule == y->rule ||
                family_same_range(&x->band.value, &y->band.value))
                continue;
            family_add(f, "RB409", x->rule, y->rule, x->subject,
                       arena_fmt(f->a, "%.*s is expected %.*s here and %.*s there",
                                 SV_FMT(x->subject),
                                 SV_FMT(family_range(f, &x->band.value, x->type)),
                                 SV_FMT(family_range(f, &y->band.value, y->type))));
        }
}

static void family_look(struct family *f)
{
    VEC(struct band) bands = {0};

    if (f->one.n < 2)
        return;
    for (size_t i = 0; i < f->one.n; i++)
        *vec_add(&bands) = f->one.v[i].band;
    family_uncovered(f, bands.v);
    family_overlapping(f, bands.v);
    family_limits(f);
    vec_release(&bands);
}

/* --- one source, two measures --- */

static void family_measures(struct family *f)
{
    for (size_t i = 0; i < f->one.n; i++)
        for (size_t k = 0; k < f->one.n; k++) {
            const struct family_row *good = &f->one.v[i], *bad = &f->one.v[k];

            if (good->band.verdict != VERDICT_OK || bad->band.verdict == VERDICT_OK ||
                sv_eq(good->subject, bad->subject))
                continue;
            family_add(f, "RB410", good->rule, bad->rule, good->source,
                       arena_fmt(f->a,
                                 "what is fine is said of %.*s, what is not of %.*s: nobody "
                                 "knows where one ends",
                                 SV_FMT(good->subject), SV_FMT(bad->subject)));
        }
}

/* --- rows that belong together --- */

static struct sv family_subject_of(const struct family_row *r)
{
    return r->subject;
}

static struct sv family_source_of(const struct family_row *r)
{
    return r->source;
}

/* For the rows of each name, in the order of their first: put them into f->one and look. */
static void family_each(struct family *f, size_t n, struct sv (*name)(const struct family_row *),
                        void (*look)(struct family *f))
{
    struct map seen = {0};
    VEC(size_t) first = {0}, last = {0}; /* rows of each name */
    size_t *next = XNEWN(size_t, n + 1), at;

    for (size_t i = 0; i < n; i++) {
        next[i] = SIZE_MAX;
        if (!name(&f->rows[i]).n)
            continue;
        if (map_get(&seen, name(&f->rows[i]), &at)) {
            assert(at < last.n);
            next[last.v[at]] = i;
            last.v[at] = i;
            continue;
        }
        (void)map_put(&seen, name(&f->rows[i]), first.n);
        *vec_add(&first) = i;
        *vec_add(&last) = i;
    }
    for (size_t k = 0; k < first.n; k++) {
        f->one.n = 0;
        for (size_t i = first.v[k]; i != SIZE_MAX && f->one.n < FAMILY_ROWS; i = next[i])
            *vec_add(&f->one) = f->rows[i];
        look(f);
    }
    free(next);
    vec_release(&first);
    vec_release(&last);
    map_release(&seen);
}

void family_check(struct arena *a, const struct family_rows *rows, struct family_findings *ret)
{
    struct family f = {.a = a, .ret = ret, .rows = rows->list.v};

    family_each(&f, rows->list.n, family_subject_of, family_look);
    family_each(&f, rows->list.n, family_source_of, family_measures);
    vec_release(&f.one);
}

/* --- a rule by itself --- */

/* Do the comparisons that all must hold leave any value? */
static void family_and(struct arena *a, const struct rule *r, const struct expr *e,
                       struct band_range *left, struct sv *subject)
{
    struct rule one = *r;
    struct rule_bands bands = {0};

    if (e->kind == EXPR_AND) {
        family_and(a, r, e->a, left, subject);
        family_and(a, r, e->b, left, subject);
        return;
    }
    one.expr = (struct expr *)(uintptr_t)e;
    rule_bands_add(a, &one, &bands);
    if (bands.list.n == 1 && (!subject->n || sv_eq(*subject, bands.list.v[0].subject))) {
        const struct band_range *v = &bands.list.v[0].band.value;

        *subject = bands.list.v[0].subject;
        if (v->lo > left->lo || (v->lo >= left->lo && v->lo_open)) {
            left->lo = v->lo;
            left->lo_open = v->lo_open;
        }
        if (v->hi < left->hi || (v->hi <= left->hi && v->hi_open)) {
            left->hi = v->hi;
            left->hi_open = v->hi_open;
        }
    }
    vec_release(&bands.list);
}

void family_check_rule(struct arena *a, const struct rule *r, size_t index,
                       struct family_findings *ret)
{
    struct family f = {.a = a, .ret = ret};
    struct band_range left = {-HUGE_VAL, HUGE_VAL, true, true};
    struct sv subject = {"", 0};

    if (r->form != RULE_WHEN || !r->expr || r->expr->kind != EXPR_AND)
        return;
    family_and(a, r, r->expr, &left, &subject);
    if (subject.n && (left.lo > left.hi || (left.lo >= left.hi && (left.lo_open || left.hi_open))))
        family_add(&f, "RB403", index, FAMILY_NONE, subject,
                   arena_fmt(a, "this can never be true: %.*s cannot be both", SV_FMT(subject)));
}
