#include "rule/evidence.h"

#include "rule/judge_int.h"
#include "test_rule_util.h"

static const char *const rules[] = {
    "rollback when ratio(r_total{code=\"500\"}, r_total)[2m] > 20% for 2m",
    "investigate when queue_depth in [50, 100]",
    "rollback when queue_depth > 100 for 1m missing bad",
    "ok when queue_depth < 30",
    "hold when max(load_ratio) > 70%",
    "expect queue_depth < 50 for 3m",
    "proceed when queue_depth < 4 within 4m of step",
    "investigate when 2 of 3 (http.h is down)",
    "page dba when matches(log.app, \"err\", not \"fine\")[3m] > 2",
    "rollback when p95(h_seconds)[3m] > 1s min 20 samples for 1m",
    "investigate when ratio(r_total{code=\"500\"}, r_total)[5m] > 10% confident 95%",
    "expect queue_depth within 50% of baseline",
    "expect queue_depth not worse than baseline confident 90%",
    "investigate when unit.app.crashes[5m] > 1 every 2m",
    "expect count(sql.rows : v > 5) < 3 at T+5m else hold",
    "expect slope(queue_depth[5m]) < 20/m else hold",
    "report avg(queue_depth)[5m]",
    "alert eng when http.h.json.mode != \"ok\"",
    "investigate when step.elapsed > 3m or rollback_time_left < 1h",
    "expect http.gone.status == 200",
    "investigate when absent_total[5m] > 3",
    "expect p95(h_seconds)[3m] < 2x baseline min 20 samples",
    "expect max(lag_seconds) < 5s at T+6m",
    "expect count(sql.none : v > 5) < 3",
    "investigate when unit.app.crashes > 20",
};

static struct bench scene_new(void)
{
    struct bench b = bench_new(30, 0);
    struct judge_config c = {.run = SV("r-1"),
                             .interval_us = 30 * S_US,
                             .t0_us = 0,
                             .step_us = 0,
                             .run_start_us = 0,
                             .rollback_until_us = 3600 * S_US};

    judge_free(b.j);
    b.j = judge_new(&c, b.s);
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        (void)bench_add(&b, rules[i]);
    return b;
}

static void scene_values(struct bench *b, int t)
{
    size_t http = bench_source(b, "http.h", true);
    struct sample_value mode = {.kind = t % 90 ? SAMPLES_TEXT : SAMPLES_NULL, .text = SV("blue")};

    samples_add_probe(b->s, http, bench_us(t), t % 120 < 60 ? PROBE_UP : PROBE_DOWN);
    (void)samples_add_value(b->s, http, SV("http.h.json.mode"), bench_us(t), &mode);
    samples_poll_ok(b->s, http, bench_us(t));
    samples_poll_failed(b->s, bench_source(b, "http.gone", true), bench_us(t), SV("refused"));
}

static void scene_events(struct bench *b, int t)
{
    size_t log = bench_source(b, "log.app", true), unit = bench_source(b, "unit.app", true);
    size_t sql = bench_source(b, "sql.rows", true);
    json_t *list = json_pack("[{si},{si},{si}]", "v", t / 60, "v", 6, "v", 7);

    samples_add_line(b->s, log, bench_us(t), SV("an err"));
    samples_add_line(b->s, log, bench_us(t), SV("an err, but fine"));
    samples_poll_ok(b->s, log, bench_us(t));
    (void)samples_add_events(b->s, unit, SV("unit.app.crashes"), bench_us(t), t % 60 == 0);
    samples_poll_ok(b->s, unit, bench_us(t));
    (void)samples_add_rows(b->s, sql, SV("sql.rows"), bench_us(t), list, NULL);
    samples_poll_ok(b->s, sql, bench_us(t));
    json_decref(list);
}

