#include "lint/lint_bands.h"

#include <math.h>
#include <string.h>

#include "base/sv.h"
#include "lint/lint_conditions.h"
#include "lint/lint_util.h"
#include "rule/check.h"
#include "runbook/prose.h"

struct bands_read {
    struct lint *l;
    struct rule_env *env;
    struct prose_reader *prose;
    struct lint_families *ret;
    const bool *ruled;
};

/* The number of a source of limits, in a line. */
static size_t bands_source(struct bands_read *b, size_t line)
{
    *vec_add(&b->ret->lines) = line;
    return b->ret->lines.n - 1;
}

/* --- "<0.5%", ">5 per hour" --- */

struct bands_limit {
    bool above;
    double value; /* in base units */
    struct sv unit;
};

static double bands_factor(struct sv *unit)
{
    static const struct {
        struct sv name;
        double factor;
        const char *base;
    } units[] = {{SV("%"), 0.01, "%"},    {SV("ms"), 0.001, "s"}, {SV("seconds"), 1, "s"},
                 {SV("sec"), 1, "s"},     {SV("s"), 1, "s"},      {SV("min"), 60, "s"},
                 {SV("minutes"), 60, "s"}};

    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        if (sv_starts(*unit, units[i].name) &&
            (unit->n == units[i].name.n || !ascii_is_word(unit->p[units[i].name.n]))) {
            *unit = sv_from(units[i].base);
            return units[i].factor;
        }
    *unit = (struct sv){"", 0};
    return 1;
}

/* "1-5%": a verdict takes such a row as "from 1% on", as a worse row wins above; a hole does not. */
static void bands_close(struct sv source, struct band *band)
{
    for (size_t i = 1; i + 1 < source.n; i++) {
        struct sv unit;
        double hi;

        if (source.p[i] != '-' || !ascii_is_digit(source.p[i - 1]) ||
            !ascii_is_digit(source.p[i + 1]) ||
            !lint_number(sv_sub(source, i, source.n), &hi, &unit))
            continue;
        hi *= bands_factor(&unit);
        if (hi > band->value.lo && band->value.hi >= HUGE_VAL) {
            band->value.hi = hi;
            band->value.hi_open = false;
        }
        return;
    }
}

static void bands_from_rule(struct bands_read *b, const struct rb_rule *r)
{
    size_t first = b->ret->rows.list.n, index;
    const struct rule *parsed = r->text.n && !r->proposal ? lint_parsed(b->l, r) : NULL;
    CLEANUP(arena_release)
    struct arena scratch = {0}; /* rows hold no more of it than their source */
    struct rule *checked;
    struct err err = {0};

    if (!parsed || rule_check(&scratch, parsed, b->env, &checked, NULL, &err) != ERR_OK)
        return; /* the plan speaks of it */
    index = bands_source(b, r->line);
    family_add_rule(&b->l->work, checked, index, &b->ret->rows);
    family_check_rule(&b->l->work, checked, index, &b->ret->found);
    for (size_t i = first; i < b->ret->rows.list.n; i++) {
        struct family_row *row = &b->ret->rows.list.v[i];

        row->source = arena_sv(&b->l->work, row->source);
        bands_close(r->source, &row->band);
    }
}

static bool bands_compares(struct sv text)
{
    return sv_find_byte(text, '<', 0) != SV_NPOS || sv_find_byte(text, '>', 0) != SV_NPOS;
}

/* The one comparison of a text; false when there is none, or several. */
static bool bands_limit(struct sv text, struct bands_limit *ret)
{
    size_t at = SV_NPOS;
    struct sv rest;

    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == '<' || text.p[i] == '>') {
            if (at != SV_NPOS)
                return false;
            at = i;
        }
    if (at == SV_NPOS || at + 1 >= text.n || text.p[at + 1] == '=')
        return false;
    ret->above = text.p[at] == '>';
    rest = sv_trim_left(sv_sub(text, at + 1, text.n));
    if (!rest.n || !ascii_is_digit(*rest.p) || !lint_number(rest, &ret->value, &ret->unit))
        return false;
    ret->unit = sv_trim_left(ret->unit);
    ret->value *= bands_factor(&ret->unit);
    return true;
}

