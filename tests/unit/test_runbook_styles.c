/* runbook: constructs of documents as teams write them, each with what it means: which role, step, check, rule. */
#include "runbook_want.h"

/* --- sections --- */

T(what_restores_lost_data_is_no_step_forward)
{
    want_steps("# Release\n## Steps" SH("./go") "## Restore Plan" SH("dropdb shop"),
               "deploy ./go|rollback dropdb shop");
    want_steps(
        "# Release\n## Steps" SH("./go") "## Disaster Recovery\n### Data Recovery" SH("./back"),
        "deploy ./go|rollback ./back");
    want_steps("# Release\n## Restore from the nightly backup" SH("./back"), "rollback ./back");
}

T(a_restore_beside_a_rollback_is_asked_for)
{
    want_steps("# Release\n## Restore Plan" SH("dropdb shop") "## Rollback" SH("./back"),
               "rollback dropdb shop ?when what was lost has to be restored|rollback ./back");
    want_steps(
        "# Release\n## Rollback\n### Restore from backup" SH("./load") "### Code" SH("./back"),
        "rollback ./load|rollback ./back");
}

T(in_a_document_about_a_loss_it_is_what_is_done)
{
    want_steps("# Disaster Recovery Runbook\n## Recovery Procedure" SH("./load"), "deploy ./load");
    want_steps("# Database restore\n## Restore from backup" SH("./load"), "deploy ./load");
}

T(a_rollback_that_is_only_prepared_is_done_before)
{
    want_steps("# R\n## Before you start\n### Rollback Preparation\n- [ ] Script tested\n",
               "preflight [Script tested]");
    want_steps(
        "# R\n## Recovery Checklist\n\n**After the rollback, complete these:**\n\n- [ ] Tell all\n",
        "rollback [Tell all]");
}

T(goals_layouts_and_routine_are_no_steps)
{
    want_steps(
        "# R\n## Deployment Goals\n- Run it on one server\n## Directory Layout\n- Store it in x\n"
        "## Regular Maintenance\n### Daily Tasks\n- Review the queue\n## Steps" SH("./go"),
        "deploy ./go");
    want_steps(
        "# R\n## Steps\n\n```text\n/opt/app    # the checkout\n/etc/app.conf  # settings\n```\n",
        "");
}

T(the_first_deployment_and_an_upgrade_are_alternatives)
{
    want_steps("# R\n## First Deployment Steps" SH("./init") "## Version Upgrade" SH(
                   "./up") "## Rollback" SH("./back"),
               "deploy ./init ?at the first deployment only|deploy ./up ?when it is there already|"
               "rollback ./back");
    want_steps("# R\n## Initial Setup" SH("./init") "## Steps" SH("./up"),
               "deploy ./init|deploy ./up");
    want_steps("# R\n## Upgrade" SH("./init") "## Update docs" SH("./up"),
               "deploy ./init|deploy ./up");
}

T(troubleshooting_below_a_step_is_for_whom_it_concerns)
{
    want_steps("# R\n## Steps" SH("./go") "\n**Troubleshooting:**\n- If it hangs: Check the disk\n"
                                          "- Restart the proxy\n\nAnnounce it.\n",
               "deploy ./go|deploy [Announce it.]");
}

/* --- commands --- */

T(a_bullet_that_is_a_command_is_one_below_an_item_that_introduces_it)
{
    want_steps(
        "# R\n## Steps\n1. Run a backup:\n   - `DAYS=14 ./ops/backup_db.sh`\n2. Set these:\n   - `DATABASE_URL`\n",
        "deploy DAYS=14 ./ops/backup_db.sh|deploy [Set these:\nDATABASE_URL]");
    want_steps("# R\n## Steps\n1. The schema\n   - `alembic upgrade head`\n",
               "deploy [The schema\nalembic upgrade head]");
    want_steps("# R\n## Rollback\n1. If the schema has to go back:\n   - `alembic downgrade -1`\n",
               "rollback alembic downgrade -1 ?If the schema has to go back");
}

