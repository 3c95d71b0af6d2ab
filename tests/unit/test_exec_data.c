/* Flags, snapshots and audits as sources of a watch: what rules see of them. */
#include "compare/take.h"
#include "exec/watcher_try.h"
#include "exec_bench.h"

#define TAKEN_US 1771120800000000

/* What a look at the plan's sources gave: "flag.UI.value=true\n". */
static struct strbuf seen;

static void on_tried(void *arg UNUSED, const struct watcher_tried *t)
{
    static const char *const kinds[] = {
        [SAMPLE_NUMBER] = "",   [SAMPLE_TEXT] = "",         [SAMPLE_BOOL] = "",
        [SAMPLE_NULL] = "null", [SAMPLE_ABSENT] = "absent", [SAMPLE_ERROR] = "error: "};

    if (t->rc != ERR_OK) {
        strbuf_addf(&seen, "%.*s: %s (%s)\n", SV_FMT(t->name), t->err->msg, t->err->hint);
        return;
    }
    for (size_t i = 0; i < t->samples->v.n; i++) {
        const struct sample *s = &t->samples->v.v[i];

        strbuf_addf(&seen, "%.*s.%.*s=%s", SV_FMT(t->name), SV_FMT(s->name), kinds[s->kind]);
        if (s->kind == SAMPLE_NUMBER)
            strbuf_addf(&seen, "%g", s->number);
        else if (s->kind == SAMPLE_BOOL)
            strbuf_add_str(&seen, s->truth ? "true" : "false");
        else
            strbuf_add_sv(&seen, s->text);
        strbuf_add_byte(&seen, '\n');
    }
}

static const char document[] = "# Doc\n\n## Deployment\n\n```bash\ncp new app\n```\n\n"
                               "## Rollback Procedures\n\n```bash\ncp old app\n```\n";

/* Look once, as --try does. */
static enum err_code look(struct bench *b, const char *binding)
{
    bench_plan(b, document, binding);
    strbuf_truncate(&seen, 0);
    if (watcher_check(&b->plan, &b->err) != ERR_OK)
        return b->err.code;
    return watcher_try(&b->plan, &b->b, NULL, on_tried, NULL, &b->err);
}

static void saw(const char *binding, const char *const *lines)
{
    struct bench b;

    T_OK(look(&b, binding), b.err);
    t_say("%s", strbuf_str(&seen));
    for (; *lines; lines++)
        if (!strstr(strbuf_str(&seen), *lines))
            T_FAIL("'%s' is not in what was seen", *lines);
    bench_end(&b);
}

T(flags_that_rules_ask_for_are_looked_at)
{
    bench_write(
        "flags.json",
        "{\"flags\":{\"UI\":{\"state\":\"ENABLED\",\"variants\":{\"on\":true,\"off\":false},"
        "\"defaultVariant\":\"off\",\"targeting\":{\"fractional\":[[\"on\",10],[\"off\",90]]}},"
        "\"SIZE\":{\"state\":\"ENABLED\",\"variants\":{\"on\":12,\"off\":0},"
        "\"defaultVariant\":\"on\",\"targeting\":{\"if\":[{\"var\":\"x\"},\"off\"]}},"
        "\"TEXT\":{\"state\":\"ENABLED\",\"variants\":{\"on\":\"a\",\"off\":\"b\"},\"defaultVariant\":\"on\"},"
        "\"MAP\":{\"state\":\"ENABLED\",\"variants\":{\"on\":{\"a\":1},\"off\":{}},\"defaultVariant\":\"on\"},"
        "\"OLD\":{\"state\":\"DISABLED\",\"variants\":{\"on\":true,\"off\":false},\"defaultVariant\":\"on\"},"
        "\"NOT\":{\"state\":\"ENABLED\",\"variants\":{\"on\":true,\"off\":false},\"defaultVariant\":\"on\"}},"
        "\"metadata\":{\"version\":4}}");
    bench_write("prusik.flags.yaml",
                "flags:\n  ELSE:\n    variants: {on: \"true\", off: \"false\"}\n"
                "    env_file: {path: else.env, name: ELSE}\n");
    saw("environment: test\nflags: {UI: , SIZE: , TEXT: , MAP: , OLD: , NOT: , ELSE: }\nrules:\n"
        "  a: investigate when flag.UI.share_on > 25%\n  b: expect flag.SIZE.value == 12\n"
        "  c: expect flag.TEXT.variant == \"on\"\n  d: expect flag.MAP.version >= 4\n"
        "  e: expect flag.OLD.value is null\n  f: expect flag.ELSE.value == true\n",
        (const char *const[]){"flag.UI.value=false\n", "flag.UI.variant=off\n",
                              "flag.UI.share_on=0.1\n", "flag.UI.version=4\n",
                              "flag.SIZE.value=12\n", "flag.SIZE.share_on=error: its targeting",
                              "flag.TEXT.value=a\n", "flag.TEXT.share_on=1\n",
                              "flag.MAP.value={\"a\":1}\n", "flag.OLD.value=null\n",
                              "flag.OLD.variant=null\n", "flag.OLD.share_on=null\n",
                              "flag.ELSE: source 'flag.ELSE': 'ELSE' is not in", NULL});
    T_CHECK(!strstr(strbuf_str(&seen), "flag.NOT")); /* no rule asks */
    bench_write("else.env", "ELSE=true\n");
    saw("environment: test\nflags: {ELSE: }\nrules:\n  f: expect flag.ELSE.value == true\n",
        (const char *const[]){"flag.ELSE.value=true\n", "flag.ELSE.version=null\n", NULL});
}

