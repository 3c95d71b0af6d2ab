#include "base/sv.h"
#include "lint/lint_util.h"

static void rb309_check(struct lint *l, const struct lint_rule *rule)
{
    static const struct sv marks[] = {SV("cannot be easily reverted"),
                                      SV("cannot be reverted"),
                                      SV("not attempt to downgrade"),
                                      SV("do not revert"),
                                      SV("irreversible"),
                                      SV("cannot be undone"),
                                      SV("cannot be rolled back"),
                                      SV("no way back"),
                                      SV("cannot be removed without recreating")};

    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        for (size_t n = 0; lint_next_line_with(l, marks[i], &n);)
            lint_add(l, rule, n, (struct sv){NULL, 0},
                     "the document says that there is no way back");
}

const struct lint_rule lint_rb309 = {
    .id = "RB309",
    .severity = LINT_INFO,
    .title = "a step that cannot be undone",
    .why = "After it, going back means restoring a backup or going forward: who decides must "
           "know before, not after.",
    .mend = "say so in the step, and ask for an approval before it",
    .check = rb309_check,
};
