/* A real Prometheus server, scraping a target of the test; and servers that break the rules. */
#include "program.h"
#include "source_look.h"
#include "t_vectors.h"
#include "watch/prom_answer.h"

#include <math.h>

#include "base/file.h"

static struct server target, server;
static atomic_int gone;

/* What Prometheus scrapes: a series that goes away when it is told to. */
static enum MHD_Result metrics(struct server *s UNUSED, struct server_request *r)
{
    return server_text(r, 200,
                       atomic_load(&gone) ? "up_to_date 1\n"
                                          : "up_to_date 1\nqueue_depth 7\n"
                                            "orders{shop=\"a\"} 1\norders{shop=\"b\"} 2\n");
}

static pid_t prometheus(unsigned port)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0), at = STRBUF(0);
    char *argv[] = {(char[]){"prometheus"}, (char[]){"--config.file=prometheus.yml"},
                    (char[]){"--storage.tsdb.path=data"}, NULL, NULL};
    struct err err;
    pid_t pid;

    strbuf_addf(&b,
                "global: {scrape_interval: 200ms, scrape_timeout: 200ms}\nscrape_configs:\n"
                "- {job_name: t, static_configs: [{targets: ['127.0.0.1:%u']}]}\n",
                target.port);
    T_OK(file_write_atomic("prometheus.yml", strbuf_sv(&b), 0600, &err), err);
    strbuf_addf(&at, "--web.listen-address=127.0.0.1:%u", port);
    argv[3] = xstrdup(strbuf_str(&at));
    pid = program_start("prometheus.log", argv);
    free(argv[3]);
    program_listens(port);
    return pid;
}

static enum err_code look_now(struct look *l)
{
    return look_at(l, clock_now_us());
}

/* Until the query gives so many series. */
static void await_count(struct look *l, double n)
{
    for (int i = 0; i < 200; i++) {
        if (look_now(l) == ERR_OK && has(l, "count") && number_of(l, "count") > n - 0.5 &&
            number_of(l, "count") < n + 0.5)
            return;
        (void)poll(NULL, 0, 50); /* it scrapes by its own clock */
    }
    T_FAIL("the query never gave %g series: %s", n, l->s->err.msg);
}

static struct look open_query(unsigned port, const char *query, const char *more)
{
    return (struct look){.s =
                             open_source("prom", "{'url': 'http://127.0.0.1:%u/', 'query': '%s'%s}",
                                         port, query, more)};
}

static void check_one_moment(unsigned port)
{
    struct look l = open_query(port, "queue_depth", "");

    await_count(&l, 1);
    check_number(&l, "value", 7);
    check_members(&l);
    source_free(l.s);
    l = open_query(port, "scalar(queue_depth) * 2", "");
    T_OK(look_now(&l), l.s->err);
    check_number(&l, "value", 14);
    source_free(l.s);
    l = open_query(port, "0 * sum(queue_depth) / 0", "");
    T_OK(look_now(&l), l.s->err);
    T_CHECK(isnan(number_of(&l, "value")));
    source_free(l.s);
    l = open_query(port, "1 / (queue_depth - 7)", "");
    T_OK(look_now(&l), l.s->err);
    T_CHECK(isinf(number_of(&l, "value")));
    source_free(l.s);
    l = open_query(port, "orders", "");
    await_count(&l, 2);
    T_SV(member(&l, "value", SAMPLE_ERROR)->text,
         "the query gives 2 series where one number is wanted");
    source_free(l.s);
    l = open_query(port, "sum(orders{shop=~\\\"a|b\\\"}) + 0", "");
    T_OK(look_now(&l), l.s->err);
    check_number(&l, "value", 3);
    source_free(l.s);
}

