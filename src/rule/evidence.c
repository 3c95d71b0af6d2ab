#include "rule/evidence.h"

#include <math.h>

#include "base/clock.h"
#include "base/sv.h"
#include "rule/judge_int.h"
#include "rule/samples_json.h"

/* ---- make ---- */

static void put_time(json_t *o, const char *key, int64_t us)
{
    json_put_str(o, key, clock_format(us).s);
}

static void put_moment(json_t *o, const char *key, int64_t us)
{
    json_put(o, key, us == JUDGE_UNSET ? json_null() : json_integer(us));
}

static json_t *window_make(const struct judge_result *r)
{
    json_t *o = json_object();

    put_time(o, "from", r->from_us);
    put_time(o, "to", r->to_us);
    json_put_real(o, "covered_s", r->covered_s);
    return o;
}

static json_t *for_make(const struct judge_result *r)
{
    json_t *o = json_object();

    put_time(o, "since", r->since_us);
    json_put_real(o, "elapsed_s", (double)r->elapsed_us / 1e6);
    json_put_real(o, "need_s", (double)r->need_us / 1e6);
    return o;
}

static void put_if(json_t *o, const char *key, bool has, double v)
{
    if (has)
        json_put_real(o, key, v);
}

/* What the record says in the words of section 3 of the conditions. */
static void answer_make(json_t *o, const struct judge_result *r)
{
    json_put(o, "result",
             r->result == RESULT_NONE ? json_null() : json_str(judge_result_names[r->result]));
    json_put(o, "why", r->why.p ? json_sv(r->why) : json_null());
    put_if(o, "value", r->has_value, r->value);
    put_if(o, "limit", r->has_limit, r->limit);
    put_if(o, "limit_to", r->has_limit_to, r->limit_to);
    put_if(o, "share", r->has_share, r->share);
    put_if(o, "share_to", r->has_share, r->share_to);
    put_if(o, "n", r->has_n, r->n);
    if (r->has_window)
        json_put(o, "window", window_make(r));
    if (r->has_for)
        json_put(o, "for", for_make(r));
    json_put_str(o, "state", judge_state_names[r->state]);
    json_put_str(o, "verdict", verdict_names[r->verdict]);
    if (r->flapping)
        json_put_bool(o, "flapping", true);
    if (r->uncovered)
        json_put_bool(o, "uncovered", true);
    if (r->no_data_at_checkpoint)
        json_put_str(o, "note", "no data at the checkpoint");
}

/* Samples and series that go into a record. */
struct maker {
    const struct judge *j;
    json_t *samples, *series, *rows;
    bool *sources;          /* that are needed */
    int64_t t0_us, from_us; /* t0: where the windows of the rule begin */
    size_t n;
    bool cut;
};

static struct strbuf series_key(const struct maker *m, const struct series *x)
{
    struct strbuf key = STRBUF(0);

    series_name(x, &key);
    if (json_object_get(m->samples, strbuf_str(&key))) /* two sources show the same series */
        strbuf_addf(&key, " #%zu", json_array_size(m->series));
    return key;
}

/* [from, upto): the samples of the window and the one before it. */
static void make_samples(struct maker *m, const struct series *x, const char *key, size_t from,
                         size_t upto)
{
    json_t *a = json_array();

    for (size_t i = from; i < upto; i++)
        json_append(a, json_pack("[fo]", (double)(x->v.v[i].t_us - m->t0_us) / 1e6,
                                 samples_number_save(x->v.v[i].v)));
    json_put(m->samples, key, a);
}

static bool has_series(const struct maker *m, const struct series *x)
{
    for (size_t i = 0; i < json_array_size(m->series); i++)
        if (json_get_int(json_array_get(m->series, i), "id", -1) == (int64_t)(uintptr_t)x)
            return true;
    return false;
}

static void make_series(void *ctx, const struct series *x, int64_t span_us)
{
    struct maker *m = ctx;
    int64_t t = m->j->at_us, from_us = t - span_us;
    size_t upto = series_upto(x, t), from;
    struct strbuf key;
    json_t *meta;

    m->sources[x->source] = true;
    if ((!series_alive(m->j->s, x, t) && !x->pattern) || has_series(m, x))
        return;
    from_us = from_us < m->t0_us && span_us > 0 ? m->t0_us : from_us;
    from = series_upto(x, span_us > 0 ? from_us : t);
    from -= from > 0;
    if (m->n + (upto - from) > EVIDENCE_SAMPLES_MAX) {
        m->cut = true;
        return;
    }
    m->n += upto - from;
    m->from_us = from_us < m->from_us ? from_us : m->from_us;
    key = series_key(m, x);
    make_samples(m, x, strbuf_str(&key), from, upto);
    meta = samples_series_save(x, 0, 0, false);
    json_put_str(meta, "key", strbuf_str(&key));
    json_put_int(meta, "id", (int64_t)(uintptr_t)x);
    json_put_int(meta, "of", (int64_t)x->source);
    json_append(m->series, meta);
    strbuf_release(&key);
}

