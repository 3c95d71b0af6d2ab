/*
 * service: start, stop, restart and state of a service that is a plain process of ours
 * (docs/formats/binding.md, services).
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "action/action.h"
#include "base/daemon.h"
#include "base/sv.h"

struct service_state {
    const struct plan_service *service;
    struct action *action;
    char *pid_file;
    int64_t pid;
    int pidfd;
    uv_poll_t ended;  /* readable when the process ends */
    uv_timer_t timer; /* of stopping */
    int open_handles;
    bool killed, cancelled, then_start;
};

static void service_say(struct action *a, const char *what)
{
    struct service_state *s = a->state;
    CLEANUP(strbuf_release) struct strbuf line = STRBUF(0);
    int64_t pid = daemon_pid(s->pid_file, NULL);

    strbuf_addf(&line, "%.*s: %s", SV_FMT(s->service->name), what);
    if (pid)
        strbuf_addf(&line, " (pid %lld)", (long long)pid);
    strbuf_add_byte(&line, '\n');
    action_print(a, CHILD_OUT, strbuf_sv(&line));
    a->outcome.active = pid != 0;
}

static void service_ended(struct action *a, int64_t status, const char *what)
{
    a->outcome.status = status;
    service_say(a, what);
    action_finish(a, ACTION_ENDED);
}

/* --- starting --- */

static char **service_env(const struct action *a)
{
    const struct plan *p = a->env->plan;
    VEC(char *) env = {0};

    for (char **e = environ; *e; e++) {
        struct sv name = sv_from(*e);
        bool ours = false;

        name = sv_sub(name, 0, sv_find_byte(name, '=', 0));
        for (size_t i = 0; i < p->n_env; i++)
            ours |= sv_eq(p->env[i].name, name);
        if (!ours)
            *vec_add(&env) = xstrdup(*e);
    }
    for (size_t i = 0; i < p->n_env; i++) {
        struct strbuf pair = STRBUF(0);

        strbuf_addf(&pair, "%.*s=%.*s", SV_FMT(p->env[i].name), SV_FMT(p->env[i].value));
        *vec_add(&env) = strbuf_steal_str(&pair);
    }
    *vec_add(&env) = NULL;
    return env.v;
}

static void service_free_words(char **words)
{
    for (size_t i = 0; words && words[i]; i++)
        free(words[i]);
    free(words);
}

static enum err_code service_spawn(const struct action *a, struct err *err)
{
    const struct service_state *s = a->state;
    CLEANUP(mem_freep) char *workdir = xstrdup_sv(s->service->workdir);
    CLEANUP(mem_freep) char *log = s->service->log.n ? xstrdup_sv(s->service->log) : NULL;
    char **argv = XNEWN(char *, s->service->n_command + 1), **env = service_env(a);
    struct daemon_spec spec = {.argv = (const char *const *)argv,
                               .env = (const char *const *)env,
                               .cwd = workdir,
                               .pid_file = s->pid_file,
                               .log = log};
    int64_t pid;
    enum err_code rc;

    for (size_t i = 0; i < s->service->n_command; i++)
        argv[i] = xstrdup_sv(s->service->command[i]);
    rc = daemon_start(&spec, &pid, err);
    service_free_words(argv);
    service_free_words(env);
    return rc;
}

static void service_start_it(struct action *a)
{
    struct service_state *s = a->state;
    struct err err;

    if (daemon_pid(s->pid_file, NULL)) {
        service_ended(a, 0, "is running already");
        return;
    }
    if (service_spawn(a, &err) != ERR_OK) {
        action_break(a, &err);
        return;
    }
    service_ended(a, 0, "started");
}

/* --- stopping --- */

static void service_on_closed(uv_handle_t *h)
{
    struct service_state *s = h->data;

    if (--s->open_handles > 0)
        return;
    (void)close(s->pidfd);
    s->pidfd = -1;
    if (s->cancelled)
        action_finish(s->action, ACTION_STOPPED);
    else if (s->then_start)
        service_start_it(s->action);
    else
        service_ended(s->action, 0, s->killed ? "did not end in time and was killed" : "stopped");
}

