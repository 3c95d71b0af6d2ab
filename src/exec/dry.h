#pragma once

/*
 * dry: what a plan would do, and what of it can be looked at without acting (docs/formats/dry-run.md).
 *
 * Only files and folders of this machine are read.  What was not looked at is never called good.
 */
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
void dry_release(struct dry *d);
