#include "base/sv.h"
#include "lint/lint_util.h"

static bool rb255_waits(const struct lint_cmd *c)
{
    return lint_word_with(c, "--retry") || sv_eq(c->program, SV("wait")) ||
           sv_eq(c->program, SV("timeout")) || c->whole->nested || sv_eq(c->program, SV("sleep"));
}

static void rb255_check(struct lint *l, const struct lint_rule *rule)
{
    const struct lint_cmd *started = NULL;

    LINT_EACH_CMD (l, c) {
        if (!c->block || (started && started->block != c->block))
            started = NULL;
        if (sv_eq(c->program, SV("sleep")) && !c->whole->nested && c->block &&
            !sv_has(c->item->text, SV("curl -f")))
            lint_add_as(
                l, rule, LINT_INFO, c->line, lint_first(c),
                "a fixed wait: too short on a slow day, and nothing looks whether it is up");
        if (c->acts & (ACT_START | ACT_RESTART))
            started = c;
        else if (started && (c->acts & ACT_REQUEST) && !rb255_waits(c)) {
            lint_add(l, rule, c->line, lint_first(c),
                     "%.*s was started in line %zu and may not answer yet", SV_FMT(started->unit),
                     started->line);
            started = NULL;
        } else if (rb255_waits(c))
            started = NULL;
    }
}

const struct lint_rule lint_rb255 = {
    .id = "RB255",
    .severity = LINT_WARNING,
    .title = "one look, too early or blind",
    .why = "A service that starts takes 2 s or 40: straight after the start the look fails on a "
           "good day, and a fixed sleep proves nothing.",
    .mend = "look until it is so, with a limit: curl --retry 30 --retry-delay 1 "
            "--retry-all-errors -fsS URL",
    .check = rb255_check,
};
