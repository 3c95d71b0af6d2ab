#pragma once

/*
 * gate_watch: the rules that are judged while a run waits at a gate, as a plan of their own.
 *
 * The same sources, other rules, no checkpoints; pure.
 */
#include "plan/plan.h"

#define PLAN_GATE_RULE "gate" /* id of the rule that a gate waits for */

/* Are the rules of a phase (id of a part; empty: of the whole document) judged at a gate now? */
typedef bool plan_gate_judges_fn(const void *arg, struct sv phase);
/*
 * The plan with no rules but the standing ones that `judges` (NULL: none) and the one that `g` waits for, and no
 * checkpoints.  What is judged begins with the waiting: no rule is of a phase any more.  For plan_load(); the caller's.
 */
json_t *plan_gate_watch(const struct plan *p, const struct plan_gate *g,
                        plan_gate_judges_fn *judges, const void *arg);
/* ERR_INVALID: the rule that the gate waits for cannot be judged. */
NODISCARD enum err_code plan_gate_check_rule(const struct plan *p, const struct plan_gate *g,
                                             struct err *err);
