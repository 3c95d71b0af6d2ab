#include "exec/brief.h"

#include "base/sv.h"
#include "base/text.h"
#include "base/vec.h"
#include "exec/step_fsm.h"

struct brief_host {
    int64_t attempt;
    struct sv host, state, reason; /* of that attempt; state is empty before its first one */
};

struct brief_step {
    const struct plan_step *p;
    bool way_back;
    bool begun, pending; /* it has an attempt; the last one has no outcome */
    enum step_state state;
    struct sv reason, folder; /* of the outcome of the last attempt */
    VEC(struct brief_host) hosts;
    json_t *approvals; /* array, or NULL */
};

struct brief {
    struct arena arena;
    VEC(struct brief_step) steps;    /* forward, then way back */
    size_t found;                    /* the step of the last event */
    size_t n_open, last_open;        /* as brief_is_open(), and the last of them */
    size_t counts[2][STEP_STATE__N]; /* [way_back][state] */
    bool unclear;                    /* a state without a name came: the events are read instead */
    bool gate_waits;
    struct sv gate_step;
    json_t *told; /* the object, but for what brief_write() counts */
};

struct brief *brief_new(const struct plan *plan)
{
    struct brief *b = XNEW(struct brief);

    b->told = json_object();
    json_put_int(b->told, "v", BRIEF_VERSION);
    json_put_sv(b->told, "title", plan->title);
    json_put_sv(b->told, "document", plan->document);
    json_put_sv(b->told, "environment", plan->environment);
    json_put_int(b->told, "steps", (int64_t)plan->n_steps);
    json_put_int(b->told, "way_back_steps", (int64_t)plan->n_way_back);
    json_put(b->told, "flags", json_array());
    for (size_t i = 0; i < plan->n_steps; i++)
        *vec_add(&b->steps) = (struct brief_step){.p = &plan->steps[i]};
    for (size_t i = 0; i < plan->n_way_back; i++)
        *vec_add(&b->steps) = (struct brief_step){.p = &plan->way_back[i], .way_back = true};
    return b;
}

void brief_free(struct brief *b)
{
    if (!b)
        return;
    for (size_t i = 0; i < b->steps.n; i++) {
        vec_release(&b->steps.v[i].hosts);
        json_decref(b->steps.v[i].approvals);
    }
    vec_release(&b->steps);
    json_decref(b->told);
    arena_release(&b->arena);
    free(b);
}

/* --- steps --- */

/* Events come in the order of the steps: the search goes on where the last one ended. */
static struct brief_step *brief_find(struct brief *b, struct sv id)
{
    for (size_t k = 0; id.n && k < b->steps.n; k++) {
        size_t i = (b->found + k) % b->steps.n;

        if (sv_eq(b->steps.v[i].p->id, id)) {
            b->found = i;
            return &b->steps.v[i];
        }
    }
    return NULL;
}

static bool brief_is_open(const struct brief_step *s)
{
    return s->begun && s->state != STEP_DONE && s->state != STEP_SKIPPED;
}

/* After a change of the step at `i`, which was open or not. */
static void brief_note_open(struct brief *b, size_t i, bool was)
{
    bool is = brief_is_open(&b->steps.v[i]);

    b->n_open += is;
    b->n_open -= was;
    if (is && (b->n_open == 1 || i > b->last_open))
        b->last_open = i;
    while (b->n_open && !brief_is_open(&b->steps.v[b->last_open]))
        b->last_open--;
}

static void brief_set(struct brief *b, struct brief_step *s, enum step_state state)
{
    b->unclear |= state == STEP_STATE__N;
    if (b->unclear)
        return;
    if (s->state != STEP_PLANNED)
        b->counts[s->way_back][s->state]--;
    s->state = state;
    b->counts[s->way_back][state]++;
}

static struct brief_host *brief_host(struct brief *b, struct brief_step *s, struct sv name)
{
    for (size_t i = 0; i < s->hosts.n; i++)
        if (sv_eq(s->hosts.v[i].host, name))
            return &s->hosts.v[i];
    *vec_add(&s->hosts) = (struct brief_host){.host = arena_sv(&b->arena, name)};
    return vec_last(&s->hosts);
}

static void brief_take_hosts(struct brief *b, struct brief_step *s, const struct event *e,
                             const json_t *hosts)
{
    for (size_t i = 0; s->p->n_on <= BRIEF_HOSTS && i < json_array_size(hosts); i++) {
        const json_t *name = json_array_get(hosts, i);
        struct brief_host *h;

        if (!json_is_string(name))
            continue;
        h = brief_host(b, s, sv_from(json_string_value(name)));
        if (h->state.n && h->attempt == e->attempt)
            continue; /* what is known of it in this attempt stays */
        h->attempt = e->attempt;
        h->state = SV("running");
        h->reason = (struct sv){NULL, 0};
    }
}

