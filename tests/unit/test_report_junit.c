/* report_junit: the record of a run as JUnit's XML.  Whether it is valid is tests/scenario/junit.py's to say. */
#include "report_bench.h"

static const char document[] =
    "# Shop & Co\n\n## Deployment\n\n### Phase 1: Code\n\n#### 1.1 Get\n" SH("git pull <origin>") "#### 1.2 Build\n" SH(
        "make\nmake install") "### Phase 2: Data\n" SH("./migrate") "## Rollback\n" SH("git reset --hard HEAD~1") "## Decision Matrix\n\n| Symptom | Action |\n|---|---|\n| Error rate >5% for >5 min | ROLLBACK |\n"
                                                                                                                  "| Error rate >9% for >5 min | ROLLBACK |\n| The moon is full | ROLLBACK |\n";
static const char binding[] =
    "environment: staging\noperator: ana\nscrape: http://127.0.0.1:1/metrics\nvariables: {origin: o}\n"
    "metrics: {error_rate: 'ratio(bad_total, all_total)'}\nwatch: {until: T+10m}\n"
    "drop: {The moon is full: superstition}\nsteps: {deployment: {undo: by hand}}\n";

static void want(const struct bench *b, const char *text)
{
    if (!strstr(strbuf_str(&b->html), text)) {
        t_say("%s", strbuf_str(&b->html));
        T_FAIL("the report does not have '%s'", text);
    }
}

static const char *step_id(const struct bench *b, size_t i)
{
    static char id[100];

    T_CHECK(i < b->w.plan.n_steps);
    (void)snprintf(id, sizeof(id), "%.*s", SV_FMT(b->w.plan.steps[i].id));
    return id;
}

static void bench_report(struct bench *b)
{
    bench_view(b);
    T_OK(report_junit(b->store, &b->view, &b->html, &b->err), b->err);
}

T(a_part_is_a_suite_and_a_step_a_case)
{
    struct bench b;

    bench_of(&b, document, binding);
    add(&b, EVENT_STEP_INTENT, step_id(&b, 0), 1, "{}");
    add_output(&b, step_id(&b, 0), SV("got <it>\n"), ",\"state\":\"done\"");
    add(&b, EVENT_STEP_INTENT, step_id(&b, 1), 1, "{}");
    add(&b, EVENT_STEP_OUTCOME, step_id(&b, 1), 1, "{\"state\":\"failed\",\"reason\":\"first\"}");
    add(&b, EVENT_STEP_INTENT, step_id(&b, 1), 2, "{}");
    add(&b, EVENT_STEP_OUTCOME, step_id(&b, 1), 2,
        "{\"state\":\"failed\",\"reason\":\"it \\\"broke\\\"\",\"expectations\":[{\"text\":\"20\",\"seen\":\"19\","
        "\"result\":\"fails\"},{\"text\":\"fine\",\"result\":\"holds\"}]}");
    add(&b, EVENT_STEP_SKIPPED, step_id(&b, 2), 0, "{\"reason\":\"not needed\"}");
    bench_report(&b);
    T_CHECK(sv_starts(
        strbuf_sv(&b.html),
        SV("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"Shop &amp; Co\" "
           "tests=\"7\" failures=\"1\" errors=\"0\" skipped=\"5\" time=\"4.500\">\n")));
    want(
        &b,
        "  <testsuite name=\"Deployment / Code\" id=\"0\" package=\"deploy.md\" hostname=\"web1\" "
        "timestamp=\"2026-02-15T02:01:01\" tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\" "
        "time=\"4.500\">\n    <testcase name=\"deployment/phase-1/1.1/1: git pull &lt;origin&gt;\" "
        "classname=\"Deployment / Code\" time=\"1.500\"><system-out>got &lt;it&gt;\n</system-out></testcase>\n");
    want(&b, ": make\" classname=\"Deployment / Code\" time=\"3.000\"><failure message=\"it "
             "&quot;broke&quot;\" type=\"failed\">expected 20, found 19\n</failure></testcase>\n");
    want(
        &b,
        ": make install\" classname=\"Deployment / Code\" time=\"0.000\"><skipped message=\"not "
        "needed\"></skipped></testcase>\n  </testsuite>\n  <testsuite name=\"Deployment / Data\" id=\"1\" ");
    want(&b, ": ./migrate\" classname=\"Deployment / Data\" time=\"0.000\"><skipped message=\"not "
             "reached\"></skipped></testcase>\n");
    T_CHECK(!strstr(strbuf_str(&b.html), "git reset"));
    bench_end(&b);
}

T(a_step_whose_end_is_not_known_is_an_error)
{
    struct bench b;

    bench_of(&b, document, binding);
    add(&b, EVENT_STEP_INTENT, step_id(&b, 0), 1, "{}");
    bench_report(&b);
    want(&b, "<error message=\"in doubt: running\" type=\"in-doubt\"></error>");
    want(&b, " errors=\"1\" ");
    bench_end(&b);
}

