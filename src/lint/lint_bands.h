#pragma once

/*
 * lint_bands: the limits of a document, and what is wrong between them (rule/family.h says what).
 *
 * A limit comes from the reader's rules, from list items and comments ("Error rate:
 * <0.5% (baseline)"), or from a table with columns "Threshold" and "Alert if".  What is
 * not understood is left out: RB400 speaks of it.  Read once a document, on demand.
 */
#include "lint/lint.h"
#include "rule/family.h"

struct lint_families {
    struct family_rows rows;
    VEC(size_t) lines; /* of the number that rows and findings have */
    struct family_findings found;
};

/* The lint's own, until it ends. */
const struct lint_families *lint_families(struct lint *l);
void lint_families_free(struct lint_families *f);
/* Add what was found under the rule's id. */
void lint_bands_tell(struct lint *l, const struct lint_rule *rule);
