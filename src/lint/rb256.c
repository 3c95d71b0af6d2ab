#include "base/sv.h"
#include "lint/lint_util.h"

static bool rb256_lists(const struct lint_cmd *c)
{
    static const char *const lists[] = {
        "pip list", "pip3 list", "pip freeze",           "env",     "printenv",
        "npm list", "docker ps", "systemctl list-units", "dpkg -l", "apt list"};

    return LINT_RUNS_ANY(c, lists);
}

static void rb256_check(struct lint *l, const struct lint_rule *rule)
{
    LINT_EACH_CMD (l, c) {
        const struct lint_cmd *to = lint_pipe_to(l, c);

        if (rb256_lists(c) && to && sv_ends(to->program, SV("grep")) && !lint_has_flag(to, 'c') &&
            !lint_pipe_to(l, to) && lint_last_operand(to) &&
            sv_find_byte(lint_last_operand(to)->raw, '|', 0) != SV_NPOS)
            lint_add(l, rule, c->line, lint_last_operand(to)->raw, "any one of %.*s passes",
                     SV_FMT(lint_last_operand(to)->raw));
    }
}

const struct lint_rule lint_rb256 = {
    .id = "RB256",
    .severity = LINT_WARNING,
    .title = "one of several is enough",
    .why = "grep -E \"(a|b|c)\" succeeds when one of them is there: the other two may be missing.",
    .mend = "count them: grep -cE ... , or test each name",
    .check = rb256_check,
};
