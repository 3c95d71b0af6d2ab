#include "base/sv.h"
#include "lint/lint_util.h"

/* Is the database changed after the stop, in the forward direction, with no backup in between? */
static const struct lint_cmd *rb307_change(const struct lint *l, const struct lint_cmd *stop)
{
    for (const struct lint_cmd *c = stop + 1, *end = l->index->cmds.v + l->index->cmds.n;
         c < end && c->role != ROLE_ROLLBACK; c++) {
        if (c->acts & ACT_BACKUP)
            return NULL;
        if (c->acts & ACT_MIGRATE)
            return c;
    }
    return NULL;
}

static bool rb307_dumps(const struct lint_cmd *c)
{
    return c->block && (c->acts & ACT_BACKUP) && sv_has(c->program, SV("dump")) &&
           c->role != ROLE_ROLLBACK;
}

static void rb307_check(struct lint *l, const struct lint_rule *rule)
{
    const struct lint_cmd *backup = NULL;

    LINT_EACH_CMD (l, c) {
        bool stops = c->block && (c->acts & (ACT_STOP | ACT_MAINTAIN)) &&
                     c->role != ROLE_ROLLBACK && c->role != ROLE_TROUBLESHOOT;

        if (rb307_dumps(c))
            backup = c;
        if (stops && backup && rb307_change(l, c)) {
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
