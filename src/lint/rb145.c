#include "base/sv.h"
#include "lint/lint_util.h"

static void rb145_check(struct lint *l, const struct lint_rule *rule)
{
    static const struct {
        struct sv name;
        const char *why;
    } rows[] = {
        {SV("FLASK_ENV="),
         "Flask 2.3 and later ignore FLASK_ENV, and it never chose a database: set DATABASE_URL, FLASK_DEBUG"},
        {SV("DOCKER_OPTS="), "a shell's DOCKER_OPTS does not reach the daemon"},
        {SV("NODE_ENVIRONMENT="), "Node.js programs read NODE_ENV"},
    };

    LINT_EACH_CMD (l, c)
        for (size_t i = 0; i < c->whole->n_assigns; i++)
            for (size_t k = 0; k < ARRAY_LEN(rows); k++)
                if (sv_starts(c->whole->assigns[i].raw, rows[k].name))
                    lint_add(l, rule, c->line, c->whole->assigns[i].raw, "%s", rows[k].why);
}

const struct lint_rule lint_rb145 = {
    .id = "RB145",
    .severity = LINT_WARNING,
    .title = "a setting that the tool does not read",
    .why = "It looks as if it chose the environment, and chooses nothing.",
    .mend = "see the message",
    .check = rb145_check,
};
