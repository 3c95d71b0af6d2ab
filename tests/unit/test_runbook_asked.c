/* What a document does not want done in every run is asked about, and what it wants done is dropped nowhere. */
#include "runbook_want.h"

#define DEPLOY "# R\n## Deploy\n"

/* The hosts of the steps; empty: here. */
static void want_hosts(const char *text, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf got = STRBUF(0);
    CLEANUP(reading_done) struct reading r;

    read_text(&r, text);
    for (size_t i = 0; i < r.rb.n_steps; i++)
        strbuf_addf(&got, "%s%.*s", i ? "|" : "", SV_FMT(r.rb.steps[i].host));
    want_given(text, &got, want);
}

T(a_value_below_commands_is_what_they_must_show)
{
    want_expects(
        DEPLOY SH(
            "curl -s localhost:9200/_cluster/health?pretty") "\n`\"status\" : \"green\"` is required, otherwise stop here.\n",
        "0 ask:`\"status\" : \"green\"`");
    want_expects(DEPLOY SH("./lag") "\n`Lag: 0` and both threads `Yes`.\n",
                 "0 contains:Lag: 0|0 ask:both threads `Yes`");
    want_expects(DEPLOY SH("./check") "\nErrors: 0 — otherwise fix them first.\n",
                 "0 ask:Errors: 0");
    want_expects(DEPLOY SH("./check") "\nErrors: 0, otherwise fix them first.\n",
                 "0 ask:Errors: 0");
    want_expects(
        DEPLOY SH("grep -c ERROR app.log") "\n→ 0 であること。0 でない場合は切り戻しを行う。\n",
        "0 number:");
    want_expects(DEPLOY SH("./a") "\n→ go to step 3\n", "");
    want_expects(DEPLOY SH("./a") "\n`./b` restarts it.\n", "");
    want_expects(DEPLOY SH("./a") "\nThe rest otherwise stays.\n", "");
    want_expects(DEPLOY SH("./a") "\nStop it, otherwise call us.\n", "");
    want_expects(DEPLOY SH("kubectl get pods") "\nAll pods must be Running.\n",
                 "0 ask:should be Running");
    want_expects(DEPLOY "1. Compare the counts. They must be equal:\n" SH("cat a"),
                 "0 ask:They must be equal");
    want_expects(DEPLOY "1. Verificar: `kubectl get pods` não deve retornar nada.\n",
                 "0 ask:não deve retornar nada.");
    want_remarks_at(DEPLOY SH("./check") "\nErrors: 0 — otherwise fix them first.\n",
                    "0:Errors: 0 — otherwise fix them first");
}

T(what_is_told_in_the_words_around_a_command_is_dropped_nowhere)
{
    want_steps(DEPLOY SH("./a") "\nSmoke: `curl -fsS http://x/ping`\n",
               "deploy ./a|deploy [Smoke: `curl -fsS http://x/ping`]");
    want_steps(
        "# R\n## Deploy" SH(
            "./a") "\n## Rolling back\n`git revert <sha>`, open a PR. Never edit it by hand.\n",
        "deploy ./a|rollback [`git revert <sha>`, open a PR. Never edit it by hand.]");
    want_steps(
        "# R\n## Deploy" SH(
            "./a") "\n## Rollback\nUntil step 3: `mysql -h db1 -e \"SET x=1\"`\nAfter it there is none.\n",
        "deploy ./a|rollback [Until step 3: `mysql -h db1 -e \"SET x=1\"`\nAfter it there is none.]");
    want_steps("# R\n## Deploy" SH("./a") "\n## Retour arrière\nReconstruire pg1.\n",
               "deploy ./a|rollback [Retour arrière\nReconstruire pg1.]");
    want_steps("# R\n## Deploy" SH("./a") "\n## Rollback\n", "deploy ./a");
    want_steps(
        DEPLOY "1. Copy it to both: `scp x root@lb1:/etc/` (same for lb2)\n",
        "deploy scp x root@lb1:/etc/|deploy [Copy it to both: scp x root@lb1:/etc/ (same for lb2)]");
    want_steps(DEPLOY "Steps:\n- Ask Ann\n- Restart it: `systemctl restart x`\n",
               "deploy [Ask Ann]|deploy systemctl restart x");
    want_steps(
        DEPLOY SH("./a") "\nWatch for 10 minutes:\n\n- errors below 1 %\n- no alerts\n\nthen\n" SH(
            "./b"),
        "deploy ./a|deploy [Watch for 10 minutes:\n- errors below 1 %\n- no alerts]|deploy ./b");
    want_steps("# R\n## Avant la MEP\n- Prévenir le support\n", "preflight [Prévenir le support]");
    want_steps(DEPLOY "It is done by\n\n- Logs: `dpkg -i x`\n", "");
    want_steps(DEPLOY "> Smoke: `curl x`\n", "");
    want_steps(DEPLOY "`curl -fsS x` (see above) is slow\n", "");
    want_steps(DEPLOY "`curl -fsS x` can be slow\n", "");
    want_steps(DEPLOY "`curl -fsS x` (see\n", "deploy [`curl -fsS x` (see]");
}

