/* Audits: the score, conditions over rows, the data file, checks; with the vectors of PRUSIK_SHARED when it is set. */
#include "compare/audit.h"

#include "base/file.h"
#include "base/sv.h"
#include "compare/condition.h"
#include "t_vectors.h"

static void put(const char *name, struct sv text)
{
    struct err err;

    T_OK(file_write_atomic(name, text, 0600, &err), err);
}

/* ---- the score ---- */

static struct health_check check_of(const json_t *c)
{
    double pass = json_get_real(c, "pass", 0), fail = json_get_real(c, "fail", 0);

    return (struct health_check){.passed = (uint64_t)pass,
                                 .evaluated = (uint64_t)(pass + fail),
                                 .weight = json_get_real(c, "weight", 1),
                                 .mostly = json_get_real(c, "mostly", 100) / 100,
                                 .critical = json_get_bool(c, "critical", false),
                                 .error = json_object_get(c, "error") != NULL};
}

static void vector(json_t *c)
{
    json_t *list = json_object_get(c, "checks"), *want = json_object_get(c, "expect");
    struct health_check checks[8];
    size_t n = json_array_size(list);
    struct health h;

    t_say("%s", json_get_str(c, "name", ""));
    T_CHECK(n <= ARRAY_LEN(checks));
    for (size_t i = 0; i < n; i++) {
        checks[i] = check_of(json_array_get(list, i));
        T_STR(health_verdict_names[health_verdict(&checks[i])],
              json_string_value(json_array_get(json_object_get(want, "checks"), i)));
    }
    h = health_of(checks, n);
    T_STR(health_status_names[h.status], json_get_str(want, "status", ""));
    T_STR(health_shown(&h).s, json_get_str(want, "shown", ""));
    T_EQ(h.has_score, !json_is_null(json_object_get(want, "score")));
    if (h.has_score)
        T_NEAR(h.score, json_get_real(want, "score", -1), 1e-12);
    T_EQ(h.evaluated, json_get_int(want, "evaluated", -1));
    T_EQ(h.total, json_get_int(want, "total", -1));
    T_EQ(h.exit, json_get_int(want, "exit", -1));
}

static void score_cases(const json_t *j, const char *whose)
{
    json_t *c;
    size_t i;

    json_array_foreach(json_object_get(j, "cases"), i, c) vector(c);
    T_CHECK(i > 20);
    t_vectors("health.json", "cases", whose, i);
}

T(the_vectors_of_the_score_hold)
{
    CLEANUP(json_cleanup) json_t *own = t_json(TEST_CORPUS "/health_cases.json"), *shared = NULL;

    score_cases(own, "own");
    shared = t_shared_json("health.json");
    score_cases(shared, "shared");
}

static const struct {
    uint64_t passed, of;
    const char *shown;
} shown[] = {{1, 3, "33.33%"},
             {2, 3, "66.66%"},
             {9999, 10000, "99.99%"},
             {1, 8, "12.5%"},
             {5749, 10000, "57.49%"},
             {29, 100, "29%"},
             {7, 7, "100%"},
             {0, 7, "0%"},
             {1, 10000, "0.01%"},
             {1, 10001, "<0.01%"},
             {9999999, 10000000, "99.99%"},
             {1005, 10000, "10.05%"}};

T(a_score_is_rounded_down_and_never_up_to_100)
{
    for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
        struct health_check c = {
            .passed = shown[i].passed, .evaluated = shown[i].of, .weight = 1, .mostly = 1};
        struct health h = health_of(&c, 1);

        T_STR(health_shown(&h).s, shown[i].shown);
    }
}

T(a_failure_of_almost_no_weight_is_not_shown_as_100)
{
    struct health_check c[] = {{.passed = 9, .evaluated = 9, .weight = 1e6, .mostly = 1},
                               {.passed = 0, .evaluated = 9, .weight = 1e-9, .mostly = 1}};
    struct health h = health_of(c, 2);

    T_STR(health_shown(&h).s, "99.99%");
}

