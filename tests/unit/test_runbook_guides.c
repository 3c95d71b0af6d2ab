/* runbook: guides of teams that explain and deploy in one document: other systems, other environments, ticks, outputs. */
#include "runbook_want.h"

/* --- what a command prints --- */

T(a_text_that_the_command_prints_itself_is_looked_for)
{
    want_expects("# R\n## Release" SH("python -c \"from app import db; print('DB connected')\"\n"
                                      "# Expected: DB connected (no errors)"),
                 "0 contains:DB connected");
    want_expects(
        "# R\n## Release" SH("cat > check.sh <<'E'\necho \"ALL is well here\"\nE\nbash ./check.sh\n"
                             "# Expected: ALL is well here"),
        "1 contains:ALL is well here");
    want_expects("# R\n## Release" SH("./other.sh\n# Expected: ALL is well here"),
                 "0 ask:ALL is well here"); /* nobody knows what it prints */
    want_expects("# R\n## Release" SH("./other.sh 'it is well'\n# Expected: it is well"),
                 "0 ask:it is well");
    want_expects("# R\n## Release" SH("bash\n# Expected: it goes well"), "0 ask:it goes well");
    want_expects("# R\n## Release" SH("grep print.the.users log\n# Expected: the users"),
                 "0 ask:the users");
    want_expects("# R\n## Release" SH("echo 'it is done'\n# Expected: it is done (or document it)"),
                 "0 ask:it is done (or document it)");
}

T(capitals_behind_a_tick_are_printed_as_they_stand)
{
    want_expects("# R\n## Release" SH("./go\n# Expected: \xe2\x9c\x85 ALL OF THE TESTS PASSED"),
                 "0 contains:ALL OF THE TESTS PASSED");
    want_expects("# R\n## Release" SH("./go\n# Expected: \xe2\x9c\x85 All is good"),
                 "0 ask:\xe2\x9c\x85 All is good");
}

T(expected_words_before_a_colon_introduce_what_is_shown)
{
    want_expects(
        "# R\n## Release" SH("grep -i cache app.log\n\n# Expected messages:\n"
                             "# - \"Registered the handler\"\n# - No ERROR in the first lines"),
        "0 contains:Registered the handler|0 ask:No ERROR in the first lines");
    want_expects(
        "# R\n## Release" SH("./go\n# Expected response structure:\n# {\n#  \"a\": 1\n# }"),
        "0 ask:{\n  \"a\": 1\n }");
    want_expects("# R\n## Release" SH("./go\n# Expected downtime: 5 minutes"), "");
}

T(what_is_said_of_an_output_in_a_list_is_no_line_of_it)
{
    want_expects("# R\n## Release" SH(
                     "./go\n# Expected output:\n# - Response time: < 50ms\n# - status: \"done\""),
                 "0 ask:Response time: < 50ms|0 ask:status: \"done\"");
}

T(a_folder_that_is_there_says_nothing_of_its_files)
{
    want_expects("# R\n## Release" SH("ls -la \"$DIR/\"\n# Expected: All files present"),
                 "0 ask:All files present");
    want_expects("# R\n## Release" SH("ls -la backup.sql\n# Expected: file exists"), "0 exit:");
}

/* --- choices --- */

T(a_way_of_which_only_a_comment_is_left_is_no_choice)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "# R\n## Release" SH(
                      "# Option 1: directly\npython app.py &\nPID=$!\necho $PID\n\n"
                      "# Option 2: by the script\n# ./run.sh &\n\n# Wait for it\nsleep 5"));
    T_EQ(r.rb.n_steps, 4);
    for (size_t i = 0; i < r.rb.n_steps; i++)
        T_EQ(r.rb.steps[i].one_of, RB_NONE);
}

T(an_assignment_in_a_way_is_a_part_of_it)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "# R\n## Release" SH(
                      "# Option 1: directly\ncd /srv\npython app.py &\nPID=$!\necho $PID\n\n"
                      "# Option 2: by the script\n./run.sh &"));
    T_EQ(r.rb.n_steps, 5);
    T_EQ(r.rb.steps[0].one_of, RB_NONE); /* where the others are carried out */
    for (size_t i = 1; i < 4; i++)
        T_EQ(r.rb.steps[i].way, 1);
    T_EQ(r.rb.steps[4].one_of, 1);
    T_EQ(r.rb.steps[4].way, 4);
}

T(assignments_alone_are_no_way)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "# R\n## Release" SH("export A=1\n# or:\nexport A=2\n\n./go"));
    T_EQ(r.rb.n_steps, 3);
    for (size_t i = 0; i < 3; i++)
        T_EQ(r.rb.steps[i].one_of, RB_NONE);
}

T(commands_of_other_systems_are_asked_about)
{
    want_steps(
        "# R\n## Release" SH(
            "# On Windows:\nvenv\\Scripts\\activate\n# On macOS/Linux:\nsource venv/bin/activate"),
        "deploy venv\\Scripts\\activate ?on Windows|deploy source venv/bin/activate");
    want_steps("# R\n## Release" SH("# macOS\nbrew install x\n\n./go"),
               "deploy brew install x ?on macOS|deploy ./go");
    want_steps("# R\n## Release" SH("# Windows are cleaned\n./wash"), "deploy ./wash");
}

