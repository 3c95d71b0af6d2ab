/* What a failed step leads to, and what people do with a run that stands still. */
#include "base/clock.h"
#include "base/ident.h"
#include "exec/run_int.h"
#include "exec_bench.h"

#define SH(text) "```bash\n" text "\n```\n\n"
#define DOC                                                                                                    \
    "# Doc\n\n## Deployment\n\n### 1. First\n\n" SH("echo x >> first && test -e good") "### 2. Second\n\n" SH( \
        "echo x >> second") "### 3. Third\n\n" SH("echo x >> third") "## Rollback\n\n" SH("echo x >> back")

static long long count(const char *what)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);

    strbuf_addf(&sql, "SELECT count(*) FROM event WHERE %s", what);
    return bench_sql(strbuf_str(&sql));
}

/* --- again --- */

T(a_wait_grows_by_its_factor_up_to_the_most_and_is_moved_by_the_jitter)
{
    struct plan_step p = {.retry_wait_ms = 1000, .retry_factor = 2, .retry_max_ms = 5000};

    T_EQ(run_retry_wait_ms(&p, 1, 0.5), 1000);
    T_EQ(run_retry_wait_ms(&p, 3, 0.5), 4000);
    T_EQ(run_retry_wait_ms(&p, 4, 0.5), 5000);
    p.retry_jitter = 0.25;
    T_EQ(run_retry_wait_ms(&p, 1, 0), 750);
    T_EQ(run_retry_wait_ms(&p, 2, 0.5), 2000);
    T_CHECK(run_retry_wait_ms(&p, 1, 0.999) > 1200);
    p = (struct plan_step){.retry_wait_ms = 1000, .retry_factor = 100};
    T_EQ(run_retry_wait_ms(&p, 1000, 0.5), 7 * INT64_C(86400000)); /* a week at most */
}

T(what_was_stopped_and_stands_still_is_said_with_the_failure)
{
    struct bench b;

    bench_plan(&b,
               "# Doc\n\n## Deployment\n\n" SH(
                   "systemctl() { :; }\nsystemctl stop db\nsystemctl start db\nsystemctl stop web\n"
                   "test -e good\nsystemctl start web\ntest -e better"),
               "environment: test\naccept_gaps: t\nchoices: {}\n");
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_CHECK(strstr(b.err.msg, "exit status 1; 'systemctl stop web' (line 9) was carried out, and "
                              "no step is known to have started it since"));
    T_CHECK(!strstr(b.err.msg, "stop db"));
    bench_write("good", "");
    T_EQ(bench_resume(&b), EXIT_CODE_FAILED);
    T_CHECK(!strstr(b.err.msg, "was carried out"));
    bench_end(&b);
}

T(of_several_services_one_that_stands_still_is_enough)
{
    struct bench b;

    bench_plan(
        &b,
        "# Doc\n\n## Deployment\n\n" SH(
            "sudo() { :; }\nsystemctl() { :; }\nsudo systemctl stop --no-block web.service queue\n"
            "sudo systemctl start web\ncat queue/none\nsystemctl start queue.service\ntest -e better"),
        "environment: test\naccept_gaps: t\nchoices: {}\n");
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_CHECK(strstr(b.err.msg,
                   "'sudo systemctl stop --no-block web.service queue' (line 8) was carried out"));
    (void)mkdir("queue", 0700);
    bench_write("queue/none", "");
    T_EQ(bench_resume(&b), EXIT_CODE_FAILED);
    T_CHECK(!strstr(b.err.msg, "was carried out"));
    bench_end(&b);
}

