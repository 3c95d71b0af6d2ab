/*
 * The vectors of the condition language: our own (tests/corpus/rule_vectors), and those of the folder
 * that PRUSIK_SHARED names, when it is set, which have the same format.
 */
#include "base/file.h"
#include "rule/stats.h"
#include "t_vectors.h"
#include "test_rule_util.h"

typedef void case_fn(json_t *c);

static json_t *read_json(const char *folder, const char *file)
{
    CLEANUP(strbuf_release) struct strbuf path = STRBUF(4096);

    strbuf_addf(&path, "%s/%s", folder, file);
    return t_json(strbuf_str(&path));
}

static size_t run_list(const char *folder, const char *file, const char *list, case_fn *fn)
{
    json_t *j = read_json(folder, file), *c;
    size_t i, n = json_array_size(json_object_get(j, list));

    json_array_foreach(json_object_get(j, list), i, c)
    {
        const char *name =
            json_get_str(c, "name", json_get_str(c, "note", json_get_str(c, "rule", "")));

        printf("# %s %s %zu: %s\n", file, list, i, name);
        fn(c);
    }
    json_decref(j);
    t_vectors(file, list, strcmp(folder, RULE_CORPUS) == 0 ? "own" : "shared", n);
    return n;
}

static void run_both(const char *file, const char *list, case_fn *fn)
{
    size_t own = run_list(RULE_CORPUS, file, list, fn);

    T_CHECK(own > 0);
    if (t_shared()) {
        CLEANUP(strbuf_release) struct strbuf folder = STRBUF(4096);

        strbuf_addf(&folder, "%s/vectors", t_shared());
        T_CHECK(run_list(strbuf_str(&folder), file, list, fn) <= own);
    } else {
        printf("# PRUSIK_SHARED is not set: our own %zu cases only\n", own);
    }
}

/* ---- grammar.json ---- */

static void case_reject(json_t *c)
{
    struct arena a = {0};
    struct err err = {0};
    struct rule_diag diag;
    struct rule *r = NULL;
    struct sv text = json_get_sv(c, "rule");

    T_EQ(rule_parse(&a, text, &r, &diag, &err), ERR_INVALID);
    T_CHECK(!r && err.msg[0] && diag.column <= text.n);
    if (json_object_get(c, "column"))
        T_EQ(diag.column, json_get_int(c, "column", -1));
    arena_release(&a);
}

static void case_accept(json_t *c)
{
    CLEANUP(strbuf_release) struct strbuf printed = STRBUF(0), again = STRBUF(0);
    struct arena a = {0};
    struct err err = {0};
    struct rule_diag diag;
    struct rule *r, *r2;

    T_OK(rule_parse(&a, json_get_sv(c, "rule"), &r, &diag, &err), err);
    rule_print(r, &printed);
    T_OK(rule_parse(&a, strbuf_sv(&printed), &r2, &diag, &err), err);
    T_CHECK(rule_eq(r, r2));
    rule_print(r2, &again);
    T_STR(strbuf_str(&again), strbuf_str(&printed));
    if (json_object_get(c, "canonical"))
        T_STR(strbuf_str(&printed), json_get_str(c, "canonical", ""));
    arena_release(&a);
}

static void case_number(json_t *c)
{
    struct err err = {0};
    struct sv text = json_get_sv(c, "text");
    double want = strtod(json_get_str(c, "hex", ""), NULL);
    struct num v;
    size_t n;

    T_OK(num_parse(text, &v, &n, &err), err);
    T_EQ(n, text.n);
    T_CHECK(num_same(v.value, want)); /* to the last bit */
    T_STR(dim_name(v.dim), json_get_str(c, "dimension", ""));
    T_CHECK(num_same(v.per_s, json_get_real(c, "per_s", 0)));
}

T(rules_that_are_wrong_are_refused_with_a_place)
{
    run_both("grammar.json", "reject", case_reject);
}

T(rules_that_are_right_parse_and_print_to_themselves)
{
    run_both("grammar.json", "accept", case_accept);
}

T(numbers_are_the_doubles_nearest_to_their_text)
{
    run_both("grammar.json", "numbers", case_number);
}

