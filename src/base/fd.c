#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <stdlib.h>
#include <unistd.h>

void fd_settle_inherited(void)
{
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd) /* the lowest that is free */
            abort(); /* uncovered: there is a /dev/null, and a number */
    (void)close_range(3, ~0u, CLOSE_RANGE_CLOEXEC); /* fails before Linux 5.11 only */
}

void fd_closep(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd); /* what was written has been synced where that matters */
    *fd = -1;
}

enum err_code fd_write_all(int fd, const void *p, size_t n, struct err *err)
{
    const char *at = p;

    while (n) {
        ssize_t w = write(fd, at, n);

        if (w < 0 && errno == EINTR)
            continue; /* uncovered: a signal inside write() */
        if (w < 0)
            return err_sys(err, errno, "write %zu bytes", n);
        at += w;
        n -= (size_t)w;
    }
    return ERR_OK;
}

enum err_code fd_read_full(int fd, void *p, size_t n, size_t *got, struct err *err)
{
    size_t have = 0;

    while (have < n) {
        ssize_t r = read(fd, (char *)p + have, n - have);

        if (r < 0 && errno == EINTR)
            continue; /* uncovered: a signal inside read() */
        if (r < 0)
            return err_sys(err, errno, "read");
        if (r == 0)
            break;
        have += (size_t)r;
    }
    *got = have;
    return ERR_OK;
}
