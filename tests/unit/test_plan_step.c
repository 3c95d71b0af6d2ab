/* plan/make_step, plan/make_action: what a step of the plan expects, and waits for. */
#include "base/strbuf.h"
#include "test_plan_util.h"

#define FENCE    "```"
#define SH(code) "\n" FENCE "bash\n" code "\n" FENCE "\n\n"
#define DEPLOY   "# Web\n\n## Deployment\n"
#define BOUND    "environment: test\n"

T(a_file_below_the_home_folder_is_looked_at)
{
    struct world w;
    const json_t *made;

    world_make(&w, DEPLOY SH("cp -r ~/app ~/app_backup_$(date +%s)") "Expected: Backup created\n",
               BOUND);
    T_EQ(w.plan.n_steps, 1);
    T_EQ(w.plan.steps[0].n_expects, 1);
    T_CHECK(w.plan.steps[0].expects[0].machine);
    made = json_array_get(json_object_get(w.plan.steps[0].action, "makes"), 0);
    T_SV(json_get_sv(json_array_get(made, 0), "env"), "HOME");
    T_CHECK(!find_question(&w, "expectation", 0));
    world_end(&w);
}

T(a_file_whose_name_only_the_shell_knows_is_asked_about)
{
    struct world w;

    world_make(&w,
               DEPLOY SH("cp app.db app_$(hostname | cut -c1-3).bak") "Expected: Backup created\n",
               BOUND);
    T_EQ(w.plan.n_steps, 1);
    T_EQ(w.plan.steps[0].n_expects, 1);
    T_CHECK(!w.plan.steps[0].expects[0].machine);
    T_EQ(count_questions(&w, "expectation"), 1);
    world_end(&w);
}

T(a_native_backup_and_the_flag_name_their_files_themselves)
{
    struct world w;

    world_make(
        &w,
        DEPLOY SH("sqlite3 app.db \".backup app_$(date +%s).db\"") "Expected: Backup created\n" SH(
            "touch MAINTENANCE") "Expected: File created\n" SH("sqlite3 app.db \"SELECT 1\"") "Expected: Backup created\n",
        BOUND);
    T_EQ(w.plan.n_steps, 3);
    for (size_t i = 0; i < 3; i++) {
        T_EQ(w.plan.steps[i].n_expects, 1);
        T_EQ(w.plan.steps[i].expects[0].machine, i < 2);
    }
    T_EQ(count_questions(&w, "expectation"), 1);
    world_end(&w);
}

T(what_a_command_ends_in_is_known_to_who_judges_it)
{
    struct world w;

    world_make(
        &w,
        DEPLOY SH("cat a.sql | sudo -u postgres psql shop\npsql --version | cat\nps | grep x\n"
                  "ps | grep -iq x\nps | grep --quiet x"),
        BOUND);
    T_EQ(w.plan.n_steps, 5);
    T_SV(json_get_sv(w.plan.steps[0].action, "client"), "psql");
    T_CHECK(!json_get_bool(w.plan.steps[0].action, "searches", false));
    T_EQ(json_get_sv(w.plan.steps[1].action, "client").n, 0);
    T_EQ(json_get_sv(w.plan.steps[2].action, "client").n, 0);
    T_CHECK(json_get_bool(w.plan.steps[2].action, "searches", false));
    T_CHECK(!json_get_bool(w.plan.steps[3].action, "searches", false));
    T_CHECK(!json_get_bool(w.plan.steps[4].action, "searches", false));
    world_end(&w);
}

T(an_answer_for_a_part_says_nothing_of_what_its_commands_show)
{
    static const char two[] = DEPLOY "### 1. Look\n" SH("ls a") "Expected: it looks good\n" SH(
        "ls b") "Expected: so does it\n"
                "### 2. Once more\n" SH("ls c") "Expected: it looks good\n"
                                                "### 3. Tell\n- [ ] Tell Ann\n- [ ] Tell Bob\n";
    struct world w;

    world_make(
        &w, two,
        BOUND
        "answers: {deployment/1: {answer: yes, by: ana}, deployment/2: {answer: yes, by: ana},\n"
        "  deployment/3: {answer: yes, by: ana}}\n");
    T_EQ(w.plan.n_steps, 5);
    T_EQ(count_questions(&w, "expectation"), 2); /* of 1/1 and 1/2: nobody has looked at either */
    T_CHECK(!w.plan.steps[0].answered && !w.plan.steps[1].answered);
    T_CHECK(w.plan.steps[2].answered); /* the only one there */
    T_EQ(count_questions(&w, "manual"), 0);
    world_end(&w);
    world_make(&w, two, BOUND "answers: {1/1: {answer: yes, by: ana}}\n");
    T_EQ(count_questions(&w, "expectation"), 2); /* of 1/2 and 2 */
    T_CHECK(w.plan.steps[0].answered);
    world_end(&w);
}

