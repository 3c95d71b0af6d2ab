#include "base/sv.h"

#include <math.h>
#include <string.h>

#include "t.h"

static const struct sv nothing = {NULL, 0};

T(a_view_of_a_c_string_ends_before_its_nul)
{
    T_SV(sv_from("abc"), "abc");
    T_SV(sv_from(""), "");
    T_CHECK(sv_from(NULL).p == NULL && sv_from(NULL).n == 0);
}

T(a_part_is_clamped_to_what_is_there)
{
    static const struct {
        size_t from, to;
        const char *want;
    } rows[] = {{0, 5, "hello"}, {1, 3, "el"}, {0, SV_NPOS, "hello"},  {2, 2, ""},
                {5, 9, ""},      {7, 9, ""},   {SV_NPOS, SV_NPOS, ""}, {3, 1, ""}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sv part = sv_sub(SV("hello"), rows[i].from, rows[i].to);

        T_CHECK(sv_eq(part, sv_from(rows[i].want)));
    }
}

/* Every function takes {NULL, 0}: UBSan of clang would tell of arithmetic on NULL. */
T(the_null_view_is_an_empty_text)
{
    struct sv rest = nothing, piece;
    int64_t i64;
    uint64_t u64;
    double f64;

    T_CHECK(sv_sub(nothing, 0, 0).n == 0 && sv_sub(nothing, 3, 5).n == 0);
    T_CHECK(sv_eq(nothing, SV("")) && sv_eq_nocase(nothing, SV("")) &&
            sv_cmp(nothing, SV("")) == 0);
    T_CHECK(sv_starts(nothing, SV("")) && sv_starts(nothing, nothing) && sv_ends(nothing, nothing));
    T_CHECK(sv_starts_nocase(nothing, nothing) && !sv_starts(nothing, SV("a")));
    T_EQ(sv_find(nothing, nothing, 0), 0);
    T_EQ(sv_find(SV("abc"), nothing, 2), 2);
    T_EQ(sv_find_nocase(nothing, nothing, 0), 0);
    T_CHECK(sv_find(nothing, SV("a"), 0) == SV_NPOS && sv_find_byte(nothing, 'a', 0) == SV_NPOS);
    T_CHECK(!sv_has_word(nothing, SV("a")));
    T_EQ(sv_trim(nothing).n, 0);
    T_CHECK(sv_eat(&rest, nothing) && sv_eat_nocase(&rest, nothing) && rest.n == 0);
    rest = nothing;
    T_CHECK(!sv_split(&rest, ',', &piece) && !sv_next_line(&rest, &piece) &&
            !sv_next_word(&rest, &piece));
    T_CHECK(!sv_to_i64(nothing, &i64) && !sv_to_u64(nothing, &u64) && !sv_to_f64(nothing, &f64));
}

T(comparing_is_by_bytes_and_then_by_length)
{
    T_CHECK(!sv_eq(SV("a"), SV("b")) && sv_eq(SV("a"), SV("a")));
    T_CHECK(sv_eq(SV("ab"), SV("ab")) && !sv_eq(SV("ab"), SV("aB")) && !sv_eq(SV("ab"), SV("abc")));
    T_CHECK(sv_eq_nocase(SV("aB9_"), SV("Ab9_")) && !sv_eq_nocase(SV("a"), SV("b")));
    T_CHECK(
        !sv_eq_nocase(SV("\xc3\x84"), SV("\xc3\xa4"))); /* only ASCII folds: these are Ae and ae */
    T_CHECK(!sv_eq_nocase(SV("@"), SV("`")) && !sv_eq_nocase(SV("["), SV("{")));
    T_CHECK(sv_cmp(SV("a"), SV("b")) < 0 && sv_cmp(SV("b"), SV("a")) > 0);
    T_CHECK(sv_cmp(SV("a"), SV("aa")) < 0 && sv_cmp(SV("aa"), SV("a")) > 0);
    T_EQ(sv_cmp(SV("a"), SV("a")), 0);
    T_CHECK(sv_cmp(SV("\xff"), SV("a")) > 0); /* bytes are unsigned */
    T_CHECK(sv_starts(SV("abc"), SV("ab")) && !sv_starts(SV("ab"), SV("abc")));
    T_CHECK(sv_starts_nocase(SV("ABc"), SV("ab")) && !sv_starts_nocase(SV("A"), SV("ab")));
    T_CHECK(sv_ends(SV("abc"), SV("bc")) && !sv_ends(SV("abc"), SV("ab")) &&
            !sv_ends(SV("c"), SV("bc")));
}

