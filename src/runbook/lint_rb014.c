#include "runbook/lint.h"

static void rb014_check(struct lint *l, const struct lint_rule *rule)
{
    for (size_t i = 0; i < l->rb->n_notes; i++)
        if (l->rb->notes[i].kind == NOTE_BROKEN_SHELL)
            lint_add(l, rule, l->rb->notes[i].line, (struct sv){NULL, 0}, "%.*s",
                     SV_FMT(l->rb->notes[i].text));
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
