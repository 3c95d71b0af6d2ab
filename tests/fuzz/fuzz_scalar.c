/* A word: what is read as a number, a moment or a duration is written and read back as the same. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/sv.h"
#include "fuzz.h"

static void numbers(struct sv s)
{
    int64_t i, i2;
    uint64_t u, u2;
    double f, f2;
    char text[64];

    if (sv_to_i64(s, &i)) {
        (void)snprintf(text, sizeof(text), "%" PRId64, i);
        MUST(sv_to_i64(sv_from(text), &i2) && i == i2);
        MUST(sv_to_f64(s, &f) || s.n >= 400);
    }
    if (sv_to_u64(s, &u)) {
        (void)snprintf(text, sizeof(text), "%" PRIu64, u);
        MUST(sv_to_u64(sv_from(text), &u2) && u == u2);
    }
    if (sv_to_f64(s, &f)) {
        MUST(isfinite(f));
        (void)snprintf(text, sizeof(text), "%.17g", f);
        MUST(sv_to_f64(sv_from(text), &f2) && f <= f2 && f >= f2 && signbit(f) == signbit(f2));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sv s = {(const char *)data, size};
    int64_t at, again, ms;

    numbers(s);
    if (clock_parse(s, &at)) {
        int64_t past = ((at % 1000) + 1000) % 1000;
        struct clock_text text = clock_format(at);

        /* a zone may carry it out of the years that have four digits */
        MUST(text.s[4] != '-' || text.s[0] == '-' ||
             (clock_parse(sv_from(text.s), &again) && again == at - past));
    }
    if (duration_parse(s, &ms)) {
        MUST(ms >= 0);
        MUST(duration_parse(sv_from(duration_format(ms).s), &again) && again <= ms);
    }
    return 0;
}
