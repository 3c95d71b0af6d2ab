/*
 * A plain process of ours: started with a pid file in a session of its own (base/daemon.h), ended by
 * TERM and, after its stop_timeout, KILL.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "action/manager.h"
#include "base/daemon.h"
#include "base/sv.h"

struct process_state {
    struct manager_call *call;
    char *pid_file;
    int pidfd;
    uv_poll_t ended;  /* readable when the process ends */
    uv_timer_t timer; /* of stopping */
    int open_handles;
    bool killed, cancelled, then_start;
};

static void process_said(struct manager_call *c, const char *said)
{
    c->said = said;
    manager_end(c, ERR_OK);
}

/* --- starting --- */

static enum err_code process_spawn(struct manager_call *c)
{
    const struct process_state *s = c->state;
    CLEANUP(mem_freep) char *workdir = xstrdup_sv(c->service->workdir);
    CLEANUP(mem_freep) char *log = c->service->log.n ? xstrdup_sv(c->service->log) : NULL;
    char **argv = XNEWN(char *, c->service->n_command + 1), **env = manager_env(c->plan);
    struct daemon_spec spec = {.argv = (const char *const *)argv,
                               .env = (const char *const *)env,
                               .cwd = workdir,
                               .pid_file = s->pid_file,
                               .log = log};
    int64_t pid;
    enum err_code rc;

    for (size_t i = 0; i < c->service->n_command; i++)
        argv[i] = xstrdup_sv(c->service->command[i]);
    rc = daemon_start(&spec, &pid, &c->err);
    manager_free_words(argv);
    manager_free_words(env);
    return rc;
}

static void process_start_it(struct manager_call *c)
{
    const struct process_state *s = c->state;

    if (daemon_pid(s->pid_file, NULL))
        process_said(c, "is running already");
    else if (process_spawn(c) != ERR_OK)
        manager_end(c, c->err.code);
    else
        process_said(c, s->then_start ? "restarted" : "started");
}

/* --- stopping --- */

static void process_on_closed(uv_handle_t *h)
{
    struct process_state *s = h->data;

    if (--s->open_handles > 0)
        return;
    (void)close(s->pidfd);
    s->pidfd = -1;
    if (s->cancelled)
        manager_end(s->call, err_set(&s->call->err, ERR_INTERRUPTED, "stopping was given up"));
    else if (s->then_start)
        process_start_it(s->call);
    else
        process_said(s->call, s->killed ? "did not end in time and was killed" : "stopped");
}

static void process_close(struct process_state *s)
{
    if (!uv_is_closing((uv_handle_t *)&s->ended))
        uv_close((uv_handle_t *)&s->ended, process_on_closed);
    if (!uv_is_closing((uv_handle_t *)&s->timer))
        uv_close((uv_handle_t *)&s->timer, process_on_closed);
}

static void process_on_ended(uv_poll_t *p, int status UNUSED, int events UNUSED)
{
    process_close(p->data);
}

/* The time to stop is over: KILL, to the process that was started, as it can do nothing more. */
static void process_on_timer(uv_timer_t *t)
{
    struct process_state *s = t->data;

    s->killed = true;
    (void)syscall(SYS_pidfd_send_signal, s->pidfd, SIGKILL, NULL, 0); /* ESRCH: it has just ended */
}

static void process_gone(struct manager_call *c)
{
    const struct process_state *s = c->state;

    if (s->then_start)
        process_start_it(c);
    else
        process_said(c, "is not running");
}

static void process_stop_it(struct manager_call *c)
{
    struct process_state *s = c->state;
    int64_t pid = daemon_pid(s->pid_file, NULL);
    int rc;

    if (!pid) {
        process_gone(c);
        return;
    }
    s->pidfd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
    if (daemon_pid(s->pid_file, NULL) != pid) {
        /* uncovered: it ended between the two looks, and what was opened may be a stranger with its number */
        if (s->pidfd >= 0)
            (void)close(s->pidfd); /* nothing was written */
        s->pidfd = -1;
        process_gone(c);
        return;
    }
    if (s->pidfd < 0 || syscall(SYS_pidfd_send_signal, s->pidfd, SIGTERM, NULL, 0) != 0) {
        manager_end(c, err_sys(&c->err, errno, "stop %.*s (pid %lld)", SV_FMT(c->service->name),
                               (long long)pid));
        return;
    }
    rc = uv_poll_init(c->loop, &s->ended, s->pidfd);
    assert(rc == 0); /* a pidfd can be polled */
    (void)uv_timer_init(c->loop, &s->timer);
    s->ended.data = s->timer.data = s;
    s->open_handles = 2;
    (void)uv_poll_start(&s->ended, UV_READABLE, process_on_ended);
    (void)uv_timer_start(&s->timer, process_on_timer, (uint64_t)c->service->stop_timeout_ms, 0);
}

/* --- looking --- */

static void process_status(struct manager_call *c)
{
    const struct process_state *s = c->state;
    int64_t pid = daemon_pid(s->pid_file, NULL);

    c->status.state = pid ? MANAGER_RUNNING : MANAGER_STOPPED;
    c->status.pid = pid;
    c->status.started_us = manager_process_started_us(pid);
    (void)snprintf(c->status.text, sizeof(c->status.text), "%s",
                   pid ? "active (running)" : "inactive (dead)");
    manager_end(c, ERR_OK);
}

/* HUP, as daemon(7) has it for those that read their configuration again. */
static void process_reload(struct manager_call *c)
{
    const struct process_state *s = c->state;
    int64_t pid = daemon_pid(s->pid_file, NULL);

    if (pid && kill((pid_t)pid, SIGHUP) == 0)
        process_said(c, "was told to reload");
    else
        manager_end(c,
                    err_set(&c->err, ERR_FAILED, "%.*s is not running", SV_FMT(c->service->name)));
}

static void process_logs(struct manager_call *c)
{
    manager_end(c, manager_tail_file(c));
}

/* --- the row --- */

static void process_restart(struct manager_call *c)
{
    struct process_state *s = c->state;

    s->then_start = true;
    process_stop_it(c);
}

static void process_start(struct manager_call *c)
{
    static void (*const verbs[])(struct manager_call *) = {
        [MANAGER_START] = process_start_it,  [MANAGER_STOP] = process_stop_it,
        [MANAGER_RESTART] = process_restart, [MANAGER_RELOAD] = process_reload,
        [MANAGER_STATUS] = process_status,   [MANAGER_LOGS] = process_logs,
    };
    struct process_state *s = XNEW(struct process_state);

    c->state = s;
    s->call = c;
    s->pidfd = -1;
    s->pid_file = xstrdup_sv(c->service->pid_file);
    verbs[c->verb](c);
}

static void process_cancel(struct manager_call *c)
{
    struct process_state *s = c->state;

    s->cancelled = true;
    if (s->open_handles)
        process_close(s);
}

static void process_release(struct manager_call *c)
{
    struct process_state *s = c->state;

    free(s->pid_file);
    free(s);
    c->state = NULL;
}

static void process_look(const struct plan_service *s, struct strbuf *out)
{
    if (s->log.n)
        strbuf_addf(out, "tail -n 50 %.*s", SV_FMT(s->log));
}

static void process_by_hand(const struct plan_service *s, enum manager_verb v UNUSED,
                            struct strbuf *out)
{
    strbuf_addf(out, "ps -p \"$(cat %.*s)\"", SV_FMT(s->pid_file));
}

const struct manager_ops manager_process = {
    .name = "process",
    .start = process_start,
    .cancel = process_cancel,
    .release = process_release,
    .look = process_look,
    .by_hand = process_by_hand,
};
