#include "base/sv.h"
#include "lint/lint_util.h"

static bool rb137_is_text(struct sv name)
{
    return sv_ends(name, SV(".sql")) || sv_ends(name, SV(".sql.gz"));
}

static bool rb137_is_archive(struct sv name)
{
    return sv_ends(name, SV(".dump")) || sv_ends(name, SV(".pgdump")) || sv_ends(name, SV(".tar"));
}

static void rb137_check(struct lint *l, const struct lint_rule *rule)
{
    LINT_EACH_CMD (l, c) {
        const struct shell_word *last = lint_last_operand(c);
        const struct shell_redirect *in = lint_redirect(c, "<");
        struct sv from = in ? lint_word_text(&in->target) : lint_option(c, "-f");

        if (sv_eq(c->program, SV("pg_restore")) && last && rb137_is_text(lint_word_text(last)))
            lint_add(l, rule, c->line, last->raw, "pg_restore does not read SQL text");
        else if (sv_eq(c->program, SV("psql")) && rb137_is_archive(from))
            lint_add(l, rule, c->line, from, "psql does not read an archive of pg_dump");
    }
}

const struct lint_rule lint_rb137 = {
    .id = "RB137",
    .severity = LINT_ERROR,
    .fails = true,
    .title = "the wrong tool for the format",
    .why = "pg_restore reads only archives (-F c, d, t), psql only SQL: the restore fails in the "
           "minute it is needed.",
    .mend = "restore a .sql file with psql -v ON_ERROR_STOP=1 -1 -f FILE, an archive with "
            "pg_restore",
    .check = rb137_check,
};
