/* A real file and a real server. */
#include "db/db.h"
#include "source_look.h"
#include "t_pg.h"

static void run_sql(const char *url, const char *sql)
{
    struct db_config c = {.url = sv_from(url), .create = true};
    struct db *db;
    struct err err;

    T_OK(db_open(&c, &db, &err), err);
    T_OK(db_run(db, sv_from(sql), NULL, 0, NULL, &err), err);
    db_close(db);
}

static struct look open_sql(const char *url, const char *query)
{
    return (struct look){
        .s = open_source("sql", "{'database': '%s', 'query': '%s', 'limit_ms': 1000}", url, query)};
}

#define SHOP                                                \
    "CREATE TABLE deal (id integer, kind text, cost real);" \
    "INSERT INTO deal VALUES (1, 'carveout', 2.5), (2, NULL, 3), (3, 'merger', NULL)"

/* The same questions for both databases. */
static void check_questions(const char *url)
{
    CLEANUP(json_cleanup) json_t *rows = NULL;
    struct look l = open_sql(url, "SELECT count(*) AS n, max(id) AS top FROM deal");
    struct err err;

    T_OK(look(&l), l.s->err);
    check_number(&l, "value", 3);
    check_number(&l, "rows", 1);
    T_SV(text_of(&l, "text"), "3");
    check_number(&l, "n", 3);
    check_number(&l, "top", 3);
    source_free(l.s);
    l = open_sql(url, "SELECT id, kind FROM deal ORDER BY id");
    T_OK(look(&l), l.s->err);
    check_number(&l, "rows", 3);
    T_SV(text_of(&l, "1"), "carveout");
    (void)member(&l, "2", SAMPLE_NULL);
    T_OK(json_read(text_of(&l, "rows_json"), &rows, &err), err);
    T_EQ(json_array_size(rows), 3);
    T_SV(json_get_sv(json_array_get(rows, 2), "kind"), "merger");
    T_EQ(json_get_int(json_array_get(rows, 2), "id", 0), 3);
    source_free(l.s);
    l = open_sql(url, "SELECT id, kind FROM deal WHERE id > 3");
    T_OK(look(&l), l.s->err);
    check_number(&l, "rows", 0);
    (void)member(&l, "value", SAMPLE_NULL);
    source_free(l.s);
    l = open_sql(url, "SELECT nothing FROM nowhere");
    T_EQ(look(&l), ERR_DB);
    source_free(l.s);
    l = open_sql(url, "DELETE FROM deal"); /* it only looks */
    T_CHECK(look(&l) != ERR_OK);
    source_free(l.s);
}

T(a_query_to_a_file_gives_value_rows_and_members)
{
    struct look l;

    begin();
    l = open_sql("sqlite:shop.db", "SELECT count(*) FROM deal");
    T_EQ(look(&l), ERR_NOT_FOUND); /* and it is not made */
    run_sql("sqlite:shop.db", SHOP);
    T_OK(look(&l), l.s->err);
    check_number(&l, "value", 3);
    run_sql("sqlite:shop.db", "INSERT INTO deal VALUES (4, 'x', 1)");
    T_OK(look(&l), l.s->err);
    check_number(&l, "value", 4);
    run_sql("sqlite:shop.db", "DELETE FROM deal WHERE id = 4");
    source_free(l.s);
    check_questions("sqlite:shop.db");
    end();
}

T(a_query_without_end_is_unknown_and_the_next_is_answered)
{
    struct look l;

    begin();
    run_sql("sqlite:shop.db", SHOP);
    l = open_sql("sqlite:shop.db",
                 "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
                 "SELECT max(i) FROM n WHERE (SELECT count(*) FROM deal) = 3");
    T_EQ(look(&l), ERR_TIMEOUT);
    run_sql("sqlite:shop.db", "DELETE FROM deal WHERE id = 1");
    source_free(l.s);
    l = open_sql("sqlite:shop.db", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                                   "LIMIT 20000) SELECT i FROM n");
    T_CHECK(look(&l) != ERR_OK); /* more rows than a rule looks at */
    source_free(l.s);
    end();
}

T(a_query_to_a_server_gives_the_same)
{
    struct t_pg pg;
    const char *url = pg.url;

    t_pg_start(&pg);
    begin();
    run_sql(url, SHOP);
    check_questions(url);
    {
        struct look l = open_sql(url, "SELECT pg_sleep(30)");

        T_EQ(look(&l), ERR_TIMEOUT);
        source_free(l.s);
        l = open_sql(url, "SELECT 7");
        T_OK(look(&l), l.s->err);
        t_pg_stop(&pg);
        T_CHECK(look(&l) != ERR_OK); /* the server has gone: nothing is known */
        source_free(l.s);
    }
    end();
}

T_MAIN(T_CASE(a_query_to_a_file_gives_value_rows_and_members),
       T_CASE(a_query_without_end_is_unknown_and_the_next_is_answered),
       T_CASE(a_query_to_a_server_gives_the_same))
