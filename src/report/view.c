#include "report/view.h"

#include "base/sv.h"
#include "exec/run.h"
#include "report/view_int.h"

/* Events come in the order of the steps: the search goes on where the last one ended. */
static struct view_step *view_find(struct view *v, struct sv id)
{
    for (size_t k = 0; id.n && k < v->steps.n; k++) {
        size_t i = (v->found + k) % v->steps.n;

        if (sv_eq(v->steps.v[i].p->id, id)) {
            v->found = i;
            return &v->steps.v[i];
        }
    }
    return NULL;
}

/* The attempt that an event speaks of.  What a person does has no intent: it begins with its outcome. */
static struct view_attempt *view_attempt_of(struct view_step *s, const struct view_event *e)
{
    struct view_attempt *a;

    if (s->attempts.n && !vec_last(&s->attempts)->outcome)
        return vec_last(&s->attempts);
    a = vec_add(&s->attempts);
    *a = (struct view_attempt){.number = e->attempt, .begun_us = e->at_us, .state = SV("running")};
    return a;
}

static struct view_host *view_add_host(struct view_step *s, int64_t attempt, struct sv host)
{
    for (size_t i = s->hosts.n; i > 0; i--) {
        struct view_host *h = &s->hosts.v[i - 1];

        if (h->attempt == attempt && sv_eq(h->host, host))
            return h;
    }
    *vec_add(&s->hosts) =
        (struct view_host){.attempt = attempt, .host = host, .state = SV("running")};
    return vec_last(&s->hosts);
}

static void view_take_hosts(struct view_step *s, const struct view_event *e)
{
    const json_t *hosts = json_object_get(e->data, "hosts");

    for (size_t i = 0; i < json_array_size(hosts); i++)
        if (json_is_string(json_array_get(hosts, i)))
            (void)view_add_host(s, e->attempt,
                                sv_from(json_string_value(json_array_get(hosts, i))));
}

static void view_take_host(struct view_step *s, const struct view_event *e)
{
    struct view_host *h = view_add_host(s, e->attempt, json_get_sv(e->data, "host"));

    h->outcome = e->data;
    h->state = json_get_sv(e->data, "state");
}

const struct view_host *view_host_of(const struct view_step *s, struct sv host)
{
    for (size_t i = s->hosts.n; i > 0; i--)
        if (sv_eq(s->hosts.v[i - 1].host, host))
            return &s->hosts.v[i - 1];
    return NULL;
}

static void view_take_step(struct view *v, const struct view_event *e)
{
    struct view_step *s = view_find(v, e->step);
    struct view_attempt *a;

    if (!s)
        return;
    switch (e->kind) {
    case EVENT_STEP_INTENT:
        a = vec_add(&s->attempts);
        *a = (struct view_attempt){
            .number = e->attempt, .begun_us = e->at_us, .state = SV("running")};
        s->state = a->state;
        view_take_hosts(s, e);
        break;
    case EVENT_HOST_OUTCOME: view_take_host(s, e); break;
    case EVENT_STEP_OUTCOME:
        a = view_attempt_of(s, e);
        a->outcome = e->data;
        a->ended_us = e->at_us;
        a->state = s->state = json_get_sv(e->data, "state");
        break;
    case EVENT_STEP_SKIPPED:
        s->state = SV("skipped");
        s->skipped = json_get_sv(e->data, "reason");
        s->skipped_by = json_get_sv(e->data, "by");
        break;
    case EVENT_STEP_DOUBT: view_attempt_of(s, e)->doubt = e->data; break;
    case EVENT_ANSWER:
    case EVENT_APPROVAL:
        *vec_add(&s->answers) = (struct view_answer){e->at_us, e->kind == EVENT_APPROVAL, e->data};
        break;
    default: break;
    }
}

