#include "lint/lint.h"

const struct lint_rule lint_rb510 = {
    .id = "RB510",
    .severity = LINT_INFO,
    .title = "one thing with two names in two documents",
    .why =
        "Who follows both documents restarts the wrong service, reads the wrong log, or asks an address that is not there.",
    .mend = "use one name; or say in one of them that it speaks of another installation",
};
