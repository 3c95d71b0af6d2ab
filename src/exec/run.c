/*
 * The life of a run: start, what comes next, the end.
 */
#include "exec/run.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/ident.h"
#include "base/pool.h"
#include "base/sv.h"
#include "base/version.h"
#include "exec/brief.h"
#include "exec/run_int.h"
#include "exec/watcher.h"
#include "notify/outbox.h"
#include "watch/alerts.h"

/* --- making --- */

static void run_add_steps(struct run *r, const struct plan_step *v, size_t n, bool way_back)
{
    for (size_t i = 0; i < n; i++)
        *vec_add(&r->steps) =
            (struct run_step){.p = &v[i],
                              .way_back = way_back,
                              .hosts = ARENA_NEWN(&r->arena, struct run_host, v[i].n_on)};
}

/* A step after which the deployment counts as done: the last one that changes something. */
bool run_step_marks(const struct plan_step *p)
{
    if (p->skip.n || !sv_eq(p->role, SV("deploy")))
        return false;
    return !sv_eq(p->effect, SV("none")) && !sv_eq(p->effect, SV("session"));
}

bool run_step_is_passed(const struct run_step *s)
{
    return s->state == STEP_DONE || s->state == STEP_SKIPPED ||
           (s->state == STEP_FAILED && s->left);
}

/* What was before is over when it begins: also a service that is stopped while the deployment is prepared. */
bool run_step_is_change(const struct run_step *s)
{
    struct sv kind = s->p->kind;
    bool changes = !sv_eq(s->p->effect, SV("none")) && !sv_eq(s->p->effect, SV("session"));

    return !s->way_back && (run_step_marks(s->p) ||
                            (!s->p->skip.n && changes &&
                             (sv_eq(kind, SV("service")) || sv_eq(kind, SV("maintenance")))));
}

/* A look and a mail that hang keep a thread each; steps, the way back too, need some all the same. */
static unsigned run_threads(const struct plan *p)
{
    return (unsigned)size_min(POOL_LIBUV + watcher_threads(p) + outbox_threads(p), POOL_THREADS);
}

struct run *run_new(struct store *store, const struct plan *plan, const struct run_options *opt)
{
    struct run *r = XNEW(struct run);

    pool_widen(run_threads(plan));
    r->store = store;
    r->plan = plan;
    r->opt = *opt;
    if (!r->opt.operator_name.n)
        r->opt.operator_name = plan->operator_name;
    (void)uv_loop_init(
        &r->loop); /* fails only for want of descriptors, which the first use reports */
    (void)uv_timer_init(&r->loop, &r->again);
    (void)uv_timer_init(&r->loop, &r->later);
    run_look_init(r);
    run_gates_init(r);
    run_fail_init(r);
    run_choices_init(r);
    r->branch_of = SIZE_MAX;
    run_fleet_init(r);
    r->again.data = r->later.data = r;
    r->http = http_client_new(&r->loop);
    r->env = (struct action_env){.loop = &r->loop,
                                 .http = r->http,
                                 .plan = plan,
                                 .values = &r->values,
                                 .secrets = opt->secrets,
                                 .grace_ms = opt->grace_ms,
                                 .terminal = opt->terminal};
    r->check.seen = STRBUF(0);
    r->brief = brief_new(plan);
    run_add_steps(r, plan->steps, plan->n_steps, false);
    r->n_forward = r->steps.n;
    run_add_steps(r, plan->way_back, plan->n_way_back, true);
    r->after_values = STAGE_FORWARD;
    r->mark_step = SIZE_MAX;
    for (size_t i = 0; i < r->n_forward; i++)
        if (run_step_marks(r->steps.v[i].p))
            r->mark_step = i;
    run_phases_init(r);
    return r;
}

void run_free(struct run *r)
{
    if (!r)
        return;
    run_watch_free(r);
    run_flags_free(r);
    run_notify_free(r);
    run_gates_free(r);
    vec_release(&r->operators);
    if (r->action_ready)
        action_release(&r->action);
    run_fleet_free(r);
    if (!uv_is_closing((uv_handle_t *)&r->again)) {
        uv_close((uv_handle_t *)&r->again, NULL);
        uv_close((uv_handle_t *)&r->later, NULL);
        uv_close((uv_handle_t *)&r->look.timer, NULL);
        uv_close((uv_handle_t *)&r->retry, NULL);
    }
    http_client_free(r->http);
    while (uv_run(&r->loop, UV_RUN_DEFAULT) !=
           0) /* what is closing; a stop that came before ends one of them */
        ;
    (void)uv_loop_close(&r->loop);
    for (size_t i = 0; i < r->sessions.n; i++) {
        json_decref(r->sessions.v[i]->restore);
        free(r->sessions.v[i]);
    }
    vec_release(&r->sessions);
    vec_release(&r->steps);
    vec_release(&r->phases);
    run_queue_free(r);
    brief_free(r->brief);
    json_decref(r->checks);
    strbuf_release(&r->check.seen);
    free(r->reason);
    free(r->flag.path);
    free(r->interrupt_reason);
    free(r->last_reason);
    free(r->verdict_text);
    json_decref(r->finish);
    values_release(&r->values);
    back_release(&r->back);
    journal_free(r->journal);
    alerts_free(r->alerts);
    arena_release(&r->arena);
    free(r);
}

