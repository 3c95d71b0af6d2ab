/* What is mended, and that nothing else of the text is touched. */
#include "lint/lint_fix.h"

#include "base/text.h"
#include "runbook_read.h"

/* UTF-8, read as Windows-1252 and written as UTF-8: what the mend has to undo. */
static void mangle(struct sv text, struct strbuf *out)
{
    static const uint16_t high[32] = {
        0x20ac, 0x81,   0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021, 0x2c6,  0x2030, 0x160,
        0x2039, 0x152,  0x8d,   0x17d,  0x8f,   0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
        0x2013, 0x2014, 0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0x9d,   0x17e,  0x178};

    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];

        text_add_utf8(out, c >= 0x80 && c < 0xa0 ? high[c - 0x80] : c);
    }
}

T(every_character_comes_back)
{
    for (uint32_t cp = 0xa0; cp < 0x1ffff; cp += cp < 0x3000 ? 1 : 97) {
        CLEANUP(strbuf_release) struct strbuf good = STRBUF(0), bad = STRBUF(0), back = STRBUF(0);
        struct sv where;

        if (cp >= 0xd800 && cp < 0xe000)
            continue;
        strbuf_add_str(&good, "a ");
        text_add_utf8(&good, cp);
        strbuf_add_str(&good, " b");
        mangle(strbuf_sv(&good), &bad);
        if (!lint_unmangle(strbuf_sv(&bad), &back, &where) ||
            !sv_eq(strbuf_sv(&back), strbuf_sv(&good)))
            T_FAIL("U+%04X comes back as '%s'", (unsigned)cp, strbuf_str(&back));
        T_EQ(where.p - bad.p, 2);
    }
}

T(text_that_is_as_it_was_meant_stays)
{
    static const char *const texts[] = {"",
                                        "plain",
                                        "caf\xc3\xa9 \xe2\x80\x93 \xf0\x9f\x94\xb4",
                                        "\xc3\xa9\xc3\xa8 na\xc3\xafve \xc3\x9c"
                                        "ber",
                                        "5 \xe2\x82\xac \xe2\x80\x9c"
                                        "quoted\xe2\x80\x9d",
                                        "broken \xff byte",
                                        "\xc3"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);
        struct sv where;

        T_CHECK(!lint_unmangle(sv_from(texts[i]), &out, &where));
        SAME(strbuf_sv(&out), texts[i]);
    }
}

static void mended(const char *text, const char *want, size_t n)
{
    CLEANUP(reading_done) struct reading r = {0};
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);
    struct lint_mends mends = {0};

    lint_fix(&read_text(&r, text)->rb, &out, &mends);
    T_EQ(mends.list.n, n);
    SAME(strbuf_sv(&out), want);
    for (size_t i = 1; i < mends.list.n; i++)
        T_CHECK(mends.list.v[i - 1].line < mends.list.v[i].line);
    vec_release(&mends.list);
}

T(an_outer_fence_gets_one_more_mark_than_what_is_in_it)
{
    mended("## X\n\n```md\na\n```sh\nls\n```\nb\n```\n\nend\n",
           "## X\n\n````md\na\n```sh\nls\n```\nb\n````\n\nend\n", 2);
    mended("~~~~\n```\n~~~~\n", "", 0);
    mended("```sh\nls\n```\n", "", 0);
}

T(ends_of_lines_and_a_byte_order_mark_stay)
{
    mended("a\r\nstop \xc3\xa2\xe2\x82\xac\xe2\x80\x9c now\r\nb", "a\r\nstop \xe2\x80\x93 now\r\nb",
           1);
    mended("\xef\xbb\xbfstop \xc3\xa2\xe2\x82\xac\xe2\x80\x9c now\n",
           "\xef\xbb\xbfstop \xe2\x80\x93 now\n", 1);
}

T(a_mended_text_has_nothing_to_mend)
{
    CLEANUP(reading_done) struct reading once = {0}, twice = {0};
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0), again = STRBUF(0);
    struct lint_mends mends = {0};

    lint_fix(&read_text(&once, "\xc3\xa2\xc5\x93\xe2\x80\xa6\n\n```md\n```sh\nls\n```\n```\n")->rb,
             &out, &mends);
    T_CHECK(mends.list.n == 3);
    vec_release(&mends.list);
    lint_fix(&read_sv(&twice, strbuf_sv(&out))->rb, &again, &mends);
    T_EQ(mends.list.n, 0);
    T_EQ(again.n, 0);
}

T_MAIN(T_CASE(every_character_comes_back), T_CASE(text_that_is_as_it_was_meant_stays),
       T_CASE(an_outer_fence_gets_one_more_mark_than_what_is_in_it),
       T_CASE(ends_of_lines_and_a_byte_order_mark_stay), T_CASE(a_mended_text_has_nothing_to_mend))
