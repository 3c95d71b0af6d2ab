/* What a server adds to the linter: asked of a real PostgreSQL. */
#include "base/sv.h"
#include "migrate/sqlcatalog.h"
#include "migrate/sqllint.h"
#include "t.h"
#include "t_pg.h"

static struct t_pg pg;

static struct db *connect_here(bool read_only)
{
    struct db_config c = {.url = sv_from(pg.url), .read_only = read_only};
    struct db *db = NULL;
    struct err err = {0};

    T_OK(db_open(&c, &db, &err), err);
    return db;
}

static const char schema[] =
    "CREATE SCHEMA far; CREATE SCHEMA near; ALTER DATABASE postgres SET search_path = near, public;"
    "ALTER DATABASE postgres SET TimeZone = 'UTC';"
    "CREATE TABLE small (id int PRIMARY KEY, a varchar(20), b int NOT NULL);"
    "CREATE TABLE large (id int PRIMARY KEY, a varchar(20), t text, n numeric(10, 2), i numeric,"
    " at timestamp, at3 timestamp(3), net cidr, checked varchar(5) CHECK (checked <> 'x'), part varchar(5),"
    " proved int, doubt int, late int, b int NOT NULL, gap interval(2), small_id int);"
    "ALTER TABLE large ADD CONSTRAINT proved_there CHECK (proved IS NOT NULL AND proved > 0);"
    "ALTER TABLE large ADD CONSTRAINT doubt_there CHECK (doubt IS NOT NULL OR proved > 0);"
    "ALTER TABLE large ADD CONSTRAINT late_there CHECK (late IS NOT NULL) NOT VALID;"
    "ALTER TABLE large ADD CONSTRAINT odd_name UNIQUE (b);"
    "ALTER TABLE large ADD CONSTRAINT to_small FOREIGN KEY (small_id) REFERENCES small (id);"
    "ALTER TABLE large ADD CONSTRAINT no_fkey CHECK (b > 0);"
    "CREATE INDEX by_part ON large (id) WHERE part = 'x'; CREATE INDEX by_id ON small (id);"
    "INSERT INTO large (id, proved, late, b) SELECT g, 1, 1, g FROM generate_series(1, 12000) g;"
    "INSERT INTO small SELECT g, g, g FROM generate_series(1, 10) g;"
    "CREATE TABLE far.away (id int); CREATE TABLE near.by (id int); CREATE VIEW seen AS SELECT 1 AS one;"
    "CREATE TABLE split (id int) PARTITION BY RANGE (id);"
    "CREATE TABLE split_1 PARTITION OF split FOR VALUES FROM (0) TO (100000);"
    "INSERT INTO split SELECT generate_series(1, 11000);"
    "CREATE FUNCTION steady() RETURNS int LANGUAGE sql STABLE AS 'SELECT 1';"
    "CREATE FUNCTION rolls() RETURNS int LANGUAGE sql AS 'SELECT 1';"
    "CREATE FUNCTION near.twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';"
    "CREATE FUNCTION near.twice() RETURNS int LANGUAGE sql VOLATILE AS 'SELECT 1'";

static void make_database(void)
{
    struct db *db;
    struct err err = {0};

    t_pg_start(&pg);
    db = connect_here(false);
    T_OK(db_run(db, sv_from(schema), NULL, 0, NULL, &err), err);
    T_OK(db_run(db, SV("ANALYZE large"), NULL, 0, NULL, &err), err);
    T_OK(db_run(db, SV("ANALYZE split"), NULL, 0, NULL, &err), err);
    db_close(db);
}

/* "PG001 note, DATA001": severities that are not those of the rule. */
static void found_in(struct sqlcatalog *c, const char *text, struct strbuf *out,
                     struct strbuf *messages)
{
    static const char *const severities[] = {" note", " warning", " error"};
    CLEANUP(sqllint_release) struct sqllint l = {0};
    CLEANUP(strbuf_release) struct strbuf file = STRBUF(0);
    const struct sqllint_ask ask = {.db = DB_POSTGRES, .catalog = c};

    strbuf_addf(&file, "-- prusik:up\n%s;\n-- prusik:down none reason=x\n", text);
    sqllint_file(SV("1_x.sql"), strbuf_sv(&file), &ask, &l);
    for (size_t i = 0; i < l.findings.n; i++) {
        const struct sqllint_finding *f = &l.findings.v[i];

        strbuf_addf(out, "%s%s%s", i ? ", " : "", f->rule->id,
                    f->severity == f->rule->severity ? "" : severities[f->severity]);
        strbuf_addf(messages, "%.*s\n", SV_FMT(f->message));
    }
}

