#include "exec/back_find.h"

#include "base/json.h"
#include "base/map.h"
#include "base/sv.h"
#include "exec/run.h"

/* What is wanted of each journal. */
struct found_run {
    struct arena *arena;
    int64_t id, rolls_back;
    bool begun, finished;
    struct sv outcome, to;
    struct map steps; /* that were begun */
};

static enum err_code found_take(const struct event *e, void *arg, struct err *err)
{
    struct found_run *f = arg;
    CLEANUP(json_cleanup) json_t *data = NULL;
    const json_t *old;

    if (e->kind == EVENT_STEP_INTENT)
        (void)map_put(&f->steps, arena_sv(f->arena, e->step), 0); /* again is no news */
    if (e->kind != EVENT_RUN_STARTED && e->kind != EVENT_ROLLBACK_STARTED &&
        e->kind != EVENT_RUN_FINISHED)
        return ERR_OK;
    if (json_read(e->data, &data, err) != ERR_OK)
        return err_wrap(err, "event %lld", (long long)e->seq);
    if (e->kind == EVENT_RUN_STARTED) {
        f->begun = true;
        old = json_object_get(data, "rolls_back");
        if (old && !event_run_parse(json_get_sv(old, "run"), &f->rolls_back))
            return err_set(err, ERR_CORRUPT, "event %lld rolls back no run", (long long)e->seq);
    } else if (e->kind == EVENT_ROLLBACK_STARTED) {
        f->to = arena_sv(f->arena, json_get_sv(data, "to"));
    } else {
        f->finished = true;
        f->outcome = arena_sv(f->arena, json_get_sv(data, "outcome"));
    }
    return ERR_OK;
}

struct found_list {
    int64_t after;
    struct sv environment;
    VEC(int64_t) ids; /* newest first */
    struct arena arena;
};

static bool found_row(const struct store_run *run, void *arg)
{
    struct found_list *l = arg;

    if (run->id == l->after)
        l->environment = arena_sv(&l->arena, run->environment);
    return run->id > l->after;
}

static bool found_add(const struct store_run *run, void *arg)
{
    struct found_list *l = arg;

    if (run->id > l->after && sv_eq(run->environment, l->environment))
        *vec_add(&l->ids) = run->id;
    return run->id > l->after;
}

static bool found_is_back(const struct found_run *f)
{
    return f->finished && sv_eq(f->outcome, SV("rolled-back"));
}

/* Has it begun a step that changes something? */
static enum err_code found_changes(struct store *s, const struct found_run *f, bool *ret,
                                   struct err *err)
{
    struct plan plan = {0};
    enum err_code rc = f->begun ? run_plan(s, f->id, &plan, err) : ERR_OK;
    size_t ignored;

    *ret = false;
    for (size_t i = 0; rc == ERR_OK && i < plan.n_steps; i++)
        *ret |=
            plan.steps[i].undo != UNDO_NOTHING && map_get(&f->steps, plan.steps[i].id, &ignored);
    plan_release(&plan);
    return rc;
}

/* A run that brings `ret` back, or has tried to. */
static void found_bring(const struct found_run *f, struct back_found *ret)
{
    if (f->finished && !found_is_back(f) && !f->steps.n)
        return; /* ended before anything was undone */
    ret->by = f->id;
    ret->by_open = !f->finished;
    if (!found_is_back(f))
        return;
    ret->whole |= !f->to.n;
    if (f->to.n)
        ret->until = arena_sv(&ret->arena, f->to);
}

typedef VEC(int64_t) found_ids;

/* One that came after it; `stand` are those that have changed something which is still there. */
static enum err_code found_one(struct store *s, struct found_run *f, int64_t run, found_ids *stand,
                               struct back_found *ret, struct err *err)
{
    bool changes;

