#include "base/duration.h"

#include "base/sv.h"
#include "t.h"

T(the_forms_that_people_write_are_read)
{
    static const struct {
        const char *text;
        int64_t ms;
    } rows[] = {{"500ms", 500},
                {"30s", 30000},
                {"5m", 300000},
                {"5 min", 300000},
                {"2 hours", 7200000},
                {"1h30m", 5400000},
                {"7d", 604800000},
                {"2w", 1209600000},
                {"1.5s", 1500},
                {".5 s", 500},
                {" 10 Minutes ", 600000},
                {"1 h 30 min 5 s", 5405000},
                {"0s", 0},
                {"0.4ms", 0},
                {"0.5ms", 1},
                {"30m1h", 5400000},
                {"36500d", 3153600000000},
                {"1 hr", 3600000},
                {"90 seconds", 90000},
                {"1 day 2 hours", 93600000}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t got = -1;

        T_CHECK(duration_parse(sv_from(rows[i].text), &got));
        T_EQ(got, rows[i].ms);
    }
}

T(what_is_no_duration_is_refused_and_the_result_left_alone)
{
    static const char *const rows[] = {
        "",          " ",     "5",   "m",      "5 parsecs", "-5s",
        "+5s",       "1e3s",  "5s,", "5s x",   "1.2.3s",    ". s",
        "5mm",       "5 m s", "s5",  "40000d", "1h-30m",    "99999999999999999999999999w",
        "5\xc2\xb5s"};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t got = 42;

        T_CHECK(!duration_parse(sv_from(rows[i]), &got));
        T_EQ(got, 42);
    }
}

T(every_unit_has_its_length)
{
    static const struct {
        const char *words[6];
        int64_t ms;
    } rows[] = {{{"ms", "msec", "millisecond", "milliseconds"}, 1},
                {{"s", "sec", "secs", "second", "seconds", "S"}, 1000},
                {{"m", "min", "mins", "minute", "minutes", "Min"}, 60000},
                {{"h", "hr", "hrs", "hour", "hours"}, 3600000},
                {{"d", "day", "days"}, 86400000},
                {{"w", "week", "weeks"}, 604800000},
                {{"", "month", "y", "us", "second ", "minutess"}, 0}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (size_t k = 0; k < ARRAY_LEN(rows[i].words) && rows[i].words[k]; k++)
            T_EQ(duration_unit_ms(sv_from(rows[i].words[k])), rows[i].ms);
}

T(a_duration_is_shown_with_two_figures_that_matter)
{
    static const struct {
        int64_t ms;
        const char *want;
    } rows[] = {{0, "0 ms"},           {340, "340 ms"},       {999, "999 ms"},
                {1000, "1.0 s"},       {4290, "4.2 s"},       {59999, "59.9 s"},
                {60000, "1m 00s"},     {65999, "1m 05s"},     {7380000, "2h 03m"},
                {86399999, "23h 59m"}, {273600000, "3d 04h"}, {INT64_MAX, "106751991167d 07h"},
                {-5, "-5 ms"}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        T_STR(duration_format(rows[i].ms).s, rows[i].want);
}

/* Cutting loses less than the smaller of the two units. */
T(what_is_shown_is_read_back_but_for_the_figures_that_were_cut)
{
    for (int i = 0; i < 20000; i++) {
        int64_t ms = (int64_t)(t_random() % 3200000000000u) >> t_below(42), got = -1;
        int64_t unit = ms >= 86400000 ? 3600000 : ms >= 3600000 ? 60000 : ms >= 60000 ? 1000 : 100;

        T_CHECK(duration_parse(sv_from(duration_format(ms).s), &got));
        T_CHECK(got <= ms && ms - got < unit);
        T_CHECK(ms >= 1000 || got == ms);
    }
}

T_MAIN(T_CASE(the_forms_that_people_write_are_read),
       T_CASE(what_is_no_duration_is_refused_and_the_result_left_alone),
       T_CASE(every_unit_has_its_length), T_CASE(a_duration_is_shown_with_two_figures_that_matter),
       T_CASE(what_is_shown_is_read_back_but_for_the_figures_that_were_cut))