static void make_rows(void *ctx, const struct metric *metric, int64_t span_us)
{
    struct maker *m = ctx;
    json_t *o;

    if (!metric->rows.n)
        return;
    m->sources[metric->rows_source] = true;
    m->n += metric->n_rows;
    m->cut |= m->n > EVIDENCE_SAMPLES_MAX;
    if (m->cut)
        return;
    o = samples_rows_save(metric, m->j->at_us - span_us);
    json_put_int(o, "of", (int64_t)metric->rows_source);
    json_append(m->rows, o);
}

/* The source that a name is bound to: it may have failed, or have nothing to show. */
static void make_bound(void *ctx, const struct expr *name, bool rows)
{
    struct maker *m = ctx;
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    const struct source *src;

    (void)rows;
    for (size_t i = 0; i < rule_bound_parts(name); i++)
        strbuf_addf(&text, "%s%.*s", i ? "." : "", SV_FMT(name->parts[i]));
    src = samples_find_source(m->j->s, strbuf_sv(&text));
    if (src)
        m->sources[src - m->j->s->sources.v] = true;
}

/* A metric without a series: that its target was polled at all makes the difference (R8, R20). */
static void make_scraped(struct maker *m)
{
    const struct samples *s = m->j->s;

    for (size_t i = 0; i < s->sources.n; i++)
        m->sources[i] |= !s->sources.v[i].strict && s->sources.v[i].ok_us != SAMPLES_NEVER &&
                         s->sources.v[i].ok_us == s->scraped_us;
}

/* Number the sources that are needed anew, in the list and where series and rows name them. */
static json_t *make_sources(const struct maker *m)
{
    json_t *a = json_array();
    json_t *const lists[] = {m->series, m->rows};

    for (size_t i = 0; i < m->j->s->sources.n; i++) {
        const struct source *src = &m->j->s->sources.v[i];
        int64_t from = m->from_us - 2 * src->interval_us;

        if (!m->sources[i])
            continue;
        for (size_t k = 0; k < ARRAY_LEN(lists); k++)
            for (size_t n = 0; n < json_array_size(lists[k]); n++) {
                json_t *o = json_array_get(lists[k], n);

                if (json_get_int(o, "of", -1) == (int64_t)i)
                    json_put_int(o, "source", (int64_t)json_array_size(a));
            }
        json_append(a, samples_source_save(src, from));
    }
    return a;
}

/* Names of members that only matter while the record is made. */
static void drop_marks(json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        (void)json_object_del(json_array_get(list, i), "id");
        (void)json_object_del(json_array_get(list, i), "of");
    }
}

static json_t *times_make(const struct rule_times *t)
{
    return json_pack("{sIsIsIsIsIsIsIsI}", "stale_us", (json_int_t)t->stale_us, "fresh_us",
                     (json_int_t)t->fresh_us, "restart_us", (json_int_t)t->restart_us, "slack_us",
                     (json_int_t)t->slack_us, "grace_us", (json_int_t)t->grace_us, "late_us",
                     (json_int_t)t->late_us, "baseline_us", (json_int_t)t->baseline_us, "cell_us",
                     (json_int_t)t->cell_us);
}

/* What the binding said of the names: kind, unit, direction. */
struct binding {
    json_t *list;
    enum worse worse;
};

static void make_binding(void *ctx, const struct expr *name, bool rows)
{
    const struct binding *b = ctx;
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    json_t *o = json_object();

    (void)rows;
    for (size_t i = 0; i < name->n_parts; i++)
        strbuf_addf(&text, "%s%.*s", i ? "." : "", SV_FMT(name->parts[i]));
    json_put_str(o, "name", strbuf_str(&text));
    json_put_str(o, "kind", source_kind_names[name->source]);
    json_put_int(o, "dim", name->type.dim);
    json_put_bool(o, "per_s", name->type.per_s);
    json_put_real(o, "unit", name->unit);
    json_put_int(o, "worse", b->worse != WORSE_UNKNOWN ? b->worse : name->worse);
    json_append(b->list, o);
}

