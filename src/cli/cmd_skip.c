#include "base/ident.h"
#include "base/sv.h"
#include "cli/load.h"
#include "cli/tell.h"
#include "exec/run.h"

static const char *const skip_opts[] = {"--store", "--as", "--why", "--json", NULL};

static enum err_code skip_run(struct cli *c, enum exit_code *exit UNUSED, struct err *err)
{
    CLEANUP(store_freep) struct store *store = NULL;
    struct ident_text user = ident_user();
    int64_t id;

    if (!c->told.why) {
        (void)err_set(err, ERR_USAGE, "skip needs a reason");
        return err_hint(err, "prusik skip RUN STEP --why \"...\"");
    }
    if (load_store(c, STORE_WRITE, &store, err) != ERR_OK ||
        load_run(store, c, &id, err) != ERR_OK ||
        run_skip_step(store, id, sv_from(c->args[1]), sv_from(c->told.as ? c->told.as : user.s),
                      sv_from(c->told.why), err) != ERR_OK)
        return err->code;
    tell_done(c, id, &(struct told){"skipped", "goes on without the step", "resume"});
    return ERR_OK;
}

const struct verb verb_skip = {
    .name = "skip",
    .args = "RUN STEP",
    .help = "leave a step of a run that stands still out, with a reason",
    .more =
        "For a step that somebody has done by hand, or that turned out to be needless. Nothing is "
        "carried\n"
        "out; who left it out and why stands in the record. An approval cannot be left out, nor "
        "what is done.\n\n"
        "  prusik skip r-0007 2.3/1 --why \"the index was there already\"",
    .opts = skip_opts,
    .min_args = 2,
    .max_args = 2,
    .run = skip_run,
};
