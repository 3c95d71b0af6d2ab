#pragma once

/*
 * targeting: the rules of a flag: JsonLogic with flagd's operators (docs/formats/flags.md, section 1).
 *
 * A rule is checked once, when its document is read; evaluating it then has no errors but "too many steps".  Pure.
 */
#include "base/json.h"

#define TARGETING_NESTING 64u     /* of a rule: nobody reads more */
#define TARGETING_STEPS   100000u /* of one evaluation: a $ref can be used more than once */

/* ERR_INVALID: an operator or a $ref is wrong.  `evaluators`: object, or NULL. */
NODISCARD enum err_code targeting_check(const json_t *rule, const json_t *evaluators,
                                        struct err *err);

struct targeting_input {
    const json_t *context; /* object */
    const json_t *evaluators;
    struct sv flag_key;
    int64_t now_s;
};
/* A new reference, or NULL: too many steps. */
json_t *targeting_eval(const json_t *rule, const struct targeting_input *in);

/*
 * The share of clients that get another variant than `off`, when the rule is nothing but `fractional`; false: it depends on who
 * asks, or nobody gets a variant by it.
 */
NODISCARD bool targeting_share(const json_t *rule, struct sv off, double *ret);

/* Order of two semantic versions (2.0.0): < 0, 0, > 0; false when one is none. */
NODISCARD bool targeting_semver_cmp(struct sv a, struct sv b, int *ret);
