#include "http.h"

#include <assert.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"

enum {
    HTTP_DISCARD_MAX = 1 << 20, /* bytes of a body that is too long, read to be able to answer */
    HTTP_IDLE_S = 60,           /* a connection without traffic is closed */
    STATUS_CLOSED = 499         /* the client went away before the answer; nginx's number for it */
};

struct http {
    const struct app *app;
    const struct http_route *routes;
    size_t n_routes;
    struct MHD_Daemon *daemon;
    int idle_fd;
    _Atomic bool draining;
    _Atomic int connections;
};

/* One request, from its first line to the end of its answer. */
struct exchange {
    uint64_t start_ns;
    bool api, seen;
    char method[16];
    size_t route; /* index of the row, n_routes: none */
    int status;   /* of the answer; 0 before there is one */
    char *body;
    size_t have, size, discarded;
};

const char *http_query(const struct http_request *rq, const char *name)
{
    return MHD_lookup_connection_value(rq->connection, MHD_GET_ARGUMENT_KIND, name);
}

size_t http_labels(const struct http_route *routes, size_t n, const char **labels)
{
    for (size_t i = 0; i < n; i++)
        labels[i] = routes[i].path;
    labels[n] = "other";
    return n + 1;
}

static void progress(struct http *h)
{
    uint64_t one = 1;

    if (atomic_load(&h->draining))
        (void)!write(h->idle_fd, &one, sizeof(one)); /* full means: told already */
}

static void *on_uri(void *ctx, const char *uri, struct MHD_Connection *conn)
{
    struct http *h = ctx;
    struct exchange *ex = xcalloc(1, sizeof(*ex));

    (void)conn;
    ex->start_ns = clock_mono_ns();
    ex->route = h->n_routes;
    ex->api = strncmp(uri, "/api/", 5) == 0;
    metrics_request_begin(h->app->metrics, ex->api);
    return ex;
}

/* No answer of ours: either libmicrohttpd refused the request (400), or the client has gone. */
static int final_status(const struct exchange *ex, enum MHD_RequestTerminationCode why)
{
    if (why != MHD_REQUEST_TERMINATED_COMPLETED_OK)
        return STATUS_CLOSED;
    return ex->status ? ex->status : MHD_HTTP_BAD_REQUEST;
}

static void on_completed(void *ctx, struct MHD_Connection *conn, void **con_cls,
                         enum MHD_RequestTerminationCode why)
{
    struct http *h = ctx;
    struct exchange *ex = *con_cls;

    (void)conn;
    if (!ex)
        return;
    metrics_request_end(h->app->metrics, ex->api, ex->method, ex->route, final_status(ex, why),
                        clock_mono_ns() - ex->start_ns);
    free(ex->body);
    free(ex);
    *con_cls = NULL;
    progress(h);
}

static void on_connection(void *ctx, struct MHD_Connection *conn, void **socket_ctx,
                          enum MHD_ConnectionNotificationCode what)
{
    struct http *h = ctx;

    (void)conn;
    (void)socket_ctx;
    if (what != MHD_CONNECTION_NOTIFY_CLOSED)
        return; /* counted when it was accepted: a worker may take it up later */
    atomic_fetch_sub(&h->connections, 1);
    progress(h);
}

static void on_mhd_log(void *ctx, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);
static void on_mhd_log(void *ctx, const char *fmt, va_list ap)
{
    const struct http *h = ctx;
    char text[400];

    (void)vsnprintf(text, sizeof(text), fmt, ap);
    text[strcspn(text, "\n")] = '\0';
    log_event(h->app->log, LOG_WARN, "http_server", "{s:o}", "message", log_text(text));
}

/* --- answers --- */

struct header {
    const char *name, *value;
};

static void add_headers(struct MHD_Response *r, const struct header *headers, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (headers[i].value)
            (void)MHD_add_response_header(r, headers[i].name, headers[i].value);
}

/* Send the reply and release what it holds. */
static enum MHD_Result send_reply(struct http *h, struct MHD_Connection *conn, struct exchange *ex,
                                  struct http_reply *reply, const struct header *extra, size_t n)
{
    char *text =
        reply->json ? json_dumps(reply->json, JSON_COMPACT | JSON_REAL_PRECISION(9)) : reply->text;
    const struct header always[] = {
        {"Content-Type", reply->json ? "application/json" : reply->type},
        {"Cache-Control", "no-store"},
        {"X-Content-Type-Options", "nosniff"},
        {"Content-Security-Policy", reply->policy},
        {"Connection", atomic_load(&h->draining) ? "close" : NULL},
    };
    struct MHD_Response *r;
    enum MHD_Result ok;

