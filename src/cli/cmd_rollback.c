#include <inttypes.h>

#include "base/json.h"
#include "base/sv.h"
#include "cli/go.h"
#include "cli/load.h"
#include "cli/show_back.h"
#include "exec/back_find.h"
#include "report/view.h"

static const char *const rollback_opts[] = {"--bind",  "--set",        "--store",   "--operator",
                                            "--why",   "--to",         "--dry-run", "--json",
                                            "--quiet", "--unattended", NULL};

/* A run that is to be brought back, and what is known of it. */
struct rollback {
    const struct cli *c;
    struct store *store;
    int64_t id;    /* that is named */
    int64_t whose; /* whose steps are undone: another one when it is itself a way back */
    struct back_found found;
    struct view view; /* of the run that has begun the steps */
    struct view
        own; /* of the one that takes the way back; empty when that is the same, or not begun */
    bool has_own;
    struct back back;
    struct sv to;
    bool goes_on; /* the way back has begun already */
};

static void rollback_release(struct rollback *r)
{
    if (r->has_own)
        view_release(&r->own);
    back_release(&r->back);
    view_release(&r->view);
    back_found_release(&r->found);
    store_free(r->store);
}

/* The steps that were begun, and not taken back before. */
static bool *rollback_begun(const struct rollback *r)
{
    const struct plan *p = &r->view.plan;
    bool *begun = XNEWN(bool, p->n_steps + 1);
    size_t end = p->n_steps;

    for (size_t i = 0; i < p->n_steps && r->found.until.n; i++)
        if (sv_eq(p->steps[i].id, r->found.until))
            end = i + 1;
    for (size_t i = 0; i < end; i++)
        begun[i] = r->view.steps.v[i].attempts.n > 0;
    return begun;
}

/* Where a way back that has begun goes to. */
static struct sv rollback_begun_to(const struct view *v)
{
    for (size_t i = 0; i < v->events.n; i++)
        if (v->events.v[i].kind == EVENT_ROLLBACK_STARTED)
            return json_get_sv(v->events.v[i].data, "to");
    return (struct sv){NULL, 0};
}

static enum err_code rollback_look(struct rollback *r, struct err *err)
{
    CLEANUP(mem_freep) bool *begun = rollback_begun(r);
    const struct view *v = r->has_own ? &r->own : &r->view;
    struct sv to = sv_from(r->c->to);
    size_t keep = 0;

    r->goes_on = !r->found.finished && v->rollback_by.n > 0;
    if (r->goes_on && to.n) {
        (void)err_set(err, ERR_INVALID, "the way back of %s has begun already",
                      event_run_text(r->id).s);
        return err_hint(err, "prusik resume %s goes on with it", event_run_text(r->id).s);
    }
    if (r->goes_on)
        to = rollback_begun_to(v);
    if (to.n && back_keep(&r->view.plan, begun, to, &keep, err) != ERR_OK)
        return err->code;
    back_look(&r->view.plan, begun, keep, &r->back);
    if (keep)
        r->to = r->view.plan.steps[keep - 1].id;
    return ERR_OK;
}

static enum err_code rollback_load(struct rollback *r, const struct cli *c, struct err *err)
{
    enum store_mode mode = c->run.dry_run ? STORE_READ : STORE_WRITE;

    r->c = c;
    if (load_store(c, mode, &r->store, err) != ERR_OK ||
        load_run(r->store, c, &r->id, err) != ERR_OK ||
        run_back_check(r->store, r->id, &r->found, err) != ERR_OK)
        return err->code;
    r->whose = r->found.rolls_back ? r->found.rolls_back : r->id;
    if (r->found.rolls_back) { /* a way back that stands */
        if (view_load(r->store, r->id, &r->own, err) != ERR_OK)
            return err->code;
        r->has_own = true;
    }
    if (view_load(r->store, r->whose, &r->view, err) != ERR_OK)
        return err->code;
    return rollback_look(r, err);
}

/* --- a dry run --- */

typedef VEC(struct binding_pair) rollback_values;

static void rollback_known(const struct rollback *r, rollback_values *values, int64_t *started_us)
{
    for (size_t i = 0; i < r->view.events.n; i++) {
        const struct view_event *e = &r->view.events.v[i];

        if (e->kind == EVENT_RUN_STARTED)
            *started_us = json_get_int(e->data, "now_us", e->at_us);
        else if (e->kind == EVENT_VALUE_BOUND && !json_get_bool(e->data, "redacted", false))
            *vec_add(values) = (struct binding_pair){json_get_sv(e->data, "name"),
                                                     json_get_sv(e->data, "value"), 0};
    }
}

/* Of each step of the way back, that it is over already. */
static struct sv *rollback_done(const struct rollback *r)
{
    const struct view *v = r->has_own ? &r->own : &r->view;
    size_t n = v->plan.n_way_back;
    struct sv *done = XNEWN(struct sv, n + 1);

    for (size_t i = 0; i < n && r->goes_on; i++) {
        struct sv state = v->steps.v[v->plan.n_steps + i].state;

        if (sv_eq(state, SV("done")) || sv_eq(state, SV("skipped")))
            done[i] = SV("it is over already");
    }
    return done;
}

