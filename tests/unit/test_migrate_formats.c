/* What files of migrations say, and what is wrong with them: cases of our own; those from outside are in migrate_vectors. */
#include "base/file.h"
#include "base/sv.h"
#include "migrate/checksum.h"
#include "migrate/discover.h"
#include "migrate/marker.h"
#include "migrate/sqlkind.h"
#include "migrate/sqllex.h"
#include "t.h"

/* "up p1 yes [A|B] down - no [C]" */
static void show(const struct migrations *m, struct strbuf *out)
{
    for (size_t i = 0; i < m->v.n; i++)
        for (size_t p = 0; p < m->v.v[i].n_parts; p++) {
            const struct migration_part *part = &m->v.v[i].parts[p];

            strbuf_addf(out, "%s%s %.*s %s%s [", out->n ? " " : "", migration_kind_text(part->kind),
                        SV_FMT(part->name.n ? part->name : SV("-")), part->tx ? "yes" : "no",
                        part->none      ? " none"
                        : part->restore ? " restore"
                        : part->env     ? " env"
                                        : "");
            for (size_t s = 0; s < part->n_stmts; s++)
                strbuf_addf(out, "%s%.*s", s ? "|" : "", SV_FMT(part->stmts[s].text));
            strbuf_add_str(out, "]");
        }
}

