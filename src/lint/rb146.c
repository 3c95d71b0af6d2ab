#include "base/sv.h"
#include "lint/lint_util.h"

static bool rb146_delivered_before(const struct lint *l, const struct lint_cmd *c)
{
    for (const struct lint_cmd *p = c; p > l->index->cmds.v; p--)
        if (p[-1].acts & ACT_DELIVER)
            return true;
    return false;
}

static void rb146_check(struct lint *l, const struct lint_rule *rule)
{
    bool ever = false, remote = false;

    LINT_EACH_CMD (l, c) {
        ever |= (c->acts & ACT_DELIVER) && c->role != ROLE_ROLLBACK;
        remote |= c->host.n > 0;
    }
    LINT_EACH_CMD (l, c)
        if ((c->acts & ACT_MIGRATE) && c->role == ROLE_DEPLOY && c->block &&
            !rb146_delivered_before(l, c) && (c->host.n || (!ever && !remote)))
            lint_add(l, rule, c->line, lint_first(c), "no code was delivered%s%.*s before this",
                     c->host.n ? " to " : "", SV_FMT(c->host));
}

const struct lint_rule lint_rb146 = {
    .id = "RB146",
    .severity = LINT_WARNING,
    .title = "a migration that is not there yet",
    .why = "The migration's file comes with the code: before the code is delivered the tool "
           "finds nothing to do, and says so with success.",
    .mend = "deliver the code (git checkout COMMIT, pull the image) before the migration, on the "
            "same machine",
    .check = rb146_check,
};
