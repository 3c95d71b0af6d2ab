#include "base/sv.h"
#include "lint/lint_util.h"

struct rb501_time {
    size_t line;
    struct sv label;
    double lo, hi;
};
typedef VEC(struct rb501_time) rb501_times;

static bool rb501_disjoint(double alo, double ahi, double blo, double bhi)
{
    return alo > bhi || blo > ahi;
}

static bool rb501_is_total(struct sv key)
{
    return sv_has_word(key, SV("total"));
}

static bool rb501_is_estimate(struct sv key)
{
    return sv_has_word(key, SV("estimated")) &&
           (sv_has_word(key, SV("time")) || sv_has_word(key, SV("effort")) ||
            sv_has_word(key, SV("duration")));
}

/* A line that names a total or an estimate, with the first duration in it. */
static void rb501_take(struct sv line, size_t at, rb501_times *totals, rb501_times *parts)
{
    struct rb501_time t = {.line = at, .label = line};
    bool total = rb501_is_total(line);

    if ((!total && !rb501_is_estimate(line)) || /* most lines speak of neither */
        !lint_duration(line, &t.lo, &t.hi) || t.hi <= 0 || sv_has_nocase(line, SV("downtime")))
        return;
    *vec_add(total ? totals : parts) = t;
}

/* Outside of code. */
static void rb501_collect(struct lint *l, rb501_times *totals, rb501_times *parts)
{
    for (size_t i = 0; i < l->rb->md.n; i++) {
        const struct md_node *n = &l->rb->md.v[i];
        struct sv line, rest = n->kind == MD_ROW ? document_line(l->rb->doc, n->line) : n->text;

        if (n->kind != MD_PARAGRAPH && n->kind != MD_ROW && n->kind != MD_HEADING)
            continue;
        for (size_t at = n->line; sv_next_line(&rest, &line); at++)
            rb501_take(line, at, totals, parts);
    }
}

static void rb501_totals(struct lint *l, const struct lint_rule *rule)
{
    rb501_times totals = {0}, parts = {0};
    double lo = 0, hi = 0;

    rb501_collect(l, &totals, &parts);
    for (size_t i = 0; i < parts.n; i++) {
        lo += parts.v[i].lo;
        hi += parts.v[i].hi;
    }
    for (size_t i = 0; i < totals.n; i++) {
        const struct rb501_time *t = &totals.v[i],
                                *whole = parts.n == 1 && parts.v[0].line < 12 ? &parts.v[0] : NULL;

        if (whole && rb501_disjoint(t->lo, t->hi, whole->lo, whole->hi)) {
            lint_add(l, rule, whole->line, (struct sv){NULL, 0}, "%g hours here, %g in line %zu",
                     whole->hi / 3600, t->hi / 3600, t->line);
            break;
        }
        if (parts.n > 1 && (t->lo < lo * 0.9 || t->hi < hi * 0.9) &&
            sv_has_word(t->label, SV("time"))) {
            lint_add(l, rule, t->line, (struct sv){NULL, 0},
                     "the parts take %g to %g minutes, this says %g to %g", lo / 60, hi / 60,
                     t->lo / 60, t->hi / 60);
            break;
        }
    }
    vec_release(&totals);
    vec_release(&parts);
}

/* The paragraphs that say how long something is watched. */
static void rb501_collect_watches(const struct lint *l, rb501_times *ret)
{
    for (size_t i = 0; i < l->rb->md.n; i++) {
        const struct md_node *n = &l->rb->md.v[i];
        struct rb501_time t = {.line = n->line};

        if (n->kind == MD_PARAGRAPH &&
            (sv_has_nocase(n->text, SV("monitor for ")) || sv_has_nocase(n->text, SV("(first "))) &&
            lint_duration(n->text, &t.lo, &t.hi))
            *vec_add(ret) = t;
    }
}

/* "Duration: 2 hours", and "Monitor for 2 hours" among its steps */
static void rb501_watches(struct lint *l, const struct lint_rule *rule)
{
    rb501_times watches = {0};
    size_t compared = 0, end = 0;
    uint32_t of = RB_NONE; /* the chapter that ends there */

    rb501_collect_watches(l, &watches);
    for (size_t i = 0; i < l->rb->n_metas; i++) {
        const struct rb_meta *m = &l->rb->metas[i];
        uint32_t chapter = lint_chapter(l, m->part);
        double lo, hi;

        if (!sv_eq_nocase(m->key, SV("duration")) || !lint_duration(m->value, &lo, &hi) ||
            chapter == RB_NONE || ++compared > LINT_COMPARED)
            continue;
        end = chapter == of ? end : lint_part_end(l, chapter);
        of = chapter;
        for (size_t k = 0; k < watches.n; k++) {
            const struct rb501_time *w = &watches.v[k];

            if (w->line > m->line && w->line <= end && w->hi >= hi) {
                lint_add(l, rule, w->line, (struct sv){NULL, 0}, "the whole takes %.*s (line %zu)",
                         SV_FMT(m->value), m->line);
                break;
            }
        }
    }
    vec_release(&watches);
}

