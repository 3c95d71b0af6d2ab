/*
 * A library for LD_PRELOAD that moves the wall clock of a process, as an administrator or a broken time server does.
 *
 *   PRUSIK_CLOCK_FILE=path   holds the seconds by which it is moved, in decimal; read each time; absent or empty: 0
 *
 * Only CLOCK_REALTIME moves, through clock_gettime(), which is how the project reads it.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): libc's begin with underscores */
__attribute__((visibility("default"))) int clock_gettime(clockid_t id, struct timespec *ts)
{
    int status = (int)syscall(SYS_clock_gettime, id, ts);
    const char *path = getenv("PRUSIK_CLOCK_FILE");
    char text[32] = "";
    int fd;

    if (status != 0 || id != CLOCK_REALTIME || !path)
        return status;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        if (read(fd, text, sizeof(text) - 1) > 0)
            ts->tv_sec += strtol(text, NULL, 10);
        (void)close(fd);
    }
    return status;
}
