#pragma once

/*
 * go: a run with its display and signals, for the verbs that carry something out.
 */
#include "cli/verb.h"
#include "exec/run.h"
#include "plan/binding.h"

NODISCARD enum err_code go_start(const struct cli *c, struct store *store, const struct plan *plan,
                                 const struct binding *b, enum exit_code *exit, struct err *err);
/* way_back: take the way back, whatever was in progress, because of `why`. */
NODISCARD enum err_code go_resume(const struct cli *c, struct store *store, int64_t id,
                                  bool way_back, struct sv why, enum exit_code *exit,
                                  struct err *err);
