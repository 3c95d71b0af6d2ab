#include "lint/lint.h"

const struct lint_rule lint_rb416 = {
    .id = "RB416",
    .severity = LINT_WARNING,
    .title = "no numbers, no rollback",
    .why =
        "A rule that rolls back takes missing numbers for good or for bad: the first hides a service that is dead, the second rolls back for a monitoring that is.",
    .mend = "leave the clause out: missing numbers hold the run and ask",
    .check = NULL, /* prusik plan finds it: a document alone does not tell */
};