/* Whatever the numbers: between 0 and 100, and better when one row more passes. */
T(one_more_row_that_passes_never_lowers_the_score)
{
    for (int i = 0; i < 2000; i++) {
        struct health_check c[4];
        struct health a, b;
        size_t k = t_below(4);

        for (size_t m = 0; m < 4; m++) {
            c[m] = (struct health_check){
                .evaluated = 1 + t_below(50), .weight = (double)(1 + t_below(5)), .mostly = 1};
            c[m].passed = t_below(c[m].evaluated);
        }
        a = health_of(c, 4);
        c[k].passed++;
        b = health_of(c, 4);
        T_CHECK(a.score >= 0 && b.score <= 100 && b.score > a.score);
    }
}

/* ---- conditions ---- */

static const char record[] =
    "{\"a\":5,\"t\":\"abc\",\"n\":null,\"v\":\"1.10\",\"list\":[1,\"x\"],\"o\":{\"p\":2},\"b\":true}";

static const struct {
    const char *text;
    enum condition_result result;
} rows[] = {
    {"a == 5", CONDITION_TRUE},
    {"a > 5 or t == \"abc\"", CONDITION_TRUE},
    {"a > 5 and t == \"abc\"", CONDITION_FALSE},
    {"not (a > 5)", CONDITION_TRUE},
    {"-a < 0", CONDITION_TRUE},
    {"a + 1 == 6", CONDITION_TRUE},
    {"abs(0 - a) == 5", CONDITION_TRUE},
    {"a in {1, 5}", CONDITION_TRUE},
    {"t in {\"abc\", \"d\"}", CONDITION_TRUE},
    {"n in {1}", CONDITION_FALSE},
    {"a in list", CONDITION_FALSE},
    {"\"x\" in list", CONDITION_TRUE},
    {"a in n", CONDITION_FALSE},
    {"a in t", CONDITION_ERROR},
    {"a in [5, 6)", CONDITION_TRUE},
    {"a in (5, 6)", CONDITION_FALSE},
    {"list superset {1}", CONDITION_TRUE},
    {"list superset {1, 2}", CONDITION_FALSE},
    {"t superset {1}", CONDITION_ERROR},
    {"n superset {1}", CONDITION_FALSE},
    {"t contains \"b\"", CONDITION_TRUE},
    {"t matches \"^a.c$\"", CONDITION_TRUE},
    {"n matches \"a\"", CONDITION_FALSE},
    {"a contains \"b\"", CONDITION_ERROR},
    {"n is null", CONDITION_TRUE},
    {"t is not null", CONDITION_TRUE},
    {"zz is null", CONDITION_TRUE},
    {"n > 3", CONDITION_FALSE},
    {"t > 3", CONDITION_ERROR},
    {"o.p == 2", CONDITION_TRUE},
    {"b", CONDITION_TRUE},
    {"a", CONDITION_ERROR},
    {"a within 10% of 5.5", CONDITION_TRUE},
    {"version(v) > version(\"1.9\")", CONDITION_TRUE},
    {"version(a) > version(\"1.9\")", CONDITION_ERROR},
    {"it == it", CONDITION_TRUE},
    {"b == true and n != null", CONDITION_FALSE},
};

T(a_condition_is_judged_over_a_record)
{
    CLEANUP(json_cleanup) json_t *row = NULL;
    struct err err;

    T_OK(json_read(sv_from(record), &row, &err), err);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(condition_freep) struct condition *c = NULL;
        const char *why;

        t_say("%s", rows[i].text);
        T_OK(condition_new(CONDITION_ROW, sv_from(rows[i].text), SV(""), &c, &err), err);
        T_CHECK(sv_is(condition_text(c), rows[i].text));
        T_EQ(condition_row(c, row, &why), rows[i].result);
        T_CHECK((why[0] != '\0') == (rows[i].result == CONDITION_ERROR));
    }
}

