#include "flag/flag_ask.h"

#include "base/sv.h"
#include "net/http_wait.h"

#define ASK_MS 5000u /* one look */

enum err_code flag_ask(const struct flag_ask *a, struct strbuf *body, struct err *err)
{
    static const struct http_field fields[] = {{SV("Content-Type"), SV("application/json")}};
    CLEANUP(strbuf_release) struct strbuf url = STRBUF(0);
    struct http_request r = {.failure = HTTP_FINE};
    enum err_code rc;

    strbuf_addf(&url, "%.*s/ofrep/v1/evaluate/flags/%.*s", SV_FMT(a->base), SV_FMT(a->key));
    r.spec = (struct http_spec){.url = strbuf_sv(&url),
                                .method = "POST",
                                .fields = fields,
                                .n_fields = 1,
                                .body = SV("{\"context\":{}}"),
                                .bearer = a->token,
                                .total_ms = ASK_MS};
    rc = http_wait(&r, err);
    if (rc == ERR_OK && r.body.n == 0)
        rc = err_set(err, ERR_FAILED, "it answered %d, and nothing else", r.status);
    if (rc == ERR_OK)
        strbuf_add_sv(body, strbuf_sv(&r.body));
    http_release(&r);
    return rc;
}
