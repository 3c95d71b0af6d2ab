#include "cli/go.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sv.h"
#include "base/text.h"
#include "cli/drift.h"
#include "cli/load.h"
#include "cli/show_plan.h"
#include "cli/term.h"
#include "cli/ui.h"
#include "cli/untold.h"
#include "exec/back_find.h"

struct go {
    struct run *run;
    struct store *store;
    bool tells; /* in lines for people */
    struct ui *ui;
    uv_signal_t signals[3];
    VEC(struct binding_pair) secret_env;
    struct sv back, back_by; /* why it goes back, and who says so; or empty */
};

static void go_on_signal(uv_signal_t *s, int sig)
{
    struct go *g = s->data;

    ui_interrupted(g->ui);
    run_interrupt(g->run, sig == SIGINT    ? "interrupted by Ctrl-C"
                          : sig == SIGTERM ? "interrupted by SIGTERM"
                                           : "interrupted: the terminal was closed");
}

static void go_watch_signals(struct go *g)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};

    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        (void)uv_signal_init(run_uv(g->run), &g->signals[i]); /* always succeeds */
        g->signals[i].data = g;
        (void)uv_signal_start(&g->signals[i], go_on_signal, numbers[i]);
        uv_unref((uv_handle_t *)&g->signals[i]);
    }
}

/* Nobody can be asked without a terminal to answer on. */
bool go_is_attended(const struct cli *c)
{
    const char *ci = getenv("CI");

    return !c->run.unattended && !c->json && !(ci && *ci) && isatty(STDIN_FILENO) &&
           isatty(STDOUT_FILENO);
}

static enum ui_mode go_mode(const struct cli *c)
{
    if (c->json)
        return UI_JSON;
    if (c->quiet)
        return UI_QUIET;
    return term_is_live() ? UI_LIVE : UI_LINES;
}

/* The plan names secrets; their values come from here, every time. */
static enum err_code go_secrets(struct go *g, const struct plan *plan, const struct binding *b,
                                struct err *err)
{
    for (size_t i = 0; i < plan->n_secrets; i++) {
        struct sv value;

        if (!binding_env(b, plan->secrets[i], &value)) {
            (void)err_set(err, ERR_REFUSED, "secret %.*s has no value", SV_FMT(plan->secrets[i]));
            return err_hint(err, "put it into the environment, an env_file or --set");
        }
        *vec_add(&g->secret_env) = (struct binding_pair){plan->secrets[i], value, 0};
    }
    return ERR_OK;
}

static struct run_options go_options(struct go *g, const struct cli *c, const struct binding *b,
                                     struct ui *ui)
{
    return (struct run_options){.listen = ui_listen,
                                .ask = go_is_attended(c) ? ui_ask : NULL,
                                .terminal = go_is_attended(c) ? ui_terminal(ui) : NULL,
                                .wait = go_is_attended(c),
                                .exit_when_waiting = c->run.exit_when_waiting,
                                .arg = ui,
                                .secrets = b->secrets,
                                .secret_env = g->secret_env.v,
                                .n_secret_env = g->secret_env.n,
                                .binding = b,
                                .operator_name = b->operator_name};
}

/* Nobody comes who was not called: it is said here, too. */
static void go_tell_untold(const struct go *g)
{
    CLEANUP(untold_release) struct untold u = untold_of(g->store, run_id(g->run));
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    for (size_t i = 0; i < u.rows.n; i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

        untold_add(&u.rows.v[i], &text);
        term_addf(&b, TERM_WARN, "not told");
        strbuf_add_str(&b, "  ");
        text_add_line(&b, strbuf_sv(&text));
        strbuf_add_byte(&b, '\n');
    }
    term_write(&b);
}

/* The error is told by main; here only what the display says. */
static enum err_code go_finish(struct go *g, struct ui *ui, enum exit_code *exit, struct err *err)
{
    struct err why = {0};

    g->ui = ui;
    go_watch_signals(g);
    ui_attach(ui, g->run);
    if (g->back.p) /* it may ask at once */
        run_roll_back(g->run, g->back, g->back_by);
    *exit = run_go(g->run, &why);
    ui_end(ui, *exit, &why);
    if (g->tells)
        go_tell_untold(g);
    for (size_t i = 0; i < ARRAY_LEN(g->signals); i++)
        uv_close((uv_handle_t *)&g->signals[i], NULL);
    if (why.code != ERR_OK)
        term_error(&why);
    (void)err;
    return ERR_OK;
}

void go_show_questions(const struct cli *c, const struct plan *p)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    bool attended = go_is_attended(c);

    if (c->json || c->quiet || plan_open(p, attended) < 2)
        return;
    show_questions(p, attended, &b);
    term_write(&b);
}

enum err_code go_start(const struct cli *c, struct store *store, const struct loaded *l,
                       enum exit_code *exit, struct err *err)
{
    CLEANUP(ui_freep) struct ui *ui = ui_new(go_mode(c), &l->plan);
    struct go g = {.store = store, .tells = !c->json && !c->quiet};
    struct run_options opt;
    struct binding_options given = {.environment = c->env,
                                    .sets = c->sets.v,
                                    .n_sets = c->sets.n,
                                    .time_scale = c->run.time_scale};
    enum err_code rc = go_secrets(&g, &l->plan, &l->b, err);

    opt = go_options(&g, c, &l->b, ui);
    opt.document = l->doc.text;
    opt.given = &given;
    if (rc == ERR_OK)
        rc = run_start(store, &l->plan, &opt, &g.run, err);
    if (rc == ERR_OK)
        rc = go_finish(&g, ui, exit, err);
    run_free(g.run);
    vec_release(&g.secret_env);
    return rc;
}

