/* The classic JSON of a dashboard: schemaVersion 39, one panel for each thing that is measured. */
#include <math.h>
#include <stdlib.h>

#include "base/sv.h"
#include "plan/plan_rules.h"
#include "report/export.h"
#include "report/promql.h"
#include "rule/bands.h"

/* A value from which on a colour stands. */
struct grafana_step {
    double from; /* -HUGE_VAL: the lowest */
    const char *color;
};

struct grafana {
    const struct plan *plan;
    struct arena arena;
    json_t *panels;
    struct strbuf left;
    struct rule_bands bands; /* of all rules */
    VEC(struct sv) subjects; /* that have a panel */
};

static const char *grafana_color(enum verdict v)
{
    return v == VERDICT_ROLLBACK ? "red" : v == VERDICT_OK ? "green" : "yellow";
}

static void grafana_finding(void *arg UNUSED, const json_t *entry UNUSED,
                            const struct rule_finding *f UNUSED)
{
}

static int grafana_by_value(const void *a, const void *b)
{
    const struct grafana_step *x = a, *y = b;

    return x->from < y->from ? -1 : x->from > y->from;
}

/* The colour at a value: the worst band that has it; what lies outside of all that is fine is not (R37). */
static const char *grafana_at(const struct grafana *g, struct sv subject, double v)
{
    enum verdict worst = VERDICT_OK;
    bool some_fine = false, fine = false;

    for (size_t i = 0; i < g->bands.list.n; i++) {
        const struct rule_band *b = &g->bands.list.v[i];

        bool inside = v >= b->band.value.lo && v < b->band.value.hi;

        if (!sv_eq(b->subject, subject))
            continue;
        some_fine |= b->band.verdict == VERDICT_OK;
        fine |= b->band.verdict == VERDICT_OK && inside;
        if (inside && b->band.verdict > worst)
            worst = b->band.verdict;
    }
    return grafana_color(worst == VERDICT_OK && some_fine && !fine ? VERDICT_INVESTIGATE : worst);
}

/* The bounds of the family's bands; between two of them the colour is one. */
static json_t *grafana_steps(const struct grafana *g, struct sv subject)
{
    VEC(struct grafana_step) steps = {0};
    json_t *list = json_array();
    const char *last = NULL;

    *vec_add(&steps) = (struct grafana_step){.from = -HUGE_VAL};
    for (size_t i = 0; i < g->bands.list.n; i++) {
        const struct rule_band *b = &g->bands.list.v[i];

        if (!sv_eq(b->subject, subject))
            continue;
        if (isfinite(b->band.value.lo))
            *vec_add(&steps) = (struct grafana_step){.from = b->band.value.lo};
        if (isfinite(b->band.value.hi))
            *vec_add(&steps) = (struct grafana_step){.from = b->band.value.hi};
    }
    qsort(steps.v, steps.n, sizeof(*steps.v), grafana_by_value);
    for (size_t i = 0; i < steps.n; i++) {
        const char *color = grafana_at(g, subject, steps.v[i].from);
        json_t *j;

        if (last && strcmp(last, color) == 0)
            continue;
        last = color;
        j = json_object();
        json_put_str(j, "color", color);
        json_put(j, "value", isfinite(steps.v[i].from) ? json_real(steps.v[i].from) : json_null());
        json_append(list, j);
    }
    vec_release(&steps);
    return list;
}

static const char *grafana_unit(struct dim_type t)
{
    static const struct {
        const char *plain, *per_s;
    } units[DIM__N] = {[DIM_RATIO] = {"percentunit", "percentunit"},
                       [DIM_TIME] = {"s", "short"},
                       [DIM_BYTES] = {"bytes", "Bps"},
                       [DIM_COUNT] = {"short", "cps"}};
    const char *unit = t.per_s ? units[t.dim].per_s : units[t.dim].plain;

    return unit ? unit : "short";
}

static json_t *grafana_datasource(void)
{
    json_t *j = json_object();

    json_put_str(j, "type", "prometheus");
    json_put_str(j, "uid", "${ds}");
    return j;
}

static json_t *grafana_place(size_t n)
{
    json_t *j = json_object();

    json_put_int(j, "h", 8);
    json_put_int(j, "w", 12);
    json_put_int(j, "x", n % 2 ? 12 : 0);
    json_put_int(j, "y", (int64_t)(n / 2 * 8));
    return j;
}

static json_t *grafana_config(const struct grafana *g, struct sv subject, struct dim_type type)
{
    json_t *config = json_object(), *defaults = json_object(), *thresholds = json_object(),
           *custom = json_object(), *style = json_object();

    json_put_str(thresholds, "mode", "absolute");
    json_put(thresholds, "steps", grafana_steps(g, subject));
    json_put_str(style, "mode", "area");
    json_put(custom, "thresholdsStyle", style);
    json_put_str(defaults, "unit", grafana_unit(type));
    json_put(defaults, "thresholds", thresholds);
    json_put(defaults, "custom", custom);
    json_put(config, "defaults", defaults);
    json_put(config, "overrides", json_array());
    return config;
}

static json_t *grafana_target(struct sv query)
{
    json_t *targets = json_array(), *target = json_object();

    json_put_str(target, "refId", "A");
    json_put(target, "datasource", grafana_datasource());
    json_put_sv(target, "expr", query);
    json_append(targets, target);
    return targets;
}

