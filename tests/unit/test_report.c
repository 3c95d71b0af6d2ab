/* report: the record of a run as HTML and JSON (docs/formats/report.md). */
#include "report/report.h"

#include "base/text.h"
#include "exec/run.h"
#include "report_bench.h"

static const char document[] =
    "# Shop & <b>Co</b>\n\n## Pre-checks\n\n- [ ] **1. Notes read**\n- [ ] **2. Approval obtained**\n\n"
    "## Deployment\n\n### Step 1: Code\n" SH(
        "# Unpack what came\ngit pull origin <tag>\n"
        "# Expected: \"release 4.2\"") "### Step 2: Migrate (if needed)\n" SH("for i in 1 2; do\n  echo <hr>$i\ndone") "### Step 3: Look\n" SH("ls\n# Expected: the lights go out") "## Rollback\n" SH("git reset --hard HEAD~1") "## Decision Matrix\n\n| Symptom | Action |\n|---|---|\n| Error rate >5% for >5 min | ROLLBACK |\n"
                                                                                                                                                                                                                                  "| The moon is full | ROLLBACK |\n\n## Monitoring Schedule\n\n| Time | Check |\n|---|---|\n"
                                                                                                                                                                                                                                  "| T+5 min | Error rate, the logs |\n| T+30 min | Error rate |\n";
static const char binding[] =
    "environment: staging\noperator: ana\ntime_scale: 0.5\nvariables: {tag: v4.2, i: '1'}\n"
    "scrape: http://127.0.0.1:1/metrics\nmetrics: {error_rate: 'ratio(bad_total, all_total)'}\n"
    "watch: {until: T+10m}\n"
    "drop: {The moon is full: superstition, the logs: bo reads them, the lights go out: no lights}\n"
    "choices: {deployment/2: no}\nsteps: {deployment/1: {undo: by hand}}\n";

static void bench_begin(struct bench *b)
{
    bench_of(b, document, binding);
}

/* Make both reports of what was written so far. */
static void bench_report(struct bench *b)
{
    bench_view(b);
    T_OK(report_html(b->store, &b->view, &b->html, &b->err), b->err);
    T_OK(report_json(b->store, &b->view, &b->json, &b->err), b->err);
}

static void want_html(const struct bench *b, const char *text)
{
    if (!strstr(strbuf_str(&b->html), text)) {
        t_say("%s", strbuf_str(&b->html) + strcspn(strbuf_str(&b->html), "\n"));
        T_FAIL("the HTML does not have '%s'", text);
    }
}

static void want_no_html(const struct bench *b, const char *text)
{
    if (strstr(strbuf_str(&b->html), text))
        T_FAIL("the HTML has '%s'", text);
}

/* The member of the report at "steps/3/attempts/0/out" is this text, number or boolean. */
static const json_t *json_at(const struct bench *b, const char *path)
{
    const json_t *j = b->json;
    struct sv rest = sv_from(path), part;

    while (sv_split(&rest, '/', &part)) {
        CLEANUP(mem_freep) char *name = xstrdup_sv(part);
        uint64_t i;

        j = sv_to_u64(part, &i) ? json_array_get(j, (size_t)i) : json_object_get(j, name);
        if (!j)
            T_FAIL("the JSON has no '%s'", path);
    }
    return j;
}

static void want_member(const struct bench *b, const char *path, const char *want)
{
    const json_t *j = json_at(b, path);

    if (json_is_integer(j))
        T_EQ(json_integer_value(j), strtoll(want, NULL, 10));
    else if (json_is_boolean(j))
        T_STR(json_is_true(j) ? "true" : "false", want);
    else
        want_text((struct sv){json_string_value(j), json_string_length(j)}, want);
}

/* --- what is in it --- */

T(the_head_says_what_who_where_and_when)
{
    struct hash hash;
    struct bench b;

    bench_begin(&b);
    add(&b, EVENT_MARK, "deployment/1/1", 1, "{\"name\":\"deploy\",\"at_us\":1771120900000000}");
    add(&b, EVENT_VERDICT, "", 0, "{\"verdict\":\"INVESTIGATE\",\"text\":\"error_rate is 7 %\"}");
    add(&b, EVENT_RUN_FINISHED, "", 0, "{\"outcome\":\"investigate\",\"exit\":9}");
    bench_report(&b);
    want_html(&b, "<h1>Shop &amp; ");
    want_html(&b, "run r-0001, staging");
    want_html(&b, "Done; people should look</strong> after 4.5 s");
    want_html(&b, "<span class=\"tag warn\">INVESTIGATE</span> error_rate is 7 %");
    want_html(&b, "<dt>operator</dt><dd>ana &lt;a@b&gt;</dd>");
    want_html(&b, "<dt>host</dt><dd>web1</dd>");
    want_html(&b, "<dt>begun</dt><dd>2026-02-15T02:01:00.000Z</dd>");
    want_html(&b, "<dt>ended</dt><dd>2026-02-15T02:01:04.500Z</dd>");
    want_html(&b, "<dt>deployed at (T0)</dt><dd>2026-02-15T02:01:40.000Z</dd>");
    want_html(&b, "<dt>durations</dt><dd>× 0.5</dd>");
    want_html(&b, "<dt>prusik</dt><dd>9.9.9</dd>");
    want_html(&b, hash_hex(&b.w.plan.hash).s);
    hash = document_hash(&b.w.doc);
    want_html(&b, hash_hex(&hash).s);
    want_member(&b, "format", "1");
    want_member(&b, "run", "r-0001");
    want_member(&b, "document", "deploy.md");
    want_member(&b, "environment", "staging");
    want_member(&b, "operator", "ana <a@b>");
    want_member(&b, "host", "web1");
    want_member(&b, "version", "9.9.9");
    want_member(&b, "begun", "2026-02-15T02:01:00.000Z");
    want_member(&b, "ended", "2026-02-15T02:01:04.500Z");
    want_member(&b, "deployed", "2026-02-15T02:01:40.000Z");
    want_member(&b, "state", "finished");
    want_member(&b, "outcome", "investigate");
    want_member(&b, "exit", "9");
    want_member(&b, "verdict", "INVESTIGATE");
    want_member(&b, "verdict_text", "error_rate is 7 %");
    want_member(&b, "plan", hash_hex(&b.w.plan.hash).s);
    want_member(&b, "document_hash", hash_hex(&hash).s);
    bench_end(&b);
}

