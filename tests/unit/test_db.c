/* Both kinds of connection keep the same promises, against a real file and a real server. */
#include "db/db.h"

#include <poll.h>
#include <pthread.h>
#include <sqlite3.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "base/limits.h"
#include "t.h"
#include "t_pg.h"

static struct db *open_url(const char *url)
{
    struct db_config c = {.url = sv_from(url), .create = true};
    struct db *db = NULL;
    struct err err = {0};

    T_OK(db_open(&c, &db, &err), err);
    return db;
}

static void run(struct db *db, const char *sql)
{
    struct err err = {0};

    T_OK(db_run(db, sv_from(sql), NULL, 0, NULL, &err), err);
}

static const char *one(struct db *db, const char *sql)
{
    static char text[300];
    struct arena a = {0};
    struct db_value v;
    struct err err = {0};

    T_OK(db_one(db, &a, sv_from(sql), NULL, 0, &v, &err), err);
    (void)snprintf(text, sizeof(text), "%.*s", SV_FMT(v.is_null ? SV("NULL") : v.text));
    arena_release(&a);
    return text;
}

/* --- what both do --- */

static void values_go_in_and_come_out(struct db *db)
{
    const struct db_value v[] = {DB_TEXT(SV("1")), DB_TEXT(SV("it's \"ü\"\n")), DB_NULL};
    struct arena a = {0};
    struct db_table t = {0};
    struct err err = {0};
    int64_t changed = -1;

    run(db, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, note TEXT)");
    T_OK(db_run(db, SV("INSERT INTO t (id, name, note) VALUES ($1, $2, $3)"), v, 3, &changed, &err),
         err);
    T_EQ(changed, 1);
    run(db,
        "INSERT INTO t VALUES (2, '', 'x'); INSERT INTO t VALUES (3, 'c', 'd'), (4, 'e', 'f');");
    T_OK(db_all(db, &a, SV("SELECT id, name AS n, note FROM t WHERE id < $1 ORDER BY id"),
                &DB_TEXT(SV("3")), 1, &t, &err),
         err);
    T_EQ(t.n_rows, 2);
    T_EQ(t.n_cols, 3);
    T_SV(t.names[1], "n");
    T_SV(t.v[0].text, "1");
    T_SV(t.v[1].text, "it's \"ü\"\n");
    T_CHECK(t.v[2].is_null && !t.v[4].is_null && t.v[4].text.n == 0);
    T_OK(db_all(db, &a, SV("SELECT id, name FROM t WHERE id = 99"), NULL, 0, &t, &err), err);
    T_EQ(t.n_rows, 0);
    T_EQ(t.n_cols, 2);
    T_SV(t.names[0], "id");
    T_STR(one(db, "SELECT name FROM t WHERE id = 3"), "c");
    T_STR(one(db, "SELECT id FROM t WHERE id = 99"), "NULL");
    T_OK(db_run(db, SV("UPDATE t SET note = 'n' WHERE id > 2"), NULL, 0, &changed, &err), err);
    T_EQ(changed, 2);
    T_EQ(db_changed(db), 2);
    T_OK(db_run(db, SV("CREATE TABLE u (id INTEGER)"), NULL, 0, &changed, &err), err);
    T_EQ(changed, 0);
    T_OK(db_run(db, SV("  -- nothing\n"), NULL, 0, NULL, &err), err);
    arena_release(&a);
}

