#include "base/sv.h"
#include "lint/lint_util.h"

static bool rb135_is_whole(struct sv sql)
{
    struct sv rest = sql, word;

    if (!sv_next_word(&rest, &word) || sv_has_word(sql, SV("WHERE")))
        return false;
    if (sv_eq_nocase(word, SV("UPDATE")))
        return sv_has_word(sql, SV("SET")) && !sv_has_word(sql, SV("FROM"));
    return sv_eq_nocase(word, SV("DELETE")) && sv_has_word(sql, SV("FROM")) &&
           !sv_has_word(sql, SV("USING"));
}

static void rb135_check(struct lint *l, const struct lint_rule *rule)
{
    LINT_EACH_SQL (l, s)
        if (rb135_is_whole(s->text))
            lint_add(l, rule, s->line, s->text, "no WHERE: every row");
}

const struct lint_rule lint_rb135 = {
    .id = "RB135",
    .severity = LINT_ERROR,
    .title = "UPDATE or DELETE of every row",
    .why = "Without WHERE each row of the table is changed.",
    .mend = "add the WHERE, or say 'WHERE true' when every row is meant",
    .check = rb135_check,
};
