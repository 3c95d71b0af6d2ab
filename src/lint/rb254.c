#include "base/sv.h"
#include "lint/lint_util.h"
#include "runbook/command.h"

static bool rb254_checks(const struct rb_step *s)
{
    for (size_t i = 0; i < s->n_expects; i++)
        if (s->expects[i].form == EXPECT_STATUS || s->expects[i].form == EXPECT_JSON ||
            s->expects[i].form == EXPECT_CONTAINS)
            return true;
    return false;
}

/* Code in a sentence, a step or not. */
static bool rb254_in_text(const struct lint *l, const struct lint_cmd *c)
{
    return !c->block || l->rb->md.v[c->block->node].kind != MD_CODE;
}

/* In a list item, or in front of a program that takes an error page for an answer. */
static bool rb254_loose(const struct lint *l, const struct lint_cmd *c)
{
    const struct lint_cmd *to = lint_pipe_to(l, c);
    bool fails = lint_has_flag(c, 'f') || lint_has_word(c, "--fail") ||
                 lint_has_word(c, "--fail-with-body") || lint_has_flag(c, 'w') ||
                 lint_has_word(c, "--write-out");

    return sv_eq(c->program, SV("curl")) && !fails &&
           (rb254_in_text(l, c) ||
            (to && (sv_eq(to->program, SV("jq")) || sv_starts(to->program, SV("python")))));
}

/* Is the code in a sentence a step, of which all was said?  *at: the first step that may be it. */
static bool rb254_is_step(const struct lint *l, size_t *at, const struct lint_cmd *c)
{
    while (*at < l->rb->n_steps && l->rb->steps[*at].line < c->line)
        (*at)++;
    for (size_t i = *at; i < l->rb->n_steps && l->rb->steps[i].line == c->line; i++)
        if (l->rb->steps[i].command && l->rb->steps[i].command->form == COMMAND_HTTP)
            return true;
    return false;
}

static void rb254_check(struct lint *l, const struct lint_rule *rule)
{
    size_t at = 0;

    for (size_t i = 0; i < l->rb->n_steps; i++) {
        const struct rb_step *s = &l->rb->steps[i];

        if (s->command && s->command->form == COMMAND_HTTP && !s->command->fail_on_status &&
            !rb254_checks(s))
            lint_add(
                l, rule, s->line, s->text,
                "curl without -f ends with 0 also for an error page, and no status is expected");
    }
    LINT_EACH_CMD (l, c)
        if (rb254_loose(l, c) && (!rb254_in_text(l, c) || !rb254_is_step(l, &at, c)))
            lint_add(l, rule, c->line, lint_first(c),
                     "curl without -f ends with 0 also for an error page");
}

const struct lint_rule lint_rb254 = {
    .id = "RB254",
    .severity = LINT_WARNING,
    .title = "a request whose answer nobody checks",
    .why = "A service that answers 500 passes for a healthy one.",
    .mend = "use curl -fsS, or say what is expected: '# Expected: HTTP 200'",
    .check = rb254_check,
};
