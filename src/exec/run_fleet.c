/*
 * A step on several hosts: the same act on each of them at the same time, judged for each by itself
 * (docs/adr/0008-fleets.md).  The step is done when it is on all of them, failed when it is on one.
 */
#include "base/clock.h"
#include "base/limits.h"
#include "base/sv.h"
#include "exec/run_int.h"

/* Outcomes that come within this time are one commit. */
#define RUN_KEEP_MS 20
/* A look that waits for something is repeated so often, unless the plan says another time. */
#define RUN_LOOK_MS 200
/* Hosts that a reason names. */
#define RUN_NAMED 3u

static const struct plan_step *run_on_step(const struct run_on *on)
{
    return &run_current(on->run)->p->on[on->at];
}

static struct run_host *run_on_host(const struct run_on *on)
{
    return &run_current(on->run)->hosts[on->at];
}

static size_t run_count(const struct run_step *s, enum step_state state)
{
    size_t n = 0;

    for (size_t i = 0; i < s->p->n_on; i++)
        n += s->hosts[i].state == state;
    return n;
}

/* The first host in this state; there is one. */
static size_t run_first(const struct run_step *s, enum step_state state)
{
    for (size_t i = 0; i < s->p->n_on; i++)
        if (s->hosts[i].state == state)
            return i;
    assert(!(bool)"a host in this state"); /* uncovered: there is one */
    return 0;                              /* uncovered: see above */
}

/* --- life --- */

static void run_on_keep(uv_timer_t *t)
{
    (void)!run_commit(t->data); /* when it cannot be kept run_broken() has ended the run */
}

void run_fleet_init(struct run *r)
{
    (void)uv_timer_init(&r->loop, &r->fleet.keep); /* always succeeds */
    r->fleet.keep.data = r;
}

void run_fleet_clear(struct run *r)
{
    struct run_fleet *f = &r->fleet;

    assert(f->running == 0);
    for (size_t i = 0; i < f->n; i++) {
        if (f->on[i].ready)
            action_release(&f->on[i].action);
        json_decref(f->on[i].checks);
        for (size_t k = 0; k < CHILD_STREAM__N; k++)
            strbuf_release(&f->on[i].lines[k]);
    }
    free(f->on);
    f->on = NULL;
    f->n = 0;
    f->said_all = 0;
    f->second_look = false;
}

void run_fleet_free(struct run *r)
{
    run_fleet_clear(r);
    if (!uv_is_closing((uv_handle_t *)&r->fleet.keep))
        uv_close((uv_handle_t *)&r->fleet.keep, NULL);
}

/* --- what it prints: whole lines, as those of several hosts come together --- */

static void run_on_tell(struct run_on *on, enum child_stream stream, bool all)
{
    struct strbuf *b = &on->lines[stream];
    size_t end = b->n;

    while (!all && end > 0 && b->p[end - 1] != '\n')
        end--;
    if (end > 0)
        run_tell_output(on->run, run_current(on->run), run_on_step(on)->host, stream,
                        sv_sub(strbuf_sv(b), 0, end));
    strbuf_consume(b, end);
}

static void run_on_host_output(struct action *a, enum child_stream stream, struct sv shown)
{
    struct run_on *on = a->owner;

    strbuf_add_sv(&on->lines[stream], shown);
    run_on_tell(on, stream, on->lines[stream].n > LIMIT_FLEET_LINE);
}

/* --- one host --- */

static void run_host_reason(struct run *r, struct run_host *h, struct sv text)
{
    h->reason = arena_sv(&r->arena, text);
}

/* "count increasing": the first of two looks. */
static bool run_on_looks_again(struct run_on *on)
{
    double sum;

    if (!run_expects_increase(run_on_step(on)))
        return false;
    sum = verify_sum(&on->action.outcome);
    if (!on->has_first_sum) {
        on->first_sum = sum;
        on->has_first_sum = on->run->fleet.second_look = true;
        return true;
    }
    on->action.outcome.has_number = true;
    on->action.outcome.number = sum - on->first_sum;
    return false;
}

