#include "net/port.h"

#include <dlfcn.h>
#include <netdb.h>

#include "base/clock.h"
#include "net_server.h"
#include "t.h"

struct look {
    struct port_probe p;
    int calls;
    enum err_code rc;
    struct port_probe *cancel; /* when this one is done */
};

static uv_loop_t loop;

static void on_done(struct port_probe *p, enum err_code rc)
{
    struct look *l = p->data;

    l->calls++;
    l->rc = rc;
    if (l->cancel)
        port_cancel(l->cancel);
}

static void begin(struct look *l, const char *host, unsigned port)
{
    l->p.host = host;
    l->p.port = (uint16_t)port;
    l->p.done = on_done;
    l->p.data = l;
    port_start(&l->p, &loop);
    T_EQ(l->calls, 0);
}

static void look(struct look *l, const char *host, unsigned port)
{
    T_EQ(uv_loop_init(&loop), 0);
    begin(l, host, port);
    T_EQ(uv_run(&loop, UV_RUN_DEFAULT), 0);
    T_EQ(uv_loop_close(&loop), 0); /* no handle is left */
    T_EQ(l->calls, 1);
    T_EQ(l->rc == ERR_OK, l->p.state == PORT_OPEN);
    T_EQ(l->rc == ERR_OK, l->p.err.msg[0] == '\0');
}

/* A port where nobody listens. */
static unsigned closed_port(void)
{
    unsigned port;

    (void)close(raw_listen(1, &port));
    return port;
}

T(a_port_where_somebody_listens_is_open)
{
    struct look l = {.calls = 0};
    unsigned port;
    int fd = raw_listen(5, &port);

    look(&l, "127.0.0.1", port);
    T_OK(l.rc, l.p.err);
    T_CHECK(l.p.took_us > 0 && l.p.took_us < 5000000);
    (void)close(fd);
}

T(a_port_where_nobody_listens_is_refused)
{
    struct look l = {.calls = 0};
    unsigned port = closed_port();
    char want[64];

    look(&l, "127.0.0.1", port);
    T_EQ(l.p.state, PORT_REFUSED);
    T_EQ(l.rc, ERR_NET);
    (void)snprintf(want, sizeof(want), "connection refused by 127.0.0.1:%u", port);
    T_STR(l.p.err.msg, want);
}

