#include <stdio.h>
#include <string.h>

#include "base/sv.h"
#include "cli/lint_shellcheck.h"
#include "cli/lint_show.h"
#include "cli/term.h"
#include "cli/verb.h"

static const char *const lint_opts[] = {"--json",  "--sarif",   "--format",
                                        "--quiet", "--disable", "--no-shellcheck",
                                        "--fix",   "--explain", NULL};

enum lint_format { LINT_TEXT, LINT_JSON, LINT_SARIF };

static enum err_code lint_format(const struct cli *c, enum lint_format *ret, struct err *err)
{
    static const char *const names[] = {
        [LINT_TEXT] = "text", [LINT_JSON] = "json", [LINT_SARIF] = "sarif"};

    *ret = c->sarif ? LINT_SARIF : c->json ? LINT_JSON : LINT_TEXT;
    for (size_t i = 0; c->format && i < ARRAY_LEN(names); i++)
        if (strcmp(c->format, names[i]) == 0) {
            *ret = (enum lint_format)i;
            return ERR_OK;
        }
    return c->format
               ? err_set(err, ERR_USAGE, "--format '%s' is neither text, json nor sarif", c->format)
               : ERR_OK;
}

static enum err_code lint_rule_of(const char *id, const struct lint_rule **ret, struct err *err)
{
    *ret = lint_find_rule(sv_from(id));
    if (*ret)
        return ERR_OK;
    (void)err_set(err, ERR_USAGE, "there is no rule '%s'", id);
    return err_hint(err, "docs/reference/lint.md lists them; rules are called RB001, RB120, ...");
}

/* Before anything is read: a misspelt rule is told at once. */
static enum err_code lint_check_disabled(const struct cli *c, struct err *err)
{
    const struct lint_rule *rule;

    for (size_t d = 0; d < c->disables.n; d++)
        if (lint_rule_of(c->disables.v[d], &rule, err) != ERR_OK)
            return err->code;
    return ERR_OK;
}

/* Findings of the rules that the command line leaves out. */
static void lint_disable(const struct cli *c, struct lint_jobs *jobs)
{
    for (size_t d = 0; d < c->disables.n; d++) {
        const struct lint_rule *rule = lint_find_rule(sv_from(c->disables.v[d]));

        for (size_t i = 0; i < jobs->list.n; i++) {
            struct lint *l = &jobs->list.v[i].lint;
            size_t kept = 0;

            for (size_t k = 0; k < l->findings.n; k++)
                if (l->findings.v[k].id != rule->id)
                    l->findings.v[kept++] = l->findings.v[k];
            l->findings.n = kept;
        }
    }
}

/* What makes the exit code 10: everything but info. */
static size_t lint_count(const struct lint_jobs *jobs)
{
    size_t n = 0;

    for (size_t i = 0; i < jobs->list.n; i++)
        for (size_t k = 0; k < jobs->list.v[i].lint.findings.n; k++)
            n += jobs->list.v[i].lint.findings.v[k].severity != LINT_INFO;
    return n;
}

static enum err_code lint_read(const struct cli *c, struct lint_jobs *jobs, struct err *err)
{
    if (lint_check_disabled(c, err) != ERR_OK)
        return err->code;
    for (int i = 0; i < c->n_args; i++)
        if (lint_jobs_add(jobs, c->args[i], err) != ERR_OK)
            return err->code;
    jobs->want_blocks = !c->no_shellcheck;
    jobs->fix = c->fix;
    lint_jobs_run(jobs);
    for (size_t i = 0; i < jobs->list.n; i++)
        if (jobs->list.v[i].rc != ERR_OK) {
            *err = jobs->list.v[i].err;
            return err->code;
        }
    if (!c->no_shellcheck && lint_shellcheck(jobs, err) != ERR_OK)
        return err->code;
    lint_disable(c, jobs);
    return ERR_OK;
}

static void lint_write(const struct cli *c, enum lint_format format, const struct lint_jobs *jobs)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);

    if (format != LINT_TEXT) {
        CLEANUP(json_cleanup)
        json_t *j = format == LINT_JSON ? lint_show_json(jobs) : lint_show_sarif(jobs);

        json_write_pretty(j, &out);
        strbuf_add_byte(&out, '\n');
        term_write(&out);
        return;
    }
    for (size_t i = 0; i < jobs->list.n; i++)
        if (jobs->list.v[i].n_mended)
            term_addf(&out, TERM_GOOD, "%s: %zu line%s mended\n", jobs->list.v[i].path,
                      jobs->list.v[i].n_mended, jobs->list.v[i].n_mended == 1 ? "" : "s");
    lint_show_text(jobs, c->quiet, &out);
    if (lint_count(jobs) == 0 && !c->quiet)
        term_add(&out, TERM_GOOD, SV("no warnings\n"));
    term_write(&out);
}

static enum err_code lint_explain(const struct cli *c, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);
    const struct lint_rule *rule;

    if (lint_rule_of(c->explain, &rule, err) != ERR_OK)
        return err->code;
    lint_show_rule(rule, &out);
    term_write(&out);
    return ERR_OK;
}

static enum err_code lint_run_verb(struct cli *c, enum exit_code *exit, struct err *err)
{
    CLEANUP(lint_jobs_release) struct lint_jobs jobs = {0};
    enum lint_format format;

    if (c->explain)
        return lint_explain(c, err);
    if (c->n_args == 0)
        return err_set(err, ERR_USAGE, "prusik lint takes: DOC...");
    if (lint_format(c, &format, err) != ERR_OK || lint_read(c, &jobs, err) != ERR_OK)
        return err->code;
    lint_write(c, format, &jobs);
    *exit = lint_count(&jobs) ? EXIT_CODE_FINDINGS : EXIT_CODE_DONE;
    return ERR_OK;
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