/* The act came to its end.  PLANNED: it is looked at once more; CHECKING: a person has to look. */
static enum step_state run_on_ended(struct run_on *on)
{
    const struct plan_step *p = run_on_step(on);
    CLEANUP(strbuf_release) struct strbuf why = STRBUF(0);

    if (run_on_looks_again(on))
        return STEP_PLANNED;
    json_decref(on->checks);
    on->checks = json_array();
    if (run_judge(on->run, p, &on->action.outcome, on->checks) == VERIFY_HOLDS)
        return run_open_expect(p, &on->check_at) ? STEP_CHECKING : STEP_DONE;
    if (run_time_left(on->run, p))
        return STEP_PLANNED;
    run_explain(on->checks, &why);
    run_host_reason(on->run, run_on_host(on), strbuf_sv(&why));
    return STEP_FAILED;
}

static enum step_state run_on_judge(struct run_on *on)
{
    const struct action_outcome *o = &on->action.outcome;
    struct run_host *h = run_on_host(on);

    if (o->result == ACTION_ENDED)
        return run_on_ended(on);
    if (o->result == ACTION_STOPPED)
        return STEP_STOPPED;
    if (o->result == ACTION_BROKE && o->err.code == ERR_NET)
        h->touched = h->was_touched; /* nothing was begun there */
    if (run_time_left(on->run, run_on_step(on)))
        return STEP_PLANNED;
    run_host_reason(on->run, h, sv_from(o->err.msg));
    return o->result == ACTION_LOST ? STEP_IN_DOUBT : STEP_FAILED;
}

static void run_fleet_ended(struct run *r);

static void run_on_host_done(struct action *a)
{
    struct run_on *on = a->owner;
    struct run *r = on->run;
    struct run_host *h;

    on->acting = false;
    r->fleet.running--;
    r->acting = r->fleet.running > 0;
    if (r->over) /* the journal broke meanwhile: what it came to cannot be kept */
        return;
    h = run_on_host(on);
    run_on_tell(on, CHILD_OUT, true);
    run_on_tell(on, CHILD_ERR, true);
    h->state = run_on_judge(on);
    if (h->state != STEP_PLANNED && h->state != STEP_CHECKING)
        run_queue_host_outcome(r, run_current(r), on->at);
    if (r->fleet.running == 0)
        run_fleet_ended(r);
    else if (!uv_is_active((uv_handle_t *)&r->fleet.keep))
        (void)uv_timer_start(&r->fleet.keep, run_on_keep, RUN_KEEP_MS, 0);
}

static void run_on_start(struct run *r, struct run_on *on)
{
    const struct plan_step *p = run_on_step(on);
    const struct action_ops *ops = action_find(p->kind);
    struct run_host *h = run_on_host(on);

    assert(ops);
    if (on->ready)
        action_release(&on->action);
    on->action = (struct action){.step = p,
                                 .env = &r->env,
                                 .timeout_ms = (uint64_t)plan_bound(r->plan, p->timeout_ms),
                                 .output = run_on_host_output,
                                 .done = run_on_host_done,
                                 .owner = on};
    if (ops->uses_session)
        on->action.session = run_session_for(r, p);
    action_init(&on->action);
    on->ready = on->acting = true;
    h->state = STEP_RUNNING;
    h->touched = true;
    r->fleet.running++;
    action_start(&on->action);
}

/* --- all of them --- */

static void run_fleet_make(struct run *r)
{
    struct run_fleet *f = &r->fleet;

    f->n = run_current(r)->p->n_on;
    f->on = xcalloc(f->n, sizeof(*f->on));
    for (size_t i = 0; i < f->n; i++) {
        f->on[i].run = r;
        f->on[i].at = i;
        for (size_t k = 0; k < CHILD_STREAM__N; k++)
            f->on[i].lines[k] = STRBUF(0);
    }
}

