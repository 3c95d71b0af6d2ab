/* What an expression is at a moment: leaves, rows, arithmetic, the unknown. */
#include "test_rule_util.h"

/* One value, bool or null of a member, pushed by its own source. */
static void put(struct bench *b, const char *source, const char *name, double t, const char *json)
{
    json_t *v = json_loads(json, JSON_DECODE_ANY, NULL);
    size_t src = bench_source(b, source, true);
    struct sample_value s = {.kind = SAMPLES_NULL};

    T_CHECK(v);
    if (json_is_number(v))
        s = (struct sample_value){.kind = SAMPLES_NUM, .num = json_number_value(v)};
    else if (json_is_boolean(v))
        s = (struct sample_value){.kind = SAMPLES_BOOL, .num = json_is_true(v)};
    else if (json_is_string(v))
        s = (struct sample_value){.kind = SAMPLES_TEXT, .text = sv_from(json_string_value(v))};
    (void)samples_add_value(b->s, src, sv_from(name), bench_us(t), &s);
    samples_poll_ok(b->s, src, bench_us(t));
    json_decref(v);
}

static void put_rows(struct bench *b, const char *source, const char *name, double t,
                     const char *rows, const char *old)
{
    json_t *r = json_loads(rows, 0, NULL), *o = old ? json_loads(old, 0, NULL) : NULL;
    size_t src = bench_source(b, source, true);

    T_CHECK(r && (o || !old));
    T_CHECK(samples_add_rows(b->s, src, sv_from(name), bench_us(t), r, o));
    samples_poll_ok(b->s, src, bench_us(t));
    json_decref(r);
    json_decref(o);
}

/* "true", "false", "NODATA reason" or "ERROR text" of the rule after a tick at t. */
static char *answer(struct bench *b, size_t rule, double t)
{
    struct strbuf out = STRBUF(0);
    struct judge_result r;

    judge_tick(b->j, bench_us(t));
    judge_result(b->j, rule, &r);
    strbuf_add_str(&out, judge_result_names[r.result]);
    if (r.why.p)
        strbuf_addf(&out, " %.*s", SV_FMT(r.why));
    return strbuf_steal_str(&out);
}

struct expectation {
    const char *rule, *want;
};

/* All rules at once: they see the same samples. */
static void want_all(struct bench *b, const struct expectation *e, size_t n, double t)
{
    for (size_t i = 0; i < n; i++) {
        char *got = answer(b, i, t);

        if (strcmp(got, e[i].want) != 0)
            T_FAIL("%s: is '%s' and should be '%s'", e[i].rule, got, e[i].want);
        free(got);
    }
}

static void add_all(struct bench *b, const struct expectation *e, size_t n)
{
    for (size_t i = 0; i < n; i++)
        T_EQ(bench_add(b, e[i].rule), i);
}

static const struct expectation of_members[] = {
    {"expect http.h.status == 200", "true"},
    {"expect http.h.json.state == \"healthy\"", "true"},
    {"expect http.h.json.state != \"healthy\"", "false"},
    {"expect http.h.json.state contains \"health\"", "true"},
    {"expect http.h.json.state matches \"^h.*y$\"", "true"},
    {"expect http.h.json.state matches \"^y\"", "false"},
    {"expect http.h.json.state in {\"ok\", \"healthy\"}", "true"},
    {"expect unit.app.active == true", "true"},
    {"expect unit.app.active", "true"},
    {"expect not unit.app.active", "false"},
    {"expect http.h.json.gone is null", "true"},
    {"expect http.h.json.gone is not null", "false"},
    {"expect http.h.json.gone == 5", "false"},
    {"expect http.h.json.gone != 5", "NODATA null"}, /* no good news of what is not known */
    {"expect not (http.h.json.gone == 5)", "true"},
    {"expect http.h.json.gone in {1, 2}", "false"},
    {"expect http.h.json.gone + 1 > 0", "NODATA null"},
    {"expect http.h.json.gone contains \"x\"", "false"},
    {"expect abs(http.h.json.gone) within 5 of 3", "NODATA null"},
    {"expect http.h.status is null", "false"},
    {"expect http.h.status - 100 == 100", "true"},
    {"expect -http.h.status == -200", "true"},
    {"expect abs(-http.h.status) == 200", "true"},
    {"expect http.h.status within 1 of 201", "true"},
    {"expect http.h.status within 10% of 190", "true"},
    {"expect http.h.status within 5% of 190", "false"},
    {"expect http.h.status in [200, 300)", "true"},
    {"expect http.h.status in (200, 300)", "false"},
    {"expect http.h.status in [100, 200]", "true"},
    {"expect http.h.status in [100, 200)", "false"},
    {"expect http.h.json.state > 5", "ERROR values of different kinds are compared"},
    {"expect http.h.json.state + 5 > 5", "ERROR a value that is no number"},
    {"expect http.h.status contains \"2\"", NULL},
    {"expect http.h.absent == 5", NULL},
    {"expect http.x.status == 200", "NODATA no-series"},
    {"expect http.x.status is missing", "true"},
    {"expect http.h.status is missing", "false"},
    {"expect http.h.status is stale", "false"},
    {"expect http.h.json.state is missing", "false"},
    {"expect version(cmd.v.out) >= version(\"3.9\")", "true"},
    {"expect version(cmd.v.out) == version(\"3.11.0\")", "true"},
    {"expect version(cmd.v.out) < version(\"3.11.0.1\")", "true"},
    {"expect version(http.h.json.gone) > version(\"1\")", "NODATA null"},
    {"rollback when http.h.json.gone > 5", "NODATA null"},
    {"expect http.h.json.gone in [1, 2]", "NODATA null"},
    {"expect http.h.json.gone", "NODATA null"},
    {"expect http.h.json.gone is not null and http.h.json.gone > 5", "false"},
    {"expect version(http.h.json.state) > version(\"1\")", "ERROR no version: 'healthy'"},
    {"expect http.h.status / 0 > 1", "NODATA zero-denominator"},
    {"expect tls.t.not_after > now + 30d", "true"},
    {"expect tls.t.not_after - now > 60d", "true"},
    {"expect tls.t.not_after > deploy + 365d", "false"},
    {"expect deploy <= now", "true"},
    {"expect 5 < 6 and 7 > 6", "true"},
    {"expect true", "true"},
    {"expect \"a\" == \"a\"", "true"},
    {"expect abs(http.h.json.state) > 1", "ERROR a value that is no number"},
    {"expect -http.h.json.state > 1", "ERROR a value that is no number"},
    {"expect http.h.json.state", "ERROR a value that is neither true nor false"},
    {"expect http.h.json.state within 5 of 1", "ERROR a value that is no number"},
    {"expect version(http.h.json.num) > version(\"1\")",
     "ERROR the version of something that is no text"},
    {"expect http.h.json.state > http.h.json.state", "ERROR values without an order are compared"},
    {"expect max(http.h.json.state) > 1", "ERROR a value that is no number"},
    {"expect max(http.h.json.num) == 7", "true"},
    {"expect http.h.json.num contains \"7\"", "ERROR a value that is no text"},
    {"expect http.h.json.flag is up", "true"},
    {"expect http.h.json.flag is down", "false"},
    {"expect http.h.json.gone is up", "NODATA null"},
};

