#include "base/sv.h"
#include "lint/lint_util.h"

static void rb144_check(struct lint *l, const struct lint_rule *rule)
{
    LINT_EACH_CMD (l, c)
        if (sv_eq(c->program, SV("psql")) && (c->acts & ACT_RESTORE) &&
            !sv_has(c->item->text, SV("ON_ERROR_STOP")))
            lint_add(l, rule, c->line, lint_first(c),
                     "psql goes on after an error, and ends with 0");
}

const struct lint_rule lint_rb144 = {
    .id = "RB144",
    .severity = LINT_WARNING,
    .title = "a restore that goes on after an error",
    .why = "psql reports errors and ends with 0: a dump into a schema that is there says "
           "\"already exists\" a thousand times and restores nothing.",
    .mend = "psql -v ON_ERROR_STOP=1 --single-transaction, into an empty database",
    .check = rb144_check,
};
