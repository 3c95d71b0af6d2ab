#pragma once

/*
 * go: a run with its display and signals, for the verbs that carry something out.
 */
#include "cli/verb.h"
#include "exec/run.h"
#include "plan/binding.h"

struct loaded;

/* Is there a person at the terminal who can be asked? */
bool go_is_attended(const struct cli *c);
/* All that is open, where it is more than the one that the refusal names. */
void go_show_questions(const struct cli *c, const struct plan *p);
NODISCARD enum err_code go_start(const struct cli *c, struct store *store, const struct loaded *l,
                                 enum exit_code *exit, struct err *err);
/* How a run goes on; all empty: where it stands. */
struct go_on {
    struct sv back;  /* a reason: take the way back, whatever was in progress */
    struct sv to;    /* with `back`: this step stays; empty: none does */
    bool finished;   /* with `back`: the run is over, and another one brings it back */
    struct sv retry; /* only to try this failed step again; "*": the one at which it stands */
};
NODISCARD enum err_code go_resume(const struct cli *c, struct store *store, int64_t id,
                                  const struct go_on *on, enum exit_code *exit, struct err *err);
