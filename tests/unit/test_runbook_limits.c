/* runbook/watch: limits in lists and paragraphs: which side of them is the bad one, and what is said beside them. */
#include "runbook_want.h"

/* Where it is not said what is done, "> 5%" of errors is nothing that anybody hopes for. */
T(what_nobody_hopes_for_is_no_expectation)
{
    static const struct {
        const char *bullet, *want;
    } rows[] = {
        {"Error rate > 5%", "?"},
        {"CPU usage > 80%", "?"},
        {"Latency above 2s", "?"},
        {"Queue depth > 1000", "?"},
        {"P99 > 2 s (for 10 minutes)", "?"},
        {"Sessions > 1000", "?"}, /* may be either */
        {"Success rate < 95%", "?"},
        {"Disk space free < 10%", "?"},
        {"Memory at least 90%",
         "expect memory >= 90% else investigate"}, /* it is said to be wanted */
        {"Success rate > 99%", "expect success_rate[5m] > 99% else investigate"},
        {"Uptime: > 99.9%", "expect uptime > 99.9% else investigate"},
        {"Disk space free > 20%", "expect disk_space_free > 20% else investigate"},
        {"Quota > 50 % left", "expect quota > 50% else investigate"},
        {"Cache hit rate above 80%", "expect cache_hit_rate[5m] > 80% else investigate"},
        {"Error rate < 1%", "expect error_rate[5m] < 1% else investigate"},
        {"Replication lag < 5s", "expect avg(replication_lag)[5m] < 5s else investigate"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        want_bullet("Monitoring", rows[i].bullet, rows[i].want);
}

T(a_sentence_of_what_is_feared_proposes_to_look)
{
    want_rules("# R\n## Deployment\nThe error rate is > 5% then.\n",
               "[investigate when error_rate[1m] > 5% min 100 samples]");
    want_rules("# R\n## Deployment\nThe error rate is < 5% then.\n",
               "[expect error_rate[1m] < 5% min 100 samples]");
}

/* "Investigate when the backup is larger than 1 MB" is what nobody said. */
T(what_stands_among_criteria_of_success_is_hoped_for)
{
    want_rules("# R\n## Deployment\n\n```sh\n./dump\n```\n\n**Success Criteria**:\n"
               "- Rows of the table > 100\n- Dump size > 1MB\n",
               "[expect dump_size > 1MB]");
    want_rules("# R\n## Deployment\nThe dump size is reasonable (> 1MB typically).\n",
               "[expect the_dump_size_is_reasonable > 1MB]");
}

T(each_condition_of_a_severity_is_proposed)
{
    want_rules("# R\n## Monitoring\nCritical: error rate > 5% or CPU > 90%.\n",
               "[page oncall when error_rate[1m] > 5%]|[page oncall when cpu > 90%]");
    want_rules("# R\n## Monitoring\n**Warning:** Error rate > 1%\n",
               "[alert team when error_rate[1m] > 1%]");
    want_rules("# R\n## Monitoring\nCritical: error rate > 5% and CPU > 90%\n",
               ""); /* no rule says both */
    want_rules("# R\n## Monitoring\nCritical: error rate > 5% (5 min)\n", "");
}

T(a_sentence_with_a_limit_introduces_no_list)
{
    want_rules("# R\n## Monitoring\nRoll back if errors > 1%.\n\n- CPU < 90%\n",
               "rollback when errors > 1%|expect cpu < 90% else investigate");
    want_rules("# R\n## Monitoring\nRoll back if one of these happens.\n\n- CPU > 90%\n",
               "rollback when cpu > 90%");
}

T(what_is_said_beside_a_limit_is_not_left_out)
{
    static const char *const open[] = {"Error rate > 5% (5 min)", "Latency above 1.200 ms",
                                       "CPU > 90% per node",      "CPU > 90% on all pods",
                                       "Errors > 5 three times",  "5xx or 4xx > 1%"};

    for (size_t i = 0; i < ARRAY_LEN(open); i++)
        want_bullet("Rollback Triggers", open[i], "?");
    want_bullet("Rollback Triggers", "4xx > 1%", "rollback when http_4xx > 1%");
    want_bullet("Rollback Triggers", "Latency above 1.25 s",
                "rollback when avg(response_time)[5m] > 1.25s");
    want_rules("# R\n## Monitoring\nIf CPU is above 90% per node, roll back.\n", "?");
}

#define MONITORED "# R\n## Monitoring\n"

T(what_stands_behind_a_reason_says_what_is_done)
{
    static const struct {
        const char *bullet, *want;
    } rows[] = {
        {"Error rate < 1%: continue", ""},
        {"Error rate < 1% for 10 minutes: no action", ""},
        {"p95 < 300 ms: healthy", ""},
        {"Latency > 2 s for one tenant: no rollback", ""},
        {"CPU > 90%: page the on-call", "page oncall when cpu > 90%"},
        {"CPU > 95%: immediate rollback", "rollback when cpu > 95%"},
        {"CPU > 95%: abort", "rollback when cpu > 95%"},
        {"CPU > 80%: discuss in the channel", "hold when cpu > 80%"},
        {"CPU > 80%: healthy baseline is 40%", "?"},
        {"CPU > 80%: ok to roll back without asking", "?"},
        {"CPU > 80%: ignore the canary and revert", "?"},
        {"CPU > 80%: investigate, then roll back", "?"},
        {"CPU > 80%: page the on-call, who rolls back", "?"},
        {"CPU > 80%: nothing else helps", "?"},
        {"Error rate > 7%: drain it", "?"},
        {"Error rate < 7%", "?"}, /* nobody fears it */
        {"Success rate > 90%", "?"},
        {"Success rate < 90%", "rollback when success_rate[5m] < 90% min 100 samples"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        want_bullet("Rollback Triggers", rows[i].bullet, rows[i].want);
}

T(each_band_of_a_table_is_a_rule_or_a_question)
{
    want_rules(
        MONITORED
        "|Metric|Normal|Warning|Critical|\n|-|-|-|-|\n|CPU|<70%|>80%|>90%|\n|Error rate|-|0.1-1%|> 1%|\n"
        "|Orders|all|3 complaints|none|\n",
        "investigate when cpu > 80%|page oncall when cpu > 90%|investigate when error_rate[1m] in [0.1%, 1%]|"
        "page oncall when error_rate[1m] > 1%|?");
    want_rules(MONITORED "|Metric|Warning|Alert|\n|-|-|-|\n|CPU|>80%|>90%|\n",
               "investigate when cpu > 80%|alert team when cpu > 90%");
    want_rules(MONITORED "|Metric|Green|Yellow|Red|\n|-|-|-|-|\n|CPU|<80%|-|>90%|\n",
               "alert team when cpu > 90%");
}

/* How long it lasts, and what is done then, is in the rule or makes a question of it. */
T(a_cell_of_a_metric_is_read_with_all_that_it_says)
{
    static const struct {
        const char *cell, *want;
    } rows[] = {
        {"> 90 % for 30s", "alert team when cpu > 90% for 30s"},
        {"above 90% for 2m", "alert team when cpu > 90% for 2m"},
        {"> 90 % for more than 5 mins", "alert team when cpu > 90% for 5m"},
        {"> 90% for >10 secs", "alert team when cpu > 90% for 10s"},
        {"over 90 %", "alert team when cpu > 90%"},
        {"> 90 % over 5 min", "?"},
        {"> 90 % in 3 of 5 minutes", "?"},
        {"> 90 % → rollback", "rollback when cpu > 90%"},
        {"> 90 % → consider a rollback", "hold when cpu > 90%"},
        {"> 90 %: no rollback", "alert team when cpu > 90%"},
        {"> 90 %: we do not roll back", "?"},
        {"> 90 %, roll back", "?"},
        {"80% < x < 90%", "?"},
        {">80%<90%", "?"},
        {"> 90 % => page", "alert team when cpu > 90%"},
        {"> 20 % above baseline", "?"},
        {"> 3σ", "?"},
        {"> 90 % (5 min avg)", "?"},
    };
    char text[400], want[200];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        (void)snprintf(text, sizeof(text),
                       MONITORED "|Metric|Target|Alert|\n|-|-|-|\n|CPU|< 70%%|%s|\n", rows[i].cell);
        (void)snprintf(want, sizeof(want), "expect cpu < 70%% else investigate|%s", rows[i].want);
        want_rules(text, want);
    }
    want_rules(MONITORED "|Metric|Target|\n|-|-|\n|Errors|no more than 3|\n",
               "expect errors[1h] <= 3 else investigate");
    want_rules(MONITORED "|Metric|Target|\n|-|-|\n|Errors|no fewer than 3 per day|\n",
               "expect errors[1d] >= 3 else investigate");
    want_rules(MONITORED "|Metric|Target|\n|-|-|\n|Error rate|less than 1 percent|\n",
               "expect error_rate[1m] < 1% else investigate");
    want_rules(MONITORED "|Metric|Target|\n|-|-|\n|Error rate|< 1 in 1000|\n", "?");
    want_rules(MONITORED "|Metric|Target|\n|-|-|\n|Errors|< 5 in 10 minutes|\n",
               "expect errors[10m] < 5 else investigate");
    want_bullet("Rollback Triggers", "Error count no less than 30",
                "rollback when error_count[1m] >= 30");
    want_rules(MONITORED "|Metric|Target|Alert|\n|-|-|-|\n|Errors/min|< 5|> 20|\n",
               "expect errors_min[1m] < 5 else investigate|alert team when errors_min[1m] > 20");
}

T(a_threshold_that_is_feared_is_no_expectation)
{
    want_rules(
        MONITORED
        "|Metric|Threshold|\n|-|-|\n|Error rate|> 5%|\n|Success rate|> 99%|\n|P95|< 800 ms|\n",
        "investigate when error_rate[1m] > 5%|expect success_rate[5m] > 99% else investigate|"
        "expect p95(response_time)[5m] < 800ms else investigate");
    want_rules(MONITORED "|Metric|Target|\n|-|-|\n|CPU idle|> 20%|\n",
               "expect cpu_idle > 20% else investigate");
    want_rules(MONITORED "|Metric|Threshold|\n|-|-|\n|CPU idle|> 20%|\n", "?"); /* nobody knows */
    want_rules(MONITORED
               "|Metric|Threshold|Page|\n|-|-|-|\n|Error rate|> 5%|yes|\n|CPU|> 90%|runbook 12|\n",
               "investigate when error_rate[1m] > 5%|investigate when cpu > 90%");
    want_rules(MONITORED "|Metric|Alert threshold|\n|-|-|\n|Latency|> 2s|\n|Error rate|5%|\n",
               "alert team when avg(response_time)[5m] > 2s|?");
}

T(tables_and_headings_of_other_words_decide)
{
    want_rules(
        "# R\n## Rollback policy\n\nWe roll back when the error rate exceeds 5% for 5 minutes.\n\n"
        "| Situation | Response |\n|--|--|\n| Error rate > 5% | Roll back at once |\n"
        "| Latency p95 > 1s for 10 minutes | Page the on-call |\n"
        "| Errors > 10% | Rollback is not needed |\n",
        "rollback when error_rate[1m] > 5% min 100 samples for 5m|rollback when error_rate[1m] > 5%|"
        "page oncall when p95(response_time)[5m] > 1s for 10m|?");
    want_rules("# R\n## Rollback policy\n\n- Error rate > 5% for 5 minutes\n",
               "rollback when error_rate[1m] > 5% min 100 samples for 5m");
    want_rules(
        "# R\n## Incidents\n\n| Situation | Response time |\n|--|--|\n| Severity 1 | 15 min |\n",
        "");
}

T(times_of_other_languages_are_not_left_out)
{
    want_rules("# R\n## Kriterien für den Rollback\n- Antwortzeit p95 über 2 s\n",
               "rollback when p95(response_time)[5m] > 2s min 100 samples");
    want_rules(
        "# R\n## Critères de rollback\n- CPU > 90 % en 5 min\n- CPU > 80 % pendant 5 minutes\n"
        "- latence p99 > 2 s sur 5 minutes\n",
        "?|?|?");
    want_rules("# R\n## 回滚条件\n- 错误率超过 5% 持续 5 分钟\n", "?");
    want_rules("# R\n## ロールバック条件\n- エラー率 > 5% (5分)\n", "?");
    want_rules("# R\n## Criterios de rollback\n- CPU > 90 % por 10 minutos\n", "?");
}

T_MAIN(T_CASE(tables_and_headings_of_other_words_decide),
       T_CASE(times_of_other_languages_are_not_left_out),
       T_CASE(what_nobody_hopes_for_is_no_expectation),
       T_CASE(a_sentence_of_what_is_feared_proposes_to_look),
       T_CASE(what_stands_among_criteria_of_success_is_hoped_for),
       T_CASE(each_condition_of_a_severity_is_proposed),
       T_CASE(a_sentence_with_a_limit_introduces_no_list),
       T_CASE(what_is_said_beside_a_limit_is_not_left_out),
       T_CASE(what_stands_behind_a_reason_says_what_is_done),
       T_CASE(each_band_of_a_table_is_a_rule_or_a_question),
       T_CASE(a_cell_of_a_metric_is_read_with_all_that_it_says),
       T_CASE(a_threshold_that_is_feared_is_no_expectation))
