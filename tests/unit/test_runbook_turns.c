/* "Start" and "Stop" of one service stand beside each other for whoever wants one of them. */
#include "runbook_want.h"

#define OFF SH("systemctl stop app")
#define ON  SH("systemctl start app")

T(a_start_and_a_stop_beside_each_other_are_asked_about)
{
    want_steps(
        "# App service\n## Stop" OFF "## Start" ON,
        "deploy systemctl stop app ?when it is to be stopped|deploy systemctl start app ?when it is to be started");
    want_steps(
        "# App service\n## Starting the app" ON "## Shut down the app" OFF
        "## Restart" SH("./r") "## Status" SH("./s"),
        "deploy systemctl start app ?when it is to be started|deploy systemctl stop app ?when it is to be stopped|"
        "deploy ./r ?when it is to be restarted|deploy ./s");
    want_steps(
        "# Dienst\n## Stoppen" OFF "## Starten" ON,
        "deploy systemctl stop app ?when it is to be stopped|deploy systemctl start app ?when it is to be started");
    want_steps(
        "# A\n## Power off" OFF "## Power on" ON "## Power plan" SH("./p") "## Power" SH("./q"),
        "deploy systemctl stop app ?when it is to be stopped|deploy systemctl start app ?when it is to be started|"
        "deploy ./p ?when it is wanted|deploy ./q ?when it is wanted");
    want_steps(
        "# 運用\n## サービス停止" OFF "## サービス起動" ON,
        "deploy systemctl stop app ?when it is to be stopped|deploy systemctl start app ?when it is to be started");
}

T(a_stop_and_a_start_of_one_procedure_are_both_done)
{
    want_steps("# App service\n## Stop" OFF "## Copy" SH("./copy") "## Start" ON,
               "deploy systemctl stop app|deploy ./copy|deploy systemctl start app");
    want_steps("# App service\n## 1. Stop" OFF "## 2. Start" ON,
               "deploy systemctl stop app|deploy systemctl start app");
    want_steps("# App\n## Restart\n### Stop" OFF "### Start" ON,
               "deploy systemctl stop app|deploy systemctl start app");
    want_steps("# App\n## Deployment\n### Stop" OFF "### Start" ON,
               "deploy systemctl stop app|deploy systemctl start app");
    want_steps("# App\n## Stop" OFF "## Other\n### Start" ON,
               "deploy systemctl stop app|deploy systemctl start app");
    want_steps("# App\n## Stop" OFF "## Note\nText.\n", "deploy systemctl stop app");
}

T_MAIN(T_CASE(a_start_and_a_stop_beside_each_other_are_asked_about),
       T_CASE(a_stop_and_a_start_of_one_procedure_are_both_done))
