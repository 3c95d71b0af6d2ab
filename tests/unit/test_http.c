#include "net/http.h"

#include "http_pages.h"

/* What arrives. */

T(a_complete_answer_gives_status_fields_body_url_and_times)
{
    struct fetch f = {0};

    get_path(&f, "/echo");
    T_OK(f.rc, f.r.err);
    T_EQ(f.r.status, 200);
    T_SV(http_field_value(&f.r, SV("content-TYPE")), "text/plain");
    T_CHECK(!http_field_value(&f.r, SV("x-none")).p);
    T_SV(strbuf_sv(&f.r.body), "GET /echo\nUser-Agent: prusik\n");
    T_CHECK(!f.r.truncated);
    T_CHECK(sv_eq(f.r.url, sv_from(url_of("/echo"))));
    T_CHECK(f.r.timing.connect_us > 0 && f.r.timing.connect_us <= f.r.timing.first_byte_us);
    T_CHECK(f.r.timing.first_byte_us <= f.r.timing.total_us && f.r.timing.total_us < 30000000);
    T_EQ(f.r.timing.tls_us, 0);
    http_release(&f.r);
}

T(any_status_of_a_complete_answer_is_data)
{
    static const int codes[] = {200, 201, 400, 401, 404, 418, 500, 503, 599};

    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        struct fetch f = {0};
        char path[32];

        (void)snprintf(path, sizeof(path), "/status/%d", codes[i]);
        get_path(&f, path);
        T_OK(f.rc, f.r.err);
        T_EQ(f.r.status, codes[i]);
        T_SV(strbuf_sv(&f.r.body), "as asked");
        http_release(&f.r);
    }
}

T(answers_without_a_body_end_at_once)
{
    static const char *const paths[] = {"/status/204", "/status/304", "/echo"};

    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        struct fetch f = {.r.spec = {.method = i == 2 ? "HEAD" : "GET", .total_ms = 5000}};

        get_path(&f, paths[i]);
        T_OK(f.rc, f.r.err);
        T_EQ(f.r.body.n, 0);
        T_CHECK(f.r.timing.total_us < 4000000);
        http_release(&f.r);
    }
}

T(method_fields_and_body_are_sent_as_given_and_nothing_else)
{
    static const struct http_field fields[] = {
        {SV("X-One"), SV("1; a=\"b\"")}, {SV("X-Two"), SV("")}, {SV("X-Three"), SV("3")}};
    static const struct {
        const char *method, *want;
    } cases[] = {
        {"POST", "POST /echo\nX-One: 1; a=\"b\"\nX-Two: \nX-Three: 3\nUser-Agent: prusik\na=1&b"},
        {"PUT", "PUT /echo\nX-One: 1; a=\"b\"\nX-Two: \nX-Three: 3\nUser-Agent: prusik\na=1&b"},
        {"PATCH", "PATCH /echo\nX-One: 1; a=\"b\"\nX-Two: \nX-Three: 3\nUser-Agent: prusik\na=1&b"},
        {"GET", "GET /echo\nX-One: 1; a=\"b\"\nX-Two: \nX-Three: 3\nUser-Agent: prusik\na=1&b"}};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fetch f = {
            .r.spec = {
                .method = cases[i].method, .fields = fields, .n_fields = 3, .body = SV("a=1&b")}};

        get_path(&f, "/echo");
        T_OK(f.rc, f.r.err);
        T_STR(strbuf_str(&f.r.body), cases[i].want);
        http_release(&f.r);
    }
}

T(a_content_type_of_the_caller_is_kept)
{
    static const struct http_field json = {SV("content-type"), SV("application/json")};
    struct fetch f = {
        .r.spec = {.method = "POST", .fields = &json, .n_fields = 1, .body = SV("{}")}};

    get_path(&f, "/echo");
    T_CHECK(sv_has(strbuf_sv(&f.r.body), SV("Content-Type: application/json\n")));
    http_release(&f.r);
}

