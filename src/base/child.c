#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

#define CHILD_MAGIC    0x43484c44u
#define CHILD_GRACE_MS 5000u

static struct child *child_of(void *p)
{
    struct child *c = p;

    assert(c && c->magic == CHILD_MAGIC);
    return c;
}

static void child_on_timer(uv_timer_t *t);

/* libuv owns a handle until its close callback: report, and so perhaps die, in the last one. */
static void child_on_close(uv_handle_t *h)
{
    struct child *c = child_of(h->data);

    if (--c->open_handles > 0)
        return;
    c->magic = 0;
    c->done(c, c->rc);
}

static void child_close(uv_handle_t *h)
{
    if (!uv_is_closing(h))
        uv_close(h, child_on_close);
}

static void child_close_pipes(struct child *c)
{
    for (size_t i = 0; i < CHILD_STREAM__N; i++)
        child_close((uv_handle_t *)&c->pipe[i]);
}

/* Everything but the timer is gone: close that too, and so report. */
static void child_maybe_done(struct child *c)
{
    if (c->alive)
        return;
    for (size_t i = 0; i < CHILD_STREAM__N; i++)
        if (!uv_is_closing((uv_handle_t *)&c->pipe[i]))
            return;
    child_close((uv_handle_t *)&c->timer);
}

static uint64_t child_grace(const struct child *c)
{
    return c->spec.grace_ms ? c->spec.grace_ms : CHILD_GRACE_MS;
}

static void child_arm(struct child *c, uint64_t ms)
{
    if (!uv_is_closing((uv_handle_t *)&c->timer))
        (void)uv_timer_start(&c->timer, child_on_timer, ms, 0); /* fails only without a callback */
}

/* The whole group, and only while it is ours: after the exit the number may be someone else's,
 * and before the spawn it is 0, which kill() takes for our own group. */
void child_signal(const struct child *c, int sig)
{
    if (c->alive)
        (void)kill(-c->proc.pid, sig); /* ESRCH: it is gone, on_exit follows */
}

void child_stop(struct child *c)
{
    if (!c->alive)
        return;
    child_signal(c, SIGTERM);
    child_signal(c, SIGCONT); /* a stopped process does not see TERM */
    c->spec.timeout_ms = 0;
    child_arm(c, child_grace(c));
}

static void child_on_timer(uv_timer_t *t)
{
    struct child *c = child_of(t->data);

    if (!c->alive) { /* a grandchild keeps a pipe open */
        child_close_pipes(c);
        child_maybe_done(c);
    } else if (c->spec.timeout_ms && !c->timed_out) {
        c->timed_out = true;
        child_signal(c, SIGTERM);
        child_signal(c, SIGCONT);
        child_arm(c, child_grace(c));
    } else {
        child_signal(c, SIGKILL);
        child_arm(c, child_grace(c));
    }
}

static void child_on_exit(uv_process_t *p, int64_t status, int sig)
{
    struct child *c = child_of(p->data);

    c->alive = false;
    c->status = sig ? -1 : status;
    c->sig = sig;
    if (c->timed_out)
        c->rc = err_set(&c->err, ERR_TIMEOUT, "'%s' did not end within %" PRIu64 " ms", c->name,
                        c->spec.timeout_ms);
    else if (sig)
        c->rc = err_set(&c->err, ERR_FAILED, "'%s' was killed by signal %d", c->name, sig);
    else if (status)
        c->rc = err_set(&c->err, ERR_FAILED, "'%s' ended with status %" PRId64, c->name, status);
    child_close((uv_handle_t *)p);
    child_arm(c, child_grace(c));
    child_maybe_done(c);
}

static void child_alloc(uv_handle_t *h UNUSED, size_t suggested UNUSED, uv_buf_t *buf)
{
    static char chunk[65536]; /* one loop, one thread, used up before the next read */

    *buf = uv_buf_init(chunk, sizeof(chunk));
}

static void child_on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
    struct child *c = child_of(s->data);
    enum child_stream stream = (uv_pipe_t *)s == &c->pipe[CHILD_OUT] ? CHILD_OUT : CHILD_ERR;

    if (n > 0 && c->output)
        c->output(c, stream, (struct sv){buf->base, (size_t)n});
    if (n >= 0)
        return;
    child_close((uv_handle_t *)s); /* the end, or an error that is as good as one */
    child_maybe_done(c);
}