uv_loop_t *run_uv(struct run *r)
{
    return &r->loop;
}

int64_t run_id(const struct run *r)
{
    return r->id;
}

struct run_stand run_stand(const struct run *r)
{
    struct run_stand ret = {.way_back =
                                r->after_values == STAGE_WAY_BACK || r->stage == STAGE_WAY_BACK};
    size_t from = ret.way_back ? r->n_forward : 0, to = ret.way_back ? r->steps.n : r->n_forward;

    ret.of = to - from;
    for (size_t i = from; i < to; i++)
        ret.over += run_step_is_passed(&r->steps.v[i]);
    return ret;
}

/* --- starting --- */

enum err_code run_check_questions(const struct plan *p, bool attended, struct err *err)
{
    size_t open = plan_open(p, attended);

    for (size_t i = 0; i < p->n_questions && open; i++) {
        const struct plan_question *q = &p->questions[i];

        if (!q->at_plan && attended)
            continue;
        (void)err_set(err, ERR_REFUSED, "%zu open question%s; the first is %.*s:%zu: %.*s", open,
                      open == 1 ? "" : "s", SV_FMT(q->file), q->line, SV_FMT(q->text));
        return err_hint(err, "answer with: %.*s", SV_FMT(q->answer_with));
    }
    return ERR_OK;
}

struct run_last {
    int64_t run;
    bool begun, finished;
};

static enum err_code run_last_event(const struct event *e, void *arg, struct err *err UNUSED)
{
    struct run_last *last = arg;

    last->begun = true;
    last->finished = e->kind == EVENT_RUN_FINISHED;
    return ERR_OK;
}

/* An environment with an unfinished run is half changed: that run is ended or resumed first. */
static enum err_code run_check_unfinished(struct store *store, const struct plan *p,
                                          struct err *err)
{
    struct run_last last = {0};

    if (store_last_run(store, p->environment, &last.run, err) != ERR_OK)
        return err->code;
    if (!last.run)
        return ERR_OK;
    if (journal_read(store, last.run, 0, run_last_event, &last, err) != ERR_OK)
        return err->code;
    if (last.finished || !last.begun)
        return ERR_OK;
    (void)err_set(err, ERR_LOCKED, "environment '%.*s' has an unfinished run, %s",
                  SV_FMT(p->environment), event_run_text(last.run).s);
    if (p->watch_only) /* there is no way back of it */
        return err_hint(err, "prusik resume %s or prusik abort %s --why \"...\"",
                        event_run_text(last.run).s, event_run_text(last.run).s);
    return err_hint(err, "prusik resume %s, prusik rollback %s or prusik abort %s --why \"...\"",
                    event_run_text(last.run).s, event_run_text(last.run).s,
                    event_run_text(last.run).s);
}

static enum err_code run_create(struct run *r, bool watches, struct err *err)
{
    struct hash_text hash = hash_hex(&r->plan->hash);
    struct store_run row = {.environment = r->plan->environment,
                            .document = r->plan->document,
                            .plan = sv_from(hash.s),
                            .started_us = clock_now_us()};
    struct store_lock holder;

    /* The lock first, under a number that the run then gets: two processes cannot both begin. */
    if (store_lock_take(
            r->store,
            &(struct store_lock_wish){r->plan->environment, 0, r->plan->title, row.started_us},
            &holder, err) != ERR_OK)
        return err->code;
    if (run_check_unfinished(r->store, r->plan, err) != ERR_OK ||
        (watches && watcher_check_serve(r->plan, err) != ERR_OK) ||
        store_run_add(r->store, &row, &r->id, err) != ERR_OK ||
        journal_open(r->store, r->id, &r->journal, err) != ERR_OK ||
        store_lock_rename(r->store, r->plan->environment, 0, r->id, err) != ERR_OK) {
        struct err ignored;

        (void)!store_lock_give(r->store, r->plan->environment, 0,
                               &ignored); /* the first error counts */
        return err->code;
    }
    if (!r->values.started_us) /* else it has those of the run that it brings back */
        r->values.started_us = row.started_us;
    r->created_us = row.started_us;
    return ERR_OK;
}

