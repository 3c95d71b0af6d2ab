#include "base/sv.h"
#include "lint/lint_util.h"

static void rb305_check(struct lint *l, const struct lint_rule *rule)
{
    const struct lint_cmd *set = NULL;
    bool back = false, removed = false;

    LINT_EACH_CMD (l, c) {
        const struct shell_word *last = lint_last_operand(c),
                                *file = set ? lint_last_operand(set) : NULL;

        if (!set && (c->acts & ACT_MAINTAIN) && c->role != ROLE_ROLLBACK && c->block)
            set = c;
        back |= c->role == ROLE_ROLLBACK;
        removed |= c->role == ROLE_ROLLBACK && sv_eq(c->program, SV("rm")) && last && file &&
                   sv_eq(last->raw, file->raw);
    }
    if (set && back && !removed)
        lint_add(l, rule, set->line, lint_last_operand(set)->raw, "no rollback step removes it");
}

const struct lint_rule lint_rb305 = {
    .id = "RB305",
    .severity = LINT_WARNING,
    .title = "a maintenance flag that the way back leaves",
    .why = "When the deployment stops after the flag was set, the way back brings the old "
           "version behind a closed door.",
    .mend = "remove the flag in the rollback section too (rm -f), as its last step",
    .check = rb305_check,
};
