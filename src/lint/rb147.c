#include "base/sv.h"
#include "lint/lint_util.h"

static void rb147_check(struct lint *l, const struct lint_rule *rule)
{
    const struct lint_cmd *lean = NULL;

    LINT_EACH_CMD (l, c) {
        if (c->acts & ACT_INSTALL)
            lean = lint_has_word(c, "--production") || lint_has_word(c, "--omit=dev") ||
                           lint_has_word(c, "--only=production") || lint_has_word(c, "--prod")
                       ? c
                       : NULL;
        else if (lean && lean->proc == c->proc && (c->acts & ACT_BUILD) &&
                 (sv_eq(c->program, SV("npm")) || sv_eq(c->program, SV("yarn"))))
            lint_add(l, rule, c->line, lint_first(c), "line %zu leaves out what a build needs",
                     lean->line);
    }
}

const struct lint_rule lint_rb147 = {
    .id = "RB147",
    .severity = LINT_WARNING,
    .title = "a build without its tools",
    .why = "Without the development packages \"npm run build\" does not find its compiler and "
           "ends with 127.",
    .mend = "npm ci, npm run build, then npm prune --omit=dev",
    .check = rb147_check,
};
