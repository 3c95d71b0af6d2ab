/* exec/picture: what an environment is like, as facts that can be compared. */
#include "exec/picture.h"

#include <limits.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sv.h"
#include "t_pg.h"

#include "net_server.h"

static void put(const char *name, const char *text, mode_t mode)
{
    struct err err;

    T_OK(file_write_atomic(name, sv_from(text), 0600, &err), err);
    T_EQ(chmod(name, mode), 0);
}

/* In the folder of the test. */
static struct sv here(const char *name)
{
    static char paths[8][PATH_MAX];
    static size_t at;
    char *p = paths[at++ % ARRAY_LEN(paths)], dir[PATH_MAX - 64];

    T_CHECK(getcwd(dir, sizeof(dir)) != NULL);
    (void)snprintf(p, sizeof(paths[0]), "%s/%s", dir, name);
    return sv_from(p);
}

static json_t *take(const struct picture_of *of)
{
    json_t *facts = NULL;
    struct err err;

    T_OK(picture_take(of, &facts, &err), err);
    return facts;
}

/* What a fact says; the name is "file NAME" with NAME in the folder of the test. */
static const char *fact(const json_t *facts, const char *what, const char *name)
{
    char key[PATH_MAX + 64];

    (void)snprintf(key, sizeof(key), "%s %s", what, here(name).p);
    return json_get_str(facts, key, "");
}

/* The names of what changed, without the folder: "file a|rows of x". */
static const char *changed(const json_t *before, const json_t *after)
{
    static char text[2000];
    picture_changes c = {0};
    struct sv dir = here("");
    size_t n = 0;

    text[0] = '\0';
    picture_compare(before, after, &c);
    for (size_t i = 0; i < c.n; i++) {
        const char *in = strstr(c.v[i].what, dir.p);

        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%.*s%s%s", i ? "|" : "",
                              (int)(in ? in - c.v[i].what : (long)strlen(c.v[i].what)), c.v[i].what,
                              in ? in + dir.n : "",
                              !c.v[i].before  ? " +"
                              : !c.v[i].after ? " -"
                                              : "");
    }
    vec_release(&c);
    return text;
}

