/* What a document warns of is not carried out, and what it asks for is not forgotten. */
#include "runbook_want.h"

T(a_command_that_its_own_sentence_forbids_is_not_run)
{
    want_steps(
        "# R\n## Rollback\n- Apply failed: run `terraform apply` again. Don't run `terraform destroy`.\n",
        "rollback terraform apply");
    want_remarks(
        "# R\n## Rollback\n- Apply failed: run `terraform apply` again. Don't run `terraform destroy` or `rm -rf /a`.\n",
        "Don't run terraform destroy or rm -rf /a");
    want_steps("# R\n## Deploy\n1. Run `make install`; without `make clean`.\n",
               "deploy make install");
    want_steps("# R\n## Deploy\n1. Run `make install`. If it fails, run `make clean`.\n",
               "deploy make install");
    want_steps("# R\n## Deploy\n1. Run `make a`. Then, i.e. at once, run `make b`.\n",
               "deploy make a|deploy make b");
}

T(what_a_warning_shows_is_not_run)
{
    want_steps(
        "# R\n## Deploy\n> [!CAUTION]\n> Never sync with `--prune`: it deletes all.\n>\n> ```bash\n"
        "> ./a --prune\n> ```\n" SH("./b"),
        "deploy ./b");
    want_steps("# R\n## Deploy" SH("./a --prune   # NO!\n./b   # don't do this\n./c # never"), "");
    want_remarks("# R\n## Deploy" SH("./a --prune   # NO!\n./b"), "./a --prune # NO!");
    want_steps("# R\n## Deploy" SH("./a # no errors\n./b # wrong password is fine"),
               "deploy ./a|deploy ./b");
}

T(what_a_list_forbids_is_not_run)
{
    static const char *const labels[] = {"Wrong:",
                                         "Bad way:",
                                         "❌ Don't:",
                                         "Falsch:",
                                         "Anti-pattern:",
                                         "Never do this:",
                                         "Warning: never run:",
                                         "Forbidden:"};

    for (size_t i = 0; i < ARRAY_LEN(labels); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

        strbuf_addf(&text,
                    "# R\n## Deploy\n%s\n\n- `systemctl stop nginx`\n- `rm -rf /srv` (takes 5 s)\n"
                    "- `./wipe.sh`\n\n",
                    labels[i]);
        strbuf_add_str(&text, SH("./b"));
        want_steps(strbuf_str(&text), "deploy ./b");
    }
    want_steps("# R\n## Deploy the app\n- `systemctl stop nginx`\n- `./wipe.sh`\n",
               "deploy systemctl stop nginx|deploy ./wipe.sh");
}

T(a_heading_of_what_must_not_happen_tells_it_to_everybody)
{
    const char *text =
        "# R\n## What must not happen\n- `DROP SCHEMA` on the cluster\n- Never on Friday\n"
        "## Deploy\n" SH("./a");

    want_steps(text, "deploy ./a");
    want_remarks(text, "What must not happen: DROP SCHEMA on the cluster|Never on Friday");
}

T(signs_before_a_warning_hide_nothing)
{
    want_remarks("# R\n## Deploy\n:rotating_light: don't `docker prune`, it eats all.\n" SH("./a"),
                 ":rotating_light: don't docker prune, it eats all.");
    want_remarks("# R\n## Deploy\n:warning: If the lag is high, DO NOT continue.\n" SH("./a"),
                 ":warning: If the lag is high, DO NOT continue.");
    want_remarks("# R\n## Deploy\nBitte nicht `rsync --delete` benutzen.\n" SH("./a"),
                 "Bitte nicht rsync --delete benutzen.");
    want_steps("# R\n## Deploy\n:note: the lag is high.\n" SH("./a"), "deploy ./a");
}

T(gates_between_commands_are_asked)
{
    want_steps("# R\n## Deploy" SH("./a\n\n# STOP here and have somebody review the diff\n\n./b"),
               "deploy ./a|deploy [STOP here and have somebody review the diff]|deploy ./b");
    want_steps("# R\n## Deploy" SH("./a") "\nLeave it for 48 hours.\n" SH("./b"),
               "deploy ./a|deploy [Leave it for 48 hours.]|deploy ./b");
    want_steps("# R\n## Deploy" SH("./a") "\nHold for 4 hours.\n" SH("./b"),
               "deploy ./a|deploy [Hold for 4 hours.]|deploy ./b");
    want_steps("# R\n## Deploy" SH("./a") "\nKeep this session open.\n" SH("./b"),
               "deploy ./a|deploy [Keep this session open.]|deploy ./b");
}

