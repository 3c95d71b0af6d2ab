/* What the columns of a table say is done, and from when on. */
#include "runbook_want.h"

/* A table below "Monitoring", of a head and one row, both with '|' between their cells. */
static void want_row(const char *head, const char *row, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    strbuf_addf(&text, "# R\n## Monitoring\n\n|%s|\n|", head);
    strbuf_add_str(&text, "-|");
    for (const char *p = head; *p; p++)
        if (*p == '|')
            strbuf_add_str(&text, "-|");
    strbuf_addf(&text, "\n|%s|\n", row);
    want_rules(strbuf_str(&text), want);
}

#define FIRED    "rollback when error_rate[1m] > 5%"
#define FIRED_5M FIRED " for 5m"
#define EXPECTED "expect error_rate[1m] < 1% else rollback"

T(the_column_of_what_is_done_says_what_an_alert_leads_to)
{
    want_row("Metric|Normal|Alert|Action", "Error rate|< 1%|> 5% for 5 min|Roll back", FIRED_5M);
    want_row("Metric|Baseline|Alert threshold|Action", "Error rate|0.1%|> 5%|Roll back",
             "rollback when error_rate[1m] > 5%");
    want_row("Metric|Target|Alert|Action", "Error rate|< 1%|> 5%|Roll back",
             "expect error_rate[1m] < 1% else investigate|" FIRED);
    want_row("Metric|Normal|Alert|Action", "Memory|200 MB|> 500 MB|Page the on-call",
             "page oncall when memory > 500MB");
    want_row("Metric|Normal|Alert|Action", "Memory|200 MB|> 500 MB|Do not roll back",
             "alert team when memory > 500MB");
    want_row("Metric|Normal|Alert|Action", "Memory|200 MB|> 500 MB|Restart it",
             "alert team when memory > 500MB");
    want_row("Metric|Threshold|Alert|Action", "Error rate|> 5% for 5m|PagerDuty|Roll back",
             FIRED_5M);
}

T(the_last_of_several_limits_leads_to_what_the_row_says)
{
    want_row("Metric|Warning|Critical|Action", "Error rate|> 1%|> 5%|Roll back",
             "investigate when error_rate[1m] > 1%|" FIRED);
    want_row("KPI|Go|No-Go|Action", "Error rate|< 1%|> 5%|Roll back", FIRED);
    want_row("Metric|Warning|Critical|Action", "Error rate|> 1%|-|Page on-call",
             "page oncall when error_rate[1m] > 1%");
    want_row("Metric|Warning|Critical|Owner", "Error rate|> 1%|> 5%|Ann",
             "investigate when error_rate[1m] > 1%|page oncall when error_rate[1m] > 5%");
}

T(how_long_it_must_last_may_stand_in_a_column)
{
    want_row("Metric|Limit|Duration|Action", "Error rate|> 5%|5 minutes|Roll back", FIRED_5M);
    want_row("Condition|Duration|Action", "Error rate > 5%|5 min|Roll back", FIRED_5M);
    want_row("Metric|Threshold|For|Action", "Error rate|> 5%|for 5m|Roll back", FIRED_5M);
    want_row("Metric|Alert|Sustained", "Error rate|> 5%|5m",
             "alert team when error_rate[1m] > 5% for 5m");
    want_row("Metric|Warning|Rollback|Window", "Error rate|> 1%|> 5%|5m",
             "investigate when error_rate[1m] > 1% for 5m|" FIRED_5M);
    want_row("Metric|Threshold|For|Action", "Error rate|> 5%|immediately|Roll back", FIRED);
    want_row("Metric|Threshold|For|Action", "Error rate|> 5%|\xe2\x80\x94|Roll back", FIRED);
    want_row("Metric|Threshold|For|Action", "Error rate|> 5%|a long time|Roll back", "?");
}

T(what_is_hoped_for_is_not_what_leads_back)
{
    want_row("Metric|Target|Action", "Error rate|< 1%|Roll back", EXPECTED);
    want_row("Metric|Threshold|Action", "Error rate|< 1%|Roll back", EXPECTED);
    want_row("Metric|Expected|If not", "Error rate|< 1%|Roll back", EXPECTED);
    want_row("Metric|Threshold|Action", "Success rate|> 99%|Roll back",
             "expect success_rate[5m] > 99% else rollback");
    want_row("Metric|Target|Action", "Error rate|> 5%|Roll back", FIRED);
    want_row("Condition|Decision", "Error rate < 1%|Continue", "ok when error_rate[1m] < 1%");
    want_row("Metric|Target|Action", "Widgets|somehow < 3 blue|Roll back", "?");
}

T(a_limit_and_what_is_done_are_a_decision_below_any_heads)
{
    want_row("Check|Threshold|Action", "Error rate|> 5% for 5m|Roll back", FIRED_5M);
    want_row("What to watch|Where|Bad looks like|Then", "Error rate|Grafana|> 5% for 5m|Roll back",
             FIRED_5M);
    want_row("If|Then", "Error rate > 5% for 5 minutes|Roll back", FIRED_5M);
    want_row("Who|What", "Ann|Roll back", "");
    want_row("Metric|Before|After", "Error rate|< 1%|< 1%", "");
}

T_MAIN(T_CASE(the_column_of_what_is_done_says_what_an_alert_leads_to),
       T_CASE(the_last_of_several_limits_leads_to_what_the_row_says),
       T_CASE(how_long_it_must_last_may_stand_in_a_column),
       T_CASE(what_is_hoped_for_is_not_what_leads_back),
       T_CASE(a_limit_and_what_is_done_are_a_decision_below_any_heads))