T(every_command_output_expectation_identity_and_time_is_in_both)
{
    struct bench b;

    bench_begin(&b);
    add(&b, EVENT_ANSWER, "pre-checks/1/1", 0,
        "{\"answer\":\"yes\",\"by\":\"bo\",\"note\":\"on Monday\",\"how\":\"given ahead\"}");
    add(&b, EVENT_STEP_OUTCOME, "pre-checks/1/1", 0, "{\"state\":\"done\"}");
    add(&b, EVENT_APPROVAL, "pre-checks/2/1", 0,
        "{\"by\":\"cy\",\"role\":\"owner\",\"note\":\"go\"}");
    add(&b, EVENT_STEP_INTENT, "deployment/1/1", 1, "{\"command\":\"git pull\"}");
    add_output(
        &b, "deployment/1/1", SV("fetched\n"),
        ",\"state\":\"failed\",\"status\":1,\"reason\":\"expected 4.2\",\"expectations\":["
        "{\"text\":\"release 4.2\",\"line\":16,\"result\":\"fails\",\"seen\":\"release 4.1\","
        "\"by\":\"machine\"}]");
    add(&b, EVENT_STEP_INTENT, "deployment/1/1", 2, "{\"command\":\"git pull\"}");
    add_output(&b, "deployment/1/1", SV("second"),
               ",\"state\":\"done\",\"status\":0,\"http_status\":204,\"expectations\":["
               "{\"text\":\"release 4.2\",\"result\":\"holds\",\"by\":\"di\"}]");
    add(&b, EVENT_STEP_SKIPPED, "deployment/2/1", 0, "{\"reason\":\"not needed\",\"by\":\"eve\"}");
    add(&b, EVENT_VALUE_BOUND, "", 0, "{\"name\":\"tag\",\"value\":\"v4.2\",\"from\":\"binding\"}");
    add(&b, EVENT_MESSAGE, "", 0, "{\"trigger\":\"Post when done\",\"text\":\"Deployed v4.2.\"}");
    bench_report(&b);

    want_html(&b, "answered <span class=\"dim\">by</span> bo: yes, on Monday");
    want_html(&b, "<td>answered</td><td>bo: yes, on Monday (pre-checks/1/1)</td>");
    want_html(&b, "<td>approved</td><td>cy: owner, go (pre-checks/2/1)</td>");
    want_html(&b, "2026-02-15T02:01:01.500Z, given ahead");
    want_html(&b, "approved <span class=\"dim\">by</span> cy, owner, go");
    want_html(&b, "<code>git pull origin &lt;tag&gt;</code>");
    want_html(&b, "<p>Unpack what came</p>");
    want_html(&b, "way back: by hand");
    want_html(
        &b,
        "attempt 1, begun 2026-02-15T02:01:06.000Z, ended 2026-02-15T02:01:07.500Z, exit status 1");
    want_html(&b, "attempt 2, begun 2026-02-15T02:01:09.000Z, ended 2026-02-15T02:01:10.500Z, "
                  "exit status 0, HTTP 204");
    want_html(&b, "<p class=\"bad\">expected 4.2</p>");
    want_html(&b, "release 4.2 <span class=\"dim\">line 16</span></td><td><span class=\"tag "
                  "bad\">fails</span></td><td>release 4.1</td><td>machine</td>");
    want_html(&b, "<td>di</td>");
    want_html(&b, "<pre class=\"output\">fetched\n</pre>");
    want_html(&b, "<pre class=\"output\">second</pre>");
    want_html(&b, "<pre>for i in 1 2; do\n  echo &lt;hr&gt;$i\ndone</pre>");
    want_html(&b, "left out: not needed, says eve");
    want_html(&b, "<td>tag</td><td>v4.2</td><td>binding</td>");
    want_html(&b, "Post when done</p><pre>Deployed v4.2.</pre>");
    want_html(&b, "<h3>Deployment</h3>\n<h4>1 Code</h4>");
    want_no_html(&b, "1970");
    want_no_html(&b, "The way back</h2>"); /* it was not taken */

    want_member(&b, "steps/0/answers/0/by", "bo");
    want_member(&b, "steps/0/answers/0/answer", "yes");
    want_member(&b, "steps/0/answers/0/time", "2026-02-15T02:01:01.500Z");
    want_member(&b, "steps/0/answers/0/approval", "false");
    want_member(&b, "steps/0/attempts/0/begun", "2026-02-15T02:01:03.000Z");
    want_member(&b, "steps/1/answers/0/role", "owner");
    want_member(&b, "steps/1/answers/0/approval", "true");
    want_member(&b, "steps/1/state", "planned");
    want_member(&b, "steps/2/id", "deployment/1/1");
    want_member(&b, "steps/2/command", "git pull origin <tag>");
    want_member(&b, "steps/2/state", "done");
    want_member(&b, "steps/2/undo", "accepted");
    want_member(&b, "steps/2/undo_text", "by hand");
    want_member(&b, "steps/2/attempts/0/attempt", "1");
    want_member(&b, "steps/2/attempts/0/state", "failed");
    want_member(&b, "steps/2/attempts/0/begun", "2026-02-15T02:01:06.000Z");
    want_member(&b, "steps/2/attempts/0/ended", "2026-02-15T02:01:07.500Z");
    want_member(&b, "steps/2/attempts/0/duration_ms", "1500");
    want_member(&b, "steps/2/attempts/0/status", "1");
    want_member(&b, "steps/2/attempts/0/out", "fetched\n");
    want_member(&b, "steps/2/attempts/0/reason", "expected 4.2");
    want_member(&b, "steps/2/attempts/0/expectations/0/seen", "release 4.1");
    want_member(&b, "steps/2/attempts/1/out", "second");
    want_member(&b, "steps/2/attempts/1/http_status", "204");
    want_member(&b, "steps/3/state", "skipped");
    want_member(&b, "steps/3/skipped", "not needed");
    want_member(&b, "steps/3/skipped_by", "eve");
    want_member(&b, "steps/5/way_back", "true");
    want_member(&b, "events/0/event", "run-started");
    want_member(&b, "events/4/step", "deployment/1/1");
    want_member(&b, "events/4/attempt", "1");
    want_member(&b, "events/9/data/value", "v4.2");
    want_member(&b, "events/10/data/text", "Deployed v4.2.");
    bench_end(&b);
}