T(what_is_found_is_the_first_at_or_after_the_offset)
{
    struct sv s = SV("one two One");

    T_EQ(sv_find(s, SV("o"), 0), 0);
    T_EQ(sv_find(s, SV("o"), 1), 6);
    T_CHECK(sv_find(s, SV("one"), 1) == SV_NPOS && sv_find(s, SV("x"), 0) == SV_NPOS);
    T_CHECK(sv_find(s, SV("one"), 99) == SV_NPOS && sv_find(s, SV("one two One!"), 0) == SV_NPOS);
    T_EQ(sv_find(s, SV(""), s.n), s.n);
    T_EQ(sv_find_nocase(s, SV("ONE"), 1), 8);
    T_CHECK(sv_find_nocase(s, SV("ONE"), 9) == SV_NPOS);
    T_CHECK(sv_find_nocase(s, SV("ONE"), 99) == SV_NPOS);
    T_EQ(sv_find_byte(s, 'O', 0), 8);
    T_CHECK(sv_find_byte(s, 'O', 9) == SV_NPOS && sv_find_byte(s, 'O', 99) == SV_NPOS);
    T_CHECK(sv_has(s, SV("two")) && !sv_has(s, SV("TWO")) && sv_has_nocase(s, SV("TWO")));
}

/* A view is a part of a text: what stands before and behind it is not looked at. */
T(nothing_is_found_outside_of_the_view)
{
    struct sv inside = sv_sub(SV("xabcabcx"), 1, 6); /* "abcab" */
    double v;
    int64_t at;

    T_CHECK(sv_find(inside, SV("abc"), 1) == SV_NPOS &&
            sv_find_nocase(inside, SV("ABC"), 1) == SV_NPOS);
    T_CHECK(sv_find(inside, SV("c"), 3) == SV_NPOS && sv_find_byte(inside, 'c', 3) == SV_NPOS);
    T_EQ(sv_find_byte(inside, 'c', 1), 2);
    T_EQ(sv_find_byte(inside, 'x', 0) == SV_NPOS, true);
    T_EQ(sv_find_nocase(inside, SV("B"), 2), 4);
    T_EQ(sv_find_word(sv_sub(SV("xpassx"), 1, 5), SV("pass"), 0), 0);
    T_CHECK(!sv_ends(inside, SV("abcx")) && !sv_starts(inside, SV("abcabc")));
    T_CHECK(!sv_to_f64(sv_sub(SV("1e55"), 0, 2), &v) && !sv_to_f64(sv_sub(SV("1e+5"), 0, 3), &v));
    T_CHECK(sv_to_f64(sv_sub(SV("12.75"), 0, 4), &v) && v < 12.71);
    T_CHECK(sv_to_i64(sv_sub(SV("-1234"), 0, 3), &at) && at == -12);
}

T(a_word_is_not_part_of_a_longer_one)
{
    T_EQ(sv_find_word(SV("passes or Pass"), SV("pass"), 0), 10);
    T_EQ(sv_find_word(SV("pass"), SV("pass"), 0), 0);
    T_EQ(sv_find_word(SV("(pass)"), SV("PASS"), 0), 1);
    T_CHECK(!sv_has_word(SV("bypass pass_ pass2 _pass"), SV("pass")));
    T_CHECK(sv_has_word(SV("bypass-pass"), SV("pass")));
    T_CHECK(sv_find_word(SV("pass"), SV("pass"), 1) == SV_NPOS);
}

T(trimming_takes_white_space_only)
{
    T_SV(sv_trim(SV(" \t\r\n\f\v a b \n")), "a b");
    T_SV(sv_trim_left(SV("  a ")), "a ");
    T_SV(sv_trim_right(SV(" a  ")), " a");
    T_EQ(sv_trim(SV(" \n")).n, 0);
    T_SV(sv_trim(SV("\xc2\xa0")), "\xc2\xa0"); /* a no-break space is not ours to take */
}