T(statements_among_commands_are_sql)
{
    want_steps(
        "# R\n## Steps" SH(
            "# Look\nSELECT count(*) FROM a\nWHERE b > 1;\n\n./go\nUPDATE a SET b = 1;  -- all"),
        "deploy sql:SELECT count(*) FROM a\nWHERE b > 1;|deploy ./go|deploy sql:UPDATE a SET b = 1;");
    want_steps("# R\n## Steps" SH("psql -c \"\nSELECT 1;\n\""), "deploy psql -c \"\nSELECT 1;\n\"");
    want_steps("# R\n## Steps" SH("cat > a.sql <<X\nSELECT 1;\nX"),
               "deploy cat > a.sql <<X\nSELECT 1;\nX");
    want_steps("# R\n## Steps" SH("select x in a; do break; done"),
               "deploy select x in a; do break; done");
}

T(statements_that_the_grammar_runs_together_are_two)
{
    want_steps("# R\n## Steps" SH("a x | grep y | wc -l\nb --list f > /dev/null\nc"),
               "deploy a x | grep y | wc -l|deploy b --list f > /dev/null|deploy c");
    want_steps("# R\n## Steps" SH("a |\n  grep y | wc -l\nb 'x\ny' > /dev/null"),
               "deploy a |\n  grep y | wc -l|deploy b 'x\ny' > /dev/null");
    want_steps("# R\n## Steps" SH("a x | grep y | wc -l  \nb --list f > /dev/null"),
               "deploy a x | grep y | wc -l|deploy b --list f > /dev/null");
    want_steps("# R\n## Steps" SH("a | tee '1\n2\n3\n4\n5\n6\n7\n8\n9\n10' > z"),
               "deploy a | tee '1\n2\n3\n4\n5\n6\n7\n8\n9\n10' > z");
    want_steps("# R\n## Steps" SH("a | tee 'x\ny' > z"), "deploy a | tee 'x\ny' > z");
}

T(what_a_comment_says_that_a_command_does_is_nothing_to_do)
{
    want_steps(
        "# R\n## Steps" SH(
            "./stop-all.sh\n\n# This will:\n# 1. Disable the cache\n# 2. Route to one node\n\n./next"),
        "deploy ./stop-all.sh|deploy ./next");
}

T(a_variable_of_the_shell_is_nothing_to_fill_in)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r, "# R\n## Steps" SH(
                "TIMESTAMP=$(date +%s)\ncp a a_${TIMESTAMP}\ncp b b_$TIMESTAMP\ncp c c_TIMESTAMP"));
    T_EQ(r.rb.n_blocks, 1);
    T_EQ(r.rb.blocks[0].placeholders.n, 2); /* the date, and what stands for itself */
}

/* --- expectations --- */

T(bullets_below_validation_are_expectations_of_the_commands_before)
{
    want_expects(
        "# R\n## Steps" SH("./go") "\n**Validation:**\n- No increase in errors\n- Load goes down\n",
        "0 ask:No increase in errors|0 ask:Load goes down");
    want_expects("# R\n## Steps" SH("./go") "\n**Verification:**\n- Run `curl -s localhost`\n", "");
    want_expects("# R\n## Steps" SH("./go") "\n**Verification:**\n- Check the queue\n", "");
    want_expects("# R\n## Steps\n\n**Validation:**\n- No increase in errors\n", "");
}

T(bullets_below_validation_that_quote_a_command_are_done)
{
    want_steps(
        "# R\n## Steps" SH(
            "./go") "\n**Validation:**\n- `errors` stays low\n- `curl -s localhost` returns 200\n",
        "deploy ./go|deploy curl -s localhost");
}

T(what_is_measured_is_not_printed)
{
    want_expects("# R\n## Steps" SH("ls -lh x\n# Expected: File size > 0"), "0 ask:File size > 0");
    want_expects("# R\n## Steps" SH("pg_dump -f x.sql\n# Expected: File size > 0"), "0 exists:");
    want_expects("# R\n## Steps" SH("./go\n# Expected: Completes in < 15 minutes"),
                 "0 ask:Completes in < 15 minutes");
    want_expects("# R\n## Steps" SH("./go\n# Expected: < 15 minutes"), "0 number:");
}