T(what_is_not_judged_stands_there_with_its_reason)
{
    struct bench b;

    bench_begin(&b);
    bench_report(&b);
    want_html(&b, "<td>rule</td><td>The moon is full</td><td>superstition</td>");
    want_html(&b, "<td>expectation</td><td>the lights go out</td><td>no lights</td>");
    want_html(&b, "<td>checkpoint</td><td>the logs</td><td>bo reads them</td>");
    want_html(&b, "<td>checkpoint</td><td>T+30m</td><td>the watch ends at T+10m</td>");
    T_EQ(json_array_size(json_at(&b, "not_judged")), 4);
    want_member(&b, "not_judged/0/what", "expectation");
    want_member(&b, "not_judged/0/reason", "no lights");
    want_member(&b, "not_judged/1/text", "The moon is full");
    want_member(&b, "not_judged/1/line", "44");
    want_member(&b, "not_judged/3/text", "T+30m");
    bench_end(&b);
}

T(the_watch_is_shown_with_its_verdicts)
{
    struct bench b;

    bench_begin(&b);
    add(&b, EVENT_RULE_STATE, "", 0,
        "{\"text\":\"error_rate > 5%\",\"state\":\"fired\",\"verdict\":\"ROLLBACK\",\"value\":0.07,"
        "\"value_text\":\"7 %\",\"limit\":0.05,\"n\":200}");
    add(&b, EVENT_RULE_STATE, "", 0,
        "{\"text\":\"crashes > 0\",\"state\":\"nodata\",\"verdict\":\"HOLD\",\"why\":\"no samples\"}");
    add(&b, EVENT_CHECKPOINT, "", 0,
        "{\"name\":\"T+5m\",\"verdict\":\"OK\",\"text\":\"all <good>\"}");
    add(&b, EVENT_RULE_STATE, "", 0,
        "{\"text\":\"a > 1 and b > 2\",\"state\":\"nodata\",\"verdict\":\"HOLD\",\"why\":\"stale\","
        "\"operands_text\":\"a > 1 is true (3); b > 2 is NODATA (stale)\"}");
    bench_report(&b);
    want_html(
        &b,
        "<td>error_rate &gt; 5%</td><td>fired</td><td><span class=\"tag "
        "bad\">ROLLBACK</span></td><td class=\"time\">7 %</td><td>0.05</td><td>200</td><td class=\"any\"></td>");
    want_html(
        &b,
        "<td></td><td></td><td></td><td class=\"any\">a &gt; 1 is true (3); b &gt; 2 is NODATA (stale)</td>");
    want_html(&b,
              "<td>crashes &gt; 0</td><td>nodata</td><td><span class=\"tag "
              "dim\">HOLD</span></td><td></td><td></td><td></td><td class=\"any\">no samples</td>");
    want_html(&b,
              "<td>T+5m</td><td class=\"time\">2026-02-15T02:01:04.500Z</td><td><span class=\"tag "
              "good\">OK</span></td><td>all &lt;good&gt;</td>");
    want_member(&b, "events/1/data/value_text", "7 %");
    want_member(&b, "events/3/data/text", "all <good>");
    bench_end(&b);
}

