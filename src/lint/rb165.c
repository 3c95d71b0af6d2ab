#include "lint/lint_util.h"

static void rb165_check(struct lint *l, const struct lint_rule *rule)
{
    for (size_t i = 0; i < l->rb->n_notes; i++) {
        const struct rb_note *n = &l->rb->notes[i];

        if (n->kind == NOTE_FORBIDDEN)
            lint_add(l, rule, n->line, (struct sv){NULL, 0}, "%.*s", SV_FMT(n->text));
    }
}

const struct lint_rule lint_rb165 = {
    .id = "RB165",
    .severity = LINT_WARNING,
    .title = "a step does to a host what the document forbids",
    .why =
        "The document says itself that this must not be done there: whoever follows it line by line "
        "does it all the same.",
    .mend =
        "take the host out of the step, or the step out of the document; a plan leaves it out unless the choice "
        "says yes",
    .check = rb165_check,
};
