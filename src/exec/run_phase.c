/*
 * Phases of the document that have rules of their own: each has a deploy mark, the outcome of its last changing step.  The last
 * mark of all is that of the run (run.c).
 */
#include "base/clock.h"
#include "base/sv.h"
#include "exec/run_int.h"

/* Is a part inside of another, or that one?  Their ids are paths. */
static bool phase_has(struct sv phase, struct sv part)
{
    return sv_eat(&part, phase) && (!part.n || *part.p == '/');
}

static void phase_add(struct run *r, struct sv id)
{
    struct run_phase p = {.id = id, .step = SIZE_MAX, .first = SIZE_MAX};
    bool known = !id.n;

    for (size_t i = 0; i < r->phases.n; i++)
        known |= sv_eq(r->phases.v[i].id, id);
    if (known)
        return;
    for (size_t i = 0; i < r->n_forward; i++) {
        if (!run_step_marks(r->steps.v[i].p) || !phase_has(id, r->steps.v[i].p->part))
            continue;
        p.step = i;
        if (p.first == SIZE_MAX)
            p.first = i;
    }
    *vec_add(&r->phases) = p;
}

void run_phases_init(struct run *r)
{
    for (size_t i = 0; i < r->plan->n_rules; i++)
        if (!r->plan->rules[i].dropped)
            phase_add(r, r->plan->rules[i].phase);
}

void run_phases_done(struct run *r, int64_t at_us)
{
    for (size_t i = 0; i < r->phases.n; i++)
        if (!r->phases.v[i].at_us)
            r->phases.v[i].at_us = at_us;
}

static void phase_mark(struct run *r, struct run_phase *p)
{
    const struct plan_part *part = plan_part(r->plan, p->id);
    json_t *data = json_object();

    p->at_us = clock_steady_us();
    json_put_str(data, "name", "phase");
    json_put_sv(data, "phase", p->id);
    json_put_sv(data, "title", part ? part->title : p->id);
    json_put_int(data, "at_us", p->at_us);
    run_queue(r, EVENT_MARK, &r->steps.v[r->at], data);
    if (run_commit(r))
        run_watch_mark(r, p->id, p->at_us);
}

void run_phases_over(struct run *r)
{
    for (size_t i = 0; i < r->phases.n; i++)
        if (r->phases.v[i].step == r->at && !r->phases.v[i].at_us)
            phase_mark(r, &r->phases.v[i]);
}

void run_phases_load(struct run *r, struct sv id, int64_t at_us)
{
    for (size_t i = 0; i < r->phases.n; i++)
        if (sv_eq(r->phases.v[i].id, id))
            r->phases.v[i].at_us = at_us;
}

bool run_is_marked(const struct run *r)
{
    for (size_t i = 0; i < r->phases.n; i++)
        if (r->phases.v[i].at_us)
            return true;
    return r->mark_us != 0;
}

bool run_phase_is_begun(const struct run *r, struct sv id)
{
    for (size_t i = 0; i < r->phases.n; i++) {
        const struct run_phase *p = &r->phases.v[i];

        if (sv_eq(p->id, id)) /* at the gate of its first step nothing of it was done */
            return !p->at_us && p->first < r->at;
    }
    return true;
}

/* "phase-4" of "deployment/phase-4", else "cleanup" in the title "Validation & Cleanup". */
static bool phase_is_called(const struct plan_part *p, struct sv name, bool by_title)
{
    struct sv rest = p->id, word = p->id;

    if (sv_is(p->role, "rollback"))
        return false;
    if (by_title)
        return sv_has_word(p->title, name);
    while (sv_split(&rest, '/', &word))
        ;
    return sv_eq(word, name);
}

/* One in which nothing is carried out is over with what stands before it. */
static bool phase_part_is_over(const struct run *r, const struct plan_part *p)
{
    bool carries_out = false, reached = true;

    for (size_t i = 0; i < r->n_forward; i++) {
        bool inside = phase_has(p->id, r->steps.v[i].p->part);
        bool passed = run_step_is_passed(&r->steps.v[i]);

        if (inside && !passed)
            return false;
        carries_out |= inside;
        reached &= passed || r->steps.v[i].p->line >= p->line;
    }
    return carries_out || reached;
}

/* A watch alone has no parts: none is ever over. */
bool run_phase_is_over(void *arg, struct sv name)
{
    const struct run *r = arg;
    bool found = false;

    for (int by_title = 0; by_title < 2 && !found; by_title++)
        for (size_t i = 0; i < r->plan->n_parts; i++) {
            if (!phase_is_called(&r->plan->parts[i], name, by_title > 0))
                continue;
            if (!phase_part_is_over(r, &r->plan->parts[i]))
                return false;
            found = true;
        }
    return found;
}

/* From the last mark on, and of it only what was begun. */
bool run_phase_pauses(const struct run *r, bool opened)
{
    size_t from = 0;

    if (!run_is_marked(r) || r->mark_us || r->stage != STAGE_FORWARD)
        return false;
    for (size_t i = 0; i < r->phases.n; i++)
        if (r->phases.v[i].at_us && r->phases.v[i].step != SIZE_MAX && r->phases.v[i].step >= from)
            from = r->phases.v[i].step + 1;
    for (size_t i = from; i <= r->at && i < r->n_forward; i++) {
        const struct run_step *s = &r->steps.v[i];
        bool handles = run_step_is_change(s) &&
                       (sv_is(s->p->kind, "service") || sv_is(s->p->kind, "maintenance") ||
                        sv_is(s->p->effect, "service"));

        if (handles && s->state != STEP_SKIPPED &&
            (s->state != STEP_PLANNED || (i == r->at && opened)))
            return true;
    }
    return false;
}
