/*
 * A journal that refuses, under a run: each event in turn cannot be written, and each call of the disk fails in turn,
 * until the run passes.  The run stops and says so, does nothing more, and a resume brings it to the same end
 * (promises P3, P9).
 */
#include "exec_bench.h"
#include "t_vfs.h"

enum { TRIES = 6 };

/* A document with all that a run can be stopped in, and how it ends. */
struct job {
    const char *document, *binding;
    enum exit_code want;
    const char *answers; /* of each process */
};

#define BLOCK(text) "```bash\n" text "\n```\n\n"

static const struct job forward = {
    .document =
        "# Doc\n\n## Pre-Deployment Checklist\n\n- [ ] **1. Tell them**\n  - Post it\n\n"
        "- [ ] **2. Approval obtained**\n  - Sign-off from the service owner\n\n"
        "## Deployment\n\n**Step 1: Close**\n" BLOCK("touch MAINTENANCE") "**Step 2: Look**\n" BLOCK("echo it is broken") "**Step 3: Mend** (if needed)\n" BLOCK("echo <previous_commit> >> ran") "**Step 4: Change**\n" BLOCK(
            "cd deep\nexport A=1\necho b >> ../ran") "**Step 5: Open**\n" BLOCK("rm MAINTENANCE") "**Step 6: Late**\n" BLOCK("echo c >> ran") "## Monitoring Schedule\n\n| Time | Check |\n|---|---|\n| T+1m | Look at the logs |\n\n"
                                                                                                                                              "## Communication Templates\n\n**Post when the deployment begins:**\n\n```\nBegun\n```\n",
    .binding =
        "environment: test\ntime_scale: 0.001\nmaintenance: {flag: MAINTENANCE}\n"
        "variables: {previous_commit: {command: echo abc}}\n"
        "choices: {\"3\": {when: deployment/2/1, contains: broken}}\n"
        "steps:\n  \"3/1\": {undo: n, in_doubt: again}\n  \"4/1\": {undo: n}\n"
        "  \"6/1\": {skip: not here}\n  \"4/2\": {undo: n}\n  \"4/3\": {undo: n, in_doubt: again}\n",
    .want = EXIT_CODE_DONE,
    .answers = "yyyyyyyy",
};

static const struct job backward = {
    .document = "# Doc\n\n## Deployment\n\n" BLOCK("touch MAINTENANCE") BLOCK("cp new app") BLOCK(
        "echo a >> ran && false") "## Rollback Procedures\n\n" BLOCK("cp old app")
        BLOCK("echo b >> ran") BLOCK(
            "rm -f MAINTENANCE") "## Communication Templates\n\n**If rollback was needed:**\n\n```\nBack\n```\n",
    .binding =
        "environment: test\non_failure: rollback\nmaintenance: {flag: MAINTENANCE}\n"
        "steps:\n  \"deployment/1\": {in_doubt: again}\n  \"deployment/2\": {in_doubt: again}\n"
        "  \"deployment/3\": {undo: n, in_doubt: again}\n"
        "  \"rollback-procedures/1\": {in_doubt: again}\n"
        "  \"rollback-procedures/2\": {in_doubt: again}\n",
    .want = EXIT_CODE_ROLLED_BACK,
    .answers = NULL,
};

/* Which way back is gone is asked, and another one when it fails. */
static const struct job chosen = {
    .document = "# Doc\n\n## Deployment\n\n" BLOCK("cp new app")
        BLOCK("echo a >> ran && false") "## Rollback Procedures\n\n### Option 1: Downgrade\n\n" BLOCK(
            "echo b >> ran && false")
            BLOCK("echo never >> ran") "### Option 2: Restore\n\n" BLOCK("cp old app")
                BLOCK("echo c >> ran"),
    .binding = "environment: test\non_failure: rollback\naccept_gaps: t\nchoices: {option-1: ask}\n"
               "steps: {deployment: {in_doubt: again}, rollback-procedures: {in_doubt: again}}\n",
    .want = EXIT_CODE_ROLLED_BACK,
    .answers = "1yyy",
};

/* --- one point of a walk --- */

