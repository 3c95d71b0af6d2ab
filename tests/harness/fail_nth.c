/*
 * A library for LD_PRELOAD that makes system calls fail, for tests of what happens then (style 41).
 *
 *   PRUSIK_FAIL=write,fsync          the kinds of calls that are counted (the table below)
 *   PRUSIK_FAIL_AT=7                 the 7th of them fails; 0 or absent: none, only count
 *   PRUSIK_FAIL_ERRNO=ENOSPC         with this (EIO when absent)
 *   PRUSIK_FAIL_MODE=once|always     the 7th only, or the 7th and all after it (once when absent)
 *                    kill|kill-after the process is killed instead of the 7th, or when it has been made
 *   PRUSIK_FAIL_PATH=journal         only calls on a file whose path has this in it
 *   PRUSIK_FAIL_COUNT_FILE=path      where the number of calls so far stands, in decimal
 *
 * The kind "commit" is the first write to a file since it was synced: with PRUSIK_FAIL_PATH=store.db-wal that is
 * where a commit of SQLite begins, and the sync (kill-after) where it has ended.
 *
 * So a test runs the job with AT=1, 2, 3, ... until COUNT is less than AT: then nothing failed any more.
 *
 * It works on the process that it was loaded into and on no other: neither on what that forks, nor on what it
 * starts.  It sees calls through the symbols of libc, so also those of SQLite, libuv and libcurl, but not
 * those that libc makes itself (fopen, getaddrinfo).  vfork() becomes fork().
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

enum kind {
    WRITE,
    FSYNC,
    FDATASYNC,
    OPEN,
    RENAME,
    PIPE,
    SPAWN,
    CONNECT,
    MKDIR,
    CHMOD,
    COMMIT,
    KIND__N
};
static const char *const kind_names[KIND__N] = {"write",  "fsync", "fdatasync", "open",
                                                "rename", "pipe",  "spawn",     "connect",
                                                "mkdir",  "chmod", "commit"};

static const struct {
    const char *name;
    int number;
} errnos[] = {{"EIO", EIO},
              {"ENOSPC", ENOSPC},
              {"EDQUOT", EDQUOT},
              {"EACCES", EACCES},
              {"EROFS", EROFS},
              {"EMFILE", EMFILE},
              {"ENFILE", ENFILE},
              {"ENOMEM", ENOMEM},
              {"EAGAIN", EAGAIN},
              {"EINTR", EINTR},
              {"ECONNREFUSED", ECONNREFUSED},
              {"ETIMEDOUT", ETIMEDOUT},
              {"ENETUNREACH", ENETUNREACH},
              {"ENOENT", ENOENT},
              {"EEXIST", EEXIST},
              {"EXDEV", EXDEV},
              {"EPERM", EPERM}};

static struct {
    bool on, always, kill, kill_after;
    bool dirty; /* written since it was synced */
    bool kinds[KIND__N];
    unsigned long at;
    int error;
    char path[256];
    int count_fd;
    long pid;
    atomic_ulong calls;
} fail;

/* A misspelt setting would be a test that never fails. */
static void fail_bad(const char *what, const char *value)
{
    (void)fprintf(stderr, "fail_nth: %s '%s'\n", what, value);
    _exit(99);
}

static void fail_read_kinds(const char *list)
{
    while (*list) {
        size_t n = strcspn(list, ","), k;

        for (k = 0; k < KIND__N; k++)
            if (strlen(kind_names[k]) == n && strncmp(kind_names[k], list, n) == 0)
                break;
        if (k == KIND__N)
            fail_bad("there is no such kind in", list);
        fail.kinds[k] = true;
        list += n + (list[n] == ',');
    }
}

static void fail_read_error(const char *name)
{
    for (size_t i = 0; i < sizeof(errnos) / sizeof(errnos[0]); i++)
        if (strcmp(errnos[i].name, name) == 0)
            fail.error = errnos[i].number;
    if (!fail.error)
        fail_bad("there is no such error as", name);
}

static void fail_read_mode(const char *mode)
{
    fail.always = strcmp(mode, "always") == 0;
    fail.kill = strcmp(mode, "kill") == 0;
    fail.kill_after = strcmp(mode, "kill-after") == 0;
    if (!fail.always && !fail.kill && !fail.kill_after && strcmp(mode, "once") != 0)
        fail_bad("there is no such mode as", mode);
}

