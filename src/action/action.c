#include "action/action.h"

#include "action/proof.h"
#include "base/clock.h"
#include "base/sv.h"

const struct action_ops *const action_table[] = {
#define ACTION(kind) &action_##kind,
#include "action/actions.inc"
#undef ACTION
};
const size_t n_actions = ARRAY_LEN(action_table);

const struct action_ops *action_find(struct sv kind)
{
    for (size_t i = 0; i < n_actions; i++)
        if (sv_eq(kind, sv_from(action_table[i]->kind)))
            return action_table[i];
    return NULL;
}

void action_init(struct action *a)
{
    assert(a->step && a->env && a->done);
    a->ops = action_find(a->step->kind);
    assert(a->ops);
    a->outcome = (struct action_outcome){.status = -1, .rows = -1, .active = -1, .free_bytes = -1};
    capture_begin(&a->outcome.out, a->env->secrets);
    capture_begin(&a->outcome.errs, a->env->secrets);
}

void action_release(struct action *a)
{
    assert(!a->running);
    proof_release(a);
    capture_release(&a->outcome.out);
    capture_release(&a->outcome.errs);
    arena_release(&a->arena);
}

static struct values_of action_values(const struct action *a, bool for_shell)
{
    return (struct values_of){.named = a->env->values,
                              .plan = a->env->plan,
                              .state = a->session ? session_state(a->session) : NULL,
                              .for_shell = for_shell};
}

enum err_code action_resolve_path(const struct action *a, const json_t *pieces, struct strbuf *out,
                                  struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct values_of of = action_values(a, false);

    if (values_text(&of, pieces, &text, err) != ERR_OK)
        return err->code;
    if (!sv_starts(strbuf_sv(&text), SV("/"))) {
        strbuf_add_sv(out, of.state && of.state->cwd.n ? of.state->cwd : of.plan->workdir);
        strbuf_add_byte(out, '/');
    }
    strbuf_add_sv(out, strbuf_sv(&text));
    return ERR_OK;
}

/* --- starting and reporting --- */

static void action_on_closed(uv_handle_t *h)
{
    struct action *a = h->data;

    if (--a->open_handles > 0)
        return;
    a->running = false;
    if (a->ops->release)
        a->ops->release(a);
    a->done(a);
}

static void action_fill_made(struct action *a)
{
    const json_t *makes = json_object_get(a->step->action, "makes");
    struct err err;

    for (size_t i = 0; i < json_array_size(makes); i++) {
        CLEANUP(strbuf_release) struct strbuf path = STRBUF(0);

        if (a->outcome.n_made < ARRAY_LEN(a->outcome.made) &&
            action_resolve_path(a, json_array_get(makes, i), &path, &err) == ERR_OK)
            a->outcome.made[a->outcome.n_made++] = arena_strdup(&a->arena, strbuf_sv(&path));
    }
}

static void action_report(struct action *a)
{
    struct sv shown;

    capture_end(&a->outcome.out, &shown);
    if (shown.n && a->output)
        a->output(a, CHILD_OUT, shown);
    capture_end(&a->outcome.errs, &shown);
    if (shown.n && a->output)
        a->output(a, CHILD_ERR, shown);
    uv_close((uv_handle_t *)&a->report, action_on_closed);
    uv_close((uv_handle_t *)&a->delay, action_on_closed);
}

static void action_on_report(uv_timer_t *t)
{
    struct action *a = t->data;

    action_fill_made(a);
    if (proof_is_due(a))
        proof_begin(a, action_report);
    else
        action_report(a);
}

void action_finish(struct action *a, enum action_result result)
{
    assert(a->running && !a->finishing && result != ACTION_NONE);
    a->finishing = true;
    a->outcome.result = result;
    (void)uv_timer_stop(&a->delay);                           /* always succeeds */
    (void)uv_timer_start(&a->report, action_on_report, 0, 0); /* fails only without a callback */
}

void action_break(struct action *a, const struct err *err)
{
    a->outcome.err = *err;
    action_finish(a, ACTION_BROKE);
}

static void action_on_delay(uv_timer_t *t)
{
    struct action *a = t->data;

    a->ops->start(a);
}

void action_start(struct action *a)
{
    uint64_t delay_ms = action_ms(a, "delay_ms");

    assert(!a->running);
    a->running = true;
    a->finishing = false;
    (void)uv_timer_init(a->env->loop, &a->report); /* always succeeds */
    (void)uv_timer_init(a->env->loop, &a->delay);
    a->report.data = a->delay.data = a;
    a->open_handles = 2;
    a->outcome.started_us = clock_now_us();
    a->outcome.begun_us = clock_steady_us();
    if (delay_ms)
        (void)uv_timer_start(&a->delay, action_on_delay, delay_ms, 0);
    else
        a->ops->start(a);
}

void action_cancel(struct action *a)
{
    if (a->running && a->finishing)
        proof_stop(a); /* all that can still take long */
    if (!a->running || a->finishing)
        return;
    if (uv_is_active((uv_handle_t *)&a->delay))
        action_finish(a, ACTION_STOPPED); /* it had not begun */
    else if (a->ops->cancel)
        a->ops->cancel(a);
}

/* --- for the rows --- */

void action_print(struct action *a, enum child_stream stream, struct sv bytes)
{
    struct capture *c = stream == CHILD_OUT ? &a->outcome.out : &a->outcome.errs;
    struct sv shown;

    capture_add(c, bytes, &shown);
    if (shown.n && a->output)
        a->output(a, stream, shown);
}

bool action_text(struct action *a, const char *key, bool for_shell, struct strbuf *out)
{
    return action_pieces(a, json_object_get(a->step->action, key), for_shell, out);
}

bool action_pieces(struct action *a, const json_t *pieces, bool for_shell, struct strbuf *out)
{
    struct values_of of = action_values(a, for_shell);
    struct err err;

    if (values_text(&of, pieces, out, &err) == ERR_OK)
        return true;
    action_break(a, &err);
    return false;
}

bool action_path(struct action *a, const char *key, struct strbuf *out)
{
    struct err err;

    if (action_resolve_path(a, json_object_get(a->step->action, key), out, &err) == ERR_OK)
        return true;
    action_break(a, &err);
    return false;
}

uint64_t action_ms(const struct action *a, const char *key)
{
    return (uint64_t)plan_scale(a->env->plan, json_get_int(a->step->action, key, 0));
}