    json_decref(reply->json);
    if (!text)
        return MHD_NO; /* no memory: MHD closes the connection */
    r = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
    if (!r) {
        free(text);
        return MHD_NO;
    }
    add_headers(r, always, ARRAY_LEN(always));
    add_headers(r, extra, n);
    ex->status = reply->status;
    ok = MHD_queue_response(conn, (unsigned)reply->status, r);
    MHD_destroy_response(r);
    return ok;
}

static enum MHD_Result send_error(struct http *h, struct MHD_Connection *conn, struct exchange *ex,
                                  int status, const char *why)
{
    struct http_reply reply = {.status = status,
                               .json = json_pack("{s:o}", "error", log_text(why))};

    return send_reply(h, conn, ex, &reply, NULL, 0);
}

static enum MHD_Result send_maintenance(struct http *h, struct MHD_Connection *conn,
                                        struct exchange *ex)
{
    static const struct header extra[] = {{"Retry-After", "5"}, {"X-Maintenance", "1"}};
    struct http_reply reply = {
        .status = MHD_HTTP_SERVICE_UNAVAILABLE,
        .json = json_pack("{s:s, s:s}", "error", "maintenance", "message",
                          "System undergoing maintenance"),
    };

    return send_reply(h, conn, ex, &reply, extra, ARRAY_LEN(extra));
}

static enum MHD_Result send_not_allowed(struct http *h, struct MHD_Connection *conn,
                                        struct exchange *ex, const struct http_route *route)
{
    struct header allow = {"Allow", route->post ? "POST" : "GET, HEAD"};
    struct http_reply reply = {.status = MHD_HTTP_METHOD_NOT_ALLOWED};

    if (route->get && route->post)
        allow.value = "GET, HEAD, POST";
    reply.json = json_pack("{s:s}", "error", "this method is not allowed here");
    return send_reply(h, conn, ex, &reply, &allow, 1);
}

/* --- requests --- */

/* What a failure looks like from outside; the log has the message of all of them. */
static enum MHD_Result send_failure(struct http *h, struct MHD_Connection *conn,
                                    struct exchange *ex, const struct err *err)
{
    bool tell = err->code == ERR_INPUT || err->code == ERR_CACHE;
    int status = err->code == ERR_INPUT ? MHD_HTTP_BAD_REQUEST : MHD_HTTP_INTERNAL_SERVER_ERROR;

    return send_error(h, conn, ex, status,
                      tell                  ? err->msg
                      : err->code == ERR_DB ? "the database did not do it"
                                            : "internal error");
}

static void log_failure(const struct http *h, const struct exchange *ex, const char *why)
{
    const char *route = ex->route < h->n_routes ? h->routes[ex->route].path : "other";

    log_event(h->app->log, LOG_ERROR, "request_failed", "{s:o, s:s, s:i, s:o, s:f}", "method",
              log_text(ex->method), "route", route, "status", ex->status, "error", log_text(why),
              "took_ms", (double)(clock_mono_ns() - ex->start_ns) / 1e6);
}

static bool is_json(struct MHD_Connection *conn)
{
    static const char want[] = "application/json";
    const char *type = MHD_lookup_connection_value(conn, MHD_HEADER_KIND, "Content-Type");

    return type && strncasecmp(type, want, sizeof(want) - 1) == 0 &&
           strchr("; \t", type[sizeof(want) - 1]);
}

static enum MHD_Result handle(struct http *h, struct MHD_Connection *conn, struct exchange *ex,
                              http_fn fn)
{
    const struct http_request rq = {ex->body, ex->have, conn};
    struct http_reply reply = {.status = MHD_HTTP_OK};
    struct err err = {0};
    enum MHD_Result sent;

    if (fn(h->app, &rq, &reply, &err) == ERR_OK)
        return send_reply(h, conn, ex, &reply, NULL, 0);
    json_decref(reply.json);
    free(reply.text);
    sent = send_failure(h, conn, ex, &err);
    if (ex->status >= MHD_HTTP_INTERNAL_SERVER_ERROR)
        log_failure(h, ex, err.msg);
    return sent;
}

static enum MHD_Result dispatch(struct http *h, struct MHD_Connection *conn, struct exchange *ex)
{
    bool post = strcmp(ex->method, "POST") == 0;
    bool get = strcmp(ex->method, "GET") == 0 || strcmp(ex->method, "HEAD") == 0;
    const struct http_route *route = &h->routes[ex->route];
    http_fn fn;

