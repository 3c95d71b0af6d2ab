/* A stream of an editor: every answer is JSON-RPC, and it does not matter how the bytes were cut. */
#include <string.h>

#include "base/json.h"
#include "base/sv.h"
#include "fuzz.h"
#include "lsp/frame.h"
#include "lsp/server.h"

/* Feed a stream in pieces; what comes back. */
static void feed(struct sv stream, size_t piece, struct strbuf *out)
{
    struct lsp_server *s = lsp_server_new(&(struct lsp_server_options){.files = false});
    struct lsp_frames f = {.used = 0};
    struct err err = {0};
    bool good = true;

    for (size_t at = 0; good && at < stream.n; at += piece) {
        struct sv body = {NULL, 0};

        lsp_frames_add(&f, sv_sub(stream, at, at + piece));
        do {
            good = lsp_frames_next(&f, &body, &err) == ERR_OK;
            if (good && body.p)
                lsp_server_take(s, body, out);
        } while (good && body.p);
    }
    MUST(good || err.msg[0]);
    lsp_frames_release(&f);
    lsp_server_free(s);
}

static void must_be_messages(struct sv out)
{
    struct lsp_frames f = {.used = 0};
    struct sv body = {NULL, 0};
    struct err err = {0};

    lsp_frames_add(&f, out);
    do {
        CLEANUP(json_cleanup) json_t *j = NULL;

        MUST(lsp_frames_next(&f, &body, &err) == ERR_OK);
        if (!body.p)
            break;
        MUST(json_read(body, &j, &err) == ERR_OK);
        MUST(strcmp(json_get_str(j, "jsonrpc", ""), "2.0") == 0);
        MUST((json_object_get(j, "method") != NULL) + (json_object_get(j, "result") != NULL) +
                 (json_object_get(j, "error") != NULL) ==
             1);
    } while (body.p);
    MUST(f.used == f.in.n);
    lsp_frames_release(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(strbuf_release) struct strbuf whole = STRBUF(0), cut = STRBUF(0);
    struct sv stream = {(const char *)data, size};

    if (size > 65536)
        return 0; /* a piece of 7 bytes at a time costs the square */
    feed(stream, size ? size : 1, &whole);
    feed(stream, 7, &cut);
    MUST(sv_eq(strbuf_sv(&whole), strbuf_sv(&cut)));
    must_be_messages(strbuf_sv(&whole));
    return 0;
}
