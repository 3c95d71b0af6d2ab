/* "If not, ..." says what it negates, and is told where that is seen. */
#include "runbook_want.h"

#define DEPLOY "# R\n## Deploy"

T(an_expectation_is_checked_without_what_is_done_otherwise)
{
    const char *text =
        DEPLOY SH("./a") "\nExpected: `done`. If not: restore the backup.\n" SH("./b");

    want_expects(text, "0 contains:done");
    want_remarks_at(text, "0:`done`. If not: restore the backup.");
    want_expects(DEPLOY SH("./a\n# Expected: \"done\". Otherwise, call the DBA") "",
                 "0 contains:done");
    want_expects(DEPLOY SH("./a") "\nErwartet: `done`. Falls nicht: DBA rufen.\n",
                 "0 contains:done");
}

T(words_that_name_something_themselves_stay)
{
    want_remarks_at(DEPLOY SH("./a") "\nIf nothing is shown, call Bob.\n" SH("./b"),
                    "1:If nothing is shown, call Bob.");
    want_remarks_at(DEPLOY SH("./a") "\nOtherwise fine. If it is down, call Bob.\n" SH("./b"),
                    "1:If it is down, call Bob.");
}

T(a_remark_that_only_negates_stands_where_that_is_seen)
{
    want_remarks_at(DEPLOY SH("./a") "\nThe lag is 0 now. If not, call the DBA.\n" SH("./b"),
                    "0:The lag is 0 now. If not, call the DBA.");
    want_remarks_at(DEPLOY SH("./a\n# Expected: \"ok\"") "\nIf not, call the DBA.\n" SH("./b"),
                    "0:\"ok\". If not, call the DBA.");
    want_remarks_at(DEPLOY "\nIf not, call the DBA.\n" SH("./b"), "0:If not, call the DBA.");
    want_remarks_at(DEPLOY "\nThe lag has to be 0. If not: `systemctl restart x`\n" SH("./b"),
                    "0:The lag has to be 0. If not: systemctl restart x");
}

T(who_is_asked_reads_what_is_negated)
{
    want_steps("# R\n## Rollback\n1. Is the lag 0?\n2. If not: wait\n",
               "rollback [Is the lag 0?]|rollback [Is the lag 0? If not: wait]");
    want_steps(DEPLOY "\n- [ ] Lag is 0\n- [ ] If not, call Bob\n",
               "deploy [Lag is 0]|deploy [Lag is 0. If not, call Bob]");
    want_steps("# R\n## Rollback" SH("./a\n# Expected: \"ok\"") "\nIf not, call Bob.\n",
               "rollback ./a|rollback [\"ok\". If not, call Bob.]");
}

T(a_condition_that_only_negates_names_what)
{
    want_steps(DEPLOY SH("./a\n# Expected: \"ok\"") "\nIf not, restart it:\n" SH("./b"),
               "deploy ./a|deploy ./b ?If not (\"ok\")");
    want_steps(DEPLOY SH("./a\n\n# If not, restart it:\n./b"),
               "deploy ./a|deploy ./b ?If not (./a)");
    want_steps(DEPLOY "\n1. Run `./a x`\n2. If not, restart it:\n   " SH("./b") "\n",
               "deploy ./a x|deploy ./b ?If not (./a x), restart it");
}

T(what_is_done_in_a_case_behind_a_command_is_asked)
{
    want_steps(
        DEPLOY
        "\n1. Run `rabbitmqctl list_queues`. If it is not empty, run `rabbitmqctl purge_queue x` or `rabbitmqctl purge_queue y`.\n2. Run `./b x`\n",
        "deploy rabbitmqctl list_queues|deploy [If it is not empty, run rabbitmqctl purge_queue x or "
        "rabbitmqctl purge_queue y]|deploy ./b x");
    want_steps(
        DEPLOY
        "\n1. Look with `rabbitmqctl list_queues`\n   - If the queue is not empty: run `./drain x`\n2. Run `./b x`\n",
        "deploy rabbitmqctl list_queues|deploy [If the queue is not empty: run ./drain x]|deploy ./b x");
    want_remarks_at(DEPLOY "\n1. Run `./a x`. If it fails, run `./c x`.\n2. Run `./b x`\n",
                    "0:If it fails, run ./c x");
}

T_MAIN(T_CASE(an_expectation_is_checked_without_what_is_done_otherwise),
       T_CASE(words_that_name_something_themselves_stay),
       T_CASE(a_remark_that_only_negates_stands_where_that_is_seen),
       T_CASE(who_is_asked_reads_what_is_negated), T_CASE(a_condition_that_only_negates_names_what),
       T_CASE(what_is_done_in_a_case_behind_a_command_is_asked))