/* In the words of the document, with what each rule saw, also where all is well. */
T(a_checkpoint_and_the_time_line_say_what_was_seen)
{
    struct bench b;

    bench_begin(&b);
    add(&b, EVENT_VERDICT, "", 0, "{\"verdict\":\"HOLD\",\"text\":\"no value <yet>\"}");
    add(&b, EVENT_CHECKPOINT, "", 0,
        "{\"name\":\"T+5m\",\"verdict\":\"HOLD\",\"text\":\"unread\",\"rules\":["
        "{\"rule\":\"deploy.md:43\",\"verdict\":\"OK\",\"value_text\":\"0.2%\",\"limit_text\":\"> 5%\",\"meets\":false},"
        "{\"rule\":\"deploy.md:43\",\"verdict\":\"HOLD\",\"why\":\"stale\"},"
        "{\"rule\":\"deploy.md:43\",\"verdict\":\"OK\",\"operands_text\":\"a is true (1)\",\"value_text\":\"9\"},"
        "{\"rule\":\"deploy.md:43\",\"verdict\":\"OK\",\"value_text\":\"7\"}]}");
    add(&b, EVENT_RULE_STATE, "", 0,
        "{\"rule\":\"deploy.md:43\",\"text\":\"rollback when x > 5%\",\"state\":\"good\",\"verdict\":\"OK\"}");
    add(&b, EVENT_RULE_STATE, "", 0,
        "{\"rule\":\"deploy.md:43\",\"state\":\"inactive\",\"verdict\":\"OK\"}");
    add(&b, EVENT_WATCH_STATE, "", 0,
        "{\"state\":\"unjudged\",\"text\":\"all of it\",\"rules\":["
        "{\"rule\":\"deploy.md:43\",\"source\":\"Error rate >5% for >5 min\",\"looks\":7,\"part\":\"a > 5\",\"why\":\"null\"},"
        "{\"rule\":\"mine\",\"source\":\"the <moon>\",\"looks\":0,\"why\":\"\"}]}");
    bench_report(&b);
    want_html(&b, "<td>verdict</td><td>HOLD: no value &lt;yet&gt;</td>");
    want_html(&b, "<td>checkpoint</td><td>T+5m: HOLD</td>");
    want_html(&b, "<td>never judged</td><td>all of it</td>");
    want_html(
        &b,
        "<td>Error rate &gt;5% for &gt;5 min <span class=\"dim\">(line 43)</span>: 0.2% not &gt; 5%<br>"
        "<span class=\"tag dim\">HOLD</span> Error rate &gt;5% for &gt;5 min <span "
        "class=\"dim\">(line 43)</span>: no value, stale<br>");
    want_html(&b, "</span>: a is true (1)<br>");
    want_html(&b, "</span>: 7</td>");
    want_no_html(&b, "<td>unread</td>");
    want_html(
        &b,
        "<td>Error rate &gt;5% for &gt;5 min <span class=\"dim\">(line 43)<br>rollback when x &gt; 5%</span></td><td>good</td>");
    want_html(
        &b,
        "<td>Error rate &gt;5% for &gt;5 min <span class=\"dim\">(line 43)</span></td><td>inactive</td>");
    want_html(&b, "Never judged: no data in the whole watch");
    want_html(&b, "(line 43)</span></td><td>a &gt; 5</td><td>7</td><td>null</td>");
    want_html(&b, "<td>the &lt;moon&gt;</td><td></td><td>0</td><td>it was never in force</td>");
    bench_end(&b);
}

T(flags_that_rules_switched_are_shown_with_what_became_of_them)
{
    struct bench b;

    bench_begin(&b);
    add(&b, EVENT_FLAG_INTENT, "", 0,
        "{\"number\":1,\"flag\":\"A\",\"to\":\"off\",\"rule\":\"r\"}");
    add(&b, EVENT_FLAG_OUTCOME, "", 0,
        "{\"number\":1,\"flag\":\"A\",\"to\":\"off\",\"rule\":\"r\",\"result\":\"in-effect\","
        "\"consumers\":2,\"ms\":1200}");
    add(&b, EVENT_FLAG_OUTCOME, "", 0,
        "{\"number\":2,\"flag\":\"B\",\"to\":\"off\",\"rule\":\"r\",\"result\":\"in-effect\","
        "\"consumers\":1,\"ms\":5,\"already\":true}");
    add(&b, EVENT_FLAG_OUTCOME, "", 0,
        "{\"number\":3,\"flag\":\"C\",\"to\":\"off\",\"rule\":\"r\",\"result\":\"failed\","
        "\"ms\":30000,\"why\":\"no <answer>\"}");
    add(&b, EVENT_FLAG_OUTCOME, "", 0,
        "{\"number\":5,\"flag\":\"E\",\"to\":\"off\",\"rule\":\"r\",\"result\":\"in-effect\","
        "\"consumers\":1,\"ms\":5}");
    add(&b, EVENT_FLAG_INTENT, "", 0,
        "{\"number\":4,\"flag\":\"D\",\"to\":\"off\",\"rule\":\"r\"}");
    bench_report(&b);
    want_html(&b, "A to off by rule r: in effect 1.2 s after the verdict, seen by 2 consumers<");
    want_html(&b, "B to off by rule r: in effect 5 ms after the verdict, found as it is to be<");
    want_html(&b, "C to off by rule r: failed after 30.0 s: no &lt;answer&gt;<");
    want_html(&b, "E to off by rule r: in effect 5 ms after the verdict, seen by 1 consumer<");
    want_html(&b, "D to off by rule r: ");
    T_CHECK(!strstr(strbuf_str(&b.html), "A to off by rule r: b"));
    want_member(&b, "events/2/data/result", "in-effect");
    bench_end(&b);
}

