#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sv.h"
#include "migrate/sqllint.h"
#include "migrate/sqlscratch.h"
#include "t.h"

/* --- what was found, as text --- */

/* "3 SQL001 error, 4 RUN101 error" */
static void add_findings(const struct sqllint *l, struct strbuf *out)
{
    static const char *const severities[] = {"note", "warning", "error"};

    for (size_t i = 0; i < l->findings.n; i++)
        strbuf_addf(out, "%s%zu %s%s%s", i ? ", " : "", l->findings.v[i].line,
                    l->findings.v[i].rule->id,
                    l->findings.v[i].severity == l->findings.v[i].rule->severity ? "" : " ",
                    l->findings.v[i].severity == l->findings.v[i].rule->severity
                        ? ""
                        : severities[l->findings.v[i].severity]);
}

static void lint(struct sqlscratch *there, enum sqllint_for who, struct sv text, struct strbuf *out,
                 struct strbuf *messages)
{
    CLEANUP(sqllint_release) struct sqllint l = {0};
    const struct sqllint_ask ask = {.db = DB_SQLITE, .who = who, .scratch = there};

    sqllint_file(SV("1_x.sql"), text, &ask, &l);
    add_findings(&l, out);
    for (size_t i = 0; messages && i < l.findings.n; i++)
        strbuf_addf(messages, "%.*s\n", SV_FMT(l.findings.v[i].message));
}

struct row {
    const char *text, *found;
};

static void expect_rows(const char *before, enum sqllint_for who, const struct row *rows, size_t n)
{
    size_t bad = 0;

    for (size_t i = 0; i < n; i++) {
        CLEANUP(sqlscratch_freep) struct sqlscratch *there = NULL;
        CLEANUP(strbuf_release)
        struct strbuf found = STRBUF(0), messages = STRBUF(0), none = STRBUF(0);
        struct err err;

        T_OK(sqlscratch_open(NULL, &there, &err), err);
        if (before[0])
            lint(there, SQLLINT_FOR_PLAIN, sv_from(before), &none, &messages);
        T_STR(strbuf_str(&none), "");
        lint(there, who, sv_from(rows[i].text), &found, &messages);
        if (strcmp(strbuf_str(&found), rows[i].found) != 0)
            bad += 0 < printf("# row %zu: %s\nwants: %s\nis: %s\n%s", i, rows[i].text,
                              rows[i].found, strbuf_str(&found), strbuf_str(&messages));
    }
    T_EQ(bad, 0);
}

#define SHOP                                                                                  \
    "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL, age INTEGER NOT NULL);" \
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, user INTEGER REFERENCES users (id),"        \
    " total REAL, state TEXT NOT NULL CHECK (state IN ('open', 'paid')));"                    \
    "CREATE INDEX orders_user ON orders (user); CREATE VIEW totals AS SELECT total FROM orders;"

/* --- rules --- */

