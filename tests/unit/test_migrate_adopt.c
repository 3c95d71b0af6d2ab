/*
 * The records of other tools: recognised by the vectors that PRUSIK_SHARED names, when it is set, and by our own, and
 * adopted, on a file of SQLite and on a PostgreSQL of the test's own.
 */
#include "base/json.h"
#include "migrate/adopt.h"
#include "migrate/checksum.h"
#include "migrate/discover.h"
#include "migrate_base.h"
#include "t_vectors.h"

static struct db *open_url(const char *url)
{
    struct db_config c = {.url = sv_from(url), .create = true};
    struct err err = {0};
    struct db *db;

    T_OK(db_open(&c, &db, &err), err);
    return db;
}

static void want(enum err_code rc, const struct err *err, enum err_code code, const char *part)
{
    if (rc != code || !strstr(err->msg, part))
        T_FAIL("%d: '%s' should be %d with '%s'", (int)rc, err->msg, (int)code, part);
}

/* --- recognising --- */

static void check_found(struct db *db, const json_t *want_names)
{
    struct arena a = {0};
    struct err err = {0};
    adopt_list got = {0};

    T_OK(adopt_detect(db, SV(""), SV(""), &a, &got, &err), err);
    T_EQ(got.n, json_array_size(want_names));
    for (size_t i = 0; i < got.n; i++)
        T_STR(got.v[i].tool->name, json_string_value(json_array_get(want_names, i)));
    vec_release(&got);
    arena_release(&a);
}

/* The columns that were seen, where the vector has no definition. */
static void make_tables(struct db *db, const json_t *tables)
{
    const char *name;
    json_t *columns, *c;
    size_t i;

    json_object_foreach((json_t *)(uintptr_t)tables, name, columns)
    {
        CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
        struct sv rest = sv_from(name), schema;

        T_CHECK(sv_split(&rest, '.', &schema));
        strbuf_addf(&b, "CREATE SCHEMA IF NOT EXISTS %.*s; CREATE TABLE %s (", SV_FMT(schema),
                    name);
        json_array_foreach(columns, i, c)
        {
            strbuf_add_str(&b, i ? ", " : "");
            db_quote_name(&b, sv_from(json_string_value(c)));
            strbuf_add_str(&b, " text");
        }
        strbuf_add_str(&b, ")");
        sql_on(db, strbuf_str(&b));
    }
}

static void case_detect(json_t *c, struct db *pg)
{
    const json_t *want_pg = json_object_get(c, "detect_postgres");
    const json_t *want_lite = json_object_get(c, "detect_sqlite");

    if (want_pg) {
        sql_on(pg, "DROP SCHEMA public CASCADE; DROP SCHEMA IF EXISTS sqitch CASCADE;"
                   " DROP SCHEMA IF EXISTS graphile_migrate CASCADE; CREATE SCHEMA public");
        if (json_object_get(c, "postgres"))
            sql_on(pg, json_get_str(c, "postgres", ""));
        else
            make_tables(pg, json_object_get(c, "tables_postgres"));
        check_found(pg, want_pg);
    }
    if (want_lite) {
        struct db *lite = open_url(":memory:");

        sql_on(lite, json_get_str(c, "sqlite", ""));
        check_found(lite, want_lite);
        db_close(lite);
    }
}

T(tools_are_recognised_by_their_tables_as_the_vectors_say)
{
    json_t *j = t_shared_json("migrations/adoption.json"), *c;
    struct t_pg server;
    struct db *pg;
    size_t i;

    t_pg_start(&server);
    pg = open_url(server.url);
    sql_on(pg, "SET client_min_messages = error");
    T_CHECK(json_array_size(json_object_get(j, "cases")) >= 20);
    json_array_foreach(json_object_get(j, "cases"), i, c)
    {
        printf("# %s\n", json_get_str(c, "id", ""));
        case_detect(c, pg);
    }
    db_close(pg);
    t_pg_stop(&server);
    json_decref(j);
}

/* --- adopting --- */

struct wish {
    const char *from, *table;
    bool anyway, retire;
};

static enum err_code adopt_with(struct db *db, struct discover *d, const struct wish *w,
                                struct arena *a, struct err *err)
{
    struct apply_options o = {.retry_ms = 1};
    struct adopt_found f;
    struct apply apply;
    struct adopt ad;
    adopt_list l = {0};
    enum err_code rc;

