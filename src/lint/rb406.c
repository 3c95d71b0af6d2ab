#include "lint/lint.h"

const struct lint_rule lint_rb406 = {
    .id = "RB406",
    .severity = LINT_ERROR,
    .title = "a unit of another kind",
    .why =
        "A share is compared with a time, or a size with a share: no value of the one says anything of the other.",
    .mend = "name the unit that the metric has, or bind the name to the metric that is meant",
    .check = NULL, /* prusik plan finds it: a document alone does not tell */
};
