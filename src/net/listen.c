#include "net/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sodium.h>

#include "base/fd.h"
#include "base/hash.h"
#include "base/mem.h"

static bool listen_host(struct sv host, uint16_t port, struct listen_address *a)
{
    CLEANUP(mem_freep) char *text = xstrdup_sv(host);

    if (a->is_v6) {
        a->at.v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(port)};
        if (inet_pton(AF_INET6, text, &a->at.v6.sin6_addr) != 1)
            return false;
        a->loopback = IN6_IS_ADDR_LOOPBACK(&a->at.v6.sin6_addr);
        return true;
    }
    a->at.v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, text, &a->at.v4.sin_addr) != 1)
        return false;
    a->loopback = ntohl(a->at.v4.sin_addr.s_addr) >> 24 == 127;
    return true;
}

bool listen_read(struct sv text, struct listen_address *ret)
{
    struct listen_address a = {.is_v6 = sv_starts(text, SV("["))};
    size_t colon = SV_NPOS;
    uint64_t port;

    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == ':')
            colon = i;
    if (colon == SV_NPOS || !sv_to_u64(sv_sub(text, colon + 1, text.n), &port) || port > 65535 ||
        (a.is_v6 && text.p[colon - 1] != ']'))
        return false;
    a.host = sv_sub(text, 0, colon);
    if (!listen_host(a.is_v6 ? sv_sub(text, 1, colon - 1) : a.host, (uint16_t)port, &a))
        return false;
    *ret = a;
    return true;
}

/* As a server does it: what an earlier one left in TIME_WAIT is no hindrance, one that listens is. */
enum err_code listen_try(struct sv text, struct err *err)
{
    CLEANUP(fd_closep) int fd = -1;
    const int yes = 1;
    struct listen_address a;

    if (!listen_read(text, &a))
        return err_set(err, ERR_USAGE, "'%.*s' is no ADDRESS:PORT", SV_FMT(text));
    fd = socket(a.is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == 0 &&
        bind(fd, &a.at.any, a.is_v6 ? sizeof(a.at.v6) : sizeof(a.at.v4)) == 0 && listen(fd, 1) == 0)
        return ERR_OK;
    (void)err_sys(err, errno, "listen on %.*s", SV_FMT(text));
    return err->code = ERR_REFUSED; /* nothing has been done yet */
}

bool listen_is_token(struct sv token, const char *given)
{
    struct hash a = hash_of(token), b = hash_of(sv_from(given));

    return given && sodium_memcmp(a.b, b.b, sizeof(a.b)) == 0;
}