static const struct {
    enum condition_kind kind;
    const char *text, *says;
} wrong[] = {
    {CONDITION_ROW, "a >", "column 4"},
    {CONDITION_ROW, "rate(a[5m]) > 1", "needs more than one record"},
    {CONDITION_ROW, "a == baseline", "needs more than one record"},
    {CONDITION_ROW, "a not worse than baseline", "needs more than one record"},
    {CONDITION_ROW, "2 of 3 (a > 1)", "needs more than one record"},
    {CONDITION_ROW, "a is missing", "needs more than one record"},
    {CONDITION_ROW, "a[5m] > 1", "no labels and no window"},
    {CONDITION_ROW, "a{x=\"1\"} > 1", "no labels and no window"},
    {CONDITION_ROW, "count(rows) > 1", "'total' only"},
    {CONDITION_ROW, "t matches \"(\"", "'t matches"},
    {CONDITION_ROW, "a superset b", "expected '{'"},
    {CONDITION_TOTAL, "a > 1", "a field stands inside"},
    {CONDITION_TOTAL, "count(other) > 1", "not the rows of the audit"},
    {CONDITION_TOTAL, "count(sql.t : count(sql.t) > 1) > 1", "not inside another"},
    {CONDITION_TOTAL, "median(sql.t) > 1", "median() needs a number"},
    {CONDITION_TOTAL, "count(sql.t where rate(a[5m]) > 1) > 1", "needs more than one record"},
};

T(what_needs_more_than_a_record_is_refused)
{
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct condition *c = NULL;
        struct err err = {0};

        T_EQ(condition_new(wrong[i].kind, sv_from(wrong[i].text), SV("sql.t"), &c, &err),
             ERR_INVALID);
        t_say("%s: %s", wrong[i].text, err.msg);
        T_CHECK(!c && strstr(err.msg, wrong[i].says));
    }
}

static const struct {
    const char *text;
    enum condition_result empty, full; /* over no record, and over 1, 2, 3, null */
} totals[] = {
    {"count(sql.t) == 4", CONDITION_FALSE, CONDITION_TRUE},
    {"count(sql.t where a > 1) == 2", CONDITION_FALSE, CONDITION_TRUE},
    {"count(sql.t : a > 1) == 2", CONDITION_FALSE, CONDITION_TRUE},
    {"all(sql.t : a < 9)", CONDITION_UNKNOWN, CONDITION_FALSE},
    {"all(sql.t where a is not null : a < 9)", CONDITION_UNKNOWN, CONDITION_TRUE},
    {"any(sql.t : a == 3)", CONDITION_FALSE, CONDITION_TRUE},
    {"none(sql.t : a == 4)", CONDITION_TRUE, CONDITION_TRUE},
    {"share(sql.t : a > 1) == 50%", CONDITION_UNKNOWN, CONDITION_TRUE},
    {"median(sql.t : a) == 2", CONDITION_UNKNOWN, CONDITION_TRUE},
    {"median(sql.t : t) == 2", CONDITION_UNKNOWN, CONDITION_ERROR},
    {"count(sql.t where t > 1) == 2", CONDITION_FALSE, CONDITION_ERROR},
    {"count(sql.t) > 3 and any(sql.t : a == 1)", CONDITION_FALSE, CONDITION_TRUE},
};

T(a_total_is_judged_over_all_records)
{
    static const char *const list[] = {"{\"a\":1,\"t\":\"x\"}", "{\"a\":2,\"t\":\"x\"}",
                                       "{\"a\":3,\"t\":\"x\"}", "{\"a\":null,\"t\":\"x\"}"};

    for (size_t i = 0; i < ARRAY_LEN(totals); i++) {
        CLEANUP(condition_freep) struct condition *c = NULL;
        const char *why;
        struct err err;

        t_say("%s", totals[i].text);
        T_OK(condition_new(CONDITION_TOTAL, sv_from(totals[i].text), SV("sql.t"), &c, &err), err);
        T_EQ(condition_total(c, &why), totals[i].empty);
        for (size_t k = 0; k < ARRAY_LEN(list); k++) {
            CLEANUP(json_cleanup) json_t *row = NULL;

            T_OK(json_read(sv_from(list[k]), &row, &err), err);
            condition_feed(c, row);
        }
        T_EQ(condition_total(c, &why), totals[i].full);
    }
}