static void check_range(unsigned port)
{
    struct look l = open_query(port, "queue_depth", ", 'range': '1m', 'step': '1s'");

    T_OK(look_now(&l), l.s->err);
    check_number(&l, "value", 7);
    check_number(&l, "min", 7);
    check_number(&l, "max", 7);
    check_number(&l, "avg", 7);
    T_CHECK(number_of(&l, "points") >= 1 && number_of(&l, "age") < 2);
    check_members(&l);
    source_free(l.s);
    l = open_query(port, "orders", ", 'range': '1m'");
    T_OK(look_now(&l), l.s->err);
    (void)member(&l, "value", SAMPLE_ERROR);
    source_free(l.s);
    l = open_query(port, "nothing", ", 'range': '1m'");
    T_OK(look_now(&l), l.s->err);
    (void)member(&l, "value", SAMPLE_ABSENT);
    (void)member(&l, "avg", SAMPLE_ABSENT);
    check_number(&l, "count", 0);
    source_free(l.s);
}

static void check_refusals(unsigned port)
{
    static const struct {
        const char *query, *words;
    } cases[] = {
        {"sum(", "the server says bad_data: invalid parameter"},
        {"orders * on() group_left() orders", "the server says execution: "},
        {"\\\"text\\\"", "the query gives a string where one number is wanted"},
        {"orders[1m]", "the query gives a matrix where one number is wanted"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct look l = open_query(port, cases[i].query, "");

        T_CHECK(look_now(&l) != ERR_OK);
        if (!sv_has(sv_from(l.s->err.msg), sv_from(cases[i].words)))
            T_FAIL("'%s' is refused with '%s'", cases[i].query, l.s->err.msg);
        source_free(l.s);
    }
}

/* The series goes away: no old value stands for it. */
static void check_staleness(unsigned port)
{
    struct look l = open_query(port, "queue_depth", "");

    atomic_store(&gone, 1);
    await_count(&l, 0);
    (void)member(&l, "value", SAMPLE_ABSENT);
    check_members(&l);
    source_free(l.s);
}

T(a_real_server_answers_with_a_number_none_or_several)
{
    unsigned port = program_port();
    struct look l;
    pid_t pid;

    if (access("/usr/bin/prometheus", X_OK) != 0)
        T_SKIP("prometheus is not installed");
    server_start(&target, metrics, -1);
    pid = prometheus(port);
    begin();
    check_one_moment(port);
    check_range(port);
    check_refusals(port);
    check_staleness(port);
    program_stop(pid);
    l = open_query(port, "queue_depth", "");
    T_EQ(look_now(&l), ERR_NET); /* it is gone: nothing is known */
    source_free(l.s);
    end();
    server_stop(&target);
}

/* --- what is no answer --- */

static struct sample_list answer_list(const char *body, enum err_code want, struct err *err)
{
    struct sample_list l = {.at_us = 1771120860000000};

    if (prom_answer_add(&l, sv_from(body), strstr(body, "matrix") != NULL, err) != want)
        T_FAIL("'%s' is not taken as it should be", body);
    return l;
}

T(what_is_no_answer_of_the_api_is_an_error)
{
    static const char *const bodies[] = {
        "",
        "<html>",
        "[]",
        "{}",
        "{\"status\":\"fine\"}",
        "{\"status\":\"success\"}",
        "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":{}}}",
        "{\"status\":\"success\",\"data\":{\"resultType\":\"streams\",\"result\":[]}}",
        "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{}]}}",
        "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"value\":[1]}]}}",
        "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"value\":[1,1]}]}}",
        "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"value\":[\"1\",\"1\"]}]}}",
        "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"value\":[1,\"0x1\"]}]}}",
        "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1,\"\"]}}",
        "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{}]}}",
        "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"values\":[[1,\"x\"]]}]}}",
    };
    struct err err;

    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        struct sample_list l = answer_list(bodies[i], ERR_INVALID, &err);

        T_CHECK(err.msg[0] != '\0' && l.v.n == 0);
        sample_list_release(&l);
    }
    t_vectors("interop.json", "promql_api", "own", ARRAY_LEN(bodies));
}