static const struct {
    const char *format, *path, *text, *want; /* want: as show() tells it, or an id of a fault */
} files[] = {
    {"prusik", "1_a.sql", "-- prusik:up\nSELECT 1;\nSELECT 2 -- two\n",
     "up p1 yes [SELECT 1|SELECT 2 -- two]"},
    {"prusik", "1_a.sql", "-- prusik:up\nSELECT 1;\n-- prusik:down none reason=\"a \\\"b\\\"\"\n",
     "up p1 yes [SELECT 1] down - yes none []"},
    {"prusik", "1_a.sql", "-- prusik:up\nSELECT 1;\n-- prusik:down restore job=j\n",
     "up p1 yes [SELECT 1] down - yes restore []"},
    {"prusik", "1_a.sql", "-- prusik:up\nSELECT 1;\n-- prusik:down none\nSELECT 2;\n", "FMT002"},
    {"prusik", "1_a.sql",
     "-- prusik:up part=a tx=no\nSELECT 1;\n-- prusik:up part=b\nSELECT 2;\n-- prusik:down of=a\nSELECT"
     " 3;\n-- prusik:down of=b\nSELECT 4;\n",
     "up a no [SELECT 1] up b yes [SELECT 2] down a yes [SELECT 3] down b yes [SELECT 4]"},
    {"prusik", "1_a.sql",
     "-- prusik:up part=a\nSELECT 1;\n-- prusik:down\nSELECT 2;\n-- prusik:down of=a\nSELECT 3;\n",
     "FMT006"},
    {"prusik", "1_a.sql", "-- prusik:up\nSELECT 1;\n-- prusik:migration title=x\n", "FMT003"},
    {"prusik", "1_a.sql", "-- prusik:up\nSELECT 1;\n-- prusik:qqqqqqqq\n", "FMT003"},
    {"prusik", "1_a.sql", "-- prusik:up tx\nSELECT 1;\n", "FMT005"},
    {"prusik", "1_a.sql", "-- prusik:up tx=yes tx=no\nSELECT 1;\n", "FMT005"},
    {"prusik", "1_a.sql", "-- prusik:up part=\"a\nSELECT 1;\n", "FMT005"},
    {"prusik", "1_a.sql", "-- prusik:up db=oracle\nSELECT 1;\n", "FMT005"},
    {"prusik", "1_a.sql", "-- prusik:up prt=a\nSELECT 1;\n", "FMT004"},
    {"prusik", "1_a.sql", "-- prusik:up =a\nSELECT 1;\n", "FMT004"},
    {"prusik", "1_a.sql", "-- prusik:verify expect=rows:x\nSELECT 1;\n", "FMT005"},
    {"prusik", "1_a.sql", "-- prusik:check\nSELECT 1;\nSELECT 2;\n-- prusik:up\nSELECT 1;\n",
     "FMT013"},
    {"prusik", "1_a.sql", "-- prusik:up\nSELECT ${A};\n", "FMT015"},
    {"prusik", "1_a.sql", "-- prusik:up\nSELECT '${A}';\n", "up p1 yes [SELECT '${A}']"},
    {"prusik", "1_a.sql", "-- prusik:up\nSELECT 1;\n-- +goose Down\n", "FMT008"},
    {"prusik", "1_a.sql", "-- prusik:up\nSELECT 1; -- migrate:up\n", "up p1 yes [SELECT 1]"},
    {"prusik", "1_a.sql", "-- prusik:up\nSELECT (1;\n", "FMT009"},
    {"prusik", "1_a.sql", "-- prusik:up\nSELECT \"a;\n", "FMT009"},
    {"prusik", "1_a.sql", "-- prusik:up\nSELECT 1 /* a;\n", "FMT009"},
    {"prusik", "1_a.sql", "-- prusik:up\nCREATE FUNCTION f() BEGIN ATOMIC SELECT 1;\n", "FMT009"},
    {"prusik", "1_a.sql",
     "-- prusik:up db=sqlite\nCREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT `;`, [;]; END;\nSELECT 1;\n",
     "up p1 yes [CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT `;`, [;]; END|SELECT 1]"},
    {"prusik", "1_a.sql",
     "-- prusik:up\nCREATE TRIGGER t AFTER INSERT ON a EXECUTE FUNCTION f();\nSELECT 1;\n",
     "up p1 yes [CREATE TRIGGER t AFTER INSERT ON a EXECUTE FUNCTION f()|SELECT 1]"},
    {"prusik", "1_a.sql", "-- prusik:backfill job=j table=t key=id\nUPDATE t SET a = 1;\n",
     "backfill p1 yes [UPDATE t SET a = 1]"},
    {"prusik", "1_a.sql",
     "-- prusik:backfill job=j table=t key=id\nUPDATE t SET a = 1 RETURNING a;\n", "FMT016"},
    {"prusik", "1_a.sql", "-- prusik:up\nSELECT '\xff';\n", "FMT012"},
    {"prusik", "a.sql", "-- prusik:up\nSELECT 1;\n", "FMT010"},
    {"dbmate", "1_a.sql", "-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 2;\n-- migrate:down\n",
     "FMT017"},
    {"goose", "1_a.sql",
     "-- +goose ENVSUB ON\n-- +goose Up\nSELECT '${A}';\n-- +goose StatementBegin\nSELECT ${B};\n-- +goose "
     "StatementEnd\n",
     "up p1 yes env [SELECT '${A}'|SELECT ${B}]"},
    {"prusik", "1_a.sql", "-- prusik: up\nSELECT 1;\n", "FMT003"},
    {"goose", "1_a.sql", "-- +goose Sideways\n", "FMT003"},
    {"goose", "1_a.sql", "-- +goose Down\n-- +goose Up\n", "FMT002"},
    {"goose", "1_a.sql", "-- +goose StatementBegin\n-- +goose Up\n", "FMT002"},
    {"goose", "1_a.sql", "-- +goose Up\n-- +goose StatementEnd\n", "FMT003"},
    {"goose", "1_a.sql", "-- +goose Up\nSELECT\n-- +goose StatementBegin\n", "FMT009"},
    {"goose", "1_a.sql", "-- +goose Up\n-- +goose StatementBegin\n-- +goose Down\n", "FMT009"},
    {"goose", "1_a.sql", "-- +goose Up\nSELECT 1\n", "FMT009"},
    {"goose", "1_a.sql", "-- a remark\n\n", "FMT001"},
    {"goose", "1_a.sql", "-- +goose Up\nSELECT ');\n", "FMT009"},
    {"golang-migrate", "1_a.up.sql", "BEGIN;\nSELECT 1;\nCOMMIT;\n", "up p1 yes [SELECT 1]"},
    {"golang-migrate", "1_a.up.sql", "BEGIN;\nSELECT 1;\nCOMMIT;\nBEGIN;\nSELECT 2;\nEND;\n",
     "up p1 yes [BEGIN|SELECT 1|COMMIT|BEGIN|SELECT 2|END]"},
    {"golang-migrate", "1_a.up.sql", "CREATE INDEX CONCURRENTLY i ON t (a);\n",
     "up p1 no [CREATE INDEX CONCURRENTLY i ON t (a)]"},
    {"golang-migrate", "1_a.up.sql", "SELECT 'open", "FMT009"},
    {"plain", "1_a.sql", "VACUUM;\n", "up p1 no [VACUUM]"},
    {"plain", "1_a.rollback.sql", "SELECT 1;\n", "down - yes [SELECT 1]"},
    {"plain", "1_a.sql", "SELECT $a$", "FMT009"},
    {"node-pg-migrate", "1_a.sql", "-- Down Migration\nSELECT 2;\n",
     "up p1 yes [SELECT 2] down - yes [SELECT 2]"},
    {"node-pg-migrate", "1_a.sql", "-- Up Migration\nSELECT '", "FMT009"},
    {"graphile-migrate", "000001.sql", "--! nothing\n\nSELECT 1;\n", "FMT003"},
    {"graphile-migrate", "000001.sql", "SELECT 1;\n", "FMT019"},
    {"yoyo", "a.sql", "-- depends: b c\nSELECT 1;\n", "up p1 yes [SELECT 1]"},
    {"sqlx", "1_a.down.sql", "SELECT 1;\n", "down - yes [SELECT 1]"},
    {"flyway", "U1__a.sql", "SELECT 1;\n", "down - yes [SELECT 1]"},
    {"flyway", "V1__a.sql", "SELECT '", "FMT009"},
    {"liquibase", "a.sql", "--liquibase formatted sql\n--changeset ann\n", "FMT003"},
    {"liquibase", "a.sql", "--liquibase formatted sql\n--changeset a:1\nSELECT '\n", "FMT009"},
    {"liquibase", "a.sql",
     "--liquibase formatted sql\n--changeset a:1 splitStatements:false\n--changeset a:2\nSELECT 1\n",
     "up p1 yes [] up p1 yes [SELECT 1]"},
    {"atlas", "1_a.sql", "-- atlas:txmode none\nSELECT 1;\n", "up p1 no [SELECT 1]"},
    {"atlas", "1_a.sql", "-- atlas:delimiter //\nSELECT 1//\n", "FMT003"},
    {"prisma", "1_a/migration.sql", "SELECT 1;\n", "up p1 yes [SELECT 1]"},
    {"prisma", "1_a/migration.sql", "SELECT '", "FMT009"},
    {"alembic", "a.py", "revision = some()\n", "FMT003"},
    {"alembic", "a.py", "revision = 'a'\ndown_revision = some()\n", "FMT003"},
    {"alembic-sql", "a.sql",
     "BEGIN;\nCREATE TABLE alembic_version (version_num text);\n-- Running upgrade  -> a1\nSELECT 1;\n"
     "INSERT INTO alembic_version VALUES ('a1');\n-- Running upgrade a1 -> b2\nSELECT 2;\nCOMMIT;\n"
     "VACUUM;\nBEGIN;\nSELECT 3;\nUPDATE alembic_version SET version_num = 'b2';\nCOMMIT;\n",
     "up p1 yes [SELECT 1] up p1 yes [SELECT 2] up p2 no [VACUUM] up p3 yes [SELECT 3]"},
    {"alembic-sql", "a.sql", "-- Running downgrade b2 -> a1, c3\nSELECT 1;\n",
     "down - no [SELECT 1]"},
    {"alembic-sql", "a.sql", "-- Running upgrade a -> \nSELECT 1;\n", "FMT003"},
    {"alembic-sql", "a.sql", "SELECT 1;\n-- Running upgrade  -> a\n", "FMT002"},
    {"alembic-sql", "a.sql", "SELECT 1;\n", "FMT001"},
    {"alembic-sql", "a.sql", "-- Running upgrade  -> a\nSELECT '", "FMT009"},
    {"alembic-sql", "a.sql", "'\n-- Running upgrade  -> a\n", "FMT009"},
    {"sqitch", "sqitch.plan", "@t 2026-01-01T00:00:00Z A <a@b> # t\n", "FMT003"},
    {"sqitch", "sqitch.plan", "# remark\na 2026-01-01T00:00:00Z nobody\n", "FMT003"},
    {"sqitch", "sqitch.plan",
     "a 2026-01-01T00:00:00Z A <a@b> # x\na 2026-01-01T00:00:00Z A <a@b> # x\n", "FMT011"},
    {"rails", "1_a.py", "", "FMT010"},
};

