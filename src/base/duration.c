#include "base/duration.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/sv.h"

int64_t duration_unit_ms(struct sv word)
{
    static const struct {
        struct sv word;
        int64_t ms;
    } units[] = {{SV("ms"), 1},           {SV("msec"), 1},        {SV("millisecond"), 1},
                 {SV("milliseconds"), 1}, {SV("s"), 1000},        {SV("sec"), 1000},
                 {SV("secs"), 1000},      {SV("second"), 1000},   {SV("seconds"), 1000},
                 {SV("m"), 60000},        {SV("min"), 60000},     {SV("mins"), 60000},
                 {SV("minute"), 60000},   {SV("minutes"), 60000}, {SV("h"), 3600000},
                 {SV("hr"), 3600000},     {SV("hrs"), 3600000},   {SV("hour"), 3600000},
                 {SV("hours"), 3600000},  {SV("d"), 86400000},    {SV("day"), 86400000},
                 {SV("days"), 86400000},  {SV("w"), 604800000},   {SV("week"), 604800000},
                 {SV("weeks"), 604800000}};

    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        if (sv_eq_nocase(units[i].word, word))
            return units[i].ms;
    return 0;
}

bool duration_parse(struct sv s, int64_t *ret_ms)
{
    double total = 0;
    bool any = false;

    for (s = sv_trim(s); s.n; s = sv_trim_left(s), any = true) {
        size_t digits = 0, letters = 0;
        double v;
        int64_t unit;

        while (digits < s.n && (ascii_is_digit(s.p[digits]) || s.p[digits] == '.'))
            digits++;
        if (!sv_to_f64(sv_sub(s, 0, digits), &v))
            return false;
        s = sv_trim_left(sv_sub(s, digits, s.n));
        while (letters < s.n && ascii_is_alpha(s.p[letters]))
            letters++;
        unit = duration_unit_ms(sv_sub(s, 0, letters));
        if (!unit)
            return false;
        total += v * (double)unit;
        s = sv_sub(s, letters, s.n);
    }
    if (!any || total > 3.2e12) /* a hundred years are a mistake */
        return false;
    *ret_ms = (int64_t)llround(total);
    return true;
}

struct duration_text duration_format(int64_t ms)
{
    static const struct {
        int64_t big_ms, small_ms;
        const char *fmt;
    } rows[] = {
        {86400000, 3600000, "%" PRId64 "d %02" PRId64 "h"},
        {3600000, 60000, "%" PRId64 "h %02" PRId64 "m"},
        {60000, 1000, "%" PRId64 "m %02" PRId64 "s"},
    };
    struct duration_text t;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (ms >= rows[i].big_ms) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            (void)snprintf(t.s, sizeof(t.s), rows[i].fmt, ms / rows[i].big_ms,
                           ms % rows[i].big_ms / rows[i].small_ms);
#pragma GCC diagnostic pop
            return t;
        }
    if (ms >= 1000)
        (void)snprintf(t.s, sizeof(t.s), "%" PRId64 ".%" PRId64 " s", ms / 1000, ms % 1000 / 100);
    else
        (void)snprintf(t.s, sizeof(t.s), "%" PRId64 " ms", ms);
    return t;
}
