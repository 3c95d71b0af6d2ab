#pragma once

/*
 * t: TAP on stdout, one program per module, one function per behaviour.  Each
 * test runs in a child with its own empty directory and a deadline, so a failed
 * check, a crash, a leak or a hang ends that test and no other.  A test missing
 * from T_MAIN() is an unused function and does not compile.  What a test leaves
 * running is ended, and fails it.
 *
 * A failure while the machine stood still (T_STILL_MS) is no evidence against
 * anybody, as what is measured in time needs a machine that gives it: the test is
 * run once more when the machine moves again, T_TRIES times at most, and that is said.
 *
 * Environment: PRUSIK_NO_SKIP (a skip is a failure), T_DEADLINE_S (300), T_SEED.
 */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"

#ifdef T_COVERAGE
/* Code between fork() and exec() ends by _exit(), which would lose its counts. */
void __gcov_dump(void); /* NOLINT(bugprone-reserved-identifier): gcc's */
void _exit(int status)
{
    __gcov_dump();
    for (;;)
        (void)syscall(SYS_exit_group, status);
}
#endif

/* A comment of TAP, also when the text has lines. */
static inline void t_say(const char *fmt, ...) PRINTF_LIKE(1, 2);
static inline void t_say(const char *fmt, ...)
{
    static char text[65536];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    printf("# ");
    for (const char *c = text; *c; c++)
        printf(*c == '\n' ? "\n# " : "%c", *c);
    printf("\n");
    fflush(stdout);
}

/* Cases of a list of vectors that were run and hold; tests/vectors.py counts them.  whose: "own" or "shared". */
static inline void t_vectors(const char *file, const char *list, const char *whose, size_t n)
{
    t_say("vectors %s %s: %zu %s", file, list, n, whose);
}

struct t_case {
    const char *name;
    void (*fn)(void);
};

