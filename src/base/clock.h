#pragma once

/*
 * clock: the only place that reads a clock, and how times are written.
 *
 * A moment is int64_t microseconds of UTC since 1970 (`_us`).  Text is RFC 3339 in
 * UTC, "2026-02-15T02:06:00.000Z".  What judges or plans is handed the time.
 */
#include "base/base.h"

#define CLOCK_US_PER_S 1000000LL

/* Now, by the wall clock: may jump. */
int64_t clock_now_us(void);
/* Since the kernel started, the time counted that the machine slept. */
int64_t clock_since_boot_us(void);
/*
 * For what is measured, waited for and judged: the wall clock when it is first read, and from then on by the time that
 * passes, so that it never jumps, whatever becomes of the wall clock.  A process that goes on with what another has
 * measured first says which moment it is certainly not before.
 */
int64_t clock_steady_us(void);
void clock_steady_not_before(int64_t at_us);
/* Nanoseconds that only grow, from an arbitrary start. */
uint64_t clock_mono_ns(void);

struct clock_text {
    char s[40];
};
/* With milliseconds. */
struct clock_text clock_format(int64_t at_us);
/* To the second: "2026-02-15T02:06:00Z". */
struct clock_text clock_format_s(int64_t at_us);
/* In the time zone of the process (TZ), for people: "02:06:00". */
struct clock_text clock_format_local_time(int64_t at_us);
/* strftime() format, in UTC or the local zone; empty when the result does not fit. */
struct clock_text clock_strftime(int64_t at_us, const char *fmt, bool utc);

/* Read RFC 3339: date, 'T' or blank, time, optional fraction, 'Z' or +hh:mm. */
NODISCARD bool clock_parse(struct sv s, int64_t *ret);
/*
 * A date as HTTP has it (RFC 9110, section 5.6.7), also in its two old forms: "Sun, 06 Nov 1994 08:49:37 GMT",
 * "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994".  Two digits of a year are those of 1970 to 2069.
 */
NODISCARD bool clock_parse_http(struct sv s, int64_t *ret);
/* 1 to 12 by the first three letters of an English name, in any case; 0: none. */
int clock_month(struct sv word);
/* Days since 1970-01-01 of a proleptic Gregorian date.  No check of the arguments. */
int64_t clock_days(int64_t year, int month, int day);
