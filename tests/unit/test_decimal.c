#include "watch/decimal.h"

#include <inttypes.h>
#include <math.h>

#include "base/mem.h"
#include "base/sv.h"
#include "t.h"

static uint64_t bits_of(double v)
{
    uint64_t b;

    memcpy(&b, &v, sizeof(b));
    return b;
}

static void check(struct sv text, double want)
{
    double got = 42;

    if (decimal_read(text, &got) != DECIMAL_OK || bits_of(got) != bits_of(want))
        T_FAIL("'%.*s' is %a and should be %a", SV_FMT(text), got, want);
}

static uint64_t state = 0x9e3779b97f4a7c15u;

static uint64_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

T(words_are_read_in_any_case)
{
    static const char *const infinite[] = {"inf",      "+Inf",      "INF",
                                           "Infinity", "+infinity", "iNfInItY"};

    for (size_t i = 0; i < ARRAY_LEN(infinite); i++)
        check(sv_from(infinite[i]), HUGE_VAL);
    check(SV("-inf"), -HUGE_VAL);
    check(SV("-Infinity"), -HUGE_VAL);
    check(SV("nan"), (double)NAN);
    check(SV("NaN"), (double)NAN);
}

T(what_is_not_a_number_is_refused_and_leaves_the_result_alone)
{
    static const struct sv bad[] = {
        SV(""),      SV("-"),    SV("+"),     SV("."),    SV("-."),           SV("e5"),
        SV("1e"),    SV("1e+"),  SV("1e+-"),  SV("--1"),  SV("+-1"),          SV("1.2."),
        SV("1..2"),  SV("1 "),   SV(" 1"),    SV("1_0"),  SV("1,5"),          SV("0x10"),
        SV("0x1p3"), SV("1d"),   SV("+nan"),  SV("-NaN"), SV("infi"),         SV("nan(1)"),
        SV("in"),    SV("1e5x"), SV("1e5.0"), SV("1\0"),  SV("1e5000000000x")};

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        double v = 42;

        if (decimal_read(bad[i], &v) != DECIMAL_NOT_A_NUMBER || bits_of(v) != bits_of(42))
            T_FAIL("'%.*s' was read as %g", SV_FMT(bad[i]), v);
    }
}

T(what_is_too_large_is_told_apart)
{
    static const char *const large[] = {"1e309",
                                        "-1e309",
                                        "1.7976931348623159e308",
                                        "2e308",
                                        "1e99999999999999999999",
                                        "0.001e99999999999999999999999"};

    for (size_t i = 0; i < ARRAY_LEN(large); i++) {
        double v = 42;

        T_EQ(decimal_read(sv_from(large[i]), &v), DECIMAL_TOO_LARGE);
        T_EQ(bits_of(v), bits_of(42));
    }
    check(SV("1.7976931348623158e308"), 1.7976931348623157e308);
}

T(zero_keeps_its_sign_however_it_is_written)
{
    static const char *const zeros[] = {"0",
                                        "0.0",
                                        ".0",
                                        "0.",
                                        "000000000000000000000000000000",
                                        "0e5",
                                        "0e99999999999999999",
                                        "0.000000000000000000000000e-3",
                                        "1e-400",
                                        "1e-99999999999999999"};

    for (size_t i = 0; i < ARRAY_LEN(zeros); i++) {
        char minus[64];

        check(sv_from(zeros[i]), 0.0);
        (void)snprintf(minus, sizeof(minus), "-%s", zeros[i]);
        check(sv_from(minus), -0.0);
    }
}

/* strtod() of glibc rounds correctly in the "C" locale: every path has to agree with it. */
static void agree(const char *text)
{
    double want = strtod(text, NULL), got = 0;
    enum decimal d = decimal_read(sv_from(text), &got);

    if (isinf(want) ? d != DECIMAL_TOO_LARGE : d != DECIMAL_OK || bits_of(got) != bits_of(want))
        T_FAIL("'%s' is %a and should be %a", text, got, want);
}

