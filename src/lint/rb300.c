#include "base/sv.h"
#include "lint/lint_util.h"

static void rb300_check(struct lint *l, const struct lint_rule *rule)
{
    const struct lint_cmd *first = NULL;

    LINT_EACH_CMD (l, c) {
        if (c->role == ROLE_ROLLBACK || (c->acts & (ACT_DOWNGRADE | ACT_RESTORE)))
            return;
        if (!first && (c->acts & ACT_MIGRATE) && c->role == ROLE_DEPLOY)
            first = c;
    }
    for (size_t i = 0; i < l->rb->n_parts; i++)
        if (l->rb->parts[i].role == ROLE_ROLLBACK)
            return;
    if (first)
        lint_add(l, rule, first->line, lint_first(first), "nothing in this document undoes it");
}

const struct lint_rule lint_rb300 = {
    .id = "RB300",
    .severity = LINT_WARNING,
    .title = "a change of the schema without a way back",
    .why = "When it goes wrong there is nothing to follow, at the hour when nobody should invent "
           "it.",
    .mend = "write a rollback section: which migration is undone, with which command, or which "
            "backup is restored",
    .check = rb300_check,
};
