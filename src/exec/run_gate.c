/*
 * The gates of the step whose turn it is: judged in their order, waited for, journaled.
 *
 * Judging has no memory but what the journal has: it is done anew whenever something may have changed (a timer, a
 * word in the store, an answer), and after a resume.
 */
#include "base/clock.h"
#include "base/sv.h"
#include "exec/run_int.h"

#define GATE_LOOK_MS    60000 /* the wall clock may jump, and a file system may not tell of changes */
#define GATE_SETTLE_MS  50    /* a commit of another process is several writes */
#define GATE_COMMAND_MS 60000 /* of one look of wait_until */

/* What a gate waits for, and until when it is certain that nothing changes by itself. */
struct gate_wait {
    const struct plan_gate *gate;
    struct sv what;   /* "2 approvals of dba, has 1 (bo)" */
    int64_t until_us; /* INT64_MAX: nobody knows */
    int64_t
        look_us;    /* until the next look, whatever happens to the wall clock meanwhile; 0: none */
    struct sv next; /* the command that helps */
    bool bounded;   /* it is short and has an end: waited for also when nobody is there */
};

typedef bool gate_fn(struct run *r, struct run_step *s, size_t i);

static struct run_step *gate_step(struct run *r)
{
    return &r->steps.v[r->at];
}

/* --- waking up --- */

static void gate_on_timer(uv_timer_t *t)
{
    run_advance(t->data);
}

static void gate_on_file(uv_fs_event_t *f, const char *name UNUSED, int events UNUSED,
                         int status UNUSED)
{
    struct run *r = f->data;

    (void)uv_timer_start(&r->gates.timer, gate_on_timer, GATE_SETTLE_MS, 0); /* always succeeds */
}

void run_gates_init(struct run *r)
{
    r->gates.step = SIZE_MAX;
    (void)uv_timer_init(&r->loop, &r->gates.timer); /* always succeed */
    (void)uv_fs_event_init(&r->loop, &r->gates.files);
    r->gates.timer.data = r;
    r->gates.files.data = r;
}

static void gate_sleep(struct run *r, const struct gate_wait *w)
{
    int64_t ms = GATE_LOOK_MS, now_us = clock_now_us();

    if (w->until_us < now_us + ms * 1000)
        ms = w->until_us > now_us ? (w->until_us - now_us) / 1000 + 1 : 1;
    if (w->look_us && w->look_us / 1000 < ms)
        ms = w->look_us / 1000 + 1;
    (void)uv_timer_start(&r->gates.timer, gate_on_timer, (uint64_t)ms, 0); /* always succeeds */
}

/* Before the store is read, so that nothing is missed in between. */
static void gate_watch_store(struct run *r)
{
    if (r->opt.wait && !uv_is_active((const uv_handle_t *)&r->gates.files))
        (void)uv_fs_event_start(&r->gates.files, gate_on_file, store_dir(r->store),
                                0); /* where it cannot be watched it is looked at once a minute */
}

void run_gates_stop(struct run *r)
{
    (void)uv_timer_stop(&r->gates.timer); /* always succeed */
    (void)uv_fs_event_stop(&r->gates.files);
    run_gate_watch_stop(r);
}

void run_gates_free(struct run *r)
{
    run_gate_watch_free(r);
    plan_zones_release(&r->gates.zones);
    if (!uv_is_closing((uv_handle_t *)&r->gates.timer)) {
        uv_close((uv_handle_t *)&r->gates.timer, NULL);
        uv_close((uv_handle_t *)&r->gates.files, NULL);
    }
}

/* --- events --- */

static json_t *gate_data(const struct plan_gate *g)
{
    json_t *data = json_object();

    json_put_str(data, "gate", plan_gate_names[g->kind]);
    return data;
}

/* Told once for each thing that it waits for. */
static void gate_tell_waiting(struct run *r, const struct gate_wait *w)
{
    struct run_step *s = gate_step(r);
    json_t *data;

    if (sv_eq(r->gates.what, w->what))
        return;
    r->gates.what = arena_sv(&r->arena, w->what);
    if (!s->gate_since_us)
        s->gate_since_us = clock_now_us();
    data = gate_data(w->gate);
    json_put_sv(data, "for", w->what);
    json_put_sv(data, "why", w->gate->why);
    json_put_int(data, "since_us", s->gate_since_us);
    if (w->until_us != INT64_MAX)
        json_put_int(data, "until_us", w->until_us);
    run_queue(r, EVENT_GATE_WAITING, s, data);
}

