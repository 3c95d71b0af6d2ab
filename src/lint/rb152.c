#include "base/sv.h"
#include "lint/lint_util.h"

static void rb152_check(struct lint *l, const struct lint_rule *rule)
{
    LINT_EACH_CMD (l, c)
        if (lint_runs(c, "git pull") && c->role != ROLE_ROLLBACK)
            lint_add(l, rule, c->line, lint_first(c),
                     "this brings whatever the branch holds by then");
}

const struct lint_rule lint_rb152 = {
    .id = "RB152",
    .severity = LINT_INFO,
    .title = "code of no named version",
    .why = "A branch moves: what is pulled now need not be what was tested, and the next pull "
           "brings back what was rolled back.",
    .mend = "git fetch, then git checkout of the tag or commit that was tested",
    .check = rb152_check,
};
