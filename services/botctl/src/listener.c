#include "listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LISTENER_BACKLOG = 512 };

static int bind_one(const struct addrinfo *a)
{
    int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);
    int on = 1, sys;

    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, LISTENER_BACKLOG) == 0)
        return fd;
    sys = errno;
    close(fd);
    errno = sys;
    return -1;
}

static int port_of(int fd)
{
    struct sockaddr_storage addr = {0};
    socklen_t size = sizeof(addr);
    char port[NI_MAXSERV] = "0";

    if (getsockname(fd, (struct sockaddr *)&addr, &size) == 0)
        (void)getnameinfo((struct sockaddr *)&addr, size, NULL, 0, port, sizeof(port),
                          NI_NUMERICSERV);
    return (int)strtol(port, NULL, 10);
}

enum err_code listener_open(const char *host, const char *port, int *ret_fd, int *ret_port,
                            struct err *err)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    int r = getaddrinfo(host, port, &hints, &found), fd;

    if (r)
        return err_set(err, ERR_LISTEN, "cannot listen on %s port %s: %s", host, port,
                       gai_strerror(r));
    fd = bind_one(found);
    freeaddrinfo(found);
    if (fd < 0) {
        (void)err_sys(err, errno, "cannot listen on %s port %s", host, port);
        err->code = ERR_LISTEN;
        return ERR_LISTEN;
    }
    *ret_fd = fd;
    *ret_port = port_of(fd);
    return ERR_OK;
}

bool listener_accept(int fd, struct http *http)
{
    while (!http_full(http)) {
        struct sockaddr_storage addr;
        socklen_t size = sizeof(addr);
        int conn = accept4(fd, (struct sockaddr *)&addr, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (conn >= 0)
            (void)http_add(http, conn, &addr, size); /* closed when it cannot be served */
        else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            return false;
        else if (errno != EINTR && errno != ECONNABORTED)
            return true;
    }
    return false;
}
