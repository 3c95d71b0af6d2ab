/* The web server on the event loop: what it answers, and what it does to clients that break the rules. */
#include "net/web_server.h"

#include "http_fetch.h"
#include "net/listen.h"

enum { BODY_BYTES = 1000 };

static struct {
    struct strbuf body, bearer;
    int calls;
} seen;

static void echo(void *arg, const struct web_query *q, struct web_reply *reply)
{
    T_CHECK(arg == &seen);
    seen.calls++;
    strbuf_truncate(&seen.bearer, 0);
    strbuf_add_str(&seen.bearer, q->bearer ? q->bearer : "none");
    if (!sv_is(q->path, "/echo"))
        return;
    reply->status = sv_is(q->method, "POST") ? 200 : 405;
    reply->type = "text/plain";
    reply->allow = reply->status == 405 ? "POST" : NULL;
    strbuf_add_sv(&reply->body, q->body);
}

static struct web_server *opened(const char *listen)
{
    struct web_config c = {&loop, sv_from(listen), BODY_BYTES, echo, &seen};
    struct web_server *s = NULL;
    struct err err;

    seen.calls = 0;
    T_OK(web_server_open(&c, &s, &err), err);
    return s;
}

/* One request; the loop goes on until it has its answer. */
static void ask(struct fetch *f, const struct web_server *s, const char *path, struct sv body)
{
    char url[200];

    (void)snprintf(url, sizeof(url), "%s%s", web_server_url(s), path);
    f->r.spec.method = body.p ? "POST" : NULL;
    f->r.spec.body = body;
    start(f, url);
    while (f->calls == 0)
        (void)uv_run(&loop, UV_RUN_ONCE);
}

static void over(struct fetch *f)
{
    http_release(&f->r);
    *f = (struct fetch){.calls = 0};
}

T(requests_are_answered_from_the_loop)
{
    struct web_server *s;
    struct fetch f = {.calls = 0};

    begin();
    s = opened("127.0.0.1:0");
    f.r.spec.bearer = SV("s3cret");
    ask(&f, s, "/echo", SV("hello"));
    T_EQ(f.r.status, 200);
    T_SV(strbuf_sv(&f.r.body), "hello");
    T_STR(strbuf_str(&seen.bearer), "s3cret");
    over(&f);
    ask(&f, s, "/echo", (struct sv){NULL, 0});
    T_EQ(f.r.status, 405);
    T_SV(http_field_value(&f.r, SV("Allow")), "POST");
    T_STR(strbuf_str(&seen.bearer), "none");
    over(&f);
    ask(&f, s, "/other", (struct sv){NULL, 0});
    T_EQ(f.r.status, 404);
    T_EQ(f.r.body.n, 0);
    over(&f);
    T_EQ(seen.calls, 3);
    web_server_free(s);
    end();
    strbuf_release(&seen.bearer);
}

T(a_body_that_is_too_long_is_not_taken)
{
    static char large[BODY_BYTES + 1];
    struct web_server *s;
    struct fetch f = {.calls = 0};

    memset(large, 'x', sizeof(large));
    begin();
    s = opened("[::1]:0");
    ask(&f, s, "/echo", (struct sv){large, BODY_BYTES});
    T_EQ(f.r.status, 200);
    T_EQ(f.r.body.n, BODY_BYTES);
    over(&f);
    ask(&f, s, "/echo", (struct sv){large, BODY_BYTES + 1});
    T_EQ(f.r.status, 413);
    over(&f);
    T_EQ(seen.calls, 1);
    web_server_free(s);
    end();
    strbuf_release(&seen.bearer);
}

/* --- by hand --- */

