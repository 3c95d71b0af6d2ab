/*
 * follow: a command that never ends (tail -f), watched for a time.
 */
#include "action/action.h"

struct follow_state {
    struct strbuf text;
    bool stopped;
};

static void follow_on_output(void *arg, enum child_stream stream, struct sv bytes)
{
    action_print(arg, stream, bytes);
}

static void follow_on_done(void *arg, const struct session_result *r)
{
    struct action *a = arg;
    struct follow_state *s = a->state;

    if (s->stopped) {
        action_finish(a, ACTION_STOPPED);
    } else if (r->rc == ERR_TIMEOUT) { /* that is how it is meant to end */
        a->outcome.status = 0;
        action_finish(a, ACTION_ENDED);
    } else { /* it ended by itself: no such file, not allowed, ... */
        a->outcome.status = r->status;
        a->outcome.err = r->err;
        action_finish(a, r->rc == ERR_OK ? ACTION_ENDED : ACTION_BROKE);
    }
}

/* How long it is watched.  That is no bound of something that takes its time, so it is scaled, as a `timeout` of the binding too. */
static uint64_t follow_ms(const struct action *a)
{
    uint64_t for_ms = action_ms(a, "for_ms");

    if (!for_ms && a->step->timeout_ms)
        return (uint64_t)plan_scale(a->env->plan, a->step->timeout_ms);
    return for_ms ? for_ms : a->timeout_ms;
}

static void follow_start(struct action *a)
{
    struct follow_state *s = XNEW(struct follow_state);

    a->state = s;
    if (!action_text(a, "command", true, &s->text))
        return;
    session_run(a->session, &(struct session_command){.text = strbuf_sv(&s->text),
                                                      .timeout_ms = follow_ms(a),
                                                      .output = follow_on_output,
                                                      .done = follow_on_done,
                                                      .arg = a});
}

static void follow_cancel(struct action *a)
{
    ((struct follow_state *)a->state)->stopped = true;
    session_cancel(a->session);
}

static void follow_release(struct action *a)
{
    struct follow_state *s = a->state;

    if (s)
        strbuf_release(&s->text);
    free(s);
    a->state = NULL;
}

const struct action_ops action_follow = {
    .kind = "follow",
    .resume = RESUME_AGAIN,
    .uses_session = true,
    .start = follow_start,
    .cancel = follow_cancel,
    .release = follow_release,
};
