#include <stdio.h>

#include "cli/load.h"
#include "cli/show_plan.h"
#include "cli/term.h"

static const char *const plan_opts[] = {"--bind",       "--env",  "--set",        "--store",
                                        "--operator",   "--json", "--time-scale", "--questions",
                                        "--unattended", NULL};

static enum err_code plan_run(struct cli *c, enum exit_code *exit, struct err *err)
{
    CLEANUP(loaded_release) struct loaded l = {.has_doc = false};
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    if (load_plan(c, c->args[0], &l, err) != ERR_OK)
        return err->code;
    if (c->json)
        json_write_pretty(l.plan.json, &b);
    else if (c->questions)
        show_questions(&l.plan, !c->unattended, &b);
    else
        show_plan(&l.plan, !c->unattended, &b);
    if (c->json)
        strbuf_add_byte(&b, '\n');
    term_write(&b);
    if (plan_open(&l.plan, !c->unattended))
        *exit = EXIT_CODE_REFUSED;
    return ERR_OK;
}

const struct verb verb_plan = {
    .name = "plan",
    .args = "DOC",
    .help = "show what a run would do, and what is still open",
    .more = "Prints every step with its host, expectations, gate and way back; the rules that are "
            "watched;\n"
            "and the questions that have to be answered first. Nothing is carried out. Exit code 3 "
            "when\n"
            "a question is open; with --unattended also those that a person could answer during "
            "the run.\n\n"
            "  prusik plan deploy.md\n"
            "  prusik plan deploy.md --questions",
    .opts = plan_opts,
    .min_args = 1,
    .max_args = 1,
    .run = plan_run,
};
