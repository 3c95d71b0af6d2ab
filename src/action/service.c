/*
 * service: start, stop, restart, reload and status of a service, by the manager that the binding names
 * (docs/formats/services.md).
 *
 * look -> tell the manager -> look until it holds and has stayed so -> prove that it is the new one.
 * Whatever goes wrong after the manager was told ends with the service's last log lines and the
 * command to look further.
 */
#include <stdlib.h>

#include "action/action.h"
#include "action/service_proof.h"
#include "action/service_watch.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/sv.h"

#define SERVICE_LOOK_MS    10000 /* one look at most */
#define SERVICE_EVERY_MS   100   /* between looks */
#define SERVICE_MARGIN_MS  10000 /* what a manager may take beyond the time of the service itself */
#define SERVICE_LOG_LINES  15
#define SERVICE_VERSION_MS 10000
#define SERVICE_ANSWER     65536 /* bytes of an answer that tells the version */

struct service_state {
    struct action *action;
    const struct plan_service *service;
    const struct manager_ops *ops;
    struct manager_call call;
    struct service_watch watch;
    struct manager_status now;
    const char *said;
    uint64_t began_ns, deadline_ns;
    struct err why;     /* the failure that is told when the log was read */
    struct err no_look; /* the last look that gave nothing; code ERR_OK: it gave something */
    uv_timer_t again, limit;
    int open_handles;
    struct http_request request; /* of `ready` and the version */
    struct child child;          /* of the version's command */
    struct strbuf answer;
    bool ready, stopping, too_late, asking, running;
    enum action_result result; /* what is reported when the timers are closed */
};

/* --- the end --- */

static void service_on_closed(uv_handle_t *h)
{
    struct service_state *s = h->data;

    if (--s->open_handles == 0)
        action_finish(s->action, s->result);
}

static void service_finish(struct service_state *s, enum action_result result)
{
    struct action *a = s->action;

    if (s->too_late && result == ACTION_STOPPED) {
        result = ACTION_TIMEOUT;
        (void)err_set(&a->outcome.err, ERR_TIMEOUT, "%.*s: it did not end within %llu ms",
                      SV_FMT(s->service->name), (unsigned long long)a->timeout_ms);
    }
    s->result = result;
    uv_close((uv_handle_t *)&s->again, service_on_closed);
    uv_close((uv_handle_t *)&s->limit, service_on_closed);
}

static void service_say(struct service_state *s, const char *what)
{
    CLEANUP(strbuf_release) struct strbuf line = STRBUF(0);

    strbuf_addf(&line, "%.*s: %s", SV_FMT(s->service->name), what);
    if (s->now.pid)
        strbuf_addf(&line, " (pid %lld)", (long long)s->now.pid);
    strbuf_add_byte(&line, '\n');
    action_print(s->action, CHILD_OUT, strbuf_sv(&line));
}

static void service_ended(struct service_state *s, int64_t status, const char *what)
{
    s->action->outcome.active = s->now.state == MANAGER_RUNNING;
    s->action->outcome.status = status;
    service_say(s, what);
    service_finish(s, ACTION_ENDED);
}

static void service_broke(struct service_state *s)
{
    CLEANUP(strbuf_release) struct strbuf line = STRBUF(0);

    if (s->why.hint[0]) {
        strbuf_addf(&line, "%s\n", s->why.hint);
        action_print(s->action, CHILD_ERR, strbuf_sv(&line));
    }
    s->action->outcome.err = s->why;
    service_finish(s, ACTION_BROKE);
}

/* --- calls of the manager --- */

static void service_call(struct service_state *s, enum manager_verb verb, uint64_t timeout_ms,
                         manager_done_fn *done)
{
    struct action *a = s->action;

    s->call = (struct manager_call){.loop = a->env->loop,
                                    .http = a->env->http,
                                    .plan = a->env->plan,
                                    .service = s->service,
                                    .verb = verb,
                                    .timeout_ms = timeout_ms,
                                    .log_lines = SERVICE_LOG_LINES,
                                    .done = done,
                                    .data = s};
    s->asking = true;
    manager_start(&s->call);
}