    T_OK(adopt_detect(db, sv_from(w->from), sv_from(w->table), a, &l, err), *err);
    rc = adopt_choose(&l, sv_from(w->from), d->format, &f, err);
    vec_release(&l);
    if (rc != ERR_OK)
        return rc;
    rc = adopt_read(db, &f, &d->files, &ad, err);
    if (rc != ERR_OK)
        return rc;
    rc = adopt_check(db, &ad, w->anyway, err);
    if (rc == ERR_OK)
        rc = apply_begin(db, &o, &apply, err);
    if (rc == ERR_OK) {
        rc = adopt_write(&apply, &ad, w->retire, err);
        apply_end(&apply);
    }
    adopt_release(&ad);
    return rc;
}

static enum err_code adopt(struct db *db, const struct wish *w, struct err *err)
{
    struct arena a = {0};
    struct discover d;
    enum err_code rc;

    T_OK(discover_tree("m", SV("auto"), db_kind(db), &d, err), *err);
    rc = adopt_with(db, &d, w, &a, err);
    discover_release(&d);
    arena_release(&a);
    return rc;
}

static void adopt_ok(struct db *db)
{
    struct wish w = {0};
    struct err err = {0};

    T_OK(adopt(db, &w, &err), err);
}

/* "1:applied 2:pending" */
static const char *standing(struct db *db)
{
    static char text[2000];
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(sizeof(text) - 1);
    struct err err = {0};
    struct book_rows rows;
    struct discover d;
    pendings p = {0};
    struct book book;

    T_OK(discover_tree("m", SV("auto"), db_kind(db), &d, &err), err);
    T_OK(book_open(db, SV("prusik"), &book, &err), err);
    T_OK(book_load(&book, false, &rows, &err), err);
    pending_compare(&d.files, &rows, db_kind(db), &p);
    for (size_t i = 0; i < p.n; i++)
        strbuf_addf(&b, "%s%.*s:%s", i ? " " : "", SV_FMT(p.v[i].version),
                    pending_state_text(p.v[i].state));
    (void)snprintf(text, sizeof(text), "%s", strbuf_str(&b));
    vec_release(&p);
    book_rows_release(&rows);
    discover_release(&d);
    return text;
}

static enum err_code guard(struct db *db, bool anyway, struct err *err)
{
    struct book_rows rows;
    struct book book;
    enum err_code rc;

    T_OK(book_open(db, SV("prusik"), &book, err), *err);
    T_OK(book_load(&book, false, &rows, err), *err);
    rc = adopt_guard(db, &rows, anyway, err);
    book_rows_release(&rows);
    return rc;
}

typedef void both_fn(struct db *db);

static void on_sqlite(both_fn *fn)
{
    struct db *db = open_url("sqlite:test.db");

    fn(db);
    db_close(db);
}

static void on_postgres(both_fn *fn)
{
    struct t_pg pg;
    struct db *db;

    t_pg_start(&pg);
    db = open_url(pg.url);
    fn(db);
    db_close(db);
    t_pg_stop(&pg);
}

