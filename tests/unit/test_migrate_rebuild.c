/*
 * A table of SQLite is made anew: own cases, and those of the folder that PRUSIK_SHARED names, when it is set.
 */
#include "base/file.h"
#include "base/json.h"
#include "base/sv.h"
#include "migrate/rebuild.h"
#include "migrate/sqllex.h"
#include "t_vectors.h"

/* --- the text --- */

static const char *text_of(const char *create, const char *action)
{
    static char ret[1000];
    struct rebuild_plan p;
    struct arena a = {0};
    struct sv one = sv_from(action);
    struct err err = {0};

    T_OK(rebuild_read(sv_from(create), SV("t"), (struct rebuild_actions){&one, 1}, &a, &p, &err),
         err);
    (void)snprintf(ret, sizeof(ret), "%s", strbuf_str(&p.create));
    rebuild_plan_release(&p);
    arena_release(&a);
    return ret;
}

T(only_what_an_action_is_about_changes_in_the_text_of_a_table)
{
    static const struct {
        const char *create, *action, *want;
    } cases[] = {
        {"CREATE TABLE x(a, b TEXT)", "ALTER COLUMN a SET NOT NULL",
         "CREATE TABLE \"t\"(a NOT NULL, b TEXT)"},
        {"CREATE TABLE x(a, b TEXT)", "alter column \"B\" set not null using ''",
         "CREATE TABLE \"t\"(a, b TEXT NOT NULL)"},
        {"CREATE TABLE x(a REFERENCES p(i) ON DELETE SET NULL NOT NULL)",
         "ALTER COLUMN a DROP NOT NULL",
         "CREATE TABLE \"t\"(a REFERENCES p(i) ON DELETE SET NULL)"},
        {"CREATE TABLE x(a REFERENCES p NOT DEFERRABLE INITIALLY DEFERRED, b)",
         "ALTER COLUMN a DROP NOT NULL",
         "CREATE TABLE \"t\"(a REFERENCES p NOT DEFERRABLE INITIALLY DEFERRED, b)"},
        {"CREATE TABLE x(a INT DEFAULT NULL NOT NULL)", "ALTER COLUMN a SET DEFAULT 1 + 1",
         "CREATE TABLE \"t\"(a INT DEFAULT (1 + 1) NOT NULL)"},
        {"CREATE TABLE x(a INT DEFAULT -1, b)", "ALTER COLUMN a DROP DEFAULT",
         "CREATE TABLE \"t\"(a INT, b)"},
        {"CREATE TABLE x(a INT)", "ALTER COLUMN a DROP DEFAULT", "CREATE TABLE \"t\"(a INT)"},
        {"CREATE TABLE x(a INT DEFAULT (f(1)), b)", "ALTER COLUMN a SET DEFAULT -2",
         "CREATE TABLE \"t\"(a INT DEFAULT -2, b)"},
        {"CREATE TABLE x(a REFERENCES p ON DELETE SET DEFAULT)", "ALTER COLUMN a SET DEFAULT (3)",
         "CREATE TABLE \"t\"(a DEFAULT (3) REFERENCES p ON DELETE SET DEFAULT)"},
        {"CREATE TABLE x(a NUMERIC(3, 1) NULL)", "ALTER COLUMN a TYPE TEXT USING a || ''",
         "CREATE TABLE \"t\"(a TEXT NULL)"},
        {"CREATE TABLE x(a, b)", "ALTER COLUMN a TYPE TEXT", "CREATE TABLE \"t\"(a TEXT, b)"},
        {"CREATE TABLE x(a INT -- last\n)", "ADD CONSTRAINT c CHECK (a > 0)",
         "CREATE TABLE \"t\"(a INT, CONSTRAINT \"c\" CHECK (a > 0) -- last\n)"},
        {"CREATE TABLE x(a, CONSTRAINT u UNIQUE (a), PRIMARY KEY (a))", "DROP CONSTRAINT u",
         "CREATE TABLE \"t\"(a, PRIMARY KEY (a))"},
        {"CREATE TABLE x(a, PRIMARY KEY (a))", "ADD COLUMN b TEXT NOT NULL USING 'x'",
         "CREATE TABLE \"t\"(a, \"b\" TEXT NOT NULL, PRIMARY KEY (a))"},
        {"CREATE TABLE x(a, b, c)", "DROP COLUMN a", "CREATE TABLE \"t\"(b, c)"},
        {"CREATE TABLE x(a, b, c)", "AS CREATE TABLE x(a INT, c, d)",
         "CREATE TABLE \"t\"(a INT, c, d)"},
        {"CREATE TABLE x(a, b, c)", "DROP COLUMN c", "CREATE TABLE \"t\"(a, b)"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        T_STR(text_of(cases[i].create, cases[i].action), cases[i].want);
}

T(actions_and_texts_that_cannot_be_read_are_told)
{
    static const struct {
        const char *create, *action, *why;
    } cases[] = {
        {"CREATE TABLE x(a)", "ALTER COLUMN z SET NOT NULL", "there is no column \"z\""},
        {"CREATE TABLE x(a)", "DROP CONSTRAINT z", "there is no constraint \"z\""},
        {"CREATE TABLE x(a)", "RENAME TO y", "\"RENAME TO y\" is no action of a rebuild"},
        {"CREATE TABLE x(a)", "ALTER", "\"ALTER\" is no action of a rebuild"},
        {"CREATE TABLE x(a)", "ADD COLUMN A TEXT", "there is a column \"A\" already"},
        {"CREATE TABLE x(a)", "ALTER COLUMN a SET DEFAULT", "has no value"},
        {"CREATE TABLE x(a)", "ALTER COLUMN a TYPE", "has no type"},
        {"CREATE TABLE x(a,)", "DROP COLUMN a", "cannot be read"},
        {"CREATE TABLE x(a", "DROP COLUMN a", "cannot be read"},
        {"CREATE TABLE x", "DROP COLUMN a", "cannot be read"},
        {"CREATE TABLE x", "AS CREATE TABLE y(a)", "cannot be read"},
        {"CREATE TABLE x(a)", "AS CREATE TABLE y", "cannot be read"},
        {"", "DROP COLUMN a", "cannot be read"},
    };
    struct sv twice[] = {SV("ALTER COLUMN a TYPE TEXT"), SV("DROP COLUMN a")};
    struct rebuild_plan p;
    struct arena a = {0};
    struct err err = {0};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sv one = sv_from(cases[i].action);

        T_CHECK(rebuild_read(sv_from(cases[i].create), SV("t"), (struct rebuild_actions){&one, 1},
                             &a, &p, &err) != ERR_OK);
        if (!strstr(err.msg, cases[i].why))
            T_FAIL("it says '%s' and not '%s'", err.msg, cases[i].why);
    }
    T_EQ(rebuild_read(SV("CREATE TABLE x(b, a INT)"), SV("t"), (struct rebuild_actions){twice, 2},
                      &a, &p, &err),
         ERR_INVALID);
    T_CHECK(strstr(err.msg, "two actions") != NULL);
    arena_release(&a);
}

/* --- a file --- */

static struct db *open_file(const char *sql)
{
    struct db_config c = {.url = SV("sqlite::memory:"), .create = true};
    struct err err = {0};
    struct db *db;

    T_OK(db_open(&c, &db, &err), err);
    T_OK(db_run(db, sv_from(sql), NULL, 0, NULL, &err), err);
    return db;
}

static const char *one(struct db *db, const char *sql)
{
    static char text[4][2048];
    static size_t turn;
    struct arena a = {0};
    struct err err = {0};
    struct db_value v;
    char *ret = text[turn++ % 4];

    T_OK(db_one(db, &a, sv_from(sql), NULL, 0, &v, &err), err);
    (void)snprintf(ret, sizeof(text[0]), "%.*s", SV_FMT(v.is_null ? SV("NULL") : v.text));
    arena_release(&a);
    return ret;
}

/* As a migration does it. */
static enum err_code rebuild(struct db *db, struct sv table, const struct sv *actions, size_t n,
                             struct err *err)
{
    struct err other = {0};
    enum err_code rc;

    T_OK(db_run(db, SV("PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE"), NULL, 0, NULL, &other),
         other);
    rc = rebuild_run(db, table, actions, n, err);
    T_OK(db_run(db, rc == ERR_OK ? SV("COMMIT") : SV("ROLLBACK"), NULL, 0, NULL, &other), other);
    T_OK(db_run(db, SV("PRAGMA foreign_keys = ON"), NULL, 0, NULL, &other), other);
    T_STR(one(db, "SELECT legacy_alter_table FROM pragma_legacy_alter_table"), "0");
    return rc;
}

T(what_stands_against_a_rebuild_is_named_and_nothing_changes)
{
    static const struct {
        const char *before, *table, *action, *why;
    } cases[] = {
        {"CREATE TABLE x(a)", "y", "DROP COLUMN a", "there is no table y"},
        {"CREATE TABLE x(a INTEGER PRIMARY KEY AUTOINCREMENT)", "sqlite_sequence", "DROP COLUMN a",
         "of SQLite itself"},
        {"CREATE TABLE x(a); INSERT INTO x VALUES (1), (NULL)", "x", "ALTER COLUMN a SET NOT NULL",
         "column a of x cannot become NOT NULL: rows with nulls: 1"},
        {"CREATE TABLE x(a); INSERT INTO x VALUES (-1)", "x", "ADD CONSTRAINT c CHECK (a > 0)",
         "CHECK constraint failed: c"},
        {"CREATE TABLE x(a); INSERT INTO x VALUES (1), (1)", "x",
         "ADD CONSTRAINT c UNIQUE (a) ON CONFLICT IGNORE", "the rows of x do not fit"},
        {"CREATE TABLE x(a, b); CREATE INDEX i ON x(b)", "x", "DROP COLUMN b",
         "index of x cannot be made again"},
        {"CREATE TABLE x(a, b); CREATE TABLE y(c);"
         "CREATE TRIGGER g AFTER INSERT ON y BEGIN UPDATE x SET b = 1; END",
         "x", "DROP COLUMN b", "writing to y would not work any more"},
        {"CREATE TABLE p(i PRIMARY KEY); CREATE TABLE x(a); INSERT INTO x VALUES (7)", "x",
         "ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES p(i)",
         "foreign key: rows without a parent: 1: x row 1 to p"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct db *db = open_file(cases[i].before);
        struct sv action = sv_from(cases[i].action);
        struct err err = {0};
        char before[2048];

        (void)snprintf(before, sizeof(before), "%s",
                       one(db, "SELECT group_concat(type || name || sql) FROM sqlite_schema"));
        T_CHECK(rebuild(db, sv_from(cases[i].table), &action, 1, &err) != ERR_OK);
        if (!strstr(err.msg, cases[i].why))
            T_FAIL("it says '%s' and not '%s'", err.msg, cases[i].why);
        T_STR(one(db, "SELECT group_concat(type || name || sql) FROM sqlite_schema"), before);
        db_close(db);
    }
}

T(with_foreign_keys_on_nothing_is_made_anew)
{
    struct db *db = open_file("CREATE TABLE x(a); PRAGMA foreign_keys = ON; BEGIN");
    struct sv action = SV("ALTER COLUMN a SET NOT NULL");
    struct err err = {0};

    T_EQ(rebuild_run(db, SV("x"), &action, 1, &err), ERR_REFUSED);
    T_CHECK(strstr(err.msg, "foreign_keys is on") != NULL);
    db_close(db);
}

T(rows_numbers_and_values_come_over)
{
    struct db *db = open_file("CREATE TABLE x(rowid TEXT, b INT); INSERT INTO x(_rowid_, rowid, b)"
                              " VALUES (5, 'r', NULL), (9, 's', 2)");
    struct sv actions[] = {
        SV("ALTER COLUMN b SET NOT NULL USING (40 + 2)"),
        SV("ADD COLUMN c TEXT NOT NULL DEFAULT '' USING rowid || coalesce(b, 0)"),
        SV("ALTER COLUMN \"rowid\" TYPE BLOB USING CAST(rowid AS BLOB)")};
    struct err err = {0};

    T_OK(rebuild(db, SV("X"), actions, ARRAY_LEN(actions), &err), err);
    T_STR(one(db, "SELECT group_concat(_rowid_ || '|' || rowid || '|' || b || '|' || c) FROM x"),
          "5|r|42|r0,9|s|2|s2");
    db_close(db);
}

/* --- sqlite_rebuild.json --- */

static void add_name(struct strbuf *b, const json_t *op, const char *key)
{
    db_quote_name(b, json_get_sv(op, key));
}

static void add_names(struct strbuf *b, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        strbuf_add_str(b, i ? ", " : "");
        db_quote_name(b, sv_from(json_string_value(json_array_get(list, i))));
    }
}

static void action_of(const json_t *op, struct strbuf *b)
{
    struct sv what = json_get_sv(op, "op");

    if (sv_is(what, "add_check")) {
        strbuf_add_str(b, "ADD CONSTRAINT ");
        add_name(b, op, "name");
        strbuf_addf(b, " CHECK (%s)", json_get_str(op, "expr", ""));
    } else if (sv_is(what, "add_foreign_key")) {
        strbuf_add_str(b, "ADD CONSTRAINT ");
        add_name(b, op, "name");
        strbuf_add_str(b, " FOREIGN KEY (");
        add_names(b, json_object_get(op, "columns"));
        strbuf_addf(b, ") REFERENCES %s (", json_get_str(op, "to_table", ""));
        add_names(b, json_object_get(op, "to_columns"));
        strbuf_addf(b, ") ON DELETE %s", json_get_str(op, "on_delete", ""));
    } else if (sv_starts(what, SV("drop_con")) || sv_starts(what, SV("drop_col"))) {
        strbuf_add_str(b, sv_is(what, "drop_column") ? "DROP COLUMN " : "DROP CONSTRAINT ");
        add_name(b, op, sv_is(what, "drop_column") ? "column" : "name");
    } else {
        strbuf_add_str(b, "ALTER COLUMN ");
        add_name(b, op, "column");
        if (sv_is(what, "set_not_null"))
            strbuf_addf(b, " SET NOT NULL%s%s", json_get_str(op, "fill", NULL) ? " USING " : "",
                        json_get_str(op, "fill", ""));
        else if (sv_is(what, "drop_not_null"))
            strbuf_add_str(b, " DROP NOT NULL");
        else if (sv_is(what, "set_default"))
            strbuf_addf(b, " SET DEFAULT %s", json_get_str(op, "default", ""));
        else if (sv_is(what, "set_type"))
            strbuf_addf(b, " TYPE %s", json_get_str(op, "type", ""));
        else
            T_FAIL("%.*s is %s", SV_FMT(what), "no operation");
    }
}

/* Tokens without blanks and comments, each on its line. */
static void tokens(const char *text, struct strbuf *out)
{
    struct sqllex lex = {.text = sv_from(text), .db = DB_SQLITE};
    struct sqllex_token t;

    strbuf_truncate(out, 0);
    while (sqllex_next_word(&lex, &t))
        strbuf_addf(out, "%.*s\n", SV_FMT(t.text));
}

static enum err_code add_row(void *arg, const struct db_row *row, struct err *err UNUSED)
{
    for (size_t i = 0; i < row->n; i++)
        strbuf_addf(arg, "%.*s|", SV_FMT(row->v[i].is_null ? SV("NULL") : row->v[i].text));
    strbuf_add_byte(arg, '\n');
    return ERR_OK;
}

static void want_rows(const json_t *rows, struct strbuf *b)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);

        for (size_t k = 0; k < json_array_size(row); k++) {
            const json_t *v = json_array_get(row, k);

            if (json_is_string(v))
                strbuf_add_str(b, json_string_value(v));
            else if (json_is_integer(v))
                strbuf_addf(b, "%lld", (long long)json_integer_value(v));
            else if (json_is_real(v))
                strbuf_addf(b, "%.1f", json_real_value(v));
            else
                strbuf_add_str(b, "NULL");
            strbuf_add_byte(b, '|');
        }
        strbuf_add_byte(b, '\n');
    }
}

