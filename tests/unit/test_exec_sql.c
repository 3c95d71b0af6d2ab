/* Blocks of SQL of a document, on a real PostgreSQL. */
#include "db/db.h"
#include "exec_bench.h"
#include "t_pg.h"

#include <sys/stat.h>

#define SQL(text) "```sql\n" text "\n```\n"

static struct t_pg pg;

static void begin(struct bench *b, const char *document)
{
    char binding[700];

    (void)snprintf(
        binding, sizeof(binding),
        "environment: test\nsteps: {deployment: {undo: not needed here}}\ndatabases: {shop: {url: $SHOP}}\nenv: {SHOP: '%s'}\n",
        pg.url);
    bench_plan(b, document, binding);
}

static struct db *client(void)
{
    struct db_config c = {.url = sv_from(pg.url)};
    struct db *db = NULL;
    struct err err;

    T_OK(db_open(&c, &db, &err), err);
    return db;
}

static void do_sql(const char *sql)
{
    CLEANUP(db_closep) struct db *db = client();
    struct err err;

    T_OK(db_run(db, sv_from(sql), NULL, 0, NULL, &err), err);
}

T(statements_and_meta_commands_are_checked_and_undone)
{
    struct bench b;

    t_pg_start(&pg);
    do_sql("CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE TABLE deals (id serial PRIMARY KEY, "
           "price integer NOT NULL CHECK (price > 0), note varchar(50)); CREATE INDEX by_note ON "
           "deals (note); INSERT INTO deals (price) VALUES (10), (20), (30)");
    begin(&b, "# D\n\n## Deployment\n\n" SQL(
                  "psql -h db shop\n\\d deals\n-- Should contain \"note\"\n"
                  "\\dt\n-- Should contain \"deals\"\n\\dT\n\\conninfo\n\\timing\n"
                  "SELECT count(*) FROM deals;\n-- Expected: 3\n"
                  "BEGIN;\nUPDATE deals SET price = price + 1;\nCOMMIT;\n"
                  "CREATE INDEX CONCURRENTLY by_price ON deals (price);\n"
                  "SELECT price FROM deals ORDER BY id;\n-- Expected: 3 rows\n\\q"));
    if (bench_run(&b) != EXIT_CODE_DONE)
        T_FAIL("%s: %s", b.err.msg, strbuf_str(&b.out));
    T_CHECK(
        sv_has(strbuf_sv(&b.out), SV("id|integer||not null|nextval('deals_id_seq'::regclass)\n")));
    T_CHECK(sv_has(strbuf_sv(&b.out), SV("\"deals_pkey\" PRIMARY KEY, btree (id)\n")));
    T_CHECK(sv_has(strbuf_sv(&b.out), SV("\"deals_price_check\" CHECK ((price > 0))\n")));
    T_CHECK(sv_has(strbuf_sv(&b.out), SV("mood|good, bad\n")));
    T_CHECK(sv_has(strbuf_sv(&b.out), SV("3 rows changed\n")));
    T_CHECK(sv_has(strbuf_sv(&b.out), SV("11\n21\n31\n")));
    bench_end(&b);
    t_pg_stop(&pg);
}

T(a_statement_that_fails_stops_the_run_with_the_words_of_the_server)
{
    struct bench b;

    t_pg_start(&pg);
    begin(&b, "# D\n\n## Deployment\n\n" SQL("SELECT nothing FROM nowhere;"));
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_CHECK(strstr(strbuf_str(&b.out), "relation \"nowhere\" does not exist (42P01)") != NULL);
    bench_end(&b);
    t_pg_stop(&pg);
}

/* A dump into a database that has the tables doubles its rows, and psql ends with 0. */
T(a_restore_that_reports_errors_is_a_failed_step)
{
    struct bench b;

    t_pg_start(&pg);
    do_sql("CREATE TABLE t (a integer); INSERT INTO t VALUES (1)");
    bench_write("dump.sql", "CREATE TABLE t (a integer);\nCOPY t FROM stdin;\n1\n\\.\n");
    begin(&b, "# D\n\n## Deployment\n\n```bash\npsql -X \"$SHOP\" < dump.sql\n```\n");
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    if (!bench_says(&b,
                    "psql ends with 0, but says 1 error: ERROR:  relation \"t\" already exists"))
        T_FAIL("%s", b.err.msg);
    bench_end(&b);
    t_pg_stop(&pg);
}

T(a_server_that_is_down_is_a_failed_step)
{
    struct bench b;

    t_pg_start(&pg);
    t_pg_stop(&pg);
    begin(&b, "# D\n\n## Deployment\n\n" SQL("CREATE TABLE t (i int);"));
    T_EQ(bench_run(&b), EXIT_CODE_FAILED); /* nothing was sent: it has not happened */
    bench_end(&b);
}