/* ---- a case with series, polls and rules ---- */

struct feed {
    struct bench b;
    json_t *c;
    double fed_until;
    bool begun;
};

static bool in_list(const json_t *list, double t)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (num_same(json_number_value(json_array_get(list, i)), t))
            return true;
    return false;
}

/* The dotted name that a rule uses for a series of a case ("http_health_json_x"). */
struct dotted {
    const char *key;
    char *found;
};

static void find_dotted(void *ctx, const struct expr *name, bool rows)
{
    struct dotted *d = ctx;
    char *flat = xstrdup_sv(name->text);

    (void)rows;
    for (char *p = flat; *p; p++)
        if (*p == '.')
            *p = '_';
    if (strcmp(flat, d->key) == 0 && !d->found)
        d->found = xstrdup_sv(name->text);
    free(flat);
}

static char *rule_name_of(struct feed *f, const char *key)
{
    struct dotted d = {.key = key};

    for (size_t i = 0; i < judge_n_rules(f->b.j); i++) {
        struct judge_result r;

        judge_result(f->b.j, i, &r);
        rule_each_name(r.rule, find_dotted, &d);
    }
    return d.found ? d.found : xstrdup(key);
}

static double num_at(const json_t *pair, size_t i)
{
    return json_number_value(json_array_get(pair, i));
}

/* All samples of the poll at t. */
static void feed_poll(struct feed *f, double t)
{
    const char *key;
    json_t *samples;

    json_object_foreach(json_object_get(f->c, "series"), key, samples)
    {
        char *name = strchr(key, '{') ? xstrdup(key) : rule_name_of(f, key);
        json_t *created = json_object_get(json_object_get(f->c, "created"), key);

        for (size_t i = 0; i < json_array_size(samples); i++) {
            const json_t *pair = json_array_get(samples, i);

            if (!num_same(num_at(pair, 0), t))
                continue;
            if (strchr(name, '.') && !strchr(name, '{')) {
                struct sample_value v = {.kind = SAMPLES_NUM, .num = num_at(pair, 1)};

                (void)samples_add_value(f->b.s, bench_source(&f->b, "web", false), sv_from(name),
                                        bench_us(t), &v);
                continue;
            }
            bench_push(&f->b, name, t, num_at(pair, 1));
            if (json_is_number(created)) {
                struct bench_series k = bench_key(&f->b, name);

                samples_created(f->b.s, bench_source(&f->b, "web", false),
                                &(struct samples_key){k.name, k.labels, k.n}, bench_us(t),
                                bench_us(json_number_value(created)));
            }
        }
        free(name);
    }
    bench_polled(&f->b, t);
}

static void feed_probe(struct feed *f, const char *name, const json_t *attempts, double t)
{
    size_t source = bench_source(&f->b, name, true);

    for (size_t i = 0; i < json_array_size(attempts); i++) {
        const json_t *a = json_array_get(attempts, i), *up = json_array_get(a, 1);

        if (num_at(a, 0) > t || (f->begun && num_at(a, 0) <= f->fed_until))
            continue;
        samples_add_probe(f->b.s, source, bench_us(num_at(a, 0)),
                          json_is_string(up) ? PROBE_COULD_NOT_RUN
                          : json_is_true(up) ? PROBE_UP
                                             : PROBE_DOWN);
        samples_poll_ok(f->b.s, source, bench_us(num_at(a, 0)));
    }
}

static void feed_log(struct feed *f, const char *name, const json_t *lines, double t)
{
    size_t source = bench_source(&f->b, name, true);

    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *l = json_array_get(lines, i);

        if (num_at(l, 0) <= t && (!f->begun || num_at(l, 0) > f->fed_until))
            samples_add_line(f->b.s, source, bench_us(num_at(l, 0)),
                             sv_from(json_string_value(json_array_get(l, 1))));
    }
    samples_poll_ok(f->b.s, source, bench_us(t));
}

/* A log that the case does not have cannot be read. */
struct log_search {
    struct feed *f;
    double t;
};

