#include <poll.h>
#include <sqlite3.h>

#include "net_server.h"
#include "source_look.h"

static struct server server;
static const char *page;
static unsigned status = 200;

/* What "/list?page=N" says; the last has no `link`. */
static const struct paged {
    const char *body, *link;
    unsigned status; /* 0: 200 */
} * paged;

static enum MHD_Result answer_page(struct server_request *r)
{
    const char *n = MHD_lookup_connection_value(r->conn, MHD_GET_ARGUMENT_KIND, "page");
    const struct paged *p = &paged[n ? n[0] - '1' : 0];
    struct MHD_Response *m = MHD_create_response_from_buffer(
        strlen(p->body), (void *)(uintptr_t)p->body, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result ok;

    if (p->link)
        (void)MHD_add_response_header(m, "Link", p->link);
    ok = MHD_queue_response(r->conn, p->status ? p->status : 200, m);
    MHD_destroy_response(m);
    return ok;
}

static enum MHD_Result answer(struct server *s UNUSED, struct server_request *r)
{
    if (strcmp(r->path, "/list") == 0)
        return answer_page(r);
    if (strcmp(r->path, "/big") == 0) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

        strbuf_add_n(&text, ' ', 1500000);
        return server_text(r, 200, strbuf_str(&text));
    }
    return server_bytes(r, status, "application/json", sv_from(page));
}

static void begin_server(void)
{
    status = 200;
    server_start(&server, answer, -1);
    begin();
}

static void end_server(void)
{
    end();
    server_stop(&server);
}

static struct look open_page(const char *more)
{
    return (struct look){.s = open_source("tickets", "{'url': 'http://127.0.0.1:%u/x'%s}",
                                          (unsigned)server.port, more)};
}

static void check_new(struct look *l, double want, double listed)
{
    T_OK(look(l), l->s->err);
    check_members(l);
    check_number(l, "new", want);
    check_number(l, "listed", listed);
}

T(tickets_that_come_are_counted_once_by_their_ids)
{
    struct look l;

    begin_server();
    page = "{\"issues\":[{\"key\":\"A-1\"},{\"key\":\"A-2\"}],\"total\":2}";
    l = open_page("");
    check_new(&l, 0, 2);
    T_CHECK(!has(&l, "which"));
    page = "{\"issues\":[{\"key\":\"A-3\"},{\"key\":\"A-2\"},{\"key\":\"A-3\"}]}";
    check_new(&l, 1, 3);
    T_SV(text_of(&l, "which"), "A-3");
    page = "[{\"number\":7},{\"number\":8},{\"id\":\"A-1\"}]";
    check_new(&l, 3, 3);
    T_SV(text_of(&l, "which"), "7, 8");
    page = "[1,2,3,4,5,6,7]";
    check_new(&l, 9, 7);
    T_SV(text_of(&l, "which"), "1, 2, 3, 4, 5, and 1 more");
    page = "[]";
    check_new(&l, 9, 0);
    source_free(l.s);
    end_server();
}

T(a_list_with_an_interval_of_its_own_is_asked_no_more_often)
{
    struct look l;

    begin_server();
    page = "[1,2]";
    l = open_page(", 'interval': '2s'");
    check_new(&l, 0, 2);
    page = "[1,2,3]";
    check_new(&l, 0, 2); /* as it was told */
    T_CHECK(text_of(&l, "position").n > 0);
    (void)poll(NULL, 0, 2100);
    check_new(&l, 1, 3);
    T_SV(text_of(&l, "which"), "3");
    check_new(&l, 1, 3);
    T_CHECK(!has(&l, "which")); /* of the last look */
    start_look(&l, 1, 5000);
    source_cancel(l.s);
    await_report(&l);
    T_EQ(l.rc, ERR_INTERRUPTED);
    source_free(l.s);
    status = 503;
    l = open_page(", 'interval': '1h'");
    T_EQ(look(&l), ERR_FAILED);
    status = 200;
    check_new(&l, 0, 3); /* what failed is asked again */
    source_free(l.s);
    end_server();
}

static struct look open_list(const char *more)
{
    return (struct look){.s = open_source("tickets", "{'url': 'http://127.0.0.1:%u/list'%s}",
                                          (unsigned)server.port, more)};
}

T(a_list_that_comes_in_pages_is_read_to_its_end)
{
    static const struct paged before[] =
        {{"[1,2]", "</list?page=2>; rel=\"next\", </list?page=3>; rel=\"last\"", 0},
         {"[2,3]", "<?page=3>; rel=next", 0},
         {"[4]", "</list?page=1>; rel=first", 0}},
                              after[] = {{"[5,1]", "</list?page=2>; rel=next", 0},
                                         {"[2,3]", "<?page=3>; rel=next", 0},
                                         {"[4,6]", NULL, 0}};
    struct look l;

    begin_server();
    paged = before;
    l = open_list(", 'pages': 3");
    check_new(&l, 0, 5); /* 2 moved to the next page meanwhile */
    paged = after;
    check_new(&l, 2, 6);
    T_SV(text_of(&l, "which"), "5, 6");
    T_EQ(atomic_load(&server.requests), 6);
    source_free(l.s);
    l = open_list(""); /* the first one, as the newest are there */
    check_new(&l, 0, 2);
    source_free(l.s);
    end_server();
}