static void brief_take_host(struct brief *b, struct brief_step *s, const struct event *e,
                            const json_t *data)
{
    struct brief_host *h;

    if (s->p->n_on > BRIEF_HOSTS)
        return;
    h = brief_host(b, s, json_get_sv(data, "host"));
    h->attempt = e->attempt;
    h->state = arena_sv(&b->arena, json_get_sv(data, "state"));
    h->reason = arena_sv(&b->arena, json_get_sv(data, "reason"));
}

/* What a person does has no intent: it begins with its outcome. */
static void brief_begin(struct brief_step *s)
{
    if (s->pending)
        return;
    s->begun = s->pending = true;
    s->reason = s->folder = (struct sv){NULL, 0};
}

static void brief_take_approval(struct brief_step *s, const json_t *data)
{
    if (!s->approvals)
        s->approvals = json_array();
    json_append(s->approvals, json_incref((json_t *)(uintptr_t)data));
}

static void brief_take_step(struct brief *b, const struct event *e, const json_t *data)
{
    struct brief_step *s = brief_find(b, e->step);
    bool was = s && brief_is_open(s);

    if (!s)
        return;
    switch (e->kind) {
    case EVENT_STEP_INTENT:
        s->pending = false;
        brief_begin(s);
        brief_set(b, s, STEP_RUNNING);
        brief_take_hosts(b, s, e, json_object_get(data, "hosts"));
        break;
    case EVENT_HOST_OUTCOME: brief_take_host(b, s, e, data); break;
    case EVENT_STEP_OUTCOME:
        brief_begin(s);
        s->pending = false;
        s->reason = arena_sv(&b->arena, json_get_sv(data, "reason"));
        s->folder = arena_sv(&b->arena, json_get_sv(data, "folder"));
        brief_set(b, s, step_state_of(json_get_sv(data, "state")));
        break;
    case EVENT_STEP_SKIPPED: brief_set(b, s, STEP_SKIPPED); break;
    case EVENT_STEP_DOUBT: brief_begin(s); break;
    case EVENT_APPROVAL: brief_take_approval(s, data); break;
    default: break;
    }
    brief_note_open(b, (size_t)(s - b->steps.v), was);
}

/* --- the run --- */

/* Set a member; without text it goes. */
static void brief_put(struct brief *b, const char *key, struct sv text)
{
    (void)json_object_del(b->told, key); /* it may not be there */
    json_put_sv(b->told, key, text);
}

static void brief_put_tree(struct brief *b, const char *key, const json_t *tree)
{
    json_put(b->told, key, json_incref((json_t *)(uintptr_t)tree));
}

static void brief_gate(struct brief *b, const json_t *gate, struct sv step)
{
    b->gate_waits = gate != NULL;
    b->gate_step = gate ? arena_sv(&b->arena, step) : (struct sv){NULL, 0};
    if (gate)
        brief_put_tree(b, "gate", gate);
    else
        (void)json_object_del(b->told, "gate"); /* most have none */
}

static void brief_take_start(struct brief *b, const struct event *e, const json_t *data)
{
    int64_t other;

    json_put_int(b->told, "begun_us", e->at_us);
    brief_put(b, "operator", json_get_sv(data, "operator"));
    if (event_run_parse(json_get_sv(json_object_get(data, "rolls_back"), "run"), &other))
        json_put_int(b->told, "rolls_back", other);
}

static void brief_take_stop(struct brief *b, const struct event *e, const json_t *data)
{
    brief_put_tree(b, "last", data);
    json_put_int(b->told, "last_kind", e->kind);
    json_put_int(b->told, "ended_us", e->at_us);
    brief_put(b, "outcome", json_get_sv(data, "outcome"));
    json_put_int(
        b->told, "exit",
        json_get_int(data, "exit",
                     e->kind == EVENT_RUN_INTERRUPTED ? EXIT_CODE_INTERRUPTED : EXIT_CODE_FAILED));
}

/* A flag that a rule switches, or what a person has decided: as the event tells it. */
static void brief_keep(struct brief *b, const struct event *e, const json_t *data)
{
    json_t *flag = json_object();

    json_put_int(flag, "kind", e->kind);
    json_put(flag, "data", json_incref((json_t *)(uintptr_t)data));
    json_append(json_object_get(b->told, "flags"), flag);
}

static void brief_take_hold(struct brief *b, const struct event *e, const json_t *data)
{
    if (sv_eq(json_get_sv(data, "what"), SV("maintenance")))
        brief_put(b, "held",
                  e->kind == EVENT_HOLD_TAKEN ? json_get_sv(data, "file") : (struct sv){NULL, 0});
}