static void dbmate(struct db *db)
{
    struct wish w = {0}, retire = {.from = "dbmate", .retire = true};
    struct err err = {0};
    bool pg = db_kind(db) == DB_POSTGRES;

    sql_on(db, "CREATE TABLE schema_migrations (version varchar(128) primary key)");
    sql_on(db, "INSERT INTO schema_migrations VALUES ('20260101000000'), ('20260102000000')");
    T_EQ(mkdir("m", 0700), 0);
    want(adopt(db, &w, &err), &err, ERR_INVALID, "dbmate's or that of an old Rails");
    want(guard(db, false, &err), &err, ERR_REFUSED, "has applied 2 migrations here");
    T_OK(guard(db, true, &err), err);
    put("m/20260101000000_a.sql",
        "-- migrate:up\nCREATE TABLE a (id int);\n-- migrate:down\nDROP TABLE a;\n");
    put("m/20260103000000_c.sql",
        "-- migrate:up\nCREATE TABLE c (id int);\n-- migrate:down\nDROP TABLE c;\n");
    adopt_ok(db);
    T_STR(standing(db), "20260101000000:applied 20260102000000:applied 20260103000000:pending");
    T_STR(
        one_on(
            db,
            pg ? "SELECT origin || ' ' || kind || ' ' || origin_ref FROM prusik.migration LIMIT 1"
               : "SELECT origin || ' ' || kind || ' ' || origin_ref FROM prusik_migration LIMIT 1"),
        "dbmate adopted unverified");
    T_CHECK(strstr(
        one_on(db, pg ? "SELECT down_text FROM prusik.migration WHERE version = '20260101000000'"
                      : "SELECT down_text FROM prusik_migration WHERE version = '20260101000000'"),
        "DROP TABLE a"));
    T_STR(one_on(db, "SELECT count(*) FROM schema_migrations"),
          "2"); /* nothing was written there */
    T_OK(guard(db, false, &err), err);
    sql_on(db, "INSERT INTO schema_migrations VALUES ('20260109000000')");
    want(guard(db, false, &err), &err, ERR_REFUSED, "someone still uses dbmate: 20260109000000");
    T_OK(adopt(db, &retire, &err), err);
    T_OK(guard(db, false, &err), err);
    want(adopt(db, &w, &err), &err, ERR_NOT_FOUND, "no tool");
    want(adopt(db, &retire, &err), &err, ERR_NOT_FOUND, "no record of dbmate");
}

T(dbmate_is_adopted_on_sqlite)
{
    on_sqlite(dbmate);
}

T(dbmate_is_adopted_on_postgresql)
{
    on_postgres(dbmate);
}

static void goose(struct db *db)
{
    sql_on(db, "CREATE TABLE goose_db_version (id integer PRIMARY KEY, version_id bigint NOT NULL,"
               " is_applied boolean NOT NULL, tstamp timestamp NOT NULL)");
    sql_on(db, "INSERT INTO goose_db_version VALUES (1, 0, true, '2026-01-01 00:00:00'),"
               " (2, 1, true, '2026-01-01 00:00:00'), (3, 2, true, '2026-01-02 00:00:00'),"
               " (4, 2, false, '2026-01-03 00:00:00')");
    put("m/00001_a.sql", "-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 2;\n");
    put("m/00002_b.sql", "-- +goose Up\nSELECT 1;\n");
    adopt_ok(db);
    T_STR(standing(db), "1:applied 2:pending");
}

T(goose_is_adopted_by_the_newest_row_of_each_version_on_sqlite)
{
    on_sqlite(goose);
}

T(goose_is_adopted_by_the_newest_row_of_each_version_on_postgresql)
{
    on_postgres(goose);
}

static void golang(struct db *db)
{
    struct wish w = {0}, anyway = {.anyway = true};
    struct err err = {0};

    sql_on(
        db,
        "CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)");
    sql_on(db, "INSERT INTO schema_migrations VALUES (2, true)");
    put("m/1_a.up.sql", "SELECT 1;");
    put("m/1_a.down.sql", "SELECT 2;");
    put("m/2_b.up.sql", "SELECT 1;");
    put("m/3_c.up.sql", "SELECT 1;");
    want(adopt(db, &w, &err), &err, ERR_REFUSED, "golang-migrate left 2 half done");
    T_OK(adopt(db, &anyway, &err), err);
    T_STR(standing(db), "1:applied 2:applied 3:pending");
    T_OK(guard(db, false, &err), err);
}

T(golang_migrate_is_adopted_up_to_its_number)
{
    on_sqlite(golang);
}

