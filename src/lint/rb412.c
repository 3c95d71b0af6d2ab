#include "base/sv.h"
#include "lint/lint_util.h"

static void rb412_check(struct lint *l, const struct lint_rule *rule)
{
    for (size_t i = 0; i < l->rb->n_rules; i++) {
        const struct rb_rule *r = &l->rb->rules[i];

        if (r->text.n && sv_trim(r->dropped).n)
            lint_add(l, rule, r->line, r->source, "\"%.*s\" is read as: %.*s", SV_FMT(r->source),
                     SV_FMT(r->text));
    }
}

const struct lint_rule lint_rb412 = {
    .id = "RB412",
    .severity = LINT_INFO,
    .title = "words that the rule leaves out",
    .why = "What is watched is less than what the text says: the reader left these words out.",
    .mend = "say it in the rule itself, or leave it out of the text",
    .check = rb412_check,
};
