#include "base/sv.h"
#include "lint/lint.h"

/* "up to date" or "added X packages": nothing was done, or something was; both pass. */
static bool rb251_either_way(const struct rb_expect *e)
{
    static const struct sv nothing[] = {SV("up to date"), SV("up-to-date"), SV("no pending"),
                                        SV("already"),    SV("nothing to"), SV("no changes")};
    bool idle = false, busy = false;

    if (e->form != EXPECT_ANY)
        return false;
    for (size_t i = 0; i < e->n_any; i++) {
        bool is = false;

        for (size_t k = 0; k < ARRAY_LEN(nothing); k++)
            is |= sv_has_nocase(e->any[i].text, nothing[k]);
        idle |= is;
        busy |= !is;
    }
    return idle && busy;
}

static void rb251_check(struct lint *l, const struct lint_rule *rule)
{
    for (size_t i = 0; i < l->rb->n_steps; i++) {
        const struct rb_step *s = &l->rb->steps[i];

        for (size_t k = 0; k < s->n_expects; k++)
            if (s->expects[k].vacuous || rb251_either_way(&s->expects[k]))
                lint_add(l, rule, s->expects[k].line, s->expects[k].source,
                         "any output at all satisfies this: only the exit status is checked");
    }
}

const struct lint_rule lint_rb251 = {
    .id = "RB251",
    .severity = LINT_INFO,
    .title = "an expectation that cannot fail",
    .why = "\"X or a list of changes\" holds whatever is printed, so it tells nobody anything.",
    .mend = "say what a good output has that a bad one does not",
    .check = rb251_check,
};