static void check_expect(struct db *db, const json_t *e)
{
    CLEANUP(strbuf_release) struct strbuf got = STRBUF(0), want = STRBUF(0);
    const char *error = json_get_str(e, "error", NULL);
    struct err err = {0};
    enum err_code rc = db_each(db, json_get_sv(e, "sql"), NULL, 0, add_row, &got, &err);

    if (error) {
        T_CHECK(rc != ERR_OK && strstr(err.msg, error) != NULL);
        return;
    }
    T_OK(rc, err);
    want_rows(json_object_get(e, "rows"), &want);
    T_STR(strbuf_str(&got), strbuf_str(&want));
}

static const char *reason_of(const char *refuse)
{
    static const char *const words[][2] = {{"view", "view tv"},
                                           {"nulls", "nulls"},
                                           {"foreign_key", "foreign key"},
                                           {"virtual_table", "virtual table"}};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcmp(words[i][0], refuse) == 0)
            return words[i][1];
    T_FAIL("%s is %s", refuse, "no reason");
    return "";
}

static void check_case(const json_t *c)
{
    struct strbuf texts[4] = {STRBUF(0), STRBUF(0), STRBUF(0), STRBUF(0)};
    const json_t *ops = json_object_get(c, "ops"), *expect = json_object_get(c, "expect");
    const char *refuse = json_get_str(c, "refuse", NULL);
    struct db *db = open_file(json_get_str(c, "before", ""));
    struct sv actions[4];
    struct err err = {0};
    enum err_code rc;

    T_CHECK(json_array_size(ops) <= ARRAY_LEN(actions));
    for (size_t i = 0; i < json_array_size(ops); i++) {
        action_of(json_array_get(ops, i), &texts[i]);
        actions[i] = strbuf_sv(&texts[i]);
    }
    rc = rebuild(db, json_get_sv(c, "table"), actions, json_array_size(ops), &err);
    if (refuse) {
        T_EQ(rc, ERR_REFUSED);
        T_CHECK(strstr(err.msg, reason_of(refuse)) != NULL);
    } else {
        CLEANUP(strbuf_release) struct strbuf got = STRBUF(0), want = STRBUF(0), sql = STRBUF(0);

        T_OK(rc, err);
        strbuf_add_str(&sql, "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ");
        db_quote_text(&sql, json_get_sv(c, "table"));
        tokens(one(db, strbuf_str(&sql)), &got);
        tokens(json_get_str(c, "after_sql", ""), &want);
        T_STR(strbuf_str(&got), strbuf_str(&want));
    }
    for (size_t i = 0; i < json_array_size(expect); i++)
        check_expect(db, json_array_get(expect, i));
    db_close(db);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        strbuf_release(&texts[i]);
}

T(the_vectors_of_rebuilds_hold)
{
    json_t *j = t_shared_json("migrations/sqlite_rebuild.json"), *c;
    size_t i;

    T_CHECK(json_array_size(json_object_get(j, "cases")) >= 21);
    json_array_foreach(json_object_get(j, "cases"), i, c)
    {
        printf("# %s\n", json_get_str(c, "id", ""));
        fflush(stdout);
        check_case(c);
    }
    json_decref(j);
}

T_MAIN(T_CASE(only_what_an_action_is_about_changes_in_the_text_of_a_table),
       T_CASE(actions_and_texts_that_cannot_be_read_are_told),
       T_CASE(what_stands_against_a_rebuild_is_named_and_nothing_changes),
       T_CASE(with_foreign_keys_on_nothing_is_made_anew), T_CASE(rows_numbers_and_values_come_over),
       T_CASE(the_vectors_of_rebuilds_hold))
