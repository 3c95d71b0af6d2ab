/* When a record says that it was written. */
#include "watch/log_time.h"

#include "base/clock.h"
#include "t.h"

static struct regex *pattern;

static const char *time_of(const char *record, const char *zone)
{
    static struct clock_text text;
    CLEANUP(tz_freep) struct tz *tz = NULL;
    struct err err;
    int64_t us = 0;

    if (zone)
        T_OK(tz_open(NULL, sv_from(zone), &tz, &err), err);
    if (!log_time(pattern, sv_from(record), tz, &us))
        return "";
    text = clock_format(us);
    return text.s;
}

T(times_are_read_where_records_have_them)
{
    static const struct {
        const char *record, *zone, *want;
    } cases[] = {
        {"2026-02-15T02:06:00Z ERROR", NULL, "2026-02-15T02:06:00.000Z"},
        {"2026-02-15t02:06:00.125z ERROR", NULL, "2026-02-15T02:06:00.125Z"},
        {"[2026-02-15 02:06:00,5+01:00] ERROR", NULL, "2026-02-15T01:06:00.500Z"},
        {"2026-02-15 02:06:00-0530 ERROR", NULL, "2026-02-15T07:36:00.000Z"},
        {"2026-02-15 02:06:00+01 ERROR", NULL, "2026-02-15T01:06:00.000Z"},
        {"{\"level\":\"error\",\"time\":\"2026-02-15T02:06:00Z\"}", NULL,
         "2026-02-15T02:06:00.000Z"},
        {"{\"@timestamp\": \"2026-02-15T02:06:00Z\"}", NULL, "2026-02-15T02:06:00.000Z"},
        {"time=2026-02-15T02:06:00Z level=error", NULL, "2026-02-15T02:06:00.000Z"},
        {"level=error ts=2026-02-15T02:06:00Z", NULL, "2026-02-15T02:06:00.000Z"},
        {"2026-02-15 02:06:00,123 ERROR", NULL, ""},
        {"2026-02-15 02:06:00,123 ERROR", "Europe/Berlin", "2026-02-15T01:06:00.123Z"},
        {"2026-07-15 02:06:00 ERROR", "Europe/Berlin", "2026-07-15T00:06:00.000Z"},
        {"2026-02-15 02:06:00Z ERROR", "Europe/Berlin", "2026-02-15T02:06:00.000Z"},
        {"2026-03-29 02:30:00 ERROR", "Europe/Berlin", ""}, /* clocks jump over it */
        {"2026-10-25 02:30:00 ERROR", "Europe/Berlin", ""}, /* it comes twice */
        {"ERROR at 2026-02-15T02:06:00Z", NULL, ""},        /* what it speaks of */
        {"runtime=2026-02-15T02:06:00Z", NULL, ""},
        {"2026-02-30T02:06:00Z ERROR", NULL, ""},
        {"2026-02-15T02:06:001Z ERROR", NULL, ""},
        {"2026-02-15T25:06:00Z ERROR", NULL, ""},
        {"12026-02-15T02:06:00Z ERROR", NULL, ""},
        {"", NULL, ""},
    };

    pattern = log_time_pattern();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        T_STR(time_of(cases[i].record, cases[i].zone), cases[i].want);
    regex_free(pattern);
}

T_MAIN(T_CASE(times_are_read_where_records_have_them))
