#include "rule/judge_fsm.h"

/* clang-format off */
#define TO(phase, fx) {RUN_##phase, FX_##fx}
static const struct run_move runs[RUN__N][RUN_EV__N] = {
[RUN_IDLE]    = {[RUN_GOOD] = TO(IDLE, NONE),    [RUN_GAP]  = TO(IDLE, NONE),     [RUN_BAD]  = TO(PENDING, START),
                 [RUN_LATE] = TO(PENDING, START), [RUN_OVER] = TO(PENDING, START)},
[RUN_PENDING] = {[RUN_GOOD] = TO(IDLE, END),     [RUN_GAP]  = TO(PENDING, NONE),  [RUN_BAD]  = TO(PENDING, COUNT),
                 [RUN_LATE] = TO(PENDING, FRESH), [RUN_OVER] = TO(PENDING, START), [RUN_HELD] = TO(FIRED, FIRE)},
[RUN_FIRED]   = {[RUN_GOOD] = TO(IDLE, END),     [RUN_GAP]  = TO(FIRED, NONE),    [RUN_BAD]  = TO(FIRED, COUNT),
                 [RUN_LATE] = TO(FIRED, NONE),    [RUN_OVER] = TO(FIRED, NONE)},
};
#undef TO
#define TO(phase, fx) {GATE_##phase, GATE_FX_##fx}
static const struct gate_move gates[GATE__N][GATE_EV__N] = {
[GATE_WAITING] = {[GATE_TRUE]    = TO(WAITING, COUNT), [GATE_LATE] = TO(WAITING, NONE), [GATE_FALSE] = TO(WAITING, RESET),
                  [GATE_UNKNOWN] = TO(WAITING, NONE),  [GATE_HELD] = TO(PASSED, END),   [GATE_DEADLINE] = TO(FAILED, END)},
[GATE_PASSED]  = {[GATE_TRUE]    = TO(PASSED, NONE),   [GATE_LATE] = TO(PASSED, NONE),  [GATE_FALSE] = TO(PASSED, NONE),
                  [GATE_UNKNOWN] = TO(PASSED, NONE)},
[GATE_FAILED]  = {[GATE_TRUE]    = TO(FAILED, NONE),   [GATE_LATE] = TO(FAILED, NONE),  [GATE_FALSE] = TO(FAILED, NONE),
                  [GATE_UNKNOWN] = TO(FAILED, NONE)},
};
#undef TO
#define TO(phase, fx) {CHECK_##phase, CHECK_FX_##fx}
static const struct check_move checks[CHECK__N][CHECK_EV__N] = {
[CHECK_PLANNED]  = {[CHECK_DUE] = TO(OPEN, OPEN)},
[CHECK_OPEN]     = {[CHECK_DUE] = TO(OPEN, NONE),     [CHECK_DECIDED]   = TO(CLOSED, CLOSE)},
[CHECK_CLOSED]   = {[CHECK_DUE] = TO(CLOSED, NONE),   [CHECK_GO_ON]     = TO(ANSWERED, NONE),
                    [CHECK_AGAIN] = TO(OPEN, OPEN),   [CHECK_ROLL_BACK] = TO(ANSWERED, ROLL_BACK)},
[CHECK_ANSWERED] = {[CHECK_DUE] = TO(ANSWERED, NONE)},
};
#undef TO
/* clang-format on */

struct run_move run_fsm(enum run_phase phase, enum run_event ev)
{
    assert((unsigned)phase < RUN__N && (unsigned)ev < RUN_EV__N);
    return runs[phase][ev];
}

struct gate_move gate_fsm(enum gate_phase phase, enum gate_event ev)
{
    assert((unsigned)phase < GATE__N && (unsigned)ev < GATE_EV__N);
    return gates[phase][ev];
}

struct check_move check_fsm(enum check_phase phase, enum check_event ev)
{
    assert((unsigned)phase < CHECK__N && (unsigned)ev < CHECK_EV__N);
    return checks[phase][ev];
}