T(names_that_a_list_must_include_are_each_looked_for)
{
    want_expects("# R\n## Steps" SH(
                     "./go\n# Expected: List of tables including `users`, orders and line_items"),
                 "0 contains:users|0 contains:orders|0 contains:line_items");
    want_expects("# R\n## Steps" SH(
                     "./go\n# Expected: List of tables including `users`, orders, and line_items."),
                 "0 contains:users|0 contains:orders|0 contains:line_items");
    want_expects("# R\n## Steps" SH("./go\n# Expected: files including a, all of b"),
                 "0 ask:files including a, all of b");
}

T(what_stands_for_any_value_is_no_text)
{
    want_expects(
        "# R\n## Steps" SH("./go\n# Expected output:\n# users: XX rows, took X.XXs\n# vX.Y of NXT"),
        "0 matches:users\\: [^\\s|]+ rows\\, took [0-9]+\\.[0-9]+s|0 matches:v[0-9]+\\.[0-9]+ of NXT");
    want_expects("# R\n## Steps" SH("./go\n# Expected: \"backup_TIMESTAMP.sql: OK\""),
                 "0 matches:backup_[0-9][0-9A-Za-z:._-]*\\.sql\\: OK");
    want_expects("# R\n## Steps" SH("./go\n# Expected: \"FOX_XX ok\""), "0 contains:FOX_XX ok");
}

/* --- rules --- */

T(a_list_of_triggers_is_one_of_reasons)
{
    want_rules(
        "# R\n## When to Rollback\n\n**Automatic Rollback Triggers:**\n- Error rate > 5% for 60 seconds\n"
        "- Pool exhaustion\n- **Latency**: p99 > 5 s\n",
        "rollback when error_rate[1m] > 5% min 100 samples for 60s|?|"
        "rollback when p99(response_time)[5m] > 5s min 100 samples");
    want_rules(
        "# R\n## Steps" SH(
            "./go") "\n**Rollback Trigger**:\n- **CRITICAL**: If any row count mismatch > 0.1%, ABORT\n"
                    "- If the backup fails, ABORT\n- If it takes > 30 minutes, consider aborting\n- CPU > 90%: consider it\n",
        "rollback when row_count_mismatch > 0.1%|?|[investigate when step.elapsed > 30m]|"
        "hold when cpu > 90%");
    want_rules("# R\n## Templates for communication\n\n**Rollback triggers:**\n- Error rate > 5%\n",
               "");
}

T(a_table_of_triggers_has_its_limit_in_another_column)
{
    want_rules(
        "# R\n## Rollback Triggers\n\n| Trigger | Threshold | Action |\n|--|--|--|\n"
        "| Error rate | > 5% for 5 minutes | Immediate rollback |\n| Data loss | Any | Rollback |\n",
        "rollback when error_rate[1m] > 5% for 5m|?");
    want_rules("# R\n## Rollback criteria\n\n| Metric | Threshold | Action |\n|--|--|--|\n"
               "| Response time p95 | > 1s | Roll back |\n",
               "rollback when p95(response_time)[5m] > 1s");
}

T(a_promise_or_a_case_measures_nothing)
{
    want_rules(
        "# R\n\n**RTO:** < 5 minutes\n**RPO:** < 1 minute\n\n## Steps" SH(
            "./go") "\n**Troubleshooting:**\n- Slow migration (> 15 min): Check the network\n"
                    "\nCompletes in < 15 minutes\n",
        "[investigate when step.elapsed > 15m]");
}

/* --- sections and lists of checklists --- */

T(sections_for_another_day_or_of_rules_are_not_done)
{
    want_steps(
        "# R\n## Canonical operation commands" SH(
            "./a") "## Naming standards\n- Apply in dev first\n"
                   "## No-Go / blocking conditions\n- [ ] Backup fails\n## Prevention\n- Add a test\n## Steps" SH(
                       "./go"),
        "deploy ./go");
    want_steps("# R\n## Restore drill (non-prod target)" SH("./a"),
               "deploy ./a ?in a test environment only");
    want_steps("# R\n## Alert: HighErrorRate\n### Remediation\n1. Scale up\n", "deploy [Scale up]");
}

