/* Blocks whose language nobody named: what goes on over lines, what only looks like commands, what is expected. */
#include "runbook_want.h"

#define DEPLOY "# R\n## Deploy\n"

T(a_quote_or_heredoc_goes_on_to_its_end)
{
    want_steps(
        DEPLOY
        "1. Set it\n\n   ```\n   curl -X PUT \"x/_settings\" -d'\n   {\n     \"a\": 1\n   }'\n   ```\n",
        "deploy curl -X PUT \"x/_settings\" -d'\n{\n  \"a\": 1\n}'");
    want_steps(DEPLOY "```\ncat > /etc/x <<'EOF'\nSome words.\nEOF\nsystemctl restart x\n```\n",
               "deploy cat > /etc/x <<'EOF'\nSome words.\nEOF|deploy systemctl restart x");
    want_steps(DEPLOY "```\ncurl -d \"a\\\"b\nC D\" http://x   # now\nls\n```\n",
               "deploy curl -d \"a\\\"b\nC D\" http://x|deploy ls");
    want_steps(DEPLOY "```\nls 'a\nSome words.\n```\n", "");
}

T(what_looks_like_commands_a_person_does)
{
    want_steps(
        "# R\n### 1) Put it into maintenance\n\n    rabbitmq-upgrade drain\n\n### 2) Patch the OS\n\n"
        "    sudo apt update && sudo apt -y full-upgrade\n    sudo reboot\n",
        "deploy [rabbitmq-upgrade drain]|deploy sudo apt update && sudo apt -y full-upgrade|deploy sudo reboot");
    want_steps(DEPLOY "1. Stop it\n\n   ```\n   foo stop app\n   bar \\\n     Baz\n   ```\n",
               "deploy [Stop it\nfoo stop app\nbar \\\n  Baz]");
    want_steps(DEPLOY "Apply it:\n```\nfoo apply x\n```\n", "deploy [Apply it:\nfoo apply x]");
    want_steps(
        "# R\n## Check\n```\nmysqlsh -- util checkForServerUpgrade root@localhost:3306\n```\n",
        "verify [mysqlsh -- util checkForServerUpgrade root@localhost:3306]");
    want_steps("# R\n## Deploy" SH(
                   "./a") "\nTo roll back:\n```\nheroku rollback -a shop   # slowly\n```\n",
               "deploy ./a|rollback [heroku rollback -a shop   # slowly]");
}

T(what_is_no_command_is_asked_of_nobody)
{
    want_steps(DEPLOY "```\nerror: it failed\n```\n", "");
    want_steps(DEPLOY "```\nThe words of a text.\n```\n", "");
    want_steps(DEPLOY "```\na = b\n```\n", "");
    want_steps(DEPLOY "```\nx1: y\n```\n", "");
    want_steps(DEPLOY "```\n9 lives of it\n```\n", "");
    want_steps(DEPLOY "```\nword\n```\n", "");
    want_steps(DEPLOY "For example:\n```\nfoo stop app\n```\n", "");
    want_steps(DEPLOY "It was this.\n```\nfoo stop app\n```\n", "");
    want_steps(DEPLOY "```bash\n./a\n```\n```\nfoo stop app\n```\n", "deploy ./a");
    want_steps(DEPLOY "> ```\n> foo stop app\n> ```\n", "");
    want_steps("# R\n## Monitoring\n```\nfoo stop app\n```\n", "");
    want_steps("# R\n## Overview\n```\nfoo stop app\n```\n", "");
    want_steps(DEPLOY "```\nsudo Reboot the machine\n```\n", "deploy [sudo Reboot the machine]");
}

T(a_line_of_what_is_expected_is_no_command)
{
    want_expects(
        "# R\nStep 2 - Check the lag\n\n    ssh dr 'pacsctl replication status'\n\n    Expected: `streaming`\n",
        "0 contains:streaming");
    want_steps(
        "# R\nStep 2 - Check the lag\n\n    ssh dr 'pacsctl replication status'\n\n    Expected: lag < 30 s\n",
        "deploy ssh dr 'pacsctl replication status'");
}

T(a_title_has_the_text_below_it_in_its_step)
{
    want_steps(DEPLOY "### 1. Configure the switch\n```\nconf t\nVLAN 10, name X.\n```\n",
               "deploy [Configure the switch\nconf t\nVLAN 10, name X.]");
    want_steps(DEPLOY "1. Put this into the file\n   ```\n   Some = words\n   ```\n",
               "deploy [Put this into the file\nSome = words]");
    want_steps(DEPLOY "1. Put these into the file\n   ```\n   A_X=1\n   B_X=2\n   ```\n",
               "deploy [Put these into the file\nA_X=1\nB_X=2]");
    want_steps(DEPLOY "### 1. The switch\n```\nVLAN 10, name X.\n```\n",
               "deploy [The switch\nVLAN 10, name X.]");
}

T_MAIN(T_CASE(a_quote_or_heredoc_goes_on_to_its_end),
       T_CASE(what_looks_like_commands_a_person_does),
       T_CASE(what_is_no_command_is_asked_of_nobody),
       T_CASE(a_line_of_what_is_expected_is_no_command),
       T_CASE(a_title_has_the_text_below_it_in_its_step))