T(a_file_is_its_mode_and_what_is_in_it)
{
    struct sv dir[] = {here("d")}, except[] = {SV("*/left-out*")};
    const struct picture_of of = {.files = dir, .n_files = 1, .except = except, .n_except = 1};
    json_t *before, *after;

    T_EQ(mkdir("d", 0750), 0);
    T_EQ(mkdir("d/left-out", 0700), 0);
    put("d/a", "abc", 0640);
    put("d/b", "", 0600);
    put("d/left-out/c", "c", 0600);
    T_EQ(symlink("a", "d/link"), 0);
    T_EQ(mkfifo("d/pipe", 0600), 0);
    before = take(&of);
    T_EQ(json_object_size(before), 5);
    T_CHECK(strstr(fact(before, "file", "d/a"), "0640 ") == fact(before, "file", "d/a"));
    T_CHECK(strstr(fact(before, "file", "d/a"),
                   "3 bytes, sha256 "
                   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    T_STR(fact(before, "link", "d/link"), "to a");
    T_CHECK(strstr(fact(before, "folder", "d"), "0750 ") != NULL);
    T_CHECK(*fact(before, "special file", "d/pipe"));
    after = take(&of);
    T_STR(changed(before, after), "");
    json_decref(after);
    put("d/a", "abd", 0640); /* as long as before */
    T_EQ(chmod("d/b", 0644), 0);
    T_EQ(unlink("d/link"), 0);
    put("d/new", "n", 0600);
    after = take(&of);
    T_STR(changed(before, after), "file d/a|file d/b|file d/new +|link d/link -");
    json_decref(after);
    json_decref(before);
}

T(what_is_not_there_is_a_fact_and_what_cannot_be_read_is_an_error)
{
    struct sv pattern[] = {here("none-*")};
    const struct picture_of of = {
        .files = pattern, .n_files = 1, .databases = pattern, .n_databases = 1};
    json_t *before = take(&of), *after;
    json_t *facts = NULL;
    struct err err;

    T_STR(fact(before, "files", "none-*"), "none are there");
    T_STR(fact(before, "database", "none-*"), "is not there");
    put("none-1", "x", 0600);
    after = take(&of);
    T_STR(changed(before, after), "file none-1 +|files none-* -");
    json_decref(after);
    json_decref(before);
    put("none-*",
        "this is no database at all, and long enough for the header of one. ......................",
        0600);
    T_EQ(picture_take(&of, &facts, &err), ERR_DB);
    T_CHECK(strstr(err.msg, "is not a database") != NULL);
    pattern[0] = SV("/proc/self/mem"); /* a file that can be opened and not read */
    T_EQ(picture_take(&of, &facts, &err), ERR_IO);
    T_CHECK(strstr(err.msg, "/proc/self/mem") != NULL);
    T_CHECK(!facts);
}

static void sql(const char *text)
{
    sqlite3 *db = NULL;
    char *msg = NULL;

    T_EQ(sqlite3_open("a.db", &db), SQLITE_OK);
    if (sqlite3_exec(db, text, NULL, NULL, &msg) != SQLITE_OK)
        T_FAIL("%s: %s", text, msg);
    (void)sqlite3_close(db);
}

T(a_database_is_its_schema_and_its_rows_in_any_order)
{
    struct sv db[] = {here("a.db")};
    const struct picture_of of = {.databases = db, .n_databases = 1};
    json_t *before, *after;

    sql("CREATE TABLE t (a, b); CREATE TABLE \"odd \"\"name\" (x); CREATE INDEX i ON t (a);"
        "INSERT INTO t VALUES (1, 'x'), (2, NULL), (3.5, x'0001')");
    before = take(&of);
    T_EQ(json_object_size(before), 5);
    T_CHECK(strstr(fact(before, "rows of", "a.db: table t"), "3 rows, digest ") != NULL);
    sql("DELETE FROM t; INSERT INTO t VALUES (3.5, x'0001'), (2, NULL), (1, 'x')");
    after = take(&of);
    T_STR(changed(before, after), "");
    json_decref(after);
    sql("UPDATE t SET b = '' WHERE b IS NULL"); /* an empty text is no NULL */
    after = take(&of);
    T_STR(changed(before, after), "rows of a.db: table t");
    json_decref(after);
    sql("UPDATE t SET b = NULL WHERE b = ''; UPDATE t SET a = '1' WHERE a = 1"); /* nor is a text a number */
    after = take(&of);
    T_STR(changed(before, after), "rows of a.db: table t");
    json_decref(after);
    sql("UPDATE t SET a = 1 WHERE a = '1'; DROP INDEX i; ALTER TABLE t ADD COLUMN c");
    after = take(&of);
    T_STR(changed(before, after),
          "rows of a.db: table t|schema of a.db: index i -|schema of a.db: table t");
    json_decref(after);
    json_decref(before);
}

static void pg_sql(PGconn *c, const char *text)
{
    PGresult *r = PQexec(c, text);

    if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK)
        T_FAIL("%s: %s", text, PQerrorMessage(c));
    PQclear(r);
}

/* What changes is undone by the second statement; the facts that tell it, without the name of the database. */
static const struct {
    const char *change, *back, *facts;
} pg_changes[] = {
    {"UPDATE item SET name = '' WHERE name IS NULL", "UPDATE item SET name = NULL WHERE name = ''",
     "rows of table public.item|"},
    {"UPDATE item SET price = 1.5000000000000002 WHERE id = 1",
     "UPDATE item SET price = 1.5 WHERE id = 1", "rows of table public.item|"},
    {"INSERT INTO part_a VALUES (1)", "DELETE FROM part_a", "rows of table public.part_a|"},
    {"ALTER TABLE item ALTER kind DROP NOT NULL", "ALTER TABLE item ALTER kind SET NOT NULL",
     "schema of table public.item|"},
    {"ALTER TABLE item ALTER name SET DEFAULT 'x'", "ALTER TABLE item ALTER name DROP DEFAULT",
     "schema of table public.item|"},
    {"DROP INDEX item_name", "CREATE INDEX item_name ON item (lower(name))",
     "schema of index public.item_name -|"},
    {"ALTER TABLE item ADD CONSTRAINT dear CHECK (price > 0)",
     "ALTER TABLE item DROP CONSTRAINT dear", "schema of constraint public.item.dear +|"},
    {"CREATE OR REPLACE VIEW cheap AS SELECT id FROM item WHERE price < 2",
     "CREATE OR REPLACE VIEW cheap AS SELECT id FROM item WHERE price < 1",
     "schema of view public.cheap|"},
    {"CREATE OR REPLACE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 2'",
     "CREATE OR REPLACE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
     "schema of function public.one()|"},
    {"ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'", "ALTER TYPE mood RENAME VALUE 'fine' TO 'ok'",
     "schema of enum public.mood|"},
    {"ALTER TABLE item DISABLE TRIGGER touch", "ALTER TABLE item ENABLE TRIGGER touch",
     "schema of trigger public.item.touch|"},
    {"CREATE POLICY mine ON item USING (true)", "DROP POLICY mine ON item",
     "schema of policy public.item.mine +|"},
    {"GRANT SELECT ON cheap TO pg_monitor", "REVOKE SELECT ON cheap FROM pg_monitor",
     "schema of view public.cheap|"},
    {"CREATE SCHEMA other", "DROP SCHEMA other", "schema of schema other +|"},
    {"ALTER SEQUENCE item_id_seq INCREMENT 2", "ALTER SEQUENCE item_id_seq INCREMENT 1",
     "schema of sequence public.item_id_seq|"},
};

/* "rows of table public.item|schema of ... +|" */
static void pg_changed(const json_t *before, const json_t *after, struct strbuf *out)
{
    picture_changes c = {0};

    picture_compare(before, after, &c);
    for (size_t i = 0; i < c.n; i++) {
        const char *name = strstr(c.v[i].what, ": ");

        T_CHECK(name && strstr(c.v[i].what, " of "));
        strbuf_add(out, c.v[i].what, (size_t)(strstr(c.v[i].what, " of ") + 4 - c.v[i].what));
        strbuf_addf(out, "%s%s|", name + 2, !c.v[i].before ? " +" : !c.v[i].after ? " -" : "");
    }
    vec_release(&c);
}

T(a_database_of_postgres_is_its_catalog_and_its_rows_in_any_order)
{
    struct t_pg pg;
    struct sv db;
    struct picture_of of = {.databases = &db, .n_databases = 1};
    json_t *before, *after;
    PGconn *c;

    t_pg_start(&pg);
    db = sv_from(pg.url);
    c = PQconnectdb(pg.url);
    pg_sql(
        c,
        "CREATE TABLE item (id serial PRIMARY KEY, name text, price double precision, kind text NOT NULL DEFAULT 'food');"
        "INSERT INTO item (name, price) VALUES ('tea', 1.5), (NULL, NULL), ('milk', 0.1);"
        "CREATE INDEX item_name ON item (lower(name)); CREATE TYPE mood AS ENUM ('ok', 'bad');"
        "CREATE TABLE part (n int) PARTITION BY RANGE (n); CREATE TABLE part_a PARTITION OF part FOR VALUES FROM (0) TO (9);"
        "CREATE VIEW cheap AS SELECT id FROM item WHERE price < 1; GRANT SELECT ON cheap TO tester;"
        "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1';"
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';"
        "CREATE TRIGGER touch BEFORE UPDATE ON item FOR EACH ROW EXECUTE FUNCTION f();"
        "CREATE MATERIALIZED VIEW later AS SELECT 1 WITH NO DATA; CREATE DOMAIN small AS int CHECK (value < 9)");
    before = take(&of);
    pg_sql(c, "CREATE TEMPORARY TABLE kept AS TABLE item; TRUNCATE item;" /* the other way round */
              "INSERT INTO item SELECT * FROM kept ORDER BY id DESC; DROP TABLE kept");
    for (size_t i = 0; i < ARRAY_LEN(pg_changes); i++) {
        CLEANUP(strbuf_release) struct strbuf told = STRBUF(0), again = STRBUF(0);

        pg_sql(c, pg_changes[i].change);
        after = take(&of);
        pg_changed(before, after, &told);
        T_STR(strbuf_str(&told), pg_changes[i].facts);
        json_decref(after);
        pg_sql(c, pg_changes[i].back);
        after = take(&of);
        pg_changed(before, after, &again);
        T_STR(strbuf_str(&again), "");
        json_decref(after);
    }
    json_decref(before);
    PQfinish(c);
    t_pg_stop(&pg);
}

T(a_database_that_cannot_be_read_is_an_error)
{
    struct sv db[] = {here("a.db")};
    const struct picture_of of = {.databases = db, .n_databases = 1};
    json_t *facts = NULL;
    struct err err;

    sql("CREATE TABLE t (a); PRAGMA writable_schema = ON;"
        "INSERT INTO sqlite_master VALUES ('table', 'v', 'v', 0, 'CREATE VIRTUAL TABLE v USING nobody_has()')");
    T_EQ(picture_take(&of, &facts, &err), ERR_DB);
    T_CHECK(strstr(err.msg, "nobody_has") != NULL);
    T_EQ(unlink("a.db"), 0);
    T_EQ(mkdir("a.db", 0700), 0);
    T_EQ(picture_take(&of, &facts, &err), ERR_DB);
    T_CHECK(!facts);
}

/* --- services --- */

static struct plan_service service_here(const char *name)
{
    static struct sv command[] = {SV("sleep"), SV("1000")};

    return (struct plan_service){.name = sv_from(name),
                                 .manager = SV("process"),
                                 .command = command,
                                 .n_command = 2,
                                 .pid_file = here("pid"),
                                 .start_timeout_ms = 60000,
                                 .stop_timeout_ms = 60000};
}

static enum MHD_Result tell_version(struct server *s, struct server_request *r)
{
    const char *text = s->data;

    return server_text(r, *text ? 200 : 500, text);
}

T(a_service_is_its_state_its_program_and_the_version_that_it_tells)
{
    char version[32] = "";
    struct server server = {.data = version};
    struct plan_service services[] = {service_here("web"), service_here("told"),
                                      service_here("asked")};
    struct plan plan = {.services = services, .n_services = 3, .workdir = here("")};
    struct sv names[] = {SV("web"), SV("told"), SV("asked")}, none[] = {SV("other")};
    struct picture_of of = {.plan = &plan, .services = names, .n_services = 3};
    json_t *before, *after, *facts = NULL;
    char url[100], pid[32];
    struct err err;
    pid_t child;

    server_start(&server, tell_version, -1);
    (void)snprintf(url, sizeof(url), "%s/version", server.url);
    services[1].version.command = SV("cat VERSION");
    services[2].version.url = sv_from(url);
    services[2].version.field = SV("v");
    before = take(&of);
    T_STR(json_get_str(before, "service web", ""), "stopped");
    T_STR(json_get_str(before, "version of service told", ""), "is not told");
    T_STR(json_get_str(before, "version of service asked", ""), "is not told");
    T_CHECK(!json_object_get(before, "program of service web"));
    put("VERSION", "7\n", 0600);
    (void)snprintf(version, sizeof(version), "{\"v\": \"1.2\"}");
    child = fork();
    if (child == 0) {
        (void)execlp("sleep", "sleep", "1000", NULL);
        _exit(98);
    }
    (void)snprintf(pid, sizeof(pid), "%d\n", child);
    put("pid", pid, 0600);
    after = take(&of);
    T_STR(json_get_str(after, "service web", ""), "running");
    T_STR(json_get_str(after, "version of service told", ""), "7");
    T_STR(json_get_str(after, "version of service asked", ""), "1.2");
    T_CHECK(strstr(json_get_str(after, "program of service web", ""), "sha256 ") != NULL);
    T_EQ(kill(child, SIGKILL), 0);
    T_EQ(waitpid(child, NULL, 0), child);
    json_decref(after);
    json_decref(before);
    of.services = none;
    of.n_services = 1;
    T_EQ(picture_take(&of, &facts, &err), ERR_NOT_FOUND);
    services[0].manager = SV("runit"); /* whose folder is not there */
    services[0].dir = here("nowhere");
    of.services = names;
    before = take(&of);
    T_CHECK(strstr(json_get_str(before, "service web", ""), "cannot be asked: ") != NULL);
    json_decref(before);
    server_stop(&server);
}

T_MAIN(T_CASE(a_file_is_its_mode_and_what_is_in_it),
       T_CASE(what_is_not_there_is_a_fact_and_what_cannot_be_read_is_an_error),
       T_CASE(a_database_is_its_schema_and_its_rows_in_any_order),
       T_CASE(a_database_of_postgres_is_its_catalog_and_its_rows_in_any_order),
       T_CASE(a_database_that_cannot_be_read_is_an_error),
       T_CASE(a_service_is_its_state_its_program_and_the_version_that_it_tells))
