#pragma once

/*
 * step_fsm: the states of a step and what moves it on, as one table.
 *
 * Pure: it says what the next state is and what the driver has to do.  A cell that
 * nobody wrote is FX_BUG.
 */
#include "base/base.h"

enum step_state {
    STEP_PLANNED,
    STEP_WAITING, /* for a person */
    STEP_RUNNING,
    STEP_STOPPING, /* was told to stop */
    STEP_CHECKING, /* the act ended: does it hold what was expected? */
    STEP_DONE,
    STEP_FAILED,
    STEP_IN_DOUBT, /* begun, and nobody knows how it ended */
    STEP_SKIPPED,
    STEP_STOPPED, /* ended by the operator: may be done again */
    STEP_STATE__N
};

enum step_event {
    EV_READY,  /* its turn has come */
    EV_HELD,   /* its turn has come, and a person has to answer first */
    EV_SKIP,   /* it is left out */
    EV_OPENED, /* the person said yes */
    EV_DENIED, /* the person said no */
    EV_ENDED,  /* the act came to its end */
    EV_BROKE,  /* the act could not be carried out, or took too long */
    EV_LOST,   /* contact was lost, or a crash came between */
    EV_HOLDS,  /* what was expected is so; in doubt: it has happened */
    EV_FAILS,  /* it is not so */
    EV_ASK,    /* a person has to look at the outcome */
    EV_AGAIN,  /* the act is repeated (a look that waits for something); in doubt: do it again */
    EV_CANCEL, /* Ctrl-C, or the run ends */
    STEP_EV__N
};

enum step_effect {
    FX_BUG, /* an unwritten cell */
    FX_NONE,
    FX_START,  /* begin the act */
    FX_ASK,    /* ask the person */
    FX_CHECK,  /* check the outcome */
    FX_RECORD, /* the outcome goes to the journal */
    FX_STOP,   /* tell the act to stop */
    FX_PROBE,  /* find out whether it happened */
    STEP_FX__N
};

struct step_move {
    enum step_state next;
    enum step_effect effect;
};

struct step_move step_fsm(enum step_state state, enum step_event ev);
/* Is the step over, one way or another? */
bool step_is_end(enum step_state state);
const char *step_state_name(enum step_state state);
/* STEP_STATE__N when there is no such name. */
enum step_state step_state_of(struct sv name);
