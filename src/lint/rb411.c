#include "lint/lint_conditions.h"

const struct lint_rule lint_rb411 = {
    .id = "RB411",
    .severity = LINT_WARNING,
    .title = "a time that is shorter than the looks at it",
    .why = "Metrics are looked at every 15 seconds: what is to last for less has lasted long "
           "enough at the first look.",
    .mend = "name a time of a minute or more, or poll more often",
    .check = lint_conditions,
};
