/*
 * What is wrong with a document, or open.
 */
#include "base/file.h"
#include "base/limits.h"
#include "base/sv.h"
#include "lsp/page_int.h"

/* DiagnosticSeverity of the protocol. */
enum page_severity { PAGE_ERROR = 1, PAGE_WARNING = 2, PAGE_INFO = 3, PAGE_HINT = 4 };

static json_t *page_diagnostic(json_t *range, enum page_severity severity, const char *code,
                               struct sv message)
{
    json_t *j = json_object();

    json_put(j, "range", range);
    json_put_int(j, "severity", severity);
    json_put_str(j, "code", code);
    json_put_str(j, "source", "prusik");
    json_put(j, "message", json_sv(message));
    return j;
}

static json_t *page_finding(const struct lsp_page *p, const struct lint_finding *f)
{
    static const enum page_severity severities[] = {
        [LINT_INFO] = PAGE_INFO, [LINT_WARNING] = PAGE_WARNING, [LINT_ERROR] = PAGE_ERROR};
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    strbuf_add_sv(&text, f->message);
    if (f->hint.n)
        strbuf_addf(&text, "\n%.*s", SV_FMT(f->hint));
    return page_diagnostic(page_range(p, f->line, f->column, f->line), severities[f->severity],
                           f->id, strbuf_sv(&text));
}

/* A question about the binding stands at the top: it has no line here. */
static json_t *page_question(const struct lsp_page *p, const struct plan_question *q)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    bool here = sv_eq(q->file, sv_from(p->doc.path));

    if (!here)
        strbuf_addf(&text, "%.*s:%zu: ", SV_FMT(q->file), q->line);
    strbuf_addf(&text, "%.*s\nprusik.yaml: %.*s", SV_FMT(q->text), SV_FMT(q->answer_with));
    return page_diagnostic(page_range(p, here ? q->line : 1, 1, here ? q->line : 1),
                           q->at_plan ? PAGE_WARNING : PAGE_HINT, "question", strbuf_sv(&text));
}

/* "deploy.md:12: ..." names its line; others (prusik.yaml) stand at the top. */
static size_t page_error_line(const struct lsp_page *p)
{
    struct sv rest = sv_from(p->err.msg);
    uint64_t line;

    if (p->has_doc && sv_eat(&rest, sv_from(p->doc.path)) && sv_eat(&rest, SV(":")) &&
        sv_to_u64(sv_sub(rest, 0, sv_find_byte(rest, ':', 0)), &line) && line > 0 &&
        line <= p->doc.n_lines)
        return (size_t)line;
    return 1;
}

static json_t *page_error(const struct lsp_page *p)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    size_t line = page_error_line(p);

    strbuf_add_str(&text, p->err.msg);
    if (p->err.hint[0])
        strbuf_addf(&text, "\n%s", p->err.hint);
    return page_diagnostic(page_range(p, line, 1, line), PAGE_ERROR, "plan", strbuf_sv(&text));
}

static void page_questions(const struct lsp_page *p, json_t *list)
{
    /* a text without a step is no runbook, or not yet: nobody wants to hear which environment it is for */
    for (size_t i = 0; p->plan.n_steps && i < p->plan.n_questions; i++)
        if (json_array_size(list) < LIMIT_LSP_DIAGNOSTICS)
            json_append(list, page_question(p, &p->plan.questions[i]));
}

json_t *lsp_page_diagnostics(const struct lsp_page *p)
{
    json_t *j = json_object(), *list = json_array();

    json_put_str(j, "uri", p->uri);
    json_put_int(j, "version", p->version);
    json_put(j, "diagnostics", list);
    if (!p->has_plan)
        json_append(list, page_error(p));
    for (size_t i = 0; p->has_rb && i < p->lint.findings.n; i++)
        if (json_array_size(list) < LIMIT_LSP_DIAGNOSTICS)
            json_append(list, page_finding(p, &p->lint.findings.v[i]));
    if (p->has_plan)
        page_questions(p, list);
    return j;
}
