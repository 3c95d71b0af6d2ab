#include "base/text.h"

#include "base/sv.h"
#include "t.h"

/* RFC 3629, sections 3 and 4: the table of well-formed sequences, at its edges. */
T(utf_8_is_well_formed_exactly_as_rfc_3629_says)
{
    static const struct {
        struct sv bytes;
        uint32_t cp; /* 0: not well-formed */
    } rows[] = {{SV("\x01"), 1},
                {SV("\x7f"), 0x7f},
                {SV("\x80"), 0},
                {SV("\xbf"), 0},
                {SV("\xc0\x80"), 0},
                {SV("\xc1\xbf"), 0}, /* overlong */
                {SV("\xc2\x80"), 0x80},
                {SV("\xdf\xbf"), 0x7ff},
                {SV("\xc2"), 0},
                {SV("\xc2\x7f"), 0},
                {SV("\xc2\xc0"), 0},
                {SV("\xe0\x9f\xbf"), 0},
                {SV("\xe0\xa0\x80"), 0x800},
                {SV("\xe1\x80\x80"), 0x1000},
                {SV("\xed\x9f\xbf"), 0xd7ff},
                {SV("\xed\xa0\x80"), 0},
                {SV("\xed\xbf\xbf"), 0}, /* surrogates */
                {SV("\xee\x80\x80"), 0xe000},
                {SV("\xef\xbf\xbf"), 0xffff},
                {SV("\xe1\x80"), 0},
                {SV("\xe1\x80\xc0"), 0},
                {SV("\xf0\x8f\xbf\xbf"), 0},
                {SV("\xf0\x90\x80\x80"), 0x10000},
                {SV("\xf4\x8f\xbf\xbf"), 0x10ffff},
                {SV("\xf4\x90\x80\x80"), 0},
                {SV("\xf5\x80\x80\x80"), 0},
                {SV("\xf0\x90\x80"), 0},
                {SV("\xff"), 0},
                {SV("\xfe\x80\x80\x80\x80\x80"), 0},
                {{NULL, 0}, 0}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint32_t cp = 0;
        size_t n = text_utf8_next(rows[i].bytes, &cp);

        T_EQ(n, rows[i].cp ? rows[i].bytes.n : 0);
        T_EQ(cp, rows[i].cp);
    }
}

T(every_code_point_is_written_as_it_is_read)
{
    for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
        CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
        uint32_t got = UINT32_MAX;

        if (cp >= 0xd800 && cp <= 0xdfff)
            continue;
        text_add_utf8(&b, cp);
        T_EQ(text_utf8_next(strbuf_sv(&b), &got), b.n);
        T_EQ(got, cp);
    }
}

T(the_first_bad_byte_is_found)
{
    T_CHECK(text_bad_utf8(SV("")) == SV_NPOS && text_bad_utf8((struct sv){NULL, 0}) == SV_NPOS);
    T_CHECK(text_bad_utf8(SV("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x94\xb4 z")) == SV_NPOS);
    T_EQ(text_bad_utf8(SV("ab\xff")), 2);
    T_EQ(text_bad_utf8(SV("\xc3\xa4\xc3")), 2);
    T_EQ(text_bad_utf8(SV("\xe2\x82")), 0);
    for (size_t n = 1; n <= 40; n++) /* ASCII is passed in steps of eight */
        for (size_t at = 0; at < n; at++) {
            char text[40];

            memset(text, 'a', sizeof(text));
            T_CHECK(text_bad_utf8((struct sv){text, n}) == SV_NPOS);
            text[at] = '\xc3';
            T_EQ(text_bad_utf8((struct sv){text, n}), at);
        }
}

