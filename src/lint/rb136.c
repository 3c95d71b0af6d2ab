#include <string.h>

#include "base/sv.h"
#include "lint/lint_util.h"

static void rb136_check(struct lint *l, const struct lint_rule *rule)
{
    static const struct {
        const char *phrase, *option, *instead;
    } rows[] = {
        {"flask db downgrade", "-1",
         "flask db downgrade (without it: one back), or flask db downgrade -- -1"},
        {"flask db upgrade", "+1", "flask db upgrade -- +1"},
        {"journalctl", "--tail", "journalctl -n 50"},
        {"docker-compose logs", "-n", "docker-compose logs --tail=50"},
        {"kubectl logs", "-n50", "kubectl logs --tail=50"},
        {"pg_dump", "--no-owners", "pg_dump --no-owner"},
        {"systemctl restart", "--all-units", "systemctl restart UNIT..."},
        {"curl", "--timeout", "curl --max-time 10"},
        {"pip install", "--requirements", "pip install -r FILE"},
    };

    LINT_EACH_CMD (l, c)
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
            const struct shell_word *w =
                lint_runs(c, rows[i].phrase) ? lint_word_with(c, rows[i].option) : NULL;
            size_t n = strlen(rows[i].option);

            if (w && (w->raw.n == n || w->raw.p[n] == '='))
                lint_add(l, rule, c->line, w->raw, "%.*s has no option %.*s here: %s",
                         SV_FMT(c->program), SV_FMT(w->raw), rows[i].instead);
        }
}

const struct lint_rule lint_rb136 = {
    .id = "RB136",
    .severity = LINT_ERROR,
    .fails = true,
    .title = "an option that the program does not have",
    .why = "The command ends with an error, when it matters.",
    .mend = "see the message for the spelling that works",
    .check = rb136_check,
};