static void fail_unknown_log(void *ctx, const struct expr *name, bool rows)
{
    struct log_search *s = ctx;
    char *text = xstrdup_sv(name->text);

    (void)rows;
    if (name->source == SOURCE_LOG && !json_object_get(json_object_get(s->f->c, "logs"), text))
        samples_poll_failed(s->f->b.s, bench_source(&s->f->b, text, true), bench_us(s->t),
                            SV("log not readable"));
    free(text);
}

/* Polls happen at "scrapes", or every interval and whenever there is a sample; not at "failed". */
static void feed_polls(struct feed *f, double t)
{
    const json_t *scrapes = json_object_get(f->c, "scrapes"),
                 *failed = json_object_get(f->c, "failed");
    int64_t from = f->begun ? (int64_t)f->fed_until + 1 : 0;

    for (int64_t at = from; (double)at <= t; at++) {
        double p = (double)at;
        bool due = scrapes ? in_list(scrapes, p) : num_same(fmod(p, f->b.interval_s), 0);

        if (in_list(failed, p))
            samples_poll_failed(f->b.s, bench_source(&f->b, "web", false), bench_us(p),
                                SV("refused"));
        else if (due)
            feed_poll(f, p);
    }
}

static void feed_until(struct feed *f, double t)
{
    struct log_search logs = {f, t};
    const char *key;
    json_t *v;

    feed_polls(f, t);
    json_object_foreach(json_object_get(f->c, "probes"), key, v) feed_probe(f, key, v, t);
    json_object_foreach(json_object_get(f->c, "logs"), key, v) feed_log(f, key, v, t);
    for (size_t i = 0; i < judge_n_rules(f->b.j); i++) {
        struct judge_result r;

        judge_result(f->b.j, i, &r);
        rule_each_name(r.rule, fail_unknown_log, &logs);
    }
    f->fed_until = t;
    f->begun = true;
}

static void feed_add_rule(struct feed *f, const json_t *text)
{
    const json_t *baseline = json_object_get(json_object_get(f->c, "baseline"), "value");
    size_t i = bench_add(&f->b, json_string_value(text));

    if (json_is_number(baseline))
        judge_set_baseline(f->b.j, i, json_number_value(baseline));
}

static struct feed feed_new(json_t *c)
{
    struct feed f = {.b = bench_new(case_num(c, "interval_s"), case_num(c, "t0")), .c = c};
    const char *key;
    json_t *v;
    size_t i;

    json_object_foreach(json_object_get(c, "aliases"), key, v)
        bench_alias(&f.b, key, json_string_value(v));
    if (json_object_get(c, "rule"))
        feed_add_rule(&f, json_object_get(c, "rule"));
    json_array_foreach(json_object_get(c, "rules"), i, v) feed_add_rule(&f, v);
    json_array_foreach(json_object_get(c, "restarts"), i, v)
        samples_restart(f.b.s, bench_us(case_num(v, "t")), json_get_sv(v, "instance"));
    return f;
}

static void want_num(const json_t *want, const char *key, bool has, double got, double tolerance)
{
    const json_t *v = json_object_get(want, key);

    if (!json_is_number(v))
        return;
    if (!has || !case_near(got, json_number_value(v), tolerance))
        T_FAIL("%s is %.17g (%d) and should be %.17g", key, got, has, json_number_value(v));
}

static void want_str(const json_t *want, const char *key, const char *got)
{
    const char *v = json_get_str(want, key, NULL);

    if (v && strcmp(got, v) != 0)
        T_FAIL("%s is '%s' and should be '%s'", key, got, v);
}

static void want_rule(const struct judge *j, size_t i, const json_t *want)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct judge_result r;
    char *why;

    judge_result(j, i, &r);
    judge_explain(j, i, &text);
    printf("#   %s\n", strbuf_str(&text));
    why = xstrdup_sv(r.why);
    want_str(want, "result", judge_result_names[r.result]);
    want_str(want, "why", why);
    want_str(want, "state", judge_state_names[r.state]);
    want_str(want, "verdict", verdict_names[r.verdict]);
    want_num(want, "value", r.has_value, r.value, 1e-12);
    want_num(want, "n", r.has_n, r.n, 1e-12);
    want_num(want, "share", r.has_share, r.share, 1e-12);
    want_num(want, "for_elapsed_s", r.has_for, (double)r.elapsed_us / 1e6, 0);
    want_num(want, "good_for_s", true, (double)r.elapsed_us / 1e6, 0);
    if (r.state != STATE_INACTIVE)
        T_EQ(r.flapping, json_get_bool(want, "flapping", false));
    if (json_object_get(want, "note"))
        T_CHECK(r.no_data_at_checkpoint);
    free(why);
}

