#include "base/sv.h"
#include "lint/lint_bands.h"
#include "lint/lint_buckets.h"
#include "lint/lint_conditions.h"
#include "lint/lint_util.h"

/* "deal_type IS NULL" in a query, and a column that the document makes NOT NULL. */
static struct sv rb403_column(struct sv text)
{
    size_t at = sv_find_nocase(text, SV(" IS NULL"), 0), from = at;

    while (at != SV_NPOS && from > 0 && ascii_is_word(text.p[from - 1]))
        from--;
    return at == SV_NPOS ? (struct sv){NULL, 0} : sv_sub(text, from, at);
}

static bool rb403_is_never_null(const struct lint *l, struct sv column)
{
    for (size_t i = 0; i < l->rb->md.n; i++) {
        const struct md_node *n = &l->rb->md.v[i];

        if (n->kind == MD_PARAGRAPH && sv_has(n->text, SV("NOT NULL")) &&
            sv_has_word(n->text, column))
            return true;
    }
    return false;
}

static void rb403_try(struct lint *l, const struct lint_rule *rule, struct sv query, size_t line,
                      size_t *compared)
{
    struct sv column =
        sv_has_nocase(query, SV("count(")) ? rb403_column(query) : (struct sv){NULL, 0};

    if (column.n && ++*compared <= LINT_COMPARED && rb403_is_never_null(l, column))
        lint_add(l, rule, line, column, "%.*s is NOT NULL after this deployment: the count stays 0",
                 SV_FMT(column));
}

/* A percentile is above a limit when enough is above it: above the last bucket nothing is counted apart. */
static void rb403_buckets(struct lint *l, const struct lint_rule *rule)
{
    const struct lint_checked *c = lint_checked(l);
    struct lint_buckets b;
    double limit;

    if (!c->rules.n || !lint_buckets_read(l, &b))
        return;
    for (size_t i = 0; i < c->rules.n; i++)
        if (lint_buckets_limit(c->rules.v[i].rule, &limit) && limit > b.bounds[b.n - 1])
            lint_add(l, rule, c->rules.v[i].said->line, c->rules.v[i].said->source,
                     "the last bucket ends at %s: nothing tells what is above %s",
                     num_format(b.bounds[b.n - 1], (struct dim_type){.dim = DIM_TIME}).s,
                     num_format(limit, (struct dim_type){.dim = DIM_TIME}).s);
}

static void rb403_check(struct lint *l, const struct lint_rule *rule)
{
    size_t compared = 0;

    lint_bands_tell(l, rule); /* rules that contradict themselves */
    for (size_t i = 0; i < l->rb->md.n; i++) {
        const struct md_node *n = &l->rb->md.v[i];

        for (size_t k = 0; n->kind == MD_CELL && k < n->n_spans; k++)
            if (n->spans[k].kind == MD_CODE_SPAN)
                rb403_try(l, rule, sv_sub(n->text, n->spans[k].from, n->spans[k].to), n->line,
                          &compared);
    }
    LINT_EACH_SQL (l, s)
        if (s->role == ROLE_MONITOR)
            rb403_try(l, rule, s->text, s->line, &compared);
    lint_conditions(l, rule); /* "error rate above 150 %" */
    rb403_buckets(l, rule);
}

const struct lint_rule lint_rb403 = {
    .id = "RB403",
    .severity = LINT_ERROR,
    .title = "a condition that cannot become true",
    .why = "It is watched, it is green, and it would be green through every failure.",
    .mend = "watch something that the failure changes: the errors that the constraint raises",
    .check = rb403_check,
};