T(a_prefix_is_eaten_or_nothing_is)
{
    struct sv s = SV("Exit 3");

    T_CHECK(!sv_eat(&s, SV("exit")));
    T_SV(s, "Exit 3");
    T_CHECK(!sv_eat_nocase(&s, SV("exits")));
    T_CHECK(sv_eat_nocase(&s, SV("exit")));
    T_CHECK(sv_eat(&s, SV(" ")));
    T_SV(s, "3");
}

/* The pieces, joined by '|'. */
static void pieces(char *out, size_t size, struct sv s, char sep)
{
    struct sv rest = s, piece;
    size_t n = 0;

    out[0] = '\0';
    while (sep ? sv_split(&rest, sep, &piece) : sv_next_line(&rest, &piece)) {
        T_CHECK(n + piece.n + 2 < size);
        n += (size_t)snprintf(out + n, size - n, "%.*s|", SV_FMT(piece));
    }
}

T(splitting_gives_every_piece_also_the_empty_ones)
{
    static const struct {
        const char *text, *want;
    } rows[] = {{"a,b", "a|b|"}, {"a,b,", "a|b||"}, {",", "||"}, {"a", "a|"}, {"", "|"}};
    char got[64];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        pieces(got, sizeof(got), sv_from(rows[i].text), ',');
        T_STR(got, rows[i].want);
    }
    pieces(got, sizeof(got), nothing, ',');
    T_STR(got, "");
}

T(a_line_ends_with_lf_or_crlf_and_the_last_one_may_have_no_end)
{
    static const struct {
        const char *text, *want;
    } rows[] = {{"a\nb", "a|b|"},    {"a\nb\n", "a|b|"}, {"\n\na", "||a|"}, {"a\r\nb\r", "a|b|"},
                {"a\rb\n", "a\rb|"}, {"\r\n", "|"},      {"", ""}};
    char got[64];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        pieces(got, sizeof(got), sv_from(rows[i].text), 0);
        T_STR(got, rows[i].want);
    }
}

T(words_are_what_stands_between_white_space)
{
    struct sv rest = SV("  one\ttwo\n three 4 "), word;

    T_CHECK(sv_next_word(&rest, &word));
    T_SV(word, "one");
    T_CHECK(sv_next_word(&rest, &word));
    T_SV(word, "two");
    T_CHECK(sv_next_word(&rest, &word));
    T_SV(word, "three");
    T_CHECK(sv_next_word(&rest, &word));
    T_SV(word, "4");
    T_CHECK(!sv_next_word(&rest, &word));
    T_CHECK(!sv_next_word(&rest, &word));
}

T(whole_numbers_fit_or_are_refused)
{
    static const struct {
        const char *text;
        bool i_ok, u_ok;
        int64_t i;
    } rows[] = {{"0", true, true, 0},
                {"-0", true, false, 0},
                {"+7", true, false, 7},
                {"007", true, true, 7},
                {"9223372036854775807", true, true, INT64_MAX},
                {"9223372036854775808", false, true, 0},
                {"-9223372036854775808", true, false, INT64_MIN},
                {"-9223372036854775809", false, false, 0},
                {"18446744073709551615", false, true, 0},
                {"18446744073709551616", false, false, 0},
                {"99999999999999999999", false, false, 0},
                {"184467440737095516150", false, false, 0},
                {"", false, false, 0},
                {"-", false, false, 0},
                {"+-1", false, false, 0},
                {" 1", false, false, 0},
                {"1 ", false, false, 0},
                {"0x1", false, false, 0},
                {"1e3", false, false, 0},
                {"1.0", false, false, 0},
                {"\xd9\xa1", false, false, 0}}; /* an Arabic one */

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sv s = sv_from(rows[i].text);
        int64_t si = 42;
        uint64_t u = 42;

        T_EQ(sv_to_i64(s, &si), rows[i].i_ok);
        T_EQ(si, rows[i].i_ok ? rows[i].i : 42);
        T_EQ(sv_to_u64(s, &u), rows[i].u_ok);
        if (!rows[i].u_ok)
            T_EQ(u, 42);
        else if (rows[i].i_ok)
            T_EQ(u, rows[i].i);
    }
}