T(a_box_above_its_commands_is_their_title)
{
    want_steps(
        "# R\n## Steps\n- [ ] Make a backup:\n```sh\npg_dump a > b\n```\n- [ ] Note the time\n",
        "deploy pg_dump a > b|deploy [Note the time]");
    want_steps("# R\n\n[ ] **Target**: Check the disk\n[ ] Set the TTL\n",
               "deploy [Target: Check the disk]|deploy [Set the TTL]");
    want_steps("# R\n\n[ ] Set the TTL\nand wait\n", "deploy [Set the TTL\nand wait]");
}

T(a_list_of_what_is_done_by_hand_is_one_step)
{
    want_steps("# R\n## Steps\nThe following is done manually:\n- the blog\n- the shop\n",
               "deploy [The following is done manually:\n- the blog\n- the shop]");
    want_steps("# R\n## Steps\nThe following is done by the script:\n- the blog\n", "");
    want_steps("# R\n## Steps\nImport back from file.\n\n```\n> a\n> b\n```\n\n```\n> c\n```\n",
               "deploy [Import back from file.\n> a\n> b]");
}

T(how_something_is_done_is_no_command)
{
    want_steps(
        "# R\n## Steps\n1. Copy all of it (use `cp -p` or `rsync -ar`)!\n2. Run `rm -rf /tmp/x`\n",
        "deploy [Copy all of it (use cp -p or rsync -ar)!]|deploy rm -rf /tmp/x");
}

T(a_comment_says_where_the_commands_below_it_run)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r,
              "# R\n## Steps" SH(
                  "# On web1:\n./a\n# On your laptop, in the checkout\n./b\n# On the primary\n./c")
                  SH("./d"));
    T_EQ(r.rb.n_steps, 4);
    SAME(r.rb.steps[0].host, "web1");
    SAME(r.rb.steps[1].host, "");
    SAME(r.rb.steps[2].host, "primary");
    SAME(r.rb.steps[3].host, "");
}

T(a_sentence_before_the_code_says_where_it_runs)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r, "# R\n## Steps\n1. Stop it all. Execute this on the old server: `systemctl stop app`\n"
            "2. Run the migration on web1: `./x`\n");
    T_EQ(r.rb.n_steps, 2);
    SAME(r.rb.steps[0].host, "old server");
    SAME(r.rb.steps[1].host, ""); /* asked with its whole text */
}

T(names_of_scripts_say_what_they_change)
{
    static const struct {
        const char *command;
        enum command_effect effect;
    } rows[] = {
        {"python scripts/backup_db.py", EFFECT_BACKUP},
        {"./restore_backup.sh", EFFECT_UNKNOWN},
        {"python scripts/run_migrations.py", EFFECT_DATABASE},
        {"tar -czf /backups/a.tgz a", EFFECT_BACKUP},
        {"tar -xzf /backups/a.tgz a", EFFECT_FILES},
        {"alembic upgrade head --sql", EFFECT_NONE},
        {"npm --version", EFFECT_NONE},
        {"etcdctl endpoint health --cluster", EFFECT_NONE},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
        CLEANUP(reading_done) struct reading r;

        strbuf_addf(&text, "# R\n## Steps\n```sh\n%s\n```\n", rows[i].command);
        read_text(&r, strbuf_str(&text));
        T_EQ(r.rb.n_steps, 1);
        if (r.rb.steps[0].command->effect != rows[i].effect)
            T_FAIL("'%s' is %s", rows[i].command,
                   command_effect_name(r.rb.steps[0].command->effect));
    }
}

