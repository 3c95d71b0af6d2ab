#include "exec/step_fsm.h"

#include "base/sv.h"

/* clang-format off */
#define TO(state, fx) {STEP_##state, FX_##fx}
static const struct step_move moves[STEP_STATE__N][STEP_EV__N] = {
[STEP_PLANNED]  = {[EV_READY]  = TO(RUNNING, START),   [EV_HELD]   = TO(WAITING, ASK),
                   [EV_SKIP]   = TO(SKIPPED, RECORD),  [EV_CANCEL] = TO(PLANNED, NONE)},
[STEP_WAITING]  = {[EV_OPENED] = TO(DONE, RECORD),     [EV_DENIED] = TO(FAILED, RECORD),
                   [EV_SKIP]   = TO(SKIPPED, RECORD),  [EV_HELD]   = TO(WAITING, ASK),
                   [EV_CANCEL] = TO(WAITING, NONE)},
[STEP_RUNNING]  = {[EV_ENDED]  = TO(CHECKING, CHECK),  [EV_BROKE]  = TO(FAILED, RECORD),
                   [EV_LOST]   = TO(IN_DOUBT, PROBE),  [EV_CANCEL] = TO(STOPPING, STOP)},
[STEP_STOPPING] = {[EV_ENDED]  = TO(STOPPED, RECORD),  [EV_BROKE]  = TO(STOPPED, RECORD),
                   [EV_LOST]   = TO(IN_DOUBT, PROBE),  [EV_CANCEL] = TO(STOPPING, NONE)},
[STEP_CHECKING] = {[EV_HOLDS]  = TO(DONE, RECORD),     [EV_FAILS]  = TO(FAILED, RECORD),
                   [EV_ASK]    = TO(CHECKING, ASK),    [EV_AGAIN]  = TO(RUNNING, START),
                   [EV_OPENED] = TO(DONE, RECORD),     [EV_DENIED] = TO(FAILED, RECORD),
                   [EV_CANCEL] = TO(STOPPED, RECORD)},
[STEP_DONE]     = {[EV_CANCEL] = TO(DONE, NONE)},
[STEP_FAILED]   = {[EV_READY]  = TO(RUNNING, START),   [EV_HELD]   = TO(WAITING, ASK),
                   [EV_SKIP]   = TO(SKIPPED, RECORD),  [EV_CANCEL] = TO(FAILED, NONE)},
[STEP_IN_DOUBT] = {[EV_HOLDS]  = TO(DONE, RECORD),     [EV_FAILS]  = TO(FAILED, RECORD),
                   [EV_AGAIN]  = TO(RUNNING, START),   [EV_ASK]    = TO(IN_DOUBT, ASK),
                   [EV_LOST]   = TO(IN_DOUBT, PROBE),  [EV_OPENED] = TO(DONE, RECORD),
                   [EV_DENIED] = TO(RUNNING, START),   [EV_CANCEL] = TO(IN_DOUBT, NONE)},
[STEP_SKIPPED]  = {[EV_CANCEL] = TO(SKIPPED, NONE)},
[STEP_STOPPED]  = {[EV_READY]  = TO(RUNNING, START),   [EV_HELD]   = TO(WAITING, ASK),
                   [EV_LOST]   = TO(IN_DOUBT, PROBE),  [EV_SKIP]   = TO(SKIPPED, RECORD),
                   [EV_CANCEL] = TO(STOPPED, NONE)},
};
#undef TO
/* clang-format on */

struct step_move step_fsm(enum step_state state, enum step_event ev)
{
    assert((unsigned)state < STEP_STATE__N && (unsigned)ev < STEP_EV__N);
    return moves[state][ev]; /* a cell nobody wrote is {0, FX_BUG}: the run stops, and says so */
}

bool step_is_end(enum step_state state)
{
    return state == STEP_DONE || state == STEP_FAILED || state == STEP_SKIPPED ||
           state == STEP_STOPPED;
}

static const char *const step_names[STEP_STATE__N] = {
    [STEP_PLANNED] = "planned",   [STEP_WAITING] = "waiting",   [STEP_RUNNING] = "running",
    [STEP_STOPPING] = "stopping", [STEP_CHECKING] = "checking", [STEP_DONE] = "done",
    [STEP_FAILED] = "failed",     [STEP_IN_DOUBT] = "in-doubt", [STEP_SKIPPED] = "skipped",
    [STEP_STOPPED] = "stopped",
};

const char *step_state_name(enum step_state state)
{
    assert((unsigned)state < STEP_STATE__N);
    return step_names[state];
}

enum step_state step_state_of(struct sv name)
{
    for (unsigned i = 0; i < STEP_STATE__N; i++)
        if (sv_eq(name, sv_from(step_names[i])))
            return (enum step_state)i;
    return STEP_STATE__N;
}