    if (ex->api && app_in_maintenance(h->app))
        return send_maintenance(h, conn, ex);
    if (ex->discarded)
        return send_error(h, conn, ex, MHD_HTTP_CONTENT_TOO_LARGE,
                          "the body is longer than 65536 bytes");
    if (ex->route == h->n_routes)
        return send_error(h, conn, ex, MHD_HTTP_NOT_FOUND, "there is nothing here");
    fn = post ? route->post : get ? route->get : NULL;
    if (!fn)
        return send_not_allowed(h, conn, ex, route);
    if (post && !is_json(conn))
        return send_error(h, conn, ex, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE,
                          "Content-Type is not application/json");
    return handle(h, conn, ex, fn);
}

/* Keep a piece of the body; false: it is so long that the connection is closed. */
static bool take_body(struct exchange *ex, const char *data, size_t n)
{
    if (ex->discarded || n > HTTP_BODY_MAX - ex->have) {
        ex->discarded += n;
        return ex->discarded <= HTTP_DISCARD_MAX;
    }
    if (n > ex->size - ex->have) {
        ex->size = ex->have + n > ex->size * 2 ? ex->have + n : ex->size * 2;
        ex->body = xrealloc(ex->body, ex->size);
    }
    memcpy(ex->body + ex->have, data, n);
    ex->have += n;
    return true;
}

static size_t find_route(const struct http *h, const char *url)
{
    size_t i = 0;

    while (i < h->n_routes && strcmp(h->routes[i].path, url) != 0)
        i++;
    return i;
}

/* libmicrohttpd calls this once with the headers, for each piece of the body, and at its end. */
/* NOLINTNEXTLINE(readability-function-size): the parameters are libmicrohttpd's */
static enum MHD_Result on_request(void *ctx, struct MHD_Connection *conn, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *data_size, void **con_cls)
{
    struct http *h = ctx;
    struct exchange *ex = *con_cls;

    (void)version;
    if (!ex->seen) {
        ex->seen = true;
        ex->route = find_route(h, url);
        (void)snprintf(ex->method, sizeof(ex->method), "%s", method);
        return MHD_YES;
    }
    if (*data_size) {
        size_t n = *data_size;

        *data_size = 0;
        return take_body(ex, data, n) ? MHD_YES : MHD_NO;
    }
    return dispatch(h, conn, ex);
}

/* --- life --- */

enum err_code http_start(const struct app *app, const struct http_route *routes, size_t n,
                         struct http **ret, struct err *err)
{
    unsigned workers = (unsigned)app->config->workers;
    struct http *h = xcalloc(1, sizeof(*h));

    h->app = app;
    h->routes = routes;
    h->n_routes = n;
    h->idle_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (h->idle_fd < 0) {
        (void)err_sys(err, errno, "make an event descriptor");
        free(h);
        return err->code;
    }
    /* Not epoll: libmicrohttpd 0.9.75 uses it edge-triggered and overlooks a client that goes away
     * right after what it sent, so that its request would be in progress until the idle timeout.
     * And no worker may reach its connection limit (its share of the whole): 0.9.75 leaves a mutex
     * locked then, and the worker stands still for ever.  http_full() is the limit. */
    h->daemon = MHD_start_daemon(
        MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ITC | MHD_USE_ERROR_LOG,
        0, NULL, NULL, on_request, h, MHD_OPTION_EXTERNAL_LOGGER, on_mhd_log, h,
        MHD_OPTION_THREAD_POOL_SIZE, workers > 1 ? workers : 0, MHD_OPTION_URI_LOG_CALLBACK, on_uri,
        h, MHD_OPTION_NOTIFY_COMPLETED, on_completed, h, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, h, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_IDLE_S,
        MHD_OPTION_CONNECTION_LIMIT, (HTTP_CONNECTIONS + 1) * workers, MHD_OPTION_END);
    if (!h->daemon) {
        close(h->idle_fd);
        free(h);
        return err_set(err, ERR_FAILED, "libmicrohttpd cannot start %u workers", workers);
    }
    *ret = h;
    return ERR_OK;
}

bool http_add(struct http *h, int fd, const void *addr, unsigned addr_size)
{
    atomic_fetch_add(&h->connections, 1);
    if (MHD_add_connection(h->daemon, fd, addr, addr_size) == MHD_YES)
        return true;
    atomic_fetch_sub(&h->connections, 1);
    return false;
}

void http_drain(struct http *h)
{
    atomic_store(&h->draining, true);
}

int http_idle_fd(const struct http *h)
{
    return h->idle_fd;
}

bool http_full(const struct http *h)
{
    return http_connections(h) >= HTTP_CONNECTIONS;
}

int http_connections(const struct http *h)
{
    return atomic_load(&h->connections);
}

void http_stop(struct http *h)
{
    if (!h)
        return;
    MHD_stop_daemon(h->daemon);
    close(h->idle_fd);
    free(h);
}