T(a_token_of_a_flag_that_has_no_value_stops_the_watch)
{
    struct bench b;

    bench_write("flags.json", "{\"flags\":{}}");
    T_CHECK(look(&b, "environment: test\nflags: {UI: {token: $NONE}}\n"
                     "rules: {a: expect flag.UI.value == true}\n") != ERR_OK);
    t_say("%s", b.err.msg);
    T_CHECK(strstr(b.err.msg, "flag 'UI'"));
    bench_end(&b);
}

/* --- audits --- */

static const char data_yaml[] =
    "file:\n  deals: {path: deals.json}\n  gone: {path: gone.json}\n"
    "snapshots:\n  deals: {rows: file.deals, key: [id], fields: {id: {type: integer}, cost: {type: number, rel: 5%}}}\n"
    "audits:\n  deals:\n    rows: file.deals\n    checks:\n"
    "      - {name: cost is known, coverage: cost, mostly: 50%}\n"
    "      - {name: cost is positive, expr: cost > 0, critical: true}\n"
    "  empty: {rows: file.deals, checks: [{name: none, where: id > 100, expr: cost > 0}]}\n"
    "  broken: {rows: file.deals, checks: [{name: there, coverage: cost}, {name: lost, rows: file.gone, coverage: cost}]}\n";

T(an_audit_is_a_score_a_status_and_rows)
{
    bench_write("prusik.data.yaml", data_yaml);
    bench_write(
        "deals.json",
        "[{\"id\":1,\"cost\":5},{\"id\":2,\"cost\":null},{\"id\":3,\"cost\":1},{\"id\":4,\"cost\":2}]");
    saw("environment: test\nsources:\n  audit.deals: {data: prusik.data.yaml}\n"
        "  audit.none: {data: prusik.data.yaml, name: empty}\n"
        "  audit.broken: {data: prusik.data.yaml}\n"
        "rules: {a: rollback when audit.deals.score < 90%}\n",
        (const char *const[]){
            "audit.deals.status=critical\n", "audit.deals.score=0.75\n", "audit.deals.failed=1\n",
            "audit.deals.evaluated=2\n", "audit.deals.total=2\n", "audit.deals.rows=4\n",
            "{\"critical\":true,\"evaluated\":4,\"name\":\"cost is positive\",\"passed\":3,\"share\":0.75,\"status\":\"fail\"}",
            "audit.none.status=n/a\n", "audit.none.score=absent\n", "audit.none.failed=0\n",
            "audit.broken.status=incomplete\n",
            "audit.broken.score=error: the check 'lost' could not be evaluated: ",
            "audit.broken.failed=error: ", NULL});
}

/* --- snapshots --- */

static void take(const char *output)
{
    static const struct sv key[] = {SV("id")};
    static struct field fields[2];
    struct rows_source rows = {.kind = ROWS_JSON, .name = SV("deals"), .where = SV("deals.json")};
    struct take_spec t = {.rows = &rows,
                          .name = SV("deals"),
                          .key = key,
                          .n_key = 1,
                          .fields = fields,
                          .n_fields = 2,
                          .taken_at_us = TAKEN_US,
                          .output = output};
    struct err err;
    size_t n;

    fields[0] = (struct field){.name = SV("id"), .type = FIELD_INTEGER};
    fields[1] =
        (struct field){.name = SV("cost"), .type = FIELD_NUMBER, .rel_text = SV("5%"), .rel = 0.05};
    if (strcmp(output, "post.snap") == 0)
        t.taken_at_us += 1000000;
    T_OK(take_snapshot(&t, &n, &err), err);
}

