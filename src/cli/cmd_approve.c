#include <stdio.h>

#include "base/clock.h"
#include "base/ident.h"
#include "base/strbuf.h"
#include "base/sv.h"
#include "cli/load.h"
#include "cli/term.h"
#include "exec/run.h"
#include "report/view.h"

static const char *const approve_opts[] = {"--bind",       "--env",    "--set",  "--store",
                                           "--time-scale", "--as",     "--role", "--note",
                                           "--step",       "--reject", "--json", NULL};

/* What is approved: a plan, or one step of a run. */
struct approve {
    struct cli *c;
    struct store *store;
    const struct plan *plan;
    const struct plan_step *step; /* of a run */
    const struct view *run;       /* or NULL */
    struct ident_login login;
    struct hash_text hash; /* of what is approved */
    struct store_approval a;
};

/* --- who --- */

static bool approve_has(const struct sv *v, size_t n, struct sv text)
{
    for (size_t i = 0; i < n; i++)
        if (sv_eq(v[i], text))
            return true;
    return false;
}

/* The login is theirs, and `as` (when given) is their name or one of their roles. */
static bool approve_fits(const struct plan_person *p, struct sv login, struct sv as)
{
    return approve_has(p->logins, p->n_logins, login) &&
           (!as.n || sv_eq(p->name, as) || approve_has(p->roles, p->n_roles, as));
}

/* Whom the operating system says it is; --as chooses between those who share a login. */
static enum err_code approve_person(struct approve *x, struct err *err)
{
    struct sv as = sv_from(x->c->told.as), login = sv_from(x->login.name);
    const struct plan_person *who = NULL;
    size_t n = 0;

    for (size_t i = 0; i < x->plan->n_people; i++)
        if (approve_fits(&x->plan->people[i], login, as)) {
            who = &x->plan->people[i];
            n++;
        }
    if (n != 1) {
        (void)err_set(err, ERR_REFUSED, "login %s is %s%s%s among the people of the plan",
                      x->login.name, n ? "more than one" : "nobody", as.n ? " who is " : "",
                      as.n ? x->c->told.as : "");
        return err_hint(err, n ? "say which: --as NAME" : "see people in prusik.yaml");
    }
    x->a.who = who->name;
    x->a.role = sv_from(x->c->told.role);
    if (as.n && !sv_eq(as, who->name))
        x->a.role = as;
    if (x->a.role.n && !approve_has(who->roles, who->n_roles, x->a.role))
        return err_set(err, ERR_REFUSED, "%.*s does not have the role %.*s", SV_FMT(who->name),
                       SV_FMT(x->a.role));
    return ERR_OK;
}

static enum err_code approve_who(struct approve *x, struct err *err)
{
    x->a.login = sv_from(x->login.name);
    x->a.origin = sv_from(x->login.from);
    if (x->plan->n_people)
        return approve_person(x, err);
    x->a.who = sv_from(x->c->told.as ? x->c->told.as : x->login.name);
    x->a.role = sv_from(x->c->told.role);
    return ERR_OK;
}

/* --- which step of a run --- */

static const struct plan_gate *approve_gate(const struct plan_step *s)
{
    for (size_t i = 0; s && i < s->n_gates; i++)
        if (s->gates[i].kind == PLAN_GATE_APPROVE)
            return &s->gates[i];
    return NULL;
}

static enum err_code approve_find_step(struct approve *x, struct err *err)
{
    const char *name = x->c->n_args > 1 ? x->c->args[1] : x->c->told.step;
    struct sv ref = name ? sv_from(name) : x->run->gate_step, nearest = {NULL, 0};
    struct event_run_text run = event_run_text(x->run->id);

    if (x->run->state == VIEW_FINISHED)
        return err_set(err, ERR_INVALID, "run %s is finished", run.s);
    x->step = ref.n ? plan_find(x->plan, ref, &nearest) : NULL;
    if (approve_gate(x->step))
        return ERR_OK;
    if (name && !x->step) {
        (void)err_set(err, ERR_INVALID, "run %s has no single step '%s'", run.s, name);
        return nearest.n ? err_hint(err, "did you mean '%.*s'?", SV_FMT(nearest)) : err->code;
    }
    (void)err_set(err, ERR_INVALID, "%s%s does not wait for an approval", name ? "step " : "run ",
                  name ? name : run.s);
    return err_hint(err, "prusik status %s says what it waits for", run.s);
}

static bool approve_is_operator(const struct approve *x, struct sv who)
{
    for (size_t i = 0; i < x->run->events.n; i++) {
        const struct view_event *e = &x->run->events.v[i];

        if ((e->kind == EVENT_RUN_STARTED || e->kind == EVENT_RUN_RESUMED) &&
            sv_eq(json_get_sv(e->data, "operator"), who))
            return true;
    }
    return false;
}

static enum err_code approve_check_step(struct approve *x, struct err *err)
{
    const struct plan_gate *g = approve_gate(x->step);
    struct plan_crowd crowd = plan_crowd(x->plan);