/* "Complete within 5 minutes", and a part of it called "15-Minute Checks" */
static void rb501_within(struct lint *l, const struct lint_rule *rule)
{
    size_t compared = 0;

    for (size_t i = 0; i < l->rb->md.n; i++) {
        const struct md_node *n = &l->rb->md.v[i];
        size_t at =
            n->kind == MD_PARAGRAPH ? sv_find_nocase(n->text, SV("complete within "), 0) : SV_NPOS;
        double lo, hi;

        if (at == SV_NPOS || !lint_duration(sv_sub(n->text, at, n->text.n), &lo, &hi) ||
            ++compared > LINT_COMPARED)
            continue;
        for (size_t k = 0; k < l->rb->n_parts; k++) {
            const struct rb_part *p = &l->rb->parts[k],
                                 *parent = p->parent == RB_NONE ? NULL : &l->rb->parts[p->parent];

            if (p->kind == PART_SECTION && parent && parent->line < n->line && p->line > n->line &&
                parent->level > 1 && (double)p->offset_ms > hi * 1000 &&
                lint_part_end(l, p->parent) >= p->line) {
                lint_add(l, rule, n->line, (struct sv){NULL, 0}, "line %zu is later than that",
                         p->line);
                break;
            }
        }
    }
}

static bool rb501_add_label(rb501_times *list, size_t line, struct sv label, struct sv value)
{
    struct rb501_time t = {.line = line, .label = sv_trim(label)};

    if (t.label.n < 8 || !lint_duration(value, &t.lo, &t.hi) || t.hi <= 0)
        return false;
    *vec_add(list) = t;
    return true;
}

/* A table says 3 hours for "Code deployment", a list 2 hours for "Code deployment with ..." */
static void rb501_labels(struct lint *l, const struct lint_rule *rule)
{
    rb501_times cells = {0}, items = {0};
    const struct md_node *v = l->rb->md.v;

    for (size_t i = 0; i < l->rb->md.n; i++) {
        size_t end, colon = v[i].kind == MD_PARAGRAPH ? sv_find(v[i].text, SV(": "), 0) : SV_NPOS;

        if (v[i].kind == MD_CELL && v[i].next != MD_NONE && !v[v[i].parent].header &&
            sv_find_byte(v[v[i].next].text, '(', 0) == SV_NPOS)
            (void)rb501_add_label(&cells, v[i].line, v[i].text, v[v[i].next].text);
        else if (colon != SV_NPOS && md_leading_strong(&v[i], &end).n && v[i].parent != MD_NONE &&
                 v[v[i].parent].kind == MD_ITEM)
            (void)rb501_add_label(&items, v[i].line, sv_sub(v[i].text, 0, colon),
                                  sv_sub(v[i].text, colon, v[i].text.n));
    }
    for (size_t k = 0; k < cells.n; k++) {
        double lo = 0, hi = 0;
        size_t last = 0;

        for (size_t i = 0; i < items.n; i++) /* two items may share the work of one row */
            if (sv_starts_nocase(items.v[i].label, cells.v[k].label)) {
                lo += items.v[i].lo;
                hi += items.v[i].hi;
                last = items.v[i].line;
            }
        if (last && rb501_disjoint(lo, hi, cells.v[k].lo, cells.v[k].hi))
            lint_add(l, rule, last, (struct sv){NULL, 0}, "%g hours here, %g in line %zu",
                     hi / 3600, cells.v[k].hi / 3600, cells.v[k].line);
    }
    vec_release(&cells);
    vec_release(&items);
}

static void rb501_check(struct lint *l, const struct lint_rule *rule)
{
    rb501_totals(l, rule);
    rb501_watches(l, rule);
    rb501_within(l, rule);
    rb501_labels(l, rule);
}

const struct lint_rule lint_rb501 = {
    .id = "RB501",
    .severity = LINT_WARNING,
    .title = "times that do not add up",
    .why = "A window is booked, people are asked to stay, and the work is longer.",
    .mend = "add the times again",
    .check = rb501_check,
};
