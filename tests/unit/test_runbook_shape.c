/* Phrases about numbers, read into conditions; and where a document has them. */
#include "runbook/shape.h"

#include "runbook_read.h"

struct bench {
    struct prose_reader *prose;
    struct shape_reader *r;
    struct arena arena;
};

static struct bench bench_new(void)
{
    struct bench b = {.prose = prose_reader_new()};

    b.r = shape_reader_new(b.prose);
    shape_learn(
        b.r, SV("over 3 weeks, spread over 4 weeks: kind NOT IN ('x'), kind IN ('sale', 'lease')"),
        &b.arena);
    return b;
}

static void bench_free(struct bench *b)
{
    shape_reader_free(b->r);
    prose_reader_free(b->prose);
    arena_release(&b->arena);
}

/* "" when it is not understood. */
static struct sv read_shape(struct bench *b, const struct shape_request *q)
{
    struct shape s;

    if (!shape_read(b->r, q, &b->arena, &s))
        return SV("");
    return arena_fmt(&b->arena, "%.*s%.*s", SV_FMT(s.condition), SV_FMT(s.clauses));
}

T(what_is_expected_becomes_a_condition)
{
    static const struct {
        const char *subject, *phrase, *rule;
    } rows[] = {
        {"", "All P0 tests passing locally (23/23 cost tests)",
         "cmd.tests.exit == 0 and cmd.tests.passed == 23"},
        {"", "All P0 tests passing locally (22/23 cost tests)", ""},
        {"", "Full test suite passing (821+ tests)",
         "cmd.tests.exit == 0 and cmd.tests.passed >= 821"},
        {"", "All unit tests passing (>80% coverage)",
         "cmd.tests.exit == 0 and cmd.coverage.percent > 80%"},
        {"", "All 572 existing tests still pass", "cmd.tests.passed == 572"},
        {"", "Regression test suite passes 100%", "cmd.tests.passed / cmd.tests.total == 100%"},
        {"", "No new test failures", "none(cmd.tests.failures : not (name in baseline))"},
        {"", "All deals have valid kind (sale, or lease)",
         "all(sql.deals : kind in {\"sale\", \"lease\"})"},
        {"", "\"v\" CHECK (kind IN ('sale', 'lease'))",
         "all(sql.kind : kind in {\"sale\", \"lease\"})"},
        {"", "No NULL kind values in database", "count(sql.kind where kind is null) == 0"},
        {"", "All NULL values converted to 'sale'", "count(sql.rows where kind is null) == 0"},
        {"", "Costs for sales are 1.5-3x higher than comparable leases",
         "median(snapshot.rows where kind == \"sale\" : costs) / median(snapshot.rows where kind == \"lease\" : costs) in [1.5x, 3x]"},
        {"", "Costs for boats are 1.5-3x higher than leases", ""}, /* the document knows no boats */
        {"", "Tax appears only for sales", ""},
        {"", "Taxes appear ONLY for sales, not leases",
         "none(snapshot.rows where kind != \"sale\" : taxes > 0)"},
        {"", "Old/new snapshots match for sale deals (±5% cost variance)",
         "all(snapshot.rows where kind == \"sale\" : cost within 5% of baseline)"},
        {"", "`ok_count` matches total deals", "ok_count == total_deals"},
        {"", "All 6 agents operational (100% success rate)",
         "count(agents : up) == 6 and agents_success_rate[1h] == 100%"},
        {"", "No alerts firing", "count(alertmanager.alerts : status == \"firing\") == 0"},
        {"", "No errors in production logs for 24 hours", "log_errors[24h] == 0 at T+24h"},
        {"", "No user-reported issues (first 48 hours)", "user_reported_issues[48h] == 0 at T+48h"},
        {"", "No rollbacks or flag toggles in past 30 days",
         "rollbacks[30d] == 0 and flag_toggles[30d] == 0"},
        {"", "Zero production incidents during rollout", "production_incidents[28d] == 0"},
        {"", "New pattern types stored", ""}, /* news are no expectation */
        {"Error Rate", "<0.5% (baseline)", "error_rate[1m] < 0.5%"},
        {"Response Time", "p95 <500ms (baseline: 300ms)",
         "p95(response_time)[5m] < 500ms baseline 300ms"},
        {"API Success Rate", ">99%", "api_success_rate[5m] > 99%"},
        {"Background Job Success Rate", ">95%",
         "background_job_success_rate[1h] > 95% min 20 samples"},
        {"Connection Pool", "<80% utilization", "connection_pool < 80%"},
        {"Index Usage", "`idx` should show scans", "increase(index_usage[1h]) > 0"},
        {"Deadlocks", "0 per hour", "increase(deadlocks[1h]) == 0"},
        {"Flag usage", "0 after Phase 4", "flag_usage == 0 after phase 4"},
        {"Flag usage", "100% enabled after Week 4", "flag_usage == 100% after week 4"},
        {"Tickets", "<5/week", "tickets[7d] < 5"},
        {"", "Batch time (target: < 30s per batch)", "max(batch_time)[15m] < 30s"},
        {"", "Total time for 100 assets (target: < 10 min)", "total_time_for_100_assets < 10m"},
        {"", "Storage rate (target: 100%)", "storage_rate[5m] == 100%"},
        {"", "3.3 min for 100 assets (target: < 10 min)", "assets_elapsed < 10m baseline 3.3m"},
        {"", "everything looks good", ""},
        {"", "HTTP 200, latency <50ms", ""}, /* two senses */
        {"", "<5", ""},
        {"Weather", ">5", ""}, /* a number of what? */
        {"", "", ""},
    };
    struct bench b = bench_new();

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct shape_request q = {.subject = sv_from(rows[i].subject),
                                  .phrase = sv_from(rows[i].phrase),
                                  .good = true,
                                  .offset_ms = -1};

        SAME(read_shape(&b, &q), rows[i].rule);
    }
    bench_free(&b);
}

