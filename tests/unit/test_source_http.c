#include "net_server.h"
#include "source_look.h"

static struct server server;

/* What the server says; the path chooses. */
static enum MHD_Result answer(struct server *s UNUSED, struct server_request *r)
{
    static const struct {
        const char *path;
        unsigned status;
        const char *type;
        const char *body;
    } pages[] = {
        {"/ok", 200, "text/plain", "fine\n"},
        {"/empty", 204, NULL, ""},
        {"/moved", 302, NULL, "elsewhere"},
        {"/broken", 500, "text/plain", "oops"},
        {"/json", 200, "application/json",
         "{\"status\":\"healthy\",\"checks\":[{\"ms\":3.5},{\"ms\":null}],\"ready\":true}"},
        {"/pass", 200, "application/json", "{\"status\":\"pass\"}"},
        {"/warn", 200, "application/health+json; charset=utf-8", "{\"status\":\"WARN\"}"},
        {"/fail", 200, "application/health+json", "{\"status\":\"fail\"}"},
        {"/failjson", 200, "application/json", "{\"status\":\"fail\"}"},
        {"/passbut503", 503, "application/health+json", "{\"status\":\"pass\"}"},
        {"/strange", 200, "application/health+json", "{\"status\":\"purple\"}"},
        {"/number", 200, "application/health+json", "{\"status\":7}"},
        {"/notjson", 200, "application/json", "{\"status\":"},
    };
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    for (size_t i = 0; i < ARRAY_LEN(pages); i++)
        if (strcmp(r->path, pages[i].path) == 0)
            return server_bytes(r, pages[i].status, pages[i].type, sv_from(pages[i].body));
    if (strcmp(r->path, "/big") == 0) {
        strbuf_add_n(&text, 'x', 1500000);
        return server_text(r, 200, strbuf_str(&text));
    }
    strbuf_addf(&text, "%s %s %s|%s", r->method, r->path,
                server_field(r, "X-Key") ? server_field(r, "X-Key") : "-",
                server_field(r, "Authorization") ? server_field(r, "Authorization") : "-");
    strbuf_addf(&text, "|%.*s", SV_FMT(strbuf_sv(&r->body)));
    return server_text(r, 200, strbuf_str(&text));
}

static void begin_server(void)
{
    server_start(&server, answer, -1);
    begin();
}

static void end_server(void)
{
    end();
    server_stop(&server);
}

static struct look open_page(const char *path, const char *more)
{
    return (struct look){
        .s = open_source("http", "{'url': 'http://127.0.0.1:%u%s'%s}", server.port, path, more)};
}

T(an_answer_gives_status_latency_text_and_header)
{
    struct look l;

    begin_server();
    l = open_page("/ok", "");
    T_OK(look(&l), l.s->err);
    T_CHECK(truth_of(&l, "up") && !has(&l, "why"));
    check_number(&l, "status", 200);
    T_CHECK(number_of(&l, "latency") > 0 && number_of(&l, "latency") < 5);
    T_SV(text_of(&l, "text"), "fine\n");
    T_CHECK(!truth_of(&l, "truncated"));
    T_SV(text_of(&l, "header.content-type"), "text/plain");
    T_SV(text_of(&l, "header.content-length"), "5");
    T_CHECK(!has(&l, "json"));
    check_members(&l);
    source_free(l.s);
    end_server();
}

T(only_a_2xx_is_up)
{
    static const struct {
        const char *path;
        bool up;
        const char *why;
    } cases[] = {{"/ok", true, NULL},
                 {"/empty", true, NULL},
                 {"/moved", false, "status 302"},
                 {"/broken", false, "status 500"}};

    begin_server();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct look l = open_page(cases[i].path, "");

        T_OK(look(&l), l.s->err);
        T_EQ(truth_of(&l, "up"), cases[i].up);
        T_EQ(has(&l, "why"), cases[i].why != NULL);
        if (cases[i].why)
            T_CHECK(sv_eq(text_of(&l, "why"), sv_from(cases[i].why)));
        check_members(&l);
        source_free(l.s);
    }
    end_server();
}

