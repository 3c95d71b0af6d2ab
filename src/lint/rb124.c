#include "base/sv.h"
#include "lint/lint_util.h"

static void rb124_block(struct lint *l, const struct lint_rule *rule, const struct rb_block *b)
{
    size_t line = b->line + 1, at = 0;

    for (size_t i = 0; i < b->placeholders.n; i++) {
        const struct placeholder *p = &b->placeholders.v[i];

        for (; at < p->from; at++)
            line += b->text.p[at] == '\n';
        if (p->kind == PLACEHOLDER_SQUARE)
            lint_add(l, rule, line, p->raw, "%.*s matches one character, when nobody fills it in",
                     SV_FMT(p->raw));
    }
}

static void rb124_check(struct lint *l, const struct lint_rule *rule)
{
    for (size_t i = 0; i < l->rb->n_blocks; i++)
        if (l->rb->blocks[i].kind == BLOCK_SHELL)
            rb124_block(l, rule, &l->rb->blocks[i]);
}

const struct lint_rule lint_rb124 = {
    .id = "RB124",
    .severity = LINT_INFO,
    .title = "a [NAME] that is a pattern",
    .why = "Copied as it stands, [NAME] matches any one of its letters: grep and the shell find "
           "something else instead of failing.",
    .mend = "bind it under 'variables' in prusik.yaml, or write \"$NAME\" and set it above",
    .check = rb124_check,
};