T(whole_numbers_and_fractions_of_every_length_agree_with_strtod)
{
    for (int i = 0; i < 300000; i++) {
        char text[128];
        size_t n = 0;
        int whole = (int)(next_random() % 25), fraction = (int)(next_random() % 25);

        for (int k = 0; k < whole; k++)
            text[n++] = (char)('0' + next_random() % 10);
        if (fraction || whole == 0)
            text[n++] = '.';
        for (int k = 0; k < fraction + (whole == 0); k++)
            text[n++] = (char)('0' + (next_random() % 4 ? next_random() % 10 : 0));
        text[n] = '\0';
        if (i % 3 == 0)
            (void)snprintf(text + n, sizeof(text) - n, "e%d", (int)(next_random() % 80) - 40);
        agree(text);
    }
}

T(the_shortest_and_the_exact_spelling_of_a_double_come_back)
{
    for (int i = 0; i < 200000; i++) {
        uint64_t b = next_random();
        char text[64];
        double v;

        if (i % 2) /* mostly within the range of measured values */
            b = (b & UINT64_C(0x800fffffffffffff)) | (1023 - 60 + next_random() % 120) << 52;
        memcpy(&v, &b, sizeof(v));
        if (!isfinite(v))
            continue;
        for (int digits = 15; digits <= 17; digits++) {
            (void)snprintf(text, sizeof(text), "%.*g", digits, v);
            agree(text);
        }
        check(sv_from(text), v); /* 17 digits name one double */
    }
}

/* Halfway between two doubles is where the result turns: exactly there, just below, just above. */
T(halfway_between_two_doubles_goes_to_even_and_a_little_more_decides)
{
    for (int i = 0; i < 20000; i++) {
        uint64_t m = (next_random() >> 11 | UINT64_C(1) << 52) * 2 + 1; /* 54 bits, odd */
        int down = (int)(next_random() % 20);
        char text[400], more[440];
        uint64_t below = m / 2;
        double upper = ldexp((double)(below + 1), -down), lower = ldexp((double)below, -down);

        /* m / 2^(down + 1) has a finite decimal spelling */
        (void)snprintf(text, sizeof(text), "%.*Lf", down + 1, ldexpl((long double)m, -down - 1));
        check(sv_from(text), below % 2 ? upper : lower);
        (void)snprintf(more, sizeof(more), "%s%s1", text, "000000000000000000000000000000000000");
        check(sv_from(more), upper);
        agree(text);
    }
}

T(the_edges_of_the_range_agree_with_strtod)
{
    static const char *const edges[] = {"4.9e-324",
                                        "2.4703282292062327e-324",
                                        "2.4703282292062328e-324",
                                        "2.2250738585072011e-308",
                                        "2.2250738585072014e-308",
                                        "1.7976931348623157e308",
                                        "9007199254740992",
                                        "9007199254740993",
                                        "9007199254740993e22",
                                        "9007199254740992e22",
                                        "1e22",
                                        "1e23",
                                        "1e27",
                                        "1e28",
                                        "1e-22",
                                        "1e-27",
                                        "1e-28",
                                        "18446744073709551615",
                                        "18446744073709551616",
                                        "9999999999999999999e27",
                                        "9999999999999999999e-27",
                                        "1e00000000000000000000000005",
                                        "1e-00000000000000000000000005"};

    for (size_t i = 0; i < ARRAY_LEN(edges); i++)
        agree(edges[i]);
}

/* Hundreds of digits change nothing, and then one does. */
T(a_digit_far_behind_decides)
{
    char text[1100];

    (void)snprintf(text, sizeof(text), "9007199254740993.%0900d", 0);
    check(sv_from(text), 9007199254740992.0);
    text[strlen(text) - 1] = '1';
    check(sv_from(text), 9007199254740994.0);
}

