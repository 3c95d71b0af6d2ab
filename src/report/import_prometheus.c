#include "report/import.h"

#include "base/map.h"
#include "base/sv.h"
#include "base/text.h"
#include "report/promql_read.h"
#include "report/report_int.h"
#include "rule/check.h"
#include "runbook/yaml_file.h"

struct import {
    struct yaml_file file;
    struct strbuf sources, rules, notes;
    struct map names; /* of rules: how often each */
    size_t n_rules, n_kept, n_recorded;
};

static void import_note(struct import *x, struct sv name, const struct yaml_node *n,
                        const char *text)
{
    strbuf_addf(&x->notes, "# %s:%zu: ", x->file.path, n->line);
    text_add_line(&x->notes, name);
    strbuf_addf(&x->notes, ": %s\n", text);
}

/* A map in a list has the line of the list: that of its first key says more. */
static struct yaml_node import_item(const struct yaml_node *list, size_t i)
{
    struct yaml_node n = list->items[i];

    if (n.kind == YAML_MAP && n.n_items)
        n.line = n.items[0].line;
    return n;
}

/* --- one rule --- */

struct import_rule {
    const struct yaml_node *node;
    struct sv alert, expr, hold, keep;
    struct strbuf name; /* in prusik.yaml: once there */
};

static const char *import_action(const struct yaml_node *rule)
{
    static const struct {
        const char *severity, *action;
    } actions[] = {{"critical", "page oncall"}, {"page", "page oncall"}, {"info", "info team"}};
    const struct yaml_node *labels = yaml_get(rule, "labels");
    const struct yaml_node *severity =
        labels && labels->kind == YAML_MAP ? yaml_get(labels, "severity") : NULL;

    for (size_t i = 0; severity && i < ARRAY_LEN(actions); i++)
        if (sv_is(severity->text, actions[i].severity))
            return actions[i].action;
    return "alert team";
}

/* Names that rules can have: the same alert may stand there for each severity. */
static void import_name(struct import *x, struct import_rule *r)
{
    size_t n = 1;

    if (!r->alert.n || ascii_is_digit(r->alert.p[0]))
        strbuf_add_byte(&r->name, '_');
    for (size_t i = 0; i < r->alert.n; i++)
        strbuf_add_byte(&r->name, ascii_is_word(r->alert.p[i]) ? r->alert.p[i] : '_');
    if (map_get(&x->names, strbuf_sv(&r->name), &n))
        n++;
    (void)map_put(&x->names, strbuf_sv(&r->name), n); /* whether it is new is known */
    if (n > 1)
        strbuf_addf(&r->name, "_%zu", n);
}

/* Is it a rule that would be taken?  Names are not known here. */
static bool import_holds(struct sv text)
{
    CLEANUP(rule_env_freep) struct rule_env *env = rule_env_new();
    struct arena a = {.used = 0};
    struct rule *parsed, *checked;
    struct rule_diag diag;
    struct err err;
    bool good;

    rule_env_permit_unknown(env, true);
    good = rule_parse(&a, text, &parsed, &diag, &err) == ERR_OK &&
           rule_check(&a, parsed, env, &checked, NULL, &err) == ERR_OK;
    arena_release(&a);
    return good;
}

static void import_text(const struct import_rule *r, struct sv condition, struct strbuf *out)
{
    CLEANUP(strbuf_release) struct strbuf hold = STRBUF(0);

    strbuf_addf(out, "%s when %.*s", import_action(r->node), SV_FMT(condition));
    if (promql_read_duration(r->hold, &hold))
        strbuf_addf(out, " for %.*s", SV_FMT(strbuf_sv(&hold)));
}

static void import_keep(struct import *x, const struct import_rule *r, struct strbuf *out)
{
    CLEANUP(strbuf_release) struct strbuf condition = STRBUF(0);

    strbuf_addf(&condition, "prom.%s.count > 0", strbuf_str(&r->name));
    import_text(r, strbuf_sv(&condition), out);
    strbuf_addf(&x->sources, "  prom.%s: {url: $PROMETHEUS_URL, query: ", strbuf_str(&r->name));
    report_yaml_text(&x->sources, r->expr);
    strbuf_add_str(&x->sources, "}\n");
    import_note(x, r->alert, r->node,
                "kept as a PromQL query; missing data cannot be told from a false condition");
    x->n_kept++;
}

static void import_alert(struct import *x, const struct import_rule *r)
{
    CLEANUP(strbuf_release) struct strbuf condition = STRBUF(0), text = STRBUF(0);

    if (promql_read(r->expr, &condition))
        import_text(r, strbuf_sv(&condition), &text);
    if (!text.n || !import_holds(strbuf_sv(&text))) {
        strbuf_truncate(&text, 0);
        import_keep(x, r, &text);
    }
    if (r->keep.n)
        import_note(x, r->alert, r->node, "keep_firing_for has no counterpart: use recover");
    strbuf_addf(&x->rules, "  %s: ", strbuf_str(&r->name));
    report_yaml_text(&x->rules, strbuf_sv(&text));
    strbuf_add_byte(&x->rules, '\n');
    x->n_rules++;
}

