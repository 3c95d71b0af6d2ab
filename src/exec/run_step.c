/*
 * One step of a run: the driver of the table in step_fsm.c.
 */
#include <math.h>
#include <stdarg.h>

#include "base/clock.h"
#include "base/sv.h"
#include "exec/run_int.h"

void run_set_reason(struct run *r, const char *fmt, ...)
{
    struct strbuf b = STRBUF(0);
    va_list ap;

    va_start(ap, fmt);
    strbuf_vaddf(&b, fmt, ap);
    va_end(ap);
    free(r->reason);
    r->reason = strbuf_steal_str(&b);
}

struct run_step *run_current(struct run *r)
{
    assert(r->at < r->steps.n);
    return &r->steps.v[r->at];
}

static void run_step_clear(struct run *r)
{
    if (r->action_ready)
        action_release(&r->action);
    r->action_ready = false;
    run_fleet_clear(r);
    json_decref(r->checks);
    r->checks = NULL;
    free(r->last_reason);
    r->last_reason = r->reason; /* for what is said about the run */
    r->reason = NULL;
    r->has_first_sum = false;
    r->wait_until_us = 0;
    r->waited_us = 0;
}

/* --- starting --- */

static void run_on_output(struct action *a, enum child_stream stream, struct sv shown)
{
    struct run *r = a->owner;

    run_tell_output(r, run_current(r), (struct sv){NULL, 0}, stream, shown);
}

static void run_on_action_done(struct action *a)
{
    struct run *r = a->owner;

    r->acting = false;
    if (r->over) /* the journal broke meanwhile: what it came to cannot be kept */
        return;
    assert(a->outcome.result != ACTION_NONE); /* it reports what it came to */
    switch (a->outcome.result) {
    case ACTION_ENDED:
        run_hold_update(r, r->at); /* a question about it may stand for hours, or be answered no */
        run_step_event(r, EV_ENDED);
        break;
    case ACTION_LOST:
        if (run_current(r)->attempt < RUN_LOST_TRIES) {
            run_step_event(r, EV_LOST);
            break;
        }
        run_set_reason(r, "%s %u times", a->outcome.err.msg, RUN_LOST_TRIES);
        run_step_event(r, EV_BROKE);
        break;
    case ACTION_BROKE:
    case ACTION_TIMEOUT:
        run_set_reason(r, "%s", a->outcome.err.msg);
        run_step_event(r, EV_BROKE);
        break;
    case ACTION_STOPPED:
    case ACTION_NONE:
    default: run_step_event(r, EV_BROKE); break;
    }
}

static void run_act(struct run *r)
{
    struct run_step *s = run_current(r);
    const struct action_ops *ops = action_find(s->p->kind);
    uint64_t timeout_ms = (uint64_t)plan_bound(r->plan, s->p->timeout_ms);

    if (s->p->n_on) {
        run_fleet_act(r);
        return;
    }
    assert(ops);
    if (r->action_ready)
        action_release(&r->action);
    r->action = (struct action){.step = s->p,
                                .env = &r->env,
                                .timeout_ms = timeout_ms,
                                .output = run_on_output,
                                .done = run_on_action_done,
                                .owner = r};
    if (ops->uses_session)
        r->action.session = run_session_for(r, s->p);
    action_init(&r->action);
    r->action_ready = true;
    r->acting = true;
    action_start(&r->action);
}

static void run_queue_intent(struct run *r, struct run_step *s)
{
    json_t *data = json_object();

    s->attempt++;
    s->started_us = clock_steady_us();
    s->intent_us = clock_now_us();
    json_put_sv(data, "command", s->p->command);
    json_put_sv(data, "host", s->p->host);
    json_put_sv(data, "kind", s->p->kind);
    if (s->p->n_on)
        json_put(data, "hosts", run_fleet_ready(r));
    run_hold_put_intent(r, s->p, data);
    run_queue(r, EVENT_STEP_INTENT, s, data);
}

/* --- checking --- */

