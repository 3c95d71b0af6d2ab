/* Backups of PostgreSQL, on a server of the test's own. */
#include "t_pg.h"

#include "backup/backup.h"
#include "backup/pg.h"
#include "backup/pg_scratch.h"
#include "base/file.h"
#include "base/strbuf.h"
#include "base/sv.h"

static struct db *open_db(const struct t_pg *pg, const char *name)
{
    CLEANUP(strbuf_release) struct strbuf url = STRBUF(0);
    struct err err = {0};
    struct db *db = NULL;

    pg_url(sv_from(pg->url), sv_from(name), &url);
    T_OK(db_open(&(struct db_config){.url = strbuf_sv(&url)}, &db, &err), err);
    return db;
}

static void run(struct db *db, const char *sql)
{
    struct err err = {0};

    T_OK(db_run(db, sv_from(sql), NULL, 0, NULL, &err), err);
}

static void run_in(const struct t_pg *pg, const char *name, const char *sql)
{
    struct db *db = open_db(pg, name);

    run(db, sql);
    db_close(db);
}

static long long number_in(const struct t_pg *pg, const char *name, const char *sql)
{
    CLEANUP(arena_release) struct arena a = {0};
    struct db *db = open_db(pg, name);
    struct db_value v;
    struct err err = {0};
    int64_t n = -1;

    T_OK(db_one(db, &a, sv_from(sql), NULL, 0, &v, &err), err);
    T_CHECK(sv_to_i64(v.text, &n));
    db_close(db);
    return n;
}

#define SCRATCHES "SELECT count(*) FROM pg_database WHERE datname LIKE 'prusik%'"

static void make_db(const struct t_pg *pg, const char *name)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);

    strbuf_addf(&sql, "CREATE DATABASE \"%s\"", name);
    run_in(pg, "postgres", strbuf_str(&sql));
    run_in(
        pg, name,
        "CREATE SCHEMA \"odd \"\"one\";"
        "CREATE TYPE status AS ENUM ('open', 'closed');"
        "CREATE TABLE deals (id serial PRIMARY KEY, name text NOT NULL, s status);"
        "CREATE TABLE facts (id bigint PRIMARY KEY, deal int REFERENCES deals, v numeric, f float8,"
        " at timestamptz, j jsonb, b bytea, CHECK (v > -100));"
        "CREATE INDEX ON facts (deal);"
        "CREATE TABLE \"odd \"\"one\".\"a table\" (prusik_row text, t text);"
        "CREATE TABLE nothing ();"
        "CREATE TABLE parts (k int, v text) PARTITION BY RANGE (k);"
        "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (100);"
        "CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (100) TO (200);"
        "CREATE UNLOGGED TABLE quick (i int);"
        "CREATE VIEW big AS SELECT * FROM facts WHERE v > 10;"
        "CREATE MATERIALIZED VIEW sums AS SELECT deal, sum(v) FROM facts GROUP BY 1;"
        "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1';"
        "INSERT INTO deals (name, s) VALUES ('a', 'open'), ('b', NULL);"
        "INSERT INTO facts SELECT i, 1 + i % 2, i / 7.0, sqrt(i), now() + i * interval '1 min',"
        " jsonb_build_object('i', i), decode(md5(i::text), 'hex') FROM generate_series(1, 2000) i;"
        "INSERT INTO \"odd \"\"one\".\"a table\" VALUES ('x', NULL), (NULL, 'y''z');"
        "INSERT INTO parts SELECT i, 'p' FROM generate_series(0, 199) i;"
        "INSERT INTO quick VALUES (1);"
        "INSERT INTO nothing DEFAULT VALUES;"
        "SELECT lo_from_bytea(0, 'large')");
}

static void url_of(const struct t_pg *pg, const char *name, struct strbuf *url)
{
    strbuf_truncate(url, 0);
    pg_url(sv_from(pg->url), sv_from(name), url);
}

