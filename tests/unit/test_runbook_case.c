/* What is done in a case only: said above a block, in a comment, at the end of a title. */
#include "base/strbuf.h"
#include "base/sv.h"
#include "runbook_want.h"

/* The first step that this text has below a heading that acts. */
static void want_condition(const char *heading, const char *text, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf md = STRBUF(0);
    CLEANUP(reading_done) struct reading r = {0};
    const struct rb_step *s;
    struct sv got;

    strbuf_addf(&md, "# R\n## %s\n\n%s", heading, text);
    read_text(&r, strbuf_str(&md));
    if (!r.rb.n_steps)
        T_FAIL("'%s' has no step", text);
    s = &r.rb.steps[r.rb.n_steps - 1];
    got = s->condition.n || s->part == RB_NONE ? s->condition : r.rb.parts[s->part].condition;
    if (!sv_eq(got, sv_from(want)))
        T_FAIL("'%s' is done '%.*s' and should be '%s'", text, SV_FMT(got), want);
}

T(what_introduces_a_block_says_when_it_is_done)
{
    static const struct {
        const char *label, *want;
    } rows[] = {
        {"In case of failure:", "In case of failure"},
        {"Otherwise:", "Otherwise (./a)"},
        {"As a last resort:", "As a last resort"},
        {"On error, run:", "On error"},
        {"To abort the migration:", "To abort the migration"},
        {"You can also drop the cache:", "You can also drop the cache"},
        {"Should the migration fail, restore the dump:", "Should the migration fail"},
        {"新しいマイグレーションがある場合：", "新しいマイグレーションがある場合"},
        {"如果有新的迁移：", "如果有新的迁移"},
        {"En cas d'échec, vider la base :", "En cas d'échec"},
        {"S'il y a des migrations :", "S'il y a des migrations"},
        {"En caso de error, borrar:", "En caso de error"},
        {"Bei Problemen den Cache leeren:", "Bei Problemen den Cache leeren"},
        {"For example:", "For example"},
        {"For staging only, run:", "For staging only"},
        {"Otherwise nothing changes, so go on:", ""},
        {"You can run the migration now:", ""},
        {"In the case of our cluster, use:", ""},
        {"若干服务需要重启：", ""},
        {"必要时间约五分钟：", ""},
        {"場合によっては時間がかかります：", ""},
        {"Im Notfallzentrum umschalten:", ""},
        {"On errors nothing is written. Deploy:", ""},
        {"Sample data is loaded with:", ""},
        {"Deprecated packages:", ""},
        {"Response cache:", ""},
        {"Now run:", ""},
        {"Should show 0 afterwards:", ""},
        {"You can now start it:", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

        strbuf_addf(&text, "```bash\n./a\n```\n\n%s\n" SH("./b"), rows[i].label);
        want_condition("Deployment", strbuf_str(&text), rows[i].want);
    }
}

T(a_comment_ends_with_when_it_is_done)
{
    static const struct {
        const char *comment, *want;
    } rows[] = {
        {"2. Full deployment if the canary is healthy", "if the canary is healthy"},
        {"Restart the bots if needed", "if needed"},
        {"Only in case of errors", "Only in case of errors"},
        {"DEPRECATED, use ./new.sh", "DEPRECATED"},
        {"For staging", "For staging"},
        {"For production:", "For production"},
        {"For each of them", ""},
        {"Create the namespace if missing", ""},
        {"Creates the table if it does not exist", ""},
        {"Drains the node; pods are evicted if needed", ""},
        {"Idempotent: safe to run again if interrupted", ""},
        {"In case of a large table this takes an hour",
         "In case of a large table this takes an hour"}, /* asked */
        {"On timeout, the job is retried by itself", ""},
        {"Should the index be missing, it is created", ""},
        {"若失败则自动回滚", ""},
        {"Backup first, so that we can restore in case of failure", ""},
        {"As a last resort we keep the dump", "As a last resort we keep the dump"}, /* asked */
        {"Obsolete cron jobs off", ""},
        {"Check if the service is up", ""},
        {"Should be empty if all went well", ""},
        {"Stop the workers", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

        strbuf_addf(&text, "```bash\n./a\n\n# %s\n./b\n```\n", rows[i].comment);
        want_condition("Deployment", strbuf_str(&text), rows[i].want);
    }
}

T(a_title_says_when_its_section_is_done)
{
    static const struct {
        const char *title, *want;
    } rows[] = {
        {"Direct deployment by CLI (emergency only)", "emergency only"},
        {"直接デプロイ（緊急時のみ）", "緊急時のみ"},
        {"Old procedure (deprecated)", "deprecated"},
        {"Old procedure", "now"},
        {"Future: automated failover", "now"},
        {"Full restart if the canary fails", "if the canary fails"},
        {"Upgrade — only if the schema changed", "only if the schema changed"},
        {"Failover drill", "as a drill"},
        {"Testing failover", "as a drill"},
        {"Test 1: Simulate Primary Failure", "as a drill"},
        {"Check if the service is up", ""},
        {"Verifying if all is up", ""},
        {"Take a backup we can return to if needed", ""},
        {"Create database if not exists", ""},
        {"Deploy the app, which restarts if idle", ""},
        {"Switch over (avoid peak hours)", ""},
        {"Deploy hotfix (emergency release 2.3)", ""},
        {"Migrate users (deprecated API removal)", ""},
        {"Deploy chaos-mesh", ""},
        {"Simulation service", ""},
        {"Planned-maintenance cutover", ""},
        {"Future-proof the config", ""},
        {"Old worker process shutdown", ""},
        {"Flag OFF（即時緊急停止は Kill Switch=1）", ""},
        {"Restart the workers", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

        strbuf_addf(&text, "### %s\n" SH("./b"), rows[i].title);
        want_condition("Deployment", strbuf_str(&text), rows[i].want);
    }
    want_condition("Deployment", "1. Restart the bots if needed.\n\n   ```bash\n   ./b\n   ```\n",
                   "if needed");
    want_condition("Deployment", "1. Call support if it is slow\n",
                   ""); /* whoever does it decides */
    want_condition("Steps (database rollback) — only if the schema broke", SH("./b"),
                   "only if the schema broke");
    want_condition("Rollback if the canary fails", SH("./b"),
                   ""); /* deciding for it is the condition */
}

T(what_introduces_the_first_of_several_blocks_is_of_that_one)
{
    want_condition("Deployment", "If there are migrations:\n" SH("./a") "\nRestart it:\n" SH("./b"),
                   "");
    want_condition("Deployment", "If there are migrations:\n" SH("./a"), "If there are migrations");
    want_condition("Deployment", "If it is corrupted:\n" SH("./a") "\nThen restore:\n" SH("./b"),
                   "If it is corrupted");
    want_condition("Deployment", "**Only if data is corrupted:**\n" SH("./a") "\nThen:\n" SH("./b"),
                   "Only if data is corrupted");
}

T(what_a_way_back_is_for_is_no_condition_of_it)
{
    want_condition("Rollback", "To revert to the previous version:\n" SH("./b"), "");
    want_condition("Rollback", "To undo the migration:\n" SH("./b"), "");
    want_condition("回滚", "如果部署失败：\n" SH("./b"), "");
    want_condition("Retour arrière", "En cas d'échec :\n" SH("./b"), "");
    want_condition("Rollback", "As a last resort:\n" SH("./b"), "");
}

/* Of several ways back one that is for emergencies is not taken with the others. */
T(a_warning_below_a_heading_says_when_it_is_done)
{
    want_condition("Deployment", "**EMERGENCY USE ONLY**\n" SH("./b"), "EMERGENCY USE ONLY");
    want_condition("Deployment", "**\xe2\x9a\xa0 Emergency use only:**\n" SH("./b"),
                   "Emergency use only");
    want_condition("Deployment", "EMERGENCY USE ONLY\n" SH("./b"), "");
    want_condition("Deployment", "**Handle with care**\n" SH("./b"), "");
    want_condition("Rollback", "**EMERGENCY USE ONLY**\n" SH("./b"), ""); /* it is the only one */
    want_steps("# R\n## Phase 1\n### Rollback\n" SH(
                   "./a") "## Full Rollback\n\n**EMERGENCY USE ONLY**\n" SH("./b"),
               "rollback ./a|rollback ./b ?EMERGENCY USE ONLY");
}

T(a_verification_does_its_tests)
{
    CLEANUP(reading_done) struct reading r = {0};

    read_text(
        &r,
        "# Upgrade the cluster if EOL\n## Verification\n### Test recovery of cache\n" SH("./a") "\n### Test 2: Simulate load\n" SH(
            "./b") "\n## Deployment\n### Problems service upgrade\n" SH("./c"));
    T_EQ(r.rb.n_steps, 3);
    for (size_t i = 0; i < r.rb.n_parts; i++)
        T_CHECK(!r.rb.parts[i].condition.n);
}

T(rows_of_a_table_say_what_their_commands_are_for)
{
    want_condition("Cutover", "|Step|Command|\n|-|-|\n|If lag > 0, abort|`systemctl start app`|\n",
                   "If lag > 0");
    want_condition("Cutover", "|Step|Command|\n|-|-|\n|Rollback only: demote|`pg_ctl demote`|\n",
                   "Rollback only");
    want_condition("Cutover", "|Step|Command|\n|-|-|\n|Start it|`systemctl start app`|\n", "");
}

/* The texts of all steps of a deployment. */
static void want_done(const char *text, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf md = STRBUF(0), got = STRBUF(0);
    CLEANUP(reading_done) struct reading r = {0};

    strbuf_addf(&md, "# R\n## Deployment\n%s", text);
    read_text(&r, strbuf_str(&md));
    for (size_t i = 0; i < r.rb.n_steps; i++)
        strbuf_addf(&got, "%s%s%.*s", i ? "|" : "",
                    r.rb.steps[i].kind == STEP_MANUAL ? "by hand: " : "",
                    SV_FMT(r.rb.steps[i].text));
    want_given(text, &got, want);
}

T(what_is_printed_is_no_command_even_in_a_block_of_shell)
{
    want_done("Do it:\n" SH("kubectl apply -f a.yaml") "\nexpected output is:\n" SH(
                  "deployment.apps/shop configured"),
              "kubectl apply -f a.yaml");
    want_done("Do it:\n" SH("./a") "\nExpected: 0\n" SH("./b"), "./a|./b");
}

T(a_command_alone_in_a_paragraph_is_one)
{
    want_done("### 1. Look\n\n`kubectl get pods`\n", "kubectl get pods");
    want_done("### 1. Go\n\n`shopctl prod deploy web.yml`\n",
              "by hand: shopctl prod deploy web.yml");
    want_done("```bash\n./a\n```\nExpected output:\n\n`all is well`\n", "./a");
}

T(a_span_that_something_else_introduces_is_not_run)
{
    want_done("```bash\n./a\n```\n\n**Rollback:**\n\n`helm undo app 1`\n", "./a");
    want_done("If the pods crash, do this:\n\n`kubectl delete pod x`\n\nWrong:\n\n`dropdb app`\n",
              "");
    want_done(
        "Syntax:\n\n`kubectl delete namespace NAME`\n\nWe used to run:\n\n`docker compose down -v`\n",
        "");
    want_done("### 1. Go\n\n`pool_size = 40 ms`\n", "");
    want_done("### 1. Go\n\n`helm upgrade a`\n\n`helm upgrade b`\n",
              "helm upgrade a|helm upgrade b");
    want_done("Output directory cleanup:\n" SH("shopctl clean --output") "\nResponse cache:\n" SH(
                  "cachectl flush"),
              "shopctl clean --output|cachectl flush");
}

T(what_must_be_so_is_confirmed)
{
    want_done("./\n## Verification\n- Smoke test passes\n- Users can log in\n",
              "by hand: Smoke test passes|by hand: Users can log in");
    want_done("Verify that:\n\n- the app is up\n- nobody complains\n",
              "by hand: the app is up|by hand: nobody complains");
    want_done("Approval from the DBA is required before the switch.\n",
              "Approval from the DBA is required before the switch.");
    want_done("The DBA has to approve the next step.\n", "The DBA has to approve the next step.");
    want_done("Only continue when the lag is 0.\n", "by hand: Only continue when the lag is 0.");
    want_done("No approval is required for it.\n", "");
}

T(what_is_waited_for_is_asked_where_the_command_only_looks)
{
    want_expects(
        "# R\n## Deployment\n```bash\n# 2. Wait for replication to catch up\nredis-cli INFO replication\n```\n",
        "0 ask:Wait for replication to catch up");
    want_expects(
        "# R\n## Deployment\n```bash\n# Wait for the pods\nkubectl rollout status deploy/shop\n```\n",
        "");
    want_expects("# R\n## Deployment\n```bash\n# Wait for 5 minutes\nuptime\n```\n", "");
}

T(options_of_other_languages_are_ways)
{
    static const char *const pairs[][2] = {{"方案A: x", "方案B: y"},
                                           {"方式一", "方式二"},
                                           {"Opción A", "Opción B"},
                                           {"Méthode 1", "Méthode 2"}};

    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
        CLEANUP(reading_done) struct reading r = {0};

        strbuf_addf(&text, "# R\n## Rollback\n### %s\n" SH("./a") "\n### %s\n" SH("./b"),
                    pairs[i][0], pairs[i][1]);
        read_text(&r, strbuf_str(&text));
        if (r.rb.parts[r.rb.n_parts - 1].one_of == RB_NONE)
            T_FAIL("'%s' and '%s' are both done", pairs[i][0], pairs[i][1]);
    }
}

T(what_is_said_of_environments_and_machines_is_a_condition)
{
    static const struct {
        const char *said, *want;
    } rows[] = {
        {"Do not run this in staging.", "not for staging"},
        {"Don't do this in prod!", "not for prod"},
        {"It takes long. Skip this on staging. It is slow.", "not for staging"},
        {"Not needed in the test environment.", "not for test"},
        {"Production only.", "for Production only"},
        {"Run this only in production:", "for production only"},
        {"Only for staging", "for staging only"},
        {"Skip on replicas.", "as it says: \"Skip on replicas\""},
        {"This must not be run on the primary.",
         "as it says: \"This must not be run on the primary\""},
        {"**If it goes wrong before the switch**", "If it goes wrong before the switch"},
        {"**T+24h** raise the TTL", "at T+24h"},
        {"**T-48h**: lower the TTL", "at T-48h"},
        {"T+5m", ""},
        {"T+x", ""},
        {"Disable the key - not before 7 days have passed",
         "as it says: \"Disable the key - not before 7 days have passed\""},
        {"Do not run this in parallel.", ""},
        {"Do not run this on Fridays.", ""},
        {"Only production has it.", ""},
        {"If it is done.", ""},
        {"Тольke для.", ""},
        {"Только для продуктива:", "Только для продуктива"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

        strbuf_addf(&text, "```bash\n./a\n```\n\n%s\n" SH("./b"), rows[i].said);
        want_condition("Deployment", strbuf_str(&text), rows[i].want);
    }
}

T(a_heading_or_what_is_right_below_it_is_of_the_section)
{
    static const struct {
        const char *heading, *text, *want;
    } rows[] = {
        {"Production only", "", "for Production only"},
        {"Not in staging", "", "not for staging"},
        {"Only for releases with a new schema", "", "Only for releases with a new schema"},
        {"Uniquement pour la version 2", "", "Uniquement pour la version 2"},
        {"Void", "Only with Ines' OK.\n", "Only with Ines' OK"},
        {"Void", "Only for big ones. Ask.\n", "Only for big ones"},
        {"Void", "It is old.\n\nOnly with a hat.\n", ""},
        {"Migrate (uniquement s'il y en a)", "", "uniquement s'il y en a"},
        {"Migrate (tylko jeśli są)", "", "tylko jeśli są"},
        {"Migrate (если есть)", "", "если есть"},
        {"Migrate (필요한 경우에만)", "", "필요한 경우에만"},
        {"Migrate（无 SQL 变更可跳过）", "", "as it says: \"无 SQL 变更可跳过\""},
        {"Migrate (omitir si no hay)", "", "as it says: \"omitir si no hay\""},
        {"Migrate (skip on replicas)", "", "as it says: \"skip on replicas\""},
        {"Key - not before 7 days have passed", "", ""}, /* due, which the plan asks about */
        {"Migrate (only the schema)", "", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

        strbuf_addf(&text, "%s" SH("./b"), rows[i].text);
        want_condition(rows[i].heading, strbuf_str(&text), rows[i].want);
    }
}

T(what_is_run_to_be_sure_is_run)
{
    want_condition(
        "Deployment",
        "Unless the driver is old, no restart is needed. To be certain, run:\n" SH("./b"), "");
    want_condition("Deployment",
                   "Unless the driver is old, restart it. To be certain, run:\n" SH("./b"),
                   "Unless the driver is old");
    want_condition("Deployment",
                   "Unless the driver is old, no restart is needed. Otherwise, run:\n" SH("./b"),
                   "Unless the driver is old");
}

T(the_last_sentence_above_a_block_says_when)
{
    want_condition("Deployment", "./a\n\nIt writes a file. If that is broken:\n" SH("./b"),
                   "If that is broken");
    want_condition("Deployment", "./a\n\nIt writes a file. Then run:\n" SH("./b"), "");
}

T(a_version_in_a_condition_does_not_end_it)
{
    want_condition("Deployment", "If the driver is older than 4.2:\n" SH("./b"),
                   "If the driver is older than 4.2");
}

T(what_is_seen_before_an_arrow_is_when)
{
    want_condition("Deployment", "1. Anything above 20 → restart: `systemctl restart a`\n",
                   "Anything above 20");
    want_condition("Deployment", "1. The job has failed -> restart: `systemctl restart a`\n",
                   "The job has failed");
    want_condition("Deployment", "1. Restart → run `systemctl restart a`\n", "");
    want_condition("Deployment", "1. Services → app: `systemctl restart a`\n", "");
}

T(a_command_behind_the_name_of_an_environment_is_for_that)
{
    want_condition("Deployment", "- prod: `kubectl config use-context a`\n", "for prod only");
    want_condition("Deployment", "- on staging: `kubectl config use-context a`\n",
                   "for staging only");
    want_condition("Deployment", "- Context: `kubectl config use-context a`\n", "");
}

T_MAIN(T_CASE(what_is_run_to_be_sure_is_run), T_CASE(the_last_sentence_above_a_block_says_when),
       T_CASE(a_version_in_a_condition_does_not_end_it),
       T_CASE(what_is_seen_before_an_arrow_is_when),
       T_CASE(a_command_behind_the_name_of_an_environment_is_for_that),
       T_CASE(what_is_said_of_environments_and_machines_is_a_condition),
       T_CASE(a_heading_or_what_is_right_below_it_is_of_the_section),
       T_CASE(what_introduces_a_block_says_when_it_is_done),
       T_CASE(a_comment_ends_with_when_it_is_done), T_CASE(a_title_says_when_its_section_is_done),
       T_CASE(what_introduces_the_first_of_several_blocks_is_of_that_one),
       T_CASE(what_a_way_back_is_for_is_no_condition_of_it),
       T_CASE(a_warning_below_a_heading_says_when_it_is_done),
       T_CASE(a_verification_does_its_tests),
       T_CASE(rows_of_a_table_say_what_their_commands_are_for),
       T_CASE(what_is_printed_is_no_command_even_in_a_block_of_shell),
       T_CASE(a_command_alone_in_a_paragraph_is_one),
       T_CASE(a_span_that_something_else_introduces_is_not_run),
       T_CASE(what_must_be_so_is_confirmed),
       T_CASE(what_is_waited_for_is_asked_where_the_command_only_looks),
       T_CASE(options_of_other_languages_are_ways))