/* ---- timelines.json ---- */

static void case_timeline(json_t *c)
{
    struct feed f = feed_new(c);
    json_t *moment, *want;
    size_t i, k;

    T_EQ(json_array_size(json_object_get(c, "expect")),
         json_array_size(json_object_get(c, "evaluate_at")));
    json_array_foreach(json_object_get(c, "expect"), i, moment)
    {
        double t = case_num(moment, "t");

        printf("#  t=%g\n", t);
        feed_until(&f, t);
        judge_tick(f.b.j, bench_us(t));
        T_EQ(judge_n_rules(f.b.j), json_array_size(json_object_get(moment, "rules")));
        json_array_foreach(json_object_get(moment, "rules"), k, want) want_rule(f.b.j, k, want);
        want_str(moment, "run", bench_verdict(&f.b));
    }
    bench_free(&f.b);
}

T(timelines_are_judged_as_they_should)
{
    run_both("timelines.json", "cases", case_timeline);
}

/* ---- counters.json ---- */

static void case_counter(json_t *c)
{
    json_t *series = json_object(), *restarts = json_array(), *v;
    const json_t *want = json_object_get(c, "expect");
    char rule[64];
    struct feed f;
    struct judge_result r;
    size_t i;

    json_put(series, "c_total", json_incref(json_object_get(c, "samples")));
    json_put(c, "series", series);
    json_array_foreach(json_object_get(c, "restarts"), i, v)
        json_append(restarts, json_pack("{sO}", "t", v));
    json_put(c, "restarts", restarts);
    if (json_is_number(json_object_get(c, "created")))
        json_put(c, "created", json_pack("{sO}", "c_total", json_object_get(c, "created")));
    (void)snprintf(rule, sizeof(rule), "report increase(c_total[%gs])", case_num(c, "window_s"));
    json_put(c, "rules", json_pack("[s]", rule));
    (void)snprintf(rule, sizeof(rule), "report rate(c_total[%gs])", case_num(c, "window_s"));
    json_append(json_object_get(c, "rules"), json_string(rule));
    f = feed_new(c);
    feed_until(&f, case_num(c, "t"));
    judge_tick(f.b.j, bench_us(case_num(c, "t")));
    judge_result(f.b.j, 0, &r);
    if (json_object_get(want, "nodata")) {
        T_EQ(r.result, RESULT_NODATA);
        T_STR(nodata_names[r.nodata], json_get_str(want, "nodata", ""));
    } else {
        want_num(want, "increase", r.has_value, r.value, 0);
        want_num(want, "covered_s", r.has_window, r.covered_s, 0);
        judge_result(f.b.j, 1, &r);
        want_num(want, "rate", r.has_value, r.value, 1e-15);
    }
    bench_free(&f.b);
}

T(counters_grow_by_what_was_counted_since_the_anchor)
{
    run_both("counters.json", "cases", case_counter);
}

/* ---- percentiles.json ---- */

static void percentile_rule(json_t *c, struct strbuf *out)
{
    const json_t *limit = json_object_get(c, "limit");

    strbuf_addf(out, "rollback when %s(h_seconds)[1m] ", json_get_str(c, "function", ""));
    if (json_is_array(limit))
        strbuf_addf(out, "in %s%s, %s%s", json_string_value(json_array_get(limit, 0)),
                    json_string_value(json_array_get(limit, 1)),
                    json_string_value(json_array_get(limit, 2)),
                    json_string_value(json_array_get(limit, 3)));
    else
        strbuf_addf(out, "%s %s", json_get_str(c, "op", ""), json_string_value(limit));
    strbuf_addf(out, " min %g samples", case_num(c, "min"));
}