static enum err_code create(const struct t_pg *pg, const char *name, const struct backup_wish *more,
                            char path[300], struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf url = STRBUF(0);
    struct backup_wish w = *more;
    struct backup_report r = {0};
    enum err_code rc;

    url_of(pg, name, &url);
    w.url = strbuf_sv(&url);
    w.folder = "backups";
    rc = backup_create(&w, &r, err);
    if (rc == ERR_OK)
        (void)snprintf(path, 300, "%s", r.path);
    backup_report_release(&r);
    return rc;
}

static enum err_code verify(const struct t_pg *pg, const char *path, struct err *err)
{
    struct backup_wish w = {.level = PACK_COMPARED, .scratch = pg ? pg->url : NULL};
    struct backup_report r = {0};
    enum err_code rc = backup_verify(path, &w, &r, err);

    backup_report_release(&r);
    return rc;
}

static enum err_code restore(const struct t_pg *pg, const char *path, const char *name,
                             const struct backup_wish *more, char aside[100], struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf url = STRBUF(0);
    struct backup_wish w = *more;
    struct backup_report r = {0};
    enum err_code rc;

    url_of(pg, name, &url);
    w.url = strbuf_sv(&url);
    rc = backup_restore(path, &w, &r, err);
    if (aside)
        (void)snprintf(aside, 100, "%s", rc == ERR_OK && r.aside ? r.aside : "");
    backup_report_release(&r);
    return rc;
}

static const struct backup_wish compared = {.level = PACK_COMPARED};

static void restores_are_whole(const struct t_pg *pg, const char *path)
{
    struct err err = {0};
    char aside[100];

    T_OK(restore(pg, path, "new db", &compared, aside, &err), err);
    T_STR(aside, "");
    T_EQ(number_in(pg, "new db", "SELECT count(*) FROM facts"), 2000);
    T_EQ(number_in(pg, "new db", "SELECT count(*) FROM parts"), 200);
    T_EQ(number_in(pg, "new db", "SELECT last_value FROM deals_id_seq"), 2);
    T_EQ(number_in(pg, "new db", "SELECT count(*) FROM sums"), 2);
    T_REFUSED(restore(pg, path, "new db", &compared, NULL, &err), err, ERR_REFUSED,
              "database 'new db' is not empty");
    T_CHECK(strstr(err.hint, "--replace") != NULL);
    run_in(pg, "new db", "DELETE FROM facts WHERE id > 10");
    T_OK(restore(pg, path, "new db", &(struct backup_wish){.replace = true}, aside, &err), err);
    T_EQ(number_in(pg, "new db", "SELECT count(*) FROM facts"), 2000);
    T_EQ(number_in(pg, aside, "SELECT count(*) FROM facts"), 10);
    run_in(pg, "postgres", "CREATE DATABASE empty_one");
    T_OK(restore(pg, path, "empty_one", &compared, aside, &err), err);
    T_EQ(number_in(pg, "empty_one", "SELECT count(*) FROM facts"), 2000);
    T_EQ(number_in(pg, "postgres", SCRATCHES), 0);
}

static void one_in_use_is_not_replaced(const struct t_pg *pg, const char *path)
{
    struct db *user = open_db(pg, "new db");
    struct err err = {0};

    run(user, "SET application_name = 'web'");
    T_REFUSED(restore(pg, path, "new db", &(struct backup_wish){.replace = true}, NULL, &err), err,
              ERR_LOCKED, "(web)");
    db_close(user);
    T_EQ(number_in(pg, "postgres", SCRATCHES), 0);
}

