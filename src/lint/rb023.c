#include "base/sv.h"
#include "lint/lint.h"

static void rb023_check(struct lint *l, const struct lint_rule *rule)
{
    for (size_t i = 0; i < l->rb->n_notes; i++) {
        const struct rb_note *n = &l->rb->notes[i];
        struct sv line;

        if (n->kind != NOTE_DIRECTIVE)
            continue;
        line = document_line(l->rb->doc, n->line);
        lint_add(l, rule, n->line, sv_sub(line, size_min(n->column - 1, line.n), line.n),
                 "%.*s%s%.*s", SV_FMT(n->text), n->hint.n ? ": " : "", SV_FMT(n->hint));
    }
}

const struct lint_rule lint_rb023 = {
    .id = "RB023",
    .severity = LINT_ERROR,
    .title = "a directive that is wrong",
    .why =
        "A key that nobody reads sets nothing: the step runs without the timeout or the way back "
        "that its author wrote down, so a plan of such a document is refused.",
    .mend = "use the keys and values of docs/formats/directives.md",
    .check = rb023_check,
};