T(a_rollback_shows_the_way_back_and_who_took_it)
{
    struct bench b;

    bench_begin(&b);
    add(&b, EVENT_ROLLBACK_STARTED, "", 0, "{\"reason\":\"orders are missing\",\"by\":\"bo\"}");
    add(&b, EVENT_STEP_INTENT, "rollback/1", 1, "{}");
    add(&b, EVENT_STEP_OUTCOME, "rollback/1", 1, "{\"state\":\"done\"}");
    add(&b, EVENT_RUN_FINISHED, "", 0, "{\"outcome\":\"rolled-back\",\"exit\":5}");
    bench_report(&b);
    want_html(&b, "<strong>Rolled back</strong>");
    want_html(&b, "<p>orders are missing</p>");
    want_html(&b, "<dt>rolled back by</dt><dd>bo</dd>");
    want_html(&b, "<h2>The way back</h2>");
    want_member(&b, "rollback_reason", "orders are missing");
    want_member(&b, "rollback_by", "bo");
    want_member(&b, "steps/5/state", "done");
    bench_end(&b);
}

T(an_interrupted_step_says_how_it_was_decided)
{
    struct bench b;

    bench_begin(&b);
    add(&b, EVENT_STEP_INTENT, "deployment/1/1", 1, "{}");
    add(&b, EVENT_RUN_RESUMED, "", 0, "{\"operator\":\"fay\"}");
    add(&b, EVENT_STEP_DOUBT, "deployment/1/1", 1,
        "{\"decision\":\"again\",\"evidence\":\"git pull does no harm\"}");
    add(&b, EVENT_STEP_INTENT, "deployment/1/1", 2, "{}");
    bench_report(&b);
    want_html(&b, "begun before an interruption; decided: again, git pull does no harm");
    want_html(&b, "<span class=\"dim\">operator</span> fay"); /* in the journal below */
    want_member(&b, "steps/2/attempts/0/in_doubt/decision", "again");
    want_member(&b, "steps/2/state", "running");
    T_SV(view_current(&b.view)->p->id, "deployment/1/1");
    T_EQ(view_count(&b.view, false, SV("running")), 1);
    T_EQ(view_count(&b.view, true, SV("planned")), 1);
    bench_end(&b);
}

T(a_person_who_says_no_and_then_yes_is_there_twice)
{
    struct bench b;

    bench_begin(&b);
    add(&b, EVENT_ANSWER, "pre-checks/1/1", 0, "{\"answer\":\"no\",\"by\":\"bo\"}");
    add(&b, EVENT_STEP_OUTCOME, "pre-checks/1/1", 0, "{\"state\":\"failed\"}");
    add(&b, EVENT_ANSWER, "pre-checks/1/1", 0, "{\"answer\":\"yes\",\"by\":\"cy\"}");
    add(&b, EVENT_STEP_OUTCOME, "pre-checks/1/1", 0, "{\"state\":\"done\"}");
    bench_report(&b);
    want_member(&b, "steps/0/attempts/0/state", "failed");
    want_member(&b, "steps/0/attempts/1/state", "done");
    want_member(&b, "steps/0/answers/1/by", "cy");
    bench_end(&b);
}

/* --- states of a run --- */

