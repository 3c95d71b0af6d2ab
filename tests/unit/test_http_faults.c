#include <dlfcn.h>
#include <netdb.h>
#include <sys/un.h>

#include "base/child.h"
#include "base/file.h"
#include "http_pages.h"

/* Faults of the other end. */

T(a_closed_port_is_refused_and_the_message_names_it)
{
    struct fetch f = {0};
    char url[64], want[64];
    unsigned port;

    (void)close(raw_listen(1, &port));
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/x", port);
    (void)snprintf(want, sizeof(want), "connection refused by 127.0.0.1:%u", port);
    begin();
    get(&f, url);
    end();
    T_EQ(f.r.failure, HTTP_REFUSED);
    T_EQ(f.rc, ERR_NET);
    T_STR(f.r.err.msg, want);
    T_EQ(f.r.status, 0);
    http_release(&f.r);
}

T(a_server_that_never_answers_is_timed_out)
{
    struct fetch f = {.r.spec = {.total_ms = 150, .connect_ms = 5000}};
    int64_t from = now_ms();

    get_raw(&f, raw_silence);
    T_EQ(f.r.failure, HTTP_TIMED_OUT);
    T_EQ(f.rc, ERR_TIMEOUT);
    T_CHECK(sv_starts(sv_from(f.r.err.msg), SV("no complete answer from 127.0.0.1:")));
    T_CHECK(sv_ends(sv_from(f.r.err.msg), SV(" within 150 ms")));
    T_CHECK(now_ms() - from >= 150 && now_ms() - from < 5000);
    http_release(&f.r);
}

T(a_connection_that_does_not_come_about_is_timed_out)
{
    struct fetch f = {.r.spec = {.connect_ms = 200, .total_ms = 20000}};
    struct sockaddr_in at = server_loopback();
    int fd, full[4];
    char url[64];
    unsigned port;

    fd = raw_listen(0, &port); /* nobody accepts, and the queue is full */
    at.sin_port = htons((uint16_t)port);
    for (size_t i = 0; i < ARRAY_LEN(full); i++) {
        full[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(full[i], (struct sockaddr *)&at, sizeof(at)); /* under way is enough */
    }
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/", port);
    begin();
    get(&f, url);
    end();
    T_EQ(f.r.failure, HTTP_TIMED_OUT);
    T_CHECK(sv_starts(sv_from(f.r.err.msg), SV("no connection to 127.0.0.1:")));
    T_CHECK(sv_ends(sv_from(f.r.err.msg), SV(" within 200 ms")));
    for (size_t i = 0; i < ARRAY_LEN(full); i++)
        (void)close(full[i]);
    (void)close(fd);
    http_release(&f.r);
}

static void treat_drip(struct raw *r, int fd)
{
    struct pollfd stop = {.fd = r->stop[0], .events = POLLIN};

    if (!raw_read_request(r, fd) || !raw_send(r, fd, SV("HTTP/1.1 200 OK\r\n\r\n")))
        return;
    while (poll(&stop, 1, 10) == 0 && raw_send(r, fd, SV(".")))
        ;
}

T(a_slow_drip_ends_at_the_total_time_and_keeps_what_came)
{
    struct fetch f = {.r.spec.total_ms = 300};

    get_raw(&f, treat_drip);
    T_EQ(f.r.failure, HTTP_TIMED_OUT);
    T_EQ(f.r.status, 200);
    T_CHECK(f.r.body.n > 2 && f.r.body.n < 60 && f.r.body.p[0] == '.');
    http_release(&f.r);
}

static void treat_half(struct raw *r, int fd)
{
    if (raw_read_request(r, fd))
        (void)raw_send(r, fd, SV("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"));
}

static void treat_half_chunk(struct raw *r, int fd)
{
    if (raw_read_request(r, fd))
        (void)raw_send(r, fd,
                       SV("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf"));
}

static void treat_hang_up(struct raw *r, int fd)
{
    (void)raw_read_request(r, fd);
}

static void treat_reset(struct raw *r, int fd)
{
    struct linger hard = {.l_onoff = 1};

    if (raw_read_request(r, fd))
        (void)raw_send(r, fd, SV("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"));
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
}

T(a_connection_that_ends_early_is_closed_not_an_answer)
{
    static const struct {
        raw_treat_fn *treat;
        const char *want;
    } cases[] = {{treat_half, "the connection was closed within the answer by 127.0.0.1:"},
                 {treat_half_chunk, "the connection was closed within the answer by 127.0.0.1:"},
                 {treat_hang_up, "the connection was closed without an answer by 127.0.0.1:"},
                 {treat_reset, "the connection was reset by 127.0.0.1:"}};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fetch f = {0};

        get_raw(&f, cases[i].treat);
        T_EQ(f.r.failure, HTTP_CLOSED);
        T_EQ(f.rc, ERR_NET);
        if (!sv_starts(sv_from(f.r.err.msg), sv_from(cases[i].want)))
            T_FAIL("'%s' should begin with '%s'", f.r.err.msg, cases[i].want);
        http_release(&f.r);
    }
}

