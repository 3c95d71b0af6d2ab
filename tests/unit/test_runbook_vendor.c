/* What upgrade guides show beside what is done: examples, other ways, other systems, requests, screens. */
#include "base/strbuf.h"
#include "base/sv.h"
#include "runbook_want.h"

#define DEPLOY "# R\n## Deploy"

T(an_example_above_a_block_is_asked_about)
{
    static const struct {
        const char *label, *want;
    } rows[] = {
        {"For example, to upgrade to 16.2.6, run a command of this form:",
         "For example, to upgrade to 16.2.6, run a command of this form"},
        {"Pick a version and run the right command. For example:", "For example"},
        {"Stop it, copy the file, start it again. For instance:", "For instance"},
        {"If assets changed, compile them, for example:", "If assets changed"},
        {"Zum Beispiel auf 1.4:", "Zum Beispiel auf 1.4"},
        {"Par exemple :", "Par exemple"},
        {"以升级到 v7 为例：", "以升级到 v7 为例"},
        {"例えば：", "例えば"},
        {"Copy the example file:", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf md = STRBUF(0), want = STRBUF(0);

        strbuf_addf(&md, DEPLOY "\n\n%s\n" SH("./b"), rows[i].label);
        strbuf_addf(&want, "deploy ./b%s%s", *rows[i].want ? " ?" : "", rows[i].want);
        want_steps(strbuf_str(&md), strbuf_str(&want));
    }
}

T(what_stands_behind_instead_of_is_not_run)
{
    want_steps(DEPLOY
               "\n\nUse:\n" SH("./node") "\ninstead of:\n" SH("./apply") "\nThen:\n" SH("./c"),
               "deploy ./node|deploy ./c");
    want_remarks_at(DEPLOY "\n\nUse:\n" SH("./node") "\ninstead of:\n" SH("./apply"),
                    "0:instead of: ./apply");
    want_steps(DEPLOY "\n\nstatt:\n" SH("./a"), "");
    want_steps(DEPLOY "\n\nBefore\n" SH("./old") "\nAfter:\n" SH("./new") "\nThen:\n" SH("./c"),
               "deploy ./c");
    want_steps(DEPLOY "\n\nBefore:\n" SH("./a") "\nThen:\n" SH("./b"), "deploy ./a|deploy ./b");
    want_steps(DEPLOY "\n\nNow:\n" SH("./a") "\nAfter:\n" SH("./b"), "deploy ./a|deploy ./b");
    want_steps(DEPLOY "\n\nAfter:\n" SH("./b"), "deploy ./b");
    want_steps(DEPLOY "\n\nInstead of the old one it starts the new one:\n" SH("./a"),
               "deploy ./a");
}

T(a_screen_and_a_similar_output_are_not_run)
{
    want_steps(DEPLOY "\n\n```console\nkubectl get pods\n```\n\nHalfway through:\n\n"
                      "```console\nEvery 2.0s: kubectl get pods\n\nweb-1  1/1  Running\n```\n",
               "deploy kubectl get pods");
    want_steps(DEPLOY
               "\n\n1. Drain it:\n\n   ```\n   kubectl drain n1\n   ```\n\n"
               "   You should see output similar to this:\n\n   ```\n   node/n1 cordoned\n   ```\n",
               "deploy kubectl drain n1");
    want_expects(DEPLOY SH("kubectl drain n1") "\nYou should see output similar to this:\n\n"
                                               "```\nnode/n1 cordoned\n```\n",
                 "0 ask:You should see output similar to this:");
    want_expects(
        DEPLOY SH("kubectl drain n1") "\nSimilar output:\n\n```output\nnode/n1 cordoned\n```\n",
        "0 ask:Similar output:");
}

T(a_request_in_a_console_is_done_by_a_person)
{
    want_steps(DEPLOY "\n\n```console\nPUT _cluster/settings\n{\n  \"a\": 1\n}\n```\n",
               "deploy [PUT _cluster/settings\n{\n  \"a\": 1\n}]");
    want_steps(DEPLOY "\n\n```sh\nPOST /_flush\n```\n", "deploy [POST /_flush]");
    want_steps(DEPLOY "\n\n```sh\nget /etc/shop\n```\n", "deploy get /etc/shop");
}

T(ways_of_other_languages_and_without_a_number_are_one_choice)
{
    static const char *const texts[] = {
        "# R\n## Deploy\n\n**Opção A: nuvem**" SH("./a") "\n**Opção B: Docker**" SH("./b"),
        "# R\n## Deploy" SH("./a\n\n# OU, com o script:\n./b"),
        "# R\n## Deploy" SH("./a\n\n# O si es compose\n./b"),
        "# R\n## Deploy" SH("# オプション1: ページ\n./a\n\n# オプション2: LB\n./b"),
        "# R\n## Deploy" SH("./a\n\n# 或者\n./b"),
        "# R\n## Deploy\n\nTwo procedures are known. Pick one:\n\n### With autopilot" SH(
            "./a") "\n### Without it" SH("./b"),
        "# R\n## 升级\n\n升级的方式有两种：不停机和停机。有窗口可停机。\n\n### 不停机" SH(
            "./a") "\n### 停机" SH("./b"),
        "# R\n## HA installations" SH("./a") "\n## Non-HA installations" SH("./b"),
    };

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        CLEANUP(reading_done) struct reading r = {0};
        bool one = false;

        read_text(&r, texts[i]);
        for (size_t k = 0; k < r.rb.n_steps; k++)
            one |= r.rb.steps[k].one_of != RB_NONE;
        for (size_t k = 0; k < r.rb.n_parts; k++)
            one |= r.rb.parts[k].one_of != RB_NONE;
        if (r.rb.n_steps != 2 || !one)
            T_FAIL("'%s' has %zu steps and no choice", texts[i], r.rb.n_steps);
    }
    want_steps("# R\n## Non-root users" SH("./a") "\n## Tuning" SH("./b"), "deploy ./a|deploy ./b");
}