T(files_are_read_or_told_what_is_wrong)
{
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        CLEANUP(migrations_release) struct migrations got = {0};
        CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
        struct err err = {0};
        bool fault = strncmp(files[i].want, "FMT", 3) == 0;
        enum err_code rc =
            format_read(format_find(sv_from(files[i].format)), sv_from(files[i].path),
                        sv_from(files[i].text), DB_POSTGRES, &got, &err);

        printf("# %zu %s\n", i, files[i].format);
        if (fault) {
            T_EQ(rc, ERR_INVALID);
            if (!strstr(err.msg, files[i].want))
                T_FAIL("'%s' should have %s", err.msg, files[i].want);
            T_EQ(got.v.n, 0);
            continue;
        }
        T_OK(rc, err);
        show(&got, &b);
        if (!sv_starts(strbuf_sv(&b), sv_from(files[i].want)))
            T_FAIL("'%s' should be '%s'", strbuf_str(&b), files[i].want);
    }
}

T(what_is_kept_is_read_again_as_it_was)
{
    static const char text[] =
        "-- prusik:check name=\"a \\\"b\\\" c\" expect=value:x\nSELECT 1;\n-- prusik:up part=\"a b\" tx=no db=postgres\n"
        "-- prusik:probe SELECT true\nVACUUM t; -- why\nSELECT 2 -- end\n-- prusik:up db=sqlite lock_timeout=3s\nSELECT [;];\n"
        "-- prusik:verify expect=runs\nSELECT 3;\n-- prusik:down none reason=\"\"\n";
    CLEANUP(strbuf_release) struct strbuf kept = STRBUF(0), a = STRBUF(0), b = STRBUF(0);
    CLEANUP(migrations_release) struct migrations first = {0}, again = {0};
    struct err err = {0};

    T_OK(format_read(&format_prusik, SV("1_a.sql"), sv_from(text), DB_POSTGRES, &first, &err), err);
    migration_write(&first.v.v[0], ~0u, &kept);
    T_OK(format_read_stored(SV("kept"), strbuf_sv(&kept), DB_POSTGRES, &again, &err), err);
    migration_digest_text(&first.v.v[0], &a);
    migration_digest_text(&again.v.v[0], &b);
    T_STR(strbuf_str(&a), strbuf_str(&b));
    T_SV(again.v.v[0].parts[1].stmts[0].probe, "SELECT true");
    T_SV(again.v.v[0].parts[1].name, "a b");
    T_SV(migration_attr(&again.v.v[0].parts[0], "name"), "a \"b\" c");
    T_SV(migration_attr(&again.v.v[0].parts[2], "lock_timeout"), "3s");
    T_EQ(migration_attr(&again.v.v[0].parts[2], "nothing").n, 0);
    T_CHECK(migration_is_for(&again.v.v[0], DB_SQLITE) &&
            migration_is_for(&again.v.v[0], DB_POSTGRES));
    T_EQ(format_read_stored(SV("kept"), SV("-- prusik:up\nSELECT '"), DB_POSTGRES, &again, &err),
         ERR_INVALID);
    T_EQ(again.v.n, 1);
}