/* What a report fills in.  Lines of the plan are lines of it, so one that loses some with its secrets is not kept. */
static void run_keep_document(struct run *r, json_t *data)
{
    CLEANUP(strbuf_release) struct strbuf clean = STRBUF(0);
    struct sv text = r->opt.document;
    size_t lines = 0;

    secrets_redact(r->opt.secrets, text, &clean);
    for (size_t i = 0; i < text.n; i++)
        lines += text.p[i] == '\n';
    for (size_t i = 0; i < clean.n; i++)
        lines -= clean.p[i] == '\n';
    if (clean.n && lines == 0) {
        struct hash blob = journal_blob(r->journal, strbuf_sv(&clean));

        json_put_str(data, "document_blob", hash_hex(&blob).s);
    }
}

/* As whom the system knows the operator, and where they stood: a resume reads the binding from there. */
static void run_put_login(struct run *r, json_t *data)
{
    struct ident_login login = ident_login();
    CLEANUP(mem_freep) char *cwd = getcwd(NULL, 0);

    json_put_str(data, "login", login.name);
    json_put_str(data, "login_by", login.how);
    json_put_str(data, "from", login.from);
    json_put_str(data, "cwd", cwd ? cwd : "");
    *vec_add(&r->operators) = (struct run_operator){arena_sv(&r->arena, r->opt.operator_name),
                                                    arena_sv(&r->arena, sv_from(login.name))};
}

/* With what the binding was read: a resume reads it again in the same way, and compares.  Of --set the names: values are in the plan. */
static void run_put_given(const struct run *r, json_t *data)
{
    const struct binding_options *o = r->opt.given;
    json_t *given = json_object(), *sets = json_array();

    for (size_t i = 0; i < o->n_sets; i++) {
        struct sv set = sv_from(o->sets[i]);

        json_append(sets, json_sv(sv_sub(set, 0, sv_find_byte(set, '=', 0))));
    }
    json_put_bool(given, "environment", o->environment != NULL);
    json_put_bool(given, "time_scale", o->time_scale > 0);
    json_put(given, "set", sets);
    json_put(data, "given", given);
    json_put_str(data, "binding_hash", hash_hex(&r->opt.binding->hash).s);
}

static void run_queue_started(struct run *r, json_t *rolls_back)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct hash blob;
    json_t *data = json_object(), *lock = json_object();

    json_write(r->plan->json, &text);
    blob = journal_blob(r->journal, strbuf_sv(&text));
    json_put_sv(data, "environment", r->plan->environment);
    json_put_sv(data, "document", r->plan->document);
    json_put_sv(data, "document_hash", json_get_sv(r->plan->json, "document_hash"));
    if (rolls_back)
        json_put_sv(data, "document_blob", r->old_document);
    else
        run_keep_document(r, data);
    json_put_str(data, "plan", hash_hex(&r->plan->hash).s);
    json_put_str(data, "plan_blob", hash_hex(&blob).s);
    json_put_sv(data, "operator", r->opt.operator_name);
    json_put_str(data, "host", ident_host().s);
    json_put_int(data, "pid", getpid());
    json_put_str(data, "version", prusik_version);
    json_put_real(data, "time_scale", r->plan->time_scale);
    json_put_bool(data, "unattended", r->opt.ask == NULL);
    json_put_int(data, "now_us", r->created_us);
    if (rolls_back)
        json_put(data, "rolls_back", json_incref(rolls_back));
    if (r->opt.given)
        run_put_given(r, data);
    run_put_login(r, data);
    run_queue(r, EVENT_RUN_STARTED, NULL, data);
    json_put_sv(lock, "environment", r->plan->environment);
    run_queue(r, EVENT_LOCK_TAKEN, NULL, lock);
}

enum err_code run_create_back(struct run *r, json_t *about, struct err *err)
{
    if (run_create(r, false, err) != ERR_OK)
        return err->code;
    run_queue_started(r, about);
    r->after_values = STAGE_WAY_BACK;
    return ERR_OK;
}

enum err_code run_give_up(struct run *r, struct err *err)
{
    struct err ignored;

    *err = r->err;
    (void)!store_lock_give(r->store, r->plan->environment, r->id,
                           &ignored); /* the first error counts */
    return err->code;
}

enum err_code run_start(struct store *store, const struct plan *plan, const struct run_options *opt,
                        struct run **ret, struct err *err)
{
    CLEANUP(run_freep) struct run *r = NULL;

    if (run_check_questions(plan, opt->ask != NULL, err) != ERR_OK)
        return err->code;
    r = run_new(store, plan, opt);
    if (run_create(r, true, err) != ERR_OK)
        return err->code;
    run_queue_started(r, NULL);
    if (!run_commit(r))
        return run_give_up(r, err);
    *ret = STEAL(r);
    return ERR_OK;
}

/* --- resuming --- */