/* One tick; queue_depth comes and goes, so that every state is met. */
static void scene_tick(struct bench *b, int t)
{
    static const int depths[] = {3, 40, 70, 120, 130, 140, 20, 45, 60, 10};
    struct samples_key lag = {.name = SV("lag_seconds")};

    bench_push(b, "r_total{code=\"200\"}", t, t * 3);
    bench_push(b, "r_total{code=\"500\"}", t, t > 120 ? t * 2 : 0);
    if (t % 210 != 60)
        bench_push(b, "queue_depth", t, depths[(t + 1800) / 30 % (int)ARRAY_LEN(depths)]);
    bench_push(b, "load_ratio{pod=\"a\"}", t, 0.5);
    bench_push(b, "load_ratio{pod=\"b\"}", t, t % 180 ? 0.6 : 0.8);
    bench_push(b, "h_seconds_bucket{le=\"1\"}", t, t);
    bench_push(b, "h_seconds_bucket{le=\"+Inf\"}", t, t * (t > 200 ? 1.4 : 1.01));
    /* two targets that show the same series */
    (void)samples_add(b->s, bench_source(b, "one", false), &lag, bench_us(t), 1);
    (void)samples_add(b->s, bench_source(b, "two", false), &lag, bench_us(t), 2);
    samples_poll_ok(b->s, bench_source(b, "one", false), bench_us(t));
    samples_poll_ok(b->s, bench_source(b, "two", false), bench_us(t));
    bench_polled(b, t);
    scene_values(b, t);
    scene_events(b, t);
    if (t == 150)
        samples_restart(b->s, bench_us(t), SV(""));
    if (t == 0)
        judge_measure_baseline(b->j, 0);
    if (t >= 0)
        judge_tick(b->j, bench_us(t));
}

/* As it comes back from a journal. */
static json_t *written_and_read(json_t *record)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct err err = {0};
    json_t *back = NULL;

    json_write(record, &text);
    json_decref(record);
    T_OK(json_read(strbuf_sv(&text), &back, &err), err);
    return back;
}

static void must_stand(json_t *record)
{
    CLEANUP(strbuf_release) struct strbuf difference = STRBUF(0);
    struct err err = {0};
    bool same = false;

    T_OK(evidence_rejudge(record, &same, &difference, &err), err);
    if (!same)
        T_FAIL("%s at %s: %s", json_get_str(record, "text", ""), json_get_str(record, "at", ""),
               strbuf_str(&difference));
}

T(every_record_of_a_watch_can_be_judged_again)
{
    struct bench b = scene_new();
    size_t n = 0;

    for (int t = -1800; t < 0; t += 30) /* what baselines are measured from */
        scene_tick(&b, t);
    for (int t = 0; t <= 600; t += 30) {
        scene_tick(&b, t);
        for (size_t i = 0; i < judge_n_rules(b.j); i++) {
            struct judge_result r;
            json_t *record;

            judge_result(b.j, i, &r);
            if (!r.evaluated)
                continue;
            record = written_and_read(evidence_make(b.j, i));
            must_stand(record);
            json_decref(record);
            n++;
        }
    }
    T_CHECK(n > 300);
    bench_free(&b);
}

T(a_record_says_what_was_seen_and_in_what)
{
    struct bench b = bench_new(60, 0);
    json_t *record, *list;

    T_EQ(bench_add(&b, "rollback when ratio(r_total{code=\"500\"}, r_total)[2m] > 20% for 2m"), 0);
    for (int t = 0; t <= 240; t += 60) {
        bench_push(&b, "r_total{code=\"200\"}", t, t * 2);
        bench_push(&b, "r_total{code=\"500\"}", t, t * 3);
        bench_polled(&b, t);
        judge_tick(b.j, bench_us(t));
    }
    record = evidence_make(b.j, 0);
    T_EQ(json_get_int(record, "v", 0), 1);
    T_STR(json_get_str(record, "run", ""), "r-1");
    T_STR(json_get_str(record, "at", ""), "1970-01-01T00:04:00.000Z");
    T_STR(json_get_str(record, "result", ""), "true");
    T_STR(json_get_str(record, "state", ""), "fired");
    T_STR(json_get_str(record, "verdict", ""), "ROLLBACK");
    T_NEAR(json_get_real(record, "value", 0), 0.6, 1e-12);
    T_NEAR(json_get_real(record, "limit", 0), 0.2, 0);
    T_NEAR(json_get_real(record, "n", 0), 600, 0);
    T_CHECK(json_is_null(json_object_get(record, "why")));
    T_NEAR(json_get_real(json_object_get(record, "window"), "covered_s", 0), 120, 0);
    T_STR(json_get_str(json_object_get(record, "for"), "since", ""), "1970-01-01T00:01:00.000Z");
    list = json_object_get(json_object_get(record, "samples"), "r_total{code=\"500\"}");
    T_EQ(json_array_size(list), 3); /* the window, and the one before it */
    T_NEAR(json_number_value(json_array_get(json_array_get(list, 2), 0)), 240, 0);
    T_NEAR(json_number_value(json_array_get(json_array_get(list, 2), 1)), 720, 0);
    json_decref(record);
    bench_free(&b);
}

