/*
 * What a run writes into its journal, and tells its listener.
 */
#include "base/clock.h"
#include "base/sv.h"
#include "exec/brief.h"
#include "exec/run_int.h"

static const struct plan_step *run_plan_step(const struct run *r, struct sv id)
{
    size_t from = r->at > 0 ? r->at - 1 : 0;

    for (size_t k = 0; id.n && k < r->steps.n;
         k++) { /* most events are of the present step, or of the one before it */
        const struct plan_step *p = r->steps.v[(from + k) % r->steps.n].p;

        if (sv_eq(p->id, id))
            return p;
    }
    return NULL;
}

void run_queue(struct run *r, enum event_kind kind, const struct run_step *s, json_t *data)
{
    struct strbuf text = STRBUF(0);
    struct event *e = vec_add(&r->queue.v);

    json_write(data, &text);
    *vec_add(&r->queue.data) = data;
    e->at_us = clock_now_us();
    e->kind = kind;
    e->step = s ? s->p->id : (struct sv){"", 0};
    e->attempt = s ? s->attempt : 0;
    e->data = strbuf_sv(&text);
    *vec_add(&r->queue.texts) = strbuf_steal_str(&text);
}

static void run_events_clear(struct run_events_list *l)
{
    for (size_t i = 0; i < l->v.n; i++) {
        json_decref(l->data.v[i]);
        free(l->texts.v[i]);
    }
    l->v.n = l->data.n = l->texts.n = 0;
}

/* What is durable is not in the queue any more, before anybody hears of it. */
static void run_queue_kept(struct run *r)
{
    for (size_t i = 0; i < r->queue.v.n; i++) {
        *vec_add(&r->kept.v) = r->queue.v.v[i];
        *vec_add(&r->kept.data) = r->queue.data.v[i];
        *vec_add(&r->kept.texts) = r->queue.texts.v[i];
    }
    r->queue.v.n = r->queue.data.n = r->queue.texts.n = 0;
}

json_t *run_answer_data(bool yes, struct sv by, struct sv note)
{
    json_t *data = json_object();

    json_put_bool(data, "answer", yes);
    json_put_sv(data, "by", by);
    json_put_sv(data, "note", note);
    json_put_str(data, "how", "asked");
    return data;
}

static void run_events_release(struct run_events_list *l)
{
    run_events_clear(l);
    vec_release(&l->v);
    vec_release(&l->data);
    vec_release(&l->texts);
}

void run_queue_free(struct run *r)
{
    run_events_release(&r->queue);
    run_events_release(&r->kept);
}

/* The list grows when the listener's answer is committed meanwhile: all of it is told in the journal's order. */
static void run_tell_all_kept(struct run *r)
{
    for (size_t i = 0; r->opt.listen && i < r->kept.v.n; i++) {
        struct event e = r->kept.v.v[i];
        struct event_name name = event_kind_name(e.kind);

        r->opt.listen(r->opt.arg, &(struct run_event){.run = r->id,
                                                      .seq = e.seq,
                                                      .at_us = e.at_us,
                                                      .attempt = e.attempt,
                                                      .name = name.s,
                                                      .step = run_plan_step(r, e.step),
                                                      .data = r->kept.data.v[i]});
    }
    run_events_clear(&r->kept);
}

static void run_on_later(uv_timer_t *t)
{
    run_advance(t->data);
}

/* What the listener wants of the run has its turn when whoever commits is through with what it does. */
static void run_tell_kept(struct run *r)
{
    bool advancing = r->advancing;

    r->telling = r->advancing = true;
    run_tell_all_kept(r);
    r->telling = false;
    r->advancing = advancing;
    if (!advancing && r->want_advance && !r->over)
        (void)uv_timer_start(&r->later, run_on_later, 0, 0); /* always succeeds */
}

/* Beside the commit: what the run amounts to after it. */
static void run_summarize(struct run *r)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    if (!r->brief)
        return; /* uncovered: a commit has failed, and one more is tried */
    for (size_t i = 0; i < r->queue.v.n; i++)
        brief_take(r->brief, &r->queue.v.v[i], r->queue.data.v[i]);
    if (brief_write(r->brief, &text))
        journal_summarize(r->journal, strbuf_sv(&text));
}

bool run_commit(struct run *r)
{
    struct err err;

    if (r->queue.v.n == 0)
        return true;
    run_summarize(r);
    if (journal_append(r->journal, r->queue.v.v, r->queue.v.n, &err) != ERR_OK) {
        run_events_clear(&r->queue);
        brief_free(r->brief); /* it has seen what the journal does not have */
        r->brief = NULL;
        run_broken(r, &err);
        return false;
    }
    run_queue_kept(r);
    if (r->telling)
        return true; /* the listener has answered: it hears of it behind what it is being told */
    run_tell_kept(r);
    run_notify(r);
    return true;
}

void run_tell(struct run *r, const char *name, const struct run_step *s, json_t *data)
{
    if (r->opt.listen)
        r->opt.listen(r->opt.arg, &(struct run_event){.run = r->id,
                                                      .at_us = clock_now_us(),
                                                      .attempt = s ? s->attempt : 0,
                                                      .name = name,
                                                      .step = s ? s->p : NULL,
                                                      .data = data});
    json_decref(data);
}

void run_tell_output(struct run *r, const struct run_step *s, struct sv host,
                     enum child_stream stream, struct sv bytes)
{
    json_t *data;

