#include <string.h>

#include "base/strbuf.h"
#include "cli/complete.h"
#include "cli/term.h"
#include "cli/verb.h"

static const char *const completion_opts[] = {NULL};
static const char *const completion_shells[] = {"bash", "zsh", "fish", NULL};

static enum err_code completion_run(struct cli *c, enum exit_code *exit UNUSED,
                                    struct err *err UNUSED)
{
    static void (*const shells[])(struct strbuf * out) = {complete_bash, complete_zsh,
                                                          complete_fish};
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);

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
    .more = "Made from the same rows that the command line is read with. `make install` puts the\n"
            "scripts where the shells look for them.\n\n"
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