static void errors_say_what_and_where(struct db *db)
{
    struct err err = {0};
    bool is_pg = db_kind(db) == DB_POSTGRES;

    run(db, "CREATE TABLE uniq (id INTEGER UNIQUE)");
    run(db, "INSERT INTO uniq VALUES (1)");
    T_REFUSED(db_run(db, SV("SELECT 'ü', wrong FROM uniq"), NULL, 0, NULL, &err), err, ERR_DB,
              "wrong");
    T_EQ(db_error(db)->position, 14); /* in bytes, though PostgreSQL counts characters */
    T_CHECK(strstr(err.msg, db_name(db)) != NULL);
    T_REFUSED(db_run(db, SV("INSERT INTO uniq VALUES (1)"), NULL, 0, NULL, &err), err, ERR_DB, "");
    T_STR(db_error(db)->sqlstate, is_pg ? "23505" : "");
    T_EQ(db_error(db)->sqlite, is_pg ? 0 : SQLITE_CONSTRAINT_UNIQUE);
    T_STR(db_error(db)->constraint, is_pg ? "uniq_id_key" : "");
    T_CHECK(db_error(db)->message[0] && db_error(db)->position == 0);
    T_REFUSED(db_run(db, SV("SELECT $1; SELECT 2"), &DB_TEXT(SV("1")), 1, NULL, &err), err,
              is_pg ? ERR_DB : ERR_INVALID, "");
    T_REFUSED(db_run(db, (struct sv){"a\0b", 3}, NULL, 0, NULL, &err), err, ERR_INVALID, "NUL");
    T_REFUSED(db_run(db, (struct sv){"", (size_t)LIMIT_SQL_BYTES + 1}, NULL, 0, NULL, &err), err,
              ERR_LIMIT, "bytes");
    T_STR(one(db, "SELECT count(*) FROM uniq"), "1"); /* it can be gone on with */
}

static enum err_code third_is_enough(void *arg, const struct db_row *row, struct err *err)
{
    int *rows = arg;

    T_EQ(row->n, 1);
    return ++*rows == 3 ? err_set(err, ERR_INVALID, "three") : ERR_OK;
}

#define MANY_ROWS \
    "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < 20000) SELECT i FROM s"

static void rows_can_be_stopped_and_are_bounded(struct db *db)
{
    struct arena a = {0};
    struct db_table t;
    struct err err = {0};
    int rows = 0;

    T_REFUSED(db_each(db, SV(MANY_ROWS), NULL, 0, third_is_enough, &rows, &err), err, ERR_INVALID,
              "three");
    T_EQ(rows, 3);
    T_REFUSED(db_all(db, &a, SV(MANY_ROWS), NULL, 0, &t, &err), err, ERR_INVALID, "more than");
    T_STR(one(db, "SELECT 7"), "7");
    arena_release(&a);
}

static void transactions_are_known(struct db *db)
{
    struct err err = {0};

    run(db, "CREATE TABLE tr (i INTEGER)");
    T_CHECK(!db_in_transaction(db));
    run(db, "BEGIN");
    T_CHECK(db_in_transaction(db));
    run(db, "INSERT INTO tr VALUES (1)");
    T_REFUSED(db_run(db, SV("SELECT nothing_such"), NULL, 0, NULL, &err), err, ERR_DB, "");
    T_CHECK(db_in_transaction(db));
    run(db, "ROLLBACK");
    T_CHECK(!db_in_transaction(db));
    T_STR(one(db, "SELECT count(*) FROM tr"), "0");
}

#define ENDLESS \
    "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 - i * 0 FROM s) SELECT max(i) FROM s"

static void *cancels(void *arg)
{
    (void)poll(NULL, 0, 100); /* while the statement runs */
    db_cancel(arg);
    return NULL;
}

static void a_limit_and_a_cancel_end_a_statement(struct db *db)
{
    struct err err = {0};
    pthread_t thread;

    db_limit(db, 60);
    T_REFUSED(db_run(db, SV(ENDLESS), NULL, 0, NULL, &err), err, ERR_TIMEOUT, "60 ms");
    db_limit(db, 0);
    T_STR(one(db, "SELECT 1"), "1");
    T_EQ(pthread_create(&thread, NULL, cancels, db), 0);
    T_REFUSED(db_run(db, SV(ENDLESS), NULL, 0, NULL, &err), err, ERR_INTERRUPTED, "stopped");
    T_EQ(pthread_join(thread, NULL), 0);
    T_STR(one(db, "SELECT 2"), "2");
    db_cancel(db); /* between two statements: the next one */
    T_REFUSED(db_run(db, SV("SELECT 3"), NULL, 0, NULL, &err), err, ERR_INTERRUPTED, "stopped");
    T_STR(one(db, "SELECT 4"), "4");
}

