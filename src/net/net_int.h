#pragma once

/*
 * net_int: what the files of the HTTP client share.
 *
 * A flight is one request between http_start() and done(): http.c owns its way through
 * libcurl and the loop, http_setup.c fills the easy handle, http_failure.c puts into
 * words how it ended.
 */
#include "net/http.h"
#include "net/libcurl.h"

struct http_flight {
    unsigned magic;
    struct http_client *client;
    struct http_request *request;
    struct http_flight *prev, *next; /* in one of the client's lists */
    CURL *easy;                      /* NULL: it has ended */
    struct curl_slist *fields;       /* what is sent; lives as long as `easy` */
    struct sv peer;                /* "host:port" or "unix socket 'path'", in the request's arena */
    char *bearer;                  /* NULL: none; wiped when the flight ends */
    uint64_t connect_ms, total_ms; /* of the spec, with the defaults filled in */
    size_t max_body, fields_bytes;
    bool over_fails, over_body, over_fields; /* over_...: a cap was met, and libcurl told to stop */
    char error[CURL_ERROR_SIZE];
};

/* Fill the easy handle, `fields` and `peer` from the spec; ERR_INVALID: it cannot be sent. */
NODISCARD enum err_code http_setup(struct http_flight *f, const char *no_proxy, struct err *err);
/* The URL that was really asked, into request->url and f->peer. */
void http_note_url(struct http_flight *f, const char *url);

/* How the transfer ended: kind, code and message, from libcurl's code, into the request. */
void http_failure_set(struct http_flight *f, CURLcode code);
/* It ended before libcurl had it, or was cancelled. */
void http_failure_early(struct http_flight *f, enum http_failure kind, const char *what);

/* Note the certificate of the peer, before the easy handle is given back. */
void http_certificate_note(struct http_flight *f);
/* A date of a certificate as text; false: it is none. */
bool http_certificate_date(struct sv s, int64_t *ret);
