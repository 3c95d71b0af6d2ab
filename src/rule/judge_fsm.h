#pragma once

/*
 * judge_fsm: from a result to the next state of a rule, of a gate, of a checkpoint: three tables.
 *
 * FX_BUG is 0, so that an unwritten cell is a bug.  Pure.
 */
#include "base/base.h"

/* A standing rule (R25-R30). */
enum run_phase {
    RUN_IDLE,
    RUN_PENDING, /* BAD, not yet for long enough */
    RUN_FIRED,
    RUN__N
};
enum run_event {
    RUN_GOOD,
    RUN_GAP,
    RUN_BAD,
    RUN_LATE, /* BAD, and data were away for more than two intervals */
    RUN_OVER, /* BAD, and data were away for an hour */
    RUN_HELD, /* BAD for long enough */
    RUN_EV__N
};
enum run_effect {
    FX_BUG,
    FX_NONE,
    FX_START, /* a run begins now */
    FX_COUNT, /* add the time since the last evaluation */
    FX_FRESH, /* add nothing, and ask for fresh data */
    FX_END,
    FX_FIRE,
};
struct run_move {
    enum run_phase next;
    enum run_effect effect;
};
struct run_move run_fsm(enum run_phase phase, enum run_event ev);

/* A gate (R34, R35). */
enum gate_phase { GATE_WAITING, GATE_PASSED, GATE_FAILED, GATE__N };
enum gate_event {
    GATE_TRUE,
    GATE_LATE, /* true, after more than two intervals without a look */
    GATE_FALSE,
    GATE_UNKNOWN,
    GATE_HELD, /* true for long enough */
    GATE_DEADLINE,
    GATE_EV__N
};
enum gate_effect { GATE_FX_BUG, GATE_FX_NONE, GATE_FX_COUNT, GATE_FX_RESET, GATE_FX_END };
struct gate_move {
    enum gate_phase next;
    enum gate_effect effect;
};
struct gate_move gate_fsm(enum gate_phase phase, enum gate_event ev);

/* A checkpoint (R40-R43). */
enum check_phase { CHECK_PLANNED, CHECK_OPEN, CHECK_CLOSED, CHECK_ANSWERED, CHECK__N };
enum check_event {
    CHECK_DUE,
    CHECK_DECIDED, /* every rule has an answer, or the grace is over */
    CHECK_GO_ON,   /* a person's answers */
    CHECK_AGAIN,
    CHECK_ROLL_BACK,
    CHECK_EV__N
};
enum check_effect {
    CHECK_FX_BUG,
    CHECK_FX_NONE,
    CHECK_FX_OPEN,
    CHECK_FX_CLOSE,
    CHECK_FX_ROLL_BACK
};
struct check_move {
    enum check_phase next;
    enum check_effect effect;
};
struct check_move check_fsm(enum check_phase phase, enum check_event ev);
