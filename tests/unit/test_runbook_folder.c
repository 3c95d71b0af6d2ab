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

T(where_it_is_done_may_be_said_before_a_host)
{
    want_steps(DEPLOY "On the build box (`build-1`), in `~/api`:\n" SH("mix compile"),
               "deploy cd ~/api|deploy mix compile");
    want_steps(DEPLOY "On each data node, in the data directory:\n" SH("rm -rf nodes"),
               "deploy [On each data node, in the data directory:\nrm -rf nodes]");
}

T(a_sentence_says_where_all_is_done)
{
    want_steps(
        DEPLOY "All commands in this section are run from `/opt/app`.\n\nStop it.\n" SH(
            "systemctl stop app") SH("./migrate\n./warm") "## Rollback\n" SH("./back"),
        "deploy systemctl stop app|deploy cd /opt/app|deploy ./migrate|deploy ./warm|rollback ./back");
    want_steps("# R\nEverything below runs in `/srv/x`.\n\n## Deploy\n" SH(
                   "./a") "## Verification\n" SH("./b"),
               "deploy cd /srv/x|deploy ./a|verify cd /srv/x|verify ./b");
    want_steps(
        DEPLOY
        "All commands must be run from /srv/x:\n\n1. Stop: `./stop`\n2. Start: `sudo systemctl start x`\n## Rollback\n" SH(
            "./back"),
        "deploy cd /srv/x|deploy ./stop|deploy sudo systemctl start x|rollback cd /srv/x|rollback ./back");
    want_steps(DEPLOY "All commands are run from `/opt/app`.\n\nGo.\n" SH("cd /else\n./a"),
               "deploy cd /else|deploy ./a");
    want_steps(
        DEPLOY
        "1. First\n\n   All commands in this section are run from `/opt/app`.\n\n   Go.\n\n   ```sh\n   ./a\n   ```\n"
        "## Verification\n" SH("./b"),
        "deploy cd /opt/app|deploy ./a|verify ./b");
    want_steps("# R\n> Run everything from `~/app`.\n\n## Deploy\n" SH("./a"),
               "deploy cd ~/app|deploy ./a");
    want_steps(
        "# R\n<aside>\nRun everything below in `/srv/train`.\n</aside>\n\n## Deploy\n" SH("./a"),
        "deploy cd /srv/train|deploy ./a");
}

T(a_sentence_in_another_language_says_so)
{
    static const char *const rows[] = {
        "Toutes les commandes se lancent depuis `/opt/x`.",
        "Alle Befehle werden in `/opt/x` ausgeführt.",
        "Todos los comandos se ejecutan en la carpeta `/opt/x`.",
        "Todos os comandos são executados em `/opt/x`.",
        "Wszystkie polecenia wykonujemy w katalogu `/opt/x`.",
        "Все команды выполняются в каталоге `/opt/x`.",
        "모든 명령은 `/opt/x` 에서 실행한다.",
        "以下命令均在 `/opt/x` 目录下执行。",
        "コマンドはすべて `/opt/x` で実行する。",
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

        strbuf_addf(&text, DEPLOY "%s\n\nA\n" SH("./a"), rows[i]);
        want_steps(strbuf_str(&text), "deploy cd /opt/x|deploy ./a");
    }
}

T(a_sentence_says_on_which_host)
{
    want_places(DEPLOY "All commands are run on `web1`, from `/opt/app`.\n\nA\n" SH(
                    "./a\nssh db1 ls") "\nOn db1:\n" SH("./b"),
                "web1:cd /opt/app|web1:./a|web1:ssh db1 ls|db1:./b");
    want_places("# R\n## Node a\neverything below on `pve-a` as root\n\n1. Move it\n" SH(
                    "  qm list") "## Node b\n" SH("./b"),
                "pve-a:qm list|:./b");
    want_places(
        "# R\nRun from the jump host `bastion2`, in `/opt/x`.\n\n## Deploy\n- [ ] Update: `git pull`\n",
        "bastion2:cd /opt/x|bastion2:git pull");
    want_remarks("# R\n## Deploy\nAll commands are run in `/opt/x` as user `app`.\n\nA\n" SH("./a"),
                 "All commands are run in /opt/x as user app.");
}

T(other_sentences_say_no_such_thing)
{
    want_steps(DEPLOY "All commands write to /var/log/x when they are run.\n\nA\n" SH("./a"),
               "deploy ./a");
    want_steps(DEPLOY "Everything below the line in /etc/x is old.\n\nA\n" SH("./a"), "deploy ./a");
    want_steps(DEPLOY "All commands are run from the root of the checkout.\n\nA\n" SH("./a"),
               "deploy ./a");
    want_steps(DEPLOY "All commands are run from `/opt/<name>`.\n\nA\n" SH("./a"), "deploy ./a");
}

T_MAIN(T_CASE(a_folder_that_is_named_is_entered_first),
       T_CASE(the_way_into_a_folder_has_the_condition_of_what_is_done_there),
       T_CASE(who_goes_there_by_himself_is_not_sent),
       T_CASE(in_a_folder_that_is_only_described_a_person_does_it),
       T_CASE(where_it_is_done_may_be_said_before_a_host),
       T_CASE(a_sentence_says_where_all_is_done), T_CASE(a_sentence_in_another_language_says_so),
       T_CASE(a_sentence_says_on_which_host), T_CASE(other_sentences_say_no_such_thing))