T(the_next_page_may_be_told_in_the_answer)
{
    static const struct paged pages[] = {
        {"{\"tickets\":[{\"id\":1}],\"links\":{\"next\":\"/list?page=2\"}}", NULL, 0},
        {"{\"tickets\":[{\"id\":2}],\"links\":{\"next\":null}}", NULL, 0}};
    struct look l;

    begin_server();
    paged = pages;
    l = open_list(", 'pages': 9, 'next': 'links.next'");
    check_new(&l, 0, 2);
    check_new(&l, 0, 2);
    source_free(l.s);
    end_server();
}

T(of_a_list_of_which_a_page_is_missing_nothing_is_counted)
{
    static const struct paged first[] = {{"[1]", "<?page=2>; rel=next", 0}, {"[2]", NULL, 0}};
    static const struct {
        struct paged pages[2];
        const char *why;
        enum err_code rc;
    } rows[] = {
        {{{"[3]", "<?page=2>; rel=next", 0}, {"[4]", NULL, 503}}, "status 503", ERR_FAILED},
        {{{"[3]", "<?page=2>; rel=next", 0}, {"[4]", "<?page=1>; rel=next", 0}},
         "more than 2 pages",
         ERR_LIMIT},
        {{{"[3]", "<http://elsewhere.example/x>; rel=next", 0}, {"", NULL, 0}},
         "the page behind page 1: 'http://elsewhere.example/x' is at another place",
         ERR_REFUSED},
        {{{"[3]", "<?page=2>; rel=next", 0}, {"{}", NULL, 0}}, "no list of tickets", ERR_FAILED},
    };
    struct look l;

    begin_server();
    paged = first;
    l = open_list(", 'pages': 2");
    check_new(&l, 0, 2);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        paged = rows[i].pages;
        T_EQ(look(&l), rows[i].rc);
        if (!strstr(l.s->err.msg, rows[i].why))
            T_FAIL("'%s' has not '%s'", l.s->err.msg, rows[i].why);
    }
    paged = first;
    check_new(&l, 0, 2); /* from its first page */
    source_free(l.s);
    end_server();
}

T(paths_say_where_the_list_and_the_id_are)
{
    struct look l;

    begin_server();
    page = "{\"a\":[{\"rows\":[{\"f\":{\"id\":1}},{\"f\":{\"id\":2}}]}]}";
    l = open_page(", 'items': 'a.0.rows', 'id': 'f.id'");
    check_new(&l, 0, 2);
    page = "{\"a\":[{\"rows\":[{\"f\":{\"id\":3}}]}]}";
    check_new(&l, 1, 1);
    page = "{\"a\":[{\"rows\":[{\"f\":{\"id\":4}},{\"f\":{}}]}]}";
    T_EQ(look(&l), ERR_FAILED);
    T_CHECK(strstr(l.s->err.msg, "item 2 of the list has no id at f.id"));
    page = "{\"a\":{}}";
    T_EQ(look(&l), ERR_FAILED);
    T_CHECK(strstr(l.s->err.msg, "no list at 'a.0.rows'"));
    page = "{\"a\":[{\"rows\":[{\"f\":{\"id\":4}}]}]}"; /* what failed has counted nothing */
    check_new(&l, 2, 1);
    source_free(l.s);
    page = "[{\"name\":\"x\",\"v\":1}]";
    l = open_page("");
    T_EQ(look(&l), ERR_FAILED);
    T_CHECK(strstr(l.s->err.msg, "item 1 of the list has no id"));
    source_free(l.s);
    end_server();
}

T(of_a_number_what_it_grows_by_is_counted)
{
    struct look l;

    begin_server();
    page = "{\"meta\":{\"n\":5}}";
    l = open_page(", 'total': 'meta.n'");
    check_new(&l, 0, 5);
    page = "{\"meta\":{\"n\":7}}";
    check_new(&l, 2, 7);
    page = "{\"meta\":{\"n\":6}}"; /* one was closed */
    check_new(&l, 2, 6);
    page = "{\"meta\":{\"n\":7}}";
    check_new(&l, 3, 7);
    page = "{\"meta\":{\"n\":\"7\"}}";
    T_EQ(look(&l), ERR_FAILED);
    T_CHECK(strstr(l.s->err.msg, "no number at meta.n"));
    source_free(l.s);
    page = "{\"total_count\":3}";
    l = open_page("");
    check_new(&l, 0, 3);
    page = "{}";
    T_EQ(look(&l), ERR_FAILED);
    T_CHECK(strstr(l.s->err.msg, "no list of tickets"));
    source_free(l.s);
    end_server();
}

