#pragma once

/*
 * net_server: the other end, for tests of what speaks HTTP.
 *
 * server: a real web server (libmicrohttpd, its own thread) on a free port of
 * 127.0.0.1; the test says what it answers.  raw: a listening socket whose thread
 * treats one connection after the other as the test says, to break the rules.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "base/sv.h"

struct server_request {
    struct MHD_Connection *conn;
    const char *method, *path;
    struct strbuf body;
};

struct server;
/* Queue an answer, with server_text() or MHD itself. */
typedef enum MHD_Result server_answer_fn(struct server *s, struct server_request *r);

struct server {
    struct MHD_Daemon *daemon;
    server_answer_fn *answer;
    unsigned port;
    atomic_int connections, requests;
    char url[64]; /* "http://127.0.0.1:PORT" */
    void *data;
};

static inline const char *server_field(struct server_request *r, const char *name)
{
    return MHD_lookup_connection_value(r->conn, MHD_HEADER_KIND, name);
}

static inline enum MHD_Result server_bytes(struct server_request *r, unsigned status,
                                           const char *type, struct sv bytes)
{
    struct MHD_Response *m =
        MHD_create_response_from_buffer(bytes.n, xmemdup(bytes.p, bytes.n), MHD_RESPMEM_MUST_FREE);
    enum MHD_Result ok;

    if (type)
        (void)MHD_add_response_header(m, "Content-Type", type);
    ok = MHD_queue_response(r->conn, status, m);
    MHD_destroy_response(m);
    return ok;
}

static inline enum MHD_Result server_text(struct server_request *r, unsigned status,
                                          const char *text)
{
    return server_bytes(r, status, "text/plain", sv_from(text));
}

/* NOLINTNEXTLINE(readability-function-size): the parameters are libmicrohttpd's */
static inline enum MHD_Result server_on_request(void *cls, struct MHD_Connection *conn,
                                                const char *url, const char *method,
                                                const char *version UNUSED, const char *data,
                                                size_t *n, void **req_cls)
{
    struct server *s = cls;
    struct server_request *r = *req_cls;

    if (!r) {
        *req_cls = XNEW(struct server_request);
        atomic_fetch_add(&s->requests, 1);
        return MHD_YES;
    }
    strbuf_add(&r->body, data, *n);
    if (*n > 0) {
        *n = 0;
        return MHD_YES;
    }
    r->conn = conn;
    r->method = method;
    r->path = url;
    return s->answer(s, r);
}

static inline void server_on_end(void *cls UNUSED, struct MHD_Connection *conn UNUSED,
                                 void **req_cls, enum MHD_RequestTerminationCode why UNUSED)
{
    struct server_request *r = *req_cls;

    if (r)
        strbuf_release(&r->body);
    free(r);
    *req_cls = NULL;
}

static inline void server_on_connection(void *cls, struct MHD_Connection *conn UNUSED,
                                        void **socket_cls UNUSED,
                                        enum MHD_ConnectionNotificationCode code)
{
    struct server *s = cls;

    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        atomic_fetch_add(&s->connections, 1);
}

static inline struct sockaddr_in server_loopback(void)
{
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* Listen on a descriptor of the caller's, or on a free port when it is -1. */
static inline void server_start(struct server *s, server_answer_fn *answer, int fd)
{
    struct sockaddr_in at = server_loopback();
    struct MHD_OptionItem listen[] = {{MHD_OPTION_LISTEN_SOCKET, fd, NULL},
                                      {MHD_OPTION_END, 0, NULL}};

    s->answer = answer;
    s->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, server_on_request,
                                 s, MHD_OPTION_NOTIFY_COMPLETED, server_on_end, NULL,
                                 MHD_OPTION_NOTIFY_CONNECTION, server_on_connection, s,
                                 MHD_OPTION_SOCK_ADDR, &at, MHD_OPTION_ARRAY,
                                 fd >= 0 ? listen : &listen[1], MHD_OPTION_END);
    if (!s->daemon)
        abort();
    s->port = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    (void)snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%u", s->port);
}

static inline void server_stop(struct server *s)
{
    MHD_stop_daemon(s->daemon);
}

/* A listening socket on a free port of loopback. */
static inline int raw_listen(int backlog, unsigned *port)
{
    struct sockaddr_in at = server_loopback();
    socklen_t n = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(fd, backlog) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &n) != 0)
        abort();
    *port = ntohs(at.sin_port);
    return fd;
}

struct raw;
/* Treat one connection; it is closed afterwards. */
typedef void raw_treat_fn(struct raw *r, int fd);

struct raw {
    raw_treat_fn *treat;
    int fd, stop[2]; /* stop: readable when the test is over */
    unsigned port;
    pthread_t thread;
    char url[64];
    atomic_size_t sent;
};

/* True: there is something to read; false: the test is over. */
static inline bool raw_wait(struct raw *r, int fd)
{
    struct pollfd p[] = {{.fd = fd, .events = POLLIN}, {.fd = r->stop[0], .events = POLLIN}};

    while (poll(p, 2, -1) < 0 && errno == EINTR)
        ;
    return !p[1].revents;
}

/* Read the header of a request. */
static inline bool raw_read_request(struct raw *r, int fd)
{
    char bytes[8192];
    size_t n = 0;

    while (n < sizeof(bytes) && raw_wait(r, fd)) {
        ssize_t got = read(fd, bytes + n, sizeof(bytes) - n);

        if (got <= 0)
            return false;
        n += (size_t)got;
        if (memmem(bytes, n, "\r\n\r\n", 4))
            return true;
    }
    return false;
}

/* False: the peer has gone. */
static inline bool raw_send(struct raw *r, int fd, struct sv bytes)
{
    while (bytes.n > 0) {
        ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);

        if (n <= 0)
            return false;
        atomic_fetch_add(&r->sent, (size_t)n);
        bytes = sv_sub(bytes, (size_t)n, bytes.n);
    }
    return true;
}

static inline void *raw_thread(void *p)
{
    struct raw *r = p;

    while (raw_wait(r, r->fd)) {
        int fd = accept(r->fd, NULL, NULL);

        if (fd < 0)
            continue;
        r->treat(r, fd);
        (void)close(fd);
    }
    return NULL;
}

static inline void raw_start(struct raw *r, raw_treat_fn *treat)
{
    r->treat = treat;
    r->fd = raw_listen(16, &r->port);
    (void)snprintf(r->url, sizeof(r->url), "http://127.0.0.1:%u/", r->port);
    if (pipe(r->stop) != 0 || pthread_create(&r->thread, NULL, raw_thread, r) != 0)
        abort();
}

static inline void raw_stop(struct raw *r)
{
    (void)close(r->stop[1]);
    (void)pthread_join(r->thread, NULL);
    (void)close(r->stop[0]);
    (void)close(r->fd);
}

/* Say nothing until the client gives up. */
static inline void raw_silence(struct raw *r, int fd)
{
    struct pollfd p[] = {{.fd = fd, .events = POLLRDHUP}, {.fd = r->stop[0], .events = POLLIN}};

    (void)poll(p, 2, -1);
}