T(members_are_numbers_texts_bools_and_null)
{
    struct bench b = bench_new(60, 0);
    struct arena a = {0};
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_LEN(of_members); i++) {
        struct rule *r, *c;

        T_OK(rule_parse(&a, sv_from(of_members[i].rule), &r, &b.diag, &b.err), b.err);
        if (!of_members[i].want) { /* refused: a number has no text, no such member */
            T_EQ(rule_check(&a, r, b.env, &c, NULL, &b.err), ERR_INVALID);
            continue;
        }
        T_OK(rule_check(&a, r, b.env, &c, NULL, &b.err), b.err);
        T_EQ(judge_add(b.j, sv_from(of_members[i].rule), c), n);
        n++;
    }
    put(&b, "http.h", "http.h.status", 60, "200");
    put(&b, "http.h", "http.h.json.state", 60, "\"healthy\"");
    put(&b, "http.h", "http.h.json.gone", 60, "null");
    put(&b, "http.h", "http.h.json.num", 60, "7");
    put(&b, "http.h", "http.h.json.flag", 60, "true");
    put(&b, "unit.app", "unit.app.active", 60, "true");
    put(&b, "cmd.v", "cmd.v.out", 60, "\"Python 3.11\"");
    put(&b, "tls.t", "tls.t.not_after", 60, "\"1970-03-15T00:00:00Z\"");
    for (size_t i = 0, k = 0; i < ARRAY_LEN(of_members); i++) {
        char *got;

        if (!of_members[i].want)
            continue;
        got = answer(&b, k++, 60);
        if (strcmp(got, of_members[i].want) != 0)
            T_FAIL("%s: is '%s' and should be '%s'", of_members[i].rule, got, of_members[i].want);
        free(got);
    }
    arena_release(&a);
    bench_free(&b);
}

T(a_failed_poll_of_a_strict_source_is_an_error_and_of_a_target_is_not)
{
    static const struct expectation e[] = {
        {"expect http.h.status == 200", "ERROR connection refused"},
        {"expect queue_depth < 10", "true"},
        {"expect http.h.status == 200 or queue_depth < 10", "true"},
        {"expect http.h.status == 200 and queue_depth > 10", "false"},
        {"expect http.h.status == 200 and nothing_there > 10", "ERROR connection refused"},
        {"expect nothing_there > 10 and http.h.status == 200", "ERROR connection refused"},
        {"expect nothing_there > 10 or nothing_else > 1", "NODATA no-series"},
        {"expect http.h.status is missing", "false"},
        {"expect unit.app.crashes[5m] == 0", "ERROR the poll failed"},
        {"expect matches(log.app, \"x\")[5m] == 0", "ERROR no permission"},
        {"expect avg(http.h.status)[5m] > 1", "ERROR connection refused"},
        {"expect slope(http.h.status[5m]) > 1/s", "ERROR connection refused"},
        {"expect increase(http.h.status[5m]) > 1", "ERROR connection refused"},
        {"expect ratio(http.h.status, http.h.status)[5m] > 1%", "ERROR connection refused"},
        {"expect p50(http.h.status)[5m] > 1 min 5 samples", "ERROR connection refused"},
        {"expect count(sql.deals) > 1", "ERROR no such table"},
        {"expect 3 in {1} or sql.x.value > 3", "NODATA no-series"},
        {"expect http.h.status not worse than baseline", "ERROR connection refused"},
    };
    struct bench b = bench_new(60, 0);

    add_all(&b, e, ARRAY_LEN(e));
    put(&b, "http.h", "http.h.status", 60, "200");
    bench_push(&b, "queue_depth", 60, 3);
    bench_polled(&b, 60);
    samples_poll_failed(b.s, bench_source(&b, "web", false), bench_us(120), SV("timeout"));
    samples_poll_failed(b.s, bench_source(&b, "http.h", true), bench_us(120),
                        SV("connection refused"));
    samples_poll_failed(b.s, bench_source(&b, "unit.app", true), bench_us(120),
                        (struct sv){NULL, 0});
    samples_poll_failed(b.s, bench_source(&b, "log.app", true), bench_us(120), SV("no permission"));
    samples_poll_failed(b.s, bench_source(&b, "sql.deals", true), bench_us(120),
                        SV("no such table"));
    want_all(&b, e, ARRAY_LEN(e), 120);
    bench_free(&b);
}

/* What is not there compares with nothing: neither "<" nor ">" is false of it. */
T(a_value_without_data_is_no_data_and_one_that_could_not_be_had_is_an_error)
{
    static const struct expectation e[] = {
        {"rollback when prom.gone > 5", "NODATA no-series"},
        {"expect prom.gone < 5", "NODATA no-series"},
        {"expect prom.gone is missing", "true"},
        {"expect prom.gone is null", "NODATA no-series"},
        {"expect prom.many < 5", "ERROR 2 series where one number is wanted"},
        {"expect sql.nil.value < 5", "NODATA null"},
        {"rollback when sql.nil.value > 5", "NODATA null"}, /* neither is it above */
        {"expect sql.nil.value == 5", "NODATA null"},
        {"expect sql.nil.value is null", "true"},
    };
    static const struct {
        const char *source, *name;
        struct sample_value v;
    } values[] = {
        {"prom.gone", "prom.gone.value", {.kind = SAMPLES_ABSENT}},
        {"prom.many",
         "prom.many.value",
         {.kind = SAMPLES_FAULT, .text = SV("2 series where one number is wanted")}},
        {"sql.nil", "sql.nil.value", {.kind = SAMPLES_NULL}},
    };
    struct bench b = bench_new(60, 0);

    add_all(&b, e, ARRAY_LEN(e));
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        size_t src = bench_source(&b, values[i].source, true);
        const struct sample_value seven = {.kind = SAMPLES_NUM, .num = 7};

        (void)samples_add_value(b.s, src, sv_from(values[i].name), bench_us(0), &seven);
        samples_poll_ok(b.s, src, bench_us(0));
        (void)samples_add_value(b.s, src, sv_from(values[i].name), bench_us(60), &values[i].v);
        samples_poll_ok(b.s, src, bench_us(60));
    }
    want_all(&b, e, ARRAY_LEN(e), 60);
    bench_free(&b);
}

