/* The life of a run: people, failures, choices, and what a resume finds. */
#include "base/mem.h"
#include "exec_bench.h"

#define DEPLOY      "# Doc\n\n## Deployment\n\n"
#define BLOCK(text) "```bash\n" text "\n```\n\n"

static const char plain[] = "environment: test\n";

T(every_step_is_done_once_and_the_end_is_sealed)
{
    struct bench b;
    struct journal_check check;

    bench_plan(&b, DEPLOY BLOCK("echo one") BLOCK("echo two >&2"),
               "environment: test\nsteps:\n  \"1\": {undo: n}\n  \"2\": {undo: n}\n");
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_STR(strbuf_str(&b.out), "one\ntwo\n");
    T_OK(journal_verify(b.store, 1, &check, &b.err), b.err);
    T_CHECK(check.finished && check.sealed);
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 20"), 2);
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 11"),
         0); /* nothing was changed, nothing is watched */
    bench_end(&b);
}

static const char manual[] =
    "# Doc\n\n## Pre-Deployment Checklist\n\n- [ ] **1. Tell them**\n  - Post it\n";

T(a_person_is_asked_and_yes_goes_on)
{
    struct bench b;

    bench_plan(&b, manual, plain);
    b.answers = "y";
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(b.asked[QUESTION_MANUAL], 1);
    T_EQ(bench_sql(
             "SELECT count(*) FROM event WHERE kind = 9 AND json_extract(data, '$.by') = 'ana'"),
         1);
    bench_end(&b);
}

T(a_no_stops_the_run_and_a_resume_asks_again)
{
    struct bench b;

    bench_plan(&b, manual, plain);
    b.answers = "ny";
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_CHECK(bench_says(&b, "ana said no: why") && bench_says(&b, "prusik resume r-0001"));
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    T_EQ(b.asked[QUESTION_MANUAL], 2);
    bench_end(&b);
}

T(a_no_given_ahead_stops_the_run)
{
    struct bench b;

    bench_plan(&b, manual, "environment: test\nanswers: {\"1\": {answer: no, by: bo, note: x}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_CHECK(bench_says(&b, "bo said no"));
    bench_end(&b);
}

T(without_a_person_an_open_question_refuses_the_run)
{
    struct bench b;
    struct run_options opt;

    bench_plan(&b, manual, plain);
    opt = bench_options(&b);
    T_EQ(run_start(b.store, &b.plan, &opt, &b.run, &b.err), ERR_REFUSED);
    T_CHECK(bench_says(&b, "1 open question; the first is ") && bench_says(&b, "answers: {"));
    T_EQ(bench_sql("SELECT count(*) FROM run"), 0);
    bench_end(&b);
}

T(what_has_to_be_known_before_is_refused_with_a_person_too)
{
    struct bench b;
    struct run_options opt;

    bench_plan(&b, DEPLOY BLOCK("cp a b"), plain);
    b.answers = "";
    opt = bench_options(&b);
    T_EQ(run_start(b.store, &b.plan, &opt, &b.run, &b.err), ERR_REFUSED);
    bench_end(&b);
}

T(what_a_person_does_during_the_run_is_not_what_refuses_it)
{
    struct bench b;
    struct run_options opt;

    bench_plan(&b,
               "# Doc\n\n## Pre-Deployment Checklist\n\n- [ ] **1. Tell them**\n  - Post it\n\n"
               "## Deployment\n\n" BLOCK("cp a b"),
               plain);
    b.answers = "";
    opt = bench_options(&b);
    T_EQ(run_start(b.store, &b.plan, &opt, &b.run, &b.err), ERR_REFUSED);
    T_CHECK(bench_says(&b, "1 open question; the first is ") && !strstr(b.err.msg, "Tell them"));
    bench_end(&b);
}

static void answers_again(struct bench *b)
{
    run_answer(b->run, false, SV("bo"), SV("late"));
}

T(an_answer_to_what_nobody_asked_any_more_is_nothing)
{
    struct bench b;

    bench_plan(&b, manual, plain);
    b.answers = "y";
    b.at = "answer";
    b.at_count = 1;
    b.act = answers_again;
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 9"), 1);
    bench_end(&b);
}

/* An expectation that no machine can check. */
static const char looked_at[] = "# Doc\n\n## Post-Deployment Verification\n\n"
                                "```bash\necho hm\n# Expected: it looks as pretty as usual\n```\n";

T(an_outcome_that_no_machine_can_judge_is_judged_by_a_person)
{
    struct bench b;

    bench_plan(&b, looked_at, plain);
    b.answers = "ny";
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_EQ(b.asked[QUESTION_OUTCOME], 1);
    T_STR(strbuf_str(&b.last_question), "it looks as pretty as usual");
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 21 AND data LIKE '%\"by\":\"ana\"%'"),
         1);
    bench_end(&b);
}

