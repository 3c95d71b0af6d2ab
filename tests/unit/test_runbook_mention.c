/* Commands of lists and tables that nothing carries out, and plans by the clock. */
#include "runbook_want.h"

/* What a text mentions, as "line:command", joined by '|'. */
static void want_mentions(const char *text, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf got = STRBUF(0);
    CLEANUP(reading_done) struct reading r;

    read_text(&r, text);
    for (size_t i = 0; i < r.rb.n_mentions; i++)
        strbuf_addf(&got, "%s%zu:%.*s", i ? "|" : "", r.rb.mentions[i].line,
                    SV_FMT(r.rb.mentions[i].text));
    want_given(text, &got, want);
}

T(a_timeline_that_is_read_for_what_it_says_loses_no_command)
{
    const char *text = "# R\n## Deployment" SH(
        "./a") "### Timeline\n| Time | Task | Command |\n|---|---|---|\n"
               "| T+0 | Stop | `systemctl stop app` |\n| T+5 | Look | `systemctl status app` |\n"
               "| T+6 | Start it with `systemctl start app` | |\n\n- T+9: `systemctl restart web`\n";

    want_steps(text, "deploy ./a");
    want_mentions(text, "9:systemctl stop app|11:systemctl start app|13:systemctl restart web");
}

T(commands_in_one_span_are_one_mention)
{
    want_mentions("# R\n## Overview\n- Run `systemctl status a; systemctl restart b`.\n"
                  "- Run `systemctl status 'a`.\n- Run `systemctl status a; systemctl status b`.\n",
                  "3:systemctl status a; systemctl restart b|4:systemctl status 'a");
}

T(what_is_only_spoken_of_is_no_mention)
{
    want_mentions(
        "# R\n## Overview\n- It was done by `systemctl stop app` before.\n- Never `rm -rf /srv`.\n"
        "- The word `app stop`.\n- Run `frobnicate now`.\n- Run `a 'b`.\n- `a; rm -rf b`\n",
        "");
}

T(a_table_that_is_none_of_steps_loses_no_command)
{
    want_mentions(
        "# R\n## Deployment" SH(
            "./a") "\n| Symptom | Action |\n|---|---|\n| slow | Restart: `systemctl restart app` |\n",
        "9:systemctl restart app");
}

T(what_has_a_time_is_done_by_a_person_who_knows_when)
{
    want_steps(
        "# R\n## Deployment\n| Time | Action |\n|---|---|\n| 22:00 | Stop it: `systemctl stop app` |\n"
        "| 22:05 | Announce it |\n| 22:06 | Never restart the database |\n| 22:07 | |\n",
        "deploy [22:00: Stop it: `systemctl stop app`]|deploy [22:05: Announce it]");
    want_steps(
        "# R\n## Deployment\n| Time | Action |\n|---|---|\n| early | Stop it: `systemctl stop app` |\n",
        "");
    want_steps(
        "# R\n## Deployment\n| Time | Action |\n|---|---|\n| 5 | Stop it: `systemctl stop app` |\n",
        "");
    want_steps("# R\n## Monitoring\n| Time | Action |\n|---|---|\n| T+5m | Look at the graphs |\n",
               "");
}

T(a_table_of_what_is_done_loses_no_row)
{
    want_steps(
        "# R\n| Step | What | Who |\n|---|---|---|\n| 1 | Freeze it | RC |\n| 2 | `systemctl stop x` | RC |\n",
        "deploy [Freeze it]|deploy systemctl stop x");
    want_steps(
        "# R\n| Time | Action |\n|---|---|\n| 05:30 | Stop the line |\n| 05:40 | `systemctl stop x` |\n",
        "deploy [05:30: Stop the line]|deploy [05:40: `systemctl stop x`]");
    want_steps(
        "# R\n## Shift traffic\n| Step | Green | |\n|---|---|---|\n| a | 5% | 10 min |\n| b | 100% | |\n",
        "deploy [Step a, Green 5%, 10 min]|deploy [Step b, Green 100%, ]");
    want_steps(
        "# R\n| Step | Command | Check |\n|---|---|---|\n| 1 | `frob x` | OK |\n| 2 | Ask the team to stop | |\n| 3 | none | |\n"
        "| 4 | Never stop it | |\n",
        "deploy [`frob x`]|deploy [Ask the team to stop]");
    want_expects("# R\n| Step | Command | Check |\n|---|---|---|\n| 1 | `frob x` | OK |\n",
                 "0 ask:OK");
    want_steps(
        "# R\n## Deploy\n| # | Task | Command | Expected |\n|---|---|---|---|\n| 1 | Smoke test by QA | | all green |\n",
        "deploy [Smoke test by QA (expected: all green)]");
}

