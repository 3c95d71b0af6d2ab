#pragma once

/*
 * t_fail: run a program in which the Nth call of a kind fails (fail_nth.c says which kinds there are).
 *
 *     for (f.at = 1; f.at <= f.calls; f.at++)  with f.calls = UINT_MAX at first: until nothing failed any more
 *         status = t_fail_run(&f, argv);
 */
#include "t.h"

struct t_fail {
    const char *kinds; /* "write,fsync" */
    const char *error; /* "ENOSPC"; NULL: EIO */
    const char *path;  /* only on files whose path has this in it; NULL: any */
    unsigned at;       /* 0: none fails */
    bool always;       /* the Nth and all that follow */
    const char *mode;  /* "kill", "kill-after"; NULL: as `always` says */
    bool errors;       /* "out" has what it printed to stderr, too */
    unsigned calls;    /* how many there were; set by the run */
};

static inline void t_fail_env(const char *name, const char *value)
{
    if ((value ? setenv(name, value, 1) : unsetenv(name)) != 0)
        _exit(99);
}

/* In the child: never returns. */
static inline void t_fail_exec(const struct t_fail *f, const char *const *argv)
{
    int out = open("out", O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
    const char *asan = getenv("ASAN_OPTIONS");
    char at[16], options[1024];

    (void)snprintf(at, sizeof(at), "%u", f->at);
    (void)snprintf(options, sizeof(options), "%s%sverify_asan_link_order=0", asan ? asan : "",
                   asan ? ":" : "");
    t_fail_env("PRUSIK_FAIL", f->kinds);
    t_fail_env("PRUSIK_FAIL_AT", at);
    t_fail_env("PRUSIK_FAIL_ERRNO", f->error);
    t_fail_env("PRUSIK_FAIL_MODE", f->mode ? f->mode : f->always ? "always" : "once");
    t_fail_env("PRUSIK_FAIL_PATH", f->path);
    t_fail_env("PRUSIK_FAIL_COUNT_FILE", "calls");
    t_fail_env("ASAN_OPTIONS", options);
    t_fail_env("LD_PRELOAD", getenv("PRUSIK_FAIL_LIB"));
    if (!getenv("PRUSIK_FAIL_LIB"))
        _exit(97);
    if (out < 0 || dup2(out, 1) < 0 || (f->errors && dup2(out, 2) < 0))
        _exit(99);
    (void)execvp(argv[0], (char *const *)(uintptr_t)argv);
    _exit(98);
}

/* The exit status, or 128 + the signal that ended it.  Leaves "calls" and "out", what it printed, in the
 * current folder. */
static inline int t_fail_run(struct t_fail *f, const char *const *argv)
{
    char text[32] = "";
    int status = -1, fd;
    pid_t pid;

    if (!getenv("PRUSIK_FAIL_LIB"))
        T_FAIL("%s", "PRUSIK_FAIL_LIB is not set: run me by meson test");
    fflush(stdout);
    pid = fork();
    if (pid == 0)
        t_fail_exec(f, argv);
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        T_FAIL("cannot start '%s'", argv[0]);
    fd = open("calls", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
        T_FAIL("'%s' did not count its calls", argv[0]);
    (void)close(fd);
    f->calls = (unsigned)strtoul(text, NULL, 10);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
