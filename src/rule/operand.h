#pragma once

/*
 * operand: the conditions that a rule joins with "and", "or" and "not", from left to right; a rule
 * that joins nothing is its own.  Each has the words that the rule has for it, where aliases stand as such.
 */
#include "rule/rule.h"

#define OPERANDS_MAX 8u /* of which is told what was seen: a longer rule is not read on a line */

/* How many there are, also beyond OPERANDS_MAX; the texts live in the arena. */
size_t operand_texts(struct arena *a, const struct rule *r, struct sv texts[OPERANDS_MAX]);
/* The i-th. */
const struct expr *operand_at(const struct rule *r, size_t i);
/* Is it made of other conditions? */
bool operand_joins(const struct expr *e);
