#include "base/sv.h"
#include "lint/lint_util.h"

static bool rb138_is_aggregate(struct sv item)
{
    static const struct sv names[] = {SV("COUNT("), SV("SUM("), SV("AVG("), SV("MIN("), SV("MAX(")};

    if (sv_has_nocase(item, SV("OVER")))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (sv_has_nocase(item, names[i]))
            return true;
    return false;
}

/* The select list up to the first FROM at depth 0, and whether it mixes columns with aggregates. */
static bool rb138_mixes(struct sv list)
{
    bool aggregate = false, column = false;
    size_t from = 0;
    int depth = 0;

    for (size_t i = 0; i <= list.n; i++) {
        char c = i < list.n ? list.p[i] : ',';

        depth += c == '(' ? 1 : c == ')' ? -1 : 0;
        if (c == ',' && depth == 0) {
            struct sv item = sv_trim(sv_sub(list, from, i));
            bool is = rb138_is_aggregate(item);

            aggregate |= is;
            column |=
                !is && item.n && ascii_is_alpha(item.p[0]) && sv_find_byte(item, '(', 0) == SV_NPOS;
            from = i + 1;
        }
    }
    return aggregate && column;
}

static void rb138_check(struct lint *l, const struct lint_rule *rule)
{
    LINT_EACH_SQL (l, s) {
        size_t from = sv_find_word(s->text, SV("FROM"), 0);

        if (sv_starts_nocase(s->text, SV("SELECT")) && from != SV_NPOS &&
            !sv_has_word(s->text, SV("GROUP BY")) && !sv_has_word(s->text, SV("OVER")) &&
            rb138_mixes(sv_sub(s->text, 6, from)))
            lint_add(l, rule, s->line, s->text, "an aggregate beside a column, without GROUP BY");
    }
}

const struct lint_rule lint_rb138 = {
    .id = "RB138",
    .severity = LINT_ERROR,
    .fails = true,
    .title = "a query that the database refuses",
    .why = "An aggregate beside a plain column needs GROUP BY; SQLite makes up one row instead, "
           "so \"0 rows\" is never true.",
    .mend = "add GROUP BY, or leave the column out",
    .check = rb138_check,
};
