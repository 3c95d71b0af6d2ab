/* runbook/where: what a sentence says of the host where commands run. */
#include "runbook/where.h"

#include "runbook_read.h"

T(sentences_name_hosts)
{
    static const struct {
        const char *text;
        enum where_kind kind;
        const char *host;
    } rows[] = {
        {"On web1:", WHERE_ONCE, "web1"},
        {"On web1, run:", WHERE_ONCE, "web1"},
        {"On web1 run:", WHERE_ONCE, "web1"},
        {"On db-2.example.com (the standby):", WHERE_ONCE, "db-2.example.com"},
        {"Then, on deploy@app-1:", WHERE_ONCE, "deploy@app-1"},
        {"Back on web1:", WHERE_ONCE, "web1"},
        {"On the primary:", WHERE_ONCE, "primary"},
        {"On each of the web servers, restart nginx:", WHERE_ONCE, "web servers"},
        {"On both hosts:", WHERE_ONCE, "hosts"},
        {"On the primary database:", WHERE_ONCE, "primary database"},
        {"On the old database server:", WHERE_ONCE, "old database server"},
        {"From the bastion:", WHERE_ONCE, "bastion"},
        {"On your laptop:", WHERE_ONCE, ""},
        {"From your local machine, run:", WHERE_ONCE, ""},
        {"On your own workstation:", WHERE_ONCE, ""},
        {"On localhost:", WHERE_ONCE, ""},
        {"SSH into web1 and run:", WHERE_STAY, "web1"},
        {"Log in to the new server as root.", WHERE_STAY, "new server"},
        {"Connect to app-1 via ssh.", WHERE_STAY, "app-1"},
        {"ssh to web1", WHERE_STAY, "web1"},
        {"Log out of web1.", WHERE_LEAVE, "web1"},
        {"Log out.", WHERE_LEAVE, ""},
        {"Then exit the session", WHERE_LEAVE, ""},
        {"On web1 and web2:", WHERE_ONCE, "web1 and web2"},
        {"On web1, web2 and web3, run:", WHERE_ONCE, "web1, web2 and web3"},
        {"On web1, then web2:", WHERE_ONCE, "web1, then web2"},
        {"On web1 and then restart:", WHERE_ONCE, "web1"},
        {"On the primary and the standby:", WHERE_ONCE, "primary and the standby"},
        {"On the primary, the standby and your laptop:", WHERE_ONCE, "primary, the standby"},
        {"Exit codes are listed below", WHERE_NOT, NULL},
        {"On web1 the config is another:", WHERE_NOT, NULL},
        {"On call: Sam", WHERE_NOT, NULL},
        {"On-call: Sam", WHERE_NOT, NULL},
        {"On failure:", WHERE_NOT, NULL},
        {"On Monday:", WHERE_NOT, NULL},
        {"On Ubuntu 22.04:", WHERE_NOT, NULL},
        {"On the command line:", WHERE_NOT, NULL},
        {"On PostgreSQL 15:", WHERE_NOT, NULL},
        {"On pre-prod:", WHERE_NOT, NULL},
        {"On 2026-11-22:", WHERE_NOT, NULL},
        {"On the day of the very long release of the server:", WHERE_NOT, NULL},
        {"Log in to the admin console.", WHERE_NOT, NULL},
        {"Connect to the database:", WHERE_NOT, NULL},
        {"On the", WHERE_NOT, NULL},
        {"On ", WHERE_NOT, NULL},
        {"Run on web1:", WHERE_NOT, NULL},
        {"", WHERE_NOT, NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sv host = {NULL, 0};
        enum where_kind kind = where_read(sv_from(rows[i].text), &host);

        if (kind != rows[i].kind || (kind != WHERE_NOT && !sv_eq(host, sv_from(rows[i].host))))
            T_FAIL("'%s' is %d, '%.*s'", rows[i].text, (int)kind, SV_FMT(host));
    }
}

T(sentences_name_hosts_inside)
{
    static const struct {
        const char *text, *host;
    } rows[] = {
        {"Stop the service on web1 and web2:", "web1 and web2"},
        {"Restart nginx on the load balancer:", "load balancer"},
        {"In the target replica, run:", "target replica"},
        {"Restart the workers on all nodes.", "nodes"},
        {"Restart the app on both servers:", "servers"},
        {"Then stop it on db-2.example.com:", "db-2.example.com"},
        {"Start the import on deploy@batch:", "deploy@batch"},
        {"Run the migration from the bastion:", NULL}, /* where from, or what of */
        {"Run the migration on the database primary, then wait:", "database primary"},
        {"Restart it on web01.prod:", "web01.prod"},
        {"Restart it on port 8080 on app-3:", "app-3"},
        {"Stop the app on web1 and start it on web2:", "web1 and start it on web2"}, /* asked */
        {"Restart the app everywhere, except on web1:", NULL},
        {"Restart the app, but not on the standby:", NULL},
        {"Check that nobody works on the primary:", NULL},
        {"Apply the config based on web1:", NULL},
        {"Deploy the version that was tested on web1:", NULL},
        {"Restore the data from the replica:", NULL},
        {"Restart it on windows11:", NULL},
        {"In the master branch, run:", NULL},
        {"Install PostgreSQL on the server:", NULL},
        {"Install it on ubuntu-22.04:", NULL},
        {"Deploy on us-east-1:", NULL},
        {"Store the dump on s3:", NULL},
        {"Tag the commit on release-1.2:", NULL},
        {"Switch it on:", NULL},
        {"Rely on your laptop:", NULL},
        {"Restart it on your laptop:", NULL},
        {"In the morning, run:", NULL},
        {"In web1:", NULL},
        {"The service on web1 is slow:", NULL},
        {"Restart it on pre-prod:", NULL},
        {"Restart it on app-server:", NULL},
        {"Run", NULL},
        {"", NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sv host = {NULL, 0};
        bool there = where_within(sv_from(rows[i].text), &host);

        if (there != !!rows[i].host || (there && !sv_eq(host, sv_from(rows[i].host))))
            T_FAIL("'%s' is %d, '%.*s'", rows[i].text, there, SV_FMT(host));
    }
}

T(commands_reach_other_hosts)
{
    static const struct {
        const char *text;
        bool far;
    } rows[] = {
        {"kubectl drain node-3\n", true},
        {"# comment\nsudo kubectl get pods \\\n  -o wide\n\nhelm list", true},
        {"KUBECONFIG=a kubectl get pods", true},
        {"kubectl get pods\nsystemctl restart app", false},
        {"psql -h db -c x", true},
        {"psql -d app", false},
        {"curl https://app.example.com/", true},
        {"curl http://localhost:8080/", false},
        {"curl http://127.0.0.1:8080/", false},
        {"psql -c 'SELECT 1'", false},
        {"psql -h localhost -c x", false},
        {"psql \"host=db2 user=a\"", true},
        {"curl -H 'Host: shop' http://localhost/", false},
        {"docker --context prod ps", true},
        {"docker ps", false},
        {"mongosh mongodb://db1/x", true},
        {"redis-cli -u redis://db1", true},
        {"DOCKER_HOST=ssh://a docker ps", true},
        {"export PGHOST=db1\npsql -c x", true},
        {"cd ~/ansible\nansible-playbook site.yml", true},
        {"cd /srv\n./x", false},
        {"for h in a b; do\n  ssh $h ls\ndone", true},
        {"consul leave", false},
        {"systemctl stop app-web1", false},
        {"ssh root@web1 ls", true},
        {"./restart.sh web1", true},
        {"./restart.sh", false},
        {"# nothing", false},
        {"", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (where_reaches_out(sv_from(rows[i].text), SV("web1 and web2")) != rows[i].far)
            T_FAIL("'%s' is not %d", rows[i].text, rows[i].far);
}

/* The hosts of the steps of a text below "## Deployment": "web1 - web1". */
static void want_hosts(const char *body, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), got = STRBUF(0);
    CLEANUP(reading_done) struct reading r;

    strbuf_addf(&text, "## Deployment\n%s", body);
    read_text(&r, strbuf_str(&text));
    for (size_t i = 0; i < r.rb.n_steps; i++) {
        struct sv host = r.rb.steps[i].host;

        strbuf_addf(&got, "%s%.*s", i ? " " : "", SV_FMT(host.n ? host : SV("-")));
    }
    if (!sv_eq(strbuf_sv(&got), sv_from(want)))
        T_FAIL("'%s' runs on '%s' and should on '%s'", body, strbuf_str(&got), want);
}

#define SH(code) "\n```sh\n" code "\n```\n"
#define LI(code) "\n   ```sh\n   " code "\n   ```\n" /* in an item */

T(a_label_says_where_the_block_below_it_runs)
{
    want_hosts("On web1:" SH("./a") SH("./b"), "web1 web1");
    want_hosts("**On web1**" SH("./a"), "web1");
    want_hosts("It is big. On the primary:" SH("./a") "\nOn your laptop:" SH("./b"), "primary -");
    want_hosts("- On web1: `systemctl restart x`\n- Restart here: `systemctl restart x`\n",
               "web1 -");
    want_hosts("On web1:" SH("ssh web2 ./a"), "-"); /* it says so itself */
    want_hosts("On web1:\n\n<!-- prusik: host=local -->" SH("./a"), "-");
}

T(a_sentence_says_inside_where_commands_run)
{
    want_hosts("1. Stop the app on web1 and web2:" SH("./a") "\n2. Then:" SH("./b"),
               "web1 and web2 -");
    want_hosts("Stop the app on web1:" SH("kubectl scale x") SH("./b"), "- -");
    want_hosts("- Stop the app on web1: `systemctl stop app`\n- Restart: `systemctl restart x`\n",
               "web1 -");
    want_hosts("- Stop the app on node-1: `kubectl drain node-1`\n", "-");
    want_hosts("\n### Restart nginx on web1\n" SH("./a")
                   SH("kubectl get x") "\n- Run `kubectl get y`\n\n### Then\n" SH("./b"),
               "web1 - - -");
    want_hosts("Restart nginx on web1:\n\n<!-- prusik: host=local -->" SH("./a"), "-");
}

T(whoever_logs_in_stays_there)
{
    want_hosts("SSH into web1 and run:" SH("./a") "\nThen:" SH("./b"), "web1 web1");
    want_hosts("Log in to web1." SH("./a") "\nLog out of web1." SH("./b"), "web1 -");
    want_hosts("SSH into web1:" SH("ssh web1\n./a") SH("./b"), "web1 web1");
    want_hosts("Log in to web1:" SH("ssh web1 ./a") SH("./b"), "- -");
    want_hosts("1. SSH into web1\n2. Restart: `systemctl restart x`\n", "web1");
    want_hosts(
        "1. SSH into web1\n2. Restart: `systemctl restart x`\n3. Log out\n4. Go: `systemctl restart y`\n",
        "web1 -");
    want_hosts("1. SSH into web1 and look around\n2. Restart: `systemctl restart x`\n",
               "web1 web1");
    want_hosts(
        "1. SSH into web1:\n\n   ```sh\n   ./a\n   ```\n2. Go:\n\n   ```sh\n   ./b\n   ```\n",
        "web1 web1");
    want_hosts("SSH into web1." SH("./a") "\n### Locally\n" SH("./b"), "web1 -");
}

T(a_heading_says_where_what_is_below_it_runs)
{
    want_hosts("\n### On web1\n" SH("./a") SH("./b") "\n### Then\n" SH("./c"), "web1 web1 -");
    want_hosts("\n### On web1\n" SH("./a") "\n#### Verify\n" SH("./b") "\n### Then\n" SH("./c"),
               "web1 web1 -");
    want_hosts("\n### On web1\n" SH("./a") "\n#### On web2\n" SH("./b") "\n#### Then\n" SH("./c"),
               "web1 web2 -");
    want_hosts("\n### 1. On web1\n" SH("./a") "\n### 2. Then\n" SH("./c"), "web1 -");
}

T(a_column_says_where_each_row_runs)
{
    want_hosts(
        "| Step | Task | Host | Command |\n|--|--|--|--|\n| 1 | a | web1 | `systemctl restart x` |\n"
        "| 2 | b | local | `ls -l` |\n| 3 | c | all of them | `ls -l` |\n"
        "| 4 | d | web2 | `ssh web3 ls` |\n| 5 | e | web4 | |\n| 6 | f | n/a | `ls -l` |\n",
        "web1 - - - - -");
    want_hosts(
        "| Step | Task | Command | Server output |\n|--|--|--|--|\n| 1 | a | `ls -l` | nothing |\n",
        "-");
}

/* "On web1 first, then web2": all of them, or the second would be left as it was. */
T(hosts_that_are_named_later_in_the_sentence_are_meant_too)
{
    static const struct {
        const char *text, *host;
    } rows[] = {
        {"On web1 first, then web2", "web1 first, then web2"},
        {"Run this on web1 first, then on web2:", "web1 first, then on web2"},
        {"On db-1, and when it is streaming again on db-2:",
         "db-1, and when it is streaming again on db-2"},
        {"On pg3 first, and when it is streaming again, on pg2:",
         "pg3 first, and when it is streaming again, on pg2"},
        {"On pg3, as it is on p2p:", "pg3"},
        {"On db-1, as postgres:", "db-1"},
        {"On web1 first:", "web1"},
        {"On web1: it is as on web2", "web1"},
        {"On web1, look. Then on web2, too.", "web1"},
        {"On web1, with the settings of web2:", "web1"},
        {"On web1, restart what runs on web2:", "web1"},
        {"On web1 (the first of them) and on web2:", "web1 (the first of them) and on web2"},
        {"On web1, a b c d e f g h i j k l m n o p q on web2:", "web1"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sv host = {NULL, 0};
        enum where_kind kind = where_read(sv_from(rows[i].text), &host);

        if ((kind == WHERE_ONCE) != (*rows[i].host != 0) || !sv_eq(host, sv_from(rows[i].host)))
            T_FAIL("'%s' is %d, '%.*s'", rows[i].text, (int)kind, SV_FMT(host));
    }
}

T(each_of_names_is_on_all_of_them)
{
    want_hosts("For each of zk1, zk2, zk3:" SH("./a"), "zk1, zk2, zk3");
    want_hosts("For each of zk1 and zk2 (followers first), run:" SH("./a"), "zk1 and zk2");
    want_hosts("For each of the tables:" SH("./a"), "- -");
}

T(a_line_says_where_paragraphs_of_code_run)
{
    want_hosts("On web1:\n\n`systemctl restart a`\n\n`systemctl restart b`\n", "web1 web1");
    want_hosts("\n### Restart both\n\n`systemctl restart a`\n\n`systemctl restart b`\n", "- -");
}

T(columns_by_short_names_are_the_same)
{
    want_hosts("| # | On | What | Cmd | OK when |\n|--|--|--|--|--|\n"
               "| 1 | web1 | restart | `systemctl restart x` | |\n| 2 | any | look | `ls -l` | |\n",
               "web1 -");
}

T(a_heading_per_machine_is_of_each)
{
    want_hosts("\n### Per broker\n" SH("./a"), "broker");
    want_hosts("\n### Per tenant\n" SH("./a"), "-");
}

T(what_follows_a_login_that_a_person_does_runs_there)
{
    want_hosts("1. `ssh jump1`, `tmux new -s x`\n2. Go: `systemctl restart x`\n", "jump1 jump1");
    want_hosts("1. `ssh jump1 uptime`, `tmux new -s x`\n2. Go: `systemctl restart x`\n", "- -");
    want_hosts("1. `tmux new -s x`, `ssh jump1`\n2. Go: `systemctl restart x`\n", "- -");
}

/* "On the standby:" is said of what follows it, too, as far as nothing else is said. */
T(blocks_behind_the_first_run_there_too)
{
    want_hosts("1. On the standby:\n" LI("./a") "\n   Then:\n" LI("./b") "\n2. Then:\n" LI("./c"),
               "standby standby -");
    want_hosts("1. On the standby:\n" LI("./a") "\n   Then run `systemctl restart x`.\n" LI("./b"),
               "standby standby standby");
    want_hosts("1. On the standby:\n" LI("./a") "\n   Build it locally:\n" LI("./b") LI("./c"),
               "standby - -");
    want_hosts("1. On the standby:\n" LI("./a") "\n   Then on your laptop:\n" LI("./b") LI("./c"),
               "standby - -");
    want_hosts("1. On the standby:\n" LI("./a") "\n   Then:\n" LI("kubectl get x")
                   LI("ssh web1 ./b"),
               "standby - -");
    want_hosts("1. On the standby: `systemctl stop x`\n\n   Then:\n" LI("./b"), "standby standby");
    want_hosts("On the standby:" SH("./a") "\nCheck it:" SH("./b")
                   SH("./c") "\n### Next\n" SH("./d"),
               "standby standby, or here standby, or here -");
    want_hosts("On the standby:" SH("./a") "\nNow web2:" SH("./b"), "standby -");
    want_hosts("On web1:" SH("./a\nexit") SH("./b"), "web1 -");
    want_hosts("On web1:" SH("[root@web1 ~]# ./a") "\nThen:" SH("./b"), "web1 -");
}

/* Who types `ssh lb01 "x"` sits here, unless the document is on another host by then. */
T(an_ssh_behind_another_is_typed_where_somebody_says)
{
    want_hosts(SH("ssh web1\n./a\nssh lb01 ./b"), "web1 web1");
    want_hosts(SH("ssh web1\n./a") SH("ssh lb01 ./b") SH("./c"), "web1 web1, or here web1");
    want_hosts(SH("ssh web1\n./a") SH("ssh root@web1 ./b"), "web1 -");
    want_hosts(SH("ssh bastion1\n./a") SH("ssh lb01 ./b"), "bastion1 bastion1");
    want_hosts(SH("ssh web1\n./a\nexit") SH("ssh lb01 ./b"), "web1 -");
    want_hosts("SSH into web1." SH("./a") SH("ssh lb01 ./b"), "web1 web1, or here");
    want_hosts("1. `ssh web1`\n2. Restart: `systemctl restart x`\n3. Look:\n" LI("ssh lb01 ls"),
               "web1 web1, or here");
    want_hosts("\n### On web1\n" SH("./a\nssh lb01 ./b"), "web1 web1, or here");
    want_hosts(SH("su - app\n./a\nssh lb01 ./b"), "su - app su - app");
    want_hosts("<!-- prusik: host=web1 -->" SH("ssh lb01 ./b"), "web1");
    want_hosts("\n```console\nroot@web1:~# ssh lb01 ./b\n```\n", "web1");
}

T_MAIN(T_CASE(what_follows_a_login_that_a_person_does_runs_there),
       T_CASE(a_heading_per_machine_is_of_each),
       T_CASE(hosts_that_are_named_later_in_the_sentence_are_meant_too),
       T_CASE(each_of_names_is_on_all_of_them), T_CASE(a_line_says_where_paragraphs_of_code_run),
       T_CASE(columns_by_short_names_are_the_same), T_CASE(a_column_says_where_each_row_runs),
       T_CASE(sentences_name_hosts), T_CASE(sentences_name_hosts_inside),
       T_CASE(commands_reach_other_hosts), T_CASE(a_sentence_says_inside_where_commands_run),
       T_CASE(a_label_says_where_the_block_below_it_runs), T_CASE(whoever_logs_in_stays_there),
       T_CASE(a_heading_says_where_what_is_below_it_runs),
       T_CASE(blocks_behind_the_first_run_there_too),
       T_CASE(an_ssh_behind_another_is_typed_where_somebody_says))
