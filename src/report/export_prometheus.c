#include "report/export.h"

#include "base/sv.h"
#include "base/text.h"
#include "plan/plan_rules.h"
#include "report/promql.h"
#include "report/report_int.h"

struct export_rules {
    const struct plan *plan;
    struct strbuf *out, left; /* left: comments */
};

void report_yaml_text(struct strbuf *out, struct sv text)
{
    CLEANUP(json_cleanup) json_t *list = json_array();
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    json_append(list, json_sv(text));
    json_write(list, &b);
    strbuf_add_sv(out, sv_sub(strbuf_sv(&b), 1, b.n - 1));
}

static void export_leave(struct export_rules *x, struct sv rule, struct sv why)
{
    strbuf_add_str(&x->left, "# left out: ");
    text_add_line(&x->left, rule);
    strbuf_add_str(&x->left, ": ");
    text_add_line(&x->left, why);
    strbuf_add_byte(&x->left, '\n');
}

static void export_finding(void *arg, const json_t *entry, const struct rule_finding *f)
{
    if (f->severity == SEVERITY_ERROR && json_get_sv(entry, "id").n &&
        json_object_get(entry, "line"))
        export_leave(arg, json_get_sv(entry, "id"), f->message);
}

/* "Prusik_deploy_md_369" */
static void export_alert_name(struct strbuf *out, struct sv id)
{
    strbuf_add_str(out, "Prusik_");
    for (size_t i = 0; i < id.n; i++)
        strbuf_add_byte(out, ascii_is_word(id.p[i]) ? id.p[i] : '_');
}

static const char *export_severity(const struct rule *r)
{
    if (rule_verdict(r) == VERDICT_ROLLBACK || rule_has_action(r, ACTION_PAGE))
        return "critical";
    return rule_verdict(r) == VERDICT_OK ? "info" : "warning";
}

static const char *export_verdict(enum verdict v)
{
    static const char *const words[VERDICT__N] = {"ok", "hold", "investigate", "rollback"};

    return words[v];
}

static void export_rule(struct export_rules *x, const struct plan_checked *c)
{
    struct promql p = {.plan = x->plan, .rule = c->rule, .out = STRBUF(0)};
    struct strbuf *out = x->out;
    struct sv source = json_get_sv(c->of, "source");

    if (rule_has_action(c->rule, ACTION_OK)) {
        strbuf_release(&p.out);
        return; /* it says what is fine: nobody is alerted */
    }
    if (!promql_rule(&p)) {
        export_leave(x, c->id, p.why);
        strbuf_release(&p.out);
        return;
    }
    strbuf_add_str(out, "  - alert: ");
    export_alert_name(out, c->id);
    strbuf_add_str(out, "\n    expr: ");
    report_yaml_text(out, strbuf_sv(&p.out));
    if (c->rule->hold.us) {
        strbuf_add_str(out, "\n    for: ");
        promql_duration(c->rule->hold.us, out);
    }
    strbuf_addf(
        out,
        "\n    labels:\n      severity: %s\n      prusik_verdict: %s\n    annotations:\n      summary: ",
        export_severity(c->rule), export_verdict(rule_verdict(c->rule)));
    report_yaml_text(out, source.n ? source : c->rule->text);
    strbuf_add_str(out, "\n      prusik_rule: ");
    report_yaml_text(out, c->rule->text);
    strbuf_add_byte(out, '\n');
    strbuf_release(&p.out);
}

enum err_code export_prometheus(const struct plan *p, struct strbuf *out, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf rules = STRBUF(0), name = STRBUF(0);
    struct export_rules x = {.plan = p, .out = &rules, .left = STRBUF(0)};
    struct plan_rules checked = {0};
    enum err_code rc = plan_rules_read(p->json, export_finding, &x, &checked, err);

    for (size_t i = 0; rc == ERR_OK && i < checked.list.n; i++)
        if (!checked.list.v[i].checkpoint)
            export_rule(&x, &checked.list.v[i]);
    if (rc == ERR_OK) {
        strbuf_addf(&name, "prusik:%.*s", SV_FMT(p->environment));
        strbuf_add_sv(out, strbuf_sv(&x.left));
        strbuf_add_str(out, "groups:\n- name: ");
        report_yaml_text(out, strbuf_sv(&name));
        strbuf_add_str(out, "\n  interval: ");
        promql_duration(p->interval_ms * 1000, out);
        strbuf_add_str(out, rules.n ? "\n  rules:\n" : "\n  rules: []\n");
        strbuf_add_sv(out, strbuf_sv(&rules));
    }
    plan_rules_release(&checked);
    strbuf_release(&x.left);
    return rc;
}