    if (!x->c->told.reject && g->not_self && approve_is_operator(x, x->a.who)) {
        (void)err_set(err, ERR_REFUSED, "%.*s has run %s: somebody else has to approve it",
                      SV_FMT(x->a.who), event_run_text(x->run->id).s);
        return err_hint(err, "a no is taken from anybody: --reject");
    }
    if (plan_may_approve(g, &crowd, x->a.who, x->a.role))
        return ERR_OK;
    return err_set(err, ERR_REFUSED, "%.*s may not approve step %.*s, which needs %.*s",
                   SV_FMT(x->a.who), SV_FMT(x->step->id), SV_FMT(g->text));
}

/* --- how many there are --- */

struct approve_words {
    const struct approve *x;
    struct arena arena;
    VEC(struct plan_word) words;
};

static void approve_on_word(const struct store_approval *a, void *arg)
{
    struct approve_words *w = arg;

    if (a->step.n && !sv_eq(a->step, w->x->step->id))
        return;
    *vec_add(&w->words) = (struct plan_word){.who = arena_sv(&w->arena, a->who),
                                             .role = arena_sv(&w->arena, a->role),
                                             .at_us = a->at_us,
                                             .yes = !a->refused,
                                             .self = approve_is_operator(w->x, a->who)};
}

/* How many people have said yes to the step of the run. */
static enum err_code approve_count(const struct approve *x, int64_t *ret, struct err *err)
{
    struct hash_text plan = hash_hex(&x->plan->hash), approval = hash_hex(&x->plan->approval);
    struct store_approval_of of = {sv_from(approval.s), sv_from(plan.s), x->run->id};
    struct plan_crowd crowd = plan_crowd(x->plan);
    struct approve_words w = {.x = x};
    enum err_code rc = store_approvals(x->store, &of, approve_on_word, &w, err);

    *ret =
        plan_gate_count(approve_gate(x->step), &crowd, w.words.v, w.words.n, clock_now_us()).have;
    vec_release(&w.words);
    arena_release(&w.arena);
    return rc;
}

/* --- saying it --- */

/* `have` of `need` people have said yes; 0 when nobody counts. */
static void approve_show(const struct approve *x, int64_t have, int64_t need)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    CLEANUP(json_cleanup) json_t *j = json_object();

    if (x->c->json) {
        json_put_str(j, "plan", x->hash.s);
        if (x->run)
            json_put_str(j, "run", event_run_text(x->run->id).s);
        json_put_sv(j, "step", x->a.step);
        json_put_sv(j, "who", x->a.who);
        json_put_sv(j, "role", x->a.role);
        json_put_str(j, "answer", x->a.refused ? "no" : "yes");
        json_put_sv(j, "login", x->a.login);
        if (need) {
            json_put_int(j, "have", have);
            json_put_int(j, "need", need);
        }
        json_write_pretty(j, &b);
        strbuf_add_byte(&b, '\n');
    } else {
        if (x->step)
            strbuf_addf(&b, "step %.*s of %s", SV_FMT(x->step->id), event_run_text(x->run->id).s);
        else
            strbuf_addf(&b, "plan %.12s", hash_hex(&x->plan->hash).s); /* as "plan" shows it */
        strbuf_addf(&b, " is %s by %.*s", x->a.refused ? "refused" : "approved", SV_FMT(x->a.who));
        if (need > 1 && !x->a.refused)
            strbuf_addf(&b, ": %lld of %lld approval%s", (long long)have, (long long)need,
                        need == 1 ? "" : "s");
        strbuf_add_byte(&b, '\n');
    }
    term_write(&b);
}

static enum err_code approve_say(struct approve *x, struct err *err)
{
    int64_t have = 0;

    x->hash = hash_hex(&x->plan->approval);
    x->login = ident_login();
    if (x->c->told.reject && !x->c->told.note) {
        (void)err_set(err, ERR_USAGE, "a refusal needs a reason");
        return err_hint(err, "--note TEXT");
    }
    if (approve_who(x, err) != ERR_OK || (x->step && approve_check_step(x, err) != ERR_OK))
        return err->code;
    x->a.at_us = clock_now_us();
    x->a.plan = sv_from(x->hash.s);
    x->a.step = x->step ? x->step->id : sv_from(x->c->n_args > 1 ? x->c->args[1] : x->c->told.step);
    x->a.note = sv_from(x->c->told.note);
    x->a.refused = x->c->told.reject;
    x->a.run = x->run ? x->run->id : 0;
    if (store_approval_add(x->store, &x->a, err) != ERR_OK)
        return err->code;
    if (x->run && approve_count(x, &have, err) != ERR_OK)
        return err->code;
    approve_show(x, have, x->run ? approve_gate(x->step)->need : 0);
    return ERR_OK;
}