/* Where the document and its binding are, seen from here: their paths are those of where the run was started. */
struct go_paths {
    char *document, *binding; /* binding: NULL when the plan has none */
};

static enum err_code go_find_paths(struct store *store, int64_t id, const struct plan *plan,
                                   struct go_paths *ret, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf folder = STRBUF(0);
    CLEANUP(mem_freep) char *document = xstrdup_sv(plan->document);
    CLEANUP(mem_freep) char *binding = xstrdup_sv(json_get_sv(plan->json, "binding"));

    if (run_folder(store, id, &folder, err) != ERR_OK)
        return err->code;
    ret->document = folder.n ? path_join(strbuf_str(&folder), document) : STEAL(document);
    if (binding && *binding)
        ret->binding = folder.n ? path_join(strbuf_str(&folder), binding) : STEAL(binding);
    return ERR_OK;
}

/* What the document is today; nothing when it cannot be read: the run does not need it. */
static struct hash_text go_document_now(const char *path)
{
    struct hash_text none = {.s = ""};
    struct document doc;
    struct hash hash;
    struct err ignored;

    if (document_load(path, &doc, &ignored) != ERR_OK)
        return none;
    hash = document_hash(&doc);
    document_release(&doc);
    return hash_hex(&hash);
}

/*
 * Whoever edits prusik.yaml between run and resume means something by it, and the run goes on with its plan: that is asked about.  Not on the way
 * back, which nothing holds up; and not when only what prusik.yaml refers to is another (an .env file, which steps may write).
 */
static enum err_code go_check_drift(const struct cli *c, int64_t id, const struct go_on *on,
                                    const struct drift *d, const char *path, struct err *err)
{
    if (!d->json || !d->edited || on->back.p || d->way_back || c->run.as_planned)
        return ERR_OK;
    (void)err_set(err, ERR_REFUSED,
                  "%s has been edited since run %s began, which goes on with what it was then: %s",
                  path ? path : "the binding", event_run_text(id).s, strbuf_str(&d->text));
    return err_hint(err,
                    "as the run was begun: --as-planned; with the new settings: prusik abort %s "
                    "--why \"...\", then prusik run",
                    event_run_text(id).s);
}

/* A run that is over does not go on, whatever was edited since. */
static enum err_code go_check_open(struct store *store, int64_t id, struct err *err)
{
    struct back_found found = {.finished = false};
    enum err_code rc = back_find(store, id, &found, err);

    if (rc == ERR_OK && found.finished) {
        rc = err_set(err, ERR_INVALID, "run %s is finished", event_run_text(id).s);
        (void)err_hint(err, "prusik status %s says how", event_run_text(id).s);
    }
    back_found_release(&found);
    return rc;
}

enum err_code go_resume(const struct cli *c, struct store *store, int64_t id,
                        const struct go_on *on, enum exit_code *exit, struct err *err)
{
    struct binding_options bopt = {.path = c->bind,
                                   .sets = c->sets.v,
                                   .n_sets = c->sets.n,
                                   .operator_name = c->run.operator_name,
                                   .rehearse = c->run.rehearse};
    struct plan plan = {0};
    struct binding b = {0};
    struct go g = {.store = store, .tells = !c->json && !c->quiet};
    struct run_options opt;
    struct ui *ui = NULL;
    struct go_paths paths = {NULL, NULL};
    struct hash_text now;
    struct drift drift = {.json = NULL};
    enum err_code rc = run_plan(store, id, &plan, err);

    if (rc != ERR_OK)
        return rc;
    rc = go_find_paths(store, id, &plan, &paths, err);
    if (!bopt.path)
        bopt.path = paths.binding;
    if (rc == ERR_OK)
        rc = binding_load(paths.document, &bopt, &b, err);
    if (rc == ERR_OK && on->back.p && plan.watch_only)
        rc = err_set(err, ERR_REFUSED, "%s only watches: there is no way back of it",
                     event_run_text(id).s);
    if (rc == ERR_OK && !on->finished)
        rc = go_check_open(store, id, err);
    if (rc == ERR_OK && !on->finished)
        rc = drift_find(store, &(struct drift_of){id, &plan, paths.document, &bopt}, &drift, err);
    if (rc == ERR_OK)
        rc = go_check_drift(c, id, on, &drift, b.path, err);
    if (rc == ERR_OK) /* they are named by the plan, which drift_find() has read anew */
        rc = go_secrets(&g, &plan, &b, err);
    if (rc == ERR_OK) {
        ui = ui_new(go_mode(c), &plan);
        if (on->back.p || drift.way_back)
            ui_goes_back(ui);
        opt = go_options(&g, c, &b, ui);
        opt.retry = on->retry;
        opt.back_to = on->to;
        opt.back_reason = on->back;
        now = go_document_now(paths.document);
        opt.document_now = sv_from(now.s);
        opt.differs = drift.json;
        rc = on->finished ? run_start_back(store, id, &plan, &opt, &g.run, err)
                          : run_resume(store, id, &plan, &opt, &g.run, err);
    }
    if (rc == ERR_OK && on->back.p && !on->finished) {
        g.back = on->back;
        g.back_by = opt.operator_name.n ? opt.operator_name : plan.operator_name;
    }
    if (rc == ERR_OK)
        rc = go_finish(&g, ui, exit, err);
    run_free(g.run);
    ui_free(ui);
    vec_release(&g.secret_env);
    drift_release(&drift);
    if (b.dir)
        binding_release(&b);
    free(paths.document);
    free(paths.binding);
    plan_release(&plan);
    return rc;
}