static void names_and_texts_are_quoted(struct db *db)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);

    strbuf_add_str(&sql, "SELECT ");
    db_quote_text(&sql, SV("it's \\ \"so\""));
    strbuf_add_str(&sql, " AS ");
    db_quote_name(&sql, SV("a \"b\" 'c'"));
    T_STR(one(db, strbuf_str(&sql)), "it's \\ \"so\"");
}

static void nothing_is_changed_by_a_reader(const char *url)
{
    struct db_config c = {.url = sv_from(url), .read_only = true};
    CLEANUP(db_closep) struct db *db = NULL;
    struct err err = {0};

    T_OK(db_open(&c, &db, &err), err);
    T_REFUSED(db_run(db, SV("CREATE TABLE no (i INTEGER)"), NULL, 0, NULL, &err), err, ERR_DB,
              "read");
}

static void what_another_holds_is_waited_for_until_the_limit(const char *url, const char *begin,
                                                             const char *wants)
{
    CLEANUP(db_closep) struct db *holder = open_url(url);
    CLEANUP(db_closep) struct db *db = open_url(url);
    struct err err = {0};

    run(holder, "CREATE TABLE held (i INTEGER)");
    run(holder, begin);
    db_limit(db, 80);
    T_REFUSED(db_run(db, sv_from(wants), NULL, 0, NULL, &err), err, ERR_TIMEOUT, "80 ms");
    run(holder, "ROLLBACK");
    run(db, wants);
}

static void both(const char *url)
{
    CLEANUP(db_closep) struct db *db = open_url(url);

    T_CHECK(db_is_open(db));
    values_go_in_and_come_out(db);
    errors_say_what_and_where(db);
    rows_can_be_stopped_and_are_bounded(db);
    transactions_are_known(db);
    a_limit_and_a_cancel_end_a_statement(db);
    names_and_texts_are_quoted(db);
    nothing_is_changed_by_a_reader(url);
}

T(a_file_of_sqlite)
{
    both("sqlite:file.db");
    what_another_holds_is_waited_for_until_the_limit("sqlite:file.db", "BEGIN EXCLUSIVE",
                                                     "INSERT INTO held VALUES (1)");
}

T(a_server_of_postgresql)
{
    struct t_pg pg;
    struct db *db;

    t_pg_start(&pg);
    both(pg.url);
    what_another_holds_is_waited_for_until_the_limit(pg.url, "BEGIN; LOCK TABLE held",
                                                     "INSERT INTO held VALUES (1)");
    db = open_url(pg.url);
    T_EQ(db_kind(db), DB_POSTGRES);
    T_CHECK(db_version(db) >= 130000);
    T_STR(db_name(db), "postgresql://tester@:5432/postgres");
    T_STR(one(db, "SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()"),
          "prusik");
    db_close(db);
    t_pg_stop(&pg);
}

/* --- SQLite --- */

T(a_file_is_named_in_several_ways)
{
    static const char *const urls[] = {"a.db", "sqlite:a.db", "sqlite:///a.db",
                                       "sqlite+pysqlite:///a.db", "SQLITE3:a.db"};
    char url[300], cwd[200];

    db_close(open_url("a.db"));
    T_CHECK(getcwd(cwd, sizeof(cwd)) != NULL);
    (void)snprintf(url, sizeof(url), "sqlite:///%s/a.db", cwd); /* four slashes */
    db_close(open_url(url));
    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        struct db_config c = {.url = sv_from(urls[i])};
        struct err err = {0};
        struct db *db = NULL;

        T_OK(db_open(&c, &db, &err), err);
        T_STR(db_name(db), "a.db");
        T_EQ(db_kind(db), DB_SQLITE);
        T_EQ(db_version(db), sqlite3_libversion_number());
        db_close(db);
    }
    T_CHECK(db_is_url(SV("sqlite:a")) && db_is_url(SV("postgres://h/d")));
    T_CHECK(!db_is_url(SV("a.db")) && !db_is_url(SV("postgres")) && !db_is_url(SV("postgresql+x")));
    T_CHECK(!db_is_url(SV("postgres:d")) && !db_is_url(SV("")));
}