/* True: the step was to stop meanwhile, and does. */
static bool service_stops(struct service_state *s)
{
    s->asking = false;
    if (!s->stopping)
        return false;
    manager_release(&s->call);
    service_finish(s, ACTION_STOPPED);
    return true;
}

/* --- failing, with the log --- */

static void service_on_logs(struct manager_call *c)
{
    struct service_state *s = c->data;
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    if (c->rc == ERR_OK && c->logs.n) {
        strbuf_addf(&text, "--- the last lines of its log ---\n%s", strbuf_str(&c->logs));
        if (text.p[text.n - 1] != '\n')
            strbuf_add_byte(&text, '\n');
        strbuf_add_str(&text, "---\n");
        action_print(s->action, CHILD_ERR, strbuf_sv(&text));
    } else if (c->rc != ERR_OK) {
        strbuf_addf(&text, "%s\n", c->err.msg);
        action_print(s->action, CHILD_ERR, strbuf_sv(&text));
    }
    if (service_stops(s))
        return;
    manager_release(c);
    service_broke(s);
}

/* s->why says what; its hint becomes the command to look. */
static void service_fail(struct service_state *s)
{
    CLEANUP(strbuf_release) struct strbuf look = STRBUF(0);

    s->action->outcome.active = s->now.state == MANAGER_RUNNING;
    s->ops->look(s->service, &look);
    if (look.n)
        (void)err_hint(&s->why, "to look further: %s", strbuf_str(&look));
    service_call(s, MANAGER_LOGS, SERVICE_LOOK_MS, service_on_logs);
}

static void service_fail_with(struct service_state *s, const struct err *err)
{
    (void)err_set(&s->why, err->code, "%.*s: %s", SV_FMT(s->service->name), err->msg);
    service_fail(s);
}

/* --- the version --- */

static void service_done(struct service_state *s)
{
    CLEANUP(strbuf_release) struct strbuf what = STRBUF(0);

    strbuf_add_str(&what, s->said);
    if (s->watch.crashes)
        strbuf_addf(&what, ", after %lld crash%s", (long long)s->watch.crashes,
                    s->watch.crashes == 1 ? "" : "es");
    service_ended(s, 0, strbuf_str(&what));
}

static void service_judge_version(struct service_state *s)
{
    const struct plan_version *v = &s->service->version;
    CLEANUP(strbuf_release) struct strbuf version = STRBUF(0), is = STRBUF(0), line = STRBUF(0);
    struct err err;

    if (service_version_of(strbuf_sv(&s->answer), v->field, &version, &err) != ERR_OK) {
        service_fail_with(s, &err);
        return;
    }
    if (v->is) {
        struct values_of of = {.named = s->action->env->values, .plan = s->action->env->plan};

        if (values_text(&of, v->is, &is, &err) != ERR_OK) {
            service_fail_with(s, &err);
            return;
        }
    }
    strbuf_addf(&line, "version %.200s", strbuf_str(&version));
    service_say(s, strbuf_str(&line));
    if (v->is && !service_version_is(strbuf_sv(&version), strbuf_sv(&is), v->field.n > 0)) {
        (void)err_set(&err, ERR_FAILED, "version '%.100s' runs, and '%.100s' should",
                      strbuf_str(&version), strbuf_str(&is));
        service_fail_with(s, &err);
        return;
    }
    service_done(s);
}

static void service_on_version_answer(struct http_request *r, enum err_code rc)
{
    struct service_state *s = r->data;
    int status = r->status;
    struct err err;

    s->running = false;
    strbuf_add_sv(&s->answer, strbuf_sv(&r->body));
    err = r->err;
    http_release(r);
    if (s->stopping) {
        service_finish(s, ACTION_STOPPED);
    } else if (rc != ERR_OK) {
        (void)err_wrap(&err, "its version cannot be told");
        service_fail_with(s, &err);
    } else if (status < 200 || status > 299) {
        (void)err_set(&err, ERR_FAILED, "its version cannot be told: HTTP %d", status);
        service_fail_with(s, &err);
    } else {
        service_judge_version(s);
    }
}