static void wrong_places_are_told(const struct t_pg *pg, const char *path)
{
    struct backup_wish w = {.url = SV("file.db")};
    struct backup_report r = {0};
    struct err err = {0};

    T_REFUSED(backup_restore(path, &w, &r, &err), err, ERR_INVALID, "no address of PostgreSQL");
    backup_report_release(&r);
    memset(&r, 0, sizeof(r));
    w.url = SV("postgresql://tester@");
    T_REFUSED(backup_restore(path, &w, &r, &err), err, ERR_INVALID, "names no database");
    backup_report_release(&r);
    T_REFUSED(verify(NULL, path, &err), err, ERR_USAGE, "is compared on a server");
    T_CHECK(strstr(err.hint, "--scratch") != NULL);
    (void)pg;
}

T(a_database_is_backed_up_proven_and_restored)
{
    struct err err = {0};
    char path[300];
    struct t_pg pg;

    t_pg_start(&pg);
    make_db(&pg, "app");
    T_OK(create(&pg, "app", &compared, path, &err), err);
    T_CHECK(strncmp(path, "backups/app-20", 14) == 0);
    T_EQ(number_in(&pg, "postgres", SCRATCHES), 0);
    run_in(&pg, "app", "DELETE FROM facts"); /* what is compared is the snapshot, not what is now */
    T_OK(verify(&pg, path, &err), err);
    T_EQ(number_in(&pg, "postgres", SCRATCHES), 0);
    restores_are_whole(&pg, path);
    one_in_use_is_not_replaced(&pg, path);
    wrong_places_are_told(&pg, path);
    t_pg_stop(&pg);
}

/* --- the snapshot --- */

/* Moves amounts between rows, and now and then adds a pair: the sum is always 0. */
static pid_t write_on(const struct t_pg *pg)
{
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        struct db *db = open_db(pg, "busy");

        for (int i = 1;; i++) {
            char sql[200];

            (void)snprintf(sql, sizeof(sql),
                           "INSERT INTO t (v) VALUES (%d); INSERT INTO u (v) VALUES (-%d)", i, i);
            run(db, sql);
        }
    }
    return pid;
}

T(while_others_write_the_backup_is_of_one_moment)
{
    struct err err = {0};
    struct t_pg pg;
    pid_t writer;

    t_pg_start(&pg);
    run_in(&pg, "postgres", "CREATE DATABASE busy");
    run_in(&pg, "busy", "CREATE TABLE t (v bigint); CREATE TABLE u (v bigint)");
    writer = write_on(&pg);
    for (int i = 0; i < 3; i++) {
        char path[300], name[20];

        while (number_in(&pg, "busy", "SELECT count(*) FROM t") < 100LL * (i + 1))
            ;
        (void)snprintf(name, sizeof(name), "r%d", i);
        T_OK(create(&pg, "busy", &compared, path, &err), err);
        T_OK(restore(&pg, path, name, &compared, NULL, &err), err);
        T_EQ(number_in(&pg, name, "SELECT (SELECT sum(v) FROM t) + (SELECT sum(v) FROM u)"), 0);
        T_CHECK(number_in(&pg, name, "SELECT count(*) FROM t") >= 100);
    }
    T_CHECK(kill(writer, SIGKILL) == 0 && waitpid(writer, NULL, 0) == writer);
    t_pg_stop(&pg);
}

/* --- what is told --- */

static void census_of(const struct t_pg *pg, const char *name, struct census *c)
{
    struct db *db = open_db(pg, name);
    struct err err = {0};

    T_OK(pg_begin_snapshot(db, &err), err);
    T_OK(pg_census(db, NULL, c, &err), err);
    db_close(db);
}