T(warnings_are_kept_and_points_that_are_no_number_count_for_nothing)
{
    struct err err;
    struct sample_list l = answer_list(
        "{\"status\":\"success\",\"warnings\":[\"slow\",\"partial\"],\"data\":{\"resultType\":\"matrix\","
        "\"result\":[{\"values\":[[1771120850,\"NaN\"],[1771120855,\"2\"],[1771120857,\"4\"]]}]}}",
        ERR_OK, &err);

    T_SV(sample_find(&l, SV("warnings"))->text, "slow; partial");
    T_NEAR(sample_find(&l, SV("avg"))->number, 3, 0);
    T_NEAR(sample_find(&l, SV("points"))->number, 3, 0);
    T_NEAR(sample_find(&l, SV("age"))->number, 3, 1e-9);
    sample_list_release(&l);
    l = answer_list("{\"status\":\"success\",\"warnings\":[7],\"data\":{\"resultType\":\"matrix\","
                    "\"result\":[{\"values\":[[1,\"NaN\"]]}]}}",
                    ERR_OK, &err);
    T_CHECK(isnan(sample_find(&l, SV("max"))->number) &&
            isnan(sample_find(&l, SV("value"))->number));
    sample_list_release(&l);
    l = answer_list(
        "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1,\"-Inf\"]}}",
        ERR_OK, &err);
    T_CHECK(sample_find(&l, SV("value"))->number < -1e300);
    sample_list_release(&l);
}

/* --- answers that somebody has written down, with what they mean --- */

static json_t *answer; /* {http, body, result: VALUE, NODATA or ERROR, value} */

static enum MHD_Result answers(struct server *s UNUSED, struct server_request *r)
{
    return server_text(r, (unsigned)json_get_int(answer, "http", 0),
                       json_get_str(answer, "body", ""));
}

/* NaN is a number that no rule takes for one. */
static const char *meaning(struct look *l)
{
    const struct sample *v;

    if (look_now(l) != ERR_OK)
        return "ERROR";
    v = sample_find(&l->s->samples, SV("value"));
    T_CHECK(v);
    if (v->kind == SAMPLE_ERROR)
        return "ERROR";
    return v->kind == SAMPLE_NUMBER && !isnan(v->number) ? "VALUE" : "NODATA";
}

static void check_answer(void)
{
    const json_t *value = json_object_get(answer, "value");
    struct look l = open_query(server.port, "x", "");

    T_STR(meaning(&l), json_get_str(answer, "result", ""));
    if (json_is_number(value))
        T_NEAR(number_of(&l, "value"), json_number_value(value), 1e-12);
    else if (value)
        T_CHECK(isinf(number_of(&l, "value")));
    source_free(l.s);
}

T(answers_mean_what_the_vectors_say)
{
    CLEANUP(json_cleanup) json_t *all = t_shared_json("interop.json");
    json_t *list = json_object_get(all, "promql_api");
    size_t i, n = 0;

    begin();
    server_start(&server, answers, -1);
    json_array_foreach(list, i, answer)
    {
        check_answer();
        n++;
    }
    t_vectors("interop.json", "promql_api", "shared", n);
    server_stop(&server);
    end();
    T_CHECK(n >= 10);
}

/* --- faults --- */

static enum MHD_Result faulty(struct server *s UNUSED, struct server_request *r)
{
    static char big[3u << 20];

    if (strcmp(r->path, "/big/api/v1/query") == 0) {
        memset(big, ' ', sizeof(big));
        return server_bytes(r, 200, "application/json", (struct sv){big, sizeof(big)});
    }
    if (strcmp(r->path, "/odd/api/v1/query") == 0)
        return server_text(
            r, 503,
            "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1,\"1\"]}}");
    if (strcmp(r->path, "/html/api/v1/query") == 0)
        return server_text(r, 200, "<html>sign in</html>");
    if (strcmp(r->path, "/echo/api/v1/query") == 0) {
        bool right = sv_has(strbuf_sv(&r->body), SV("query=a%7Bx%3D%22%C3%A9+%22%7D&time=")) ||
                     sv_has(strbuf_sv(&r->body), SV("query=a%7Bx%3D%22%C3%A9%20%22%7D&time="));

        return server_text(
            r, 200,
            right && server_field(r, "X-Scope-OrgID") &&
                    strcmp(server_field(r, "Content-Type"), "application/x-www-form-urlencoded") ==
                        0
                ? "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1,\"1\"]}}"
                : "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"no\"}");
    }
    return server_text(r, 404, "nothing here");
}

