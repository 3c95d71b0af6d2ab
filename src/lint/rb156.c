#include "base/sv.h"
#include "lint/lint_util.h"

static void rb156_check(struct lint *l, const struct lint_rule *rule)
{
    const struct lint_cmd *push = NULL;

    LINT_EACH_CMD (l, c) {
        if (!c->block || (push && push->block != c->block))
            push = NULL;
        if (lint_runs(c, "git push"))
            push = c;
        else if (push && (c->acts & (ACT_DELIVER | ACT_INSTALL)) &&
                 !(c->host.n == 0 && lint_runs(c, "git pull") && !push->host.n))
            push = NULL;
        else if (push && (c->acts & (ACT_RESTART | ACT_START)) && sv_eq(push->host, c->host)) {
            lint_add(l, rule, c->line, lint_first(c),
                     "the code of line %zu was pushed, and not brought to this machine",
                     push->line);
            push = NULL;
        } else if (push && lint_runs(c, "git pull")) {
            lint_add(l, rule, c->line, lint_first(c),
                     "a pull where line %zu was pushed from brings nothing", push->line);
            push = NULL;
        }
    }
}

const struct lint_rule lint_rb156 = {
    .id = "RB156",
    .severity = LINT_WARNING,
    .title = "pushed, but not pulled",
    .why = "The commit is on the server of the repository; the machine that is restarted has the "
           "old code.",
    .mend = "on that machine: git fetch and git checkout of the commit, before the restart",
    .check = rb156_check,
};