T(statements_are_judged_by_what_sqlite_does_with_the_tables_that_are_there)
{
    static const struct row rows[] = {
        {"ALTER TABLE orders ADD COLUMN a TEXT NOT NULL;", "1 SQL001"},
        /* the only row that could be made breaks the CHECK of state, not this one */
        {"ALTER TABLE orders ADD COLUMN a TEXT CHECK (a > 1);", ""},
        {"ALTER TABLE orders ADD COLUMN a TEXT DEFAULT 'x' CHECK (a < total);", ""},
        {"ALTER TABLE main.\"orders\" ADD a TEXT DEFAULT 'x' CHECK (a <> 'x');", "1 SQL003"},
        {"-- prusik:up\nSELECT 1;\n-- prusik:down\nALTER TABLE orders ADD a INT DEFAULT 0 CHECK (a > 0);",
         "4 SQL003"},
        {"ALTER TABLE users ADD COLUMN a TEXT DEFAULT 'x' CHECK (a <> 'x');", "1 SQL003"},
        {"ALTER TABLE users ADD UNIQUE (email);", "1 SQL004"},
        {"ALTER TABLE users ALTER COLUMN email TYPE text;", "1 SQL004"},
        {"ALTER TABLE users DROP CONSTRAINT u;", "1 SQL004"},
        {"ALTER TABLE orders DROP COLUMN total;", "1 DATA007, 1 RUN101, 1 SQL005"},
        {"ALTER TABLE users DROP COLUMN id;", "1 DATA007, 1 RUN101, 1 SQL005"},
        {"ALTER TABLE [orders] RENAME \"state\" TO `stage`;", "1 RUN104"},
        {"ALTER TABLE main.orders RENAME TO sales;", "1 RUN105"},
        {"ALTER TABLE users ADD COLUMN a TEXT;\nALTER TABLE users DROP COLUMN a;\n"
         "ALTER TABLE users ADD COLUMN b TEXT;\nALTER TABLE users RENAME b TO c;\n",
         ""},
        {"DROP VIEW totals;", "1 RUN114"},
        {"DROP VIEW totals;\nCREATE VIEW totals AS SELECT total FROM orders;", ""},
        {"CREATE VIEW v AS SELECT 1;\nDROP VIEW IF EXISTS v;", ""},
        {"DROP INDEX orders_user;", ""},
        {"DROP TABLE users;", "1 DATA007, 1 RUN102, 1 SQL009"},
        {"CREATE TEMP TABLE t (a);\nDROP TABLE t;\nCREATE UNIQUE INDEX i ON users (email);", ""},
        {"SELECT total::int FROM orders;", "1 SQL011"},
        {"SELECT date_trunc('day', total) FROM orders;", "1 SQL011"},
        {"SELECT my_own(total) FROM orders;", "1 SQL000"},
        {"TRUNCATE users;", "1 SQL011"},
        {"UPDATE users SET email = \"unknown\" WHERE id = 1;", "1 DATA004, 1 SQL012"},
        {"UPDATE users SET \"email\" = lower(\"email\") WHERE id = 1;", "1 DATA004"},
        {"UPDATE OR IGNORE [users] SET email = 'x';", "1 DATA002, 1 DATA004"},
        {"REPLACE INTO users VALUES (1, 'a', 2);\nINSERT OR IGNORE INTO users VALUES (1, 'a', 2);",
         ""},
        {"DELETE FROM users WHERE age > 3;", "1 DATA003, 1 DATA005"},
        {"DELETE FROM users INDEXED BY i WHERE age > 3;", "1 SQL000"},
        {"INSERT INTO users (id, email) VALUES (1, 'a');",
         ""}, /* of rows: only those of a database tell */
        {"CREATE TABLE a (b,);", "1 SQL000"},
        {"CREATE TABLE a (b c d());\nINSERT INTO a VALUES (1);\nSELECT c FROM nowhere;",
         "1 SQL000, 3 SQL000"},
        {"PRAGMA foreign_keys = OFF;\nVACUUM;\nPRAGMA journal_mode;", ""},
        {"BEGIN;\nPRAGMA foreign_keys = OFF;\nVACUUM;\nPRAGMA page_size = 512;\nPRAGMA journal_mode;\n"
         "COMMIT;",
         "2 SQL006, 3 SQL010, 4 SQL010"},
        {"COMMIT;", "1 SQL000"},
    };

    expect_rows(SHOP, SQLLINT_FOR_PLAIN, rows, ARRAY_LEN(rows));
}

