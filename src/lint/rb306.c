#include "base/sv.h"
#include "lint/lint_util.h"

static void rb306_check(struct lint *l, const struct lint_rule *rule)
{
    static const char *const stamps[] = {"alembic stamp", "flask db stamp",
                                         "npx prisma migrate resolve", "flyway repair",
                                         "migrate force"};
    static const struct sv tables[] = {SV("alembic_version"),       SV("schema_migrations"),
                                       SV("flyway_schema_history"), SV("django_migrations"),
                                       SV("goose_db_version"),      SV("knex_migrations")};

    LINT_EACH_CMD (l, c)
        if (c->block && LINT_RUNS_ANY(c, stamps))
            lint_add(l, rule, c->line, lint_first(c),
                     "this says that migrations are applied, whether they are or not");
    LINT_EACH_SQL (l, s)
        for (size_t i = 0; i < ARRAY_LEN(tables); i++)
            if (sv_has_word(s->text, tables[i]) && !sv_starts_nocase(s->text, SV("SELECT")))
                lint_add(l, rule, s->line, s->text, "%.*s belongs to the migration tool",
                         SV_FMT(tables[i]));
}

const struct lint_rule lint_rb306 = {
    .id = "RB306",
    .severity = LINT_WARNING,
    .title = "the version table is edited by hand",
    .why = "The table then says that migrations are applied that never ran; the next one fails "
           "on what is missing, or runs twice.",
    .mend = "find out which migration stopped half-way and finish or undo that one; stamp a named "
            "revision, after comparing the schema",
    .check = rb306_check,
};
