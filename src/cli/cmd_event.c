#include <stdio.h>

#include "base/clock.h"
#include "base/ident.h"
#include "base/suggest.h"
#include "base/sv.h"
#include "cli/load.h"
#include "cli/term.h"
#include "exec/run_event.h"
#include "report/view.h"
#include "rule/env.h"

#define EVENT_RUNS     50u   /* the newest, among which one is looked for that is under way */
#define EVENT_KIND_MAX 64u   /* of the name of a kind */
#define EVENT_NOTE_MAX 2000u /* of what is told */

static const char *const event_opts[] = {"--store", "--env", "--as", "--note", "--json", NULL};

/* --- which run --- */

struct event_runs {
    struct sv environment; /* empty: any */
    int64_t ids[EVENT_RUNS];
    size_t n;
};

static bool event_on_run(const struct store_run *run, void *arg)
{
    struct event_runs *r = arg;
    struct sv rest = run->environment;
    bool fits = !r->environment.n || sv_eq(rest, r->environment) ||
                (sv_eat(&rest, r->environment) && sv_is(rest, PLAN_WATCH_SUFFIX));

    if (fits)
        r->ids[r->n++] = run->id;
    return r->n < EVENT_RUNS;
}

/* The run that was named, or the newest that is under way. */
static enum err_code event_find_run(struct store *store, const struct cli *c, struct view *ret,
                                    struct err *err)
{
    struct event_runs runs = {.environment = sv_from(c->env)};
    int64_t id;

    if (c->n_args > 1) {
        if (!event_run_parse(sv_from(c->args[1]), &id))
            return err_set(err, ERR_USAGE, "'%s' is no run such as r-0007", c->args[1]);
        runs = (struct event_runs){.ids = {id}, .n = 1};
    } else if (store_runs(store, event_on_run, &runs, err) != ERR_OK) {
        return err->code;
    }
    for (size_t i = 0; i < runs.n; i++) {
        if (view_load(store, runs.ids[i], ret, err) != ERR_OK)
            return err->code;
        if (ret->state != VIEW_FINISHED)
            return ERR_OK;
        view_release(ret);
    }
    if (c->n_args > 1)
        (void)err_set(err, ERR_INVALID, "run %s is finished: it counts nothing any more",
                      c->args[1]);
    else
        (void)err_set(err, ERR_NOT_FOUND, "no run%s%s is under way that could count it",
                      c->env ? " of " : "", c->env ? c->env : "");
    return err_hint(err, "prusik watch DOC --for 7d watches alone");
}

/* --- which kind --- */

/* A kind that the plan binds: events.KIND. */
static bool event_is_bound(const struct plan *p, struct sv kind, struct suggest *near)
{
    bool bound = false;

    for (size_t i = 0; i < p->n_sources; i++) {
        struct sv name = p->sources[i].name;

        if (!sv_eat(&name, SV("events.")))
            continue;
        suggest_offer(near, name);
        bound |= sv_eq(name, kind);
    }
    return bound;
}

static enum err_code event_check_kind(const struct view *v, struct sv kind, struct err *err)
{
    struct suggest near = suggest_begin(kind);

    for (size_t i = 0; rule_event_own(i).p; i++)
        suggest_offer(&near, rule_event_own(i));
    for (size_t i = 0; i < kind.n; i++)
        if (!ascii_is_word(kind.p[i]) && kind.p[i] != '-')
            return err_set(err, ERR_USAGE, "'%.*s' is no name of a kind", SV_FMT(kind));
    if (kind.n > EVENT_KIND_MAX)
        return err_set(err, ERR_USAGE, "the name of a kind has at most %u bytes", EVENT_KIND_MAX);
    if (event_is_bound(&v->plan, kind, &near) || rule_event_is_own(kind))
        return ERR_OK;
    (void)err_set(err, ERR_INVALID, "no kind of event is called '%.*s' in run %s", SV_FMT(kind),
                  event_run_text(v->id).s);
    return near.best.p ? err_hint(err, "did you mean '%.*s'?", SV_FMT(near.best))
                       : err_hint(err, "sources: {events.%.*s: {}} in prusik.yaml, or %s",
                                  SV_FMT(kind), "deploy, flag_toggle, incident, rollback");
}

struct event_counted {
    struct sv kind;
    bool yes;
};

