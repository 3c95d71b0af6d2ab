#include "migrate/sqltext.h"

#include "base/strbuf.h"
#include "base/sv.h"
#include "base/text.h"

static struct sv sqltext_fold(struct sv bytes, struct arena *a)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    strbuf_reserve(&b, bytes.n);
    for (size_t i = 0; i < bytes.n; i++) {
        if (bytes.p[i] != '\r') {
            strbuf_add_byte(&b, bytes.p[i]);
            continue;
        }
        strbuf_add_byte(&b, '\n');
        if (i + 1 < bytes.n && bytes.p[i + 1] == '\n')
            i++;
    }
    return arena_sv(a, strbuf_sv(&b));
}

enum err_code sqltext_read(struct sv path, struct sv bytes, struct arena *a, struct sqltext *ret,
                           struct err *err)
{
    size_t bad = text_bad_utf8(bytes);

    if (bad != SV_NPOS) {
        const struct sqltext t = {.path = path, .text = bytes};

        (void)err_set(err, ERR_INVALID, "%.*s:%zu:%zu: not UTF-8: byte %02x (FMT012)", SV_FMT(path),
                      sqltext_line(&t, bad), sqltext_column(&t, bad), (unsigned char)bytes.p[bad]);
        return err_hint(err, "what was written in Latin-1: iconv -f ISO-8859-1 -t UTF-8 %.*s",
                        SV_FMT(path));
    }
    (void)sv_eat(&bytes, SV("\xef\xbb\xbf"));
    *ret = (struct sqltext){
        .path = path,
        .text = sv_find_byte(bytes, '\r', 0) == SV_NPOS ? bytes : sqltext_fold(bytes, a)};
    return ERR_OK;
}

size_t sqltext_line(const struct sqltext *t, size_t at)
{
    size_t line = 1;

    for (size_t i = 0; i < at && i < t->text.n; i++)
        line += t->text.p[i] == '\n';
    return line;
}

size_t sqltext_column(const struct sqltext *t, size_t at)
{
    size_t i = size_min(at, t->text.n);

    while (i > 0 && t->text.p[i - 1] != '\n')
        i--;
    return size_min(at, t->text.n) - i + 1;
}

void sqltext_go(const struct sqltext *t, size_t at, struct sqltext_place *p)
{
    at = size_min(at, t->text.n);
    if (p->text != t->text.p || at < p->at)
        *p = (struct sqltext_place){.text = t->text.p, .line = 1};
    for (; p->at < at; p->at++)
        if (t->text.p[p->at] == '\n') {
            p->line++;
            p->begin = p->at + 1;
        }
}

enum err_code sqltext_fail(struct err *err, const struct sqltext *t, size_t at, const char *id,
                           const char *fmt, ...)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(sizeof(err->msg));
    va_list ap;

    va_start(ap, fmt);
    strbuf_vaddf(&b, fmt, ap);
    va_end(ap);
    return err_set(err, ERR_INVALID, "%.*s:%zu:%zu: %s (%s)", SV_FMT(t->path), sqltext_line(t, at),
                   sqltext_column(t, at), strbuf_str(&b), id);
}