static void run_add_check(const struct run *r, const struct plan_expect *e, const char *by,
                          json_t *checks)
{
    json_t *j = json_object();

    json_put_int(j, "line", (int64_t)(e ? e->e.line : 0));
    json_put_sv(j, "text", e ? e->e.source : SV("it succeeds"));
    json_put_str(j, "form", e ? rb_expect_name(e->e.form) : "exit");
    json_put_str(j, "result", verify_name(r->check.result));
    json_put_sv(j, "seen", strbuf_sv(&r->check.seen));
    json_put_str(j, "by", by);
    json_append(checks, j);
}

/* What the document does not ask for, as r->check has it. */
static void run_add_own_check(const struct run *r, const char *text, const char *form,
                              json_t *checks)
{
    json_t *j;

    run_add_check(r, NULL, "machine", checks);
    j = json_array_get(checks, json_array_size(checks) - 1);
    json_put_str(j, "text", text);
    json_put_str(j, "form", form);
}

void run_add_said(struct run *r, const struct plan_expect *e, bool yes, struct sv by,
                  struct sv note, json_t *checks)
{
    r->check.result = yes ? VERIFY_HOLDS : VERIFY_FAILS;
    strbuf_truncate(&r->check.seen, 0);
    strbuf_add_sv(&r->check.seen, note);
    run_add_check(r, e, arena_strdup(&r->arena, by), checks);
}

const struct plan_expect *run_open_expect(const struct plan_step *p, size_t *at)
{
    for (; *at < p->n_expects; (*at)++)
        if (!p->expects[*at].machine)
            return &p->expects[*at];
    return NULL;
}

/* "exit status 1: tail: cannot open 'app.log'" of a search: what there was to search in may be what is wrong. */
static void run_say_nothing(struct verify *check)
{
    CLEANUP(strbuf_release) struct strbuf was = STRBUF(0);
    struct sv said;

    strbuf_add_sv(&was, strbuf_sv(&check->seen));
    said = strbuf_sv(&was);
    (void)sv_eat(&said, SV("exit status 1")); /* it is */
    strbuf_truncate(&check->seen, 0);
    strbuf_addf(&check->seen, "it finds nothing (exit status 1 of grep)%.*s", SV_FMT(said));
}

enum verify_result run_judge(struct run *r, const struct plan_step *p,
                             const struct action_outcome *o, json_t *checks)
{
    enum verify_result worst = VERIFY_HOLDS;
    size_t open = 0;
    bool nothing = verify_found_nothing(p, o);

    if (!verify_status_is_expected(p) && !(nothing && !p->answered && run_open_expect(p, &open))) {
        verify_default(o, &r->check);
        if (nothing)
            run_say_nothing(&r->check);
        run_add_check(r, NULL, "machine", checks);
        worst = r->check.result;
    }
    if (o->proof.n) {
        r->check.result = o->proof_failed ? VERIFY_FAILS : VERIFY_HOLDS;
        strbuf_truncate(&r->check.seen, 0);
        strbuf_add_sv(&r->check.seen, o->proof);
        run_add_own_check(r, "the backup can be read whole", "proof", checks);
        worst = o->proof_failed ? VERIFY_FAILS : worst;
    }
    if (verify_client_erred(p, o, &r->check)) {
        run_add_own_check(r, "the client reports no error", "client", checks);
        worst = VERIFY_FAILS;
    }
    for (size_t i = 0; i < p->n_expects; i++) {
        if (!p->expects[i].machine)
            continue;
        verify_expect(&p->expects[i], o, clock_now_us(), &r->check);
        run_add_check(r, &p->expects[i], "machine", checks);
        if (r->check.result == VERIFY_FAILS ||
            (r->check.result == VERIFY_UNKNOWN && worst == VERIFY_HOLDS))
            worst = r->check.result;
    }
    return worst;
}

void run_explain(const json_t *checks, struct strbuf *out)
{
    for (size_t i = 0; i < json_array_size(checks); i++) {
        const json_t *c = json_array_get(checks, i);

        struct sv result = json_get_sv(c, "result");
        const char *text = json_get_str(c, "text", ""), *seen = json_get_str(c, "seen", "");
        const char *quote = strchr(text, '"') ? "" : "\"";

        if (sv_eq(result, SV("holds")))
            continue;
        if (json_get_int(c, "line", 0) == 0 && *seen) { /* nobody wrote it */
            strbuf_add_str(out, seen);
            return;
        }
        strbuf_addf(out, "expected %s%s%s%s%s%s", quote, text, quote,
                    sv_eq(result, SV("unknown")) ? ", which cannot be told" : "",
                    *seen ? ": " : " from what it printed", seen);
        return;
    }
}

