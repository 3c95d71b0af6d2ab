#pragma once

/*
 * http: the server on libmicrohttpd, without a listening socket of its own.
 *
 * Connections are handed to it by http_add().  A request is counted in the metrics
 * from its first line to the end of its answer, whatever becomes of it; its body is
 * at most HTTP_BODY_MAX.  Handlers run in the worker threads and may block.
 */
#include <jansson.h>
#include <stdbool.h>

#include "app.h"

enum { HTTP_BODY_MAX = 65536, HTTP_CONNECTIONS = 512 };

struct MHD_Connection;

struct http_request {
    const char *body;
    size_t body_size;
    struct MHD_Connection *connection; /* for http_query() */
};

/* The value of a query parameter, or NULL; valid while the request is. */
const char *http_query(const struct http_request *rq, const char *name);

/* What a handler answers with: json, or text of a type. */
struct http_reply {
    int status;   /* 200 when the handler leaves it alone */
    json_t *json; /* released by http */
    char *text;   /* freed by http */
    const char *type;
    const char *policy; /* Content-Security-Policy, or NULL */
};

/* On failure the reply is made from err: ERR_INPUT is 400, all others 500. */
typedef enum err_code (*http_fn)(const struct app *app, const struct http_request *rq,
                                 struct http_reply *reply, struct err *err);

struct http_route {
    const char *path;
    http_fn get, post; /* NULL: 405 */
};

struct http;

/* Labels for metrics_new(): the paths, then "other".  Returns their number. */
size_t http_labels(const struct http_route *routes, size_t n, const char **labels);

/* Start the workers.  routes and app must outlive the server. */
NODISCARD enum err_code http_start(const struct app *app, const struct http_route *routes, size_t n,
                                   struct http **ret, struct err *err);

/* Are there as many connections as may be?  More must not be added. */
bool http_full(const struct http *http);

/* Serve an accepted connection; owns the descriptor from now on.  false: it was closed. */
bool http_add(struct http *http, int fd, const void *addr, unsigned addr_size);

/* From now on every answer closes its connection, and http_idle_fd() tells of progress. */
void http_drain(struct http *http);

/* Becomes readable when, while draining, a request or a connection ends. */
int http_idle_fd(const struct http *http);

/* Connections that are open. */
int http_connections(const struct http *http);

/* Close all connections, end the workers. */
void http_stop(struct http *http);
