#include "base/sv.h"
#include "lint/lint_util.h"

static bool rb315_is_unique(const struct lint *l, uint32_t part)
{
    return lint_title_says(l, part, "unique") || lint_title_says(l, part, "unique constraint");
}

static void rb315_check(struct lint *l, const struct lint_rule *rule)
{
    LINT_EACH_SQL (l, s) {
        size_t having = sv_find_word(s->text, SV("HAVING"), 0);
        bool duplicates = having != SV_NPOS &&
                          sv_has_nocase(sv_sub(s->text, having, s->text.n), SV("count(*) > 1"));
        size_t line = s->line;

        if (!duplicates || !rb315_is_unique(l, s->part) || lint_title_says(l, s->part, "before"))
            continue;
        lint_add(l, rule, line, s->text, "after the constraint there can be no duplicates to find");
    }
}

const struct lint_rule lint_rb315 = {
    .id = "RB315",
    .severity = LINT_WARNING,
    .title = "a precondition that is checked afterwards",
    .why = "When there are duplicates the constraint cannot be made: looking for them after it "
           "finds none, or the migration has failed already.",
    .mend = "run the query before the migration, and stop when it returns rows",
    .check = rb315_check,
};