void run_fleet_act(struct run *r)
{
    const struct run_step *s = run_current(r);

    if (!r->fleet.on)
        run_fleet_make(r);
    r->fleet.second_look = false;
    r->acting = true; /* what ends at once is told from the loop */
    for (size_t i = 0; i < s->p->n_on; i++)
        if (s->hosts[i].state == STEP_PLANNED)
            run_on_start(r, &r->fleet.on[i]);
    r->acting = r->fleet.running > 0;
    if (!r->acting)
        run_fleet_ended(r);
}

void run_fleet_cancel(struct run *r)
{
    for (size_t i = 0; i < r->fleet.n; i++)
        if (r->fleet.on[i].acting)
            action_cancel(&r->fleet.on[i].action);
}

/* Every host that was begun has ended, one way or another. */
static void run_fleet_ended(struct run *r)
{
    struct run_step *s = run_current(r);

    (void)uv_timer_stop(&r->fleet.keep); /* always succeeds */
    if (s->state != STEP_RUNNING || run_count(s, STEP_FAILED) || !run_count(s, STEP_IN_DOUBT)) {
        run_step_event(r, EV_ENDED);
        return;
    }
    for (size_t i = 0; s->attempt >= RUN_LOST_TRIES && i < s->p->n_on; i++)
        if (s->hosts[i].state == STEP_IN_DOUBT) {
            s->hosts[i].state = STEP_FAILED;
            s->hosts[i].reason =
                arena_fmt(&r->arena, "%.*s %u times", SV_FMT(s->hosts[i].reason), RUN_LOST_TRIES);
            run_queue_host_outcome(r, s, i);
        }
    run_step_event(r, s->attempt < RUN_LOST_TRIES ? EV_LOST : EV_ENDED);
}

/* "web2: expected ...; web3: ..." */
static void run_fleet_failed(struct run *r)
{
    CLEANUP(strbuf_release) struct strbuf why = STRBUF(0);
    const struct run_step *s = run_current(r);
    size_t n = 0;

    for (size_t i = 0; i < s->p->n_on; i++) {
        const struct run_host *h = &s->hosts[i];

        if (h->state != STEP_FAILED && h->state != STEP_IN_DOUBT)
            continue;
        if (n++ < RUN_NAMED)
            strbuf_addf(&why, "%s%.*s%s: %.*s", n > 1 ? "; " : "", SV_FMT(s->p->on[i].host),
                        h->state == STEP_IN_DOUBT ? " is in doubt" : "", SV_FMT(h->reason));
    }
    if (n > RUN_NAMED)
        strbuf_addf(&why, "; and %zu more", n - RUN_NAMED);
    run_set_reason(r, "%s", strbuf_str(&why));
    run_step_event(r, EV_FAILS);
}

/* --- what a person has to look at, for each host by itself --- */

static bool run_said_all(const struct run *r, size_t expect)
{
    return expect < 64 && (r->fleet.said_all >> expect & 1) != 0;
}

/* True: a person has to be asked about this host. */
static bool run_on_people(struct run *r, struct run_on *on)
{
    const struct plan_step *p = run_on_step(on);
    struct run_host *h = run_on_host(on);
    const struct plan_expect *e;

    for (; (e = run_open_expect(p, &on->check_at)) != NULL; on->check_at++) {
        bool yes = p->answered ? p->answer : true;

        if (!p->answered && !run_said_all(r, on->check_at))
            return true;
        run_add_said(r, e, yes, p->answered ? p->answer_by : r->opt.operator_name, p->answer_note,
                     on->checks);
        if (!yes) {
            h->reason = arena_fmt(&r->arena, "%.*s said no to \"%.*s\"", SV_FMT(p->answer_by),
                                  SV_FMT(e->e.source));
            break;
        }
    }
    h->state = e ? STEP_FAILED : STEP_DONE;
    run_queue_host_outcome(r, run_current(r), on->at);
    return false;
}

/* What only a person could have judged stays open when the step has failed elsewhere. */
static void run_fleet_unseen(struct run *r)
{
    struct run_step *s = run_current(r);

    for (size_t i = 0; i < s->p->n_on; i++)
        if (s->hosts[i].state == STEP_CHECKING) {
            s->hosts[i].state = STEP_IN_DOUBT;
            s->hosts[i].reason = SV("it ended, and nobody has looked at its output");
            run_queue_host_outcome(r, s, i);
        }
}

