/* Any bytes at all as the message of an Alertmanager's webhook. */
#include "fuzz.h"

#include <string.h>

#include "base/sv.h"
#include "watch/alerts.h"

#define NOW_US 1771120860000000

static void same(const struct alerts *a, const struct alerts *b)
{
    CLEANUP(strbuf_release) struct strbuf x = STRBUF(0), y = STRBUF(0);
    CLEANUP(json_cleanup) json_t *left = alerts_save(a), *right = alerts_save(b);

    json_write(left, &x);
    json_write(right, &y);
    MUST(sv_eq(strbuf_sv(&x), strbuf_sv(&y)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(alerts_freep) struct alerts *a = alerts_new(), *b = alerts_new();
    CLEANUP(json_cleanup) json_t *rows = NULL, *saved = NULL;
    struct sv body = {(const char *)data, size};
    struct err err = {0};
    enum err_code rc = alerts_take(a, body, NOW_US, &err);

    if (rc != ERR_OK) { /* it says something, and leaves everything alone */
        MUST(err.code == rc && err.msg[0]);
        same(a, b);
        return 0;
    }
    MUST(alerts_heard_us(a) == NOW_US);
    rows = alerts_rows(a);
    MUST(alerts_firing(a) <= json_array_size(rows));
    for (size_t i = 0; i < json_array_size(rows); i++)
        MUST(json_get_sv(json_array_get(rows, i), "status").n);
    saved = alerts_save(a);
    MUST(alerts_restore(b, saved, &err) == ERR_OK);
    same(a, b);
    MUST(alerts_take(a, body, NOW_US, &err) ==
         ERR_OK); /* again is no news, but for one that is there twice */
    MUST(alerts_firing(a) <= json_array_size(rows));
    return 0;
}