T(a_file_that_is_not_there_or_no_database_is_told)
{
    struct db_config c = {.url = SV("none.db")};
    struct db *db = NULL;
    struct err err = {0};
    FILE *f = fopen("text", "w");

    T_CHECK(f &&
            fputs("this is no database, but it is long enough to be asked about one", f) >= 0 &&
            fclose(f) == 0);
    T_REFUSED(db_open(&c, &db, &err), err, ERR_NOT_FOUND, "'none.db': there is no such file");
    T_CHECK(access("none.db", F_OK) != 0);
    c.url = SV("text");
    T_REFUSED(db_open(&c, &db, &err), err, ERR_DB, "text: file is not a database");
    c.url = SV(".");
    T_REFUSED(db_open(&c, &db, &err), err, ERR_DB, "'.' is a folder");
    c.url = SV("none/none.db");
    c.create = true;
    T_REFUSED(db_open(&c, &db, &err), err, ERR_NOT_FOUND,
              "'none/none.db': there is no such folder");
    c.create = false;
    c.url = SV("sqlite://");
    T_REFUSED(db_open(&c, &db, &err), err, ERR_INVALID, "names no database");
    c.url = SV("sqlite:///none.db");
    T_REFUSED(db_open(&c, &db, &err), err, ERR_INVALID, "none is there");
    T_STR(err.hint, "write sqlite:none.db or sqlite:/none.db");
    c.url = SV("sqlite:///tmp");
    T_EQ(mkdir("tmp", 0700), 0);
    T_REFUSED(db_open(&c, &db, &err), err, ERR_INVALID, "both are there");
    c.url = (struct sv){"a\0b", 3};
    T_REFUSED(db_open(&c, &db, &err), err, ERR_INVALID, "address");
    T_CHECK(!db);
}

static enum err_code takes_bytes(void *arg, const struct db_row *row, struct err *err UNUSED)
{
    *(bool *)arg = row->v[0].text.n == 3 && memcmp(row->v[0].text.p, "\1\0\2", 3) == 0;
    return ERR_OK;
}

T(a_blob_comes_as_its_bytes)
{
    CLEANUP(db_closep) struct db *db = open_url("b.db");
    struct err err = {0};
    bool right = false;

    T_OK(db_each(db, SV("SELECT x'010002'"), NULL, 0, takes_bytes, &right, &err), err);
    T_CHECK(right);
}

T(without_a_limit_a_lock_is_waited_for_and_then_told)
{
    CLEANUP(db_closep) struct db *holder = open_url("l.db");
    CLEANUP(db_closep) struct db *db = open_url("l.db");
    struct err err = {0};

    run(holder, "CREATE TABLE t (i INTEGER); BEGIN IMMEDIATE");
    T_REFUSED(db_run(db, SV("INSERT INTO t VALUES (1)"), NULL, 0, NULL, &err), err, ERR_LOCKED,
              "database is locked");
}

/* --- PostgreSQL --- */

struct notices {
    int n;
    char last[100];
};

static void on_notice(void *arg, struct sv severity, struct sv message)
{
    struct notices *n = arg;

    n->n++;
    (void)snprintf(n->last, sizeof(n->last), "%.*s: %.*s", SV_FMT(severity), SV_FMT(message));
}

