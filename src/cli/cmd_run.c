#include <signal.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/sv.h"
#include "cli/go.h"
#include "cli/load.h"
#include "cli/show_dry.h"

static const char *const run_opts[] = {
    "--bind", "--env",   "--set",        "--store",   "--operator",          "--time-scale",
    "--json", "--quiet", "--unattended", "--dry-run", "--exit-when-waiting", NULL};

/* Who has the environment; a store that is not there yet has no lock. */
static enum err_code run_dry_lock(const char *dir, struct sv environment, bool *held,
                                  struct store_lock *lock, struct err *err)
{
    CLEANUP(store_freep) struct store *store = NULL;
    enum err_code rc = store_open(dir, STORE_READ, &store, err);
    bool alive = false;

    *held = false;
    if (rc == ERR_NOT_FOUND)
        return ERR_OK;
    if (rc == ERR_OK)
        rc = store_lock_get(store, environment, held, &alive, lock, err);
    *held &= alive;
    return rc;
}

static enum err_code run_dry(const struct cli *c, const struct loaded *l, enum exit_code *exit,
                             struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    CLEANUP(mem_freep) char *dir = load_store_dir(c, &l->b);
    bool attended = !c->run.unattended && !c->json, held;
    struct store_lock lock;
    struct dry d;

    if (run_dry_lock(dir, l->plan.environment, &held, &lock, err) != ERR_OK)
        return err->code;
    dry_look(&l->plan, &d);
    (c->json ? show_dry_json : show_dry)(&l->plan, &d, held ? &lock : NULL, attended, &b);
    *exit = plan_open(&l->plan, attended) || d.counts[DRY_WRONG] ? EXIT_CODE_REFUSED
            : held                                               ? EXIT_CODE_LOCKED
                                                                 : EXIT_CODE_DONE;
    dry_release(&d);
    term_write(&b);
    return ERR_OK;
}

static enum err_code run_run(struct cli *c, enum exit_code *exit, struct err *err)
{
    CLEANUP(loaded_release) struct loaded l = {.has_doc = false};
    CLEANUP(store_freep) struct store *store = NULL;
    CLEANUP(mem_freep) char *dir = NULL;

    if (load_plan(c, c->args[0], &l, err) != ERR_OK)
        return err->code;
    if (c->run.dry_run)
        return run_dry(c, &l, exit, err);
    go_show_questions(c, &l.plan);
    if (run_check_questions(&l.plan, go_is_attended(c), err) != ERR_OK)
        return err->code; /* and nothing is made */
    dir = load_store_dir(c, &l.b);
    if (load_make_store(dir, &store, err) != ERR_OK)
        return err->code;
    return go_start(c, store, &l, exit, err);
}

const struct verb verb_run = {
    .name = "run",
    .args = "DOC",
    .help = "carry out a runbook",
    .more =
        "Makes the plan of the document and carries it out: every command is journaled before and\n"
        "after, every expectation checked, every gate passed, the system watched afterwards, and\n"
        "rolled back when the document's decision matrix says so. A run that was interrupted, "
        "even\n"
        "by kill -9, goes on with prusik resume.\n\n"
        "At a terminal, keys work while it runs: p holds it before the next step and lets it go on,\n"
        "q stops it after this one, s shows the step; ctrl-c stops the command itself.\n\n"
        "--dry-run carries nothing out: it says what each step would do, and looks whether the\n"
        "programs, files and folders that it needs are there. Exit code 3 when one is not.\n\n"
        "  prusik run deploy.md\n"
        "  prusik run deploy.md --dry-run\n"
        "  prusik run deploy.md --env staging --set APP_HOME=/srv/app",
    .opts = run_opts,
    .min_args = 1,
    .max_args = 1,
    .run = run_run,
};
