/* Any bytes: what comes out is part of what went in, and never more. */
#include "action/docker_log.h"
#include "base/sv.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);
    struct sv in = {(const char *)data, size};
    bool framed = size >= 8 && data[0] <= 2 && !data[1] && !data[2] && !data[3];

    docker_log_read(in, &out);
    MUST(out.n <= size && (!framed || out.n + 8 <= size));
    MUST(framed || sv_eq(strbuf_sv(&out), in));
    return 0;
}
