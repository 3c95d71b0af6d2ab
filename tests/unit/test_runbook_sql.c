/* sql and sql_split: a block of SQL becomes items, effects and steps. */
#include "runbook/sql.h"
#include <string.h>

#include "runbook/effect.h"
#include "runbook/sql_split.h"
#include "runbook_read.h"

struct split {
    struct arena arena;
    struct shell_script s;
};

static void split_done(struct split *s)
{
    arena_release(&s->arena);
}

static void split(struct split *s, const char *text)
{
    *s = (struct split){0};
    sql_split(sv_from(text), 0, strlen(text), &s->arena, &s->s);
}

static void is_item(const struct split *s, size_t i, enum shell_kind kind, const char *text)
{
    if (i >= s->s.n)
        T_FAIL("there are %zu items only", s->s.n);
    T_EQ(s->s.v[i].kind, kind);
    if (!sv_eq(s->s.v[i].text, sv_from(text)))
        T_FAIL("item %zu is '%.*s'", i, SV_FMT(s->s.v[i].text));
}

T(statements_end_at_semicolons_that_are_not_quoted)
{
    static const char *const one[] = {
        "SELECT 'a;b'",
        "SELECT 'it''s; so'",
        "SELECT \"a;b\", `c;d`",
        "SELECT $$ ; $$, $tag$ $$ ; $tag$, $1",
        "SELECT 1 -- ; not here\n, 2",
        "SELECT /* ; /* ; */ ; */ 1",
        "CREATE TRIGGER t AFTER INSERT ON x BEGIN UPDATE y SET a = CASE WHEN b THEN 1 END; SELECT 1; END",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END",
    };

    for (size_t i = 0; i < ARRAY_LEN(one); i++) {
        CLEANUP(split_done) struct split s;
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), want = STRBUF(0);

        strbuf_addf(&text, "%s;\nSELECT 2", one[i]);
        strbuf_addf(&want, "%s;", one[i]);
        split(&s, strbuf_str(&text));
        T_EQ(s.s.n, 2);
        is_item(&s, 0, SHELL_SQL, strbuf_str(&want));
        is_item(&s, 1, SHELL_SQL, "SELECT 2");
    }
}

T(clients_metas_and_comments_are_items_with_lines)
{
    CLEANUP(split_done) struct split s;

    split(
        &s,
        "psql shop\n-- look\n\\d deals\n\nSELECT 1; -- one\n/* two */ SELECT 2\n  \\gx\n.tables\n\\q\n");
    T_EQ(s.s.n, 9);
    is_item(&s, 0, SHELL_SQL_CLIENT, "psql shop");
    is_item(&s, 1, SHELL_COMMENT, "-- look");
    is_item(&s, 2, SHELL_SQL_META, "\\d deals");
    is_item(&s, 3, SHELL_SQL, "SELECT 1;");
    is_item(&s, 4, SHELL_COMMENT, "-- one");
    is_item(&s, 5, SHELL_COMMENT, "/* two */");
    is_item(&s, 6, SHELL_SQL, "SELECT 2\n  \\gx");
    is_item(&s, 7, SHELL_SQL_META, ".tables");
    is_item(&s, 8, SHELL_SQL_QUIT, "\\q");
    T_CHECK(s.s.v[4].same_line && !s.s.v[1].same_line);
    T_CHECK(s.s.v[3].blank_before && !s.s.v[2].blank_before);
    T_EQ(s.s.v[2].line, 2);
    T_EQ(s.s.v[6].line, 5);
    T_EQ(s.s.v[6].end_line, 6);
}

T(what_has_no_end_is_the_rest_and_changes_something)
{
    static const char *const texts[] = {"SELECT 'x; SELECT 2", "SELECT 1 /* x; SELECT 2",
                                        "SELECT $a$ $$; SELECT 2", "SELECT \"x"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        bool unclosed;

        (void)sql_statement_length(sv_from(texts[i]), &unclosed);
        T_CHECK(unclosed);
        T_EQ(effect_of_sql(sv_from(texts[i])), EFFECT_DATABASE);
    }
}

T(what_depends_on_the_connection_stays_together)
{
    CLEANUP(split_done) struct split s;

    split(&s,
          "SELECT 0;\nBEGIN;\n-- every row\nUPDATE t SET a = 1;\nCOMMIT; -- so\n\\q\nSELECT 2;");
    T_EQ(s.s.n, 6);
    is_item(&s, 0, SHELL_SQL, "SELECT 0;");
    is_item(&s, 1, SHELL_SQL, "BEGIN;\n-- every row\nUPDATE t SET a = 1;\nCOMMIT;");
    T_EQ(s.s.v[1].line, 1);
    T_EQ(s.s.v[1].end_line, 4);
    is_item(&s, 2, SHELL_COMMENT, "-- every row");
    is_item(&s, 3, SHELL_COMMENT, "-- so");
    is_item(&s, 4, SHELL_SQL_QUIT, "\\q");
    is_item(&s, 5, SHELL_SQL, "SELECT 2;");
}