void run_fleet_check(struct run *r)
{
    const struct run_step *s = run_current(r);
    int64_t every_ms = s->p->every_ms ? plan_scale(r->plan, s->p->every_ms) : RUN_LOOK_MS;

    if (run_count(s, STEP_PLANNED)) { /* also when another host has failed: each has its own end */
        run_look_again(r, r->fleet.second_look ? 1000 : (uint64_t)every_ms);
        return;
    }
    if (run_count(s, STEP_FAILED)) {
        run_fleet_unseen(r);
        run_fleet_failed(r);
        return;
    }
    while (run_count(s, STEP_CHECKING)) {
        r->fleet.asked = run_first(s, STEP_CHECKING);
        if (!run_on_people(r, &r->fleet.on[r->fleet.asked]))
            continue;
        r->question = QUESTION_OUTCOME;
        run_step_event(r, EV_ASK);
        return;
    }
    if (run_count(s, STEP_FAILED))
        run_fleet_failed(r);
    else
        run_step_event(r, EV_HOLDS);
}

/* --- in doubt --- */

static bool run_is_doubted(const struct run_host *h)
{
    return h->state == STEP_RUNNING || h->state == STEP_IN_DOUBT || h->state == STEP_STOPPED;
}

static size_t run_count_doubted(const struct run_step *s)
{
    size_t n = 0;

    for (size_t i = 0; i < s->p->n_on; i++)
        n += run_is_doubted(&s->hosts[i]);
    return n;
}

/* Its turn comes again, or it counts as done. */
static void run_host_decide(struct run *r, size_t host, bool done, struct sv why)
{
    struct run_step *s = run_current(r);

    s->hosts[host].state = done ? STEP_DONE : STEP_PLANNED;
    if (!done)
        return;
    run_host_reason(r, &s->hosts[host], why);
    run_queue_host_outcome(r, s, host);
}

static bool run_fleet_may_repeat(const struct plan_step *p)
{
    const struct action_ops *ops = action_find(p->on[0].kind);

    return (ops && ops->resume == RESUME_AGAIN) || sv_eq(p->in_doubt, SV("again"));
}

/* The plan decides about every host in doubt. */
static void run_fleet_decide(struct run *r, const char *decision, bool done)
{
    struct run_step *s = run_current(r);
    struct sv why = s->p->in_doubt_why.n ? s->p->in_doubt_why : SV("doing it again does no harm");
    json_t *hosts = json_array();

    for (size_t i = 0; i < s->p->n_on; i++)
        if (run_is_doubted(&s->hosts[i])) {
            json_append(hosts, json_sv(s->p->on[i].host));
            run_host_decide(r, i, done, why);
        }
    run_queue_doubt(r, decision, why, hosts);
}

static void run_fleet_settled(struct run *r)
{
    run_step_event(r, run_count(run_current(r), STEP_PLANNED) ? EV_AGAIN : EV_HOLDS);
}

/* The step has failed elsewhere: what nobody knows of the others is said, and asked when it is begun again. */
static void run_fleet_leave_open(struct run *r)
{
    struct run_step *s = run_current(r);

    for (size_t i = 0; i < s->p->n_on; i++)
        if (run_is_doubted(&s->hosts[i])) {
            s->hosts[i].state = STEP_IN_DOUBT;
            if (!s->hosts[i].reason.n)
                s->hosts[i].reason = SV("it was begun before the run was interrupted");
            run_queue_host_outcome(r, s, i);
        }
}

static void run_fleet_ask_doubt(struct run *r)
{
    const struct run_step *s = run_current(r);

    r->fleet.asked = 0;
    while (!run_is_doubted(&s->hosts[r->fleet.asked]))
        r->fleet.asked++;
    r->question = QUESTION_DOUBT;
    run_step_event(r, EV_ASK);
}