/* --- statements --- */

T(statements_that_no_transaction_may_hold_are_known)
{
    static const struct {
        const char *sql;
        enum db_kind db;
        enum sqlkind want;
        const char *object;
    } kinds[] = {
        {"create  unique index /* a */ concurrently if not exists s.\"I x\" ON t (a)", DB_POSTGRES,
         SQLKIND_CREATE_INDEX, "s.\"I x\""},
        {"CREATE INDEX CONCURRENTLY ON t (a)", DB_POSTGRES, SQLKIND_CREATE_INDEX, NULL},
        {"CREATE INDEX i ON t (a)", DB_POSTGRES, SQLKIND_PLAIN, NULL},
        {"DROP INDEX CONCURRENTLY IF EXISTS i", DB_POSTGRES, SQLKIND_DROP_INDEX, "i"},
        {"REINDEX (VERBOSE) TABLE CONCURRENTLY t", DB_POSTGRES, SQLKIND_REINDEX, NULL},
        {"REINDEX TABLE t", DB_POSTGRES, SQLKIND_PLAIN, NULL},
        {"REINDEX DATABASE d", DB_POSTGRES, SQLKIND_REPEATABLE, NULL},
        {"ALTER TABLE a DETACH PARTITION b CONCURRENTLY", DB_POSTGRES, SQLKIND_DETACH, "b"},
        {"ALTER TABLE a DETACH PARTITION b", DB_POSTGRES, SQLKIND_PLAIN, NULL},
        {"CLUSTER", DB_POSTGRES, SQLKIND_REPEATABLE, NULL},
        {"CLUSTER t", DB_POSTGRES, SQLKIND_PLAIN, NULL},
        {"CREATE DATABASE \"d d\"", DB_POSTGRES, SQLKIND_CREATE_DATABASE, "\"d d\""},
        {"CALL p()", DB_POSTGRES, SQLKIND_CALL, NULL},
        {"DO $$ BEGIN COMMIT; END $$", DB_POSTGRES, SQLKIND_CALL, NULL},
        {"DO $$ BEGIN NULL; END $$", DB_POSTGRES, SQLKIND_PLAIN, NULL},
        {"ROLLBACK", DB_SQLITE, SQLKIND_TRANSACTION, NULL},
        {"PRAGMA user_version = 3", DB_SQLITE, SQLKIND_PLAIN, NULL},
        {"PRAGMA journal_mode = wal", DB_SQLITE, SQLKIND_REPEATABLE, NULL},
        {"ALTER SYSTEM SET a = 1", DB_SQLITE, SQLKIND_PLAIN, NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct sv sql = sv_from(kinds[i].sql), object = {NULL, 0};

        printf("# %s\n", kinds[i].sql);
        T_EQ(sqlkind_of(sql, kinds[i].db), kinds[i].want);
        T_EQ(sqlkind_object(sql, kinds[i].want, &object), kinds[i].object != NULL);
        T_CHECK(sv_is(object, kinds[i].object ? kinds[i].object : ""));
    }
    T_CHECK(sqlkind_needs_none(SQLKIND_DETACH) && !sqlkind_needs_none(SQLKIND_CALL) &&
            !sqlkind_needs_none(SQLKIND_TRANSACTION));
    T_CHECK(sqlkind_waits_long(SV("ALTER TABLE t VALIDATE CONSTRAINT c"), DB_POSTGRES));
    T_CHECK(sqlkind_waits_long(SV("DROP INDEX CONCURRENTLY i"), DB_POSTGRES));
    T_CHECK(!sqlkind_waits_long(SV("DROP INDEX i"), DB_POSTGRES));
}

T(names_and_strings_stand_for_what_is_between_their_quotes)
{
    static const struct {
        const char *sql, *want;
        enum db_kind db;
    } plain[] = {{"Abc", "abc", DB_POSTGRES},      {"\"A\"\"b\"", "A\"b", DB_POSTGRES},
                 {"'it''s'", "it's", DB_POSTGRES}, {"E'a\\'b'", "a\\'b", DB_POSTGRES},
                 {"[a b]", "a b", DB_SQLITE},      {"`a`", "a", DB_SQLITE},
                 {"U&\"a\"", "a", DB_POSTGRES},    {"'open", "open", DB_POSTGRES}};

    for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
        CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
        struct sqllex lex = {.text = sv_from(plain[i].sql), .db = plain[i].db};
        struct sqllex_token t;

        T_CHECK(sqllex_next(&lex, &t) && !sqllex_next(&lex, &(struct sqllex_token){0}));
        sqllex_plain(&t, &b);
        T_STR(strbuf_str(&b), plain[i].want);
    }
}

