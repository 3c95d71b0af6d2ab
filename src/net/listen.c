#include "net/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/ident.h"
#include "base/mem.h"
#include "base/strbuf.h"

#define LISTEN_TABLE_BYTES (8u << 20) /* of /proc/net/tcp: some 50,000 connections */

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

/* The socket of a line of /proc/net/tcp (proc(5)) that listens on the port; 0: it is another. */
static uint64_t listen_inode(struct sv line, uint16_t port)
{
    struct sv words[10] = {{NULL, 0}}, local;
    char want[8];
    uint64_t inode;

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (!sv_next_word(&line, &words[i]))
            return 0;
    (void)snprintf(want, sizeof(want), ":%04X", port);
    local = words[1];
    return sv_ends(local, sv_from(want)) && sv_is(words[3], "0A") && sv_to_u64(words[9], &inode)
               ? inode
               : 0;
}

/* ", where postgres (pid 123) listens" of who listens there already, as far as we may see it. */
static void listen_add_holder(const struct listen_address *a, struct strbuf *out)
{
    CLEANUP(strbuf_release) struct strbuf table = STRBUF(LISTEN_TABLE_BYTES);
    struct stat what = {.st_mode = S_IFSOCK};
    struct sv rest, line;
    struct err ignored;
    int64_t pid;

    (void)!file_read(a->is_v6 ? "/proc/net/tcp6" : "/proc/net/tcp", LISTEN_TABLE_BYTES, &table,
                     &ignored); /* then nobody is named */
    rest = strbuf_sv(&table);
    while (!what.st_ino && sv_split(&rest, '\n', &line))
        what.st_ino = listen_inode(line, ntohs(a->is_v6 ? a->at.v6.sin6_port : a->at.v4.sin_port));
    pid = what.st_ino ? ident_opener(&what) : 0;
    if (pid)
        strbuf_addf(out, ", where %s (pid %lld) listens", ident_process_name(pid).s,
                    (long long)pid);
}

/* As a server does it: what an earlier one left in TIME_WAIT is no hindrance, one that listens is. */
enum err_code listen_try(struct sv text, struct err *err)
{
    CLEANUP(fd_closep) int fd = -1;
    CLEANUP(strbuf_release) struct strbuf holder = STRBUF(0);
    const int yes = 1;
    struct listen_address a;
    int why;

    if (!listen_read(text, &a))
        return err_set(err, ERR_USAGE, "'%.*s' is no ADDRESS:PORT", SV_FMT(text));
    fd = socket(a.is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == 0 &&
        bind(fd, &a.at.any, a.is_v6 ? sizeof(a.at.v6) : sizeof(a.at.v4)) == 0 && listen(fd, 1) == 0)
        return ERR_OK;
    why = errno;
    if (why == EADDRINUSE)
        listen_add_holder(&a, &holder);
    (void)err_sys(err, why, "listen on %.*s%s", SV_FMT(text), strbuf_str(&holder));
    return err->code = ERR_REFUSED; /* nothing has been done yet */
}

bool listen_is_token(struct sv token, const char *given)
{
    struct hash a = hash_of(token), b = hash_of(sv_from(given));

    return given && sodium_memcmp(a.b, b.b, sizeof(a.b)) == 0;
}