static int joined(const struct web_server *s)
{
    struct sockaddr_in at = server_loopback();
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const char *colon = strrchr(web_server_url(s), ':');

    at.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
    T_EQ(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    return fd;
}

static void say(int fd, const char *text)
{
    T_EQ(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* What the server sends until it says no more, or `until` is there. */
static void hear(int fd, const char *until, struct strbuf *got)
{
    char bytes[500];

    for (;;) {
        ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

        if (n == 0 || (n < 0 && errno == ECONNRESET))
            return;
        if (n > 0)
            strbuf_add(got, bytes, (size_t)n);
        if (until && strstr(strbuf_str(got), until))
            return;
        (void)uv_run(&loop, UV_RUN_NOWAIT);
    }
}

T(a_body_without_a_length_is_cut_off)
{
    CLEANUP(strbuf_release) struct strbuf got = STRBUF(0);
    struct web_server *s;
    char chunk[BODY_BYTES + 20];
    int fd;

    begin();
    s = opened("127.0.0.1:0");
    fd = joined(s);
    say(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    (void)snprintf(chunk, sizeof(chunk), "3e8\r\n%01000d\r\n", 0);
    say(fd, chunk);
    say(fd, "1\r\nx\r\n0\r\n\r\n"); /* one byte too many, and the end */
    hear(fd, "\r\n\r\n", &got);
    T_CHECK(strstr(strbuf_str(&got), " 413 ") != NULL);
    (void)close(fd);
    strbuf_truncate(&got, 0);
    fd = joined(s);
    say(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 5; i++) {
        say(fd, chunk);
        (void)uv_run(&loop, UV_RUN_NOWAIT);
    }
    hear(fd, NULL, &got); /* it ends before the body does */
    T_EQ(got.n, 0);
    (void)close(fd);
    T_EQ(seen.calls, 0);
    web_server_free(s);
    end();
}

T(a_body_that_is_said_to_be_much_too_long_is_not_waited_for)
{
    CLEANUP(strbuf_release) struct strbuf got = STRBUF(0);
    struct web_server *s;
    int fd;

    begin();
    s = opened("127.0.0.1:0");
    fd = joined(s);
    say(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2002\r\n\r\n");
    hear(fd, "\r\n\r\n", &got);
    T_CHECK(strstr(strbuf_str(&got), " 413 ") != NULL);
    (void)close(fd);
    T_EQ(seen.calls, 0);
    web_server_free(s);
    end();
}

T(who_says_half_of_something_keeps_nobody_waiting)
{
    struct web_server *s;
    struct fetch f = {.calls = 0};
    int half;

    begin();
    s = opened("127.0.0.1:0");
    half = joined(s);
    say(half, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhal");
    ask(&f, s, "/echo", SV("whole"));
    T_EQ(f.r.status, 200);
    over(&f);
    web_server_free(s);
    end();
    (void)close(half);
    strbuf_release(&seen.bearer);
}

T(a_server_that_cannot_listen_says_why)
{
    static const char *const wrong[] = {
        "", "8016", "localhost:1", "127.0.0.1:", "1.2.3.4:65536", "::1:1", "[::1:1", "[::x]:1"};
    struct web_config c = {&loop, SV(""), BODY_BYTES, echo, &seen};
    struct web_server *s = NULL, *first;
    struct err err;

    begin();
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        c.listen = sv_from(wrong[i]);
        T_EQ(web_server_open(&c, &s, &err), ERR_USAGE);
        T_CHECK(!s);
    }
    first = opened("127.0.0.1:0");
    c.listen = SV("192.0.2.1:80"); /* nobody's (RFC 5737) */
    T_EQ(web_server_open(&c, &s, &err), ERR_REFUSED);
    T_CHECK(strstr(err.msg, "192.0.2.1:80") != NULL);
    c.listen = sv_sub(sv_from(web_server_url(first)), strlen("http://"), SV_NPOS);
    T_EQ(web_server_open(&c, &s, &err), ERR_REFUSED); /* two would share what comes */
    T_EQ(listen_try(c.listen, &err), ERR_REFUSED);
    T_CHECK(strstr(err.msg, strchr(web_server_url(first), '1')) && strstr(err.msg, "in use"));
    web_server_free(first);
    web_server_free(NULL);
    end();
}

T(an_address_is_tried_before_anything_begins)
{
    struct err err;

    T_OK(listen_try(SV("127.0.0.1:0"), &err), err);
    T_OK(listen_try(SV("[::1]:0"), &err), err);
    T_EQ(listen_try(SV("192.0.2.1:0"), &err), ERR_REFUSED);
    T_EQ(listen_try(SV("localhost:0"), &err), ERR_USAGE);
}

T(a_token_is_the_same_token_or_it_is_none)
{
    T_CHECK(listen_is_token(SV("abc"), "abc"));
    T_CHECK(!listen_is_token(SV("abc"), "abd"));
    T_CHECK(!listen_is_token(SV("abc"), ""));
    T_CHECK(!listen_is_token(SV("abc"), NULL));
    T_CHECK(!listen_is_token(SV(""), NULL));
}

T_MAIN(T_CASE(requests_are_answered_from_the_loop), T_CASE(a_body_that_is_too_long_is_not_taken),
       T_CASE(a_body_without_a_length_is_cut_off),
       T_CASE(a_body_that_is_said_to_be_much_too_long_is_not_waited_for),
       T_CASE(who_says_half_of_something_keeps_nobody_waiting),
       T_CASE(a_server_that_cannot_listen_says_why),
       T_CASE(an_address_is_tried_before_anything_begins),
       T_CASE(a_token_is_the_same_token_or_it_is_none))
