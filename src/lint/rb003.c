#include "base/sv.h"
#include "lint/lint_fix.h"
#include "lint/lint_util.h"

static void rb003_check(struct lint *l, const struct lint_rule *rule)
{
    for (size_t n = 1; n <= l->rb->doc->n_lines; n++) {
        struct sv where;

        if (lint_unmangle(document_line(l->rb->doc, n), NULL, &where))
            lint_add(l, rule, n, where, "characters that were encoded twice");
    }
}

const struct lint_rule lint_rb003 = {
    .id = "RB003",
    .severity = LINT_WARNING,
    .title = "characters that were encoded twice",
    .why = "The symbols that readers look for are gone; what is decided by a red circle must also "
           "be said in a word.",
    .mend = "prusik lint --fix brings them back, or restore the file from before it was saved as "
            "Windows-1252",
    .check = rb003_check,
};
