#pragma once

/*
 * http: requests over HTTP and HTTPS, on the event loop, without blocking it.
 *
 * One client per loop; it keeps connections open between requests.  Embed a request,
 * zeroed, fill `spec` and `done`, call http_start().  done() is called exactly once,
 * from the loop, never from inside a function of this header, also when the request
 * could not be started or was cancelled; in it the caller reads the results, and then
 * or later gives them back with http_release().  Any status of a complete answer is
 * ERR_OK: 404 is data.  On failure what had arrived (status, fields, body) is kept.
 * Neither user and password of the URL nor `bearer` appear in url or err.  Proxies
 * come from the environment, but never for loopback.  Not thread-safe.
 */
#include <uv.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "base/vec.h"

#define HTTP_CONNECT_MS   10000u       /* default of connect_ms */
#define HTTP_TOTAL_MS     30000u       /* default of total_ms */
#define HTTP_FIELDS_BYTES (256u << 10) /* header fields of one answer; more is too large */

struct http_client; /* opaque */
struct http_flight; /* private */
struct http_request;
/* rc is ERR_OK or the code in r->err. */
typedef void http_done_fn(struct http_request *r, enum err_code rc);

struct http_field {
    struct sv name, value;
};

/* Everything is copied by http_start(). */
struct http_spec {
    struct sv url;
    const char *method; /* NULL: GET */
    const struct http_field *fields;
    size_t n_fields;
    struct sv body;          /* .p NULL: none */
    struct sv bearer;        /* secret: sent as "Authorization: Bearer"; not to another host */
    const char *ca_file;     /* PEM; NULL: the system's */
    const char *cert_file;   /* PEM, of the client; NULL: none */
    const char *key_file;    /* PEM; NULL: in cert_file */
    const char *unix_socket; /* path; NULL: TCP */
    uint64_t connect_ms;     /* name, connection and TLS; 0: HTTP_CONNECT_MS */
    uint64_t total_ms;       /* all of it; 0: HTTP_TOTAL_MS */
    unsigned max_redirects;  /* 0: a redirect is the answer */
    size_t max_body;         /* bytes after decoding; 0: LIMIT_HTTP_BODY */
    bool over_fails;         /* a longer body is a failure, not `truncated` */
    bool compressed;         /* offer gzip and what else libcurl can undo */
    bool no_verify;          /* take any certificate */
    bool only_tls;           /* https: send nothing, only note the certificate */
};

enum http_failure {
    HTTP_FINE,
    HTTP_REFUSED, /* nobody listens there */
    HTTP_TIMED_OUT,
    HTTP_DNS,       /* no such name */
    HTTP_TLS,       /* handshake or certificate of the peer */
    HTTP_CLOSED,    /* the connection ended before the answer was complete */
    HTTP_TOO_LARGE, /* max_body with over_fails, or HTTP_FIELDS_BYTES */
    HTTP_ABORTED,   /* http_cancel() or http_client_free() */
    HTTP_UNABLE,    /* it could not even be sent: URL, method, field or local file is wrong */
    HTTP_OTHER,     /* not HTTP, too many redirects, unreachable, ... */
    HTTP_FAILURE__N
};

/* Microseconds from the start to the end of each phase; 0: there was none (connection in use again). */
struct http_timing {
    int64_t dns_us, connect_us, tls_us, first_byte_us, total_us;
};

/* Of the peer, of a request with only_tls. */
struct http_certificate {
    bool has;                  /* false: there is none, or it cannot be read */
    int64_t not_after_us;      /* UTC */
    struct sv subject, issuer; /* as libcurl writes them */
};

struct http_request {
    struct http_spec spec;
    http_done_fn *done;
    void *data; /* the caller's */

    /* results */
    enum http_failure failure;
    int status;                    /* of the last answer; 0: none came */
    struct sv status_line;         /* of the last answer, as it came: "HTTP/1.1 200 OK" */
    VEC(struct http_field) fields; /* of the last answer, in its order */
    struct strbuf body;            /* decoded */
    bool truncated;                /* the body went on beyond max_body */
    struct sv url; /* the last one asked, without user and password; empty when it cannot be read */
    struct http_timing timing;
    struct http_certificate certificate;
    struct err err;

    /* private */
    struct arena arena;
    struct http_flight *flight;
};

struct http_client *http_client_new(uv_loop_t *loop);
/* Cancel what is on its way; the rest happens in the loop, which must still run until it ends. */
void http_client_free(struct http_client *c);

void http_start(struct http_client *c, struct http_request *r);
/* Stop: done() follows with HTTP_ABORTED, unless the end was already on its way.  Harmless at any time. */
void http_cancel(struct http_request *r);
/* Give the results back; not between http_start() and done(). */
void http_release(struct http_request *r);

/* The value of the first field of that name (case ignored); .p is NULL when there is none. */
struct sv http_field_value(const struct http_request *r, struct sv name);
/* "refused", "timed out", ...: for people and for samples. */
const char *http_failure_text(enum http_failure f);