T(series_meet_by_their_labels_and_want_an_aggregate)
{
    static const struct expectation e[] = {
        {"expect used > 1", "ERROR 2 series and no aggregate around them"},
        {"expect max(used) == 8", "true"},
        {"expect min(used) == 3", "true"},
        {"expect sum(used) == 11", "true"},
        {"expect avg(used) == 5.5", "true"},
        {"expect used{pool=\"a\"} == 3", "true"},
        {"expect max(used / size) == 80%", "true"},
        {"expect min(used / size) == 60%", "true"},
        {"expect max(used * 2) == 16", "true"},
        {"expect max(10 - used) == 7", "true"},
        {"expect max(-used) == -3", "true"},
        {"expect max(used / 0) == 1", "NODATA zero-denominator"},
        {"expect max(used{pool=\"a\"} / used{pool=\"b\"}) > 1%",
         "ERROR no two series with the same labels"},
        {"expect max(size / nil) > 1%", "NODATA zero-denominator"},
        {"expect used{pool=~\"a|b\"} > 1", "ERROR 2 series and no aggregate around them"},
        {"expect used{pool!~\"a.*\"} == 8", "true"},
        {"expect used{pool!=\"b\",zone=\"\"} == 3", "true"},
        {"expect used{pool=\"c\"} == 3", "NODATA no-series"},
        {"expect used{pool=\"a\"} / size{pool=\"a\"} == 60%", "true"},
        {"expect abs(max(used)) == 8", "true"},
        {"expect max(used + nil) == 8", "true"},
    };
    struct bench b = bench_new(60, 0);

    add_all(&b, e, ARRAY_LEN(e));
    for (int t = 0; t <= 120; t += 60) {
        bench_push(&b, "used{pool=\"a\"}", t, 3);
        bench_push(&b, "used{pool=\"b\"}", t, t == 60 ? 6 : 8);
        bench_push(&b, "size{pool=\"b\"}", t, 10);
        bench_push(&b, "size{pool=\"a\"}", t, 5);
        bench_push(&b, "nil{pool=\"b\"}", t, 0);
        bench_polled(&b, t);
    }
    want_all(&b, e, ARRAY_LEN(e), 120);
    bench_free(&b);
}

T(rates_and_windows_of_several_series)
{
    static const struct expectation e[] = {
        {"expect max(rate(reqs_total[2m])) == 2/s", "true"},
        {"expect sum(increase(reqs_total[2m])) == 300", "true"},
        {"expect rate(reqs_total[2m]) == 2.5/s", "true"},
        {"expect rate(reqs_total[2m]) == 150/m", "true"},
        {"expect 150/m == rate(reqs_total[2m])", "true"},
        {"expect rate(reqs_total[2m]) in [149/m, 151/m]", "true"},
        {"expect rate(reqs_total[2m]) within 1/m of 150/m", "true"},
        {"expect sum(reqs_total[2m]) == 300", "true"},
        {"expect reqs_total[2m] == 300", "true"},
        {"expect max(avg(used[2m])) == 7", "true"},
        {"expect avg(used[2m]) == 5", "true"},
        {"expect max(used)[2m] == 8", "true"},
        {"expect min(used)[2m] == 3", "true"},
        {"expect last(used{pool=\"b\"})[2m] == 8", "true"},
        {"expect last(used)[2m] == 8", "ERROR 2 series and no aggregate around them"},
        {"expect max(last(used[2m])) == 8", "true"},
        {"expect sum(used)[2m] == 20", "true"},
        {"expect min(max(used[2m])) == 3", "true"},
        {"expect slope(used[2m]) > 0/s", "NODATA filling"},
        {"expect avg(used)[2m] > 1 min 5 samples", "NODATA no-traffic"},
        {"expect increase(reqs_total[2m]) > 1 min 4 samples", "true"},
        {"expect increase(reqs_total[2m]) > 1 min 5 samples", "NODATA no-traffic"},
        {"expect max(absent)[2m] > 1", "NODATA no-series"},
        {"expect increase(absent[2m]) > 1", "NODATA no-series"},
        {"expect slope(absent[2m]) > 1/s", "NODATA no-series"},
        {"expect ratio(absent_total, reqs_total)[2m] > 1%", "NODATA no-series"},
        {"expect ratio(reqs_total{code=\"404\"}, reqs_total)[2m] == 0%", "true"},
        {"expect ratio(reqs_total, flat_total)[2m] == 0% min 0 samples", "NODATA zero-denominator"},
        {"expect avg(odd_percent)[2m] == 50%", "true"},
        {"expect reqs_seconds_total[2m] == 60s", "true"},
        {"expect rate(reqs_seconds_total[2m]) == 50%", "true"},
    };
    struct bench b = bench_new(60, 0);

    add_all(&b, e, ARRAY_LEN(e));
    for (int t = 0; t <= 120; t += 60) {
        bench_push(&b, "used{pool=\"a\"}", t, 3);
        bench_push(&b, "used{pool=\"b\"}", t, t == 60 ? 6 : 8);
        bench_push(&b, "reqs_total{code=\"200\"}", t, t * 2);
        bench_push(&b, "reqs_total{code=\"500\"}", t, t * 0.5);
        bench_push(&b, "flat_total", t, 7);
        bench_push(&b, "odd_percent", t, 50);
        bench_push(&b, "reqs_seconds_total", t, t * 0.5);
        bench_polled(&b, t);
    }
    T_CHECK(!samples_add(
        b.s, bench_source(&b, "web", false),
        &(struct samples_key){SV("used"), (struct samples_label[]){{SV("pool"), SV("a")}}, 1},
        bench_us(120), 99));
    want_all(&b, e, ARRAY_LEN(e), 120);
    bench_free(&b);
}

