#include "lsp/frame.h"

#include "base/limits.h"
#include "base/sv.h"

void lsp_frames_add(struct lsp_frames *f, struct sv bytes)
{
    strbuf_consume(&f->in, f->used);
    f->used = 0;
    strbuf_add_sv(&f->in, bytes);
}

void lsp_frames_release(struct lsp_frames *f)
{
    strbuf_release(&f->in);
    *f = (struct lsp_frames){.used = 0};
}

/* One header line; others than Content-Length (there is Content-Type) say nothing that is needed. */
static enum err_code frame_header(struct sv line, uint64_t *length, bool *has, struct err *err)
{
    size_t colon = sv_find_byte(line, ':', 0);

    if (colon == SV_NPOS)
        return err_set(err, ERR_INVALID, "'%.*s' is no header of a message",
                       SV_FMT(sv_sub(line, 0, 40)));
    if (!sv_eq_nocase(sv_trim(sv_sub(line, 0, colon)), SV("Content-Length")))
        return ERR_OK;
    if (!sv_to_u64(sv_trim(sv_sub(line, colon + 1, line.n)), length))
        return err_set(err, ERR_INVALID, "Content-Length '%.*s' is no number",
                       SV_FMT(sv_sub(line, colon + 1, size_min(line.n, colon + 40))));
    *has = true;
    return ERR_OK;
}

/* `head`: the lines before the empty one. */
static enum err_code frame_length(struct sv head, uint64_t *length, struct err *err)
{
    bool has = false;
    struct sv line;

    while (sv_next_line(&head, &line))
        if (frame_header(line, length, &has, err) != ERR_OK)
            return err->code;
    if (!has)
        return err_set(err, ERR_INVALID, "a message has no Content-Length");
    if (*length > LIMIT_LSP_BYTES)
        return err_set(err, ERR_LIMIT, "a message of %llu bytes is longer than %u",
                       (unsigned long long)*length, LIMIT_LSP_BYTES);
    return ERR_OK;
}

static enum err_code frame_next(struct lsp_frames *f, struct sv *ret, struct err *err)
{
    struct sv rest = sv_sub(strbuf_sv(&f->in), f->used, f->in.n);
    size_t end = sv_find(sv_sub(rest, 0, LIMIT_LSP_HEADER), SV("\r\n\r\n"), 0);
    uint64_t length = 0;

    *ret = (struct sv){NULL, 0};
    if (end == SV_NPOS && rest.n >= LIMIT_LSP_HEADER)
        return err_set(err, ERR_LIMIT, "the header of a message is longer than %u bytes",
                       LIMIT_LSP_HEADER);
    if (end == SV_NPOS)
        return ERR_OK;
    if (frame_length(sv_sub(rest, 0, end), &length, err) != ERR_OK)
        return err->code;
    if (rest.n - end - 4 < length)
        return ERR_OK;
    *ret = sv_sub(rest, end + 4, end + 4 + (size_t)length);
    f->used += end + 4 + (size_t)length;
    return ERR_OK;
}

enum err_code lsp_frames_next(struct lsp_frames *f, struct sv *ret, struct err *err)
{
    if (f->broken)
        return err_set(err, ERR_INVALID, "the stream of messages is broken");
    f->broken = frame_next(f, ret, err) != ERR_OK;
    return f->broken ? err->code : ERR_OK;
}

void lsp_frame_add(struct strbuf *out, struct sv body)
{
    strbuf_addf(out, "Content-Length: %zu\r\n\r\n", body.n);
    strbuf_add_sv(out, body);
}
