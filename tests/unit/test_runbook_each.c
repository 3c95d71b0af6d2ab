/* What is done on each of several machines, or for each of several things, is not done once and here. */
#include "runbook_want.h"

/* A block below the words. */
static void want_host(const char *words, const char *host)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), want = STRBUF(0);

    strbuf_addf(&text, "# R\n## Deploy\n%s\n" SH("systemctl restart app"), words);
    strbuf_addf(&want, "%s:systemctl restart app", host);
    want_places(strbuf_str(&text), strbuf_str(&want));
}

T(what_stands_below_each_machine_runs_there)
{
    want_host("Do it on every node:", "node");
    want_host("Run on each app server:", "app server");
    want_host("On all hosts:", "hosts");
    want_host("Do the following on each broker, one at a time:", "broker");
    want_host("For each node in the cluster:", "node");
    want_host("Repeat for all brokers:", "brokers");
    want_host("Upgrade the remaining nodes, one by one:", "nodes");
    want_host("Restart the web servers one by one:", "web servers");
    want_host("### Rolling restart (one node at a time)", "node");
    want_host("### Restart every broker", "broker");
    want_host("### Restart the web servers one at a time", "web servers");
    want_host("Auf jedem Knoten ausführen:", "Knoten");
    want_host("Für jeden Knoten:", "Knoten");
    want_host("Sur chaque nœud :", "nœud");
    want_host("En cada nodo:", "nodo");
    want_host("Em cada nó:", "nó");
    want_host("Na każdym serwerze:", "serwerze");
    want_host("Na każdym węźle:", "węźle");
    want_host("全ノードで実行:", "ノード");
    want_host("在所有服务器上执行：", "服务器");
}

T(what_speaks_of_machines_without_telling_to_go_there_is_here)
{
    want_host("Verify that all nodes are up:", "");
    want_host("All nodes are up:", "");
    want_host("### All servers", "");
    want_host("Restart the app, but not on all servers:", "");
    want_host("Stop one by one:", "");
    want_host("Restart your laptops one by one:", "");
    want_host("Stop each of your workstations:", "");
    want_host("全部終わった:", "");
    want_places("# R\n## Deploy\nDrain each node:\n" SH("kubectl drain n1"), ":kubectl drain n1");
}

T(a_list_below_each_machine_runs_there)
{
    want_places(
        "# R\n## Deploy\nFor every broker, do the following:\n1. Stop it: `systemctl stop kafka`\n"
        "2. Move it: `kubectl drain n1`\n3. Repeat steps 1-2 on the other brokers.\n\nThen:\n" SH(
            "./x"),
        "broker:systemctl stop kafka|:kubectl drain n1|broker[Repeat steps 1-2 on the other brokers.]|:./x");
}

T(a_command_for_each_of_other_things_is_asked_about)
{
    want_places("# R\n## Deploy\nFor each tenant:\n" SH("./migrate") SH("./next"),
                ":./migrate|[For each tenant:]|:./next");
    want_places("# R\n## Deploy\nFor each tenant:\n1. Run `./migrate a`\n2. Run `./migrate b`\n",
                ":./migrate a|:./migrate b|[For each tenant:]");
    want_places("# R\n## Deploy\nFor each tenant:\n" SH("for t in a b; do ./x $t; done"),
                ":for t in a b; do ./x $t; done");
    want_places("# R\n## Deploy\nFor each tenant:\n" SH("./list | xargs -n1 ./x"),
                ":./list | xargs -n1 ./x");
    want_places("# R\n## Deploy\nFor each tenant:\n\n```yaml\na: b\n```\n", "");
}

T(what_is_to_be_repeated_elsewhere_is_done_by_a_person)
{
    want_places("# R\n## Deploy\n1. Run `./a b`\n\nRepeat steps 1-5 on app2.\n",
                ":./a b|[Repeat steps 1-5 on app2.]");
}

T_MAIN(T_CASE(what_stands_below_each_machine_runs_there),
       T_CASE(what_speaks_of_machines_without_telling_to_go_there_is_here),
       T_CASE(a_list_below_each_machine_runs_there),
       T_CASE(a_command_for_each_of_other_things_is_asked_about),
       T_CASE(what_is_to_be_repeated_elsewhere_is_done_by_a_person))
