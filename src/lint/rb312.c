#include "base/sv.h"
#include "lint/lint_util.h"

static bool rb312_is_file(struct sv word)
{
    return sv_has(word, SV("/")) &&
           (sv_ends(word, SV(".py")) || sv_ends(word, SV(".js")) || sv_ends(word, SV(".ts")) ||
            sv_ends(word, SV(".rb")) || sv_ends(word, SV("_test.go")));
}

static bool rb312_names(const struct lint_cmd *c, struct sv file)
{
    for (size_t i = 1; i < c->run.n_words; i++)
        if (sv_eq(c->run.words[i].raw, file))
            return true;
    return false;
}

static void rb312_check(struct lint *l, const struct lint_rule *rule)
{
    size_t compared = 0;

    LINT_EACH_CMD (l, c) {
        const struct shell_word *file = lint_last_operand(c);

        for (size_t i = 1; i < c->run.n_words && (!file || !rb312_is_file(file->raw)); i++)
            file = &c->run.words[i];
        if (!(c->acts & ACT_TEST) || c->role != ROLE_ROLLBACK || !file ||
            !rb312_is_file(file->raw) || ++compared > LINT_COMPARED)
            continue;
        LINT_EACH_CMD (l, d)
            if ((d->acts & ACT_TEST) && d->role != ROLE_ROLLBACK && rb312_names(d, file->raw)) {
                lint_add(l, rule, c->line, file->raw, "line %zu tests the new code with it",
                         d->line);
                break;
            }
    }
}

const struct lint_rule lint_rb312 = {
    .id = "RB312",
    .severity = LINT_WARNING,
    .title = "a test of what was taken back",
    .why = "The test belongs to the new code: after the rollback its file is gone, or it fails "
           "because the feature is.",
    .mend = "run what was green before the deployment",
    .check = rb312_check,
};
