#include "lint/lint.h"

const struct lint_rule lint_rb192 = {
    .id = "RB192",
    .severity = LINT_INFO,
    .title = "shellcheck: a remark",
    .why = "shellcheck is a linter of shell scripts; it was run over the blocks of the document.",
    .mend =
        "see the page of the SC number at shellcheck.net; prusik lint --no-shellcheck leaves these out",
};
