#include "base/ident.h"
#include "base/sv.h"
#include "cli/load.h"
#include "cli/tell.h"
#include "exec/run.h"

static const char *const takeover_opts[] = {"--store",   "--as",   "--why",
                                            "--confirm", "--json", NULL};

static enum err_code takeover_run(struct cli *c, enum exit_code *exit UNUSED, struct err *err)
{
    CLEANUP(store_freep) struct store *store = NULL;
    struct ident_text user = ident_user();
    struct run_takeover t = {sv_from(c->told.as ? c->told.as : user.s), sv_from(c->told.why),
                             sv_from(c->told.confirm)};
    int64_t id;

    if (!c->told.why) {
        (void)err_set(err, ERR_USAGE, "takeover needs a reason");
        return err_hint(err, "prusik takeover RUN --why \"...\"");
    }
    if (load_store(c, STORE_WRITE, &store, err) != ERR_OK ||
        load_run(store, c, &id, err) != ERR_OK || run_take_over(store, id, &t, err) != ERR_OK)
        return err->code;
    tell_done(c, id, &(struct told){"taken-over", "is in nobody's hands any more", "resume"});
    return ERR_OK;
}

const struct verb verb_takeover = {
    .name = "takeover",
    .args = "[RUN]",
    .help = "take a run from an owner that is gone",
    .more =
        "A run whose process lives is never taken. Here that is known: a process that is gone, or an "
        "earlier\n"
        "boot, is proven, and resume needs no takeover. On another host it cannot be known: then "
        "--confirm HOST\n"
        "is the word of who says so, and is journaled with the reason.\n\n"
        "  prusik takeover r-0007 --why \"the laptop is lost\" --confirm laptop7",
    .opts = takeover_opts,
    .min_args = 0,
    .max_args = 1,
    .run = takeover_run,
};
