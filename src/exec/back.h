#pragma once

/*
 * back: what the way back of a plan comes to when some of its steps were begun: which changes are undone and by what,
 * which cannot be, and which steps of the way back are left out.
 *
 * Pure.  Where the plan does not know enough, a step of a whole way back is carried out rather than left out, and a
 * way back to a step is refused.
 */
#include "base/vec.h"
#include "plan/plan.h"

enum back_fate {
    BACK_UNDONE,   /* by a step of the way back */
    BACK_ITSELF,   /* it is its own opposite: a maintenance flag */
    BACK_ACCEPTED, /* somebody has said why nothing has to be done */
    BACK_GAP,      /* nothing undoes it */
    BACK_KEPT,     /* it stays: it is not behind the step that is gone back to */
    BACK_FATE__N
};
const char *back_fate_name(enum back_fate fate);

/* A step of the way forward that was begun, and changes something. */
struct back_change {
    const struct plan_step *step;
    enum back_fate fate;
    const struct plan_step *by; /* of BACK_UNDONE; NULL: a plan of an older version does not say */
};

struct back_step {
    const struct plan_step *step;
    struct sv left; /* why it is left out; empty: it is carried out */
};

struct back {
    struct arena arena;
    VEC(struct back_change) changes; /* the last first */
    VEC(struct back_step) steps;     /* in the order of the way back */
    size_t counts[BACK_FATE__N];
    size_t carried;      /* steps of the way back */
    bool keeps_flag;     /* maintenance was switched on by what stays: it is not lifted */
    struct sv bad, hint; /* why it cannot be taken; empty: it can */
};

/*
 * `begun`: of each step of the plan, whether it was.  `keep`: how many of the first steps stay as they are, 0: none.
 * The plan must outlive *ret, which is for back_release().
 */
void back_look(const struct plan *p, const bool *begun, size_t keep, struct back *ret);
void back_release(struct back *b);

/*
 * How many steps stay when the way back goes to the step `ref`.  ERR_INVALID: there is no such step, or it is one of the
 * way back, or it was not begun.
 */
NODISCARD enum err_code back_keep(const struct plan *p, const bool *begun, struct sv ref,
                                  size_t *ret, struct err *err);