T(what_was_written_as_a_number_is_read_as_that_number)
{
    for (int n = 0; n < 20000; n++) {
        uint64_t v = t_random() >> t_below(64), u;
        int64_t i;
        char text[32];

        (void)snprintf(text, sizeof(text), "%" PRIu64, v);
        T_CHECK(sv_to_u64(sv_from(text), &u) && u == v);
        (void)snprintf(text, sizeof(text), "%" PRId64, (int64_t)v);
        T_CHECK(sv_to_i64(sv_from(text), &i) && i == (int64_t)v);
    }
}

static uint64_t bits(double v)
{
    uint64_t b;

    memcpy(&b, &v, sizeof(b));
    return b;
}

T(a_decimal_is_read_as_the_nearest_double)
{
    static const char *const fmts[] = {"%.17g", "%.17e", "%.0f", "%.30f", "%+.18E"};
    size_t checked = 0;

    for (int n = 0; n < 20000; n++) {
        uint64_t b = t_random();
        double v, got;
        char text[400];

        memcpy(&v, &b, sizeof(v));
        if (!isfinite(v))
            continue;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        (void)snprintf(text, sizeof(text), fmts[n % (int)ARRAY_LEN(fmts)], v);
#pragma GCC diagnostic pop
        T_CHECK(sv_to_f64(sv_from(text), &got));
        T_CHECK(bits(got) == bits(strtod(text, NULL)));
        if (n % (int)ARRAY_LEN(fmts) < 2)
            T_CHECK(bits(got) == bits(v)); /* 17 digits are enough for any double */
        checked++;
    }
    T_CHECK(checked > 19000);
}

T(random_digits_are_read_as_strtod_reads_them)
{
    for (int n = 0; n < 20000; n++) {
        char text[64];
        size_t len = 0, digits = 1 + t_below(25), point = t_below(30);
        double got, want;

        for (size_t i = 0; i < digits; i++) {
            if (i == point)
                text[len++] = '.';
            text[len++] = (char)('0' + t_below(10));
        }
        len += (size_t)snprintf(text + len, sizeof(text) - len, "e%d", (int)t_below(700) - 350);
        want = strtod(text, NULL);
        T_EQ(sv_to_f64((struct sv){text, len}, &got), isfinite(want));
        if (isfinite(want))
            T_CHECK(bits(got) == bits(want));
    }
}

T(what_is_no_decimal_is_refused_and_the_result_left_alone)
{
    static const char *const bad[] = {"",    ".",    "-",     "+",     "e5",    "1e",     "1e+",
                                      "inf", "nan",  "-inf",  "0x1p3", "1_000", "1,5",    " 1",
                                      "1 ",  "1.5.", "1e5.5", "--1",   "1e999", "-1e999", "1f"};
    static const struct {
        const char *text;
        double want;
    } good[] = {{"1.", 1.0},    {".5", 0.5},    {"-0.25", -0.25}, {"+3", 3.0},
                {"1E2", 100.0}, {"1e-2", 0.01}, {"1e-999", 0.0},  {"0.1", 0.1}};
    char many[500];
    double v = 42;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        T_CHECK(!sv_to_f64(sv_from(bad[i]), &v));
        T_CHECK(bits(v) == bits(42));
    }
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        T_CHECK(sv_to_f64(sv_from(good[i].text), &v));
        T_CHECK(bits(v) == bits(good[i].want));
    }
    memset(many, '1', sizeof(many));
    T_CHECK(sv_to_f64((struct sv){many, 300}, &v) && !sv_to_f64((struct sv){many, 399}, &v));
    memset(many + 1, '0', sizeof(many) - 1);
    many[1] = '.';
    T_CHECK(sv_to_f64((struct sv){many, 399}, &v) && !sv_to_f64((struct sv){many, 400}, &v));
}