T(a_restore_below_its_backup_is_asked_about)
{
    want_steps(
        "# R\n## Backup" SH(
            "pg_dump shop > shop.sql\n\n# Restore from backup\npsql shop < shop.sql"),
        "deploy pg_dump shop > shop.sql|deploy psql shop < shop.sql ?when it has to be restored");
    want_steps(
        "# R\n## Backup" SH(
            "pg_dump shop > shop.sql\n\n# Restore into a scratch database\npsql x < shop.sql"),
        "deploy pg_dump shop > shop.sql|deploy psql x < shop.sql");
    want_steps("# R\n## Move" SH("# Restore on the new server\npsql shop < shop.sql"),
               "deploy psql shop < shop.sql");
    want_steps("# R\n## Rollback" SH(
                   "pg_dump shop > b.sql\n\n# Restore the old data\npsql shop < shop.sql"),
               "rollback pg_dump shop > b.sql|rollback psql shop < shop.sql");
}

T(what_stops_again_what_the_block_started_is_asked_about)
{
    want_steps(
        "# R\n## Run" SH("docker-compose up -d\n\n# Stop all\ndocker-compose down"),
        "deploy docker-compose up -d|deploy docker-compose down ?when it is to be stopped again");
    want_steps("# R\n## Run" SH("docker-compose pull\n\n# Stop all\ndocker-compose down"),
               "deploy docker-compose pull|deploy docker-compose down");
    want_steps(
        "# R\n## Run" SH("docker-compose up -d\n\n# Stop the old worker first\nsystemctl stop w"),
        "deploy docker-compose up -d|deploy systemctl stop w");
}

T(sections_of_a_developer_s_machine_are_asked_about)
{
    want_steps("# R\n## Local Development" SH("./dev") "## Deployment" SH("./go"),
               "deploy ./dev ?on a developer's machine|deploy ./go");
    want_steps("# R\n## Running the app locally" SH("./dev") "## Deployment" SH("./go"),
               "deploy ./dev ?on a developer's machine|deploy ./go");
    want_steps("# R\n## Local Development" SH("./dev"),
               "deploy ./dev"); /* the document is about that */
    want_steps("# R\n## Local backups" SH("./a") "## Deployment" SH("./go"),
               "deploy ./a|deploy ./go");
}

T(the_environment_leaves_out_no_numbered_step_of_a_release)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "# R\n## 1. Test locally" SH("./a") "## Running it locally" SH(
                      "./b") "## 3. Deployment" SH("./go"));
    T_EQ(r.rb.n_steps, 3);
    T_SV(r.rb.parts[r.rb.steps[0].part].condition, "on a developer's machine"); /* it is asked */
    T_EQ(r.rb.parts[r.rb.steps[0].part].stage.n, 0);
    T_SV(r.rb.parts[r.rb.steps[1].part].stage, "development");
}

T(environments_in_parentheses_are_each_for_that_one)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "# R\n## Database\n### 1. SQLite (Development)" SH(
                      "./a") "### 2. PostgreSQL (Production)" SH("./b") "### 3. Both" SH("./c"));
    T_EQ(r.rb.n_steps, 3);
    T_SV(r.rb.parts[r.rb.steps[0].part].stage, "Development");
    T_SV(r.rb.parts[r.rb.steps[1].part].condition, "for Production only");
    T_EQ(r.rb.parts[r.rb.steps[2].part].condition.n, 0);
    want_steps("# R\n## Database\n### SQLite (Development)" SH("./a"), "deploy ./a");
    want_steps("# R\n## Database\n### A (Production)" SH("./a") "### B (Production)" SH("./b"),
               "deploy ./a|deploy ./b");
}

/* --- what is no command --- */

T(versions_that_are_needed_are_no_commands)
{
    want_steps(
        "# R\n## Software Requirements" SH(
            "# Core\nPython 3.11+\nNode.js 22+ (optional)\nPostgreSQL >= 14") "## Release" SH("./go"),
        "deploy ./go");
    want_steps("# R\n## Release" SH("Rscript 3"), "deploy Rscript 3");
    want_steps("# R\n## Needs" SH("Python 3.11+"), "");
    want_steps("# R\n## Release" SH("Python 3a\nNode 4b"), "deploy Python 3a|deploy Node 4b");
    want_steps("# R\n## Release" SH("Run 3 times"),
               "deploy Run 3 times"); /* the shell grammar takes it for one */
}

T(boxes_in_comments_are_confirmed_each)
{
    want_steps(
        "# R\n## Release" SH("# [ ] All tests pass\n# - [x] Backup is taken\n\n# Now go\n./go"),
        "deploy [All tests pass]|deploy [Backup is taken]|deploy ./go");
}

/* --- ticks and sentences --- */

T(lines_with_ticks_are_confirmed_each)
{
    want_steps(
        "# R\n## Release" SH(
            "./go") "\n## Success Criteria\n\n\xe2\x9c\x85 All steps are done\n\xe2\x9c\x94\xef\xb8\x8f Nobody complains\n",
        "deploy ./go|verify [All steps are done]|verify [Nobody complains]");
    want_steps("# R\n## Release" SH("./go") "\n\xe2\x9c\x85 That was all.\n", "deploy ./go");
    want_steps("# R\n## Release" SH("./go") "\n\xe2\x9c\x85 That was all.\nOr was it?\n",
               "deploy ./go");
}

