/* Any bytes: 20 of them may be a status, whose parts are within their bounds. */
#include "action/runit_status.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct runit_status r = {.pid = -1};
    struct err err = {0};

    if (runit_status_read((struct sv){(const char *)data, size}, &r, &err) != ERR_OK) {
        MUST(err.code == ERR_CORRUPT && err.msg[0] && r.pid == -1);
        return 0;
    }
    MUST(size == RUNIT_STATUS_BYTES && r.now <= RUNIT_FINISH);
    MUST(r.pid >= 0 && r.pid <= INT32_MAX && (r.now != RUNIT_RUN || r.pid > 0));
    MUST(r.since_us >= 0 && r.since_us < INT64_MAX / 2);
    return 0;
}