T(what_only_the_machine_could_know_is_asked_of_a_person)
{
    struct world w;

    world_make(&w,
               "# Web\n\n## Deployment\n" SH("ssh web1\ndf -h /") "Expected: at least 5GB free\n",
               BOUND "hosts: {web1: {}}\n");
    T_EQ(w.plan.n_steps, 1);
    T_EQ(w.plan.steps[0].n_expects, 1);
    T_CHECK(!w.plan.steps[0].expects[0].machine);
    T_EQ(count_questions(&w, "expectation"), 1);
    world_end(&w);
}

/* What the request after it has for its "listens_ms"; 0: it is not given time. */
static int64_t listens_after(const char *commands, size_t step)
{
    CLEANUP(strbuf_release) struct strbuf doc = STRBUF(0);
    struct world w;
    int64_t ms;

    strbuf_addf(&doc, DEPLOY "```sh\n%s\n```\n", commands);
    world_make(&w, strbuf_str(&doc), BOUND);
    T_SV(w.plan.steps[step].kind, "http");
    ms = json_get_int(w.plan.steps[step].action, "listens_ms", 0);
    T_CHECK(!ms == !json_get_int(w.plan.steps[step].action, "started_line", 0));
    world_end(&w);
    return ms;
}

T(a_service_that_was_just_started_is_given_time_to_listen)
{
    T_EQ(listens_after("docker compose restart web\ncurl http://h/health", 1), 30000);
    T_EQ(listens_after("systemctl restart shop\ncat log\ncurl http://h/a\ncurl http://h/b", 3),
         30000);
    T_EQ(listens_after("systemctl stop shop\ncurl http://h/a", 1), 0);
    T_EQ(listens_after("docker compose stop web\ncurl http://h/a", 1), 0);
    T_EQ(listens_after("systemctl restart shop\nalembic upgrade head\ncurl http://h/a", 2), 0);
    T_EQ(listens_after("systemctl restart shop\ncurl http://h/a # should fail", 1), 0);
    T_EQ(listens_after("systemctl restart shop\ncurl http://h/a # Expected: 503", 1), 0);
    T_EQ(listens_after("systemctl restart shop\ncurl http://h/a # Expected: 200", 1), 30000);
    T_EQ(listens_after("systemctl restart shop\ncurl http://h/a # Expected: \"50 orders\"", 1),
         30000);
    T_EQ(listens_after("curl http://h/a", 0), 0);
    T_EQ(listens_after("./restart.sh\ncurl http://h/a", 1), 30000);
    T_EQ(listens_after("bin/app Start\n```\n\n## Verification\n\n```sh\ncurl http://h/a", 1),
         30000);
    T_EQ(listens_after("./startup-notes\ncurl http://h/a", 1), 0);
    T_EQ(listens_after("./stop-and-start stop\ncurl http://h/a", 1), 0);
    T_EQ(listens_after("./cleanup\ncurl http://h/a", 1), 0);
    T_EQ(listens_after("ls\n```\n\n## Rollback\n\n```sh\n./restart.sh\n```\n\n## Verification\n\n"
                       "```sh\ncurl http://h/a",
                       1),
         0);
}

T(what_is_waited_for_is_looked_at_as_long_as_somebody_says)
{
    struct world w;

    world_make(&w, DEPLOY "Wait until `kubectl get pods` is empty.\n", BOUND);
    T_EQ(w.plan.n_steps, 1);
    T_EQ(w.plan.steps[0].wait_ms, 0);
    want_question(&w, "bound", 4, "how long may this wait take?", "steps: {\"1\": {timeout: 5m}}");
    world_end(&w);
    world_make(&w, DEPLOY "Wait until `kubectl get pods` is empty.\n",
               BOUND "steps: {deployment/1: {timeout: 5m}}\n");
    T_EQ(w.plan.steps[0].wait_ms, 300000);
    T_EQ(w.plan.steps[0].timeout_ms, 0);
    T_EQ(count_questions(&w, "bound"), 0);
    world_end(&w);
}

T(what_is_said_of_the_failure_of_a_step_is_told_at_that_step)
{
    struct world w;

    world_make(&w,
               DEPLOY
               "| No. | Command |\n|---|---|\n| 1 | `./a` |\n| 2 | `./b` |\n| 3 | `./c` |\n\n"
               "**If step 2 fails:** `./undo`, then go on with step 3.\n",
               BOUND);
    T_EQ(w.plan.n_steps, 3);
    T_EQ(w.plan.steps[0].if_failed.n, 0);
    want_text(w.plan.steps[1].if_failed, "`./undo`, then go on with step 3.");
    T_EQ(w.plan.steps[2].if_failed.n, 0);
    world_end(&w);
    world_make(&w,
               DEPLOY "1. Go:\n   " FENCE "bash\n   ./a\n   ./b\n   " FENCE
                      "\n2. `./c`\n\nIf step 1 fails, call Ann.\n\n"
                      "If step 9 fails, call Bob.\n",
               BOUND);
    want_text(w.plan.steps[0].if_failed, "call Ann.");
    want_text(w.plan.steps[1].if_failed, "call Ann.");
    T_EQ(w.plan.steps[2].if_failed.n, 0);
    world_end(&w);
}

