/*
 * poll: `watch -n N 'command'`: look again and again until what is expected holds.
 */
#include "action/verify.h"
#include "base/clock.h"

struct poll_state {
    struct action *action;
    struct strbuf text;
    uv_timer_t every, limit;
    int open_handles;
    bool looking, over, stopped;
    enum action_result result;
};

static void poll_look(struct poll_state *p);

static void poll_on_closed(uv_handle_t *h)
{
    struct poll_state *p = h->data;

    if (--p->open_handles == 0)
        action_finish(p->action, p->result);
}

static void poll_end(struct poll_state *p, enum action_result result)
{
    if (uv_is_closing((uv_handle_t *)&p->every))
        return;
    p->result = result;
    uv_close((uv_handle_t *)&p->every, poll_on_closed);
    uv_close((uv_handle_t *)&p->limit, poll_on_closed);
}

static bool poll_holds(const struct action *a)
{
    struct verify c = {.seen = STRBUF(0)};
    bool all = a->step->n_expects > 0;

    for (size_t i = 0; i < a->step->n_expects && all; i++) {
        if (!a->step->expects[i].machine)
            continue; /* a person is asked when the waiting is over */
        verify_expect(&a->step->expects[i], &a->outcome, clock_now_us(), &c);
        all = c.result == VERIFY_HOLDS;
    }
    strbuf_release(&c.seen);
    return all;
}

static void poll_on_timer(uv_timer_t *t)
{
    poll_look(t->data);
}

static void poll_time_is_over(struct poll_state *p)
{
    (void)err_set(&p->action->outcome.err, ERR_TIMEOUT,
                  "what is waited for did not come within %llu ms",
                  (unsigned long long)p->action->timeout_ms);
    poll_end(p, ACTION_TIMEOUT);
}

static void poll_on_limit(uv_timer_t *t)
{
    struct poll_state *p = t->data;

    p->over = true;
    if (p->looking)
        session_cancel(p->action->session);
    else
        poll_time_is_over(p);
}

static void poll_on_output(void *arg, enum child_stream stream, struct sv bytes)
{
    action_print(((struct poll_state *)arg)->action, stream, bytes);
}

static void poll_on_done(void *arg, const struct session_result *r)
{
    struct poll_state *p = arg;
    struct action *a = p->action;

    p->looking = false;
    a->outcome.status = r->status;
    capture_end(&a->outcome.out, NULL);
    capture_end(&a->outcome.errs, NULL);
    if (p->stopped)
        poll_end(p, ACTION_STOPPED);
    else if (r->rc == ERR_OK && poll_holds(a))
        poll_end(p, ACTION_ENDED);
    else if (p->over)
        poll_time_is_over(p);
    else /* also when the look itself failed: the next one may not */
        (void)uv_timer_start(
            &p->every, poll_on_timer,
            (uint64_t)plan_scale(a->env->plan, json_get_int(a->step->action, "every_ms", 2000)), 0);
}

static void poll_look(struct poll_state *p)
{
    capture_clear(&p->action->outcome.out);
    capture_clear(&p->action->outcome.errs);
    p->looking = true;
    session_run(p->action->session, &(struct session_command){.text = strbuf_sv(&p->text),
                                                              .output = poll_on_output,
                                                              .done = poll_on_done,
                                                              .arg = p});
}

static void poll_start(struct action *a)
{
    struct poll_state *p = XNEW(struct poll_state);

    a->state = p;
    p->action = a;
    if (!action_text(a, "command", true, &p->text))
        return;
    (void)uv_timer_init(a->env->loop, &p->every); /* always succeeds */
    (void)uv_timer_init(a->env->loop, &p->limit);
    p->every.data = p->limit.data = p;
    p->open_handles = 2;
    if (a->timeout_ms)
        (void)uv_timer_start(&p->limit, poll_on_limit, a->timeout_ms, 0);
    poll_look(p);
}

static void poll_cancel(struct action *a)
{
    struct poll_state *p = a->state;

    p->stopped = true;
    if (p->looking)
        session_cancel(a->session);
    else
        poll_end(p, ACTION_STOPPED);
}

static void poll_release(struct action *a)
{
    struct poll_state *p = a->state;

    if (p)
        strbuf_release(&p->text);
    free(p);
    a->state = NULL;
}

const struct action_ops action_poll = {
    .kind = "poll",
    .resume = RESUME_AGAIN,
    .uses_session = true,
    .start = poll_start,
    .cancel = poll_cancel,
    .release = poll_release,
};
