#include "base/sv.h"
#include "lint/lint_util.h"

static void rb310_check(struct lint *l, const struct lint_rule *rule)
{
    bool delivers = false; /* so far */

    LINT_EACH_CMD (l, c) {
        delivers |=
            (c->acts & ACT_DELIVER) && c->role != ROLE_ROLLBACK && c->role != ROLE_TROUBLESHOOT;
        if (!delivers || !c->block || c->role != ROLE_ROLLBACK ||
            !(c->acts & (ACT_RESTORE | ACT_DOWNGRADE)))
            continue;
        if (!(c->session & (ACT_REVERT | ACT_DELIVER)))
            lint_add(l, rule, c->line, lint_first(c),
                     "nothing in this section brings the code back");
    }
}

const struct lint_rule lint_rb310 = {
    .id = "RB310",
    .severity = LINT_WARNING,
    .title = "the data go back and the code stays",
    .why = "New code on the old schema fails on the first column that it misses.",
    .mend = "bring the old code in the same procedure, before the application is started",
    .check = rb310_check,
};