T(an_approval_that_is_needed_is_one)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "# R\n## Deploy\n**Approval of the owner needed.**\n" SH("./a"));
    T_EQ(r.rb.n_steps, 2);
    T_EQ(r.rb.steps[0].kind, STEP_APPROVAL);
    T_SV(r.rb.steps[0].text, "Approval of the owner needed.");
}

T(what_has_to_be_so_is_expected)
{
    want_expects("# R\n## Deploy" SH("./a") "\nThe last line has to say `ok`.\n", "0 contains:ok");
    want_expects("# R\n## Deploy" SH("./a") "\nThe dump has to be bigger than 1 GB.\n",
                 "0 ask:should be bigger than 1 GB");
    want_expects("# R\n## Deploy" SH("./a") "\nThere must be no critical entries.\n",
                 "0 ask:should be no critical entries");
}

T(a_row_that_nothing_runs_shows_its_command)
{
    want_steps(
        "# R\n## Deploy\n| No | Activity | Command | Expected |\n|---|---|---|---|\n"
        "| 1 | Export | `expdp gl` | done |\n| 2 | Look | `expdp x` | |\n| 3 | Call Bob | by phone | |\n",
        "deploy [Export: `expdp gl` (expected: done)]|deploy [Look: `expdp x`]|deploy [Call Bob: by phone]");
}

T(a_step_says_where_all_below_it_runs)
{
    want_places(
        "# R\n## Deploy\n1. On web1:\n   - `systemctl restart app`\n   - `uptime`\n2. Restart: `systemctl restart b`\n",
        "web1:systemctl restart app|web1:uptime|:systemctl restart b");
    want_places("# R\n## Deploy\n1. Drain it: on the LB run `systemctl stop x`.\n",
                "LB:systemctl stop x");
    want_places("# R\n## Deploy\n1. Copy it: `rsync -a a/ /b/` (on web2)\n",
                "web2:rsync -a a/ /b/");
    want_places(
        "# R\n## Deploy\n1. `ssh web1`\n2. `df -h`\n3. Log out of web1. On web2: `df -h`\n4. `df -h`\n",
        "web1:df -h|web2:df -h|:df -h");
    want_places("# R\n## Deploy\nOn web1 (the passive one) and then on web2:\n" SH("./a"),
                "web1 (the passive one) and then on web2:./a");
}

T(a_row_says_where_its_command_runs)
{
    want_places(
        "# R\n## Deploy\n| # | Step |\n|---|---|\n| 1 | Disable it on cron1<br/>`crontab -r` |\n",
        "cron1:crontab -r");
    want_places(
        "# R\n## Deploy\n| # | Task | Command |\n|---|---|---|\n| 1 | Stop the app on web1 | `systemctl stop a` |\n"
        "| 2 | Stop the app on web1 | `kubectl delete pod a` |\n| 3 | Stop it | `ssh web2 ./a` |\n",
        "web1:systemctl stop a|:kubectl delete pod a|:ssh web2 ./a");
}

T(parts_of_a_way_back_are_for_when_they_say)
{
    want_steps("# R\n## Rollback\nBefore step 3.7: remove it:\n" SH(
                   "./a") "\nAfter the cutover, which needs a decision:\n" SH("./b"),
               "rollback ./a ?Before step 3.7|rollback ./b ?After the cutover");
    want_steps(
        "# R\n## Rollback\nDon't use it if the migration dropped a column; restore the backup instead:\n" SH(
            "./a"),
        "rollback ./a ?if the migration dropped a column");
    want_steps("# R\n## Deploy" SH("./a") "\nMore than 20 new errors → roll back:\n" SH("./b"),
               "deploy ./a|rollback ./b");
}

