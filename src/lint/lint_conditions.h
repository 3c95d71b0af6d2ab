#pragma once

/*
 * lint_conditions: the rules that are read from a document's own words, as rule_check() leaves them, and what it says
 * of them.  Names are taken for what the common metrics of their words are, since a document alone binds none.
 */
#include "lint/lint.h"
#include "rule/check.h"

struct lint_checked {
    VEC(struct lint_checked_rule {
        const struct rb_rule *said;
        const struct rule *rule; /* until lint_settle() */
    })
    rules; /* those that make sense */
    VEC(struct lint_checked_finding {
        const struct rb_rule *said;
        struct rule_finding found;
    })
    findings;
};

/* A rule of the document, parsed when it is first asked for; NULL: it is none.  Until lint_settle(). */
const struct rule *lint_parsed(struct lint *l, const struct rb_rule *said);

/* The lint's own, until it ends; read once a document, whichever rule asks first. */
const struct lint_checked *lint_checked(struct lint *l);

/* Add what the check finds under this rule's id, at the line of the document that says it. */
void lint_conditions(struct lint *l, const struct lint_rule *rule);
void lint_checked_free(struct lint_checked *c);
