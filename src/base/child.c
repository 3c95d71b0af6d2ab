#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/pgroup.h"

#define CHILD_MAGIC    0x43484c44u
#define CHILD_GRACE_MS 5000u
/* Nothing tells when the group of a child that has ended is empty: look, ever more seldom. */
#define CHILD_LOOK_MS      5u
#define CHILD_LOOK_MOST_MS 160u
/* The number of a group that was not seen for so long may be another's by now. */
#define CHILD_STALE_MS 5000u

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

/* Not the time at which the loop woke up: a callback before this one may have taken seconds. */
static uint64_t child_now(const struct child *c)
{
    uv_update_time(c->timer.loop);
    return uv_now(c->timer.loop);
}

static uint64_t child_grace(const struct child *c)
{
    return c->spec.grace_ms ? c->spec.grace_ms : CHILD_GRACE_MS;
}

static void child_arm(struct child *c, uint64_t ms)
{
    uv_update_time(c->timer.loop);
    (void)uv_timer_start(&c->timer, child_on_timer, ms, 0); /* fails only when it is closing */
}

/* The whole group, and only while it is ours: after the exit the number may be someone else's,
 * and before the spawn it is 0, which kill() takes for our own group. */
void child_signal(const struct child *c, int sig)
{
    if (c->alive)
        (void)kill(-c->pid, sig); /* ESRCH: it is gone, on_exit follows */
}

static void child_end(struct child *c)
{
    c->ending = true;
    child_signal(c, SIGTERM);
    child_signal(c, SIGCONT); /* a stopped process does not see TERM */
    c->kill_ms = child_now(c) + child_grace(c);
    child_arm(c, child_grace(c));
}

void child_stop(struct child *c)
{
    if (c->alive && !c->ending)
        child_end(c);
}

static void child_kill(struct child *c)
{
    (void)kill(-c->pid, SIGKILL);
    c->killed = true;
    c->kill_ms = child_now(c) + child_grace(c);
}

/*
 * The child obeyed TERM; what it started may not.  Its number stays that of the group as long as somebody is in
 * it, so it is ours as long as every look finds somebody.  Who survives KILL (in the kernel, on a dead disk) is not
 * waited for.
 */
static void child_look(struct child *c)
{
    uint64_t now = child_now(c);

    c->group = now - c->looked_ms <= CHILD_STALE_MS && pgroup_runs(c->pid);
    if (!c->group)
        return;
    c->looked_ms = now;
    if (now < c->kill_ms)
        return;
    if (c->killed)
        c->group = false; /* uncovered: nothing here survives KILL */
    else
        child_kill(c);
}

/* The child has ended.  Wait for its group and its pipes, as long as that is bounded; then report.
 * `timer`: the time that was set is over, and what had arrived by then has been read. */
static void child_settle(struct child *c, bool timer)
{
    uint64_t now = child_now(c);
    bool open = false, paused = false;

    if (c->group)
        child_look(c);
    for (size_t i = 0; i < CHILD_STREAM__N; i++) {
        bool is_open = !uv_is_closing((uv_handle_t *)&c->pipe[i]);

        open |= is_open;
        paused |= is_open && c->paused[i];
    }
    if (open && !paused && now >= c->close_ms && c->last_call && timer) {
        child_close_pipes(c); /* someone outside of the group has them */
        open = false;
    }
    if (!open && !c->group) {
        child_close((uv_handle_t *)&c->timer); /* the last handle: this reports */
    } else if (open && !paused && now >= c->close_ms) {
        c->last_call = true; /* the loop may have been busy while something arrived */
        child_arm(c, 1);
    } else if (c->group) {
        child_arm(c, c->look_again_ms);
        c->look_again_ms =
            c->look_again_ms < CHILD_LOOK_MOST_MS ? 2 * c->look_again_ms : CHILD_LOOK_MOST_MS;
    } else if (!paused) {
        child_arm(c, c->close_ms - now);
    }
}