static void a_copy_is_refused(struct db *db)
{
    struct err err = {0};

    run(db, "CREATE TABLE copied (i INTEGER)");
    T_REFUSED(db_run(db, SV("COPY copied FROM STDIN"), NULL, 0, NULL, &err), err, ERR_INVALID,
              "COPY");
    T_REFUSED(
        db_run(db, SV("COPY (SELECT generate_series(1, 100000)) TO STDOUT"), NULL, 0, NULL, &err),
        err, ERR_INVALID, "COPY");
    T_STR(one(db, "SELECT count(*) FROM copied"), "0");
}

T(what_the_server_tells_beside_the_result)
{
    struct notices notices = {0};
    struct err err = {0};
    struct t_pg pg;
    struct db *db;

    t_pg_start(&pg);
    db = open_url(pg.url);
    run(db, "DROP TABLE IF EXISTS nobody"); /* a notice that nobody wants */
    db_on_notice(db, on_notice, &notices);
    run(db, "DROP TABLE IF EXISTS nobody");
    T_EQ(notices.n, 1);
    T_STR(notices.last, "NOTICE: table \"nobody\" does not exist, skipping");
    T_REFUSED(db_run(db, SV("SELECT lenght('a')"), NULL, 0, NULL, &err), err, ERR_DB,
              "function lenght(unknown) does not exist (42883)");
    T_CHECK(strstr(err.hint, "No function matches") != NULL);
    T_REFUSED(db_run(db, SV("SELECT 1; SELECT 1 / 0; SELECT 2"), NULL, 0, NULL, &err), err, ERR_DB,
              "division by zero");
    a_copy_is_refused(db);
    db_close(db);
    t_pg_stop(&pg);
}

static void often(struct db *db, const char *sql, const char *text)
{
    struct db_value v = DB_TEXT(sv_from(text));
    struct err err = {0};

    T_OK(db_run_often(db, sv_from(sql), &v, 1, &err), err);
}

T(a_statement_that_comes_again_is_read_once_until_the_server_forgets_it)
{
    static const char put[] = "INSERT INTO t VALUES ($1)",
                      twice[] = "INSERT INTO t VALUES ($1 || $1)";
    struct db_value v = DB_TEXT(SV("d"));
    struct err err = {0};
    struct t_pg pg;
    struct db *db, *lite;

    t_pg_start(&pg);
    db = open_url(pg.url);
    run(db, "CREATE TABLE t (i text)");
    often(db, put, "a");
    often(db, put, "b");
    T_STR(one(db, "SELECT string_agg(statement, ';') FROM pg_prepared_statements"),
          "PREPARE prusik_often AS INSERT INTO t VALUES ($1)");
    often(db, twice, "c");
    T_STR(one(db, "SELECT string_agg(i, ',' ORDER BY i) FROM t"), "a,b,cc");
    T_REFUSED(db_run_often(db, SV("INSERT INTO nobody VALUES ($1)"), &v, 1, &err), err, ERR_DB,
              "relation \"nobody\" does not exist (42P01)");
    T_CHECK(!db_forgot(db));
    often(db, put, "e");
    run(db, "DEALLOCATE ALL");
    T_REFUSED(db_run_often(db, sv_from(put), &v, 1, &err), err, ERR_DB, "does not exist (26000)");
    T_CHECK(db_forgot(db));
    T_CHECK(!db_forgot(db));
    often(db, put, "f");
    T_STR(one(db, "SELECT count(*) FROM pg_prepared_statements"), "0");
    T_STR(one(db, "SELECT string_agg(i, ',' ORDER BY i) FROM t"), "a,b,cc,e,f");
    T_OK(db_run_often_with(db, sv_from(put), &v, 1, SV("INSERT INTO t VALUES ('g')"), &err), err);
    T_REFUSED(db_run_often_with(db, sv_from(put), &v, 1,
                                SV("SELECT 1; INSERT INTO nobody VALUES (1)"), &err),
              err, ERR_DB, "(42P01)");
    T_CHECK(db_done(db) > 0);
    T_STR(one(db, "SELECT string_agg(i, ',' ORDER BY i) FROM t"), "a,b,cc,d,d,e,f,g");
    db_close(db);
    t_pg_stop(&pg);
    lite = open_url(":memory:");
    run(lite, "CREATE TABLE t (i text)");
    often(lite, put, "a");
    often(lite, put, "b");
    T_STR(one(lite, "SELECT group_concat(i) FROM t"), "a,b");
    db_close(lite);
}