/* A search that finds nothing may be what is wished: whoever sees it says so, and nobody before. */
T(a_search_that_finds_nothing_is_judged_by_a_person)
{
    static const char nothing[] =
        "# Doc\n\n## Post-Deployment Verification\n\n"
        "```bash\necho hm | grep pretty\n# Expected: it looks as pretty as usual\n```\n";
    static const char unasked[] = "# Doc\n\n## Post-Deployment Verification\n\n"
                                  "```bash\necho hm | grep pretty\n```\n";
    struct bench b;

    bench_plan(&b, nothing, plain);
    b.answers = "y";
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(b.asked[QUESTION_OUTCOME], 1);
    bench_end(&b);
    t_remove("store");
    bench_plan(&b, nothing, "environment: test\nanswers: {\"1\": {answer: yes, by: bo}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_CHECK(bench_says(&b, "it finds nothing (exit status 1 of grep)"));
    bench_end(&b);
    t_remove("store");
    bench_plan(&b, unasked, plain);
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_CHECK(bench_says(&b, "it finds nothing (exit status 1 of grep)"));
    bench_end(&b);
    t_remove("store");
    bench_plan(&b, "# Doc\n\n## Verification\n\n```bash\ncat none.log | grep pretty\n```\n", plain);
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_CHECK(bench_says(
        &b, "nothing (exit status 1 of grep): cat: none.log: No such file or directory"));
    bench_end(&b);
}

T(what_cannot_be_told_from_an_output_is_said_to_be_so)
{
    struct bench b;

    bench_plan(&b, "# Doc\n\n## Verification\n\n```bash\necho ok\n# Should be 3.11+\n```\n", plain);
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_CHECK(
        bench_says(&b, "expected \"Should be 3.11+\", which cannot be told from what it printed"));
    bench_end(&b);
}

T(an_outcome_judged_ahead_is_taken_as_it_was_said)
{
    struct bench b;

    bench_plan(&b, looked_at, "environment: test\nanswers: {\"1\": {answer: yes, by: bo}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    bench_end(&b);
    t_remove("store");
    bench_plan(&b, looked_at, "environment: test\nanswers: {\"1\": {answer: no, by: bo}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_CHECK(bench_says(&b, "bo said no to \"it looks as pretty as usual\""));
    bench_end(&b);
}

static const char approval[] =
    "# Doc\n\n## Pre-Deployment Checklist\n\n- [ ] **1. Approval obtained**\n"
    "  - Sign-off from the service owner\n";

static void approve(struct bench *b, struct sv who)
{
    struct hash_text plan = hash_hex(&b->plan.hash);
    struct store_approval a = {
        .at_us = 5, .plan = sv_from(plan.s), .who = who, .role = SV("owner")};

    T_OK(store_approval_add(b->store, &a, &b->err), b->err);
}

T(an_approval_is_waited_for_and_the_operator_is_nobody_to_give_it)
{
    struct bench b;

    bench_plan(&b, approval, plain);
    approve(&b, SV("ana"));
    T_EQ(bench_run(&b), EXIT_CODE_WAITING);
    T_CHECK(bench_says(&b, "waits for an approval"));
    T_EQ(bench_resume(&b), EXIT_CODE_WAITING);
    approve(&b, SV("bo"));
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    T_EQ(bench_sql(
             "SELECT count(*) FROM event WHERE kind = 10 AND json_extract(data, '$.by') = 'bo'"),
         1);
    bench_end(&b);
}

/* That they cannot be read is not that there are none. */
T(approvals_that_cannot_be_read_stop_the_run)
{
    struct bench b;

    bench_plan(&b, approval, plain);
    approve(&b, SV("bo"));
    bench_exec("ALTER TABLE approval RENAME TO elsewhere");
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_CHECK(bench_says(&b, "no such table: main.approval"));
    bench_exec("ALTER TABLE elsewhere RENAME TO approval");
    bench_exec("UPDATE lock SET boot = 'an earlier one'"); /* as if the process were gone */
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    bench_end(&b);
}

T(only_those_named_may_approve)
{
    struct bench b;

    bench_plan(&b, approval, "environment: test\napprovers: [cleo]\n");
    approve(&b, SV("bo"));
    T_EQ(bench_run(&b), EXIT_CODE_WAITING);
    approve(&b, SV("cleo"));
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    bench_end(&b);
}

T(a_failing_step_is_tried_as_often_as_the_binding_says)
{
    struct bench b;

    bench_plan(&b, DEPLOY BLOCK("echo x >> tries && test $(wc -l < tries) -ge 3"),
               "environment: test\nsteps: {\"1\": {retries: 2, undo: n}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(bench_lines("tries"), 3);
    T_EQ(bench_sql("SELECT max(attempt) FROM event"), 3);
    bench_end(&b);
}

T(a_step_that_fails_stops_the_run_and_is_tried_again_by_a_resume)
{
    struct bench b;

    bench_plan(&b, DEPLOY BLOCK("echo x >> tries && test -e fixed"),
               "environment: test\nsteps: {\"1\": {undo: n}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_CHECK(bench_says(&b, "exit status 1") &&
            bench_says(&b, "or end it as it is: prusik abort r-0001"));
    bench_write("fixed", "");
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    T_EQ(bench_lines("tries"), 2);
    bench_end(&b);
}

static const char chosen[] = DEPLOY "**Step 1: Look**\n" BLOCK(
    "cat seen") "**Step 2: Mend** (if needed)\n" BLOCK("echo x >> mended");

T(a_choice_is_made_by_what_an_earlier_step_printed)
{
    static const char binding[] =
        "environment: test\nchoices: {\"2\": {when: 1/1, contains: broken}}\nsteps: {\"2/1\": {undo: n}}\n";

    for (int broken = 0; broken < 2; broken++) {
        struct bench b;

        bench_write("seen", broken ? "it is broken" : "it is fine");
        bench_plan(&b, chosen, binding);
        T_EQ(bench_run(&b), EXIT_CODE_DONE);
        T_EQ(bench_lines("mended"), broken);
        T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 22"), !broken);
        bench_end(&b);
        t_remove("store");
    }
}

T(a_choice_by_a_step_that_printed_nothing_leaves_out)
{
    struct bench b;

    bench_write("seen", "");
    bench_plan(
        &b, chosen,
        "environment: test\nchoices: {\"2\": {when: 1/1, contains: x}}\nsteps: {\"2/1\": {undo: n}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(bench_lines("mended"), 0);
    bench_end(&b);
}

/* Output that cannot be read is not output without the text: nobody would mend. */
T(a_choice_whose_output_cannot_be_read_stops_the_run)
{
    struct bench b;

    bench_write("seen", "it is broken");
    bench_plan(
        &b, chosen,
        "environment: test\nchoices: {\"2\": {when: 1/1, contains: broken}}\nsteps: {\"2/1\": {undo: n}}\n");
    bench_exec("CREATE TRIGGER lose AFTER INSERT ON blob WHEN new.size = 12 BEGIN"
               " DELETE FROM blob WHERE hash = new.hash; END");
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_CHECK(bench_says(&b, "it is not there") && bench_says(&b, "prusik resume r-0001"));
    T_EQ(bench_lines("mended"), 0);
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 22"), 0);
    bench_end(&b);
}

T(what_the_binding_leaves_out_is_skipped_with_its_reason)
{
    struct bench b;

    bench_plan(&b, DEPLOY BLOCK("echo x >> ran"),
               "environment: test\nsteps: {\"1\": {skip: not here}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(bench_lines("ran"), 0);
    T_EQ(
        bench_sql(
            "SELECT count(*) FROM event WHERE kind = 22 AND json_extract(data, '$.reason') = 'not here'"),
        1);
    bench_end(&b);
}

static void interrupts(struct bench *b)
{
    run_interrupt(b->run, "stop");
    run_interrupt(b->run, "again");
}

static void prepare_app(void);
static void wants_back(struct bench *b);

static const char waits[] = "# Doc\n\n## Post-Deployment Verification\n\n"
                            "```bash\n# Verify that it is ready (wait max 20 seconds)\ncat answer\n"
                            "# Expected: \"ready\"\n```\n";

static void becomes_ready(struct bench *b UNUSED)
{
    bench_write("answer", "ready\n");
}

T(a_look_that_may_wait_is_repeated_until_it_holds)
{
    struct bench b;

    bench_write("answer", "not yet\n");
    bench_plan(&b, waits, plain);
    T_EQ(b.plan.steps[0].wait_ms, 20000);
    b.at = "output";
    b.at_count = 2;
    b.act = becomes_ready;
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_STR(strbuf_str(&b.out), "not yet\nnot yet\nready\n");
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 20"), 1); /* one attempt */
    bench_end(&b);
}

T(a_look_that_waits_can_be_stopped_between_two_looks)
{
    struct bench b;

    bench_write("answer", "not yet\n");
    bench_plan(&b, waits, plain);
    b.at = "output";
    b.at_count = 2;
    b.act = interrupts;
    T_EQ(bench_run(&b), EXIT_CODE_INTERRUPTED);
    bench_write("answer", "ready\n");
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    bench_end(&b);
}

/* While nothing runs: after a look, and well before the next. */
static void on_gap(uv_timer_t *t)
{
    struct bench *b = t->data;

    run_interrupt(b->run, "stop");
    uv_close((uv_handle_t *)t, NULL);
}

static uv_timer_t gap;

static void stops_in_the_gap(struct bench *b)
{
    (void)uv_timer_init(run_uv(b->run), &gap);
    gap.data = b;
    (void)uv_timer_start(&gap, on_gap, 150, 0);
}

T(a_look_that_waits_is_stopped_while_nothing_runs)
{
    struct bench b;

    bench_write("answer", "not yet\n");
    bench_plan(&b, waits, plain);
    b.at = "output";
    b.at_count = 1;
    b.act = stops_in_the_gap;
    T_EQ(bench_run(&b), EXIT_CODE_INTERRUPTED);
    T_STR(strbuf_str(&b.out), "not yet\n");
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 21 AND"
                   " json_extract(data, '$.state') = 'stopped'"),
         1);
    bench_end(&b);
}

static void turns_back_and_stops(struct bench *b)
{
    run_roll_back(b->run, SV("enough"), SV("ana"));
    run_interrupt(b->run, "stop");
}

T(a_look_is_stopped_by_who_turns_back_and_once_only)
{
    for (int stop = 0; stop < 2; stop++) {
        struct bench b;

        prepare_app();
        bench_plan(
            &b,
            DEPLOY BLOCK("cp new app") "## Post-Deployment Verification\n\n" BLOCK("echo looks\n")
                BLOCK("ls; sleep 50") "## Rollback Procedures\n\n" BLOCK("cp old app"),
            plain);
        b.at = "output";
        b.at_count = 2;
        b.act = stop ? turns_back_and_stops : wants_back;
        T_EQ(bench_run(&b), stop ? EXIT_CODE_INTERRUPTED : EXIT_CODE_ROLLED_BACK);
        T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 21 AND"
                       " json_extract(data, '$.state') = 'stopped'"),
             1);
        bench_end(&b);
        t_remove("store");
    }
}

