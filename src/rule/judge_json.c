/* judge_json: the state of a judge as JSON (docs/formats/rules.md, section 2). */
#include "rule/judge_int.h"

#include <stdio.h>

#include "base/sv.h"
#include "rule/samples_json.h"

static const char *const run_names[RUN__N] = {
    [RUN_IDLE] = "idle", [RUN_PENDING] = "run", [RUN_FIRED] = "fired"};
static const char *const gate_names[GATE__N] = {
    [GATE_WAITING] = "waiting", [GATE_PASSED] = "opened", [GATE_FAILED] = "failed"};
static const char *const check_names[CHECK__N] = {[CHECK_PLANNED] = "planned",
                                                  [CHECK_OPEN] = "open",
                                                  [CHECK_CLOSED] = "closed",
                                                  [CHECK_ANSWERED] = "answered"};

/* The number of a name in a table; `otherwise` when it is none. */
static unsigned name_of(const char *const *names, unsigned n, struct sv name, unsigned otherwise)
{
    for (unsigned i = 0; i < n; i++)
        if (sv_eq(sv_from(names[i]), name))
            return i;
    return otherwise;
}

/* A moment that may be unset. */
static void put_moment(json_t *o, const char *key, int64_t us)
{
    json_put(o, key, us == JUDGE_UNSET ? json_null() : json_integer(us));
}

static int64_t get_moment(const json_t *o, const char *key)
{
    return json_get_int(o, key, JUDGE_UNSET);
}

/* ---- what a rule remembers ---- */

/* The members of struct rule_state that are numbers or flags, with their default. */
/* clang-format off */
static const struct {
    const char *key;
    size_t offset;
    int64_t otherwise;
} moments[] = {
    {"since_us",   offsetof(struct rule_state, since_us),   0},
    {"elapsed_us", offsetof(struct rule_state, elapsed_us), 0},
    {"fresh_us",   offsetof(struct rule_state, fresh_us),   -1},
    {"last_us",    offsetof(struct rule_state, last_us),    JUDGE_UNSET},
    {"result_us",  offsetof(struct rule_state, result_us),  JUDGE_UNSET},
    {"first_us",   offsetof(struct rule_state, first_us),   JUDGE_UNSET},
    {"parts",      offsetof(struct rule_state, parts),      0},
};
static const struct {
    const char *key;
    size_t offset;
} flags[] = {
    {"real",          offsetof(struct rule_state, real)},
    {"holding",       offsetof(struct rule_state, holding)},
    {"flapping",      offsetof(struct rule_state, flapping)},
    {"nulls",         offsetof(struct rule_state, nulls)},
    {"done_effects",  offsetof(struct rule_state, done_effects)},
    {"done_rollback", offsetof(struct rule_state, done_rollback)},
};
/* clang-format on */

json_t *judge_rule_save(const struct rule_state *st)
{
    json_t *o = json_object();
    char hist[HIST_MAX];

    if (st->run != RUN_IDLE)
        json_put_str(o, "phase", run_names[st->run]);
    if (st->gate != GATE_WAITING)
        json_put_str(o, "gate", gate_names[st->gate]);
    for (size_t i = 0; i < ARRAY_LEN(moments); i++) {
        int64_t v = *(const int64_t *)(const void *)((const char *)st + moments[i].offset);

        if (v != moments[i].otherwise)
            json_put_int(o, moments[i].key, v);
    }
    for (size_t i = 0; i < ARRAY_LEN(flags); i++)
        if (*(const bool *)(const void *)((const char *)st + flags[i].offset))
            json_put_bool(o, flags[i].key, true);
    for (unsigned i = 0; i < st->n_hist; i++)
        hist[i] = st->hist >> (st->n_hist - 1 - i) & 1 ? 'B' : 'G';
    json_put_sv(o, "hist", (struct sv){hist, st->n_hist});
    if (st->gaps)
        json_put_int(o, "gaps", st->gaps);
    if (st->firings)
        json_put_int(o, "firings", (int64_t)st->firings);
    if (st->looks)
        json_put_int(o, "looks", (int64_t)st->looks);
    if (st->known)
        json_put_int(o, "known", (int64_t)st->known);
    else if (st->looks)
        json_put_str(o, "gap", st->gap < NODATA__N ? nodata_names[st->gap] : "error");
    return o;
}