T(what_is_for_another_time_has_a_condition)
{
    want_steps("# R\n## Starting the upgrade" SH("./up") "\n## Canceling an upgrade" SH("./stop"),
               "deploy ./up|deploy ./stop ?when it is to be stopped");
    want_steps("# R\n## Installation" SH("./a") "\n## Upgrade" SH("./b"),
               "deploy ./a ?at the first deployment only|deploy ./b ?when it is there already");
    want_steps(
        "# R\n## Installation" SH("./a") "\n## Installing" SH("./b") "\n## Upgrade" SH("./c"),
        "deploy ./a ?at the first deployment only|deploy ./b ?at the first deployment only|"
        "deploy ./c ?when it is there already");
    want_steps("# R\n## Installation" SH("./a") "\n## Update the settings" SH("./b"),
               "deploy ./a|deploy ./b");
    want_steps(DEPLOY "\n\n1. (If needed): Depool it\n\n   ```sh\n   ./depool\n   ```\n",
               "deploy ./depool ?If needed");
    want_steps(DEPLOY "\n\n1. (see below) Start it\n\n   ```sh\n   ./a\n   ```\n", "deploy ./a");
    want_steps("# R\n## Deploy" SH("./a") "\n## Restaurar (Emergencia)" SH("./b"),
               "deploy ./a|deploy ./b ?Emergencia");
    want_steps("# R\n## Deploy" SH("./a") "\n### Things went wrong?" SH("./b"),
               "deploy ./a|rollback ./b");
    want_steps("# R\n## Upgrade" SH("./a") "\n## Recovering from a failure state" SH("./b"),
               "deploy ./a");
    want_steps(DEPLOY "\n\n**On FreeBSD:**\n" SH("./pkg"), "deploy ./pkg ?On FreeBSD");
}

T(a_comment_with_another_way_is_no_condition_of_its_command)
{
    want_steps(DEPLOY SH("systemctl restart shop # Or your own command if you don't use systemd"),
               "deploy systemctl restart shop");
    want_steps(DEPLOY SH("./a\n\n# Limpar o cache (se usado)\n./b"),
               "deploy ./a|deploy ./b ?se usado");
    want_steps(DEPLOY SH("./a\n\n# 必要に応じてCDNを消す\n./b"),
               "deploy ./a|deploy ./b ?必要に応じて");
}

T(a_step_that_decides_is_one)
{
    want_steps("# R\n## Drain it\n### Step 1 - Stop it" SH(
                   "./a") "\n### Step 2 - Decide whether it goes\n\n"
                          "If you keep it, stop here.\n",
               "deploy ./a|deploy [Decide whether it goes\nIf you keep it, stop here.]");
}

T(what_speaks_against_it_is_not_hoped_for)
{
    want_rules("# R\n## Deploy\n\nNão execute se:\n\n- Erros < 5%\n", "");
}

