#pragma once

/*
 * flag_ask: what a server of flags answers for a flag, over OFREP with an empty context.  Blocks for 5 s at most.
 */
#include "base/err.h"
#include "base/strbuf.h"

struct flag_ask {
    struct sv base, key; /* base: URL of the server */
    struct sv token;     /* empty: none */
};

/* The body, whatever its status says.  ERR_FAILED: there is none. */
NODISCARD enum err_code flag_ask(const struct flag_ask *a, struct strbuf *body, struct err *err);
