#pragma once

/*
 * port: does anybody listen on a TCP port?
 *
 * Embed a probe, zeroed, fill host, port, timeout_ms and done, call port_start().
 * done() is called exactly once, from the loop, never from inside port_start(), after
 * the last handle is closed: the struct may be freed there.  Every address of the host
 * is tried, in the resolver's order, until one answers or the time is over.  A name
 * server that hangs does not delay done(), but keeps the loop alive until it answers.
 */
#include <uv.h>

#include "base/err.h"

#define PORT_MS 5000u /* default of timeout_ms */

enum port_state {
    PORT_OPEN,
    PORT_REFUSED,
    PORT_TIMED_OUT,
    PORT_UNKNOWN_HOST,
    PORT_UNREACHABLE,
    PORT_CANCELLED,
    PORT_STATE__N
};

struct port_probe;
struct port_lookup; /* private */
/* rc is ERR_OK when the port is open; else p->err says why not, for the last address tried. */
typedef void port_done_fn(struct port_probe *p, enum err_code rc);

struct port_probe {
    const char *host; /* name or address; must live until done() */
    uint16_t port;
    uint64_t timeout_ms; /* 0: PORT_MS */
    port_done_fn *done;
    void *data; /* the caller's */

    /* results */
    enum port_state state;
    int64_t took_us;
    struct err err;

    /* private */
    unsigned magic;
    uint64_t started_ns;
    struct port_lookup *lookup; /* NULL: the addresses are known, or nobody waits for them */
    struct addrinfo *addresses, *next;
    uv_loop_t *loop;
    uv_timer_t timer;
    uv_tcp_t tcp;
    uv_connect_t connect;
    bool tcp_open, ending;
};

void port_start(struct port_probe *p, uv_loop_t *loop);
/* End it: done() follows with PORT_CANCELLED.  Harmless when it has ended. */
void port_cancel(struct port_probe *p);
