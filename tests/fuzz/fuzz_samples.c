/* Stored samples of anybody: refused with a reason, or taken; what was taken is saved and restored as the same. */
#include "base/json.h"
#include "base/sv.h"
#include "fuzz.h"
#include "rule/judge.h"

static const char *const rules[] = {"investigate when rate(m[5m]) > 1/s",
                                    "investigate when p95(h)[5m] > 1",
                                    "investigate when max(g) > 1",
                                    "expect count(r where v > 1) < 3",
                                    "investigate when http.h is down",
                                    "investigate when matches(log.a, \"x\")[5m] > 0",
                                    "investigate when slope(g[5m]) > 1/s",
                                    "expect http.h.json.t == \"x\"",
                                    "report avg(g)[5m]",
                                    "investigate when unit.u.crashes[5m] > 1"};

static struct rule *checked[ARRAY_LEN(rules)];

static void know_rules(void)
{
    static struct arena a;
    struct rule_env *env = rule_env_new();

    rule_env_permit_unknown(env, true);
    rule_env_add_source(env, &(struct rule_source){.name = SV("r"), .kind = SOURCE_ROWS});
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        struct rule_diag diag;
        struct rule *r;
        struct err err;

        MUST(rule_parse(&a, sv_from(rules[i]), &r, &diag, &err) == ERR_OK);
        MUST(rule_check(&a, r, env, &checked[i], NULL, &err) == ERR_OK);
    }
    rule_env_free(env);
}

/* Every rule that could read them looks at them. */
static void judge_them(struct samples *s)
{
    struct judge_config c = {.interval_us = 15000000,
                             .t0_us = 0,
                             .step_us = JUDGE_UNSET,
                             .run_start_us = JUDGE_UNSET,
                             .rollback_until_us = JUDGE_UNSET};
    CLEANUP(judge_freep) struct judge *j = judge_new(&c, s);

    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        (void)judge_add(j, sv_from(rules[i]), checked[i]);
    judge_measure_baseline(j, 0);
    judge_tick(j, 60000000);
    judge_tick(j, 7200000000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(samples_freep) struct samples *s = samples_new(), *again = samples_new();
    json_t *tree =
        json_loadb((const char *)data, size, JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL, NULL);
    json_t *saved, *saved_again;
    struct err err = {0};
    enum err_code rc;

    if (!checked[0])
        know_rules();
    if (!tree)
        return 0;
    rc = samples_restore(s, tree, &err);
    json_decref(tree);
    if (rc != ERR_OK) {
        MUST(err.code == rc && err.msg[0]);
        return 0;
    }
    saved = samples_save(s);
    MUST(samples_restore(again, saved, &err) == ERR_OK);
    saved_again = samples_save(again);
    MUST(json_equal(saved, saved_again));
    json_decref(saved);
    json_decref(saved_again);
    judge_them(s);
    return 0;
}