static enum err_code ask_path(const char *path, const char *more, struct err *err)
{
    struct look l = {.s = open_source("prom",
                                      "{'url': 'http://127.0.0.1:%u%s', 'query': "
                                      "'a{x=\\\"\xc3\xa9 \\\"}'%s}",
                                      server.port, path, more)};
    enum err_code rc = look(&l);

    *err = l.s->err;
    source_free(l.s);
    return rc;
}

T(a_server_that_is_none_is_unknown_never_a_value)
{
    struct err err;

    server_start(&server, faulty, -1);
    begin();
    T_EQ(ask_path("/html", "", &err), ERR_INVALID);
    T_EQ(ask_path("/nothing", "", &err), ERR_FAILED);
    T_CHECK(sv_has(sv_from(err.msg), SV("status 404")));
    T_EQ(ask_path("/odd", "", &err), ERR_INVALID);
    T_EQ(ask_path("/big", ", 'max_bytes': 1000000", &err), ERR_LIMIT);
    T_EQ(ask_path("/echo", ", 'headers': {'X-Scope-OrgID': 'a'}", &err), ERR_OK);
    end();
    server_stop(&server);
}

static void treat_cut(struct raw *r, int fd)
{
    if (raw_read_request(r, fd))
        (void)raw_send(r, fd, SV("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"status\":"));
}

static void treat_hang(struct raw *r, int fd)
{
    if (raw_read_request(r, fd))
        raw_silence(r, fd);
}

T(a_server_that_closes_in_the_body_or_hangs_is_unknown)
{
    static const struct {
        raw_treat_fn *treat;
        enum err_code rc;
    } cases[] = {{treat_cut, ERR_NET}, {treat_hang, ERR_TIMEOUT}};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct raw raw = {.fd = -1};
        struct look l;

        raw_start(&raw, cases[i].treat);
        begin();
        l = open_query(raw.port, "up", "");
        start_look(&l, 0, 300);
        await_report(&l);
        T_EQ(l.rc, cases[i].rc);
        source_free(l.s);
        end();
        raw_stop(&raw);
    }
}

T(a_query_is_cancelled)
{
    struct raw raw = {.fd = -1};
    struct look l;

    raw_start(&raw, treat_hang);
    begin();
    l = open_query(raw.port, "up", "");
    start_look(&l, 0, 5000);
    source_cancel(l.s);
    await_report(&l);
    T_EQ(l.rc, ERR_INTERRUPTED);
    source_free(l.s);
    end();
    raw_stop(&raw);
}

T(settings_that_make_no_query_are_refused)
{
    static const char *const bad[] = {
        "{\"url\": \"http://x\"}",
        "{\"url\": \"http://x\", \"query\": \"a\", \"range\": \"long\"}",
        "{\"url\": \"http://x\", \"query\": \"a\", \"range\": \"1h\", \"step\": \"0s\"}",
        "{\"url\": \"http://x\", \"query\": \"a\", \"range\": \"30d\", \"step\": \"1s\"}",
        "{\"url\": \"http://x\", \"query\": \"a\", \"follow\": 1000}",
    };
    struct source *s;
    struct err err;

    begin();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        T_EQ(try_open("prom", bad[i], &s, &err), ERR_INVALID);
    end();
}

T_MAIN(T_CASE(a_real_server_answers_with_a_number_none_or_several),
       T_CASE(what_is_no_answer_of_the_api_is_an_error), T_CASE(answers_mean_what_the_vectors_say),
       T_CASE(warnings_are_kept_and_points_that_are_no_number_count_for_nothing),
       T_CASE(a_server_that_is_none_is_unknown_never_a_value),
       T_CASE(a_server_that_closes_in_the_body_or_hangs_is_unknown), T_CASE(a_query_is_cancelled),
       T_CASE(settings_that_make_no_query_are_refused))
