/* rows_http: the records of an answer. */
#include "compare/rows_int.h"

#include <stdlib.h>

#include "base/mem.h"
#include "net/http.h"

static void on_done(struct http_request *r, enum err_code rc)
{
    *(enum err_code *)r->data = rc;
}

/* One request on a loop of its own, until it has ended. */
static enum err_code fetch(const struct rows_source *s, struct http_request *r, struct err *err)
{
    enum err_code rc = ERR_INTERNAL;
    struct http_client *client;
    uv_loop_t loop;

    if (uv_loop_init(&loop) != 0)
        return err_set(err, ERR_IO, "no event loop"); /* uncovered: no descriptors left */
    client = http_client_new(&loop);
    r->spec = (struct http_spec){.url = s->where,
                                 .bearer = s->bearer,
                                 .total_ms = s->timeout_ms ? s->timeout_ms : ROWS_TIMEOUT_MS,
                                 .max_body = ROWS_WHOLE_BYTES,
                                 .over_fails = true,
                                 .max_redirects = 5,
                                 .compressed = true};
    r->data = &rc;
    r->done = on_done;
    http_start(client, r);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    http_client_free(client);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&loop);
    if (rc != ERR_OK)
        *err = r->err;
    return rc;
}

enum err_code rows_http(const struct rows_source *s, rows_fn *fn, void *arg, struct err *err)
{
    struct http_request r = {.done = on_done};
    enum err_code rc = fetch(s, &r, err);

    if (rc == ERR_OK && (r.status < 200 || r.status > 299))
        rc = err_set(err, ERR_FAILED, "it answered %d", r.status);
    if (rc == ERR_OK)
        rc = rows_of_text(strbuf_sv(&r.body), s->at, fn, arg, err);
    http_release(&r);
    return rc;
}