static void case_percentile(json_t *c)
{
    CLEANUP(strbuf_release) struct strbuf rule = STRBUF(0), key = STRBUF(0);
    const json_t *want = json_object_get(c, "expect"), *result = json_object_get(want, "result");
    const json_t *between = json_object_get(want, "share_between");
    struct bench b = bench_new(60, 0);
    struct judge_result r;
    json_t *bucket;
    size_t i;

    percentile_rule(c, &rule);
    (void)bench_add(&b, strbuf_str(&rule));
    json_array_foreach(json_object_get(c, "cumulative"), i, bucket)
    {
        strbuf_truncate(&key, 0);
        strbuf_addf(&key, "h_seconds_bucket{le=\"%s\"}",
                    json_string_value(json_array_get(bucket, 0)));
        bench_push(&b, strbuf_str(&key), 0, 0);
        bench_push(&b, strbuf_str(&key), 60, num_at(bucket, 1));
    }
    bench_polled(&b, 0);
    bench_polled(&b, 60);
    r = bench_tick(&b, 60);
    if (json_is_string(result))
        want_str(want, "result", judge_result_names[r.result]);
    else
        T_EQ(r.result, json_is_true(result) ? RESULT_TRUE : RESULT_FALSE);
    if (json_object_get(want, "why"))
        T_CHECK(sv_eq(r.why, json_get_sv(want, "why")));
    want_num(want, "share", r.has_share && num_same(r.share, r.share_to), r.share, 1e-15);
    want_num(want, "share_at_most", r.has_share, r.share_to, 1e-15);
    if (between) {
        T_CHECK(case_near(r.share, num_at(between, 0), 1e-15));
        T_CHECK(case_near(r.share_to, num_at(between, 1), 1e-15));
    }
    bench_free(&b);
}

T(percentiles_are_judged_as_shares)
{
    run_both("percentiles.json", "cases", case_percentile);
}

/* ---- gates.json ---- */

static void case_gate(json_t *c)
{
    struct feed f = feed_new(c);
    size_t i;
    json_t *want;

    json_array_foreach(json_object_get(c, "expect"), i, want)
    {
        double t = case_num(want, "t");

        printf("#  t=%g\n", t);
        feed_until(&f, t);
        judge_tick(f.b.j, bench_us(t));
        want_rule(f.b.j, 0, want);
    }
    bench_free(&f.b);
}

T(gates_open_on_true_and_on_nothing_else)
{
    run_both("gates.json", "gates", case_gate);
}

static void case_checkpoint(json_t *c)
{
    CLEANUP(strbuf_release) struct strbuf rule = STRBUF(0);
    const json_t *want = json_object_get(c, "expect"), *awake = json_object_get(c, "awake_from");
    struct feed f = feed_new(c);
    struct judge_checkpoint cp;
    double t = case_num(want, "planned");
    json_t *w;
    size_t i;

    strbuf_addf(&rule, "checkpoint %s: all", json_get_str(c, "T", ""));
    T_EQ(bench_add(&f.b, strbuf_str(&rule)), 0);
    if (json_is_number(awake))
        t = json_number_value(awake);
    for (int n = 0; n < 100; n++) {
        feed_until(&f, t);
        judge_tick(f.b.j, bench_us(t));
        judge_checkpoint(f.b.j, 0, &cp);
        if (cp.phase == CHECK_CLOSED)
            break;
        t += f.b.interval_s;
    }
    want_num(want, "planned", true, (double)cp.due_us / 1e6, 0);
    want_num(want, "judged", true, (double)cp.judged_us / 1e6, 0);
    want_num(want, "closed", true, (double)cp.closed_us / 1e6, 0);
    want_num(want, "late_s", true, (double)cp.late_us / 1e6, 0);
    want_str(want, "verdict", verdict_names[cp.verdict]);
    json_array_foreach(json_object_get(want, "rules"), i, w) want_rule(f.b.j, i, w);
    bench_free(&f.b);
}

T(checkpoints_close_with_their_worst_rule)
{
    run_both("gates.json", "checkpoints", case_checkpoint);
}

/* ---- bands.json ---- */

static struct band_range range_of(const json_t *r)
{
    const json_t *hi = json_array_get(r, 2);

