/*
 * What base/tz says, for tests/scenario/zones.py.  Standard input: "ZONE u SECONDS" (a moment) or "ZONE l SECONDS" (a
 * local time); a line of answer each.
 */
#include <stdio.h>
#include <string.h>

#include "base/sv.h"
#include "base/tz.h"

static int dump(struct tz **tz, char *open, size_t size, struct sv line)
{
    static const char *const kinds[] = {
        [TZ_ONCE] = "once", [TZ_NEVER] = "never", [TZ_TWICE] = "twice"};
    struct sv zone, what;
    struct err err;
    int64_t s, first, second;

    if (!sv_next_word(&line, &zone) || !sv_next_word(&line, &what) || !sv_to_i64(sv_trim(line), &s))
        return 2;
    if (!sv_eq(zone, sv_from(open))) {
        tz_free(*tz);
        *tz = NULL;
        if (tz_open(NULL, zone, tz, &err) != ERR_OK) {
            fprintf(stderr, "%s\n", err.msg);
            return 1;
        }
        (void)snprintf(open, size, "%.*s", SV_FMT(zone));
    }
    if (sv_eq(what, SV("u"))) {
        printf("%lld\n", (long long)tz_offset_s(*tz, s));
    } else {
        enum tz_kind kind = tz_moment(*tz, s, &first, &second);

        printf("%s %lld %lld\n", kinds[kind], (long long)first, (long long)second);
    }
    return 0;
}

int main(void)
{
    char line[256], open[128] = "";
    struct tz *tz = NULL;
    int rc = 0;

    while (rc == 0 && fgets(line, sizeof(line), stdin))
        rc = dump(&tz, open, sizeof(open), sv_from(line));
    tz_free(tz);
    return rc;
}
