#include <stdio.h>

#include "base/file.h"
#include "base/limits.h"
#include "cli/load.h"
#include "cli/show_diff.h"
#include "cli/show_plan.h"
#include "cli/term.h"
#include "report/plan_graph.h"
#include "report/plan_script.h"

static const char *const plan_opts[] = {
    "--bind",  "--env",    "--set",       "--store",      "--operator",   "--json", "--diff",
    "--graph", "--export", "--questions", "--time-scale", "--unattended", NULL};

static void plan_add_json(const json_t *j, struct strbuf *out)
{
    json_write_pretty(j, out);
    strbuf_add_byte(out, '\n');
}

static json_t *plan_proposal_json(const struct plan_proposal *r)
{
    json_t *j = json_object();

    json_put_sv(j, "file", r->file);
    json_put_int(j, "line", (int64_t)r->line);
    json_put_str(j, "kind", "proposal");
    json_put_sv(j, "text", r->text);
    json_put_sv(j, "source", r->source);
    json_put_sv(j, "answer_with", r->answer_with);
    json_put_str(j, "when", "never");
    return j;
}

/* What is open, as the members of "questions" that are shown without --json. */
static void plan_questions_json(const struct plan *p, bool attended, struct strbuf *out)
{
    CLEANUP(json_cleanup) json_t *list = json_array();
    const json_t *all = json_object_get(p->json, "questions");

    for (size_t i = 0; i < p->n_questions; i++)
        if (!attended || p->questions[i].at_plan)
            (void)json_array_append(list, json_array_get(all, i));
    for (size_t i = 0; i < p->n_proposals; i++)
        json_append(list, plan_proposal_json(&p->proposals[i]));
    plan_add_json(list, out);
}

static enum err_code plan_read(const char *path, struct plan *ret, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    json_t *json = NULL;

    if (!file_exists(path))
        return err_set(err, ERR_NOT_FOUND, "there is no plan '%s'", path);
    if (file_read(path, LIMIT_PLAN_BYTES, &text, err) != ERR_OK)
        return err->code;
    if (json_read(strbuf_sv(&text), &json, err) != ERR_OK || plan_load(json, ret, err) != ERR_OK)
        return err_wrap(err, "%s", path);
    return ERR_OK;
}

static enum err_code plan_show_diff(const struct cli *c, const struct plan *now, struct strbuf *out,
                                    enum exit_code *exit, struct err *err)
{
    struct plan old = {.json = NULL};
    struct plan_diff d;

    if (plan_read(c->plan.diff, &old, err) != ERR_OK)
        return err->code;
    plan_diff_make(old.json, now->json, &d);
    if (c->json) {
        CLEANUP(json_cleanup) json_t *j = plan_diff_json(&d);

        plan_add_json(j, out);
    } else {
        show_diff(&d, out);
    }
    *exit = d.changes.n ? EXIT_CODE_FINDINGS : EXIT_CODE_DONE;
    plan_diff_release(&d);
    plan_release(&old);
    return ERR_OK;
}

/* The plan in the shape that the options name. */
static void plan_show(const struct cli *c, const struct plan *p, struct strbuf *out)
{
    if (c->plan.graph)
        (c->plan.graph[0] == 's' ? plan_graph_svg : plan_graph_dot)(p, out);
    else if (c->plan.export)
        plan_script(p, out);
    else if (c->plan.questions && c->json)
        plan_questions_json(p, !c->run.unattended, out);
    else if (c->json)
        plan_add_json(p->json, out);
    else if (c->plan.questions)
        show_open(p, !c->run.unattended, out);
    else
        show_plan(p, !c->run.unattended, out);
}

static enum err_code plan_check_usage(const struct cli *c, struct err *err)
{
    int shapes = (c->plan.diff != NULL) + (c->plan.graph != NULL) + (c->plan.export != NULL) +
                 c->plan.questions;

    if (shapes > 1)
        return err_set(err, ERR_USAGE,
                       "only one of --questions, --diff, --graph and --export can be asked for");
    if (c->json && (c->plan.graph || c->plan.export))
        return err_set(err, ERR_USAGE, "--json does not go with %s",
                       c->plan.graph ? "--graph" : "--export");
    return ERR_OK;
}

static enum err_code plan_run(struct cli *c, enum exit_code *exit, struct err *err)
{
    CLEANUP(loaded_release) struct loaded l = {.has_doc = false};
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    if (plan_check_usage(c, err) != ERR_OK || load_plan(c, c->args[0], &l, err) != ERR_OK)
        return err->code;
    if (c->plan.diff) {
        if (plan_show_diff(c, &l.plan, &b, exit, err) != ERR_OK)
            return err->code;
    } else {
        plan_show(c, &l.plan, &b);
        if (plan_open(&l.plan, !c->run.unattended))
            *exit = EXIT_CODE_REFUSED;
    }
    if (c->json || c->plan.graph || c->plan.export) /* for programs */
        term_write(&b);
    else
        term_write_lines(&b);
    return ERR_OK;
}

const struct verb verb_plan = {
    .name = "plan",
    .args = "DOC",
    .help = "show what a run would do, and what is still open",
    .more =
        "Prints every step with its host, expectations, gate and way back; the rules that are "
        "watched;\n"
        "and the questions that have to be answered first. Nothing is carried out. Exit code 3 "
        "when\n"
        "a question is open; with --unattended also those that a person could answer during "
        "the run.\n\n"
        "--questions prints only what is open, with file, line and the answer that prusik.yaml\n"
        "takes. --diff compares with a plan that --json wrote: exit code 0 when nothing differs,\n"
        "10 otherwise. --graph draws phases, steps, gates and the way back; --export sh writes the\n"
        "equivalent commands as a script to read. Exit code 3 says there, too, that a question is\n"
        "open.\n\n"
        "  prusik plan deploy.md\n"
        "  prusik plan deploy.md --questions\n"
        "  prusik plan deploy.md --json > approved.json\n"
        "  prusik plan deploy.md --diff approved.json\n"
        "  prusik plan deploy.md --graph=svg > plan.svg\n"
        "  prusik plan deploy.md --export sh > plan.sh",
    .opts = plan_opts,
    .min_args = 1,
    .max_args = 1,
    .run = plan_run,
};