    if (!r)
        return BAND_ANY_TIME;
    return (struct band_range){num_at(r, 1), json_is_number(hi) ? json_number_value(hi) : HUGE_VAL,
                               json_string_value(json_array_get(r, 0))[0] == '(',
                               json_string_value(json_array_get(r, 3))[0] == ')'};
}

static enum verdict verdict_of(const json_t *c)
{
    for (int v = 0; v < VERDICT__N; v++)
        if (strcmp(verdict_names[v], json_get_str(c, "verdict", "")) == 0)
            return (enum verdict)v;
    T_FAIL("no such verdict: %s", json_get_str(c, "verdict", ""));
}

static size_t rows_of(const json_t *rows, struct band *ret)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *r = json_array_get(rows, i);

        ret[i] = (struct band){verdict_of(r), range_of(json_object_get(r, "value")),
                               range_of(json_object_get(r, "duration"))};
        if (json_object_get(r, "for"))
            ret[i].held_s.lo = case_num(r, "for");
    }
    return json_array_size(rows);
}

static void want_regions(const struct band_regions *got, const json_t *want, const json_t *rows)
{
    T_EQ(got->list.n, json_array_size(want));
    for (size_t i = 0; i < got->list.n; i++) {
        const json_t *w = json_array_get(want, i), *lines = json_object_get(w, "rows");

        want_str(w, "value", band_range_text(&got->list.v[i].value).s);
        want_str(w, "duration_s", band_range_text(&got->list.v[i].held_s).s);
        if (lines) {
            T_STR(json_get_str(json_array_get(rows, got->list.v[i].a), "line", ""),
                  json_string_value(json_array_get(lines, 0)));
            T_STR(json_get_str(json_array_get(rows, got->list.v[i].b), "line", ""),
                  json_string_value(json_array_get(lines, 1)));
        }
    }
}

static void case_family(json_t *c)
{
    const json_t *rows = json_object_get(c, "rows"), *want = json_object_get(c, "expect");
    struct band bands[16];
    struct band_regions got = {0};
    size_t n = rows_of(rows, bands);

    bands_uncovered(bands, n, &got);
    want_regions(&got, json_object_get(want, "uncovered"), rows);
    got.list.n = 0;
    bands_overlapping(bands, n, &got);
    want_regions(&got, json_object_get(want, "overlapping"), rows);
    vec_release(&got.list);
}

static void case_band_value(json_t *c)
{
    struct band bands[16];
    size_t n = rows_of(json_object_get(c, "rules"), bands);
    bool uncovered;
    enum verdict v =
        bands_verdict(bands, n, case_num(c, "value"), case_num(c, "held_s"), &uncovered);

    want_str(c, "verdict", verdict_names[v]);
    T_EQ(uncovered, json_get_bool(c, "uncovered", false));
}

T(holes_and_overlaps_of_tables_are_found)
{
    run_both("bands.json", "families", case_family);
}

T(a_value_gets_the_verdict_of_its_band)
{
    run_both("bands.json", "judge", case_band_value);
}

/* ---- evalue.json ---- */

static const char *answer_name(enum stats_answer a, const char *bad, const char *ok,
                               const char *undecided)
{
    return a == STATS_BAD ? bad : a == STATS_OK ? ok : undecided;
}

static void case_evalue(json_t *c)
{
    double s = case_num(c, "s"), n = case_num(c, "n"), p0 = case_num(c, "p0");

    want_num(c, "lnE", true, stats_ln_bad(s, n, p0), 1e-9);
    want_num(c, "lnEok", true, stats_ln_ok(s, n, p0), 1e-9);
    want_str(c, "decision",
             answer_name(stats_share(s, n, p0, case_num(c, "alpha"), 1), "bad", "ok", "undecided"));
}

static void case_smallest_bad(json_t *c)
{
    double s = 0;

    while (stats_share(s, case_num(c, "n"), case_num(c, "p0"), case_num(c, "alpha"), 1) !=
           STATS_BAD)
        s++;
    want_num(c, "smallest_bad_s", true, s, 0);
}