enum err_code run_take(struct run *r, struct err *err)
{
    struct store_lock holder;

    if (store_lock_take(
            r->store,
            &(struct store_lock_wish){r->plan->environment, r->id, r->plan->title, clock_now_us()},
            &holder, err) != ERR_OK)
        return err->code;
    if (journal_open(r->store, r->id, &r->journal, err) != ERR_OK || run_load(r, err) != ERR_OK) {
        struct err ignored;

        (void)!store_lock_give(r->store, r->plan->environment, r->id, &ignored);
        return err->code;
    }
    return ERR_OK;
}

/* A release is brought back whoever listens there: then nothing is watched any more. */
static enum err_code run_check_listen(struct run *r, struct err *err)
{
    if (r->after_values == STAGE_WAY_BACK || r->opt.back_reason.p ||
        watcher_check_serve(r->plan, err) == ERR_OK)
        return ERR_OK;
    return err_hint(err, "end what listens there, then: prusik resume %s", event_run_text(r->id).s);
}

enum err_code run_resume(struct store *store, int64_t id, const struct plan *plan,
                         const struct run_options *opt, struct run **ret, struct err *err)
{
    CLEANUP(run_freep) struct run *r = run_new(store, plan, opt);
    json_t *data, *lock;

    r->id = id;
    if (run_take(r, err) != ERR_OK)
        return err->code;
    if (run_check_listen(r, err) != ERR_OK) {
        r->err = *err;
        return run_give_up(r, err);
    }
    data = json_object();
    json_put_sv(data, "operator", r->opt.operator_name);
    json_put_str(data, "host", ident_host().s);
    json_put_int(data, "pid", getpid());
    run_put_login(r, data);
    json_put_sv(data, "retry", r->opt.retry);
    if (!sv_eq(opt->document_now, json_get_sv(plan->json, "document_hash")))
        json_put_sv(data, "document_now", opt->document_now);
    if (opt->differs)
        json_put(data, "differs", json_deep_copy(opt->differs));
    run_queue(r, EVENT_RUN_RESUMED, NULL, data);
    lock = json_object();
    json_put_sv(lock, "environment", plan->environment);
    run_queue(r, EVENT_LOCK_TAKEN, NULL, lock);
    if (run_choose_retry(r, err) != ERR_OK) {
        r->err = *err;
        return run_give_up(r, err);
    }
    if (run_back_choose(r, opt->back_to, err) != ERR_OK) {
        r->err = *err;
        return run_give_up(r, err);
    }
    if (!run_hold_retake(r) || !run_commit(r))
        return run_give_up(r, err);
    *ret = STEAL(r);
    return ERR_OK;
}

/* --- values of placeholders --- */

static void run_bind(struct run *r, struct sv name, struct sv value, const char *from)
{
    json_t *data = json_object();
    CLEANUP(strbuf_release) struct strbuf clean = STRBUF(0);

    values_set(&r->values, name, value);
    secrets_redact(r->opt.secrets, value, &clean);
    json_put_sv(data, "name", name);
    json_put_sv(data, "value", strbuf_sv(&clean));
    if (!sv_eq(strbuf_sv(&clean),
               value)) /* there is a secret in it: it is nobody's value any more */
        json_put_bool(data, "redacted", true);
    json_put_str(data, "from", from);
    run_queue(r, EVENT_VALUE_BOUND, NULL, data);
}

struct run_capture {
    struct run *run;
    struct strbuf out, err, text;
};

static void run_on_value_output(void *arg, enum child_stream stream, struct sv bytes)
{
    struct run_capture *c = arg;

    strbuf_add_sv(stream == CHILD_OUT ? &c->out : &c->err, bytes);
}

static void run_on_value(void *arg, const struct session_result *result)
{
    struct run_capture *c = arg;
    struct run *r = c->run;
    struct sv name = r->plan->variables[r->next_variable].name;
    struct sv value = sv_trim(strbuf_sv(&c->out));
    bool good = result->rc == ERR_OK && result->status == 0 && value.n > 0;

    r->acting = false;
    if (good) {
        run_bind(r, name, value, "command");
        r->next_variable++;
    } else if (!r->over) { /* or the journal broke, which is the reason */
        (void)err_set(&r->err, ERR_FAILED,
                      "the command of variable '%.*s' gave %s (status %lld): %.*s", SV_FMT(name),
                      value.n ? "a failure" : "nothing", (long long)result->status,
                      SV_FMT(sv_trim(strbuf_sv(&c->err))));
        (void)err_hint(&r->err,
                       "nothing has been changed; when it can: prusik resume %s; with another "
                       "command: prusik abort %s --why \"...\", then prusik run",
                       event_run_text(r->id).s, event_run_text(r->id).s);
    }
    strbuf_release(&c->out);
    strbuf_release(&c->err);
    strbuf_release(&c->text);
    free(c);
    if (good || r->interrupted)
        run_advance(r);
    else
        run_end(r, EXIT_CODE_FAILED);
}