static void find_worse(void *ctx, struct expr *e)
{
    struct binding *b = ctx;

    if (e->kind == EXPR_NOT_WORSE)
        b->worse = e->worse;
}

static json_t *bindings_make(const struct rule *r)
{
    struct binding b = {.list = json_array()};

    expr_walk(r->expr, find_worse, &b);
    rule_each_name(r, make_binding, &b);
    return b.list;
}

static json_t *family_make(const struct judge *j, const struct judge_rule *r)
{
    json_t *a = json_array();

    for (size_t i = 0; r->family != SIZE_MAX && i < j->families.v[r->family].rows.n; i++) {
        const struct band *b = &j->families.v[r->family].rows.v[i];
        json_t *row = json_object();

        json_put_str(row, "verdict", verdict_names[b->verdict]);
        json_put_real(row, "lo", b->value.lo);
        json_put_real(row, "hi", b->value.hi);
        json_put_bool(row, "lo_open", b->value.lo_open);
        json_put_bool(row, "hi_open", b->value.hi_open);
        json_append(a, row);
    }
    return a;
}

static json_t *store_make(struct maker *m)
{
    json_t *o = json_object();

    json_put_int(o, "prusik_samples", 1);
    json_put(o, "sources", make_sources(m));
    drop_marks(m->series);
    drop_marks(m->rows);
    json_put(o, "series", m->series);
    json_put(o, "rows", m->rows);
    json_put(o, "restarts", samples_restarts_save(m->j->s));
    return o;
}

static json_t *input_make(const struct judge *j, const struct judge_rule *r, struct maker *m)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    json_t *o = json_object();

    rule_print(r->rule, &text);
    json_put_int(o, "t0_us", m->t0_us);
    json_put_int(o, "interval_us", j->cfg.interval_us);
    json_put_int(o, "watch_us", j->cfg.watch_us);
    put_moment(o, "step_us", j->cfg.step_us);
    put_moment(o, "run_start_us", j->cfg.run_start_us);
    put_moment(o, "rollback_until_us", j->cfg.rollback_until_us);
    json_put(o, "times", times_make(&j->cfg.times));
    json_put_str(o, "rule", strbuf_str(&text));
    json_put(o, "names", bindings_make(r->rule));
    json_put(o, "family", family_make(j, r));
    json_put(o, "before", judge_rule_save(&r->before));
    if (r->nodes_before)
        json_put(o, "nodes", json_deep_copy(r->nodes_before));
    json_put(o, "baseline", judge_baselines_save(r->prog));
    json_put_int(o, "checkpoints", r->checkpoints);
    json_put_bool(o, "at_checkpoint", r->seen.at_checkpoint);
    json_put(o, "store", store_make(m));
    return o;
}

json_t *evidence_make(struct judge *j, size_t rule)
{
    struct judge_rule *r = &j->rules.v[rule];
    struct maker m = {.j = j,
                      .samples = json_object(),
                      .series = json_array(),
                      .rows = json_array(),
                      .t0_us = judge_rule_from(j, r),
                      .from_us = j->at_us};
    json_t *o = json_object(), *patterns;
    struct judge_result res;

    assert(rule < j->rules.n && j->at_us != JUDGE_UNSET);
    m.sources = XNEWN(bool, j->s->sources.n + 1);
    judge_result(j, rule, &res);
    rule_prog_each_series(r->prog, make_series, &m);
    rule_prog_each_rows(r->prog, make_rows, &m);
    rule_each_name(r->rule, make_bound, &m);
    make_scraped(&m);
    json_put_int(o, "v", 1);
    json_put(o, "run", json_sv(j->cfg.run));
    json_put(o, "rule", json_sv(r->id));
    json_put(o, "text", json_sv(r->rule->text));
    if (!num_same(r->rule->scale, 1))
        json_put_real(o, "scale", r->rule->scale);
    put_time(o, "at", j->at_us);
    answer_make(o, &res);
    patterns = rule_prog_patterns(r->prog);
    if (patterns)
        json_put(o, "patterns", patterns);
    json_put(o, "samples", m.samples);
    if (m.cut)
        json_put_bool(o, "samples_cut", true);
    json_put(o, "input", input_make(j, r, &m));
    json_put_int(json_object_get(o, "input"), "at_us", j->at_us);
    free(m.sources);
    return o;
}