T(what_must_stay_below_a_limit_is_a_rule)
{
    want_rules(
        "# R\n## Monitoring\n**Metrics to Monitor:**\n"
        "- Failed generations should be 0\n- Generation time should be <5 seconds\n- Queue depth must stay below 100\n"
        "- Memory usage needs to be under 80%\n- CPU should not exceed 90%\n- Hit rate must not drop below 50%\n"
        "- The cache should be warm\n",
        "expect failed_generations == 0 else investigate|expect avg(generation_time)[5m] < 5s else investigate|"
        "expect queue_depth < 100 else investigate|expect memory_usage < 80% else investigate|"
        "expect cpu <= 90% else investigate|expect hit_rate[5m] >= 50% else investigate");
}

T(a_setup_that_creates_files_is_done)
{
    want_steps(
        "# R\n## Deployment" SH(
            "./go") "\n## Setup\n\nCreate `.env` in the project root:\n\n```\nA_B=1\nC_D=2\n```\n",
        "deploy ./go|deploy [Create .env in the project root:]");
}

/* --- what must not be done --- */

T(sections_of_what_must_not_be_done_are_not_done)
{
    want_steps(
        "# R\n## Do NOT do these things" SH("rm -rf /a") "## Forbidden commands" SH("rm -rf /b") "## What not to do\n1. This:\n" SH(
            "rm -rf /c") "## \xe7\xb5\xb6\xe5\xaf\xbe\xe7\xa6\x81\xe6\xad\xa2" SH("rm -rf /d") "### Bad" SH("rm -rf /e") "## Release" SH("./go"),
        "deploy ./go");
    want_steps("# R\n## Release\n### Don't forget the workers" SH(
                   "./go") "Don't forget to run the migrations:\n" SH("./migrate"),
               "deploy ./go|deploy ./migrate");
    want_steps("# R\n## Release\n**Do not skip this step:**\n" SH(
                   "./dump") "- Never skip this:\n  ```bash\n  ./check\n  ```\n",
               "deploy ./dump|deploy ./check");
    want_steps("# R\n## Release\n### Do not restart before the check" SH("./go"), "verify ./go");
}

T(commands_below_an_item_that_forbids_them_are_not_done)
{
    want_steps(
        "# R\n## Release\n- **Never start it with `--execute`**\n  ```bash\n  ./work --execute\n  ```\n\n" SH(
            "./go"),
        "deploy ./go");
}

T(commands_below_a_comment_that_forbids_them_are_not_done)
{
    want_steps("# R\n## Release" SH("# Never run these\nrm -rf /a\nrm -rf /b\n\n# Run this\n./go"),
               "deploy ./go");
    want_steps("# R\n## Release" SH("# Wrong:\nrm -rf /a\n# Right:\n./go"), "deploy ./go");
    want_steps("# R\n## Release" SH(
                   "# Never run these\n# For example:\nrm -rf /a\n# Use these instead\n./go"),
               "deploy ./go");
    want_steps("# R\n## Release" SH(
                   "# Never run these\n# e.g. on a bad day\n\nrm -rf /a\nrm -rf /b\n\n./go"),
               "deploy ./go");
    want_steps("# R\n## Release" SH("# Never run these\n\n# the old way\nrm -rf /a\n\n# now\n./go"),
               "deploy ./go");
    want_steps("# R\n## Release" SH("# Never run this\nrm -rf /a\n# really\n\n./go"),
               "deploy ./go");
    want_steps("# R\n## Release" SH(
                   "# Do not run this manually\n\n# Enter maintenance\n./page on\n\n# Bad\n\n./go"),
               "deploy ./page on|deploy ./go");
    want_steps("# R\n## Release" SH("# Do not run this as root\n./go"), "deploy ./go");
    want_steps("# R\n## Release" SH("./go\n./old  # never run this"), "deploy ./go");
}

T(commands_below_a_label_that_forbids_them_are_not_done)
{
    want_steps(
        "# R\n## Release\n\xe2\x9d\x8c Wrong:\n" SH(
            "rm -rf /a") "**Never run these commands**\n" SH("rm -rf /b") "Right:\n" SH("./go"),
        "deploy ./go");
}

/* --- sections without commands --- */

T(a_heading_that_tells_what_to_do_below_one_that_acts_is_done)
{
    want_steps(
        "# R\n## Upgrade Process\n### Raise a PR with the new version\n- it is merged later\n### Enable server logs\n- make env enable-logs\n"
        "  - slowly\n### Check status on completion\n- the portal should say 'Ready'\n### Notes\n- it takes an hour\n",
        "deploy [Raise a PR with the new version\n- it is merged later]|deploy [Enable server logs\n- make env enable-logs\n  - slowly]|"
        "deploy [Check status on completion\n- the portal should say 'Ready']");
    want_steps(
        "# R\n## Background\n### Enable server logs\n- make env enable-logs\n## Release" SH("./go"),
        "deploy ./go");
    want_steps("# R\n## Release\n### Change history\n- none\n### Stop the app" SH("./stop"),
               "deploy ./stop");
}

