#include "lint/lint_bands.h"

const struct lint_rule lint_rb401 = {
    .id = "RB401",
    .severity = LINT_WARNING,
    .title = "values that no row names",
    .why = "Between the rows, or between good and bad, there is a band in which two people "
           "decide in two ways.",
    .mend = "let the bands meet: what is not good and not yet bad is INVESTIGATE",
    .check = lint_bands_tell,
};