static size_t flood_sent;

static void treat_flood(struct raw *r, int fd)
{
    static char bytes[65536];

    if (!raw_read_request(r, fd) || !raw_send(r, fd, SV("HTTP/1.1 200 OK\r\n\r\n")))
        return;
    memset(bytes, 'x', sizeof(bytes));
    for (size_t i = 0; i < (1u << 30) / sizeof(bytes); i++)
        if (!raw_send(r, fd, (struct sv){bytes, sizeof(bytes)}))
            break;
    flood_sent = atomic_load(&r->sent);
}

T(a_gigabyte_is_not_read_to_be_thrown_away)
{
    struct fetch f = {.r.spec.max_body = 1u << 20};

    get_raw(&f, treat_flood);
    T_OK(f.rc, f.r.err);
    T_CHECK(f.r.truncated);
    T_EQ(f.r.body.n, 1u << 20);
    T_CHECK(flood_sent >= 1u << 20 && flood_sent < 64u << 20); /* the rest is in socket buffers */
    http_release(&f.r);
}

static void treat_garbage(struct raw *r, int fd)
{
    if (raw_read_request(r, fd))
        (void)raw_send(r, fd, SV("\x1b[2J220 smtp.example.org ready\r\n\r\n"));
}

static void treat_version(struct raw *r, int fd)
{
    if (raw_read_request(r, fd))
        (void)raw_send(r, fd, SV("HTTP/7.5 200 OK\r\nContent-Length: 0\r\n\r\n"));
}

static void treat_bad_gzip(struct raw *r, int fd)
{
    if (raw_read_request(r, fd))
        (void)raw_send(r, fd,
                       SV("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\n"
                          "nope\n"));
}

T(what_is_not_http_fails_and_cannot_drive_a_terminal)
{
    static raw_treat_fn *const treats[] = {treat_garbage, treat_version, treat_bad_gzip};

    for (size_t i = 0; i < ARRAY_LEN(treats); i++) {
        struct fetch f = {.r.spec.compressed = true};

        get_raw(&f, treats[i]);
        T_EQ(f.r.failure, HTTP_OTHER);
        T_EQ(f.rc, ERR_NET);
        for (const char *p = f.r.err.msg; *p; p++)
            T_CHECK((unsigned char)*p >= ' ');
        http_release(&f.r);
    }
}

static void treat_big_header(struct raw *r, int fd)
{
    static char field[2000] = "X-Long: ";

    memset(field + 8, 'v', sizeof(field) - 10);
    field[sizeof(field) - 2] = '\r';
    field[sizeof(field) - 1] = '\n';
    if (!raw_read_request(r, fd) || !raw_send(r, fd, SV("HTTP/1.1 200 OK\r\n")))
        return;
    for (int i = 0; i < 100000; i++)
        if (!raw_send(r, fd, (struct sv){field, sizeof(field)}))
            return;
}