T(a_body_of_many_megabytes_can_be_sent)
{
    struct fetch f = {.r.spec = {.method = "POST"}};
    size_t n = 5u << 20;
    CLEANUP(mem_freep) char *bytes = xcalloc(n, 1);

    memset(bytes, 'q', n);
    f.r.spec.body = (struct sv){bytes, n};
    get_path(&f, "/echo");
    T_OK(f.rc, f.r.err);
    T_CHECK(f.r.body.n > n);
    http_release(&f.r);
}

T(a_chunked_body_is_put_together)
{
    struct fetch f = {0};

    get_path(&f, "/chunked");
    T_OK(f.rc, f.r.err);
    T_EQ(f.r.body.n, 100000);
    T_EQ(f.r.body.p[99999], 'a' + 99 % 26);
    http_release(&f.r);
}

T(a_packed_body_is_offered_and_unpacked_only_when_asked_for)
{
    struct fetch f = {.r.spec.compressed = true}, plain = {0}, echo = {.r.spec.compressed = true};

    get_path(&f, "/gzip");
    T_OK(f.rc, f.r.err);
    T_SV(strbuf_sv(&f.r.body), "metrics, packed\n");
    get_path(&plain, "/gzip");
    T_EQ(plain.r.body.p[0], '\x1f');
    get_path(&echo, "/echo");
    T_CHECK(sv_has(strbuf_sv(&echo.r.body), SV("gzip")));
    http_release(&f.r);
    http_release(&plain.r);
    http_release(&echo.r);
}

T(the_cap_counts_unpacked_bytes)
{
    struct fetch f = {.r.spec = {.compressed = true, .max_body = 1000}};

    get_path(&f, "/bomb");
    T_OK(f.rc, f.r.err);
    T_EQ(f.r.body.n, 1000);
    T_CHECK(f.r.truncated && f.r.body.cap < 65536);
    http_release(&f.r);
}

T(a_longer_body_is_cut_or_fails_by_choice)
{
    static const size_t caps[] = {99999, 100000};

    for (size_t i = 0; i < ARRAY_LEN(caps); i++)
        for (int fails = 0; fails < 2; fails++) {
            struct fetch f = {.r.spec = {.max_body = caps[i], .over_fails = fails}};
            bool over = caps[i] < 100000;

            get_path(&f, "/chunked");
            T_EQ(f.r.body.n, caps[i]);
            T_EQ(f.r.truncated, over && !fails);
            T_EQ(f.r.failure, over && fails ? HTTP_TOO_LARGE : HTTP_FINE);
            T_EQ(f.rc, over && fails ? ERR_LIMIT : ERR_OK);
            T_EQ(f.r.status, 200);
            if (over && fails)
                T_CHECK(
                    sv_has(sv_from(f.r.err.msg), SV("longer than 99999 bytes, from 127.0.0.1:")));
            http_release(&f.r);
        }
}

/* Redirects. */

T(a_redirect_is_the_answer_unless_asked_to_follow)
{
    struct fetch f = {0}, follow = {.r.spec.max_redirects = 2};

    get_path(&f, "/to/to/echo");
    T_EQ(f.r.status, 302);
    T_SV(http_field_value(&f.r, SV("x-hop")), "first");
    T_SV(strbuf_sv(&f.r.body), "moved");
    get_path(&follow, "/to/to/echo");
    T_OK(follow.rc, follow.r.err);
    T_EQ(follow.r.status, 200);
    T_CHECK(!http_field_value(&follow.r, SV("x-hop")).p); /* the fields are of the last answer */
    T_SV(strbuf_sv(&follow.r.body), "GET /echo\nUser-Agent: prusik\n");
    T_CHECK(sv_eq(follow.r.url, sv_from(url_of("/echo"))));
    http_release(&f.r);
    http_release(&follow.r);
}

static enum MHD_Result answer_loop(struct server *s, struct server_request *r)
{
    r->path = "/to/again";
    return answer_redirect(s, r);
}

T(a_loop_of_redirects_ends_at_the_limit)
{
    struct fetch f = {.r.spec.max_redirects = 5};

    server_start(&server, answer_loop, -1);
    begin();
    get(&f, url_of("/"));
    end();
    server_stop(&server);
    T_EQ(f.r.failure, HTTP_OTHER);
    T_EQ(f.rc, ERR_NET);
    T_CHECK(sv_starts(sv_from(f.r.err.msg), SV("too many redirects, the last one by 127.0.0.1:")));
    T_EQ(atomic_load(&server.requests), 6);
    http_release(&f.r);
}