T(each_kind_of_difference_is_told)
{
    static const struct {
        const char *sql, *told;
    } differences[] = {
        {"DELETE FROM facts WHERE id = 77",
         "count of public.facts: 2000 in the snapshot, 1999 restored"},
        {"UPDATE facts SET f = f + 1e-9 WHERE id = 78",
         "rows of public.facts: 1999 as in the snapshot"},
        {"UPDATE parts_2 SET v = 'q' WHERE k = 150", "rows of public.parts_2"},
        {"UPDATE \"odd \"\"one\".\"a table\" SET t = '' WHERE t IS NULL",
         "rows of odd \"one.a table"},
        {"DROP TABLE quick", "table public.quick was not restored"},
        {"DROP INDEX facts_deal_idx", "indexes: "},
        {"ALTER TABLE facts DROP CONSTRAINT facts_v_check", "constraints: "},
        {"DROP VIEW big", "views: 2 in the snapshot, 1 restored"},
        {"DROP FUNCTION one", "functions: 1 in the snapshot, 0 restored"},
        {"SELECT lo_unlink(oid) FROM pg_largeobject_metadata",
         "large_objects: 1 in the snapshot, 0"},
        {"CREATE TYPE more AS ENUM ('a')", "types: 1 in the snapshot, 2 restored"},
        {"CREATE SEQUENCE more_ids", "sequences: 1 in the snapshot, 2 restored"},
    };
    struct t_pg pg;

    t_pg_start(&pg);
    make_db(&pg, "app");
    for (size_t i = 0; i < ARRAY_LEN(differences); i++) {
        CLEANUP(census_release) struct census before = {0}, after = {0};
        struct err err = {0};
        struct db *db = open_db(&pg, "app");

        census_of(&pg, "app", &before);
        run(db, differences[i].sql);
        census_of(&pg, "app", &after);
        T_REFUSED(census_same(&before, &after, &err), err, ERR_FAILED, differences[i].told);
        db_close(db);
    }
    t_pg_stop(&pg);
}

static void make_role(const struct t_pg *pg)
{
    run_in(pg, "postgres", "CREATE ROLE plain LOGIN; CREATE ROLE owner1");
    run_in(pg, "app",
           "GRANT SELECT ON ALL TABLES IN SCHEMA public TO plain;"
           "ALTER TABLE deals OWNER TO owner1");
}

static void a_role_without_rights_is_told(const struct t_pg *pg)
{
    struct backup_wish w = {.folder = "backups", .level = PACK_COMPARED};
    CLEANUP(strbuf_release) struct strbuf url = STRBUF(0);
    struct backup_report r = {0};
    struct err err = {0};

    run_in(pg, "postgres", "CREATE DATABASE small");
    run_in(pg, "small", "CREATE TABLE t (i int); GRANT SELECT ON t TO plain");
    strbuf_addf(&url, "postgresql+psycopg2://plain@/small?host=%s", pg->dir);
    w.url = strbuf_sv(&url);
    T_REFUSED(backup_create(&w, &r, &err), err, ERR_REFUSED, "CREATEDB");
    T_CHECK(strstr(err.hint, "--level decoded") != NULL);
    backup_report_release(&r);
    memset(&r, 0, sizeof(r));
    w.level = PACK_DECODED;
    T_OK(backup_create(&w, &r, &err), err);
    T_EQ(r.level, PACK_DECODED);
    T_OK(verify(pg, r.path, &err), err); /* by one who may */
    backup_report_release(&r);
    memset(&r, 0, sizeof(r));
    w.level = PACK_COMPARED;
    w.scratch = pg->url;
    T_OK(backup_create(&w, &r, &err), err);
    T_EQ(r.head.source.n, 16);
    backup_report_release(&r);
    memset(&r, 0, sizeof(r));
    run_in(pg, "small", "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC");
    T_OK(backup_create(&w, &r, &err), err); /* of which server it is, is not told then */
    T_EQ(r.head.source.n, 0);
    backup_report_release(&r);
    memset(&r, 0, sizeof(r));
    run_in(pg, "small", "CREATE TABLE hidden (i int)");
    T_REFUSED(backup_create(&w, &r, &err), err, ERR_DB, "permission denied for table hidden");
    backup_report_release(&r);
}

