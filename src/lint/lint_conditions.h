#pragma once

/*
 * lint_conditions: what rule_check() says of the rules that are read from a document's own words.
 */
#include "lint/lint.h"

/*
 * Add what the check finds under this rule's id, at the line of the document that says it.  Names are taken for what
 * the common metrics of their words are, since a document alone binds none.
 */
void lint_conditions(struct lint *l, const struct lint_rule *rule);
void lint_checked_free(struct lint_checked *c);
