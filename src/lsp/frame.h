#pragma once

/*
 * frame: messages of the Language Server Protocol cut out of a stream of bytes.
 *
 * Source: LSP 3.17, "Base Protocol": header lines that end in CR LF, an empty one, then as many
 * bytes as Content-Length says.  The header and the message are capped before memory is taken
 * for them; after an error nothing tells where the next message begins, so it stays one.
 */
#include "base/err.h"
#include "base/strbuf.h"

struct lsp_frames {
    struct strbuf in;
    size_t used; /* bytes of `in` that next() has handed out */
    bool broken;
};

/* Append bytes that came.  The view that next() gave is not valid any more. */
void lsp_frames_add(struct lsp_frames *f, struct sv bytes);
/*
 * The next whole message: a view, valid until the next call of any of these; .p NULL when more bytes
 * are needed.  ERR_INVALID: no header; ERR_LIMIT: longer than is taken.
 */
NODISCARD enum err_code lsp_frames_next(struct lsp_frames *f, struct sv *ret, struct err *err);
void lsp_frames_release(struct lsp_frames *f);
/* A message with its header. */
void lsp_frame_add(struct strbuf *out, struct sv body);