T(what_its_target_no_longer_shows_is_gone_and_what_is_late_is_stale)
{
    static const struct expectation e[] = {
        {"expect max(load) < 10", "true"},
        {"expect min(lag) < 10", "NODATA stale"},
        {"expect max(lag) is stale", "true"},
        {"expect sum(old) < 10", "NODATA stale"},
        {"expect http.h.json.text == \"x\"", "NODATA stale"},
        {"expect count(sql.r) == 0", "NODATA stale"},
        {"expect http.p is up", "NODATA stale"},
        {"expect unit.a.crashes[1h] == 0", "NODATA stale"},
    };
    struct bench b = bench_new(60, 0);
    size_t other;

    add_all(&b, e, ARRAY_LEN(e));
    other = samples_source(b.s, SV("other"), bench_us(60), false);
    bench_push(&b, "load{pod=\"1\"}", 60, 99);
    bench_push(&b, "old", 60, 1);
    put(&b, "http.h", "http.h.json.text", 60, "\"x\"");
    put_rows(&b, "sql.r", "sql.r", 60, "[]", NULL);
    samples_add_probe(b.s, bench_source(&b, "http.p", true), bench_us(60), PROBE_UP);
    samples_poll_ok(b.s, bench_source(&b, "unit.a", true), bench_us(60));
    (void)samples_add(
        b.s, other,
        &(struct samples_key){SV("lag"), (struct samples_label[]){{SV("pod"), SV("9")}}, 1},
        bench_us(60), 1);
    samples_poll_ok(b.s, other, bench_us(60));
    for (int t = 60; t <= 300; t += 60) {
        bench_push(&b, "load{pod=\"2\"}", t, 1);
        bench_push(&b, "lag{pod=\"2\"}", t, 1);
        bench_polled(&b, t);
    }
    want_all(&b, e, ARRAY_LEN(e), 300);
    bench_free(&b);
}

T(percentiles_of_raw_values_summaries_and_histograms)
{
    static const struct expectation e[] = {
        {"expect p50(raw_seconds)[10m] == 10s", NULL},
        {"expect p50(raw_seconds)[10m] <= 5s min 5 samples", "true"},
        {"expect p50(raw_seconds)[10m] < 5s min 5 samples", "false"},
        {"expect p90(raw_seconds)[10m] >= 9s min 5 samples", "true"},
        {"expect p50(raw_seconds)[10m] < 5s", "NODATA no-traffic"},
        {"expect p95(sum_seconds)[10m] < 2s", "true"},
        {"expect p99(sum_seconds)[10m] < 2s", "ERROR the summary does not have this quantile"},
        {"expect p95(two_seconds)[10m] < 2s",
         "ERROR a summary of several series has no common percentile"},
        {"expect p95(absent)[10m] < 2", "NODATA no-series"},
        {"expect avg(h_seconds)[10m] == 3s min 1 samples", "true"},
        {"expect avg(h_seconds)[10m] == 3s", "NODATA no-traffic"},
        {"expect p50(h_seconds)[10m] <= 5s min 1 samples", "true"},
        {"expect p50(h_seconds)[10m] within 1s of 4.5s min 1 samples", "NODATA between-buckets"},
        {"expect p50(h_seconds)[10m] within 4s of 5s min 1 samples", "true"},
        {"expect 5s > p50(h_seconds)[10m] min 1 samples", "true"},
        {"expect p50(noinf_seconds)[10m] <= 1s min 1 samples", "false"},
        {"expect p50(nocount_seconds)[10m] <= 1s min 1 samples", "true"},
        {"expect avg(zero_seconds)[10m] < 1s min 0 samples", "NODATA zero-denominator"},
        {"expect p50(zero_seconds)[10m] < 1s min 0 samples", "NODATA zero-denominator"},
    };
    struct bench b = bench_new(60, 0);
    struct arena a = {0};
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_LEN(e); i++) {
        struct rule *r, *c;

        T_OK(rule_parse(&a, sv_from(e[i].rule), &r, &b.diag, &b.err), b.err);
        if (!e[i].want)
            T_EQ(rule_check(&a, r, b.env, &c, NULL, &b.err), ERR_INVALID);
        else
            T_EQ(bench_add(&b, e[i].rule), n++);
    }
    for (int t = 0; t <= 600; t += 60) {
        bench_push(&b, "raw_seconds", t, t / 60.0);
        bench_push(&b, "sum_seconds{quantile=\"0.95\"}", t, 1.5);
        bench_push(&b, "two_seconds{quantile=\"0.95\",i=\"a\"}", t, 1.5);
        bench_push(&b, "two_seconds{quantile=\"0.95\",i=\"b\"}", t, 1.5);
        bench_push(&b, "h_seconds_bucket{le=\"1\"}", t, 0);
        bench_push(&b, "h_seconds_bucket{le=\"5\"}", t, t / 60.0);
        bench_push(&b, "h_seconds_bucket{le=\"+Inf\"}", t, t / 60.0);
        bench_push(&b, "h_seconds_bucket{le=\"odd\"}", t, 1e9);
        bench_push(&b, "h_seconds_sum", t, t / 20.0);
        bench_push(&b, "h_seconds_count", t, t / 60.0);
        bench_push(&b, "noinf_seconds_bucket{le=\"1\"}", t, t / 60.0);
        bench_push(&b, "noinf_seconds_count", t, t / 20.0);
        bench_push(&b, "nocount_seconds_bucket{le=\"1\"}", t, t / 60.0);
        bench_push(&b, "zero_seconds_bucket{le=\"1\"}", t, 0);
        bench_push(&b, "zero_seconds_bucket{le=\"+Inf\"}", t, 0);
        bench_push(&b, "zero_seconds_sum", t, 0);
        bench_push(&b, "zero_seconds_count", t, 0);
        bench_polled(&b, t);
    }
    for (size_t i = 0, k = 0; i < ARRAY_LEN(e); i++) {
        char *got;

        if (!e[i].want)
            continue;
        got = answer(&b, k++, 600);
        if (strcmp(got, e[i].want) != 0)
            T_FAIL("%s: is '%s' and should be '%s'", e[i].rule, got, e[i].want);
        free(got);
    }
    arena_release(&a);
    bench_free(&b);
}