T(what_is_feared_becomes_a_condition)
{
    static const struct {
        const char *phrase, *rule;
    } rows[] = {
        {"5xx error rate >1%", "error_rate[5m] > 1% min 100 samples"},
        {"startup failures", "startup_failures > 0"},
        {"Query latency >2x baseline", "p95(query_time)[5m] > 2x baseline min 100 samples"},
        {"status showing invalid values", "invalid_status > 0"},
        {"Connection errors >10 in 5 minutes", "connection_errors[5m] > 10"},
        {"Error rate exceeds 1% for 5 minutes", "error_rate[5m] > 1% min 100 samples for 5m"},
        {"Any type-related exception", "type_related_exception[1m] > 0"},
        {"Deal creation failures > 5%", "deal_creation_failures[5m] > 5% min 20 samples"},
        {"New pattern types stored", "count(pattern_types : not (name in baseline)) > 0"},
        {"Enrichment taking > 30s per batch", "avg(enrichment_taking)[15m] > 30s"},
        {"Affects <10% of deals", "share(deals : affected) in (0%, 10%)"},
        {"Affects 10-50% of deals", "share(deals : affected) in [10%, 50%]"},
        {"Affects >50% of deals OR data corruption",
         "share(deals : affected) > 50% or data_corruption > 0"},
        {"Still using flag after cleanup", "flag_usage[1d] > 0 after cleanup"},
        {"Still using the old flag after the migration", "old_flag_usage[1d] > 0 after migration"},
        {"Still using too much memory after all of this", ""},
        {"users complain", ""},
        {"No errors", ""},
    };
    struct bench b = bench_new();

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct shape_request q = {.phrase = sv_from(rows[i].phrase),
                                  .count_window = "[1m]",
                                  .ratio_window = "[5m]",
                                  .min_samples = true,
                                  .offset_ms = -1};

        SAME(read_shape(&b, &q), rows[i].rule);
    }
    bench_free(&b);
}

