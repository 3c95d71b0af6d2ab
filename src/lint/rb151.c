#include "base/sv.h"
#include "lint/lint_util.h"

static void rb151_check(struct lint *l, const struct lint_rule *rule)
{
    LINT_EACH_CMD (l, c)
        if (((sv_starts(c->program, SV("pip")) &&
              (lint_has_word(c, "--upgrade") || lint_has_word(c, "-U"))) ||
             lint_runs(c, "npm update") || lint_runs(c, "yarn upgrade") ||
             lint_runs(c, "composer update") || lint_runs(c, "bundle update")) &&
            !lint_has_word(c, "pip"))
            lint_add(l, rule, c->line, lint_first(c),
                     "which versions this installs depends on the day");
}

const struct lint_rule lint_rb151 = {
    .id = "RB151",
    .severity = LINT_WARNING,
    .title = "packages of today",
    .why = "--upgrade takes whatever is newest: staging and production get different packages, "
           "and the way back does not bring the old ones.",
    .mend = "pin the versions (pip install -r with hashes, npm ci) and deploy what was tested",
    .check = rb151_check,
};
