#include "base/sv.h"
#include "lint/lint_util.h"

static bool rb303_whole_suite(const struct lint_cmd *c)
{
    const struct shell_word *dir = lint_last_operand(c);

    if (!(c->acts & ACT_TEST))
        return false;
    if (lint_runs(c, "npm test") || lint_runs(c, "make check") || lint_runs(c, "make test") ||
        lint_runs(c, "cargo test"))
        return true;
    return lint_has_word(c, "tests/") || lint_has_word(c, "tests") ||
           (dir && sv_ends(dir->raw, SV("tests/")));
}

static bool rb303_deploys(const struct lint_cmd *c)
{
    return (c->acts & ACT_DELIVER) && sv_has_nocase(c->host, SV("prod")) &&
           c->role != ROLE_ROLLBACK;
}

static void rb303_check(struct lint *l, const struct lint_rule *rule)
{
    const struct lint_cmd *deployed = NULL;
    uint32_t chapter = RB_NONE;
    bool tested = false;

    LINT_EACH_CMD (l, c) {
        if (lint_chapter(l, c->part) != chapter) {
            chapter = lint_chapter(l, c->part);
            tested = false;
            deployed = NULL;
        }
        if (!deployed && rb303_deploys(c))
            deployed = c;
        if (rb303_whole_suite(c) && deployed && !tested && c->part != deployed->part)
            lint_add(l, rule, c->line, lint_first(c),
                     "line %zu has brought this to production before", deployed->line);
        tested |= (c->acts & ACT_TEST) != 0;
    }
}

const struct lint_rule lint_rb303 = {
    .id = "RB303",
    .severity = LINT_WARNING,
    .title = "the tests come after production",
    .why = "What they find is in production already.",
    .mend = "run the suite before the step that deploys to production",
    .check = rb303_check,
};