static const struct {
    const char *text, *found, *says;
} rows[] = {
    /* how large */
    {"CREATE INDEX i ON small (a)", "PG001 note", "(small has 8192 B)"},
    {"CREATE INDEX i ON large (a)", "PG001", "(large has about 12000 rows, "},
    {"CREATE INDEX i ON split (id)", "PG001", "(split has about 11000 rows, "},
    {"ALTER TABLE small ADD CHECK (b > 0)", "PG008 note", ""},
    {"ALTER TABLE small ADD FOREIGN KEY (b) REFERENCES large (id)", "PG009 note", "(small has"},
    {"REINDEX INDEX by_id", "PG003 note", "(small has"},
    {"ALTER TABLE small DROP COLUMN a", "DATA007, RUN101", ""},
    {"UPDATE small SET a = 'x'", "DATA002, DATA004", ""},
    /* what is proved */
    {"ALTER TABLE large ALTER COLUMN proved SET NOT NULL", "", ""},
    {"ALTER TABLE large ALTER COLUMN b SET NOT NULL", "", ""},
    {"ALTER TABLE large ALTER COLUMN doubt SET NOT NULL", "PG013", ""},
    {"ALTER TABLE large ALTER COLUMN late SET NOT NULL", "PG013", ""},
    {"ALTER TABLE large DROP CONSTRAINT proved_there;\nALTER TABLE large ALTER COLUMN proved SET NOT NULL",
     "PG013, RUN002", ""},
    /* keys */
    {"ALTER TABLE large DROP CONSTRAINT odd_name", "RUN111", "odd_name of large is a key"},
    {"ALTER TABLE large DROP CONSTRAINT to_small", "PG012, RUN111", "locks large and small"},
    {"ALTER TABLE large DROP CONSTRAINT no_fkey", "", ""},
    {"CREATE INDEX CONCURRENTLY i ON split (id)", "PG027, RUN001", "split is partitioned"},
    /* functions */
    {"ALTER TABLE large ADD COLUMN x int DEFAULT steady()", "", ""},
    {"ALTER TABLE large ADD COLUMN x int DEFAULT rolls()", "PG016",
     "rolls() is called for each row"},
    {"ALTER TABLE large ADD COLUMN x int DEFAULT twice(1)", "PG016",
     "twice() is called for each row"},
    {"ALTER TABLE large ADD COLUMN x int DEFAULT nobody()", "PG016", "cannot be told"},
    /* types */
    {"ALTER TABLE large ALTER COLUMN a TYPE varchar(20)", "", ""},
    {"ALTER TABLE large ALTER COLUMN a TYPE varchar(30)", "", ""},
    {"ALTER TABLE large ALTER COLUMN a TYPE varchar", "", ""},
    {"ALTER TABLE large ALTER COLUMN a TYPE text", "", ""},
    {"ALTER TABLE large ALTER COLUMN a TYPE varchar(10)", "DATA006, PG020", ""},
    {"ALTER TABLE large ALTER COLUMN a TYPE text USING lower(a)", "PG020", ""},
    {"ALTER TABLE large ALTER COLUMN a TYPE text[]", "PG020", ""},
    {"ALTER TABLE large ALTER COLUMN t TYPE varchar", "", ""},
    {"ALTER TABLE large ALTER COLUMN t TYPE varchar(9)", "DATA006, PG020", ""},
    {"ALTER TABLE large ALTER COLUMN n TYPE numeric(12, 2)", "", ""},
    {"ALTER TABLE large ALTER COLUMN n TYPE numeric", "", ""},
    {"ALTER TABLE large ALTER COLUMN n TYPE numeric(12, 3)", "DATA006, PG020", ""},
    {"ALTER TABLE large ALTER COLUMN i TYPE numeric(12)", "DATA006, PG020", ""},
    {"ALTER TABLE large ALTER COLUMN at TYPE timestamptz", "", ""},
    {"ALTER TABLE large ALTER COLUMN at TYPE timestamptz(3)", "PG020", ""},
    {"ALTER TABLE large ALTER COLUMN at3 TYPE timestamp(6)", "", ""},
    {"ALTER TABLE large ALTER COLUMN gap TYPE interval(4)", "", ""},
    {"ALTER TABLE large ALTER COLUMN net TYPE inet", "", ""},
    {"ALTER TABLE large ALTER COLUMN checked TYPE text", "PG020", ""},
    {"ALTER TABLE large ALTER COLUMN part TYPE text", "PG020", ""},
    {"ALTER TABLE large ALTER COLUMN id TYPE bigint", "PG020", ""},
    /* what is not there */
    {"ALTER TABLE lagre ADD COLUMN x int", "RUN017", "there is no table lagre"},
    {"ALTER TABLE large DROP COLUMN nothing", "DATA007, RUN017, RUN101",
     "large has no column nothing"},
    {"ALTER TABLE large DROP COLUMN IF EXISTS nothing", "DATA007, RUN101", ""},
    {"ALTER TABLE IF EXISTS lagre ADD COLUMN x int", "", ""},
    {"ALTER TABLE large RENAME COLUMN nothing TO x", "RUN017, RUN104", ""},
    {"ALTER TABLE large ADD FOREIGN KEY (id) REFERENCES nobody (id) NOT VALID", "RUN017", ""},
    {"CREATE INDEX CONCURRENTLY i ON large (nothing)", "RUN001, RUN017", ""},
    {"INSERT INTO large (id, nothing) VALUES (1, 2)", "DATA008, RUN017", ""},
    {"UPDATE large SET t = 'x' WHERE ctid = '(0,1)' AND t IS NULL", "", ""},
    {"DROP TABLE lagre", "DATA007, RUN017, RUN102", ""},
    {"DROP TABLE IF EXISTS lagre", "DATA007, RUN102", ""},
    {"INSERT INTO by VALUES (1);\nINSERT INTO near.by VALUES (1);\nINSERT INTO far.away VALUES (1)",
     "", ""},
    {"INSERT INTO away VALUES (1)", "RUN017", ""},
    {"ALTER VIEW seen RENAME TO looked;\nCREATE TABLE made AS SELECT 1 AS one;\nINSERT INTO made VALUES (2)",
     "RUN105", ""},
    {"SELECT 1 AS one INTO kept;\nINSERT INTO kept VALUES (2)", "", ""},
    {"ALTER TABLE far.away RENAME TO there;\nINSERT INTO far.there VALUES (2)", "RUN105", ""},
    {"ALTER TABLE large RENAME COLUMN t TO x;\nUPDATE large SET x = 1 WHERE id = 1 AND x IS NULL",
     "RUN104", ""},
    {"DO 'BEGIN EXECUTE made_up(); END';\nINSERT INTO nobody VALUES (1)", "RUN012", ""},
    {"DO 'BEGIN CREATE TABLE inside (a int); END';\nINSERT INTO inside VALUES (1);\nINSERT INTO nobody VALUES (1)",
     "RUN017", "there is no table nobody"},
};

