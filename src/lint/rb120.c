#include "base/sv.h"
#include "lint/lint_util.h"
#include "runbook/command.h"

/* A server in the foreground: no step's form says so. */
static bool rb120_stays(const struct lint_cmd *c)
{
    static const char *const servers[] = {"gunicorn",
                                          "uvicorn",
                                          "flask run",
                                          "npm start",
                                          "npm run dev",
                                          "rails server",
                                          "python manage.py runserver"};

    return c->block && LINT_RUNS_ANY(c, servers) && !c->item->background &&
           !lint_has_word(c, "-D") && !lint_has_word(c, "--daemon") &&
           !lint_has_word(c, "--version");
}

static void rb120_check(struct lint *l, const struct lint_rule *rule)
{
    for (size_t i = 0; i < l->rb->n_steps; i++) {
        const struct rb_step *s = &l->rb->steps[i];

        if (!s->command)
            continue;
        if (!s->watch_ms && (s->command->form == COMMAND_FOLLOW ||
                             (s->command->endless && !s->command->serves &&
                              s->command->form != COMMAND_POLL && !s->command->interactive)))
            lint_add(l, rule, s->line, s->text,
                     "this never ends, and the text does not say how long to watch it");
        else if (s->command->form == COMMAND_POLL && (!s->n_expects || !s->timeout_ms))
            lint_add(l, rule, s->line, s->text, "this looks for ever: the text says neither %s",
                     s->n_expects ? "how long it may take"
                                  : "when it is done nor how long it may take");
    }
    LINT_EACH_CMD (l, c)
        if (rb120_stays(c))
            lint_add(l, rule, c->line, lint_first(c),
                     "%.*s does not come back: nothing after it is reached", SV_FMT(c->program));
}

const struct lint_rule lint_rb120 = {
    .id = "RB120",
    .severity = LINT_WARNING,
    .title = "a command that never ends",
    .why = "Nothing after it in the block is reached, and nobody knows when to stop it.",
    .mend = "say it in a comment: '# Watch for 30 seconds, expect: no errors', or '# When "
            "connections <5, proceed' "
            "with '# Expected: ... over 60-120 seconds'",
    .check = rb120_check,
};
