/* Corners of the parts that rules are judged with. */
#include "rule/judge_int.h"
#include "test_rule_util.h"

static struct val json_val(const json_t *j)
{
    return (struct val){.kind = VAL_JSON, .json = j};
}

T(values_of_json_are_the_same_by_what_they_are_worth)
{
    static const struct {
        const char *a, *b;
        bool same;
    } rows[] = {
        {"[1, 2]", "[1.0, 2]", true},          {"[1, 2]", "[1]", false},
        {"[1, 2]", "[1, 3]", false},           {"[1]", "\"1\"", false},
        {"{\"a\":1}", "{\"a\":1.0}", true},    {"{\"a\":1}", "{\"a\":1,\"b\":2}", false},
        {"{\"a\":1}", "{\"b\":1}", false},     {"9007199254740993", "9007199254740992", false},
        {"{\"a\":[1]}", "{\"a\":[2]}", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        json_t *a = json_loads(rows[i].a, JSON_DECODE_ANY, NULL);
        json_t *b = json_loads(rows[i].b, JSON_DECODE_ANY, NULL);
        struct val x = json_val(a), y = json_val(b), num = val_num(1);

        if (val_json_eq(a, b) != rows[i].same || val_same(&x, &y) != rows[i].same)
            T_FAIL("%s and %s", rows[i].a, rows[i].b);
        T_CHECK(!val_same(&x, &num));
        json_decref(a);
        json_decref(b);
    }
}

T(what_is_no_number_or_version_is_not_made_one)
{
    struct arena a = {0};
    struct val_item twice[] = {{SV("pod=\"a\""), 1}, {SV("pod=\"a\""), 2}};
    struct val v = val_num((double)NAN), many = {.kind = VAL_SERIES, .items = twice, .n_items = 2};
    int order = 7;

    T_CHECK(v.kind == VAL_NODATA && v.why == NODATA_NAN);
    T_CHECK(!val_version_cmp(SV("1.99999999999999999999"), SV("1.2"), &order));
    T_EQ(order, 7);
    v = val_arith(&a, '+', many, many);
    T_CHECK(v.kind == VAL_ERROR);
    T_SV(v.text, "two sources have a series with the same labels");
    v = val_arith(&a, '+', val_num(1), val_nodata(NODATA_STALE));
    T_CHECK(v.kind == VAL_NODATA && v.why == NODATA_STALE);
    arena_release(&a);
}

T(buckets_of_several_pods_are_one_histogram)
{
    struct dist_bucket b[] = {{2, 5},        {1, 1},           {2, 7},
                              {HUGE_VAL, 9}, {(double)NAN, 3}, {HUGE_VAL, 8}};
    double inf = -1;

    T_EQ(dist_tidy(b, ARRAY_LEN(b), &inf), 2);
    T_NEAR(inf, 17, 0);
    T_NEAR(b[0].le, 1, 0);
    T_NEAR(b[1].c, 12, 0);
}

T(fixed_spans_are_scaled_together)
{
    struct rule_times t = rule_times_default(), whole = t;

    rule_times_scale(&t, 0.5);
    T_EQ(t.stale_us, whole.stale_us / 2);
    T_EQ(t.fresh_us, whole.fresh_us / 2);
    T_EQ(t.restart_us, whole.restart_us / 2);
    T_EQ(t.slack_us, whole.slack_us / 2);
    T_EQ(t.grace_us, whole.grace_us / 2);
    T_EQ(t.late_us, whole.late_us / 2);
    T_EQ(t.baseline_us, whole.baseline_us / 2);
    T_EQ(t.cell_us, whole.cell_us / 2);
}

static struct dim_text band_of(struct bench *b, const char *text)
{
    struct rule_bands bands = {0};
    struct dim_text r = {"none"};

    rule_bands_add(&b->a, bench_rule(b, sv_from(text)), &bands);
    if (bands.list.n == 1)
        r = band_range_text(&bands.list.v[0].band.value);
    vec_release(&bands.list);
    return r;
}

T(a_rule_is_a_range_of_its_table_also_when_it_is_turned_round)
{
    struct bench b = bench_new(60, 0);

    T_STR(band_of(&b, "rollback when queue_depth > 5").s, "(5, inf)");
    T_STR(band_of(&b, "rollback when not (queue_depth > 5)").s, "(-inf, 5]");
    T_STR(band_of(&b, "rollback when not (queue_depth <= 5)").s, "(5, inf)");
    T_STR(band_of(&b, "rollback when not (queue_depth in [1, 5])").s, "none");
    T_STR(band_of(&b, "rollback when queue_depth in [1, 5)").s, "[1, 5)");
    T_STR(band_of(&b, "rollback when queue_depth in [1, other_depth]").s, "none");
    T_STR(band_of(&b, "rollback when queue_depth != 5").s, "none");
    bench_free(&b);
}

T(what_has_no_unit_that_is_known_is_calculated_with)
{
    struct bench b = bench_new(60, 0);

    T_EQ(bench_rule(&b, SV("expect sql.a.x * 2 < sql.a.y / sql.a.z"))->expr->a->type.dim, DIM_ANY);
    bench_free(&b);
}

T(a_baseline_can_be_given_by_hand)
{
    struct bench b = bench_new(60, 0);

    T_EQ(bench_add(&b, "investigate when queue_depth > 2x baseline"), 0);
    judge_set_baseline(b.j, 0, 4);
    bench_push(&b, "queue_depth", 0, 9);
    bench_polled(&b, 0);
    T_EQ(bench_tick(&b, 0).result, RESULT_TRUE);
    judge_set_baseline(b.j, 0, 5);
    bench_push(&b, "queue_depth", 60, 9);
    bench_polled(&b, 60);
    T_EQ(bench_tick(&b, 60).result, RESULT_FALSE);
    bench_free(&b);
}

T(seconds_per_second_are_a_share)
{
    struct bench b = bench_new(60, 0);
    const struct rule *r;

    rule_env_add_source(b.env, &(struct rule_source){.name = SV("cpu_seconds_total"),
                                                     .kind = SOURCE_COUNTER,
                                                     .type = {DIM_TIME, false}});
    r = bench_rule(&b, SV("expect rate(cpu_seconds_total[5m]) < 2s/m * 3"));
    T_EQ(r->expr->a->type.dim, DIM_RATIO);
    T_EQ(r->expr->b->type.dim, DIM_RATIO);
    bench_free(&b);
}

T(the_window_of_an_alias_goes_to_what_looks_at_one)
{
    struct bench b = bench_new(60, 0);
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    bench_alias(&b, "size", "abs(max(queue_depth))");
    rule_print(bench_rule(&b, SV("expect size[5m] > 1")), &text);
    T_STR(strbuf_str(&text), "expect abs(max(queue_depth)[5m]) > 1");
    strbuf_truncate(&text, 0);
    rule_print(bench_rule(&b, SV("expect size[5m] not worse than baseline by 5%")), &text);
    T_STR(strbuf_str(&text), "expect abs(max(queue_depth)[5m]) not worse than baseline by 5%");
    bench_free(&b);
}

/* ---- what a rule is when there is nothing, or something odd, to see ---- */

static void want(struct bench *b, size_t rule, double t, const char *result, const char *why)
{
    struct judge_result r;

    judge_tick(b->j, bench_us(t));
    judge_result(b->j, rule, &r);
    if (strcmp(judge_result_names[r.result], result) != 0 ||
        !(why ? r.why.p && sv_eq(r.why, sv_from(why)) : !r.why.p))
        T_FAIL("%.*s: is %s %.*s", SV_FMT(r.id), judge_result_names[r.result], SV_FMT(r.why));
}

T(nothing_to_see_is_no_data_and_a_refusal_an_error)
{
    struct bench b = bench_new(60, 0);

    T_EQ(bench_add(&b, "investigate when step.elapsed > 3m"), 0);
    T_EQ(bench_add(&b, "expect http.h.text contains \"a\""), 1);
    T_EQ(bench_add(&b, "investigate when http.h is down"), 2);
    T_EQ(bench_add(&b, "expect http.h.up"), 3);
    T_EQ(bench_add(&b, "expect queue_depth + other_depth < 3"), 4);
    samples_poll_failed(b.s, bench_source(&b, "http.h", true), 0, SV("refused"));
    want(&b, 0, 0, "NODATA", "no-series");
    want(&b, 1, 0, "ERROR", "refused");
    want(&b, 2, 0, "ERROR", "refused");
    want(&b, 3, 0, "ERROR", "refused");
    want(&b, 4, 0, "NODATA", "no-series");
    bench_free(&b);
}

T(a_source_that_is_asked_once_does_not_go_stale)
{
    struct bench b = bench_new(60, 0);
    size_t src = samples_source(b.s, SV("cmd.t"), 0, true);
    struct sample_value v = {.kind = SAMPLES_NUM, .num = 0};

    T_EQ(bench_add(&b, "expect cmd.t.exit == 0"), 0);
    T_CHECK(samples_add_value(b.s, src, SV("cmd.t.exit"), 0, &v));
    samples_poll_ok(b.s, src, 0);
    want(&b, 0, 0, "true", NULL);
    want(&b, 0, 80000, "true", NULL);
    bench_free(&b);
}

T(a_series_that_is_gone_has_no_part_in_a_window)
{
    struct bench b = bench_new(60, 0);

    T_EQ(bench_add(&b, "expect increase(r_total[30m]) == 30"), 0);
    T_EQ(bench_add(&b, "expect p50(raw_seconds)[30m] <= 1s min 1 samples"), 1);
    bench_push(&b, "r_total{pod=\"old\"}", 0, 5);
    bench_push(&b, "raw_seconds{pod=\"old\"}", 0, 50);
    bench_polled(&b, 0);
    for (int t = 60; t <= 3900; t += 60) {
        bench_push(&b, "r_total{pod=\"new\"}", t, t / 60.0);
        bench_push(&b, "raw_seconds{pod=\"new\"}", t, 1);
        bench_polled(&b, t);
        if (t == 3540) /* what is forgotten from here on is swept at 4140 */
            judge_tick(b.j, bench_us(t));
    }
    want(&b, 0, 3900, "true", NULL);
    want(&b, 1, 3900, "true", NULL);
    T_EQ(samples_n_series(b.s), 4);
    bench_free(&b);
}

T(rows_of_a_window_are_put_together_anew_at_each_look)
{
    struct bench b = bench_new(60, 0);
    size_t src = bench_source(&b, "sql.r", true);

    T_EQ(bench_add(&b, "expect count(sql.r[5m] where v > 1) == 2"), 0);
    for (int t = 60; t <= 360; t += 60) {
        json_t *rows = json_pack("[{si},{si}]", "v", 2 + (t > 60), "v", 0);

        T_CHECK(samples_add_rows(b.s, src, SV("sql.r"), bench_us(t), rows, NULL));
        samples_poll_ok(b.s, src, bench_us(t));
        json_decref(rows);
        want(&b, 0, t, t > 60 && t < 360 ? "true" : "false", NULL); /* then the 2 has left it */
    }
    bench_free(&b);
}

T(too_little_traffic_is_not_compared_with_the_baseline)
{
    struct bench b = bench_new(60, 0);

    T_EQ(bench_add(&b, "expect ratio(bad_total, all_total)[2m] not worse than baseline"), 0);
    for (int t = -1800; t <= 240; t += 60) {
        bench_push(&b, "bad_total", t, t > 0 ? 0 : (t + 1800) / 10.0);
        bench_push(&b, "all_total", t, t > 0 ? 20000 + t / 10.0 : (t + 1800) * 10.0);
        bench_polled(&b, t);
        if (t == 0)
            judge_measure_baseline(b.j, 0);
    }
    want(&b, 0, 240, "NODATA", "no-traffic");
    bench_free(&b);
}

/* ---- recover ---- */

T(a_rule_recovers_also_when_it_is_turned_round)
{
    struct bench b = bench_new(60, 0);

    T_EQ(bench_add(&b, "investigate when not (queue_depth < 50) recover 20"), 0);
    for (int t = 0; t <= 120; t += 60) {
        static const double depth[] = {60, 40, 20};

        bench_push(&b, "queue_depth", t, depth[t / 60]);
        bench_polled(&b, t);
        want(&b, 0, t, t < 120 ? "true" : "false", NULL);
    }
    bench_free(&b);
}

T(a_percentile_may_leave_open_whether_it_has_recovered)
{
    struct bench b = bench_new(60, 0);

    T_EQ(bench_add(&b, "investigate when p50(h_seconds)[1m] > 1s min 1 samples recover 0.7s"), 0);
    for (int t = 0; t <= 120; t += 60) {
        int n = t / 60;

        bench_push(&b, "h_seconds_bucket{le=\"0.5\"}", t, 0);
        bench_push(&b, "h_seconds_bucket{le=\"1\"}", t, n == 2 ? 10 : 0);
        bench_push(&b, "h_seconds_bucket{le=\"+Inf\"}", t, n * 10);
        bench_polled(&b, t);
        judge_tick(b.j, bench_us(t));
        if (n == 1)
            want(&b, 0, t, "true", NULL);
    }
    want(&b, 0, 120, "NODATA", "between-buckets");
    bench_free(&b);
}

/* ---- the judge ---- */

T(a_gate_that_is_put_off_keeps_what_it_said)
{
    struct bench b = bench_new(60, 0);
    struct judge_result r;

    T_EQ(bench_add(&b, "expect queue_depth < 5 for 1m"), 0);
    for (int t = 0; t <= 60; t += 60) {
        bench_push(&b, "queue_depth", t, 1);
        bench_polled(&b, t);
        r = bench_tick(&b, t);
    }
    T_EQ(r.state, STATE_PASSED);
    judge_set_t0(b.j, bench_us(600));
    r = bench_tick(&b, 120);
    T_CHECK(r.state == STATE_PASSED && !r.evaluated);
    bench_free(&b);
}

T(what_a_report_could_only_say_roughly_is_saved_as_that)
{
    struct bench b = bench_new(60, 0), c = bench_new(60, 0);
    struct judge_result r;
    struct err err = {0};
    json_t *state;

    T_EQ(bench_add(&b, "report p95(h_seconds)[5m]"), 0);
    T_EQ(bench_add(&c, "report p95(h_seconds)[5m]"), 0);
    for (int t = 0; t <= 60; t += 60) {
        bench_push(&b, "h_seconds_bucket{le=\"1\"}", t, 0);
        bench_push(&b, "h_seconds_bucket{le=\"+Inf\"}", t, t * 5);
        bench_polled(&b, t);
        r = bench_tick(&b, t);
    }
    T_CHECK(r.at_least && r.has_value);
    state = judge_save(b.j);
    T_OK(judge_restore(c.j, state, &err), err);
    judge_result(c.j, 0, &r);
    T_CHECK(r.at_least);
    json_decref(state);
    bench_free(&b);
    bench_free(&c);
}

T(k_of_n_is_found_wherever_it_stands)
{
    struct bench b = bench_new(60, 0), c = bench_new(60, 0);
    const char *rule =
        "investigate when queue_depth > 5 and (1 of 2 (http.h is down) or 2 of 3 (http.g is down))";
    struct err err = {0};
    json_t *state;

    T_EQ(bench_add(&b, rule), 0);
    T_EQ(bench_add(&c, rule), 0);
    judge_tick(b.j, 0);
    state = judge_save(b.j);
    T_OK(judge_restore(c.j, state, &err), err);
    T_EQ(rule_prog_kofn_max(c.j->rules.v[0].prog, 0), 2);
    T_EQ(rule_prog_kofn_max(c.j->rules.v[0].prog, 1), 3);
    json_decref(state);
    bench_free(&b);
    bench_free(&c);
    {
        CLEANUP(judge_freep) struct judge *none = NULL;

        judge_free(none);
        rule_prog_free(NULL);
    }
}

T(two_rules_of_the_same_lines_share_them)
{
    struct bench b = bench_new(60, 0);
    size_t log = bench_source(&b, "log.app", true);

    T_EQ(bench_add(&b, "investigate when matches(log.app, \"err\")[5m] > 1"), 0);
    T_EQ(bench_add(&b, "rollback when matches(log.app, \"err\")[5m] > 0"), 1);
    samples_add_line(b.s, log, 0, SV("err"));
    samples_poll_ok(b.s, log, 0);
    T_EQ(samples_n_series(b.s), 1);
    judge_set_t0(b.j, -S_US);
    want(&b, 0, 0, "false", NULL);
    want(&b, 1, 0, "true", NULL);
    bench_free(&b);
}

/* ---- checkpoints ---- */

static const char *const baseline_rules[] = {
    "rollback when max(queue_depth) > 2x baseline",
    "expect min(free_share) > 0.5x baseline",
    "investigate when queue_depth within 50% of baseline", /* neither end is worse */
    "investigate when queue_depth > baseline + 10% baseline 30",
    "expect queue_depth not worse than baseline",
    "rollback when queue_depth > 100",
    "checkpoint T+10m: baseline",
    "checkpoint T+5m: baseline",
    "checkpoint T+1h: all",
    "checkpoint T+2h: depth",
    "expect queue_depth < 7 at step+1m",
};

static bool judges(const struct bench *b, size_t checkpoint, const char *id)
{
    struct judge_result r;
    size_t rule;

    for (size_t i = 0; (rule = judge_checkpoint_rule(b->j, checkpoint, i)) != SIZE_MAX; i++) {
        judge_result(b->j, rule, &r);
        if (sv_eq(r.id, sv_from(id)))
            return true;
    }
    return false;
}

/* R44: what is compared with the baseline is compared as "not worse" there. */
T(a_checkpoint_of_the_baseline_judges_what_speaks_of_it)
{
    struct bench b = bench_new(60, 0);
    struct judge_checkpoint cp;
    struct judge_result r;
    size_t own = 8; /* rules that were added; those that checkpoints derive follow */

    for (size_t i = 0; i < ARRAY_LEN(baseline_rules); i++)
        (void)bench_add(&b, baseline_rules[i]);
    T_EQ(judge_add(b.j, SV("depth"), bench_rule(&b, SV("hold when queue_depth > 90"))), 7);
    bench_push(&b, "queue_depth", 0, 3);
    bench_polled(&b, 0);
    judge_tick(b.j, 0);
    T_EQ(judge_n_checkpoints(b.j), 5);
    judge_checkpoint(b.j, 0, &cp);
    T_SV(cp.id, "T+5m");
    judge_checkpoint(b.j, 4, &cp);
    T_SV(cp.id, "step+1m");
    T_EQ(cp.due_us, JUDGE_UNSET);
    T_EQ(judge_n_rules(b.j), own + 2);
    for (size_t i = 0; i < 2; i++) {
        T_CHECK(judges(&b, i, "rollback when max(queue_depth) > 2x baseline/baseline"));
        T_CHECK(judges(&b, i, "expect min(free_share) > 0.5x baseline/baseline"));
        T_CHECK(judges(&b, i, baseline_rules[2]) && judges(&b, i, baseline_rules[3]));
        T_CHECK(judges(&b, i, baseline_rules[4]) && !judges(&b, i, baseline_rules[5]));
        T_CHECK(!judges(&b, i, baseline_rules[0]));
    }
    T_CHECK(judges(&b, 3, "depth"));
    T_CHECK(judges(&b, 2, baseline_rules[5]) && judges(&b, 2, baseline_rules[0]));
    judge_result(b.j, own, &r);
    T_SV(r.rule->text, "expect max(queue_depth) not worse than baseline at T+5m");
    T_EQ(b.j->rules.v[own].rule->expr->worse, WORSE_UP);
    T_EQ(b.j->rules.v[own + 1].rule->expr->worse, WORSE_DOWN);
    bench_free(&b);
}

/* The binding knows which direction is worse. */
T(a_direction_that_is_bound_is_taken_over)
{
    struct bench b = bench_new(60, 0);

    rule_env_add_source(
        b.env,
        &(struct rule_source){.name = SV("good_depth"), .kind = SOURCE_GAUGE, .worse = WORSE_DOWN});
    T_EQ(bench_add(&b, "investigate when good_depth within 50% of baseline"), 0);
    T_EQ(bench_add(&b, "checkpoint T+5m: baseline"), 0);
    judge_tick(b.j, 0);
    T_EQ(judge_n_rules(b.j), 2);
    T_EQ(b.j->rules.v[1].rule->expr->worse, WORSE_DOWN);
    bench_free(&b);
}

T(a_person_can_have_a_closed_checkpoint_judged_again_or_roll_back)
{
    struct bench b = bench_new(60, 0);
    struct judge_checkpoint cp;

    T_EQ(bench_add(&b, "expect queue_depth < 5 at T+1m"), 0);
    for (int t = 0; t <= 60; t += 60) {
        bench_push(&b, "queue_depth", t, 9);
        bench_polled(&b, t);
        T_CHECK(!judge_answer(b.j, 0, CHECK_GO_ON)); /* nothing was asked yet */
        judge_tick(b.j, bench_us(t));
    }
    T_STR(bench_verdict(&b), "INVESTIGATE");
    T_CHECK(judge_answer(b.j, 0, CHECK_AGAIN));
    judge_checkpoint(b.j, 0, &cp);
    T_CHECK(cp.phase == CHECK_OPEN && cp.judged_us == JUDGE_UNSET && cp.closed_us == JUDGE_UNSET);
    bench_push(&b, "queue_depth", 120, 9);
    bench_polled(&b, 120);
    judge_tick(b.j, bench_us(120));
    judge_checkpoint(b.j, 0, &cp);
    T_CHECK(cp.phase == CHECK_CLOSED && cp.closed_us == bench_us(120));
    T_CHECK(judge_answer(b.j, 0, CHECK_ROLL_BACK));
    T_STR(bench_verdict(&b), "ROLLBACK");
    judge_tick(b.j, bench_us(180));
    T_STR(bench_verdict(&b), "ROLLBACK");
    bench_free(&b);
}

T_MAIN(T_CASE(values_of_json_are_the_same_by_what_they_are_worth),
       T_CASE(what_is_no_number_or_version_is_not_made_one),
       T_CASE(buckets_of_several_pods_are_one_histogram), T_CASE(fixed_spans_are_scaled_together),
       T_CASE(a_rule_is_a_range_of_its_table_also_when_it_is_turned_round),
       T_CASE(what_has_no_unit_that_is_known_is_calculated_with),
       T_CASE(a_baseline_can_be_given_by_hand), T_CASE(seconds_per_second_are_a_share),
       T_CASE(the_window_of_an_alias_goes_to_what_looks_at_one),
       T_CASE(nothing_to_see_is_no_data_and_a_refusal_an_error),
       T_CASE(a_source_that_is_asked_once_does_not_go_stale),
       T_CASE(a_series_that_is_gone_has_no_part_in_a_window),
       T_CASE(rows_of_a_window_are_put_together_anew_at_each_look),
       T_CASE(too_little_traffic_is_not_compared_with_the_baseline),
       T_CASE(a_rule_recovers_also_when_it_is_turned_round),
       T_CASE(a_percentile_may_leave_open_whether_it_has_recovered),
       T_CASE(a_gate_that_is_put_off_keeps_what_it_said),
       T_CASE(what_a_report_could_only_say_roughly_is_saved_as_that),
       T_CASE(k_of_n_is_found_wherever_it_stands), T_CASE(two_rules_of_the_same_lines_share_them),
       T_CASE(a_checkpoint_of_the_baseline_judges_what_speaks_of_it),
       T_CASE(a_direction_that_is_bound_is_taken_over),
       T_CASE(a_person_can_have_a_closed_checkpoint_judged_again_or_roll_back))
