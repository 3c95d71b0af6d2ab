#include "base/sv.h"
#include "lint/lint_util.h"

static size_t rb002_pipes(struct sv line)
{
    struct sv t = sv_trim(line);
    size_t n = 0;

    sv_eat(&t, SV("|"));
    if (sv_ends(t, SV("|")))
        t = sv_sub(t, 0, t.n - 1);
    for (size_t i = 0; i < t.n; i++) {
        if (t.p[i] == '\\')
            i++;
        else
            n += t.p[i] == '|';
    }
    return n;
}

static void rb002_check(struct lint *l, const struct lint_rule *rule)
{
    size_t want = 0;

    for (size_t i = 0; i < l->rb->md.n; i++) {
        const struct md_node *n = &l->rb->md.v[i];
        struct sv line = document_line(l->rb->doc, n->line);

        if (n->kind != MD_ROW)
            continue;
        if (n->header)
            want = rb002_pipes(line);
        else if (rb002_pipes(line) != want)
            lint_add(l, rule, n->line, line, "%zu cells under %zu headings", rb002_pipes(line) + 1,
                     want + 1);
    }
}

const struct lint_rule lint_rb002 = {
    .id = "RB002",
    .severity = LINT_WARNING,
    .title = "a table row of another width",
    .why = "A pipe inside code splits the cell too: the rest of the row moves one column to the "
           "right and the last cell is lost.",
    .mend = "write \\| inside a cell",
    .check = rb002_check,
};
