/* runbook/unwrap: sentences that an editor wrapped at its margin are one, and lines that say one thing each stay. */
#include "runbook/unwrap.h"

#include "base/sv.h"
#include "runbook_want.h"

T(a_line_goes_on_where_the_sentence_has_no_end)
{
    static const struct {
        const char *before, *line;
        bool goes_on;
    } rows[] = {
        {"Do not run this on the production", "servers, it deletes the data:", true},
        {"If the node stays unhealthy", "for an hour, reinitialise it:", true},
        {"If the error rate stays above 5 % for more", "than five minutes, roll back.", true},
        {"Error rate above 5 %", "for five minutes", true},
        {"Before anything else tell the people who are on call and the", "DBA of it.", true},
        {"Warten Sie, bis die Sitzungen", "übernommen sind.", true},
        {"Tell the support team, then", "make sure that nobody is logged in", true},
        {"Stop all of them,", "Kafka last", false},
        {"Tell all of them that it is the last one,", "kafka last", true},
        {"The service is up again once the script has said so and pods are green",
         "Do not run this:", false},
        {"Connect to the host with your own key and the account of the deploy user",
         "On web1:", false},
        {"Before the deployment of the new release, the backup must be taken, and",
         "On web1:", false},
        {"Rollback if error rate is above 5% for ten minutes on any node of the",
         "Page the on-call when it stays", false},
        {"Do not use the old script for this since it deletes the volume of the DB",
         "Deploy:", false},
        {"The service is stopped now.", "then it is started", false},
        {"Two things are to be done:", "stop it", false},
        {"Tell the support", "DBA: Dana", false},
        {"The owner of it all", "owner: Dana", false},
        {"Stop the service then", "systemctl stop app", false},
        {"systemctl stop app now please", "and look at it", false},
        {"Expected: active and so on", "enabled", false},
        {"Stop it", "then start it", false},
        {"It is well when it shows", "$ ls", false},
        {"Look at the folder of it", "make -C x", false},
        {"Tell the DBA of this", "Restart", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sv before = sv_from(rows[i].before);

        if (unwrap_goes_on(before, before, sv_from(rows[i].line)) != rows[i].goes_on)
            T_FAIL("'%s', '%s' should %s", rows[i].before, rows[i].line,
                   rows[i].goes_on ? "go on" : "be two");
    }
}

T(rules_keep_what_is_said_on_the_next_line)
{
    want_rules("# R\n## Rollback\nRoll back if p99 is above 2 s\nfor ten minutes.\n",
               "rollback when p99(response_time)[5m] > 2s min 100 samples for 10m");
    want_rules(
        "# R\n## Rollback\nIf the error rate stays above 5 % for more\nthan five minutes, roll back.\n",
        "rollback when error_rate[1m] > 5% min 100 samples for 5m");
    want_rules(
        "# R\n## Rollback triggers\n- Error rate above 5 %\n  for five minutes\n- CPU above 90 %\n  on the canary only\n",
        "rollback when error_rate[1m] > 5% min 100 samples for 5m|?");
}

T(what_is_forbidden_or_for_a_case_is_so_over_two_lines)
{
    CLEANUP(reading_done) struct reading r = {0};

    read_text(
        &r,
        "# R\n## Upgrade\nDo not run this on the production\nservers, it deletes the data:\n" SH(
            "./wipe.sh") "\n"
                         "If the node stays unhealthy\nfor an hour, reinitialise it:\n" SH(
                             "./reinit.sh"));
    T_EQ(r.rb.n_steps, 1);
    T_SV(r.rb.steps[0].condition, "If the node stays unhealthy for an hour");
}

T(lines_of_messages_are_those_of_the_document)
{
    CLEANUP(reading_done) struct reading r = {0};

    read_text(
        &r,
        "# R\n## Release\nTell the support team of the release that is\ndone today.  \nAsk the DBA to look.\n");
    T_EQ(r.rb.n_steps, 1);
    T_EQ(r.rb.steps[0].line, 3);
    T_EQ(r.rb.steps[0].end_line, 5);
}

T_MAIN(T_CASE(a_line_goes_on_where_the_sentence_has_no_end),
       T_CASE(rules_keep_what_is_said_on_the_next_line),
       T_CASE(what_is_forbidden_or_for_a_case_is_so_over_two_lines),
       T_CASE(lines_of_messages_are_those_of_the_document))