    if (journal_read(s, f->id, 0, found_take, f, err) != ERR_OK)
        return err->code;
    if (f->rolls_back == run) {
        found_bring(f, ret);
    } else if (f->rolls_back) {
        for (size_t k = 0; k < stand->n; k++)
            if (stand->v[k] == f->rolls_back && found_is_back(f) && !f->to.n)
                stand->v[k] = 0;
    } else if (!found_is_back(f) || f->to.n) {
        if (found_changes(s, f, &changes, err) != ERR_OK)
            return err->code;
        if (changes)
            *vec_add(stand) = f->id;
    }
    return ERR_OK;
}

/* Runs that came after it, the oldest first. */
static enum err_code found_later(struct store *s, const struct found_list *l, int64_t run,
                                 struct back_found *ret, struct err *err)
{
    found_ids stand = {0};
    enum err_code rc = ERR_OK;

    for (size_t i = l->ids.n; rc == ERR_OK && i-- > 0;) {
        struct found_run f = {.arena = &ret->arena, .id = l->ids.v[i]};

        rc = found_one(s, &f, run, &stand, ret, err);
        map_release(&f.steps);
    }
    for (size_t k = 0; k < stand.n; k++)
        ret->later = stand.v[k] ? stand.v[k] : ret->later;
    vec_release(&stand);
    return rc;
}

/* The later runs of its environment. */
static enum err_code found_later_ids(struct store *s, struct found_list *l, struct err *err)
{
    if (store_runs(s, found_row, l, err) != ERR_OK)
        return err->code;
    return store_runs(s, found_add, l, err);
}

static enum err_code found_all(struct store *s, int64_t run, struct found_list *l,
                               struct back_found *ret, struct err *err)
{
    struct found_run own = {.arena = &ret->arena, .id = run};
    enum err_code rc = journal_read(s, run, 0, found_take, &own, err);

    map_release(&own.steps);
    if (rc != ERR_OK || found_later_ids(s, l, err) != ERR_OK)
        return err->code;
    ret->begun = own.begun;
    ret->finished = own.finished;
    ret->outcome = own.outcome;
    ret->rolls_back = own.rolls_back;
    ret->whole = found_is_back(&own) && !own.to.n;
    if (found_is_back(&own))
        ret->until = own.to;
    return found_later(s, l, run, ret, err);
}

enum err_code back_find(struct store *s, int64_t run, struct back_found *ret, struct err *err)
{
    struct back_found f = {.by = 0};
    struct found_list l = {.after = run};
    enum err_code rc = found_all(s, run, &l, &f, err);

    vec_release(&l.ids);
    arena_release(&l.arena);
    if (rc != ERR_OK) {
        back_found_release(&f);
        return rc;
    }
    *ret = f;
    return ERR_OK;
}

static enum err_code found_after(struct store *s, int64_t id, int64_t run, struct back_found *ret,
                                 struct err *err)
{
    struct found_run first = {.arena = &ret->arena, .id = id}, f = first;
    enum err_code rc = journal_read_first(s, id, found_take, &first, err);

    if (rc != ERR_OK || first.rolls_back != run)
        return rc;
    rc = journal_read(s, id, 0, found_take, &f, err);
    if (rc == ERR_OK)
        found_bring(&f, ret);
    map_release(&f.steps);
    return rc;
}

enum err_code back_find_after(struct store *s, const struct back_own *own, struct back_found *ret,
                              struct err *err)
{
    struct back_found f = {.whole = own->back && !own->to.n};
    struct found_list l = {.after = own->run};
    enum err_code rc;

    if (own->back)
        f.until = arena_sv(&f.arena, own->to);
    rc = found_later_ids(s, &l, err);
    for (size_t i = l.ids.n; rc == ERR_OK && i-- > 0;)
        rc = found_after(s, l.ids.v[i], own->run, &f, err);
    vec_release(&l.ids);
    arena_release(&l.arena);
    if (rc != ERR_OK) {
        back_found_release(&f);
        return rc;
    }
    *ret = f;
    return ERR_OK;
}

void back_found_release(struct back_found *f)
{
    arena_release(&f->arena);
    *f = (struct back_found){.by = 0};
}