T(what_is_for_a_case_is_a_warning_at_what_stands_before_it)
{
    want_remarks_at(
        DEPLOY SH("./a") "\nSomething off? `fly releases`, then `fly deploy --image x`.\n",
        "0:Something off? fly releases, then fly deploy --image x.");
    want_remarks_at(DEPLOY SH("./a") "\nBack: `dpkg -i x.deb` and restore it.\n",
                    "0:Back: dpkg -i x.deb and restore it.");
    want_remarks_at(DEPLOY SH("./a") "\nTo switch back: `dgmgrl x \"y\"`.\n",
                    "0:To switch back: dgmgrl x \"y\".");
    want_remarks_at(DEPLOY SH("./a") "\nRollback: the same with the old one.\n",
                    "0:Rollback: the same with the old one.");
    want_remarks_at(DEPLOY SH("./a") "\nRollback = step 5 with both swapped.\n",
                    "0:Rollback = step 5 with both swapped.");
    want_remarks_at(
        DEPLOY SH(
            "./a") "\nSi la promotion échoue, redémarrer pg1 : `sudo systemctl start postgresql`\n",
        "0:Si la promotion échoue, redémarrer pg1 : sudo systemctl start postgresql");
    want_remarks_at(DEPLOY SH("./a") "\nSi la promotion échoue, voir `x`\n", "");
    want_remarks_at(
        DEPLOY SH("./a") "\nIf it does not start: `systemctl status x` and see above.\n",
        "0:If it does not start: systemctl status x and see above.");
    want_remarks_at(DEPLOY SH("./a") "\nHalt the rollout if errors > 1 %.\n",
                    "0:Halt the rollout if errors > 1 %.");
    want_rules(DEPLOY SH("./a") "\nHalt the rollout if errors < 1 %.\n", "");
    want_remarks_at(
        DEPLOY
        "1. Push it: `git push x main`\n   * If the release phase fails, the old one stays. Fix it and push again.\n",
        "0:If the release phase fails, the old one stays. Fix it and push again.");
    want_remarks_at(DEPLOY SH("./a") "\nAbort: if step 4 fails for any study, fail back at once.\n",
                    "0:Abort: if step 4 fails for any study, fail back at once.");
    want_remarks_at(DEPLOY "- [ ] `make a`\n  - [ ] if not → `make b`\n", "0:if not → make b");
    want_steps(DEPLOY "- [ ] Queue drains\n  - [ ] if not → call Mina\n",
               "deploy [Queue drains\nif not → call Mina]");
}

