#include "base/sv.h"
#include "lint/lint_util.h"

static void rb302_check(struct lint *l, const struct lint_rule *rule)
{
    for (size_t i = 0; i < l->rb->n_blocks; i++) {
        const struct rb_block *b = &l->rb->blocks[i];
        size_t up = sv_find(b->text, SV("def upgrade"), 0),
               down = sv_find(b->text, SV("def downgrade"), 0), at = up;

        if (b->kind == BLOCK_SHELL || up == SV_NPOS || sv_has(b->text, SV("server_default")))
            continue;
        while ((at = sv_find(b->text, SV("nullable=False"), at + 1)) != SV_NPOS &&
               (down < up || at < down)) {
            size_t line = b->line + 1, call = up;

            for (size_t k = sv_find(b->text, SV("op."), call); k != SV_NPOS && k < at;
                 k = sv_find(b->text, SV("op."), k + 1))
                call = k;
            for (size_t k = 0; k < call; k++)
                line += b->text.p[k] == '\n';
            lint_add(l, rule, line, SV("op."),
                     "rows that the present code writes fail from here on");
        }
    }
}

const struct lint_rule lint_rb302 = {
    .id = "RB302",
    .severity = LINT_WARNING,
    .title = "NOT NULL before the code that fills it",
    .why = "The code that still runs inserts rows without the column: every one of them fails "
           "from now until the new code is out.",
    .mend = "give the column a server default, or make it NOT NULL in a later migration",
    .check = rb302_check,
};