T(what_a_program_does_by_itself_is_nothing_to_do)
{
    want_steps(
        "# R\n## Procedure\nIt uses the upgrade in place. This feature will\n- run checks for incompatibilities\n- create snapshots\n"
        "\nThe on-call engineer will:\n- restart the workers\n",
        "deploy [restart the workers]");
}

T(what_the_pipeline_executes_is_not_done_again)
{
    want_steps(
        "# R\n## Checks\nCI executes:\n\n1. `./migrate --all`\n2. Tests:\n   - `./a`\n\n## Release" SH(
            "./go"),
        "deploy ./go");
    want_steps("# R\n## Release\nThe pipeline checks:\n1. Lint\n\nThe DBA runs:\n1. `./migrate`\n",
               "deploy ./migrate");
    want_steps(
        "# R\n## Release\nRun the installer. It does:\n1. Tell the DBA\n2. Restart\n\nThe pipeline performs:\n- [ ] Approve it\n",
        "deploy [Tell the DBA]|deploy [Restart]|deploy [Approve it]");
}

T(optional_commands_below_a_label_are_asked_about)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "# R\n## Release\nOptional per-tenant commands:\n" SH(
                      "./a\n./b") "Optional parts are not deployed.\n" SH("./c"));
    T_EQ(r.rb.n_steps, 3);
    T_CHECK(r.rb.steps[0].optional && r.rb.steps[1].optional && !r.rb.steps[2].optional);
}

T(bullets_of_a_way_back_for_a_case_are_for_that)
{
    want_steps(
        "# R\n## Release" SH(
            "./go") "## Rollback\n- Do not edit migrations.\n- If the start fails:\n  - rerun `./check.sh --all`,\n"
                    "  - restart services.\n- Redeploy the old version.\n",
        "deploy ./go|rollback ./check.sh --all ?If the start fails|rollback [restart services.] ?If the start fails|"
        "rollback [Redeploy the old version.]");
}

T(headings_for_the_case_of_failure_are_the_way_back_in_german_too)
{
    want_steps(
        "# R\n## Ablauf\n1. Dienst neu starten\n### Bei Fehler IMMER:\n1. Alte Version starten\n### Im Fehlerfall\n1. Team informieren\n",
        "deploy [Dienst neu starten]|rollback [Alte Version starten]|rollback [Team informieren]");
}

/* --- bullets --- */

T(a_bullet_that_is_a_command_is_one_below_a_heading_that_acts)
{
    want_steps(
        "# R\n## Post-Apply Validation\n- `psql -c \"SELECT 1\"` \xe2\x86\x92 expect 1.\n- `pnpm test` passes.\n- `./check-all now` passes.\n"
        "## Rollback\n- `psql -f down.sql`\n- Restore the snapshot.\n",
        "verify psql -c \"SELECT 1\"|verify pnpm test|verify [./check-all now passes.]|rollback psql -f down.sql|rollback [Restore the snapshot.]");
    want_expects("# R\n## Post-Apply Validation\n- `psql -c \"SELECT 1\"` \xe2\x86\x92 expect 1.\n",
                 "0 number:");
    want_steps("# R\n## Release" SH("./go") "Useful commands:\n- `git pull`\n- `git log`\n",
               "deploy ./go");
    want_steps("# R\n## Monitoring\n- `git log`\n## Release" SH("./go"), "deploy ./go");
    want_steps("# R\n## Tools\n- `git pull`\n## Release" SH("./go"), "deploy ./go");
}

T(a_bullet_that_is_a_command_is_one_below_what_tells_to_do_it)
{
    want_steps(
        "# R\n## Steps\n1) Switch over\n- Promote the standby:\n  - `sudo bash scripts/promote.sh`\n- Options:\n  - `git pull`\n",
        "deploy [Switch over]|deploy sudo bash scripts/promote.sh");
}

/* --- decisions --- */

T(a_case_and_what_is_done_in_it_is_a_rule)
{
    want_rules(
        "# R\n## Rollback Decision Tree\n- **Response time > 5s**: Immediate rollback\n- **CPU usage > 90%**: Scale up or rollback\n"
        "- Memory usage > 80% \xe2\x86\x92 investigate and rollback if needed\n- Error rate > 5%: No rollback yet\n- **Error rate**: >1%\n",
        "rollback when avg(response_time)[5m] > 5s|hold when cpu_usage > 90%|investigate when memory_usage > 80%|"
        "[investigate when error_rate[1m] > 1% min 100 samples]");
    want_rules("# R\n## Monitoring\n- **Response Time P95**: < 2s\n",
               "expect p95(response_time)[5m] < 2s else investigate");
    want_rules("# R\n## Outage\n- **CPU usage > 90%**: Scale up or rollback\n",
               ""); /* nothing to hope for */
}

T(a_case_with_two_conditions_is_no_rule_of_the_first)
{
    want_rules(
        "# R\n## Rollback Decision Tree\n- **Error rate > 5% and latency > 2s**: Immediate rollback\n"
        "- Error rate > 5% unless the cache is cold: roll back\n- Error rate > 5% but only at night: rollback\n"
        "- Error rate > 5% or p95 latency > 2s: roll back\n",
        "?|?|?|rollback when error_rate[1m] > 5% min 100 samples|rollback when p95(response_time)[5m] > 2s min 100 samples");
}