T(what_a_phrase_says_depends_on_when_it_is_judged)
{
    struct bench b = bench_new();
    struct shape_request q = {.subject = SV("Memory usage"),
                              .phrase = SV("Stable, not growing"),
                              .good = true,
                              .offset_ms = 900000};

    SAME(read_shape(&b, &q), "slope(memory[10m]) < 1MB/m");
    q.offset_ms = 3600000;
    SAME(read_shape(&b, &q), "slope(memory[30m]) < 1MB/m");
    q.offset_ms = -1;
    SAME(read_shape(&b, &q), "");
    shape_reader_free(NULL);
    bench_free(&b);
}

T(an_action_is_its_first_words)
{
    static const struct {
        const char *text, *action;
    } rows[] = {
        {"Page on-call engineer immediately", "page oncall"},
        {"Page DBA", "page dba"},
        {"Alert the product team", "alert product"},
        {"Critical", "page oncall"},
        {"Warning", "investigate"},
        {"Info", "info team"},
        {"Rollback now", "rollback"},
        {"Alert ---", ""},
        {"think about it", ""},
    };
    CLEANUP(arena_release) struct arena arena = {0};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        SAME(shape_action(sv_from(rows[i].text), &arena), rows[i].action);
    SAME(shape_name(SV("5 Äpfel & P95-Birnen"), &arena), "pfel_p95_birnen");
    SAME(shape_name(SV("--"), &arena), "");
}

/* --- in a document --- */

static void same_rules(const char *text, const char *const *want, bool proposals)
{
    CLEANUP(reading_done) struct reading r;
    size_t n = 0;

    read_text(&r, text);
    for (size_t i = 0; i < r.rb.n_rules; i++) {
        CLEANUP(strbuf_release) struct strbuf got = STRBUF(0);

        if (r.rb.rules[i].proposal != proposals)
            continue;
        strbuf_addf(&got, "%zu %.*s", r.rb.rules[i].line, SV_FMT(r.rb.rules[i].text));
        if (!want[n])
            T_FAIL("one more: %s", strbuf_str(&got));
        T_STR(strbuf_str(&got), want[n]);
        n++;
    }
    if (want[n])
        T_FAIL("missing: %s", want[n]);
}

T(reasons_to_roll_back_are_rules)
{
    static const char *const want[] = {
        "5 rollback when error_rate[5m] > 1% or startup_failures > 0 within 30m of deploy min 100 samples",
        "6 ", NULL};

    same_rules(
        "# Deploy\n## When to Rollback\nRollback immediately if ANY of these occur within 30 minutes of "
        "deployment:\n\n- **Errors:** 5xx error rate >1%, startup failures\n- **Mood:** sad\n",
        want, false);
}

T(alerts_and_metrics_are_rules)
{
    static const char *const want[] = {
        "5 page oncall when error_rate[1m] > 1% min 100 samples for 5m",
        "6 ",
        "10 page oncall when agent_failure_rate[15m] > 10% min 20 samples",
        "15 alert team when database_errors[1m] > 0 within 2h of deploy",
        "19 expect deadlocks == 0 else investigate",
        NULL};

    same_rules(
        "# Deploy\n## Monitoring\n### Alerting Rules\n\n"
        "1. **Error Rate >1% for 5 minutes:** Page on-call engineer\n2. **Mood <5:** Alert ann\n\n"
        "### Recommended Alerts\n\n1. **Critical**: Agent failure rate > 10%\n\n"
        "**Monitor for 2 hours after deployment**\n\n**Alert Thresholds**:\n- Database errors > 0\n\n"
        "### Metrics\n\n- **Deadlocks:** 0\n- Backend CPU usage\n",
        want, false);
}

T(a_table_of_metrics_is_two_rules_a_row)
{
    static const char *const want[] = {
        "6 expect deal_failures == 0 else investigate",
        "6 alert team when deal_failures > 0 every 1h",
        "7 expect cost_errors[1h] == 0 else investigate",
        "7 alert team when cost_errors[1h] > 5",
        "8 expect flag_usage[1h] == 0 after phase 4 else investigate",
        "8 alert team when flag_usage[1h] > 0 after phase 4",
        "9 expect tickets[7d] < 5 else investigate",
        "9 ",
        NULL};

    same_rules(
        "# Deploy\n## Metrics to Track\n\n| Metric | Query | Threshold | Alert If |\n|---|---|---|---|\n"
        "| Deal failures | `SELECT COUNT(*) FROM deals` | 0 | >0 |\n"
        "| Cost errors | `grep \"cost error\" app.log | wc -l` | 0 | >5 per hour |\n"
        "| Flag usage | - | 0 after Phase 4 | >0 |\n"
        "| Tickets | - | <5/week | many |\n",
        want, false);
}

