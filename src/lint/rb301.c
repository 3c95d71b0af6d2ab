#include "base/sv.h"
#include "lint/lint_util.h"

static void rb301_check(struct lint *l, const struct lint_rule *rule)
{
    const struct lint_cmd *code = NULL;

    LINT_EACH_CMD (l, c) {
        if (code && code->proc != c->proc)
            code = NULL;
        if (c->role == ROLE_ROLLBACK && (c->acts & ACT_REVERT))
            code = c;
        if (code && (c->acts & ACT_DOWNGRADE)) {
            lint_add(l, rule, c->line, lint_first(c),
                     "line %zu took away the file of the migration that this undoes", code->line);
            code = NULL;
        }
    }
}

const struct lint_rule lint_rb301 = {
    .id = "RB301",
    .severity = LINT_ERROR,
    .fails = true,
    .title = "the code goes back before the schema",
    .why = "The file of the migration goes with the code: the downgrade then does not find the "
           "revision that it is to undo.",
    .mend = "undo the migration first, with the new code still there, then bring the old code",
    .check = rb301_check,
};