T(a_health_answer_speaks_for_itself_but_never_against_its_status)
{
    static const struct {
        const char *path, *more;
        bool up;
        const char *why;
    } cases[] = {{"/pass", ", 'health': true", true, NULL},
                 {"/warn", "", true, "it says 'warn'"},
                 {"/fail", "", false, "it says 'fail'"},
                 {"/failjson", ", 'health': true", false, "it says 'fail'"},
                 {"/failjson", "", true, NULL}, /* a member like others */
                 {"/passbut503", "", false, "status 503"},
                 {"/strange", "", true, NULL},
                 {"/number", "", true, NULL},
                 {"/ok", ", 'health': true", true, NULL},
                 {"/broken", ", 'health': true", false, "status 500"}};

    begin_server();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct look l = open_page(cases[i].path, cases[i].more);

        T_OK(look(&l), l.s->err);
        if (truth_of(&l, "up") != cases[i].up)
            T_FAIL("%s%s is wrong", cases[i].path, cases[i].more);
        T_EQ(has(&l, "why"), cases[i].why != NULL);
        if (cases[i].why)
            T_CHECK(sv_eq(text_of(&l, "why"), sv_from(cases[i].why)));
        source_free(l.s);
    }
    end_server();
}

T(each_value_of_a_json_body_has_its_path)
{
    struct look l;

    begin_server();
    l = open_page("/json", "");
    T_OK(look(&l), l.s->err);
    T_SV(text_of(&l, "json.status"), "healthy");
    check_number(&l, "json.checks.0.ms", 3.5);
    (void)member(&l, "json.checks.1.ms", SAMPLE_NULL);
    T_CHECK(truth_of(&l, "json.ready"));
    check_members(&l);
    source_free(l.s);
    l = open_page("/notjson", "");
    T_OK(look(&l), l.s->err);
    (void)member(&l, "json", SAMPLE_ERROR);
    T_CHECK(truth_of(&l, "up"));
    check_members(&l);
    source_free(l.s);
    l = open_page("/json", ", 'max_bytes': 20"); /* cut: no JSON any more */
    T_OK(look(&l), l.s->err);
    T_CHECK(truth_of(&l, "truncated"));
    T_EQ(text_of(&l, "text").n, 20);
    (void)member(&l, "json", SAMPLE_ERROR);
    source_free(l.s);
    end_server();
}

T(the_settings_reach_the_request)
{
    struct look l;

    begin_server();
    l = open_page("/say", ", 'method': 'POST', 'body': 'a=1', 'headers': {'X-Key': 'k'}, "
                          "'bearer': 't0ken'");
    for (int i = 0; i < 2; i++) { /* a second poll sends the same */
        T_OK(look(&l), l.s->err);
        T_SV(text_of(&l, "text"), "POST /say k|Bearer t0ken|a=1");
    }
    source_free(l.s);
    l = open_page("/say", ", 'method': 'HEAD'");
    T_OK(look(&l), l.s->err);
    T_SV(text_of(&l, "text"), "");
    source_free(l.s);
    end_server();
}

static unsigned fields_sent;

/* So many fields: the last says that the connection ends, the two before it have one name. */
static void treat_fields(struct raw *r, int fd)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    if (!raw_read_request(r, fd))
        return;
    strbuf_add_str(&b, "HTTP/1.1 200 OK\r\n");
    for (unsigned i = 3; i < fields_sent; i++)
        strbuf_addf(&b, "X-Field-%u: %u\r\n", i, i);
    strbuf_add_str(&b, "X-Twice: first\r\nx-twice: second\r\nConnection: close\r\n\r\n");
    (void)raw_send(r, fd, strbuf_sv(&b));
}

T(a_hundred_fields_are_members_and_more_are_an_error)
{
    struct raw raw = {0};
    struct look l;

    raw_start(&raw, treat_fields);
    begin();
    l = (struct look){.s = open_source("http", "{'url': '%s'}", raw.url)};
    fields_sent = 100;
    T_OK(look(&l), l.s->err);
    T_SV(text_of(&l, "header.x-twice"), "first");
    T_SV(text_of(&l, "header.x-field-99"), "99");
    check_members(&l);
    fields_sent = 101;
    T_OK(look(&l), l.s->err);
    (void)member(&l, "header", SAMPLE_ERROR);
    T_CHECK(truth_of(&l, "up") && !has(&l, "header.x-twice"));
    check_members(&l);
    source_free(l.s);
    end();
    raw_stop(&raw);
}

