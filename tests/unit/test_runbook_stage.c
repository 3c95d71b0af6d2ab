/* The stages of a rollout are done one after the other. */
#include "runbook_want.h"

#define DEPLOY "# R\n## Deploy\n"

T(percents_of_a_list_are_stages)
{
    want_steps(DEPLOY "Rollout:\n- 5 %: watch 10 min\n- 25 %\n- 100 %\n",
               "deploy [5 %: watch 10 min]|deploy [25 %]|deploy [100 %]");
    want_steps(
        DEPLOY
        "- 1% of users\n- 12.5 % of the fleet, one hour\n- 50% for a day\n- 100\xc2\xa0% – done\n",
        "deploy [1% of users]|deploy [12.5 % of the fleet, one hour]|deploy [50% for a day]|deploy [100\xc2\xa0% – done]");
    want_steps(
        DEPLOY "- Canary: 5 %\n- Stage 2: 25 % (an hour)\n  - look at the graphs\n- Day 3: 100 %\n",
        "deploy [Canary: 5 %]|deploy [Stage 2: 25 % (an hour)\nlook at the graphs]|deploy [Day 3: 100 %]");
}

T(percents_in_a_line_are_stages)
{
    want_steps(DEPLOY "5 % → 25 % → 100 %\n", "deploy [5 % → 25 % → 100 %]");
    want_steps(DEPLOY "5%, 25%, 100%.\n", "deploy [5%, 25%, 100%.]");
    want_steps(DEPLOY "5 % → 25 %\n", "");
    want_steps(DEPLOY "5 % → 25 % → all\n", "");
    want_steps(DEPLOY "5 % and 25 % and 7 %\n", "");
    want_steps("# R\n## Monitoring\n5 % → 25 % → 100 %\n", "");
}

T(what_is_measured_in_percents_is_no_stage)
{
    want_steps(DEPLOY "- 95 % of requests are answered\n- 99 % of all jobs end\n", "");
    want_steps(DEPLOY "- 5 % error rate\n- 25 % load\n", "");
    want_steps(DEPLOY "- > 5 %\n- > 25 %\n", "");
    want_steps(DEPLOY "- Load: 5 %\n- CPU: 25 %\n", "");
    want_steps(DEPLOY "- Stage 1: all\n- Stage 2: none\n", "");
    want_steps(DEPLOY "- Stage one\n- 100000 %\n", "");
    want_steps(DEPLOY "- 5 %\n", "");
    want_steps(DEPLOY "- 5 % of\n- 6 % of\n", "");
    want_steps("# R\n## Verification\nText.\n\n- 5 %\n- 25 %\n", "");
}

T_MAIN(T_CASE(percents_of_a_list_are_stages), T_CASE(percents_in_a_line_are_stages),
       T_CASE(what_is_measured_in_percents_is_no_stage))