T(boxes_below_what_rolls_back_are_reasons_and_those_of_a_gate_are_ticked)
{
    want_rules(
        "# R\n## Rollback Triggers\n**Initiate rollback if:**\n- [ ] Error rate > 10%\n- [ ] Critical functionality broken\n",
        "rollback when error_rate[1m] > 10% min 100 samples|?");
    want_steps(
        "# R\n## Go/No-Go Decision\n**Proceed ONLY if ALL are YES:**\n- [ ] Full team available\n## Release" SH(
            "./go"),
        "preflight [Full team available]|deploy ./go");
    want_steps("# R\n## Go/No-Go Decision\n- Full team available\n## Release" SH("./go"),
               "deploy ./go");
}

T(a_change_against_what_was_before_is_no_value)
{
    want_rules(
        "# R\n## Rollback triggers\n- Response time degradation > 20%\n- Response time increases by more than 30%\n"
        "- p99 latency: >15% slower\n- Memory usage increase > 25% for 5 minutes\n- Error rate > 10% increase\n"
        "- Throughput drops by 20%\n- Response time 20% faster\n- Error rate rises above 5%\n",
        "rollback when p95(response_time)[5m] > baseline + 20% min 100 samples|"
        "rollback when p95(response_time)[5m] > baseline + 30% min 100 samples|"
        "rollback when p99(response_time)[5m] > baseline + 15% min 100 samples|"
        "rollback when memory_usage > baseline + 25% for 5m|?|?|?|"
        "rollback when error_rate[1m] > 5% min 100 samples");
    want_rules(
        "# R\n## Monitoring\n| Metric | Threshold | Action |\n|--|--|--|\n| Response Time | > 2x baseline | Investigate |\n"
        "| Error Rate | > 5% increase | Rollback |\n| DB Connections | > 80% max | Rollback |\n| Long Queries | > 30 seconds | Page the DBA |\n",
        "investigate when p95(response_time)[5m] > 2x baseline|?|rollback when connection_pool > 80%|page dba when avg(long_queries)[5m] > 30s");
}

T(a_change_with_more_conditions_is_not_understood)
{
    static const char *const bullets[] = {
        "Response time increases by more than 20% for 10 minutes and error rate > 1%",
        "Response time p95 > 20% increase for 15 minutes unless traffic doubled",
        "Response time > 2s or 20% increase",
        "p99 latency > 500ms, a 20% increase over baseline",
        "Response time increases by more than 20% or error rate > 5%",
        "Memory usage grows by more than 10% per hour",
        "Memory usage > 90% and increases by 5%",
        "Memory usage is above 20% growth",
        "Response time not increased by more than 20%",
        "Error rate stays above 5% for 5 minutes and CPU > 90%",
        "Error rate stays above 5% for 5 minutes unless a batch runs",
        "The error rate goes above 5% but only on the canary",
        "Error rate stays above 5% for 5 minutes or p99 stays above 2s",
    };

    for (size_t i = 0; i < ARRAY_LEN(bullets); i++)
        want_bullet("Rollback Triggers", bullets[i], "?");
    want_rules("# R\n## Monitoring\n- Response time must not increase by more than 20%\n", "?");
    want_rules("# R\n## Monitoring\n- Response time degradation > 20%\n", "?");
    want_rules("# R\n## Monitoring\n- Response time increase < 20%\n",
               "expect p95(response_time)[5m] < baseline + 20% else investigate");
    want_rules(
        "# R\n## Monitoring\n| Metric | Threshold | Action |\n|--|--|--|\n| Latency | > 20% increase and > 500ms | Rollback |\n"
        "| p99 | > 2s or 20% increase | Rollback |\n| Memory | > 20% growth per hour | Rollback |\n| Disk | > 90%, not on replicas | Rollback |\n",
        "?|?|?|?");
    want_rules(
        "# R\n## Monitoring\n| Metric | Healthy | Rollback |\n|--|--|--|\n| Memory | < 60% | > 80% and rising for 10 min |\n"
        "| Errors | 0 | > 100 per minute but not 404s |\n",
        "?|?");
}

T(several_conditions_of_a_line_are_a_rule_each_or_a_question)
{
    want_rules(
        "# R\n## Rollback triggers\n- Error rate > 5% and CPU > 90%\n- Error rate > 5% or CPU > 90%\n- Error rate > 5%, CPU > 90%\n"
        "- Error rate > 5% unless a batch runs\n- Error rate > 5% (not counting bots)\n- Error rate > 5% or p99 > 2s for 5 minutes\n",
        "?|rollback when error_rate[1m] > 5% min 100 samples|rollback when cpu > 90%|"
        "rollback when error_rate[1m] > 5% min 100 samples|rollback when cpu > 90%|?|?|?");
    want_rules(
        "# R\n## Monitoring\n- Error rate < 1% and CPU < 80%\n- If latency > 2s and errors > 10 roll back\n- CPU must not exceed 90% and stays low\n",
        "expect error_rate[5m] < 1% else investigate|expect cpu < 80% else investigate|?|[expect cpu <= 90%]");
    want_rules(
        "# R\n## Monitoring\n| Metric | Threshold | Action |\n|--|--|--|\n| Errors | > 5% and CPU > 90% | Rollback |\n",
        "?");
}