T(a_rule_that_fired_is_a_failure_and_the_way_back_is_there)
{
    struct bench b;
    char data[300];

    bench_of(&b, document, binding);
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(data, sizeof(data),
                       "{\"rule\":\"%.*s\",\"state\":\"%s\",\"explain\":\"7%% > 5%%\"}",
                       SV_FMT(b.w.plan.rules[i].id), i ? "good" : "fired");
        add(&b, EVENT_RULE_STATE, "", 0, data);
    }
    add(&b, EVENT_ROLLBACK_STARTED, "", 0, "{\"reason\":\"7%\",\"by\":\"rule\"}");
    add(&b, EVENT_STEP_INTENT, "rollback/1", 1, "{}");
    add(&b, EVENT_STEP_OUTCOME, "rollback/1", 1, "{\"state\":\"done\"}");
    bench_report(&b);
    want(&b, "<testsuite name=\"Rollback\" ");
    want(
        &b,
        "<testcase name=\"rollback/1: git reset --hard HEAD~1\" classname=\"Rollback\" time=\"1.500\"></testcase>");
    want(&b, "<testsuite name=\"Rules\" ");
    want(
        &b,
        "<testcase name=\"Error rate &gt;5% for &gt;5 min\" classname=\"Rules\" time=\"0.000\"><failure "
        "message=\"7% &gt; 5%\" type=\"failed\">7% &gt; 5%</failure></testcase>");
    want(
        &b,
        "<testcase name=\"Error rate &gt;9% for &gt;5 min\" classname=\"Rules\" time=\"0.000\"></testcase>");
    want(&b, "<testcase name=\"The moon is full\" classname=\"Rules\" time=\"0.000\"><skipped "
             "message=\"superstition\"></skipped></testcase>");
    bench_end(&b);
}

T(a_rule_that_nothing_was_heard_of_is_skipped)
{
    struct bench b;

    bench_of(&b, document, binding);
    bench_report(&b);
    want(&b, "<skipped message=\"not judged\"></skipped>");
    bench_end(&b);
}

T(what_xml_does_not_allow_is_replaced)
{
    static const char bad[] =
        "a\x01\x1b\0b\xff\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbd]]>\xf0\x9f\x98\x80\r\n\xef\xbf";
    struct bench b;

    bench_of(&b, document, binding);
    add(&b, EVENT_STEP_INTENT, step_id(&b, 0), 1, "{}");
    add_output(&b, step_id(&b, 0), (struct sv){bad, sizeof(bad) - 1}, ",\"state\":\"done\"");
    bench_report(&b);
#define R "\xef\xbf\xbd"
    want(&b, "<system-out>a" R R R "b" R R R R "]]&gt;\xf0\x9f\x98\x80" R "\n" R R "</system-out>");
    bench_end(&b);
}

T(a_long_output_keeps_its_end)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);
    struct bench b;

    bench_of(&b, document, binding);
    strbuf_add_n(&out, 'x', 70000);
    strbuf_add_str(&out, "the end");
    add(&b, EVENT_STEP_INTENT, step_id(&b, 0), 1, "{}");
    add_output(&b, step_id(&b, 0), strbuf_sv(&out), ",\"state\":\"done\"");
    bench_report(&b);
    want(&b, "<system-out>... 4471 bytes ...\nxxx");
    want(&b, "xthe end</system-out>");
    T_CHECK(b.html.n < 70000);
    bench_end(&b);
}

T(a_damaged_output_or_journal_gives_no_report)
{
    struct bench b;

    bench_of(&b, document, binding);
    add(&b, EVENT_STEP_INTENT, step_id(&b, 0), 1, "{}");
    add(&b, EVENT_STEP_OUTCOME, step_id(&b, 0), 1,
        "{\"state\":\"done\",\"err\":{\"blob\":\"no hash\"}}");
    bench_view(&b);
    T_EQ(report_junit(b.store, &b.view, &b.html, &b.err), ERR_CORRUPT);
    want_message(&b.err, "step deployment/phase-1/1.1/1: ");
    sql_run("UPDATE event SET at_us = 1 WHERE seq = 2");
    T_EQ(report_junit(b.store, &b.view, &b.html, &b.err), ERR_CORRUPT);
    T_EQ(b.html.n, 0);
    bench_end(&b);
}

T_MAIN(T_CASE(a_part_is_a_suite_and_a_step_a_case),
       T_CASE(a_step_whose_end_is_not_known_is_an_error),
       T_CASE(a_rule_that_fired_is_a_failure_and_the_way_back_is_there),
       T_CASE(a_rule_that_nothing_was_heard_of_is_skipped),
       T_CASE(what_xml_does_not_allow_is_replaced), T_CASE(a_long_output_keeps_its_end),
       T_CASE(a_damaged_output_or_journal_gives_no_report))
