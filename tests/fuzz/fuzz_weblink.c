/* An address and, on the lines behind it, a field: what is found lies in the field, and leads nowhere else. */
#include <string.h>

#include "base/sv.h"
#include "fuzz.h"
#include "net/weblink.h"

/* All of an address before its path. */
static struct sv origin(struct sv url)
{
    size_t at = sv_find(url, SV("://"), 0) + 3;

    while (at < url.n && !strchr("/?#", url.p[at]))
        at++;
    return sv_sub(url, 0, at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sv all = {(const char *)data, size}, base, target = {NULL, 0}, again = {NULL, 0};
    size_t end = sv_find_byte(all, '\n', 0);
    struct sv field = sv_sub(all, end == SV_NPOS ? all.n : end + 1, all.n);
    struct strbuf out = STRBUF(0);
    struct err err;

    base = sv_sub(all, 0, end);
    if (sv_find_byte(base, '\0', 0) != SV_NPOS) /* an address of the binding has none */
        return 0;
    if (!weblink_find(field, SV("next"), &target))
        return 0;
    MUST(target.p >= field.p && target.p + target.n <= field.p + field.n);
    MUST(weblink_find(field, SV("NEXT"), &again) && again.p == target.p && again.n == target.n);
    if (weblink_resolve(base, target, &out, &err) == ERR_OK) {
        MUST(sv_eq(origin(strbuf_sv(&out)), origin(base)));
        MUST(sv_find_byte(strbuf_sv(&out), '#', 0) == SV_NPOS);
    } else {
        MUST(out.n == 0);
    }
    strbuf_release(&out);
    return 0;
}