T(a_body_is_read_up_to_a_mebibyte_unless_told_otherwise)
{
    struct look l;

    begin_server();
    l = open_page("/big", "");
    T_OK(look(&l), l.s->err);
    T_EQ(text_of(&l, "text").n, 1u << 20);
    T_CHECK(truth_of(&l, "truncated"));
    source_free(l.s);
    l = open_page("/big", ", 'max_bytes': 2000000");
    T_OK(look(&l), l.s->err);
    T_EQ(text_of(&l, "text").n, 1500000);
    T_CHECK(!truth_of(&l, "truncated"));
    source_free(l.s);
    end_server();
}

T(a_refusal_and_a_silence_are_down_and_no_error)
{
    struct raw raw = {0};
    struct look l;
    unsigned port;

    (void)close(raw_listen(1, &port));
    raw_start(&raw, raw_silence);
    begin();
    l = (struct look){.s = open_source("http", "{'url': 'http://127.0.0.1:%u/'}", port)};
    T_OK(look(&l), l.s->err);
    T_CHECK(!truth_of(&l, "up"));
    (void)member(&l, "status", SAMPLE_NULL);
    (void)member(&l, "latency", SAMPLE_NULL);
    T_CHECK(sv_starts(text_of(&l, "why"), SV("connection refused by 127.0.0.1:")));
    T_CHECK(!has(&l, "text"));
    check_members(&l);
    source_free(l.s);
    l = (struct look){.s = open_source("http", "{'url': '%s'}", raw.url)};
    start_look(&l, 5, 100);
    T_EQ(uv_run(&loop, UV_RUN_DEFAULT), 0);
    T_EQ(l.calls, 1);
    T_OK(l.rc, l.s->err);
    T_CHECK(!truth_of(&l, "up"));
    T_CHECK(sv_ends(text_of(&l, "why"), SV(" within 100 ms")));
    source_free(l.s);
    end();
    raw_stop(&raw);
}

T(what_could_not_be_asked_is_an_error)
{
    static const char *const settings[] = {"{'url': 'http://127.0.0.1/', 'headers': {'a b': 'x'}}",
                                           "{'url': 'https://127.0.0.1:1/', 'method': 'G T'}"};

    begin();
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        struct look l = {.s = open_source("http", "%s", settings[i])};

        T_EQ(look(&l), ERR_INVALID);
        T_CHECK(sv_starts(sv_from(l.s->err.msg), SV("source 'it': ")));
        source_free(l.s);
    }
    end();
}

T(a_token_is_in_no_sample_and_no_message)
{
    struct look l;
    unsigned port;

    (void)close(raw_listen(1, &port));
    begin();
    l = (struct look){.s = open_source("http",
                                       "{'url': 'http://ana:pass-w0rd@127.0.0.1:%u/', "
                                       "'bearer': 's3cr3t-token'}",
                                       port)};
    T_OK(look(&l), l.s->err);
    for (size_t i = 0; i < l.s->samples.v.n; i++) {
        struct sv text = l.s->samples.v.v[i].text;

        T_CHECK(!sv_has(text, SV("s3cr3t")) && !sv_has(text, SV("pass-w0rd")));
    }
    source_free(l.s);
    end();
}

T(a_poll_can_be_cancelled)
{
    struct raw raw = {0};
    struct look l;

    raw_start(&raw, raw_silence);
    begin();
    l = (struct look){.s = open_source("http", "{'url': '%s'}", raw.url)};
    source_cancel(l.s); /* nothing to cancel */
    start_look(&l, 5, 5000);
    (void)uv_run(&loop, UV_RUN_NOWAIT);
    source_cancel(l.s);
    source_cancel(l.s);
    T_EQ(l.calls, 0);
    T_EQ(uv_run(&loop, UV_RUN_DEFAULT), 0);
    T_EQ(l.calls, 1);
    T_EQ(l.rc, ERR_INTERRUPTED);
    source_free(l.s);
    end();
    raw_stop(&raw);
}

T_MAIN(T_CASE(an_answer_gives_status_latency_text_and_header), T_CASE(only_a_2xx_is_up),
       T_CASE(a_health_answer_speaks_for_itself_but_never_against_its_status),
       T_CASE(each_value_of_a_json_body_has_its_path), T_CASE(the_settings_reach_the_request),
       T_CASE(a_hundred_fields_are_members_and_more_are_an_error),
       T_CASE(a_body_is_read_up_to_a_mebibyte_unless_told_otherwise),
       T_CASE(a_refusal_and_a_silence_are_down_and_no_error),
       T_CASE(what_could_not_be_asked_is_an_error), T_CASE(a_token_is_in_no_sample_and_no_message),
       T_CASE(a_poll_can_be_cancelled))