    if (!r->opt.listen)
        return;
    data = json_object();
    json_put_str(data, "stream", stream == CHILD_OUT ? "out" : "err");
    json_put_sv(data, "host", host);
    r->opt.listen(r->opt.arg, &(struct run_event){.run = r->id,
                                                  .at_us = clock_now_us(),
                                                  .attempt = s->attempt,
                                                  .name = "output",
                                                  .step = s->p,
                                                  .data = data,
                                                  .bytes = bytes});
    json_decref(data);
}

/* --- outcomes --- */

static void run_put_output(struct run *r, json_t *data, const char *key, const struct capture *c,
                           struct hash *ret, bool *has)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    json_t *j;

    *has = false;
    if (c->total == 0)
        return;
    capture_text(c, &text);
    *ret = journal_blob(r->journal, strbuf_sv(&text));
    *has = true;
    j = json_object();
    json_put_str(j, "blob", hash_hex(ret).s);
    json_put_int(j, "bytes", (int64_t)c->total);
    if (capture_is_cut(c))
        json_put_bool(j, "cut", true);
    json_put(data, key, j);
}

/* What is known of the act itself, whatever its kind. */
static void run_put_facts(json_t *data, const struct action_outcome *o)
{
    if (o->status >= 0)
        json_put_int(data, "status", o->status);
    if (o->http_status)
        json_put_int(data, "http_status", o->http_status);
    if (o->elapsed_us)
        json_put_int(data, "elapsed_us", o->elapsed_us);
    if (o->rows >= 0)
        json_put_int(data, "rows", o->rows);
    if (o->has_number)
        json_put_real(data, "number", o->number);
    if (o->active >= 0)
        json_put_bool(data, "active", o->active);
    if (o->free_bytes >= 0)
        json_put_real(data, "free_bytes", o->free_bytes);
}

/* The session's state after the command: resume goes on from there. */
static void run_put_state(struct run *r, const struct action *a, json_t *data)
{
    struct session *session = a->session;
    json_t *diff;

    if (!session || !session_knows_state(session) || !session_state(session)->cwd.n)
        return;
    diff = session_state_diff(session_state(session), session_base(session), r->opt.secrets);
    run_session_remember(r, a->step, diff);
    json_put(data, "state_after", json_incref(diff));
    json_decref(diff);
}

/* A command that failed was perhaps in another folder than its author thought. */
static void run_put_folder(const struct run *r, json_t *data)
{
    const struct session *session = r->action_ready ? r->action.session : NULL;

    if (session && session_knows_state(session) && session_state(session)->cwd.n &&
        !sv_eq(session_state(session)->cwd, r->plan->workdir))
        json_put_sv(data, "folder", session_state(session)->cwd);
}

void run_queue_host_outcome(struct run *r, struct run_step *s, size_t host)
{
    const struct run_host *h = &s->hosts[host];
    const struct run_on *on = r->fleet.on ? &r->fleet.on[host] : NULL;
    json_t *data = json_object();
    struct hash ignored;
    bool has;

    json_put_sv(data, "host", s->p->on[host].host);
    json_put_str(data, "state", step_state_name(h->state));
    if (on && on->ready) {
        const struct action_outcome *o = &on->action.outcome;

        json_put_int(data, "started_us", o->begun_us);
        json_put_int(data, "ended_us", clock_steady_us());
        run_put_facts(data, o);
        run_put_output(r, data, "out", &o->out, &ignored, &has);
        run_put_output(r, data, "err", &o->errs, &ignored, &has);
        run_put_state(r, &on->action, data);
        if (on->checks)
            json_put(data, "expectations", json_incref(on->checks));
    }
    json_put_sv(data, "reason", h->reason);
    json_put_bool(data, "touched", h->touched);
    run_queue(r, EVENT_HOST_OUTCOME, s, data);
}

static json_t *run_host_states(const struct run_step *s)
{
    json_t *list = json_array();

    for (size_t i = 0; i < s->p->n_on; i++) {
        json_t *j = json_object();

        json_put_sv(j, "host", s->p->on[i].host);
        json_put_str(j, "state", step_state_name(s->hosts[i].state));
        json_append(list, j);
    }
    return list;
}

void run_queue_outcome(struct run *r, struct run_step *s)
{
    json_t *data = json_object();
    struct hash ignored;
    int64_t now_us = clock_steady_us();
    bool has;

    /* not before it began, which may have been in a process whose clock was ahead */
    s->ended_us = now_us > s->started_us ? now_us : s->started_us;
    json_put_str(data, "state", step_state_name(s->state));
    json_put_int(data, "started_us", s->started_us);
    json_put_int(data, "ended_us", s->ended_us);
    if (r->waited_us > 0)
        json_put_int(data, "waited_us", r->waited_us);
    if (r->action_ready) {
        const struct action_outcome *o = &r->action.outcome;

        run_put_facts(data, o);
        run_put_output(r, data, "out", &o->out, &s->out, &s->has_out);
        run_put_output(r, data, "err", &o->errs, &ignored, &has);
        run_put_state(r, &r->action, data);
    }
    if (s->p->n_on)
        json_put(data, "hosts", run_host_states(s));
    if (r->checks)
        json_put(data, "expectations", json_incref(r->checks));
    if (r->reason)
        json_put_str(data, "reason", r->reason);
    if (s->state == STEP_FAILED)
        run_put_folder(r, data);
    run_queue(r, EVENT_STEP_OUTCOME, s, data);
}
