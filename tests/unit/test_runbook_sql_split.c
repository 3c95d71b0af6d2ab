/* sql_split: sessions of database clients, statements, meta commands. */
#include "runbook/sql_split.h"

#include "base/sv.h"
#include "t.h"

static struct shell_script split(const char *text, struct arena *arena)
{
    struct shell_script s;

    sql_split(sv_from(text), 0, strlen(text), arena, &s);
    return s;
}

T(a_line_that_opens_a_session_is_known)
{
    static const struct {
        const char *line;
        bool client;
    } rows[] = {
        {"psql", true},
        {"psql -h db -U app shop", true},
        {"psql -h <host> -d <database>", true},
        {"sudo -u postgres psql", true},
        {"sqlite3 data/shop.db", true},
        {"mysql -u root -p", true},
        {"psql -c 'SELECT 1'", false},
        {"psql --command='SELECT 1'", false},
        {"psql shop < dump.sql", false},
        {"psql -f up.sql", false},
        {"psql > out.txt", false},
        {"cat x | psql", false},
        {"sqlite3 shop.db \"SELECT 1\"", false},
        {"sqlite3 shop.db .tables", false},
        {"mysql -e 'SHOW TABLES'", false},
        {"pg_dump shop", false},
        {"sudo systemctl stop psql", false},
        {"", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (sql_is_client(sv_from(rows[i].line)) != rows[i].client)
            T_FAIL("'%s'", rows[i].line);
}

T(a_statement_ends_at_its_semicolon_and_not_in_quotes)
{
    static const struct {
        const char *text, *first;
        size_t n;
    } rows[] = {
        {"SELECT 1; SELECT 2;", "SELECT 1;", 2},
        {"SELECT ';' AS a;\nSELECT 2", "SELECT ';' AS a;", 2},
        {"SELECT \";\";", "SELECT \";\";", 1},
        {"SELECT 1 -- one; two\n, 2;", "SELECT 1 -- one; two\n, 2;", 1},
        {"SELECT /* ; */ 1;", "SELECT /* ; */ 1;", 1},
        {"DO $$ BEGIN x; END $$;", "DO $$ BEGIN x; END $$;", 1},
        {"DO $a$ x; $$ y; $a$; SELECT 1;", "DO $a$ x; $$ y; $a$;", 2},
        {"SELECT $1; SELECT 2;", "SELECT $1;", 2},
        {"SELECT 'open; x", "SELECT 'open; x", 1},
        {"SELECT /* open; x", "SELECT /* open; x", 1},
        {"DO $$ open; x", "DO $$ open; x", 1},
        {";;\n ;", NULL, 0},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(arena_release) struct arena arena = {0};
        struct shell_script s = split(rows[i].text, &arena);

        if (s.n != rows[i].n)
            T_FAIL("'%s' has %zu items", rows[i].text, s.n);
        if (rows[i].n && !sv_eq(s.v[0].text, sv_from(rows[i].first)))
            T_FAIL("'%s' begins with '%.*s'", rows[i].text, SV_FMT(s.v[0].text));
    }
}

T(a_session_has_a_client_meta_commands_comments_and_an_end)
{
    CLEANUP(arena_release) struct arena arena = {0};
    struct shell_script s =
        split("-- Connect\npsql -h db\n\n\\d facts\n-- 1. Count\nSELECT 1\n  FROM x; -- all\n"
              ".schema x\n/* a\nb */\n\\q\n",
              &arena);
    static const enum shell_kind kinds[] = {SHELL_COMMENT,  SHELL_SQL_CLIENT, SHELL_SQL_META,
                                            SHELL_COMMENT,  SHELL_SQL,        SHELL_COMMENT,
                                            SHELL_SQL_META, SHELL_COMMENT,    SHELL_SQL_QUIT};

    T_EQ(s.n, ARRAY_LEN(kinds));
    for (size_t i = 0; i < s.n; i++)
        T_EQ(s.v[i].kind, kinds[i]);
    T_SV(s.v[1].text, "psql -h db");
    T_CHECK(s.v[2].blank_before && !s.v[3].blank_before);
    T_EQ(s.v[4].line, 5);
    T_EQ(s.v[4].end_line, 6);
    T_CHECK(s.v[5].same_line && !s.v[3].same_line);
    T_EQ(s.v[7].end_line, 9);
}

T(a_session_inside_commands_is_found)
{
    struct sv text =
        SV("ls\npsql shop\n-- look\nSELECT 1;\n\\q\npsql\nls\nsqlite3 a.db\n.tables\n");
    size_t from = 0, to = sql_find_session(text, &from);

    T_SV(sv_sub(text, from, to), "psql shop\n-- look\nSELECT 1;\n\\q\n");
    from = to;
    to = sql_find_session(text, &from);
    T_SV(sv_sub(text, from, to), "sqlite3 a.db\n.tables\n"); /* psql alone had no SQL below it */
    from = to;
    T_EQ(sql_find_session(text, &from), 0);
    T_EQ(from, to);
}

T(many_sessions_cost_linear_time)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    size_t from = 0, to, n = 0;

    for (int i = 0; i < 20000; i++)
        strbuf_add_str(&b, "psql\nSELECT 'a;b';\n\\q\n");
    while ((to = sql_find_session(strbuf_sv(&b), &from)) > 0)
        from = to, n++;
    T_EQ(n, 20000);
}

T(options_give_a_client_its_work)
{
    static const struct {
        const char *program, *option;
        bool works;
    } rows[] = {
        {"psql", "-XAtc", true},      {"psql", "-qf", true},   {"psql", "--command=SELECT 1", true},
        {"psql", "-At", false},       {"psql", "-Uc", false},  {"psql", "shop", false},
        {"mysql", "-Ne", true},       {"mysql", "-ue", false}, {"sqlite3", "-cmd", true},
        {"sqlite3", "-batch", false}, {"ls", "-c", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (sql_option_works(sv_from(rows[i].program), sv_from(rows[i].option)) != rows[i].works)
            T_FAIL("%s %s is not %d", rows[i].program, rows[i].option, rows[i].works);
}

T_MAIN(T_CASE(options_give_a_client_its_work), T_CASE(a_line_that_opens_a_session_is_known),
       T_CASE(a_statement_ends_at_its_semicolon_and_not_in_quotes),
       T_CASE(a_session_has_a_client_meta_commands_comments_and_an_end),
       T_CASE(a_session_inside_commands_is_found), T_CASE(many_sessions_cost_linear_time))