/* A shell of their own, so that what they set does not reach a step. */
static const struct plan_step run_value_step = {.session = SV("variables")};

static void run_next_value(struct run *r)
{
    const struct plan_variable *v = &r->plan->variables[r->next_variable];
    struct run_capture *c;
    struct sv ignored;

    if (values_get(
            &r->values, v->name,
            &ignored)) { /* resumed: it was taken when the run started, and has no secret in it */
        r->next_variable++;
        run_advance(r);
        return;
    }
    if (!v->command.n) {
        run_bind(r, v->name, v->value, "binding");
        r->next_variable++;
        run_advance(r);
        return;
    }
    c = XNEW(struct run_capture);
    c->run = r;
    c->out = c->err = c->text = STRBUF(65536);
    strbuf_add_sv(&c->text, v->command);
    r->acting = true;
    session_run(run_session_for(r, &run_value_step),
                &(struct session_command){.text = strbuf_sv(&c->text),
                                          .timeout_ms = 60000,
                                          .output = run_on_value_output,
                                          .done = run_on_value,
                                          .arg = c});
}

/* --- what comes next --- */

void run_begin_way_back(struct run *r, struct sv reason, struct sv by)
{
    json_t *data = json_object();

    r->stage = STAGE_WAY_BACK;
    r->roll_back_wanted = false;       /* it stops no step of the way back */
    r->asking = r->fleet_asks = false; /* what was asked is of no interest any more */
    r->choice.failed = SIZE_MAX;
    run_gates_stop(r);
    (void)uv_timer_stop(&r->retry); /* always succeeds */
    r->roll_back_reason = arena_sv(&r->arena, reason);
    r->roll_back_by = arena_sv(&r->arena, by);
    r->at = r->n_forward;
    json_put_sv(data, "reason", reason);
    json_put_sv(data, "by", by);
    run_back_begin(r, data);
    run_queue(r, EVENT_ROLLBACK_STARTED, NULL, data);
}

static void run_finish(struct run *r, const char *outcome, enum exit_code code)
{
    json_t *data = json_object();

    json_put_str(data, "outcome", outcome);
    json_put_int(data, "exit", code);
    if (r->stage == STAGE_WAY_BACK)
        json_put_sv(data, "to", r->back_to);
    r->finish = data;
    run_end(r, code);
}

/* The deploy mark T0: from its outcome on rules are judged. */
static void run_mark(struct run *r, const struct run_step *s)
{
    json_t *data = json_object();

    r->mark_us = clock_steady_us();
    json_put_str(data, "name", "deploy");
    json_put_int(data, "at_us", r->mark_us);
    run_phases_done(r, r->mark_us);
    run_queue(r, EVENT_MARK, s, data);
    if (run_commit(r))
        run_watch_mark(r, SV(""), r->mark_us);
}

void run_step_opened(struct run *r)
{
    const struct run_step *s = &r->steps.v[r->at];

    if (!r->started_message && sv_eq(s->p->role, SV("deploy")) && !s->way_back) {
        r->started_message = true;
        run_message(r, "start");
    }
    if (run_step_is_change(s))
        run_watch_baseline(r);
    run_watch_pause(r);
}

/* The step whose turn it is has ended well: the next one's turn. */
static void run_step_over(struct run *r)
{
    const struct run_step *s = &r->steps.v[r->at];

    if (r->at == r->mark_step && !r->mark_us)
        run_mark(r, s);
    else
        run_phases_over(r);
    if (!run_branch_step_over(r))
        r->at++;
}

static void run_advance_steps(struct run *r, size_t end)
{
    struct run_step *s;

    if (r->stage == STAGE_WAY_BACK && run_way_back_is_over(r)) {
        run_end(r, EXIT_CODE_ROLLBACK_FAILED);
        return;
    }
    if (r->at == end) {
        if (r->stage == STAGE_FORWARD) {
            r->stage = STAGE_WATCH;
            run_advance(r);
        } else {
            r->rolled_back = true;
            run_message(r, "rolled-back");
            run_finish(r, "rolled-back", EXIT_CODE_ROLLED_BACK);
        }
        return;
    }
    s = &r->steps.v[r->at];
    if (r->settle) {
        r->settle = false;
        run_step_settle(r);
        return;
    }
    switch (s->state) {
    case STEP_PLANNED: run_step_begin(r); break;
    case STEP_DONE:
    case STEP_SKIPPED:
        run_step_over(r);
        run_advance(r);
        break;
    case STEP_FAILED:
        if (s->left) {
            run_step_over(r);
            run_advance(r);
            break;
        }
        run_after_failure(r, s);
        break;
    case STEP_STOPPED: run_after_failure(r, s); break;
    case STEP_WAITING:
    case STEP_RUNNING:
    case STEP_STOPPING:
    case STEP_CHECKING:
    case STEP_IN_DOUBT:
    case STEP_STATE__N:
    default: break; /* in progress */
    }
}