#define T(name) static void name(void)
/* clang-format off */
#define T_CASE(fn) {#fn, fn}
/* clang-format on */
#define T_FAIL(fmt, ...) (t_say("%s:%d: " fmt, __FILE__, __LINE__, __VA_ARGS__), exit(1))
#define T_CHECK(x)       ((x) ? (void)0 : T_FAIL("not true: %s", #x))
#define T_EQ(got, want)                                            \
    do {                                                           \
        long long g_ = (long long)(got), w_ = (long long)(want);   \
        if (g_ != w_)                                              \
            T_FAIL("%s is %lld and should be %lld", #got, g_, w_); \
    } while (0)
#define T_NEAR(got, want, within)                                          \
    do {                                                                   \
        double g_ = (got), w_ = (want);                                    \
        if (!(fabs(g_ - w_) <= (within)))                                  \
            T_FAIL("%s is %.17g and should be about %.17g", #got, g_, w_); \
    } while (0)
#define T_STR(got, want)                                           \
    do {                                                           \
        const char *g_ = (got), *w_ = (want);                      \
        if (strcmp(g_, w_) != 0)                                   \
            T_FAIL("%s is '%s' and should be '%s'", #got, g_, w_); \
    } while (0)
#define T_SV(got, want)                                                                \
    do {                                                                               \
        struct sv g_ = (got), w_ = SV(want);                                           \
        if (g_.n != w_.n || (g_.n && memcmp(g_.p, w_.p, g_.n) != 0))                   \
            T_FAIL("%s is '%.*s' and should be '%.*s'", #got, SV_FMT(g_), SV_FMT(w_)); \
    } while (0)
#define T_OK(call, err) ((call) == ERR_OK ? (void)0 : T_FAIL("%s: %s", #call, (err).msg))
/* The call gives this code, and a message that has this text. */
#define T_REFUSED(call, err, code, text)                                                        \
    do {                                                                                        \
        int g_ = (int)(call);                                                                   \
        if (g_ != (int)(code) || !strstr((err).msg, text))                                      \
            T_FAIL("%s gives %d: '%s'; not %s with '%s'", #call, g_, (err).msg, #code, (text)); \
    } while (0)
/* What the case is about is not part of this tree, and not beside it: it is over, and no failure anywhere. */
#define T_NOT_HERE(why) (printf("# not here: %s\n", why), fflush(stdout), exit(0))
/* The machine lacks something.  `meson test --setup=check` takes a skip for a failure. */
#define T_SKIP(why) \
    (printf("# skipped: %s\n", why), fflush(stdout), exit(getenv("PRUSIK_NO_SKIP") ? 1 : 77))
/* The statement must end in abort(): an assert, or memory that is out. */
#define T_ABORTS(statement)                                             \
    do {                                                                \
        pid_t pid_ = fork();                                            \
        int status_ = -1;                                               \
        if (pid_ == 0) {                                                \
            t_expect_abort();                                           \
            statement;                                                  \
            _exit(0);                                                   \
        }                                                               \
        if (waitpid(pid_, &status_, 0) != pid_ || status_ != T_ABORTED) \
            T_FAIL("does not abort: %s", #statement);                   \
    } while (0)

#define T_ABORTED (134 << 8)
static inline void t_on_abort(int sig UNUSED)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__clang__)
    _exit(134); /* what was not freed is no leak */
#else
    exit(134); /* writes the coverage; abort() holds no lock that this needs */
#endif
}

static inline void t_expect_abort(void)
{
    struct sigaction act = {.sa_handler = t_on_abort};
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    if (null < 0 || dup2(null, 2) < 0 || sigaction(SIGABRT, &act, NULL) != 0)
        _exit(99);
}

/* Random numbers (splitmix64) that T_SEED=... repeats; the seed is printed. */
static inline uint64_t t_random(void)
{
    static uint64_t state;
    static bool seeded;
    uint64_t z;

    if (!seeded) {
        const char *seed = getenv("T_SEED");

        if (seed)
            state = strtoull(seed, NULL, 10);
        else if (getrandom(&state, sizeof(state), 0) != sizeof(state))
            T_FAIL("%s", "no random numbers");
        printf("# T_SEED=%" PRIu64 "\n", state);
        seeded = true;
    }
    z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* A number in [0, below). */
static inline size_t t_below(size_t below)
{
    return (size_t)(t_random() % below);
}

/* A folder that may not be read is opened up; 1: look again, as its inside was not seen. */
static inline int t_unlock(const char *path, const struct stat *st UNUSED, int type,
                           struct FTW *ftw UNUSED)
{
    if (type != FTW_D && type != FTW_DNR)
        return 0;
    return chmod(path, 0700) == 0 && type == FTW_DNR;
}

static inline int t_unlink(const char *path, const struct stat *st UNUSED, int type UNUSED,
                           struct FTW *ftw UNUSED)
{
    return remove(path);
}

static inline void t_remove(const char *dir)
{
    while (nftw(dir, t_unlock, 16, FTW_PHYS) == 1)
        ;
    if (nftw(dir, t_unlink, 16, FTW_DEPTH | FTW_PHYS) != 0)
        printf("# '%s' could not be removed\n", dir);
}

/* Send KILL to every child of ours: we are the subreaper, so all that the test left becomes one. */
static inline void t_kill_children(void)
{
    DIR *proc = opendir("/proc");
    struct dirent *d;

    while (proc && (d = readdir(proc)) != NULL) {
        char path[300], text[512] = "";
        const char *rest;
        int fd;

        (void)snprintf(path, sizeof(path), "/proc/%s/stat", d->d_name);
        if (d->d_name[0] < '0' || d->d_name[0] > '9' || (fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
            continue;
        /* "pid (name) state ppid": proc(5) */
        if (read(fd, text, sizeof(text) - 1) > 0 && (rest = strrchr(text, ')')) != NULL &&
            strlen(rest) > 4 && strtol(rest + 4, NULL, 10) == getpid()) {
            printf("# left running, killed: %.*s)\n", (int)(rest - text), text);
            (void)kill((pid_t)strtol(text, NULL, 10), SIGKILL);
        }
        (void)close(fd);
    }
    if (proc)
        (void)closedir(proc);
}

/* In seconds: a guard against what hangs, as a machine may be busy with other things. */
static inline unsigned t_deadline(void)
{
    const char *deadline = getenv("T_DEADLINE_S");

    return deadline ? (unsigned)strtoul(deadline, NULL, 10) : 300;
}

/* False: the test left something running that did not end by itself within a tenth of the deadline. */
static inline bool t_reap(void)
{
    int limit_ms = (int)t_deadline() * 100;
    bool clean = true;
    int ms = 0;
    pid_t r;

    while ((r = waitpid(-1, NULL, WNOHANG)) >= 0) {
        if (r > 0)
            continue;
        if (ms >= limit_ms) {
            clean = false;
            t_kill_children();
        }
        (void)poll(NULL, 0, 10); /* nothing tells when the child of a child ends */
        ms += 10;
    }
    return clean;
}

enum { T_TICK_MS = 20, T_STILL_MS = 100, T_TRIES = 4 };

/* How much more than T_TICK_MS a wait of it takes, which ends with the event. */
static inline long t_tick(struct pollfd *event)
{
    uint64_t begun = clock_mono_ns();

    (void)poll(event, event != NULL, T_TICK_MS);
    return (long)((clock_mono_ns() - begun) / 1000000) - T_TICK_MS;
}

/* Until the machine has not stood still for a second; half a minute at most. */
static inline void t_settle(void)
{
    for (int ticks = 0, calm = 0; ticks < 1500 && calm < 50; ticks++)
        calm = t_tick(NULL) < T_STILL_MS / 2 ? calm + 1 : 0;
}

/* Wait for a child.  *still_ms: the longest that a wait of T_TICK_MS took more, at least what it was: so long the machine
 * stood still, or had time for others only. */
static inline bool t_await(pid_t pid, int *status, long *still_ms)
{
    struct pollfd end = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
    pid_t r = 0;

    while (r == 0) {
        long late = t_tick(&end);

        if (late > *still_ms)
            *still_ms = late;
        r = waitpid(pid, status, WNOHANG);
    }
    if (end.fd >= 0)
        (void)close(end.fd);
    return r == pid;
}

/* The exit status of the test, or -1 when it did not exit at all. */
static inline int t_run(const struct t_case *c, long *still_ms)
{
    const char *tmp = getenv("TMPDIR");
    char dir[200];
    int status = -1;
    bool clean;
    pid_t pid;

    (void)snprintf(dir, sizeof(dir), "%s/prusik.XXXXXX", tmp ? tmp : P_tmpdir);
    if (!mkdtemp(dir) || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
        return -1;
    fflush(stdout); /* or the child prints it again */
    pid = fork();
    if (pid == 0) {
        if (chdir(dir) != 0)
            _exit(99);
        alarm(t_deadline());
        c->fn();
        exit(0); /* runs LeakSanitizer and writes the coverage */
    }
    if (pid < 0 || !t_await(pid, &status, still_ms))
        return -1;
    clean = t_reap();
    t_remove(dir);
    if (WIFSIGNALED(status))
        printf("# ended by signal %d%s\n", WTERMSIG(status),
               WTERMSIG(status) == SIGALRM ? ": the deadline" : "");
    return !WIFEXITED(status) ? -1 : WEXITSTATUS(status) == 0 && !clean ? 1 : WEXITSTATUS(status);
}

/* The exit status of the test; 77: skipped. */
static inline int t_run_fairly(const struct t_case *c)
{
    for (int tries = 1;; tries++) {
        long still_ms = 0;
        int r = t_run(c, &still_ms);

        if (r == 0 || r == 77 || still_ms < T_STILL_MS || tries == T_TRIES)
            return r;
        t_say("%s: the machine stood still for %ld ms meanwhile: once more", c->name, still_ms);
        t_settle();
    }
}

/* Run every case, or those named on the command line. */
static inline int t_main(int argc, char **argv, const struct t_case *c, size_t n)
{
    size_t failed = 0, ran = 0;

    for (int fd = 0; fd <= 2; fd++) /* or what a test opens gets such a number */
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
            return 2;
    printf("1..%zu\n", n);
    for (size_t i = 0; i < n; i++) {
        bool wanted = argc < 2;
        int r = 77;

        for (int a = 1; a < argc; a++)
            wanted |= strcmp(argv[a], c[i].name) == 0;
        if (wanted)
            r = t_run_fairly(&c[i]);
        printf("%sok %zu - %s%s\n", r == 0 || r == 77 ? "" : "not ", i + 1, c[i].name,
               r == 77 ? " # SKIP" : "");
        ran += wanted;
        failed += r != 0 && r != 77;
    }
    return failed > 0 || ran == 0; /* a misspelt name is not a pass */
}
#define T_MAIN(...)                                         \
    int main(int argc, char **argv)                         \
    {                                                       \
        static const struct t_case cases[] = {__VA_ARGS__}; \
        return t_main(argc, argv, cases, ARRAY_LEN(cases)); \
    }