T(what_a_person_writes_into_a_file_is_a_step_of_its_item)
{
    want_steps(
        "# R\n## Take it out\n\n1. Add x to `app.yml`:\n\n   ```yaml\n   a: 1\n   ```\n\n2. Reload it\n",
        "deploy [Add x to app.yml:]|deploy [Reload it]");
    want_steps(DEPLOY
               "\n\nEdit the section as above and with the copy in place run:\n" SH("./port"),
               "deploy [Edit the section as above and with the copy in place run:]|deploy ./port");
    want_steps(DEPLOY "\n\nEdit it with:\n" SH("./edit x"), "deploy ./edit x");
    want_steps(DEPLOY "\n\nOpen the console and the log with:\n" SH("./open x"), "deploy ./open x");
    want_steps(
        DEPLOY "\n\nWhen you are ready, edit the `db` section to match these lines:\n\n"
               "```yaml\na: 1\n```\n",
        "deploy [When you are ready, edit the db section to match these lines:] ?When you are "
        "ready, edit the db section to match these lines");
}

T(a_bullet_that_tells_to_reload_it_is_done)
{
    want_steps(DEPLOY "\n\n* Reload patroni: `sudo systemctl reload patroni`\n",
               "deploy sudo systemctl reload patroni");
    want_steps(DEPLOY "\n\n* Reload patroni with `sudo systemctl reload patroni`, if it is told\n",
               "deploy sudo systemctl reload patroni ?if it is told");
}

T(a_condition_around_a_command_in_a_sentence_is_one)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"Restart nginx with `./b x` if the config changed.", "if the config changed"},
        {"Run `./b x` only if the config changed", "only if the config changed"},
        {"Run `./b x`, if it hangs.", "if it hangs"},
        {"Run `./b x` (only when it is a replica).", "only when it is a replica"},
        {"Run `./b x` when the queue is empty.", "when the queue is empty"},
        {"Run `./b x`, falls nötig.", "falls nötig"},
        {"Run `./b x` if it hangs, otherwise go on.", "if it hangs"},
        {"Restart it if needed: `./b x`", "if needed"},
        {"Run `./b x`, if it fails, stop.", ""},
        {"Run `./b x` when prompted.", ""},
        {"Run `./b x`.", ""},
        {"Run `./b x` only", ""},
        {"Run `./b x` if", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf md = STRBUF(0), want = STRBUF(0);

        strbuf_addf(&md, DEPLOY "\n\n%s\n", rows[i].text);
        strbuf_addf(&want, "deploy ./b x%s%s", *rows[i].want ? " ?" : "", rows[i].want);
        want_steps(strbuf_str(&md), strbuf_str(&want));
    }
    want_steps(DEPLOY "\n\n1. Run `./a x` if it is up. Then run `./b x`.\n",
               "deploy ./a x ?if it is up|deploy ./b x");
    want_steps(DEPLOY "\n\n1. Run `./a x` unless it is a replica.\n",
               "deploy ./a x ?unless it is a replica");
}

static void want_hosts(const char *text, const char *want)
{
    CLEANUP(reading_done) struct reading r = {0};
    CLEANUP(strbuf_release) struct strbuf got = STRBUF(0);

    read_text(&r, text);
    for (size_t i = 0; i < r.rb.n_steps; i++)
        strbuf_addf(&got, "%s%.*s@%.*s", i ? "|" : "", SV_FMT(r.rb.steps[i].text),
                    SV_FMT(r.rb.steps[i].host));
    if (!sv_eq(strbuf_sv(&got), sv_from(want)))
        T_FAIL("'%s' gives '%s' and should give '%s'", text, strbuf_str(&got), want);
}

T(what_is_typed_into_a_shell_of_somebody_else_runs_there)
{
    want_hosts(DEPLOY SH("su - app\ngit pull\nexit\n./b"), "git pull@su - app|./b@");
    want_hosts(DEPLOY SH("sudo -u db bash") "\nThen:\n" SH("./a") "\nLeave it:\n" SH("exit\n./b"),
               "./a@sudo -u db bash|./b@");
    want_hosts(DEPLOY SH("docker exec -it web bash\nrake db:migrate"),
               "rake db:migrate@docker exec -it web bash");
    want_hosts(DEPLOY SH("ssh web1\nsudo -i\n./a\nexit\n./b\nexit\n./c"),
               "./a@sudo -i on web1|./b@web1|./c@");
    want_hosts(DEPLOY SH("oc rsh -c x pod1\n./a"), "./a@oc rsh -c x pod1");
    want_hosts(DEPLOY SH("./a\nsudo -i"), "./a@|sudo -i@"); /* somebody looks around */
    want_hosts(DEPLOY SH("su - app -c ./x\n./b"), "su - app -c ./x@|./b@");
    want_hosts(DEPLOY SH("docker exec web ls\npython3\n./b"), "docker exec web ls@|python3@|./b@");
    want_hosts(DEPLOY SH("sudo -i service db stop\n./b"), "sudo -i service db stop@|./b@");
    want_hosts(DEPLOY SH("sudo -u app -i\n./b"), "./b@sudo -u app -i");
    want_hosts(DEPLOY SH("sudo -s -u app\n./b"), "./b@sudo -s -u app");
    want_hosts(DEPLOY SH("su - db\n# Or, with sudo:\nsudo -u db bash") "\nThen:\n" SH("./a"),
               "./a@sudo -u db bash");
    want_hosts(DEPLOY SH("sudo -i") "\n## Verify" SH("./b"), "sudo -i@|./b@");
}

