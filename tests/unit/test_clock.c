#include "base/clock.h"

#include <time.h>

#include "base/sv.h"
#include "t.h"

/* Any microsecond of the years 0000 to 9999. */
#define YEAR_0    (-62167219200LL)
#define YEAR_9999 253402300799LL

static int64_t some_time(void)
{
    int64_t s = YEAR_0 + (int64_t)(t_random() % (uint64_t)(YEAR_9999 - YEAR_0 + 1));

    return s * CLOCK_US_PER_S + (int64_t)t_below(1000000);
}

T(the_wall_clock_tells_the_time_of_now)
{
    struct timespec st = {0, 0};
    int64_t now = clock_now_us();

    T_CHECK(timespec_get(&st, TIME_UTC) == TIME_UTC);
    T_CHECK(llabs((int64_t)st.tv_sec * CLOCK_US_PER_S - now) < 60 * CLOCK_US_PER_S);
}

T(the_monotonic_clock_counts_nanoseconds_and_never_goes_back)
{
    uint64_t first = clock_mono_ns(), last = first, now;

    (void)poll(NULL, 0, 20);
    for (int i = 0; i < 1000; i++, last = now) {
        now = clock_mono_ns();
        T_CHECK(now >= last);
    }
    T_CHECK(last - first >= 20000000 && last - first < 20000000000u);
}

T(a_moment_is_written_as_rfc_3339)
{
    T_STR(clock_format(0).s, "1970-01-01T00:00:00.000Z");
    T_STR(clock_format(1771121160123999).s, "2026-02-15T02:06:00.123Z");
    T_STR(clock_format(-1).s, "1969-12-31T23:59:59.999Z");
    T_STR(clock_format(-1000000).s, "1969-12-31T23:59:59.000Z");
    T_STR(clock_format_s(1771121160999999).s, "2026-02-15T02:06:00Z");
    T_STR(clock_format(YEAR_0 * CLOCK_US_PER_S).s, "0000-01-01T00:00:00.000Z");
    T_STR(clock_format(-59926608000 * CLOCK_US_PER_S).s, "0071-01-01T00:00:00.000Z");
}

T(the_ends_of_time_do_not_overflow)
{
    T_CHECK(clock_format(INT64_MAX).s[0] && clock_format(INT64_MIN).s[0]);
    T_STR(clock_format_s(INT64_MAX).s, "294247-01-10T04:00:54Z");
}

T(local_time_is_that_of_the_zone_of_the_process)
{
    T_EQ(setenv("TZ", "CET-1", 1), 0);
    tzset();
    T_STR(clock_format_local_time(1771121160000000).s, "03:06:00");
    T_STR(clock_strftime(1771121160000000, "%d.%m. %H:%M %Z", false).s, "15.02. 03:06 CET");
    T_STR(clock_strftime(1771121160000000, "%d.%m. %H:%M", true).s, "15.02. 02:06");
}

T(what_does_not_fit_is_empty)
{
    T_STR(clock_strftime(0, "%A %A %A %A %A %A %A %A %A", true).s, "");
    T_STR(clock_strftime(0, "", true).s, "");
}

T(what_was_written_is_read_as_the_same_millisecond)
{
    for (int i = 0; i < 20000; i++) {
        int64_t at = some_time(), got = 0, ms = ((at % 1000) + 1000) % 1000;

        T_CHECK(clock_parse(sv_from(clock_format(at).s), &got));
        T_EQ(got, at - ms);
    }
}

T(reading_agrees_with_timegm)
{
    for (int i = 0; i < 20000; i++) {
        int64_t at = some_time(), got = 0;
        time_t s = (time_t)(at / CLOCK_US_PER_S);
        int zone = (int)t_below(2879) - 1439;
        struct tm tm;
        char text[80];

        T_CHECK(gmtime_r(&s, &tm) != NULL);
        (void)snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d",
                       tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
                       tm.tm_sec, zone < 0 ? '-' : '+', abs(zone) / 60, abs(zone) % 60);
        if (tm.tm_year + 1900 < 0)
            continue; /* the year before 0000, by rounding towards 1970 */
        T_CHECK(clock_parse(sv_from(text), &got));
        T_EQ(got, ((int64_t)timegm(&tm) - zone * 60LL) * CLOCK_US_PER_S);
    }
}

T(days_count_from_1970)
{
    T_EQ(clock_days(1970, 1, 1), 0);
    T_EQ(clock_days(1969, 12, 31), -1);
    T_EQ(clock_days(2000, 3, 1), 11017);
    T_EQ(clock_days(0, 1, 1), -719528);
    T_EQ(clock_days(-1, 12, 31), -719529);
    for (int i = 0; i < 20000; i++) {
        time_t s = (time_t)(some_time() / CLOCK_US_PER_S / 86400 * 86400);
        struct tm tm;

        T_CHECK(gmtime_r(&s, &tm) != NULL);
        T_EQ(clock_days(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday), s / 86400);
    }
}

T(the_forms_of_rfc_3339_are_read)
{
    static const struct {
        const char *text;
        int64_t want;
    } rows[] = {{"2026-02-15T02:06:00Z", 1771121160000000},
                {"2026-02-15t02:06:00z", 1771121160000000},
                {"2026-02-15 02:06:00Z", 1771121160000000},
                {"2026-02-15T02:06:00.5Z", 1771121160500000},
                {"2026-02-15T02:06:00.123456789Z", 1771121160123456},
                {"2026-02-15T02:06:00.000001+00:00", 1771121160000001},
                {"2026-02-15T03:06:00+01:00", 1771121160000000},
                {"2026-02-14T20:36:00-05:30", 1771121160000000},
                {"2016-12-31T23:59:60Z", 1483228800000000}, /* a leap second is the next one */
                {"2024-02-29T00:00:00Z", 1709164800000000},
                {"2000-02-29T00:00:00Z", 951782400000000}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t got = 0;

        T_CHECK(clock_parse(sv_from(rows[i].text), &got));
        T_EQ(got, rows[i].want);
    }
}