T(sections_of_environments_are_each_for_that_one)
{
    want_steps("# R\n## Deploy Staging" SH("./s") "## Deploy Production" SH("./p"),
               "deploy ./s ?for Staging only|deploy ./p ?for Production only");
    want_steps("# R\n## Deploy to dev" SH("./d") "## Deploy to staging" SH(
                   "./s") "## Deploy to prod" SH("./p"),
               "deploy ./d ?for dev only|deploy ./s ?for staging only|deploy ./p ?for prod only");
    want_steps("# R\n## 1. Deploy to staging" SH("./s") "## 2. Deploy to production" SH("./p"),
               "deploy ./s|deploy ./p");
    want_steps("# R\n## Test" SH("./s") "## Deploy to production" SH("./p"),
               "verify ./s|deploy ./p");
}

T(words_that_the_document_replaces_are_placeholders)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r,
        "# R\n## Steps" SH(
            "describe INSTANCE_NAME $INSTANCE_NAME OTHER_NAME") "\nReplace `INSTANCE_NAME` with yours.\n"
                                                                "Replace THIS by all means, replace it with care.\n");
    T_EQ(r.rb.n_steps, 1);
    T_EQ(r.rb.blocks[0].placeholders.n, 1);
    SAME(r.rb.blocks[0].placeholders.v[0].name, "instance_name");
}

T(a_checkpoint_and_a_sentence_expect_are_expectations)
{
    want_expects("# R\n## Steps" SH("./go") "\n✅ **Checkpoint:** all is listed\n",
                 "0 ask:all is listed");
    want_expects("# R\n## Steps" SH("curl -s http://a/b") "- Expect 200 and the new address.\n",
                 "0 http-status:|0 ask:the new address.");
}

T(any_of_these_is_a_question_for_a_way_back)
{
    want_rules(
        "# R\n## Monitor\n- Error rate < 1 %\n\nIf any of these fail for more than 5 minutes → go to Rollback.\n",
        "expect error_rate[5m] < 1% else investigate|?");
}

T(boxes_of_a_section_about_messages_are_done)
{
    want_steps(
        "# R\n## Pre-flight checks\n### User communication\n- [ ] Tell all\n- Post it\n\n```\n[ ] Dear all\n```\n",
        "preflight [Tell all]");
    want_steps("# R\n## Communication\n- [ ] Lift the maintenance mode\n",
               "deploy [Lift the maintenance mode]");
}

T(a_numbered_section_that_only_shows_what_to_change_is_a_step)
{
    want_steps(
        "# R\n## Upgrade\n### Step 1: Update the job file\n```hcl\njob \"a\" {}\n```\n### Step 2: Go" SH(
            "./go"),
        "deploy [Update the job file\njob \"a\" {}]|deploy ./go");
    want_steps(
        "# R\n## Upgrade\n### Step 1: Update the files\n```text\n/etc/a.conf\n/etc/b.conf\n```\n",
        "");
    want_steps("# R\n## Steps" SH("./go") "## Search 9.x specific notes\n- Check the plugins\n",
               "deploy ./go");
}

T(reasons_that_are_only_considered_hold)
{
    want_rules("# R\n## Criteria\n**Trigger rollback if:**\n- Error rate > 5% of requests\n",
               "rollback when error_rate[1m] > 5% min 100 samples");
    want_rules("# R\n## Criteria\n**Consider rollback if:**\n- Error rate > 5%\n",
               "hold when error_rate[1m] > 5% min 100 samples");
}

T(triggers_below_a_heading_are_reasons_whatever_is_said_in_between)
{
    want_rules("# R\n## Rollback\n### When to Rollback\n- Error rate > 2%\n- Something is broken\n",
               "rollback when error_rate[1m] > 2% min 100 samples|?");
    want_rules(
        "# R\n## Rollback\n### Automatic Rollback Triggers\n*These roll back by themselves.*\n\n"
        "- Error rate > 1% for 2 consecutive minutes\n- CPU > 90% for five minutes\n",
        "rollback when error_rate[1m] > 1% min 100 samples for 2m|rollback when cpu > 90% for 5m");
    want_rules(
        "# R\n## When should we roll back?\n- Error rate > 2%\n\nDo not worry if:\n- CPU > 90%\n",
        "rollback when error_rate[1m] > 2% min 100 samples");
    /* how long is never left out: it would act at once */
    want_rules("# R\n## Rollback Triggers\n- Error rate > 2% over three checks in a row\n", "?");
}