T(what_is_done_later_or_in_a_case_is_a_choice)
{
    want_steps(DEPLOY "1. Keep it for 7 days. Then delete it: `curl -XDELETE es/orders-v1`\n",
               "deploy curl -XDELETE es/orders-v1 ?after 7 days");
    want_steps(DEPLOY "1. After at least 24 h: `systemctl stop x`\n",
               "deploy systemctl stop x ?after 24 h");
    want_steps(DEPLOY "1. Wait for 5 minutes. Then: `systemctl stop x`\n",
               "deploy systemctl stop x");
    want_steps(DEPLOY "1. Logs are kept for 7 days. Stop it: `systemctl stop x`\n",
               "deploy systemctl stop x");
    want_steps(DEPLOY "After 2 days:\n" SH("./a"), "deploy ./a ?after 2 days");
    want_steps(
        DEPLOY
        "Turn the flag off immediately if:\n- payment errors > 1 %\n- support reports it\n" SH(
            "./off"),
        "deploy ./off ?Turn the flag off immediately if ...");
    want_steps(DEPLOY "These are done:\n- a thing\n" SH("./on"), "deploy ./on");
    want_steps(DEPLOY SH("./a") "\n### Toggle: What if writes were lost?\n" SH("./b"),
               "deploy ./a|deploy ./b ?if writes were lost");
    want_steps(DEPLOY SH("./a") "\n<details>\n<summary>▶ Full reload (dangerous)</summary>\n" SH(
                   "./b") "\n</details>\n",
               "deploy ./a|deploy ./b ?dangerous");
    want_steps(
        DEPLOY SH("./a") "\n<details>\n<summary>Sync is stuck / how to kill it</summary>\n" SH(
            "./b") "\n</details>\n",
        "deploy ./a|deploy ./b ?Sync is stuck / how to kill it");
    want_steps(DEPLOY SH("./a") "\n## Reload\nOnly when data was damaged. All is lost!\n" SH("./b"),
               "deploy ./a|deploy ./b ?Only when data was damaged");
    want_steps(
        DEPLOY SH("./a") "\n## Restoring the snapshot\n" SH("./b") "\n## Downgrade\n" SH(
            "./c") "\n## Back\n" SH("./d"),
        "deploy ./a|rollback ./b ?when what was lost has to be restored|rollback ./c|rollback ./d");
    want_steps(
        "# App\n## Startup" SH("./up") "## Shutdown" SH("./down") "## Rotate logs" SH(
            "./rotate") "## Status" SH("./s"),
        "deploy ./up ?when it is to be started|deploy ./down ?when it is to be stopped|deploy ./rotate ?when it is wanted|deploy ./s");
}

T(what_is_done_at_each_of_several_times_a_person_does)
{
    want_steps(DEPLOY "Before each wave:\n" SH("ansible all -m ping"),
               "deploy [Before each wave:\nansible all -m ping]");
    want_steps(DEPLOY SH("./a") "\nAfter each wave check that nothing alerts for 1 h.\n",
               "deploy ./a|deploy [After each wave check that nothing alerts for 1 h.]");
    want_steps(
        DEPLOY
        "For each node in the old pool:\n\n1. `kubectl drain <node>`\n2. `gcloud compute instances delete <node>`\n",
        "deploy kubectl drain <node>|deploy gcloud compute instances delete <node>|deploy [For each node in the old pool:]");
    want_hosts(
        DEPLOY
        "For each node in the old pool:\n\n1. `mytool drain <node>`\n2. `systemctl stop x`\n",
        "node|node");
}

T(hosts_are_found_in_other_languages)
{
    want_hosts(DEPLOY
               "1. Arrêter l'application sur les serveurs app1 et app2 :\n" SH("systemctl stop x"),
               "app1 et app2");
    want_hosts(DEPLOY "1. Sur le serveur pg1, arrêter le primaire :\n" SH("systemctl stop x"),
               "pg1");
    want_hosts(DEPLOY "1. Sur pg2 :\n" SH("systemctl stop x"), "pg2");
    want_hosts(DEPLOY "1. Redémarrer l'application sur app1 et app2\n" SH("systemctl stop x"),
               "app1 et app2");
    want_hosts(DEPLOY "1. Anwendung auf allen Knoten anhalten:\n" SH("systemctl stop x"), "Knoten");
    want_hosts(DEPLOY "1. Reinicie os processos em todos os servidores:\n" SH("systemctl stop x"),
               "servidores");
    want_hosts(DEPLOY "1. Arrêter le service sur le réseau :\n" SH("systemctl stop x"), "");
    want_hosts(DEPLOY "1. Das liegt auf dem Server:\n" SH("systemctl stop x"), "");
    want_hosts("# R\n## Deploy\n### Replica (db2)\n" SH("systemctl stop x"), "db2");
    want_hosts("# R\n## Deploy\n### Check (db2)\n" SH("systemctl stop x"), "");
    want_hosts("# R\n## Deploy\n### Migrations (une fois, depuis web1)\n" SH("systemctl stop x"),
               "web1");
    want_hosts(DEPLOY "1. Para cada node group:\n" SH("systemctl stop x"), "|");
}