T(a_header_without_end_is_too_large)
{
    struct fetch f = {0};

    get_raw(&f, treat_big_header);
    T_EQ(f.r.failure, HTTP_TOO_LARGE);
    T_EQ(f.rc, ERR_LIMIT);
    T_CHECK(f.r.fields.n > 10 && f.r.fields.n < 200);
    http_release(&f.r);
}

static void treat_continue(struct raw *r, int fd)
{
    if (raw_read_request(r, fd))
        (void)raw_send(r, fd,
                       SV("HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n"
                          "HTTP/1.1 200 OK\r\nX-Late:   a b  \r\nx-late: second\r\n"
                          "X-Empty:\r\n folded: y\r\n: z\r\nContent-Length: 2\r\n\r\nok"));
}

T(fields_are_of_the_last_answer_trimmed_and_in_order)
{
    struct fetch f = {0};

    get_raw(&f, treat_continue);
    T_OK(f.rc, f.r.err);
    T_EQ(f.r.fields.n, 4);
    T_SV(f.r.fields.v[0].value, "a b");
    T_SV(f.r.fields.v[1].value, "second");
    T_SV(http_field_value(&f.r, SV("X-LATE")), "a b");
    T_CHECK(http_field_value(&f.r, SV("x-empty")).p &&
            http_field_value(&f.r, SV("x-empty")).n == 0);
    http_release(&f.r);
}

/* Names. */

static int resolver_gate[2] = {-1, -1};
static atomic_int resolver_waiting;

/* libcurl asks us: the name "slow.test" takes until the gate is closed. */
/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): netdb.h's are reserved */
int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                struct addrinfo **found)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");
    char byte;

    memcpy(&real, &symbol, sizeof(real));
    if (!host || strcmp(host, "slow.test") != 0)
        return real(host, service, hints, found);
    atomic_fetch_add(&resolver_waiting, 1);
    while (read(resolver_gate[0], &byte, 1) < 0)
        ;
    atomic_fetch_sub(&resolver_waiting, 1);
    return EAI_NONAME;
}

static void resolver_open_gate(void)
{
    (void)close(resolver_gate[1]);
    while (atomic_load(&resolver_waiting) > 0)
        (void)poll(NULL, 0, 1); /* a thread of libcurl's that nobody can join */
}

T(a_name_that_is_not_known_fails)
{
    struct fetch f = {0};

    begin();
    get(&f, "http://no-such-host.invalid/");
    end();
    T_EQ(f.r.failure, HTTP_DNS);
    T_EQ(f.rc, ERR_NET);
    T_STR(f.r.err.msg, "no address is known for the host of no-such-host.invalid:80");
    http_release(&f.r);
}

T(a_name_server_that_hangs_blocks_neither_the_loop_nor_the_timeout_nor_a_cancel)
{
    struct fetch timed = {.r.spec.total_ms = 300}, cancelled = {0}, other = {0};
    uv_timer_t tick;
    int ticks = 0;
    int64_t from = now_ms();

    T_EQ(pipe(resolver_gate), 0);
    server_start(&server, answer_table, -1);
    begin();
    (void)uv_timer_init(&loop, &tick);
    tick.data = &ticks;
    (void)uv_timer_start(&tick, on_tick, 0, 5);
    start(&timed, "http://slow.test/");
    start(&cancelled, "http://slow.test/");
    start(&other, url_of("/echo"));
    other.cancel = &cancelled.r;
    T_EQ(uv_run(&loop, UV_RUN_DEFAULT), 0);
    T_EQ(ticks, 20);
    T_EQ(timed.r.failure, HTTP_TIMED_OUT);
    T_EQ(cancelled.r.failure, HTTP_ABORTED);
    T_OK(other.rc, other.r.err);
    T_CHECK(now_ms() - from >= 300 && now_ms() - from < 5000);
    T_CHECK(atomic_load(&resolver_waiting) == 2);
    resolver_open_gate();
    end();
    server_stop(&server);
    http_release(&timed.r);
    http_release(&cancelled.r);
    http_release(&other.r);
}

