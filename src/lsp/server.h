#pragma once

/*
 * server: the Language Server Protocol 3.17 for runbooks, without its stream.
 *
 * One message in, any number out, in the order of the protocol: nothing is answered before
 * `initialize`, nothing but `exit` after `shutdown`.  Every request gets one answer, also one
 * that is not understood.  Number and size of the open documents are capped.
 */
#include "base/strbuf.h"

struct lsp_server;

enum lsp_state { LSP_NEW, LSP_READY, LSP_SHUT, LSP_GONE, LSP_STATE__N };

struct lsp_server_options {
    bool files; /* read prusik.yaml beside a document */
};

struct lsp_server *lsp_server_new(const struct lsp_server_options *opt);
void lsp_server_free(struct lsp_server *s);
DEFINE_CLEANUP(struct lsp_server *, lsp_server_free)

/* Take a message (the JSON), append the answers with their headers. */
void lsp_server_take(struct lsp_server *s, struct sv body, struct strbuf *out);
/* LSP_GONE: `exit` came. */
enum lsp_state lsp_server_state(const struct lsp_server *s);
/* Did `shutdown` come before `exit`? */
bool lsp_server_was_shut(const struct lsp_server *s);
