#pragma once

/*
 * lint_shellcheck: what shellcheck says of the shell blocks, as findings of the
 * document (RB190 error, RB191 warning, RB192 remark; the SC number is in the message).
 *
 * Run when it is installed, over all blocks of all documents at once; never needed.
 * What makes no sense for a piece of a script (no shebang, cd without exit, a variable
 * that is set elsewhere) is left out.  Blocks the caller until shellcheck has ended.
 */
#include "cli/lint_job.h"

/* Adds to the findings of the jobs.  Nothing is added, and no error, when it is not installed. */
NODISCARD enum err_code lint_shellcheck(struct lint_jobs *jobs, struct err *err);