/* A row of a text that is no rule. */
static void bands_put(struct bands_read *b, struct sv subject, size_t index,
                      const struct bands_limit *limit, enum verdict verdict)
{
    struct family_row *row = vec_add(&b->ret->rows.list);

    row->rule = index;
    row->subject = subject;
    row->type.dim = sv_eq(limit->unit, SV("%"))   ? DIM_RATIO
                    : sv_eq(limit->unit, SV("s")) ? DIM_TIME
                                                  : DIM_COUNT;
    row->band.verdict = verdict;
    row->band.held_s = BAND_ANY_TIME;
    row->band.value = limit->above ? (struct band_range){limit->value, HUGE_VAL, true, true}
                                   : (struct band_range){-HUGE_VAL, limit->value, true, true};
}

/* Is it the subject itself ("error rate", not "pipeline failure rate"), in its unit? */
static bool bands_is_said(struct sv text, struct sv subject, struct sv unit)
{
    if (sv_eq(subject, SV("error_rate")))
        return sv_has_nocase(text, SV("error rate")) && sv_eq(unit, SV("%"));
    if (sv_eq(subject, SV("response_time")))
        return sv_eq(unit, SV("s"));
    return false;
}

/* The lines of which the reader has made a rule, which says more than their text. */
static bool *bands_ruled(struct lint *l)
{
    bool *ruled = ARENA_NEWN(&l->work, bool, l->rb->doc->n_lines + 2);

    for (size_t i = 0; i < l->rb->n_rules; i++) {
        const struct rb_rule *r = &l->rb->rules[i];

        ruled[size_min(r->line, l->rb->doc->n_lines + 1)] |= r->text.n && !r->proposal;
    }
    return ruled;
}

/* "**Error Rate:** <0.5% (baseline)", "# Check error rate is low (<0.5%)" */
static void bands_from_text(struct bands_read *b, struct sv text, size_t line, enum rb_role role)
{
    struct bands_limit limit;
    struct sv subject;
    bool p95;

    if (b->ruled[size_min(line, b->l->rb->doc->n_lines + 1)] || !bands_compares(text) ||
        !bands_limit(sv_sub(text, 0, sv_find_nocase(text, SV(" for "), 0)), &limit))
        return;
    if (!b->prose) /* its patterns take longer to compile than most documents to lint */
        b->prose = prose_reader_new();
    subject = prose_subject(b->prose, text);
    if (!subject.n || !bands_is_said(text, subject, limit.unit))
        return;
    p95 = sv_has_word(text, SV("p95"));
    if (p95)
        subject = arena_fmt(&b->l->work, "p95(%.*s)", SV_FMT(subject));
    bands_put(b, subject, bands_source(b, line), &limit,
              !limit.above            ? VERDICT_OK
              : role == ROLE_ROLLBACK ? VERDICT_ROLLBACK
                                      : VERDICT_INVESTIGATE);
}

static void bands_from_lists(struct bands_read *b)
{
    uint32_t part = RB_NONE;
    size_t p = 0;

    for (size_t i = 0; i < b->l->rb->md.n; i++) {
        const struct md_node *n = &b->l->rb->md.v[i];
        enum rb_role role;

        for (; p < b->l->rb->n_parts && b->l->rb->parts[p].line <= n->line; p++)
            part = (uint32_t)p;
        role = part == RB_NONE ? ROLE_NONE : b->l->rb->parts[part].role;
        if (n->kind == MD_PARAGRAPH && n->parent != MD_NONE && n->text.n < 200 &&
            b->l->rb->md.v[n->parent].kind == MD_ITEM &&
            (role == ROLE_MONITOR || role == ROLE_ROLLBACK || role == ROLE_DECIDE))
            bands_from_text(b, n->text, n->line, role);
    }
}

static void bands_from_comments(struct bands_read *b)
{
    LINT_EACH_CMD (b->l, c)
        if (c->note.n && c->note.n < 200 && c->role != ROLE_ROLLBACK)
            bands_from_text(b, c->note, c->line, c->role);
}