static void view_take_run(struct view *v, const struct view_event *e)
{
    switch (e->kind) {
    case EVENT_RUN_STARTED:
        v->begun_us = e->at_us;
        v->operator_name = json_get_sv(e->data, "operator");
        v->host = json_get_sv(e->data, "host");
        v->version = json_get_sv(e->data, "version");
        if (!event_run_parse(json_get_sv(json_object_get(e->data, "rolls_back"), "run"),
                             &v->rolls_back))
            v->rolls_back = 0;
        break;
    case EVENT_RUN_FINISHED:
    case EVENT_RUN_WAITING:
    case EVENT_RUN_INTERRUPTED:
        v->last = e->data;
        v->last_kind = e->kind;
        v->ended_us = e->at_us;
        v->outcome = json_get_sv(e->data, "outcome");
        v->exit = json_get_int(e->data, "exit",
                               e->kind == EVENT_RUN_INTERRUPTED ? EXIT_CODE_INTERRUPTED
                                                                : EXIT_CODE_FAILED);
        break;
    case EVENT_RUN_RESUMED:
        v->last = NULL;
        v->last_kind = 0;
        break;
    case EVENT_GATE_WAITING:
        v->gate = e->data;
        v->gate_step = e->step;
        break;
    case EVENT_GATE_REFUSED: /* whoever said no can still say yes */
        v->gate = NULL;
        v->gate_step = e->step;
        break;
    case EVENT_ANSWER:
    case EVENT_GATE_PASSED:
    case EVENT_STEP_INTENT:
    case EVENT_STEP_SKIPPED:
        v->gate = NULL;
        v->gate_step = (struct sv){NULL, 0};
        break;
    case EVENT_VERDICT:
        v->verdict = json_get_sv(e->data, "verdict");
        v->verdict_text = json_get_sv(e->data, "text");
        break;
    case EVENT_ROLLBACK_STARTED:
        v->gate = NULL;
        v->rollback_reason = json_get_sv(e->data, "reason");
        v->rollback_by = json_get_sv(e->data, "by");
        v->back_to = json_get_sv(e->data, "to");
        break;
    case EVENT_HOLD_TAKEN:
    case EVENT_HOLD_GIVEN:
        if (sv_eq(json_get_sv(e->data, "what"), SV("maintenance")))
            v->held =
                e->kind == EVENT_HOLD_TAKEN ? json_get_sv(e->data, "file") : (struct sv){NULL, 0};
        break;
    case EVENT_MARK:
        if (!json_get_sv(e->data, "phase").n) /* of the whole deployment */
            v->mark_us = json_get_int(e->data, "at_us", e->at_us);
        break;
    default: break;
    }
}

static enum err_code view_take(const struct event *e, void *arg, struct err *err)
{
    struct view *v = arg;
    struct view_event *kept;
    json_t *data = NULL;

    if (json_read(e->data, &data, err) != ERR_OK)
        return err_wrap(err, "event %lld", (long long)e->seq);
    kept = vec_add(&v->events);
    *kept = (struct view_event){.seq = e->seq,
                                .at_us = e->at_us,
                                .attempt = e->attempt,
                                .kind = e->kind,
                                .step = arena_sv(&v->arena, e->step),
                                .data = data};
    view_take_step(v, kept);
    view_take_run(v, kept);
    return ERR_OK;
}

static void view_add_steps(struct view *v, const struct plan_step *steps, size_t n, bool way_back)
{
    for (size_t i = 0; i < n; i++)
        *vec_add(&v->steps) =
            (struct view_step){.p = &steps[i], .way_back = way_back, .state = SV("planned")};
}

enum err_code view_find_state(struct store *s, struct view *v, struct err *err)
{
    bool held = false, alive = false;

    if (v->last_kind == EVENT_RUN_FINISHED) {
        v->state = VIEW_FINISHED;
        return ERR_OK;
    }
    if (store_lock_get(s, v->plan.environment, &held, &alive, &v->owner, err) != ERR_OK)
        return err->code;
    if (held && alive && v->owner.run == v->id)
        v->state = VIEW_RUNNING;
    else
        v->state = v->last_kind ? VIEW_STOPPED : VIEW_CRASHED;
    return ERR_OK;
}

enum err_code view_load(struct store *s, int64_t id, struct view *ret, struct err *err)
{
    struct view v = {.id = id};

