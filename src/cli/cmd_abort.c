#include "base/ident.h"
#include "base/sv.h"
#include "cli/load.h"
#include "cli/tell.h"
#include "exec/run.h"

static const char *const abort_opts[] = {"--store", "--as", "--why", "--json", NULL};

static enum err_code abort_run(struct cli *c, enum exit_code *exit UNUSED, struct err *err)
{
    CLEANUP(store_freep) struct store *store = NULL;
    struct ident_text user = ident_user();
    int64_t id;

    if (!c->told.why) {
        (void)err_set(err, ERR_USAGE, "abort needs a reason");
        return err_hint(err, "prusik abort RUN --why \"...\"");
    }
    if (load_store(c, STORE_WRITE, &store, err) != ERR_OK ||
        load_run(store, c, &id, err) != ERR_OK ||
        run_abort(store, id, sv_from(c->told.as ? c->told.as : user.s), sv_from(c->told.why),
                  err) != ERR_OK)
        return err->code;
    tell_done(c, id,
              &(struct told){"aborted", "is ended; nothing was carried out or undone", NULL});
    return ERR_OK;
}

const struct verb verb_abort = {
    .name = "abort",
    .args = "[RUN]",
    .help = "end an unfinished run for good, without carrying anything out",
    .more = "For a run that somebody has mended by hand. Its journal is sealed as it stands.\n\n"
            "  prusik abort r-0007 --why \"finished by hand, see ticket 4711\"",
    .opts = abort_opts,
    .min_args = 0,
    .max_args = 1,
    .run = abort_run,
};
