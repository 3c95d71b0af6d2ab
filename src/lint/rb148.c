#include "base/sv.h"
#include "lint/lint_util.h"

static bool rb148_is_test(struct sv text)
{
    return sv_has_nocase(text, SV("test")) || sv_has_nocase(text, SV("smoke"));
}

static bool rb148_writes(const struct lint_cmd *c)
{
    static const char *const verbs[] = {"-XPOST", "-XPUT",  "POST",   "PUT",
                                        "-d",     "--data", "--json", "-F"};

    if (!(c->acts & ACT_REQUEST))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        if (lint_has_word(c, verbs[i]))
            return true;
    return false;
}

static bool rb148_cleans(const struct lint *l, const struct lint_cmd *c)
{
    static const char *const words[] = {"DELETE", "-XDELETE", "dropdb"};

    for (const struct lint_cmd *d = c + 1, *end = l->index->cmds.v + l->index->cmds.n;
         d < end && lint_chapter(l, d->part) == lint_chapter(l, c->part); d++)
        if (lint_has_word(d, "DELETE") || lint_has_word(d, "-XDELETE") || LINT_RUNS_ANY(d, words) ||
            ((d->acts & ACT_SQL_CLIENT) && sv_has_word(d->item->text, SV("DELETE"))))
            return true;
    return false;
}

/* A run of the application over "ProdTest", data copied to /tmp for it. */
static bool rb148_runs_test(const struct lint *l, const struct lint_cmd *c)
{
    return sv_starts(c->program, SV("python")) && lint_environment(l, c->part).n == 0 &&
           sv_has_word(c->block->text, SV("production")) && rb148_is_test(c->item->text) &&
           !sv_has(c->item->text, SV("tests/"));
}

static void rb148_check(struct lint *l, const struct lint_rule *rule)
{
    LINT_EACH_CMD (l, c) {
        if (!c->block ||
            !((rb148_writes(c) && (rb148_is_test(c->item->text) || rb148_is_test(c->note))) ||
              rb148_runs_test(l, c)) ||
            rb148_cleans(l, c))
            continue;
        lint_add(l, rule, c->line, lint_first(c), "nothing takes away what this makes");
    }
    LINT_EACH_SQL (l, s)
        if (s->cmd && sv_starts_nocase(s->text, SV("INSERT")) && rb148_is_test(s->text) &&
            !sv_has_word(s->cmd->item->text, SV("BEGIN")) && !rb148_cleans(l, s->cmd))
            lint_add(l, rule, s->line, lint_first(s->cmd),
                     "when the insert succeeds the row stays");
}

const struct lint_rule lint_rb148 = {
    .id = "RB148",
    .severity = LINT_WARNING,
    .title = "test data that stays",
    .why = "The test writes into a system that people use, and nothing takes it away again.",
    .mend = "use a test tenant, delete what the test made, or write inside BEGIN ... ROLLBACK of "
            "one session",
    .check = rb148_check,
};