T(what_a_person_considers_is_no_expectation)
{
    want_rules(
        "# R\n## Troubleshooting\n### Issue: many errors\n1. Consider rollback if error rate > 2%\n",
        "");
    want_rules("# R\n## Steps" SH("./go") "\nConsider rolling back if error rate > 2%.\n",
               "hold when error_rate[1m] > 2% min 100 samples");
}

T(what_a_template_leaves_blank_is_no_rule)
{
    want_rules(
        "# R\n## Success Metrics\n- **Change rate:** [Target: < X%]\n- **Error rate:** < 1%\n",
        "expect error_rate[5m] < 1% else investigate");
}

T(sections_that_say_what_they_are_for_are_each_for_that)
{
    want_steps("# R\n## Release" SH("./go") "## More\n### Flags\n*For testing with few users*" SH(
                   "./flag") "### Pairs\nUse this when two are compared." SH("./pair"),
               "deploy ./go|deploy ./flag ?in the case: For testing with few users|"
               "deploy ./pair ?in the case: Use this when two are compared.");
    want_steps("# R\n## Release\nFor deploying the shop." SH("./go"), "deploy ./go");
}

T(a_checklist_is_one_wherever_it_stands_and_a_review_is_for_later)
{
    want_steps("# R\n## Quick Reference\n### Pre-Flight Checklist\n- [ ] Ready\n### Commands" SH(
                   "./x") "## Release" SH("./go"),
               "preflight [Ready]|deploy ./go");
    want_steps(
        "# R\n## Release" SH(
            "./go") "## Knowledge Base\n- [ ] Step 3 takes too long\n## Celebration\n- [ ] Thank all\n",
        "deploy ./go");
}

T(what_changes_something_below_monitoring_is_asked)
{
    want_steps("# R\n## Monitoring" SH("df -h\nsystemctl restart a"),
               "monitor df -h|monitor systemctl restart a ?while it is watched");
}

T(procedures_for_an_emergency_are_no_part_of_the_run)
{
    want_steps(
        "# R\n## Release" SH("./go") "## Emergency Procedures\n### Data Corruption\n1. **Stop it**\n" SH(
            "kubectl scale deployment shop --replicas=0"),
        "deploy ./go");
    want_steps("# R\n## Critical Safety Rules\n1. ALWAYS have a backup\n## Release" SH("./go"),
               "deploy ./go");
}

T(ways_back_with_triggers_of_their_own_are_each_for_that)
{
    want_steps("# R\n## Rollback\n### Fast\n**Trigger**: Any of these\n\n- CPU > 90%\n" SH(
                   "./a") "### Slow\n**Trigger**: Found later\n" SH("./b") "### After it" SH("./c"),
               "rollback ./a ?when: Any of these|rollback ./b ?when: Found later|rollback ./c");
    want_rules("# R\n## Rollback\n### Fast\n**Trigger**: Any of these\n\n- CPU > 90%\n",
               "rollback when cpu > 90%");
    want_steps("# R\n## Rollback\n### Fast\n**Trigger**: Any of these\n" SH("./a"), "rollback ./a");
}

T(a_procedure_among_others_that_say_when_they_are_for_is_asked_too)
{
    want_steps(
        "# R\n## All\n### Certificate Upgrade\n**Frequency:** each month\n" SH(
            "./a") "### Log Upgrade\n**Frequency:** each day\n" SH("./b") "### Patch Procedure" SH("./c"),
        "deploy ./a ?as planned: each month|deploy ./b ?as planned: each day|"
        "deploy ./c ?as one of several procedures");
}

T(what_is_no_command_in_a_block_of_commands_is_none)
{
    want_steps(
        "# R\n## Release\n\n**Rotation configuration:**\n\n```bash\n# /etc/logrotate.d/shop\n/var/log/*.log {\n"
        "    daily\n}\n```\n",
        "deploy [Rotation configuration:]");
    want_steps(
        "# R\n## Release" SH("# Post in the channel\n\"Maintenance\non Tuesday\"\n./go 'a b'"),
        "deploy [Maintenance\non Tuesday]|deploy ./go 'a b'");
}

