#include "plan/plan_rules.h"

#include <string.h>

#include "base/suggest.h"
#include "base/sv.h"
#include "rule/family.h"
#include "runbook/prose.h"

#define NEARLY_MAX 2 /* letters by which a metric may differ from an alias and be another */

struct rules_reader {
    const json_t *plan;
    struct plan_rules *ret;
    plan_rule_fn *fn;
    void *arg;
    struct err *err;
    const json_t *entry;     /* of the rule whose names are looked at; NULL: none */
    bool scrape;             /* any metric may be there: what is scraped is not known before */
    struct family_rows rows; /* of rules, numbered as in the list */
    struct family_findings between;
};

/* Without fn the first error counts. */
static void reader_find(struct rules_reader *rd, const json_t *entry, const struct rule_finding *f)
{
    if (rd->fn) {
        rd->fn(rd->arg, entry, f);
        return;
    }
    if (f->severity != SEVERITY_ERROR || rd->err->code)
        return;
    (void)err_set(rd->err, ERR_INVALID, "rule '%.*s': %.*s", SV_FMT(json_get_sv(entry, "text")),
                  SV_FMT(f->message));
    if (f->hint.n)
        (void)err_hint(rd->err, "%.*s", SV_FMT(f->hint));
}

static void reader_fault(struct rules_reader *rd, const json_t *entry, const struct rule_diag *diag,
                         const struct err *e)
{
    struct rule_finding f = {.severity = SEVERITY_ERROR,
                             .column = diag->column,
                             .message = arena_sv(&rd->ret->arena, sv_from(e->msg)),
                             .hint = arena_sv(&rd->ret->arena, sv_from(e->hint))};

    memcpy(f.id, diag->id, sizeof(f.id));
    reader_find(rd, entry, &f);
}

/* --- what rules may speak of --- */

/* "http.db" for a probe; which member is meant decides its kind. */
static void reader_add_source(struct rules_reader *rd, const char *prefix, struct sv name)
{
    struct rule_source s = {
        .name = arena_fmt(&rd->ret->arena, "%s.%.*s", prefix, SV_FMT(name)),
        .kind = SOURCE_UNKNOWN,
        .type = {DIM_ANY, false},
    };

    rule_env_add_source(rd->ret->env, &s);
}

/* "prom.p95" of the binding, whose value may have a unit. */
static void reader_add_bound(struct rules_reader *rd, struct sv name, struct sv unit)
{
    struct rule_source s = {.name = name, .kind = SOURCE_UNKNOWN, .type = {DIM_ANY, false}};

    if (sv_starts(name, SV("scrape.")))
        rd->scrape = true;
    if (unit.n && !rule_unit_parse(unit, &s.type, &s.unit))
        s.type = (struct dim_type){DIM_ANY, false}; /* of a newer version */
    else
        s.said = unit;
    rule_env_add_source(rd->ret->env, &s);
    s.name = arena_fmt(&rd->ret->arena, "%.*s.value", SV_FMT(name));
    if (unit.n)
        rule_env_add_source(rd->ret->env, &s);
}

/* "eror_rate", beside the alias error_rate: that there is no such metric would be seen when it is judged. */
static void reader_say_nearly(struct rules_reader *rd, const struct expr *e)
{
    struct sv near = rule_env_nearest_alias(rd->ret->env, e->text);

    if (rd->entry && near.p && suggest_distance(near, e->text) <= NEARLY_MAX)
        reader_find(rd, rd->entry,
                    &(struct rule_finding){
                        .id = "RB419",
                        .severity = SEVERITY_WARNING,
                        .column = e->at,
                        .message = arena_fmt(
                            &rd->ret->arena,
                            "'%.*s' is taken for a metric of the target: did you mean '%.*s'?",
                            SV_FMT(e->text), SV_FMT(near))});
}

static void reader_permit_name(struct rules_reader *rd, const struct expr *e, bool amount)
{
    struct rule_source s;
    bool is_prefix;

    (void)rule_member_find(e->parts, e->n_parts, &is_prefix);
    if ((is_prefix && e->n_parts > 1) || rule_env_source(rd->ret->env, e->text) ||
        rule_env_alias(rd->ret->env, e->text))
        return;
    rule_metric_guess(e->text, &s);
    s.name = e->text;
    if (amount && s.kind == SOURCE_COUNTER)
        s.kind = SOURCE_GAUGE;
    rule_env_add_source(rd->ret->env, &s);
    reader_say_nearly(rd, e);
}

/* "mem_used" of "mem_used / mem_total": what is divided as it stands and does not say that it counts. */
static bool reader_is_amount(const struct expr *e)
{
    struct rule_source s;

    if (e->kind != EXPR_NAME || e->window.us)
        return false;
    rule_metric_guess(e->text, &s);
    return s.kind != SOURCE_COUNTER;
}

