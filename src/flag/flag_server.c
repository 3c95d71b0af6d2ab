#include "flag/flag_server.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/sv.h"
#include "flag/ofrep.h"
#include "net/libmicrohttpd.h"
#include "net/listen.h"

#define SERVER_CONNECTIONS 1000u
#define SERVER_IDLE_S      60u /* a client that says nothing is sent away */

struct flag_server {
    struct flag_files files;
    struct MHD_Daemon *daemon;
    char *token;
    char url[80];

    /* of the server's thread */
    struct flagset *set;
    struct flag_stamp stamp;
    bool stale; /* the files changed and could not be read */
    struct err stale_err;
};

struct request {
    struct strbuf body;
};

/* ---- answers ---- */

static enum MHD_Result send_body(struct MHD_Connection *c, unsigned status, const char *tag,
                                 struct strbuf *body)
{
    size_t n = body->n;
    enum MHD_Result ok;
    struct MHD_Response *r = libmicrohttpd.create_response_from_buffer(
        n, n ? strbuf_steal_str(body) : NULL, MHD_RESPMEM_MUST_FREE);

    if (n)
        (void)libmicrohttpd.add_response_header(r, "Content-Type", "application/json");
    if (tag[0])
        (void)libmicrohttpd.add_response_header(r, "ETag", tag);
    if (status == 405)
        (void)libmicrohttpd.add_response_header(r, "Allow", "POST");
    if (status == 401)
        (void)libmicrohttpd.add_response_header(r, "WWW-Authenticate", "Bearer");
    ok = libmicrohttpd.queue_response(c, status, r);
    libmicrohttpd.destroy_response(r);
    return ok;
}

static enum MHD_Result send_details(struct MHD_Connection *c, unsigned status, const char *details)
{
    CLEANUP(strbuf_release) struct strbuf body = STRBUF(0);
    CLEANUP(json_cleanup) json_t *j = json_object();

    json_put_str(j, "errorDetails", details);
    json_write(j, &body);
    return send_body(c, status, "", &body);
}

static enum MHD_Result send_health(const struct flag_server *s, struct MHD_Connection *c)
{
    CLEANUP(strbuf_release) struct strbuf body = STRBUF(0);
    CLEANUP(json_cleanup) json_t *j = json_object();

    json_put_str(j, "status", s->stale ? "fail" : "pass");
    json_put_int(j, "flags", (int64_t)flagset_count(s->set));
    if (s->stale)
        json_put_str(j, "output", s->stale_err.msg);
    json_write(j, &body);
    return send_body(c, s->stale ? 503 : 200, "", &body);
}

/* ---- requests ---- */

static void look_again(struct flag_server *s)
{
    struct flag_stamp now = flag_files_stamp(&s->files);
    struct flagset *set;

    if (flag_stamp_eq(&now, &s->stamp))
        return;
    s->stamp = now;
    s->stale = flag_files_load(&s->files, &set, &s->stale_err) != ERR_OK;
    if (s->stale)
        return;
    flagset_free(s->set);
    s->set = set;
}

static bool is_allowed(const struct flag_server *s, struct MHD_Connection *c)
{
    const char *auth = libmicrohttpd.lookup_connection_value(c, MHD_HEADER_KIND, "Authorization");
    const char *key = libmicrohttpd.lookup_connection_value(c, MHD_HEADER_KIND, "X-API-Key");
    struct sv v = sv_from(auth);

    if (!s->token)
        return true;
    return listen_is_token(sv_from(s->token), auth && sv_eat_nocase(&v, SV("Bearer ")) ? v.p : key);
}

static enum MHD_Result respond(struct flag_server *s, struct MHD_Connection *c, const char *url,
                               const char *method, const struct request *q)
{
    const char *match = libmicrohttpd.lookup_connection_value(c, MHD_HEADER_KIND, "If-None-Match");
    struct ofrep_request r = {sv_from(method), sv_from(url), strbuf_sv(&q->body), sv_from(match)};
    struct ofrep_answer a;
    enum MHD_Result ok;

    look_again(s);
    if (!is_allowed(s, c))
        return send_details(c, 401, "a token is needed");
    if (sv_is(r.path, "/health"))
        return send_health(s, c);
    if (!ofrep_is_path(r.path))
        return send_details(c, 404, "there is nothing here");
    if (q->body.overflow)
        return send_details(c, 413, "the request body is above 1 MiB");
    ofrep_respond(s->set, &r, clock_now_us() / CLOCK_US_PER_S, &a);
    ok = send_body(c, a.status, a.tag, &a.body);
    strbuf_release(&a.body);
    return ok;
}

