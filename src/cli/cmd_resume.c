#include "cli/go.h"
#include "cli/load.h"

static const char *const resume_opts[] = {
    "--bind",       "--set",   "--store",      "--operator",
    "--json",       "--quiet", "--unattended", "--exit-when-waiting",
    "--as-planned", NULL};

static enum err_code resume_run(struct cli *c, enum exit_code *exit, struct err *err)
{
    CLEANUP(store_freep) struct store *store = NULL;
    int64_t id;

    if (load_store(c, STORE_WRITE, &store, err) != ERR_OK || load_run(store, c, &id, err) != ERR_OK)
        return err->code;
    return go_resume(c, store, id, &(struct go_on){.back = {NULL, 0}}, exit, err);
}

const struct verb verb_resume = {
    .name = "resume",
    .args = "[RUN]",
    .help = "go on with a run that was interrupted, failed or waits",
    .more =
        "Goes on where the journal ends, with the plan that the run was started with: what is done "
        "is\n"
        "not done again, what failed is tried again, and what was begun and not ended is found "
        "out\n"
        "about, done again where that does no harm, or asked about. Without RUN: the last one.\n"
        "When prusik.yaml has been edited in what the rest of the run uses, it refuses and says what\n"
        "(exit code 3): --as-planned goes on as the run was begun; for the new settings the run is\n"
        "aborted and begun anew.\n\n"
        "  prusik resume r-0007",
    .opts = resume_opts,
    .min_args = 0,
    .max_args = 1,
    .run = resume_run,
};