static void gate_end_waiting(struct run *r, const struct gate_wait *w)
{
    struct run_step *s = gate_step(r);

    (void)err_set(&r->err, ERR_WAITING, "step %.*s waits for %.*s", SV_FMT(s->p->id),
                  SV_FMT(w->what));
    (void)err_hint(&r->err, "%.*s", SV_FMT(w->next));
    run_end(r, EXIT_CODE_WAITING);
}

/* Wait here, or leave the waiting to whoever goes on with the run. */
static bool gate_shut(struct run *r, const struct gate_wait *w)
{
    bool live = (r->opt.wait || w->bounded) && !r->opt.exit_when_waiting;

    gate_tell_waiting(r, w);
    if (!run_commit(r))
        return false;
    if (!live) {
        gate_end_waiting(r, w);
        return false;
    }
    gate_sleep(r, w);
    run_gate_watch_begin(r, w->gate);
    return false;
}

static bool gate_broken(struct run *r, const struct err *err)
{
    r->err = *err;
    (void)err_hint(&r->err, "mend it and go on: prusik resume %s", event_run_text(r->id).s);
    run_end(r, EXIT_CODE_FAILED);
    return false;
}

/* Somebody said no: this is no failure of anything. */
static void gate_refused(struct run *r, const struct plan_gate *g, struct sv by, struct sv note)
{
    struct run_step *s = gate_step(r);
    json_t *data = gate_data(g);

    json_put_sv(data, "by", by);
    json_put_sv(data, "note", note);
    run_queue(r, EVENT_GATE_REFUSED, s, data);
    (void)err_set(&r->err, ERR_REFUSED, "step %.*s was refused by %.*s%s%.*s", SV_FMT(s->p->id),
                  SV_FMT(by), note.n ? ": " : "", SV_FMT(note));
    if (r->plan->n_way_back)
        (void)err_hint(&r->err,
                       "ask again: prusik resume %s; %s; or end it: prusik abort %s --why \"...\"",
                       event_run_text(r->id).s, run_or_back(r), event_run_text(r->id).s);
    else
        (void)err_hint(&r->err, "ask again: prusik resume %s; %s", event_run_text(r->id).s,
                       run_or_back(r));
    run_end(r, EXIT_CODE_REFUSED);
}

static struct sv gate_resume_hint(struct run *r, const char *when)
{
    return arena_fmt(&r->arena, "%s: prusik resume %s", when, event_run_text(r->id).s);
}

/* --- asking --- */

static bool gate_ask(struct run *r, size_t i, struct sv text, struct sv what)
{
    struct gate_wait w = {.gate = &gate_step(r)->p->gates[i],
                          .what = what,
                          .until_us = INT64_MAX,
                          .next = gate_resume_hint(r, "from a terminal")};

    if (r->asking)
        return false;
    if (!r->opt.ask) {
        gate_tell_waiting(r, &w);
        gate_end_waiting(r, &w);
        return false;
    }
    gate_tell_waiting(r, &w);
    if (!run_commit(r))
        return false;
    r->gates.asked = i;
    r->asking = true;
    r->question = QUESTION_GATE;
    run_gate_watch_begin(r, w.gate);
    r->opt.ask(r->opt.arg, &(struct run_question){
                               .kind = QUESTION_GATE, .step = gate_step(r)->p, .text = text});
    return false;
}

void run_gate_answer(struct run *r, bool yes, struct sv by, struct sv note)
{
    struct run_step *s = gate_step(r);
    const struct plan_gate *g = &s->p->gates[r->gates.asked];
    json_t *data;

    r->asking = false;
    if (yes && g->note && !note.n) {
        (void)gate_ask(r, r->gates.asked,
                       arena_fmt(&r->arena, "%.*s (this yes needs a note: why?)", SV_FMT(g->text)),
                       SV("a confirmation"));
        return;
    }
    data = run_answer_data(yes, by, note);
    json_put_str(data, "gate", plan_gate_names[g->kind]);
    json_put_int(data, "index", (int64_t)r->gates.asked);
    run_queue(r, EVENT_ANSWER, s, data);
    if (!yes) {
        gate_refused(r, g, by, note);
        return;
    }
    s->gates_passed |= UINT64_C(1) << r->gates.asked;
    if (run_commit(r))
        run_advance(r);
}