T(a_case_and_a_limit_before_it_hide_no_host)
{
    static const char *const labels[] = {
        "If you get `PG::X`, run this on the database node:",
        "WARNING: Only run the following on the database node:",
        "Falls der Fehler bleibt, führen Sie dies aus. On the database node:"};

    for (size_t i = 0; i < ARRAY_LEN(labels); i++) {
        CLEANUP(strbuf_release) struct strbuf md = STRBUF(0);
        CLEANUP(reading_done) struct reading r = {0};

        strbuf_addf(&md, DEPLOY SH("./a") "\n%s\n" SH("./b"), labels[i]);
        read_text(&r, strbuf_str(&md));
        if (!sv_eq(r.rb.steps[r.rb.n_steps - 1].host, SV("database node")))
            T_FAIL("'%s' is on '%.*s'", labels[i], SV_FMT(r.rb.steps[r.rb.n_steps - 1].host));
    }
}

T(a_log_that_is_followed_by_several_letters_is_followed)
{
    static const char *const texts[] = {"journalctl -feu shop", "journalctl -xefu shop"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        CLEANUP(strbuf_release) struct strbuf md = STRBUF(0);
        CLEANUP(reading_done) struct reading r = {0};

        strbuf_addf(&md, DEPLOY "\n\n```sh\n%s\njournalctl -xeu shop\njournalctl -5z\n```\n",
                    texts[i]);
        read_text(&r, strbuf_str(&md));
        T_EQ(r.rb.steps[0].command->form, COMMAND_FOLLOW);
        T_CHECK(r.rb.steps[1].command->form != COMMAND_FOLLOW);
        T_CHECK(r.rb.steps[2].command->form != COMMAND_FOLLOW);
    }
}

T(each_node_of_a_list_in_two_sentences_is_a_group)
{
    CLEANUP(reading_done) struct reading r = {0}, again = {0};

    read_text(&again, DEPLOY
              "\n\nPerform the following on every node. Do not hurry.\n" SH("systemctl stop db"));
    T_SV(again.rb.steps[again.rb.n_steps - 1].host, "node");

    read_text(&r,
              DEPLOY "\n\nFor each node in your cluster, complete the following steps. Do one at a "
                     "time.\n\n1. Stop it:\n\n   ```sh\n   systemctl stop db\n   ```\n");
    T_SV(r.rb.steps[0].host, "node");
}

T_MAIN(T_CASE(an_example_above_a_block_is_asked_about),
       T_CASE(what_stands_behind_instead_of_is_not_run),
       T_CASE(a_screen_and_a_similar_output_are_not_run),
       T_CASE(a_request_in_a_console_is_done_by_a_person),
       T_CASE(ways_of_other_languages_and_without_a_number_are_one_choice),
       T_CASE(what_is_for_another_time_has_a_condition),
       T_CASE(a_comment_with_another_way_is_no_condition_of_its_command),
       T_CASE(a_step_that_decides_is_one), T_CASE(what_speaks_against_it_is_not_hoped_for),
       T_CASE(what_a_person_writes_into_a_file_is_a_step_of_its_item),
       T_CASE(a_bullet_that_tells_to_reload_it_is_done),
       T_CASE(a_condition_around_a_command_in_a_sentence_is_one),
       T_CASE(what_is_typed_into_a_shell_of_somebody_else_runs_there),
       T_CASE(a_case_and_a_limit_before_it_hide_no_host),
       T_CASE(a_log_that_is_followed_by_several_letters_is_followed),
       T_CASE(each_node_of_a_list_in_two_sentences_is_a_group))