/*
 * A metric that is scraped: its kind is guessed from its name, and shown by the first scrape.  What an amount is divided
 * by is an amount, though it is called a total.
 */
static void reader_permit_metric(void *ctx, struct expr *e)
{
    if (e->kind == EXPR_ARITH && e->op == '/' && e->b->kind == EXPR_NAME && !e->b->window.us &&
        reader_is_amount(e->a))
        reader_permit_name(ctx, e->b, true);
    else if (e->kind == EXPR_NAME)
        reader_permit_name(ctx, e, false);
}

/* Which direction is worse: as the binding says, or as the word for it does ("error rate"). */
static enum worse reader_worse(const struct rules_reader *rd, struct sv name, const char *key)
{
    struct sv said = json_get_sv(json_object_get(json_object_get(rd->plan, "watch"), "worse"), key);
    size_t n;
    const struct prose_subject_info *infos = prose_subjects(&n);

    if (said.n)
        return sv_is(said, "down") ? WORSE_DOWN : WORSE_UP;
    for (size_t i = 0; i < n; i++)
        if (sv_eq(infos[i].name, name))
            return infos[i].worse;
    return WORSE_UNKNOWN;
}

/* --- what a metric is exported in, where its name does not say it --- */

struct reader_unit {
    struct rules_reader *rd;
    struct sv alias, said;
    struct dim_type type;
    double factor;
    const struct expr *other; /* a name that has another */
    size_t n;                 /* names that have this one */
};

/* What is known of the name without it.  False: it is an alias, a fact of the language, or nothing. */
static bool reader_known(const struct reader_unit *u, const struct expr *name,
                         struct rule_source *ret)
{
    const struct rule_env *env = u->rd->ret->env;
    const struct rule_source *declared = rule_env_source(env, name->text);
    bool is_prefix;
    const struct rule_member *m = rule_member_find(name->parts, name->n_parts, &is_prefix);

    if (rule_builtin_find(name) != BUILTIN__N ||
        (rule_env_alias(env, name->text) && !sv_eq(name->text, u->alias)))
        return false;
    if (is_prefix && name->n_parts > 1)
        *ret = (struct rule_source){
            .kind = m ? m->kind : SOURCE_UNKNOWN, .type = {m ? m->dim : DIM_ANY, false}, .unit = 1};
    else
        rule_metric_guess(name->text, ret);
    if (declared && declared->type.dim != DIM_ANY)
        *ret = *declared;
    ret->name = name->text;
    return declared || is_prefix;
}

static void reader_take_unit(struct reader_unit *u, const struct expr *name)
{
    struct rule_source s;
    bool is_metric = name->n_parts == 1, open;

    if (!reader_known(u, name, &s))
        return;
    open = s.type.dim == DIM_ANY || (is_metric && s.type.dim == DIM_COUNT);
    if (!open && (s.type.dim != u->type.dim || !num_same(s.unit, u->factor))) {
        u->other = u->other ? u->other : name;
        return;
    }
    s.type = u->type;
    s.unit = u->factor;
    s.said = u->said;
    rule_env_add_source(u->rd->ret->env, &s);
    u->n++;
}

/* Shares, counts of rows and lines of a log are what they are, whatever they are made of. */
static void reader_walk_units(struct reader_unit *u, const struct expr *e)
{
    struct expr *child;

    if (e->kind == EXPR_NAME)
        reader_take_unit(u, e);
    if (e->kind == EXPR_QUANT ||
        (e->kind == EXPR_FUNC && (e->op == FUNC_RATIO || e->op == FUNC_MATCHES)))
        return;
    for (size_t i = 0; (child = expr_child(e, i)) != NULL; i++)
        reader_walk_units(u, child);
}

static void reader_add_unit(struct rules_reader *rd, const json_t *entry, const char *key,
                            const struct expr *e)
{
    const json_t *units = json_object_get(json_object_get(rd->plan, "watch"), "units");
    struct reader_unit u = {.rd = rd, .alias = sv_from(key), .said = json_get_sv(units, key)};
    struct rule_finding f = {.severity = SEVERITY_ERROR, .id = "RB406"};

    if (!u.said.n || !rule_unit_parse(u.said, &u.type, &u.factor)) /* of a newer version */
        return;
    reader_walk_units(&u, e);
    if (u.other) {
        f.column = u.other->at;
        f.message =
            arena_fmt(&rd->ret->arena, "'%.*s' has another unit already", SV_FMT(u.other->text));
        f.hint = SV("its name, its source or another metric says which: leave `unit` out");
    } else if (!u.n) {
        f.message = SV("no number in it has a unit");
        f.hint = SV("a ratio is a share, and counts are numbers: leave `unit` out");
    }
    if (f.message.n)
        reader_find(rd, entry, &f);
}

