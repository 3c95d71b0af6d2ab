/* Any bytes: what comes out for a terminal, a line and a page is UTF-8 without controls, and cuts hold their width. */
#include <string.h>

#include "base/sv.h"
#include "base/text.h"
#include "fuzz.h"

static void must_be_harmless(struct sv s, bool line)
{
    MUST(text_bad_utf8(s) == SV_NPOS);
    while (s.n) {
        uint32_t cp = 0;
        size_t n = text_utf8_next(s, &cp);

        MUST(cp >= 0x20 || (!line && (cp == '\n' || cp == '\t')));
        MUST(cp != 0x7f && !(cp >= 0x80 && cp < 0xa0) && !(cp >= 0x202a && cp <= 0x202e));
        s = sv_sub(s, n, s.n);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(strbuf_release) struct strbuf terminal = STRBUF(0), line = STRBUF(0), html = STRBUF(0);
    struct sv text = {(const char *)data, size}, cut;
    size_t width = text_width(text), bad = text_bad_utf8(text);

    text_add_terminal(&terminal, text);
    must_be_harmless(strbuf_sv(&terminal), false);
    text_add_line(&line, text);
    must_be_harmless(strbuf_sv(&line), true);
    text_add_html(&html, text);
    must_be_harmless(strbuf_sv(&html), false);
    for (size_t i = 0; i < html.n; i++)
        MUST(!memchr("<>\"'", html.p[i], 4));
    for (size_t columns = 0; columns <= width && columns < 40; columns++) {
        cut = text_cut(text, columns);
        MUST(cut.p == text.p && cut.n <= text.n && text_width(cut) <= columns);
    }
    MUST(text_cut(text, width).n == text.n);
    MUST(bad == SV_NPOS || text_bad_utf8(sv_sub(text, 0, bad)) == SV_NPOS);
    return 0;
}
