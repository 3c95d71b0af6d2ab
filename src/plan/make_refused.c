/*
 * Statements that are expected to be refused: "INSERT ... -- Expected: ERROR, unique constraint".  What is refused has changed
 * nothing; what is not fails its step.
 */
#include "base/sv.h"
#include "plan/make_int.h"
#include "runbook/sql.h"

/* One statement that writes rows, and nothing behind it. */
static bool refused_is_statement(struct sv sql)
{
    static const struct sv words[] = {SV("INSERT"), SV("UPDATE"), SV("DELETE")};
    struct sql_token first = {.kind = SQL_NOTE};
    struct sv rest = sql;
    bool unclosed, writes = false;
    size_t n;

    while (first.kind == SQL_NOTE && sql_next_token(&rest, &first))
        continue;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        writes |= sv_eq_nocase(first.text, words[i]);
    if (!writes)
        return false;
    n = sql_statement_length(sql, &unclosed);
    rest = sv_sub(sql, n, sql.n);
    while (sql_next_token(&rest, &first))
        if (first.kind != SQL_NOTE && !sv_eq(first.text, SV(";")))
            return false; /* what stands before may have changed something */
    return !unclosed;
}

/* psql -c "INSERT ...", sqlite3 app.db "INSERT ..." */
static bool refused_is_command(const struct make *m, const struct rb_step *s)
{
    const struct shell_item *item = &m->rb->blocks[s->block].script.v[s->item];
    size_t n = 0;

    if (item->n_simple != 1)
        return false;
    for (size_t i = 0; i < item->simple[0].n_words; i++)
        if (item->simple[0].words[i].literal)
            n += refused_is_statement(item->simple[0].words[i].value);
    return n == 1;
}

bool make_is_refused(const struct make *m, const struct rb_step *s)
{
    bool expected = false;

    if (!s->command || s->command->effect != EFFECT_DATABASE)
        return false;
    for (size_t i = 0; i < s->n_expects; i++)
        expected |= s->expects[i].form == EXPECT_FAIL &&
                    !make_dropped(m, s->expects[i].line, s->expects[i].source);
    if (!expected)
        return false;
    if (s->kind == STEP_SQL)
        return refused_is_statement(s->text);
    return s->kind == STEP_SHELL && s->block != RB_NONE && s->item != RB_NONE &&
           refused_is_command(m, s);
}