void judge_rule_load(const json_t *o, struct rule_state *st)
{
    struct sv hist = json_get_sv(o, "hist");

    *st = (struct rule_state){0};
    st->run = (enum run_phase)name_of(run_names, RUN__N, json_get_sv(o, "phase"), RUN_IDLE);
    st->gate = (enum gate_phase)name_of(gate_names, GATE__N, json_get_sv(o, "gate"), GATE_WAITING);
    for (size_t i = 0; i < ARRAY_LEN(moments); i++)
        *(int64_t *)(void *)((char *)st + moments[i].offset) =
            json_get_int(o, moments[i].key, moments[i].otherwise);
    for (size_t i = 0; i < ARRAY_LEN(flags); i++)
        *(bool *)(void *)((char *)st + flags[i].offset) = json_get_bool(o, flags[i].key, false);
    for (size_t i = 0; i < hist.n && i < HIST_MAX; i++) {
        st->hist = st->hist << 1 | (hist.p[i] == 'B');
        st->n_hist++;
    }
    st->gaps = (unsigned)json_get_int(o, "gaps", 0);
    st->firings = (uint64_t)json_get_int(o, "firings", 0);
    st->looks = (uint64_t)json_get_int(o, "looks", 0);
    st->known = (uint64_t)json_get_int(o, "known", 0);
    st->gap = name_of(nodata_names, NODATA__N, json_get_sv(o, "gap"), NODATA__N);
}

/* ---- nodes and baselines ---- */

json_t *judge_nodes_save(struct rule_prog *p)
{
    json_t *a = json_array();

    for (size_t i = 0; i < rule_prog_n_kofn(p); i++) {
        const struct kofn_state *s = rule_prog_kofn(p, i);

        json_append(a, json_sv((struct sv){s->seen, s->n}));
    }
    for (size_t i = 0; i < rule_prog_n_tests(p); i++) {
        const struct test_state *s = rule_prog_test(p, i);
        json_t *o = json_object();

        json_put_int(o, "window", s->window);
        json_put_int(o, "decided", s->decided);
        json_put_int(o, "before", s->before);
        json_append(a, o);
    }
    return a;
}

static signed char get_sign(const json_t *o, const char *key)
{
    int64_t v = json_get_int(o, key, 0);

    return (signed char)(v > 0 ? 1 : v < 0 ? -1 : 0);
}

bool judge_nodes_load(struct rule_prog *p, const json_t *a)
{
    size_t n = rule_prog_n_kofn(p);

    if (json_array_size(a) != n + rule_prog_n_tests(p))
        return false;
    for (size_t i = 0; i < n; i++) {
        const json_t *v = json_array_get(a, i);
        struct kofn_state *s = rule_prog_kofn(p, i);

        if (!json_is_string(v) || json_string_length(v) > rule_prog_kofn_max(p, i))
            return false;
        s->n = (unsigned)json_string_length(v);
        memcpy(s->seen, json_string_value(v), s->n);
    }
    for (size_t i = 0; i < rule_prog_n_tests(p); i++) {
        const json_t *o = json_array_get(a, n + i);

        *rule_prog_test(p, i) = (struct test_state){json_get_int(o, "window", -1),
                                                    get_sign(o, "decided"), get_sign(o, "before")};
    }
    return true;
}

static json_t *baseline_save(const struct baseline *b)
{
    json_t *o = b->kind == BASELINE_NONE ? json_null() : json_object(), *values;

    if (b->kind == BASELINE_NUM)
        json_put_real(o, "value", b->value);
    if (b->kind == BASELINE_RATIO) {
        json_put_real(o, "bad", b->bad);
        json_put_real(o, "n", b->n);
    }
    if (b->kind == BASELINE_VALUES) {
        values = json_array();
        for (size_t i = 0; i < b->values.n; i++)
            json_append(values, samples_number_save(b->values.v[i]));
        json_put(o, "samples", values);
    }
    if (b->kind == BASELINE_ROWS)
        json_put(o, "rows", json_incref(b->rows));
    return o;
}

