/*
 * What people do with a run that stands still, without carrying anything out: leave a step out, take it over.
 */
#include "base/clock.h"
#include "base/ident.h"
#include "base/sv.h"
#include "exec/run_int.h"

/* The run, taken; the caller frees it. */
static enum err_code mend_take(struct store *store, int64_t id, const struct plan *plan,
                               struct sv by, struct run **ret, struct err *err)
{
    struct run_options opt = {.operator_name = by};
    CLEANUP(run_freep) struct run *r = run_new(store, plan, &opt);

    r->id = id;
    if (run_take(r, err) != ERR_OK)
        return err->code;
    *ret = STEAL(r);
    return ERR_OK;
}

/* In the same commit the lock is given back. */
static enum err_code mend_give(struct run *r, struct err *err)
{
    json_t *lock = json_object();

    json_put_sv(lock, "environment", r->plan->environment);
    run_queue(r, EVENT_LOCK_GIVEN, NULL, lock);
    journal_unlock(r->journal, r->plan->environment);
    return run_commit(r) ? ERR_OK : run_give_up(r, err);
}

static enum err_code mend_refuse_skip(const struct run *r, const struct run_step *s,
                                      struct err *err)
{
    struct event_run_text run = event_run_text(r->id);

    if (s->state == STEP_DONE || s->state == STEP_SKIPPED)
        return err_set(err, ERR_INVALID, "step %.*s is %s already", SV_FMT(s->p->id),
                       step_state_name(s->state));
    if (sv_eq(s->p->kind, SV("approval"))) {
        (void)err_set(err, ERR_REFUSED,
                      "step %.*s is an approval: leaving it out would be giving it",
                      SV_FMT(s->p->id));
        return err_hint(err, "prusik approve %s --as NAME", run.s);
    }
    if (s->way_back != (r->after_values == STAGE_WAY_BACK)) {
        (void)err_set(err, ERR_INVALID, "step %.*s belongs to the way %s, and the run is not on it",
                      SV_FMT(s->p->id), s->way_back ? "back" : "forward");
        return err_hint(err, "prusik status %s", run.s);
    }
    return ERR_OK;
}

static struct run_step *mend_find(struct run *r, struct sv ref, struct err *err)
{
    struct sv nearest = {NULL, 0};
    const struct plan_step *p = plan_find(r->plan, ref, &nearest);

    for (size_t i = 0; p && i < r->steps.n; i++)
        if (r->steps.v[i].p == p)
            return &r->steps.v[i];
    (void)err_set(err, ERR_INVALID, "run %s has no single step '%.*s'", event_run_text(r->id).s,
                  SV_FMT(ref));
    if (nearest.n)
        (void)err_hint(err, "did you mean '%.*s'?", SV_FMT(nearest));
    return NULL;
}

/* It stands as before, without the step. */
static void mend_queue_skip(struct run *r, const struct run_step *s, struct sv by, struct sv why)
{
    json_t *data = json_object();

    json_put_sv(data, "reason", why);
    json_put_sv(data, "by", by);
    run_queue(r, EVENT_STEP_SKIPPED, s, data);
    data = json_object();
    json_put_int(data, "exit",
                 r->after_values == STAGE_WAY_BACK ? EXIT_CODE_ROLLBACK_FAILED : EXIT_CODE_FAILED);
    json_put_str(data, "for", "operator");
    json_put_sv(data, "why",
                arena_fmt(&r->arena, "step %.*s is left out by %.*s: %.*s", SV_FMT(s->p->id),
                          SV_FMT(by), SV_FMT(why)));
    json_put_sv(data, "next", arena_fmt(&r->arena, "prusik resume %s", event_run_text(r->id).s));
    json_put_bool(data, "way_back", r->after_values == STAGE_WAY_BACK);
    run_queue(r, EVENT_RUN_WAITING, NULL, data);
}

static enum err_code mend_skip(struct run *r, struct sv ref, struct sv by, struct sv why,
                               struct err *err)
{
    struct run_step *s = mend_find(r, ref, err);

    if (!s || mend_refuse_skip(r, s, err) != ERR_OK) {
        r->err = *err;
        return run_give_up(r, err);
    }
    mend_queue_skip(r, s, by, why);
    return mend_give(r, err);
}

enum err_code run_skip_step(struct store *store, int64_t id, struct sv step, struct sv by,
                            struct sv why, struct err *err)
{
    struct plan plan = {0};
    struct run *r = NULL;
    enum err_code rc = run_plan(store, id, &plan, err);

    if (rc != ERR_OK)
        return rc;
    rc = mend_take(store, id, &plan, by, &r, err);
    if (rc == ERR_OK) {
        assert(r); /* as mend_take() promises */
        rc = mend_skip(r, step, by, why, err);
    }
    run_free(r);
    plan_release(&plan);
    return rc;
}

/* --- taking over --- */

static enum err_code mend_check_owner(int64_t id, const struct store_lock *l, bool alive,
                                      struct sv confirm, struct err *err)
{
    bool here = sv_eq(sv_from(l->host), sv_from(ident_host().s));

    if (!alive || (!here && sv_eq(confirm, sv_from(l->host))))
        return ERR_OK;
    if (here) {
        (void)err_set(err, ERR_LOCKED,
                      "run %s is in the hands of %s, and its process (pid %lld) lives",
                      event_run_text(id).s, l->owner, (long long)l->pid);
        return err_hint(err, "stop it first: kill -TERM %lld", (long long)l->pid);
    }
    (void)err_set(err, ERR_LOCKED,
                  "run %s is in the hands of %s on %s since %s, which cannot be asked from here",
                  event_run_text(id).s, l->owner, l->host, clock_format_s(l->at_us).s);
    return err_hint(
        err, "when its process is certainly gone: prusik takeover %s --why TEXT --confirm %s",
        event_run_text(id).s, l->host);
}

static void mend_queue_takeover(struct run *r, const struct store_lock *l, bool proven,
                                struct sv by, struct sv why)
{
    json_t *data = json_object();

    json_put_sv(data, "by", by);
    json_put_sv(data, "why", why);
    json_put_str(data, "from", l->owner);
    json_put_str(data, "host", l->host);
    json_put_int(data, "pid", l->pid);
    json_put_int(data, "since_us", l->at_us);
    json_put_bool(data, "proven", proven);
    run_queue(r, EVENT_TAKEOVER, NULL, data);
}

enum err_code run_take_over(struct store *store, int64_t id, const struct run_takeover *t,
                            struct err *err)
{
    struct store_lock l = {0};
    struct plan plan = {0};
    struct run *r = NULL;
    bool held = false, alive = false;
    enum err_code rc = run_plan(store, id, &plan, err);

    if (rc != ERR_OK)
        return rc;
    rc = store_lock_get(store, plan.environment, &held, &alive, &l, err);
    if (rc == ERR_OK && (!held || l.run != id)) {
        rc = err_set(err, ERR_INVALID, "nobody carries %s out just now", event_run_text(id).s);
        (void)err_hint(err, "prusik status %s says where it is", event_run_text(id).s);
    }
    if (rc == ERR_OK)
        rc = mend_check_owner(id, &l, alive, t->confirm, err);
    if (rc == ERR_OK)
        rc = store_lock_give(store, plan.environment, id, err);
    if (rc == ERR_OK)
        rc = mend_take(store, id, &plan, t->by, &r, err);
    if (rc == ERR_OK) {
        assert(r); /* as mend_take() promises */
        mend_queue_takeover(r, &l, !alive, t->by, t->why);
        rc = mend_give(r, err);
    }
    run_free(r);
    plan_release(&plan);
    return rc;
}
