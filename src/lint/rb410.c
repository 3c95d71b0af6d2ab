#include "lint/lint_bands.h"

const struct lint_rule lint_rb410 = {
    .id = "RB410",
    .severity = LINT_WARNING,
    .title = "one thing measured in two ways",
    .why =
        "What is fine is said of the value, what is not of its growth (or of another percentile): between them nobody knows.",
    .mend = "say what is fine and what is not of the same measure",
    .check = lint_bands_tell,
};