static void service_on_version_output(struct child *c, enum child_stream stream, struct sv bytes)
{
    struct service_state *s = container_of(c, struct service_state, child);

    if (stream == CHILD_OUT && s->answer.n < SERVICE_ANSWER)
        strbuf_add_sv(&s->answer, sv_sub(bytes, 0, SERVICE_ANSWER - s->answer.n));
}

static void service_on_version_end(struct child *c, enum err_code rc)
{
    struct service_state *s = container_of(c, struct service_state, child);
    struct err err = c->err;

    s->running = false;
    if (s->stopping) {
        service_finish(s, ACTION_STOPPED);
    } else if (rc != ERR_OK) {
        (void)err_wrap(&err, "its version cannot be told");
        service_fail_with(s, &err);
    } else {
        service_judge_version(s);
    }
}

static void service_run_version(struct service_state *s)
{
    CLEANUP(mem_freep) char *command = xstrdup_sv(s->service->version.command);
    CLEANUP(mem_freep) char *cwd = xstrdup_sv(s->action->env->plan->workdir);
    const char *argv[] = {"/bin/sh", "-c", command, NULL};
    char **env = manager_env(s->action->env->plan);

    s->child = (struct child){.spec = {.argv = argv,
                                       .env = (const char *const *)env,
                                       .cwd = *cwd ? cwd : NULL,
                                       .timeout_ms = SERVICE_VERSION_MS,
                                       .grace_ms = s->action->env->grace_ms},
                              .output = service_on_version_output,
                              .done = service_on_version_end};
    s->running = true;
    child_start(&s->child, s->action->env->loop);
    manager_free_words(env);
}

static void service_request(struct service_state *s, struct sv url, http_done_fn *done)
{
    s->request = (struct http_request){.spec = {.url = url,
                                                .total_ms = SERVICE_VERSION_MS,
                                                .max_body = SERVICE_ANSWER,
                                                .over_fails = true},
                                       .done = done,
                                       .data = s};
    s->running = true;
    http_start(s->action->env->http, &s->request);
}

static void service_prove(struct service_state *s)
{
    struct service_proof p = {.service = s->service,
                              .status = &s->now,
                              .fresh = !s->watch.kept,
                              .elapsed_us = (int64_t)(clock_mono_ns() - s->began_ns) / 1000};
    CLEANUP(strbuf_release) struct strbuf notes = STRBUF(0);
    struct err err;

    if (!s->now.once && service_prove_process(&p, &notes, &err) != ERR_OK) {
        service_fail_with(s, &err);
        return;
    }
    if (notes.n)
        action_print(s->action, CHILD_OUT, strbuf_sv(&notes));
    if (s->service->version.url.n)
        service_request(s, s->service->version.url, service_on_version_answer);
    else if (s->service->version.command.n)
        service_run_version(s);
    else
        service_done(s);
}

/* --- looking until it holds --- */

static void service_look(struct service_state *s);

static void service_on_again(uv_timer_t *t)
{
    service_look(t->data);
}

/* What is waited for did not come.  Without an answer of the manager nobody knows. */
static void service_late(struct service_state *s)
{
    if (s->no_look.code != ERR_OK) {
        s->action->outcome.err = s->no_look;
        service_finish(s, ACTION_LOST);
        return;
    }
    (void)err_set(&s->why, ERR_TIMEOUT, "%.*s: %s in time: it is %s (%s)", SV_FMT(s->service->name),
                  s->watch.verb == MANAGER_STOP                  ? "did not stop"
                  : s->now.state == MANAGER_RUNNING && !s->ready ? "did not become ready"
                  : s->now.state == MANAGER_RUNNING && s->now.pid == s->watch.before.pid
                      ? "was not restarted"
                      : "did not come up and stay up",
                  manager_state_name(s->now.state), s->now.text);
    service_fail(s);
}