static void brief_take_run(struct brief *b, const struct event *e, const json_t *data)
{
    switch (e->kind) {
    case EVENT_RUN_STARTED: brief_take_start(b, e, data); break;
    case EVENT_RUN_FINISHED:
    case EVENT_RUN_WAITING:
    case EVENT_RUN_INTERRUPTED: brief_take_stop(b, e, data); break;
    case EVENT_RUN_RESUMED:
        (void)json_object_del(b->told, "last"); /* after a crash there is none */
        json_put_int(b->told, "last_kind", 0);
        break;
    case EVENT_GATE_WAITING: brief_gate(b, data, e->step); break;
    case EVENT_ANSWER:
        brief_gate(b, NULL, e->step);
        if (json_get_sv(data, "choice").n)
            brief_keep(b, e, data);
        break;
    case EVENT_GATE_REFUSED:
    case EVENT_GATE_PASSED:
    case EVENT_STEP_INTENT:
    case EVENT_STEP_SKIPPED: brief_gate(b, NULL, e->step); break;
    case EVENT_VERDICT:
        brief_put(b, "verdict", json_get_sv(data, "verdict"));
        brief_put(b, "verdict_text", json_get_sv(data, "text"));
        break;
    case EVENT_FLAG_INTENT:
    case EVENT_FLAG_OUTCOME: brief_keep(b, e, data); break;
    case EVENT_HOLD_TAKEN:
    case EVENT_HOLD_GIVEN: brief_take_hold(b, e, data); break;
    case EVENT_ROLLBACK_STARTED:
        brief_gate(b, NULL, e->step);
        brief_put(b, "rollback_reason", json_get_sv(data, "reason"));
        brief_put(b, "rollback_by", json_get_sv(data, "by"));
        brief_put(b, "back_to", json_get_sv(data, "to"));
        break;
    default: break;
    }
}

void brief_take(struct brief *b, const struct event *e, const json_t *data)
{
    brief_take_step(b, e, data);
    brief_take_run(b, e, data);
}

/* --- writing --- */

static void brief_put_counts(struct brief *b)
{
    static const char *const ways[] = {"forward", "way_back"};
    static const enum step_state shown[] = {STEP_DONE, STEP_SKIPPED, STEP_FAILED};
    json_t *counts = json_object();

    for (size_t way = 0; way < ARRAY_LEN(ways); way++) {
        json_t *j = json_object();

        for (size_t i = 0; i < ARRAY_LEN(shown); i++)
            json_put_int(j, step_state_name(shown[i]), (int64_t)b->counts[way][shown[i]]);
        json_put(counts, ways[way], j);
    }
    json_put(b->told, "counts", counts);
}

static json_t *brief_hosts(const struct brief_step *s)
{
    json_t *list = json_array();

    for (size_t i = 0; i < s->p->n_on; i++) {
        json_t *j = json_object();

        json_put_sv(j, "host", s->p->on[i].host);
        for (size_t k = 0; k < s->hosts.n; k++) {
            if (!sv_eq(s->hosts.v[k].host, s->p->on[i].host))
                continue;
            json_put_sv(j, "state", s->hosts.v[k].state);
            json_put_sv(j, "reason", s->hosts.v[k].reason);
        }
        json_append(list, j);
    }
    return list;
}

/* Where it stands, as view_current() finds it: on the way back only what belongs to that. */
static const struct brief_step *brief_current(const struct brief *b)
{
    const struct brief_step *s = b->n_open ? &b->steps.v[b->last_open] : NULL;

    return s && (s->way_back || !json_object_get(b->told, "rollback_by")) ? s : NULL;
}

static void brief_put_step(struct brief *b, const struct brief_step *s)
{
    CLEANUP(strbuf_release) struct strbuf brief = STRBUF(0);
    json_t *j = json_object();

    json_put_sv(j, "id", s->p->id);
    json_put_int(j, "line", (int64_t)s->p->line);
    text_add_brief(&brief, s->p->command);
    json_put_sv(j, "command", strbuf_sv(&brief));
    json_put_bool(j, "way_back", s->way_back);
    json_put_str(j, "state", step_state_name(s->state));
    json_put_sv(j, "reason", s->reason);
    json_put_sv(j, "folder", s->folder);
    if (s->p->n_on)
        json_put(j, "hosts", brief_hosts(s));
    json_put(b->told, "step", j);
}

static void brief_put_gate(struct brief *b)
{
    const struct brief_step *s = brief_find(b, b->gate_step);
    json_t *j = json_object();

    json_put_sv(j, "id", b->gate_step);
    if (s && s->approvals)
        json_put(j, "approvals", json_incref(s->approvals));
    json_put(b->told, "gate_step", j);
}

bool brief_write(struct brief *b, struct strbuf *out)
{
    const struct brief_step *s = brief_current(b);

    if (b->unclear || (s && s->p->n_on > BRIEF_HOSTS))
        return false;
    brief_put_counts(b);
    (void)json_object_del(b->told, "step");
    (void)json_object_del(b->told, "gate_step"); /* of the last time */
    if (s)
        brief_put_step(b, s);
    if (b->gate_waits)
        brief_put_gate(b);
    json_write(b->told, out);
    return true;
}
