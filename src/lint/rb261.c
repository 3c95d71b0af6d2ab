#include "base/sv.h"
#include "lint/lint_util.h"

static void rb261_check(struct lint *l, const struct lint_rule *rule)
{
    for (size_t i = 0; i < l->rb->n_steps; i++) {
        const struct rb_step *s = &l->rb->steps[i];
        size_t at = sv_find_nocase(s->text, SV("SELECT count("), 0);

        if (s->kind == STEP_SHELL && at != SV_NPOS && !s->n_expects &&
            !sv_has_word(s->text, SV("GROUP BY")))
            lint_add(l, rule, s->line, s->text, "which count is a good one?");
    }
}

const struct lint_rule lint_rb261 = {
    .id = "RB261",
    .severity = LINT_INFO,
    .title = "a number without a yardstick",
    .why = "The query prints a number, and nothing says which one would be good.",
    .mend = "say it: '# Expected: >0 rows', or compare with the number from before",
    .check = rb261_check,
};