static void case_smallest_ok(json_t *c)
{
    double n = case_num(c, "s");

    while (stats_share(case_num(c, "s"), n, case_num(c, "p0"), case_num(c, "alpha"), 1) != STATS_OK)
        n++;
    want_num(c, "smallest_ok_n", true, n, 0);
}

static struct stats_margin margin_of(const json_t *c)
{
    const char *by = json_get_str(c, "by", "default");
    double v = strtod(by, NULL);

    if (strcmp(by, "default") == 0)
        return (struct stats_margin){MARGIN_DEFAULT, 0};
    if (strstr(by, "pp"))
        return (struct stats_margin){MARGIN_ABSOLUTE, v / 100};
    return strchr(by, '%') ? (struct stats_margin){MARGIN_RELATIVE, v / 100}
                           : (struct stats_margin){MARGIN_ABSOLUTE, v};
}

/* Asked through a rule: the baseline is given as it would be restored. */
static void case_baseline_ratio(json_t *c)
{
    double s0 = case_num(c, "baseline_bad"), n0 = case_num(c, "baseline_n");
    double s = case_num(c, "bad"), n = case_num(c, "n"), alpha = 1 - case_num(c, "confident");
    double looks = case_num(c, "looks"), p0 = stats_ratio_limit(s0, n0, margin_of(c), alpha);
    enum stats_answer a = stats_ratio(&(struct stats_part){s0, n0}, &(struct stats_part){s, n},
                                      &(struct stats_test){margin_of(c), alpha, looks, false});

    want_num(c, "p0", true, p0, 1e-12);
    want_num(c, "wilson_upper", true, stats_wilson_upper(s0, n0, stats_z(alpha)), 1e-12);
    want_num(c, "lnE", true, stats_ln_bad(s, n, p0), 1e-9);
    want_num(c, "lnEok", true, stats_ln_ok(s, n, p0), 1e-9);
    if (a == STATS_NO_BASELINE)
        want_str(c, "decision", "NODATA baseline");
    else if (n >= 100) /* below it nobody asks: R11 */
        want_str(c, "decision", answer_name(a, "worse", "not_worse", "cannot_tell"));
    else
        want_str(c, "decision", "NODATA no-traffic");
}

T(the_evidence_of_counts_is_that_of_the_formula)
{
    run_both("evalue.json", "cases", case_evalue);
}

T(the_smallest_counts_that_decide_are_found)
{
    run_both("evalue.json", "smallest_bad", case_smallest_bad);
    run_both("evalue.json", "smallest_ok", case_smallest_ok);
}

T(ratios_are_compared_with_their_baseline)
{
    run_both("evalue.json", "ratio_against_baseline", case_baseline_ratio);
}

/* One rule looked at every minute; counts are since the beginning of the window. */
static void run_tumbling(const char *folder)
{
    json_t *all = read_json(folder, "evalue.json"), *t = json_object_get(all, "tumbling"), *look;
    struct judge_config cfg = {.run = SV("r"),
                               .interval_us = 60 * S_US,
                               .step_us = JUDGE_UNSET,
                               .run_start_us = JUDGE_UNSET,
                               .rollback_until_us = JUDGE_UNSET};
    struct bench b = bench_new(60, 0);
    double bad = 0, good = 0, bad0 = 0, good0 = 0, window = 0;
    size_t i;

    cfg.watch_us = bench_us(case_num(t, "watch_s"));
    judge_free(b.j);
    b.j = judge_new(&cfg, b.s);
    bench_alias(&b, "error_rate",
                "ratio(http_requests_total{status=~\"5..\"}, http_requests_total)");
    (void)bench_add(&b, json_get_str(t, "rule", ""));
    bench_push(&b, "http_requests_total{status=\"200\"}", 0, 0);
    bench_push(&b, "http_requests_total{status=\"500\"}", 0, 0);
    bench_polled(&b, 0);
    json_array_foreach(json_object_get(t, "looks"), i, look)
    {
        double at = case_num(look, "t"), s = case_num(look, "s"), n = case_num(look, "n");
        struct judge_result r;

        if (!num_same(case_num(look, "window"), window)) {
            window = case_num(look, "window");
            bad0 = bad;
            good0 = good;
        }
        bad = bad0 + s;
        good = good0 + n - s;
        bench_push(&b, "http_requests_total{status=\"200\"}", at, good);
        bench_push(&b, "http_requests_total{status=\"500\"}", at, bad);
        bench_polled(&b, at);
        r = bench_tick(&b, at);
        want_num(look, "n", r.has_n, r.n, 0);
        want_str(look, "decision",
                 r.result == RESULT_TRUE        ? "bad"
                 : r.result == RESULT_FALSE     ? "ok"
                 : r.nodata == NODATA_UNDECIDED ? "undecided"
                                                : nodata_names[r.nodata]);
    }
    T_CHECK(i > 20);
    t_vectors("evalue.json", "tumbling", strcmp(folder, RULE_CORPUS) == 0 ? "own" : "shared", i);
    bench_free(&b);
    json_decref(all);
}

