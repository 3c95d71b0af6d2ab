#include "base/tz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/sv.h"

#define TZ_DIR       "/usr/share/zoneinfo"
#define TZ_MAX_BYTES ((size_t)1 << 20) /* the largest of the database has 4 KB */
#define TZ_DAY_S     INT64_C(86400)
#define TZ_REACH_S \
    (8 * TZ_DAY_S) /* no local time is further from its moment than this: offsets are checked */
#define TZ_MAX_OFF_S (7 * TZ_DAY_S)     /* 167 hours is what a footer may say */
#define TZ_FAR_S     (INT64_C(1) << 40) /* 30,000 years: years still fit an int */

/* A day of the year on which the footer's rule changes the clocks (POSIX, TZ; RFC 8536 section 3.3). */
struct tz_rule {
    char kind; /* 'M': week and weekday of a month, 'J': day without 29 February, 'N': day from 0 */
    int month, week, day;
    int64_t time_s; /* local, from the midnight before; may lie on another day */
};

struct tz_change {
    int64_t at_s, offset_s;
};

struct tz {
    struct tz_change *changes;
    size_t n;
    int64_t before_s; /* offset before the first change */
    bool has_rule, has_dst;
    int64_t std_s, dst_s; /* of the footer, east of UTC */
    struct tz_rule start, end;
};

void tz_free(struct tz *tz)
{
    if (!tz)
        return;
    free(tz->changes);
    free(tz);
}

/* --- the footer --- */

static bool tz_eat_int(struct sv *s, int max, int *ret)
{
    int v = 0;
    size_t n = 0;

    while (n < s->n && n < 4 && ascii_is_digit(s->p[n]))
        v = v * 10 + (s->p[n++] - '0');
    if (n == 0 || v > max)
        return false;
    *s = sv_sub(*s, n, s->n);
    *ret = v;
    return true;
}

/* [+-]hh[:mm[:ss]] */
static bool tz_eat_time(struct sv *s, int64_t *ret)
{
    int sign = sv_eat(s, SV("-")) ? -1 : 1, part[3] = {0, 0, 0};

    (void)sv_eat(s, SV("+")); /* it may be left out */
    if (!tz_eat_int(s, 167, &part[0]))
        return false;
    for (int i = 1; i < 3 && sv_eat(s, SV(":")); i++)
        if (!tz_eat_int(s, 59, &part[i]))
            return false;
    *ret = sign * (part[0] * INT64_C(3600) + part[1] * INT64_C(60) + part[2]);
    return true;
}

/* "CET" or "<+0330>": at least one byte. */
static bool tz_eat_name(struct sv *s)
{
    bool quoted = sv_eat(s, SV("<"));
    size_t n = 0;

    while (n < s->n && (quoted ? s->p[n] != '>' : ascii_is_alpha(s->p[n])))
        n++;
    if (n == 0)
        return false;
    *s = sv_sub(*s, n, s->n);
    return !quoted || sv_eat(s, SV(">"));
}

static bool tz_eat_day(struct sv *s, struct tz_rule *r)
{
    if (sv_eat(s, SV("M"))) {
        r->kind = 'M';
        return tz_eat_int(s, 12, &r->month) && r->month >= 1 && sv_eat(s, SV(".")) &&
               tz_eat_int(s, 5, &r->week) && r->week >= 1 && sv_eat(s, SV(".")) &&
               tz_eat_int(s, 6, &r->day);
    }
    r->kind = sv_eat(s, SV("J")) ? 'J' : 'N';
    return tz_eat_int(s, 365, &r->day) && (r->kind == 'N' || r->day >= 1);
}

static bool tz_eat_rule(struct sv *s, struct tz_rule *r)
{
    r->time_s = INT64_C(2) * 3600;
    return sv_eat(s, SV(",")) && tz_eat_day(s, r) &&
           (!sv_eat(s, SV("/")) || tz_eat_time(s, &r->time_s));
}

/* "CET-1CEST,M3.5.0,M10.5.0/3"; what is written west is kept east. */
static bool tz_read_footer(struct tz *tz, struct sv s)
{
    if (!tz_eat_name(&s) || !tz_eat_time(&s, &tz->std_s))
        return false;
    tz->std_s = -tz->std_s;
    tz->has_rule = true;
    if (!s.n)
        return true;
    tz->has_dst = true;
    tz->dst_s = tz->std_s + 3600;
    if (!tz_eat_name(&s))
        return false;
    if (s.n && *s.p != ',') {
        if (!tz_eat_time(&s, &tz->dst_s))
            return false;
        tz->dst_s = -tz->dst_s;
    }
    return tz_eat_rule(&s, &tz->start) && tz_eat_rule(&s, &tz->end) && s.n == 0;
}

/* --- the file --- */

static int64_t tz_be(const char *p, size_t n)
{
    uint64_t v = n == 4 && (*p & 0x80) ? UINT64_MAX : 0;

    for (size_t i = 0; i < n; i++)
        v = v << 8 | (unsigned char)p[i];
    return (int64_t)v;
}

