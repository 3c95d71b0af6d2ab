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
    if (!sv_eq(strbuf_sv(&got), sv_from(want)))
        T_FAIL("'%s' gives '%s' and should give '%s'", text, strbuf_str(&got), want);
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

T_MAIN(T_CASE(a_timeline_that_is_read_for_what_it_says_loses_no_command),
       T_CASE(commands_in_one_span_are_one_mention), T_CASE(what_is_only_spoken_of_is_no_mention),
       T_CASE(a_table_that_is_none_of_steps_loses_no_command),
       T_CASE(what_has_a_time_is_done_by_a_person_who_knows_when))