static void treat_to_ftp(struct raw *r, int fd)
{
    if (raw_read_request(r, fd))
        (void)raw_send(r, fd,
                       SV("HTTP/1.1 302 Found\r\nLocation: ftp://127.0.0.1/x\r\n"
                          "Content-Length: 0\r\n\r\n"));
}

T(a_redirect_to_something_else_than_http_is_not_followed)
{
    struct fetch f = {.r.spec.max_redirects = 5};

    get_raw(&f, treat_to_ftp);
    T_EQ(f.r.failure, HTTP_OTHER);
    T_CHECK(sv_starts(sv_from(f.r.err.msg), SV("no answer of HTTP from 127.0.0.1:")));
    http_release(&f.r);
}

/* Secrets. */

T(the_bearer_token_is_sent_to_its_host_and_not_to_another)
{
    struct fetch f = {.r.spec = {.bearer = SV("s3cr3t-token"), .max_redirects = 3}};
    struct server other = {0};
    char path[128];

    server_start(&other, answer_table, -1);
    get_path(&f, "/to/echo");
    T_CHECK(sv_has(strbuf_sv(&f.r.body), SV("Authorization: Bearer s3cr3t-token\n")));
    (void)snprintf(path, sizeof(path), "/to/host/127.0.0.1:%u/echo", other.port);
    f.calls = 0;
    get_path(&f, path);
    T_SV(strbuf_sv(&f.r.body), "GET /echo\nUser-Agent: prusik\n");
    server_stop(&other);
    http_release(&f.r);
}

T(a_token_that_the_server_sends_back_is_not_in_the_message)
{
    struct fetch f = {.r.spec = {.bearer = SV("s3cr3t-token"), .max_redirects = 3}};

    get_path(&f, "/to/host/s3cr3t-token.invalid/");
    T_EQ(f.r.failure, HTTP_DNS);
    T_STR(f.r.err.msg, "no address is known for the host of ***.invalid:80");
    http_release(&f.r);
}

T(user_and_password_of_the_url_are_sent_and_not_shown)
{
    struct fetch f = {0}, refused = {0};
    char url[128];
    unsigned port;

    server_start(&server, answer_table, -1);
    begin();
    (void)snprintf(url, sizeof(url), "http://ana:p%%40ss@127.0.0.1:%u/echo", server.port);
    get(&f, url);
    end();
    server_stop(&server);
    T_CHECK(sv_has(strbuf_sv(&f.r.body), SV("Authorization: Basic YW5hOnBAc3M=\n")));
    T_CHECK(sv_eq(f.r.url, sv_from(url_of("/echo"))));
    (void)close(raw_listen(1, &port)); /* nobody is there now */
    (void)snprintf(url, sizeof(url), "http://ana:p%%40ss@127.0.0.1:%u/echo", port);
    begin();
    get(&refused, url);
    end();
    T_EQ(refused.r.failure, HTTP_REFUSED);
    T_CHECK(!sv_has(refused.r.url, SV("ss@")) && !sv_has(sv_from(refused.r.err.msg), SV("ss")));
    http_release(&f.r);
    http_release(&refused.r);
}

/* What cannot be sent. */

