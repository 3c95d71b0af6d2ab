#include "base/sv.h"
#include "lint/lint.h"

#define RB400_TEXT "\"%.*s\" is not understood as a condition"

static void rb400_check(struct lint *l, const struct lint_rule *rule)
{
    for (size_t i = 0; i < l->rb->n_rules; i++) {
        const struct rb_rule *r = &l->rb->rules[i];

        bool decides = r->part != RB_NONE && l->rb->parts[r->part].role == ROLE_DECIDE;

        if (!r->text.n &&
            !r->proposal) /* elsewhere it is a thing to look at, which a person ticks */
            lint_add_as(l, rule, decides ? rule->severity : LINT_INFO, r->line, r->source,
                        RB400_TEXT, SV_FMT(r->source));
    }
}

const struct lint_rule lint_rb400 = {
    .id = "RB400",
    .severity = LINT_WARNING,
    .title = "a condition that cannot be measured as written",
    .why = "Nobody watches it: at 2 AM two people read it in two ways.",
    .mend = "name subject, comparison, number, unit and duration: 'Error rate >5% for >5 min'",
    .check = rb400_check,
};