T(another_process_counts_what_came_meanwhile)
{
    struct look l;
    char *position;

    begin_server();
    page = "[1,2]";
    l = open_page("");
    check_new(&l, 0, 2);
    position = xstrdup_sv(text_of(&l, "position"));
    source_free(l.s);
    page = "[1,2,3]";
    l = open_page("");
    source_resume(l.s, SV("of another version"));
    source_resume(l.s, sv_from(position));
    check_new(&l, 1, 3);
    source_free(l.s);
    free(position);
    end_server();
}

T(an_answer_that_lists_nothing_is_an_error)
{
    struct look l;

    begin_server();
    page = "[1]";
    status = 503;
    l = open_page("");
    T_EQ(look(&l), ERR_FAILED);
    T_CHECK(strstr(l.s->err.msg, "status 503"));
    status = 200;
    page = "<html>";
    T_EQ(look(&l), ERR_FAILED);
    T_CHECK(strstr(l.s->err.msg, "no JSON"));
    page = "{\"a\":";
    T_CHECK(look(&l) != ERR_OK);
    source_free(l.s);
    l.s = open_source("tickets", "{'url': 'http://127.0.0.1:%u/big'}", (unsigned)server.port);
    T_EQ(look(&l), ERR_LIMIT);
    source_free(l.s);
    l.s = open_source("tickets", "{'url': 'http://127.0.0.1:%u/x'}", (unsigned)server.port);
    start_look(&l, 1, 5000);
    source_cancel(l.s);
    await_report(&l);
    T_EQ(l.rc, ERR_INTERRUPTED);
    source_free(l.s);
    end_server();
}

T(a_command_prints_ids_a_number_or_json)
{
    struct look l = {.calls = 0};
    static const struct {
        const char *settings;
        double listed;
    } rows[] = {{"{'command': 'echo A-1; echo; echo A-2'}", 2},
                {"{'command': 'echo 17', 'total': '.'}", 17},
                {"{'command': 'echo 17', 'id': '.'}", 1},
                {"{'command': 'echo [1,2,3]'}", 3},
                {"{'command': 'true'}", 0}};

    begin();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        l.s = open_source("tickets", "%s", rows[i].settings);
        check_new(&l, 0, rows[i].listed);
        source_free(l.s);
    }
    l.s = open_source("tickets", "{'command': 'echo lost >&2; exit 3'}");
    T_EQ(look(&l), ERR_FAILED);
    T_CHECK(strstr(l.s->err.msg, "ended with 3: lost"));
    source_free(l.s);
    l.s = open_source("tickets", "{'command': 'echo 17'}");
    T_EQ(look(&l), ERR_FAILED);
    T_CHECK(strstr(l.s->err.msg, "how many there are, or the id of one"));
    source_free(l.s);
    l.s = open_source("tickets", "{'command': 'echo x', 'total': '.'}");
    T_EQ(look(&l), ERR_FAILED);
    T_CHECK(strstr(l.s->err.msg, "it prints no number"));
    source_free(l.s);
    l.s = open_source("tickets", "{'command': 'echo x', 'total': 'n'}");
    T_EQ(look(&l), ERR_FAILED);
    T_CHECK(strstr(l.s->err.msg, "it prints no JSON, and 'total'"));
    source_free(l.s);
    end();
}