T(tables_that_are_made_anew_by_hand_are_held_against_what_was_there)
{
#define COPY                                                                            \
    "CREATE TABLE o2 (id INTEGER PRIMARY KEY, user INTEGER, total REAL, state TEXT);\n" \
    "INSERT INTO o2 SELECT id, user, total, state FROM orders;\n"
    static const struct row rows[] = {
        {"PRAGMA legacy_alter_table = ON;\n" COPY
         "DROP TABLE orders;\nALTER TABLE o2 RENAME TO orders;\n",
         "4 SQL008"},
        {"PRAGMA legacy_alter_table = ON;\n" COPY
         "DROP TABLE orders;\nALTER TABLE o2 RENAME TO orders;\n"
         "CREATE INDEX orders_user ON orders (user);\nALTER TABLE orders DROP COLUMN state;\n",
         "7 DATA007, 7 RUN101"},
        {COPY "DROP TABLE orders;\nALTER TABLE o2 RENAME TO orders;\n", "4 SQL005"},
        /* nothing was copied */
        {"PRAGMA legacy_alter_table = ON;\nDROP VIEW totals;\nDROP INDEX orders_user;\n"
         "CREATE TABLE o2 (id);\nDROP TABLE orders;\nALTER TABLE o2 RENAME TO orders;\n"
         "CREATE VIEW totals AS SELECT 1 AS total;\n",
         "5 DATA007"},
        {"ALTER TABLE users RENAME TO u2;\nCREATE TABLE users (id INTEGER PRIMARY KEY);\n"
         "INSERT INTO users SELECT id FROM u2;\n",
         "1 SQL007"},
        {"PRAGMA foreign_keys = OFF;\nDROP TABLE users;\nCREATE TABLE users (id INTEGER PRIMARY KEY);\n",
         "2 DATA007"},
    };
#undef COPY

    expect_rows(SHOP, SQLLINT_FOR_PLAIN, rows, ARRAY_LEN(rows));
}

#define NONE "-- prusik:down none reason=x\n"

T(parts_are_transactions_and_the_way_back_is_tried_behind_them)
{
    static const struct row rows[] = {
        {"-- prusik:up\nPRAGMA foreign_keys = OFF;\n" NONE, "2 SQL006"},
        {"-- prusik:up tx=no\nPRAGMA foreign_keys = OFF;\nVACUUM;\n" NONE, ""},
        {"-- prusik:up\nBEGIN;\nCREATE TABLE a (b);\nCOMMIT;\n" NONE, "2 RUN007"},
        {"-- prusik:up\nCREATE TABLE a (b);\n", "1 RUN016"},
        {"-- prusik:up db=postgres\nCREATE TABLE a (b int);\n-- prusik:up db=sqlite\n"
         "CREATE TABLE c (b);\n" NONE,
         "1 RUN015 note"},
        {"-- prusik:up part=a\nCREATE TABLE a (b);\n-- prusik:up part=b\nCREATE INDEX i ON a (b);\n"
         "-- prusik:down of=a\nDROP TABLE a;\n-- prusik:down of=b\nDROP INDEX i;\n",
         ""},
        {"-- prusik:up\nCREATE TABLE a (b);\n-- prusik:down\nDROP TABLE c;\n", "4 SQL000"},
        {"-- prusik:up\nCREATE TABLE a (b);\n-- prusik:down\n-- prusik:ignore SQL000 reason=\"it is\"\n"
         "DROP TABLE c;\n",
         ""},
        {"-- prusik:up\n-- prusik:ignore SQL001\nALTER TABLE users ADD COLUMN a TEXT NOT NULL;\n" NONE,
         "3 SQL001 note"},
        {"-- prusik:check expect=empty\nSELECT * FROM nobody;\n-- prusik:up\nCREATE TABLE a (b);\n"
         "-- prusik:verify expect=error:constraint\nINSERT INTO nobody VALUES (1);\n" NONE,
         "2 SQL000"},
        {"-- prusik:backfill job=j table=users key=id keep=email\nUPDATE users SET email = 'a';\n" NONE,
         ""},
        {"-- prusik:up rebuild=users\nADD COLUMN a TEXT;\nADD CONSTRAINT c CHECK (a > 'b');\n"
         "-- prusik:up\nUPDATE users SET a = 'c' WHERE a IS NULL AND id = 1;\n" NONE,
         ""},
    };

    expect_rows(SHOP, SQLLINT_FOR_FILE, rows, ARRAY_LEN(rows));
}