static void run_on_again(uv_timer_t *t)
{
    struct run *r = t->data;

    if (run_current(r)->state == STEP_CHECKING)
        run_step_event(r, EV_AGAIN);
}

void run_look_again(struct run *r, uint64_t ms)
{
    (void)uv_timer_start(&r->again, run_on_again, ms, 0); /* fails only without a callback */
}

bool run_expects_increase(const struct plan_step *p)
{
    for (size_t i = 0; i < p->n_expects; i++)
        if (p->expects[i].e.form == EXPECT_INCREASES)
            return true;
    return false;
}

/* "count increasing": two looks; the second one is judged by the difference.  True: look once more. */
static bool run_needs_second_look(struct run *r, const struct plan_step *p)
{
    double sum;

    if (!run_expects_increase(p))
        return false;
    sum = verify_sum(&r->action.outcome);
    if (!r->has_first_sum) {
        r->first_sum = sum;
        r->has_first_sum = true;
        run_look_again(r, 1000);
        return true;
    }
    r->action.outcome.has_number = true;
    r->action.outcome.number = sum - r->first_sum;
    return false;
}

/* "(wait max 30 seconds)": the look is repeated until it holds. */
bool run_time_left(struct run *r, const struct plan_step *p)
{
    int64_t now_us = clock_steady_us();

    if (!p->wait_ms)
        return false;
    if (!r->wait_until_us)
        r->wait_until_us = now_us + plan_bound(r->plan, p->wait_ms) * 1000;
    return now_us < r->wait_until_us;
}

/* A person looks at what a machine could not judge: the answer given ahead, or a question. */
static void run_check_people(struct run *r)
{
    const struct plan_step *p = run_current(r)->p;
    const struct plan_expect *e = run_open_expect(p, &r->check_at);

    if (!e) {
        run_step_event(r, EV_HOLDS);
    } else if (p->answered) {
        run_add_said(r, e, p->answer, p->answer_by, p->answer_note, r->checks);
        r->check_at++;
        if (p->answer) {
            run_check_people(r);
        } else {
            run_set_reason(r, "%.*s said no to \"%.*s\"", SV_FMT(p->answer_by),
                           SV_FMT(e->e.source));
            run_step_event(r, EV_FAILS);
        }
    } else {
        r->question = QUESTION_OUTCOME;
        run_step_event(r, EV_ASK);
    }
}

static void run_check(struct run *r)
{
    const struct plan_step *p = run_current(r)->p;
    CLEANUP(strbuf_release) struct strbuf why = STRBUF(0);
    enum verify_result worst;

    if (p->n_on) {
        run_fleet_check(r);
        return;
    }
    if (run_needs_second_look(r, p))
        return;
    json_decref(r->checks);
    r->checks = json_array();
    worst = run_judge(r, p, &r->action.outcome, r->checks);
    if (worst != VERIFY_HOLDS && run_time_left(r, p)) {
        run_look_again(r, 200);
        return;
    }
    if (worst == VERIFY_HOLDS) {
        r->check_at = 0;
        run_check_people(r);
        return;
    }
    run_explain(r->checks, &why);
    run_set_reason(r, "%s", strbuf_str(&why));
    run_step_event(r, EV_FAILS);
}

/* --- asking --- */

/* Contact with the host was lost during the act. */
static bool run_is_lost(const struct run *r)
{
    return r->action_ready && r->action.outcome.result == ACTION_LOST;
}

struct sv run_open_expects(struct run *r, const struct plan_step *p, size_t at)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    const struct plan_expect *e;

    for (; (e = run_open_expect(p, &at)) != NULL; at++)
        strbuf_addf(&text, "%s%.*s", text.n ? "\n" : "", SV_FMT(e->e.source));
    return arena_sv(&r->arena, strbuf_sv(&text));
}

