/*
 * Any text: a rule that is taken is printed and read back as the same; one that is refused says where and why; one
 * that makes sense is judged without a crash, and a judge that is saved and restored saves the same.
 */
#include <string.h>

#include "base/json.h"
#include "base/sv.h"
#include "fuzz.h"
#include "rule/judge.h"

static struct rule_env *env;

static void know(const char *name, enum source_kind kind, enum dim dim)
{
    rule_env_add_source(env, &(struct rule_source){.name = sv_from(name),
                                                   .kind = kind,
                                                   .type = {dim, false},
                                                   .unit = 1,
                                                   .worse = WORSE_UP});
}

static void know_things(void)
{
    static const struct {
        const char *name, *text;
    } aliases[] = {{"error_rate", "ratio(r_total{code=~\"5..\"}, r_total)"},
                   {"depth", "max(queue_depth)"}};

    env = rule_env_new();
    know("r_total", SOURCE_COUNTER, DIM_ANY);
    know("h_seconds", SOURCE_HISTOGRAM, DIM_ANY);
    know("queue_depth", SOURCE_GAUGE, DIM_COUNT);
    know("used_bytes", SOURCE_GAUGE, DIM_ANY);
    know("up_time", SOURCE_GAUGE, DIM_TIME);
    know("http.h", SOURCE_UNKNOWN, DIM_ANY);
    know("log.app", SOURCE_UNKNOWN, DIM_ANY);
    know("unit.app", SOURCE_UNKNOWN, DIM_ANY);
    know("sql.rows", SOURCE_ROWS, DIM_ANY);
    know("snapshot.d", SOURCE_ROWS, DIM_ANY);
    know("ids", SOURCE_SET, DIM_ANY);
    rule_env_add_rule(env, SV("latency"));
    for (size_t i = 0; i < ARRAY_LEN(aliases); i++) {
        struct rule_diag diag;
        struct err err;

        MUST(rule_env_add_alias(env, sv_from(aliases[i].name), sv_from(aliases[i].text), WORSE_UP,
                                &diag, &err) == ERR_OK);
    }
}

/* Parse what was printed: the same rule again, unless the canonical text is too long or deep for a rule. */
static void must_come_back(struct arena *a, const struct rule *r)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), again = STRBUF(0);
    struct rule *same;
    struct rule_diag diag;
    struct err err;
    enum err_code rc;

    rule_print(r, &text);
    rc = rule_parse(a, strbuf_sv(&text), &same, &diag, &err);
    if (rc == ERR_LIMIT && text.n > RULE_MAX_BYTES)
        return;
    MUST(rc == ERR_OK);
    MUST(rule_eq(r, same));
    rule_print(same, &again);
    MUST(sv_eq(strbuf_sv(&again), strbuf_sv(&text)));
}

static void push(struct samples *s, const char *name, const struct samples_label *label,
                 int64_t t_us, double v)
{
    struct samples_key key = {sv_from(name), label, label ? 1 : 0};

    (void)samples_add(s, samples_source(s, SV("web"), 15000000, false), &key, t_us, v);
}

static void tick(struct judge *j, struct samples *s, int64_t t_us)
{
    static const struct samples_label bad = {SV("code"), SV("500")}, good = {SV("code"), SV("200")};
    static const struct samples_label one = {SV("le"), SV("1")}, all = {SV("le"), SV("+Inf")};
    double t = (double)t_us / 1e6;
    size_t rows = samples_source(s, SV("sql.rows"), 15000000, true),
           log = samples_source(s, SV("log.app"), 0, true);
    json_t *list = json_pack("[{si,ss},{sn,ss}]", "v", 5, "name", "a", "v", "name", "b");

    push(s, "r_total", &bad, t_us, t / 3);
    push(s, "r_total", &good, t_us, t * 9);
    push(s, "h_seconds_bucket", &one, t_us, t * 8);
    push(s, "h_seconds_bucket", &all, t_us, t * 9);
    push(s, "queue_depth", NULL, t_us, t - 20);
    push(s, "used_bytes", NULL, t_us, 1e9);
    samples_poll_ok(s, samples_source(s, SV("web"), 15000000, false), t_us);
    (void)samples_add_rows(s, rows, SV("sql.rows"), t_us, list, NULL);
    samples_poll_ok(s, rows, t_us);
    samples_add_line(s, log, t_us, SV("error: 7 of 12"));
    samples_poll_ok(s, log, t_us);
    json_decref(list);
    judge_tick(j, t_us);
}

static struct judge *judge_of(const struct rule *r, struct samples *s)
{
    struct judge_config c = {.run = SV("r"),
                             .interval_us = 15000000,
                             .t0_us = 0,
                             .step_us = JUDGE_UNSET,
                             .run_start_us = 0,
                             .rollback_until_us = JUDGE_UNSET};
    struct judge *j = judge_new(&c, s);

    (void)judge_add(j, SV("x"), r);
    return j;
}

static void must_be_judged(const struct rule *r)
{
    CLEANUP(samples_freep) struct samples *s = samples_new(), *s2 = samples_new();
    CLEANUP(judge_freep) struct judge *j = judge_of(r, s), *j2 = judge_of(r, s2);
    CLEANUP(strbuf_release) struct strbuf line = STRBUF(0);
    json_t *state, *stored, *again;
    struct err err;

    judge_measure_baseline(j, 0);
    for (int64_t t = 0; t <= 90; t += 15)
        tick(j, s, t * 1000000);
    for (size_t i = 0; i < judge_n_rules(j); i++)
        judge_explain(j, i, &line);
    state = judge_save(j);
    stored = samples_save(s);
    MUST(samples_restore(s2, stored, &err) == ERR_OK);
    MUST(judge_restore(j2, state, &err) == ERR_OK);
    again = judge_save(j2);
    MUST(json_equal(state, again));
    json_decref(state);
    json_decref(stored);
    json_decref(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct sv text = {(const char *)data, size};
    struct rule *r = NULL, *checked = NULL;
    struct rule_findings found = {0};
    struct rule_diag diag;
    struct err err = {0};
    enum err_code rc = rule_parse(&a, text, &r, &diag, &err);

    if (!env)
        know_things();
    if (rc != ERR_OK) {
        MUST(err.code == rc && err.msg[0] && !r);
        MUST(rc == ERR_LIMIT || diag.column <= size);
        arena_release(&a);
        return 0;
    }
    must_come_back(&a, r);
    rule_env_permit_unknown(env, size % 2);
    rc = rule_check(&a, r, env, &checked, &found, &err);
    for (size_t i = 0; i < found.list.n; i++)
        MUST(found.list.v[i].column <= size && found.list.v[i].message.n && found.list.v[i].id[0]);
    MUST((rc == ERR_OK) == (checked != NULL) && (rc == ERR_OK || (err.msg[0] && found.list.n)));
    if (checked)
        must_be_judged(checked);
    vec_release(&found.list);
    arena_release(&a);
    return 0;
}
