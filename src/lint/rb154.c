#include "base/sv.h"
#include "lint/lint_util.h"

static void rb154_check(struct lint *l, const struct lint_rule *rule)
{
    LINT_EACH_CMD (l, c)
        if (sv_eq(c->program, SV("pg_restore")) && (c->acts & ACT_RESTORE) &&
            (lint_has_word(c, "-c") || lint_has_word(c, "--clean")) &&
            !lint_has_word(c, "--if-exists"))
            lint_add(l, rule, c->line, lint_first(c),
                     "-c without --if-exists fails on what a downgrade removed");
}

const struct lint_rule lint_rb154 = {
    .id = "RB154",
    .severity = LINT_WARNING,
    .title = "a restore that stumbles over what is missing",
    .why = "pg_restore -c drops each object first: one that is not there is an error, the status "
           "is 1, and a half-restored database is left.",
    .mend = "pg_restore --clean --if-exists --single-transaction",
    .check = rb154_check,
};