static bool gate_confirm(struct run *r, struct run_step *s, size_t i)
{
    const struct plan_gate *g = &s->p->gates[i];

    if (s->gates_passed & UINT64_C(1) << i)
        return true;
    return gate_ask(r, i,
                    g->note ? arena_fmt(&r->arena, "%.*s (a yes needs a note)", SV_FMT(g->text))
                            : g->text,
                    SV("a confirmation"));
}

/* --- approvals --- */

struct gate_words {
    struct run *r;
    const struct plan_step *p;
    struct sv role; /* whose approval the document asks for; empty: the gate's own words say who */
    VEC(struct plan_word) words;
    VEC(struct store_approval) said; /* parallel; texts in the run's arena */
};

/* Does a login belong to one person only? */
static bool gate_is_own_login(const struct plan *p, struct sv login)
{
    size_t n = 0;

    for (size_t i = 0; i < p->n_people; i++)
        for (size_t k = 0; k < p->people[i].n_logins; k++)
            n += sv_eq(p->people[i].logins[k], login);
    return n == 1;
}

bool run_is_operator(const struct run *r, struct sv who, struct sv login)
{
    for (size_t i = 0; i < r->operators.n; i++)
        if (sv_eq(r->operators.v[i].name, who) ||
            (login.n && sv_eq(r->operators.v[i].login, login) && gate_is_own_login(r->plan, login)))
            return true;
    return sv_eq(who, r->opt.operator_name);
}

static size_t gate_count_approvals(const struct plan *p)
{
    size_t n = 0;

    for (size_t i = 0; i < p->n_steps; i++)
        n += sv_eq(p->steps[i].kind, SV("approval")) && !p->steps[i].skip.n;
    return n;
}

static bool gate_person_has(const struct plan *p, struct sv who, struct sv role)
{
    for (size_t i = 0; i < p->n_people; i++)
        for (size_t k = 0; k < p->people[i].n_roles && sv_eq(p->people[i].name, who); k++)
            if (sv_eq_nocase(p->people[i].roles[k], role))
                return true;
    return false;
}

/*
 * The approval of one signer of the document is not that of another: it names the step or the role, unless there is one
 * signer only.
 */
static bool gate_is_for(const struct gate_words *x, const struct store_approval *a)
{
    if (a->step.n)
        return runbook_id_matches(x->p->id, a->step);
    if (!x->role.n || gate_count_approvals(x->r->plan) == 1)
        return true;
    return a->role.n ? sv_eq_nocase(a->role, x->role)
                     : gate_person_has(x->r->plan, a->who, x->role);
}

static void gate_on_word(const struct store_approval *a, void *arg)
{
    struct gate_words *x = arg;
    struct arena *arena = &x->r->arena;

    if (!gate_is_for(x, a))
        return;
    *vec_add(&x->said) = (struct store_approval){.at_us = a->at_us,
                                                 .who = arena_sv(arena, a->who),
                                                 .role = arena_sv(arena, a->role),
                                                 .note = arena_sv(arena, a->note),
                                                 .plan = arena_sv(arena, a->plan),
                                                 .login = arena_sv(arena, a->login),
                                                 .origin = arena_sv(arena, a->origin),
                                                 .refused = a->refused};
    *vec_add(&x->words) = (struct plan_word){.who = vec_last(&x->said)->who,
                                             .role = vec_last(&x->said)->role,
                                             .at_us = a->at_us,
                                             .yes = !a->refused,
                                             .self = run_is_operator(x->r, a->who, a->login)};
}

static bool gate_is_too_old(const struct plan_gate *g, const struct store_approval *a)
{
    return g->expires_ms && !a->refused && a->at_us + g->expires_ms * 1000 <= clock_now_us();
}

