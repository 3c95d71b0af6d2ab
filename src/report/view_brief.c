/*
 * A view made from the summary that a run keeps beside its last event, instead of from all events.
 */
#include "base/sv.h"
#include "exec/brief.h"
#include "report/view_int.h"

static void view_brief_host(struct view_step *s, struct plan_step *on, const json_t *j)
{
    on->host = json_get_sv(j, "host");
    if (json_get_sv(j, "state").n)
        *vec_add(&s->hosts) =
            (struct view_host){.host = on->host, .state = json_get_sv(j, "state"), .outcome = j};
}

static void view_brief_step(struct view *v, const json_t *j)
{
    struct plan_step *p = ARENA_NEW(&v->arena, struct plan_step);
    struct view_step *s = vec_add(&v->steps);
    const json_t *hosts = json_object_get(j, "hosts");

    p->id = json_get_sv(j, "id");
    p->line = (size_t)json_get_int(j, "line", 0);
    p->command = json_get_sv(j, "command");
    p->n_on = json_array_size(hosts);
    p->on = ARENA_NEWN(&v->arena, struct plan_step, p->n_on);
    *s = (struct view_step){
        .p = p, .way_back = json_get_bool(j, "way_back", false), .state = json_get_sv(j, "state")};
    *vec_add(&s->attempts) = (struct view_attempt){.state = s->state, .outcome = j};
    for (size_t i = 0; i < p->n_on; i++)
        view_brief_host(s, &p->on[i], json_array_get(hosts, i));
}

/* The step whose gate waits may be the one that is to be tried again. */
static struct view_step *view_brief_gated(struct view *v, struct sv id)
{
    struct plan_step *p;

    for (size_t i = 0; i < v->steps.n; i++)
        if (sv_eq(v->steps.v[i].p->id, id))
            return &v->steps.v[i];
    p = ARENA_NEW(&v->arena, struct plan_step);
    p->id = id;
    *vec_add(&v->steps) = (struct view_step){
        .p = p, .way_back = true /* view_current() looks past it */, .state = SV("planned")};
    return vec_last(&v->steps);
}

static void view_brief_gate(struct view *v, const json_t *j)
{
    const json_t *approvals = json_object_get(j, "approvals");
    struct view_step *s;

    v->gate_step = json_get_sv(j, "id");
    if (!approvals)
        return;
    s = view_brief_gated(v, v->gate_step);
    for (size_t i = 0; i < json_array_size(approvals); i++)
        *vec_add(&s->answers) =
            (struct view_answer){.approval = true, .data = json_array_get(approvals, i)};
}

static void view_brief_flags(struct view *v, const json_t *flags)
{
    for (size_t i = 0; i < json_array_size(flags); i++) {
        const json_t *j = json_array_get(flags, i);

        *vec_add(&v->events) = (struct view_event){.kind = json_get_int(j, "kind", 0),
                                                   .data = json_incref(json_object_get(j, "data"))};
    }
}

/* `j` is the view's from here on: its texts live there. */
static void view_brief_take(struct view *v, json_t *j)
{
    v->plan.json = j;
    v->plan.title = json_get_sv(j, "title");
    v->plan.document = json_get_sv(j, "document");
    v->plan.environment = json_get_sv(j, "environment");
    v->plan.n_steps = (size_t)json_get_int(j, "steps", 0);
    v->plan.n_way_back = (size_t)json_get_int(j, "way_back_steps", 0);
    v->counts = json_object_get(j, "counts");
    v->begun_us = json_get_int(j, "begun_us", 0);
    v->ended_us = json_get_int(j, "ended_us", 0);
    v->operator_name = json_get_sv(j, "operator");
    v->rolls_back = json_get_int(j, "rolls_back", 0);
    v->last = json_object_get(j, "last");
    v->last_kind = json_get_int(j, "last_kind", 0);
    v->outcome = json_get_sv(j, "outcome");
    v->exit = json_get_int(j, "exit", 0);
    v->gate = json_object_get(j, "gate");
    v->verdict = json_get_sv(j, "verdict");
    v->verdict_text = json_get_sv(j, "verdict_text");
    v->rollback_reason = json_get_sv(j, "rollback_reason");
    v->rollback_by = json_get_sv(j, "rollback_by");
    v->back_to = json_get_sv(j, "back_to");
    v->held = json_get_sv(j, "held");
    if (json_object_get(j, "step"))
        view_brief_step(v, json_object_get(j, "step"));
    view_brief_gate(v, json_object_get(j, "gate_step"));
    view_brief_flags(v, json_object_get(j, "flags"));
}

size_t view_brief_count(const struct view *v, bool way_back, struct sv state)
{
    const json_t *counts = json_object_get(v->counts, way_back ? "way_back" : "forward");
    CLEANUP(mem_freep) char *key = xstrdup_sv(state);

    return (size_t)json_get_int(counts, key, 0);
}

enum err_code view_load_brief(struct store *s, int64_t id, bool full, struct view *ret,
                              struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct view v = {.id = id};
    json_t *j = NULL;
    struct err ignored; /* what cannot be read is as none */
    bool found = false;

    if (!full && journal_summary(s, id, &found, &text, err) != ERR_OK)
        return err->code;
    if (!found || json_read(strbuf_sv(&text), &j, &ignored) != ERR_OK ||
        json_get_int(j, "v", 0) != BRIEF_VERSION) {
        json_decref(j);
        return view_load(s, id, ret, err);
    }
    view_brief_take(&v, j);
    if (view_find_state(s, &v, err) != ERR_OK) {
        view_release(&v);
        return err->code;
    }
    *ret = v;
    return ERR_OK;
}
