#pragma once

/*
 * go: a run with its display and signals, for the verbs that carry something out.
 */
#include "cli/verb.h"
#include "exec/run.h"
#include "plan/binding.h"

struct loaded;

NODISCARD enum err_code go_start(const struct cli *c, struct store *store, const struct loaded *l,
                                 enum exit_code *exit, struct err *err);
/* With a reason in `back`: take the way back, whatever was in progress.  Its view is NULL: go on. */
NODISCARD enum err_code go_resume(const struct cli *c, struct store *store, int64_t id,
                                  struct sv back, enum exit_code *exit, struct err *err);
