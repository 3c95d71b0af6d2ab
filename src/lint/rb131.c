#include "base/sv.h"
#include "lint/lint_util.h"

static bool rb131_uses(const struct lint *l, const struct lint_cmd *from, const struct lint_cmd *c)
{
    (void)l;
    return c->block == from->block && (c->acts & (ACT_START | ACT_RESTART)) &&
           !sv_starts(c->program, SV("docker"));
}

/* Is it for a program of this shell that runs before the service is touched? */
static bool rb131_inherits(const struct lint_cmd *c)
{
    static const char *const children[] = {"gunicorn", "python", "flask", "alembic", "pytest",
                                           "npm",      "node",   "make",  "java",    "uvicorn",
                                           "celery",   "psql",   "bundle"};

    return LINT_RUNS_ANY(c, children);
}

static void rb131_check(struct lint *l, const struct lint_rule *rule)
{
    LINT_EACH_CMD (l, c) {
        const struct lint_cmd *end = l->index->cmds.v + l->index->cmds.n;

        if (!c->whole->declaration || !c->whole->n_assigns || !c->block)
            continue;
        for (const struct lint_cmd *next = c + 1;
             next < end && next->block == c->block && !rb131_inherits(next) &&
             !next->whole->declaration;
             next++)
            if (rb131_uses(l, c, next)) {
                lint_add(l, rule, c->line, c->whole->assigns[0].raw,
                         "%.*s does not hand this on to %.*s (line %zu)", SV_FMT(next->program),
                         SV_FMT(next->unit), next->line);
                break;
            }
    }
}

const struct lint_rule lint_rb131 = {
    .id = "RB131",
    .severity = LINT_WARNING,
    .title = "an export that a service does not see",
    .why = "A service gets its environment from its manager, not from the shell that restarts "
           "it: the setting never changes.",
    .mend = "set it in the unit's EnvironmentFile (or systemctl set-environment) and restart, "
            "then read it back",
    .check = rb131_check,
};
