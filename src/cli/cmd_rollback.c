#include "base/sv.h"
#include "cli/go.h"
#include "cli/load.h"

static const char *const rollback_opts[] = {
    "--bind", "--set", "--store", "--operator", "--why", "--json", "--quiet", "--unattended", NULL};

static enum err_code rollback_run(struct cli *c, enum exit_code *exit, struct err *err)
{
    CLEANUP(store_freep) struct store *store = NULL;
    struct go_on on = {.retry = {NULL, 0}};
    int64_t id;

    if (load_store(c, STORE_WRITE, &store, err) != ERR_OK || load_run(store, c, &id, err) != ERR_OK)
        return err->code;
    on.back = sv_from(c->why ? c->why : "decided by the operator");
    return go_resume(c, store, id, &on, exit, err);
}

const struct verb verb_rollback = {
    .name = "rollback",
    .args = "[RUN]",
    .help = "take the way back of an unfinished run",
    .more = "Carries out the document's rollback sections, as planned when the run was started. "
            "When the\n"
            "way back was begun already, it goes on.\n\n"
            "  prusik rollback r-0007 --why \"orders are missing\"",
    .opts = rollback_opts,
    .min_args = 0,
    .max_args = 1,
    .run = rollback_run,
};