/* ---- the data file ---- */

static const char *env_get(void *arg UNUSED, const char *name)
{
    return strcmp(name, "DIR") == 0 ? "sub" : strcmp(name, "TOKEN") == 0 ? "s3cret" : NULL;
}
static const struct data_env env = {env_get, NULL};

#define SRC   "file:\n  t: {path: t.csv}\n"
#define AUDIT SRC "audits:\n  a:\n    rows: file.t\n    checks:\n      - "

static const struct {
    const char *text, *says;
} bad_files[] = {
    {"nothing: 1", "f.yaml:1: the file has no key 'nothing'"},
    {"[1]", "must be a map"},
    {"sql: 1", "'sql' is a map of sources"},
    {"sql:\n  t: 1", "f.yaml:2: a source of SQL is a map"},
    {"sql:\n  t: {database: x}", "'query' is missing"},
    {"sql:\n  t: {database: x, query: [1]}", "'query' is a text"},
    {"sql:\n  t: {database: x, query: y, timeout: soon}", "'timeout' is no duration"},
    {"sql:\n  t: {database: x, qeury: y}", "has no key 'qeury'"},
    {"sql:\n  t: {database: $NONE, query: y}", "'NONE' is not set"},
    {"sql:\n  t: {database: 'a$-', query: y}", "a dollar itself is '$$'"},
    {"sql:\n  t: {database: 'a${DIR', query: y}", "a dollar itself is '$$'"},
    {"http:\n  t: {url: x, bearer: NONE}", "'NONE' is not set"},
    {"file:\n  t: {path: t.txt}", "is no .csv"},
    {"file:\n  t: {path: t.csv, rows: x}", "a CSV file has no 'rows'"},
    {"snapshots: 1", "are maps"},
    {"snapshots:\n  s: {rows: sql.t}", "there is no source 'sql.t'"},
    {SRC "snapshots:\n  s: {rows: file.tt, key: a}", "there is no source 'file.tt'"},
    {SRC "snapshots:\n  s: {rows: file.t}", "'key' is missing"},
    {SRC "snapshots:\n  s: {rows: file.t, key: []}", "'key' is empty"},
    {SRC "snapshots:\n  s: {rows: file.t, key: [[a]]}", "'key' is a list of names"},
    {SRC "snapshots:\n  s: {rows: file.t, key: a, fields: {}}", "'fields' is a map"},
    {SRC "snapshots:\n  s: {rows: file.t, key: a, fields: {b: text}}", "a field is a map"},
    {SRC "snapshots:\n  s: {rows: file.t, key: a, fields: {b: {type: txet}}}", "is no type"},
    {SRC "audits:\n  a: {rows: file.t}", "'checks' is a list"},
    {AUDIT "{name: n}", "a check has one of"},
    {AUDIT "{name: n, expr: a, total: b}", "'expr' and 'total' are two checks"},
    {AUDIT "{expr: a}", "'name' is missing"},
    {AUDIT "{name: n, expr: a, weight: -1}", "'weight' is no number"},
    {AUDIT "{name: n, expr: a, mostly: 0%}", "'mostly' is no percentage"},
    {AUDIT "{name: n, expr: a, mostly: 5}", "'mostly' is no percentage"},
    {AUDIT "{name: n, expr: a, critical: maybe}", "'critical' is yes or no"},
    {AUDIT "{name: n, total: a, where: b}", "inside: count("},
    {AUDIT "{name: n, coverage: [a, b]}", "names one column"},
    {AUDIT "{name: n, allowed: a}", "'values' is a list"},
    {AUDIT "{name: n, allowed: a, values: [[1]]}", "an allowed value is"},
    {"a: &x", "f.yaml"},
};

T(a_data_file_that_is_wrong_is_refused_with_its_line)
{
    for (size_t i = 0; i < ARRAY_LEN(bad_files); i++) {
        struct data_file f = {.n_sources = 99};
        struct err err = {0};

        T_EQ(data_file_parse(sv_from(bad_files[i].text), "f.yaml", ".", &env, &f, &err),
             ERR_INVALID);
        t_say("%s", err.msg);
        T_CHECK(strstr(err.msg, bad_files[i].says) && f.n_sources == 99);
    }
}

