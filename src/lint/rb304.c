#include "base/sv.h"
#include "lint/lint_util.h"

static void rb304_check(struct lint *l, const struct lint_rule *rule)
{
    const struct lint_cmd *set = NULL;

    LINT_EACH_CMD (l, c) {
        const struct shell_word *last = lint_last_operand(c),
                                *file = set ? lint_last_operand(set) : NULL;

        if ((c->acts & ACT_MAINTAIN) && c->block)
            set = c;
        else if (set && sv_eq(c->program, SV("rm")) && last && file && sv_eq(last->raw, file->raw))
            set = NULL;
        else if (set && c->block && (c->acts & ACT_REQUEST) && sv_has(c->item->text, SV("/api/")))
            lint_add(l, rule, c->line, lint_first(c), "the flag of line %zu is still set",
                     set->line);
    }
}

const struct lint_rule lint_rb304 = {
    .id = "RB304",
    .severity = LINT_WARNING,
    .title = "a smoke test behind the maintenance flag",
    .why = "While the flag is set the API answers 503: the test fails on a good day, and has to "
           "be left out.",
    .mend = "test past the flag (another port or a header), or lift it for the tester only",
    .check = rb304_check,
};