T(a_scaled_rule_and_a_row_of_a_table_are_judged_again_as_they_were)
{
    struct bench b = bench_new(1, 0);
    struct rule *r = bench_rule(&b, SV("rollback when queue_depth > 100 for 1m"));
    json_t *record;

    rule_scale(r, 0.1);
    T_EQ(judge_add(b.j, SV("scaled"), r), 0);
    T_EQ(bench_add(&b, "ok when queue_depth < 30"), 1);
    for (int t = 0; t <= 7; t++) {
        bench_push(&b, "queue_depth", t, 110);
        bench_polled(&b, t);
        judge_tick(b.j, bench_us(t));
    }
    record = evidence_make(b.j, 0);
    T_NEAR(json_get_real(record, "scale", 0), 0.1, 0);
    T_STR(json_get_str(record, "state", ""), "fired");
    must_stand(record);
    json_decref(record);
    bench_push(&b, "queue_depth", 8, 50); /* in no row */
    bench_polled(&b, 8);
    judge_tick(b.j, bench_us(8));
    record = evidence_make(b.j, 1);
    T_CHECK(json_get_bool(record, "uncovered", false));
    must_stand(record);
    json_decref(record);
    bench_free(&b);
}

T(no_data_when_the_grace_of_a_checkpoint_is_over_is_noted)
{
    struct bench b = bench_new(60, 0);
    json_t *record;

    T_EQ(bench_add(&b, "expect ratio(r_total{code=\"500\"}, r_total)[1m] < 5% at T+1m"), 0);
    for (int t = 0; t <= 900; t += 60) {
        struct judge_result r;

        bench_push(&b, "r_total{code=\"200\"}", t, t); /* no traffic to speak of */
        bench_polled(&b, t);
        judge_tick(b.j, bench_us(t));
        judge_result(b.j, 0, &r);
        if (r.no_data_at_checkpoint)
            break;
    }
    record = evidence_make(b.j, 0);
    T_STR(json_get_str(record, "note", ""), "no data at the checkpoint");
    T_STR(json_get_str(record, "verdict", ""), "INVESTIGATE");
    must_stand(record);
    json_decref(record);
    bench_free(&b);
}

T(what_was_changed_afterwards_is_found)
{
    struct bench b = bench_new(60, 0);
    CLEANUP(strbuf_release) struct strbuf difference = STRBUF(0);
    struct err err = {0};
    json_t *record, *list;
    bool same = true;

    T_EQ(bench_add(&b, "investigate when queue_depth > 100"), 0);
    bench_push(&b, "queue_depth", 0, 110);
    bench_polled(&b, 0);
    judge_tick(b.j, 0);
    record = evidence_make(b.j, 0);
    list = json_object_get(json_object_get(record, "samples"), "queue_depth");
    json_array_set_new(json_array_get(list, 0), 1, json_real(90));
    T_OK(evidence_rejudge(record, &same, &difference, &err), err);
    T_CHECK(!same);
    T_STR(
        strbuf_str(&difference),
        "result was \"true\" and is \"false\"; value was 110.0 and is 90.0; state was \"fired\" and "
        "is \"good\"; verdict was \"INVESTIGATE\" and is \"OK\"");
    json_array_set_new(json_array_get(list, 0), 1, json_real(110));
    (void)json_object_del(record, "value");
    json_put_real(record, "n", 5);
    strbuf_truncate(&difference, 0);
    T_OK(evidence_rejudge(record, &same, &difference, &err), err);
    T_STR(strbuf_str(&difference), "value was absent and is 110.0; n was 5.0 and is absent");
    json_decref(record);
    bench_free(&b);
}