static void lose_power(struct bench *b UNUSED)
{
    CLEANUP(db_closep) struct db *db = client();
    struct arena a = {0};
    struct db_value v = DB_NULL;
    struct err err;

    /* wait until the statement runs at the server */
    for (int tries = 0; tries < 1000 && (v.is_null || !sv_eq(v.text, SV("1"))); tries++) {
        T_OK(db_one(db, &a,
                    SV("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND "
                       "state = 'active' AND pid <> pg_backend_pid()"),
                    NULL, 0, &v, &err),
             err);
        (void)poll(NULL, 0, 5);
    }
    arena_release(&a);
    t_pg_end(&pg, SIGKILL);
}

static void lose_power_later(uv_timer_t *t)
{
    lose_power(t->data);
    uv_close((uv_handle_t *)t, NULL);
}

static uv_timer_t later;

static void on_begun(struct bench *b)
{
    later.data = b;
    (void)uv_timer_init(run_uv(b->run), &later);
    (void)uv_timer_start(&later, lose_power_later, 50, 0);
}

T(contact_lost_in_a_statement_leaves_the_step_in_doubt)
{
    struct bench b;

    t_pg_start(&pg);
    do_sql("CREATE TABLE t (i int)");
    begin(&b, "# D\n\n## Deployment\n\n" SQL("INSERT INTO t SELECT 1 FROM pg_sleep(20);"));
    b.at = "step-intent";
    b.at_count = 1;
    b.act = on_begun;
    T_EQ(bench_run(&b), EXIT_CODE_WAITING); /* nobody is there to say whether it has happened */
    t_pg_run(&pg);
    b.answers = "nn"; /* it did not happen; not again */
    (void)bench_resume(&b);
    if (!strstr(strbuf_str(&b.last_question), "INSERT INTO t"))
        T_FAIL("asked: '%s'", strbuf_str(&b.last_question));
    bench_end(&b);
    t_pg_stop(&pg);
}

/* Which of its scans the planner takes is by the rows of today: the index is what was meant. */
T(an_index_that_is_read_in_another_way_is_the_same_index)
{
    static const struct {
        const char *off, *select, *want;
        enum exit_code code;
    } rows[] = {
        {"enable_bitmapscan", "price", "Index Scan using by_note", EXIT_CODE_DONE},
        {"enable_indexscan", "price", "Index Scan using by_note", EXIT_CODE_DONE},
        {"enable_indexscan", "price", "Index Scan using by_note on deals", EXIT_CODE_DONE},
        {"enable_bitmapscan", "note", "Index Scan using by_note", EXIT_CODE_DONE},
        {"enable_indexscan", "price", "Index Only Scan using by_note", EXIT_CODE_DONE},
        {"enable_indexscan", "price", "Index Scan using by_not", EXIT_CODE_FAILED},
        {"enable_indexscan", "price", "Index Scan using by_price", EXIT_CODE_FAILED},
        {"enable_indexscan", "price", "Index Scan using ", EXIT_CODE_FAILED},
    };

    t_pg_start(&pg);
    do_sql("CREATE TABLE deals (id serial PRIMARY KEY, price integer, note text); CREATE INDEX "
           "by_note ON deals (note); CREATE INDEX by_price ON deals (price)");
    do_sql("VACUUM deals");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf doc = STRBUF(0);
        struct bench b;
        char dir[30];

        strbuf_addf(
            &doc,
            "# D\n\n## Deployment\n\n" SQL(
                "psql -h db shop\nSET enable_seqscan = off;\nSET %s = off;\n"
                "EXPLAIN SELECT %s FROM deals WHERE note = 'x';\n-- Should contain \"%s\"\n\\q"),
            rows[i].off, rows[i].select, rows[i].want);
        (void)snprintf(dir, sizeof(dir), "%zu", i); /* a store of its own */
        T_EQ(mkdir(dir, 0700), 0);
        T_EQ(chdir(dir), 0);
        begin(&b, strbuf_str(&doc));
        if (bench_run(&b) != rows[i].code)
            T_FAIL("%s, '%s': %s", rows[i].off, rows[i].want, strbuf_str(&b.out));
        if (i == 1 && bench_sql("SELECT count(*) FROM event WHERE data LIKE '%Bitmap Index Scan on "
                                "by_note: the same index%'") != 1)
            T_FAIL("nothing says that it was another scan: %s", strbuf_str(&b.out));
        bench_end(&b);
        T_EQ(chdir(".."), 0);
    }
    t_pg_stop(&pg);
}

T_MAIN(T_CASE(an_index_that_is_read_in_another_way_is_the_same_index),
       T_CASE(statements_and_meta_commands_are_checked_and_undone),
       T_CASE(a_statement_that_fails_stops_the_run_with_the_words_of_the_server),
       T_CASE(a_restore_that_reports_errors_is_a_failed_step),
       T_CASE(a_server_that_is_down_is_a_failed_step),
       T_CASE(contact_lost_in_a_statement_leaves_the_step_in_doubt))