static void owners_come_back(const struct t_pg *pg)
{
    struct err err = {0};
    char path[300];

    T_OK(create(pg, "app", &compared, path, &err), err);
    T_OK(restore(pg, path, "owned", &compared, NULL, &err), err);
    T_EQ(number_in(pg, "owned", "SELECT count(*) FROM pg_tables WHERE tableowner = 'owner1'"), 1);
    T_OK(restore(pg, path, "unowned", &(struct backup_wish){.no_owner = true}, NULL, &err), err);
    T_EQ(number_in(pg, "unowned", "SELECT count(*) FROM pg_tables WHERE tableowner = 'owner1'"), 0);
    run_in(pg, "app", "ALTER TABLE deals OWNER TO tester");
    run_in(pg, "owned", "ALTER TABLE deals OWNER TO tester");
    run_in(pg, "postgres", "DROP ROLE owner1");
    T_REFUSED(restore(pg, path, "lost", &compared, NULL, &err), err, ERR_FAILED,
              "role \"owner1\" does not exist");
    T_CHECK(strstr(err.hint, "CREATE ROLE") && strstr(err.hint, "--no-owner"));
    T_EQ(number_in(pg, "postgres", "SELECT count(*) FROM pg_database WHERE datname = 'lost'"), 0);
    T_EQ(number_in(pg, "postgres", SCRATCHES), 0);
}

/* A dump whose table cannot be restored: its function is not there, as pg_dump does not follow what is in a text. */
static void what_cannot_be_restored_is_not_kept(const struct t_pg *pg)
{
    struct err err = {0};
    char path[300];
    DIR *d;
    int n = 0;

    run_in(pg, "postgres", "CREATE DATABASE broken");
    run_in(pg, "broken",
           "CREATE TABLE lookup (i int); INSERT INTO lookup VALUES (1);"
           "CREATE FUNCTION ok(i int) RETURNS bool LANGUAGE plpgsql AS"
           " 'BEGIN RETURN EXISTS (SELECT 1 FROM public.zlookup); END';"
           "ALTER TABLE lookup RENAME TO zlookup;"
           "CREATE TABLE a (i int CHECK (public.ok(i))); INSERT INTO a VALUES (1);");
    T_REFUSED(create(pg, "broken", &compared, path, &err), err, ERR_FAILED, "was not kept");
    T_EQ(number_in(pg, "postgres", SCRATCHES), 0);
    d = opendir("backups");
    for (const struct dirent *e; d && (e = readdir(d)) != NULL;)
        n += strncmp(e->d_name, "broken", 6) == 0;
    T_CHECK(d && closedir(d) == 0);
    T_EQ(n, 0);
}

T(what_may_not_be_or_cannot_be_is_told)
{
    struct t_pg pg;

    t_pg_start(&pg);
    make_db(&pg, "app");
    make_role(&pg);
    a_role_without_rights_is_told(&pg);
    owners_come_back(&pg);
    what_cannot_be_restored_is_not_kept(&pg);
    t_pg_stop(&pg);
}

/* --- programs --- */

static void put_program(const char *name, const char *text)
{
    struct err err = {0};

    T_OK(file_write_atomic(name, sv_from(text), 0700, &err), err);
}