void child_pause(struct child *c, enum child_stream stream, bool pause)
{
    uv_stream_t *s = (uv_stream_t *)&c->pipe[stream];

    if (uv_is_closing((uv_handle_t *)s))
        return;
    if (pause)
        (void)uv_read_stop(s); /* always succeeds */
    else
        (void)uv_read_start(s, child_alloc, child_on_read); /* it was reading before */
}

static void child_fail(struct child *c, int sys)
{
    c->rc = err_sys(&c->err, sys, "start '%s'", c->name);
    child_close((uv_handle_t *)&c->proc);
    child_close_pipes(c);
    child_maybe_done(c);
}

/* Real pipes: bash whose input is a socket reads ~/.bashrc, and libuv's own stdio pipes are sockets. */
static int child_pipes(struct child *c, int theirs[CHILD_STREAM__N])
{
    for (size_t i = 0; i < CHILD_STREAM__N; i++) {
        int ends[2];

        if (pipe2(ends, O_CLOEXEC) != 0)
            return errno;
        theirs[i] = ends[1];
        if (uv_pipe_open(&c->pipe[i], ends[0]) != 0) { /* uncovered: a fresh pipe opens */
            (void)close(ends[0]);
            return EBADF;
        }
    }
    return 0;
}

static int child_spawn(struct child *c, uv_loop_t *loop, const int theirs[CHILD_STREAM__N])
{
    enum { CHILD_MAX_PASS = 4 };
    uv_stdio_container_t io[3 + CHILD_MAX_PASS] = {{.flags = UV_IGNORE}};
    uv_process_options_t opt = {.exit_cb = child_on_exit,
                                .file = c->spec.argv[0],
                                .args = (char **)(uintptr_t)c->spec.argv,
                                .env = (char **)(uintptr_t)c->spec.env,
                                .cwd = c->spec.cwd,
                                .flags = UV_PROCESS_DETACHED,
                                .stdio = io};

    assert(c->spec.n_pass <= CHILD_MAX_PASS);
    for (size_t i = 0; i < CHILD_STREAM__N; i++) {
        io[1 + i].flags = UV_INHERIT_FD;
        io[1 + i].data.fd = theirs[i];
    }
    for (size_t i = 0; i < c->spec.n_pass; i++) {
        io[3 + i].flags = UV_INHERIT_FD;
        io[3 + i].data.fd = c->spec.pass[i];
    }
    opt.stdio_count = (int)(3 + c->spec.n_pass);
    return -uv_spawn(loop, &c->proc, &opt);
}

void child_start(struct child *c, uv_loop_t *loop)
{
    int theirs[CHILD_STREAM__N] = {-1, -1};
    int sys;

    assert(c->done && c->spec.argv && c->spec.argv[0] && c->magic == 0);
    c->magic = CHILD_MAGIC;
    c->status = -1;
    (void)snprintf(c->name, sizeof(c->name), "%s", c->spec.argv[0]);
    (void)uv_timer_init(loop, &c->timer); /* always succeeds */
    c->timer.data = c->proc.data = c;
    for (size_t i = 0; i < CHILD_STREAM__N; i++) {
        (void)uv_pipe_init(loop, &c->pipe[i], 0); /* always succeeds */
        c->pipe[i].data = c;
    }
    c->open_handles = 2 + CHILD_STREAM__N;
    sys = child_pipes(c, theirs);
    if (sys == 0)
        sys = child_spawn(c, loop, theirs);
    else
        (void)uv_spawn(loop, &c->proc, &(uv_process_options_t){.file = ""}); /* makes it closable */
    c->proc.data = c;
    for (size_t i = 0; i < CHILD_STREAM__N; i++)
        fd_closep(&theirs[i]);
    if (sys != 0) { /* told from the loop, like every other outcome */
        child_fail(c, sys);
        return;
    }
    c->alive = true;
    c->pid = c->proc.pid;
    for (size_t i = 0; i < CHILD_STREAM__N; i++)
        child_pause(c, (enum child_stream)i, false);
    if (c->spec.timeout_ms)
        child_arm(c, c->spec.timeout_ms);
}
