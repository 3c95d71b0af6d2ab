/*
 * The way back as a run takes it: what is left out of it, and the way back of a run that is finished, which is a run of
 * its own: it has the plan and the values of the other one, and begins where that one ended.
 */
#include "base/clock.h"
#include "base/sv.h"
#include "exec/back_find.h"
#include "exec/run_int.h"

/* --- what is left out --- */

/* The steps up to this one are still as they were made; all: nothing was taken back. */
static size_t back_until(const struct run *r, struct sv id)
{
    for (size_t i = 0; id.n && i < r->n_forward; i++)
        if (sv_eq(r->steps.v[i].p->id, id))
            return i + 1;
    return r->n_forward;
}

static enum err_code back_settle(struct run *r, struct sv to, struct err *err)
{
    CLEANUP(mem_freep) bool *begun = XNEWN(bool, r->n_forward + 1);
    size_t keep = 0;

    for (size_t i = 0; i < r->n_forward; i++)
        begun[i] = r->steps.v[i].attempt > 0;
    if (to.n && back_keep(r->plan, begun, to, &keep, err) != ERR_OK)
        return err->code;
    back_release(&r->back);
    back_look(r->plan, begun, keep, &r->back);
    r->back_to = keep ? r->plan->steps[keep - 1].id : (struct sv){NULL, 0};
    if (!r->back.bad.n)
        return ERR_OK;
    (void)err_set(err, ERR_REFUSED, "%.*s", SV_FMT(r->back.bad));
    return err_hint(err, "%.*s", SV_FMT(r->back.hint));
}

void run_back_begin(struct run *r, json_t *data)
{
    struct err ignored;

    if (!r->back.steps
             .n) /* it was looked at ahead when it goes to a step, which alone can be refused */
        (void)!back_settle(r, r->back_to, &ignored);
    json_put_sv(data, "to", r->back_to);
    json_put_int(data, "undone",
                 (int64_t)(r->back.counts[BACK_UNDONE] + r->back.counts[BACK_ITSELF]));
    json_put_int(data, "accepted", (int64_t)r->back.counts[BACK_ACCEPTED]);
    json_put_int(data, "kept", (int64_t)r->back.counts[BACK_KEPT]);
}

enum err_code run_back_choose(struct run *r, struct sv to, struct err *err)
{
    if (!to.n)
        return ERR_OK;
    if (r->after_values == STAGE_WAY_BACK) {
        (void)err_set(err, ERR_INVALID, "the way back of %s has begun already",
                      event_run_text(r->id).s);
        return err_hint(err, "prusik resume %s goes on with it", event_run_text(r->id).s);
    }
    return back_settle(r, to, err);
}

enum err_code run_back_load(struct run *r, const json_t *data, struct err *err)
{
    return back_settle(r, json_get_sv(data, "to"), err);
}

struct sv run_back_skip(struct run *r)
{
    size_t i = r->at - r->n_forward;

    if (r->stage != STAGE_WAY_BACK || i >= r->back.steps.n || r->steps.v[r->at].p->skip.n)
        return (struct sv){NULL, 0};
    return r->back.steps.v[i].left;
}

bool run_back_keeps_flag(const struct run *r)
{
    return r->stage == STAGE_WAY_BACK && r->back.keeps_flag;
}

/* --- of a run that is finished --- */

/* What the other run has done is what is undone; the rest is as if it had never been begun. */
static void back_forget(struct run *r, struct sv until)
{
    for (size_t i = back_until(r, until); i < r->steps.n; i++) {
        struct run_step *s = &r->steps.v[i];

        s->state = STEP_PLANNED;
        s->attempt = s->gates_passed = 0;
        s->has_out = s->left = false;
        for (size_t k = 0; k < s->p->n_on; k++)
            s->hosts[k] = (struct run_host){.state = STEP_PLANNED};
    }
}

enum err_code run_back_load_old(struct run *r, const json_t *old, struct err *err)
{
    struct journal_check check;
    struct hash head;
    int64_t run;

    if (!event_run_parse(json_get_sv(old, "run"), &run) ||
        !hash_from_hex(json_get_sv(old, "head"), &head))
        return err_set(
            err, ERR_CORRUPT,
            "event 1 does not say which run is brought back"); /* uncovered: its chain says so before */
    if (journal_verify(r->store, run, &check, err) != ERR_OK || run_load_old(r, run, err) != ERR_OK)
        return err->code;
    if (memcmp(&head, &check.head, sizeof(head)) != 0)
        return err_set(err, ERR_CORRUPT, "run %s is not as it was when %s began to bring it back",
                       event_run_text(run).s, event_run_text(r->id).s);
    back_forget(r, json_get_sv(old, "until"));
    r->rolls_back = run;
    return ERR_OK;
}