static void service_wait(struct service_state *s)
{
    if (clock_mono_ns() >= s->deadline_ns)
        service_late(s);
    else
        (void)uv_timer_start(&s->again, service_on_again, SERVICE_EVERY_MS, 0);
}

static void service_on_ready(struct http_request *r, enum err_code rc)
{
    struct service_state *s = r->data;

    s->running = false;
    s->ready = rc == ERR_OK && r->status >= 200 && r->status <= 299;
    http_release(r);
    if (s->stopping)
        service_finish(s, ACTION_STOPPED);
    else if (s->ready)
        service_look(s); /* it must still be the same process */
    else
        service_wait(s);
}

static void service_judge(struct service_state *s)
{
    CLEANUP(strbuf_release) struct strbuf why = STRBUF(0);
    struct err err;

    switch (service_watch_take(&s->watch, &s->now, clock_mono_ns() / 1000000, &why)) {
    case WATCH_WAIT: service_wait(s); break;
    case WATCH_FAILED:
        (void)err_set(&err, ERR_FAILED, "%s", strbuf_str(&why));
        service_fail_with(s, &err);
        break;
    case WATCH_HOLDS:
    default:
        if (s->watch.verb == MANAGER_STOP || s->watch.verb == MANAGER_RELOAD)
            service_ended(s, 0, s->said);
        else if (!s->ready)
            service_request(s, s->service->ready, service_on_ready);
        else
            service_prove(s);
    }
}

static void service_on_look(struct manager_call *c)
{
    struct service_state *s = c->data;

    if (service_stops(s))
        return;
    s->no_look = c->err;
    s->no_look.code = c->rc;
    if (c->rc == ERR_OK)
        s->now = c->status;
    manager_release(c);
    if (s->no_look.code == ERR_OK)
        service_judge(s);
    else
        service_wait(s);
}

static void service_look(struct service_state *s)
{
    service_call(s, MANAGER_STATUS, SERVICE_LOOK_MS, service_on_look);
}

/* --- telling --- */

static void service_on_told(struct manager_call *c)
{
    struct service_state *s = c->data;
    enum err_code rc = c->rc;
    bool lost = c->lost;
    struct err err = c->err;

    if (service_stops(s))
        return;
    s->said = c->said;
    manager_release(c);
    if (rc == ERR_OK) {
        s->deadline_ns = clock_mono_ns() +
                         (uint64_t)((s->watch.verb == MANAGER_STOP ? s->service->stop_timeout_ms
                                                                   : s->service->start_timeout_ms) +
                                    s->service->stable_ms) *
                             1000000;
        service_look(s);
    } else if (lost) {
        s->action->outcome.err = err;
        service_finish(s, ACTION_LOST);
    } else {
        s->why = err;
        service_fail(s);
    }
}

/* What its manager said of it is the state now.  False: nothing is left to do. */
static bool service_heard(struct manager_call *c)
{
    struct service_state *s = c->data;
    bool failed = c->rc != ERR_OK;

    if (service_stops(s))
        return false;
    s->now = c->status;
    if (failed)
        s->why = c->err;
    manager_release(c);
    if (failed)
        service_broke(s);
    return !failed;
}

/* The state before: without it nobody could tell a new process from an old one. */
static void service_on_before(struct manager_call *c)
{
    struct service_state *s = c->data;
    int64_t ms = s->service->start_timeout_ms + s->service->stop_timeout_ms + SERVICE_MARGIN_MS;

    if (!service_heard(c))
        return;
    s->watch.before = s->now;
    service_call(s, s->watch.verb, (uint64_t)ms, service_on_told);
}

/* As `systemctl status`: 0 active, 3 not; 4: there is no such unit. */
static void service_on_status(struct manager_call *c)
{
    struct service_state *s = c->data;

    if (!service_heard(c))
        return;
    service_ended(s, s->now.state == MANAGER_RUNNING ? 0 : 3, s->now.text);
}

/* --- the row --- */