static void baseline_load(const json_t *o, struct baseline *b)
{
    const json_t *values = json_object_get(o, "samples");
    json_t *rows = json_object_get(o, "rows");

    baseline_release(b);
    if (json_object_get(o, "value")) {
        b->kind = BASELINE_NUM;
        b->value = samples_number(json_object_get(o, "value"));
    } else if (json_is_number(json_object_get(o, "n"))) {
        b->kind = BASELINE_RATIO;
        b->bad = json_get_real(o, "bad", 0);
        b->n = json_get_real(o, "n", 0);
    } else if (json_is_array(values)) {
        b->kind = BASELINE_VALUES;
        for (size_t i = 0; i < json_array_size(values); i++)
            *vec_add(&b->values) = samples_number(json_array_get(values, i));
    } else if (json_is_array(rows)) {
        b->kind = BASELINE_ROWS;
        b->rows = json_incref(rows);
    }
}

json_t *judge_baselines_save(struct rule_prog *p)
{
    json_t *a = json_array();

    for (size_t i = 0; i < rule_prog_n_baselines(p); i++)
        json_append(a, baseline_save(rule_prog_baseline(p, i)));
    return a;
}

bool judge_baselines_load(struct rule_prog *p, const json_t *a)
{
    if (json_array_size(a) != rule_prog_n_baselines(p))
        return false;
    for (size_t i = 0; i < rule_prog_n_baselines(p); i++)
        baseline_load(json_array_get(a, i), rule_prog_baseline(p, i));
    return true;
}

/* ---- what was seen last ---- */

/* The numbers of a look, each with the flag that it has one. */
static const struct {
    const char *key;
    size_t has, value;
} numbers[] = {
    {"value", offsetof(struct eval_info, has_value), offsetof(struct eval_info, value)},
    {"limit", offsetof(struct eval_info, has_limit), offsetof(struct eval_info, limit)},
    {"limit_to", offsetof(struct eval_info, has_limit_to), offsetof(struct eval_info, limit_to)},
    {"n", offsetof(struct eval_info, has_n), offsetof(struct eval_info, n)},
    {"share", offsetof(struct eval_info, has_share), offsetof(struct eval_info, share)},
    {"share_to", offsetof(struct eval_info, has_share), offsetof(struct eval_info, share_to)},
    {"covered_s", offsetof(struct eval_info, has_window), offsetof(struct eval_info, covered_s)},
};

/* Numbers of an operand that may be there. */
static const struct {
    const char *key;
    size_t has, value;
} operand_numbers[] = {
    {"value", offsetof(struct eval_operand, has_value), offsetof(struct eval_operand, value)},
    {"limit", offsetof(struct eval_operand, has_limit), offsetof(struct eval_operand, limit)},
    {"limit_to", offsetof(struct eval_operand, has_limit_to),
     offsetof(struct eval_operand, limit_to)},
    {"share", offsetof(struct eval_operand, has_share), offsetof(struct eval_operand, share)},
    {"share_to", offsetof(struct eval_operand, has_share), offsetof(struct eval_operand, share_to)},
};
static const char *const operand_kinds[VAL__N] = {
    [VAL_NUM] = "",          [VAL_BOOL] = "known",  [VAL_TEXT] = "",   [VAL_NULL] = "",
    [VAL_VERSION] = "",      [VAL_JSON] = "",       [VAL_SERIES] = "", [VAL_DIST] = "",
    [VAL_NODATA] = "nodata", [VAL_ERROR] = "error",
};

static json_t *operand_save(const struct eval_operand *o)
{
    json_t *j = json_object();

    json_put_str(j, "kind", operand_kinds[o->kind]);
    json_put_bool(j, "truth", o->truth);
    if (o->kind == VAL_NODATA)
        json_put_str(j, "why", nodata_names[o->why]);
    for (size_t i = 0; i < ARRAY_LEN(operand_numbers); i++)
        if (*(const bool *)(const void *)((const char *)o + operand_numbers[i].has))
            json_put(
                j, operand_numbers[i].key,
                samples_number_save(
                    *(const double *)(const void *)((const char *)o + operand_numbers[i].value)));
    json_put_int(j, "dim", o->type.dim);
    json_put_bool(j, "per_s", o->type.per_s);
    if (o->text[0])
        json_put(j, "text", json_str(o->text));
    return j;
}