T(other_words_for_a_way_back)
{
    want_steps("# R\n## Deploy" SH("./a") "\n## Going back\n" SH("./b") "\n## Kill switch\n" SH(
                   "./c") "\n## Marcha atrás\n" SH("./d"),
               "deploy ./a|rollback ./b|rollback ./c|rollback ./d");
    want_steps("# R\n## Deploy" SH("./a") "\n### Enable the kill switch\n" SH("./b"),
               "deploy ./a|deploy ./b");
}

T(words_of_a_pooler_are_typed_into_its_client)
{
    want_steps(
        "# R\n## Deploy\n```console\n$ psql -p 6432 pgbouncer\npgbouncer=# PAUSE;\nPAUSE\npgbouncer=# \\q\n```\n",
        "deploy sql:PAUSE;");
}

T(a_fear_is_never_proposed_as_a_hope)
{
    want_bullet("Checks", "approval rate falls below 92 %", "");
    want_bullet("Checks", "p99 latency is at least 300 ms, unless the database is slow", "");
    want_bullet("Checks", "Under 2 % free → page at once", "");
    want_rules("# R\n## Deploy\nPull it when\n\n- approval rate below 92 %\n", "");
    want_rules("# R\n## Deploy\nContinue when:\n\n- approval rate above 92 %\n",
               "[expect approval_rate[5m] > 92% min 100 samples]");
    want_bullet("Checks", "the days left have to be more than 80", "[expect the_days_left > 80]");
}

T(a_list_of_what_is_never_done_is_not_done)
{
    const char *text =
        "# R\n## Deploy\nNever do any of these:\n\n1. `nomad node purge`\n2. drain two nodes\n\n" SH(
            "./a");

    want_steps(text, "deploy ./a");
    want_remarks(text,
                 "Never do any of these: nomad node purge|Never do any of these: drain two nodes");
    want_steps("# R\n## Deploy\nForbidden:\n\n- `make clean`\n\nGo:\n" SH("./a"), "deploy ./a");
    want_remarks("# R\n## Deploy\nForbidden: `KILL`, `systemctl kill app`.\n" SH("./a"),
                 "Forbidden: KILL, systemctl kill app.");
    want_steps("# R\n## Deploy\nDon't forget to:\n\n1. `make a`\n2. `make b`\n",
               "deploy make a|deploy make b");
    want_steps("# R\n## Wrong / right\n" SH("./a") "\n## Deploy\n" SH("./b"), "deploy ./b");
}

T(donts_behind_all_steps_are_told_before_them)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "# R\n## Deploy\n" SH("./a") SH("./b") "\n## Don't\n- Don't `RESET MASTER`.\n");
    T_EQ(r.rb.n_remarks, 1);
    T_EQ(r.rb.remarks[0].step, 0);
}

T(a_warning_that_asks_for_something_is_told)
{
    want_remarks(
        "# R\n## Deploy\n> [!DANGER]\n> It loses data. The DBA has to say yes.\n" SH("./a"),
        "It loses data. The DBA has to say yes.");
    want_remarks("# R\n## Deploy\n> [!DANGER]\n> It loses data.\n" SH("./a"), "");
    want_remarks("# R\n## Deploy\n> [!NOTE]\n> The DBA has to know.\n" SH("./a"), "");
    want_remarks("# R\n## Deploy\nIf two are ONLINE, do nothing.\n" SH("./a"),
                 "If two are ONLINE, do nothing.");
    want_remarks("# R\n## Deploy\nIf it says off, leave out the checksums.\n" SH("./a"),
                 "If it says off, leave out the checksums.");
}

T(what_is_waited_for_above_a_look_is_asked)
{
    want_expects("# R\n## Deploy\nWait until the status is green:\n" SH("df -h"),
                 "0 ask:Wait until the status is green");
    want_expects(
        "# R\n## Deploy\n1. Repeat until it is empty:\n\n   ```bash\n   ./verify\n   ```\n",
        "0 ask:Repeat until it is empty");
    want_expects("# R\n## Deploy\nNobody writes any more (must be 0):\n" SH("./a"), "0 number:");
    want_expects("# R\n## Deploy\nWait until it is up:\n" SH("systemctl restart app"), "");
    want_expects("# R\n## Deploy\nWait for 5 minutes:\n" SH("df -h"), "");
    want_expects("# R\n## Deploy\nWait until it is up:\n" SH("kubectl wait pod/a"), "");
    want_steps("# R\n## Deploy" SH("./a") "\nProceed if the manager agrees.\n" SH("./b"),
               "deploy ./a|deploy [Proceed if the manager agrees.]|deploy ./b");
}

