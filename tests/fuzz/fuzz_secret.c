/* Secrets, one a line, an empty line, and a text: what a stream lets through is what the whole does, and no secret. */
#include "base/secret.h"
#include "base/sv.h"
#include "fuzz.h"

/* Feed the text in pieces whose lengths the text itself gives. */
static void stream(const struct secrets *s, struct sv text, struct strbuf *out)
{
    struct redactor r;

    redactor_init(&r, s);
    for (size_t i = 0; i < text.n;) {
        size_t n = (unsigned char)text.p[i] % 9;

        redactor_feed(&r, sv_sub(text, i, i + n), false, out);
        if (n == 0)
            redactor_feed(&r, sv_sub(text, i, i + 1), false, out);
        i += n ? n : 1;
    }
    redactor_feed(&r, (struct sv){NULL, 0}, true, out);
    redactor_release(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(secrets_freep) struct secrets *s = secrets_new();
    CLEANUP(strbuf_release) struct strbuf whole = STRBUF(0), pieces = STRBUF(0);
    struct sv rest = {(const char *)data, size}, all = rest, line;

    while (sv_next_line(&rest, &line) && line.n)
        MUST(secrets_add(s, SV("NAME"), line) == (line.n >= SECRET_MIN_BYTES));
    secrets_redact(s, rest, &whole);
    stream(s, rest, &pieces);
    MUST(sv_eq(strbuf_sv(&whole), strbuf_sv(&pieces)));
    while (sv_next_line(&all, &line) && line.n) /* a short one may stand inside of a word */
        MUST(line.n < 8 || sv_find_byte(line, '*', 0) != SV_NPOS ||
             !sv_has(strbuf_sv(&whole), line));
    return 0;
}
