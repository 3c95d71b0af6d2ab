#include <stdlib.h>

#include "base/sv.h"
#include "base/text.h"
#include "cli/data.h"
#include "cli/progress.h"
#include "cli/term.h"
#include "report/data_page.h"

static const char *const audit_opts[] = {"--data",   "--json",  "--format",
                                         "--output", "--quiet", NULL};

static const enum term_style audit_styles[HEALTH_VERDICT__N] = {[HEALTH_PASS] = TERM_GOOD,
                                                                [HEALTH_FAIL] = TERM_BAD,
                                                                [HEALTH_NOTHING] = TERM_WARN,
                                                                [HEALTH_ERROR] = TERM_BAD};

static void audit_text_check(const struct audit_check *c, struct strbuf *b)
{
    char *examples = json_dumps(c->examples, JSON_COMPACT);

    strbuf_add_str(b, "  ");
    term_addf(b, audit_styles[c->verdict], "%-5s", health_verdict_names[c->verdict]);
    strbuf_add_byte(b, ' ');
    text_add_line(b, c->check->name);
    strbuf_addf(b, ": %llu of %llu%s", (unsigned long long)c->health.passed,
                (unsigned long long)c->health.evaluated, c->check->critical ? ", critical" : "");
    if (c->why.n) {
        strbuf_add_str(b, "; ");
        text_add_line(b, c->why);
    }
    strbuf_add_byte(b, '\n');
    if (json_array_size(c->examples)) {
        strbuf_add_str(b, "        ");
        text_add_line(b, sv_from(examples));
        strbuf_add_byte(b, '\n');
    }
    free(examples);
}

static void audit_text(const void *result, struct strbuf *b)
{
    const struct audit_result *r = result;
    enum term_style style = r->health.exit == EXIT_CODE_DONE     ? TERM_GOOD
                            : r->health.exit == EXIT_CODE_FAILED ? TERM_BAD
                                                                 : TERM_WARN;
    const char *column, *value;
    json_t *counts, *n;

    term_addf(b, style, "%s", health_status_names[r->health.status]);
    strbuf_addf(b, ": health %s, %zu of %zu check%s, %llu row%s\n", health_shown(&r->health).s,
                r->health.evaluated, r->health.total, r->health.total == 1 ? "" : "s",
                (unsigned long long)r->rows, r->rows == 1 ? "" : "s");
    for (size_t i = 0; i < r->n_checks; i++)
        audit_text_check(&r->checks[i], b);
    json_object_foreach(r->distribution, column, counts)
    {
        strbuf_add_str(b, "distribution of ");
        text_add_line(b, sv_from(column));
        strbuf_add_byte(b, '\n');
        json_object_foreach(counts, value, n)
        {
            strbuf_addf(b, "  %8lld ", (long long)json_integer_value(n));
            text_add_line(b, sv_from(value));
            strbuf_add_byte(b, '\n');
        }
    }
}

static json_t *audit_to_json(const void *result)
{
    return audit_json(result);
}

static void audit_html(const void *result, struct strbuf *out)
{
    data_page_audit(result, out);
}

static enum err_code audit_one(struct cli *c, const struct data_file *f, enum exit_code *exit,
                               struct err *err)
{
    const struct data_audit *a;
    struct audit_result r;
    struct progress progress;
    struct data_shape shape = {&r, audit_text, audit_to_json, audit_html};
    struct sv name = sv_from(c->n_args ? c->args[0] : NULL);
    enum err_code rc;

    if (!c->n_args && f->n_audits == 1)
        name = f->audits[0].name;
    if (data_file_audit(f, name, &a, err) != ERR_OK)
        return err->code;
    progress_begin(&progress, c);
    rc = audit_run(a, &progress.pace, &r, err);
    progress_end(&progress);
    if (rc != ERR_OK)
        return rc;
    *exit = r.health.exit;
    rc = data_show(c, &shape, err);
    audit_release(&r);
    return rc;
}

static enum err_code audit_cmd_run(struct cli *c, enum exit_code *exit, struct err *err)
{
    struct data_file f;
    enum err_code rc;

    if (data_check_format(c, err) != ERR_OK || data_load(c, &f, err) != ERR_OK)
        return err->code;
    rc = audit_one(c, &f, exit, err);
    data_file_release(&f);
    return rc;
}

const struct verb verb_audit = {
    .name = "audit",
    .args = "[NAME]",
    .help = "run named checks over data, and give them a health score",
    .more =
        "NAME is an audit of the data file (prusik.data.yaml, or --data); it may be left out when there\n"
        "is one. Checks are conditions that every row, or a share of them, must meet; duplicates of what\n"
        "shall be unique; coverage of a column; allowed values; totals. What cannot be evaluated is\n"
        "never good. Exit codes: 0 healthy (95 and more), 9 degraded (75 and more), incomplete or without\n"
        "rows, 4 unhealthy or a critical check fails.\n\n"
        "  prusik audit deals\n"
        "  prusik audit deals --json | jq -r .health_score.status",
    .opts = audit_opts,
    .min_args = 0,
    .max_args = 1,
    .run = audit_cmd_run,
};
