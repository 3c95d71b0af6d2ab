#include "base/sv.h"
#include "lint/lint_util.h"

static bool rb142_restarts(const struct lint_cmd *c)
{
    static const char *const phrases[] = {"docker-compose restart", "docker compose restart",
                                          "docker restart"};

    return LINT_RUNS_ANY(c, phrases);
}

static void rb142_check(struct lint *l, const struct lint_rule *rule)
{
    static const char *const same_image[] = {"nginx", "redis", "postgres", "proxy", "traefik"};

    LINT_EACH_CMD (l, c) {
        bool changes = c->session & (ACT_DELIVER | ACT_REVERT | ACT_MIGRATE | ACT_BUILD);

        if (changes && rb142_restarts(c) && !LINT_SAYS_ANY(c->unit, same_image))
            lint_add(l, rule, c->line, lint_first(c), "%.*s comes back with the image that it had",
                     SV_FMT(c->unit));
    }
}

const struct lint_rule lint_rb142 = {
    .id = "RB142",
    .severity = LINT_WARNING,
    .title = "a container that is restarted, not replaced",
    .why = "restart starts the old image again: what was built or pulled is not in it.",
    .mend = "docker compose pull (or build), then docker compose up -d",
    .check = rb142_check,
};
