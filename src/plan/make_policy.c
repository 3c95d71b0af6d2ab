/*
 * What a failed step leads to: what the binding says, and what the document says to do then.
 */
#include "base/sv.h"
#include "plan/make_int.h"

/* Steps of the plan, found by their ids. */
struct policy_list {
    json_t *list;
    struct map at;
};

static void policy_list_init(struct policy_list *l, json_t *list)
{
    *l = (struct policy_list){.list = list};
    for (size_t i = json_array_size(list); i-- > 0;) /* the first of an id */
        (void)map_put(&l->at, json_get_sv(json_array_get(list, i), "id"), i);
}

static json_t *policy_step(const struct policy_list *steps, struct sv id)
{
    size_t at;

    return map_get(&steps->at, id, &at) ? json_array_get(steps->list, at) : NULL;
}

/* --- the binding --- */

static bool policy_is_word(struct sv s)
{
    return sv_eq(s, SV("stop")) || sv_eq(s, SV("continue")) || sv_eq(s, SV("rollback"));
}

static enum err_code policy_bad_branch(struct make *m, const struct binding_step *set)
{
    (void)err_set(
        m->err, ERR_INVALID,
        "%s:%zu: '%.*s' is no branch for step '%.*s': it has to be another part of the way forward",
        m->b->path, set->line, SV_FMT(set->on_failure), SV_FMT(set->step));
    return err_hint(m->err,
                    "on_failure takes stop, continue, rollback, or the id of a part or step");
}

static void policy_add_branch(json_t *step, struct sv id)
{
    json_t *of = json_object_get(step, "branch_of");

    if (!of) {
        of = json_array();
        json_put(step, "branch_of", of);
    }
    json_append(of, json_sv(id));
}

/* The steps of the branch belong to the step `id` only. */
static size_t policy_mark_branch(struct make *m, const struct make_ref *branch, struct sv id,
                                 const struct policy_list *steps)
{
    size_t n = 0;

    for (uint32_t i = 0; i < m->rb->n_steps; i++) {
        json_t *step =
            make_ref_covers(m, branch, i) ? policy_step(steps, m->rb->steps[i].id) : NULL;

        if (!step || sv_eq(m->rb->steps[i].id, id))
            continue;
        policy_add_branch(step, id);
        n++;
    }
    return n;
}

static enum err_code policy_set(struct make *m, size_t k, json_t *step,
                                const struct policy_list *steps)
{
    const struct binding_step *set = &m->b->steps.v[k];
    struct make_ref branch;

    if (policy_is_word(set->on_failure)) {
        json_put_sv(step, "on_failure", set->on_failure);
        return ERR_OK;
    }
    if (make_resolve(m, set->on_failure, set->line, &branch) != ERR_OK)
        return m->err->code;
    json_put_str(step, "on_failure", "branch");
    json_put_sv(step, "branch",
                branch.part != RB_NONE ? m->rb->parts[branch.part].id
                                       : m->rb->steps[branch.step].id);
    return policy_mark_branch(m, &branch, json_get_sv(step, "id"), steps)
               ? ERR_OK
               : policy_bad_branch(m, set);
}

/* The first entry that covers a step counts, as with all its settings. */
static bool policy_is_first(const struct make *m, size_t k, uint32_t step)
{
    for (size_t i = 0; i < k; i++)
        if (make_ref_covers(m, &m->step_refs.v[i], step))
            return false;
    return make_ref_covers(m, &m->step_refs.v[k], step);
}

static enum err_code policy_of(struct make *m, size_t k, const struct policy_list *steps,
                               const struct policy_list *way_back)
{
    for (uint32_t i = 0; i < m->rb->n_steps; i++) {
        json_t *step = policy_is_first(m, k, i) ? policy_step(steps, m->rb->steps[i].id) : NULL;

        if (!step && policy_is_first(m, k, i))
            step = policy_step(way_back, m->rb->steps[i].id);
        if (step && policy_set(m, k, step, steps) != ERR_OK)
            return m->err->code;
    }
    return ERR_OK;
}

/* --- the document --- */