static struct sv run_question_text(struct run *r, const struct plan_step *p)
{
    struct sv open;

    if (r->question == QUESTION_DOUBT && run_is_lost(r))
        return arena_fmt(&r->arena, "%s while '%.*s' ran: did it happen?",
                         r->action.outcome.err.msg, SV_FMT(p->command));
    if (r->question == QUESTION_DOUBT)
        return arena_fmt(&r->arena,
                         "'%.*s' was begun before the run was interrupted: did it happen?",
                         SV_FMT(p->command));
    if (r->question != QUESTION_OUTCOME)
        return p->command;
    open = run_open_expects(r, p, r->check_at);
    return open.n ? open : p->command;
}

static void run_wait_for(struct run *r, const char *what, const char *next)
{
    const struct run_step *s = run_current(r);
    struct sv id = s->p->id;
    struct run_question q = {.kind = r->question};

    if (s->p->n_on && r->question == QUESTION_DOUBT) {
        run_fleet_question(r, &q);
        (void)err_set(&r->err, ERR_WAITING, "step %.*s is in doubt on %.*s: %.*s", SV_FMT(id),
                      SV_FMT(q.host), SV_FMT(q.text));
    } else if (run_is_lost(r))
        (void)err_set(&r->err, ERR_WAITING, "step %.*s is in doubt, %s: did it happen?", SV_FMT(id),
                      r->action.outcome.err.msg);
    else
        (void)err_set(&r->err, ERR_WAITING, "step %.*s waits for %s", SV_FMT(id), what);
    (void)err_hint(&r->err, "%s", next); /* before the end: it is journaled */
    run_end(r, EXIT_CODE_WAITING);
}

/* The first line of what is asked, and how many other expectations are in it. */
static struct sv run_brief_question(struct run *r, const struct run_question *q)
{
    struct sv rest = q->text, first, line;
    size_t more = 0;

    (void)sv_next_line(&rest, &first); /* it is not empty */
    while (sv_next_line(&rest, &line))
        more++;
    if (q->kind != QUESTION_OUTCOME || !more)
        return first;
    return arena_fmt(&r->arena, "%.*s, and %zu more", SV_FMT(first), more);
}

/* Whoever looks at the run reads what it waits for, and not that the last command still runs. */
static bool run_tell_question(struct run *r, const struct run_question *q)
{
    struct sv by = r->opt.operator_name, text = run_brief_question(r, q);
    json_t *data = json_object();

    json_put_str(data, "gate", "question");
    json_put_sv(data, "for",
                arena_fmt(&r->arena, "an answer of %.*s, at the terminal of the run%s%.*s: %.*s",
                          SV_FMT(by), q->host.n ? ", for " : "", SV_FMT(q->host), SV_FMT(text)));
    json_put_int(data, "since_us", clock_now_us());
    run_queue(r, EVENT_GATE_WAITING, run_current(r), data);
    return run_commit(r);
}

/* Nobody is there to be asked: the run waits for somebody who is. */
static void run_ask_nobody(struct run *r, const struct run_question *q)
{
    struct sv text = run_brief_question(r, q);
    struct sv what = arena_fmt(&r->arena, "an answer%s%.*s: %.*s", q->host.n ? ", for " : "",
                               SV_FMT(q->host), SV_FMT(text));
    struct sv next =
        arena_fmt(&r->arena, "prusik resume %s from a terminal", event_run_text(r->id).s);

    run_wait_for(r, what.p, next.p);
}

void run_ask(struct run *r, const struct run_question *q)
{
    if (!r->opt.ask) {
        run_ask_nobody(r, q);
        return;
    }
    if (!run_tell_question(r, q))
        return;
    r->asking = true;
    r->asked_us = clock_steady_us();
    r->fleet_asks = q->kind != QUESTION_CHOICE && q->step->n_on > 0;
    r->opt.ask(r->opt.arg, q);
}