T(a_run_is_running_crashed_stopped_or_finished)
{
    static const struct {
        enum event_kind kind;
        const char *data, *state, *banner, *line;
        int exit;
    } rows[] = {
        {EVENT_RUN_WAITING,
         "{\"exit\":7,\"for\":\"answer\",\"why\":\"bo must say\",\"next\":\"ask bo\"}", "stopped",
         "Waiting", "<p>bo must say</p><p>ask bo</p>", 7},
        {EVENT_RUN_INTERRUPTED, "{\"reason\":\"Ctrl-C\"}", "stopped", "Interrupted",
         "<p>Ctrl-C</p>", 130},
        {EVENT_RUN_FINISHED, "{\"outcome\":\"done\",\"exit\":0}", "finished", "Done", "", 0},
        {EVENT_RUN_FINISHED, "{\"outcome\":\"aborted\",\"exit\":4}", "finished", "Aborted", "", 4},
        {EVENT_RUN_FINISHED, "{\"outcome\":\"rolled-back\",\"exit\":5}", "finished", "Rolled back",
         "", 5},
        {EVENT_RUN_WAITING, "{\"exit\":6}", "stopped", "The way back failed", "", 6},
        {EVENT_RUN_WAITING, "{\"exit\":3}", "stopped", "Refused", "", 3},
        {EVENT_RUN_WAITING, "{\"exit\":4}", "stopped", "Failed", "", 4},
        {EVENT_RUN_FINISHED, "{\"outcome\":\"something new\"}", "finished", "Finished", "", 4},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct bench b;
        char banner[100];

        bench_begin(&b);
        add(&b, rows[i].kind, "", 0, rows[i].data);
        bench_report(&b);
        (void)snprintf(banner, sizeof(banner), "<strong>%s</strong>", rows[i].banner);
        want_html(&b, banner);
        want_html(&b, rows[i].line);
        want_member(&b, "state", rows[i].state);
        T_EQ(json_integer_value(json_at(&b, "exit")), rows[i].exit);
        bench_end(&b);
        t_remove("s");
    }
}

T(a_run_without_an_end_is_running_while_its_process_lives)
{
    struct store_lock_wish wish = {
        .environment = SV("staging"), .reason = SV("r"), .now_us = T0_US};
    struct store_lock holder;
    struct bench b;

    bench_begin(&b);
    bench_report(&b);
    want_member(&b, "state", "crashed"); /* nobody has the environment */
    T_CHECK(!json_object_get(b.json, "exit"));
    view_release(&b.view);
    wish.run = b.run;
    T_OK(store_lock_take(b.store, &wish, &holder, &b.err), b.err);
    T_OK(view_load(b.store, b.run, &b.view, &b.err), b.err);
    T_EQ(b.view.state, VIEW_RUNNING);
    T_EQ(b.view.owner.pid, getpid());
    view_release(&b.view);
    sql_run("UPDATE lock SET start = start - 1"); /* the number is another process's now */
    T_OK(view_load(b.store, b.run, &b.view, &b.err), b.err);
    T_EQ(b.view.state, VIEW_CRASHED);
    view_release(&b.view);
    add(&b, EVENT_RUN_WAITING, "", 0, "{\"exit\":7}");
    add(&b, EVENT_RUN_RESUMED, "", 0, "{}");
    T_OK(store_lock_give(b.store, SV("staging"), b.run, &b.err), b.err);
    T_OK(view_load(b.store, b.run, &b.view, &b.err), b.err);
    T_EQ(b.view.state, VIEW_CRASHED); /* it went on, and said nothing more */
    T_CHECK(!view_current(&b.view));
    bench_end(&b);
}

/* --- what a program printed is no markup, and harmless --- */

T(hostile_output_is_shown_and_does_nothing)
{
    static const char hostile[] = "<script>alert(1)</script>\x1b[31mred\x07\xff\xfe & \"q\" 'a'\n"
                                  "</pre><img src=x onerror=alert(2)>";
    struct bench b;

    bench_begin(&b);
    add(&b, EVENT_STEP_INTENT, "deployment/1/1", 1, "{}");
    add_output(
        &b, "deployment/1/1", (struct sv){hostile, sizeof(hostile) - 1},
        ",\"state\":\"<i>x</i>\",\"reason\":\"<script>1</script>\",\"expectations\":[{\"text\":"
        "\"<script>2\",\"result\":\"<script>3\",\"seen\":\"<script>4\",\"by\":\"<script>5\"}]");
    add(&b, EVENT_ANSWER, "deployment/1/1", 0,
        "{\"answer\":\"<script>6\",\"by\":\"<script>7\",\"note\":\"<script>8\",\"role\":\"<script>9\","
        "\"how\":\"<script>10\",\"<script>11\":\"<script>12\"}");
    add(&b, EVENT_ROLLBACK_STARTED, "", 0, "{\"reason\":\"<script>13\",\"by\":\"<script>14\"}");
    add(&b, EVENT_RULE_STATE, "", 0,
        "{\"text\":\"<script>\",\"state\":\"<script>\",\"verdict\":\"<script>\",\"value_text\":"
        "\"<script>\",\"limit_text\":\"<script>\",\"why\":\"<script>\"}");
    add(&b, EVENT_MESSAGE, "", 0, "{\"trigger\":\"<script>\",\"text\":\"<script>\"}");
    add(&b, EVENT_VALUE_BOUND, "", 0, "{\"name\":\"<script>\",\"value\":\"<script>\"}");
    add(&b, EVENT_VERDICT, "", 0, "{\"verdict\":\"<script>\",\"text\":\"<script>\"}");
    add(&b, EVENT_RUN_WAITING, "", 0, "{\"why\":\"<script>\",\"next\":\"<script>\"}");
    bench_report(&b);
    want_no_html(&b, "<script");
    want_no_html(&b, "<img");
    want_no_html(&b, "<i>x");
    want_no_html(&b, "<b>Co");
    want_no_html(&b, "\x1b");
    want_no_html(&b, "\x07");
    want_html(&b, "&lt;script&gt;alert(1)&lt;/script&gt;");
    want_html(&b, "&lt;/pre&gt;&lt;img src=x onerror=alert(2)&gt;");
    want_html(&b, "[31mred");
    T_EQ(text_bad_utf8(strbuf_sv(&b.html)), SV_NPOS); /* one that is not UTF-8 is not a document */
    want_member(&b, "steps/2/attempts/0/out",
                "<script>alert(1)</script>\x1b[31mred\x07\xef\xbf\xbd\xef\xbf\xbd & \"q\" 'a'\n"
                "</pre><img src=x onerror=alert(2)>");
    bench_end(&b);
}