static void run_advance_watch(struct run *r)
{
    if (!run_commit(r))
        return;
    if (!r->mark_us && (run_watch_needed(r) || run_look_needed(r)))
        run_mark(r, NULL); /* nothing was changed: it is watched all the same */
    if (run_look_waits(r) || (run_watch_needed(r) && !run_watch_over(r)))
        return; /* they call run_advance() */
    run_watch_tell_unjudged(r);
    if (r->verdict == VERDICT_OK && run_look_needed(r)) {
        (void)err_set(&r->err, ERR_FAILED,
                      "done, but nobody has looked at what the schedule names");
        run_finish(r, "investigate", EXIT_CODE_INVESTIGATE);
    } else if (r->verdict == VERDICT_OK && run_left_step(r)) {
        (void)err_set(&r->err, ERR_FAILED, "done, but step %.*s failed and was left",
                      SV_FMT(run_left_step(r)->p->id));
        run_finish(r, "investigate", EXIT_CODE_INVESTIGATE);
    } else if (r->verdict == VERDICT_ROLLBACK) { /* of a watch alone: a run has gone back */
        (void)err_set(&r->err, ERR_FAILED, "the verdict is ROLLBACK, nothing was carried out: %s",
                      r->verdict_text ? r->verdict_text : "");
        (void)err_hint(
            &r->err,
            "the way back is the document's; of a deployment that prusik made: prusik rollback RUN");
        run_finish(r, "rollback-due", EXIT_CODE_FAILED);
    } else if (r->verdict != VERDICT_OK) { /* HOLD too: what was not seen is not good */
        (void)err_set(&r->err, ERR_FAILED, "done, but people should look, %s: %s",
                      verdict_names[r->verdict], r->verdict_text ? r->verdict_text : "");
        run_finish(r, "investigate", EXIT_CODE_INVESTIGATE);
    } else {
        run_message(r, "done"); /* not before: nobody is told that all is well when it may not be */
        run_finish(r, "done", EXIT_CODE_DONE);
    }
}

/* A step is in progress: its end calls run_advance(). */
static bool run_is_busy(const struct run *r)
{
    return r->at < r->steps.n && (r->stage == STAGE_FORWARD || r->stage == STAGE_WAY_BACK) &&
           (r->acting || uv_is_active((const uv_handle_t *)&r->again));
}

/* Stop what is in progress, when the run is interrupted, or is to turn back and it only looks. */
static void run_stop_busy(struct run *r)
{
    if (r->interrupted || (r->roll_back_wanted && sv_eq(r->steps.v[r->at].p->effect, SV("none"))))
        run_step_cancel(r);
}

static void run_end_when_known(struct run *r);

static size_t run_steps_end(const struct run *r)
{
    return r->stage == STAGE_FORWARD ? r->n_forward : r->steps.n;
}

/* That it stands held, or no longer: told once it stands, as whoever looks at the run must not think that a command runs. */
static void run_tell_hold(struct run *r, bool stands)
{
    json_t *data;

    if (r->hold_told == stands)
        return;
    r->hold_told = stands;
    data = json_object();
    json_put_str(data, "gate", "hold");
    if (stands) {
        json_put_sv(data, "for",
                    arena_fmt(&r->arena, "%.*s, who holds it, to let it go on (the key p)",
                              SV_FMT(r->opt.operator_name)));
        json_put_int(data, "since_us", clock_now_us());
    } else {
        json_put_str(data, "how", r->held ? "stopped" : "released");
    }
    run_queue(r, stands ? EVENT_GATE_WAITING : EVENT_GATE_PASSED,
              r->at < run_steps_end(r) ? &r->steps.v[r->at] : NULL, data);
}

/* Up to the step that would begin; then it stands. */
static void run_advance_held(struct run *r)
{
    const struct run_step *s = r->at < run_steps_end(r) ? &r->steps.v[r->at] : NULL;

    if (s && !r->settle && (s->state == STEP_DONE || s->state == STEP_SKIPPED)) {
        run_step_over(r);
        run_advance(r);
        return;
    }
    run_tell_hold(r, true);
    r->over |= !run_commit(r); /* no next intent takes the outcome along */
}