T(width_is_that_of_a_terminal)
{
    static const struct {
        const char *text;
        size_t want;
    } rows[] = {{"", 0},
                {"abc", 3},
                {"\xc3\xa4", 1},
                {"e\xcc\x81", 1},                /* a combining acute accent */
                {"\xe4\xb8\xad\xe6\x96\x87", 4}, /* two ideographs */
                {"\xf0\x9f\x94\xb4", 2},         /* a red circle */
                {"\xef\xbc\xa1", 2},             /* fullwidth A */
                {"\xf0\x9f\x9f\xa2", 2},         /* a green one, which came later */
                {"\xe2\x9c\x85", 2},             /* a check mark button */
                {"\xd2\x83\xd6\x91\xe2\x83\x90\xef\xb8\x8f",
                 0},                 /* marks of other scripts, and for a picture */
                {"\xe2\x80\x8b", 0}, /* zero width space */
                {"\xff\xff", 2}};    /* each bad byte is a replacement character */

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        T_EQ(text_width(sv_from(rows[i].text)), rows[i].want);
}

T(a_cut_is_the_longest_front_that_fits)
{
    struct sv mixed = SV("a\xe4\xb8\xad"
                         "e\xcc\x81z");

    T_SV(text_cut(SV("abc"), 2), "ab");
    T_SV(text_cut(SV("abc"), 3), "abc");
    T_EQ(text_cut(SV("abc"), 0).n, 0);
    T_SV(text_cut(mixed, 2), "a"); /* half an ideograph does not fit */
    T_SV(text_cut(mixed, 3), "a\xe4\xb8\xad");
    T_SV(text_cut(mixed, 4), "a\xe4\xb8\xad"
                             "e\xcc\x81"); /* with the accent that has no width */
    T_SV(text_cut(SV("\xff\xff"), 1), "\xff");
    for (int i = 0; i < 2000; i++) {
        char bytes[40];
        size_t n = t_below(sizeof(bytes)), columns = t_below(30), cut;

        for (size_t k = 0; k < n; k++)
            bytes[k] = (char)t_random();
        cut = text_cut((struct sv){bytes, n}, columns).n;
        T_CHECK(cut <= n && text_width((struct sv){bytes, cut}) <= columns);
    }
}

typedef void add_fn(struct strbuf *b, struct sv s);

static const char *added(add_fn *add, struct sv s)
{
    static struct strbuf b;

    strbuf_release(&b);
    add(&b, s);
    return strbuf_str(&b);
}

T(what_could_drive_a_terminal_becomes_visible)
{
    T_STR(added(text_add_terminal, SV("plain \xc3\xa4\xf0\x9f\x94\xb4\n\ttext")),
          "plain \xc3\xa4\xf0\x9f\x94\xb4\n\ttext");
    T_STR(added(text_add_terminal, SV("\x1b[2J")), "\\x1b[2J");
    T_STR(added(text_add_terminal, SV("a\rb\bc\x7f\0")), "a\\x0db\\x08c\\x7f\\x00");
    T_STR(added(text_add_terminal, SV("\xc2\x9b"
                                      "31m")),
          "\\xc2\\x9b31m"); /* CSI of C1 */
    T_STR(added(text_add_terminal, SV("\x9b"
                                      "31m")),
          "\\x9b31m"); /* and as a lone byte */
    T_STR(added(text_add_terminal, SV("\xe2\x80\xae"
                                      "abc")),
          "\\xe2\\x80\\xae"
          "abc"); /* right to left */
    T_STR(added(text_add_terminal, SV("\xe2\x81\xa6")), "\\xe2\\x81\\xa6");
    T_STR(added(text_add_line, SV("a\nb\tc\x1b\xff")), "a b c\\x1b\\xff");
    (void)added(text_add_line, SV(""));
}

T(of_all_characters_only_controls_are_hidden)
{
    for (uint32_t cp = 0; cp < 0x3000; cp++) {
        CLEANUP(strbuf_release) struct strbuf in = STRBUF(0), out = STRBUF(0);
        bool control = cp < 0x20 || (cp >= 0x7f && cp <= 0x9f) || (cp >= 0x202a && cp <= 0x202e) ||
                       (cp >= 0x2066 && cp <= 0x2069);

        text_add_utf8(&in, cp);
        text_add_terminal(&out, strbuf_sv(&in));
        T_EQ(sv_eq(strbuf_sv(&in), strbuf_sv(&out)), !control || cp == '\n' || cp == '\t');
    }
}

