#include "base/sv.h"
#include "lint/lint_util.h"

static void rb122_check(struct lint *l, const struct lint_rule *rule)
{
    for (size_t i = 0; i < l->rb->n_blocks; i++) {
        const struct rb_block *b = &l->rb->blocks[i];

        for (size_t k = 0; k < b->script.n; k++) {
            struct command c;
            struct arena arena = {0};

            if (b->script.v[k].n_simple != 1 ||
                !sv_eq(shell_program(&b->script.v[k].simple[0]), SV("ssh")))
                continue;
            command_read(&b->script.v[k], &arena, &c);
            if (c.form == COMMAND_SSH)
                lint_add(l, rule, b->line + 1 + b->script.v[k].line, b->script.v[k].text,
                         "what follows is meant to run on the other machine");
            arena_release(&arena);
        }
    }
}

const struct lint_rule lint_rb122 = {
    .id = "RB122",
    .severity = LINT_INFO,
    .title = "ssh alone on its line",
    .why = "In one terminal the next lines run there; in a script the rest runs here, or is "
           "swallowed by ssh.",
    .mend = "write ssh HOST \"command\", or keep it: prusik runs what follows in this section on "
            "that host and shows the host of every step",
    .check = rb122_check,
};