static void execute(const char *sql)
{
    sqlite3 *db;

    T_EQ(sqlite3_open("x.db", &db), SQLITE_OK);
    T_EQ(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    T_EQ(sqlite3_close(db), SQLITE_OK);
}

T(a_query_gives_rows_or_a_number)
{
    struct look l = {.calls = 0};

    begin();
    l.s = open_source("tickets", "{'database': 'sqlite:x.db', 'query': 'SELECT 5'}");
    T_CHECK(look(&l) != ERR_OK); /* there is no such file */
    source_free(l.s);
    execute("CREATE TABLE t (id, title); INSERT INTO t VALUES (1, 7), (2, 8)");
    l.s = open_source("tickets", "{'database': 'sqlite:x.db', 'query': 'SELECT * FROM t'}");
    check_new(&l, 0, 2);
    execute("INSERT INTO t VALUES (3, 7)");
    check_new(&l, 1, 3);
    T_SV(text_of(&l, "which"), "3");
    source_free(l.s);
    l.s = open_source("tickets", "{'database': 'sqlite:x.db', 'query': 'SELECT count(*) FROM t'}");
    T_EQ(look(&l), ERR_FAILED);
    T_CHECK(strstr(l.s->err.msg, "how many there are, or the id of one"));
    source_free(l.s);
    l.s = open_source(
        "tickets",
        "{'database': 'sqlite:x.db', 'query': 'SELECT count(*) AS n FROM t', 'total': 'm'}");
    T_EQ(look(&l), ERR_FAILED);
    T_CHECK(strstr(l.s->err.msg, "no number at 'm' in the first row"));
    source_free(l.s);
    l.s = open_source("tickets",
                      "{'database': 'sqlite:x.db', 'query': 'SELECT id FROM t WHERE id = 1'}");
    check_new(&l, 0, 1);
    source_free(l.s);
    l.s = open_source(
        "tickets", "{'database': 'sqlite:x.db', 'query': 'SELECT count(*) FROM t', 'total': '.'}");
    check_new(&l, 0, 3);
    execute("INSERT INTO t VALUES (4, 7)");
    check_new(&l, 1, 4);
    source_free(l.s);
    l.s = open_source("tickets", "{'database': 'sqlite:x.db', 'query': 'SELECT title FROM t'}");
    check_new(&l, 0, 4);
    source_free(l.s);
    end();
}

T(what_is_remembered_has_an_end)
{
    struct look l;
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    begin_server();
    strbuf_add_str(&b, "[0");
    for (int i = 1; i < 10000; i++)
        strbuf_addf(&b, ",%d", i);
    strbuf_add_str(&b, "]");
    page = strbuf_str(&b);
    l = open_page("");
    check_new(&l, 0, 10000);
    page = "[9999,10000]";
    check_new(&l, 1, 2); /* the others are forgotten */
    T_EQ(text_of(&l, "position").n, 1u + 2 * 17);
    strbuf_truncate(&b, b.n - 1);
    strbuf_add_str(&b, ",10001]");
    page = strbuf_str(&b);
    T_EQ(look(&l), ERR_LIMIT);
    source_free(l.s);
    end_server();
}

T(settings_that_do_not_fit_are_refused)
{
    static const char *const bad[][2] = {
        {"{}", "who lists the tickets"},
        {"{\"url\": \"http://x\", \"command\": \"x\"}", "more than one"},
        {"{\"url\": \"no url\"}", "'url'"},
        {"{\"database\": \"sqlite:x\"}", "'query'"},
        {"{\"url\": \"http://x\", \"query\": \"SELECT\"}", "query"},
        {"{\"url\": \"http://x\", \"total\": \"a\", \"id\": \"b\"}", "either 'total'"},
        {"{\"url\": \"http://x\", \"itmes\": \"b\"}", "itmes"},
        {"{\"url\": \"http://x\", \"pages\": 0}", "'pages' is a number from 1 to 100"},
        {"{\"url\": \"http://x\", \"pages\": 101}", "'pages' is a number from 1 to 100"},
        {"{\"command\": \"x\", \"pages\": 2}", "'pages' is for a list"},
        {"{\"url\": \"http://x\", \"pages\": 2, \"total\": \"a\"}", "'pages' is for a list"},
        {"{\"url\": \"http://x\", \"next\": \"a\"}", "'next' is for a list with 'pages'"},
        {"{\"url\": \"http://x\", \"interval\": \"soon\"}", "'interval' is no time"},
        {"{\"url\": \"http://x\", \"interval\": \"0s\"}", "'interval' is no time"},
    };

    begin();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        CLEANUP(json_cleanup) json_t *j = NULL;
        struct source *s;
        struct err err;

        T_EQ(try_open("tickets", bad[i][0], &s, &err), ERR_INVALID);
        if (!strstr(err.msg, bad[i][1]))
            T_FAIL("'%s' has not '%s'", err.msg, bad[i][1]);
        T_OK(json_read(sv_from(bad[i][0]), &j, &err), err);
        T_EQ(source_check(SV("tickets"), j, &err), ERR_INVALID); /* without a loop */
    }
    end();
}

T_MAIN(T_CASE(tickets_that_come_are_counted_once_by_their_ids),
       T_CASE(a_list_with_an_interval_of_its_own_is_asked_no_more_often),
       T_CASE(a_list_that_comes_in_pages_is_read_to_its_end),
       T_CASE(the_next_page_may_be_told_in_the_answer),
       T_CASE(of_a_list_of_which_a_page_is_missing_nothing_is_counted),
       T_CASE(paths_say_where_the_list_and_the_id_are),
       T_CASE(of_a_number_what_it_grows_by_is_counted),
       T_CASE(another_process_counts_what_came_meanwhile),
       T_CASE(an_answer_that_lists_nothing_is_an_error),
       T_CASE(a_command_prints_ids_a_number_or_json), T_CASE(a_query_gives_rows_or_a_number),
       T_CASE(what_is_remembered_has_an_end), T_CASE(settings_that_do_not_fit_are_refused))
