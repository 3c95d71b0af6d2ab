#include <errno.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/verb.h"
#include "lsp/frame.h"
#include "lsp/server.h"

static const char *const lsp_opts[] = {"--stdio", NULL};

static enum err_code lsp_write(struct strbuf *out, struct err *err)
{
    enum err_code rc = fd_write_all(STDOUT_FILENO, strbuf_str(out), out->n, err);

    strbuf_truncate(out, 0);
    return rc;
}

/* Every whole message that is there. */
static enum err_code lsp_take(struct lsp_server *s, struct lsp_frames *in, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);
    struct sv body;

    while (lsp_server_state(s) != LSP_GONE) {
        if (lsp_frames_next(in, &body, err) != ERR_OK)
            return err->code;
        if (!body.p)
            break;
        lsp_server_take(s, body, &out);
        if (lsp_write(&out, err) != ERR_OK)
            return err->code;
    }
    return ERR_OK;
}

static enum err_code lsp_run(struct cli *c UNUSED, enum exit_code *exit, struct err *err)
{
    CLEANUP(lsp_server_freep)
    struct lsp_server *s = lsp_server_new(&(struct lsp_server_options){.files = true});
    CLEANUP(lsp_frames_release) struct lsp_frames in = {.used = 0};
    char chunk[65536];
    ssize_t n = 1;

    while (n != 0 && lsp_server_state(s) != LSP_GONE) {
        n = read(STDIN_FILENO, chunk, sizeof(chunk));
        if (n < 0 && errno == EINTR)
            continue; /* uncovered: a signal inside read() */
        if (n < 0)
            return err_sys(err, errno, "read the editor's messages");
        lsp_frames_add(&in, (struct sv){chunk, (size_t)n});
        if (lsp_take(s, &in, err) != ERR_OK)
            return err->code;
    }
    *exit = lsp_server_was_shut(s) ? EXIT_CODE_DONE : EXIT_CODE_FAILED;
    return ERR_OK;
}

const struct verb verb_lsp = {
    .name = "lsp",
    .args = "",
    .help = "serve an editor: findings, questions, what a line will do",
    .more =
        "Speaks the Language Server Protocol on standard input and output. While a runbook is\n"
        "edited it shows what lint finds and what a plan leaves open, tells for a line what will be\n"
        "done, where, and how it is undone, leads from a checklist item to its procedure, and gives\n"
        "the outline. docs/reference/lsp.md says how editors start it.\n\n"
        "  prusik lsp",
    .opts = lsp_opts,
    .min_args = 0,
    .max_args = 0,
    .run = lsp_run,
};
