/*
 * pause: `sleep N`.
 */
#include "action/action.h"

struct pause_state {
    uv_timer_t timer;
    struct action *action;
    bool stopped;
};

static void pause_on_closed(uv_handle_t *h)
{
    struct pause_state *p = h->data;

    if (!p->stopped)
        p->action->outcome.status = 0;
    action_finish(p->action, p->stopped ? ACTION_STOPPED : ACTION_ENDED);
}

static void pause_on_timer(uv_timer_t *t)
{
    uv_close((uv_handle_t *)t, pause_on_closed);
}

static void pause_start(struct action *a)
{
    struct pause_state *p = XNEW(struct pause_state);

    a->state = p;
    p->action = a;
    (void)uv_timer_init(a->env->loop, &p->timer); /* always succeeds */
    p->timer.data = p;
    (void)uv_timer_start(&p->timer, pause_on_timer, action_ms(a, "ms"), 0);
}

static void pause_cancel(struct action *a)
{
    struct pause_state *p = a->state;

    if (uv_is_closing((uv_handle_t *)&p->timer))
        return;
    p->stopped = true;
    uv_close((uv_handle_t *)&p->timer, pause_on_closed);
}

static void pause_release(struct action *a)
{
    free(a->state);
    a->state = NULL;
}

const struct action_ops action_pause = {
    .kind = "pause",
    .resume = RESUME_AGAIN,
    .start = pause_start,
    .cancel = pause_cancel,
    .release = pause_release,
};
