#include "lint/lint.h"

const struct lint_rule lint_rb419 = {
    .id = "RB419",
    .severity = LINT_ERROR,
    .title = "a name that nothing declares",
    .why = "The rule reads a number that no source gives: it would wait for it for ever.",
    .mend = "bind it in prusik.yaml, answer it by a person (manual), or drop the rule",
    .check = NULL, /* prusik plan finds it: a document alone does not tell */
};