/* Each word goes into the journal once, whether it counts or not is in it, too. */
static void gate_journal_words(struct gate_words *x, struct run_step *s, const struct plan_gate *g)
{
    struct plan_crowd crowd = plan_crowd(x->r->plan);
    int64_t last_us = s->approvals_us;

    for (size_t i = 0; i < x->said.n; i++) {
        const struct store_approval *a = &x->said.v[i];
        const struct plan_word *w = &x->words.v[i];
        json_t *data;

        if (a->at_us <= last_us || !plan_may_approve(g, &crowd, a->who, a->role) ||
            (w->yes && w->self && g->not_self))
            continue;
        s->approvals_us = a->at_us > s->approvals_us ? a->at_us : s->approvals_us;
        data = json_object();
        json_put_sv(data, "by", a->who);
        json_put_sv(data, "role", a->role);
        json_put_sv(data, "note", a->note);
        json_put_sv(data, "plan", a->plan);
        json_put_sv(data, "login", a->login);
        json_put_sv(data, "from", a->origin);
        json_put_str(data, "answer", a->refused ? "no" : "yes");
        json_put_int(data, "given_us", a->at_us);
        if (gate_is_too_old(g, a))
            json_put_bool(data, "expired", true);
        run_queue(x->r, EVENT_APPROVAL, s, data);
    }
}

/* "2 approvals of dba, owner, has 1; that of bo has expired" */
static struct sv gate_approve_text(struct gate_words *x, const struct plan_gate *g,
                                   const struct plan_count *c)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    strbuf_add_sv(&b, g->text);
    if (x->role.n)
        strbuf_addf(&b, " as %.*s", SV_FMT(x->role));
    if (c->have)
        strbuf_addf(&b, ", has %lld", (long long)c->have);
    if (c->expired == 1)
        strbuf_addf(&b, "; that of %.*s has expired", SV_FMT(x->words.v[c->last_expired - 1].who));
    else if (c->expired)
        strbuf_addf(&b, "; %zu have expired", c->expired);
    return arena_sv(&x->r->arena, strbuf_sv(&b));
}

static struct sv gate_approve_next(const struct gate_words *x)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct event_run_text run = event_run_text(x->r->id);

    strbuf_addf(&b, "prusik approve %s --as NAME", run.s);
    if (x->role.n)
        strbuf_addf(&b, " --role '%.*s'", SV_FMT(x->role));
    if (!x->r->opt.wait)
        strbuf_addf(&b, ", then prusik resume %s", run.s);
    return arena_sv(&x->r->arena, strbuf_sv(&b));
}

static bool gate_approve_judge(struct gate_words *x, struct run_step *s, const struct plan_gate *g)
{
    struct run *r = x->r;
    struct plan_crowd crowd = plan_crowd(r->plan);
    struct plan_count c = plan_gate_count(g, &crowd, x->words.v, x->words.n, clock_now_us());
    struct gate_wait w = {.gate = g, .until_us = c.until_us};

    gate_journal_words(x, s, g);
    if (c.refused) {
        gate_refused(r, g, x->said.v[c.refused - 1].who, x->said.v[c.refused - 1].note);
        return false;
    }
    if (c.have >= g->need)
        return true;
    w.what = gate_approve_text(x, g, &c);
    w.next = gate_approve_next(x);
    return gate_shut(r, &w);
}

static bool gate_approve(struct run *r, struct run_step *s, size_t i)
{
    struct gate_words x = {.r = r, .p = s->p};
    struct hash_text plan = hash_hex(&r->plan->hash), approval = hash_hex(&r->plan->approval);
    struct store_approval_of of = {sv_from(approval.s), sv_from(plan.s), r->id};
    struct err err;
    bool open = false;

    if (!s->p->gates[i].n_roles && !s->p->gates[i].n_of)
        x.role = json_get_sv(s->p->action, "role");
    gate_watch_store(r);
    if (store_approvals(r->store, &of, gate_on_word, &x, &err) != ERR_OK)
        run_broken(r, &err);
    else
        open = gate_approve_judge(&x, s, &s->p->gates[i]);
    vec_release(&x.words);
    vec_release(&x.said);
    return open;
}

/* --- wait_until --- */

static const struct plan_step gate_shell_step = {.session = SV("gates")};

static void gate_on_output(void *arg UNUSED, enum child_stream stream UNUSED,
                           struct sv bytes UNUSED)
{
}

static void gate_on_command(void *arg, const struct session_result *result)
{
    struct run *r = arg;

    r->gates.checking = false;
    r->gates.checked_us = clock_steady_us();
    r->gates.holds = result->rc == ERR_OK && result->status == 0;
    run_advance(r);
}

static bool gate_check(struct run *r, const struct plan_gate *g)
{
    r->gates.checking = true;
    session_run(run_session_for(r, &gate_shell_step),
                &(struct session_command){.text = g->command,
                                          .timeout_ms = GATE_COMMAND_MS,
                                          .output = gate_on_output,
                                          .done = gate_on_command,
                                          .arg = r});
    return false;
}