T(the_page_needs_nothing_from_anywhere)
{
    static const char *const foreign[] = {"http:",    "https:", "src=",    "href=\"h",
                                          "href=\"/", "<link",  "@import", "url("};
    struct bench b;

    bench_begin(&b);
    bench_report(&b);
    for (size_t i = 0; i < ARRAY_LEN(foreign); i++)
        want_no_html(&b, foreign[i]);
    want_html(&b, "<!doctype html>");
    want_html(&b, "<meta charset=\"utf-8\">");
    T_CHECK(sv_ends(strbuf_sv(&b.html), SV("</body></html>\n")));
    bench_end(&b);
}

T(an_output_that_was_cut_says_so)
{
    CLEANUP(strbuf_release) struct strbuf data = STRBUF(0);
    struct bench b;
    struct hash h;

    bench_begin(&b);
    h = journal_blob(b.journal, SV("head ... tail"));
    strbuf_addf(&data,
                "{\"state\":\"done\",\"err\":{\"blob\":\"%s\",\"bytes\":5000000,\"cut\":true}}",
                hash_hex(&h).s);
    add(&b, EVENT_STEP_INTENT, "deployment/1/1", 1, "{}");
    add(&b, EVENT_STEP_OUTCOME, "deployment/1/1", 1, strbuf_str(&data));
    bench_report(&b);
    want_html(&b, "error output, cut: it had 5000000 bytes");
    want_member(&b, "steps/2/attempts/0/err", "head ... tail");
    want_json(json_at(&b, "steps/2/attempts/0/cut"), "[\"err\"]");
    bench_end(&b);
}

/* --- what is damaged is not reported as if it were whole --- */

T(a_damaged_output_fails_both_reports_and_names_the_step)
{
    static const char *const outs[] = {
        "{\"blob\":\"no hash\"}",
        "{\"blob\":\"00000000000000000000000000000000000000000000000000000000000000ff\"}"};
    static const char *const keys[] = {"out", "err"};

    for (size_t i = 0; i < ARRAY_LEN(outs); i++)
        for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
            struct bench b;
            char data[200];

            bench_begin(&b);
            add(&b, EVENT_STEP_INTENT, "deployment/1/1", 1, "{}");
            (void)snprintf(data, sizeof(data), "{\"state\":\"done\",\"%s\":%s}", keys[k], outs[i]);
            add(&b, EVENT_STEP_OUTCOME, "deployment/1/1", 1, data);
            T_OK(view_load(b.store, b.run, &b.view, &b.err), b.err);
            T_CHECK(report_html(b.store, &b.view, &b.html, &b.err) != ERR_OK);
            want_message(&b.err, "step deployment/1/1: ");
            T_CHECK(report_json(b.store, &b.view, &b.json, &b.err) != ERR_OK);
            want_message(&b.err, "step deployment/1/1: ");
            T_CHECK(!b.json);
            bench_end(&b);
            t_remove("s");
        }
}

T(a_changed_journal_fails_both_reports)
{
    struct bench b;

    bench_begin(&b);
    add(&b, EVENT_RUN_WAITING, "", 0, "{\"why\":\"bo\"}");
    T_OK(view_load(b.store, b.run, &b.view, &b.err), b.err);
    sql_run("UPDATE event SET data = '{\"why\":\"nobody\"}' WHERE seq = 2");
    T_EQ(report_html(b.store, &b.view, &b.html, &b.err), ERR_CORRUPT);
    T_EQ(report_json(b.store, &b.view, &b.json, &b.err), ERR_CORRUPT);
    T_CHECK(!b.json);
    view_release(&b.view);
    T_EQ(view_load(b.store, b.run, &b.view, &b.err), ERR_CORRUPT);
    want_message(&b.err, "event 2");
    bench_end(&b);
}

T(an_event_that_is_no_json_is_named)
{
    struct bench b;

    bench_begin(&b);
    add(&b, EVENT_RUN_WAITING, "", 0, "{no json");
    T_CHECK(view_load(b.store, b.run, &b.view, &b.err) != ERR_OK);
    want_message(&b.err, "event 2");
    bench_end(&b);
}

T(a_run_that_cannot_be_found_or_asked_about_is_an_error)
{
    struct bench b;

    bench_begin(&b);
    sql_run("ALTER TABLE lock RENAME TO elsewhere"); /* who has the environment cannot be told */
    T_EQ(view_load(b.store, b.run, &b.view, &b.err), ERR_DB);
    T_EQ(view_load(b.store, 99, &b.view, &b.err), ERR_NOT_FOUND);
    bench_end(&b);
}

