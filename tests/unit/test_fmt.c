#include "base/fmt.h"

#include <limits.h>
#include <stdio.h>

#include "base/sv.h"
#include "t.h"

static char quick[64];

/* Gives back how many bytes, or SIZE_MAX. */
PRINTF_LIKE(2, 3) static size_t put(size_t size, const char *fmt, ...)
{
    size_t n = 0;
    va_list ap;
    bool done;

    va_start(ap, fmt);
    memset(quick, '!', sizeof(quick));
    done = fmt_quick(quick, size, fmt, ap, &n);
    va_end(ap);
    return done ? n : SIZE_MAX;
}

/* The same as printf. */
#define SAME(...)                                                    \
    do {                                                             \
        char by_printf[64];                                          \
        int n = snprintf(by_printf, sizeof(by_printf), __VA_ARGS__); \
                                                                     \
        T_EQ(put(sizeof(quick), __VA_ARGS__), (size_t)n);            \
        T_CHECK(memcmp(quick, by_printf, (size_t)n) == 0);           \
    } while (0)

T(what_is_known_is_written_as_printf_does)
{
    static const struct sv view = SV("a view"), nul = SV("a\0b");

    SAME("%s", "");
    SAME("plain, 100 %% and no more");
    SAME("[%s] %.*s%c", "text", SV_FMT(view), 'x');
    SAME("%.*s|%.*s", SV_FMT(nul), 0, "none");
    SAME("%.*s", -1, "all of it"); /* as if no precision were there */
    SAME("%d %d %d %u", 0, INT_MAX, INT_MIN, UINT_MAX);
    SAME("%zu %lu %llu", (size_t)SIZE_MAX, ULONG_MAX, ULLONG_MAX);
    SAME("%ld %lld", LONG_MIN, LLONG_MAX);
}

T(what_is_not_known_is_refused)
{
    T_EQ(put(sizeof(quick), "%5d", 1), SIZE_MAX);
    T_EQ(put(sizeof(quick), "ab %g", 0.5), SIZE_MAX);
    T_EQ(put(sizeof(quick), "%.3s", "abcdef"), SIZE_MAX);
    T_EQ(put(sizeof(quick), "%s", (const char *)(uintptr_t)(quick[0] == 'x')), SIZE_MAX);
}

T(what_does_not_fit_is_refused_and_nothing_is_written_behind_the_buffer)
{
    T_EQ(put(4, "%s", "1234"), 4);
    T_EQ(put(4, "%s", "12345"), SIZE_MAX);
    T_EQ(put(4, "12%d", 345), SIZE_MAX);
    T_CHECK(quick[4] == '!');
}

T_MAIN(T_CASE(what_is_known_is_written_as_printf_does), T_CASE(what_is_not_known_is_refused),
       T_CASE(what_does_not_fit_is_refused_and_nothing_is_written_behind_the_buffer))