T(what_is_typed_into_a_program_is_told)
{
    want_remarks(
        "# R\n## Deploy\n```console\n$ mongosh --quiet\nrs0 [direct: primary] admin> rs.remove('m3')\n{ ok: 1 }\n"
        "127.0.0.1:6379> INFO\n>>> import x\n>>> \nmysql> SELECT 1;\na -> b\n```\n",
        "typed there: rs.remove('m3')|typed there: INFO|typed there: import x");
}

T(lines_that_were_numbered_by_hand_are_a_list)
{
    want_steps(
        "# R\n## Rollback\nD1. `systemctl stop a`\nD2. `impdp gl/x`\nD3. `systemctl start a`\n",
        "rollback systemctl stop a|rollback [impdp gl/x]|rollback systemctl start a");
    want_steps("# R\n## Rollback\nD1. `systemctl stop a` stops it\nD2. `impdp`\n",
               "rollback [Rollback\nD1. systemctl stop a stops it\nD2. impdp]");
    want_steps("# R\n## Rollback\nIt is `systemctl stop a`\n",
               "rollback [Rollback\nIt is systemctl stop a]");
}

T(a_share_of_something_else_is_no_limit)
{
    want_rules(
        "# R\n## When to Rollback\n- orders per minute <= 80 % of last week\n- heap > 85% after a full GC\n"
        "- error rate > 5% after the deployment\n",
        "?|?|rollback when error_rate[1m] > 5% min 100 samples");
}

T(bullets_below_do_not_are_told)
{
    want_remarks("# R\n## Deploy\n" SH("./a") "\n## Do not\n- restart Postgres\n",
                 "Do not: restart Postgres");
}

T(a_row_that_is_never_done_is_not_done)
{
    const char *text =
        "# R\n## Deploy\n| # | Task | Command |\n|---|---|---|\n| 1 | never rerun it | `systemctl restart a` |\n"
        "| 2 | Restart | `systemctl restart b` |\n";

    want_steps(text, "deploy systemctl restart b");
    want_remarks(text, "never rerun it: `systemctl restart a`");
}

T(a_bare_title_above_a_sentence_with_its_command_is_a_way_back)
{
    want_steps(
        "# R\n## Deploy" SH(
            "./a") "\nRollback\n\nInstall the old one: `apt install x=1`\n\nSteps\n\n" SH("./b"),
        "deploy ./a|rollback apt install x=1|deploy ./b");
}

T(the_sentence_of_a_command_says_where_it_runs)
{
    want_places("# R\n## Deploy\n1. Run `nginx -t` on both hosts; do not run `nginx -s stop`.\n",
                "hosts:nginx -t");
}

T(a_block_that_leaves_a_session_belongs_to_it)
{
    want_places("# R\n## Deploy" SH("ssh web1\n./a") "\n## Clean up\n" SH("./b\n\nexit") SH("./c"),
                "web1:./a|web1:./b|:./c");
    want_places("# R\n## Deploy" SH("ssh web1\n./a") "\n## Clean up\n" SH("./b") SH("./c\nexit"),
                "web1:./a|:./b|:./c");
    want_places("# R\n## Deploy" SH("ssh web1\n./a") "\n## Clean up\n" SH("sudo -i\n./b\nexit"),
                "web1:./a|sudo -i:./b");
}

T(symptoms_are_cases)
{
    want_steps(
        "# R\n## Deploy\n**Symptom A – it times out**\n" SH("./a") "\n**Symptom B: it fails**\n" SH(
            "./b") "\n## Next\n" SH("./c"),
        "deploy ./a ?in the case \"Symptom A – it times out\"|deploy ./b ?in the case \"Symptom B: it fails\"|deploy ./c");
    want_steps("# R\n## Deploy\n**Symptoms**\n" SH("./a") "\n**Problem solved**\n" SH("./b"),
               "deploy ./a|deploy ./b");
    want_steps("# R\n## Deploy\n### Symptom: it hangs\n" SH("./a"),
               "deploy ./a ?Symptom: it hangs");
}

