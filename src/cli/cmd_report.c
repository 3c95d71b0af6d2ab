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

static enum err_code report_run(struct cli *c, enum exit_code *exit UNUSED, struct err *err)
{
    CLEANUP(store_freep) struct store *store = NULL;
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    CLEANUP(json_cleanup) json_t *json = NULL;
    const char *format = c->json ? "json" : c->format ? c->format : "html";
    struct view v;
    enum err_code rc;
    int64_t id;

    if (strcmp(format, "json") != 0 && strcmp(format, "html") != 0)
        return err_set(err, ERR_USAGE, "--format '%s' is neither html nor json", format);
    if (load_store(c, STORE_READ, &store, err) != ERR_OK ||
        load_run(store, c, &id, err) != ERR_OK || view_load(store, id, &v, err) != ERR_OK)
        return err->code;
    if (strcmp(format, "json") == 0) {
        rc = report_json(store, &v, &json, err);
        if (rc == ERR_OK) {
            json_write_pretty(json, &text);
            strbuf_add_byte(&text, '\n');
        }
    } else {
        rc = report_html(store, &v, &text, err);
    }
    view_release(&v);
    return rc == ERR_OK ? report_write(c, strbuf_sv(&text), err) : rc;
}

const struct verb verb_report = {
    .name = "report",
    .args = "[RUN]",
    .help = "write the record of a run as HTML or JSON",
    .more =
        "Every command with its output, expectation, identity and time, the watched rules, the\n"
        "messages and the journal. The HTML file stands alone: it needs no network.\n\n"
        "  prusik report r-0007 --output report.html\n"
        "  prusik report r-0007 --format json",
    .opts = report_opts,
    .min_args = 0,
    .max_args = 1,
    .run = report_run,
};