static void run_advance_once(struct run *r)
{
    if (r->ending) {
        run_end_when_known(r);
        return;
    }
    if (run_is_busy(r)) { /* the listener of its intent wanted something else */
        run_stop_busy(r);
        return;
    }
    if (run_gates_busy(r)) {
        if (r->interrupted || r->stop_wanted || r->roll_back_wanted)
            run_gates_cancel(r);
        return;
    }
    if (r->interrupted || (r->stop_wanted && !r->asking)) {
        run_tell_hold(r, false);
        run_end(r, EXIT_CODE_INTERRUPTED);
        return;
    }
    if (r->roll_back_wanted && (r->stage == STAGE_FORWARD || r->stage == STAGE_WATCH)) {
        run_watch_stop(r);
        run_begin_way_back(r, r->roll_back_reason, r->roll_back_by);
    }
    if (r->held && !r->asking && (r->stage == STAGE_FORWARD || r->stage == STAGE_WAY_BACK)) {
        run_advance_held(r);
        return;
    }
    run_tell_hold(r, false);
    switch (r->stage) {
    case STAGE_VALUES:
        if (r->next_variable < r->plan->n_variables) {
            run_next_value(r);
        } else {
            r->stage = r->after_values;
            if (r->roll_back_wanted || run_watch_begin(r, &r->err) == ERR_OK)
                run_advance(r);
            else
                run_end(r, EXIT_CODE_FAILED);
        }
        break;
    case STAGE_FORWARD: run_advance_steps(r, r->n_forward); break;
    case STAGE_WATCH: run_advance_watch(r); break;
    case STAGE_WAY_BACK: run_advance_steps(r, r->steps.n); break;
    }
}

void run_advance(struct run *r)
{
    r->want_advance = true;
    if (r->advancing)
        return;
    r->advancing = true;
    while (r->want_advance && !r->over) {
        r->want_advance = false;
        run_advance_once(r);
    }
    r->advancing = false;
}

/* --- the end --- */

static void run_queue_stop(struct run *r, enum exit_code code, json_t *kept)
{
    json_t *data = r->finish ? r->finish : json_object();
    enum event_kind kind = r->finish                       ? EVENT_RUN_FINISHED
                           : code == EXIT_CODE_INTERRUPTED ? EVENT_RUN_INTERRUPTED
                                                           : EVENT_RUN_WAITING;

    if (kind == EVENT_RUN_WAITING) {
        json_put_int(data, "exit", code);
        json_put_str(data, "for", code == EXIT_CODE_WAITING ? "answer" : "operator");
        json_put_str(data, "why", r->err.msg);
        json_put_str(data, "next", r->err.hint);
    } else if (kind == EVENT_RUN_INTERRUPTED) {
        json_put_str(data, "reason", r->interrupt_reason ? r->interrupt_reason : "interrupted");
    } else if (r->verdict_text) {
        json_put_str(data, "verdict", verdict_names[r->verdict]);
        json_put_str(data, "verdict_text", r->verdict_text);
    }
    json_put_bool(data, "way_back", r->stage == STAGE_WAY_BACK);
    if (json_object_size(kept))
        json_put(data, "maintenance", json_incref(kept));
    r->finish = NULL;
    run_queue(r, kind, NULL, data);
}

/* Everything that was held is given back in the last commit of this process. */
static void run_end_now(struct run *r)
{
    CLEANUP(json_cleanup) json_t *kept = json_object();
    bool stopped = r->finish == NULL;
    json_t *lock;

    r->over = true;
    if (!stopped)
        run_flags_leave(r, "interrupted before it was known");
    run_hold_give_back(r, stopped, kept);
    run_sessions_tell(r);
    lock = json_object();
    json_put_sv(lock, "environment", r->plan->environment);
    run_queue(r, EVENT_LOCK_GIVEN, NULL, lock);
    journal_unlock(r->journal, r->plan->environment);
    run_queue_stop(r, r->exit, kept);
    if (run_commit(r) && !stopped) {
        struct err unsealed;

        if (journal_seal(r->journal, clock_now_us(), &unsealed) != ERR_OK && !r->err.code)
            r->err = unsealed; /* the run is over all the same: verify says that it is not sealed */
    }
    uv_stop(&r->loop);
}

/* What became of the flags that rules switch off belongs to the run; an interrupted one leaves that to its resume. */
static void run_end_when_known(struct run *r)
{
    if (!run_flags_open(r) || r->interrupted)
        run_end_now(r);
    else
        r->over |= !run_commit(r); /* their end calls run_advance() */
}

void run_end(struct run *r, enum exit_code code)
{
    if (r->over || r->ending)
        return;
    r->ending = true;
    r->asking = r->fleet_asks = false;
    r->exit = code;
    run_watch_stop(r);
    run_look_stop(r);
    run_gates_stop(r);
    (void)uv_timer_stop(&r->retry);
    (void)uv_timer_stop(&r->again);
    (void)uv_timer_stop(&r->later); /* always succeeds */
    run_end_when_known(r);
}

