/* frame: messages cut out of a stream (LSP 3.17, "Base Protocol"). */
#include "lsp/frame.h"

#include "base/limits.h"
#include "base/sv.h"
#include "t.h"

static void want_next(struct lsp_frames *f, const char *want)
{
    struct err err;
    struct sv got;

    T_OK(lsp_frames_next(f, &got, &err), err);
    if (!want)
        T_CHECK(!got.p);
    else if (!got.p || !sv_eq(got, sv_from(want)))
        T_FAIL("'%.*s' should be '%s'", SV_FMT(got), want);
}

/* Never one after it, either. */
static void refused(const char *text, enum err_code code, const char *message)
{
    struct lsp_frames f = {.used = 0};
    struct err err;
    struct sv got;

    lsp_frames_add(&f, sv_from(text));
    T_EQ(lsp_frames_next(&f, &got, &err), code);
    if (!strstr(err.msg, message))
        T_FAIL("'%s' does not say '%s'", err.msg, message);
    lsp_frames_add(&f, SV("Content-Length: 2\r\n\r\n{}"));
    T_EQ(lsp_frames_next(&f, &got, &err), ERR_INVALID);
    lsp_frames_release(&f);
}

T(messages_come_out_whole_and_in_order)
{
    struct lsp_frames f = {.used = 0};

    lsp_frames_add(&f,
                   SV("Content-Length: 2\r\n\r\n{}Content-Length: 0\r\n\r\n"
                      "content-length:4\r\nContent-Type: x; charset=utf-8\r\n\r\n[1]\nContent-"));
    want_next(&f, "{}");
    want_next(&f, "");
    want_next(&f, "[1]\n");
    want_next(&f, NULL);
    lsp_frames_add(&f, SV("Length: 1\r\n\r\n7"));
    want_next(&f, "7");
    want_next(&f, NULL);
    lsp_frames_release(&f);
}

T(bytes_may_come_one_at_a_time)
{
    static const char text[] = "Content-Length: 5\r\n\r\nhello";
    struct lsp_frames f = {.used = 0};

    for (size_t i = 0; i + 1 < sizeof(text); i++) {
        want_next(&f, NULL);
        lsp_frames_add(&f, (struct sv){text + i, 1});
    }
    want_next(&f, "hello");
    lsp_frames_release(&f);
}

T(what_is_no_header_is_the_end)
{
    refused("hello\r\n\r\n", ERR_INVALID, "'hello' is no header");
    refused("Content-Type: x\r\n\r\n", ERR_INVALID, "no Content-Length");
    refused("Content-Length: -1\r\n\r\n", ERR_INVALID, "is no number");
    refused("Content-Length: 99999999999999999999\r\n\r\n", ERR_INVALID, "is no number");
}

T(what_is_too_long_is_refused_before_it_comes)
{
    CLEANUP(strbuf_release) struct strbuf long_head = STRBUF(0);

    refused("Content-Length: 4294967295\r\n\r\n", ERR_LIMIT, "longer than");
    strbuf_add_n(&long_head, 'a', LIMIT_LSP_HEADER);
    refused(strbuf_str(&long_head), ERR_LIMIT, "header of a message is longer");
}

T(what_is_written_is_read)
{
    struct lsp_frames f = {.used = 0};
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);

    lsp_frame_add(&out, SV("{\"a\":1}"));
    lsp_frame_add(&out, SV("[]"));
    lsp_frames_add(&f, strbuf_sv(&out));
    want_next(&f, "{\"a\":1}");
    want_next(&f, "[]");
    want_next(&f, NULL);
    lsp_frames_release(&f);
}

T_MAIN(T_CASE(messages_come_out_whole_and_in_order), T_CASE(bytes_may_come_one_at_a_time),
       T_CASE(what_is_no_header_is_the_end), T_CASE(what_is_too_long_is_refused_before_it_comes),
       T_CASE(what_is_written_is_read))
