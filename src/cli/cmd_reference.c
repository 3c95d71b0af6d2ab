#include <string.h>

#include "base/strbuf.h"
#include "cli/reference.h"
#include "cli/term.h"
#include "cli/verb.h"

static const char *const reference_opts[] = {NULL};
static const char *const reference_pages[] = {"man", "cli", "exit-codes", NULL};

static enum err_code reference_run(struct cli *c, enum exit_code *exit UNUSED,
                                   struct err *err UNUSED)
{
    static void (*const pages[])(struct strbuf * out) = {reference_man, reference_cli,
                                                         reference_exit_codes};
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);

    for (size_t i = 0; i < ARRAY_LEN(pages); i++)
        if (strcmp(c->args[0], reference_pages[i]) == 0)
            pages[i](&out);
    term_write(&out);
    return ERR_OK;
}

const struct verb verb_reference = {
    .name = "reference",
    .args = "PAGE",
    .help = "print a page of the manual",
    .more = "The pages are made from the same rows that the command line is read with.\n\n"
            "  prusik reference man | man -l -\n"
            "  prusik reference cli\n"
            "  prusik reference exit-codes",
    .opts = reference_opts,
    .min_args = 1,
    .max_args = 1,
    .hidden = true,
    .words = reference_pages,
    .run = reference_run,
};