T(a_row_says_when_it_is_done)
{
    want_steps(
        "# R\n## Deploy\n| Wave | Day | Note | Command |\n|---|---|---|---|\n| 1 | Tue | | `ansible-playbook a.yml` |\n"
        "| 2 | Wed | after failover only | `ansible-playbook b.yml` |\n| 3 | - | | `ansible-playbook c.yml` |\n",
        "deploy ansible-playbook a.yml ?on \"Tue\"|deploy ansible-playbook b.yml ?after failover only|deploy ansible-playbook c.yml");
    want_steps(
        "# R\n## Deploy\n| Day | Command |\n|---|---|\n| Tue | `ansible-playbook a.yml` |\n| Tue | `ansible-playbook b.yml` |\n",
        "deploy ansible-playbook a.yml|deploy ansible-playbook b.yml");
}

T(a_row_runs_where_it_says_unless_it_goes_there_itself)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r,
        "# R\n## Deploy\n| # | Hosts | Command |\n|---|---|---|\n| 1 | web | `ansible-playbook p.yml -l web` |\n"
        "| 2 | app1, app2 | `systemctl stop x` |\n| 3 | any | `systemctl stop y` |\n");
    T_EQ(r.rb.n_steps, 3);
    SAME(r.rb.steps[0].host, "");
    SAME(r.rb.steps[0].row, "1");
    SAME(r.rb.steps[1].host, "app1, app2");
    SAME(r.rb.steps[2].host, "");
}

/* What stands behind the commands of an item, or above them, with a command of its own. */
T(what_is_told_beside_the_commands_of_an_item_is_done)
{
    want_steps(
        "# R\n## Deployment\n1. Stop it:\n\n   ```sh\n   ./a\n   ```\n\n   Then `systemctl restart y`.\n",
        "deploy ./a|deploy [Then `systemctl restart y`.]");
    want_steps(
        "# R\n## Deployment\n1. Stop it:\n\n   ```sh\n   ./a\n   ```\n\n   Finally `./clean.sh` and look.\n",
        "deploy ./a|deploy [Finally `./clean.sh` and look.]");
    want_steps(
        "# R\n## Deployment\n1. On the standby run `systemctl stop x`.\n\n   ```sh\n   ./a\n   ```\n",
        "deploy [On the standby run `systemctl stop x`.]|deploy ./a");
    want_steps(
        "# R\n## Deployment\n1. On the standby run `systemctl stop x`.\n\n   ```sh\n   systemctl stop x\n   ```\n",
        "deploy systemctl stop x");
    want_mentions("# R\n## Troubleshooting\n- Run `systemctl restart b`.\n",
                  "3:systemctl restart b");
    want_mentions("# R\n## Deployment\n- Then `systemctl restart v`\n", "3:systemctl restart v");
}

T_MAIN(T_CASE(commands_in_one_span_are_one_mention), T_CASE(a_table_of_what_is_done_loses_no_row),
       T_CASE(a_row_says_when_it_is_done),
       T_CASE(a_row_runs_where_it_says_unless_it_goes_there_itself),
       T_CASE(a_timeline_that_is_read_for_what_it_says_loses_no_command),
       T_CASE(what_is_only_spoken_of_is_no_mention),
       T_CASE(a_table_that_is_none_of_steps_loses_no_command),
       T_CASE(what_has_a_time_is_done_by_a_person_who_knows_when),
       T_CASE(what_is_told_beside_the_commands_of_an_item_is_done))
