#include "base/sv.h"
#include "lint/lint_util.h"

static void rb157_check(struct lint *l, const struct lint_rule *rule)
{
    LINT_EACH_CMD (l, c) {
        const struct shell_word *last = lint_last_operand(c);
        bool counts = lint_word_with(c, "-1") || lint_word_with(c, "-2") ||
                      (last && sv_eq(last->raw, SV("downgrade"))) || lint_runs(c, "dbmate down") ||
                      lint_runs(c, "dbmate rollback") || (last && sv_eq(last->raw, SV("down"))) ||
                      (last && sv_eq(last->raw, SV("db:rollback")));

        if (c->block && (c->acts & ACT_DOWNGRADE) && counts)
            lint_add(l, rule, c->line, lint_first(c),
                     "which migration this undoes depends on what is newest then");
    }
}

const struct lint_rule lint_rb157 = {
    .id = "RB157",
    .severity = LINT_WARNING,
    .title = "undone by counting",
    .why = "\"One back\" is whatever is newest by then: with a later migration in the tree "
           "another one is undone.",
    .mend = "name the revision to go back to: alembic downgrade 002",
    .check = rb157_check,
};