/* Each step by its kind and what people are asked of it, a line each. */
static void want_asked(const char *md, const char *yaml, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct world w;

    world_make(&w, md, yaml);
    for (size_t i = 0; i < w.plan.n_steps; i++) {
        const struct plan_step *s = &w.plan.steps[i];

        strbuf_addf(&text, "%.*s %.*s", SV_FMT(s->kind), SV_FMT(s->command));
        for (size_t k = 0; k < s->n_expects; k++)
            strbuf_addf(&text, "%s %zu %.*s", k ? "," : " ?", s->expects[k].e.line,
                        SV_FMT(s->expects[k].e.source));
        strbuf_add_byte(&text, '\n');
    }
    if (strcmp(strbuf_str(&text), want) != 0)
        T_FAIL("%s\nshould be\n%s", strbuf_str(&text), want);
    world_end(&w);
}

T(a_box_that_says_what_is_seen_is_asked_with_the_output_of_the_block_below_it)
{
    want_asked(DEPLOY "\n- [ ] health shows ok\n" SH("cat health"), BOUND,
               "shell cat health ? 5 health shows ok\n");
    /* all of them at once, behind the last command */
    want_asked(DEPLOY "\n- [ ] the release notes were read\n- [ ] the service is up\n"
                      "- [ ] Verify the version\n" SH("cat a\ncat b"),
               BOUND,
               "manual the release notes were read\nshell cat a\n"
               "shell cat b ? 6 the service is up, 7 Verify the version\n");
}

T(a_box_above_a_block_that_changes_something_is_asked_before)
{
    want_asked(DEPLOY "\n- [ ] the database is healthy\n" SH("cat a\nrm -f x"), BOUND,
               "manual the database is healthy\nshell cat a\nshell rm -f x\n");
    /* something stands between them; it is something to do; somebody's word; below another heading */
    want_asked(DEPLOY "\n- [ ] health shows ok\n\nThe disk:\n" SH("df"), BOUND,
               "manual health shows ok\nshell df\n");
    want_asked(DEPLOY "\n- [ ] Stop the cron job\n" SH("df"), BOUND,
               "manual Stop the cron job\nshell df\n");
    want_asked(DEPLOY "\nNever stop the database.\n\n- [ ] health shows ok\n" SH("df"), BOUND,
               "manual health shows ok\nshell df\n");
    want_asked(DEPLOY "\n- [ ] Confirm the window with the owner\n" SH("df"), BOUND,
               "manual Confirm the window with the owner\nshell df\n");
    want_asked(DEPLOY "\n- [ ] health shows ok\n\n### Look\n" SH("df"), BOUND,
               "manual health shows ok\nshell df\n");
}

T(a_box_that_is_answered_ahead_or_whose_block_is_left_out_is_asked_by_itself)
{
    want_asked(DEPLOY "\n- [ ] health shows ok\n" SH("cat health"),
               BOUND "answers: {health-shows-ok: {answer: yes, by: ana}}\n",
               "manual health shows ok\nshell cat health\n");
    want_asked(DEPLOY "\n- [ ] health shows ok\n" SH("cat health"),
               BOUND "steps: {\"deployment/1\": {skip: no health here}}\n",
               "manual health shows ok\nshell cat health\n");
}

T_MAIN(T_CASE(a_box_that_says_what_is_seen_is_asked_with_the_output_of_the_block_below_it),
       T_CASE(a_box_above_a_block_that_changes_something_is_asked_before),
       T_CASE(a_box_that_is_answered_ahead_or_whose_block_is_left_out_is_asked_by_itself),
       T_CASE(what_only_the_machine_could_know_is_asked_of_a_person),
       T_CASE(an_answer_for_a_part_says_nothing_of_what_its_commands_show),
       T_CASE(a_service_that_was_just_started_is_given_time_to_listen),
       T_CASE(what_is_waited_for_is_looked_at_as_long_as_somebody_says),
       T_CASE(what_is_said_of_the_failure_of_a_step_is_told_at_that_step),
       T_CASE(a_native_backup_and_the_flag_name_their_files_themselves),
       T_CASE(what_a_command_ends_in_is_known_to_who_judges_it),
       T_CASE(a_file_below_the_home_folder_is_looked_at),
       T_CASE(a_file_whose_name_only_the_shell_knows_is_asked_about))
