#include "lint/lint.h"

static void rb001_check(struct lint *l, const struct lint_rule *rule)
{
    for (size_t i = 0; i < l->rb->n_notes; i++)
        if (l->rb->notes[i].kind == NOTE_NESTED_FENCE)
            lint_add(l, rule, l->rb->notes[i].line, (struct sv){NULL, 0},
                     "a fence inside a fence: for other readers the outer block ends here, and the "
                     "text after it is swallowed by a new one");
}

const struct lint_rule lint_rb001 = {
    .id = "RB001",
    .severity = LINT_ERROR,
    .title = "a fence that ends the one around it",
    .why = "CommonMark closes a block at the first fence of the same length, so the rest of the "
           "document changes "
           "its meaning.",
    .mend = "give the outer fence one more backtick than any fence inside it",
    .check = rb001_check,
};