T(what_stands_beside_a_limit_is_not_forgotten)
{
    static const char *const triggers[] = {
        "If the error rate stays above 5% for 5 minutes, and the DBA agrees, abort",
        "If the error rate stays above 5%, for 10 minutes, abort",
        "Error rate: > 1 %, p99: > 2 s",
        "Error rate > 5 % or > 100 errors",
        "Error rate > 5 % or CPU > 90 % in the last 10 min",
        "Error rate > 5 % with traffic above normal",
        "Error rate > 5 % twice",
        "Error rate > 5 % after 10 minutes",
    };

    for (size_t i = 0; i < ARRAY_LEN(triggers); i++)
        want_bullet("Rollback Triggers", triggers[i], "?");
    want_rules(
        "# R\n## Rollback Triggers\n- If error rate > 5%, abort immediately\n- If error rate > 5%, stop the deployment\n",
        "rollback when error_rate[1m] > 5% min 100 samples|rollback when error_rate[1m] > 5% min 100 samples");
    want_rules(
        "# R\n## Monitoring\n- Error rate < 1 %, as before\n- **Response time**: < 500ms, < 2s at night\n- Error rate must not be below 1 %\n",
        "expect error_rate[5m] < 1% else investigate|expect avg(response_time)[5m] < 500ms else investigate|"
        "expect avg(response_time)[5m] < 2s else investigate|?");
    want_rules(
        "# R\n## Monitoring\n| Metric | Threshold | Alert |\n|--|--|--|\n| Error rate | < 1% and CPU < 80% | > 5% unless a batch runs |\n",
        "?|?");
    want_rules("# R\n## Alerts\n**Critical alerts:**\n- Error rate > 5% or CPU > 90%\n", "?");
    want_rules(
        "# R\n## Rollback\nRollback if ANY of these occur within 30 minutes of deployment:\n- error rate > 5% unless a batch runs, CPU > 90%\n",
        "[checkpoint T+30m]|?");
    want_rules(
        "# R\n## Rollback\n**Rollback triggers:**\n- If the error rate exceeds 5% and it rains, roll back\n",
        "investigate when error_rate[1m] > 5%|?"); /* the whole is for people */
}

T(what_is_done_behind_the_triggers_is_no_trigger)
{
    want_steps(
        "# R\n## Rollback\n**Trigger:**\n- [ ] Decision logged\n1. Stop the shop\n2. Restore the snapshot\n",
        "rollback [Decision logged]|rollback [Stop the shop]|rollback [Restore the snapshot]");
    want_steps(
        "# R\n## Rollback\nRollback criteria:\n- Data corruption\n\n1. Stop the shop\n\n- [ ] Tell support\n",
        "rollback [Stop the shop]|rollback [Tell support]");
    want_steps(
        "# R\n## Rollback\n**Rollback triggers:**\n- [ ] If the smoke test fails\n" SH("./back"),
        "rollback [If the smoke test fails]|rollback ./back");
}

T(what_must_be_younger_than_a_day_and_what_is_no_box_is_no_task_for_later)
{
    want_steps("# R\n## Pre-flight\n### Backup taken within 24 hours\n- [ ] Backup verified\n",
               "preflight [Backup verified]");
    want_steps("# Upgrade\n## Week 1\n1. `systemctl restart a`\n2. Move the DNS record\n",
               "deploy systemctl restart a|deploy [Move the DNS record]");
    want_steps("# R\n## Deployment" SH("./go") "## Day 2\n- [ ] Look\n### Start\n" SH("./start"),
               "deploy ./go|deploy [Look]|deploy ./start");
    want_steps("# R\n## Deployment" SH("./go") "## Day 2\n- [ ] Look\n", "deploy ./go");
    want_rules(
        "# R\n## Post-deployment monitoring (within 24 hours)\n- If error rate > 5% for 5 minutes, roll back\n",
        "rollback when error_rate[1m] > 5% min 100 samples for 5m");
    want_steps(
        "# R\n## Prerequisites\n- [ ] Access\n## Day 1\n- [ ] Freeze\n## Deployment" SH("./go"),
        "preflight [Access]|deploy [Freeze]|deploy ./go"); /* it comes before */
    want_steps("# R\n## Deployment" SH("./go") "## Day 2\n- [ ] `./stop old`\n",
               "deploy ./go|deploy ./stop old");
    want_steps("# R\n## Deployment" SH("./go") "## Day 2\n- [ ] Roll back if error rate > 5 %\n",
               "deploy ./go|deploy [Roll back if error rate > 5 %]");
    want_steps("# R\n## Deployment" SH(
                   "./go") "## Day 2\nSee the board.\n- [ ] **Thank** all\n  ```sh\n  ./x\n  ```\n",
               "deploy ./go|deploy ./x");
    want_steps(
        "# R\n## Deployment" SH("./go") "## Day 2\nSee the board.\n- [ ] **Thank** all\n---\n",
        "deploy ./go");
}