T(a_variable_of_the_binding_or_a_secret_stands_before_the_process_s_own)
{
    struct binding_pair secret = {SV("DOOR_TOKEN"), SV("open-sesame-1"), 0};
    struct run_options opt;
    struct bench b;

    T_EQ(setenv("COLOUR", "grey", 1), 0);
    T_EQ(setenv("DOOR_TOKEN", "shut", 1), 0);
    bench_plan(&b,
               "# Doc\n\n## Verification\n\n" BLOCK(
                   "env | grep -c -e '^COLOUR=' -e '^DOOR_TOKEN='\necho $COLOUR ${#DOOR_TOKEN}"),
               "environment: test\nenv: {COLOUR: red}\n");
    opt = bench_options(&b);
    opt.secret_env = &secret;
    opt.n_secret_env = 1;
    T_OK(run_start(b.store, &b.plan, &opt, &b.run, &b.err), b.err);
    T_EQ(bench_go(&b), EXIT_CODE_DONE);
    T_STR(strbuf_str(&b.out), "2\nred 13\n");
    bench_end(&b);
}

/* The run is over all the same, and says what is missing. */
T(a_run_that_cannot_be_sealed_is_done_and_says_so)
{
    struct bench b;
    struct journal_check check;

    bench_plan(&b, "# Doc\n\n## Verification\n\n" BLOCK("true"), plain);
    bench_write("store/seal.key", "short");
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_CHECK(bench_says(&b, "seal run r-0001: 'store/seal.key' is not a seal key"));
    T_OK(journal_verify(b.store, 1, &check, &b.err), b.err);
    T_CHECK(check.finished && !check.sealed);
    bench_end(&b);
}

