#include "net/web_server.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/libmicrohttpd.h"
#include "net/listen.h"

#define WEB_AGAIN_MS 1000u

struct web_server {
    struct web_config cfg;
    struct MHD_Daemon *daemon;
    uv_poll_t ready;  /* something came, or can go */
    uv_timer_t timer; /* somebody has been silent for too long, or more is to be read at once */
    int n_handles;
    char url[80];
};

struct web_exchange {
    struct strbuf body;
    size_t dropped; /* bytes of a body that is too long */
    bool refused;   /* answered before its body */
};

/* --- answers --- */

static enum MHD_Result web_server_send(struct MHD_Connection *c, struct web_reply *a)
{
    size_t n = a->body.n;
    enum MHD_Result ok;
    struct MHD_Response *r = libmicrohttpd.create_response_from_buffer(
        n, n ? strbuf_steal_str(&a->body) : NULL, MHD_RESPMEM_MUST_FREE);

    if (a->type)
        (void)libmicrohttpd.add_response_header(r, "Content-Type", a->type);
    if (a->allow)
        (void)libmicrohttpd.add_response_header(r, "Allow", a->allow);
    if (a->status == 401)
        (void)libmicrohttpd.add_response_header(r, "WWW-Authenticate", "Bearer");
    ok = libmicrohttpd.queue_response(c, a->status, r);
    libmicrohttpd.destroy_response(r);
    strbuf_release(&a->body);
    return ok;
}

static enum MHD_Result web_server_too_long(struct MHD_Connection *c)
{
    struct web_reply a = {.status = 413, .type = "text/plain", .body = STRBUF(0)};

    strbuf_add_str(&a.body, "the body is too long\n");
    return web_server_send(c, &a);
}

static enum MHD_Result web_server_answer(struct web_server *s, struct MHD_Connection *c,
                                         const char *path, const char *method,
                                         const struct web_exchange *x)
{
    struct sv auth =
        sv_from(libmicrohttpd.lookup_connection_value(c, MHD_HEADER_KIND, "Authorization"));
    struct web_query q = {sv_from(method), sv_from(path), strbuf_sv(&x->body), NULL};
    struct web_reply a = {.status = 404, .body = STRBUF(0)};

    if (sv_eat_nocase(&auth, SV("Bearer ")))
        q.bearer = auth.p;
    if (x->body.overflow)
        return web_server_too_long(c);
    s->cfg.answer(s->cfg.arg, &q, &a);
    return web_server_send(c, &a);
}

/*
 * What is said to be much too long is not read at all.  A little too long is read and dropped: many clients hear no
 * answer before they have sent everything.
 */
static bool web_server_is_long(const struct web_server *s, struct MHD_Connection *c)
{
    struct sv said =
        sv_from(libmicrohttpd.lookup_connection_value(c, MHD_HEADER_KIND, "Content-Length"));
    uint64_t n;

    return sv_to_u64(said, &n) && n / 2 > s->cfg.body_bytes;
}

/* NOLINTNEXTLINE(readability-function-size): the parameters are libmicrohttpd's */
static enum MHD_Result web_server_on_request(void *arg, struct MHD_Connection *c, const char *path,
                                             const char *method, const char *version UNUSED,
                                             const char *data, size_t *n, void **of)
{
    struct web_server *s = arg;
    struct web_exchange *x = *of;

    if (!x) { /* the head is here, the body follows */
        x = *of = XNEW(struct web_exchange);
        x->body = STRBUF(s->cfg.body_bytes);
        return web_server_is_long(s, c) ? web_server_too_long(c) : MHD_YES;
    }
    if (*n == 0)
        return web_server_answer(s, c, path, method, x);
    strbuf_add(&x->body, data, *n);
    if (x->body.overflow)
        x->dropped += *n;
    *n = 0;
    return x->dropped / 2 > s->cfg.body_bytes ? MHD_NO : MHD_YES; /* no: it is cut off */
}

static void web_server_on_end(void *arg UNUSED, struct MHD_Connection *c UNUSED, void **of,
                              enum MHD_RequestTerminationCode code UNUSED)
{
    struct web_exchange *x = *of;