T(a_data_file_gives_what_it_says)
{
    static const char text[] =
        "sql:\n  a: {database: 'postgresql://h/${DIR}', query: q, timeout: 5s}\n  b: {database: $DIR/x.db, query: q}\n"
        "http:\n  h: {url: 'http://h/a$$b$DIR', rows: items, bearer: TOKEN}\n" SRC
        "snapshots:\n  s: {rows: http.h, key: [x, y], fields: {c: {type: number, rel: 5%}, d: {type: text, compare: false}}}\n";
    const struct data_snapshot *s;
    const struct data_audit *a;
    struct data_file f;
    struct err err;

    T_OK(data_file_parse(sv_from(text), "f.yaml", "dir", &env, &f, &err), err);
    T_EQ(f.n_sources, 4);
    T_SV(f.sources[0].where, "postgresql://h/sub");
    T_EQ(f.sources[0].timeout_ms, 5000);
    T_SV(f.sources[1].where, "dir/sub/x.db");
    T_SV(f.sources[2].where, "http://h/a$bsub");
    T_SV(f.sources[2].bearer, "s3cret");
    T_SV(f.sources[3].where, "dir/t.csv");
    T_OK(data_file_snapshot(&f, SV("s"), &s, &err), err);
    T_CHECK(s->rows == &f.sources[2] && s->n_key == 2 && s->n_fields == 2 && s->fields[1].ignored);
    T_EQ(data_file_snapshot(&f, SV("x"), &s, &err), ERR_NOT_FOUND);
    T_EQ(data_file_audit(&f, SV("x"), &a, &err), ERR_NOT_FOUND);
    T_STR(err.hint, "the data file has: none");
    data_file_release(&f);
}

/* ---- checks ---- */

static struct data_file file;

static enum err_code run(const char *checks, const char *csv, struct audit_result *r,
                         struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    const struct data_audit *a;

    put("t.csv", sv_from(csv));
    strbuf_addf(
        &text,
        SRC
        "  j: {path: t.json}\naudits:\n  a:\n    rows: file.t\n    key: id\n    distribution: [v]\n    fields: {code: {type: text}}\n    checks:\n%s",
        checks);
    data_file_release(&file);
    T_OK(data_file_parse(strbuf_sv(&text), "f.yaml", ".", &env, &file, err), *err);
    T_OK(data_file_audit(&file, SV("a"), &a, err), *err);
    return audit_run(a, NULL, r, err);
}

static void expect(const struct audit_result *r, size_t i, enum health_verdict v, uint64_t passed,
                   uint64_t of)
{
    t_say("%.*s: %.*s", SV_FMT(r->checks[i].check->name), SV_FMT(r->checks[i].why));
    T_EQ(r->checks[i].verdict, v);
    T_EQ(r->checks[i].health.passed, passed);
    T_EQ(r->checks[i].health.evaluated, of);
}