/* Texts are looked at in blocks: whatever the lengths, the first place is found, as one looks byte by byte. */
T(a_needle_is_found_wherever_it_stands)
{
    for (size_t round = 0; round < 60000; round++) {
        char text[90], needle[80];
        struct sv s = {text, t_below(sizeof(text))}, n = {needle, 1 + t_below(round % 9 ? 5 : 79)};
        size_t from = t_below(8), want = SV_NPOS, want_nocase = SV_NPOS;

        for (size_t i = 0; i < s.n; i++)
            text[i] = "abABa-\xc3`"[t_below(8)];
        for (size_t i = 0; i < n.n; i++)
            needle[i] = "abABa-\xc3`"[t_below(8)];
        if (round % 3 == 0 && n.n <= s.n) /* it is there */
            memcpy(text + t_below(s.n - n.n + 1), needle, n.n);
        for (size_t at = s.n; at-- > from;) {
            if (at + n.n > s.n)
                continue;
            want = sv_eq(sv_sub(s, at, at + n.n), n) ? at : want;
            want_nocase = sv_eq_nocase(sv_sub(s, at, at + n.n), n) ? at : want_nocase;
        }
        T_CHECK(sv_find(s, n, from) == want);
        T_CHECK(sv_find_nocase(s, n, from) == want_nocase);
    }
}

/* In a long text it is looked for by its two rarest bytes. */
T(a_needle_is_found_in_a_long_text)
{
    static const struct sv needles[] = {
        SV("a"),     SV("qz"),        SV(" must be "),          SV("Replace "),
        SV("aaaab"), SV("a\0b"),      SV("\xe2\x89\xa4 5 `x`"), SV("do not revert"),
        SV("  x  "), SV("ABCDEFGHIJ")};

    for (size_t i = 0; i < ARRAY_LEN(needles); i++)
        for (size_t round = 0; round < 200; round++) {
            char text[1500];
            struct sv s = {text, 1024 + t_below(sizeof(text) - 1024)};
            size_t at = t_below(s.n - needles[i].n + 1);

            memset(text, round % 2 ? 'y' : ' ', s.n);
            T_CHECK(sv_find_nocase(s, needles[i], 0) == SV_NPOS);
            memcpy(text + at, needles[i].p, needles[i].n);
            T_CHECK(sv_find(s, needles[i], 0) == at && sv_find_nocase(s, needles[i], 0) == at);
            T_CHECK(sv_find(s, needles[i], at + 1) == SV_NPOS);
        }
}

T(letters_and_digits_are_those_of_ascii)
{
    for (int c = -128; c < 128; c++) {
        bool alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool digit = c >= '0' && c <= '9';

        T_EQ(ascii_is_alpha((char)c), alpha);
        T_EQ(ascii_is_digit((char)c), digit);
        T_EQ(ascii_is_alnum((char)c), alpha || digit);
        T_EQ(ascii_is_word((char)c), alpha || digit || c == '_');
        T_EQ(ascii_is_upper((char)c), c >= 'A' && c <= 'Z');
        T_EQ(ascii_is_space((char)c), c == ' ' || (c >= '\t' && c <= '\r'));
        T_EQ(ascii_lower((char)c), c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
}

T_MAIN(T_CASE(a_view_of_a_c_string_ends_before_its_nul), T_CASE(a_part_is_clamped_to_what_is_there),
       T_CASE(the_null_view_is_an_empty_text), T_CASE(comparing_is_by_bytes_and_then_by_length),
       T_CASE(what_is_found_is_the_first_at_or_after_the_offset),
       T_CASE(nothing_is_found_outside_of_the_view), T_CASE(a_word_is_not_part_of_a_longer_one),
       T_CASE(trimming_takes_white_space_only), T_CASE(a_prefix_is_eaten_or_nothing_is),
       T_CASE(splitting_gives_every_piece_also_the_empty_ones),
       T_CASE(a_line_ends_with_lf_or_crlf_and_the_last_one_may_have_no_end),
       T_CASE(words_are_what_stands_between_white_space), T_CASE(whole_numbers_fit_or_are_refused),
       T_CASE(what_was_written_as_a_number_is_read_as_that_number),
       T_CASE(a_decimal_is_read_as_the_nearest_double),
       T_CASE(random_digits_are_read_as_strtod_reads_them),
       T_CASE(what_is_no_decimal_is_refused_and_the_result_left_alone),
       T_CASE(a_needle_is_found_wherever_it_stands), T_CASE(a_needle_is_found_in_a_long_text),
       T_CASE(letters_and_digits_are_those_of_ascii))