/* --- order --- */

static void add(struct migrations *m, const char *format, const char *path, const char *text)
{
    struct err err = {0};

    T_OK(format_read(format_find(sv_from(format)), sv_from(path), sv_from(text), DB_POSTGRES, m,
                     &err),
         err);
}

static void want_fault(struct migrations *m, const char *part)
{
    struct err err = {0};

    T_EQ(order_settle(m, &err), ERR_INVALID);
    if (!strstr(err.msg, part))
        T_FAIL("'%s' should have '%s'", err.msg, part);
    migrations_release(m);
    *m = (struct migrations){0};
}

#define UP "-- prusik:up\nSELECT 1;\n"

T(versions_are_numbers_and_come_once)
{
    CLEANUP(migrations_release) struct migrations m = {0};
    struct err err = {0};

    add(&m, "prusik", "R_b.sql", UP);
    add(&m, "prusik", "10_a.sql", UP);
    add(&m, "prusik", "R_a.sql", UP);
    add(&m, "prusik", "009_b.sql", "-- prusik:migration requires=8,c\n" UP);
    add(&m, "prusik", "8_c.sql", UP);
    T_OK(order_settle(&m, &err), err);
    T_SV(m.v.v[0].version, "8");
    T_SV(m.v.v[1].version, "9");
    T_SV(m.v.v[2].version, "10");
    T_SV(m.v.v[3].name, "a");
    add(&m, "prusik", "08_c.sql", UP);
    want_fault(&m, "version 8 twice: 08_c.sql, 8_c.sql (FMT011)");
    add(&m, "prusik", "1_a.sql", "-- prusik:migration requires=2\n" UP);
    want_fault(&m, "requires 2, which is not there");
    add(&m, "prusik", "1_a.sql", "-- prusik:migration requires=2\n" UP);
    add(&m, "prusik", "2_b.sql", UP);
    want_fault(&m, "which comes later");
    add(&m, "golang-migrate", "1_a.down.sql", "SELECT 1;");
    want_fault(&m, "a way back without a way there");
    add(&m, "alembic", "a.py", "revision = 'a'\ndown_revision = 'b'\n");
    add(&m, "alembic", "b.py", "revision = 'b'\ndown_revision = 'a'\n");
    want_fault(&m, "is based on itself");
    add(&m, "alembic", "a.py", "revision = 'a'\ndown_revision = 'b'\n");
    want_fault(&m, "it is based on b, which is not there");
    /* alembic upgrade A:B --sql begins behind A; of branches, in the order of their bases */
    add(&m, "alembic-sql", "2.sql",
        "-- Running upgrade z -> a\nSELECT 1;\n-- Running upgrade a, b -> c\nSELECT 3;\n");
    add(&m, "alembic-sql", "1.sql", "-- Running upgrade a -> b\nSELECT 2;\n");
    add(&m, "alembic-sql", "3.sql", "-- Running downgrade b -> a\nSELECT 4;\n");
    T_OK(order_settle(&m, &err), err);
    T_EQ(m.v.n, 3);
    T_SV(m.v.v[0].version, "a");
    T_SV(m.v.v[1].version, "b");
    T_EQ(m.v.v[1].n_parts, 2);
    T_SV(m.v.v[2].version, "c");
    migrations_release(&m);
}

