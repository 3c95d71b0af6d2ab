#include "base/sv.h"
#include "lint/lint_util.h"

static void rb017_check(struct lint *l, const struct lint_rule *rule)
{
    size_t ticked = 0, line = 0;

    for (size_t i = 0; i < l->rb->md.n; i++)
        if (l->rb->md.v[i].kind == MD_ITEM && l->rb->md.v[i].task && l->rb->md.v[i].checked) {
            line = ticked++ ? line : l->rb->md.v[i].line;
        }
    if (ticked)
        lint_add(l, rule, line, SV("[x]"), "%zu box%s ticked in the document itself", ticked,
                 ticked == 1 ? " is" : "es are");
}

const struct lint_rule lint_rb017 = {
    .id = "RB017",
    .severity = LINT_INFO,
    .title = "a box that is ticked before the run",
    .why = "A tick in the document is not evidence of this run: it was true on another day, for "
           "somebody else.",
    .mend = "leave the boxes of a runbook empty; prusik records who answered what",
    .check = rb017_check,
};
