#include "base/sv.h"
#include "lint/lint_util.h"

static void rb159_check(struct lint *l, const struct lint_rule *rule)
{
    LINT_EACH_CMD (l, c)
        if ((c->acts & ACT_TEST) && c->alone && lint_redirect(c, ">") &&
            !sv_has(c->item->text, SV("2>")) && !lint_redirect(c, "&>"))
            lint_add(l, rule, c->line, lint_redirect(c, ">")->target.raw,
                     "errors do not go into %.*s", SV_FMT(lint_redirect(c, ">")->target.raw));
}

const struct lint_rule lint_rb159 = {
    .id = "RB159",
    .severity = LINT_INFO,
    .title = "half of the output in the file",
    .why = "What a test suite says of its failures goes to standard error: the file is empty "
           "where it matters.",
    .mend = "add 2>&1 behind the redirection",
    .check = rb159_check,
};
