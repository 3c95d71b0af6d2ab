#include "net/port.h"

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"

#define PORT_MAGIC 0x504f5254u

/* Lives until the resolver is back, which may be long after the probe has reported. */
struct port_lookup {
    uv_getaddrinfo_t req;
    struct port_probe *probe; /* NULL: nobody waits any more */
};

static void port_try_next(struct port_probe *p);

static struct port_probe *port_of(void *data)
{
    struct port_probe *p = data;

    assert(p && p->magic == PORT_MAGIC);
    return p;
}

/* The timer is closed last: every path ends here. */
static void port_on_timer_closed(uv_handle_t *h)
{
    struct port_probe *p = port_of(h->data);

    uv_freeaddrinfo(p->addresses);
    p->addresses = p->next = NULL;
    p->magic = 0;
    p->done(p, p->err.code);
}

static void port_on_tcp_closed(uv_handle_t *h)
{
    struct port_probe *p = port_of(h->data);

    p->tcp_open = false;
    if (p->ending)
        uv_close((uv_handle_t *)&p->timer, port_on_timer_closed);
    else
        port_try_next(p);
}

/* The outcome is in p->state and p->err. */
static void port_end(struct port_probe *p)
{
    p->ending = true;
    p->took_us = (int64_t)((clock_mono_ns() - p->started_ns) / 1000);
    if (p->lookup) {
        p->lookup->probe = NULL;
        p->lookup = NULL;
    }
    if (!p->tcp_open)
        uv_close((uv_handle_t *)&p->timer, port_on_timer_closed);
    else if (!uv_is_closing((uv_handle_t *)&p->tcp))
        uv_close((uv_handle_t *)&p->tcp, port_on_tcp_closed);
}

static void port_fail(struct port_probe *p, enum port_state state, enum err_code code,
                      const char *what)
{
    p->state = state;
    (void)err_set(&p->err, code, "%s %s:%u", what, p->host, (unsigned)p->port);
}

static void port_on_timer(uv_timer_t *t)
{
    struct port_probe *p = port_of(t->data);

    if (p->ending)
        return;
    p->state = PORT_TIMED_OUT;
    (void)err_set(&p->err, ERR_TIMEOUT, "no connection to %s:%u within %" PRIu64 " ms", p->host,
                  (unsigned)p->port, p->timeout_ms);
    port_end(p);
}

static void port_on_connect(uv_connect_t *c, int status)
{
    struct port_probe *p = port_of(c->data);

    if (p->ending || status == UV_ECANCELED)
        return; /* the timer was first: what is closing reports */
    if (status == 0) {
        p->state = PORT_OPEN;
        p->err = (struct err){0};
        port_end(p);
        return;
    }
    if (status == UV_ECONNREFUSED)
        port_fail(p, PORT_REFUSED, ERR_NET, "connection refused by");
    else
        port_fail(p, PORT_UNREACHABLE, ERR_NET, "no way to");
    uv_close((uv_handle_t *)&p->tcp, port_on_tcp_closed);
}

static void port_try_next(struct port_probe *p)
{
    struct addrinfo *a = p->next;
    int rc;

    if (!a) { /* p->err is that of the last one */
        port_end(p);
        return;
    }
    p->next = a->ai_next;
    (void)uv_tcp_init(p->loop, &p->tcp); /* always succeeds: makes no socket yet */
    p->tcp.data = p->connect.data = p;
    p->tcp_open = true;
    rc = uv_tcp_connect(&p->connect, &p->tcp, a->ai_addr, port_on_connect);
    if (rc == 0)
        return;
    port_fail(p, PORT_UNREACHABLE, ERR_NET, "no way to"); /* no such address family here */
    uv_close((uv_handle_t *)&p->tcp, port_on_tcp_closed);
}

static void port_on_lookup(uv_getaddrinfo_t *req, int status, struct addrinfo *found)
{
    struct port_lookup *l = container_of(req, struct port_lookup, req);
    struct port_probe *p = l->probe;

    free(l);
    if (!p) {
        uv_freeaddrinfo(found);
        return;
    }
    p->lookup = NULL;
    p->addresses = p->next = found;
    if (status != 0)
        port_fail(p, PORT_UNKNOWN_HOST, ERR_NET, "no address is known for the host of");
    port_try_next(p);
}

static int port_resolve(struct port_probe *p)
{
    static const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct port_lookup *l = XNEW(struct port_lookup);
    char service[8];
    int rc;

    (void)snprintf(service, sizeof(service), "%u", (unsigned)p->port);
    rc = uv_getaddrinfo(p->loop, &l->req, port_on_lookup, p->host, service, &hints);
    if (rc != 0) {
        free(l);
        return rc;
    }
    l->probe = p;
    p->lookup = l;
    return 0;
}

void port_start(struct port_probe *p, uv_loop_t *loop)
{
    assert(p->done && p->host && p->magic == 0);
    p->magic = PORT_MAGIC;
    p->loop = loop;
    p->timeout_ms = p->timeout_ms ? p->timeout_ms : PORT_MS;
    p->started_ns = clock_mono_ns();
    p->err = (struct err){0};
    p->ending = p->tcp_open = false;
    uv_update_time(loop);                 /* the deadline counts from here */
    (void)uv_timer_init(loop, &p->timer); /* always succeeds */
    p->timer.data = p;
    (void)uv_timer_start(&p->timer, port_on_timer, p->timeout_ms, 0);
    if (port_resolve(p) == 0)
        return;
    port_fail(p, PORT_UNKNOWN_HOST, ERR_INVALID, "no host can be called");
    port_end(p);
}

void port_cancel(struct port_probe *p)
{
    if (p->magic != PORT_MAGIC || p->ending)
        return;
    port_fail(p, PORT_CANCELLED, ERR_INTERRUPTED, "cancelled: the connection to");
    port_end(p);
}