struct tz_header {
    size_t utc, std, leaps, times, types, chars;
    char version;
};

static bool tz_eat_header(struct sv *s, struct tz_header *h)
{
    size_t *counts[] = {&h->utc, &h->std, &h->leaps, &h->times, &h->types, &h->chars};

    if (s->n < 44 || memcmp(s->p, "TZif", 4) != 0)
        return false;
    h->version = s->p[4];
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        int64_t v = tz_be(s->p + 20 + 4 * i, 4);

        if (v < 0 || (size_t)v > TZ_MAX_BYTES)
            return false;
        *counts[i] = (size_t)v;
    }
    *s = sv_sub(*s, 44, s->n);
    return h->types > 0;
}

/* Of the data block that follows a header; `wide`: bytes of a time.  Each count is below 2^20, so it cannot wrap. */
static size_t tz_block_size(const struct tz_header *h, size_t wide)
{
    return h->times * (wide + 1) + h->types * 6 + h->chars + h->leaps * (wide + 4) + h->std +
           h->utc;
}

static bool tz_read_block(struct tz *tz, const struct tz_header *h, struct sv s, size_t wide)
{
    const char *index = s.p + h->times * wide, *types = index + h->times;

    tz->changes = XNEWN(struct tz_change, h->times);
    tz->n = h->times;
    tz->before_s = tz_be(types, 4);
    for (size_t i = 0; i < h->times; i++) {
        size_t type = (unsigned char)index[i];

        if (type >= h->types)
            return false;
        tz->changes[i] =
            (struct tz_change){tz_be(s.p + i * wide, wide), tz_be(types + type * 6, 4)};
        if (i > 0 && tz->changes[i].at_s <= tz->changes[i - 1].at_s)
            return false;
        if (tz->changes[i].offset_s > TZ_MAX_OFF_S || tz->changes[i].offset_s < -TZ_MAX_OFF_S)
            return false;
    }
    return tz->before_s <= TZ_MAX_OFF_S && tz->before_s >= -TZ_MAX_OFF_S;
}

static bool tz_read(struct tz *tz, struct sv s)
{
    struct tz_header h;
    size_t wide = 4;

    if (!tz_eat_header(&s, &h))
        return false;
    if (h.version) { /* the block for old readers, and then the real one */
        if (s.n < tz_block_size(&h, 4))
            return false;
        s = sv_sub(s, tz_block_size(&h, 4), s.n);
        if (!tz_eat_header(&s, &h))
            return false;
        wide = 8;
    }
    if (s.n < tz_block_size(&h, wide) || !tz_read_block(tz, &h, s, wide))
        return false;
    s = sv_sub(s, tz_block_size(&h, wide), s.n);
    if (wide == 4)
        return true;
    if (!sv_eat(&s, SV("\n")) || !s.n || s.p[s.n - 1] != '\n')
        return false;
    s = sv_sub(s, 0, s.n - 1);
    return !s.n || tz_read_footer(tz, s);
}

enum err_code tz_parse(struct sv bytes, struct tz **ret, struct err *err)
{
    CLEANUP(tz_freep) struct tz *tz = XNEW(struct tz);

    if (!tz_read(tz, bytes))
        return err_set(err, ERR_CORRUPT, "not a time zone file (TZif)");
    *ret = STEAL(tz);
    return ERR_OK;
}

/* "Europe/Berlin": it stays in the folder. */
static bool tz_is_name(struct sv name)
{
    if (!name.n || name.n > 64 || *name.p == '/' || sv_has(name, SV("..")))
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (!ascii_is_word(name.p[i]) && sv_find_byte(SV("/+-"), name.p[i], 0) == SV_NPOS)
            return false;
    return true;
}

enum err_code tz_open(const char *dir, struct sv name, struct tz **ret, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf bytes = STRBUF(0);
    CLEANUP(mem_freep) char *plain = xstrdup_sv(name), *path = NULL;
    struct err why;

    if (sv_eq(name, SV("UTC"))) { /* needs no database */
        *ret = XNEW(struct tz);
        return ERR_OK;
    }
    path = path_join(dir ? dir : TZ_DIR, plain);
    if (!tz_is_name(name) || file_read(path, TZ_MAX_BYTES, &bytes, &why) != ERR_OK) {
        (void)err_set(err, ERR_NOT_FOUND, "there is no time zone '%.*s'", SV_FMT(name));
        return err_hint(err,
                        "names are those of the folder %s (package tzdata): Europe/Berlin, UTC",
                        dir ? dir : TZ_DIR);
    }
    if (tz_parse(strbuf_sv(&bytes), ret, err) != ERR_OK)
        return err_wrap(err, "%s", path);
    return ERR_OK;
}

/* --- asking --- */

static int64_t tz_floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* The year that a local time lies in. */
static int64_t tz_year(int64_t local_s)
{
    int64_t days = tz_floor_div(local_s, TZ_DAY_S);
    int64_t year = 1970 + tz_floor_div(days * 400, 146097);

    while (clock_days(year, 1, 1) > days)
        year--;
    while (clock_days(year + 1, 1, 1) <= days)
        year++;
    return year;
}

