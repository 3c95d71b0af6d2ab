#include "lint/lint.h"

const struct lint_rule lint_rb511 = {
    .id = "RB511",
    .severity = LINT_WARNING,
    .title = "a total that differs from another document",
    .why =
        "One of the two counts was not kept up to date: a suite that lost tests still looks complete.",
    .mend = "count again, and keep the number in one place",
};