static void grafana_panel(struct grafana *g, const struct plan_checked *c, struct sv subject,
                          const struct promql *p, struct dim_type type)
{
    size_t n = json_array_size(g->panels);
    json_t *j = json_object();
    struct sv title = json_get_sv(c->of, "source");

    json_put_int(j, "id", (int64_t)n + 1);
    json_put_str(j, "type", "timeseries");
    json_put_sv(j, "title", title.n ? title : c->rule->text);
    json_put_sv(j, "description", c->rule->text);
    json_put(j, "gridPos", grafana_place(n));
    json_put(j, "datasource", grafana_datasource());
    json_put(j, "targets", grafana_target(strbuf_sv(&p->out)));
    json_put(j, "fieldConfig", grafana_config(g, subject, type));
    json_append(g->panels, j);
}

static bool grafana_has(const struct grafana *g, struct sv subject)
{
    for (size_t i = 0; i < g->subjects.n; i++)
        if (sv_eq(g->subjects.v[i], subject))
            return true;
    return false;
}

/* Rules over the same thing share a panel: their limits are its bands. */
static void grafana_rule(struct grafana *g, const struct plan_checked *c)
{
    struct promql p = {.plan = g->plan, .rule = c->rule, .out = STRBUF(0)};
    struct rule_bands own = {0};
    const struct expr *measured = NULL;
    struct sv subject = {NULL, 0};

    rule_bands_add(&g->arena, c->rule, &own);
    if (own.list.n)
        subject = own.list.v[0].subject;
    if (!promql_subject(&p, &measured)) {
        strbuf_addf(&g->left, "%.*s: %.*s\n", SV_FMT(c->id), SV_FMT(p.why));
    } else if (!subject.n || !grafana_has(g, subject)) {
        if (subject.n)
            *vec_add(&g->subjects) = subject;
        grafana_panel(g, c, subject, &p,
                      rule_is_percentile(measured) ? measured->items[0]->type : measured->type);
    }
    vec_release(&own.list);
    strbuf_release(&p.out);
}

static json_t *grafana_templating(void)
{
    json_t *templating = json_object(), *list = json_array(), *ds = json_object();

    json_put_str(ds, "name", "ds");
    json_put_str(ds, "type", "datasource");
    json_put_str(ds, "query", "prometheus");
    json_append(list, ds);
    json_put(templating, "list", list);
    return templating;
}

/* What the receiver `grafana` has noted: the deploy mark, verdicts, the way back. */
static json_t *grafana_annotations(void)
{
    json_t *annotations = json_object(), *list = json_array(), *one = json_object(),
           *source = json_object(), *target = json_object(), *tags = json_array();

    json_put_str(source, "type", "grafana");
    json_put_str(source, "uid", "-- Grafana --");
    json_append(tags, json_str("prusik"));
    json_put_str(target, "type", "tags");
    json_put(target, "tags", tags);
    json_put_int(target, "limit", 100);
    json_put_bool(target, "matchAny", false);
    json_put_str(one, "name", "prusik");
    json_put(one, "datasource", source);
    json_put(one, "target", target);
    json_put_bool(one, "enable", true);
    json_put_str(one, "iconColor", "blue");
    json_append(list, one);
    json_put(annotations, "list", list);
    return annotations;
}

/* At most 40 characters of letters, digits, '-' and '_'. */
static void grafana_uid(struct sv environment, struct strbuf *out)
{
    strbuf_add_str(out, "prusik-");
    for (size_t i = 0; i < environment.n && out->n < 40; i++)
        strbuf_add_byte(out, ascii_is_word(environment.p[i]) ? environment.p[i] : '-');
}

static void grafana_write(struct grafana *g, struct strbuf *out)
{
    CLEANUP(json_cleanup) json_t *j = json_object();
    CLEANUP(strbuf_release) struct strbuf title = STRBUF(0), uid = STRBUF(0), left = STRBUF(0);
    json_t *tags = json_array();

    grafana_uid(g->plan->environment, &uid);
    strbuf_addf(&title, "prusik %.*s: %.*s", SV_FMT(g->plan->environment), SV_FMT(g->plan->title));
    if (g->left.n)
        strbuf_addf(&left, "Left out:\n%s", strbuf_str(&g->left));
    json_append(tags, json_str("prusik"));
    json_put_sv(j, "uid", strbuf_sv(&uid));
    json_put_sv(j, "title", strbuf_sv(&title));
    json_put_sv(j, "description", strbuf_sv(&left));
    json_put_int(j, "schemaVersion", 39);
    json_put(j, "tags", tags);
    json_put(j, "templating", grafana_templating());
    json_put(j, "annotations", grafana_annotations());
    json_put(j, "panels", json_incref(g->panels));
    json_write_pretty(j, out);
    strbuf_add_byte(out, '\n');
}

enum err_code export_grafana(const struct plan *p, struct strbuf *out, struct err *err)
{
    struct grafana g = {.plan = p, .panels = json_array(), .left = STRBUF(0)};
    struct plan_rules checked = {0};
    enum err_code rc = plan_rules_read(p->json, grafana_finding, NULL, &checked, err);

    for (size_t i = 0; rc == ERR_OK && i < checked.list.n; i++)
        if (!checked.list.v[i].checkpoint)
            rule_bands_add(&g.arena, checked.list.v[i].rule, &g.bands);
    for (size_t i = 0; rc == ERR_OK && i < checked.list.n; i++)
        if (!checked.list.v[i].checkpoint)
            grafana_rule(&g, &checked.list.v[i]);
    if (rc == ERR_OK)
        grafana_write(&g, out);
    plan_rules_release(&checked);
    vec_release(&g.bands.list);
    vec_release(&g.subjects);
    json_decref(g.panels);
    strbuf_release(&g.left);
    arena_release(&g.arena);
    return rc;
}