static void run_ask_of_step(struct run *r)
{
    const struct plan_step *p = run_current(r)->p;
    struct run_question q = {.kind = r->question,
                             .step = p,
                             .outcome = r->action_ready ? &r->action.outcome : NULL,
                             .into_bytes = -1};

    if (p->n_on)
        run_fleet_question(r, &q);
    else
        q.text = run_question_text(r, p);
    if (q.kind == QUESTION_OUTCOME && q.outcome && !q.outcome->out.total && r->opt.ask)
        run_printed_into(r, &q);
    run_ask(r, &q);
}

void run_queue_answer(struct run *r, bool yes, struct sv by, struct sv note, const char *how,
                      struct sv host)
{
    json_t *data = json_object();

    json_put_str(data, "answer", yes ? "yes" : "no");
    json_put_sv(data, "by", by);
    json_put_sv(data, "note", note);
    json_put_str(data, "how", how);
    json_put_sv(data, "host", host);
    run_queue(r, EVENT_ANSWER, run_current(r), data);
}

void run_step_answer(struct run *r, bool yes, struct sv by, struct sv note)
{
    struct run_step *s = run_current(r);

    r->asking = false;
    r->waited_us += clock_steady_us() - r->asked_us;
    if (r->fleet_asks) {
        r->fleet_asks = false;
        run_fleet_answer(r, yes, false, by, note);
        return;
    }
    run_queue_answer(r, yes, by, note, "asked", (struct sv){NULL, 0});
    s->denied = !yes && r->question != QUESTION_DOUBT;
    if (s->denied)
        run_set_reason(r, "%.*s said no%s%.*s", SV_FMT(by), note.n ? ": " : "", SV_FMT(note));
    if (r->question == QUESTION_OUTCOME && yes)
        for (const struct plan_expect *e; (e = run_open_expect(s->p, &r->check_at)) != NULL;
             r->check_at++) /* all of them stood in the question */
            run_add_said(r, e, true, by, (struct sv){NULL, 0}, r->checks);
    if (r->question == QUESTION_OUTCOME && yes) {
        run_step_event(r, EV_HOLDS);
        return;
    }
    run_step_event(r, yes ? EV_OPENED : EV_DENIED);
}

/* --- in doubt --- */

void run_queue_doubt(struct run *r, const char *decision, struct sv evidence, json_t *hosts)
{
    json_t *data = json_object();

    json_put_str(data, "decision", decision);
    json_put_sv(data, "evidence", evidence);
    if (hosts)
        json_put(data, "hosts", hosts);
    run_queue(r, EVENT_STEP_DOUBT, run_current(r), data);
}

/* What the world says: 1 it happened, 0 it did not, -1 nobody knows. */
static int run_ask_world(struct run *r, const struct run_step *s, const struct action_ops *ops)
{
    struct action a = {
        .ops = ops, .step = s->p, .env = &r->env, .outcome = {.started_us = s->intent_us}};

    return ops && ops->resume == RESUME_PROBE ? ops->probe(&a) : -1;
}

/* Did it happen?  By idempotence, by what is there, by the plan's word, or by asking (style 28). */
static void run_probe(struct run *r)
{
    struct run_step *s = run_current(r);
    const struct action_ops *ops = action_find(s->p->kind);
    int happened = run_ask_world(r, s, ops);

    if (s->p->n_on) {
        run_fleet_probe(r);
    } else if (happened == 1) {
        run_queue_doubt(r, "done", SV("what is there now says that it happened"), NULL);
        run_step_event(r, EV_HOLDS);
    } else if (happened == 0) {
        run_queue_doubt(r, "again", SV("what is there now says that it did not happen"), NULL);
        run_step_event(r, EV_AGAIN);
    } else if (ops && ops->resume == RESUME_AGAIN) {
        run_queue_doubt(r, "again", SV("doing it again does no harm"), NULL);
        run_step_event(r, EV_AGAIN);
    } else if (sv_eq(s->p->in_doubt, SV("again"))) {
        run_queue_doubt(r, "again", s->p->in_doubt_why, NULL);
        run_step_event(r, EV_AGAIN);
    } else if (sv_eq(s->p->in_doubt, SV("done"))) {
        run_queue_doubt(r, "done", s->p->in_doubt_why, NULL);
        run_step_event(r, EV_HOLDS);
    } else {
        r->question = QUESTION_DOUBT;
        run_step_event(r, EV_ASK);
    }
}