/* The store drops what no window wants: a histogram's parts are wanted for as long as its percentile. */
T(all_that_a_function_reads_is_kept_for_its_window)
{
    static const char *const rules[] = {"report p95(h_seconds)[10m]", "report avg(h_seconds)[10m]",
                                        "report ratio(a_total, h_total)[10m]",
                                        "report max(rate(h_total[10m]))",
                                        "report max(slope(depth[10m]))"};
    static const char *const series[] = {"h_seconds_bucket{le=\"1\"}",
                                         "h_seconds_bucket{le=\"+Inf\"}",
                                         "h_seconds_sum",
                                         "h_seconds_count",
                                         "a_total",
                                         "h_total",
                                         "depth"};
    struct bench b = bench_new(15, 0);

    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        (void)bench_add(&b, rules[i]);
    for (int t = 0; t <= 1800; t += 15) {
        for (size_t i = 0; i < ARRAY_LEN(series); i++)
            bench_push(&b, series[i], t, t);
        bench_polled(&b, t);
    }
    judge_tick(b.j, 1800 * S_US);
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        struct judge_result r;

        judge_result(b.j, i, &r);
        T_EQ(r.result, RESULT_TRUE);
        T_NEAR(r.covered_s, 600, 0);
        if (i < 3)
            T_NEAR(r.n, 600, 0);
    }
    bench_free(&b);
}

T(a_stale_summary_or_histogram_is_no_data)
{
    static const struct expectation e[] = {
        {"expect p95(s_seconds)[10m] < 2s", "NODATA stale"},
        {"expect p95(h_seconds)[10m] < 2s min 1 samples", "NODATA stale"},
        {"expect avg(h_seconds)[10m] < 2s min 1 samples", "NODATA stale"},
        {"expect p95(r_seconds)[10m] < 2s min 1 samples", "NODATA stale"},
        {"expect max(r_seconds)[10m] < 2s", "NODATA stale"},
    };
    struct bench b = bench_new(60, 0);

    add_all(&b, e, ARRAY_LEN(e));
    for (int t = 0; t <= 120; t += 60) {
        bench_push(&b, "s_seconds{quantile=\"0.95\"}", t, 1.5);
        bench_push(&b, "h_seconds_bucket{le=\"1\"}", t, t);
        bench_push(&b, "h_seconds_bucket{le=\"+Inf\"}", t, t);
        bench_push(&b, "h_seconds_sum", t, t);
        bench_push(&b, "h_seconds_count", t, t);
        bench_push(&b, "r_seconds", t, t);
        bench_polled(&b, t);
    }
    want_all(&b, e, ARRAY_LEN(e), 301);
    bench_free(&b);
}

T(events_and_lines_are_zero_unless_their_source_cannot_be_asked)
{
    static const struct expectation e[] = {
        {"expect unit.app.crashes[5m] == 2", "true"},
        {"expect unit.app.crashes[1m] == 1", "true"},
        {"expect unit.app.crashes == 3", "true"},
        {"expect increase(unit.app.crashes[5m]) == 2", "true"},
        {"expect rate(unit.app.crashes[5m]) == 2/5", NULL},
        {"expect rate(unit.app.crashes[5m]) == 24/h", "true"},
        {"expect unit.app.restarts[5m] == 0", "true"},
        {"expect events.rollback[30d] == 0", "NODATA filling"},
        {"expect events.rollback == 0", "NODATA no-series"},
        {"expect matches(log.app, \"err\")[5m] == 3", "true"},
        {"expect matches(log.app, \"err\", not \"minor\")[5m] == 2", "true"},
        {"expect matches(log.app, \"counted\")[5m] == 7", "true"},
        {"expect matches(log.other, \"err\")[1h] == 0", "NODATA filling"},
    };
    struct bench b = bench_new(60, 0);
    size_t app, log;
    struct sv pattern, except;

    for (size_t i = 0, n = 0; i < ARRAY_LEN(e); i++)
        if (e[i].want)
            T_EQ(bench_add(&b, e[i].rule), n++);
    app = bench_source(&b, "unit.app", true);
    log = bench_source(&b, "log.app", true);
    T_CHECK(samples_add_events(b.s, app, SV("unit.app.crashes"), bench_us(60), 1));
    T_CHECK(samples_add_events(b.s, app, SV("unit.app.crashes"), bench_us(200), 1));
    T_CHECK(samples_add_events(b.s, app, SV("unit.app.crashes"), bench_us(360), 0));
    T_CHECK(samples_add_events(b.s, app, SV("unit.app.crashes"), bench_us(361), 1));
    T_CHECK(!samples_add_events(b.s, app, SV("unit.app.other"), bench_us(361), 1));
    samples_poll_ok(b.s, app, bench_us(400));
    samples_add_line(b.s, log, bench_us(110), SV("err"));
    samples_add_line(b.s, log, bench_us(110), SV("minor err"));
    samples_add_line(b.s, log, bench_us(399), SV("err again"));
    samples_add_line(b.s, log, bench_us(50), SV("err before the window"));
    T_CHECK(samples_add_lines(b.s, log, SV("counted"), (struct sv){NULL, 0}, bench_us(399), 7));
    T_CHECK(!samples_add_lines(b.s, log, SV("unknown"), (struct sv){NULL, 0}, bench_us(399), 7));
    samples_poll_ok(b.s, log, bench_us(400));
    T_CHECK(samples_pattern(b.s, SV("log.app"), 1, &pattern, &except));
    T_SV(pattern, "err");
    T_SV(except, "minor");
    T_CHECK(!samples_pattern(b.s, SV("log.app"), 3, &pattern, &except));
    T_CHECK(!samples_pattern(b.s, SV("log.none"), 0, &pattern, &except));
    for (size_t i = 0, k = 0; i < ARRAY_LEN(e); i++) {
        char *got;

        if (!e[i].want)
            continue;
        got = answer(&b, k++, 400);
        if (strcmp(got, e[i].want) != 0)
            T_FAIL("%s: is '%s' and should be '%s'", e[i].rule, got, e[i].want);
        free(got);
    }
    bench_free(&b);
}

