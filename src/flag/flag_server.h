#pragma once

/*
 * flag_server: flags of two files, answered over HTTP (docs/formats/flags.md, section 4).
 *
 * The server has one thread of its own, until it is freed.  Before each answer it looks whether a file changed; files that
 * cannot be read leave the previous flags in effect, and /health says so.
 */
#include "flag/flag_files.h"

#define FLAG_SERVER_DEFAULT "127.0.0.1:8016"

struct flag_server; /* opaque */

struct flag_server_config {
    const char *definitions;
    const char *listen; /* "ADDRESS:PORT", "[ADDRESS]:PORT"; port 0: any */
    struct sv token;    /* a secret; empty: none, and loopback only */
};
/* ERR_REFUSED: another address than loopback without a token.  ERR_IO: the port is taken. */
NODISCARD enum err_code flag_server_start(const struct flag_server_config *c,
                                          struct flag_server **ret, struct err *err);
void flag_server_free(struct flag_server *s);
DEFINE_CLEANUP(struct flag_server *, flag_server_free)
/* "http://127.0.0.1:8016" */
const char *flag_server_url(const struct flag_server *s);
