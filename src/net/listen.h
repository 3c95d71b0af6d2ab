#pragma once

/*
 * listen: the address that a server of ours listens on, and the token that it asks for.
 *
 * Addresses are numbers, not names: "127.0.0.1:8016", "[::1]:8016"; port 0 is any that is free.
 */
#include <netinet/in.h>

#include "base/err.h"
#include "base/sv.h"

struct listen_address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } at;
    bool is_v6, loopback;
    struct sv host; /* of the text: "127.0.0.1", "[::1]" */
};

/* False: it is no ADDRESS:PORT; *ret is untouched then. */
NODISCARD bool listen_read(struct sv text, struct listen_address *ret);

/* Can somebody listen there now?  ERR_REFUSED says why not, and who listens there; ERR_USAGE: it is no address. */
NODISCARD enum err_code listen_try(struct sv text, struct err *err);
/* Is this the token?  In the same time, whatever is wrong with it; NULL is not. */
bool listen_is_token(struct sv token, const char *given);