T(a_look_that_waits_does_not_wait_for_ever)
{
    struct bench b;

    bench_write("answer", "not yet\n");
    bench_plan(&b, waits, plain);
    b.plan.steps[0].wait_ms = 300;
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_CHECK(bench_says(&b, "expected \"ready\": not yet"));
    bench_end(&b);
}

static const char with_way_back[] =
    DEPLOY BLOCK("cp new app") "## Rollback Procedures\n\n" BLOCK("test ! -e stuck && cp old app");

static void prepare_app(void)
{
    bench_write("new", "new");
    bench_write("old", "old");
    bench_write("app", "old");
}

static const char back_on_failure[] = "environment: test\non_failure: rollback\n";

T(a_failure_leads_back_and_a_failing_way_back_is_gone_on_with_later)
{
    struct bench b;

    prepare_app();
    T_EQ(unlink("new"), 0);
    bench_write("stuck", "");
    bench_plan(&b, with_way_back, back_on_failure);
    T_EQ(bench_run(&b), EXIT_CODE_ROLLBACK_FAILED);
    T_CHECK(bench_says(&b, "the way back failed at step ") &&
            bench_says(&b, "mend it and go on: prusik resume r-0001"));
    T_EQ(unlink("stuck"), 0);
    T_EQ(bench_resume(&b), EXIT_CODE_ROLLED_BACK);
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 50"), 1);
    bench_end(&b);
}