/* ---- judge again ---- */

struct again {
    struct arena a;
    struct rule_env *env;
    struct samples *s;
    struct judge *j;
    struct rule *rule;
};

static void again_release(struct again *g)
{
    judge_free(g->j);
    samples_free(g->s);
    rule_env_free(g->env);
    arena_release(&g->a);
}

static int64_t get_moment(const json_t *o, const char *key)
{
    return json_get_int(o, key, JUDGE_UNSET);
}

static void declare_names(struct again *g, const json_t *names)
{
    for (size_t i = 0; i < json_array_size(names); i++) {
        const json_t *o = json_array_get(names, i);
        struct rule_source s = {.name = json_get_sv(o, "name"),
                                .unit = json_get_real(o, "unit", 1)};
        int64_t dim = json_get_int(o, "dim", DIM_ANY), worse = json_get_int(o, "worse", 0);

        for (unsigned k = 0; k < SOURCE__N; k++)
            if (sv_eq(sv_from(source_kind_names[k]), json_get_sv(o, "kind")))
                s.kind = (enum source_kind)k;
        if (dim >= 0 && dim < DIM__N)
            s.type = (struct dim_type){(enum dim)dim, json_get_bool(o, "per_s", false)};
        if (worse == WORSE_UP || worse == WORSE_DOWN)
            s.worse = (enum worse)worse;
        rule_env_add_source(g->env, &s);
    }
}

static enum err_code again_rule(struct again *g, const json_t *record, const json_t *input,
                                struct err *err)
{
    double scale = json_get_real(record, "scale", 1);
    struct sv text = json_get_sv(input, "rule");
    struct rule_diag diag;
    struct rule *parsed;
    enum err_code rc;

    g->env = rule_env_new();
    rule_env_permit_unknown(g->env, true);
    declare_names(g, json_object_get(input, "names"));
    rc = rule_parse(&g->a, text.p ? text : json_get_sv(record, "text"), &parsed, &diag, err);
    if (rc == ERR_OK)
        rc = rule_check(&g->a, parsed, g->env, &g->rule, NULL, err);
    if (rc == ERR_OK && (g->rule->form == RULE_CHECKPOINT || scale <= 0))
        rc = err_set(err, ERR_INVALID, "a record of something that is not judged");
    if (rc == ERR_OK)
        rule_scale(g->rule, scale);
    return rc;
}

static struct rule_times times_load(const json_t *o)
{
    struct rule_times t = rule_times_default();

    t.stale_us = json_get_int(o, "stale_us", t.stale_us);
    t.fresh_us = json_get_int(o, "fresh_us", t.fresh_us);
    t.restart_us = json_get_int(o, "restart_us", t.restart_us);
    t.slack_us = json_get_int(o, "slack_us", t.slack_us);
    t.grace_us = json_get_int(o, "grace_us", t.grace_us);
    t.late_us = json_get_int(o, "late_us", t.late_us);
    t.baseline_us = json_get_int(o, "baseline_us", t.baseline_us);
    t.cell_us = json_get_int(o, "cell_us", t.cell_us);
    return t;
}

/* The samples of the record, put into the series that "store" describes. */
static json_t *store_join(const json_t *record, const json_t *input)
{
    json_t *store = json_deep_copy(json_object_get(input, "store"));
    const json_t *samples = json_object_get(record, "samples");
    json_t *series = json_object_get(store, "series");
    int64_t t0 = json_get_int(input, "t0_us", 0);

    for (size_t i = 0; i < json_array_size(series); i++) {
        json_t *x = json_array_get(series, i), *list = json_array();
        const json_t *from = json_object_get(samples, json_get_str(x, "key", ""));

        for (size_t k = 0; k < json_array_size(from); k++) {
            const json_t *p = json_array_get(from, k);
            double at = json_number_value(json_array_get(p, 0)) * 1e6;

            if (fabs(at) < 1e17)
                json_append(
                    list, json_pack("[IO*]", (json_int_t)(t0 + llround(at)), json_array_get(p, 1)));
        }
        json_put(x, "samples", list);
    }
    return store;
}