static void flyway(struct db *db)
{
    struct wish w = {0};
    struct err err = {0};
    char text[700];

    sql_on(
        db,
        "CREATE TABLE flyway_schema_history (installed_rank INT NOT NULL PRIMARY KEY, version VARCHAR(50),"
        " description VARCHAR(200), type VARCHAR(20), script VARCHAR(1000), checksum INTEGER,"
        " installed_by VARCHAR(100), installed_on TIMESTAMP, execution_time INTEGER, success BOOLEAN)");
    (void)snprintf(
        text, sizeof(text),
        "INSERT INTO flyway_schema_history VALUES (1, '1.2', 'a b', 'SQL', 'V1_2__a_b.sql', %d, 'ann',"
        " '2026-01-01 00:00:00', 5, true), (2, NULL, 'views', 'SQL', 'R__views.sql', 0, 'ann',"
        " '2026-01-01 00:00:00', 5, true), (3, '3', 'gone', 'SQL', 'V3__gone.sql', 7, 'ann',"
        " '2026-01-02 00:00:00', 5, true), (4, '3', 'gone', 'DELETE', 'V3__gone.sql', 7, 'ann',"
        " '2026-01-02 00:00:00', 5, true)",
        checksum_flyway(SV("SELECT 1;\n")));
    sql_on(db, text);
    put("m/V1_2__a_b.sql", "SELECT 1;\n");
    put("m/R__views.sql", "");
    put("m/V2__b.sql", "SELECT 2;\n");
    adopt_ok(db);
    T_STR(standing(db), "1.2:applied 2:pending R:views:applied");
    put("m/V1_2__a_b.sql", "SELECT 3;\n");
    want(adopt(db, &w, &err), &err, ERR_REFUSED, "flyway applied 1.2 with another content");
}

T(flyway_is_adopted_and_its_checksums_are_verified_on_sqlite)
{
    on_sqlite(flyway);
}

T(flyway_is_adopted_and_its_checksums_are_verified_on_postgresql)
{
    on_postgres(flyway);
}

static void alembic(struct db *db)
{
    struct err err = {0};

    sql_on(db, "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)");
    sql_on(db, "INSERT INTO alembic_version VALUES ('b2'), ('c2')");
    put("m/a.py", "revision = 'a1'\ndown_revision = None\n");
    put("m/b.py", "revision = 'b2'\ndown_revision = 'a1'\n");
    put("m/c.py", "revision = 'c2'\ndown_revision = 'a1'\n");
    put("m/d.py", "revision = 'd3'\ndown_revision = ('b2', 'c2')\n");
    adopt_ok(db);
    T_STR(standing(db), "a1:applied c2:applied b2:applied d3:pending");
    T_OK(guard(db, false, &err), err);
    T_EQ(unlink("m/a.py") | unlink("m/b.py") | unlink("m/c.py") | unlink("m/d.py"), 0);
    put("m/20260101000000_next.sql", "-- prusik:up\nSELECT 1;\n-- prusik:down none\n");
    T_STR(standing(db), "a1:applied c2:applied b2:applied 20260101000000:pending");
}

T(alembic_is_adopted_with_what_its_heads_are_based_on)
{
    on_sqlite(alembic);
}

static void liquibase(struct db *db)
{
    struct wish w = {0};
    struct err err = {0};

    sql_on(
        db,
        "CREATE TABLE DATABASECHANGELOG (ID VARCHAR(255), AUTHOR VARCHAR(255), FILENAME VARCHAR(255),"
        " DATEEXECUTED TIMESTAMP, ORDEREXECUTED INT, EXECTYPE VARCHAR(10), MD5SUM VARCHAR(35))");
    sql_on(
        db,
        "CREATE TABLE DATABASECHANGELOGLOCK (ID INT PRIMARY KEY, LOCKED boolean NOT NULL, LOCKEDBY VARCHAR(255))");
    sql_on(
        db,
        "INSERT INTO DATABASECHANGELOG VALUES ('1', 'ann', 'changelog.sql', '2026-01-01 00:00:00', 1, 'EXECUTED',"
        " '9:abc')");
    sql_on(db, "INSERT INTO DATABASECHANGELOGLOCK VALUES (1, true, 'web1')");
    put("m/changelog.sql",
        "--liquibase formatted sql\n--changeset ann:1\nSELECT 1;\n--changeset ann:2\nSELECT 2;\n");
    want(adopt(db, &w, &err), &err, ERR_LOCKED, "its lock is held by web1");
    sql_on(db, "UPDATE DATABASECHANGELOGLOCK SET LOCKED = false");
    adopt_ok(db);
    T_STR(standing(db), "ann:1:applied ann:2:pending");
}

T(liquibase_is_adopted_unless_it_is_at_it_on_sqlite)
{
    on_sqlite(liquibase);
}

T(liquibase_is_adopted_unless_it_is_at_it_on_postgresql)
{
    on_postgres(liquibase);
}