/* Is it the step with that number, or one of a part with it? */
static bool policy_has_number(const struct make *m, const struct rb_step *s, struct sv number)
{
    if (sv_eq(s->row, number))
        return true;
    for (uint32_t at = s->part; at != RB_NONE; at = m->rb->parts[at].parent)
        if (sv_eq(m->rb->parts[at].number, number))
            return true;
    return false;
}

/* The last step of the number that the label names, else the last one before it under the same heading; RB_NONE: there is none. */
static uint32_t policy_step_before(const struct make *m, const struct rb_failure *f)
{
    uint32_t found = RB_NONE;

    for (uint32_t i = 0; f->number.n && i < m->rb->n_steps; i++)
        if (policy_has_number(m, &m->rb->steps[i], f->number) &&
            make_is_forward(m, &m->rb->steps[i]))
            found = i;
    if (f->number.n)
        return found;
    for (uint32_t i = 0; i < m->rb->n_steps; i++)
        if (m->rb->steps[i].line > f->heading_line && m->rb->steps[i].line < f->line &&
            make_is_forward(m, &m->rb->steps[i]))
            found = i;
    return found;
}

/* Does the step hang on the label? */
static bool policy_hangs(const struct rb_failure *f, const struct rb_step *s)
{
    return s->line > f->line && s->line < f->end;
}

void make_find_branches(struct make *m)
{
    m->failure_of = ARENA_NEWN(m->arena, uint32_t, m->rb->n_steps);
    for (size_t i = 0; i < m->rb->n_steps; i++)
        m->failure_of[i] = RB_NONE;
    for (size_t k = 0; k < m->rb->n_failures; k++) {
        const struct rb_failure *f = &m->rb->failures[k];
        uint32_t failed = policy_step_before(m, f);

        for (uint32_t i = 0; failed != RB_NONE && i < m->rb->n_steps; i++)
            if (policy_hangs(f, &m->rb->steps[i]))
                m->failure_of[i] = failed;
    }
}

/* What is told when it fails; of a step with a number at each of its commands. */
static void policy_tell(struct make *m, const struct policy_list *steps, const struct rb_failure *f,
                        json_t *failed)
{
    json_put_sv(failed, "if_failed", f->text);
    for (uint32_t i = 0; f->number.n && i < m->rb->n_steps; i++) {
        json_t *step = policy_has_number(m, &m->rb->steps[i], f->number)
                           ? policy_step(steps, m->rb->steps[i].id)
                           : NULL;

        if (step)
            json_put_sv(step, "if_failed", f->text);
    }
}

/* Steps that hang on the label are a branch of the step before it; what are no steps is told when it fails. */
static void policy_take_failure(struct make *m, const struct policy_list *steps,
                                const struct rb_failure *f)
{
    uint32_t at = policy_step_before(m, f);
    json_t *failed = at == RB_NONE ? NULL : policy_step(steps, m->rb->steps[at].id);
    size_t n = 0;

    if (!failed)
        return;
    for (uint32_t i = 0; i < m->rb->n_steps; i++) {
        const struct rb_step *s = &m->rb->steps[i];
        json_t *step =
            m->failure_of[i] == at && policy_hangs(f, s) ? policy_step(steps, s->id) : NULL;

        if (!step)
            continue;
        policy_add_branch(step, json_get_sv(failed, "id"));
        n++;
    }
    if (n) {
        json_put_str(failed, "on_failure", "branch");
        json_put_sv(failed, "branch", f->label);
    } else if (f->text.n) {
        policy_tell(m, steps, f, failed);
    }
}

static enum err_code policy_all(struct make *m, const struct policy_list *steps,
                                const struct policy_list *way_back)
{
    for (size_t i = 0; i < m->rb->n_failures; i++)
        policy_take_failure(m, steps, &m->rb->failures[i]);
    for (size_t k = 0; k < m->b->steps.n; k++)
        if (m->b->steps.v[k].on_failure.n && policy_of(m, k, steps, way_back) != ERR_OK)
            return m->err->code;
    return ERR_OK;
}

enum err_code make_policies(struct make *m, json_t *steps, json_t *way_back)
{
    struct policy_list forward, back;
    enum err_code rc;

    policy_list_init(&forward, steps);
    policy_list_init(&back, way_back);
    rc = policy_all(m, &forward, &back);
    map_release(&forward.at);
    map_release(&back.at);
    return rc;
}
