#include "base/sv.h"
#include "lint/lint_util.h"

static bool rb404_per_time(struct sv text)
{
    static const struct sv words[] = {SV("per hour"), SV("/hour"), SV("per minute"), SV("/min"),
                                      SV("per day"),  SV("/day"),  SV("per week")};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_has_nocase(text, words[i]))
            return true;
    return false;
}

static void rb404_check(struct lint *l, const struct lint_rule *rule)
{
    for (size_t i = 0; i < l->rb->md.n; i++) {
        const struct md_node *n = &l->rb->md.v[i];
        struct sv line = n->kind == MD_ROW && !n->header ? document_line(l->rb->doc, n->line)
                                                         : (struct sv){NULL, 0};
        size_t grep = sv_find(line, SV("`grep "), 0);

        if (grep != SV_NPOS && rb404_per_time(line) && !sv_has(line, SV("--since")) &&
            !sv_has(line, SV("date")))
            lint_add(l, rule, n->line, sv_sub(line, grep, grep + 5),
                     "the command counts from the beginning of the file");
    }
}

const struct lint_rule lint_rb404 = {
    .id = "RB404",
    .severity = LINT_ERROR,
    .title = "a rate of a number that only grows",
    .why = "The query counts the whole file, or the whole table: after the first bad hour it is "
           "above the limit for ever.",
    .mend = "count what is newer than the deployment, or name a metric with a rate",
    .check = rb404_check,
};
