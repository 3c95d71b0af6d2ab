#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/sv.h"
#include "cli/load.h"
#include "cli/term.h"
#include "report/report.h"

static const char *const report_opts[] = {"--store", "--format", "--output", "--json", NULL};

static enum err_code report_write(const struct cli *c, struct sv text, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    if (c->output) {
        if (file_write_atomic(c->output, text, 0644, err) != ERR_OK)
            return err->code;
        printf("written to %s\n", c->output);
        return ERR_OK;
    }
    strbuf_add_sv(&b, text);
    term_write(&b);
    return ERR_OK;
}

/* A row per format: what writes it. */
typedef enum err_code report_fn(struct store *s, const struct view *v, struct strbuf *out,
                                struct err *err);

static const struct report_format {
    const char *name;
    report_fn *fn;
} report_formats[] = {
    {"html", report_html},
    {"markdown", report_markdown},
    {"junit", report_junit},
    {"json", report_json_text},
};

static const struct report_format *report_format(const struct cli *c, struct err *err)
{
    const char *name = c->json ? "json" : c->format ? c->format : "html";

    for (size_t i = 0; i < ARRAY_LEN(report_formats); i++)
        if (strcmp(report_formats[i].name, name) == 0)
            return &report_formats[i];
    (void)err_set(err, ERR_USAGE, "--format '%s' is not html, markdown, junit or json", name);
    return NULL;
}

static enum err_code report_run(struct cli *c, enum exit_code *exit UNUSED, struct err *err)
{
    CLEANUP(store_freep) struct store *store = NULL;
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    const struct report_format *format = report_format(c, err);
    struct view v;
    enum err_code rc;
    int64_t id;

    if (!format || load_output(c, err) != ERR_OK ||
        load_store(c, STORE_READ, &store, err) != ERR_OK ||
        load_run(store, c, &id, err) != ERR_OK || view_load(store, id, &v, err) != ERR_OK)
        return err->code;
    rc = format->fn(store, &v, &text, err);
    view_release(&v);
    return rc == ERR_OK ? report_write(c, strbuf_sv(&text), err) : rc;
}

const struct verb verb_report = {
    .name = "report",
    .args = "[RUN]",
    .help = "write the record of a run as HTML, Markdown, JUnit or JSON",
    .more =
        "Every command with its output, expectation, identity and time, the watched rules, the\n"
        "messages and the journal. The HTML file stands alone: it needs no network. Markdown is the\n"
        "document itself, filled in: boxes ticked, results under commands, blanks signed.\n\n"
        "  prusik report r-0007 --output report.html\n"
        "  prusik report r-0007 --format markdown --output filled-in.md\n"
        "  prusik report r-0007 --format json",
    .opts = report_opts,
    .min_args = 0,
    .max_args = 1,
    .run = report_run,
};