static void wants_back(struct bench *b)
{
    run_roll_back(b->run, SV("changed my mind"), SV("ana"));
    run_roll_back(b->run, SV("twice"), SV("ana"));
}

T(an_operator_turns_back_when_the_changing_step_has_ended)
{
    struct bench b;

    prepare_app();
    bench_plan(&b, with_way_back, back_on_failure);
    b.at = "step-intent";
    b.at_count = 1;
    b.act = wants_back;
    T_EQ(bench_run(&b), EXIT_CODE_ROLLED_BACK);
    T_EQ(
        bench_sql(
            "SELECT count(*) FROM event WHERE kind = 21 AND json_extract(data, '$.state') = 'done'"),
        2);
    T_EQ(
        bench_sql(
            "SELECT count(*) FROM event WHERE kind = 50 AND json_extract(data, '$.reason') = 'changed my mind'"),
        1);
    bench_end(&b);
}

T(a_run_interrupted_by_its_listener_is_resumed_in_doubt)
{
    struct bench b;

    prepare_app();
    bench_plan(&b, with_way_back, back_on_failure);
    b.at = "step-intent";
    b.at_count = 1;
    b.act = interrupts;
    T_EQ(bench_run(&b), EXIT_CODE_INTERRUPTED);
    b.answers = "n";
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    bench_end(&b);
}

T(an_operator_turns_back_from_a_failed_run)
{
    struct bench b;
    struct run_options opt;

    prepare_app();
    T_EQ(unlink("new"), 0);
    bench_plan(&b, with_way_back, plain);
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    opt = bench_options(&b);
    T_OK(run_resume(b.store, 1, &b.plan, &opt, &b.run, &b.err), b.err);
    run_roll_back(b.run, SV("enough"), SV("ana"));
    T_EQ(bench_go(&b), EXIT_CODE_ROLLED_BACK);
    bench_end(&b);
}

T(a_command_for_a_placeholder_is_taken_once_and_can_fail_or_be_stopped)
{
    static const char document[] = DEPLOY BLOCK("echo <previous_commit>");
    struct bench b;

    bench_plan(
        &b, document,
        "environment: test\nvariables: {previous_commit: {command: \"echo x >> ran; cat value\"}}\nsteps: {\"1\": {undo: n}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_CHECK(bench_says(&b, "the command of variable 'previous_commit' gave ") &&
            bench_says(&b, "nothing has been changed"));
    bench_write("value", "abc123\n");
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    T_STR(strbuf_str(&b.out), "abc123\n");
    T_EQ(bench_lines("ran"), 2);
    bench_end(&b);
    t_remove("store");
    bench_plan(
        &b, document,
        "environment: test\nvariables: {previous_commit: {command: sleep 50}}\nsteps: {\"1\": {undo: n}}\n");
    b.at = "hold-taken";
    b.at_count = 1;
    b.act = interrupts;
    T_EQ(bench_run(&b), EXIT_CODE_INTERRUPTED);
    bench_end(&b);
}

