/* Any bytes as a time zone file: what is accepted answers every moment, and its answers fit each other. */
#include "base/sv.h"
#include "base/tz.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t at[] = {INT64_MIN / 4, -2000000000, 0,
                                 1700000000,    5000000000,  INT64_MAX / 4};
    static const int64_t eight_days = INT64_C(8) * 24 * 3600;
    CLEANUP(tz_freep) struct tz *tz = NULL;
    struct err err;

    if (tz_parse((struct sv){(const char *)data, size}, &tz, &err) != ERR_OK) {
        MUST(err.code == ERR_CORRUPT && !tz);
        return 0;
    }
    for (size_t i = 0; i < ARRAY_LEN(at); i++) {
        int64_t offset = tz_offset_s(tz, at[i]), next = tz_next_change_s(tz, at[i]), first, second;

        MUST(offset >= -eight_days && offset <= eight_days);
        MUST(next > at[i]);
        MUST(next == INT64_MAX || tz_offset_s(tz, next - 1) != tz_offset_s(tz, next));
        if (i == 0 || i + 1 == ARRAY_LEN(at))
            continue;
        switch (tz_moment(tz, at[i], &first, &second)) {
        case TZ_ONCE: MUST(first == second); break;
        case TZ_TWICE: MUST(first < second && second + tz_offset_s(tz, second) == at[i]); break;
        case TZ_NEVER:
        default: continue;
        }
        MUST(first + tz_offset_s(tz, first) == at[i]);
    }
    return 0;
}
