#pragma once

/*
 * manager_bench: calls of a manager, and steps of a service, on a loop of their own.
 */
#include "action/action.h"
#include "action/manager.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/sv.h"
#include "t_loop.h"

struct bench {
    uv_loop_t *loop;
    struct plan plan;
    struct plan_service service;
    struct plan_step step;
    struct values values;
    struct action_env env;
    struct action action;
    struct manager_call call;
    json_t *json;
    char cwd[PATH_MAX];
    bool done, acted;
    uint64_t cancel_after_ms;
    uv_timer_t cancel;
};

static inline void bench_begin(struct bench *b, struct plan_service service)
{
    *b = (struct bench){.loop = t_loop_new(), .service = service};
    (void)sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    T_CHECK(getcwd(b->cwd, sizeof(b->cwd)));
    b->plan.workdir = b->service.workdir = sv_from(b->cwd);
    b->plan.time_scale = 1;
    b->plan.services = &b->service;
    b->plan.n_services = 1;
    b->values.started_us = clock_now_us();
    b->env = (struct action_env){.loop = b->loop,
                                 .http = http_client_new(b->loop),
                                 .plan = &b->plan,
                                 .values = &b->values,
                                 .grace_ms = 200};
}

static inline void bench_release(struct bench *b)
{
    manager_release(&b->call);
    if (b->acted)
        action_release(&b->action);
    b->acted = false;
    json_decref(b->json);
    b->json = NULL;
}

static inline void bench_end(struct bench *b)
{
    bench_release(b);
    http_client_free(b->env.http);
    t_loop_run(b->loop, 5000);
    t_loop_free(b->loop);
    values_release(&b->values);
}

static inline void bench_on_told(struct manager_call *c)
{
    *(bool *)c->data = true;
}

/* One call; its code. */
static inline enum err_code tell(struct bench *b, enum manager_verb verb, uint64_t timeout_ms)
{
    bench_release(b);
    b->done = false;
    b->call = (struct manager_call){.loop = b->loop,
                                    .http = b->env.http,
                                    .plan = &b->plan,
                                    .service = &b->service,
                                    .verb = verb,
                                    .timeout_ms = timeout_ms,
                                    .log_lines = 5,
                                    .done = bench_on_told,
                                    .data = &b->done};
    manager_start(&b->call);
    if (b->cancel_after_ms == 1)
        manager_cancel(&b->call);
    T_CHECK(!b->done); /* never from inside */
    t_loop_until(b->loop, &b->done, 40000);
    return b->call.rc;
}

/* Look until it is so, and fail the test when it does not become so. */
static inline void until_state(struct bench *b, enum manager_state state)
{
    uint64_t end_ns = clock_mono_ns() + 20000000000ull;

    while (tell(b, MANAGER_STATUS, 5000) != ERR_OK || b->call.status.state != state) {
        if (clock_mono_ns() > end_ns)
            T_FAIL("it is %s (%s) and should be %s: %s", manager_state_name(b->call.status.state),
                   b->call.status.text, manager_state_name(state), b->call.err.msg);
        (void)poll(NULL, 0, 20);
    }
}

static inline void bench_on_acted(struct action *a)
{
    ((struct bench *)a->owner)->done = true;
}

static inline void bench_on_cancel(uv_timer_t *t)
{
    struct bench *b = t->data;

    action_cancel(&b->action);
    action_cancel(&b->action); /* twice is once */
}

/* A step of the service; what it came to. */
static inline enum action_result step(struct bench *b, const char *verb, uint64_t timeout_ms)
{
    bench_release(b);
    b->json = json_object();
    json_put_sv(b->json, "service", b->service.name);
    json_put_str(b->json, "verb", verb);
    b->step.kind = SV("service");
    b->step.action = b->json;
    b->action = (struct action){.step = &b->step,
                                .env = &b->env,
                                .timeout_ms = timeout_ms,
                                .done = bench_on_acted,
                                .owner = b};
    b->done = false;
    b->acted = true;
    action_init(&b->action);
    action_start(&b->action);
    if (b->cancel_after_ms) {
        T_EQ(uv_timer_init(b->loop, &b->cancel), 0);
        b->cancel.data = b;
        T_EQ(uv_timer_start(&b->cancel, bench_on_cancel, b->cancel_after_ms, 0), 0);
    }
    t_loop_until(b->loop, &b->done, 50000);
    if (b->cancel_after_ms) {
        uv_close((uv_handle_t *)&b->cancel, NULL);
        (void)uv_run(b->loop, UV_RUN_NOWAIT);
    }
    b->cancel_after_ms = 0;
    return b->action.outcome.result;
}

static inline void say_step(struct bench *b)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);

    capture_text(&b->action.outcome.out, &out);
    capture_text(&b->action.outcome.errs, &out);
    t_say("result %d, status %lld, %s; printed: %s", (int)b->action.outcome.result,
          (long long)b->action.outcome.status, b->action.outcome.err.msg, strbuf_str(&out));
}

static inline bool printed(struct bench *b, const char *text)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);

    capture_text(&b->action.outcome.out, &out);
    capture_text(&b->action.outcome.errs, &out);
    if (!sv_has(strbuf_sv(&out), sv_from(text)))
        say_step(b);
    return sv_has(strbuf_sv(&out), sv_from(text));
}

static inline bool says(struct bench *b, const char *text)
{
    if (!strstr(b->action.outcome.err.msg, text))
        say_step(b);
    return strstr(b->action.outcome.err.msg, text) != NULL;
}

#define T_STEP(b, verb, want)                     \
    do {                                          \
        if (step((b), (verb), 0) != (want))       \
            say_step(b);                          \
        T_EQ((b)->action.outcome.result, (want)); \
    } while (0)

static inline void write_file(const char *name, const char *text)
{
    struct err err;

    T_OK(file_write_atomic(name, sv_from(text), 0755, &err), err);
}
