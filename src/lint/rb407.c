#include "lint/lint.h"

const struct lint_rule lint_rb407 = {
    .id = "RB407",
    .severity = LINT_ERROR,
    .title = "a counter that is compared as it stands",
    .why =
        "A counter only grows, and starts again with the process: its value says how long it has run, not what happens now.",
    .mend = "take its rate or increase in a window: rate(http_requests_total[5m])",
    .check = NULL, /* prusik plan finds it: a document alone does not tell */
};