/* Each file is linted behind those before it; what its way back does is there for none. */
T(what_a_way_back_does_is_not_there_for_the_next_file)
{
#define MADE                                                                                    \
    "-- prusik:up\nCREATE TABLE a (id INTEGER PRIMARY KEY, b TEXT NOT NULL CHECK (b > 'x'));\n" \
    "CREATE INDEX i ON a (b);\n-- prusik:down\n"
    static const char *const ways[] = {
        MADE "DROP INDEX i;\nDROP TABLE a;\n",              /* is made again */
        MADE "DROP TABLE a;\nDROP TABLE users;\n",          /* is rolled back */
        MADE "PRAGMA foreign_keys = OFF;\nDROP TABLE a;\n", /* is tried on a copy */
        MADE
        "INSERT OR ROLLBACK INTO a (id) VALUES (1);\nDROP TABLE a;\n", /* rolls back by itself */
        MADE "ALTER TABLE a RENAME TO users2;\nDROP TABLE users2;\n",
    };
#undef MADE
    static const struct row rows[] = {
        {"CREATE TABLE a (b);", "1 SQL000"},
        {"CREATE INDEX i ON users (email);", "1 SQL000"},
        {"ALTER TABLE a ADD COLUMN c TEXT NOT NULL;", "1 SQL001"},
        {"DROP TABLE users;", "1 DATA007, 1 RUN102, 1 SQL009"},
    };

    for (size_t i = 0; i < ARRAY_LEN(ways); i++)
        for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
            CLEANUP(sqlscratch_freep) struct sqlscratch *there = NULL;
            CLEANUP(strbuf_release) struct strbuf found = STRBUF(0), other = STRBUF(0);
            struct err err;

            T_OK(sqlscratch_open(NULL, &there, &err), err);
            lint(there, SQLLINT_FOR_PLAIN, sv_from(SHOP), &other, NULL);
            lint(there, SQLLINT_FOR_FILE, sv_from(ways[i]), &other, NULL);
            lint(there, SQLLINT_FOR_PLAIN, sv_from(rows[k].text), &found, NULL);
            T_STR(strbuf_str(&found), rows[k].found);
        }
}

T(a_file_alone_takes_its_tables_for_ones_that_are_there)
{
    static const struct row rows[] = {
        {"ALTER TABLE a ADD COLUMN b TEXT NOT NULL;", "1 SQL001"},
        {"UPDATE a SET b = 1 WHERE c = 2 AND a.id = 3;\nINSERT INTO a (d, e) VALUES (1, 2);\n"
         "INSERT INTO a VALUES (1, 2, 3, 4, 5, 6, 7);\nALTER TABLE a DROP COLUMN f;\n"
         "ALTER TABLE a RENAME \"g\" TO h;\nCREATE INDEX main.i ON a (j);",
         "1 DATA004, 4 DATA007, 4 RUN101, 5 RUN104"},
        {"SELECT a.b FROM a JOIN c ON a.id = c.id;\nSELECT d FROM a, c;", "2 SQL000 note"},
        {"DROP INDEX i;\nDROP VIEW v;", "2 RUN114"},
        {"SELECT b FROM c WHERE \"d\" = 1;", ""},
        {"CREATE VIRTUAL TABLE v USING my_own (a);\nCREATE TABLE t (a COLLATE my_own);\nSELECT * FROM t"
         " ORDER BY a;",
         "1 SQL000 note, 2 SQL000 note"},
    };

    expect_rows("", SQLLINT_FOR_PLAIN, rows, ARRAY_LEN(rows));
}

T(nothing_outside_of_the_scratch_is_reached)
{
    static const char path[] = "out.db";
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), found = STRBUF(0), said = STRBUF(0);
    CLEANUP(sqlscratch_freep) struct sqlscratch *there = NULL;
    struct err err;

    T_OK(sqlscratch_open(NULL, &there, &err), err);
    strbuf_addf(
        &text,
        "ATTACH '%s' AS o;\nVACUUM INTO '%s';\nDETACH o;\nSELECT load_extension('x');\n"
        "PRAGMA writable_schema = ON;\nPRAGMA temp_store_directory = '%s';\n"
        "WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r;\n"
        "SELECT length(zeroblob(500000000));\n",
        path, path, path);
    lint(there, SQLLINT_FOR_PLAIN, strbuf_sv(&text), &found, &said);
    T_STR(strbuf_str(&found),
          "1 SQL000 note, 3 SQL000 note, 4 SQL000 note, 7 SQL000 note, 8 SQL000");
    T_CHECK(sv_has(strbuf_sv(&said), SV("it reaches outside of the database")));
    T_CHECK(sv_has(strbuf_sv(&said), SV("it takes longer than is waited for here")));
    T_CHECK(access(path, F_OK) != 0);
}