T(more_samples_than_a_record_holds_are_cut_and_said_to_be)
{
    CLEANUP(strbuf_release) struct strbuf difference = STRBUF(0);
    struct bench b = bench_new(1, 0);
    size_t sql = bench_source(&b, "sql.r", true);
    json_t *record, *big = json_array();
    struct err err = {0};
    bool same;

    T_EQ(bench_add(&b, "report avg(queue_depth)[10h]"), 0);
    T_EQ(bench_add(&b, "expect count(sql.r : v > 1) < 5"), 1);
    for (unsigned i = 0; i <= EVIDENCE_SAMPLES_MAX; i++) {
        struct samples_key key = {.name = SV("queue_depth")};

        (void)samples_add(b.s, bench_source(&b, "web", false), &key, (int64_t)i * S_US, i);
        json_append(big, json_pack("{si}", "v", 0));
    }
    bench_polled(&b, EVIDENCE_SAMPLES_MAX);
    T_CHECK(samples_add_rows(b.s, sql, SV("sql.r"), bench_us(EVIDENCE_SAMPLES_MAX), big, NULL));
    samples_poll_ok(b.s, sql, bench_us(EVIDENCE_SAMPLES_MAX));
    judge_tick(b.j, bench_us(EVIDENCE_SAMPLES_MAX));
    for (size_t i = 0; i < 2; i++) {
        record = evidence_make(b.j, i);
        T_CHECK(json_get_bool(record, "samples_cut", false));
        T_EQ(evidence_rejudge(record, &same, &difference, &err), ERR_NOT_FOUND);
        json_decref(record);
    }
    json_decref(big);
    bench_free(&b);
}

static json_t *a_record(void)
{
    struct bench b = bench_new(60, 0);
    json_t *record;

    (void)bench_add(&b, "investigate when 2 of 3 (queue_depth > baseline)");
    bench_push(&b, "queue_depth", 0, 110);
    bench_polled(&b, 0);
    judge_measure_baseline(b.j, 0);
    judge_tick(b.j, 0);
    record = evidence_make(b.j, 0);
    bench_free(&b);
    return record;
}

/* What a member of the record, or with "input." of its input, becomes: JSON, or NULL to remove it. */
static const struct {
    const char *member, *becomes;
} broken_records[] = {
    {"v", "2"},
    {"input", NULL},
    {"input.at_us", NULL},
    {"input.t0_us", "null"},
    {"input.rule", "\"rollback when\""},
    {"input.rule", "\"rollback when queue_depth > 5%% and 3\""},
    {"input.rule", "\"checkpoint T+5m\""},
    {"scale", "-1"},
    {"input.store", "{}"},
    {"input.nodes", "[]"},
    {"input.nodes", "[\"TTTT\"]"},
    {"input.nodes", "[5]"},
    {"input.baseline", "[]"},
};

/* A table that a newer version reads into more rules than this one. */
T(a_table_that_the_rule_alone_is_not_is_taken_from_the_record)
{
    CLEANUP(strbuf_release) struct strbuf difference = STRBUF(0);
    json_t *record = a_record(), *input = json_object_get(record, "input");
    struct err err = {0};
    bool same;

    json_put(input, "family",
             json_pack("[{ss,sf,sf}]", "verdict", "ROLLBACK", "lo", 1.0, "hi", 2.0));
    T_OK(evidence_rejudge(record, &same, &difference, &err), err);
    json_decref(record);
}

T(a_record_that_does_not_hold_together_is_refused)
{
    json_t *whole = a_record();

    must_stand(whole);
    for (size_t i = 0; i < ARRAY_LEN(broken_records); i++) {
        CLEANUP(strbuf_release) struct strbuf difference = STRBUF(0);
        const char *name = broken_records[i].member;
        json_t *record = json_deep_copy(whole), *in = record;
        struct err err = {0};
        bool same;

        if (strncmp(name, "input.", 6) == 0) {
            name += 6;
            in = json_object_get(record, "input");
        }
        if (broken_records[i].becomes)
            json_put(in, name, json_loads(broken_records[i].becomes, JSON_DECODE_ANY, NULL));
        else
            (void)json_object_del(in, name);
        if (evidence_rejudge(record, &same, &difference, &err) != ERR_INVALID || !err.msg[0])
            T_FAIL("%s = %s is taken", broken_records[i].member, broken_records[i].becomes);
        json_decref(record);
    }
    json_decref(whole);
}

T_MAIN(T_CASE(every_record_of_a_watch_can_be_judged_again),
       T_CASE(a_record_says_what_was_seen_and_in_what),
       T_CASE(a_scaled_rule_and_a_row_of_a_table_are_judged_again_as_they_were),
       T_CASE(no_data_when_the_grace_of_a_checkpoint_is_over_is_noted),
       T_CASE(what_was_changed_afterwards_is_found),
       T_CASE(more_samples_than_a_record_holds_are_cut_and_said_to_be),
       T_CASE(a_table_that_the_rule_alone_is_not_is_taken_from_the_record),
       T_CASE(a_record_that_does_not_hold_together_is_refused))
