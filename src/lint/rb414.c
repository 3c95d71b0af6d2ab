#include "lint/lint.h"

const struct lint_rule lint_rb414 = {
    .id = "RB414",
    .severity = LINT_ERROR,
    .title = "a checkpoint of a rule that is not there",
    .why =
        "At that moment nothing would be looked at, and the run would go on as if all were well.",
    .mend = "write the name as the rule has it",
    .check = NULL, /* prusik plan finds it: a document alone does not tell */
};