static void operand_load(const json_t *j, struct eval_operand *o)
{
    int64_t dim = json_get_int(j, "dim", DIM_ANY);

    *o = (struct eval_operand){
        .kind = (enum val_kind)name_of(operand_kinds, VAL__N, json_get_sv(j, "kind"), VAL_NODATA),
        .truth = json_get_bool(j, "truth", false),
        .why =
            (enum nodata)name_of(nodata_names, NODATA__N, json_get_sv(j, "why"), NODATA_NO_SERIES)};
    for (size_t i = 0; i < ARRAY_LEN(operand_numbers); i++) {
        const json_t *v = json_object_get(j, operand_numbers[i].key);

        if (!v)
            continue;
        *(bool *)(void *)((char *)o + operand_numbers[i].has) = true;
        *(double *)(void *)((char *)o + operand_numbers[i].value) = samples_number(v);
    }
    o->type = (struct dim_type){dim >= 0 && dim < DIM__N ? (enum dim)dim : DIM_ANY,
                                json_get_bool(j, "per_s", false)};
    (void)snprintf(o->text, sizeof(o->text), "%s", json_get_str(j, "text", ""));
}

/* A rule that is one comparison of a number is told by its value. */
static void operands_save(json_t *o, const struct eval_info *info)
{
    json_t *list;

    if (info->n_operands == 0 || (info->n_operands == 1 && info->has_value))
        return;
    list = json_array();
    for (size_t i = 0; i < info->n_operands && i < OPERANDS_MAX; i++)
        json_append(list, operand_save(&info->operands[i]));
    json_put(o, "operands", list);
    json_put_int(o, "n_operands", (int64_t)info->n_operands);
}

/* Of a judge with these rules: `most` have words in it. */
static void operands_load(const json_t *o, size_t most, struct eval_info *info)
{
    const json_t *list = json_object_get(o, "operands");
    int64_t n = json_get_int(o, "n_operands", 0);

    if (json_array_size(list) != most || n < (int64_t)most || n > RULE_MAX_BYTES)
        return;
    info->n_operands = (size_t)n;
    for (size_t i = 0; i < most; i++)
        operand_load(json_array_get(list, i), &info->operands[i]);
}

static void info_save(json_t *o, const struct eval_info *info)
{
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        if (*(const bool *)(const void *)((const char *)info + numbers[i].has))
            json_put_real(o, numbers[i].key,
                          *(const double *)(const void *)((const char *)info + numbers[i].value));
    if (!info->has_window)
        return;
    json_put_int(o, "from_us", info->window.from_us);
    json_put_int(o, "to_us", info->window.to_us);
}

static void info_load(const json_t *o, struct eval_info *info)
{
    *info = (struct eval_info){.subject = {.kind = VAL_NULL}};
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        const json_t *v = json_object_get(o, numbers[i].key);

        if (!v)
            continue;
        *(bool *)(void *)((char *)info + numbers[i].has) = true;
        *(double *)(void *)((char *)info + numbers[i].value) = samples_number(v);
    }
    info->window.from_us = json_get_int(o, "from_us", 0);
    info->window.to_us = json_get_int(o, "to_us", 0);
}

static void seen_save(json_t *o, const struct rule_seen *s)
{
    json_put_str(o, "state", judge_state_names[s->state]);
    json_put_str(o, "verdict", verdict_names[s->verdict]);
    json_put_str(o, "result", judge_result_names[s->result]);
    if (s->result == RESULT_NODATA)
        json_put_str(o, "why", nodata_names[s->nodata]);
    if (s->result == RESULT_ERROR)
        json_put(o, "why", json_str(s->error));
    if (s->uncovered)
        json_put_bool(o, "uncovered", true);
    if (s->no_data_at_checkpoint)
        json_put_bool(o, "no_data_at_checkpoint", true);
    if (s->active)
        json_put_bool(o, "active", true);
    if (s->at_least)
        json_put_bool(o, "at_least", true);
    info_save(o, &s->info);
    operands_save(o, &s->info);
}