T(a_statement_looks_or_changes)
{
    static const struct {
        const char *sql;
        enum command_effect effect;
        bool keeps;
    } rows[] = {
        {"SELECT 1", EFFECT_NONE, false},
        {"select count(*) from t where a = 'DELETE'", EFFECT_NONE, false},
        {"SELECT \"update\" FROM t", EFFECT_NONE, false},
        {"SELECT * INTO copy FROM t", EFFECT_DATABASE, false},
        {"SELECT setval('s', 1)", EFFECT_DATABASE, false},
        {"SELECT pg_terminate_backend(pid) FROM pg_stat_activity", EFFECT_DATABASE, false},
        {"(SELECT 1)", EFFECT_NONE, false},
        {"WITH a AS (SELECT 1) SELECT * FROM a", EFFECT_NONE, false},
        {"WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a", EFFECT_DATABASE, false},
        {"-- only\nDELETE FROM t", EFFECT_DATABASE, false},
        {"-- only a comment", EFFECT_NONE, false},
        {"EXPLAIN DELETE FROM t", EFFECT_NONE, false},
        {"EXPLAIN ANALYZE DELETE FROM t", EFFECT_DATABASE, false},
        {"EXPLAIN (ANALYZE, BUFFERS) SELECT 1", EFFECT_NONE, false},
        {"EXPLAIN ANALYZE VERBOSE", EFFECT_NONE, false},
        {"UPDATE t SET a = 1", EFFECT_DATABASE, false},
        {"CREATE TEMP TABLE x (a)", EFFECT_DATABASE, true},
        {"CREATE TABLE x (a)", EFFECT_DATABASE, false},
        {"BEGIN", EFFECT_STATE, true},
        {"SET lock_timeout = '2s'", EFFECT_STATE, true},
        {"PRAGMA table_info(t)", EFFECT_NONE, false},
        {"PRAGMA user_version", EFFECT_NONE, false},
        {"PRAGMA user_version = 3", EFFECT_DATABASE, true},
        {"PRAGMA foreign_keys = ON", EFFECT_STATE, true},
        {"PRAGMA optimize", EFFECT_DATABASE, false},
        {"VACUUM INTO 'x'", EFFECT_BACKUP, false},
        {"VACUUM", EFFECT_DATABASE, false},
        {"\\d deals", EFFECT_NONE, false},
        {"\\dt+", EFFECT_NONE, false},
        {"\\i file.sql", EFFECT_DATABASE, false},
        {"\\c other", EFFECT_STATE, true},
        {"\\! rm x", EFFECT_UNKNOWN, false},
        {".schema t", EFFECT_NONE, false},
        {".backup x.db", EFFECT_BACKUP, false},
        {".read x.sql", EFFECT_DATABASE, false},
        {"1 + 1", EFFECT_DATABASE, false},
        {"exit", EFFECT_NONE, false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        bool keeps;

        if (sql_effect(sv_from(rows[i].sql), &keeps) != rows[i].effect || keeps != rows[i].keeps)
            T_FAIL("'%s' is %s%s", rows[i].sql,
                   command_effect_name(sql_effect(sv_from(rows[i].sql), &keeps)),
                   keeps ? " and keeps" : "");
    }
}

T(meta_commands_that_look_have_a_statement_of_sqlite)
{
    static const struct {
        const char *meta, *sql; /* NULL: there is none */
    } rows[] = {
        {".tables",
         "SELECT name FROM sqlite_schema WHERE type IN ('table','view') AND name NOT LIKE 'sqlite_%' ORDER BY name"},
        {"\\d deals;",
         "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND tbl_name = 'deals'"},
        {".schema it's",
         "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND tbl_name = 'it''s'"},
        {".indexes", "SELECT name FROM sqlite_schema WHERE type = 'index' ORDER BY name"},
        {".tables x", NULL},
        {"\\copy t from x", NULL},
        {";", NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);

        if (sql_meta_sqlite(sv_from(rows[i].meta), &sql) != (rows[i].sql != NULL))
            T_FAIL("'%s'", rows[i].meta);
        T_STR(strbuf_str(&sql), rows[i].sql ? rows[i].sql : "");
    }
}

T(meta_commands_that_look_have_statements_of_postgresql)
{
    static const struct {
        const char *meta, *part; /* NULL: there is none */
    } rows[] = {
        {"\\d deals;", "a.attrelid = 'deals'::regclass"},
        {"\\d", "'r','p','v','m','S','f'"},
        {"\\dt pre*", "c.relname LIKE replace('pre*', '*', '%')"},
        {"\\dT+ o'mood", "t.typname LIKE replace('o''mood', '*', '%')"},
        {"\\x", "-- "},
        {"\\timing on", "-- "},
        {"\\pset", NULL},
        {"\\copy t from x", NULL},
        {".tables", NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
        bool found = sql_meta_postgres(sv_from(rows[i].meta), &sql);

        if (found != (rows[i].part != NULL) || (found && !strstr(strbuf_str(&sql), rows[i].part)))
            T_FAIL("'%s' is '%s'", rows[i].meta, strbuf_str(&sql));
    }
}

T(the_worst_of_several_statements_counts)
{
    T_EQ(effect_of_sql(SV("SELECT 1; DROP TABLE t")), EFFECT_DATABASE);
    T_EQ(effect_of_sql(SV("\"SELECT 1; DROP TABLE t\"")), EFFECT_DATABASE);
    T_EQ(effect_of_sql(SV("SELECT 1; SELECT 2;")), EFFECT_NONE);
    T_EQ(effect_of_sql(SV("")), EFFECT_DATABASE);
}

static const struct rb_step *step(const struct reading *r, size_t i)
{
    if (i >= r->rb.n_steps)
        T_FAIL("there are %zu steps only", r->rb.n_steps);
    return &r->rb.steps[i];
}

T(each_statement_is_a_step_with_what_is_expected_of_it)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## Migration\n```sql\npsql shop\n-- Count them\nSELECT COUNT(*) FROM deals;\n"
                  "-- Expected: 1 row\n\n-- Expected: 2 rows\nSELECT 1; -- look\n\\q\n```\n");
    T_EQ(r.rb.n_steps, 2);
    T_EQ(step(&r, 0)->kind, STEP_SQL);
    T_SV(step(&r, 0)->text, "SELECT COUNT(*) FROM deals;");
    T_SV(step(&r, 0)->note, "Count them");
    T_SV(step(&r, 0)->client, "psql shop");
    T_EQ(step(&r, 0)->command->effect, EFFECT_NONE);
    T_EQ(step(&r, 0)->line, 5);
    T_EQ(step(&r, 0)->n_expects, 1);
    T_EQ(step(&r, 0)->expects[0].form, EXPECT_ROWS);
    T_EQ(step(&r, 1)->n_expects, 1);
    T_EQ(step(&r, 1)->expects[0].form, EXPECT_ROWS);
    T_EQ(step(&r, 1)->expects[0].line, 8);
    T_SV(step(&r, 1)->note, "look");
}