    if (!x)
        return; /* uncovered: it ended in its head */
    strbuf_release(&x->body);
    free(x);
    *of = NULL;
}

/* --- on the loop --- */

static void web_server_run(struct web_server *s);

static void web_server_on_timer(uv_timer_t *t)
{
    web_server_run(t->data);
}

static void web_server_on_ready(uv_poll_t *p, int status UNUSED, int events UNUSED)
{
    web_server_run(p->data);
}

static void web_server_run(struct web_server *s)
{
    MHD_UNSIGNED_LONG_LONG ms;

    (void)libmicrohttpd.run(s->daemon); /* fails only for a daemon with a thread of its own */
    if (libmicrohttpd.get_timeout(s->daemon, &ms) == MHD_YES) {
        /* Also after it was full: it listens again only when it is run after somebody went. */
        (void)uv_timer_start(&s->timer, web_server_on_timer, ms < WEB_AGAIN_MS ? ms : WEB_AGAIN_MS,
                             0); /* always succeeds */
        return;
    }
    (void)libmicrohttpd.run(s->daemon); /* the last one went: see above */
    (void)uv_timer_stop(&s->timer);     /* always succeeds */
}

static enum err_code web_server_listen(struct web_server *s, const struct listen_address *a,
                                       struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf url = STRBUF(sizeof(s->url) - 1);

    s->daemon = libmicrohttpd.start_daemon(
        MHD_USE_EPOLL | (a->is_v6 ? MHD_USE_IPv6 : 0u), 0, NULL, NULL, web_server_on_request, s,
        MHD_OPTION_SOCK_ADDR, &a->at.any, MHD_OPTION_NOTIFY_COMPLETED, web_server_on_end, NULL,
        MHD_OPTION_CONNECTION_LIMIT, WEB_CLIENTS, MHD_OPTION_CONNECTION_TIMEOUT, WEB_IDLE_S,
        MHD_OPTION_END);
    if (!s->daemon)
        return err_set(err, ERR_REFUSED, "cannot listen on %.*s: is it in use?",
                       SV_FMT(s->cfg.listen));
    strbuf_addf(
        &url, "http://%.*s:%u", SV_FMT(a->host),
        (unsigned)libmicrohttpd.get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    memcpy(s->url, strbuf_str(&url), url.n + 1);
    return ERR_OK;
}

enum err_code web_server_open(const struct web_config *c, struct web_server **ret, struct err *err)
{
    CLEANUP(web_server_freep) struct web_server *s = XNEW(struct web_server);
    struct listen_address a;
    int epoll;

    s->cfg = *c;
    if (!listen_read(c->listen, &a))
        return err_set(err, ERR_USAGE, "'%.*s' is no ADDRESS:PORT", SV_FMT(c->listen));
    if (libmicrohttpd_open(err) != ERR_OK || web_server_listen(s, &a, err) != ERR_OK)
        return err->code;
    s->cfg.listen = (struct sv){NULL, 0};
    epoll = libmicrohttpd.get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    (void)uv_timer_init(c->loop, &s->timer);       /* always succeeds, as does the start */
    (void)uv_poll_init(c->loop, &s->ready, epoll); /* fails for files: this is none */
    s->timer.data = s->ready.data = s;
    s->n_handles = 2;
    (void)uv_poll_start(&s->ready, UV_READABLE, web_server_on_ready);
    *ret = STEAL(s);
    return ERR_OK;
}

static void web_server_on_closed(uv_handle_t *h)
{
    struct web_server *s = h->data;

    if (--s->n_handles == 0)
        free(s);
}

void web_server_free(struct web_server *s)
{
    if (!s)
        return;
    if (s->n_handles == 0) { /* it did not come so far */
        free(s);
        return;
    }
    uv_close((uv_handle_t *)&s->timer, web_server_on_closed);
    uv_close((uv_handle_t *)&s->ready, web_server_on_closed); /* before its descriptor is */
    libmicrohttpd.stop_daemon(s->daemon);
}

const char *web_server_url(const struct web_server *s)
{
    return s->url;
}