T(what_is_no_moment_is_refused_and_the_result_left_alone)
{
    static const char *const rows[] = {
        "",
        "2026",
        "2026-02-15",
        "2026-02-15T02:06Z",
        "2026-02-15T02:06:00",
        "26-02-15T02:06:00Z",
        "2026-2-15T02:06:00Z",
        "2026-13-15T02:06:00Z",
        "2026-00-15T02:06:00Z",
        "2026-02-00T02:06:00Z",
        "2026-02-30T02:06:00Z",
        "2026-04-31T02:06:00Z",
        "2023-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2026-02-15_02:06:00Z",
        "2026-02-15T24:06:00Z",
        "2026-02-15T02:60:00Z",
        "2026-02-15T02:06:61Z",
        "2026-02-15T02:06:00.Z",
        "2026-02-15T02:06:00,5Z",
        "2026-02-15T02:06:00+1:00",
        "2026-02-15T02:06:00+01",
        "2026-02-15T02:06:00+24:00",
        "2026-02-15T02:06:00+01:60",
        "2026-02-15T02:06:00Z ",
        " 2026-02-15T02:06:00Z",
        "2026-02-15T02:06:00ZZ",
        "+026-02-15T02:06:00Z",
        "2026/02/15T02:06:00Z",
        "2026-02-15T02.06:00Z",
        "2026-02-15T02:06.00Z",
        "2026-02/15T02:06:00Z",
        "2026-02-15T0a:06:00Z",
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t got = 42;

        T_CHECK(!clock_parse(sv_from(rows[i]), &got));
        T_EQ(got, 42);
    }
    for (size_t n = 0; n < 23; n++) { /* cut off: what stands behind the view is not looked at */
        int64_t got = 42;

        T_CHECK(!clock_parse(sv_sub(SV("2026-02-15T02:06:00.55Z"), 0, n), &got));
        T_EQ(got, 42);
    }
}

T(the_steady_clock_grows_and_begins_where_it_is_told)
{
    int64_t now_us = clock_now_us(), first = clock_steady_us(), later;

    T_CHECK(first >= now_us && first < now_us + 60 * CLOCK_US_PER_S);
    T_CHECK(clock_steady_us() >= first);
    clock_steady_not_before(5); /* it is not */
    T_CHECK(clock_steady_us() < now_us + 60 * CLOCK_US_PER_S);
    later = now_us + 7200 * CLOCK_US_PER_S;
    clock_steady_not_before(later);
    T_CHECK(clock_steady_us() >= later && clock_steady_us() < later + 60 * CLOCK_US_PER_S);
}

T(a_date_of_http_is_read_in_each_of_its_forms)
{
    static const struct {
        const char *text;
        int64_t s;
    } rows[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
        {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
        {"Sun Nov  6 08:49:37 1994", 784111777},
        {"Sun, 15 Feb 2026 02:16:00 GMT", 1771121760},
        {"Tuesday, 01-Jan-69 00:00:00 GMT", 3124224000},
    };
    static const char *const bad[] = {"",
                                      "900",
                                      "Sun, 06 Nov 1994 08:49:37",
                                      "Sun, 06 Nov 1994 08:49:37 CET",
                                      "Sun, 31 Feb 2026 02:16:00 GMT",
                                      "Sun, 06 Abc 1994 08:49:37 GMT",
                                      "Sun, 06 Nov 1994 8:49 GMT",
                                      "Sun, x Nov 1994 08:49:37 GMT",
                                      "Sun, 06 Nov x 08:49:37 GMT",
                                      "Sun, 32 Nov 1994 08:49:37 GMT",
                                      "Sun, 06 Nov 19941 08:49:37 GMT",
                                      "a b c d e f g",
                                      "Sun, 06 No 1994 08:49:37 GMT"};
    int64_t got;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        T_CHECK(clock_parse_http(sv_from(rows[i].text), &got));
        T_EQ(got, rows[i].s * 1000000);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (clock_parse_http(sv_from(bad[i]), &got))
            T_FAIL("'%s' is no date", bad[i]);
    T_EQ(clock_month(SV("MARCH")), 3);
    T_EQ(clock_month(SV("de")), 0);
}

T_MAIN(T_CASE(a_date_of_http_is_read_in_each_of_its_forms),
       T_CASE(the_steady_clock_grows_and_begins_where_it_is_told),
       T_CASE(the_wall_clock_tells_the_time_of_now),
       T_CASE(the_monotonic_clock_counts_nanoseconds_and_never_goes_back),
       T_CASE(a_moment_is_written_as_rfc_3339), T_CASE(the_ends_of_time_do_not_overflow),
       T_CASE(local_time_is_that_of_the_zone_of_the_process), T_CASE(what_does_not_fit_is_empty),
       T_CASE(what_was_written_is_read_as_the_same_millisecond), T_CASE(reading_agrees_with_timegm),
       T_CASE(days_count_from_1970), T_CASE(the_forms_of_rfc_3339_are_read),
       T_CASE(what_is_no_moment_is_refused_and_the_result_left_alone))