static bool tz_is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days since 1970 of the rule's day in a year. */
static int64_t tz_rule_day(const struct tz_rule *r, int64_t year)
{
    int64_t first, day;

    if (r->kind == 'N')
        return clock_days(year, 1, 1) + r->day;
    if (r->kind == 'J') /* 60 is 1 March in every year */
        return clock_days(year, 1, 1) + r->day - 1 + (tz_is_leap(year) && r->day >= 60);
    first = clock_days(year, r->month, 1);
    day = first + (r->day - (first + 4) % 7 + 14) % 7 +
          (r->week - 1) * INT64_C(7); /* day 0: a Thursday */
    while (day >= (r->month == 12 ? clock_days(year + 1, 1, 1) : clock_days(year, r->month + 1, 1)))
        day -= 7; /* week 5 is the last one */
    return day;
}

/* When daylight saving begins (or ends) in a year. */
static int64_t tz_rule_at(const struct tz *tz, bool begins, int64_t year)
{
    const struct tz_rule *r = begins ? &tz->start : &tz->end;

    return tz_rule_day(r, year) * TZ_DAY_S + r->time_s - (begins ? tz->std_s : tz->dst_s);
}

/* By the last change at or before the moment; of a beginning and an end at once the beginning counts, as in a zone
 * that has daylight saving all the year. */
static int64_t tz_rule_offset(const struct tz *tz, int64_t utc_s)
{
    int64_t year, last = INT64_MIN;
    bool dst = false;

    if (!tz->has_dst)
        return tz->std_s;
    year = tz_year(utc_s + tz->std_s);
    for (int64_t y = year - 1; y <= year + 1; y++)
        for (int begins = 0; begins < 2; begins++) {
            int64_t at = tz_rule_at(tz, begins == 1, y);

            if (at > utc_s || at < last)
                continue;
            dst = begins == 1 || (dst && at == last);
            last = at;
        }
    return dst ? tz->dst_s : tz->std_s;
}

/* How many changes are at or before the moment. */
static size_t tz_find(const struct tz *tz, int64_t utc_s)
{
    size_t lo = 0, hi = tz->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (tz->changes[mid].at_s <= utc_s)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static int64_t tz_near(int64_t s)
{
    return s > TZ_FAR_S ? TZ_FAR_S : s < -TZ_FAR_S ? -TZ_FAR_S : s;
}

int64_t tz_offset_s(const struct tz *tz, int64_t utc_s)
{
    size_t i = tz_find(tz, utc_s);

    if (i == tz->n && tz->has_rule)
        return tz_rule_offset(tz, tz_near(utc_s));
    return i == 0 ? tz->before_s : tz->changes[i - 1].offset_s;
}

/* The next change by the footer's rule. */
static int64_t tz_rule_next(const struct tz *tz, int64_t utc_s)
{
    int64_t year = tz_year(utc_s + tz->std_s), best = INT64_MAX;

    for (int64_t y = year - 1; y <= year + 2; y++)
        for (int begins = 0; begins < 2; begins++) {
            int64_t at = tz_rule_at(tz, begins == 1, y);

            if (at > utc_s && at < best && tz_rule_offset(tz, at) != tz_rule_offset(tz, at - 1))
                best = at;
        }
    return best > TZ_FAR_S ? INT64_MAX : best; /* beyond it nothing changes any more */
}

int64_t tz_next_change_s(const struct tz *tz, int64_t utc_s)
{
    for (size_t i = tz_find(tz, utc_s); i < tz->n; i++)
        if (tz_offset_s(tz, tz->changes[i].at_s) !=
            (i == 0 ? tz->before_s : tz->changes[i - 1].offset_s))
            return tz->changes[i].at_s;
    if (tz->n > 0 && utc_s < tz->changes[tz->n - 1].at_s)
        utc_s = tz->changes[tz->n - 1].at_s;
    if (!tz->has_rule || !tz->has_dst || utc_s > TZ_FAR_S)
        return INT64_MAX;
    return tz_rule_next(tz, tz_near(utc_s));
}

enum tz_kind tz_moment(const struct tz *tz, int64_t local_s, int64_t *first_s, int64_t *second_s)
{
    int64_t local = tz_near(local_s), from = local - TZ_REACH_S;
    int64_t gap_first = local, gap_second = local, last = 0;
    int found = 0;

    while (from < local + TZ_REACH_S) {
        int64_t offset = tz_offset_s(tz, from), next = tz_next_change_s(tz, from);
        int64_t at = local - offset;

        if (at >= from && at < next) {
            if (found++ == 0)
                *first_s = at;
            last = at;
        } else if (next != INT64_MAX && at >= next && local - tz_offset_s(tz, next) < next) {
            gap_first = at;
            gap_second = local - tz_offset_s(tz, next);
        }
        from = next;
    }
    if (found == 0) {
        *first_s = gap_first;
        *second_s = gap_second;
        return TZ_NEVER;
    }
    *second_s = last;
    return found == 1 ? TZ_ONCE : TZ_TWICE;
}
