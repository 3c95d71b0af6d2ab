/* Time zones; tests/scenario/zones.py compares every zone of the database with Python's. */
#include "base/tz.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/sv.h"
#include "t.h"

static struct tz *zone(const char *name)
{
    struct tz *tz = NULL;
    struct err err;

    T_OK(tz_open(NULL, sv_from(name), &tz, &err), err);
    return tz;
}

/* Seconds of "2026-03-29T02:30:00" as if it were UTC. */
static int64_t at(const char *text)
{
    char full[40];
    int64_t us = 0;

    (void)snprintf(full, sizeof(full), "%sZ", text);
    T_CHECK(clock_parse(sv_from(full), &us));
    return us / CLOCK_US_PER_S;
}

T(an_offset_is_that_of_the_season)
{
    CLEANUP(tz_freep) struct tz *berlin = zone("Europe/Berlin"), *utc = zone("UTC");

    T_EQ(tz_offset_s(berlin, at("2026-03-29T00:59:59")), 3600);
    T_EQ(tz_offset_s(berlin, at("2026-03-29T01:00:00")), 7200);
    T_EQ(tz_offset_s(berlin, at("2050-10-30T00:59:59")), 7200);
    T_EQ(tz_offset_s(berlin, at("2050-10-30T01:00:00")), 3600);
    T_EQ(tz_offset_s(utc, at("2050-10-30T01:00:00")), 0);
    T_CHECK(tz_next_change_s(utc, 0) == INT64_MAX);
}

T(the_next_change_is_found_in_the_table_and_in_the_rule)
{
    CLEANUP(tz_freep) struct tz *berlin = zone("Europe/Berlin"), *kolkata = zone("Asia/Kolkata");

    T_EQ(tz_next_change_s(berlin, at("2026-01-01T00:00:00")), at("2026-03-29T01:00:00"));
    T_EQ(tz_next_change_s(berlin, at("2026-03-29T01:00:00")), at("2026-10-25T01:00:00"));
    T_EQ(tz_next_change_s(berlin, at("2100-12-01T00:00:00")), at("2101-03-27T01:00:00"));
    T_CHECK(tz_next_change_s(kolkata, at("2026-01-01T00:00:00")) == INT64_MAX);
}

T(a_local_time_is_one_moment_none_or_two)
{
    CLEANUP(tz_freep) struct tz *berlin = zone("Europe/Berlin");
    int64_t a, b;

    T_EQ(tz_moment(berlin, at("2026-07-01T12:00:00"), &a, &b), TZ_ONCE);
    T_EQ(a, at("2026-07-01T10:00:00"));
    T_EQ(b, a);
    T_EQ(tz_moment(berlin, at("2026-03-29T02:30:00"), &a, &b), TZ_NEVER);
    T_EQ(a, at("2026-03-29T01:30:00"));
    T_EQ(b, at("2026-03-29T00:30:00"));
    T_EQ(tz_moment(berlin, at("2026-10-25T02:30:00"), &a, &b), TZ_TWICE);
    T_EQ(a, at("2026-10-25T00:30:00"));
    T_EQ(b, at("2026-10-25T01:30:00"));
    T_EQ(tz_moment(berlin, INT64_MAX / 2, &a, &b), TZ_ONCE); /* far away, and still an answer */
}

T(a_day_that_was_left_out_is_a_gap)
{
    CLEANUP(tz_freep) struct tz *apia = zone("Pacific/Apia"); /* it had no 30 December 2011 */
    int64_t a, b;

    T_EQ(tz_moment(apia, at("2011-12-30T12:00:00"), &a, &b), TZ_NEVER);
    T_EQ(a - b, 86400);
}

/* A file with these changes (at, offset) and this footer. */
static void put_be(struct strbuf *b, int64_t v, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--)
        strbuf_add_byte(b, (char)(v >> (8 * i)));
}

static void put_header(struct strbuf *b, char version, size_t n)
{
    strbuf_add_str(b, "TZif");
    strbuf_add_byte(b, version);
    strbuf_add_n(b, '\0', 15 + 12);
    put_be(b, (int64_t)n, 4);
    put_be(b, (int64_t)n + 1, 4);
    put_be(b, 0, 4);
}

static void put_block(struct strbuf *b, int wide, const int64_t (*changes)[2], size_t n)
{
    for (size_t i = 0; i < n; i++)
        put_be(b, changes[i][0], wide);
    for (size_t i = 0; i < n; i++)
        strbuf_add_byte(b, (char)(i + 1));
    put_be(b, 0, 6); /* type 0: UTC */
    for (size_t i = 0; i < n; i++) {
        put_be(b, changes[i][1], 4);
        put_be(b, 0, 2);
    }
}

