#include "base/sv.h"
#include "lint/lint_util.h"

static bool rb316_looks(const struct lint_cmd *c)
{
    static const char *const phrases[] = {
        "alembic current", "alembic check",  "flask db current",       "npm run db:status",
        "dbmate status",   "goose status",   "sqitch status",          "psql",
        "sqlite3",         "migrate status", "rails db:migrate:status"};

    return LINT_RUNS_ANY(c, phrases);
}

static void rb316_check(struct lint *l, const struct lint_rule *rule)
{
    LINT_EACH_CMD (l, c) {
        bool looked = false;

        if (!c->block || !(c->acts & ACT_MIGRATE) || c->role != ROLE_DEPLOY)
            continue;
        for (const struct lint_cmd *d = c + 1, *end = l->index->cmds.v + l->index->cmds.n;
             d < end && d->part == c->part && d - c < (ptrdiff_t)LINT_COMPARED; d++)
            looked |= rb316_looks(d);
        if (!looked)
            lint_add(l, rule, c->line, lint_first(c),
                     "nothing in this step asks which revision is applied now");
    }
}

const struct lint_rule lint_rb316 = {
    .id = "RB316",
    .severity = LINT_INFO,
    .title = "a migration that nobody looks at",
    .why = "The tool ends with 0 when it had nothing to do, too: which revision is applied was "
           "never asked.",
    .mend = "ask for it: alembic current, flask db current, and compare with the number that is "
            "expected",
    .check = rb316_check,
};
