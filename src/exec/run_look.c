/*
 * What the schedule of the document wants a person to look at, at its time: the items of a checkpoint that
 * no rule judges.
 */
#include "base/clock.h"
#include "base/sv.h"
#include "exec/run_int.h"

static bool look_is_wanted(const struct run *r, size_t i)
{
    const struct plan_checkpoint *c = &r->plan->checkpoints[i];

    for (size_t k = 0; k < c->n_items && !r->look.done[i]; k++)
        if (c->items[k].ask)
            return true;
    return false;
}

/* The first that nobody has looked at; false: none is left. */
static bool look_next(const struct run *r, size_t *ret)
{
    for (size_t i = 0; i < r->plan->n_checkpoints; i++)
        if (look_is_wanted(r, i)) {
            *ret = i;
            return true;
        }
    return false;
}

void run_look_init(struct run *r)
{
    r->look.done = ARENA_NEWN(&r->arena, bool, r->plan->n_checkpoints);
    (void)uv_timer_init(&r->loop, &r->look.timer); /* always succeeds */
    r->look.timer.data = r;
}

bool run_look_needed(const struct run *r)
{
    size_t i;

    return look_next(r, &i);
}

static void look_on_due(uv_timer_t *t)
{
    run_advance(t->data);
}

static void look_ask(struct run *r, size_t i)
{
    const struct plan_checkpoint *c = &r->plan->checkpoints[i];
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    strbuf_addf(&text, "%.*s, line %zu:", SV_FMT(c->name), c->line);
    for (size_t k = 0; k < c->n_items; k++)
        if (c->items[k].ask)
            strbuf_addf(&text, "\n  %.*s", SV_FMT(c->items[k].text));
    r->look.asked = i;
    r->asking = true;
    r->question = QUESTION_LOOK;
    r->opt.ask(r->opt.arg, &(struct run_question){.kind = QUESTION_LOOK, .text = strbuf_sv(&text)});
}

bool run_look_waits(struct run *r)
{
    size_t i;
    int64_t due_us, now_us = clock_steady_us();

    if (!r->opt.ask || !look_next(r, &i))
        return false;
    if (r->asking)
        return true; /* the answer calls run_advance() */
    due_us = r->mark_us + plan_scale(r->plan, r->plan->checkpoints[i].at_ms) * 1000;
    if (now_us >= due_us)
        look_ask(r, i);
    else /* fails only without a callback */
        (void)uv_timer_start(&r->look.timer, look_on_due, (uint64_t)((due_us - now_us) / 1000 + 1),
                             0);
    return true;
}

void run_look_answer(struct run *r, bool yes, struct sv by, struct sv note)
{
    const struct plan_checkpoint *c = &r->plan->checkpoints[r->look.asked];
    CLEANUP(strbuf_release) struct strbuf reason = STRBUF(0);
    json_t *data = run_answer_data(yes, by, note);

    r->asking = false;
    json_put_sv(data, "look", c->name);
    run_queue(r, EVENT_ANSWER, NULL, data);
    r->look.done[r->look.asked] = true;
    if (!run_commit(r))
        return;
    if (yes) {
        run_advance(r);
        return;
    }
    strbuf_addf(&reason, "%.*s said no at %.*s", SV_FMT(by), SV_FMT(c->name));
    if (note.n)
        strbuf_addf(&reason, ": %.*s", SV_FMT(note));
    run_roll_back(r, strbuf_sv(&reason), by);
}

void run_look_load(struct run *r, const json_t *data)
{
    struct sv name = json_get_sv(data, "look");

    for (size_t i = 0; i < r->plan->n_checkpoints && name.n; i++)
        if (sv_eq(r->plan->checkpoints[i].name, name))
            r->look.done[i] = true;
}

void run_look_stop(struct run *r)
{
    (void)uv_timer_stop(&r->look.timer); /* always succeeds */
}
