#include "base/file.h"
#include "base/limits.h"
#include "cli/load.h"
#include "cli/term.h"
#include "report/import.h"

#define IMPORT_BYTES (16u << 20) /* of a file of rules: people wrote it */

static const char *const import_opts[] = {"--output", NULL};
static const char *const import_words[] = {"prometheus", NULL};

static enum err_code import_run(struct cli *c, enum exit_code *exit UNUSED, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), b = STRBUF(0);

    if (load_output(c, err) != ERR_OK ||
        file_read(c->args[1], IMPORT_BYTES, &text, err) != ERR_OK ||
        import_prometheus(strbuf_sv(&text), c->args[1], &b, err) != ERR_OK)
        return err->code;
    if (c->output)
        return file_write_atomic(c->output, strbuf_sv(&b), 0644, err);
    term_write(&b);
    return ERR_OK;
}

const struct verb verb_import = {
    .name = "import",
    .args = "FORMAT FILE",
    .help = "alerting rules of Prometheus as rules of a runbook",
    .more =
        "prometheus: a file of rules (groups), as `rules` and `sources` for prusik.yaml. Conditions that\n"
        "mean the same here become rules; the others are kept as queries that a Prometheus answers\n"
        "($PROMETHEUS_URL), and listed, as recording rules are.\n\n"
        "  prusik import prometheus alerts.yml",
    .opts = import_opts,
    .min_args = 2,
    .max_args = 2,
    .words = import_words,
    .run = import_run,
};