T(a_gate_does_not_ask_for_both_of_go_and_no_go)
{
    want_steps(
        "# R\n## Go/No-Go\n**No-Go if:**\n- [ ] Data loss seen\n\n**Decision:**\n- [ ] GO\n- [ ] NO-GO\n## Release" SH(
            "./go"),
        "deploy ./go");
    want_steps("# R\n## Go/No-Go\n- [ ] GO\n- [ ] NO-GO \xe2\x9d\x8c\n## Release" SH("./go"),
               "deploy ./go");
    want_steps("# R\n## Go/No-Go\n### Technical\n- [ ] Backup verified\n## Release" SH("./go"),
               "preflight [Backup verified]|deploy ./go");
    want_steps(
        "# R\n## Go/No-Go\nThe go/no-go meeting is at 10:00. Only then the rollout begins.\n- [ ] Disk usage below 80 %\n"
        "- [ ] Go-live approved\n## Release" SH("./go"),
        "preflight [Disk usage below 80 %]|preflight [Go-live approved]|deploy ./go");
    want_steps("# R\n## Go/No-Go\n- [ ] Ready\n### If it is a no-go\n- [ ] Tell all\n## Release" SH(
                   "./go"),
               "deploy ./go");
}

T(what_a_deployment_will_do_and_critical_rules_are_done)
{
    want_steps(
        "# R\n## Release\nThis deployment will:\n- Tell the DBA to freeze the schema\n## Critical Rules\n- [ ] Confirm the backup exists\n",
        "deploy [Tell the DBA to freeze the schema]|deploy [Confirm the backup exists]");
}

T(tables_of_limits_and_what_is_done_are_rules_by_other_names_too)
{
    want_rules(
        "# R\n## Monitoring\n| Metrik | Schwellwert | Aktion |\n|---|---|---|\n| Fehlerrate | > 5 % | Rollback |\n"
        "| Antwortzeit P95 | > 800 ms | Untersuchen |\n",
        "rollback when error_rate[1m] > 5%|investigate when p95(response_time)[5m] > 800ms");
    want_rules(
        "# R\n## Monitoring\n| Signal | Limit | What to do |\n|---|---|---|\n| Error rate | > 5% for 5 min | Roll back |\n"
        "| CPU | > 90% | Page the on-call |\n| Mood | bad | Smile |\n",
        "rollback when error_rate[1m] > 5% for 5m|page oncall when cpu > 90%|?");
}

T(columns_of_a_table_that_are_verdicts_are_rules)
{
    want_rules(
        "# R\n## Monitoring\n| Metric | Healthy | Investigate | Rollback if |\n|---|---|---|---|\n"
        "| Error rate | < 1% | > 1% | > 5% for 5 min |\n| P95 latency | < 300ms | - | > 2s |\n| Mood | good | < 7 | < 5 |\n",
        "investigate when error_rate[1m] > 1%|rollback when error_rate[1m] > 5% for 5m|"
        "rollback when p95(response_time)[5m] > 2s|?|?");
    want_rules("# R\n## Monitoring\n| Metric | OK | Not OK |\n|---|---|---|\n"
               "| Error rate | < 1% | > 2% for 5 min |\n| Mood | good | bad |\n",
               "alert team when error_rate[1m] > 2% for 5m");
    want_rules("# R\n## Post-Deployment Verification\n| Metric | Limit |\n|---|---|\n"
               "| Error rate | < 1% |\n| Dashboards | as before |\n",
               "expect error_rate[1m] < 1% else investigate");
    want_rules(
        "# R\n## Pre-Deployment Checklist\n| Metric | Limit |\n|---|---|\n| Error rate | < 1% |\n",
        "");
    want_rules(
        "# R\n## Go / no-go\n| | Go | No-go |\n|---|---|---|\n| Error rate | < 1% | > 2% for 5 min |\n",
        "alert team when error_rate[1m] > 2% for 5m");
    want_rules("# R\n## Overview\n| Metric | Rollback |\n|---|---|\n| Error rate | > 5% |\n", "");
    want_rules(
        "# R\n## Plan\n| Change | Rollback |\n|---|---|\n| Error pages > 5% smaller | > 5% |\n",
        "");
}

T(a_sentence_beside_the_table_tells_what_a_column_means)
{
#define COLUMNS "| Metric | OK | Not OK |\n|---|---|---|\n| Error rate | < 1% | > 2% for 5 min |\n"
    static const char back[] = "rollback when error_rate[1m] > 2% for 5m";
    static const char told[] = "alert team when error_rate[1m] > 2% for 5m";
    static const struct {
        const char *before, *behind, *want;
    } rows[] = {
        {"", "If anything is \"Not OK\", roll back.", back},
        {"We roll back as soon as a metric is not ok:", "", back},
        {"", "Call Ben before you roll back.", told},
        {"", "If anything is Not OK, do not roll back, call Ben.", told},
        {"Nothing that is Not OK is a reason to go on.", "Never mind.", told},
        {"", "Roll back when it is Not OK, unless Ben says no.", told},
        {"", "If anything is not ok, tell Ben.", told},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
        CLEANUP(reading_done) struct reading r;

        strbuf_addf(&text, "# R\n## Monitoring\n%s\n\n%s\n%s\n", rows[i].before, COLUMNS,
                    rows[i].behind);
        read_text(&r, strbuf_str(&text));
        T_CHECK(r.rb.n_rules > 0);
        SAME(r.rb.rules[0].text, rows[i].want);
    }
#undef COLUMNS
    want_rules("# R\n## Monitoring\nX means roll back.\n\n| Metric | OK | X |\n|---|---|---|\n"
               "| Error rate | < 1% | > 2% |\n",
               "");
}