T(the_programs_of_postgresql_are_given_no_password_and_their_failures_are_told)
{
    CLEANUP(strbuf_release) struct strbuf seen = STRBUF(0), with = STRBUF(0);
    struct backup_wish w = {.folder = "backups", .level = PACK_DECODED};
    struct backup_report r = {0};
    struct err err = {0};
    char cwd[200], path[600];
    struct t_pg pg;

    t_pg_start(&pg);
    T_CHECK(getcwd(cwd, sizeof(cwd)) && mkdir("bin", 0700) == 0);
    strbuf_addf(&with, "postgresql://tester:geheim@/postgres?host=%s", pg.dir);
    w.url = strbuf_sv(&with);
    put_program(
        "bin/pg_dump",
        "#!/bin/sh\n[ \"$1\" != --version ] || { echo 'pg_dump (PostgreSQL) 99.1'; exit; }\n"
        "echo \"args: $*\" > seen; echo \"env: $PGPASSWORD $PGUSER $PGDATABASE\" >> seen\n"
        "printf part; echo 'pg_dump: error: it broke' >&2; echo 'pg_dump: detail' >&2; exit 1\n");
    (void)snprintf(path, sizeof(path), "%s/bin:%s", cwd, getenv("PATH"));
    T_CHECK(setenv("PATH", path, 1) == 0);
    T_REFUSED(backup_create(&w, &r, &err), err, ERR_FAILED, "pg_dump: error: it broke");
    backup_report_release(&r);
    memset(&r, 0, sizeof(r));
    T_OK(file_read("seen", 10000, &seen, &err), err);
    T_CHECK(sv_has(strbuf_sv(&seen), SV("env: geheim tester postgres")));
    strbuf_truncate(&seen, sv_find(strbuf_sv(&seen), SV("env:"), 0));
    T_CHECK(sv_has(strbuf_sv(&seen), SV("--snapshot=")) && !sv_has(strbuf_sv(&seen), SV("geheim")));
    put_program("bin/pg_dump", "#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n");
    T_REFUSED(backup_create(&w, &r, &err), err, ERR_REFUSED,
              "pg_dump is of version 9, the server of");
    backup_report_release(&r);
    memset(&r, 0, sizeof(r));
    T_CHECK(unlink("bin/pg_dump") == 0 && setenv("PATH", "bin", 1) == 0);
    T_REFUSED(backup_create(&w, &r, &err), err, ERR_NOT_FOUND, "there is no program 'pg_dump'");
    T_CHECK(strstr(err.hint, "postgresql-client-") != NULL);
    backup_report_release(&r);
    t_pg_stop(&pg);
}

static atomic_bool stop;
static void stop_when_dumping(void *arg, const char *phase, int64_t done UNUSED,
                              int64_t total UNUSED)
{
    if (strcmp(phase, arg) == 0)
        atomic_store(&stop, true);
}

/* Stopped in each phase; what waits for a lock is ended, too. */
T(a_backup_can_be_stopped_and_leaves_nothing)
{
    static const char *const phases[] = {"count", "check", "decode", "dump"};
    struct err err = {0};
    struct db *holder;
    struct t_pg pg;
    char path[300];

    t_pg_start(&pg);
    make_db(&pg, "app");
    holder = open_db(&pg, "app");
    for (size_t i = 0; i < ARRAY_LEN(phases); i++) {
        struct job job = {
            .progress = stop_when_dumping, .arg = (void *)(uintptr_t)phases[i], .stop = &stop};
        const struct backup_wish w = {.level = PACK_COMPARED, .job = &job};

        atomic_store(&stop, false);
        if (i == 3) { /* the census looks at its parts only; pg_dump waits for it */
            run(holder, "BEGIN");
            run(holder, "LOCK TABLE ONLY parts");
        }
        T_REFUSED(create(&pg, "app", &w, path, &err), err, ERR_INTERRUPTED, "stopped");
        T_EQ(number_in(&pg, "postgres", SCRATCHES), 0);
    }
    db_close(holder);
    t_pg_stop(&pg);
}

static struct t_pg victim;
static void kill_the_server(void *arg, const char *phase, int64_t done UNUSED, int64_t total UNUSED)
{
    if (strcmp(phase, arg) == 0)
        t_pg_end(&victim, SIGKILL);
}

/* While it is counted, and while what was dumped is restored. */
T(a_server_that_is_killed_is_told_and_leaves_no_backup)
{
    static const char *const phases[] = {"count", "decode"};

    t_pg_start(&victim);
    make_db(&victim, "app");
    for (size_t i = 0; i < ARRAY_LEN(phases); i++) {
        struct job job = {.progress = kill_the_server, .arg = (void *)(uintptr_t)phases[i]};
        const struct backup_wish w = {.level = PACK_COMPARED, .job = &job};
        struct err err = {0};
        char path[300];
        DIR *d;

        T_CHECK(create(&victim, "app", &w, path, &err) != ERR_OK && err.msg[0]);
        t_say("%s", err.msg);
        T_EQ(victim.pid, 0);
        d = opendir("backups");
        for (const struct dirent *e; d && (e = readdir(d)) != NULL;)
            T_CHECK(e->d_name[0] == '.' && !strstr(e->d_name, "part"));
        T_CHECK(d && closedir(d) == 0);
        t_pg_run(&victim);
    }
    t_pg_stop(&victim);
}

