#include "base/sv.h"
#include "lint/lint_util.h"

static void rb313_check(struct lint *l, const struct lint_rule *rule)
{
    LINT_EACH_CMD (l, c) {
        bool services = l->index->acts & (ACT_START | ACT_STOP | ACT_RESTART);
        bool stopped = c->before & (ACT_STOP | ACT_MAINTAIN);

        if (c->block && (c->acts & ACT_DOWNGRADE) && c->role == ROLE_ROLLBACK && services &&
            !stopped)
            lint_add(l, rule, c->line, lint_first(c), "nothing is stopped before this");
    }
}

const struct lint_rule lint_rb313 = {
    .id = "RB313",
    .severity = LINT_WARNING,
    .title = "the schema goes while the service runs",
    .why = "The running code asks for the column that was just dropped: errors from the first "
           "second, and a lock that waits for its transactions.",
    .mend = "stop the service (or switch the feature off) before the downgrade",
    .check = rb313_check,
};
