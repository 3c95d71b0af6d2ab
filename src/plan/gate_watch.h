#pragma once

/*
 * gate_watch: the rules that are judged while a run waits at a gate, as a plan of their own.
 *
 * The same sources, other rules, no checkpoints; pure.
 */
#include "plan/plan.h"

#define PLAN_GATE_RULE "gate" /* id of the rule that a gate waits for */

/*
 * The plan with no rules but the standing ones (if `standing`) and the one that `g` waits for, and no
 * checkpoints.  For plan_load(); the caller's.
 */
json_t *plan_gate_watch(const struct plan *p, const struct plan_gate *g, bool standing);
/* ERR_INVALID: the rule that the gate waits for cannot be judged. */
NODISCARD enum err_code plan_gate_check_rule(const struct plan *p, const struct plan_gate *g,
                                             struct err *err);