T(what_a_command_never_prints_is_looked_for_in_another_one_s_output)
{
    want_expects(DEPLOY SH("cat version.txt\nsystemctl is-active shop") "\nExpected: `1.4.2`\n",
                 "0 contains:1.4.2");
    want_expects(DEPLOY SH("cat version.txt\nsystemctl is-active shop") "\nExpected: `active`\n",
                 "1 contains:active");
    want_expects(DEPLOY SH("./version\nsudo systemctl restart shop") "\nExpected: `1.4.2`\n",
                 "0 contains:1.4.2");
    want_expects(DEPLOY SH("./migrate\ncp -p a b") "\nExpected: `Applied 3`\n",
                 "0 contains:Applied 3");
    want_expects(DEPLOY SH("./migrate\ncp -v a b") "\nExpected: `'a' -> 'b'`\n",
                 "1 contains:'a' -> 'b'");
    want_expects(DEPLOY SH("systemctl restart shop") "\nExpected: `1.4.2`\n", "0 ask:`1.4.2`");
    want_expects(DEPLOY SH("mkdir a\ncp b a") "\nExpected: `3 files`\n", "1 ask:`3 files`");
}

/* What decides stands behind "Watch it for ten minutes", or speaks of what the sentence before it named. */
T(a_sentence_that_decides_is_a_rule_wherever_it_stands)
{
    static const char watch[] = DEPLOY SH("./a") "\nWatch the p95 latency for 10 minutes. ";
    static const struct {
        const char *said, *want;
    } rows[] = {
        {"If the error rate exceeds 5 %, roll back.",
         "rollback when error_rate[1m] > 5% min 100 samples"},
        {"If the error rate climbs over 5 %, revert.",
         "rollback when error_rate[1m] > 5% min 100 samples"},
        {"If the error rate exceeds 5 %, abort.",
         "rollback when error_rate[1m] > 5% min 100 samples"},
        {"If the error rate exceeds 5 %, back out.",
         "rollback when error_rate[1m] > 5% min 100 samples"},
        {"If it goes above 1.5 s, roll back.", "?"},
        {"Roll back if it rises above 5 %.", "?"},
        {"Should it exceed 2 %, revert.", "?"},
        {"Above 1.5 s: roll back.", "?"},
        {"If the error rate exceeds 5 %, go back to 1.4.", "?"},
        {"If the error rate exceeds 5 %, go back to step 3.", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), got = STRBUF(0);
        CLEANUP(reading_done) struct reading r;

        strbuf_addf(&text, "%s%s\n", watch, rows[i].said);
        read_text(&r, strbuf_str(&text));
        for (size_t k = 0; k < r.rb.n_rules; k++)
            if (!r.rb.rules[k].proposal)
                strbuf_addf(&got, "%s%.*s", got.n ? "|" : "",
                            SV_FMT(r.rb.rules[k].text.n ? r.rb.rules[k].text : SV("?")));
        want_given(strbuf_str(&text), &got, rows[i].want);
    }
}

T(an_open_condition_shows_of_what_it_speaks)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, DEPLOY SH("./a") "\nLook at the queue. If it goes above 90, roll back.\n");
    T_EQ(r.rb.n_rules, 1);
    SAME(r.rb.rules[0].source, "Look at the queue. If it goes above 90");
}

T_MAIN(T_CASE(a_value_below_commands_is_what_they_must_show),
       T_CASE(what_is_told_in_the_words_around_a_command_is_dropped_nowhere),
       T_CASE(what_is_for_a_case_is_a_warning_at_what_stands_before_it),
       T_CASE(what_is_done_later_or_in_a_case_is_a_choice),
       T_CASE(what_is_done_at_each_of_several_times_a_person_does),
       T_CASE(hosts_are_found_in_other_languages),
       T_CASE(what_a_command_never_prints_is_looked_for_in_another_one_s_output),
       T_CASE(a_sentence_that_decides_is_a_rule_wherever_it_stands),
       T_CASE(an_open_condition_shows_of_what_it_speaks))