static void seen_load(const json_t *o, struct rule_seen *s)
{
    struct sv why = json_get_sv(o, "why");

    free(s->error);
    *s = (struct rule_seen){0};
    info_load(o, &s->info);
    s->at_least = json_get_bool(o, "at_least", false);
    s->state = (enum judge_state)name_of(judge_state_names, STATE__N, json_get_sv(o, "state"),
                                         STATE_INACTIVE);
    s->verdict =
        (enum verdict)name_of(verdict_names, VERDICT__N, json_get_sv(o, "verdict"), VERDICT_OK);
    s->result = (enum judge_result_kind)name_of(judge_result_names, RESULT__N,
                                                json_get_sv(o, "result"), RESULT_NONE);
    if (s->result == RESULT_ERROR)
        s->error = xstrdup_sv(why);
    s->nodata = (enum nodata)name_of(nodata_names, NODATA__N, why, NODATA_NO_SERIES);
    s->uncovered = json_get_bool(o, "uncovered", false);
    s->no_data_at_checkpoint = json_get_bool(o, "no_data_at_checkpoint", false);
    s->active = json_get_bool(o, "active", false);
}

/* ---- the whole ---- */

static json_t *rules_save(const struct judge *j)
{
    json_t *a = json_array();

    for (size_t i = 0; i < j->rules.n; i++) {
        const struct judge_rule *r = &j->rules.v[i];
        json_t *o = judge_rule_save(&r->st);

        json_put(o, "id", json_sv(r->id));
        json_put(o, "text", json_sv(r->rule->text));
        seen_save(o, &r->seen);
        if (rule_prog_n_kofn(r->prog) + rule_prog_n_tests(r->prog) > 0)
            json_put(o, "nodes", judge_nodes_save(r->prog));
        if (rule_prog_n_baselines(r->prog) > 0)
            json_put(o, "baseline", judge_baselines_save(r->prog));
        json_append(a, o);
    }
    return a;
}

static json_t *checks_save(const struct judge *j)
{
    json_t *a = json_array();

    for (size_t i = 0; i < j->checks.n; i++) {
        const struct judge_check *c = &j->checks.v[i];
        json_t *o = json_object();

        json_put(o, "id", json_sv(c->id));
        json_put_int(o, "after_us", c->at.after.us);
        json_put_str(o, "state", check_names[c->phase]);
        put_moment(o, "judged_us", c->judged_us);
        put_moment(o, "closed_us", c->closed_us);
        json_put_int(o, "late_us", c->late_us);
        json_put_str(o, "verdict", verdict_names[c->verdict]);
        json_append(a, o);
    }
    return a;
}

json_t *judge_save(const struct judge *j)
{
    json_t *o = json_object(), *phases = json_array(), *scopes;

    json_put_int(o, "prusik_judge", 1);
    json_put(o, "run", json_sv(j->cfg.run));
    put_moment(o, "at_us", j->at_us);
    put_moment(o, "t0_us", j->cfg.t0_us);
    put_moment(o, "floor_us", j->floor_us);
    if (j->scopes.n) {
        scopes = json_object();
        json_put(o, "scopes", scopes);
        for (size_t i = 0; i < j->scopes.n; i++) {
            CLEANUP(mem_freep) char *name = xstrdup_sv(j->scopes.v[i].name);

            put_moment(scopes, name, j->scopes.v[i].t0_us);
        }
    }
    put_moment(o, "step_us", j->cfg.step_us);
    put_moment(o, "run_start_us", j->cfg.run_start_us);
    put_moment(o, "rollback_until_us", j->cfg.rollback_until_us);
    json_put_str(o, "verdict", verdict_names[j->verdict]);
    json_put_bool(o, "latched", j->latched);
    if (j->verdict_rule != SIZE_MAX)
        json_put_int(o, "verdict_rule", (int64_t)j->verdict_rule);
    for (size_t i = 0; i < j->phases.n; i++)
        json_append(phases,
                    json_pack("[oI]", json_sv(j->phases.v[i].name), (json_int_t)j->phases.v[i].n));
    json_put(o, "phases", phases);
    json_put(o, "rules", rules_save(j));
    json_put(o, "checkpoints", checks_save(j));
    return o;
}