#define DEALS                                                                                                        \
    "[{\"id\":1,\"type\":\"acq\",\"cost\":100,\"good\":true,\"started\":\"1970-01-01T00:02:00Z\",\"tags\":[\"x\"]}," \
    "{\"id\":2,\"type\":\"carve\",\"cost\":250,\"good\":1,\"started\":\"1970-01-01T00:00:30Z\",\"tags\":[]},"        \
    "{\"id\":3,\"type\":null,\"cost\":40,\"good\":0,\"started\":null,\"sub\":{\"a\":5}}]"

T(quantifiers_look_at_rows)
{
    static const struct expectation e[] = {
        {"expect count(sql.deals) == 3", "true"},
        {"expect count(sql.deals where type is null) == 1", "true"},
        {"expect count(sql.deals where type is not null : cost > 200) == 1", "true"},
        {"expect count(sql.deals where type is null : type) == 0",
         "true"}, /* null is neither true */
        {"expect count(sql.deals where type is null : type + 1 > 0) == 0",
         "true"}, /* nor a number */
        {"expect count(sql.deals where type is null : type within 5% of 10) == 0", "true"},
        {"expect all(sql.deals : cost > 10)", "true"},
        {"expect all(sql.deals : type in {acq, carve})", "false"},
        {"expect all(sql.deals where type is not null : type in {acq, carve})", "true"},
        {"expect any(sql.deals : cost == 40)", "true"},
        {"expect any(sql.deals where cost > 1000)", "false"},
        {"expect none(sql.deals where type == \"acq\" : cost > 100)", "true"},
        {"expect none(sql.deals where cost > 200)", "false"},
        {"expect share(sql.deals : good) == 2/3", NULL},
        {"expect share(sql.deals : good) in (66%, 67%)", "true"},
        {"expect share(sql.deals where id > 9 : good) > 1%", "NODATA no-rows"},
        {"expect median(sql.deals : cost) == 100", "true"},
        {"expect median(sql.deals where id < 3 : cost) == 175", "true"},
        {"expect median(sql.deals where id > 9 : cost) == 175", "NODATA no-rows"},
        {"expect median(sql.deals : type) == 175",
         "ERROR the median of something that is no number"},
        {"expect median(sql.deals where type is null : type) == 175", "NODATA no-rows"},
        {"expect all(sql.deals where id > 9 : good)", "NODATA no-rows"},
        {"expect any(sql.deals where id > 9 : good)", "false"},
        {"expect none(sql.deals where id > 9 : good)", "true"},
        {"expect count(sql.deals where id > 9) == 0", "true"},
        {"expect all(sql.deals : cots > 10)", "ERROR no row has a field 'cots'"},
        {"expect none(sql.deals : cots > 10)", "ERROR no row has a field 'cots'"},
        {"expect none(sql.deals where cots > 10 : cost > 1)", "ERROR no row has a field 'cots'"},
        {"expect any(sql.deals : sub.a == 5)", "true"},
        {"expect any(sql.deals : \"x\" in tags)", "true"},
        {"expect any(sql.deals : \"y\" in tags)", "false"},
        {"expect any(sql.deals : type in cost)", "ERROR 'cost' is no set"},
        {"expect count(sql.deals where started > deploy + 1m) == 1", "true"},
        {"expect all(sql.deals where type is not null : type)",
         "ERROR a value that is neither true nor false"},
        {"expect any(sql.deals : http.gone.status == 1)", "NODATA no-series"},
        {"expect any(sql.deals : cost == 40 or http.gone.status == 1)", "true"},
        {"expect all(sql.deals : cost == 40 and http.gone.status == 1)", "false"},
        {"expect count(sql.deals : http.gone.status == 1) == 1", "NODATA no-series"},
        {"expect count(sql.deals where http.gone.status == 1) == 1", "NODATA no-series"},
        {"expect all({\"A\", \"B\"} : it in env.set)", "true"},
        {"expect all({\"A\", \"C\"} : it in env.set)", "false"},
        {"expect all({1, 2} : it < 3)", "true"},
        {"expect sql.labels superset {\"P\", \"Q\"}", "true"},
        {"expect sql.labels superset {\"P\", \"R\"}", "false"},
        {"expect sql.gone superset {\"P\"}", "NODATA no-series"},
        {"expect \"P\" in sql.labels", "true"},
        {"expect \"R\" in sql.labels", "false"},
        {"expect \"P\" in sql.gone", "NODATA no-series"},
        {"expect http.gone.status in sql.gone", "NODATA no-series"},
        {"expect http.gone.status in sql.labels", "NODATA no-series"},
        {"expect count(sql.labels : it == \"P\") == 1", "true"},
        {"expect count(sql.labels : label == \"P\") == 1", "true"},
        {"expect count(sql.labels : label in sql.labels) == 2", "true"},
        {"expect any(sql.deals : any(sql.labels : label == \"P\") and cost == 40)", "true"},
        {"expect count(logpatterns.app[5m]) == 2", "true"},
        {"expect count(logpatterns.app[5m] : count >= 5) == 1", "true"},
        {"expect count(logpatterns.app)[5m] == 2", "true"},
        {"expect count(logpatterns.gone[5m]) == 2", "NODATA filling"},
        {"expect count(sql.broken : x == 1) == 0", "NODATA undecided"},
        {"expect any(sql.broken : x == 2)", "true"},
    };
    struct bench b = bench_new(60, 0);
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_LEN(e); i++)
        if (e[i].want)
            T_EQ(bench_add(&b, e[i].rule), n++);
    put_rows(&b, "sql.deals", "sql.deals", 120, DEALS, NULL);
    put_rows(&b, "env", "env.set", 120, "[\"A\", \"B\"]", NULL);
    put_rows(&b, "sql.labels", "sql.labels", 120, "[{\"label\":\"P\"}, {\"label\":\"Q\"}]", NULL);
    put_rows(&b, "logpatterns.app", "logpatterns.app", 60, "[{\"pattern\":\"a <n>\",\"count\":2}]",
             NULL);
    put_rows(&b, "logpatterns.app", "logpatterns.app", 120,
             "[{\"pattern\":\"a <n>\",\"count\":3},{\"pattern\":\"b\",\"count\":1}]", NULL);
    put_rows(&b, "sql.broken", "sql.broken", 120, "[{\"error\":\"timeout\"},{\"x\":2}]", NULL);
    for (size_t i = 0, k = 0; i < ARRAY_LEN(e); i++) {
        char *got;

        if (!e[i].want)
            continue;
        got = answer(&b, k++, 120);
        if (strcmp(got, e[i].want) != 0)
            T_FAIL("%s: is '%s' and should be '%s'", e[i].rule, got, e[i].want);
        free(got);
    }
    bench_free(&b);
}

