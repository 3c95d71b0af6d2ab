#include <string.h>

#include "base/sv.h"
#include "lint/lint_util.h"

static bool rb153_names(const struct lint_cmd *c)
{
    static const char *const options[] = {"-d", "--dbname", "-h", "--host", "service="};
    static const char with_value[] = "cdfhpUvFPRTL";

    for (size_t i = 0; i < ARRAY_LEN(options); i++)
        if (lint_word_with(c, options[i]))
            return true;
    for (size_t i = 1; i < c->run.n_words; i++) {
        struct sv w = c->run.words[i].raw;

        if (w.n == 2 && w.p[0] == '-' && strchr(with_value, w.p[1]))
            i++;
        else if (w.n && w.p[0] != '-')
            return true;
    }
    return c->whole->n_assigns > 0;
}

static void rb153_check(struct lint *l, const struct lint_rule *rule)
{
    bool named = false;

    LINT_EACH_CMD (l, c)
        named |= sv_eq(c->program, SV("psql")) && rb153_names(c);
    LINT_EACH_CMD (l, c)
        if (named && c->block && sv_eq(c->program, SV("psql")) && c->run.n_words > 1 &&
            !rb153_names(c) && !sv_has(c->block->text, SV("PGDATABASE")))
            lint_add(l, rule, c->line, lint_first(c),
                     "which database this speaks to depends on who runs it");
}

const struct lint_rule lint_rb153 = {
    .id = "RB153",
    .severity = LINT_WARNING,
    .title = "a database that is not named",
    .why = "psql alone goes to the database of the user's name on this machine, or to none; "
           "other places of the document name one.",
    .mend = "write host, user and database (psql -h HOST -U USER -d NAME), or a service name",
    .check = rb153_check,
};
