/* Any bytes at all as a condition of Prometheus. */
#include "fuzz.h"

#include "base/sv.h"
#include "report/promql_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(strbuf_release) struct strbuf a = STRBUF(0), b = STRBUF(0);
    struct sv text = {(const char *)data, size};
    bool good = promql_read(text, &a);

    MUST(good == (a.n > 0)); /* all of it, or nothing */
    MUST(promql_read(text, &b) == good && sv_eq(strbuf_sv(&a), strbuf_sv(&b)));
    strbuf_truncate(&a, 0);
    good = promql_read_duration(text, &a);
    MUST(good == (a.n > 0));
    if (good) { /* what rules write is read as the same */
        strbuf_truncate(&b, 0);
        MUST(promql_read_duration(strbuf_sv(&a), &b) && sv_eq(strbuf_sv(&a), strbuf_sv(&b)));
    }
    return 0;
}