T(patterns_that_a_rule_counts_are_named_with_how_often_they_came)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);
    struct bench b = bench_new(60, 0);
    size_t log;

    T_EQ(bench_add(&b, "investigate when count(logpatterns.app[5m]) > 0"), 0);
    put_rows(&b, "logpatterns.app", "logpatterns.app", 60,
             "[{\"pattern\":\"a <n>\",\"count\":2,\"example\":\"a 7\"}]", NULL);
    put_rows(&b, "logpatterns.app", "logpatterns.app", 120,
             "[{\"pattern\":\"a <n>\",\"count\":3},{\"pattern\":\"b\",\"count\":1},"
             "{\"pattern\":\"c\",\"count\":4},{\"pattern\":\"d\",\"count\":4}]",
             NULL);
    log = bench_source(&b, "logpatterns.app", true);
    samples_poll_ok(b.s, log, bench_us(120));
    judge_tick(b.j, bench_us(120));
    judge_explain(b.j, 0, &out);
    T_CHECK(strstr(strbuf_str(&out), ": \"a <n>\" 5 times (a 7); \"b\"; and 2 more, fired"));
    bench_free(&b);
}

T(snapshots_are_compared_pair_by_pair)
{
    static const struct expectation e[] = {
        {"expect all(snapshot.d where type == \"acq\" : cost within 5% of baseline)", "true"},
        {"expect all(snapshot.d where type == \"acq\" : cost within 1% of baseline)", "false"},
        {"expect all(snapshot.d where type == \"acq\" : n == baseline)", "true"},
        {"expect all(snapshot.d where type == \"acq\" : record == baseline)", "false"},
        {"expect count(snapshot.d where type == \"acq\" : record == baseline) == 1", "true"},
        {"expect all(snapshot.d where type == \"acq\" : cost <= baseline.cost + 10)", "true"},
        {"expect all(snapshot.d where type == \"acq\" : cost <= 2x baseline)", "true"},
        {"expect all(snapshot.d where type == \"acq\" : cost <= baseline + 5%)", "true"},
        {"expect count(snapshot.d where type == \"carve\" : cost > 0) == 2", "true"},
        {"expect median(snapshot.d where type == \"acq\" : cost) == 101.5", "true"},
        {"expect count(snapshot.d where type == \"old\" : not (record == baseline)) == 1", "true"},
        {"expect all(snapshot.d where type == \"old\" : n == baseline)", "false"},
        {"expect all(snapshot.d where type == \"carve\" : n == baseline)", "NODATA undecided"},
        {"expect all(snapshot.d where type == \"carve\" : cost == baseline)", "false"},
        {"expect any(snapshot.d where type == \"carve\" : cost == baseline)", "NODATA undecided"},
        {"expect count(snapshot.broken : n == baseline) == 1", "NODATA undecided"},
        {"expect all(snapshot.broken : n == baseline)", "false"},
        {"expect all(snapshot.first : n == baseline)", "NODATA no-baseline"},
        {"expect all(snapshot.first : n > 0)", "true"},
        {"expect all(snapshot.d where http.gone.up : n == baseline)", "NODATA no-series"},
    };
    struct bench b = bench_new(60, 0);

    add_all(&b, e, ARRAY_LEN(e));
    /* unchanged, within 3 %, moved to carve, vanished, new, changed carve */
    put_rows(&b, "snapshot.d", "snapshot.d", 60,
             "[{\"type\":\"acq\",\"cost\":100,\"n\":1},{\"type\":\"acq\",\"cost\":103,\"n\":2},"
             "{\"type\":\"carve\",\"cost\":5,\"n\":3},null,{\"type\":\"acq2\",\"cost\":1,\"n\":9},"
             "{\"type\":\"carve\",\"cost\":8,\"n\":7}]",
             "[{\"type\":\"acq\",\"cost\":100.0,\"n\":1},{\"type\":\"acq\",\"cost\":100,\"n\":2},"
             "{\"type\":\"acq3\",\"cost\":5,\"n\":3},{\"type\":\"old\",\"cost\":5,\"n\":3},null,"
             "{\"type\":\"carve\",\"cost\":9,\"n\":7}]");
    put_rows(&b, "snapshot.broken", "snapshot.broken", 60, "[{\"error\":\"timeout\"},{\"n\":2}]",
             "[{\"n\":1},{\"n\":1}]");
    put_rows(&b, "snapshot.first", "snapshot.first", 60, "[{\"n\":2}]", NULL);
    want_all(&b, e, ARRAY_LEN(e), 60);
    bench_free(&b);
}