/* `alembic merge` writes a revision that does nothing in either direction. */
T(a_merge_without_statements_is_one_migration_with_a_way_back)
{
    static const char up[] = "-- Running upgrade  -> a\nSELECT 1;\n-- Running upgrade a -> b\n"
                             "SELECT 2;\n-- Running upgrade a -> c\nSELECT 3;\n"
                             "-- Running upgrade b, c -> m\n";
    static const char *const paths[][2] = {{"down.sql", "up.sql"}, {"z.sql", "up.sql"}};

    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        struct migrations m = {0};
        struct err err = {0};

        add(&m, "alembic-sql", paths[i][1], up);
        add(&m, "alembic-sql", paths[i][0], "-- Running downgrade m -> b, c\n");
        T_OK(order_settle(&m, &err), err);
        T_EQ(m.v.n, 4);
        T_SV(m.v.v[3].version, "m");
        T_SV(m.v.v[3].path, "up.sql");
        T_EQ(m.v.v[3].n_requires, 2);
        T_CHECK(m.v.v[3].has_down);
        migrations_release(&m);
    }
}

/* In the square of their number it would be hours. */
T(places_of_200000_statements_are_found_in_proportion)
{
    struct strbuf text = STRBUF(0);
    struct migrations m = {0};
    struct err err = {0};
    const struct migration_part *p;

    strbuf_add_str(&text, "-- Running upgrade a -> b\nBEGIN;\n");
    for (size_t i = 0; i < 100000; i++)
        strbuf_add_str(&text, "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2);\n");
    strbuf_add_str(&text, "COMMIT;\n");
    T_OK(format_read(format_find(SV("alembic-sql")), SV("1.sql"), strbuf_sv(&text), DB_POSTGRES, &m,
                     &err),
         err);
    p = &m.v.v[0].parts[0];
    T_EQ(p->n_stmts, 200000);
    T_EQ(p->stmts[0].line, 3);
    T_EQ(p->stmts[1].column, 27);
    T_EQ(p->stmts[199999].line, 100002);
    T_EQ(p->stmts[199999].column, 27);
    migrations_release(&m);
    strbuf_release(&text);
}

