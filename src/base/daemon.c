#include "base/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/ident.h"
#include "base/mem.h"
#include "base/sv.h"

/* What the new process needs, made before the fork: afterwards only async-signal-safe calls are allowed. */
struct daemon_plan {
    const struct daemon_spec *spec;
    char *program;               /* with its folder */
    char *tmp_file, *start_file; /* beside the pid file */
    int report;                  /* errno goes here; closed by exec */
    struct ident_text boot;
};

static void daemon_fail(const struct daemon_plan *p)
{
    int sys = errno;

    (void)!write(p->report, &sys, sizeof(sys)); /* our parent then reports */
    _exit(127);
}

/* Decimal digits of v before `end`; where they begin. */
static char *daemon_digits(char *end, unsigned long long v)
{
    do
        *--end = (char)('0' + v % 10);
    while (v /= 10);
    return end;
}

/* Field 22 of /proc/self/stat, behind the name in parentheses; 0 when it cannot be read. */
static unsigned long long daemon_own_start(void)
{
    char text[1024];
    int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    char *at = NULL;
    unsigned long long start = 0;

    if (fd >= 0)
        (void)close(fd);
    for (ssize_t i = 0; i < n; i++)
        if (text[i] == ')')
            at = text + i + 2;
    for (int field = 3; at && at < text + n && field < 22; at++)
        field += *at == ' ';
    for (; at && at < text + n && *at >= '0' && *at <= '9'; at++)
        start = start * 10 + (unsigned long long)(*at - '0');
    return start;
}