#define LIVE                                                                                   \
    "environment: test\nsources:\n  snapshot.deals: {old: pre.snap, data: prusik.data.yaml}\n" \
    "rules: {a: rollback when snapshot.deals.changed_share > 5%}\n"

T(records_as_they_are_now_are_compared_with_those_from_before)
{
    bench_write("prusik.data.yaml", data_yaml);
    bench_write(
        "deals.json",
        "[{\"id\":1,\"cost\":100},{\"id\":2,\"cost\":100},{\"id\":3,\"cost\":100},{\"id\":4,\"cost\":9}]");
    take("pre.snap");
    saw(LIVE, (const char *const[]){"snapshot.deals.result=no_regression\n",
                                    "snapshot.deals.identical=4\n", "snapshot.deals.changed=0\n",
                                    "snapshot.deals.changed_share=0\n", NULL});
    bench_write(
        "deals.json",
        "[{\"id\":1,\"cost\":104},{\"id\":2,\"cost\":120},{\"id\":3,\"cost\":100},{\"id\":5,\"cost\":1}]");
    saw(LIVE, (const char *const[]){"result=regression\n", "identical=1\n", "within=1\n",
                                    "changed=1\n", "removed=1\n", "added=1\n",
                                    "changed_share=0.5\n", "rows_json=[{\"cost\":104,\"id\":1},",
                                    "old_json=[{\"cost\":100,\"id\":1},", ",null]\n", NULL});
    bench_write(
        "deals.json",
        "[{\"id\":1,\"cost\":100},{\"id\":2,\"cost\":100},{\"id\":3,\"cost\":100},{\"id\":4,\"error\":\"timeout\"}]");
    saw(LIVE,
        (const char *const[]){"result=cannot_tell\n", "changed=absent\n", "changed_share=absent\n",
                              "not_evaluated=1\n", "{\"error\":\"timeout\"}", NULL});
    bench_write(
        "deals.json",
        "[{\"id\":1,\"cost\":1},{\"id\":2,\"cost\":100},{\"id\":3,\"cost\":100},{\"id\":4,\"error\":\"timeout\"}]");
    saw(LIVE, (const char *const[]){"changed=1\n", "removed=absent\n", "not_evaluated=1\n", NULL});
    saw("environment: test\nsources:\n"
        "  snapshot.x: {old: pre.snap, data: prusik.data.yaml, name: deals, where: cost > 50, added_fails: yes}\n"
        "rules: {a: rollback when snapshot.x.changed_share > 5%}\n",
        (const char *const[]){"snapshot.x.moved=1\n", "'where' holds on one side only", NULL});
    T_CHECK(unlink("deals.json") == 0);
    saw(LIVE, (const char *const[]){"snapshot.deals: ", NULL});
}

T(two_snapshots_are_compared_when_there_are_two)
{
    static const char binding[] =
        "environment: test\nsources: {snapshot.deals: {old: pre.snap, new: post.snap}}\n"
        "rules: {a: rollback when snapshot.deals.changed > 0}\n";

    bench_write("deals.json", "[{\"id\":1,\"cost\":100}]");
    saw(binding, (const char *const[]){"snapshot.deals.result=absent\n", NULL});
    take("post.snap");
    saw(binding, (const char *const[]){"snapshot.deals: source 'snapshot.deals': look at '", NULL});
    bench_write("pre.snap", "nothing");
    saw(binding, (const char *const[]){"snapshot.deals: ", "pre.snap", NULL});
    T_CHECK(unlink("pre.snap") == 0);
    take("pre.snap");
    saw(binding, (const char *const[]){"snapshot.deals.result=no_regression\n", NULL});
    bench_write("post.snap", "nothing");
    saw(binding, (const char *const[]){"snapshot.deals: ", "post.snap", NULL});
}

T(two_snapshots_that_stay_the_same_are_compared_once)
{
    struct bench b;

    bench_write("new", "new");
    bench_write("old", "old");
    bench_write("deals.json", "[{\"id\":1,\"cost\":100}]");
    take("post.snap");
    take("pre.snap");
    bench_plan(
        &b, document,
        "environment: test\nsources: {snapshot.deals: {old: pre.snap, new: post.snap}}\n"
        "rules: {a: rollback when snapshot.deals.changed > 0}\nwatch: {interval: 1s, until: T+3s}\n");
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    bench_end(&b);
}

