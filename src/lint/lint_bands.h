#pragma once

/*
 * lint_bands: the limits of a document as rows about one subject, for the rules that
 * look for holes and overlaps (rule/bands.h does the arithmetic).
 *
 * A limit comes from the reader's rules, from list items and comments ("Error rate:
 * <0.5% (baseline)"), or from a table with columns "Threshold" and "Alert if".  What is
 * not understood is left out: RB400 speaks of it.  Read once a document, on demand.
 */
#include "base/map.h"
#include "lint/lint.h"
#include "rule/bands.h"

#define LINT_FAMILY_ROWS 32u /* of one subject: a decision table has 10; the search is cubic */

/* Rows about one subject, in the order in which they are found. */
struct lint_family {
    struct sv subject;
    VEC(struct band) rows;
    VEC(size_t) lines;
};
struct lint_families {
    VEC(struct lint_family) list;
    struct map subjects; /* of each its index in the list */
};

/* The lint's own, until it ends. */
const struct lint_families *lint_families(struct lint *l);
void lint_families_free(struct lint_families *f);
