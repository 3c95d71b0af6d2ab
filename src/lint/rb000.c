#include "lint/lint.h"

static void rb000_check(struct lint *l, const struct lint_rule *rule)
{
    for (size_t i = 0; i < l->rb->n_notes; i++)
        if (l->rb->notes[i].kind == NOTE_BAD_UTF8) {
            size_t before = l->findings.n;

            lint_add(l, rule, l->rb->notes[i].line, (struct sv){NULL, 0},
                     "byte %zu of this line is not UTF-8", l->rb->notes[i].column);
            if (l->findings.n > before) /* a comment may silence it */
                vec_last(&l->findings)->column = l->rb->notes[i].column;
        }
}

const struct lint_rule lint_rb000 = {
    .id = "RB000",
    .severity = LINT_ERROR,
    .title = "text that is not UTF-8",
    .why = "What cannot be read cannot be run as it was meant.",
    .mend = "save the document as UTF-8",
    .check = rb000_check,
};
