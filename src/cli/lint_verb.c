#include "cli/lint_verb.h"

#include <string.h>

#include "base/sv.h"
#include "cli/lint_alembic.h"
#include "cli/lint_config.h"
#include "cli/lint_shellcheck.h"
#include "cli/lint_show.h"
#include "cli/term.h"

enum lint_format { LINT_TEXT, LINT_JSON, LINT_SARIF };

static enum err_code lint_format(const struct cli *c, enum lint_format *ret, struct err *err)
{
    static const char *const names[] = {
        [LINT_TEXT] = "text", [LINT_JSON] = "json", [LINT_SARIF] = "sarif"};

    *ret = c->lint.sarif ? LINT_SARIF : c->json ? LINT_JSON : LINT_TEXT;
    for (size_t i = 0; c->format && i < ARRAY_LEN(names); i++)
        if (strcmp(c->format, names[i]) == 0) {
            *ret = (enum lint_format)i;
            return ERR_OK;
        }
    return c->format
               ? err_set(err, ERR_USAGE, "--format '%s' is neither text, json nor sarif", c->format)
               : ERR_OK;
}

enum err_code lint_verb_rule(const char *id, const struct lint_rule **ret, struct err *err)
{
    *ret = lint_find_rule(sv_from(id));
    if (*ret)
        return ERR_OK;
    (void)err_set(err, ERR_USAGE, "there is no rule '%s'", id);
    return err_hint(err,
                    "docs/reference/lint.md lists them; rules are called RB001, RB120, PG001, ...");
}

/* Before anything is read: a misspelt rule is told at once. */
static enum err_code lint_check_disabled(const struct cli *c, struct err *err)
{
    const struct lint_rule *rule;

    for (size_t d = 0; d < c->lint.disables.n; d++)
        if (lint_verb_rule(c->lint.disables.v[d], &rule, err) != ERR_OK)
            return err->code;
    return ERR_OK;
}

/* Findings of the rules that the command line leaves out. */
static void lint_disable(const struct cli *c, struct lint_jobs *jobs)
{
    for (size_t d = 0; d < c->lint.disables.n; d++) {
        const struct lint_rule *rule = lint_find_rule(sv_from(c->lint.disables.v[d]));

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

static bool lint_is_asked(const struct lint_job *j, void *arg UNUSED)
{
    return !j->base;
}

static enum err_code lint_read(const struct cli *c, struct lint_jobs *jobs, struct err *err)
{
    lint_jobs_run(jobs);
    for (size_t i = 0; i < jobs->list.n; i++)
        if (jobs->list.v[i].rc != ERR_OK) {
            *err = jobs->list.v[i].err;
            return err->code;
        }
    if (jobs->want_blocks && lint_shellcheck(jobs, err) != ERR_OK)
        return err->code;
    lint_jobs_keep(jobs, lint_is_asked, NULL);
    if (lint_alembic_place(jobs, err) != ERR_OK)
        return err->code;
    if (jobs->config)
        lint_config_apply(jobs->config, jobs);
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

enum err_code lint_verb_check(const struct cli *c, struct err *err)
{
    enum lint_format format;

    if (lint_format(c, &format, err) != ERR_OK)
        return err->code;
    return lint_check_disabled(c, err);
}

enum err_code lint_verb_run(const struct cli *c, struct lint_jobs *jobs, enum exit_code *exit,
                            struct err *err)
{
    enum lint_format format;

    if (lint_format(c, &format, err) != ERR_OK || lint_read(c, jobs, err) != ERR_OK)
        return err->code;
    lint_write(c, format, jobs);
    *exit = lint_count(jobs) ? EXIT_CODE_FINDINGS : EXIT_CODE_DONE;
    return ERR_OK;
}