static void child_on_timer(uv_timer_t *t)
{
    struct child *c = child_of(t->data);

    if (!c->alive) {
        child_settle(c, true);
    } else if (!c->ending) {
        c->timed_out = true;
        child_end(c);
    } else {
        child_kill(c);
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
    (void)uv_timer_stop(&c->timer); /* always succeeds */
    c->close_ms = child_now(c) + child_grace(c);
    c->group = c->ending;
    c->looked_ms = child_now(c);
    child_settle(c, false);
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
    if (!c->alive)
        child_settle(c, false);
}

void child_hear_no_more(struct child *c)
{
    if (c->magic != CHILD_MAGIC || c->alive)
        return;
    child_close_pipes(c);
    child_settle(c, false);
}

void child_pause(struct child *c, enum child_stream stream, bool pause)
{
    uv_stream_t *s = (uv_stream_t *)&c->pipe[stream];

    if (c->magic != CHILD_MAGIC || uv_is_closing((uv_handle_t *)s))
        return;
    c->paused[stream] = pause;
    if (pause)
        (void)uv_read_stop(s); /* always succeeds */
    else
        (void)uv_read_start(s, child_alloc, child_on_read); /* it was reading before */
    if (c->alive)
        return;
    c->close_ms = child_now(c) + child_grace(c);
    c->last_call = false;
    child_settle(c, false);
}

/* Told from the loop, like every other outcome. */
static void child_fail(struct child *c, int sys)
{
    c->rc = err_sys(&c->err, sys, "start '%s'", c->name);
    child_close_pipes(c);
    child_close((uv_handle_t *)&c->timer);
}

/* Real pipes: bash whose input is a socket reads ~/.bashrc, and libuv's own stdio pipes are sockets. */
static int child_pipes(struct child *c, int theirs[CHILD_STREAM__N])
{
    for (size_t i = 0; i < CHILD_STREAM__N; i++) {
        int ends[2];

        if (pipe2(ends, O_CLOEXEC) != 0)
            return errno;
        theirs[i] = ends[1];
        if (uv_pipe_open(&c->pipe[i], ends[0]) != 0) {
            (void)close(ends[0]); /* uncovered: a fresh pipe opens */
            return EBADF;         /* uncovered: so does it here */
        }
    }
    return 0;
}

static int child_spawn(struct child *c, uv_loop_t *loop, const int theirs[CHILD_STREAM__N])
{
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
    if (c->spec.input) {
        io[0].flags = UV_INHERIT_FD;
        io[0].data.fd = *c->spec.input;
    }
    for (size_t i = 0; i < c->spec.n_pass; i++) {
        io[3 + i].flags = UV_INHERIT_FD;
        io[3 + i].data.fd = c->spec.pass[i];
    }
    opt.stdio_count = (int)(3 + c->spec.n_pass);
    return -uv_spawn(loop, &c->proc, &opt);
}

static void child_init(struct child *c, uv_loop_t *loop)
{
    assert(c->done && c->spec.argv && c->spec.argv[0] && c->magic == 0);
    /* It may be the second start of this struct, from its own report. */
    *c = (struct child){
        .spec = c->spec, .output = c->output, .done = c->done, .magic = CHILD_MAGIC, .status = -1};
    (void)snprintf(c->name, sizeof(c->name), "%s", c->spec.argv[0]);
    c->look_again_ms = CHILD_LOOK_MS;
    (void)uv_timer_init(loop, &c->timer); /* always succeeds */
    c->timer.data = c->proc.data = c;
    for (size_t i = 0; i < CHILD_STREAM__N; i++) {
        (void)uv_pipe_init(loop, &c->pipe[i], 0); /* always succeeds */
        c->pipe[i].data = c;
    }
    c->open_handles = 1 + CHILD_STREAM__N;
}

void child_start(struct child *c, uv_loop_t *loop)
{
    int theirs[CHILD_STREAM__N] = {-1, -1};
    int sys;

    child_init(c, loop);
    sys = child_pipes(c, theirs);
    if (sys == 0) {
        c->open_handles++; /* uv_spawn() makes it one, also when it fails */
        sys = child_spawn(c, loop, theirs);
        if (sys != 0)
            child_close((uv_handle_t *)&c->proc);
    }
    for (size_t i = 0; i < CHILD_STREAM__N; i++)
        fd_closep(&theirs[i]);
    if (sys != 0) {
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