static void reader_add_alias(struct rules_reader *rd, const char *key, const json_t *text)
{
    struct sv name = sv_from(key);
    struct sv value = {json_string_value(text), json_string_length(text)};
    CLEANUP(json_cleanup) json_t *entry = json_object();
    struct rule_diag diag = {0};
    struct err err = {0};
    struct expr *e = NULL;

    json_put_sv(entry, "id", name);
    json_put_sv(entry, "text", value);
    /* before the alias is there: "load" may be measured by the metric load */
    if (rule_parse_expr(&rd->ret->arena, value, &e, &diag, &err) == ERR_OK && rd->scrape)
        expr_walk(e, reader_permit_metric, rd);
    if (rule_env_add_alias(rd->ret->env, name, value, reader_worse(rd, name, key), &diag, &err) ==
        ERR_OK)
        reader_add_unit(rd, entry, key, e);
    else
        reader_fault(rd, entry, &diag, &err);
}

static void reader_add_env(struct rules_reader *rd)
{
    json_t *watch = json_object_get(rd->plan, "watch"), *services, *value;
    int64_t interval_ms = json_get_int(watch, "interval_ms", 0);
    const char *key;

    rd->scrape = json_get_sv(watch, "scrape").n > 0;
    json_object_foreach(json_object_get(watch, "sources"), key, value)
        reader_add_bound(rd, sv_from(key), json_get_sv(value, "unit"));
    if (interval_ms > 0)
        rule_env_set_interval(rd->ret->env, interval_ms * 1000);
    json_object_foreach(json_object_get(watch, "probes"), key, value)
        reader_add_source(rd, "http", sv_from(key));
    services = json_object_get(rd->plan, "services");
    for (size_t i = 0; i < json_array_size(services); i++)
        reader_add_source(rd, "unit", json_get_sv(json_array_get(services, i), "name"));
    json_object_foreach(json_object_get(rd->plan, "flags"), key, value)
        reader_add_source(rd, "flag", sv_from(key));
    json_object_foreach(json_object_get(watch, "aliases"), key, value)
        reader_add_alias(rd, key, value);
}

/* --- rules --- */

static void reader_see_unfed(void *ctx, struct expr *e)
{
    struct expr **ret = ctx;

    if (e->kind == EXPR_NAME && !rule_name_is_fed(e))
        *ret = e;
}

static bool reader_is_fed(struct rules_reader *rd, const json_t *entry, const struct rule *r)
{
    CLEANUP(strbuf_release) struct strbuf hint = STRBUF(0);
    struct expr *name = NULL;
    struct rule_finding f = {.severity = SEVERITY_ERROR, .id = "RB419"};

    if (!rd->fn || !r->expr) /* what was planned is judged as it was planned */
        return true;
    expr_walk(r->expr, reader_see_unfed, &name);
    if (!name)
        return true;
    f.column = name->at;
    f.message =
        arena_fmt(&rd->ret->arena, "no source gives rows called '%.*s'", SV_FMT(name->text));
    strbuf_add_str(&hint, "rows are those of sql.NAME, the lists of a JSON answer "
                          "(http.NAME.json.PATH, cmd.NAME.json.PATH) and of a file (file.NAME); "
                          "metrics: {NAME: sql.NAME} gives them another name");
    f.hint = arena_sv(&rd->ret->arena, strbuf_sv(&hint));
    reader_find(rd, entry, &f);
    return false;
}

static void reader_take(struct rules_reader *rd, const json_t *entry, struct sv text,
                        bool checkpoint)
{
    struct rule_findings found = {0};
    struct rule_diag diag = {0};
    struct err err = {0};
    struct rule *parsed, *checked;
    bool by_hand =
        sv_eq(text, json_get_sv(entry, "source")) || json_get_bool(entry, "instead", false);
    bool permit = rd->scrape && by_hand;
    enum err_code rc = rule_parse(&rd->ret->arena, text, &parsed, &diag, &err);

    if (rc != ERR_OK) {
        reader_fault(rd, entry, &diag, &err);
        return;
    }
    rd->entry = entry;
    if (permit && parsed->expr) /* written in this language by hand: it may name metrics */
        expr_walk(parsed->expr, reader_permit_metric, rd);
    rc = rule_check(&rd->ret->arena, parsed, rd->ret->env, &checked, &found, &err);
    for (size_t i = 0; i < found.list.n; i++)
        reader_find(rd, entry, &found.list.v[i]);
    vec_release(&found.list);
    if (rc != ERR_OK || !reader_is_fed(rd, entry, checked))
        return;
    if (rd->fn && checked->form != RULE_CHECKPOINT) {
        family_add_rule(&rd->ret->arena, checked, rd->ret->list.n, &rd->rows);
        family_check_rule(&rd->ret->arena, checked, rd->ret->list.n, &rd->between);
    }
    rule_scale(checked, json_get_real(rd->plan, "time_scale", 1));
    *vec_add(&rd->ret->list) = (struct plan_checked){.id = checkpoint ? json_get_sv(entry, "name")
                                                                      : json_get_sv(entry, "id"),
                                                     .of = entry,
                                                     .checkpoint = checked->form == RULE_CHECKPOINT,
                                                     .rule = checked};
    if (checked->form != RULE_CHECKPOINT)
        rule_env_add_rule(rd->ret->env, json_get_sv(entry, "id"));
}

