#include "base/sv.h"
#include "lint/lint_util.h"

static bool rb119_follows(const struct lint_cmd *c)
{
    static const char *const phrases[] = {
        "tail -f",         "tail -F", "journalctl -f", "docker logs -f", "docker-compose logs -f",
        "kubectl logs -f", "watch"};

    return LINT_RUNS_ANY(c, phrases);
}

static void rb119_check(struct lint *l, const struct lint_rule *rule)
{
    /* of each line the step that is bounded in it */
    const struct rb_step **at =
        ARENA_NEWN(&l->work, const struct rb_step *, l->rb->doc->n_lines + 2);

    for (size_t i = 0; i < l->rb->n_steps; i++) {
        const struct rb_step *s = &l->rb->steps[i];

        if (s->command && ((s->command->form == COMMAND_FOLLOW && s->watch_ms) ||
                           (s->command->form == COMMAND_POLL && s->n_expects && s->timeout_ms)))
            at[size_min(s->line, l->rb->doc->n_lines + 1)] = s;
    }
    LINT_EACH_CMD (l, c) {
        const struct rb_step *s = at[size_min(c->line, l->rb->doc->n_lines + 1)];

        if (s && rb119_follows(c))
            lint_add(l, rule, s->line, s->text,
                     "%.*s does not end by itself; the text says when to stop it",
                     SV_FMT(c->program));
    }
}

const struct lint_rule lint_rb119 = {
    .id = "RB119",
    .severity = LINT_INFO,
    .title = "a command that a person must stop",
    .why = "Left alone it runs for ever; a person who pastes it sits in front of it and cannot "
           "go on.",
    .mend = "prusik ends it by the bound that the text gives; for people write 'timeout 30 "
            "journalctl -f ...', or leave out -f",
    .check = rb119_check,
};