T(what_a_way_back_is_for_is_no_condition_of_it)
{
    want_steps(
        "# R\n## Rollback" SH(
            "# If the migration fails, roll back at once\n./back\n\n# If the problem persists\n./restore"),
        "rollback ./back|rollback ./restore ?If the problem persists");
    want_steps("# R\n## Release" SH("# If it fails, roll back\n./back"),
               "deploy ./back ?If it fails");
}

T(ways_back_by_their_haste_are_alternatives)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r,
        "# R\n## Rollback Procedures\n### Immediate Rollback (< 15 minutes)\n#### 1. Emergency Rollback Trigger" SH(
            "./a") "### Planned Rollback" SH("./b") "### Database Rollback" SH("./c"));
    T_EQ(r.rb.n_steps, 3);
    T_EQ(r.rb.parts[2].one_of, 2);
    T_EQ(r.rb.parts[4].one_of, 2);
    T_EQ(r.rb.parts[5].one_of, RB_NONE); /* what is rolled back, and not how */
}

T(expectations_of_the_east_are_some)
{
    want_expects(
        "# R\n## Release" SH(
            "./go") "\n\xe6\x9c\x9f\xe5\xbe\x85\xe3\x81\x95\xe3\x82\x8c\xe3\x82\x8b\xe7\xb5\x90\xe6\x9e\x9c: exit code 0\n",
        "0 exit:");
}

T_MAIN(T_CASE(a_text_that_the_command_prints_itself_is_looked_for),
       T_CASE(capitals_behind_a_tick_are_printed_as_they_stand),
       T_CASE(expected_words_before_a_colon_introduce_what_is_shown),
       T_CASE(what_is_said_of_an_output_in_a_list_is_no_line_of_it),
       T_CASE(a_folder_that_is_there_says_nothing_of_its_files),
       T_CASE(a_way_of_which_only_a_comment_is_left_is_no_choice),
       T_CASE(an_assignment_in_a_way_is_a_part_of_it), T_CASE(assignments_alone_are_no_way),
       T_CASE(commands_of_other_systems_are_asked_about),
       T_CASE(a_restore_below_its_backup_is_asked_about),
       T_CASE(what_stops_again_what_the_block_started_is_asked_about),
       T_CASE(sections_of_a_developer_s_machine_are_asked_about),
       T_CASE(the_environment_leaves_out_no_numbered_step_of_a_release),
       T_CASE(environments_in_parentheses_are_each_for_that_one),
       T_CASE(versions_that_are_needed_are_no_commands),
       T_CASE(boxes_in_comments_are_confirmed_each), T_CASE(lines_with_ticks_are_confirmed_each),
       T_CASE(what_must_stay_below_a_limit_is_a_rule), T_CASE(a_setup_that_creates_files_is_done),
       T_CASE(sections_of_what_must_not_be_done_are_not_done),
       T_CASE(commands_below_an_item_that_forbids_them_are_not_done),
       T_CASE(commands_below_a_comment_that_forbids_them_are_not_done),
       T_CASE(commands_below_a_label_that_forbids_them_are_not_done),
       T_CASE(a_heading_that_tells_what_to_do_below_one_that_acts_is_done),
       T_CASE(what_a_program_does_by_itself_is_nothing_to_do),
       T_CASE(what_the_pipeline_executes_is_not_done_again),
       T_CASE(optional_commands_below_a_label_are_asked_about),
       T_CASE(bullets_of_a_way_back_for_a_case_are_for_that),
       T_CASE(headings_for_the_case_of_failure_are_the_way_back_in_german_too),
       T_CASE(a_bullet_that_is_a_command_is_one_below_a_heading_that_acts),
       T_CASE(a_bullet_that_is_a_command_is_one_below_what_tells_to_do_it),
       T_CASE(a_case_and_what_is_done_in_it_is_a_rule),
       T_CASE(a_case_with_two_conditions_is_no_rule_of_the_first),
       T_CASE(boxes_below_what_rolls_back_are_reasons_and_those_of_a_gate_are_ticked),
       T_CASE(a_change_against_what_was_before_is_no_value),
       T_CASE(a_change_with_more_conditions_is_not_understood),
       T_CASE(several_conditions_of_a_line_are_a_rule_each_or_a_question),
       T_CASE(what_stands_beside_a_limit_is_not_forgotten),
       T_CASE(what_is_done_behind_the_triggers_is_no_trigger),
       T_CASE(what_must_be_younger_than_a_day_and_what_is_no_box_is_no_task_for_later),
       T_CASE(a_gate_does_not_ask_for_both_of_go_and_no_go),
       T_CASE(what_a_deployment_will_do_and_critical_rules_are_done),
       T_CASE(tables_of_limits_and_what_is_done_are_rules_by_other_names_too),
       T_CASE(columns_of_a_table_that_are_verdicts_are_rules),
       T_CASE(a_sentence_beside_the_table_tells_what_a_column_means),
       T_CASE(what_a_way_back_is_for_is_no_condition_of_it),
       T_CASE(ways_back_by_their_haste_are_alternatives), T_CASE(expectations_of_the_east_are_some))