T(what_a_table_lets_people_consider_holds)
{
    want_rules(
        "# R\n## Monitoring\n| Metric | Threshold | Action |\n|--|--|--|\n| CPU | > 90% | Consider rollback |\n"
        "| Response time degradation | > 20% | Roll back |\n",
        "hold when cpu > 90%|rollback when p95(response_time)[5m] > baseline + 20%");
}

T(a_command_is_none_the_less_one)
{
    want_steps("# R\n## Release" SH("MESSAGE=\"Done: all\" ./tell\n\"/opt/my app/run\"\nA:b c"),
               "deploy MESSAGE=\"Done: all\" ./tell|deploy \"/opt/my app/run\"|deploy A:b c");
    want_steps("# R\n## Release\n### Update the e-mail templates" SH(
                   "./a") "### Deploy the example" SH("./b"),
               "deploy ./a|deploy ./b");
}

T(examples_patterns_and_considerations_are_no_steps)
{
    want_steps(
        "# R\n\n**Task 139: Rehearse it**\n\n## Release" SH("./go") "## Change Patterns\n### Add a column" SH(
            "./a") "## Performance Considerations" SH("./b") "## Rollback Script Template" SH("./c"),
        "deploy ./go");
    want_steps("# R\n## Release\n**Example: of a column**\n" SH("./a"), "deploy ./a");
    {
        CLEANUP(reading_done) struct reading r;

        read_text(&r, "# R\n## Release\nExample:\n" SH("./a") "Then:\n" SH("./b"));
        T_EQ(r.rb.n_steps, 2);
        T_CHECK(r.rb.steps[0].optional && !r.rb.steps[1].optional);
    }
}

T(kinds_of_a_deployment_beside_each_other_are_alternatives)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "# R\n## Release\n### Standard Migration (With Downtime)" SH(
                      "./a") "### Zero-Downtime Migration" SH("./b"));
    T_EQ(r.rb.n_parts, 4);
    T_EQ(r.rb.parts[2].one_of, 2);
    T_EQ(r.rb.parts[3].one_of, 2);
}

T(scenarios_of_a_way_back_are_each_for_themselves)
{
    want_steps("# R\n## Rollback\n### Scenario 1: It failed" SH(
                   "./a") "### Scenario 2: Data is lost" SH("dropdb shop"),
               "rollback ./a ?in this scenario only|rollback dropdb shop ?in this scenario only");
}

T(what_is_waited_for_is_confirmed)
{
    want_steps(
        "# R\n## Steps" SH(
            "./a") "\n\xe2\x9a\xa0 **Do not restart it until the team says so**\n" SH("./b"),
        "deploy ./a|deploy [\xe2\x9a\xa0 Do not restart it until the team says so]|deploy ./b");
    want_steps(
        "# R\n## Steps\n### 5.1 Wait for the team\n**Confirmation** by the team:\n```\n\"All is done\"\n```\n"
        "### 5.2 Start" SH("./b"),
        "deploy [Wait for the team\nConfirmation by the team:\n\"All is done\"]|deploy ./b");
}

T(symptoms_and_causes_of_a_failure_are_no_steps)
{
    want_steps(
        "# R\n## Symptoms" SH("$ make up\nError: it has failed") "## Release" SH(
            "./go\nError: it has failed") "## Common Causes & Solutions\n### Cause A" SH("helm delete shop"),
        "deploy ./go");
}

T(a_minor_and_a_major_version_are_alternatives)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "# R\n## Upgrades\n### PostgreSQL Minor Version" SH(
                      "./a") "### PostgreSQL Major Version" SH("kubectl delete pvc data"));
    T_EQ(r.rb.n_steps, 2);
    T_EQ(r.rb.parts[r.rb.steps[0].part].one_of, r.rb.steps[0].part);
    T_EQ(r.rb.parts[r.rb.steps[1].part].one_of, r.rb.steps[0].part);
    T_EQ(r.rb.steps[1].command->effect, EFFECT_DATABASE);
}