static void daemon_write(const struct daemon_plan *p, const char *path, const char *text, size_t n)
{
    int fd = open(p->tmp_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    if (fd < 0 || write(fd, text, n) != (ssize_t)n || fsync(fd) != 0 || close(fd) != 0 ||
        rename(p->tmp_file, path) != 0)
        daemon_fail(p);
}

/* The start first: a pid file without it is judged by its age. */
static void daemon_write_pid(const struct daemon_plan *p)
{
    char text[160], *end = text + sizeof(text), *at = end, *pid;
    size_t n = strlen(p->boot.s);

    *--at = '\n';
    at = (char *)memcpy(at - n, p->boot.s, n);
    *--at = ' ';
    at = daemon_digits(at, daemon_own_start());
    *--at = ' ';
    pid = at = daemon_digits(at, (unsigned long long)getpid());
    daemon_write(p, p->start_file, at, (size_t)(end - at));
    while (*at != ' ')
        at++;
    *at = '\n';
    daemon_write(p, p->spec->pid_file, pid, (size_t)(at + 1 - pid));
}

static void daemon_redirect(const struct daemon_plan *p)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int log =
        p->spec->log ? open(p->spec->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644) : null;

    if (null < 0 || log < 0 || dup2(null, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0)
        daemon_fail(p);
}

static void daemon_become(const struct daemon_plan *p)
{
    struct sigaction plain = {.sa_handler = SIG_DFL};
    sigset_t none;

    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    for (int sig = 1; sig < 32; sig++)
        (void)sigaction(sig, &plain, NULL); /* KILL and STOP cannot be set, and need not */
    if (chdir(p->spec->cwd) != 0)
        daemon_fail(p);
    daemon_redirect(p);
    daemon_write_pid(p);
    (void)execve(p->program, (char *const *)(uintptr_t)p->spec->argv,
                 (char *const *)(uintptr_t)p->spec->env);
    daemon_fail(p);
}

/* The program's file: as given, or found in PATH of its own environment. */
static char *daemon_find_program(const struct daemon_spec *spec)
{
    struct sv path = SV("/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"), dir;

    if (strchr(spec->argv[0], '/'))
        return xstrdup(spec->argv[0]);
    for (size_t i = 0; spec->env[i]; i++)
        if (strncmp(spec->env[i], "PATH=", 5) == 0)
            path = sv_from(spec->env[i] + 5);
    while (sv_split(&path, ':', &dir)) {
        CLEANUP(mem_freep) char *folder = xstrdup_sv(dir);
        char *file = path_join(folder, spec->argv[0]);

        if (access(file, X_OK) == 0)
            return file;
        free(file);
    }
    return xstrdup(spec->argv[0]);
}

/* Two forks: the first child leads a new session and ends at once, so the second belongs to init. */
static enum err_code daemon_fork(const struct daemon_plan *p, int result, struct err *err)
{
    int sys = 0, status;
    size_t got = 0;
    pid_t pid = fork();

    if (pid < 0)
        return err_sys(err, errno, "start '%s'", p->spec->argv[0]);
    if (pid == 0) {
        (void)setsid(); /* only the leader of a group cannot, which nobody is right after a fork */
        pid = fork();
        if (pid < 0)
            daemon_fail(p);
        if (pid == 0)
            daemon_become(p);
        _exit(0);
    }
    (void)close(p->report); /* so that the end of the pipe is seen */
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (fd_read_full(result, &sys, sizeof(sys), &got, err) != ERR_OK)
        return err->code; /* uncovered: it is our own pipe */
    if (got == sizeof(sys))
        return err_sys(err, sys, "start '%s'", p->spec->argv[0]);
    return ERR_OK;
}

enum err_code daemon_start(const struct daemon_spec *spec, int64_t *ret_pid, struct err *err)
{
    CLEANUP(mem_freep) char *program = daemon_find_program(spec);
    CLEANUP(mem_freep) char *dir = path_dir(spec->pid_file);
    CLEANUP(strbuf_release) struct strbuf tmp = STRBUF(0), start = STRBUF(0);
    struct daemon_plan plan = {.spec = spec, .program = program};
    CLEANUP(fd_closep) int result = -1;
    int ends[2];
    int64_t pid;

    if (file_mkdirs(dir, err) != ERR_OK)
        return err_wrap(err, "pid file '%s'", spec->pid_file);
    strbuf_addf(&tmp, "%s.new", spec->pid_file);
    strbuf_addf(&start, "%s.start", spec->pid_file);
    plan.boot = ident_boot();
    plan.tmp_file = tmp.p;
    plan.start_file = start.p;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_sys(err, errno, "start '%s'", spec->argv[0]);
    result = ends[0];
    plan.report = ends[1];
    if (daemon_fork(&plan, result, err) != ERR_OK)
        return err->code;
    pid = daemon_pid(spec->pid_file, NULL);
    *ret_pid = pid; /* 0: it has ended already, which its manager then sees */
    return ERR_OK;
}

/*
 * The start that was written for this pid; 0: none was.  *gone: in another boot, in which a process with the same number may have
 * begun at the same time.
 */
static uint64_t daemon_written_start(const char *pid_file, int64_t pid, bool *gone)
{
    CLEANUP(strbuf_release) struct strbuf path = STRBUF(0), text = STRBUF(0);
    struct sv rest, word;
    struct err err;
    int64_t of;
    uint64_t start;

    strbuf_addf(&path, "%s.start", pid_file);
    if (file_read(strbuf_str(&path), 256, &text, &err) != ERR_OK)
        return 0;
    rest = strbuf_sv(&text);
    if (sv_next_word(&rest, &word) && sv_to_i64(word, &of) && of == pid &&
        sv_next_word(&rest, &word) && sv_to_u64(word, &start)) {
        *gone = sv_next_word(&rest, &word) && !sv_eq(word, sv_from(ident_boot().s));
        return start;
    }
    return 0;
}

/* Did a process that began `start` ticks after boot exist when the file was written? */
static bool daemon_is_older(uint64_t start, const struct stat *file)
{
    struct timespec now, up;
    double began;

    (void)clock_gettime(CLOCK_REALTIME, &now); /* both clocks are there: they cannot fail */
    (void)clock_gettime(CLOCK_BOOTTIME, &up);
    began = (double)(now.tv_sec - up.tv_sec) + (double)start / (double)sysconf(_SC_CLK_TCK);
    return began <= (double)file->st_mtime + 2; /* both clocks are read in whole seconds */
}

int64_t daemon_pid(const char *pid_file, uint64_t *ret_start)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct stat st;
    struct err err;
    int64_t pid;
    uint64_t start, written;
    bool gone = false;

    if (file_read(pid_file, 256, &text, &err) != ERR_OK || stat(pid_file, &st) != 0 ||
        !sv_to_i64(sv_trim(strbuf_sv(&text)), &pid))
        return 0;
    start = ident_process_start(pid);
    written = daemon_written_start(pid_file, pid, &gone);
    if (!start || gone || (written ? written != start : !daemon_is_older(start, &st)))
        return 0;
    if (ret_start)
        *ret_start = start;
    return pid;
}
