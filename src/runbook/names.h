#pragma once

/*
 * names: what a person's reference to a part or step of the document means.
 *
 * A reference is an id, or the end of one from a '/' on when only one ends so; a part
 * is meant before a step.  An index, because every step of a plan is asked for the
 * shortest reference that means it.  Borrows the runbook.
 */
#include "base/map.h"
#include "runbook/runbook.h"

struct names {
    const struct runbook *rb;
    struct map parts, steps; /* from each end of an id */
    uint32_t *undo;          /* of each part, the first step of the way back in it; RB_NONE: none */
};

void names_init(struct names *names, const struct runbook *rb);
void names_release(struct names *names);

/* RB_NONE: there is none, or more than one. */
uint32_t names_part(const struct names *names, struct sv ref);
uint32_t names_step(const struct names *names, struct sv ref);
/* The first step of the way back that the reference means; RB_NONE: there is none. */
uint32_t names_undo(const struct names *names, struct sv ref);
/* The id that was most likely meant by a reference that means nothing; empty when none is near. */
struct sv names_nearest(const struct names *names, struct sv ref);
/* The shortest reference that means this part or step. */
struct sv names_short(const struct names *names, struct sv id);