/* A value and what stands behind it in one message, whatever is in the value. */
T(a_statement_that_comes_again_takes_others_with_it)
{
    static const char put[] = "INSERT INTO t VALUES (1 / length($1), $1, $2)",
                      odd[] = "'\\''$1; \xc3\xa4\n";
    struct db_value v[] = {DB_TEXT(SV("a")), DB_NULL}, longer;
    struct strbuf many = STRBUF(0);
    struct err err = {0};
    struct t_pg pg;
    struct db *db;

    t_pg_start(&pg);
    db = open_url(pg.url);
    run(db, "CREATE TABLE t (n int, i text, j text)");
    v[0] = DB_TEXT(sv_from(odd));
    T_OK(db_run_often_with(db, sv_from(put), v, 2, SV("SELECT 1; SELECT 2"), &err), err);
    T_EQ(db_done(db), 3);
    run(db, "SET standard_conforming_strings = off");
    T_OK(db_run_often_with(db, sv_from(put), v, 2, SV("SELECT 1"), &err), err);
    T_STR(one(db, "SELECT i FROM t LIMIT 1"), odd);
    T_STR(one(db, "SELECT count(DISTINCT i)::text || count(*) || count(j) FROM t"), "120");
    strbuf_add_n(&many, 'x', 100000);
    longer = v[0];
    v[0] = DB_TEXT(strbuf_sv(&many));
    T_OK(db_run_often_with(db, sv_from(put), v, 2, SV("SELECT 1"), &err), err);
    T_STR(one(db, "SELECT max(length(i)) FROM t"), "100000");
    v[0] = DB_TEXT(SV(""));
    T_REFUSED(db_run_often_with(db, sv_from(put), v, 2, SV("SELECT 1"), &err), err, ERR_DB,
              "(22012)");
    T_EQ(db_done(db), 0);
    v[0] = longer;
    T_REFUSED(db_run_often_with(db, sv_from(put), v, 2, SV("SELECT 1; SELECT 1 / 0"), &err), err,
              ERR_DB, "(22012)");
    T_EQ(db_done(db), 2);
    T_REFUSED(
        db_run_often_with(db, SV("INSERT INTO nobody VALUES ($1)"), v, 1, SV("SELECT 1"), &err),
        err, ERR_DB, "(42P01)");
    T_EQ(db_done(db), 0);
    T_OK(db_run_often_with(db, sv_from(put), v, 2, SV(""), &err), err);
    run(db, "DEALLOCATE ALL");
    T_REFUSED(db_run_often_with(db, sv_from(put), v, 2, SV("SELECT 1"), &err), err, ERR_DB,
              "(26000)");
    T_CHECK(db_forgot(db));
    strbuf_release(&many);
    db_close(db);
    t_pg_stop(&pg);
}

T(a_lock_that_the_server_does_not_give_is_told_apart)
{
    struct err err = {0};
    struct t_pg pg;
    struct db *holder, *db;

    t_pg_start(&pg);
    holder = open_url(pg.url);
    db = open_url(pg.url);
    run(holder, "CREATE TABLE t (i INTEGER)");
    run(holder, "BEGIN");
    run(holder, "LOCK TABLE t");
    run(db, "SET lock_timeout = '20ms'");
    T_REFUSED(db_run(db, SV("INSERT INTO t VALUES (1)"), NULL, 0, NULL, &err), err, ERR_LOCKED,
              "55P03");
    db_close(db);
    db_close(holder);
    t_pg_stop(&pg);
}

