#include <signal.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/sv.h"
#include "cli/go.h"
#include "cli/load.h"

static const char *const run_opts[] = {"--bind",
                                       "--env",
                                       "--set",
                                       "--store",
                                       "--operator",
                                       "--time-scale",
                                       "--json",
                                       "--quiet",
                                       "--unattended",
                                       "--exit-when-waiting",
                                       NULL};

static enum err_code run_run(struct cli *c, enum exit_code *exit, struct err *err)
{
    CLEANUP(loaded_release) struct loaded l = {.has_doc = false};
    CLEANUP(store_freep) struct store *store = NULL;
    CLEANUP(mem_freep) char *dir = NULL;

    if (load_plan(c, c->args[0], &l, err) != ERR_OK)
        return err->code;
    dir = load_store_dir(c, &l.b);
    if (store_open(dir, STORE_WRITE, &store, err) != ERR_OK)
        return err->code;
    return go_start(c, store, &l.plan, &l.b, exit, err);
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
        "  prusik run deploy.md\n"
        "  prusik run deploy.md --env staging --set APP_HOME=/srv/app",
    .opts = run_opts,
    .min_args = 1,
    .max_args = 1,
    .run = run_run,
};