    if (run_plan(s, id, &v.plan, err) != ERR_OK)
        return err->code;
    view_add_steps(&v, v.plan.steps, v.plan.n_steps, false);
    view_add_steps(&v, v.plan.way_back, v.plan.n_way_back, true);
    if (journal_read(s, id, 0, view_take, &v, err) != ERR_OK ||
        view_find_state(s, &v, err) != ERR_OK) {
        view_release(&v);
        return err->code;
    }
    *ret = v;
    return ERR_OK;
}

void view_release(struct view *v)
{
    for (size_t i = 0; i < v->steps.n; i++) {
        vec_release(&v->steps.v[i].attempts);
        vec_release(&v->steps.v[i].answers);
        vec_release(&v->steps.v[i].hosts);
    }
    for (size_t i = 0; i < v->events.n; i++)
        json_decref(v->events.v[i].data);
    vec_release(&v->steps);
    vec_release(&v->events);
    plan_release(&v->plan);
    arena_release(&v->arena);
    *v = (struct view){0};
}

int64_t view_waited_us(const struct view_attempt *a)
{
    return json_get_int(a->outcome, "waited_us", 0);
}

int64_t view_took_us(const struct view_attempt *a)
{
    int64_t us = a->ended_us - a->begun_us - view_waited_us(a);

    return us > 0 ? us : 0;
}

const struct view_step *view_current(const struct view *v)
{
    for (size_t i = v->steps.n; i > 0; i--) {
        const struct view_step *s = &v->steps.v[i - 1];

        if (v->rollback_by.n && !s->way_back)
            break; /* the step that led back is not the one at which the run stands */
        if (s->attempts.n && !sv_eq(s->state, SV("done")) && !sv_eq(s->state, SV("skipped")))
            return s;
    }
    return NULL;
}

const char *view_word(const struct view *v)
{
    static const char *const ends[] = {"done", "investigate", "rolled-back", "rollback-due",
                                       "aborted"};

    if (v->state == VIEW_RUNNING)
        return "running";
    if (v->state == VIEW_CRASHED)
        return "crashed";
    for (size_t i = 0; v->state == VIEW_FINISHED && i < ARRAY_LEN(ends); i++)
        if (sv_eq(v->outcome, sv_from(ends[i])))
            return ends[i];
    if (v->state == VIEW_FINISHED)
        return "finished"; /* as a newer version calls it */
    for (size_t i = 0; i < n_exit_codes; i++)
        if ((int64_t)exit_codes[i].code == v->exit)
            return exit_codes[i].name;
    return "failed"; /* uncovered: a stop has one of the codes */
}

size_t view_count(const struct view *v, bool way_back, struct sv state)
{
    size_t n = 0;

    if (v->counts)
        return view_brief_count(v, way_back, state);
    for (size_t i = 0; i < v->steps.n; i++)
        n += v->steps.v[i].way_back == way_back && sv_eq(v->steps.v[i].state, state);
    return n;
}

const struct view_event *view_rule_event(const struct view *v, struct sv id)
{
    const struct view_event *found = NULL;

    for (size_t i = 0; i < v->events.n; i++) {
        const struct view_event *e = &v->events.v[i];

        if (e->kind != EVENT_RULE_STATE || !sv_eq(json_get_sv(e->data, "rule"), id))
            continue;
        found = e;
        if (sv_eq(json_get_sv(e->data, "state"), SV("fired")))
            break;
    }
    return found;
}

enum err_code view_document(struct store *s, const struct view *v, struct strbuf *ret,
                            struct err *err)
{
    struct hash h;

    for (size_t i = 0; i < v->events.n; i++)
        if (v->events.v[i].kind == EVENT_RUN_STARTED &&
            hash_from_hex(json_get_sv(v->events.v[i].data, "document_blob"), &h))
            return store_blob(s, &h, SIZE_MAX, ret, err);
    return err_set(err, ERR_NOT_FOUND, "run %s has not kept its document", event_run_text(v->id).s);
}
