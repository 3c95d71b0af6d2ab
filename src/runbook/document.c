#include "runbook/document.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/sv.h"
#include "base/vec.h"

void document_release(struct document *d)
{
    free(d->path);
    free(d->line_at);
    strbuf_release(&d->b);
    *d = (struct document){0};
}

struct hash document_hash(const struct document *d)
{
    return hash_of(d->text);
}

/* The first byte from `at` on that ends a line; of CR LF the second. */
static size_t document_end(const struct document *d, size_t at, bool has_cr)
{
    const struct sv s = d->text;

    if (!has_cr)
        return size_min(sv_find_byte(s, '\n', at), s.n);
    while (at + 1 < s.n && s.p[at] != '\n' && (s.p[at] != '\r' || s.p[at + 1] == '\n'))
        at++;
    return at;
}

static void document_index(struct document *d)
{
    bool has_cr = sv_find_byte(d->text, '\r', 0) != SV_NPOS;
    VEC(size_t) at = {0};

    *vec_add(&at) = 0;
    for (size_t i = document_end(d, 0, has_cr); i + 1 < d->text.n;
         i = document_end(d, i + 1, has_cr))
        *vec_add(&at) = i + 1;
    d->n_lines = d->text.n ? at.n : 0;
    *vec_add(&at) = d->text.n;
    d->line_at = at.v;
}

static enum err_code document_check(const struct document *d, struct err *err)
{
    size_t nul = sv_find_byte(d->text, '\0', 0);
    size_t line;

    if (nul == SV_NPOS)
        return ERR_OK;
    line = document_line_of(d, nul);
    (void)err_set(err, ERR_INVALID, "%s:%zu:%zu: NUL byte: this is not a text file", d->path, line,
                  nul - d->line_at[line - 1] + 1);
    return err_hint(err, "prusik reads Markdown text in UTF-8");
}

static enum err_code document_take(const char *path, struct strbuf *bytes, struct document *ret,
                                   struct err *err)
{
    struct document d = {.path = xstrdup(path), .b = strbuf_steal(bytes)};

    d.text = strbuf_sv(&d.b);
    (void)sv_eat(&d.text, SV("\xef\xbb\xbf")); /* a byte order mark says nothing in UTF-8 */
    document_index(&d);
    if (document_check(&d, err) != ERR_OK) {
        document_release(&d);
        return err->code;
    }
    *ret = d;
    return ERR_OK;
}

enum err_code document_load(const char *path, struct document *ret, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    if (file_read(path, LIMIT_DOCUMENT_BYTES, &b, err) != ERR_OK) {
        if (err->sys) /* no such file, no permission: the request is wrong, nothing has failed */
            err->code = ERR_NOT_FOUND;
        return err->code;
    }
    return document_take(path, &b, ret, err);
}

enum err_code document_init(const char *path, struct sv text, struct document *ret, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    if (text.n > LIMIT_DOCUMENT_BYTES)
        return err_set(err, ERR_LIMIT, "'%s' is longer than %u bytes", path, LIMIT_DOCUMENT_BYTES);
    strbuf_add_sv(&b, text);
    return document_take(path, &b, ret, err);
}

struct sv document_line(const struct document *d, size_t n)
{
    struct sv line;

    if (n == 0 || n > d->n_lines)
        return (struct sv){NULL, 0};
    line = sv_sub(d->text, d->line_at[n - 1], d->line_at[n]);
    while (line.n && (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
        line.n--;
    return line;
}

size_t document_line_of(const struct document *d, size_t offset)
{
    size_t lo = 0, hi = d->n_lines;

    while (lo + 1 < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (d->line_at[mid] <= offset)
            lo = mid;
        else
            hi = mid;
    }
    return lo + 1;
}