/* Both are named, with their files and what joins them; unless all are applied. */
static bool has_letter(const void *arg, const struct migration *m)
{
    return sv_has(sv_from(arg), m->version);
}

T(two_heads_are_named_unless_both_are_applied)
{
    struct migrations m = {0};
    struct err err = {0};

    add(&m, "alembic", "v/a.py", "revision = 'a'\ndown_revision = None\n");
    add(&m, "alembic", "v/b.py", "revision = 'b'\ndown_revision = 'a'\n");
    T_OK(order_settle(&m, &err), err);
    T_OK(order_one_head(&m, NULL, NULL, &err), err);
    add(&m, "alembic", "v/c.py", "revision = 'c'\ndown_revision = 'a'\n");
    T_OK(order_settle(&m, &err), err);
    T_EQ(order_one_head(&m, NULL, NULL, &err), ERR_INVALID);
    T_STR(err.msg, "2 heads: nothing is based on b (v/b.py), c (v/c.py) (FMT021)");
    T_STR(err.hint,
          "two branches were merged: alembic merge -m NAME b c makes the revision that joins them");
    T_EQ(order_one_head(&m, has_letter, "ab", &err), ERR_INVALID);
    T_OK(order_one_head(&m, has_letter, "bc", &err), err);
    for (size_t i = 0; i < 100; i++) {
        char path[60], body[100];

        (void)snprintf(path, sizeof(path), "v/%zu_long_enough.py", i);
        (void)snprintf(body, sizeof(body), "revision = 'revision%zu'\ndown_revision = 'a'\n", i);
        add(&m, "alembic", path, body);
    }
    T_OK(order_settle(&m, &err), err);
    T_EQ(order_one_head(&m, NULL, NULL, &err), ERR_INVALID);
    T_CHECK(strstr(err.msg, "102 heads: ") && strstr(err.msg, "... (FMT021)"));
    T_CHECK(strstr(err.hint, "alembic merge -m NAME heads makes") != NULL);
    migrations_release(&m);
}

T(versions_compare_as_numbers_with_dots_and_names_before_them)
{
    T_CHECK(migration_version_cmp(SV("1.2"), SV("1.10")) < 0);
    T_CHECK(migration_version_cmp(SV("1"), SV("1.0")) < 0);
    T_CHECK(migration_version_cmp(SV("007"), SV("7")) == 0);
    T_CHECK(migration_version_cmp(SV("99999999999999999999"), SV("100000000000000000000")) < 0);
    T_CHECK(migration_version_cmp(SV("users"), SV("1")) < 0 &&
            migration_version_cmp(SV("1"), SV("users")) > 0);
    T_CHECK(migration_version_cmp(SV("a"), SV("b")) < 0);
}

/* --- folders --- */

static void put(const char *path, const char *text)
{
    struct err err = {0};
    char *dir = path_dir(path);

    T_OK(file_mkdirs(dir, &err), err);
    T_OK(file_write_atomic(path, sv_from(text), 0600, &err), err);
    free(dir);
}

static void want_tree(const char *dir, const char *format, const char *whose, size_t n)
{
    struct err err = {0};
    struct discover d;

    T_OK(discover_tree(dir, sv_from(format), DB_POSTGRES, &d, &err), err);
    T_STR(d.format ? d.format->name : "none", whose);
    T_EQ(d.files.v.n, n);
    discover_release(&d);
}

static void want_no_tree(const char *dir, const char *format, enum err_code code, const char *part)
{
    struct err err = {0};
    struct discover d;

    T_EQ(discover_tree(dir, sv_from(format), DB_POSTGRES, &d, &err), code);
    if (!strstr(err.msg, part))
        T_FAIL("'%s' should have '%s'", err.msg, part);
}