T(markup_becomes_text_in_html)
{
    T_STR(added(text_add_html, SV("<a href=\"x\">&'</a>\n\t")),
          "&lt;a href=&quot;x&quot;&gt;&amp;&#39;&lt;/a&gt;\n\t");
    T_STR(added(text_add_html, SV("\x1b\xff\r\xc3\xa4")),
          "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xc3\xa4");
    (void)added(text_add_html, SV(""));
}

static bool is_harmless(uint32_t cp, bool line)
{
    if (cp == '\n' || cp == '\t')
        return !line;
    return cp >= 0x20 && cp != 0x7f && !(cp >= 0x80 && cp < 0xa0) &&
           !(cp >= 0x202a && cp <= 0x202e) && !(cp >= 0x2066 && cp <= 0x2069);
}

T(whatever_goes_in_no_control_comes_out)
{
    static add_fn *const adders[] = {text_add_terminal, text_add_line, text_add_html};

    for (int i = 0; i < 30000; i++) {
        CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
        char bytes[40];
        size_t n = t_below(sizeof(bytes));
        struct sv rest;

        for (size_t k = 0; k < n; k++) /* mostly what is near UTF-8, and controls */
            bytes[k] = (char)(t_below(2) ? t_random() : 0x80 + t_below(0x20));
        for (size_t k = 0; k + 3 < n && i % 3 == 0; k += 3)
            (void)snprintf(bytes + k, 4, "%s", "\xe2\x80\xae");
        adders[i % 3](&b, (struct sv){bytes, n});
        rest = strbuf_sv(&b);
        T_CHECK(text_bad_utf8(rest) == SV_NPOS);
        while (rest.n) {
            uint32_t cp;
            size_t len = text_utf8_next(rest, &cp);

            T_CHECK(is_harmless(cp, i % 3 == 1));
            T_CHECK(i % 3 != 2 || !strchr("<>\"'", (int)cp) || cp > 127);
            rest = sv_sub(rest, len, rest.n);
        }
    }
}

T(a_command_of_several_lines_is_told_on_one)
{
    static const char *const rows[][2] = {
        {"ls", "ls"},
        {"docker run -d \\\n  --name app \\\n  app:2", "docker run -d --name app app:2"},
        {"{\n  ./a\n  ./b\n}", "{ ./a ..."},
        {"if a; then\n  b\nfi", "if a; then ..."},
        {"a \\", "a"},
        {"\\", "\\"},
        {"a\n\n", "a"},
        {"(", "("},
        {"", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

        strbuf_add_str(&b, "> ");
        text_add_brief(&b, sv_from(rows[i][0]));
        T_CHECK(sv_starts(strbuf_sv(&b), SV("> ")));
        T_CHECK(sv_eq(sv_sub(strbuf_sv(&b), 2, b.n), sv_from(rows[i][1])));
    }
}

T(a_line_that_is_written_over_is_what_stands_there_in_the_end)
{
    T_SV(text_last_written(SV("a b")), "a b");
    T_SV(text_last_written(SV("10 %\r20 %")), "20 %");
    T_SV(text_last_written(SV("10 %\r20 %\r\r")), "20 %");
    T_EQ(text_last_written(SV("\r")).n, 0);
    T_EQ(text_last_written((struct sv){NULL, 0}).n, 0);
}

T_MAIN(T_CASE(a_line_that_is_written_over_is_what_stands_there_in_the_end),
       T_CASE(a_command_of_several_lines_is_told_on_one),
       T_CASE(utf_8_is_well_formed_exactly_as_rfc_3629_says),
       T_CASE(every_code_point_is_written_as_it_is_read), T_CASE(the_first_bad_byte_is_found),
       T_CASE(width_is_that_of_a_terminal), T_CASE(a_cut_is_the_longest_front_that_fits),
       T_CASE(what_could_drive_a_terminal_becomes_visible),
       T_CASE(of_all_characters_only_controls_are_hidden), T_CASE(markup_becomes_text_in_html),
       T_CASE(whatever_goes_in_no_control_comes_out))
