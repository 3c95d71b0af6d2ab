#include <stdio.h>

#include "base/json.h"
#include "base/sv.h"
#include "base/text.h"
#include "cli/term.h"
#include "cli/verb.h"
#include "lint/lint.h"

static const char *const lint_opts[] = {"--json", "--quiet", NULL};

static json_t *lint_json(const char *path, const struct lint *l, json_t *list)
{
    for (size_t i = 0; i < l->findings.n; i++) {
        const struct lint_finding *f = &l->findings.v[i];
        json_t *j = json_object();

        json_put_str(j, "id", f->id);
        json_put_str(j, "severity", lint_severity_name(f->severity));
        json_put_str(j, "file", path);
        json_put_int(j, "line", (int64_t)f->line);
        json_put_int(j, "end_line", (int64_t)f->end_line);
        json_put_int(j, "column", (int64_t)f->column);
        json_put_sv(j, "message", f->message);
        json_put_sv(j, "hint", f->hint);
        json_append(list, j);
    }
    return list;
}

static void lint_text(const char *path, const struct lint *l, bool quiet, struct strbuf *b)
{
    static const enum term_style styles[] = {
        [LINT_INFO] = TERM_DIM, [LINT_WARNING] = TERM_WARN, [LINT_ERROR] = TERM_BAD};
    struct sv hint = {NULL, 0};

    for (size_t i = 0; i < l->findings.n; i++) {
        const struct lint_finding *f = &l->findings.v[i];
        CLEANUP(strbuf_release) struct strbuf clean = STRBUF(0);

        if (quiet && f->severity == LINT_INFO)
            continue;
        text_add_line(&clean, f->message);
        term_addf(b, TERM_BOLD, "%s:%zu:%zu: ", path, f->line, f->column);
        term_addf(b, styles[f->severity], "%s", lint_severity_name(f->severity));
        strbuf_addf(b, ": %s ", strbuf_str(&clean));
        term_addf(b, TERM_DIM, "[%s]\n", f->id);
        if (!sv_eq(hint, f->hint))
            term_addf(b, TERM_DIM, "    %.*s\n", SV_FMT(f->hint));
        hint = f->hint;
    }
}

/* What makes the exit code 10: everything but info. */
static size_t lint_count(const struct lint *l)
{
    size_t n = 0;

    for (size_t i = 0; i < l->findings.n; i++)
        n += l->findings.v[i].severity != LINT_INFO;
    return n;
}

static enum err_code lint_file(const struct cli *c, const char *path, json_t *list,
                               struct strbuf *out, size_t *count, struct err *err)
{
    struct document doc;
    struct runbook rb;
    struct lint l;

    if (document_load(path, &doc, err) != ERR_OK)
        return err->code;
    if (runbook_read(&doc, &rb, err) != ERR_OK) {
        document_release(&doc);
        return err->code;
    }
    lint_run(&rb, &l);
    if (c->json)
        (void)lint_json(path, &l, list);
    else
        lint_text(path, &l, c->quiet, out);
    *count += lint_count(&l);
    lint_release(&l);
    runbook_release(&rb);
    document_release(&doc);
    return ERR_OK;
}

static enum err_code lint_run_verb(struct cli *c, enum exit_code *exit, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);
    CLEANUP(json_cleanup) json_t *list = json_array();
    size_t count = 0;

    for (int i = 0; i < c->n_args; i++)
        if (lint_file(c, c->args[i], list, &out, &count, err) != ERR_OK)
            return err->code;
    if (c->json) {
        json_write_pretty(list, &out);
        strbuf_add_byte(&out, '\n');
    } else if (count == 0 && !c->quiet) {
        term_add(&out, TERM_GOOD, SV("no warnings\n"));
    }
    term_write(&out);
    *exit = count ? EXIT_CODE_FINDINGS : EXIT_CODE_DONE;
    return ERR_OK;
}

const struct verb verb_lint = {
    .name = "lint",
    .args = "DOC...",
    .help = "find what would go wrong in a runbook",
    .more =
        "Reads the documents and reports what would fail, hang, hide a failure or be read in two "
        "ways,\n"
        "with line, reason and mend. Exit code 10 when there is a warning or error. A finding is\n"
        "silenced by `prusik: ignore RBnnn` in a comment on its line or the one above.\n\n"
        "  prusik lint deploy.md\n"
        "  prusik lint --json runbooks/deploy.md",
    .opts = lint_opts,
    .min_args = 1,
    .max_args = -1,
    .run = lint_run_verb,
};