T(what_cannot_be_sent_is_reported_from_the_loop)
{
    static const struct http_field bad[] = {{SV("X-A"), SV("1\r\nX-B: 2")},
                                            {SV("X A"), SV("1")},
                                            {SV(""), SV("1")},
                                            {SV("X-\xff"), SV("1")},
                                            {SV("X:A"), SV("1")}};
    static const struct sv urls[] = {SV(""),
                                     SV("127.0.0.1/x"),
                                     SV("ftp://127.0.0.1/"),
                                     SV("file:///etc/passwd"),
                                     SV("http://"),
                                     SV("http://a b/"),
                                     SV("http://127.0.0.1:99999/"),
                                     SV("http://127.0.0.1/\0x")};

    begin();
    for (size_t i = 0; i < ARRAY_LEN(urls) + ARRAY_LEN(bad) + 3; i++) {
        size_t k = i - ARRAY_LEN(urls);
        struct fetch f = {.r.spec.url = i < ARRAY_LEN(urls) ? urls[i] : SV("http://127.0.0.1:1/")};

        if (i >= ARRAY_LEN(urls) && k < ARRAY_LEN(bad)) {
            f.r.spec.fields = &bad[k];
            f.r.spec.n_fields = 1;
        }
        if (k == ARRAY_LEN(bad))
            f.r.spec.method = "GET /x HTTP/1.1\r\nX-B:";
        if (k == ARRAY_LEN(bad) + 1)
            f.r.spec.bearer = SV("a\r\nX-B: 2");
        if (k == ARRAY_LEN(bad) + 2)
            f.r.spec.method = "";
        get(&f, NULL);
        T_EQ(f.r.failure, HTTP_UNABLE);
        T_EQ(f.rc, ERR_INVALID);
        http_release(&f.r);
    }
    end();
}

T(a_field_beyond_the_cap_is_not_sent)
{
    size_t n = HTTP_FIELDS_BYTES;
    CLEANUP(mem_freep) char *long_value = xcalloc(n, 1);
    struct http_field field = {SV("X-Long"), {long_value, n}};
    struct fetch f = {.r.spec = {.fields = &field, .n_fields = 1}};

    memset(long_value, 'v', n);
    begin();
    get(&f, "http://127.0.0.1:1/");
    end();
    T_EQ(f.r.failure, HTTP_UNABLE);
    http_release(&f.r);
}

/* The loop. */

T(a_connection_is_used_again)
{
    struct fetch f = {0};

    server_start(&server, answer_table, -1);
    begin();
    for (int i = 0; i < 5; i++) {
        f.calls = 0;
        get(&f, url_of(i == 2 ? "/chunked" : "/echo"));
        T_OK(f.rc, f.r.err);
    }
    T_EQ(f.r.timing.connect_us, 0);
    end();
    T_EQ(atomic_load(&server.requests), 5);
    T_EQ(atomic_load(&server.connections), 1);
    server_stop(&server);
    http_release(&f.r);
}

T(many_requests_run_at_once_and_each_reports_once)
{
    enum { N = 60 };
    static struct fetch f[N];
    int sum = 0;

    server_start(&server, answer_table, -1);
    begin();
    for (size_t i = 0; i < N; i++)
        start(&f[i], url_of(i % 2 ? "/chunked" : "/echo"));
    T_EQ(uv_run(&loop, UV_RUN_DEFAULT), 0);
    for (size_t i = 0; i < N; i++) {
        T_EQ(f[i].calls, 1);
        T_OK(f[i].rc, f[i].r.err);
        T_CHECK(i % 2 ? f[i].r.body.n == 100000 : f[i].r.body.n < 100);
        sum += f[i].calls;
        http_release(&f[i].r);
    }
    end();
    T_EQ(sum, N);
    server_stop(&server);
}

T(a_request_can_be_cancelled_once_twice_and_too_late)
{
    struct fetch f = {0};
    struct raw raw = {0};

    raw_start(&raw, raw_silence);
    begin();
    http_cancel(&f.r); /* before */
    start(&f, raw.url);
    (void)uv_run(&loop, UV_RUN_NOWAIT);
    http_cancel(&f.r);
    http_cancel(&f.r);
    T_EQ(f.calls, 0); /* never from inside */
    T_EQ(uv_run(&loop, UV_RUN_DEFAULT), 0);
    http_cancel(&f.r); /* after */
    T_EQ(uv_run(&loop, UV_RUN_DEFAULT), 0);
    T_EQ(f.calls, 1);
    T_EQ(f.r.failure, HTTP_ABORTED);
    T_EQ(f.rc, ERR_INTERRUPTED);
    T_STR(f.r.err.msg, "the request was cancelled");
    end();
    raw_stop(&raw);
    http_release(&f.r);
}