T(proxies_of_the_environment_are_not_used_for_loopback)
{
    static const char *const hosts[] = {"127.0.0.1", "localhost", "127.0.0.77"};
    struct fetch away = {0};
    unsigned port;
    char url[64];

    (void)close(raw_listen(1, &port)); /* nobody is there now */
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u", port);
    T_EQ(setenv("http_proxy", url, 1), 0);
    T_EQ(setenv("no_proxy", "example.org", 1), 0);
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        struct fetch f = {.r.spec.total_ms = 5000};

        server_start(&server, answer_table, -1);
        begin();
        (void)snprintf(url, sizeof(url), "http://%s:%u/echo", hosts[i], server.port);
        get(&f, url);
        end();
        server_stop(&server);
        T_EQ(f.r.failure, i < 2 ? HTTP_FINE : HTTP_REFUSED); /* the last one has no server */
        http_release(&f.r);
    }
    begin();
    get(&away, "http://no-such-host.invalid/");
    end();
    T_EQ(away.r.failure, HTTP_REFUSED); /* by the proxy: it was asked */
    http_release(&away.r);
}

T(a_star_in_no_proxy_is_kept)
{
    struct fetch f = {0};
    unsigned port;
    char url[64];

    (void)close(raw_listen(1, &port));
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u", port);
    T_EQ(setenv("http_proxy", url, 1), 0);
    T_EQ(setenv("NO_PROXY", "*", 1), 0);
    begin();
    get(&f, "http://no-such-host.invalid/");
    end();
    T_EQ(f.r.failure, HTTP_DNS);
    http_release(&f.r);
}

/* Unix sockets and TLS. */