T(the_seal_and_the_chain_are_in_both)
{
    struct journal_check k;
    struct bench b;

    bench_begin(&b);
    bench_report(&b);
    want_html(&b, "1 events, chain head ");
    want_html(&b, "not sealed");
    want_member(&b, "chain/sealed", "false");
    view_release(&b.view);
    json_decref(b.json);
    strbuf_truncate(&b.html, 0);
    add(&b, EVENT_RUN_FINISHED, "", 0, "{\"outcome\":\"done\",\"exit\":0}");
    T_OK(journal_seal(b.journal, b.at_us, &b.err), b.err);
    bench_report(&b);
    T_OK(journal_verify(b.store, b.run, &k, &b.err), b.err);
    want_html(&b, hash_hex(&k.head).s);
    want_html(&b, ", sealed with key ");
    want_html(&b, ". Check it with <code>prusik verify r-0001</code>");
    want_member(&b, "chain/sealed", "true");
    want_member(&b, "chain/events", "2");
    want_member(&b, "chain/head", hash_hex(&k.head).s);
    bench_end(&b);
}

T(what_a_newer_version_wrote_is_shown)
{
    struct bench b;

    bench_begin(&b);
    add(&b, (enum event_kind)77, "", 0, "{\"new\":true,\"n\":7,\"deep\":{\"a\":1}}");
    add(&b, EVENT_STEP_INTENT, "no/such/step", 1, "{}");
    bench_report(&b);
    want_html(&b, "<td>kind-77</td>");
    want_html(&b, "<span class=\"dim\">n</span> 7");
    want_html(&b, "<span class=\"dim\">new</span> yes");
    want_html(&b, "<td>no/such/step</td>");
    want_member(&b, "events/1/event", "kind-77");
    want_member(&b, "events/1/data/deep/a", "1");
    bench_end(&b);
}

/* --- a run as it is --- */

/* P8: nothing of a run's record has the secret, and its output's place shows. */
T(a_secret_that_a_command_prints_is_in_neither)
{
    CLEANUP(strbuf_release) struct strbuf json = STRBUF(0);
    struct bench b = {.html = STRBUF(0)};
    struct binding_pair secret = {SV("APP_TOKEN"), SV("canary-4711-xyz"), 0};
    struct run_options opt = {.secret_env = &secret, .n_secret_env = 1, .operator_name = SV("ana")};
    struct run *run = NULL;

    world_make(
        &b.w,
        "# Web\n\n## Deployment\n" SH("echo \"token $APP_TOKEN end\"\necho \"$APP_TOKEN\" >&2"),
        "environment: test\nenv: {APP_TOKEN: canary-4711-xyz}\n");
    opt.secrets = b.w.b.secrets;
    T_OK(store_open("s", STORE_WRITE, &b.store, &b.err), b.err);
    T_OK(run_start(b.store, &b.w.plan, &opt, &run, &b.err), b.err);
    b.run = run_id(run);
    T_EQ(run_go(run, &b.err), EXIT_CODE_DONE);
    run_free(run);
    bench_report(&b);
    json_write(b.json, &json);
    T_CHECK(!strstr(strbuf_str(&json), "canary"));
    want_no_html(&b, "canary");
    want_html(&b, "token *** end");
    want_member(&b, "steps/0/attempts/0/out", "token *** end\n");
    want_member(&b, "steps/1/attempts/0/err", "***\n");
    want_member(&b, "outcome", "done");
    want_html(&b, "<div class=\"banner good\"><p><strong>Done</strong>");
    want_html(&b, "<p>Steps: 2 done.</p>");
    bench_end(&b);
}

T_MAIN(T_CASE(the_head_says_what_who_where_and_when),
       T_CASE(every_command_output_expectation_identity_and_time_is_in_both),
       T_CASE(what_is_not_judged_stands_there_with_its_reason),
       T_CASE(the_watch_is_shown_with_its_verdicts),
       T_CASE(a_checkpoint_and_the_time_line_say_what_was_seen),
       T_CASE(flags_that_rules_switched_are_shown_with_what_became_of_them),
       T_CASE(a_rollback_shows_the_way_back_and_who_took_it),
       T_CASE(an_interrupted_step_says_how_it_was_decided),
       T_CASE(a_person_who_says_no_and_then_yes_is_there_twice),
       T_CASE(a_run_is_running_crashed_stopped_or_finished),
       T_CASE(a_run_without_an_end_is_running_while_its_process_lives),
       T_CASE(hostile_output_is_shown_and_does_nothing),
       T_CASE(the_page_needs_nothing_from_anywhere), T_CASE(an_output_that_was_cut_says_so),
       T_CASE(a_damaged_output_fails_both_reports_and_names_the_step),
       T_CASE(a_changed_journal_fails_both_reports), T_CASE(an_event_that_is_no_json_is_named),
       T_CASE(a_run_that_cannot_be_found_or_asked_about_is_an_error),
       T_CASE(the_seal_and_the_chain_are_in_both), T_CASE(what_a_newer_version_wrote_is_shown),
       T_CASE(a_secret_that_a_command_prints_is_in_neither))
