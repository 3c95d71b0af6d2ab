/* rows_http: the records of an answer. */
#include "compare/rows_int.h"

#include "net/http_wait.h"

enum err_code rows_http(const struct rows_source *s, rows_fn *fn, void *arg, struct err *err)
{
    struct http_request r = {.spec = {.url = s->where,
                                      .bearer = s->bearer,
                                      .total_ms = s->timeout_ms ? s->timeout_ms : ROWS_TIMEOUT_MS,
                                      .max_body = ROWS_WHOLE_BYTES,
                                      .over_fails = true,
                                      .max_redirects = 5,
                                      .compressed = true}};
    enum err_code rc = http_wait(&r, err);

    if (rc == ERR_OK && (r.status < 200 || r.status > 299))
        rc = err_set(err, ERR_FAILED, "it answered %d", r.status);
    if (rc == ERR_OK)
        rc = rows_of_text(strbuf_sv(&r.body), s->at, fn, arg, err);
    http_release(&r);
    return rc;
}