static bool gate_pass(struct run *r, struct run_step *s, size_t i, const char *how)
{
    json_t *data = gate_data(&s->p->gates[i]);

    s->gates_passed |= UINT64_C(1) << i;
    json_put_int(data, "index", (int64_t)i);
    json_put_str(data, "how", how);
    run_queue(r, EVENT_GATE_PASSED, s, data);
    run_gate_watch_stop(r);
    return true;
}

static bool gate_timeout(struct run *r, struct run_step *s, size_t i)
{
    const struct plan_gate *g = &s->p->gates[i];
    struct err err;
    json_t *data;

    if (sv_eq(g->at_timeout, SV("continue")))
        return gate_pass(r, s, i, "timeout");
    if (sv_eq(g->at_timeout, SV("ask")))
        return gate_ask(r, i,
                        arena_fmt(&r->arena, "%.*s: it is not so, and the time is over; go on?",
                                  SV_FMT(g->text)),
                        SV("an answer, as the time of its wait is over"));
    data = gate_data(g);
    json_put_str(data, "by", "timeout");
    run_queue(r, EVENT_GATE_REFUSED, s, data); /* a resume begins the wait anew */
    (void)err_set(&err, ERR_TIMEOUT, "step %.*s: %.*s: it was not so in time", SV_FMT(s->p->id),
                  SV_FMT(g->text));
    return gate_broken(r, &err);
}

/* A command is looked at again and again, a rule all the time. */
static bool gate_wait_look(struct run *r, struct run_step *s, size_t i)
{
    const struct plan_gate *g = &s->p->gates[i];
    int64_t now_us = clock_now_us(), every_us = plan_scale(r->plan, g->every_ms) * 1000;
    int64_t next_us = r->gates.checked_us + every_us - clock_steady_us(); /* until the next look */
    struct gate_wait w = {
        .gate = g, .what = g->text, .bounded = true, .next = gate_resume_hint(r, "go on waiting")};

    if (r->gates.checking)
        return false;
    if (r->gates.holds || run_gate_watch_open(r))
        return gate_pass(r, s, i, "holds");
    if (g->command.n && (!r->gates.checked_us || next_us <= 0))
        return gate_check(r, g);
    w.until_us =
        (s->gate_since_us ? s->gate_since_us : now_us) + plan_bound(r->plan, g->timeout_ms) * 1000;
    if (now_us >= w.until_us)
        return gate_timeout(r, s, i);
    if (g->command.n && now_us + next_us < w.until_us)
        w.until_us = now_us + next_us;
    w.look_us = g->command.n ? next_us : 0;
    return gate_shut(r, &w);
}

/* Until when it waits, as the run's people read it: what it waits for is before it. */
static struct sv gate_moment(struct run *r, const struct plan_gate *g, int64_t at_us)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    plan_gate_say_moment(g, &r->gates.zones, at_us / CLOCK_US_PER_S, &text);
    return arena_sv(&r->arena, strbuf_sv(&text));
}

static bool gate_wait(struct run *r, struct run_step *s, size_t i)
{
    const struct plan_gate *g = &s->p->gates[i];
    int64_t now_us = clock_now_us(), at_us;
    struct gate_wait w = {.gate = g};

    if (s->gates_passed & UINT64_C(1) << i)
        return true;
    if (!g->n_spans)
        return gate_wait_look(r, s, i);
    at_us = plan_gate_moment_s(g, &r->gates.zones,
                               (s->gate_since_us ? s->gate_since_us : now_us) / CLOCK_US_PER_S) *
            CLOCK_US_PER_S;
    if (now_us >= at_us)
        return gate_pass(r, s, i, "time");
    w.until_us = at_us;
    w.what = arena_fmt(&r->arena, "%.*s (%.*s)", SV_FMT(g->text), SV_FMT(gate_moment(r, g, at_us)));
    w.next = gate_resume_hint(r, arena_fmt(&r->arena, "from %s on", clock_format_s(at_us).s).p);
    return gate_shut(r, &w);
}

/* --- windows and freezes --- */

