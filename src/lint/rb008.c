#include "base/sv.h"
#include "lint/lint.h"

/* In a shell these do harm of their own: RB123, RB124. */
static bool rb008_is_said_elsewhere(const struct rb_block *b, const struct placeholder *p)
{
    return b->kind == BLOCK_SHELL &&
           (p->kind == PLACEHOLDER_ANGLE || p->kind == PLACEHOLDER_SQUARE);
}

static void rb008_block(struct lint *l, const struct lint_rule *rule, const struct rb_block *b)
{
    size_t line = b->line + 1, at = 0;

    for (size_t i = 0; i < b->placeholders.n; i++) {
        const struct placeholder *p = &b->placeholders.v[i];

        for (; at < p->from; at++)
            line += b->text.p[at] == '\n';
        if (p->kind == PLACEHOLDER_DATE || rb008_is_said_elsewhere(b, p))
            continue;
        lint_add(l, rule, line, p->raw, "%.*s is to be filled in", SV_FMT(p->raw));
    }
}

/* "**Deployment Date**: TBD" */
static void rb008_metas(struct lint *l, const struct lint_rule *rule)
{
    for (size_t i = 0; i < l->rb->n_metas; i++) {
        const struct rb_meta *m = &l->rb->metas[i];

        if (sv_has_word(m->value, SV("TBD")) || sv_starts(m->value, SV("[DATE]")))
            lint_add(l, rule, m->line, m->value, "%.*s is not decided", SV_FMT(m->key));
    }
}

static void rb008_check(struct lint *l, const struct lint_rule *rule)
{
    for (size_t i = 0; i < l->rb->n_blocks; i++) {
        enum rb_block_kind kind = l->rb->blocks[i].kind;

        if (kind == BLOCK_SHELL || kind == BLOCK_SQL || kind == BLOCK_HTTP ||
            kind == BLOCK_SETTINGS)
            rb008_block(l, rule, &l->rb->blocks[i]);
    }
    rb008_metas(l, rule);
}

const struct lint_rule lint_rb008 = {
    .id = "RB008",
    .severity = LINT_INFO,
    .title = "a placeholder",
    .why = "Copied as it stands, a shell takes <name> for a redirection and [NAME] for a pattern.",
    .mend = "bind it under 'variables' in prusik.yaml; a run refuses to start before",
    .check = rb008_check,
};