T(a_connection_that_is_lost_is_told_and_stays_lost)
{
    struct err err = {0};
    struct t_pg pg;
    struct db *db, *other;
    struct pollfd backend = {.events = POLLIN};
    uint64_t pid;

    t_pg_start(&pg);
    db = open_url(pg.url);
    other = open_url(pg.url);
    T_CHECK(sv_to_u64(sv_from(one(other, "SELECT pg_backend_pid()")), &pid));
    backend.fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
    T_CHECK(backend.fd >= 0);
    T_REFUSED(db_run(db, SV("SELECT pg_terminate_backend(pg_backend_pid())"), NULL, 0, NULL, &err),
              err, ERR_NET, "57P01");
    T_CHECK(!db_is_open(db));
    T_REFUSED(db_run(db, SV("SELECT 1"), NULL, 0, NULL, &err), err, ERR_NET, "lost");
    t_pg_end(&pg, SIGKILL);
    T_EQ(poll(&backend, 1, 60000), 1); /* it answers until it sees that its postmaster is gone */
    T_EQ(close(backend.fd), 0);
    T_REFUSED(db_run(other, SV("SELECT 1"), NULL, 0, NULL, &err), err, ERR_NET,
              "postgresql://tester@:5432/postgres: "); /* in the server's words, or libpq's */
    T_CHECK(!db_is_open(other));
    db_close(db);
    db_close(other);
}

T(a_server_that_cannot_be_reached_is_told_without_the_password)
{
    struct db_config c = {.url = SV("postgresql://u:geheim@/d?host=/nonexistent")};
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    struct db *db = NULL;
    struct err err = {0};
    char url[300], cwd[80];
    int silent;

    T_REFUSED(db_open(&c, &db, &err), err, ERR_NET, "postgresql://u@/d: ");
    T_CHECK(strstr(err.hint, "psql -h /nonexistent -p 5432 -U u -d d tries the same"));
    T_CHECK(!strstr(err.msg, "geheim"));
    c.url = SV("postgresql://u:geheim@[h/d");
    T_REFUSED(db_open(&c, &db, &err), err, ERR_INVALID, "not one that libpq reads");
    T_CHECK(!strstr(err.msg, "geheim") && err.hint[0]);
    /* one that accepts and says nothing */
    T_CHECK(getcwd(cwd, sizeof(cwd)) != NULL);
    (void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/.s.PGSQL.5432", cwd);
    silent = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    T_CHECK(silent >= 0 && bind(silent, (void *)&sun, sizeof(sun)) == 0 && listen(silent, 1) == 0);
    (void)snprintf(url, sizeof(url), "postgres://u@/d?host=%s", cwd);
    c.url = sv_from(url);
    c.connect_ms = 50;
    T_REFUSED(db_open(&c, &db, &err), err, ERR_NET, "no connection in 50 ms");
    T_CHECK(!db);
    (void)close(silent);
}

T_MAIN(T_CASE(a_file_of_sqlite), T_CASE(a_server_of_postgresql),
       T_CASE(a_file_is_named_in_several_ways),
       T_CASE(a_file_that_is_not_there_or_no_database_is_told), T_CASE(a_blob_comes_as_its_bytes),
       T_CASE(without_a_limit_a_lock_is_waited_for_and_then_told),
       T_CASE(what_the_server_tells_beside_the_result),
       T_CASE(a_statement_that_comes_again_is_read_once_until_the_server_forgets_it),
       T_CASE(a_statement_that_comes_again_takes_others_with_it),
       T_CASE(a_lock_that_the_server_does_not_give_is_told_apart),
       T_CASE(a_connection_that_is_lost_is_told_and_stays_lost),
       T_CASE(a_server_that_cannot_be_reached_is_told_without_the_password))