/* --- the driver --- */

static void run_record(struct run *r)
{
    struct run_step *s = run_current(r);

    if (s->state == STEP_SKIPPED)
        return; /* run_step_begin() has said why */
    run_queue_outcome(r, s);
    run_step_clear(r);
}

static void run_start_act(struct run *r, enum step_state before)
{
    struct run_step *s = run_current(r);

    /* A look that is repeated is one attempt; everything else is an intent of its own. */
    if (before != STEP_CHECKING) {
        run_step_clear(r);
        run_queue_intent(r, s);
        if (!run_commit(r))
            return;
    }
    run_act(r);
}

void run_act_cancel(struct run *r)
{
    if (r->acting && r->fleet.on)
        run_fleet_cancel(r);
    else if (r->acting)
        action_cancel(&r->action);
}

void run_step_event(struct run *r, enum step_event ev)
{
    struct run_step *s = run_current(r);
    enum step_state before = s->state;
    struct step_move m = step_fsm(before, ev);

    assert(m.effect != FX_BUG);
    s->state = m.next;
    switch (m.effect) {
    case FX_START: run_start_act(r, before); break;
    case FX_ASK: run_ask_of_step(r); break;
    case FX_CHECK: run_check(r); break;
    case FX_RECORD:
        run_record(r);
        run_advance(r);
        break;
    case FX_STOP:
        (void)uv_timer_stop(&r->again); /* always succeeds */
        run_act_cancel(r);
        break;
    case FX_PROBE: run_probe(r); break;
    case FX_NONE:
    case FX_BUG:
    case STEP_FX__N:
    default: break;
    }
}

void run_step_settle(struct run *r)
{
    run_step_event(r, EV_LOST);
}

void run_step_cancel(struct run *r)
{
    const struct run_step *s = run_current(r);

    (void)uv_timer_stop(&r->again); /* always succeeds */
    run_step_event(r, EV_CANCEL);
    assert(s->state != STEP_STOPPING || r->acting); /* the end of the action moves it on */
}

/* --- a step's turn --- */

void run_step_skip(struct run *r, struct sv why)
{
    json_t *data = json_object();

    json_put_sv(data, "reason", why);
    json_put_str(data, "by", "plan");
    run_queue(r, EVENT_STEP_SKIPPED, run_current(r), data);
    run_step_event(r, EV_SKIP);
}

static void run_manual(struct run *r)
{
    const struct plan_step *p = run_current(r)->p;

    r->question = QUESTION_MANUAL;
    if (!p->answered) {
        run_step_event(r, EV_HELD);
        return;
    }
    run_current(r)->state = STEP_WAITING;
    run_queue_answer(r, p->answer, p->answer_by, p->answer_note, "given ahead",
                     (struct sv){NULL, 0});
    if (!p->answer)
        run_set_reason(r, "%.*s said no", SV_FMT(p->answer_by));
    run_step_event(r, p->answer ? EV_OPENED : EV_DENIED);
}

/* Its gates were passed: that is all that an approval is. */
static void run_approved(struct run *r)
{
    run_current(r)->state = STEP_WAITING;
    run_step_event(r, EV_OPENED);
}

static void run_begin(struct run *r)
{
    const struct plan_step *p = run_current(r)->p;

    run_step_opened(r);
    if (sv_eq(p->kind, SV("manual")))
        run_manual(r);
    else if (sv_eq(p->kind, SV("approval")))
        run_approved(r);
    else
        run_step_event(r, EV_READY);
}

void run_step_begin(struct run *r)
{
    struct run_step *s = run_current(r);
    struct sv why;

    run_step_clear(r);
    if (s->p->skip.n)
        run_step_skip(r, s->p->skip);
    else if (run_branch_skip(r, s->p).n)
        run_step_skip(r, run_branch_skip(r, s->p));
    else if (run_back_skip(r).n)
        run_step_skip(r, run_back_skip(r));
    else if (run_fleet_leave_alone(r, &why))
        run_step_skip(r, why);
    else if (run_choices_open(r) && run_gates_open(r) && !run_watch_awaits_baseline(r, s))
        run_begin(r);
}