static void service_close(struct service_state *s)
{
    if (!uv_is_closing((uv_handle_t *)&s->ended))
        uv_close((uv_handle_t *)&s->ended, service_on_closed);
    if (!uv_is_closing((uv_handle_t *)&s->timer))
        uv_close((uv_handle_t *)&s->timer, service_on_closed);
}

static void service_on_ended(uv_poll_t *p, int status UNUSED, int events UNUSED)
{
    service_close(p->data);
}

/* The time to stop is over: KILL, to all of its session, as its main process can do nothing more. */
static void service_on_timer(uv_timer_t *t)
{
    struct service_state *s = t->data;

    s->killed = true;
    (void)syscall(SYS_pidfd_send_signal, s->pidfd, SIGKILL, NULL, 0); /* ESRCH: it has just ended */
}

static void service_stop_it(struct action *a)
{
    struct service_state *s = a->state;
    struct err err;
    int rc;

    s->pid = daemon_pid(s->pid_file, NULL);
    if (!s->pid) {
        if (s->then_start)
            service_start_it(a);
        else
            service_ended(a, 0, "is not running");
        return;
    }
    s->pidfd = (int)syscall(SYS_pidfd_open, (pid_t)s->pid, 0);
    if (s->pidfd < 0 || syscall(SYS_pidfd_send_signal, s->pidfd, SIGTERM, NULL, 0) != 0) {
        (void)err_sys(&err, errno, "stop %.*s (pid %lld)", SV_FMT(s->service->name),
                      (long long)s->pid);
        action_break(a, &err);
        return;
    }
    rc = uv_poll_init(a->env->loop, &s->ended, s->pidfd);
    assert(rc == 0); /* a pidfd can be polled */
    (void)uv_timer_init(a->env->loop, &s->timer);
    s->ended.data = s->timer.data = s;
    s->open_handles = 2;
    (void)uv_poll_start(&s->ended, UV_READABLE, service_on_ended);
    (void)uv_timer_start(&s->timer, service_on_timer, (uint64_t)s->service->stop_timeout_ms,
                         0); /* real time: it is the service's */
}

/* --- state --- */

/* As `systemctl status`: 0 active, 3 inactive. */
static void service_status(struct action *a)
{
    struct service_state *s = a->state;
    bool active = daemon_pid(s->pid_file, NULL) != 0;

    service_ended(a, active ? 0 : 3, active ? "active (running)" : "inactive (dead)");
}

static void service_reload(struct action *a)
{
    struct service_state *s = a->state;
    int64_t pid = daemon_pid(s->pid_file, NULL);

    if (pid && kill((pid_t)pid, SIGHUP) == 0)
        service_ended(a, 0, "was told to reload");
    else
        service_ended(a, 1, "is not running");
}

static const struct plan_service *service_find(const struct action *a)
{
    struct sv name = json_get_sv(a->step->action, "service");

    for (size_t i = 0; i < a->env->plan->n_services; i++)
        if (sv_eq(a->env->plan->services[i].name, name))
            return &a->env->plan->services[i];
    return NULL;
}

static void service_start(struct action *a)
{
    struct service_state *s = XNEW(struct service_state);
    struct sv verb = json_get_sv(a->step->action, "verb");

    a->state = s;
    s->action = a;
    s->pidfd = -1;
    s->service = service_find(a);
    assert(s->service); /* the plan holds every service that its steps name */
    s->pid_file = xstrdup_sv(s->service->pid_file);
    if (sv_eq(verb, SV("start"))) {
        service_start_it(a);
    } else if (sv_eq(verb, SV("reload"))) {
        service_reload(a);
    } else if (sv_eq(verb, SV("status"))) {
        service_status(a);
    } else {
        s->then_start = sv_eq(verb, SV("restart"));
        service_stop_it(a);
    }
}

static void service_cancel(struct action *a)
{
    struct service_state *s = a->state;

    s->cancelled = true;
    if (s->open_handles)
        service_close(s);
}

static void service_release(struct action *a)
{
    struct service_state *s = a->state;

    if (s)
        free(s->pid_file);
    free(s);
    a->state = NULL;
}

const struct action_ops action_service = {
    .kind = "service",
    .resume = RESUME_AGAIN, /* start of what runs and stop of what is stopped do nothing */
    .start = service_start,
    .cancel = service_cancel,
    .release = service_release,
};
