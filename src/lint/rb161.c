#include "base/sv.h"
#include "lint/lint_util.h"

static void rb161_check(struct lint *l, const struct lint_rule *rule)
{
    size_t compared = 0;

    LINT_EACH_CMD (l, c) {
        const struct shell_word *name = lint_last_operand(c);

        if (!sv_eq(c->program, SV("createdb")) || !name || ++compared > LINT_COMPARED)
            continue;
        for (const struct lint_cmd *d = c + 1, *end = l->index->cmds.v + l->index->cmds.n;
             d < end && d->block == c->block; d++)
            if (sv_eq(d->program, SV("dropdb")) && lint_last_operand(d) &&
                sv_eq(lint_last_operand(d)->raw, name->raw) && d > c + 1 &&
                (c == l->index->cmds.v || c[-1].block != c->block ||
                 !sv_eq(c[-1].program, SV("dropdb"))))
                lint_add(l, rule, c->line, name->raw,
                         "when a line before %zu fails, %.*s stays and the next run fails here",
                         d->line, SV_FMT(name->raw));
    }
}

const struct lint_rule lint_rb161 = {
    .id = "RB161",
    .severity = LINT_INFO,
    .title = "a clean-up that a failure skips",
    .why = "The block stops at the first failure, so what it made stays, and making it again "
           "fails.",
    .mend = "begin with the clean-up too: dropdb --if-exists NAME",
    .check = rb161_check,
};
