#pragma once

/*
 * run_event: what happened in an environment, by kind: what the journals of its runs have, and what people and
 * programs have told (prusik event).
 *
 * `deploy`: a run that changes something reached its deploy mark; `rollback`: a way back was begun; `flag_toggle`: a rule has
 * switched a flag, or somebody has, as its log says.  Any kind is told, too.
 */
#include "exec/watcher.h"
#include "store/store.h"

struct run_events_of {
    struct store *store;
    struct sv environment, kind;
    int64_t after_us;
    const struct plan *plan; /* whose flags count; NULL: nobody's */
    int64_t run;             /* whose own deployment is none of what happens since; 0: none */
};
/* Whose events a plan counts: of a watch alone, those of what it watches. */
struct sv run_events_environment(const struct plan *p);
/* Added to *ret, in any order. */
NODISCARD enum err_code run_events(const struct run_events_of *of, watcher_moments *ret,
                                   struct err *err);
