#include "cli/lint_show.h"
#include "cli/lint_verb.h"
#include "cli/term.h"
#include "cli/verb.h"

static const char *const lint_opts[] = {"--json",  "--sarif",   "--format",
                                        "--quiet", "--disable", "--no-shellcheck",
                                        "--fix",   "--explain", NULL};

static enum err_code lint_explain(const struct cli *c, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);
    const struct lint_rule *rule;

    if (lint_verb_rule(c->lint.explain, &rule, err) != ERR_OK)
        return err->code;
    lint_show_rule(rule, &out);
    term_write(&out);
    return ERR_OK;
}

static enum err_code lint_run_verb(struct cli *c, enum exit_code *exit, struct err *err)
{
    CLEANUP(lint_jobs_release)
    struct lint_jobs jobs = {.want_blocks = !c->lint.no_shellcheck, .fix = c->lint.fix};

    if (c->lint.explain)
        return lint_explain(c, err);
    if (c->n_args == 0)
        return err_set(err, ERR_USAGE, "prusik lint takes: DOC...");
    if (lint_verb_check(c, err) != ERR_OK)
        return err->code;
    for (int i = 0; i < c->n_args; i++)
        if (lint_jobs_add(&jobs, c->args[i], err) != ERR_OK)
            return err->code;
    return lint_verb_run(c, &jobs, exit, err);
}

const struct verb verb_lint = {
    .name = "lint",
    .args = "DOC...",
    .help = "find what would go wrong in a runbook",
    .more =
        "Reads the documents (of a folder: every .md below it) and reports what would fail, hang, hide\n"
        "a failure or be read in two ways, with line, reason and mend; several documents are compared\n"
        "with each other. Exit code 10 when there is a warning or error. A finding is silenced by\n"
        "`prusik: ignore RBnnn` in a comment on its line or the one above. shellcheck is run over the\n"
        "blocks when it is installed.\n\n"
        "  prusik lint deploy.md\n"
        "  prusik lint --json runbooks/deploy.md\n"
        "  prusik lint --sarif --disable RB250 runbooks/\n"
        "  prusik lint --explain RB128",
    .opts = lint_opts,
    .min_args = 0,
    .max_args = -1,
    .run = lint_run_verb,
};