static void sqitch(struct db *db)
{
    struct checksum_text script = checksum_sha1(SV("CREATE TABLE a (id int);\n"));
    struct err err = {0};
    struct discover d;
    char text[500];

    put("m/sqitch.plan", "%project=x\n\na 2026-01-01T00:00:00Z A <a@example.invalid> # a\n"
                         "b [a] 2026-01-02T00:00:00Z A <a@example.invalid> # b\n");
    put("m/deploy/a.sql", "CREATE TABLE a (id int);\n");
    put("m/deploy/b.sql", "CREATE TABLE b (id int);\n");
    put("m/revert/a.sql", "DROP TABLE a;\n");
    T_OK(discover_tree("m", SV("auto"), db_kind(db), &d, &err), err);
    sql_on(db, "CREATE SCHEMA sqitch");
    sql_on(
        db,
        "CREATE TABLE sqitch.changes (change_id text, script_hash text, change text, project text, note text,"
        " committed_at timestamptz, planned_at timestamptz)");
    sql_on(db, "CREATE TABLE sqitch.events (event text)");
    (void)snprintf(
        text, sizeof(text),
        "INSERT INTO sqitch.changes VALUES ('%.*s', '%s', 'a', 'x', '', '2026-01-01', '2026-01-01')",
        SV_FMT(d.files.v.v[0].hash), script.s);
    sql_on(db, text);
    discover_release(&d);
    adopt_ok(db);
    T_STR(standing(db), "a:applied b:pending");
    T_STR(one_on(
              db,
              "SELECT origin_ref = (SELECT script_hash FROM sqitch.changes) FROM prusik.migration"),
          "t");
    {
        struct wish w = {.retire = true};

        T_OK(adopt(db, &w, &err), err);
    }
    T_STR(one_on(db, "SELECT to_regclass('sqitch.changes')"), "NULL");
}

T(sqitch_is_adopted_by_the_ids_of_its_changes)
{
    on_postgres(sqitch);
}

static void others(struct db *db)
{
    struct wish two = {0}, ecto = {.from = "ecto"}, renamed = {.from = "knex", .table = "my_steps"};
    struct err err = {0};

    put("m/1_a.js", "");
    sql_on(db, "CREATE TABLE my_steps (id integer, name text, batch integer, migration_time text)");
    sql_on(db, "INSERT INTO my_steps VALUES (1, '1_a.js', 1, '2026-01-01')");
    sql_on(db, "CREATE TABLE knex_migrations_lock (\"index\" integer, is_locked integer)");
    T_OK(adopt(db, &renamed, &err), err);
    sql_on(db, "CREATE TABLE schema_migrations (version bigint, inserted_at text)");
    want(adopt(db, &ecto, &err), &err, ERR_REFUSED, "cannot be adopted");
    sql_on(db, "CREATE TABLE django_migrations (id integer, app text, name text, applied text)");
    want(adopt(db, &two, &err), &err, ERR_INVALID, "several tools have a record here");
}

T(of_two_tools_one_must_be_named_and_a_renamed_table_too)
{
    on_sqlite(others);
}

T_MAIN(T_CASE(tools_are_recognised_by_their_tables_as_the_vectors_say),
       T_CASE(dbmate_is_adopted_on_sqlite), T_CASE(dbmate_is_adopted_on_postgresql),
       T_CASE(goose_is_adopted_by_the_newest_row_of_each_version_on_sqlite),
       T_CASE(goose_is_adopted_by_the_newest_row_of_each_version_on_postgresql),
       T_CASE(golang_migrate_is_adopted_up_to_its_number),
       T_CASE(flyway_is_adopted_and_its_checksums_are_verified_on_sqlite),
       T_CASE(flyway_is_adopted_and_its_checksums_are_verified_on_postgresql),
       T_CASE(alembic_is_adopted_with_what_its_heads_are_based_on),
       T_CASE(liquibase_is_adopted_unless_it_is_at_it_on_sqlite),
       T_CASE(liquibase_is_adopted_unless_it_is_at_it_on_postgresql),
       T_CASE(sqitch_is_adopted_by_the_ids_of_its_changes),
       T_CASE(of_two_tools_one_must_be_named_and_a_renamed_table_too))