T(each_kind_of_check_counts_its_rows)
{
    struct audit_result r;
    struct err err;

    put("t.json", SV("[{\"v\":true},{\"v\":{}},{\"v\":2.5},{}]"));
    T_OK(run("      - {name: e, expr: 'v > 1'}\n"
             "      - {name: w, where: 'v is not null', expr: 'v > 1'}\n"
             "      - {name: c, coverage: v}\n"
             "      - {name: a, allowed: v, values: [1, 2]}\n"
             "      - {name: q, allowed: code, values: ['007', '8']}\n"
             "      - {name: u, unique: [v]}\n"
             "      - {name: x, where: 'code > 3', coverage: v}\n"
             "      - {name: gone, coverage: nothing}\n"
             "      - {name: t, total: 'median(file.t : v) == 2'}\n"
             "      - {name: terr, total: 'count(file.t where code > 3) == 2'}\n"
             "      - {name: j, rows: file.j, coverage: v}\n"
             "      - {name: bad, expr: 'code > 1'}\n",
             "id,v,code\n1,1,007\n2,2,8\n3,2,x\n4,2,8\n5,,8\n", &r, &err),
         err);
    T_EQ(r.rows, 5);
    expect(&r, 0, HEALTH_FAIL, 3, 5);
    expect(&r, 1, HEALTH_FAIL, 3, 4);
    expect(&r, 2, HEALTH_FAIL, 4, 5);
    expect(&r, 3, HEALTH_FAIL, 4, 5);
    expect(&r, 4, HEALTH_FAIL, 4, 5);
    expect(&r, 5, HEALTH_FAIL, 1, 4); /* 2 three times, null not evaluated */
    expect(&r, 6, HEALTH_ERROR, 0, 0);
    expect(&r, 7, HEALTH_ERROR, 0, 0);
    expect(&r, 8, HEALTH_PASS, 1, 1);
    expect(&r, 9, HEALTH_ERROR, 0, 0);
    expect(&r, 10, HEALTH_FAIL, 3, 4);
    expect(&r, 11, HEALTH_FAIL, 0, 5);
    T_CHECK(r.checks[11].why.n > 0); /* values do not fit */
    T_EQ(json_array_size(r.checks[5].examples), 1);
    T_EQ(json_get_int(json_object_get(r.distribution, "v"), "2", 0), 3);
    T_EQ(json_get_int(json_object_get(r.distribution, "v"), "(null)", 0), 1);
    T_EQ(r.health.status, HEALTH_INCOMPLETE);
    audit_release(&r);
    data_file_release(&file);
}

T(many_values_are_counted_together)
{
    CLEANUP(strbuf_release) struct strbuf csv = STRBUF(0);
    struct audit_result r;
    struct err err;
    json_t *j;

    strbuf_add_str(&csv, "id,v,code\n");
    for (int i = 0; i < 80; i++)
        strbuf_addf(&csv, "%d,x%d,1\n", i, i);
    T_OK(
        run("      - {name: c, coverage: v, critical: yes}\n      - {name: d, expr: 'v == \"x\"'}\n",
            strbuf_str(&csv), &r, &err),
        err);
    j = json_object_get(r.distribution, "v");
    T_EQ(json_object_size(j), AUDIT_VALUES + 1);
    T_EQ(json_get_int(j, "(others)", 0), 30);
    T_EQ(json_array_size(r.checks[1].examples), AUDIT_EXAMPLES);
    j = audit_json(&r);
    T_EQ(json_get_int(j, "format", 0), 1);
    T_EQ(json_get_int(j, "exit", 0), r.health.exit);
    json_decref(j);
    audit_release(&r);
    data_file_release(&file);
}

T(a_condition_that_is_wrong_refuses_the_audit)
{
    struct audit_result r;
    struct err err;

    T_EQ(run("      - {name: c, expr: 'v >'}\n", "v\n1\n", &r, &err), ERR_INVALID);
    T_CHECK(strstr(err.msg, "check 'c'"));
    T_EQ(run("      - {name: c, where: 'v >', coverage: v}\n", "v\n1\n", &r, &err), ERR_INVALID);
    T_EQ(run("      - {name: c, total: 'v > 1'}\n", "v\n1\n", &r, &err), ERR_INVALID);
    data_file_release(&file);
}

T_MAIN(T_CASE(the_vectors_of_the_score_hold), T_CASE(a_score_is_rounded_down_and_never_up_to_100),
       T_CASE(a_failure_of_almost_no_weight_is_not_shown_as_100),
       T_CASE(one_more_row_that_passes_never_lowers_the_score),
       T_CASE(a_condition_is_judged_over_a_record),
       T_CASE(what_needs_more_than_a_record_is_refused), T_CASE(a_total_is_judged_over_all_records),
       T_CASE(a_data_file_that_is_wrong_is_refused_with_its_line),
       T_CASE(a_data_file_gives_what_it_says), T_CASE(each_kind_of_check_counts_its_rows),
       T_CASE(many_values_are_counted_together),
       T_CASE(a_condition_that_is_wrong_refuses_the_audit))