static enum err_code approve_a_run(struct cli *c, int64_t id, struct err *err)
{
    struct approve x = {.c = c};
    CLEANUP(store_freep) struct store *store = NULL;
    struct view v;
    enum err_code rc;

    if (load_store(c, STORE_WRITE, &store, err) != ERR_OK ||
        view_load(store, id, &v, err) != ERR_OK)
        return err->code;
    x.store = store;
    x.plan = &v.plan;
    x.run = &v;
    rc = approve_find_step(&x, err);
    if (rc == ERR_OK)
        rc = approve_say(&x, err);
    view_release(&v);
    return rc;
}

static enum err_code approve_a_plan(struct cli *c, struct err *err)
{
    struct approve x = {.c = c};
    CLEANUP(loaded_release) struct loaded l = {.has_doc = false};
    CLEANUP(store_freep) struct store *store = NULL;
    CLEANUP(mem_freep) char *dir = NULL;

    if (load_plan(c, c->args[0], &l, err) != ERR_OK)
        return err->code;
    dir = load_store_dir(c, &l.b);
    if (load_make_store(dir, &store, err) != ERR_OK)
        return err->code;
    x.store = store;
    x.plan = &l.plan;
    if (approve_say(&x, err) != ERR_OK)
        return err->code;
    if (!c->json && sv_eq(x.a.who, l.plan.operator_name))
        printf(
            "note: %.*s is the operator; where the approval has to be somebody else's, this does "
            "not count\n",
            SV_FMT(x.a.who));
    return ERR_OK;
}

/* --- the run that waits, when nobody names one --- */

struct approve_waiting {
    struct store *store;
    int64_t run; /* the newest */
    size_t n;
    struct strbuf *names;
};

static bool approve_row(const struct store_run *run, void *arg)
{
    struct approve_waiting *w = arg;
    struct err ignored; /* of a damaged run nobody knows what it waits for: it can be named */
    struct view v;

    if (view_load_brief(w->store, run->id, false, &v, &ignored) != ERR_OK)
        return true;
    if (v.gate && v.state != VIEW_FINISHED && sv_eq(json_get_sv(v.gate, "gate"), SV("approve"))) {
        strbuf_addf(w->names, "%s%s (%.*s)", w->n ? ", " : "", event_run_text(run->id).s,
                    SV_FMT(run->environment));
        w->run = w->n++ ? w->run : run->id;
    }
    view_release(&v);
    return true;
}

static enum err_code approve_the_waiting(struct cli *c, struct err *err)
{
    CLEANUP(store_freep) struct store *store = NULL;
    CLEANUP(strbuf_release) struct strbuf names = STRBUF(256);
    struct approve_waiting w = {.names = &names};

    if (load_store(c, STORE_READ, &store, err) != ERR_OK)
        return err->code;
    w.store = store;
    if (store_runs(store, approve_row, &w, err) != ERR_OK)
        return err->code;
    if (w.n == 1)
        return approve_a_run(c, w.run, err);
    if (w.n == 0) {
        (void)err_set(err, ERR_INVALID, "no run waits for an approval");
        return err_hint(err, "a plan is approved ahead by the name of its document");
    }
    (void)err_set(err, ERR_USAGE, "%zu runs wait for an approval: %s", w.n, strbuf_str(&names));
    return err_hint(err, "say which: prusik approve %s", event_run_text(w.run).s);
}

static enum err_code approve_run(struct cli *c, enum exit_code *exit UNUSED, struct err *err)
{
    int64_t id;

    if (c->n_args == 0)
        return approve_the_waiting(c, err);
    return event_run_parse(sv_from(c->args[0]), &id) ? approve_a_run(c, id, err)
                                                     : approve_a_plan(c, err);
}

const struct verb verb_approve = {
    .name = "approve",
    .args = "[DOC|RUN [STEP]]",
    .help = "approve a plan ahead of a run, or a step of a run that waits",
    .more =
        "For a run: the step that waits, or STEP; the run goes on by itself when enough people have "
        "said\n"
        "yes, or with prusik resume when it has ended meanwhile. Without RUN: the one that waits, "
        "when\n"
        "there is only one. For a document: its plan, for any run of it; any change of document or "
        "binding\n"
        "makes another plan, another folder does not. With --reject it is a no, which stops the run "
        "until\n"
        "the same person says yes.\n\n"
        "Who it is says the operating system, when prusik.yaml has people; --as says which of those "
        "who\n"
        "share a login, or in which role. Without people, --as is believed, and the login kept "
        "beside it.\n"
        "Who runs it is not counted, unless the gate allows it.\n\n"
        "  prusik approve deploy.md --as carol --role \"service owner\"\n"
        "  prusik approve --as carol\n"
        "  prusik approve r-0007 --as carol --note \"looked at the plan\"\n"
        "  prusik approve r-0007 2.3 --reject --note \"not before the audit\"",
    .opts = approve_opts,
    .min_args = 0,
    .max_args = 2,
    .run = approve_run,
};
