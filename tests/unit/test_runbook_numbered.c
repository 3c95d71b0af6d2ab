/* Steps whose numbers were typed, as word processors export them. */
#include "runbook_want.h"

T(numbered_paragraphs_are_steps_for_people)
{
    want_steps(
        "# R\n\n**3. Procedure**\n\n3.1 Log on to batch01\n\n3.2 Check that no other batch runs\n\n"
        "ps -ef | grep INT\\_\n\n3.3 Call the owner. If nobody answers, wait.\n",
        "deploy [Log on to batch01]|deploy [ps -ef | grep INT_]|deploy [Call the owner. If nobody answers, wait.]");
}

T(lines_with_numbers_are_steps_each_with_what_follows_it)
{
    want_steps(
        "# R\n\n1.0 Checks\n1.1 Verify that all sessions are up:\n    show bgp summary\n1.2 Save it\n",
        "verify [Verify that all sessions are up:\nshow bgp summary]|verify [Save it]");
    want_steps("# R\n\n1.0 Checks\n\n1.1 Verify the sessions\n\n1.2 Save it\n",
               "verify [Verify the sessions]|verify [Save it]");
    want_steps("# R\n\n1.1 Never restart the core\n1.2 Save it\n", "deploy [Save it]");
}

T(what_such_a_title_says_is_what_stands_below_it)
{
    want_steps("# R\n\n2.0 Implementation\n2.1 Apply it\n\n3.0 Back-out\n3.1 Take it away\n",
               "deploy [Apply it]|rollback [Take it away]");
    want_steps("# R\n\n1.0 Purpose\n1.1 To apply it\n1.2 To save it\n", "");
}

T(commands_below_a_numbered_paragraph_carry_it_out)
{
    want_steps("# R\n## Deploy\n2.1 Stop it\n" SH("systemctl stop app") "\n2.2 Start it\n" SH(
                   "systemctl start app"),
               "deploy systemctl stop app|deploy systemctl start app");
    want_steps("# R\n## Deploy\n2.1 Stop it: `systemctl stop app`\n\n2.2 Tell the team\n",
               "deploy systemctl stop app|deploy [Tell the team]");
    want_steps("# R\n## Deploy\n1.1 Run `systemctl stop app`\n1.2 Run `systemctl start app`\n",
               "deploy [Run systemctl stop app]|deploy [Run systemctl start app]");
}

T(other_numbers_begin_no_step)
{
    want_steps(
        "# R\n## Deploy\n2.5 GB must be free on the disk.\n\n12.4 is the version.\n\n3.1\n\n4711 Main Street\n\n"
        "1.1 1.2 1.3\n",
        "");
    want_steps("# R\n## Deploy\n> 1.1 Read it\n", "");
    want_steps("# R\n## Overview\n1.1 Read it\n", "");
}

T(bold_numbered_titles_say_what_is_done_below_them)
{
    want_steps("**Runbook**\n\n**1. Prerequisites**\n\n1. Backup\n\n**2. Deployment**\n" SH(
                   "./a") "\n**3. Rollback**\n" SH("./b") "\n**4. Troubleshooting**\n" SH("./c"),
               "preflight [Backup]|deploy ./a|rollback ./b");
    want_steps(
        "# R\n## Deploy\n**1. Restart it**\n" SH("./a") "\n**2. Roll back the code**\n" SH("./b"),
        "deploy ./a|rollback ./b");
    want_steps(
        "# R\n## Deploy\n**1. Restart it**\n" SH("./a") "\n**2. Troubleshooting**\n" SH("./b"),
        "deploy ./a|deploy ./b");
}

T_MAIN(T_CASE(numbered_paragraphs_are_steps_for_people),
       T_CASE(lines_with_numbers_are_steps_each_with_what_follows_it),
       T_CASE(what_such_a_title_says_is_what_stands_below_it),
       T_CASE(commands_below_a_numbered_paragraph_carry_it_out),
       T_CASE(other_numbers_begin_no_step),
       T_CASE(bold_numbered_titles_say_what_is_done_below_them))
