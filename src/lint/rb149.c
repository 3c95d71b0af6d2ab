#include "base/sv.h"
#include "lint/lint_util.h"

static void rb149_check(struct lint *l, const struct lint_rule *rule)
{
    static const struct sv words[] = {SV("ROLLBACK"), SV("COMMIT"), SV("BEGIN"),
                                      SV("START TRANSACTION"), SV("END")};

    LINT_EACH_CMD (l, c) {
        struct sv sql = sv_trim(lint_option(c, "-c"));

        while (sql.n && sql.p[sql.n - 1] == ';')
            sql = sv_trim(sv_sub(sql, 0, sql.n - 1));
        for (size_t i = 0; (c->acts & ACT_SQL_CLIENT) && i < ARRAY_LEN(words); i++)
            if (sv_eq_nocase(sql, words[i]))
                lint_add(l, rule, c->line, sql, "%.*s alone in a session does nothing",
                         SV_FMT(words[i]));
    }
}

const struct lint_rule lint_rb149 = {
    .id = "RB149",
    .severity = LINT_ERROR,
    .fails = true,
    .title = "a transaction in a session of its own",
    .why = "Each psql is a session: ROLLBACK in a second one has nothing to roll back, says so "
           "as a warning, and ends with 0.",
    .mend = "put BEGIN, the statements and ROLLBACK into one -c, or into one file",
    .check = rb149_check,
};