static const struct plan_service *service_find(const struct action *a)
{
    struct sv name = json_get_sv(a->step->action, "service");

    for (size_t i = 0; i < a->env->plan->n_services; i++)
        if (sv_eq(a->env->plan->services[i].name, name))
            return &a->env->plan->services[i];
    return NULL;
}

static enum manager_verb service_verb(const struct action *a)
{
    struct sv verb = json_get_sv(a->step->action, "verb");

    for (enum manager_verb v = MANAGER_START; v < MANAGER_STATUS; v++)
        if (sv_eq(verb, sv_from(manager_verb_name(v))))
            return v;
    return MANAGER_STATUS;
}

static void service_stop(struct service_state *s)
{
    s->stopping = true;
    if (s->asking) {
        manager_cancel(&s->call);
    } else if (s->running) {
        http_cancel(&s->request);
        child_stop(&s->child);
    } else if (uv_is_active((uv_handle_t *)&s->again)) {
        (void)uv_timer_stop(&s->again); /* always succeeds */
        service_finish(s, ACTION_STOPPED);
    }
}

static void service_on_limit(uv_timer_t *t)
{
    struct service_state *s = t->data;

    s->too_late = true;
    service_stop(s);
}

static void service_start(struct action *a)
{
    struct service_state *s = XNEW(struct service_state);

    a->state = s;
    s->action = a;
    s->service = service_find(a);
    assert(s->service); /* the plan holds every service that its steps name */
    s->ops = manager_find(s->service->manager);
    assert(s->ops); /* the binding was checked */
    s->watch = (struct service_watch){.verb = service_verb(a),
                                      .stable_ms = s->service->stable_ms,
                                      .crashes_allowed = s->service->crashes};
    s->ready = s->service->ready.n == 0;
    s->began_ns = clock_mono_ns();
    s->answer = STRBUF(SERVICE_ANSWER);
    (void)uv_timer_init(a->env->loop, &s->again); /* always succeeds */
    (void)uv_timer_init(a->env->loop, &s->limit);
    s->again.data = s->limit.data = s;
    s->open_handles = 2;
    if (a->timeout_ms)
        (void)uv_timer_start(&s->limit, service_on_limit, a->timeout_ms, 0);
    service_call(s, MANAGER_STATUS, SERVICE_LOOK_MS,
                 s->watch.verb == MANAGER_STATUS ? service_on_status : service_on_before);
}

static void service_cancel(struct action *a)
{
    struct service_state *s = a->state;

    if (!s->stopping)
        service_stop(s);
}

static void service_release(struct action *a)
{
    struct service_state *s = a->state;

    if (s)
        strbuf_release(&s->answer);
    free(s);
    a->state = NULL;
}

/*
 * Did it happen?  The manager knows: what is to run runs since after the step began, what is to be
 * stopped is.  a->outcome.started_us is when the step was begun.
 */
static int service_probe(const struct action *a)
{
    const struct plan_service *service = service_find(a);
    enum manager_verb verb = service_verb(a);
    struct manager_status now;
    struct err err;

    if (!service || verb == MANAGER_RELOAD ||
        manager_ask(a->env->plan, service, SERVICE_LOOK_MS, &now, &err) != ERR_OK)
        return -1;
    if (verb == MANAGER_STATUS)
        return 0; /* nothing happens by looking again */
    if (now.state == MANAGER_STARTING || now.state == MANAGER_STOPPING || now.once)
        return -1;
    if (verb == MANAGER_STOP)
        return now.state != MANAGER_RUNNING;
    if (now.state != MANAGER_RUNNING)
        return 0;
    /* a process from before is no restart; a second of doubt is for managers that count in seconds */
    return verb == MANAGER_START || now.started_us >= a->outcome.started_us + 1000000 ? 1
           : now.started_us && now.started_us < a->outcome.started_us                 ? 0
                                                                                      : -1;
}

const struct action_ops action_service = {
    .kind = "service",
    .resume = RESUME_PROBE,
    .start = service_start,
    .cancel = service_cancel,
    .release = service_release,
    .probe = service_probe,
};
