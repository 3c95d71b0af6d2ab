/*
 * Which hosts of a step have their turn: after a resume, before an attempt, and on the way back.
 */
#include "base/sv.h"
#include "exec/run_int.h"

/* --- from the journal --- */

static size_t run_find_host(const struct run_step *s, struct sv name)
{
    size_t i = 0;

    while (i < s->p->n_on && !sv_eq(s->p->on[i].host, name))
        i++;
    return i;
}

void run_fleet_load_intent(struct run_step *s, const json_t *data)
{
    const json_t *hosts = json_object_get(data, "hosts");

    for (size_t i = 0; s->p->n_on && i < json_array_size(hosts); i++) {
        const json_t *name = json_array_get(hosts, i);
        size_t at = run_find_host(s, sv_from(json_is_string(name) ? json_string_value(name) : ""));

        if (at == s->p->n_on)
            continue; /* uncovered: the plan is that of the journal */
        s->hosts[at].state = STEP_RUNNING;
        s->hosts[at].touched = true;
        s->hosts[at].reason = (struct sv){NULL, 0};
    }
}

bool run_fleet_load_outcome(struct run *r, struct run_step *s, const json_t *data)
{
    size_t at = run_find_host(s, json_get_sv(data, "host"));
    enum step_state state = step_state_of(json_get_sv(data, "state"));
    json_t *after = json_object_get(data, "state_after");

    if (at == s->p->n_on || state == STEP_STATE__N)
        return false;
    s->hosts[at].state = state;
    s->hosts[at].touched = json_get_bool(data, "touched", true);
    s->hosts[at].reason = arena_sv(&r->arena, json_get_sv(data, "reason"));
    if (after)
        run_session_remember(r, &s->p->on[at], after);
    return true;
}

/* A look that was stopped is simply done again. */
static bool run_is_stopped_look(const struct run_step *s, enum step_state state)
{
    return state == STEP_STOPPED && sv_eq(s->p->effect, SV("none"));
}

bool run_fleet_settle(struct run_step *s)
{
    bool doubt = false;

    for (size_t i = 0; i < s->p->n_on; i++) {
        struct run_host *h = &s->hosts[i];

        if (h->state == STEP_FAILED || run_is_stopped_look(s, h->state))
            h->state = STEP_PLANNED;
        doubt |= h->state == STEP_RUNNING || h->state == STEP_STOPPED || h->state == STEP_IN_DOUBT;
    }
    return doubt;
}

/* --- the way back --- */

static bool run_changes(const struct plan_step *p)
{
    return !sv_eq(p->effect, SV("none")) && !sv_eq(p->effect, SV("session")) &&
           !sv_eq(p->effect, SV("backup"));
}

/* *has: the way forward changes something on the host.  True: it has begun to. */
static bool run_is_touched(const struct run *r, struct sv host, bool *has)
{
    *has = false;
    for (size_t i = 0; i < r->n_forward; i++) {
        const struct run_step *s = &r->steps.v[i];
        size_t at = run_find_host(s, host);

        if (!run_changes(s->p) || s->p->skip.n)
            continue;
        *has |= at < s->p->n_on || sv_eq(s->p->host, host);
        if (at < s->p->n_on ? s->hosts[at].touched : sv_eq(s->p->host, host) && s->attempt > 0)
            return true;
    }
    return false;
}

bool run_fleet_leave_alone(struct run *r, struct sv *why)
{
    struct run_step *s = run_current(r);
    size_t left = 0;

    for (size_t i = 0; s->way_back && i < s->p->n_on; i++) {
        struct run_host *h = &s->hosts[i];
        bool has;

        if (h->state == STEP_PLANNED && !run_is_touched(r, s->p->on[i].host, &has) && has) {
            h->state = STEP_SKIPPED;
            h->reason = SV("nothing was changed on it: it is left alone");
        }
        left += h->state == STEP_SKIPPED;
    }
    *why = arena_fmt(&r->arena, "nothing was changed on %.*s: left alone", SV_FMT(s->p->host));
    return left > 0 && left == s->p->n_on;
}

/* The step of the way back that failed on this host before the one whose turn it is; NULL: none. */
static const struct run_step *run_gave_up(const struct run *r, struct sv host)
{
    for (size_t i = r->n_forward; i < r->at; i++) {
        const struct run_step *s = &r->steps.v[i];
        size_t at = run_find_host(s, host);

        if (at < s->p->n_on && s->hosts[at].state == STEP_FAILED && !s->left)
            return s;
    }
    return NULL;
}

bool run_way_back_is_over(const struct run *r)
{
    const struct run_step *next = &r->steps.v[r->at];

    if (!r->way_back_failed)
        return false;
    return r->at == r->steps.n || !next->p->n_on || !sv_eq(next->p->group, next[-1].p->group);
}

/* --- an attempt --- */

json_t *run_fleet_ready(struct run *r)
{
    struct run_step *s = run_current(r);
    json_t *names = json_array();

    for (size_t i = 0; i < s->p->n_on; i++) {
        struct run_host *h = &s->hosts[i];
        struct sv host = s->p->on[i].host;
        const struct run_step *bad = s->way_back ? run_gave_up(r, host) : NULL;

        if (bad && h->state != STEP_DONE && h->state != STEP_SKIPPED) {
            h->state = STEP_FAILED;
            h->reason =
                arena_fmt(&r->arena, "not begun, as step %.*s failed there", SV_FMT(bad->p->id));
            run_queue_host_outcome(r, s, i);
            continue;
        }
        if (h->state == STEP_SKIPPED)
            run_queue_host_outcome(r, s, i);
        if (h->state == STEP_FAILED || run_is_stopped_look(s, h->state))
            h->state = STEP_PLANNED;
        if (h->state != STEP_PLANNED)
            continue;
        h->was_touched = h->touched;
        json_append(names, json_sv(host));
    }
    return names;
}