/* What is wrong between rules, and with one by itself, at the entry of the first. */
static void reader_tell_families(struct rules_reader *rd)
{
    family_check(&rd->ret->arena, &rd->rows, &rd->between);
    for (size_t i = 0; i < rd->between.list.n; i++) {
        const struct family_finding *x = &rd->between.list.v[i];
        struct rule_finding f = {.severity = x->severity, .message = x->message};

        memcpy(f.id, x->id, sizeof(f.id));
        if (x->b != FAMILY_NONE)
            f.message = arena_fmt(&rd->ret->arena, "%.*s ('%.*s')", SV_FMT(x->message),
                                  SV_FMT(json_get_sv(rd->ret->list.v[x->b].of, "text")));
        reader_find(rd, rd->ret->list.v[x->a].of, &f);
    }
    vec_release(&rd->rows.list);
    vec_release(&rd->between.list);
}

static bool reader_knows(const struct rules_reader *rd, struct sv id)
{
    for (size_t i = 0; i < rd->ret->list.n; i++)
        if (!rd->ret->list.v[i].checkpoint && sv_eq(rd->ret->list.v[i].id, id))
            return true;
    return false;
}

/* "checkpoint T+5m: `a`, `b`", of the rules that stand; empty when there are none. */
static struct sv reader_checkpoint(struct rules_reader *rd, const json_t *entry)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    const json_t *items = json_object_get(entry, "items");
    size_t n = 0;

    strbuf_addf(&b, "checkpoint %.*s", SV_FMT(json_get_sv(entry, "name")));
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *rules = json_object_get(json_array_get(items, i), "rules");

        for (size_t k = 0; k < json_array_size(rules); k++) {
            const json_t *id = json_array_get(rules, k);
            struct sv name = {json_string_value(id), json_string_length(id)};

            if (reader_knows(rd, name))
                strbuf_addf(&b, "%s `%.*s`", n++ ? "," : ":", SV_FMT(name));
        }
    }
    return n ? arena_sv(&rd->ret->arena, strbuf_sv(&b)) : (struct sv){NULL, 0};
}

enum err_code plan_rules_read(const json_t *plan, plan_rule_fn *fn, void *arg,
                              struct plan_rules *ret, struct err *err)
{
    struct rules_reader rd = {.plan = plan, .ret = ret, .fn = fn, .arg = arg, .err = err};
    const json_t *rules = json_object_get(plan, "rules"),
                 *checkpoints = json_object_get(plan, "checkpoints");

    err->code = ERR_OK;
    ret->env = rule_env_new();
    reader_add_env(&rd);
    for (int checkpoint = 0; checkpoint < 2; checkpoint++) /* those that name others come last */
        for (size_t i = 0; i < json_array_size(rules); i++) {
            const json_t *entry = json_array_get(rules, i);
            struct sv text = json_get_sv(entry, "text");

            if (!json_get_bool(entry, "dropped", false) && text.n &&
                sv_starts(text, SV("checkpoint ")) == (checkpoint > 0))
                reader_take(&rd, entry, text, false);
        }
    for (size_t i = 0; i < json_array_size(checkpoints); i++) {
        const json_t *entry = json_array_get(checkpoints, i);
        struct sv text = json_get_bool(entry, "dropped", false) ? (struct sv){NULL, 0}
                                                                : reader_checkpoint(&rd, entry);

        if (text.n)
            reader_take(&rd, entry, text, true);
    }
    if (fn)
        reader_tell_families(&rd);
    return fn ? ERR_OK : err->code;
}

void plan_rules_release(struct plan_rules *r)
{
    rule_env_free(r->env);
    vec_release(&r->list);
    arena_release(&r->arena);
    *r = (struct plan_rules){0};
}