static enum err_code rollback_dry(const struct rollback *r, enum exit_code *exit, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    CLEANUP(mem_freep) struct sv *done = rollback_done(r);
    struct show_back show = {&r->view.plan, r->whose, r->to, &r->back};
    struct store_lock lock;
    bool held = false, alive = false;
    rollback_values values = {0};
    struct dry_known known = {0};
    struct dry d;

    if (store_lock_get(r->store, r->view.plan.environment, &held, &alive, &lock, err) != ERR_OK)
        return err->code;
    held &= alive;
    rollback_known(r, &values, &known.started_us);
    known.values = values.v;
    known.n_values = values.n;
    dry_look_back(&r->view.plan, &r->back, done, &known, &d);
    (r->c->json ? show_back_dry_json : show_back_dry)(&show, &d, held ? &lock : NULL, &b);
    *exit = r->back.bad.n || d.counts[DRY_WRONG] ? EXIT_CODE_REFUSED
            : held                               ? EXIT_CODE_LOCKED
                                                 : EXIT_CODE_DONE;
    dry_release(&d);
    vec_release(&values);
    term_write(&b);
    return ERR_OK;
}

/* --- going back --- */

/* Something was changed, and the plan has no step that would undo anything: the run would end as rolled back, and is not. */
static bool rollback_is_empty(const struct rollback *r)
{
    return !r->goes_on && r->view.plan.n_way_back == 0 && r->back.changes.n > 0;
}

/* Before anything is said about the way back: nobody else may hold the environment, this run itself neither. */
static enum err_code rollback_check_free(const struct rollback *r, struct err *err)
{
    struct store_lock holder = {0};
    enum err_code rc = store_lock_check(r->store, r->view.plan.environment, &holder, err);

    if (rc != ERR_LOCKED || holder.run != r->id)
        return rc;
    (void)err_set(err, ERR_LOCKED, "run %s goes on: %s has it on %s (pid %" PRId64 ")",
                  event_run_text(r->id).s, holder.owner, holder.host, holder.pid);
    return err_hint(err,
                    "stop it there as its own ctrl-c does, then go back: kill -INT %" PRId64
                    "; prusik rollback %s",
                    holder.pid, event_run_text(r->id).s);
}

static enum err_code rollback_go(const struct rollback *r, enum exit_code *exit, struct err *err)
{
    struct show_back show = {&r->view.plan, r->whose, r->to, &r->back};
    struct go_on on = {.back = sv_from(r->c->told.why ? r->c->told.why : "decided by the operator"),
                       .to = r->goes_on ? (struct sv){NULL, 0} : r->to,
                       .finished = r->found.finished};

    if (rollback_check_free(r, err) != ERR_OK)
        return err->code;
    if (r->back.bad.n) {
        (void)err_set(err, ERR_REFUSED, "%.*s", SV_FMT(r->back.bad));
        return err_hint(err, "%.*s", SV_FMT(r->back.hint));
    }
    if (rollback_is_empty(r)) {
        (void)err_set(err, ERR_REFUSED, "%s cannot be brought back: the document has no way back",
                      event_run_text(r->whose).s);
        if (r->found.finished)
            return err->code;
        return err_hint(
            err, "to go on: prusik resume %s; to end it as it is: prusik abort %s --why \"...\"",
            event_run_text(r->id).s, event_run_text(r->id).s);
    }
    if (!r->c->json && !r->c->quiet && !r->goes_on) {
        CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

        show_back(&show, &b);
        strbuf_add_byte(&b, '\n');
        term_write(&b);
    }
    return go_resume(r->c, r->store, r->id, &on, exit, err);
}

static enum err_code rollback_run(struct cli *c, enum exit_code *exit, struct err *err)
{
    struct rollback r = {.c = c};
    enum err_code rc = rollback_load(&r, c, err);

    if (rc == ERR_OK)
        rc = c->run.dry_run ? rollback_dry(&r, exit, err) : rollback_go(&r, exit, err);
    rollback_release(&r);
    return rc;
}

const struct verb verb_rollback = {
    .name = "rollback",
    .args = "[RUN]",
    .help = "take the way back of a run",
    .more =
        "Carries out the document's rollback sections, as planned when the run was started. What is "
        "undone,\n"
        "by what, and what cannot be, is said before it begins. A step whose counterpart was never "
        "begun is\n"
        "left out. When the way back was begun already, it goes on.\n\n"
        "A run that is finished is brought back by a run of its own, which has its plan and values; "
        "the last\n"
        "run of an environment first.\n\n"
        "--to STEP undoes only what came after STEP, which stays. It is refused when something "
        "behind it has\n"
        "no way back, or one that would take back more. --dry-run carries nothing out: it says what "
        "each step\n"
        "of the way back would do. A part stands for its last step: --to 2 after \"Step 2\".\n\n"
        "  prusik rollback r-0007 --why \"orders are missing\"\n"
        "  prusik rollback r-0007 --dry-run\n"
        "  prusik rollback r-0007 --to deployment/2.1/1",
    .opts = rollback_opts,
    .min_args = 0,
    .max_args = 1,
    .run = rollback_run,
};