static bool gate_clock(struct run *r, struct run_step *s, size_t i)
{
    const struct plan_gate *g = &s->p->gates[i];
    int64_t now_us = clock_now_us(), now_s = now_us / CLOCK_US_PER_S, at_s;
    struct plan_gate_time t = plan_gate_at(g, &r->gates.zones, now_s);
    bool freeze = g->kind == PLAN_GATE_FREEZE;
    struct gate_wait w = {.gate = g, .until_us = INT64_MAX};

    if (t.inside != freeze)
        return true;
    at_s = plan_gates_open_s(s->p->gates, s->p->n_gates, &r->gates.zones, now_s);
    if (at_s == PLAN_GATE_FOREVER) {
        w.what = arena_fmt(&r->arena, "%s %.*s, which does not open any more",
                           freeze ? "the end of the freeze" : "its window", SV_FMT(g->text));
        w.next = arena_fmt(&r->arena, "prusik abort %s --why \"...\"", event_run_text(r->id).s);
    } else {
        w.until_us = at_s * CLOCK_US_PER_S;
        w.what = arena_fmt(&r->arena, "%s %.*s%s%.*s%s (opens %.*s)",
                           freeze ? "the end of the freeze" : "its window", SV_FMT(g->text),
                           g->why.n ? " (" : "", SV_FMT(g->why), g->why.n ? ")" : "",
                           SV_FMT(gate_moment(r, g, w.until_us)));
        w.next =
            gate_resume_hint(r, arena_fmt(&r->arena, "from %s on", clock_format_s(w.until_us).s).p);
    }
    return gate_shut(r, &w);
}

/* --- all of them --- */

static gate_fn *const gate_fns[PLAN_GATE__N] = {
    [PLAN_GATE_CONFIRM] = gate_confirm, [PLAN_GATE_APPROVE] = gate_approve,
    [PLAN_GATE_WAIT] = gate_wait,       [PLAN_GATE_FREEZE] = gate_clock,
    [PLAN_GATE_WINDOW] = gate_clock,
};

/* The gates of another step: nothing is known of them yet. */
static bool gate_enter(struct run *r, struct run_step *s)
{
    struct err err;

    if (r->gates.step == r->at)
        return true;
    r->gates.step = r->at;
    r->gates.what = (struct sv){NULL, 0};
    r->gates.holds = false;
    r->gates.checked_us = 0;
    for (size_t i = 0; i < s->p->n_gates; i++)
        if (plan_zones_open(&r->gates.zones, &s->p->gates[i], &err) != ERR_OK)
            return gate_broken(r, &err);
    return true;
}

/* It waited, and does no longer. */
static void gate_leave(struct run *r, struct run_step *s)
{
    json_t *data;

    if (!s->gate_since_us)
        return;
    data = json_object();
    json_put_int(data, "waited_us", clock_now_us() - s->gate_since_us);
    run_queue(r, EVENT_GATE_PASSED, s, data);
    s->gate_since_us = 0;
    r->gates.what = (struct sv){NULL, 0};
}

bool run_gates_open(struct run *r)
{
    struct run_step *s = gate_step(r);

    if (!s->p->n_gates)
        return true;
    if (!gate_enter(r, s))
        return false;
    for (size_t i = 0; i < s->p->n_gates; i++)
        if (!gate_fns[s->p->gates[i].kind](r, s, i))
            return false;
    gate_leave(r, s);
    run_gates_stop(r);
    return true;
}

bool run_gates_busy(const struct run *r)
{
    return r->gates.checking;
}

void run_gates_cancel(struct run *r)
{
    if (r->gates.checking)
        session_cancel(run_session_for(r, &gate_shell_step));
}

/* --- from the journal --- */

void run_gates_load(struct run_step *s, const struct event *e, const json_t *data)
{
    int64_t index = json_get_int(data, "index", -1);

    if (event_gate_is_person(json_get_sv(data, "gate")))
        return;
    switch (e->kind) {
    case EVENT_GATE_WAITING: s->gate_since_us = json_get_int(data, "since_us", e->at_us); break;
    case EVENT_APPROVAL: s->approvals_us = json_get_int(data, "given_us", e->at_us); break;
    case EVENT_GATE_REFUSED: s->gate_since_us = 0; break;
    case EVENT_GATE_PASSED:
        if (index < 0)
            s->gate_since_us = 0;
        break;
    default: break;
    }
    if (index >= 0 && index < 64 &&
        (e->kind == EVENT_GATE_PASSED || json_get_bool(data, "answer", false)))
        s->gates_passed |= UINT64_C(1) << index;
}