/* NOLINTNEXTLINE(readability-function-size): the parameters are libmicrohttpd's */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *url,
                                  const char *method, const char *version UNUSED, const char *data,
                                  size_t *n, void **of)
{
    struct request *q = *of;

    if (!q) { /* the head is here, the body follows */
        q = *of = XNEW(struct request);
        q->body = STRBUF(OFREP_BODY_BYTES);
        return MHD_YES;
    }
    if (*n) {
        strbuf_add(&q->body, data, *n);
        *n = 0;
        return MHD_YES;
    }
    return respond(arg, c, url, method, q);
}

static void on_end(void *arg UNUSED, struct MHD_Connection *c UNUSED, void **of,
                   enum MHD_RequestTerminationCode code UNUSED)
{
    struct request *q = *of;

    if (!q)
        return; /* uncovered: it ended in its head */
    strbuf_release(&q->body);
    free(q);
    *of = NULL;
}

/* ---- starting ---- */

static enum err_code listen_on(struct flag_server *s, const char *listen,
                               const struct listen_address *a, struct err *err)
{
    const union MHD_DaemonInfo *info;
    CLEANUP(strbuf_release) struct strbuf url = STRBUF(sizeof(s->url) - 1);

    s->daemon = libmicrohttpd.start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | (a->is_v6 ? MHD_USE_IPv6 : 0u), 0, NULL, NULL, on_request,
        s, MHD_OPTION_SOCK_ADDR, &a->at.any, MHD_OPTION_NOTIFY_COMPLETED, on_end, NULL,
        MHD_OPTION_CONNECTION_LIMIT, SERVER_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
        SERVER_IDLE_S, MHD_OPTION_END);
    if (!s->daemon) /* uncovered: it was free a moment ago */
        return err_set(err, ERR_REFUSED, "cannot listen on %s: is it in use?", listen);
    info = libmicrohttpd.get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT);
    strbuf_addf(&url, "http://%.*s:%u", SV_FMT(a->host), (unsigned)info->port);
    memcpy(s->url, strbuf_str(&url), url.n + 1);
    return ERR_OK;
}

enum err_code flag_server_start(const struct flag_server_config *c, struct flag_server **ret,
                                struct err *err)
{
    CLEANUP(flag_server_freep) struct flag_server *s = XNEW(struct flag_server);
    struct listen_address a;

    flag_files_init(&s->files, c->definitions);
    s->token = c->token.n ? xstrdup_sv(c->token) : NULL;
    if (!listen_read(sv_from(c->listen), &a))
        return err_set(err, ERR_USAGE, "'%s' is no ADDRESS:PORT", c->listen);
    if (!a.loopback && !s->token) {
        (void)err_set(err, ERR_REFUSED, "%s can be reached by others, and there is no token",
                      c->listen);
        return err_hint(err, "set PRUSIK_FLAG_TOKEN");
    }
    if (listen_try(sv_from(c->listen), err) != ERR_OK)
        return err_hint(
            err, "prusik flag serve --listen ADDRESS:PORT takes another, port 0 any that is free");
    s->stamp = flag_files_stamp(&s->files);
    if (flag_files_load(&s->files, &s->set, err) != ERR_OK || libmicrohttpd_open(err) != ERR_OK ||
        listen_on(s, c->listen, &a, err) != ERR_OK)
        return err->code;
    *ret = STEAL(s);
    return ERR_OK;
}

void flag_server_free(struct flag_server *s)
{
    if (!s)
        return;
    if (s->daemon)
        libmicrohttpd.stop_daemon(s->daemon);
    flagset_free(s->set);
    flag_files_release(&s->files);
    free(s->token);
    free(s);
}

const char *flag_server_url(const struct flag_server *s)
{
    return s->url;
}