static void family_load(struct judge *j, const json_t *rows)
{
    struct judge_family *f;

    if (json_array_size(rows) == 0)
        return;
    j->rules.v[0].family = 0;
    if (j->families.n == 0)
        (void)vec_add(&j->families);
    f = &j->families.v[0];
    f->rows.n = 0;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *o = json_array_get(rows, i);
        struct band *b = vec_add(&f->rows);

        b->value = (struct band_range){
            samples_number(json_object_get(o, "lo")), samples_number(json_object_get(o, "hi")),
            json_get_bool(o, "lo_open", false), json_get_bool(o, "hi_open", false)};
        for (unsigned v = 0; v < VERDICT__N; v++)
            if (sv_eq(sv_from(verdict_names[v]), json_get_sv(o, "verdict")))
                b->verdict = (enum verdict)v;
    }
}

static enum err_code again_judge(struct again *g, const json_t *record, const json_t *input,
                                 struct err *err)
{
    struct judge_config c = {.run = json_get_sv(record, "run"),
                             .interval_us = json_get_int(input, "interval_us", 0),
                             .t0_us = get_moment(input, "t0_us"),
                             .step_us = get_moment(input, "step_us"),
                             .run_start_us = get_moment(input, "run_start_us"),
                             .rollback_until_us = get_moment(input, "rollback_until_us"),
                             .watch_us = json_get_int(input, "watch_us", 0),
                             .times = times_load(json_object_get(input, "times"))};
    const json_t *nodes = json_object_get(input, "nodes");
    json_t *store;
    struct judge_rule *r;
    enum err_code rc;

    g->s = samples_new();
    g->j = judge_new(&c, g->s);
    (void)judge_add(g->j, json_get_sv(record, "rule"), g->rule);
    judge_make_ready(g->j);
    g->j->cfg.watch_us = c.watch_us;
    store = store_join(record, input);
    rc = samples_restore(g->s, store, err);
    json_decref(store);
    if (rc != ERR_OK)
        return rc;
    r = &g->j->rules.v[0];
    family_load(g->j, json_object_get(input, "family"));
    r->checkpoints = (unsigned)json_get_int(input, "checkpoints", 0);
    if ((nodes && !judge_nodes_load(r->prog, nodes)) ||
        !judge_baselines_load(r->prog, json_object_get(input, "baseline")))
        return err_set(err, ERR_INVALID, "the record's state does not fit its rule");
    judge_rule_load(json_object_get(input, "before"), &r->st);
    return ERR_OK;
}

static void differ(struct strbuf *out, const char *what, const json_t *was, const json_t *is)
{
    CLEANUP(strbuf_release) struct strbuf a = STRBUF(0), b = STRBUF(0);

    if (was)
        json_write(was, &a);
    if (is)
        json_write(is, &b);
    strbuf_addf(out, "%s%s was %s and is %s", out->n ? "; " : "", what,
                was ? strbuf_str(&a) : "absent", is ? strbuf_str(&b) : "absent");
}

static bool same_member(const json_t *a, const json_t *b)
{
    return !a || !b ? a == b : val_json_eq(a, b);
}

enum err_code evidence_rejudge(const json_t *record, bool *same, struct strbuf *difference,
                               struct err *err)
{
    static const char *const compared[] = {"result", "why",   "value",  "n",
                                           "share",  "state", "verdict"};
    const json_t *input = json_object_get(record, "input");
    int64_t at = json_get_int(input, "at_us", JUDGE_UNSET);
    CLEANUP(again_release) struct again g = {0};
    struct judge_result res;
    enum err_code rc;
    json_t *now;

    if (json_get_int(record, "v", 0) != 1 || !json_is_object(input) || at == JUDGE_UNSET ||
        get_moment(input, "t0_us") == JUDGE_UNSET)
        return err_set(err, ERR_INVALID, "no evidence of version 1 that can be judged again");
    if (json_get_bool(record, "samples_cut", false))
        return err_set(err, ERR_NOT_FOUND, "the record does not hold all of its samples");
    rc = again_rule(&g, record, input, err);
    if (rc == ERR_OK)
        rc = again_judge(&g, record, input, err);
    if (rc != ERR_OK)
        return rc;
    judge_again(g.j, at, json_get_bool(input, "at_checkpoint", false),
                json_get_sv(record, "note").p != NULL);
    judge_result(g.j, 0, &res);
    now = json_object();
    answer_make(now, &res);
    *same = true;
    for (size_t i = 0; i < ARRAY_LEN(compared); i++) {
        const json_t *was = json_object_get(record, compared[i]),
                     *is = json_object_get(now, compared[i]);

        if (same_member(was, is))
            continue;
        *same = false;
        differ(difference, compared[i], was, is);
    }
    json_decref(now);
    return ERR_OK;
}
