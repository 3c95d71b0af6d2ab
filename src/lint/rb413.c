#include "lint/lint.h"

const struct lint_rule lint_rb413 = {
    .id = "RB413",
    .severity = LINT_ERROR,
    .title = "a comparison with a baseline that nobody can judge",
    .why = "Better or worse than before is no answer while nobody says which direction is worse.",
    .mend = "say worse: up or worse: down where the metric is bound",
    .check = NULL, /* prusik plan finds it: a document alone does not tell */
};
