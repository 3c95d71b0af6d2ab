#include "lint/lint_bands.h"

const struct lint_rule lint_rb409 = {
    .id = "RB409",
    .severity = LINT_WARNING,
    .title = "several limits for one subject",
    .why =
        "Two places expect different things of one number: the one is met where the other is not.",
    .mend = "keep one limit, and let the other place name it; or say for when each holds",
    .check = lint_bands_tell,
};