T(a_failed_step_is_tried_again_after_its_wait)
{
    struct bench b;

    bench_plan(
        &b, "# Doc\n\n## Deployment\n\n" SH("echo x >> tries && test $(wc -l < tries) -ge 3"),
        "environment: test\nsteps: {\"1\": {undo: n, retries: {times: 3, wait: 40ms, factor: 2, jitter: 10%}}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(bench_lines("tries"), 3);
    T_EQ(count("kind = 24"), 2);
    T_EQ(
        count(
            "kind = 24 AND json_extract(data, '$.of') = 3 AND json_extract(data, '$.reason') <> ''"),
        2);
    T_CHECK(bench_sql("SELECT (max(at_us) - min(at_us)) / 1000 FROM event WHERE kind = 20") >= 105);
    bench_end(&b);
}

static void interrupt(struct bench *b)
{
    run_interrupt(b->run, "enough");
}

static void turn_back(struct bench *b)
{
    run_roll_back(b->run, SV("changed our minds"), SV("ana"));
}

T(a_wait_for_the_next_attempt_can_be_interrupted_and_turned_back)
{
    struct bench b;

    bench_plan(&b, DOC, "environment: test\nsteps: {\"1\": {retries: {times: 3, wait: 1h}}}\n");
    b.at = "step-retry";
    b.at_count = 1;
    b.act = interrupt;
    T_EQ(bench_run(&b), EXIT_CODE_INTERRUPTED);
    b.at = "step-retry";
    b.at_count = 1;
    b.act = turn_back;
    T_EQ(bench_resume(&b), EXIT_CODE_ROLLED_BACK);
    T_EQ(bench_lines("first"), 2);
    bench_end(&b);
}

T(what_a_person_said_no_to_is_not_tried_again)
{
    struct bench b;

    bench_plan(
        &b,
        "# Doc\n\n## Deployment\n\n```bash\necho x >> tries\n# Expected: it looks as pretty as usual\n```\n",
        "environment: test\nsteps: {\"1\": {undo: n, retries: 5}}\n");
    b.answers = "n";
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_EQ(bench_lines("tries"), 1);
    bench_end(&b);
}

/* --- on, back, branch --- */

T(a_step_may_fail_and_the_run_goes_on_but_is_not_simply_done)
{
    struct bench b;

    bench_plan(&b, DOC, "environment: test\nsteps: {\"1\": {on_failure: continue}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_INVESTIGATE);
    T_CHECK(bench_says(&b, "done, but step deployment/1/1 failed and was left"));
    T_EQ(bench_lines("third"), 1);
    T_EQ(count("kind = 25 AND json_extract(data, '$.policy') = 'continue'"), 1);
    bench_end(&b);
}

static void fail_third(struct bench *b UNUSED)
{
    bench_write("third/keep", ""); /* a folder in its place */
}

T(a_step_that_was_left_is_not_tried_again_by_a_resume_but_by_a_retry)
{
    struct bench b;
    struct run_options opt;

    bench_plan(&b, DOC, "environment: test\nsteps: {\"1\": {on_failure: continue}}\n");
    T_EQ(mkdir("third", 0700), 0);
    fail_third(&b);
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_EQ(bench_resume(&b), EXIT_CODE_FAILED);
    T_EQ(bench_lines("first"), 1);
    t_remove("third");
    bench_write("good", "");
    opt = bench_options(&b);
    opt.retry = SV("deployment/1/1");
    T_OK(run_resume(b.store, 1, &b.plan, &opt, &b.run, &b.err), b.err);
    T_EQ(bench_go(&b), EXIT_CODE_DONE);
    T_EQ(bench_lines("first"), 2);
    T_EQ(bench_lines("second"), 1);
    T_EQ(bench_lines("third"), 1);
    bench_end(&b);
}

T(a_failure_may_lead_back_though_the_plan_stops)
{
    struct bench b;

    bench_plan(&b, DOC, "environment: test\nsteps: {\"1\": {on_failure: rollback}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_ROLLED_BACK);
    T_EQ(bench_lines("back"), 1);
    bench_end(&b);
    t_remove("store");
    bench_plan(&b, DOC,
               "environment: test\non_failure: rollback\nsteps: {\"1\": {on_failure: stop}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    bench_end(&b);
}

T(the_way_back_may_go_on_too)
{
    struct bench b;

    bench_plan(
        &b,
        "# Doc\n\n## Deployment\n\n" SH("cp a b") "## Rollback\n\n" SH("false")
            SH("echo x >> back"),
        "environment: test\non_failure: rollback\nsteps: {\"rollback/1\": {on_failure: continue}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_ROLLED_BACK);
    T_EQ(bench_lines("back"), 1);
    bench_end(&b);
}

static const char branch[] =
    "environment: test\nsteps: {\"1\": {on_failure: \"2\", undo: n}, \"2\": {undo: n}, \"3\": {undo: n}}\n";

T(a_branch_is_carried_out_only_when_its_step_fails)
{
    struct bench b;

    bench_plan(&b, DOC, branch);
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_CHECK(bench_says(
        &b,
        "step deployment/1/1 failed; what the document says for that case (deployment/2) is done"));
    T_CHECK(bench_says(&b, "prusik retry r-0001"));
    T_EQ(bench_lines("second"), 1);
    T_EQ(bench_lines("third"), 0);
    T_EQ(bench_resume(&b), EXIT_CODE_FAILED); /* the step again, and the branch again */
    T_EQ(bench_lines("first"), 2);
    T_EQ(bench_lines("second"), 2);
    bench_write("good", "");
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    T_EQ(bench_lines("second"), 2);
    T_EQ(bench_lines("third"), 1);
    bench_end(&b);
}

T(a_branch_is_left_out_when_all_goes_well)
{
    struct bench b;

    bench_write("good", "");
    bench_plan(&b, DOC, branch);
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(bench_lines("second"), 0);
    T_EQ(
        count("kind = 22 AND json_extract(data, '$.reason') = 'only if step deployment/1/1 fails'"),
        1);
    bench_end(&b);
}

T(a_branch_that_fails_stops_the_run)
{
    struct bench b;

    T_EQ(mkdir("second", 0700), 0);
    bench_plan(&b, DOC, branch);
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_CHECK(bench_says(&b, "step deployment/2/1 failed"));
    T_EQ(rmdir("second"), 0);
    T_EQ(bench_resume(&b), EXIT_CODE_FAILED); /* where it stood: the branch, and no more */
    T_CHECK(bench_says(&b, "what the document says for that case (deployment/2) is done"));
    T_EQ(bench_lines("first"), 1);
    T_EQ(bench_lines("second"), 1);
    bench_end(&b);
}

static const char two[] =
    "# Doc\n\n## Deployment\n\n### 1. First\n\n" SH("echo x >> first && test -e good") "### 2. Second\n\n" SH(
        "echo x >> begun\necho x >> second") "### 3. Third\n\n" SH("echo x >> third");

/* The journal of a run whose process died in the second step of the branch. */
static void die_in_branch(struct bench *b)
{
    bench_plan(
        b, two,
        "environment: test\nsteps: {\"1\": {on_failure: \"2\", undo: n}, \"2\": {undo: n}, \"3\": {undo: n}}\n");
    T_EQ(bench_run(b), EXIT_CODE_FAILED);
    (void)bench_sql("DELETE FROM event WHERE seq > (SELECT seq FROM event WHERE kind = 20 AND"
                    " step = 'deployment/2/2') RETURNING 0");
}

T(a_run_that_dies_in_a_branch_goes_on_there)
{
    struct bench b;

    die_in_branch(&b);
    bench_write("good",
                ""); /* what has failed would be good now: the branch is ended all the same */
    b.answers = "y";
    T_EQ(bench_resume(&b), EXIT_CODE_FAILED);
    T_EQ(b.asked[QUESTION_DOUBT], 1);
    T_CHECK(bench_says(&b, "what the document says for that case (deployment/2) is done"));
    T_EQ(bench_lines("first"), 1);
    T_EQ(bench_lines("begun"), 1);
    T_EQ(bench_lines("second"), 1);
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    T_EQ(bench_lines("first"), 2);
    T_EQ(bench_lines("begun"), 1);
    T_EQ(bench_lines("third"), 1);
    bench_end(&b);
}

T(what_the_document_says_for_a_failure_is_told_with_it)
{
    struct bench b;

    bench_plan(&b,
               "# Doc\n\n## Deployment\n\n### 1. First\n\n" SH(
                   "false") "**If Tests Fail**:\n- Document them in `a.txt`\n\n"
                            "* Fix what is critical\n\nMore.\n\n### 2. Second\n\n" SH("true"),
               "environment: test\n");
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_CHECK(bench_says(
        &b,
        "the document says: Document them in `a.txt`; Fix what is critical; then: prusik retry r-0001"));
    bench_end(&b);
}

T(steps_under_such_a_label_are_a_branch)
{
    static const char doc[] =
        "# Doc\n\n## Deployment\n\n### 1. First\n\n" SH("test -e good") "**If Tests Fail**:\n\n" SH(
            "echo x >> collected") "1. Tell the team\n\n**Then**:\n\n" SH("echo x >> after");
    struct bench b;

    bench_plan(&b, doc, "environment: test\nsteps: {deployment: {undo: n}}\n");
    b.answers = "y";
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_CHECK(bench_says(&b, "what the document says for that case (If Tests Fail) is done"));
    T_EQ(b.asked[QUESTION_MANUAL], 1);
    T_EQ(bench_lines("collected"), 1);
    T_EQ(bench_lines("after"), 0);
    bench_write("good", "");
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    T_EQ(bench_lines("collected"), 1);
    T_EQ(bench_lines("after"), 1);
    bench_end(&b);
}

/* --- retry --- */

static enum err_code resume_to_retry(struct bench *b, struct sv step)
{
    struct run_options opt = bench_options(b);

    opt.retry = step;
    return run_resume(b->store, 1, &b->plan, &opt, &b->run, &b->err);
}

T(only_what_has_failed_is_tried_again)
{
    struct bench b;

    bench_plan(&b, DOC, "environment: test\n");
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_EQ(resume_to_retry(&b, SV("2/1")), ERR_INVALID);
    T_CHECK(bench_says(&b, "step 2/1 has not failed"));
    T_EQ(resume_to_retry(&b, SV("nothing")), ERR_INVALID);
    bench_write("good", "");
    T_OK(resume_to_retry(&b, SV("*")), b.err);
    b.at = "step-intent";
    b.at_count = 2;
    b.act = interrupt;
    T_EQ(bench_go(&b), EXIT_CODE_INTERRUPTED);
    T_EQ(resume_to_retry(&b, SV("*")), ERR_INVALID);
    T_CHECK(bench_says(&b, "run r-0001 stands at step "));
    T_EQ(count("kind = 2 AND json_extract(data, '$.retry') = '*'"), 1);
    bench_end(&b);
}

T(nothing_is_tried_again_before_what_is_in_doubt_is_settled)
{
    struct bench b;

    die_in_branch(&b);
    T_EQ(resume_to_retry(&b, SV("deployment/1/1")), ERR_INVALID);
    T_CHECK(bench_says(&b, "step deployment/2/2 was begun and not ended") &&
            bench_says(&b, "first: prusik resume r-0001"));
    bench_end(&b);
}

T(a_step_whose_branch_has_failed_is_tried_again_when_it_is_asked_for)
{
    struct bench b;

    T_EQ(mkdir("second", 0700), 0);
    bench_plan(&b, DOC, branch);
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    bench_write("good", "");
    T_OK(resume_to_retry(&b, SV("deployment/1/1")), b.err);
    T_EQ(bench_go(&b), EXIT_CODE_DONE); /* and the branch is left out */
    T_EQ(bench_lines("third"), 1);
    T_EQ(count("kind = 22 AND step = 'deployment/2/1'"), 1);
    bench_end(&b);
}

/* --- skip --- */

static enum err_code skip(struct bench *b, const char *step)
{
    return run_skip_step(b->store, 1, sv_from(step), SV("bo"), SV("done by hand"), &b->err);
}

T(a_step_is_left_out_with_a_reason_and_the_run_goes_on_behind_it)
{
    struct bench b;

    bench_plan(&b, DOC, "environment: test\n");
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_EQ(skip(&b, "9/9"), ERR_INVALID);
    T_EQ(skip(&b, "deployment/1/11"), ERR_INVALID);
    T_CHECK(bench_says(&b, "did you mean 'deployment/1/1'?"));
    T_EQ(skip(&b, "rollback/1"), ERR_INVALID);
    T_CHECK(bench_says(&b, "belongs to the way back, and the run is not on it"));
    T_OK(skip(&b, "1/1"), b.err);
    T_EQ(skip(&b, "1/1"), ERR_INVALID);
    T_CHECK(bench_says(&b, "is skipped already"));
    T_EQ(bench_sql("SELECT count(*) FROM lock"), 0);
    T_EQ(
        count(
            "kind = 22 AND json_extract(data, '$.by') = 'bo' AND json_extract(data, '$.reason') = 'done by hand'"),
        1);
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    T_EQ(bench_lines("first"), 1);
    T_EQ(skip(&b, "1/1"), ERR_INVALID); /* it is finished */
    bench_end(&b);
}

T(a_step_of_the_way_back_is_left_out_on_the_way_back_only)
{
    struct bench b;

    T_EQ(mkdir("back", 0700), 0);
    bench_plan(&b, DOC, "environment: test\non_failure: rollback\n");
    T_EQ(bench_run(&b), EXIT_CODE_ROLLBACK_FAILED);
    T_EQ(skip(&b, "2/1"), ERR_INVALID);
    T_CHECK(bench_says(&b, "belongs to the way forward"));
    T_OK(skip(&b, "rollback/1"), b.err);
    T_EQ(
        bench_sql(
            "SELECT json_extract(data, '$.exit') FROM event WHERE kind = 5 ORDER BY seq DESC LIMIT 1"),
        EXIT_CODE_ROLLBACK_FAILED);
    T_EQ(bench_resume(&b), EXIT_CODE_ROLLED_BACK);
    bench_end(&b);
}

T(an_approval_cannot_be_left_out)
{
    struct bench b;

    bench_plan(
        &b,
        "# Doc\n\n## Pre-Deployment Checklist\n\n- [ ] **1. Approval obtained**\n  - Sign-off from the owner\n",
        "environment: test\n");
    T_EQ(bench_run(&b), EXIT_CODE_WAITING);
    T_EQ(skip(&b, "1/1"), ERR_REFUSED);
    T_CHECK(bench_says(&b, "leaving it out would be giving it"));
    bench_end(&b);
}

/* --- takeover --- */

static enum err_code take_over(struct bench *b, const char *confirm)
{
    struct run_takeover t = {SV("bo"), SV("the laptop is lost"), sv_from(confirm)};

    return run_take_over(b->store, 1, &t, &b->err);
}

/* The lock as another process would have left it. */
static void leave_lock(const char *host, const char *boot, long long pid, long long start)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);

    strbuf_addf(
        &sql,
        "INSERT OR REPLACE INTO lock VALUES ('test', 1, 'ana', '%s', '%s', %lld, %lld, 5, 'Doc') RETURNING 0",
        host, boot, pid, start);
    (void)bench_sql(strbuf_str(&sql));
}

T(a_run_is_taken_over_when_its_owner_is_provably_gone)
{
    struct bench b;

    bench_plan(&b, DOC, "environment: test\n");
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_EQ(take_over(&b, ""), ERR_INVALID);
    T_CHECK(bench_says(&b, "nobody carries r-0001 out just now"));
    leave_lock(ident_host().s, "another boot", getpid(), 1);
    T_OK(take_over(&b, ""), b.err);
    T_EQ(
        count(
            "kind = 15 AND json_extract(data, '$.proven') = 1 AND json_extract(data, '$.from') = 'ana'"),
        1);
    T_EQ(bench_sql("SELECT count(*) FROM lock"), 0);
    T_EQ(bench_resume(&b), EXIT_CODE_FAILED);
    bench_end(&b);
}

T(a_run_whose_process_lives_is_not_taken_over_whatever_is_said)
{
    struct bench b;

    bench_plan(&b, DOC, "environment: test\n");
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    leave_lock(ident_host().s, ident_boot().s, getpid(), (long long)ident_process_start(getpid()));
    T_EQ(take_over(&b, ident_host().s), ERR_LOCKED);
    T_CHECK(bench_says(&b, "its process") && bench_says(&b, "kill -TERM"));
    bench_end(&b);
}

/* A zombie has a number and a start, and does nothing any more. */
T(a_zombie_has_nothing_any_more)
{
    struct bench b;
    pid_t pid;
    uint64_t start;
    int gate[2];
    char byte;
    siginfo_t info;

    bench_plan(&b, DOC, "environment: test\n");
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_EQ(pipe(gate), 0);
    pid = fork();
    if (pid == 0) {
        (void)!read(gate[0], &byte, 1);
        _exit(0);
    }
    start = ident_process_start(pid);
    leave_lock(ident_host().s, ident_boot().s, pid, (long long)start);
    T_EQ(take_over(&b, ""), ERR_LOCKED);
    T_EQ(write(gate[1], "x", 1), 1);
    T_EQ(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    T_OK(take_over(&b, ""), b.err);
    T_EQ(waitpid(pid, NULL, 0), pid);
    bench_end(&b);
}

T(of_another_host_somebody_has_to_know)
{
    struct bench b;

    bench_plan(&b, DOC, "environment: test\n");
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    leave_lock("laptop7", "b", 77, 1);
    T_EQ(take_over(&b, ""), ERR_LOCKED);
    T_CHECK(bench_says(&b, "on laptop7 since 1970") && bench_says(&b, "--confirm laptop7"));
    T_EQ(take_over(&b, "laptop8"), ERR_LOCKED);
    T_OK(take_over(&b, "laptop7"), b.err);
    T_EQ(
        count(
            "kind = 15 AND json_extract(data, '$.proven') = 0 AND json_extract(data, '$.why') = 'the laptop is lost'"),
        1);
    bench_end(&b);
}

T_MAIN(T_CASE(a_wait_grows_by_its_factor_up_to_the_most_and_is_moved_by_the_jitter),
       T_CASE(a_failed_step_is_tried_again_after_its_wait),
       T_CASE(a_wait_for_the_next_attempt_can_be_interrupted_and_turned_back),
       T_CASE(what_a_person_said_no_to_is_not_tried_again),
       T_CASE(a_step_may_fail_and_the_run_goes_on_but_is_not_simply_done),
       T_CASE(a_step_that_was_left_is_not_tried_again_by_a_resume_but_by_a_retry),
       T_CASE(a_failure_may_lead_back_though_the_plan_stops), T_CASE(the_way_back_may_go_on_too),
       T_CASE(a_branch_is_carried_out_only_when_its_step_fails),
       T_CASE(a_branch_is_left_out_when_all_goes_well), T_CASE(a_branch_that_fails_stops_the_run),
       T_CASE(a_run_that_dies_in_a_branch_goes_on_there),
       T_CASE(nothing_is_tried_again_before_what_is_in_doubt_is_settled),
       T_CASE(a_step_whose_branch_has_failed_is_tried_again_when_it_is_asked_for),
       T_CASE(what_the_document_says_for_a_failure_is_told_with_it),
       T_CASE(steps_under_such_a_label_are_a_branch), T_CASE(only_what_has_failed_is_tried_again),
       T_CASE(a_step_is_left_out_with_a_reason_and_the_run_goes_on_behind_it),
       T_CASE(a_step_of_the_way_back_is_left_out_on_the_way_back_only),
       T_CASE(an_approval_cannot_be_left_out),
       T_CASE(a_run_is_taken_over_when_its_owner_is_provably_gone),
       T_CASE(a_run_whose_process_lives_is_not_taken_over_whatever_is_said),
       T_CASE(a_zombie_has_nothing_any_more), T_CASE(of_another_host_somebody_has_to_know),
       T_CASE(what_was_stopped_and_stands_still_is_said_with_the_failure),
       T_CASE(of_several_services_one_that_stands_still_is_enough))
