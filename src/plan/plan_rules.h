#pragma once

/*
 * plan_rules: the rules of a plan, checked against what the binding offers.
 *
 * One reader for both ends: making a plan (what is wrong becomes a question) and judging
 * it (nothing may be wrong any more).  It reads the plan's JSON, so that both see the same.
 */
#include "base/json.h"
#include "base/vec.h"
#include "rule/check.h"

/* A rule of "rules", or the rule "checkpoint T+5m: ..." of an entry of "checkpoints". */
struct plan_checked {
    struct sv id;     /* lives as long as the plan's JSON */
    const json_t *of; /* its entry */
    bool checkpoint;
    struct rule *rule; /* scaled by the plan's time_scale */
};

struct plan_rules {
    struct arena arena;
    struct rule_env *env;
    VEC(struct plan_checked)
    list; /* in the plan's order, checkpoints last; dropped ones are not in it */
};

/* Told of each finding; for ERROR the rule is not in the list. */
typedef void plan_rule_fn(void *arg, const json_t *entry, const struct rule_finding *f);

/*
 * Check all rules of a plan.  With fn: findings go there, and the result is ERR_OK.  Without: the
 * first error is returned.  plan_rules_release() is the caller's in any case.
 */
NODISCARD enum err_code plan_rules_read(const json_t *plan, plan_rule_fn *fn, void *arg,
                                        struct plan_rules *ret, struct err *err);
void plan_rules_release(struct plan_rules *r);