static void event_see_name(void *ctx, struct expr *e)
{
    struct event_counted *c = ctx;

    if (e->kind == EXPR_NAME && e->n_parts == 2 && sv_is(e->parts[0], "events"))
        c->yes |= sv_eq(e->parts[1], c->kind);
}

/* Does a rule of the run count it? */
static bool event_is_counted(const struct view *v, struct sv kind)
{
    struct event_counted c = {.kind = kind};
    struct arena a = {0};

    for (size_t i = 0; i < v->plan.n_rules; i++) {
        struct rule_diag diag;
        struct err ignored; /* of a newer version */
        struct rule *r;

        if (!v->plan.rules[i].dropped &&
            rule_parse(&a, v->plan.rules[i].text, &r, &diag, &ignored) == ERR_OK && r->expr)
            expr_walk(r->expr, event_see_name, &c);
    }
    arena_release(&a);
    return c.yes;
}

/* --- telling --- */

static void event_show(const struct cli *c, const struct store_report *r, bool counted)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    CLEANUP(json_cleanup) json_t *j = json_object();
    struct event_run_text run = event_run_text(r->run);

    if (c->json) {
        json_put_sv(j, "kind", r->kind);
        json_put_str(j, "run", run.s);
        json_put_sv(j, "environment", r->environment);
        json_put_sv(j, "by", r->who);
        json_put_sv(j, "note", r->note);
        json_put_sv(j, "login", r->login);
        json_put_str(j, "at", clock_format(r->at_us).s);
        json_put_bool(j, "counted", counted);
        json_write_pretty(j, &b);
        strbuf_add_byte(&b, '\n');
    } else {
        strbuf_addf(&b, "%.*s is noted for %.*s by %.*s, at %s\n", SV_FMT(r->kind),
                    SV_FMT(r->environment), SV_FMT(r->who), clock_format(r->at_us).s);
        if (!counted)
            strbuf_addf(&b,
                        "note: no rule of %s counts events.%.*s; it stands in the record only\n",
                        run.s, SV_FMT(r->kind));
    }
    term_write(&b);
}

static enum err_code event_tell(struct cli *c, struct store *store, const struct view *v,
                                struct err *err)
{
    struct ident_login login = ident_login();
    struct store_report r = {.at_us = clock_now_us(),
                             .run = v->id,
                             .environment = run_events_environment(&v->plan),
                             .kind = sv_from(c->args[0]),
                             .who = sv_from(c->told.as ? c->told.as : login.name),
                             .note = sv_from(c->told.note),
                             .login = sv_from(login.name),
                             .origin = sv_from(login.from)};

    if (event_check_kind(v, r.kind, err) != ERR_OK)
        return err->code;
    if (r.note.n > EVENT_NOTE_MAX)
        return err_set(err, ERR_USAGE, "--note has more than %u bytes", EVENT_NOTE_MAX);
    if (store_report_add(store, &r, err) != ERR_OK)
        return err->code;
    event_show(c, &r, event_is_counted(v, r.kind));
    return ERR_OK;
}

static enum err_code event_run(struct cli *c, enum exit_code *exit UNUSED, struct err *err)
{
    CLEANUP(store_freep) struct store *store = NULL;
    struct view v = {.id = 0};
    enum err_code rc;

    if (load_store(c, STORE_WRITE, &store, err) != ERR_OK ||
        event_find_run(store, c, &v, err) != ERR_OK)
        return err->code;
    rc = event_tell(c, store, &v, err);
    view_release(&v);
    return rc;
}

const struct verb verb_event = {
    .name = "event",
    .args = "KIND [RUN]",
    .help = "tell the runs of an environment that something happened, which rules count",
    .more =
        "An incident, a deployment or a rollback that somebody made without prusik, a flag that somebody\n"
        "toggled: rules count them as events.KIND[WINDOW], beside what the journal has itself. Kinds are\n"
        "deploy, flag_toggle, incident, rollback, and those of sources: {events.KIND: {}} in prusik.yaml.\n\n"
        "It is kept with who, when and --note, goes into the journal of each run of the environment that\n"
        "watches, and counts from its next look on. RUN is the newest that is under way, of --env; the\n"
        "environment is that run's. Who it is says the operating system; --as is kept beside the login.\n\n"
        "  prusik event incident --note \"checkout was down for 3 minutes, see INC-42\"\n"
        "  prusik event rollback r-0007 --as ana --note \"by hand, on db2\"",
    .opts = event_opts,
    .min_args = 1,
    .max_args = 2,
    .run = event_run,
};