T(one_report_may_cancel_another_request)
{
    struct fetch hangs = {0}, ends = {.cancel = &hangs.r};
    struct raw raw = {0};

    raw_start(&raw, raw_silence);
    server_start(&server, answer_table, -1);
    begin();
    start(&hangs, raw.url);
    get(&ends, url_of("/echo"));
    T_EQ(hangs.calls, 1);
    T_EQ(hangs.r.failure, HTTP_ABORTED);
    end();
    server_stop(&server);
    raw_stop(&raw);
    http_release(&hangs.r);
    http_release(&ends.r);
}

static int again_left;

static void on_done_again(struct http_request *r, enum err_code rc)
{
    T_EQ(rc, r->spec.url.n ? ERR_INTERRUPTED : ERR_INVALID);
    if (again_left-- > 0)
        http_start(client, r);
}

T(freeing_the_client_cancels_what_is_on_its_way_and_what_is_started_then)
{
    struct http_request r = {.done = on_done_again};
    struct fetch f[3] = {{.calls = 0}};
    struct raw raw = {0};

    raw_start(&raw, raw_silence);
    begin();
    again_left = 3;
    r.spec.url = sv_from(raw.url);
    http_start(client, &r);
    for (size_t i = 0; i < ARRAY_LEN(f); i++)
        start(&f[i], raw.url);
    (void)uv_run(&loop, UV_RUN_NOWAIT);
    end();
    T_EQ(again_left, -1);
    for (size_t i = 0; i < ARRAY_LEN(f); i++) {
        T_EQ(f[i].calls, 1);
        T_EQ(f[i].r.failure, HTTP_ABORTED);
        http_release(&f[i].r);
    }
    raw_stop(&raw);
    http_release(&r);
}

T(a_request_that_starts_itself_again_does_not_keep_the_loop_to_itself)
{
    struct http_request r = {.done = on_done_again};
    uv_timer_t tick;
    int ticks = 0;

    begin();
    again_left = 1000;
    (void)uv_timer_init(&loop, &tick);
    tick.data = &ticks;
    (void)uv_timer_start(&tick, on_tick, 0, 0);
    http_start(client, &r); /* no URL */
    while (again_left > 900)
        (void)uv_run(&loop, UV_RUN_NOWAIT);
    T_EQ(ticks, 1);
    uv_close((uv_handle_t *)&tick, NULL);
    end();
    http_release(&r);
}

T(every_kind_of_failure_has_a_text)
{
    for (int i = 0; i < HTTP_FAILURE__N; i++)
        T_CHECK(http_failure_text((enum http_failure)i)[0]);
}

T_MAIN(T_CASE(a_complete_answer_gives_status_fields_body_url_and_times),
       T_CASE(any_status_of_a_complete_answer_is_data), T_CASE(answers_without_a_body_end_at_once),
       T_CASE(method_fields_and_body_are_sent_as_given_and_nothing_else),
       T_CASE(a_content_type_of_the_caller_is_kept), T_CASE(a_body_of_many_megabytes_can_be_sent),
       T_CASE(a_chunked_body_is_put_together),
       T_CASE(a_packed_body_is_offered_and_unpacked_only_when_asked_for),
       T_CASE(the_cap_counts_unpacked_bytes), T_CASE(a_longer_body_is_cut_or_fails_by_choice),
       T_CASE(a_redirect_is_the_answer_unless_asked_to_follow),
       T_CASE(a_loop_of_redirects_ends_at_the_limit),
       T_CASE(a_redirect_to_something_else_than_http_is_not_followed),
       T_CASE(the_bearer_token_is_sent_to_its_host_and_not_to_another),
       T_CASE(a_token_that_the_server_sends_back_is_not_in_the_message),
       T_CASE(user_and_password_of_the_url_are_sent_and_not_shown),
       T_CASE(what_cannot_be_sent_is_reported_from_the_loop),
       T_CASE(a_field_beyond_the_cap_is_not_sent), T_CASE(a_connection_is_used_again),
       T_CASE(many_requests_run_at_once_and_each_reports_once),
       T_CASE(a_request_can_be_cancelled_once_twice_and_too_late),
       T_CASE(one_report_may_cancel_another_request),
       T_CASE(freeing_the_client_cancels_what_is_on_its_way_and_what_is_started_then),
       T_CASE(a_request_that_starts_itself_again_does_not_keep_the_loop_to_itself),
       T_CASE(every_kind_of_failure_has_a_text))
