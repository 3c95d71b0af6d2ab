#include "base/sv.h"
#include "cli/go.h"
#include "cli/load.h"

static const char *const retry_opts[] = {
    "--bind",       "--set",   "--store",      "--operator",
    "--json",       "--quiet", "--unattended", "--exit-when-waiting",
    "--as-planned", NULL};

static enum err_code retry_run(struct cli *c, enum exit_code *exit, struct err *err)
{
    CLEANUP(store_freep) struct store *store = NULL;
    struct go_on on = {.retry = c->n_args > 1 ? sv_from(c->args[1]) : SV("*")};
    int64_t id;

    if (load_store(c, STORE_WRITE, &store, err) != ERR_OK || load_run(store, c, &id, err) != ERR_OK)
        return err->code;
    return go_resume(c, store, id, &on, exit, err);
}

const struct verb verb_retry = {
    .name = "retry",
    .args = "[RUN [STEP]]",
    .help = "try a failed step again, and go on",
    .more = "Like resume, but only when the step at which the run stands has failed: what was "
            "interrupted, or is\n"
            "in doubt, is not begun again by it. With STEP: a step that failed and was left (its "
            "on_failure is\n"
            "continue); what was done after it is not done again.\n\n"
            "  prusik retry r-0007\n"
            "  prusik retry r-0007 2.3/1",
    .opts = retry_opts,
    .min_args = 0,
    .max_args = 2,
    .run = retry_run,
};