T(a_tree_is_a_rule_for_each_branch)
{
    static const char *const want[] = {
        "6 fix-forward when share(deals : affected) in (0%, 10%)",
        "9 flag-off NEW_UI, investigate when share(deals : affected) in [10%, 50%]", "12 ",
        "14 rollback when share(deals : affected) > 50%", NULL};

    same_rules(
        "# Deploy\n## Rollback Decision Tree\n```\nIssue Detected\n    │\n    ├─ Affects <10% of deals\n"
        "    │   └─> Fix forward (patch)\n    │\n    ├─ Affects 10-50% of deals\n"
        "    │   └─> Disable feature flag, investigate\n    │\n    ├─ Full moon\n    │   └─> Rollback\n"
        "    └─ Affects >50% of deals\n        └─> Full rollback\n```\n\n`NEW_UI=true`\n",
        want, false);
}

T(what_a_person_is_asked_comes_with_the_rule_that_would_judge_it)
{
    static const char *const want[] = {
        "3 investigate when step.elapsed > 10m", "5 expect cmd.tests.passed == 572",
        "7 expect coverage > 70% at T+24h",      "11 expect error_rate[5m] < 0.5%",
        "12 report p95(response_time)[5m]",      NULL};

    same_rules(
        "# Deploy\n\n**Expected Duration**: 5-10 minutes\n\n- [ ] All 572 tests pass\n## Within 24 Hours\n"
        "- [ ] Coverage (target: >70%)\n## Communication\nPost when complete:\n```\n"
        "Error rate: <0.5%\nResponse time P95: 1.2s\nThanks: all\n```\n",
        want, true);
}

T(a_query_and_the_values_it_must_list_are_rules)
{
    static const char *const twice[] = {"6 expect sql.duplicates.rows == 0", NULL};
    static const char *const all[] = {"13 expect sql.values superset {\"A_B\", \"C\"}", NULL};
    static const char *const none[] = {NULL};

    same_rules("# Deploy\n```sql\nSELECT a, COUNT(*)\nFROM t\nGROUP BY a\nHAVING COUNT(*) > 1;\n"
               "SELECT a FROM t GROUP BY a HAVING COUNT(*) > 2;\n```\n",
               twice, true);
    same_rules("# Deploy\n\n- `A_B`\n- `C`\n\nAnd\n\n- `D`\n- other `E`\n\n```sql\n"
               "SELECT v FROM t;\n-- Expected results should include all 2 new values\n"
               "-- Expected results should include all 3 new values\n```\n",
               all, true);
    same_rules("# Deploy\n\n- `A`\n- `C`\n\n```bash\nls x\n# Should show all 2 names\n```\n", none,
               true);
    same_rules("# Deploy\n\n- `A\"`\n- `C`\n\n```sql\nSELECT v FROM t;\n"
               "-- Should include all 2 values\n```\n",
               none, true);
}

T_MAIN(T_CASE(what_is_expected_becomes_a_condition), T_CASE(what_is_feared_becomes_a_condition),
       T_CASE(what_a_phrase_says_depends_on_when_it_is_judged),
       T_CASE(an_action_is_its_first_words), T_CASE(reasons_to_roll_back_are_rules),
       T_CASE(alerts_and_metrics_are_rules), T_CASE(a_table_of_metrics_is_two_rules_a_row),
       T_CASE(a_tree_is_a_rule_for_each_branch),
       T_CASE(what_a_person_is_asked_comes_with_the_rule_that_would_judge_it),
       T_CASE(a_query_and_the_values_it_must_list_are_rules))
