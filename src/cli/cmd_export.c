#include <stdio.h>

#include "base/file.h"
#include "cli/load.h"
#include "cli/term.h"
#include "report/export.h"

static const char *const export_opts[] = {"--bind", "--env", "--set", "--output", NULL};
static const char *const export_words[] = {"prometheus", "grafana", NULL};

static enum err_code export_run(struct cli *c, enum exit_code *exit UNUSED, struct err *err)
{
    CLEANUP(loaded_release) struct loaded l = {.has_doc = false};
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    bool grafana = c->args[0][0] == 'g';

    if (load_output(c, err) != ERR_OK || load_plan(c, c->args[1], &l, err) != ERR_OK)
        return err->code;
    l.plan.time_scale = 1; /* what others judge is not in a hurry */
    json_put_real(l.plan.json, "time_scale", 1);
    if ((grafana ? export_grafana : export_prometheus)(&l.plan, &b, err) != ERR_OK)
        return err->code;
    if (c->output)
        return file_write_atomic(c->output, strbuf_sv(&b), 0644, err);
    term_write(&b);
    return ERR_OK;
}

const struct verb verb_export = {
    .name = "export",
    .args = "FORMAT DOC",
    .help = "the rules of a runbook for Prometheus, or a dashboard for Grafana",
    .more =
        "prometheus: alerting rules, as promtool checks them. grafana: a dashboard with a panel for\n"
        "each thing that the rules measure, and their limits as bands. What cannot be said there is\n"
        "left out, and listed with the reason.\n\n"
        "  prusik export prometheus deploy.md -o rules.yml\n"
        "  prusik export grafana deploy.md -o dashboard.json",
    .opts = export_opts,
    .min_args = 2,
    .max_args = 2,
    .words = export_words,
    .run = export_run,
};
