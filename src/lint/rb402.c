#include "lint/lint_bands.h"

const struct lint_rule lint_rb402 = {
    .id = "RB402",
    .severity = LINT_WARNING,
    .title = "two rows for one value",
    .why = "Both rows are true, and they say different things: whoever reads first decides.",
    .mend = "let each value be in one row, or say which row wins",
    .check = lint_bands_tell,
};
