#include "base/clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/sv.h"

int64_t clock_now_us(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * CLOCK_US_PER_S + ts.tv_nsec / 1000;
}

int64_t clock_since_boot_us(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_BOOTTIME, &ts); /* goes on while the machine sleeps */
    return (int64_t)ts.tv_sec * CLOCK_US_PER_S + ts.tv_nsec / 1000;
}

/* What the steady clock is ahead of the time since boot; 0: it was not read yet. */
static _Atomic int64_t clock_ahead_us;

int64_t clock_steady_us(void)
{
    int64_t boot_us = clock_since_boot_us(), none = 0;

    (void)atomic_compare_exchange_strong(&clock_ahead_us, &none, clock_now_us() - boot_us);
    return boot_us + clock_ahead_us;
}

void clock_steady_not_before(int64_t at_us)
{
    int64_t now_us = clock_steady_us();

    if (now_us < at_us)
        clock_ahead_us += at_us - now_us;
}

uint64_t clock_mono_ns(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* Whole seconds, rounded down, and the microseconds after them. */
static time_t clock_split(int64_t at_us, int *us)
{
    int64_t s = at_us / CLOCK_US_PER_S;
    int64_t rest = at_us % CLOCK_US_PER_S;

    *us = (int)(rest < 0 ? rest + CLOCK_US_PER_S : rest);
    return (time_t)(rest < 0 ? s - 1 : s);
}

struct clock_text clock_strftime(int64_t at_us, const char *fmt, bool utc)
{
    struct clock_text t = {""};
    struct tm tm;
    int us;
    time_t s = clock_split(at_us, &us);

    if (!(utc ? gmtime_r(&s, &tm) : localtime_r(&s, &tm)))
        return t; /* uncovered: a year that does not fit an int */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    if (strftime(t.s, sizeof(t.s), fmt, &tm) == 0)
        t.s[0] = '\0';
#pragma GCC diagnostic pop
    return t;
}

/* RFC 3339 up to the seconds.  Not by strftime(): its %Y has no leading zeros. */
static size_t clock_put(struct clock_text *t, time_t s)
{
    struct tm tm = {0};
    int n;

    (void)gmtime_r(
        &s, &tm); /* fails for a year that does not fit an int: beyond 64 bits of microseconds */
    n = snprintf(t->s, sizeof(t->s), "%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year + 1900,
                 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
    assert(n > 0 && (size_t)n + sizeof(".000Z") <= sizeof(t->s));
    return (size_t)n;
}

struct clock_text clock_format_s(int64_t at_us)
{
    struct clock_text t;
    int us;
    size_t n = clock_put(&t, clock_split(at_us, &us));

    (void)snprintf(t.s + n, sizeof(t.s) - n, "Z");
    return t;
}

struct clock_text clock_format(int64_t at_us)
{
    struct clock_text t;
    int us;
    size_t n = clock_put(&t, clock_split(at_us, &us));

    (void)snprintf(t.s + n, sizeof(t.s) - n, ".%03dZ", us / 1000);
    return t;
}

struct clock_text clock_format_local_time(int64_t at_us)
{
    return clock_strftime(at_us, "%H:%M:%S", false);
}

/* Days from civil date, by eras of 400 years that begin on 1 March. */
int64_t clock_days(int64_t year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* `digits` digits as a number in [lo, hi], cut off the front. */
static bool clock_eat_number(struct sv *s, size_t digits, int lo, int hi, int *ret)
{
    uint64_t v;

    if (!sv_to_u64(sv_sub(*s, 0, digits), &v) || s->n < digits || (int64_t)v < lo ||
        (int64_t)v > hi)
        return false;
    *s = sv_sub(*s, digits, s->n);
    *ret = (int)v;
    return true;
}

static bool clock_eat_zone(struct sv *s, int64_t *offset_s)
{
    int h, m, sign = 1;

    *offset_s = 0;
    if (sv_eat_nocase(s, SV("Z")))
        return true;
    if (sv_eat(s, SV("-")))
        sign = -1;
    else if (!sv_eat(s, SV("+")))
        return false;
    if (!clock_eat_number(s, 2, 0, 23, &h) || !sv_eat(s, SV(":")) ||
        !clock_eat_number(s, 2, 0, 59, &m))
        return false;
    *offset_s = sign * (h * 3600LL + m * 60LL);
    return true;
}

bool clock_parse(struct sv s, int64_t *ret)
{
    static const int days_of[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, day, h, min, sec;
    int64_t us = 0, unit = CLOCK_US_PER_S / 10, offset_s;
    bool leap;

    if (!clock_eat_number(&s, 4, 0, 9999, &year) || !sv_eat(&s, SV("-")) ||
        !clock_eat_number(&s, 2, 1, 12, &month) || !sv_eat(&s, SV("-")) ||
        !clock_eat_number(&s, 2, 1, days_of[month - 1], &day))
        return false;
    leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (month == 2 && day == 29 && !leap)
        return false;
    if (!sv_eat_nocase(&s, SV("T")) && !sv_eat(&s, SV(" ")))
        return false;
    if (!clock_eat_number(&s, 2, 0, 23, &h) || !sv_eat(&s, SV(":")) ||
        !clock_eat_number(&s, 2, 0, 59, &min) || !sv_eat(&s, SV(":")) ||
        !clock_eat_number(&s, 2, 0, 60, &sec))
        return false;
    if (sv_eat(&s, SV("."))) {
        if (s.n == 0 || !ascii_is_digit(*s.p))
            return false;
        for (; s.n && ascii_is_digit(*s.p); s = sv_sub(s, 1, s.n), unit /= 10)
            us += (*s.p - '0') * unit;
    }
    if (!clock_eat_zone(&s, &offset_s) || s.n != 0)
        return false;
    *ret = (clock_days(year, month, day) * 86400 + h * 3600LL + min * 60LL + sec - offset_s) *
               CLOCK_US_PER_S +
           us;
    return true;
}

int clock_month(struct sv word)
{
    static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";

    for (int m = 0; m < 12 && word.n >= 3; m++)
        if (sv_eq_nocase(sv_sub(word, 0, 3), (struct sv){months + (ptrdiff_t)m * 3, 3}))
            return m + 1;
    return 0;
}

/* Words between blanks, commas and hyphens; how many there are, of which at most `max` are kept. */
static size_t clock_words(struct sv s, struct sv *w, size_t max)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n;) {
        size_t from = i;

        while (i < s.n && s.p[i] != ' ' && s.p[i] != ',' && s.p[i] != '-')
            i++;
        if (i > from && n < max)
            w[n] = sv_sub(s, from, i);
        n += i > from;
        i++;
    }
    return n;
}

bool clock_parse_http(struct sv s, int64_t *ret)
{
    struct sv w[6];
    size_t n = clock_words(s, w, ARRAY_LEN(w));
    bool old = n == 5;
    uint64_t day, year;
    char iso[64];

    if ((!old && (n != 6 || !sv_is(w[5], "GMT"))) || !sv_to_u64(w[old ? 2 : 1], &day) ||
        !sv_to_u64(w[old ? 4 : 3], &year) || day > 31 || year > 9999)
        return false;
    if (year < 100)
        year += year < 70 ? 2000 : 1900;
    (void)snprintf(iso, sizeof(iso), "%04d-%02d-%02dT%.8sZ", (int)year, clock_month(w[old ? 1 : 2]),
                   (int)day, w[old ? 3 : 4].n == 8 ? w[old ? 3 : 4].p : "");
    return clock_parse(sv_from(iso), ret);
}