/* --- with a database --- */

/* In the folder of the test. */
static const char *make_database(const char *sql)
{
    static const char path[] = "shop.db";
    sqlite3 *db;

    T_CHECK(sqlite3_open(path, &db) == SQLITE_OK);
    T_CHECK(sqlite3_exec(db, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", NULL, NULL,
                         NULL) == SQLITE_OK);
    T_CHECK(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(db);
    return path;
}

static void expect_there(const char *path, const char *text, const char *wanted)
{
    CLEANUP(sqlscratch_freep) struct sqlscratch *there = NULL;
    CLEANUP(strbuf_release) struct strbuf found = STRBUF(0);
    struct err err;

    T_OK(sqlscratch_open(path, &there, &err), err);
    lint(there, SQLLINT_FOR_FILE, sv_from(text), &found, NULL);
    T_STR(strbuf_str(&found), wanted);
}

T(rows_of_a_database_count_and_stay_as_they_are)
{
    const char *path =
        make_database("CREATE TABLE a (id INTEGER PRIMARY KEY, b TEXT);"
                      "INSERT INTO a (b) VALUES ('x'), ('x'); CREATE TABLE empty (id)");
    CLEANUP(strbuf_release) struct strbuf before = STRBUF(0), after = STRBUF(0);
    struct err err;

    T_OK(file_read(path, 1u << 20, &before, &err), err);
    expect_there(path, "CREATE UNIQUE INDEX i ON a (b);", "1 SQL000");
    expect_there(path, "INSERT INTO a (id) VALUES (1);", "1 SQL000");
    expect_there(path, "ALTER TABLE empty ADD COLUMN b TEXT NOT NULL;", "");
    expect_there(path, "ALTER TABLE a ADD COLUMN c TEXT NOT NULL;", "1 SQL001");
    expect_there(path, "DROP TABLE nobody;", "1 SQL000"); /* nothing is assumed */
    expect_there(
        path,
        "-- prusik:up\nALTER TABLE a ADD COLUMN c;\n-- prusik:down\nALTER TABLE a DROP COLUMN d;\n",
        "4 SQL000");
    T_OK(file_read(path, 1u << 20, &after, &err), err);
    T_CHECK(sv_eq(strbuf_sv(&before), strbuf_sv(&after)));
}

T(of_a_large_database_only_the_definitions_are_copied)
{
    const char *path =
        make_database("CREATE TABLE a (b INTEGER PRIMARY KEY, c); CREATE TABLE d (e UNIQUE);"
                      "INSERT INTO a VALUES (7, zeroblob(70000000)); CREATE INDEX i ON a (b)");

    expect_there(
        path, "DROP INDEX i;\nINSERT INTO a VALUES (7, 1);\nALTER TABLE d ADD COLUMN f NOT NULL;",
        "3 SQL001");
}

T(what_is_no_database_says_so)
{
    static const char path[] = "text";
    struct sqlscratch *there = NULL;
    struct err err;

    T_EQ(sqlscratch_open(path, &there, &err), ERR_NOT_FOUND);
    T_OK(file_write_atomic(
             path, SV("this is text, and no database at all: so it has to be refused"), 0600, &err),
         err);
    T_EQ(sqlscratch_open(path, &there, &err), ERR_DB);
    T_CHECK(!there);
}

T(a_row_is_made_in_each_kind_of_table)
{
    static const struct row rows[] = {
        {"ALTER TABLE strict_one ADD COLUMN z TEXT NOT NULL;", "1 SQL001"},
        {"ALTER TABLE keyed ADD COLUMN z TEXT NOT NULL;", "1 SQL001"},
        {"ALTER TABLE bare ADD COLUMN z TEXT NOT NULL;", "1 SQL001"},
        {"ALTER TABLE fussy ADD COLUMN z TEXT NOT NULL;", "1 SQL001"},
    };

    expect_rows(
        "CREATE TABLE strict_one (a TEXT NOT NULL, b BLOB NOT NULL, c REAL NOT NULL, d ANY NOT NULL) STRICT;"
        "CREATE TABLE keyed (a CLOB, b DOUBLE NOT NULL, c AS (a), PRIMARY KEY (a, b)) WITHOUT ROWID;"
        "CREATE TABLE bare (a); CREATE TABLE fussy (a FLOAT NOT NULL CHECK (a > 100));"
        "CREATE TRIGGER no BEFORE INSERT ON bare BEGIN SELECT raise(ABORT, 'no'); END;",
        SQLLINT_FOR_PLAIN, rows, ARRAY_LEN(rows));
}

/* What goes by ON DELETE CASCADE is told by the authorizer like what a statement itself takes away. */
T(tables_whose_rows_went_with_those_of_another_have_a_row_again)
{
    static const char *const takes[] = {
        "DELETE FROM top;",
        "DROP TABLE top;\nCREATE TABLE top (id INTEGER PRIMARY KEY, a);",
        "REPLACE INTO top VALUES (1, 2);",
        "UPDATE top SET id = 7;",
        "CREATE TRIGGER away AFTER UPDATE ON aside BEGIN DELETE FROM top; END;\nUPDATE aside SET a = 2;",
    };

    for (size_t i = 0; i < ARRAY_LEN(takes); i++)
        for (const char *table = "top\0middle\0leaf\0"; table[0]; table += strlen(table) + 1) {
            CLEANUP(sqlscratch_freep) struct sqlscratch *there = NULL;
            CLEANUP(strbuf_release)
            struct strbuf none = STRBUF(0), taken = STRBUF(0), found = STRBUF(0), sql = STRBUF(0);
            struct err err;

            T_OK(sqlscratch_open(NULL, &there, &err), err);
            lint(
                there, SQLLINT_FOR_PLAIN,
                SV("CREATE TABLE top (id INTEGER PRIMARY KEY, a); CREATE TABLE aside (a);"
                   "CREATE TABLE middle (id INTEGER PRIMARY KEY, top INTEGER NOT NULL REFERENCES top"
                   " ON DELETE CASCADE ON UPDATE CASCADE);"
                   "CREATE TABLE leaf (middle INTEGER NOT NULL REFERENCES middle ON DELETE CASCADE)"),
                &none, NULL);
            T_STR(strbuf_str(&none), "");
            lint(there, SQLLINT_FOR_PLAIN, sv_from(takes[i]), &taken, NULL);
            strbuf_addf(&sql, "ALTER TABLE %s ADD COLUMN z TEXT NOT NULL;", table);
            lint(there, SQLLINT_FOR_PLAIN, strbuf_sv(&sql), &found, NULL);
            if (strcmp(strbuf_str(&found), "1 SQL001") != 0)
                T_FAIL("%s, then %s: %s", takes[i], table, strbuf_str(&found));
        }
}

T_MAIN(T_CASE(statements_are_judged_by_what_sqlite_does_with_the_tables_that_are_there),
       T_CASE(tables_that_are_made_anew_by_hand_are_held_against_what_was_there),
       T_CASE(parts_are_transactions_and_the_way_back_is_tried_behind_them),
       T_CASE(what_a_way_back_does_is_not_there_for_the_next_file),
       T_CASE(a_file_alone_takes_its_tables_for_ones_that_are_there),
       T_CASE(nothing_outside_of_the_scratch_is_reached),
       T_CASE(rows_of_a_database_count_and_stay_as_they_are),
       T_CASE(of_a_large_database_only_the_definitions_are_copied),
       T_CASE(what_is_no_database_says_so), T_CASE(a_row_is_made_in_each_kind_of_table),
       T_CASE(tables_whose_rows_went_with_those_of_another_have_a_row_again))
