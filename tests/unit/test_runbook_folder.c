/* Commands are carried out in the folder that the words above them name, or a person does it. */
#include "runbook_want.h"

#define DEPLOY "# R\n## Deploy\n"

T(a_folder_that_is_named_is_entered_first)
{
    want_steps(DEPLOY "Run the following from the `/opt/app` directory:\n" SH("rm -rf cache"),
               "deploy cd /opt/app|deploy rm -rf cache");
    want_steps(DEPLOY "In `/srv/shop`, run:\n" SH("git pull\nmake"),
               "deploy cd /srv/shop|deploy git pull|deploy make");
    want_steps(DEPLOY "From within /opt/app run:\n" SH("./migrate"),
               "deploy cd /opt/app|deploy ./migrate");
    want_steps(DEPLOY "Execute this inside $APP_HOME/current:\n" SH("./migrate"),
               "deploy cd $APP_HOME/current|deploy ./migrate");
    want_steps(DEPLOY "Then run the migration from the `deploy/` folder:\n" SH("./migrate"),
               "deploy cd deploy/|deploy ./migrate");
    want_steps(DEPLOY "If the cache is stale, run this:\n" SH("rm -rf cache"),
               "deploy rm -rf cache ?If the cache is stale");
}

T(the_way_into_a_folder_has_the_condition_of_what_is_done_there)
{
    want_steps(
        DEPLOY "From `/opt/app`, run:\n" SH("# If the cache is stale\nrm -rf cache"),
        "deploy cd /opt/app ?If the cache is stale|deploy rm -rf cache ?If the cache is stale");
}

T(who_goes_there_by_himself_is_not_sent)
{
    want_steps(DEPLOY "Run the following from the `/opt/app` directory:\n" SH("cd /opt/app\nls a"),
               "deploy cd /opt/app|deploy ls a");
    want_steps(DEPLOY "Edit the line in `/etc/app.conf`:\n" SH("sed -i s/a/b/ /etc/app.conf"),
               "deploy sed -i s/a/b/ /etc/app.conf");
    want_steps(DEPLOY "In `/etc/app.conf`, run:\n" SH("sed -i s/a/b/ /etc/app.conf"),
               "deploy sed -i s/a/b/ /etc/app.conf");
    want_steps(DEPLOY "Remove the old files in the data directory:\n" SH("rm -rf /var/lib/x/old"),
               "deploy rm -rf /var/lib/x/old");
    want_steps(DEPLOY "In the root of the repository run:\n" SH("make install"),
               "deploy make install");
    want_steps(DEPLOY "In the same directory:\n" SH("make install"), "deploy make install");
}

T(in_a_folder_that_is_only_described_a_person_does_it)
{
    want_steps(DEPLOY "From within the above folders, run:\n" SH("rm -rf ./data"),
               "deploy [From within the above folders, run:\nrm -rf ./data]");
    want_steps(DEPLOY "Inside the release folder:\n" SH("sudo ./switch"),
               "deploy [Inside the release folder:\nsudo ./switch]");
    want_steps(DEPLOY "From the web directory:\n" SH("npm ci"),
               "deploy [From the web directory:\nnpm ci]");
    want_steps(DEPLOY "Inside the release folder:\n" SH("git fetch"),
               "deploy [Inside the release folder:\ngit fetch]");
    want_steps(DEPLOY
               "Inside the release folder:\n" SH("systemctl restart x\nrm -f /run/x\n/opt/x/y"),
               "deploy systemctl restart x|deploy rm -f /run/x|deploy /opt/x/y");
}

T_MAIN(T_CASE(a_folder_that_is_named_is_entered_first),
       T_CASE(the_way_into_a_folder_has_the_condition_of_what_is_done_there),
       T_CASE(who_goes_there_by_himself_is_not_sent),
       T_CASE(in_a_folder_that_is_only_described_a_person_does_it))
