#include "base/sv.h"
#include "lint/lint_util.h"

static void rb005_check(struct lint *l, const struct lint_rule *rule)
{
    for (size_t i = 0; i < l->rb->n_blocks; i++) {
        const struct rb_block *b = &l->rb->blocks[i];
        struct sv rest = b->text, line;
        size_t comments = 0, others = 0;

        if (!sv_eq_nocase(b->lang, SV("bash")) && !sv_eq_nocase(b->lang, SV("sh")) &&
            !sv_eq_nocase(b->lang, SV("shell")))
            continue;
        while (sv_next_line(&rest, &line)) {
            line = sv_trim(line);
            comments += line.n && line.p[0] == '#';
            others += line.n && line.p[0] != '#';
        }
        if (comments && !others)
            lint_add(l, rule, b->line, b->lang, "nothing in this block is a command");
    }
}

const struct lint_rule lint_rb005 = {
    .id = "RB005",
    .severity = LINT_WARNING,
    .title = "a block of comments only",
    .why = "It looks like a step, and nothing in it is carried out or asked.",
    .mend = "write the command, or a list item that a person ticks",
    .check = rb005_check,
};