T(a_folder_tells_whose_files_it_has)
{
    T_EQ(mkdir("empty", 0700), 0);
    want_tree("empty", "auto", "none", 0);
    put("p/1_a.sql", UP);
    put("p/.hidden.sql", "x");
    put("p/readme.md", "x");
    T_EQ(mkdir("p/folder", 0700), 0);
    want_tree("p", "auto", "prusik", 1);
    put("d/1_a.sql", "-- migrate:up\n-- migrate:down\n");
    want_tree("d", "auto", "dbmate", 1);
    put("d/2_b.sql", "-- +goose Up\nSELECT 1;\n");
    want_no_tree("d", "auto", ERR_INVALID,
                 "two formats in one folder: dbmate (1_a.sql), goose (2_b.sql)");
    put("g/1_a.up.sql", "SELECT 1;");
    put("g/1_a.down.sql", "SELECT 1;");
    want_tree("g", "auto", "golang-migrate", 1);
    put("f/V1__a.sql", "SELECT 1;");
    want_tree("f", "auto", "flyway", 1);
    put("q/1_a/migration.sql", "SELECT 1;");
    want_tree("q", "auto", "prisma", 1);
    put("r/1_a.rb", "");
    want_tree("r", "auto", "rails", 1);
    put("n/1_a.sql", "SELECT 1;");
    want_tree("n", "auto", "plain", 1);
    want_tree("n", "sqlx", "sqlx", 1);
    put("y/1-a.yaml", "prusik: 1\n");
    want_no_tree("y", "auto", ERR_INVALID, "'up' is missing");
    want_no_tree("n", "cvs", ERR_NOT_FOUND, "there is no format");
    want_no_tree("nowhere", "auto", ERR_NOT_FOUND, "there is no folder");
    want_no_tree("n/1_a.sql", "auto", ERR_IO, "open");
    put("s/sqitch.plan", "%project=x\n\na 2026-01-01T00:00:00Z A <a@b> # a\n");
    want_no_tree("s", "auto", ERR_INVALID, "the plan names it, and it is not there");
    put("s/deploy/a.sql", "SELECT '");
    want_no_tree("s", "auto", ERR_INVALID, "FMT009");
    put("s/deploy/a.sql", "SELECT 1;");
    put("s/verify/a.sql", "BEGIN; SELECT 1; ROLLBACK;");
    want_tree("s", "auto", "sqitch", 1);
    put("s/verify/a.sql", "\xff");
    want_no_tree("s", "auto", ERR_INVALID, "FMT012");
    put("n/1_a.sql", "SELECT '");
    want_no_tree("n", "auto", ERR_INVALID, "n/1_a.sql:1:8");
}

/* --- checksums: published values --- */

T(digests_are_those_of_the_standards)
{
    CLEANUP(strbuf_release) struct strbuf a = STRBUF(0);

    /* FIPS 180-4 examples: "abc", and 448 bits */
    T_STR(checksum_sha1(SV("abc")).s, "a9993e364706816aba3e25717850c26c9cd0d89d");
    T_STR(checksum_sha1(SV("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")).s,
          "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    strbuf_add_n(&a, 'a', 1000000);
    T_STR(checksum_sha1(strbuf_sv(&a)).s, "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
    T_STR(checksum_sha384(SV("abc")).s,
          "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
          "8086072ba1e7cc2358baeca134c825a7");
    T_EQ(checksum_crc32(0, SV("123456789")), 0xcbf43926u);
    T_EQ(checksum_flyway(SV("\xef\xbb\xbf"
                            "12345\r\n6789")),
         (int32_t)0xcbf43926u);
}

T_MAIN(T_CASE(files_are_read_or_told_what_is_wrong), T_CASE(what_is_kept_is_read_again_as_it_was),
       T_CASE(statements_that_no_transaction_may_hold_are_known),
       T_CASE(names_and_strings_stand_for_what_is_between_their_quotes),
       T_CASE(versions_are_numbers_and_come_once),
       T_CASE(a_merge_without_statements_is_one_migration_with_a_way_back),
       T_CASE(places_of_200000_statements_are_found_in_proportion),
       T_CASE(two_heads_are_named_unless_both_are_applied),
       T_CASE(versions_compare_as_numbers_with_dots_and_names_before_them),
       T_CASE(a_folder_tells_whose_files_it_has), T_CASE(digests_are_those_of_the_standards))
