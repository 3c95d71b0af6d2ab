#pragma once

/*
 * web_server: a small web server on the event loop, for programs that ask what a watch sees, or tell it something.
 *
 * Requests are answered from the loop, one after the other; nothing blocks, so a client that is slow delays nobody:
 * it is sent away after WEB_IDLE_S without a byte.  At most WEB_CLIENTS are connected, and a body has at most
 * the bytes that the configuration says: what is longer is answered with 413, or cut off.
 */
#include <uv.h>

#include "base/err.h"
#include "base/strbuf.h"

#define WEB_CLIENTS 64u
#define WEB_IDLE_S  10u

struct web_query {
    struct sv method, path, body;
    const char *bearer; /* of "Authorization: Bearer"; NULL: there is none */
};

struct web_reply {
    unsigned status;
    const char *type;  /* a literal: of the body */
    const char *allow; /* a literal, with 405 */
    struct strbuf body;
};

/* Fill the reply, which has status 404 and an empty body. */
typedef void web_answer_fn(void *arg, const struct web_query *q, struct web_reply *reply);

struct web_config {
    uv_loop_t *loop;
    struct sv listen; /* "ADDRESS:PORT" */
    size_t body_bytes;
    web_answer_fn *answer;
    void *arg;
};

struct web_server; /* opaque */
/* ERR_USAGE: it is no address.  ERR_IO: it is taken.  ERR_NOT_FOUND: the library is not installed. */
NODISCARD enum err_code web_server_open(const struct web_config *c, struct web_server **ret,
                                        struct err *err);
/* At once deaf; memory goes when the loop has closed the handles.  Not from inside an answer. */
void web_server_free(struct web_server *s);
DEFINE_CLEANUP(struct web_server *, web_server_free)
/* "http://127.0.0.1:9107" */
const char *web_server_url(const struct web_server *s);