T_MAIN(T_CASE(what_restores_lost_data_is_no_step_forward),
       T_CASE(a_restore_beside_a_rollback_is_asked_for),
       T_CASE(in_a_document_about_a_loss_it_is_what_is_done),
       T_CASE(a_rollback_that_is_only_prepared_is_done_before),
       T_CASE(goals_layouts_and_routine_are_no_steps),
       T_CASE(the_first_deployment_and_an_upgrade_are_alternatives),
       T_CASE(troubleshooting_below_a_step_is_for_whom_it_concerns),
       T_CASE(a_bullet_that_is_a_command_is_one_below_an_item_that_introduces_it),
       T_CASE(statements_among_commands_are_sql),
       T_CASE(statements_that_the_grammar_runs_together_are_two),
       T_CASE(what_a_comment_says_that_a_command_does_is_nothing_to_do),
       T_CASE(a_variable_of_the_shell_is_nothing_to_fill_in),
       T_CASE(bullets_below_validation_are_expectations_of_the_commands_before),
       T_CASE(bullets_below_validation_that_quote_a_command_are_done),
       T_CASE(what_is_measured_is_not_printed),
       T_CASE(names_that_a_list_must_include_are_each_looked_for),
       T_CASE(what_stands_for_any_value_is_no_text), T_CASE(a_list_of_triggers_is_one_of_reasons),
       T_CASE(a_table_of_triggers_has_its_limit_in_another_column),
       T_CASE(a_promise_or_a_case_measures_nothing),
       T_CASE(sections_for_another_day_or_of_rules_are_not_done),
       T_CASE(a_box_above_its_commands_is_their_title),
       T_CASE(a_list_of_what_is_done_by_hand_is_one_step),
       T_CASE(how_something_is_done_is_no_command),
       T_CASE(a_comment_says_where_the_commands_below_it_run),
       T_CASE(a_sentence_before_the_code_says_where_it_runs),
       T_CASE(names_of_scripts_say_what_they_change),
       T_CASE(sections_of_environments_are_each_for_that_one),
       T_CASE(words_that_the_document_replaces_are_placeholders),
       T_CASE(a_checkpoint_and_a_sentence_expect_are_expectations),
       T_CASE(any_of_these_is_a_question_for_a_way_back),
       T_CASE(boxes_of_a_section_about_messages_are_done),
       T_CASE(a_numbered_section_that_only_shows_what_to_change_is_a_step),
       T_CASE(reasons_that_are_only_considered_hold),
       T_CASE(triggers_below_a_heading_are_reasons_whatever_is_said_in_between),
       T_CASE(what_a_person_considers_is_no_expectation),
       T_CASE(what_a_template_leaves_blank_is_no_rule),
       T_CASE(sections_that_say_what_they_are_for_are_each_for_that),
       T_CASE(a_checklist_is_one_wherever_it_stands_and_a_review_is_for_later),
       T_CASE(what_changes_something_below_monitoring_is_asked),
       T_CASE(procedures_for_an_emergency_are_no_part_of_the_run),
       T_CASE(ways_back_with_triggers_of_their_own_are_each_for_that),
       T_CASE(a_procedure_among_others_that_say_when_they_are_for_is_asked_too),
       T_CASE(what_is_no_command_in_a_block_of_commands_is_none),
       T_CASE(what_a_table_lets_people_consider_holds), T_CASE(a_command_is_none_the_less_one),
       T_CASE(examples_patterns_and_considerations_are_no_steps),
       T_CASE(kinds_of_a_deployment_beside_each_other_are_alternatives),
       T_CASE(scenarios_of_a_way_back_are_each_for_themselves),
       T_CASE(what_is_waited_for_is_confirmed),
       T_CASE(symptoms_and_causes_of_a_failure_are_no_steps),
       T_CASE(a_minor_and_a_major_version_are_alternatives))
