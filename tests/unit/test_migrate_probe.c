/* What a statement whose end nobody saw has done: asked of a real PostgreSQL. */
#include "migrate/apply_int.h"
#include "t.h"
#include "t_pg.h"

static struct t_pg pg;

static struct db *connect_here(void)
{
    struct db_config c = {.url = sv_from(pg.url)};
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

static enum err_code probe(struct db *db, const char *sql, const struct book_step *intent,
                           bool *done, struct err *err)
{
    struct migration_stmt stmt = {.text = sv_from(sql)};
    struct migration_part part = {.name = SV("p"), .stmts = &stmt, .n_stmts = 1};
    struct apply a = {.db = db};
    struct apply_job j = {.a = &a, .version = SV("7"), .direction = "up"};

    return apply_probe(&j, &part, 0, intent, done, err);
}

T(the_catalog_tells_whether_it_took_effect)
{
    static const struct {
        const char *before, *stmt, *after; /* not done, until `after` was run */
    } rows[] = {
        {"CREATE TABLE t (i int)", "CREATE INDEX CONCURRENTLY by_i ON t (i)",
         "CREATE INDEX by_i ON t (i)"},
        {NULL, "DROP INDEX CONCURRENTLY by_i", "DROP INDEX by_i"},
        {"CREATE TABLE p (i int) PARTITION BY RANGE (i); CREATE TABLE p1 PARTITION OF p FOR VALUES "
         "FROM (1) TO (2)",
         "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY", "ALTER TABLE p DETACH PARTITION p1"},
        {NULL, "CREATE DATABASE \"Shop\"", "CREATE DATABASE \"Shop\""},
        {NULL, "DROP DATABASE \"Shop\"", "DROP DATABASE \"Shop\""},
        {NULL, "REINDEX TABLE CONCURRENTLY t", NULL}, /* is run again */
        {NULL, "VACUUM t", NULL},
        {NULL, "CREATE TABLESPACE far LOCATION '/nowhere'", NULL},
    };
    static const struct book_step nobody = {.backend_pid = 1, .backend_start = {"x", 1}};
    struct db *db;

    t_pg_start(&pg);
    db = connect_here();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        bool done = true;

        if (rows[i].before)
            run(db, rows[i].before);
        T_OK(probe(db, rows[i].stmt, &nobody, &done, &err), err);
        if (done)
            T_FAIL("'%s' has taken effect before it ran", rows[i].stmt);
        if (!rows[i].after)
            continue;
        run(db, rows[i].after);
        T_OK(probe(db, rows[i].stmt, &nobody, &done, &err), err);
        if (!done)
            T_FAIL("'%s' has not taken effect", rows[i].stmt);
    }
    db_close(db);
    t_pg_stop(&pg);
}

T(an_index_that_was_left_invalid_is_dropped_and_not_done)
{
    struct db *db;
    struct err err = {0};
    bool done = true, there = false, valid = true;
    struct apply a = {0};

    t_pg_start(&pg);
    db = a.db = connect_here();
    run(db, "CREATE TABLE t (i int); INSERT INTO t VALUES (1), (1)");
    T_CHECK(db_run(db, SV("CREATE UNIQUE INDEX CONCURRENTLY once ON t (i)"), NULL, 0, NULL, &err) !=
            ERR_OK); /* twice the same: it stays behind, invalid */
    T_OK(apply_probe_index(&a, SV("CREATE UNIQUE INDEX CONCURRENTLY once ON t (i)"), &there, &valid,
                           &err),
         err);
    T_CHECK(there && !valid);
    T_OK(probe(db, "CREATE UNIQUE INDEX CONCURRENTLY once ON t (i)", &(struct book_step){0}, &done,
               &err),
         err);
    T_CHECK(!done);
    T_OK(apply_probe_index(&a, SV("CREATE UNIQUE INDEX CONCURRENTLY once ON t (i)"), &there, &valid,
                           &err),
         err);
    T_CHECK(!there);
    db_close(db);
    t_pg_stop(&pg);
}

T(a_server_process_that_still_works_on_it_and_what_nobody_knows_are_refused)
{
    struct db *db, *other;
    struct arena arena = {0};
    struct db_table t;
    struct book_step intent = {0};
    struct err err = {0};
    bool done;

    t_pg_start(&pg);
    db = connect_here();
    other = connect_here();
    T_OK(
        db_all(
            other, &arena,
            SV("SELECT pid, backend_start::text FROM pg_stat_activity WHERE pid = pg_backend_pid()"),
            NULL, 0, &t, &err),
        err);
    T_CHECK(sv_to_i64(t.v[0].text, &intent.backend_pid));
    intent.backend_start = t.v[1].text;
    T_EQ(probe(db, "VACUUM t", &intent, &done, &err), ERR_LOCKED);
    T_CHECK(strstr(err.msg, "still works on it") && strstr(err.hint, "pg_terminate_backend("));
    db_close(other);
    T_EQ(probe(db, "CALL anything()", &(struct book_step){0}, &done, &err), ERR_REFUSED);
    T_CHECK(strstr(err.msg, "is not known") && strstr(err.hint, "prusik db repair 7 "));
    run(db,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND "
        "backend_type = 'client backend'");
    t_pg_end(&pg, SIGKILL);
    while (db_run(db, SV("SELECT 1"), NULL, 0, NULL, &err) ==
           ERR_OK) /* its processes outlive it for a moment */
        (void)poll(NULL, 0, 10);
    T_EQ(probe(db, "DROP INDEX CONCURRENTLY x", &intent, &done, &err), ERR_NET);
    db_close(db);
    arena_release(&arena);
}

T_MAIN(T_CASE(the_catalog_tells_whether_it_took_effect),
       T_CASE(an_index_that_was_left_invalid_is_dropped_and_not_done),
       T_CASE(a_server_process_that_still_works_on_it_and_what_nobody_knows_are_refused))