T(a_unix_socket_is_spoken_to)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "web.sock"};
    struct fetch f = {.r.spec.unix_socket = "web.sock"}, none = {.r.spec.unix_socket = "none.sock"};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    T_EQ(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
    T_EQ(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    T_EQ(listen(fd, 5), 0);
    server_start(&server, answer_table, fd);
    begin();
    get(&f, "http://service.example/echo");
    get(&none, "http://service.example/echo");
    end();
    server_stop(&server);
    T_OK(f.rc, f.r.err);
    T_SV(strbuf_sv(&f.r.body), "GET /echo\nUser-Agent: prusik\n");
    T_EQ(none.r.failure, HTTP_REFUSED);
    T_STR(none.r.err.msg, "connection refused by unix socket 'none.sock'");
    http_release(&f.r);
    http_release(&none.r);
}

struct tls {
    struct child child;
    struct strbuf out;
    unsigned port;
    bool ended;
};

static void on_tls_output(struct child *c, enum child_stream stream UNUSED, struct sv bytes)
{
    struct tls *t = container_of(c, struct tls, child);
    size_t at;
    int64_t port;

    strbuf_add_sv(&t->out, bytes);
    at = sv_find(strbuf_sv(&t->out), SV("ACCEPT 127.0.0.1:"), 0);
    if (at == SV_NPOS || sv_find_byte(strbuf_sv(&t->out), '\n', at) == SV_NPOS)
        return;
    at += strlen("ACCEPT 127.0.0.1:");
    if (sv_to_i64(sv_sub(strbuf_sv(&t->out), at, sv_find_byte(strbuf_sv(&t->out), '\n', at)),
                  &port))
        t->port = (unsigned)port;
}

static void on_tls_end(struct child *c, enum err_code rc UNUSED)
{
    container_of(c, struct tls, child)->ended = true;
}

static bool openssl_is_there(void)
{
    return access("/usr/bin/openssl", X_OK) == 0;
}

static void openssl(const char *const *argv)
{
    struct tls t = {.child = {.spec.argv = argv, .output = on_tls_output, .done = on_tls_end}};

    child_start(&t.child, &loop);
    while (!t.ended)
        (void)uv_run(&loop, UV_RUN_ONCE);
    if (t.child.status != 0)
        T_FAIL("openssl: %s", strbuf_str(&t.out));
    strbuf_release(&t.out);
}

/* A certificate for 127.0.0.1 that trusts itself, and a server that shows it. */
static void tls_begin(struct tls *t, bool wants_client_cert)
{
    static const char *const make[] = {"openssl",
                                       "req",
                                       "-x509",
                                       "-newkey",
                                       "ec",
                                       "-pkeyopt",
                                       "ec_paramgen_curve:prime256v1",
                                       "-nodes",
                                       "-keyout",
                                       "key.pem",
                                       "-out",
                                       "cert.pem",
                                       "-days",
                                       "2",
                                       "-subj",
                                       "/CN=prusik test",
                                       "-addext",
                                       "subjectAltName=IP:127.0.0.1",
                                       NULL};
    static const char *const serve[] = {"openssl",  "s_server",
                                        "-accept",  "127.0.0.1:0",
                                        "-www",     "-cert",
                                        "cert.pem", "-key",
                                        "key.pem",  "-Verify",
                                        "1",        "-CAfile",
                                        "cert.pem", "-verify_return_error",
                                        NULL};
    static const char *argv[ARRAY_LEN(serve)];

    openssl(make);
    memcpy(argv, serve, sizeof(serve));
    if (!wants_client_cert)
        argv[9] = NULL;
    *t = (struct tls){.child = {.spec = {.argv = argv, .grace_ms = 1000},
                                .output = on_tls_output,
                                .done = on_tls_end}};
    child_start(&t->child, &loop);
    while (!t->port && !t->ended)
        (void)uv_run(&loop, UV_RUN_ONCE);
    if (t->ended)
        T_FAIL("openssl: %s", strbuf_str(&t->out));
}

static void tls_get(struct tls *t, struct fetch *f, const char *host)
{
    char url[64];

    (void)snprintf(url, sizeof(url), "https://%s:%u/", host, t->port);
    start(f, url);
    while (f->calls == 0)
        (void)uv_run(&loop, UV_RUN_ONCE);
}

static void tls_end(struct tls *t)
{
    child_stop(&t->child);
    end();
    strbuf_release(&t->out);
}

T(a_certificate_is_trusted_only_through_its_authority_and_its_name)
{
    struct fetch f[] = {{.r.spec.ca_file = NULL},
                        {.r.spec.ca_file = "cert.pem"},
                        {.r.spec.no_verify = true},
                        {.r.spec.ca_file = "cert.pem"},
                        {.r.spec.ca_file = "no-such.pem"}};
    static const struct {
        const char *host;
        enum http_failure want;
    } cases[] = {{"127.0.0.1", HTTP_TLS},
                 {"127.0.0.1", HTTP_FINE},
                 {"127.0.0.1", HTTP_FINE},
                 {"localhost", HTTP_TLS},
                 {"127.0.0.1", HTTP_UNABLE}};
    struct tls t;

    if (!openssl_is_there())
        T_SKIP("openssl is not installed");
    begin();
    tls_begin(&t, false);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        tls_get(&t, &f[i], cases[i].host);
        if (f[i].r.failure != cases[i].want)
            T_FAIL("case %zu: %s: %s", i, http_failure_text(f[i].r.failure), f[i].r.err.msg);
        if (cases[i].want == HTTP_FINE)
            T_CHECK(f[i].r.timing.tls_us > f[i].r.timing.connect_us);
        http_release(&f[i].r);
    }
    tls_end(&t);
}

/* What this process has read so far: proc_pid_io(5). */
static uint64_t bytes_read(void)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct sv rest, line;
    uint64_t n = 0;
    struct err err;

    T_OK(file_read("/proc/self/io", 4096, &text, &err), err);
    rest = strbuf_sv(&text);
    T_CHECK(sv_split(&rest, '\n', &line) && sv_eat(&line, SV("rchar: ")) && sv_to_u64(line, &n));
    return n;
}