/* --- what killed ones left --- */

static struct sv scratch_of(struct db *db, const char *what, struct arena *a)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    struct err err = {0};
    struct sv name = {NULL, 0};

    T_OK(pg_scratch_name(db, what, a, &name, &err), err);
    T_CHECK(pg_scratch_is_name(name));
    strbuf_addf(&sql, "CREATE DATABASE %.*s", SV_FMT(name));
    run(db, strbuf_str(&sql));
    return name;
}

/* The digest does not fit; another word; nothing behind it; a letter more. */
T(only_names_that_prusik_has_made_are_taken_for_scratches)
{
    static const char *const names[] = {"prusik_scratch_0123456789ab_00000000",
                                        "prusik_scratch_0123456789ab", "prusik_scratch_", "prusik",
                                        "app"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        T_CHECK(!pg_scratch_is_name(sv_from(names[i])));
}

T(what_a_killed_one_left_is_dropped_and_what_a_living_one_makes_is_not)
{
    CLEANUP(arena_release) struct arena a = {0};
    struct db *live, *dead, *other;
    struct sv kept, gone, removed = {NULL, 0};
    struct err err = {0};
    struct t_pg pg;

    t_pg_start(&pg);
    run_in(&pg, "postgres", "CREATE DATABASE prusik_scratch_0123456789ab_00000000");
    run_in(&pg, "postgres", "CREATE ROLE guest LOGIN");
    run_in(&pg, "postgres", "CREATE DATABASE elsewhere");
    live = open_db(&pg, "elsewhere");
    kept = scratch_of(live, "scratch", &a);
    dead = open_db(&pg, "postgres");
    gone = scratch_of(dead, "restore", &a);
    db_close(dead);
    other = open_db(&pg, "postgres");
    run(other, "SET ROLE guest");
    T_OK(pg_scratch_clean(other, &a, &removed, &err), err); /* not the guest's to drop */
    T_EQ(removed.n, 0);
    run(other, "RESET ROLE");
    while (number_in(&pg, "postgres", "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") >
           1)
        ; /* the session ends a moment after its connection */
    T_OK(pg_scratch_clean(other, &a, &removed, &err), err);
    T_CHECK(sv_eq(removed, gone));
    T_EQ(number_in(&pg, "postgres", SCRATCHES), 2);
    db_close(live);
    while (number_in(&pg, "postgres", "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") >
           0)
        ;
    T_OK(pg_scratch_clean(other, &a, &removed, &err), err);
    T_CHECK(sv_eq(removed, kept));
    T_EQ(number_in(&pg, "postgres", SCRATCHES), 1); /* nobody can have made that one */
    db_close(other);
    t_pg_stop(&pg);
}

T_MAIN(T_CASE(only_names_that_prusik_has_made_are_taken_for_scratches),
       T_CASE(what_a_killed_one_left_is_dropped_and_what_a_living_one_makes_is_not),
       T_CASE(a_database_is_backed_up_proven_and_restored),
       T_CASE(while_others_write_the_backup_is_of_one_moment),
       T_CASE(each_kind_of_difference_is_told), T_CASE(what_may_not_be_or_cannot_be_is_told),
       T_CASE(the_programs_of_postgresql_are_given_no_password_and_their_failures_are_told),
       T_CASE(a_backup_can_be_stopped_and_leaves_nothing),
       T_CASE(a_server_that_is_killed_is_told_and_leaves_no_backup))