/* | Metric | Threshold | Alert if | */
static void bands_from_table(struct bands_read *b, uint32_t table)
{
    const struct md_node *v = b->l->rb->md.v;
    size_t good = SIZE_MAX, bad = SIZE_MAX;

    for (uint32_t row = v[table].first; row != MD_NONE; row = v[row].next) {
        struct sv subject = {NULL, 0}, texts[2] = {{NULL, 0}, {NULL, 0}};
        struct bands_limit limit, other;
        size_t k = 0;

        for (uint32_t cell = v[row].first; cell != MD_NONE; cell = v[cell].next, k++) {
            if (v[row].header) {
                good = sv_has_word(v[cell].text, SV("threshold")) ? k : good;
                bad = sv_has_word(v[cell].text, SV("alert")) ? k : bad;
            }
            subject = k == 0 ? v[cell].text : subject;
            texts[0] = k == good ? v[cell].text : texts[0];
            texts[1] = k == bad ? v[cell].text : texts[1];
        }
        if (v[row].header || !bands_limit(texts[0], &limit) || !bands_limit(texts[1], &other) ||
            limit.above || !other.above || !sv_eq(limit.unit, other.unit))
            continue;
        bands_put(b, subject, bands_source(b, v[row].line), &limit, VERDICT_OK);
        bands_put(b, subject, b->ret->lines.n - 1, &other, VERDICT_INVESTIGATE);
    }
}

/* The canonical subjects carry their dimension in the last part of the name. */
static enum dim bands_dim(struct sv subject)
{
    static const struct {
        struct sv end;
        enum dim dim;
    } ends[] = {{SV("_rate"), DIM_RATIO},
                {SV("_time"), DIM_TIME},
                {SV("cpu"), DIM_RATIO},
                {SV("memory"), DIM_BYTES}};

    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        if (sv_ends(subject, ends[i].end))
            return ends[i].dim;
    return DIM_ANY;
}

const struct lint_families *lint_families(struct lint *l)
{
    CLEANUP(rule_env_freep) struct rule_env *env = rule_env_new();
    struct bands_read b = {.l = l, .env = env};
    const struct prose_subject_info *infos;
    size_t n;

    if (l->families)
        return l->families;
    infos = prose_subjects(&n);
    b.ret = l->families = XNEW(struct lint_families);
    b.ruled = bands_ruled(l);
    rule_env_permit_unknown(env, true);
    for (size_t i = 0; i < n; i++)
        rule_env_add_source(env, &(struct rule_source){.name = infos[i].name,
                                                       .type = {.dim = bands_dim(infos[i].name)},
                                                       .unit = 1});
    for (size_t i = 0; i < l->rb->n_rules; i++)
        bands_from_rule(&b, &l->rb->rules[i]);
    bands_from_lists(&b);
    bands_from_comments(&b);
    for (uint32_t i = 0; i < l->rb->md.n; i++)
        if (l->rb->md.v[i].kind == MD_TABLE)
            bands_from_table(&b, i);
    prose_reader_free(b.prose);
    family_check(&l->work, &b.ret->rows, &b.ret->found);
    return l->families;
}

void lint_families_free(struct lint_families *f)
{
    if (!f)
        return;
    vec_release(&f->rows.list);
    vec_release(&f->lines);
    vec_release(&f->found.list);
    free(f);
}

void lint_bands_tell(struct lint *l, const struct lint_rule *rule)
{
    const struct lint_families *f = lint_families(l);

    for (size_t i = 0; i < f->found.list.n; i++) {
        const struct family_finding *x = &f->found.list.v[i];

        if (strcmp(x->id, rule->id) != 0)
            continue;
        if (x->b == FAMILY_NONE)
            lint_add(l, rule, f->lines.v[x->a], (struct sv){NULL, 0}, "%.*s", SV_FMT(x->message));
        else
            lint_add(l, rule, f->lines.v[x->a], (struct sv){NULL, 0}, "%.*s (line %zu)",
                     SV_FMT(x->message), f->lines.v[x->b]);
    }
}
