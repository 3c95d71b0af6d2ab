#pragma once

/*
 * plan_diff: what changed between two plans of one document.
 *
 * Steps are matched by what they do before they are matched by id, so a line that is
 * put between two others is one step more and not a changed rest.  Where something
 * stands (file, line) is no change; how many entries moved is counted.  Who operates
 * and what is still open are not compared (docs/formats/plan.md).
 */
#include "base/arena.h"
#include "base/json.h"
#include "base/vec.h"

enum plan_change_kind { CHANGE_ADDED, CHANGE_REMOVED, CHANGE_CHANGED, CHANGE__N };
const char *plan_change_name(enum plan_change_kind kind);

/* What differs in an entry; empty: it is not there. */
struct plan_change_member {
    struct sv name, before, after;
};

struct plan_change {
    enum plan_change_kind kind;
    const char *what;     /* "step", "rule", "setting", ... */
    struct sv name, text; /* its id as it is now; the command, condition or value, perhaps empty */
    VEC(struct plan_change_member) members; /* of CHANGE_CHANGED */
};

struct plan_diff {
    struct arena arena;
    VEC(struct plan_change) changes; /* in the order of the plan, what went away last in its list */
    size_t moved; /* entries that stand on another line and are otherwise the same */
};

/* Compare two plans as JSON.  The result keeps nothing of them. */
void plan_diff_make(const json_t *before, const json_t *after, struct plan_diff *ret);
void plan_diff_release(struct plan_diff *d);
/* {format, same, moved, changes: [{change, what, name, text, members: [{name, before, after}]}]} */
json_t *plan_diff_json(const struct plan_diff *d);
