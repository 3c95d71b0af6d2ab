#include "base/fd.h"

#include <errno.h>
#include <sys/resource.h>

#include "t.h"

T(standard_descriptors_are_open_and_others_are_not_passed_on)
{
    int extra = fcntl(1, F_DUPFD, 3), out = fcntl(1, F_DUPFD_CLOEXEC, 3);
    struct stat null, st;

    T_EQ(stat("/dev/null", &null), 0);
    (void)close(0);
    (void)close(2);
    fd_settle_inherited();
    for (int fd = 0; fd <= 2; fd += 2) {
        T_EQ(fstat(fd, &st), 0);
        T_EQ(st.st_rdev, null.st_rdev);
        T_EQ(fcntl(fd, F_GETFD), 0); /* passed on */
    }
    T_EQ(fcntl(1, F_GETFD), 0);
    T_EQ(fcntl(extra, F_GETFD), FD_CLOEXEC);
    T_EQ(fcntl(out, F_GETFD), FD_CLOEXEC);
    (void)close(1);
    fd_settle_inherited();
    T_CHECK(fstat(1, &st) == 0 && st.st_rdev == null.st_rdev && write(1, "x", 1) == 1);
}

T(closing_forgets_the_descriptor)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC), was = fd;

    fd_closep(&fd);
    T_EQ(fd, -1);
    T_EQ(fcntl(was, F_GETFD), -1);
    fd_closep(&fd);
    T_EQ(fd, -1);
}

/* More than a pipe holds, to a reader that takes it in small pieces: many short writes. */
T(everything_is_written_and_read_through_a_slow_pipe)
{
    enum { SIZE = 3 << 20 };
    static char out[SIZE], in[SIZE + 1];
    struct err err = {0};
    int ends[2], status;
    size_t got;
    pid_t pid;

    for (size_t i = 0; i < SIZE; i++)
        out[i] = (char)(i * 7 + i / 256);
    T_EQ(pipe(ends), 0);
    pid = fork();
    if (pid == 0) {
        (void)close(ends[0]);
        _exit(fd_write_all(ends[1], out, SIZE, &err) != ERR_OK);
    }
    (void)close(ends[1]);
    T_OK(fd_read_full(ends[0], in, 1000, &got, &err), err);
    T_EQ(got, 1000);
    T_OK(fd_read_full(ends[0], in + 1000, SIZE - 999, &got, &err), err); /* more than there is */
    T_EQ(got, SIZE - 1000);
    T_CHECK(memcmp(in, out, SIZE) == 0);
    T_OK(fd_read_full(ends[0], in, 1, &got, &err), err);
    T_EQ(got, 0);
    T_EQ(waitpid(pid, &status, 0), pid);
    T_EQ(status, 0);
}

/* A pipe of packets gives one with each read, and drops what is not asked for. */
T(no_more_is_read_than_was_asked_for)
{
    char got[32] = "";
    struct err err = {0};
    int ends[2];
    size_t n;

    T_EQ(pipe2(ends, O_DIRECT | O_CLOEXEC), 0);
    T_CHECK(write(ends[1], "abcd", 4) == 4 && write(ends[1], "efghijkl", 8) == 8);
    T_OK(fd_read_full(ends[0], got, 6, &n, &err), err);
    T_EQ(n, 6);
    T_STR(got, "abcdef");
}

T(nothing_is_written_and_read_without_a_call)
{
    struct err err = {0};
    size_t got = 42;

    T_OK(fd_write_all(-1, "", 0, &err), err);
    T_OK(fd_read_full(-1, NULL, 0, &got, &err), err);
    T_EQ(got, 0);
}

T(what_fails_is_told_with_its_reason)
{
    struct err err = {0};
    size_t got = 42;
    char c;

    T_EQ(fd_write_all(-1, "abc", 3, &err), ERR_IO);
    T_EQ(err.sys, EBADF);
    T_STR(err.msg, "write 3 bytes: Bad file descriptor");
    T_EQ(fd_read_full(-1, &c, 1, &got, &err), ERR_IO);
    T_STR(err.msg, "read: Bad file descriptor");
    T_EQ(got, 42);
}

/* The kernel writes what still fits and refuses the rest: a short write, then an error. */
T(a_short_write_goes_on_until_it_fails)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct rlimit limit = {5, 5};
    struct stat st;
    struct err err = {0};
    int fd = open("file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

    T_EQ(sigaction(SIGXFSZ, &ignore, NULL), 0);
    T_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = 5;
    T_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
    T_EQ(fd_write_all(fd, "12345678", 8, &err), ERR_IO);
    T_EQ(fstat(fd, &st), 0);
    limit.rlim_cur = limit.rlim_max; /* or the coverage cannot be written */
    T_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
    T_EQ(err.sys, EFBIG);
    T_STR(err.msg, "write 3 bytes: File too large");
    T_EQ(st.st_size, 5);
    (void)close(fd);
}

T_MAIN(T_CASE(standard_descriptors_are_open_and_others_are_not_passed_on),
       T_CASE(closing_forgets_the_descriptor),
       T_CASE(everything_is_written_and_read_through_a_slow_pipe),
       T_CASE(no_more_is_read_than_was_asked_for),
       T_CASE(nothing_is_written_and_read_without_a_call),
       T_CASE(what_fails_is_told_with_its_reason), T_CASE(a_short_write_goes_on_until_it_fails))