T(baselines_are_the_half_hour_before_the_first_change)
{
    static const struct expectation e[] = {
        {"rollback when queue_depth > baseline", "true"},
        {"rollback when queue_depth > 2x baseline", "false"},
        {"rollback when queue_depth > baseline + 50%", "false"},
        {"rollback when queue_depth > baseline - 50%", "true"},
        {"rollback when queue_depth within 10% of baseline", "false"},
        {"rollback when baseline < queue_depth", "true"},
        {"rollback when increase(jobs_total[1m]) > baseline", "false"},
        {"rollback when p50(h_seconds)[1m] > baseline min 1 samples", "false"},
        {"rollback when count(sql.patterns : not (name in baseline)) > 0", "true"},
        {"rollback when http.h.json.mode in baseline", "true"},
        {"rollback when http.h.status in baseline", "false"},
        {"rollback when new_metric > baseline", "NODATA no-baseline"},
        {"rollback when queue_depth > 2x baseline baseline 3", "true"},
        {"rollback when http.gone.status in baseline", "NODATA no-series"},
        {"rollback when idle > 2x baseline", "NODATA zero-baseline"},
    };
    struct bench b = bench_new(60, 3600);
    struct arena a = {0};
    struct rule *r, *c;
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_LEN(e); i++) {
        T_OK(rule_parse(&a, sv_from(e[i].rule), &r, &b.diag, &b.err), b.err);
        T_OK(rule_check(&a, r, b.env, &c, NULL, &b.err), b.err);
        T_EQ(judge_add(b.j, sv_from(e[i].rule), c), n++);
    }
    for (int t = 0; t <= 3600; t += 60) {
        bench_push(&b, "queue_depth", t,
                   t < 1900 ? 1000 : 10 + t / 60 % 3); /* 10, 11, 12 in turn */
        bench_push(&b, "idle", t, 0);
        bench_push(&b, "jobs_total", t, t * 2);
        bench_push(&b, "h_seconds_bucket{le=\"1\"}", t, t);
        bench_push(&b, "h_seconds_bucket{le=\"2\"}", t, t * 3);
        bench_push(&b, "h_seconds_bucket{le=\"+Inf\"}", t, t * 3);
        bench_push(&b, "h_seconds_count", t, t * 3);
        bench_polled(&b, t);
    }
    put(&b, "http.h", "http.h.json.mode", 3500, "\"blue\"");
    put(&b, "http.h", "http.h.status", 3500, "200");
    put_rows(&b, "sql.patterns", "sql.patterns", 3500, "[{\"name\":\"a\"}]", NULL);
    judge_measure_baseline(b.j, bench_us(3590));
    for (int t = 3660; t <= 3720; t += 60) {
        bench_push(&b, "queue_depth", t, 15);
        bench_push(&b, "idle", t, 1);
        bench_push(&b, "new_metric", t, 15);
        bench_push(&b, "jobs_total", t, t * 2);
        bench_push(&b, "h_seconds_bucket{le=\"1\"}", t, t * 3);
        bench_push(&b, "h_seconds_bucket{le=\"2\"}", t, t * 3);
        bench_push(&b, "h_seconds_bucket{le=\"+Inf\"}", t, t * 3);
        bench_push(&b, "h_seconds_count", t, t * 3);
        bench_polled(&b, t);
    }
    put(&b, "http.h", "http.h.json.mode", 3700, "\"blue\"");
    put(&b, "http.h", "http.h.status", 3700, "500");
    put_rows(&b, "sql.patterns", "sql.patterns", 3700, "[{\"name\":\"a\"},{\"name\":\"b\"}]", NULL);
    want_all(&b, e, ARRAY_LEN(e), 3720);
    arena_release(&a);
    bench_free(&b);
}

T(time_is_known_without_any_source)
{
    static const struct expectation e[] = {
        {"investigate when step.elapsed > 5m", "true"},
        {"investigate when rollback_time_left < 30m", "false"},
        {"investigate when now > deploy + 5m", "true"},
        {"report step.elapsed", "true"},
    };
    struct bench b = bench_new(60, 0);
    struct judge_result r;

    add_all(&b, e, ARRAY_LEN(e));
    judge_set_t0(b.j, 0);
    judge_set_step(b.j, bench_us(60));
    judge_set_rollback_until(b.j, bench_us(10000));
    want_all(&b, e, ARRAY_LEN(e), 361);
    judge_result(b.j, 3, &r);
    T_CHECK(r.has_value && num_same(r.value, 301) && r.state == STATE_REPORT);
    judge_result(b.j, 0, &r);
    T_CHECK(r.has_value && num_same(r.value, 301) && num_same(r.limit, 300));
    bench_free(&b);
}

T(reports_print_percentiles_and_decide_nothing)
{
    struct bench b = bench_new(60, 0);
    struct judge_result r;

    T_EQ(bench_add(&b, "report p50(h_seconds)[5m]"), 0);
    T_EQ(bench_add(&b, "report p99(h_seconds)[5m]"), 1);
    for (int t = 0; t <= 60; t += 60) {
        bench_push(&b, "h_seconds_bucket{le=\"1\"}", t, t * 2);
        bench_push(&b, "h_seconds_bucket{le=\"2\"}", t, t * 4);
        bench_push(&b, "h_seconds_bucket{le=\"+Inf\"}", t, t * 5);
        bench_polled(&b, t);
    }
    r = bench_tick(&b, 60);
    T_CHECK(r.has_value && num_same(r.value, 1.25) && !r.at_least && r.state == STATE_REPORT);
    judge_result(b.j, 1, &r);
    T_CHECK(r.has_value && num_same(r.value, 2) && r.at_least);
    T_STR(bench_verdict(&b), "OK");
    bench_free(&b);
}

/* R8 a: a poll of T0 takes a moment, and one just before it stands for it too, also when the window is exactly as old. */
T(the_sample_at_the_mark_is_the_anchor_of_a_window_that_begins_there)
{
    struct bench b = bench_new(15, 100);
    struct judge_result r;

    (void)bench_add(&b, "report increase(c_total[60s])");
    bench_push(&b, "c_total", 99.5, 10);
    bench_polled(&b, 99.5);
    for (int t = 115; t <= 160; t += 15) {
        bench_push(&b, "c_total", t, t - 90);
        bench_polled(&b, t);
        r = bench_tick(&b, t);
        T_CHECK(r.has_value && case_near(r.value, t - 100, 1e-12));
    }
    bench_free(&b);
}

T_MAIN(T_CASE(the_sample_at_the_mark_is_the_anchor_of_a_window_that_begins_there),
       T_CASE(members_are_numbers_texts_bools_and_null),
       T_CASE(a_failed_poll_of_a_strict_source_is_an_error_and_of_a_target_is_not),
       T_CASE(a_value_without_data_is_no_data_and_one_that_could_not_be_had_is_an_error),
       T_CASE(series_meet_by_their_labels_and_want_an_aggregate),
       T_CASE(rates_and_windows_of_several_series),
       T_CASE(what_its_target_no_longer_shows_is_gone_and_what_is_late_is_stale),
       T_CASE(percentiles_of_raw_values_summaries_and_histograms),
       T_CASE(all_that_a_function_reads_is_kept_for_its_window),
       T_CASE(a_stale_summary_or_histogram_is_no_data),
       T_CASE(events_and_lines_are_zero_unless_their_source_cannot_be_asked),
       T_CASE(quantifiers_look_at_rows),
       T_CASE(patterns_that_a_rule_counts_are_named_with_how_often_they_came),
       T_CASE(snapshots_are_compared_pair_by_pair),
       T_CASE(baselines_are_the_half_hour_before_the_first_change),
       T_CASE(time_is_known_without_any_source),
       T_CASE(reports_print_percentiles_and_decide_nothing))