T(a_server_says_how_large_what_is_proved_and_what_is_not_there)
{
    CLEANUP(sqlcatalog_release) struct sqlcatalog c = {0};
    struct sqlcatalog gone = {0};
    struct err err = {0};
    struct db *db;
    size_t bad = 0;

    make_database();
    db = connect_here(true);
    T_OK(sqlcatalog_read(db, &c, &err), err);
    T_CHECK(!db_in_transaction(db) && c.utc);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf found = STRBUF(0), said = STRBUF(0);

        map_release(&c.made); /* each row begins with what the server has */
        found_in(&c, rows[i].text, &found, &said);
        if (strcmp(strbuf_str(&found), rows[i].found) != 0 ||
            !sv_has(strbuf_sv(&said), sv_from(rows[i].says))) {
            bad++;
            printf("# %s\n#   wants %s\n#   is    %s\n# %s\n", rows[i].text, rows[i].found,
                   strbuf_str(&found), strbuf_str(&said));
        }
    }
    t_pg_stop(&pg);
    T_CHECK(sqlcatalog_read(db, &gone, &err) != ERR_OK); /* a server that goes away is an error */
    T_CHECK(!gone.tables.n && err.msg[0]);
    db_close(db);
    T_EQ(bad, 0);
}

T(what_a_file_makes_is_there_for_the_next_one)
{
    CLEANUP(sqlcatalog_release) struct sqlcatalog c = {0};
    CLEANUP(strbuf_release) struct strbuf one = STRBUF(0), two = STRBUF(0), said = STRBUF(0);

    found_in(&c, "CREATE TABLE a (b int)", &one, &said);
    T_STR(strbuf_str(&one), "");
    found_in(&c, "INSERT INTO a VALUES (1);\nINSERT INTO c VALUES (1)", &two, &said);
    T_STR(strbuf_str(&two), "RUN017");
    T_CHECK(sv_has(strbuf_sv(&said), SV("there is no table c")));
}

T_MAIN(T_CASE(a_server_says_how_large_what_is_proved_and_what_is_not_there),
       T_CASE(what_a_file_makes_is_there_for_the_next_one))