/* Each connection would read all that the system trusts, on the loop: what others measure there takes longer. */
T(what_the_system_trusts_is_read_once)
{
    struct fetch f[] = {{.r.spec.ca_file = NULL},
                        {.r.spec.ca_file = "cert.pem"},
                        {.r.spec.no_verify = true},
                        {.r.spec.ca_file = NULL}};
    uint64_t before, took[ARRAY_LEN(f)];
    struct tls t;

    if (!openssl_is_there())
        T_SKIP("openssl is not installed");
    begin();
    tls_begin(&t, false);
    for (size_t i = 0; i < ARRAY_LEN(f); i++) {
        before = bytes_read();
        tls_get(&t, &f[i], "127.0.0.1");
        took[i] = bytes_read() - before;
        http_release(&f[i].r);
    }
    for (size_t i = 1; i < ARRAY_LEN(f); i++) /* the first has read it, where the system has any */
        if (took[i] > 50000)
            T_FAIL("request %zu read %" PRIu64 " bytes", i, took[i]);
    tls_end(&t);
}

T(a_client_certificate_is_shown)
{
    struct fetch without = {.r.spec.ca_file = "cert.pem"},
                 with = {.r.spec = {.ca_file = "cert.pem",
                                    .cert_file = "cert.pem",
                                    .key_file = "key.pem"}},
                 bad = {.r.spec = {.ca_file = "cert.pem", .cert_file = "no-such.pem"}};
    struct tls t;

    if (!openssl_is_there())
        T_SKIP("openssl is not installed");
    begin();
    tls_begin(&t, true);
    tls_get(&t, &without, "127.0.0.1");
    T_CHECK(without.r.failure == HTTP_TLS || without.r.failure == HTTP_CLOSED);
    tls_get(&t, &with, "127.0.0.1");
    T_OK(with.rc, with.r.err);
    T_EQ(with.r.status, 200);
    tls_get(&t, &bad, "127.0.0.1");
    T_EQ(bad.r.failure, HTTP_UNABLE);
    tls_end(&t);
    http_release(&without.r);
    http_release(&with.r);
    http_release(&bad.r);
}

T(plain_http_does_not_answer_a_tls_request)
{
    struct fetch f = {0};
    char url[64];

    server_start(&server, answer_table, -1);
    begin();
    (void)snprintf(url, sizeof(url), "https://127.0.0.1:%u/", server.port);
    get(&f, url);
    end();
    server_stop(&server);
    T_EQ(f.r.failure, HTTP_TLS);
    T_CHECK(sv_starts(sv_from(f.r.err.msg), SV("no TLS with 127.0.0.1:")));
    http_release(&f.r);
}

T_MAIN(T_CASE(a_closed_port_is_refused_and_the_message_names_it),
       T_CASE(a_server_that_never_answers_is_timed_out),
       T_CASE(a_connection_that_does_not_come_about_is_timed_out),
       T_CASE(a_slow_drip_ends_at_the_total_time_and_keeps_what_came),
       T_CASE(a_connection_that_ends_early_is_closed_not_an_answer),
       T_CASE(a_gigabyte_is_not_read_to_be_thrown_away),
       T_CASE(what_is_not_http_fails_and_cannot_drive_a_terminal),
       T_CASE(a_header_without_end_is_too_large),
       T_CASE(fields_are_of_the_last_answer_trimmed_and_in_order),
       T_CASE(a_name_that_is_not_known_fails),
       T_CASE(a_name_server_that_hangs_blocks_neither_the_loop_nor_the_timeout_nor_a_cancel),
       T_CASE(proxies_of_the_environment_are_not_used_for_loopback),
       T_CASE(a_star_in_no_proxy_is_kept), T_CASE(a_unix_socket_is_spoken_to),
       T_CASE(a_certificate_is_trusted_only_through_its_authority_and_its_name),
       T_CASE(what_the_system_trusts_is_read_once), T_CASE(a_client_certificate_is_shown),
       T_CASE(plain_http_does_not_answer_a_tls_request))