T(what_does_not_fit_is_refused_before_anything_is_done)
{
    static const struct {
        const char *source, *err;
    } rows[] = {
        {"audit.deals: {}", "'data' is missing"},
        {"audit.deals: {data: none.yaml}", "none.yaml"},
        {"audit.deals: {data: prusik.data.yaml, name: dealz}", "dealz"},
        {"audit.dealz: {data: prusik.data.yaml}", "dealz"},
        {"audit.deals: {data: secret.yaml}", "'NOWHERE' is not set"},
        {"snapshot.deals: {old: pre.snap}", "'new' (a snapshot) or 'data'"},
        {"snapshot.deals: {old: a, new: b, data: prusik.data.yaml}", "not both"},
        {"snapshot.dealz: {old: a, data: prusik.data.yaml}", "dealz"},
        {"snapshot.deals: {old: a, new: b, where: \"cost >\"}", "'where'"},
        {"snapshot.deals: {old: a, new: b, every: 5m}", "no setting 'every'"},
    };

    bench_write("prusik.data.yaml", data_yaml);
    bench_write("secret.yaml", "sql: {deals: {database: $NOWHERE, query: SELECT 1}}\n");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct bench b;
        char text[300];

        (void)snprintf(
            text, sizeof(text),
            "environment: test\nsources:\n  %s\nrules: {a: investigate when step.elapsed > 1h}\n",
            rows[i].source);
        T_CHECK(look(&b, text) != ERR_OK);
        t_say("%s", b.err.msg);
        T_CHECK(strstr(b.err.msg, rows[i].err));
        bench_end(&b);
    }
}

T(variables_of_the_data_file_are_those_of_the_run_and_secrets_are_put_in_late)
{
    struct bench b;

    T_EQ(setenv("DEALS_FILE", "deals.json", 1), 0);
    T_EQ(setenv("DEALS_KEY", "here", 1), 0);
    bench_write("here", "x");
    bench_write("deals.json", "[{\"id\":1,\"cost\":1}]");
    bench_write(
        "d.yaml",
        "file: {deals: {path: $DEALS_FILE}, own: {path: $OWN}, secret: {path: $API_TOKEN}, key: {path: \"${KEY}.json\"}}\n"
        "audits: {deals: {rows: file.deals, checks: [{name: c, coverage: cost}]},\n"
        "  own: {rows: file.own, checks: [{name: c, coverage: cost}]},\n"
        "  secret: {rows: file.secret, checks: [{name: c, coverage: cost}]},\n"
        "  key: {rows: file.key, checks: [{name: c, coverage: cost}]}}\n");
    T_EQ(setenv("API_TOKEN", "deals.json", 1), 0);
    saw("environment: test\nenv: {OWN: deals.json, KEY: deals}\nsecrets: [API_TOKEN, KEY]\nsources:\n"
        "  audit.deals: {data: d.yaml}\n  audit.key: {data: d.yaml}\n  audit.own: {data: d.yaml}\n  audit.secret: {data: d.yaml}\n"
        "rules: {a: rollback when audit.deals.score < 90%}\n",
        (const char *const[]){"audit.deals.score=1\n", "audit.own.score=1\n",
                              "audit.secret.score=1\n", "audit.key.score=1\n", NULL});
    T_EQ(unsetenv("API_TOKEN"), 0);
    T_CHECK(
        look(
            &b,
            "environment: test\nenv: {OWN: deals.json}\nsecrets: [API_TOKEN]\nsources:\n"
            "  audit.secret: {data: d.yaml}\nrules: {a: rollback when audit.secret.score < 90%}\n") !=
        ERR_OK);
    T_CHECK(strstr(b.err.msg, "'API_TOKEN' is not set"));
    bench_end(&b);
}

T(of_more_pairs_than_rules_can_look_at_the_numbers_are_left)
{
    CLEANUP(strbuf_release) struct strbuf rows = STRBUF(0);

    for (int i = 0; i < 10001; i++)
        strbuf_addf(&rows, "%s{\"id\":%d,\"cost\":%d}", i ? "," : "[", i, 100);
    strbuf_add_byte(&rows, ']');
    bench_write("deals.json", strbuf_str(&rows));
    bench_write("prusik.data.yaml", data_yaml);
    take("pre.snap");
    saw(LIVE, (const char *const[]){"identical=10001\n", "changed_share=0\n", NULL});
    T_CHECK(!strstr(strbuf_str(&seen), "rows_json"));
}