T(a_decision_stands_until_its_window_ends_and_through_an_undecided_one)
{
    run_tumbling(RULE_CORPUS);
    if (t_shared()) {
        CLEANUP(strbuf_release) struct strbuf folder = STRBUF(4096);

        strbuf_addf(&folder, "%s/vectors", t_shared());
        run_tumbling(strbuf_str(&folder));
    }
}

/* ---- hodges_lehmann.json ---- */

static size_t values_of(const json_t *list, double *ret)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        ret[i] = json_number_value(json_array_get(list, i));
    return json_array_size(list);
}

static void case_shift(json_t *c)
{
    static const char *const names[] = {
        [STATS_UNDECIDED] = "cannot_tell",  [STATS_BAD] = "worse",
        [STATS_OK] = "not_worse",           [STATS_NO_BASELINE] = "",
        [STATS_TOO_FEW] = "NODATA too-few", [STATS_ZERO_BASELINE] = "NODATA zero-baseline",
    };
    double x[256], y[256];
    size_t m = values_of(json_object_get(c, "baseline"), x),
           n = values_of(json_object_get(c, "new"), y);
    bool down = strcmp(json_get_str(c, "worse", ""), "down") == 0;
    struct stats_shift r;
    struct stats_test test = {.by = margin_of(c),
                              .alpha = 1 - case_num(c, "confident"),
                              .looks = case_num(c, "looks"),
                              .lower_is_worse = down};
    enum stats_answer a =
        stats_compare((struct stats_values){x, m}, (struct stats_values){y, n}, &test, &r);

    want_str(c, "decision", names[a]);
    want_num(c, "z", true, r.z, 1e-9);
    want_num(c, "median_baseline", true, r.median, 1e-9);
    want_num(c, "margin", true, r.margin, 1e-9);
    want_num(c, "shift", true, r.shift, 1e-9);
    want_num(c, "k", true, (double)r.k, 0);
    want_num(c, "lo", true, r.lo, 1e-9);
    want_num(c, "hi", true, r.hi, 1e-9);
    want_num(c, "lag1", true, r.lag1, 1e-9);
}

T(shifts_of_samples_have_the_interval_of_hodges_and_lehmann)
{
    run_both("hodges_lehmann.json", "cases", case_shift);
}

T_MAIN(T_CASE(rules_that_are_wrong_are_refused_with_a_place),
       T_CASE(rules_that_are_right_parse_and_print_to_themselves),
       T_CASE(numbers_are_the_doubles_nearest_to_their_text),
       T_CASE(timelines_are_judged_as_they_should),
       T_CASE(counters_grow_by_what_was_counted_since_the_anchor),
       T_CASE(percentiles_are_judged_as_shares), T_CASE(gates_open_on_true_and_on_nothing_else),
       T_CASE(checkpoints_close_with_their_worst_rule),
       T_CASE(holes_and_overlaps_of_tables_are_found), T_CASE(a_value_gets_the_verdict_of_its_band),
       T_CASE(the_evidence_of_counts_is_that_of_the_formula),
       T_CASE(the_smallest_counts_that_decide_are_found),
       T_CASE(ratios_are_compared_with_their_baseline),
       T_CASE(a_decision_stands_until_its_window_ends_and_through_an_undecided_one),
       T_CASE(shifts_of_samples_have_the_interval_of_hodges_and_lehmann))
