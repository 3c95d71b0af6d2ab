#include "base/sv.h"
#include "lint/lint_util.h"

/* Is the database changed after the stop, in the forward direction, with no backup in between? */
static const bool *rb307_changes(struct lint *l)
{
    size_t n = l->index->cmds.n;
    bool *changes = ARENA_NEWN(&l->work, bool, n + 1);

    for (size_t i = n; i > 0; i--) { /* [i]: looking on from command i */
        const struct lint_cmd *c = &l->index->cmds.v[i - 1];

        changes[i - 1] = c->role != ROLE_ROLLBACK && !(c->acts & ACT_BACKUP) &&
                         ((c->acts & ACT_MIGRATE) || changes[i]);
    }
    return changes;
}

static bool rb307_dumps(const struct lint_cmd *c)
{
    return c->block && (c->acts & ACT_BACKUP) && sv_has(c->program, SV("dump")) &&
           c->role != ROLE_ROLLBACK;
}

static void rb307_check(struct lint *l, const struct lint_rule *rule)
{
    const bool *changes = rb307_changes(l);
    const struct lint_cmd *backup = NULL;

    LINT_EACH_CMD (l, c) {
        bool stops = c->block && (c->acts & (ACT_STOP | ACT_MAINTAIN)) &&
                     c->role != ROLE_ROLLBACK && c->role != ROLE_TROUBLESHOOT;

        if (rb307_dumps(c))
            backup = c;
        if (stops && backup && changes[c - l->index->cmds.v + 1]) {
            lint_add(l, rule, backup->line, lint_first(backup),
                     "the application is closed only in line %zu", c->line);
            backup = NULL;
        }
    }
}

const struct lint_rule lint_rb307 = {
    .id = "RB307",
    .severity = LINT_WARNING,
    .title = "a backup from before the writes stop",
    .why = "What users write between the backup and the stop is lost when the backup is "
           "restored.",
    .mend = "stop or close the application first, back up, then change the database",
    .check = rb307_check,
};