/* --- in a run --- */

/* Rows without end: a look ends before its poll does, and says that it is no look. */
T(an_audit_that_takes_too_long_is_no_value_and_says_so)
{
    sqlite3 *db;
    struct bench b;

    T_EQ(sqlite3_open("d.db", &db), SQLITE_OK);
    T_EQ(sqlite3_exec(db, "CREATE TABLE t (i)", NULL, NULL, NULL), SQLITE_OK);
    T_EQ(sqlite3_close(db), SQLITE_OK);
    bench_write("new", "new");
    bench_write("old", "old");
    bench_write("d.yaml",
                "sql:\n  deals: {database: \"sqlite:d.db\", query: \"WITH RECURSIVE t(i) AS "
                "(SELECT 1 UNION ALL SELECT i + 1 FROM t) SELECT i AS id, 1 AS cost FROM t\"}\n"
                "audits: {deals: {rows: sql.deals, checks: [{name: c, coverage: cost}]}}\n");
    bench_plan(
        &b, document,
        "environment: test\nsources: {audit.deals: {data: d.yaml}}\n"
        "rules: {a: rollback when audit.deals.score < 90%}\nwatch: {interval: 1s, until: T+3s}\n");
    T_EQ(bench_run(&b), EXIT_CODE_INVESTIGATE);
    T_CHECK(
        bench_sql("SELECT count(*) FROM event WHERE kind = 40 AND json_extract(data, '$.why') LIKE "
                  "'%it may take 900 ms here: % was stopped after % records'") > 0);
    bench_end(&b);
}

static void takes_both(struct bench *b UNUSED)
{
    take("pre.snap");
    bench_write("deals.json", "[{\"id\":1,\"cost\":200}]");
    take("post.snap");
}

T(a_comparison_that_is_not_there_yet_is_no_value_and_counts_when_it_is)
{
    struct bench b;

    bench_write("new", "new");
    bench_write("old", "old");
    bench_write("deals.json", "[{\"id\":1,\"cost\":100}]");
    bench_plan(&b, document,
               "environment: test\nsources: {snapshot.deals: {old: pre.snap, new: post.snap}}\n"
               "rules: {a: rollback when snapshot.deals.result == \"regression\"}\n"
               "watch: {interval: 1s, until: T+5s}\n");
    b.at = "watch";
    b.at_count = 2;
    b.act = takes_both;
    T_EQ(bench_run(&b), EXIT_CODE_ROLLED_BACK);
    T_CHECK(bench_sql("SELECT count(*) FROM event n JOIN event f ON f.seq > n.seq WHERE n.kind = 40"
                      " AND json_extract(n.data, '$.state') = 'nodata' AND f.kind = 40 AND"
                      " json_extract(f.data, '$.state') = 'fired'") > 0);
    bench_end(&b);
}

T(the_first_judgement_waits_for_a_look_that_is_under_way_at_the_mark)
{
    struct bench b;

    bench_write("new", "new");
    bench_write("old", "old");
    bench_plan(
        &b, document,
        "environment: test\nsources: {cmd.slow: {command: \"sleep 0.2; echo 1\"}}\n"
        "rules: {a: rollback when cmd.slow.out == \"2\"}\nwatch: {interval: 1s, until: T+2s}\n");
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 41"), 0); /* no verdict but OK */
    bench_end(&b);
}

T_MAIN(T_CASE(flags_that_rules_ask_for_are_looked_at),
       T_CASE(a_token_of_a_flag_that_has_no_value_stops_the_watch),
       T_CASE(an_audit_is_a_score_a_status_and_rows),
       T_CASE(records_as_they_are_now_are_compared_with_those_from_before),
       T_CASE(two_snapshots_are_compared_when_there_are_two),
       T_CASE(two_snapshots_that_stay_the_same_are_compared_once),
       T_CASE(what_does_not_fit_is_refused_before_anything_is_done),
       T_CASE(variables_of_the_data_file_are_those_of_the_run_and_secrets_are_put_in_late),
       T_CASE(of_more_pairs_than_rules_can_look_at_the_numbers_are_left),
       T_CASE(an_audit_that_takes_too_long_is_no_value_and_says_so),
       T_CASE(a_comparison_that_is_not_there_yet_is_no_value_and_counts_when_it_is),
       T_CASE(the_first_judgement_waits_for_a_look_that_is_under_way_at_the_mark))
