#include "lint/lint.h"

static void rb013_check(struct lint *l, const struct lint_rule *rule)
{
    for (size_t i = 0; i < l->rb->n_notes; i++)
        if (l->rb->notes[i].kind == NOTE_UNCLOSED_FENCE)
            lint_add(l, rule, l->rb->notes[i].line, (struct sv){NULL, 0},
                     "this block is never closed: everything down to the end is in it");
}

const struct lint_rule lint_rb013 = {
    .id = "RB013",
    .severity = LINT_ERROR,
    .title = "a block that is never closed",
    .why = "The rest of the document is taken for commands or text of this block.",
    .mend = "close it with a fence of the same length",
    .check = rb013_check,
};