T(a_number_of_a_megabyte_takes_no_longer_than_its_bytes)
{
    size_t n = 1u << 20;
    CLEANUP(mem_freep) char *text = xcalloc(n + 32, 1);
    double v;

    memset(text, '0', n);
    text[0] = '1';
    T_EQ(decimal_read((struct sv){text, n}, &v), DECIMAL_TOO_LARGE);
    memcpy(text + n, "e-1048574", 10);
    check((struct sv){text, n + 9}, 10.0);
    text[0] = '.';
    text[n - 1] = '7';
    memcpy(text + n, "e1048575", 9);
    check((struct sv){text, n + 8}, 7.0);
    memset(text, '9', n);
    T_EQ(decimal_read((struct sv){text, n}, &v), DECIMAL_TOO_LARGE);
}

T(a_scan_stops_behind_the_number_and_leaves_the_hard_ones)
{
    static const struct {
        struct sv text;
        size_t n; /* 0: not here */
        double v;
    } cases[] = {{SV("12 34"), 2, 12},
                 {SV("1.5e3}"), 5, 1500},
                 {SV("-0x"), 2, -0.0},
                 {SV("5.\n"), 2, 5},
                 {SV(".5."), 2, 0.5},
                 {SV("1e5e5"), 3, 1e5},
                 {SV("+1"), 0, 0},
                 {SV("nan"), 0, 0},
                 {SV("1e"), 0, 0},
                 {SV("1e400"), 0, 0},
                 {SV("1e-40"), 0, 0},
                 {SV("12345678901234567890"), 0, 0},
                 {SV("0.00000000000000000000000001"), 28, 1e-26},
                 {SV(""), 0, 0}};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sv s = cases[i].text;
        double v = 42;
        const char *p = decimal_scan(s.p, s.p + s.n, &v);

        T_EQ(p ? (size_t)(p - s.p) : 0, cases[i].n);
        T_EQ(bits_of(v), bits_of(cases[i].n ? cases[i].v : 42));
    }
}

T(what_stands_behind_the_view_is_not_looked_at)
{
    static const struct {
        const char *text;
        size_t n;
        double v;
    } cases[] = {{"12.5", 2, 12},   {"12", 1, 1},     {"1e5", 1, 1},
                 {"1.25", 3, 1.2},  {"1e12", 3, 1e1}, {"00123", 2, 0},
                 {"0.00123", 4, 0}, {"-12", 2, -1},   {"infinity", 3, HUGE_VAL}};
    double v;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        check((struct sv){cases[i].text, cases[i].n}, cases[i].v);
    T_EQ(decimal_read((struct sv){"-5", 1}, &v), DECIMAL_NOT_A_NUMBER);
    T_EQ(decimal_read((struct sv){"1e5", 2}, &v), DECIMAL_NOT_A_NUMBER);
    T_CHECK(!decimal_scan("-5", "-5", &v) && !decimal_scan("5", "5", &v));
}

T_MAIN(T_CASE(words_are_read_in_any_case),
       T_CASE(what_is_not_a_number_is_refused_and_leaves_the_result_alone),
       T_CASE(what_is_too_large_is_told_apart), T_CASE(zero_keeps_its_sign_however_it_is_written),
       T_CASE(whole_numbers_and_fractions_of_every_length_agree_with_strtod),
       T_CASE(the_shortest_and_the_exact_spelling_of_a_double_come_back),
       T_CASE(halfway_between_two_doubles_goes_to_even_and_a_little_more_decides),
       T_CASE(the_edges_of_the_range_agree_with_strtod), T_CASE(a_digit_far_behind_decides),
       T_CASE(a_number_of_a_megabyte_takes_no_longer_than_its_bytes),
       T_CASE(a_scan_stops_behind_the_number_and_leaves_the_hard_ones),
       T_CASE(what_stands_behind_the_view_is_not_looked_at))
