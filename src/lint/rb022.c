#include "lint/lint.h"

const struct lint_rule lint_rb022 = {
    .id = "RB022",
    .severity = LINT_ERROR,
    .title = "a document that is too large or too deep",
    .why = "It is not read from there on, so nothing of it is checked, and prusik plan refuses it.",
    .mend = "this is no text that people wrote: take it out, or split the document",
};