void run_fleet_probe(struct run *r)
{
    const struct run_step *s = run_current(r);

    if (run_count(s, STEP_FAILED)) { /* of a run that ended before the plan's choice was taken */
        run_fleet_leave_open(r);
        run_fleet_failed(r);
        return;
    }
    if (!run_count_doubted(s)) {
        run_fleet_settled(r);
    } else if (run_fleet_may_repeat(s->p)) {
        run_fleet_decide(r, "again", false);
        run_fleet_settled(r);
    } else if (sv_eq(s->p->in_doubt, SV("done"))) {
        run_fleet_decide(r, "done", true);
        run_fleet_settled(r);
    } else {
        run_fleet_ask_doubt(r);
    }
}

/* --- questions and answers --- */

void run_fleet_question(struct run *r, struct run_question *q)
{
    const struct run_step *s = run_current(r);
    const struct run_host *h = &s->hosts[r->fleet.asked];
    const struct plan_step *p = &s->p->on[r->fleet.asked];
    struct run_on *on = r->fleet.on ? &r->fleet.on[r->fleet.asked] : NULL;

    q->host = p->host;
    if (r->question == QUESTION_OUTCOME) {
        assert(on); /* it has run on the host that is asked about */
        q->text = run_open_expects(r, p, on->check_at);
        q->outcome = &on->action.outcome;
        q->more = run_count(s, STEP_CHECKING) - 1;
        return;
    }
    q->more = run_count_doubted(s) - 1;
    if (h->reason.n)
        q->text = arena_fmt(&r->arena, "%.*s while '%.*s' ran: did it happen?", SV_FMT(h->reason),
                            SV_FMT(p->command));
    else
        q->text =
            arena_fmt(&r->arena, "'%.*s' was begun before the run was interrupted: did it happen?",
                      SV_FMT(p->command));
}

static void run_fleet_answer_outcome(struct run *r, bool yes, bool all, struct sv by,
                                     struct sv note)
{
    struct run_on *on = &r->fleet.on[r->fleet.asked];
    size_t next = on->check_at + 1;
    bool alone = !run_open_expect(run_on_step(on), &next);
    struct run_host *h = run_on_host(on);

    for (const struct plan_expect *e; (e = run_open_expect(run_on_step(on), &on->check_at)) != NULL;
         on->check_at++) {
        if (yes || alone) /* which of several is not so, nobody has said */
            run_add_said(r, e, yes, by, note, on->checks);
        if (yes && all && on->check_at < 64)
            r->fleet.said_all |= UINT64_C(1) << on->check_at;
    }
    if (!yes) {
        run_current(r)->denied = true;
        h->state = STEP_FAILED;
        h->reason = arena_fmt(&r->arena, "%.*s said no%s%.*s", SV_FMT(by), note.n ? ": " : "",
                              SV_FMT(note));
        run_queue_host_outcome(r, run_current(r), r->fleet.asked);
    }
    if (run_commit(r)) /* before the next question */
        run_fleet_check(r);
}

static void run_fleet_answer_doubt(struct run *r, bool yes, bool all, struct sv by)
{
    const struct run_step *s = run_current(r);
    struct sv why = arena_fmt(&r->arena, "%.*s says that it has happened", SV_FMT(by));

    for (size_t i = 0; i < s->p->n_on; i++)
        if (i == r->fleet.asked || (all && run_is_doubted(&s->hosts[i])))
            run_host_decide(r, i, yes, why);
    if (run_commit(r) && run_count_doubted(s)) /* before the next question */
        run_fleet_ask_doubt(r);
    else if (!r->over)
        run_fleet_settled(r);
}

void run_fleet_answer(struct run *r, bool yes, bool all, struct sv by, struct sv note)
{
    struct sv host = run_current(r)->p->on[r->fleet.asked].host;

    run_queue_answer(r, yes, by, note, "asked", all ? SV("all") : host);
    if (r->question == QUESTION_OUTCOME)
        run_fleet_answer_outcome(r, yes, all, by, note);
    else
        run_fleet_answer_doubt(r, yes, all, by);
}