static void make_file(struct strbuf *b, const int64_t (*changes)[2], size_t n, const char *footer)
{
    *b = STRBUF(0);
    put_header(b, '2', 0);
    put_block(b, 4, NULL, 0);
    put_header(b, '2', n);
    put_block(b, 8, changes, n);
    strbuf_addf(b, "\n%s\n", footer);
}

static struct tz *made(const char *footer)
{
    CLEANUP(strbuf_release) struct strbuf b;
    struct tz *tz = NULL;
    struct err err;

    make_file(&b, NULL, 0, footer);
    T_OK(tz_parse(strbuf_sv(&b), &tz, &err), err);
    return tz;
}

T(the_rule_of_the_footer_is_read_in_all_its_forms)
{
    CLEANUP(tz_freep)
    struct tz *fixed = made("<-0330>3:30"), *julian = made("A3B,J60,J300/1:30:15"),
              *days = made("A-3B-4:30,59/0,299/-1"), *all = made("EST5EDT,0/0,J365/25"),
              *none = made("");

    T_EQ(tz_offset_s(fixed, 0), -12600);
    T_EQ(tz_offset_s(none, 0), 0);
    T_EQ(tz_next_change_s(julian, at("2024-01-01T00:00:00")), at("2024-03-01T05:00:00"));
    T_EQ(tz_next_change_s(julian, at("2025-03-02T00:00:00")), at("2025-10-27T03:30:15"));
    T_EQ(tz_next_change_s(days, at("2024-01-01T00:00:00")),
         at("2024-02-28T21:00:00")); /* day 59: 29 February */
    T_EQ(tz_offset_s(days, at("2024-07-01T00:00:00")), 16200);
    T_EQ(tz_next_change_s(days, at("2024-03-01T00:00:00")), at("2024-10-25T18:30:00"));
    T_EQ(tz_offset_s(all, at("2024-12-31T12:00:00")), -14400); /* daylight saving all the year */
    T_CHECK(tz_next_change_s(all, at("2024-06-01T00:00:00")) == INT64_MAX);
}

T(a_rule_of_the_south_holds_over_the_new_year)
{
    CLEANUP(tz_freep) struct tz *tz = made("A-10B,M10.1.0,M4.1.0/3");

    T_EQ(tz_offset_s(tz, at("2026-01-01T00:00:00")), 39600);
    T_EQ(tz_offset_s(tz, at("2026-07-01T00:00:00")), 36000);
    T_EQ(tz_offset_s(tz, at("2072-12-30T23:00:00")),
         39600); /* 31 December there, and late in its year */
    T_EQ(tz_offset_s(tz, at("2072-12-31T12:00:00")), 39600);
    T_EQ(tz_next_change_s(tz, at("2026-01-01T00:00:00")), at("2026-04-04T16:00:00"));
    T_EQ(tz_next_change_s(tz, at("1960-01-01T00:00:00")), at("1960-04-02T16:00:00"));
}

T(a_weekday_of_december_does_not_fall_into_january)
{
    CLEANUP(tz_freep) struct tz *tz = made("A0B,M6.1.0,M12.5.6");

    T_EQ(tz_next_change_s(tz, at("2026-07-01T00:00:00")), at("2026-12-26T01:00:00"));
}

T(a_file_of_the_first_version_has_no_rule)
{
    static const int64_t changes[][2] = {{1000, 3600}, {2000, 3600}, {3000, 0}};
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    CLEANUP(tz_freep) struct tz *tz = NULL;
    struct err err;

    put_header(&b, '\0', 3);
    put_block(&b, 4, changes, 3);
    T_OK(tz_parse(strbuf_sv(&b), &tz, &err), err);
    T_EQ(tz_offset_s(tz, 999), 0);
    T_EQ(tz_offset_s(tz, 1000), 3600);
    T_EQ(tz_next_change_s(tz, 1000), 3000); /* at 2000 only the name changes */
    T_EQ(tz_offset_s(tz, INT64_MAX), 0);
    T_CHECK(tz_next_change_s(tz, 3000) == INT64_MAX);
}

T(beyond_all_reason_nothing_changes)
{
    const int64_t far = INT64_C(1) << 40;
    CLEANUP(tz_freep) struct tz *tz = made("A0B,M3.5.0,M10.5.0/3");

    T_CHECK(tz_next_change_s(tz, far - INT64_C(400) * 86400) <= far);
    T_CHECK(tz_next_change_s(tz, far - 1) == INT64_MAX);
    T_CHECK(tz_next_change_s(tz, INT64_MAX) == INT64_MAX);
    T_EQ(tz_offset_s(tz, far), tz_offset_s(tz, INT64_MAX));
}

