#include "watch/log_time.h"

#include "base/clock.h"
#include "base/strbuf.h"

#define LOG_TIME_PLAIN 30u
#define LOG_TIME_BYTES 512u /* of a record: what stands further behind is what it speaks of */

enum { GROUP_ALL, GROUP_DATE, GROUP_CLOCK, GROUP_FRACTION, GROUP_ZONE, GROUP_MINUTES, GROUP__N };

struct regex *log_time_pattern(void)
{
    return regex_must(
        "(?:\\A[\\[(<\"]?|[\"{, ](?:@?time(?:stamp)?|ts)\"?[:=] ?\"?|\\A(?:time|ts)=\"?)"
        "(\\d{4}-\\d\\d-\\d\\d)[Tt ](\\d\\d:\\d\\d:\\d\\d)(?:[.,](\\d{1,9}))?(?:(Z|z|[+-]\\d\\d):?(\\d\\d)?)?(?![\\d:])",
        0);
}

static struct sv log_time_group(struct sv text, const struct regex_match *m)
{
    return m->from == SV_NPOS ? (struct sv){NULL, 0} : sv_sub(text, m->from, m->to);
}

/* A local time is a moment, unless clocks are put forward over it, or back. */
static bool log_time_local(const struct tz *zone, int64_t *us)
{
    int64_t first_s, second_s, s = *us / CLOCK_US_PER_S;

    if (!zone || tz_moment(zone, s, &first_s, &second_s) != TZ_ONCE)
        return false;
    *us += (first_s - s) * CLOCK_US_PER_S;
    return true;
}

/* "2026-02-15T02:06:00.123Z ...": what most records begin with, without a search. */
static bool log_time_plain(struct sv record, int64_t *ret_us)
{
    struct sv begin = sv_sub(record, 0, LOG_TIME_PLAIN);
    size_t z = sv_find_byte(begin, 'Z', 0);

    return z != SV_NPOS && begin.p[0] == '2' && clock_parse(sv_sub(begin, 0, z + 1), ret_us);
}

bool log_time(struct regex *pattern, struct sv record, const struct tz *zone, int64_t *ret_us)
{
    struct sv text = sv_sub(record, 0, LOG_TIME_BYTES), fraction, hours, minutes;
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct regex_match m[GROUP__N];
    int64_t us;
    bool named;

    if (log_time_plain(text, ret_us))
        return true;
    if (!regex_find(pattern, text, 0, m, GROUP__N))
        return false;
    fraction = log_time_group(text, &m[GROUP_FRACTION]);
    hours = log_time_group(text, &m[GROUP_ZONE]);
    minutes = log_time_group(text, &m[GROUP_MINUTES]);
    named = hours.n > 0;
    strbuf_addf(&b, "%.*sT%.*s", SV_FMT(log_time_group(text, &m[GROUP_DATE])),
                SV_FMT(log_time_group(text, &m[GROUP_CLOCK])));
    if (fraction.n)
        strbuf_addf(&b, ".%.*s", SV_FMT(fraction));
    if (hours.n == 3)
        strbuf_addf(&b, "%.*s:%.*s", SV_FMT(hours), SV_FMT(minutes.n ? minutes : SV("00")));
    else
        strbuf_add_byte(&b, 'Z');
    if (!clock_parse(strbuf_sv(&b), &us) || (!named && !log_time_local(zone, &us)))
        return false;
    *ret_us = us;
    return true;
}