T(a_queue_that_is_full_is_timed_out)
{
    struct look l = {.p.timeout_ms = 150};
    struct sockaddr_in at = server_loopback();
    int fd, full[4];
    unsigned port;
    uint64_t from = clock_mono_ns();

    fd = raw_listen(0, &port);
    at.sin_port = htons((uint16_t)port);
    for (size_t i = 0; i < ARRAY_LEN(full); i++) {
        full[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(full[i], (struct sockaddr *)&at, sizeof(at)); /* under way is enough */
    }
    look(&l, "127.0.0.1", port);
    T_EQ(l.p.state, PORT_TIMED_OUT);
    T_EQ(l.rc, ERR_TIMEOUT);
    T_CHECK(sv_ends(sv_from(l.p.err.msg), SV(" within 150 ms")));
    T_CHECK(clock_mono_ns() - from >= 149000000 && clock_mono_ns() - from < 5000000000);
    for (size_t i = 0; i < ARRAY_LEN(full); i++)
        (void)close(full[i]);
    (void)close(fd);
}

T(a_name_is_looked_up_and_one_that_is_not_known_fails)
{
    struct look known = {.calls = 0}, unknown = {.calls = 0};
    unsigned port;
    int fd = raw_listen(5, &port);

    look(&known, "localhost", port);
    T_OK(known.rc, known.p.err);
    look(&unknown, "no-such-host.invalid", 80);
    T_EQ(unknown.p.state, PORT_UNKNOWN_HOST);
    T_EQ(unknown.rc, ERR_NET);
    T_STR(unknown.p.err.msg, "no address is known for the host of no-such-host.invalid:80");
    (void)close(fd);
}

/* The resolver of the test: see below. */
static int gate[2] = {-1, -1};

T(every_address_of_a_name_is_tried)
{
    struct look open = {.calls = 0}, refused = {.calls = 0};
    unsigned port;
    int fd = raw_listen(5, &port);

    look(&open, "two.test", port); /* 127.0.0.9 refuses, 127.0.0.1 does not */
    T_OK(open.rc, open.p.err);
    look(&refused, "two.test", closed_port());
    T_EQ(refused.p.state, PORT_REFUSED);
    (void)close(fd);
}

T(an_address_without_a_way_to_it_is_unreachable)
{
    struct look l = {.p.timeout_ms = 2000};

    look(&l, "255.255.255.255", 80);
    T_EQ(l.p.state, PORT_UNREACHABLE);
    T_STR(l.p.err.msg, "no way to 255.255.255.255:80");
}

T(a_host_name_that_nobody_could_have_fails)
{
    struct look l = {.calls = 0};
    char host[2000];

    memset(host, 'a', sizeof(host) - 1);
    host[sizeof(host) - 1] = '\0';
    look(&l, host, 80);
    T_EQ(l.p.state, PORT_UNKNOWN_HOST);
}

T(a_probe_can_be_cancelled_once_twice_and_too_late)
{
    struct look l = {.calls = 0};
    unsigned port;
    int fd = raw_listen(5, &port);

    T_EQ(uv_loop_init(&loop), 0);
    port_cancel(&l.p); /* before */
    begin(&l, "127.0.0.1", port);
    port_cancel(&l.p);
    port_cancel(&l.p);
    T_EQ(l.calls, 0);
    T_EQ(uv_run(&loop, UV_RUN_DEFAULT), 0);
    port_cancel(&l.p); /* after */
    T_EQ(uv_run(&loop, UV_RUN_DEFAULT), 0);
    T_EQ(uv_loop_close(&loop), 0);
    T_EQ(l.calls, 1);
    T_EQ(l.p.state, PORT_CANCELLED);
    T_EQ(l.rc, ERR_INTERRUPTED);
    (void)close(fd);
}

T(a_probe_can_be_cancelled_while_it_connects)
{
    struct look slow = {.p.timeout_ms = 30000}, fast = {.cancel = &slow.p};
    struct sockaddr_in at = server_loopback();
    int fd, full[4];
    unsigned port;

    fd = raw_listen(0, &port);
    at.sin_port = htons((uint16_t)port);
    for (size_t i = 0; i < ARRAY_LEN(full); i++) {
        full[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(full[i], (struct sockaddr *)&at, sizeof(at)); /* under way is enough */
    }
    T_EQ(uv_loop_init(&loop), 0);
    begin(&slow, "127.0.0.1", port);
    begin(&fast, "127.0.0.1", closed_port());
    T_EQ(uv_run(&loop, UV_RUN_DEFAULT), 0);
    T_EQ(uv_loop_close(&loop), 0);
    T_EQ(slow.calls, 1);
    T_EQ(slow.p.state, PORT_CANCELLED);
    T_EQ(fast.p.state, PORT_REFUSED);
    for (size_t i = 0; i < ARRAY_LEN(full); i++)
        (void)close(full[i]);
    (void)close(fd);
}

T(a_name_server_that_hangs_does_not_delay_the_report)
{
    struct look l = {.p.timeout_ms = 100};

    T_EQ(pipe(gate), 0);
    T_EQ(uv_loop_init(&loop), 0);
    begin(&l, "slow.test", 80);
    while (l.calls == 0)
        (void)uv_run(&loop, UV_RUN_ONCE);
    T_EQ(l.p.state, PORT_TIMED_OUT);
    (void)close(gate[1]); /* now it answers: nobody is there to hear it, and nothing leaks */
    T_EQ(uv_run(&loop, UV_RUN_DEFAULT), 0);
    T_EQ(uv_loop_close(&loop), 0);
    T_EQ(l.calls, 1);
}

/* libuv asks us: "slow.test" takes until the gate is closed, "two.test" has two addresses. */
/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): netdb.h's are reserved */
int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                struct addrinfo **found)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");
    struct addrinfo *second;
    char byte;
    int rc;

    memcpy(&real, &symbol, sizeof(real));
    if (host && strcmp(host, "slow.test") == 0) {
        while (read(gate[0], &byte, 1) < 0)
            ;
        return real("127.0.0.1", service, hints, found);
    }
    if (!host || strcmp(host, "two.test") != 0)
        return real(host, service, hints, found);
    rc = real("127.0.0.9", service, hints, found);
    if (rc == 0 && real("127.0.0.1", service, hints, &second) == 0)
        (*found)->ai_next = second;
    return rc;
}

T_MAIN(T_CASE(a_port_where_somebody_listens_is_open),
       T_CASE(a_port_where_nobody_listens_is_refused), T_CASE(a_queue_that_is_full_is_timed_out),
       T_CASE(a_name_is_looked_up_and_one_that_is_not_known_fails),
       T_CASE(every_address_of_a_name_is_tried),
       T_CASE(an_address_without_a_way_to_it_is_unreachable),
       T_CASE(a_host_name_that_nobody_could_have_fails),
       T_CASE(a_probe_can_be_cancelled_once_twice_and_too_late),
       T_CASE(a_probe_can_be_cancelled_while_it_connects),
       T_CASE(a_name_server_that_hangs_does_not_delay_the_report))
