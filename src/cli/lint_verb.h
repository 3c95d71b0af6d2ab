#pragma once

/*
 * lint_verb: what `prusik lint` and `prusik db lint` share: which findings are left out, how they are written, and the exit
 * code.
 */
#include "cli/lint_job.h"
#include "cli/verb.h"

/* ERR_USAGE: there is no such rule. */
NODISCARD enum err_code lint_verb_rule(const char *id, const struct lint_rule **ret,
                                       struct err *err);
/* Before anything is read: a format or rule that there is not (ERR_USAGE). */
NODISCARD enum err_code lint_verb_check(const struct cli *c, struct err *err);
/* Lint, drop what --disable names, write, and set the exit code: 10 when something but info is left. */
NODISCARD enum err_code lint_verb_run(const struct cli *c, struct lint_jobs *jobs,
                                      enum exit_code *exit, struct err *err);
