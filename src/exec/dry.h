#pragma once

/*
 * dry: what a plan would do, and what of it can be looked at without acting (docs/formats/dry-run.md).
 *
 * Only files and folders of this machine are read.  What was not looked at is never called good.
 */
#include "exec/back.h"
#include "plan/plan.h"

enum dry_state {
    DRY_FOUND, /* it is there now */
    DRY_WRONG, /* as things are now, the step cannot succeed */
    DRY_OPEN,  /* only acting would tell */
    DRY__N
};
const char *dry_state_name(enum dry_state state);

struct dry_check {
    enum dry_state state;
    struct sv text; /* "git is /usr/bin/git" */
};

struct dry_step {
    const struct plan_step *step;
    struct sv would; /* "would send GET http://..."; of a step that is left out, why */
    bool left;       /* it is left out */
    VEC(struct dry_check) checks;
};

typedef VEC(struct dry_step) dry_steps;

struct dry {
    struct arena arena;
    dry_steps steps, way_back;
    size_t counts[DRY__N];
};

/* `plan` must outlive the result.  For dry_release(). */
void dry_look(const struct plan *plan, struct dry *ret);
/* What a run knows that a plan does not. */
struct dry_known {
    int64_t started_us; /* its dates are of this moment */
    const struct binding_pair *values;
    size_t n_values;
};
/*
 * The same for a way back alone; `done`: of each of its steps, why it is not carried out any more, empty: it is.  NULL:
 * none was begun.
 */
void dry_look_back(const struct plan *plan, const struct back *b, const struct sv *done,
                   const struct dry_known *known, struct dry *ret);
void dry_release(struct dry *d);