/* What the library is told is not for those that the process starts. */
static const char *fail_take(const char *name)
{
    static char kept[8][512];
    static size_t n;
    const char *value = getenv(name);

    if (!value)
        return NULL;
    (void)snprintf(kept[n], sizeof(kept[n]), "%s", value);
    (void)unsetenv(name);
    return kept[n++];
}

/* What is written when the program has ended (coverage) is not part of the job. */
static void fail_stop(void)
{
    fail.on = false;
}

__attribute__((constructor)) static void fail_init(void)
{
    const char *kinds = fail_take("PRUSIK_FAIL"), *at = fail_take("PRUSIK_FAIL_AT");
    const char *error = fail_take("PRUSIK_FAIL_ERRNO"), *mode = fail_take("PRUSIK_FAIL_MODE");
    const char *path = fail_take("PRUSIK_FAIL_PATH"), *count = fail_take("PRUSIK_FAIL_COUNT_FILE");

    fail.count_fd = -1;
    if (!kinds)
        return;
    (void)unsetenv("LD_PRELOAD");
    fail_read_kinds(kinds);
    fail_read_error(error ? error : "EIO");
    fail_read_mode(mode ? mode : "once");
    fail.at = at ? strtoul(at, NULL, 10) : 0;
    (void)snprintf(fail.path, sizeof(fail.path), "%s", path ? path : "");
    if (count) /* high up: low numbers are what a test may look at */
        fail.count_fd = (int)syscall(SYS_openat, AT_FDCWD, count,
                                     O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
    if (count && fail.count_fd < 0)
        fail_bad("cannot write", count);
    fail.pid = syscall(SYS_getpid);
    fail.on = true;
}

static void fail_count(unsigned long calls)
{
    char text[32];
    int n = snprintf(text, sizeof(text), "%lu\n", calls);

    if (fail.count_fd >= 0)
        (void)syscall(SYS_pwrite64, fail.count_fd, text, (size_t)n, 0L);
}

/* Is the call on a file that is meant?  path may be NULL, fd -1. */
static bool fail_is_on_path(const char *path, int fd)
{
    char link[64], name[4096] = "";
    ssize_t len;

    if (!fail.path[0])
        return true;
    if (!path && fd >= 0) {
        (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        len = readlink(link, name, sizeof(name) - 1);
        name[len > 0 ? len : 0] = '\0';
        path = name;
    }
    return path && strstr(path, fail.path);
}

/* The kind that a call is counted as: a write may begin a commit, which a sync ends. */
static enum kind fail_kind(enum kind kind)
{
    bool begins = kind == WRITE && !fail.dirty;

    if (!fail.kinds[COMMIT])
        return kind;
    if (kind == WRITE)
        fail.dirty = true;
    else if (kind == FSYNC || kind == FDATASYNC)
        fail.dirty = false;
    return begins ? COMMIT : kind;
}

static void fail_kill(void)
{
    (void)syscall(SYS_kill, fail.pid, SIGKILL);
}

/* The call that this thread makes was counted, and is the last one. */
static _Thread_local bool fail_last;

static void fail_made(void)
{
    if (fail_last)
        fail_kill();
}

/* Is this the call that has to fail?  Then errno is set.  path may be NULL, fd -1. */
static bool fail_now(enum kind kind, const char *path, int fd)
{
    static atomic_flag first = ATOMIC_FLAG_INIT;
    unsigned long n;

    if (!fail.on || syscall(SYS_getpid) != fail.pid || (fd >= 0 && fd == fail.count_fd) ||
        (!fail.kinds[kind] && !fail.kinds[COMMIT]) || !fail_is_on_path(path, fd))
        return false;
    kind = fail_kind(kind);
    if (!fail.kinds[kind])
        return false;
    /* From here, as what the constructor registers comes after the end of the program's own libraries. */
    if (!atomic_flag_test_and_set(&first) && atexit(fail_stop) != 0)
        fail_bad("atexit", "");
    n = atomic_fetch_add(&fail.calls, 1) + 1;
    fail_count(n);
    if (fail.at == 0 || n < fail.at || (n > fail.at && !fail.always))
        return false;
    if (fail.kill)
        fail_kill();
    fail_last = fail.kill_after;
    errno = fail.error;
    return !fail.kill_after;
}

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name,bugprone-macro-parentheses): the
 * names of libc are reserved, and `args` has its parentheses */
/* The function that we stand before. */
#define REAL(name)                                        \
    ({                                                    \
        static __typeof__(&(name)) real_;                 \
        if (!real_)                                       \
            *(void **)(&real_) = dlsym(RTLD_NEXT, #name); \
        real_;                                            \
    })

#define HOOK(type, name, params, args, kind, path, fd) \
    EXPORT type name params;                           \
    EXPORT type name params                            \
    {                                                  \
        type ret_;                                     \
                                                       \
        if (fail_now(kind, path, fd))                  \
            return (type)-1;                           \
        ret_ = REAL(name) args;                        \
        fail_made();                                   \
        return ret_;                                   \
    }

/* clang-format off */
HOOK(ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n), WRITE, NULL, fd)
HOOK(ssize_t, pwrite, (int fd, const void *p, size_t n, off_t at), (fd, p, n, at), WRITE, NULL, fd)
HOOK(ssize_t, pwrite64, (int fd, const void *p, size_t n, off64_t at), (fd, p, n, at), WRITE, NULL, fd)
HOOK(ssize_t, writev, (int fd, const struct iovec *v, int n), (fd, v, n), WRITE, NULL, fd)
HOOK(int, fsync, (int fd), (fd), FSYNC, NULL, fd)
HOOK(int, fdatasync, (int fd), (fd), FDATASYNC, NULL, fd)
HOOK(int, mkstemp, (char *path), (path), OPEN, path, -1)
HOOK(int, mkstemp64, (char *path), (path), OPEN, path, -1)
HOOK(int, mkostemp, (char *path, int flags), (path, flags), OPEN, path, -1)
HOOK(int, mkostemp64, (char *path, int flags), (path, flags), OPEN, path, -1)
HOOK(int, rename, (const char *from, const char *to), (from, to), RENAME, to, -1)
HOOK(int, renameat, (int a, const char *from, int b, const char *to), (a, from, b, to), RENAME, to, -1)
HOOK(int, pipe, (int ends[2]), (ends), PIPE, NULL, -1)
HOOK(int, pipe2, (int ends[2], int flags), (ends, flags), PIPE, NULL, -1)
HOOK(pid_t, fork, (void), (), SPAWN, NULL, -1)
HOOK(int, mkdir, (const char *path, mode_t mode), (path, mode), MKDIR, path, -1)
HOOK(int, mkdirat, (int at, const char *path, mode_t mode), (at, path, mode), MKDIR, path, -1)
HOOK(int, chmod, (const char *path, mode_t mode), (path, mode), CHMOD, path, -1)
HOOK(int, fchmod, (int fd, mode_t mode), (fd, mode), CHMOD, NULL, fd)
HOOK(int, connect, (int fd, const struct sockaddr *a, socklen_t n), (fd, a, n), CONNECT, NULL, -1)

/* open() takes a mode when it may create. */
#define HOOK_OPEN(name, params, last, args)                             \
    EXPORT int name params;                                             \
    EXPORT int name params                                              \
    {                                                                   \
        mode_t mode;                                                    \
        va_list ap;                                                     \
                                                                        \
        va_start(ap, last);                                             \
        mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;  \
        va_end(ap);                                                     \
        return fail_now(OPEN, path, -1) ? -1 : REAL(name) args;         \
    }
HOOK_OPEN(open, (const char *path, int flags, ...), flags, (path, flags, mode))
HOOK_OPEN(open64, (const char *path, int flags, ...), flags, (path, flags, mode))
HOOK_OPEN(openat, (int at, const char *path, int flags, ...), flags, (at, path, flags, mode))
HOOK_OPEN(openat64, (int at, const char *path, int flags, ...), flags, (at, path, flags, mode))
/* clang-format on */

/* A vfork() that returns through us would take our stack with it. */
EXPORT pid_t vfork(void)
{
    return fork();
}

EXPORT int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                       const posix_spawnattr_t *attr, char *const argv[], char *const envp[])
{
    return fail_now(SPAWN, NULL, -1) ? errno
                                     : REAL(posix_spawn)(pid, path, actions, attr, argv, envp);
}

EXPORT int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
                        const posix_spawnattr_t *attr, char *const argv[], char *const envp[])
{
    return fail_now(SPAWN, NULL, -1) ? errno
                                     : REAL(posix_spawnp)(pid, file, actions, attr, argv, envp);
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name,bugprone-macro-parentheses) */