/* What has happened so far is gone; the plan is made anew. */
static void begin(struct bench *b, const struct job *job)
{
    static const char *const names[] = {"store", "deep", "ran", "MAINTENANCE"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (file_exists(names[i]))
            t_remove(names[i]);
    T_EQ(mkdir("deep", 0700), 0);
    bench_write("new", "new");
    bench_write("old", "old");
    bench_plan(b, job->document, job->binding);
    b->answers = job->answers;
}

static void approve(struct bench *b)
{
    struct hash_text plan = hash_hex(&b->plan.hash);
    struct store_approval a = {
        .at_us = 5, .plan = sv_from(plan.s), .who = SV("bo"), .role = SV("owner")};

    T_OK(store_approval_add(b->store, &a, &b->err), b->err);
}

/* The run, as a process would: what could not be started is an end, too. */
static enum exit_code process(struct bench *b, const struct job *job, bool resume)
{
    struct run_options opt;
    enum err_code rc;

    b->answers = job->answers;
    b->err = (struct err){0};
    opt = bench_options(b);
    rc = resume ? run_resume(b->store, 1, &b->plan, &opt, &b->run, &b->err)
                : run_start(b->store, &b->plan, &opt, &b->run, &b->err);
    if (rc != ERR_OK)
        return err_info(rc)->exit;
    return bench_go(b);
}

/* The process is gone: its lock is not what keeps the next one away. */
static void forget_lock(void)
{
    bench_exec("UPDATE lock SET boot = 'an earlier one'");
}

static bool is_begun(void)
{
    return bench_sql("SELECT count(*) FROM event") > 0;
}

/* Until it is over, whatever it takes. */
static void go_on(struct bench *b, const struct job *job)
{
    enum exit_code code = EXIT_CODE_INTERNAL;

    for (int i = 0; i < TRIES && bench_sql("SELECT count(*) FROM event WHERE kind = 4") == 0; i++) {
        forget_lock();
        if (!is_begun())
            bench_exec("DELETE FROM run"); /* so that its number is 1 again */
        code = process(b, job, is_begun());
        if (code != job->want)
            t_say("%d: %s", (int)code, b->err.msg);
    }
    T_EQ(code, job->want);
}

/* However often it was stopped: each step that wrote a line did so as often as the journal says, or was told to. */
static void check(struct bench *b)
{
    struct journal_check c;
    int ran = bench_lines("ran");

    T_OK(journal_verify(b->store, 1, &c, &b->err), b->err);
    T_CHECK(c.finished && c.sealed);
    T_CHECK(ran >= 2);
    T_CHECK(
        ran <=
        bench_sql("SELECT count(*) FROM event WHERE kind = 20 AND json_extract(data, '$.command')"
                  " LIKE '%>> %ran%'"));
    /* another intent, after one that ended well, has no reason */
    T_EQ(bench_sql(
             "SELECT count(*) FROM (SELECT step FROM event GROUP BY step HAVING sum(kind = 21 AND"
             " json_extract(data, '$.state') = 'done') > 1)"),
         0);
    T_CHECK(!file_exists("MAINTENANCE")); /* P9 */
    T_EQ(bench_sql("SELECT count(*) FROM lock"), 0);
    T_EQ(bench_sql("SELECT count(*) FROM state"), 0);
}

/* --- each event cannot be written --- */

static bool try_event(const struct job *job, int seq)
{
    struct bench b;
    char sql[200];
    enum exit_code code;
    bool refused;

    begin(&b, job);
    approve(&b);
    (void)snprintf(sql, sizeof(sql),
                   "CREATE TRIGGER no BEFORE INSERT ON event WHEN new.seq = %d BEGIN"
                   " SELECT raise(ABORT, 'refused by the test'); END",
                   seq);
    bench_exec(sql);
    code = process(&b, job, false);
    refused = bench_sql("SELECT count(*) FROM event WHERE kind = 4") == 0;
    if (refused) {
        T_EQ(code, EXIT_CODE_FAILED);
        T_CHECK(bench_says(&b, "refused by the test") &&
                bench_says(&b, "journal of run r-0001 in 'store'"));
        T_EQ(bench_sql("SELECT count(*) FROM event") < seq, 1);
        bench_exec("DROP TRIGGER no");
        go_on(&b, job);
    }
    check(&b);
    bench_end(&b);
    return refused;
}

static void walk_events(const struct job *job)
{
    int seq = 1;

    while (try_event(job, seq))
        seq++;
    t_say("%d events", seq - 1);
    T_CHECK(seq > 20);
}

T(a_run_is_resumed_whichever_of_its_events_could_not_be_written)
{
    walk_events(&forward);
}

T(a_way_back_is_resumed_whichever_of_its_events_could_not_be_written)
{
    walk_events(&backward);
}

T(a_choice_is_resumed_whichever_of_its_events_could_not_be_written)
{
    walk_events(&chosen);
}

/* --- each call of the disk fails --- */

static unsigned try_call(const struct job *job, unsigned at, bool always)
{
    struct bench b;
    enum exit_code code;
    unsigned calls;

    begin(&b, job);
    approve(&b);
    t_vfs_fail(at, always);
    code = process(&b, job, false);
    calls = t_vfs.calls;
    t_vfs_fail(0, false);
    if (bench_sql("SELECT count(*) FROM event WHERE kind = 4") == 0) {
        T_EQ(code, EXIT_CODE_FAILED);
        T_CHECK(bench_says(&b, "store"));
        go_on(&b, job);
    }
    check(&b);
    bench_end(&b);
    return calls;
}

/* Calls between two commits are of one kind: the walk takes some of the calls, at random, and all of the first. */
static void walk_calls(const struct job *job, bool always)
{
    unsigned at = 1, points = 0;

    while (try_call(job, at, always) >= at) {
        at += at < 8 ? 1 : 1 + (unsigned)(t_random() % 41);
        points++;
    }
    t_say("%u calls, %u points", at, points);
    T_CHECK(points > 8);
}

T(a_run_is_resumed_whichever_call_of_the_disk_failed)
{
    t_vfs_init();
    walk_calls(&forward, false);
}

T(a_way_back_is_resumed_whichever_call_of_the_disk_failed)
{
    t_vfs_init();
    walk_calls(&backward, false);
}

T(a_run_is_resumed_wherever_the_disk_has_gone_for_good)
{
    t_vfs_init();
    walk_calls(&backward, true);
}

/* --- going on, and ending by hand, on a disk that fails --- */

static void stops(struct bench *b)
{
    run_interrupt(b->run, "stop");
}

static void begin_stopped(struct bench *b)
{
    begin(b, &forward);
    approve(b);
    b->at = "step-intent";
    b->at_count = 3;
    b->act = stops;
    T_EQ(process(b, &forward, false), EXIT_CODE_INTERRUPTED);
}

static unsigned try_resume(unsigned at)
{
    struct bench b;
    enum exit_code code;
    unsigned calls;

    begin_stopped(&b);
    t_vfs_fail(at, false);
    code = process(&b, &forward, true);
    calls = t_vfs.calls;
    t_vfs_fail(0, false);
    if (code != EXIT_CODE_DONE) {
        T_EQ(code, EXIT_CODE_FAILED);
        T_CHECK(bench_says(&b, "store"));
        go_on(&b, &forward);
    }
    check(&b);
    bench_end(&b);
    return calls;
}

T(a_resume_is_tried_again_whichever_call_of_the_disk_failed)
{
    unsigned at = 1;

    t_vfs_init();
    while (try_resume(at) >= at)
        at += at < 8 ? 1 : 1 + (unsigned)(t_random() % 29);
    T_CHECK(at > 8);
}

/* After a run that is over: it is looked at first. */
static unsigned try_start(unsigned at)
{
    static const struct job two = {.document = "# Doc\n\n## Verification\n\n" BLOCK("true"),
                                   .binding = "environment: test\n",
                                   .want = EXIT_CODE_DONE};
    struct run_options opt;
    struct bench b;
    enum err_code rc;
    unsigned calls;

    begin(&b, &two);
    T_EQ(process(&b, &two, false), EXIT_CODE_DONE);
    store_free(b.store);
    T_OK(store_open("store", STORE_WRITE, &b.store, &b.err),
         b.err); /* nothing of it is in memory */
    opt = bench_options(&b);
    t_vfs_fail(at, false);
    rc = run_start(b.store, &b.plan, &opt, &b.run, &b.err);
    calls = t_vfs.calls;
    t_vfs_fail(0, false);
    if (rc != ERR_OK) {
        T_EQ(rc, ERR_DB);
        T_CHECK(bench_says(&b, "store") && !b.run);
        T_EQ(bench_sql("SELECT count(*) FROM lock"), 0);
        T_OK(run_start(b.store, &b.plan, &opt, &b.run, &b.err), b.err);
    }
    T_EQ(bench_go(&b), EXIT_CODE_DONE);
    bench_end(&b);
    return calls;
}

T(a_start_is_tried_again_whichever_call_of_the_disk_failed)
{
    unsigned at = 1;

    t_vfs_init();
    while (try_start(at) >= at)
        at++;
    T_CHECK(at > 16);
}

/* The way back of a run that is finished: the other journal is read whole, and checked. */
static unsigned try_start_back(unsigned at)
{
    static const struct job one = {.document = "# Doc\n\n## Deployment\n\n" BLOCK(
                                       "cp new app") "## Rollback\n\n" BLOCK("cp old app"),
                                   .binding = "environment: test\n",
                                   .want = EXIT_CODE_DONE};
    struct run_options opt;
    struct bench b;
    enum err_code rc;
    unsigned calls;

    begin(&b, &one);
    T_EQ(process(&b, &one, false), EXIT_CODE_DONE);
    store_free(b.store);
    T_OK(store_open("store", STORE_WRITE, &b.store, &b.err), b.err);
    opt = bench_options(&b);
    t_vfs_fail(at, false);
    rc = run_start_back(b.store, 1, &b.plan, &opt, &b.run, &b.err);
    calls = t_vfs.calls;
    t_vfs_fail(0, false);
    if (rc != ERR_OK) {
        T_CHECK(bench_says(&b, "store") && !b.run);
        T_EQ(bench_sql("SELECT count(*) FROM lock"), 0);
        T_OK(run_start_back(b.store, 1, &b.plan, &opt, &b.run, &b.err), b.err);
    }
    T_EQ(bench_go(&b), EXIT_CODE_ROLLED_BACK);
    bench_end(&b);
    return calls;
}

T(a_way_back_of_a_finished_run_is_begun_again_whichever_call_of_the_disk_failed)
{
    unsigned at = 1;

    t_vfs_init();
    while (try_start_back(at) >= at)
        at++;
    T_CHECK(at > 16);
}

/* By the plan that the store keeps: the document is not needed. */
static unsigned try_abort(unsigned at)
{
    struct journal_check c;
    struct bench b;
    enum err_code rc;
    unsigned calls;

    begin_stopped(&b);
    t_vfs_fail(at, false);
    rc = run_abort(b.store, 1, SV("ana"), SV("by hand"), &b.err);
    calls = t_vfs.calls;
    t_vfs_fail(0, false);
    if (rc != ERR_OK) {
        T_EQ(rc, ERR_DB);
        T_CHECK(bench_says(&b, "store"));
        T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 4"), 0);
        forget_lock();
        b.err = (struct err){0};
        T_OK(run_abort(b.store, 1, SV("ana"), SV("by hand"), &b.err), b.err);
    }
    T_OK(journal_verify(b.store, 1, &c, &b.err), b.err);
    T_CHECK(c.finished && c.sealed);
    T_EQ(bench_sql("SELECT count(*) FROM lock"), 0);
    bench_end(&b);
    return calls;
}

T(an_abort_is_tried_again_whichever_call_of_the_disk_failed)
{
    unsigned at = 1;

    t_vfs_init();
    while (try_abort(at) >= at)
        at++;
    T_CHECK(at > 8);
}

T_MAIN(T_CASE(a_run_is_resumed_whichever_of_its_events_could_not_be_written),
       T_CASE(a_way_back_is_resumed_whichever_of_its_events_could_not_be_written),
       T_CASE(a_choice_is_resumed_whichever_of_its_events_could_not_be_written),
       T_CASE(a_run_is_resumed_whichever_call_of_the_disk_failed),
       T_CASE(a_way_back_is_resumed_whichever_call_of_the_disk_failed),
       T_CASE(a_run_is_resumed_wherever_the_disk_has_gone_for_good),
       T_CASE(a_start_is_tried_again_whichever_call_of_the_disk_failed),
       T_CASE(a_resume_is_tried_again_whichever_call_of_the_disk_failed),
       T_CASE(a_way_back_of_a_finished_run_is_begun_again_whichever_call_of_the_disk_failed),
       T_CASE(an_abort_is_tried_again_whichever_call_of_the_disk_failed))