static bool import_is_duration(struct sv text)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    return !text.n || sv_is(text, "0s") || sv_is(text, "0") || promql_read_duration(text, &b);
}

static enum err_code import_rule(struct import *x, const struct yaml_node *n)
{
    static const char *const keys[] = {"alert",           "record", "expr",        "for",
                                       "keep_firing_for", "labels", "annotations", NULL};
    struct import_rule r = {.node = n, .name = STRBUF(0)};
    struct sv record = {NULL, 0};

    if (yaml_file_keys(&x->file, n, "a rule", keys) != ERR_OK ||
        yaml_file_text(&x->file, n, "expr", true, &r.expr) != ERR_OK ||
        yaml_file_text(&x->file, n, "record", false, &record) != ERR_OK ||
        yaml_file_text(&x->file, n, "for", false, &r.hold) != ERR_OK ||
        yaml_file_text(&x->file, n, "keep_firing_for", false, &r.keep) != ERR_OK ||
        yaml_file_text(&x->file, n, "alert", !record.n, &r.alert) != ERR_OK)
        return x->file.err->code;
    if (!import_is_duration(r.hold))
        return yaml_file_bad(&x->file, n, "'for' is no duration of Prometheus");
    if (record.n) {
        import_note(x, record, n, "a recording rule: not taken");
        x->n_recorded++;
        return ERR_OK;
    }
    import_name(x, &r);
    import_alert(x, &r);
    strbuf_release(&r.name);
    return ERR_OK;
}

/* --- the file --- */

static enum err_code import_list(struct import *x, const struct yaml_node *map, const char *key,
                                 const struct yaml_node **ret)
{
    *ret = yaml_get(map, key);
    if (!*ret || (*ret)->kind != YAML_LIST)
        return yaml_file_bad(&x->file, *ret ? *ret : map, "'%s' is no list", key);
    return ERR_OK;
}

static enum err_code import_group(struct import *x, const struct yaml_node *group)
{
    static const char *const keys[] = {"name", "interval", "limit", "rules", NULL};
    const struct yaml_node *rules;

    if (yaml_file_keys(&x->file, group, "a group", keys) != ERR_OK ||
        import_list(x, group, "rules", &rules) != ERR_OK)
        return x->file.err->code;
    for (size_t i = 0; i < rules->n_items; i++) {
        struct yaml_node rule = import_item(rules, i);

        if (import_rule(x, &rule) != ERR_OK)
            return x->file.err->code;
    }
    return ERR_OK;
}

static enum err_code import_file(struct import *x, const struct yaml_node *root)
{
    static const char *const keys[] = {"groups", NULL};
    const struct yaml_node *groups;

    if (yaml_file_keys(&x->file, root, "a file of rules", keys) != ERR_OK ||
        import_list(x, root, "groups", &groups) != ERR_OK)
        return x->file.err->code;
    for (size_t i = 0; i < groups->n_items; i++) {
        struct yaml_node group = import_item(groups, i);

        if (import_group(x, &group) != ERR_OK)
            return x->file.err->code;
    }
    return ERR_OK;
}

static void import_write(const struct import *x, struct strbuf *out)
{
    strbuf_addf(out, "# %s: %zu alert%s, %zu of them kept as quer%s; %zu recording rule%s\n",
                x->file.path, x->n_rules, x->n_rules == 1 ? "" : "s", x->n_kept,
                x->n_kept == 1 ? "y" : "ies", x->n_recorded, x->n_recorded == 1 ? "" : "s");
    strbuf_add_sv(out, strbuf_sv(&x->notes));
    if (x->sources.n)
        strbuf_addf(out, "sources:\n%s", strbuf_str(&x->sources));
    if (x->rules.n)
        strbuf_addf(out, "rules:\n%s", strbuf_str(&x->rules));
}

enum err_code import_prometheus(struct sv text, const char *path, struct strbuf *out,
                                struct err *err)
{
    struct arena a = {.used = 0};
    struct import x = {.file = {.path = path, .arena = &a, .err = err},
                       .sources = STRBUF(0),
                       .rules = STRBUF(0),
                       .notes = STRBUF(0)};
    struct yaml_node root;
    enum err_code rc = yaml_parse(text, path, &a, &root, err);

    if (rc == ERR_OK)
        rc = import_file(&x, &root);
    if (rc == ERR_OK)
        import_write(&x, out);
    strbuf_release(&x.sources);
    strbuf_release(&x.rules);
    strbuf_release(&x.notes);
    map_release(&x.names);
    arena_release(&a);
    return rc;
}
