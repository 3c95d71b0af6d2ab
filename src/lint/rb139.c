#include "base/sv.h"
#include "lint/lint.h"

static void rb139_check(struct lint *l, const struct lint_rule *rule)
{
    for (size_t i = 0; i < l->rb->n_blocks; i++) {
        const struct rb_block *b = &l->rb->blocks[i];

        for (size_t k = 0; k < b->script.n; k++)
            for (size_t r = 0; r < b->script.v[k].n_redirects; r++) {
                const struct shell_redirect *red = &b->script.v[k].redirects[r];

                if (sv_eq(red->op, SV(">>")) && sv_has(red->target.raw, SV(".env")))
                    lint_add(l, rule, b->line + 1 + b->script.v[k].line, red->target.raw,
                             "appends to %.*s each time it is run", SV_FMT(red->target.raw));
            }
    }
}

const struct lint_rule lint_rb139 = {
    .id = "RB139",
    .severity = LINT_WARNING,
    .title = "a setting that is appended",
    .why = "The second run leaves two values, and which one counts depends on the reader.",
    .mend = "replace the line (sed -i), or keep the setting in a file of its own",
    .check = rb139_check,
};
