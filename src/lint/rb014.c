#include "lint/lint.h"

static void rb014_check(struct lint *l, const struct lint_rule *rule)
{
    static const struct sv nowhere;

    for (size_t i = 0; i < l->rb->n_notes; i++) {
        const struct rb_note *n = &l->rb->notes[i];

        if (n->kind == NOTE_BROKEN_SHELL)
            lint_add(l, rule, n->line, nowhere, "%.*s", SV_FMT(n->text));
    }
}

const struct lint_rule lint_rb014 = {
    .id = "RB014",
    .severity = LINT_ERROR,
    .title = "a block that is no shell script",
    .why = "It cannot be split into commands, and a person who pastes it gets a syntax error "
           "half-way.",
    .mend = "mend the quotes or brackets, or tag the block as what it is (sql, text, env)",
    .check = rb014_check,
};