static enum err_code rules_load(struct judge *j, const json_t *a, struct err *err)
{
    if (json_array_size(a) != j->rules.n)
        return err_set(err, ERR_INVALID, "the stored state has %zu rules, the plan has %zu",
                       json_array_size(a), j->rules.n);
    for (size_t i = 0; i < j->rules.n; i++) {
        const json_t *o = json_array_get(a, i);
        const struct judge_rule *r = &j->rules.v[i];

        if (!sv_eq(json_get_sv(o, "id"), r->id) || !sv_eq(json_get_sv(o, "text"), r->rule->text))
            return err_set(err, ERR_INVALID, "the stored state is of another rule than '%.*s'",
                           SV_FMT(r->id));
    }
    for (size_t i = 0; i < j->rules.n; i++) {
        const json_t *o = json_array_get(a, i), *nodes = json_object_get(o, "nodes");
        const json_t *baselines = json_object_get(o, "baseline");
        struct judge_rule *r = &j->rules.v[i];

        if (!judge_nodes_load(r->prog, nodes) || !judge_baselines_load(r->prog, baselines))
            return err_set(err, ERR_INVALID, "the stored state of rule '%.*s' does not fit it",
                           SV_FMT(r->id));
        judge_rule_load(o, &r->st);
        seen_load(o, &r->seen);
        operands_load(o, r->n_operands, &r->seen.info);
    }
    return ERR_OK;
}

static enum err_code checks_load(struct judge *j, const json_t *a, struct err *err)
{
    if (json_array_size(a) != j->checks.n)
        return err_set(err, ERR_INVALID, "the stored state has %zu checkpoints, the plan has %zu",
                       json_array_size(a), j->checks.n);
    for (size_t i = 0; i < j->checks.n; i++) {
        const json_t *o = json_array_get(a, i);
        struct judge_check *c = &j->checks.v[i];

        if (!sv_eq(json_get_sv(o, "id"), c->id))
            return err_set(err, ERR_INVALID, "the stored state is of another checkpoint than %.*s",
                           SV_FMT(c->id));
        c->phase = (enum check_phase)name_of(check_names, CHECK__N, json_get_sv(o, "state"),
                                             CHECK_PLANNED);
        c->judged_us = get_moment(o, "judged_us");
        c->closed_us = get_moment(o, "closed_us");
        c->late_us = json_get_int(o, "late_us", 0);
        c->verdict =
            (enum verdict)name_of(verdict_names, VERDICT__N, json_get_sv(o, "verdict"), VERDICT_OK);
    }
    return ERR_OK;
}

enum err_code judge_restore(struct judge *j, const json_t *tree, struct err *err)
{
    const json_t *phases = json_object_get(tree, "phases");
    int64_t rule = json_get_int(tree, "verdict_rule", -1);
    enum err_code rc;

    assert(j->at_us == JUDGE_UNSET);
    if (json_get_int(tree, "prusik_judge", 0) != 1)
        return err_set(err, ERR_INVALID, "no state of a judge, version 1");
    judge_make_ready(j);
    rc = rules_load(j, json_object_get(tree, "rules"), err);
    if (rc == ERR_OK)
        rc = checks_load(j, json_object_get(tree, "checkpoints"), err);
    if (rc != ERR_OK)
        return rc;
    j->at_us = get_moment(tree, "at_us");
    j->cfg.t0_us = get_moment(tree, "t0_us");
    j->floor_us = get_moment(tree, "floor_us");
    for (size_t i = 0; i < j->scopes.n; i++) {
        CLEANUP(mem_freep) char *name = xstrdup_sv(j->scopes.v[i].name);

        j->scopes.v[i].t0_us = get_moment(json_object_get(tree, "scopes"), name);
    }
    j->cfg.step_us = get_moment(tree, "step_us");
    j->cfg.run_start_us = get_moment(tree, "run_start_us");
    j->cfg.rollback_until_us = get_moment(tree, "rollback_until_us");
    j->verdict =
        (enum verdict)name_of(verdict_names, VERDICT__N, json_get_sv(tree, "verdict"), VERDICT_OK);
    j->latched = json_get_bool(tree, "latched", false);
    j->verdict_rule = rule >= 0 && (uint64_t)rule < j->rules.n ? (size_t)rule : SIZE_MAX;
    for (size_t i = 0; i < json_array_size(phases); i++) {
        const json_t *p = json_array_get(phases, i), *name = json_array_get(p, 0);

        if (json_is_string(name))
            judge_phase_done(j, (struct sv){json_string_value(name), json_string_length(name)},
                             (uint64_t)json_integer_value(json_array_get(p, 1)));
    }
    return ERR_OK;
}
