#include "base/sv.h"
#include "lint/lint.h"

#define RB250_TEXT "no machine check for \"%.*s\""

static void rb250_check(struct lint *l, const struct lint_rule *rule)
{
    for (size_t i = 0; i < l->rb->n_steps; i++) {
        const struct rb_step *s = &l->rb->steps[i];

        for (size_t k = 0; k < s->n_expects && s->kind == STEP_SHELL; k++) {
            struct sv text = s->expects[k].source;

            if (s->expects[k].form == EXPECT_ASK)
                lint_add(l, rule, s->expects[k].line, text, RB250_TEXT, SV_FMT(text));
        }
    }
}

const struct lint_rule lint_rb250 = {
    .id = "RB250",
    .severity = LINT_INFO,
    .title = "an expectation that only a person can judge",
    .why = "Unattended, the run refuses to start; attended, it stops here and asks.",
    .mend = "name what the command shows: a status, a text in quotes, a number with its unit",
    .check = rb250_check,
};