static enum err_code back_refuse_found(int64_t id, const struct back_found *f, struct err *err)
{
    struct event_run_text run = event_run_text(id), other;

    if (f->rolls_back) {
        other = event_run_text(f->rolls_back);
        (void)err_set(err, ERR_INVALID, "run %s is the way back of %s", run.s, other.s);
        return err_hint(err, "to go forward again, run the document anew");
    }
    if (f->whole && f->by) {
        (void)err_set(err, ERR_INVALID, "run %s was brought back by %s", run.s,
                      event_run_text(f->by).s);
        return err_hint(err, "prusik status %s", event_run_text(f->by).s);
    }
    if (f->whole) {
        (void)err_set(err, ERR_INVALID, "run %s was brought back already", run.s);
        return err_hint(err, "prusik status %s says how", run.s);
    }
    if (f->later) {
        other = event_run_text(f->later);
        (void)err_set(err, ERR_REFUSED, "%s came after %s, and what it did stands on it", other.s,
                      run.s);
        return err_hint(err, "the last one first: prusik rollback %s", other.s);
    }
    return ERR_OK;
}

enum err_code run_back_check(struct store *store, int64_t id, struct back_found *ret,
                             struct err *err)
{
    struct back_found f;

    if (back_find(store, id, &f, err) != ERR_OK)
        return err->code;
    if (f.finished && back_refuse_found(id, &f, err) != ERR_OK) {
        back_found_release(&f);
        return err->code;
    }
    *ret = f;
    return ERR_OK;
}

static json_t *back_about(int64_t old, const struct journal_check *check, struct sv until)
{
    json_t *j = json_object();

    json_put_str(j, "run", event_run_text(old).s);
    json_put_str(j, "head", hash_hex(&check->head).s);
    json_put_sv(j, "until", until);
    return j;
}

static void back_queue_values(struct run *r, int64_t old)
{
    struct sv from = arena_fmt(&r->arena, "run %s", event_run_text(old).s);

    for (size_t i = 0; i < r->plan->n_variables; i++) {
        struct sv name = r->plan->variables[i].name, value;
        json_t *data;

        if (!values_get(&r->values, name, &value))
            continue; /* uncovered: a run has all of them before its first step; or it is taken now */
        data = json_object();
        json_put_sv(data, "name", name);
        json_put_sv(data, "value", value);
        json_put_sv(data, "from", from);
        run_queue(r, EVENT_VALUE_BOUND, NULL, data);
    }
}

/* Nothing that it has done needs a way back, or has one. */
static enum err_code back_check_any(const struct run *r, int64_t old, struct err *err)
{
    const struct back *b = &r->back;

    if (b->counts[BACK_UNDONE] + b->counts[BACK_ITSELF] > 0)
        return ERR_OK;
    if (b->changes.n == 0) {
        (void)err_set(err, ERR_REFUSED, "run %s has changed nothing that is still there",
                      event_run_text(old).s);
        return err_hint(err, "prusik report %s shows what it did", event_run_text(old).s);
    }
    (void)err_set(err, ERR_REFUSED, "nothing that run %s has changed can be undone by its plan",
                  event_run_text(old).s);
    return err_hint(err, "prusik rollback %s --dry-run names each", event_run_text(old).s);
}

static enum err_code back_make(struct run *r, int64_t old, struct sv until, json_t **about,
                               struct err *err)
{
    struct journal_check check;

    if (journal_verify(r->store, old, &check, err) != ERR_OK || run_load_old(r, old, err) != ERR_OK)
        return err->code;
    back_forget(r, until);
    if (back_settle(r, r->opt.back_to, err) != ERR_OK || back_check_any(r, old, err) != ERR_OK)
        return err->code;
    r->rolls_back = old;
    *about = back_about(old, &check, until);
    return ERR_OK;
}

enum err_code run_start_back(struct store *store, int64_t old, const struct plan *plan,
                             const struct run_options *opt, struct run **ret, struct err *err)
{
    CLEANUP(run_freep) struct run *r = NULL;
    CLEANUP(json_cleanup) json_t *about = NULL;
    struct back_found f = {.by = 0};
    enum err_code rc = run_back_check(store, old, &f, err);

    if (rc != ERR_OK)
        return rc;
    r = run_new(store, plan, opt);
    rc = back_make(r, old, f.until, &about, err);
    back_found_release(&f);
    if (rc != ERR_OK || run_create_back(r, about, err) != ERR_OK)
        return err->code;
    back_queue_values(r, old);
    run_begin_way_back(r, opt->back_reason, r->opt.operator_name);
    if (!run_commit(r))
        return run_give_up(r, err);
    *ret = STEAL(r);
    return ERR_OK;
}