T(a_limit_behind_a_query_is_expected)
{
    want_expects("# R\n## Deploy" SH("psql -c 'select count(*) from a' # > 1000"), "0 number:");
    want_expects("# R\n## Deploy" SH("./a") "\nLog should say `ready`.\n", "0 contains:ready");
}

T(brackets_of_a_title_say_where)
{
    want_places(
        "# R\n## Deploy" SH("./a") "\nBackout (both LBs):\n" SH("./b") "\n## Next\n" SH("./c"),
        ":./a|LBs:./b|:./c");
    want_places("# R\n## Deploy" SH("ssh web1\n./a") "\nRollback (on db2):\n" SH(
                    "./b") "\nGo on:\n" SH("./c"),
                "web1:./a|db2:./b|web1:./c");
    want_places("# R\n## Rollback (on db2)\n" SH("./a") "\n## Rollback (both environments)\n" SH(
                    "./b") "\n## Deploy (fast)\n" SH("./c"),
                "db2:./a|:./b|:./c");
}

T(other_languages_expect_too)
{
    want_expects("# R\n## Deploy" SH("./a") "\nLe résultat doit contenir `ok`.\n",
                 "0 ask:Le résultat doit contenir `ok`");
    want_expects("# R\n## Deploy" SH("./a") "\nDebe devolver 0. Si no, esperar.\n",
                 "0 ask:Debe devolver 0");
    want_expects("# R\n## Deploy" SH("./a") "\nDie Datei darf nicht leer sein.\n",
                 "0 ask:Die Datei darf nicht leer sein");
    want_expects("# R\n## Deploy" SH("./a") "\nすべての Pod が Running であること。\n",
                 "0 ask:すべての Pod が Running であること。");
    want_expects("# R\n## Deploy" SH("./a") "\nDas dauert lange.\n", "");
}

T(what_only_a_hand_does_is_asked)
{
    want_steps("# R\n## Deploy" SH("./a") "\n- Place a test order.\n- Power off the old host.\n",
               "deploy ./a|deploy [Place a test order.]|deploy [Power off the old host.]");
}

T_MAIN(T_CASE(a_command_that_its_own_sentence_forbids_is_not_run),
       T_CASE(what_a_warning_shows_is_not_run), T_CASE(what_a_list_forbids_is_not_run),
       T_CASE(a_heading_of_what_must_not_happen_tells_it_to_everybody),
       T_CASE(signs_before_a_warning_hide_nothing), T_CASE(gates_between_commands_are_asked),
       T_CASE(an_approval_that_is_needed_is_one), T_CASE(what_has_to_be_so_is_expected),
       T_CASE(a_row_that_nothing_runs_shows_its_command),
       T_CASE(a_step_says_where_all_below_it_runs), T_CASE(a_row_says_where_its_command_runs),
       T_CASE(parts_of_a_way_back_are_for_when_they_say), T_CASE(other_words_for_a_way_back),
       T_CASE(words_of_a_pooler_are_typed_into_its_client),
       T_CASE(a_fear_is_never_proposed_as_a_hope), T_CASE(a_list_of_what_is_never_done_is_not_done),
       T_CASE(donts_behind_all_steps_are_told_before_them),
       T_CASE(a_warning_that_asks_for_something_is_told),
       T_CASE(what_is_waited_for_above_a_look_is_asked),
       T_CASE(what_is_typed_into_a_program_is_told),
       T_CASE(lines_that_were_numbered_by_hand_are_a_list),
       T_CASE(a_share_of_something_else_is_no_limit), T_CASE(bullets_below_do_not_are_told),
       T_CASE(a_row_that_is_never_done_is_not_done),
       T_CASE(a_bare_title_above_a_sentence_with_its_command_is_a_way_back),
       T_CASE(the_sentence_of_a_command_says_where_it_runs),
       T_CASE(a_block_that_leaves_a_session_belongs_to_it), T_CASE(symptoms_are_cases),
       T_CASE(a_limit_behind_a_query_is_expected), T_CASE(brackets_of_a_title_say_where),
       T_CASE(other_languages_expect_too), T_CASE(what_only_a_hand_does_is_asked))