T(a_value_of_the_binding_is_journaled_and_used)
{
    struct bench b;

    bench_plan(&b, DEPLOY BLOCK("echo <previous_commit>"),
               "environment: test\nvariables: {previous_commit: abc}\nsteps: {\"1\": {undo: n}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_STR(strbuf_str(&b.out), "abc\n");
    T_EQ(
        bench_sql(
            "SELECT count(*) FROM event WHERE kind = 8 AND json_extract(data, '$.from') = 'binding'"),
        1);
    bench_end(&b);
}

T(an_environment_has_one_unfinished_run_and_an_abort_ends_it)
{
    struct bench b;
    struct run_options opt;
    struct journal_check check;

    bench_plan(&b, DEPLOY BLOCK("false"), "environment: test\nsteps: {\"1\": {undo: n}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    opt = bench_options(&b);
    T_EQ(run_start(b.store, &b.plan, &opt, &b.run, &b.err), ERR_LOCKED);
    T_CHECK(bench_says(&b, "has an unfinished run, r-0001") &&
            bench_says(&b, "prusik abort r-0001"));
    T_OK(run_abort(b.store, 1, SV("ana"), SV("by hand"), &b.err), b.err);
    T_OK(journal_verify(b.store, 1, &check, &b.err), b.err);
    T_CHECK(check.finished && check.sealed);
    T_EQ(run_abort(b.store, 1, SV("ana"), SV("twice"), &b.err), ERR_INVALID);
    T_EQ(run_resume(b.store, 1, &b.plan, &opt, &b.run, &b.err), ERR_INVALID);
    T_CHECK(bench_says(&b, "run r-0001 is finished"));
    T_EQ(bench_sql("SELECT count(*) FROM lock"), 0);
    T_EQ(bench_run(&b), EXIT_CODE_FAILED); /* and the next one may begin */
    bench_end(&b);
}

T(a_run_that_was_never_begun_is_begun_anew)
{
    struct bench b;
    struct plan kept = {0};
    struct store_run row = {.environment = SV("test"), .document = SV("doc.md"), .started_us = 1};
    int64_t id;

    bench_plan(&b, DEPLOY BLOCK("true"), plain);
    T_OK(store_run_add(b.store, &row, &id, &b.err), b.err);
    T_EQ(run_plan(b.store, id, &kept, &b.err), ERR_INVALID);
    T_CHECK(bench_says(&b, "run r-0001 was never begun"));
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    bench_end(&b);
}

T(a_run_is_gone_on_with_by_the_plan_that_it_began_with)
{
    struct bench b;
    struct plan kept = {0};

    bench_plan(&b, DEPLOY BLOCK("false"), "environment: test\nsteps: {\"1\": {undo: n}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_OK(run_plan(b.store, 1, &kept, &b.err), b.err);
    T_CHECK(hash_eq(&kept.hash, &b.plan.hash));
    plan_release(&kept);
    T_EQ(run_plan(b.store, 2, &kept, &b.err), ERR_NOT_FOUND);
    bench_end(&b);
}

/* The journal of a run whose process died in the middle of a step. */
static void forget_from(const char *where)
{
    char sql[200];

    (void)snprintf(
        sql, sizeof(sql),
        "DELETE FROM event WHERE seq > (SELECT min(seq) FROM event WHERE %s) RETURNING 0", where);
    (void)bench_sql(sql);
}

T(a_step_in_doubt_is_asked_about_and_the_answer_counts)
{
    static const char *const answers[] = {"y", "n"};

    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        struct bench b;

        bench_plan(&b, DEPLOY BLOCK("echo x >> ran"),
                   "environment: test\nsteps: {\"1\": {undo: n}}\n");
        T_EQ(bench_run(&b), EXIT_CODE_DONE);
        (void)bench_sql("DELETE FROM seal RETURNING 0");
        forget_from("kind = 20");
        T_EQ(bench_resume(&b), EXIT_CODE_WAITING);
        T_CHECK(bench_says(&b, "waits for an answer: 'echo x >> ran' was begun before the run was "
                               "interrupted: did it happen?"));
        b.answers = answers[i];
        T_EQ(bench_resume(&b), EXIT_CODE_DONE);
        T_EQ(b.asked[QUESTION_DOUBT], 1);
        T_EQ(bench_lines("ran"), (int)i + 1);
        bench_end(&b);
        t_remove("store");
        T_EQ(unlink("ran"), 0);
    }
}

T(a_step_in_doubt_is_taken_as_done_when_the_binding_says_so)
{
    struct bench b;

    bench_plan(&b, DEPLOY BLOCK("echo x >> ran"),
               "environment: test\nsteps: {\"1\": {undo: n, in_doubt: done}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    forget_from("kind = 20");
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    T_EQ(bench_lines("ran"), 1);
    T_EQ(
        bench_sql(
            "SELECT count(*) FROM event WHERE kind = 23 AND json_extract(data, '$.decision') = 'done'"),
        1);
    bench_end(&b);
}

static int64_t doubts(const char *decision)
{
    char sql[200];

    (void)snprintf(
        sql, sizeof(sql),
        "SELECT count(*) FROM event WHERE kind = 23 AND json_extract(data, '$.decision') = '%s'",
        decision);
    return bench_sql(sql);
}

T(a_service_in_doubt_is_asked_what_it_does)
{
    struct bench b;

    bench_plan(
        &b, DEPLOY BLOCK("systemctl start shop") BLOCK("systemctl stop shop"),
        "environment: test\nsteps: {\"1\": {undo: n}, \"2\": {undo: n}}\n"
        "services: {shop: {manager: process, command: [sleep, '1000'], pid_file: pid, log: log}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    (void)bench_sql("DELETE FROM seal RETURNING 0");
    forget_from("kind = 20 AND step LIKE '%/2'"); /* it was begun, and it has stopped */
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    T_EQ(doubts("done"), 1);
    (void)bench_sql("DELETE FROM seal RETURNING 0");
    forget_from("kind = 20 AND step LIKE '%/1'"); /* begun, and it does not run */
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    T_EQ(doubts("again"), 1);
    bench_end(&b);
}

static void turns_back(struct bench *b)
{
    run_roll_back(b->run, SV("enough"), SV("ana"));
}

T(turning_back_does_not_stop_a_look_on_the_way_back)
{
    struct bench b;

    prepare_app();
    bench_plan(&b,
               DEPLOY BLOCK("cp new app") BLOCK("sleep 0.2; echo here")
                   BLOCK("echo there") "\n## Rollback\n\n" BLOCK("cat app") BLOCK("cp old app"),
               plain);
    b.at = "output";
    b.at_count = 1;
    b.act = turns_back;
    T_EQ(bench_run(&b), EXIT_CODE_ROLLED_BACK);
    T_STR(strbuf_str(&b.out), "here\nnew");
    bench_end(&b);
}

T(a_journal_that_does_not_fit_the_plan_is_refused)
{
    struct bench b;
    struct run_options opt;

    bench_plan(&b, DEPLOY BLOCK("false"), "environment: test\nsteps: {\"1\": {undo: n}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    bench_end(&b);
    {
        struct store *keep;

        bench_plan(&b, "# Doc\n\n## Verification\n\n" BLOCK("true"), plain);
        keep = b.store;
        T_CHECK(keep);
        opt = bench_options(&b);
        T_EQ(run_resume(b.store, 1, &b.plan, &opt, &b.run, &b.err), ERR_CORRUPT);
        T_CHECK(bench_says(&b, "which the plan does not have"));
    }
    T_EQ(bench_sql("SELECT count(*) FROM lock"), 0);
    bench_end(&b);
}

T(messages_are_filled_in_at_their_moments)
{
    struct bench b;

    prepare_app();
    bench_plan(
        &b,
        DEPLOY BLOCK("cp new app") "## Rollback Procedures\n\n" BLOCK(
            "cp old app") "## Communication Templates\n\n**Post when the deployment begins:**\n\n```\nBegun at [time] in "
                          "[environment] by [operator], release [commit]\n```\n\n**Post when the deployment is complete:**\n\n"
                          "```\nDone: [nobody knows]\n```\n\n**If rollback was needed:**\n\n```\nBack: [reason]\n```\n",
        "environment: test\nvariables: {commit: abc}\n");
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 51"), 2);
    T_EQ(
        bench_sql("SELECT count(*) FROM event WHERE kind = 51 AND json_extract(data, '$.text') LIKE"
                  " 'Begun at 20%Z in test by ana, release %'"),
        1);
    T_EQ(bench_sql("SELECT json_array_length(data, '$.unfilled') FROM event WHERE kind = 51 AND"
                   " json_extract(data, '$.when') = 'done'"),
         1);
    bench_end(&b);
}

/* The journal has stars in its place, which are no address to send anything to. */
T(a_value_with_a_secret_in_it_is_taken_once_more_by_a_resume)
{
    struct strbuf links = STRBUF(100);
    struct bench b;

    T_EQ(setenv("DOOR_TOKEN", "open-sesame-1", 1), 0);
    bench_plan(&b, DEPLOY BLOCK("echo <link> >> links\ntest -e fixed\necho <link> >> links"),
               "environment: test\nsecrets: [DOOR_TOKEN]\n"
               "variables: {link: {command: \"echo x >> ran; echo at/$DOOR_TOKEN\"}}\n"
               "steps: {\"3\": {undo: n}, \"2\": {undo: n}, \"1\": {undo: n}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 8 AND json_extract(data, '$.redacted')"
                   " AND json_extract(data, '$.value') = 'at/***'"),
         1);
    bench_write("fixed", "");
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    T_EQ(bench_lines("ran"), 2);
    T_OK(file_read("links", 1000, &links, &b.err), b.err);
    T_STR(strbuf_str(&links), "at/open-sesame-1\nat/open-sesame-1\n");
    strbuf_release(&links);
    bench_end(&b);
}

T(directory_and_variables_of_a_shell_are_there_again_after_a_resume)
{
    struct bench b;

    T_EQ(mkdir("deep", 0700), 0);
    bench_plan(
        &b,
        DEPLOY BLOCK(
            "cd deep\nexport COLOUR='dark red'\ntest -e fixed && echo $COLOUR $(basename $PWD)"),
        "environment: test\nsteps: {\"3\": {undo: n}, \"2\": {undo: n}, \"1\": {undo: n}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    bench_write("deep/fixed", "");
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    T_STR(strbuf_str(&b.out), "dark red deep\n");
    bench_end(&b);
}

/* An ssh that runs its command here.  Its shell killed, it ends as ssh does when the connection breaks. */
static void make_ssh(void)
{
    CLEANUP(mem_freep) char *here = getcwd(NULL, 0);
    CLEANUP(strbuf_release) struct strbuf path = STRBUF(0);

    T_EQ(mkdir("bin", 0700), 0);
    bench_write("bin/ssh",
                "#!/bin/bash\nwhile [ \"$1\" != -- ]; do shift; done\nbash -c \"$3\"\nexit 255\n");
    strbuf_addf(&path, "%s/bin:%s", here, getenv("PATH"));
    T_EQ(setenv("PATH", strbuf_str(&path), 1), 0);
}

static const char far_away[] =
    DEPLOY BLOCK("ssh web1\necho x >> tries && test -e fixed || kill -9 $$");

T(a_step_whose_contact_is_lost_is_tried_again_and_not_for_ever)
{
    struct bench b;

    make_ssh();
    bench_plan(
        &b, far_away,
        "environment: test\nhosts: {web1: {}}\nsteps: {\"1\": {undo: n, in_doubt: again}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_CHECK(bench_says(&b, "contact with host 'web1' was lost 3 times"));
    T_EQ(bench_lines("tries"), 3);
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 23"), 2);
    bench_write("fixed", "");
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    bench_end(&b);
}

T(a_step_whose_contact_is_lost_is_asked_about_with_the_reason)
{
    struct bench b;

    make_ssh();
    bench_plan(&b, far_away, "environment: test\nhosts: {web1: {}}\nsteps: {\"1\": {undo: n}}\n");
    b.answers = "y";
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_CHECK(strstr(strbuf_str(&b.last_question), "contact with host 'web1' was lost while '") &&
            strstr(strbuf_str(&b.last_question), "did it happen?"));
    T_EQ(bench_lines("tries"), 1);
    bench_end(&b);
}

T_MAIN(T_CASE(every_step_is_done_once_and_the_end_is_sealed),
       T_CASE(a_person_is_asked_and_yes_goes_on),
       T_CASE(a_no_stops_the_run_and_a_resume_asks_again), T_CASE(a_no_given_ahead_stops_the_run),
       T_CASE(without_a_person_an_open_question_refuses_the_run),
       T_CASE(what_a_person_does_during_the_run_is_not_what_refuses_it),
       T_CASE(an_answer_to_what_nobody_asked_any_more_is_nothing),
       T_CASE(what_has_to_be_known_before_is_refused_with_a_person_too),
       T_CASE(an_outcome_that_no_machine_can_judge_is_judged_by_a_person),
       T_CASE(a_search_that_finds_nothing_is_judged_by_a_person),
       T_CASE(what_cannot_be_told_from_an_output_is_said_to_be_so),
       T_CASE(an_outcome_judged_ahead_is_taken_as_it_was_said),
       T_CASE(an_approval_is_waited_for_and_the_operator_is_nobody_to_give_it),
       T_CASE(approvals_that_cannot_be_read_stop_the_run), T_CASE(only_those_named_may_approve),
       T_CASE(a_failing_step_is_tried_as_often_as_the_binding_says),
       T_CASE(a_step_that_fails_stops_the_run_and_is_tried_again_by_a_resume),
       T_CASE(a_choice_is_made_by_what_an_earlier_step_printed),
       T_CASE(a_choice_by_a_step_that_printed_nothing_leaves_out),
       T_CASE(a_choice_whose_output_cannot_be_read_stops_the_run),
       T_CASE(what_the_binding_leaves_out_is_skipped_with_its_reason),
       T_CASE(a_look_that_may_wait_is_repeated_until_it_holds),
       T_CASE(a_look_that_waits_can_be_stopped_between_two_looks),
       T_CASE(a_step_whose_contact_is_lost_is_tried_again_and_not_for_ever),
       T_CASE(a_step_whose_contact_is_lost_is_asked_about_with_the_reason),
       T_CASE(a_look_that_waits_is_stopped_while_nothing_runs),
       T_CASE(a_look_is_stopped_by_who_turns_back_and_once_only),
       T_CASE(a_variable_of_the_binding_or_a_secret_stands_before_the_process_s_own),
       T_CASE(a_run_that_cannot_be_sealed_is_done_and_says_so),
       T_CASE(a_look_that_waits_does_not_wait_for_ever),
       T_CASE(a_failure_leads_back_and_a_failing_way_back_is_gone_on_with_later),
       T_CASE(an_operator_turns_back_when_the_changing_step_has_ended),
       T_CASE(a_run_interrupted_by_its_listener_is_resumed_in_doubt),
       T_CASE(an_operator_turns_back_from_a_failed_run),
       T_CASE(a_command_for_a_placeholder_is_taken_once_and_can_fail_or_be_stopped),
       T_CASE(a_value_of_the_binding_is_journaled_and_used),
       T_CASE(an_environment_has_one_unfinished_run_and_an_abort_ends_it),
       T_CASE(a_run_that_was_never_begun_is_begun_anew),
       T_CASE(a_run_is_gone_on_with_by_the_plan_that_it_began_with),
       T_CASE(a_step_in_doubt_is_asked_about_and_the_answer_counts),
       T_CASE(a_step_in_doubt_is_taken_as_done_when_the_binding_says_so),
       T_CASE(a_service_in_doubt_is_asked_what_it_does),
       T_CASE(turning_back_does_not_stop_a_look_on_the_way_back),
       T_CASE(a_journal_that_does_not_fit_the_plan_is_refused),
       T_CASE(messages_are_filled_in_at_their_moments),
       T_CASE(a_value_with_a_secret_in_it_is_taken_once_more_by_a_resume),
       T_CASE(directory_and_variables_of_a_shell_are_there_again_after_a_resume))