void run_broken(struct run *r, const struct err *err)
{
    r->over =
        true; /* or was already: then it is the last commit that failed, and the run is not over for good */
    r->err = *err;
    r->exit = EXIT_CODE_FAILED;
    (void)err_hint(&r->err,
                   "nothing more was done; when the store can be written: prusik resume %s",
                   event_run_text(r->id).s);
    run_watch_stop(r);
    run_gates_stop(r);
    uv_stop(&r->loop);
}

enum exit_code run_go(struct run *r, struct err *err)
{
    run_notify_begin(r);
    if (!r->over && run_flags_go(r)) /* of a resume: what was begun and not ended */
        run_advance(r);
    while (!r->over)
        (void)uv_run(&r->loop, UV_RUN_DEFAULT);
    if (r->acting) { /* the journal broke in the middle of an act */
        run_act_cancel(r);
        while (r->acting)
            (void)uv_run(&r->loop, UV_RUN_ONCE);
    }
    run_gates_cancel(r);
    while (run_gates_busy(r)) /* likewise */
        (void)uv_run(&r->loop, UV_RUN_ONCE);
    run_flags_cancel(r);
    while (run_flags_busy(r))
        (void)uv_run(&r->loop, UV_RUN_ONCE);
    run_sessions_close(r);
    while (r->open_sessions > 0)
        (void)uv_run(&r->loop, UV_RUN_ONCE);
    run_notify_end(r);
    if (r->exit != EXIT_CODE_ROLLED_BACK) /* done, and yet something to say: it is not sealed */
        *err = r->err;
    return r->exit;
}

/* --- from outside --- */

void run_answer_all(struct run *r, bool yes, struct sv by, struct sv note)
{
    bool hosts = r->asking && !r->over && r->fleet_asks;

    if (!hosts) {
        run_answer(r, yes, by, note);
        return;
    }
    r->asking = r->fleet_asks = false;
    r->waited_us += clock_steady_us() - r->asked_us;
    run_fleet_answer(r, yes, true, by.n ? by : r->opt.operator_name, note);
}

void run_answer(struct run *r, bool yes, struct sv by, struct sv note)
{
    if (!r->asking || r->over)
        return;
    if (!by.n)
        by = r->opt.operator_name;
    if (r->question == QUESTION_CHECKPOINT)
        run_watch_answer(r, yes, by, note);
    else if (r->question == QUESTION_GATE)
        run_gate_answer(r, yes, by, note);
    else if (r->question == QUESTION_LOOK)
        run_look_answer(r, yes, by, note);
    else if (r->question == QUESTION_CHOICE)
        run_choice_answer(r, yes ? run_choice_of_yes(r) : 0, by, note);
    else
        run_step_answer(r, yes, by, note);
}

void run_choose(struct run *r, size_t option, struct sv by, struct sv note)
{
    if (r->asking && !r->over && r->question == QUESTION_CHOICE)
        run_choice_answer(r, option, by.n ? by : r->opt.operator_name, note);
}

static void run_set_interrupt_reason(struct run *r, const char *reason)
{
    free(r->interrupt_reason);
    r->interrupt_reason = xstrdup(reason);
    (void)err_set(&r->err, ERR_INTERRUPTED, "%s", reason);
    (void)err_hint(&r->err, "prusik resume %s", event_run_text(r->id).s);
}

void run_stop_soon(struct run *r, const char *reason)
{
    if (r->over || r->interrupted || r->stop_wanted)
        return;
    r->stop_wanted = true;
    run_set_interrupt_reason(r, reason);
    if (!run_is_busy(r) && !r->acting && !r->asking)
        run_advance(r);
}

void run_hold(struct run *r, bool hold)
{
    r->held = hold;
    if (!hold && !r->over && !run_is_busy(r) && !r->acting && !r->asking)
        run_advance(r);
}

void run_interrupt(struct run *r, const char *reason)
{
    if (r->over || r->interrupted)
        return;
    r->interrupted = true;
    run_set_interrupt_reason(r, reason);
    if (run_is_busy(r))
        run_stop_busy(r);
    else if (r->acting) /* a placeholder's command: its end calls run_advance() */
        session_cancel(run_session_for(r, &run_value_step));
    else
        run_advance(r);
}

void run_roll_back(struct run *r, struct sv reason, struct sv by)
{
    if (r->over || r->ending || r->after_values == STAGE_WAY_BACK || r->stage == STAGE_WAY_BACK ||
        r->roll_back_wanted)
        return;
    r->roll_back_wanted = true;
    r->roll_back_reason = arena_sv(&r->arena, reason);
    r->roll_back_by = arena_sv(&r->arena, by);
    if (run_is_busy(r))
        run_stop_busy(r);
    else
        run_advance(r);
}
