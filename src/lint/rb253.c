#include "base/sv.h"
#include "lint/lint_util.h"

static bool rb253_is_bad_word(struct sv text)
{
    static const struct sv words[] = {SV("error"),     SV("exception"), SV("violat"),
                                      SV("traceback"), SV("fatal"),     SV("panic")};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_has_nocase(text, words[i]))
            return true;
    return false;
}

static bool rb253_handled(const struct lint_cmd *c)
{
    return sv_has(c->item->text, SV("||")) || sv_starts(c->item->text, SV("!")) ||
           c->whole->nested || sv_has(c->item->text, SV("passed"));
}

static bool rb253_grep(const struct lint *l, const struct lint_cmd *c)
{
    const struct lint_cmd *from = lint_pipe_from(l, c);

    if (!sv_ends(c->program, SV("grep")) || lint_has_flag(c, 'v') || rb253_handled(c))
        return false;
    if (from && ((from->acts & ACT_REQUEST) || sv_eq(from->program, SV("pip"))))
        return false;
    return rb253_is_bad_word(c->item->text) || rb253_is_bad_word(c->note);
}

#define RB253_MOMENT 100 /* commands */

/* The unit was stopped a moment ago. */
static bool rb253_stopped(const struct lint *l, const struct lint_cmd *c)
{
    if (!lint_runs(c, "systemctl status") || rb253_handled(c))
        return false;
    for (const struct lint_cmd *p = c;
         p > l->index->cmds.v && p[-1].block == c->block && c - p < RB253_MOMENT; p--) {
        if ((p[-1].acts & ACT_STOP) && lint_has_word(c, "status") && p[-1].unit.n &&
            sv_has(c->item->text, p[-1].unit))
            return true;
        if (p[-1].acts & (ACT_START | ACT_RESTART))
            return false;
    }
    return false;
}

static bool rb253_expected(const struct lint_cmd *c)
{
    return c->block && (c->acts & ACT_SQL_CLIENT) &&
           (sv_has_nocase(c->note, SV("should fail")) || sv_has_nocase(c->note, SV("must fail")) ||
            sv_has_nocase(c->note, SV("will fail")) ||
            sv_has_nocase(c->after, SV("Expected: ERROR"))) &&
           !rb253_handled(c);
}

static void rb253_check(struct lint *l, const struct lint_rule *rule)
{
    size_t told = SIZE_MAX;

    LINT_EACH_CMD (l, c) {
        if (c->group == told)
            continue;
        if (rb253_grep(l, c))
            lint_add(l, rule, c->line, lint_first(c),
                     "finding nothing is good here, and ends with status 1");
        else if (rb253_stopped(l, c))
            lint_add(l, rule, c->line, lint_first(c),
                     "for a unit that is stopped, as it should be, the status is 3");
        else if (rb253_expected(c))
            lint_add(l, rule, c->line, lint_first(c),
                     "the failure that is wanted looks like one that is not");
        else
            continue;
        told = c->group;
    }
}

const struct lint_rule lint_rb253 = {
    .id = "RB253",
    .severity = LINT_WARNING,
    .title = "a status that says the opposite",
    .why = "grep ends with 1 when it finds nothing, systemctl status with 3 for a stopped unit, "
           "and a test that must fail with its error: what stops on errors stops on a good day.",
    .mend = "write ! grep -q PATTERN FILE, ! systemctl is-active UNIT, or say '# Expected: no "
            "matches'",
    .check = rb253_check,
};