T(before_the_table_ends_the_rule_says_nothing)
{
    static const int64_t changes[][2] = {{1000, 0}, {4000000000, 3600}};
    CLEANUP(strbuf_release) struct strbuf b;
    CLEANUP(tz_freep) struct tz *tz = NULL;
    struct err err;

    make_file(&b, changes, 2, "A-1B,M3.5.0,M10.5.0/3");
    T_OK(tz_parse(strbuf_sv(&b), &tz, &err), err);
    T_EQ(tz_offset_s(tz, at("2026-07-01T00:00:00")), 0);
    T_EQ(tz_next_change_s(tz, 5), 4000000000);
    tz_free(STEAL(tz));
    strbuf_release(&b);
    make_file(&b, changes, 1, "A0B,M3.5.0,M10.5.0/3");
    T_OK(tz_parse(strbuf_sv(&b), &tz, &err), err);
    T_EQ(tz_next_change_s(tz, -5),
         at("1970-03-29T02:00:00")); /* the table changes nothing, the rule does */
}

static void refused(struct sv bytes)
{
    struct tz *tz = NULL;
    struct err err;

    T_EQ(tz_parse(bytes, &tz, &err), ERR_CORRUPT);
    T_CHECK(!tz);
}

T(what_is_no_such_file_is_refused)
{
    static const char *const footers[] = {"C-1",
                                          "1",
                                          "CET",
                                          "CET-1CEST",
                                          "CET-168",
                                          "CET-1<",
                                          "CET-x",
                                          "CET-1CEST,",
                                          "A0B,M13.1.0,M1.1.0",
                                          "A0B,M1.6.0,M1.1.0",
                                          "A0B,M1.1.7,M1.1.0",
                                          "A0B,J0,J3",
                                          "A0B,366,3",
                                          "A0B,M1.1.0,M2.1.0x",
                                          "A0B,M1.1.0/1:60,M2.1.0",
                                          "A0B200,1,2",
                                          "<>1"};
    CLEANUP(strbuf_release) struct strbuf whole = STRBUF(0);
    struct err err;

    T_OK(file_read("/usr/share/zoneinfo/Europe/Berlin", 100000, &whole, &err), err);
    for (size_t n = 0; n < whole.n; n++)
        refused((struct sv){whole.p, n});
    for (size_t i = 1; i < ARRAY_LEN(footers);
         i++) { /* the first one is good, and shows that they are read */
        CLEANUP(strbuf_release) struct strbuf b;

        make_file(&b, NULL, 0, footers[i]);
        refused(strbuf_sv(&b));
    }
    tz_free(made(footers[0]));
}

T(a_table_that_goes_back_or_is_beyond_reason_is_refused)
{
    static const int64_t back[][2] = {{2000, 0}, {1000, 0}}, far[][2] = {{1000, 1000000}},
                         west[][2] = {{1000, -1000000}};
    static const struct {
        const int64_t (*changes)[2];
        size_t n;
    } rows[] = {{back, 2}, {far, 1}, {west, 1}};
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        strbuf_release(&b);
        make_file(&b, rows[i].changes, rows[i].n, "");
        refused(strbuf_sv(&b));
    }
    strbuf_release(&b);
    make_file(&b, far, 1, "");
    b.p[44 + 6 + 44 + 8] = 7; /* a type that is not there */
    refused(strbuf_sv(&b));
    b.p[20] = -1; /* a count below 0 */
    refused(strbuf_sv(&b));
}

T(a_name_stays_in_its_folder_and_must_be_there)
{
    static const char *const bad[] = {"",       "Europe/Bärlin", "../../etc/passwd", "/etc/passwd",
                                      "Europe", "Mars/Olympus"};
    struct tz *tz = NULL;
    struct err err;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        T_EQ(tz_open(NULL, sv_from(bad[i]), &tz, &err), ERR_NOT_FOUND);
    T_STR(err.msg, "there is no time zone 'Mars/Olympus'");
    T_CHECK(strstr(err.hint, "tzdata"));
    T_OK(file_write_atomic("Odd", SV("TZif"), 0600, &err), err);
    T_EQ(tz_open(".", SV("Odd"), &tz, &err), ERR_CORRUPT);
    T_STR(err.msg, "Odd: not a time zone file (TZif)");
    T_CHECK(!tz);
}

T_MAIN(T_CASE(an_offset_is_that_of_the_season),
       T_CASE(the_next_change_is_found_in_the_table_and_in_the_rule),
       T_CASE(a_local_time_is_one_moment_none_or_two), T_CASE(a_day_that_was_left_out_is_a_gap),
       T_CASE(the_rule_of_the_footer_is_read_in_all_its_forms),
       T_CASE(a_rule_of_the_south_holds_over_the_new_year),
       T_CASE(a_weekday_of_december_does_not_fall_into_january),
       T_CASE(a_file_of_the_first_version_has_no_rule), T_CASE(beyond_all_reason_nothing_changes),
       T_CASE(before_the_table_ends_the_rule_says_nothing), T_CASE(what_is_no_such_file_is_refused),
       T_CASE(a_table_that_goes_back_or_is_beyond_reason_is_refused),
       T_CASE(a_name_stays_in_its_folder_and_must_be_there))
