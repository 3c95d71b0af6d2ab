#include "base/sv.h"
#include "lint/lint_util.h"

static bool rb127_takes_one(const struct lint_cmd *c)
{
    return (sv_eq(c->program, SV("tail")) || sv_eq(c->program, SV("head"))) &&
           (lint_has_word(c, "-1") || lint_has_word(c, "-n1") ||
            sv_eq(lint_option(c, "-n"), SV("1")));
}

static void rb127_check(struct lint *l, const struct lint_rule *rule)
{
    LINT_EACH_CMD (l, c) {
        const struct lint_cmd *to = lint_pipe_to(l, c);

        if (sv_eq(c->program, SV("ls")) && to && rb127_takes_one(to) && !lint_has_flag(c, 't') &&
            !lint_has_flag(c, 'v'))
            lint_add(l, rule, c->line, c->item->text, "the %s by name need not be the newest",
                     sv_eq(to->program, SV("tail")) ? "last" : "first");
    }
}

const struct lint_rule lint_rb127 = {
    .id = "RB127",
    .severity = LINT_WARNING,
    .title = "the last by name taken for the newest",
    .why = "ls sorts by name: \"staging_...\" comes after \"prod_...\", and an old file hides "
           "that the new one is missing.",
    .mend = "look at the file by the name it was made with, or use ls -t | head -1",
    .check = rb127_check,
};
