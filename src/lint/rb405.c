#include "lint/lint.h"

const struct lint_rule lint_rb405 = {
    .id = "RB405",
    .severity = LINT_ERROR,
    .title = "a number without its unit",
    .why =
        "Five of what: a share is no number of requests, and 200 may be milliseconds or seconds.",
    .mend = "write the unit: 5%, 250ms, 10GB, 5/s",
    .check = NULL, /* prusik plan finds it: a document alone does not tell */
};
