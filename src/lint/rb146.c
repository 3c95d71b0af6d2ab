#include "base/sv.h"
#include "lint/lint_util.h"

static void rb146_check(struct lint *l, const struct lint_rule *rule)
{
    bool ever = false, remote = false, delivered = false;

    LINT_EACH_CMD (l, c) {
        ever |= (c->acts & ACT_DELIVER) && c->role != ROLE_ROLLBACK;
        remote |= c->host.n > 0;
    }
    LINT_EACH_CMD (l, c) {
        if ((c->acts & ACT_MIGRATE) && c->role == ROLE_DEPLOY && c->block && !delivered &&
            (c->host.n || (!ever && !remote)))
            lint_add(l, rule, c->line, lint_first(c), "no code was delivered%s%.*s before this",
                     c->host.n ? " to " : "", SV_FMT(c->host));
        delivered |= (c->acts & ACT_DELIVER) != 0;
    }
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
