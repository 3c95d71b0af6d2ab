#include "base/sv.h"
#include "lint/lint_util.h"

static bool rb018_number(struct sv title, double *number)
{
    struct sv rest = title, word, after;

    return sv_next_word(&rest, &word) && sv_eq_nocase(word, SV("migration")) &&
           sv_next_word(&rest, &word) && ascii_is_digit(*word.p) &&
           lint_number(word, number, &after);
}

static void rb018_check(struct lint *l, const struct lint_rule *rule)
{
    double last = -1, number;
    size_t line = 0;

    for (size_t i = 0; i < l->rb->md.n; i++) {
        const struct md_node *n = &l->rb->md.v[i];

        if (n->kind != MD_HEADING || !rb018_number(n->text, &number))
            continue;
        if (number < last)
            lint_add(l, rule, n->line, n->text, "migration %g comes before %g of line %zu", number,
                     last, line);
        last = number;
        line = n->line;
    }
}

const struct lint_rule lint_rb018 = {
    .id = "RB018",
    .severity = LINT_WARNING,
    .title = "migrations out of order",
    .why = "They are applied in the order of their numbers, whatever the text says first; what "
           "is not described comes along.",
    .mend = "describe them in the order in which they are applied",
    .check = rb018_check,
};