T(a_transaction_is_one_step)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r,
              "## Migration\n```sql\n-- all or nothing\nBEGIN;\nUPDATE t SET a = 1; -- every row\n"
              "DELETE FROM u;\nCOMMIT;\n-- Expected: 0 rows\n```\n");
    T_EQ(r.rb.n_steps, 1);
    T_SV(step(&r, 0)->text, "BEGIN;\nUPDATE t SET a = 1; -- every row\nDELETE FROM u;\nCOMMIT;");
    T_EQ(step(&r, 0)->command->effect, EFFECT_DATABASE);
    T_EQ(step(&r, 0)->line, 4);
    T_EQ(step(&r, 0)->end_line, 7);
    T_EQ(step(&r, 0)->n_expects, 1);
}

T(comments_alone_are_for_a_person)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r,
              "## Migration\n```sql\n-- check with the owner of the table\n```\n```sql\n\n```\n");
    T_EQ(r.rb.n_steps, 1);
    T_EQ(step(&r, 0)->kind, STEP_MANUAL);
    T_SV(step(&r, 0)->text, "check with the owner of the table");
}

T_MAIN(T_CASE(statements_end_at_semicolons_that_are_not_quoted),
       T_CASE(clients_metas_and_comments_are_items_with_lines),
       T_CASE(what_has_no_end_is_the_rest_and_changes_something),
       T_CASE(what_depends_on_the_connection_stays_together), T_CASE(a_statement_looks_or_changes),
       T_CASE(meta_commands_that_look_have_statements_of_postgresql),
       T_CASE(the_worst_of_several_statements_counts),
       T_CASE(meta_commands_that_look_have_a_statement_of_sqlite),
       T_CASE(each_statement_is_a_step_with_what_is_expected_of_it),
       T_CASE(a_transaction_is_one_step), T_CASE(comments_alone_are_for_a_person))
