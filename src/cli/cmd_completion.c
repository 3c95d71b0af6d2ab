#include <string.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "cli/complete.h"
#include "cli/load.h"
#include "cli/term.h"
#include "cli/verb.h"
#include "store/event.h"

static const char *const completion_opts[] = {"--store", NULL};
static const char *const completion_shells[] = {"bash", "zsh", "fish", "runs", NULL};

static bool completion_run_row(const struct store_run *run, void *arg)
{
    strbuf_addf(arg, "%s\t%s %.*s, %.*s\n", event_run_text(run->id).s,
                clock_format_s(run->started_us).s, SV_FMT(run->environment), SV_FMT(run->document));
    return true;
}

/* What the scripts ask for while somebody types. */
static enum err_code completion_runs(struct cli *c, struct strbuf *out, struct err *err)
{
    CLEANUP(store_freep) struct store *store = NULL;

    if (load_store(c, STORE_READ, &store, err) != ERR_OK)
        return err->code;
    return store_runs(store, completion_run_row, out, err);
}

static enum err_code completion_run(struct cli *c, enum exit_code *exit UNUSED, struct err *err)
{
    static void (*const shells[])(struct strbuf * out) = {complete_bash, complete_zsh,
                                                          complete_fish};
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);

    if (strcmp(c->args[0], "runs") == 0 && completion_runs(c, &out, err) != ERR_OK)
        return err->code;
    for (size_t i = 0; i < ARRAY_LEN(shells); i++)
        if (strcmp(c->args[0], completion_shells[i]) == 0)
            shells[i](&out);
    term_write(&out);
    return ERR_OK;
}

const struct verb verb_completion = {
    .name = "completion",
    .args = "SHELL",
    .help = "print the completion script of a shell",
    .more =
        "Made from the same rows that the command line is read with. `make install` puts the\n"
        "scripts where the shells look for them.  With `runs` for SHELL: the runs of the store, newest\n"
        "first, which the scripts ask for.\n\n"
        "  prusik completion bash > ~/.local/share/bash-completion/completions/prusik\n"
        "  prusik completion zsh > ~/.zfunc/_prusik\n"
        "  prusik completion fish > ~/.config/fish/completions/prusik.fish",
    .opts = completion_opts,
    .min_args = 1,
    .max_args = 1,
    .hidden = true,
    .words = completion_shells,
    .run = completion_run,
};
