#pragma once

/*
 * t: TAP on stdout, one program per module, one function per behaviour.  Each
 * test runs in a child with its own empty directory and a deadline, so a failed
 * check, a crash, a leak or a hang ends that test and no other.  A test missing
 * from T_MAIN() is an unused function and does not compile.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"

struct t_case {
    const char *name;
    void (*fn)(void);
};

#define T(name) static void name(void)
/* clang-format off */
#define T_CASE(fn) {#fn, fn}
/* clang-format on */
#define T_FAIL(fmt, ...) \
    (printf("# %s:%d: " fmt "\n", __FILE__, __LINE__, __VA_ARGS__), fflush(stdout), exit(1))
#define T_CHECK(x) ((x) ? (void)0 : T_FAIL("not true: %s", #x))
#define T_EQ(got, want)                                            \
    do {                                                           \
        long long g_ = (long long)(got), w_ = (long long)(want);   \
        if (g_ != w_)                                              \
            T_FAIL("%s is %lld and should be %lld", #got, g_, w_); \
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
/* The machine lacks something.  `meson test --setup=check` takes a skip for a failure. */
#define T_SKIP(why) \
    (printf("# skipped: %s\n", why), fflush(stdout), exit(getenv("PRUSIK_NO_SKIP") ? 1 : 77))

static inline int t_unlink(const char *path, const struct stat *st UNUSED, int type UNUSED,
                           struct FTW *ftw UNUSED)
{
    return remove(path);
}

/* The exit status of the test, or -1 when it did not exit at all. */
static inline int t_run(const struct t_case *c)
{
    char dir[] = P_tmpdir "/prusik.XXXXXX";
    int status = -1;
    pid_t pid;

    if (!mkdtemp(dir))
        return -1;
    fflush(stdout); /* or the child prints it again */
    pid = fork();
    if (pid == 0) {
        if (chdir(dir) != 0)
            _exit(99);
        alarm(60);
        c->fn();
        exit(0); /* runs LeakSanitizer and writes the coverage */
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return -1;
    (void)nftw(dir, t_unlink, 16, FTW_DEPTH | FTW_PHYS);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Run every case, or those named on the command line. */
static inline int t_main(int argc, char **argv, const struct t_case *c, size_t n)
{
    size_t failed = 0, ran = 0;

    printf("1..%zu\n", n);
    for (size_t i = 0; i < n; i++) {
        bool wanted = argc < 2;
        int r = 77;

        for (int a = 1; a < argc; a++)
            wanted |= strcmp(argv[a], c[i].name) == 0;
        if (wanted)
            r = t_run(&c[i]);
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
