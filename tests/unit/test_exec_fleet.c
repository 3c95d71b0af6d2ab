/*
 * exec: a step on several hosts, carried out for real in sessions of this machine: each "host" is a shell of its own,
 * told from the others by the session that prusik gives it.  tests/scenario/fleet.py does it over ssh.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec_bench.h"

#define FENCE    "```"
#define SH(code) "\n" FENCE "bash\n" code "\n" FENCE "\n\n"
#define DEPLOY   "# Web\n\n## Deployment\n"
#define BACK     "## Rollback\n"
#define TEST     "environment: test\n"
#define HOSTS(n) \
    "hosts: {'*': local, gone: {address: nowhere, ssh: [-F, none]}, web: {group: [" n "]"
#define ACCEPTED "steps: {deployment: {undo: a test}}\n"
/* A shell of its own for each host: the first command gives it its name, in the order in which they come. */
#define NAMED "ssh web\nuntil mkdir n$((++N)) 2>/dev/null; do :; done\n"

/* How many events have this kind and this in their data. */
static long long events(const char *name, const char *like)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    int kind = strcmp(name, "host-outcome") == 0 ? 26 : strcmp(name, "step-intent") == 0 ? 20 : 21;

    strbuf_addf(&sql, "SELECT count(*) FROM event WHERE kind = %d AND step || data LIKE '%%%s%%'",
                kind, like);
    return bench_sql(strbuf_str(&sql));
}

T(batch_follows_batch_and_each_host_has_a_shell_of_its_own)
{
    struct bench b;

    bench_plan(
        &b, DEPLOY SH("ssh web\nX=$((X + 1))\necho $X >> x"),
        TEST HOSTS(
            "a, b, c") ", batch: 2, health: {command: 'echo h >> h; test -z \"$X\"'}}}\n" ACCEPTED);
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(bench_lines("x"), 3);
    T_EQ(bench_lines("h"), 3);
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 26"), 9);
    T_EQ(events("host-outcome", "\"host\":\"c\",\"started_us\""), 3);
    T_EQ(events("step-intent", "\"hosts\":[\"a\",\"b\"]"), 3);
    T_EQ(events(
             "step-outcome",
             "\"hosts\":[{\"host\":\"a\",\"state\":\"done\"},{\"host\":\"b\",\"state\":\"done\"}]"),
         3);
    bench_end(&b);
}

T(they_run_at_the_same_time)
{
    struct bench b;

    /* each waits for the other two */
    bench_plan(
        &b,
        DEPLOY SH(
            "ssh web\ntouch $BASHPID.here; until test $(ls *.here | wc -l) = 3; do sleep 0.01; done"),
        TEST HOSTS(
            "a, b, c") ", batch: 100%}}\nsteps: {deployment: {undo: a test, timeout: 20s}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    bench_end(&b);
}

T(the_first_bad_batch_stops_it)
{
    struct bench b;

    bench_plan(&b, DEPLOY SH(NAMED "echo x >> ran\ntest ! -d n2 -o $N != 2\necho x >> after"),
               TEST HOSTS("a, b, c") "}}\n" ACCEPTED);
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_EQ(bench_lines("ran"), 2);
    T_EQ(bench_lines("after"), 1);
    T_CHECK(bench_says(&b, "deployment/3@batch-2 failed: b: exit status 1"));
    T_EQ(events("host-outcome", "\"host\":\"b\",\"reason\":\"exit status 1\""), 1);
    T_EQ(bench_resume(&b), EXIT_CODE_FAILED); /* still bad; what was done is not done again */
    T_EQ(bench_lines("ran"), 2);
    bench_end(&b);
}

T(resume_goes_on_with_the_hosts_that_are_left)
{
    struct bench b;

    bench_plan(&b, DEPLOY SH(NAMED "echo $N >> ran && test -e mended -o $N = 1\necho x >> after"),
               TEST HOSTS("a, b, c") ", batch: 3}}\n" ACCEPTED);
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_EQ(bench_lines("ran"), 3);
    T_EQ(bench_lines("after"), 0);
    bench_write("mended", "");
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    T_EQ(bench_lines("ran"), 5);
    T_EQ(bench_lines("after"), 3);
    bench_end(&b);
}

T(a_retry_is_for_the_hosts_that_failed)
{
    struct bench b;

    bench_plan(
        &b, DEPLOY SH(NAMED "echo x >> ran$N && test $(wc -l < ran$N) -ge $N"),
        TEST HOSTS("a, b, c") ", batch: 3}}\nsteps: {deployment: {undo: a test, retries: 2}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(bench_lines("ran1"), 1);
    T_EQ(bench_lines("ran2"), 2);
    T_EQ(bench_lines("ran3"), 3);
    bench_end(&b);
}

T(a_step_that_was_left_goes_on_with_all_hosts_and_is_retried_where_it_failed)
{
    struct bench b;
    struct run_options opt;

    bench_plan(&b,
               DEPLOY SH(NAMED "echo $N >> ran && test -e mended -o $N = 1\n"
                               "echo x >> after && test -e mended"),
               TEST HOSTS("a, b, c") ", batch: 3}}\nsteps: {'deployment/2': {undo: a test, "
                                     "on_failure: continue}, deployment: {undo: a test}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_EQ(bench_lines("ran"), 3);
    T_EQ(bench_lines("after"), 3);
    bench_write("mended", "");
    opt = bench_options(&b);
    opt.retry = SV("deployment/2@batch-1");
    T_OK(run_resume(b.store, 1, &b.plan, &opt, &b.run, &b.err), b.err);
    T_EQ(bench_go(&b), EXIT_CODE_DONE);
    T_EQ(bench_lines("ran"), 5);
    T_EQ(bench_lines("after"), 6);
    bench_end(&b);
}

T(a_branch_is_for_the_batch_that_failed)
{
    struct bench b;

    bench_plan(&b,
               DEPLOY "### 1. New\n" SH("ssh web\necho x >> new && false") "### 2. Mend\n" SH(
                   "ssh web\necho x >> mend"),
               TEST HOSTS("a, b") "}}\nsteps: {'1': {undo: a test, on_failure: '2'}, '2': {undo: a "
                                  "test}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_CHECK(bench_says(&b, "step deployment/1/1@batch-1 failed; what the document says"));
    T_EQ(bench_lines("new"), 1);
    T_EQ(bench_lines("mend"), 1);
    bench_end(&b);
}

T(an_unhealthy_batch_is_bad_after_its_time)
{
    struct bench b;

    bench_plan(
        &b, DEPLOY SH("ssh web\necho x >> ran"),
        TEST HOSTS(
            "a, b") ", health: {command: 'echo x >> looks; false', within: 300ms, every: 50ms}}}\n" ACCEPTED);
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_EQ(bench_lines("ran"), 1);
    T_CHECK(bench_lines("looks") >= 2);
    T_CHECK(bench_says(&b, "deployment/1@batch-1/health failed: a: exit status 1"));
    bench_end(&b);
}

T(a_batch_that_becomes_healthy_is_good)
{
    struct bench b;

    bench_plan(
        &b, DEPLOY SH("ssh web\necho x >> ran"),
        TEST HOSTS(
            "a, b") ", batch: 2, health: {command: 'echo x >> looks; test $(wc -l < looks) -ge 4', "
                    "within: 20s, every: 10ms}}}\n" ACCEPTED);
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_CHECK(bench_lines("looks") >= 4);
    T_EQ(events("step-intent", "/health"), 1); /* looking again is one attempt */
    bench_end(&b);
}

T(the_way_back_is_for_the_hosts_that_were_touched)
{
    struct bench b;

    bench_plan(&b,
               DEPLOY SH(NAMED "echo x >> ran\ntest $N != 2")
                   BACK SH("ssh web\necho back >> back\nrm -f ran"),
               TEST "on_failure: rollback\n" HOSTS("a, b, c, d") ", batch: 1}}\n" ACCEPTED);
    T_EQ(bench_run(&b), EXIT_CODE_ROLLED_BACK);
    T_EQ(bench_lines("back"), 2);
    T_EQ(
        bench_sql(
            "SELECT count(*) FROM event WHERE kind = 22 AND step = 'rollback/1@batch-3' AND data LIKE "
            "'%nothing was changed on c%'"),
        1);
    bench_end(&b);
}

T(a_host_of_a_batch_that_was_not_touched_is_left_alone)
{
    struct bench b;

    bench_plan(&b, DEPLOY SH("ssh web\necho x >> ran") BACK SH("ssh web\necho back >> back"),
               TEST "on_failure: rollback\n" HOSTS("a, gone") ", batch: 2}}\n" ACCEPTED);
    T_EQ(bench_run(&b), EXIT_CODE_ROLLED_BACK);
    T_EQ(bench_lines("ran"), 1);
    T_EQ(bench_lines("back"), 1);
    T_EQ(events("host-outcome", "\"host\":\"gone\",\"reason\":\"nothing was changed on it"), 1);
    bench_end(&b);
}

T(a_way_back_that_fails_on_one_host_brings_the_others_back)
{
    struct bench b;

    bench_plan(&b,
               DEPLOY SH(NAMED "test $N != 3")
                   BACK SH("ssh web\necho x >> one && test -e mended -o $(wc -l < one) != 1\n"
                           "echo x >> two"),
               TEST "on_failure: rollback\n" HOSTS("a, b, c") "}}\n" ACCEPTED);
    T_EQ(bench_run(&b), EXIT_CODE_ROLLBACK_FAILED);
    T_EQ(bench_lines("one"), 3);
    T_EQ(bench_lines("two"), 2);
    T_CHECK(bench_says(&b, "the way back failed at step rollback/1@batch-1: a: exit status 1"));
    bench_write("mended", "");
    T_EQ(bench_resume(&b), EXIT_CODE_ROLLED_BACK);
    T_EQ(bench_lines("one"), 4);
    T_EQ(bench_lines("two"), 3);
    bench_end(&b);
}

/* One of them is not looked at, as the step before failed there: the health of the others becomes known all the same. */
T(a_host_that_failed_ends_no_look_at_the_others)
{
    struct bench b;

    bench_plan(
        &b,
        DEPLOY SH(NAMED "test $N != 3")
            BACK SH("ssh web\necho x >> one && test -e mended -o $(wc -l < one) != 1"),
        TEST "on_failure: rollback\n" HOSTS(
            "a, b, c") ", batch: 3, health: {command: 'echo x >> looks; test -e well', within: 300ms, "
                       "every: 20ms}}}\n" ACCEPTED);
    T_EQ(bench_run(&b), EXIT_CODE_ROLLBACK_FAILED);
    T_CHECK(bench_lines("looks") >= 4);
    T_EQ(events("host-outcome", "rollback/1@batch-1/health"), 3);
    bench_write("mended", "");
    bench_write("well", "");
    T_EQ(bench_resume(&b), EXIT_CODE_ROLLED_BACK);
    bench_end(&b);
}

T(what_is_left_on_the_way_back_keeps_no_host_from_its_next_step)
{
    struct bench b;

    bench_plan(
        &b,
        DEPLOY SH(NAMED "test $N != 2") BACK SH("ssh web\necho x >> one && false\necho x >> two"),
        TEST "on_failure: rollback\n" HOSTS("a, b") ", batch: 2}}\nsteps: {deployment: {undo: "
                                                    "a test}, 'rollback/1': {on_failure: "
                                                    "continue}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_ROLLED_BACK);
    T_EQ(bench_lines("one"), 2);
    T_EQ(bench_lines("two"), 2);
    bench_end(&b);
}

T(what_one_host_prints_comes_in_whole_lines)
{
    struct bench b;

    bench_plan(
        &b,
        DEPLOY SH(
            "ssh web\nfor i in 1 2 3 4 5 6; do printf 'ab'; sleep 0.01; echo 'cd'; done; printf end"),
        TEST HOSTS("a, b") ", batch: 2}}\n" ACCEPTED);
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(b.out.n, 2 * (6 * 5 + 3));
    for (size_t i = 0; i + 5 < b.out.n && b.out.p[i] == 'a'; i += 5)
        T_CHECK(memcmp(b.out.p + i, "abcd\n", 5) == 0 || memcmp(b.out.p + i, "end", 3) == 0);
    bench_end(&b);
}

#define LOOKS DEPLOY SH("ssh web\necho x >> ran\n# Expected: the page looks right\necho x >> after")

T(a_person_is_asked_for_each_host)
{
    struct bench b;

    bench_plan(&b, LOOKS, TEST HOSTS("a, b, c") ", batch: 3}}\n" ACCEPTED);
    b.answers = "yyn";
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_EQ(b.asked[QUESTION_OUTCOME], 3);
    T_CHECK(strstr(strbuf_str(&b.last_question), "c (0 more): the page looks right"));
    T_CHECK(bench_says(&b, "failed: c: ana said no: why"));
    T_EQ(bench_lines("after"), 0);
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 9 AND data LIKE '%\"host\":\"b\"%'"),
         1);
    b.answers = "y";
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    T_EQ(b.asked[QUESTION_OUTCOME], 4);
    T_EQ(bench_lines("ran"), 4);
    bench_end(&b);
}

T(a_no_is_not_tried_again_unasked)
{
    struct bench b;

    bench_plan(
        &b, LOOKS,
        TEST HOSTS("a, b") ", batch: 2}}\nsteps: {deployment: {undo: a test, retries: 2}}\n");
    b.answers = "yn";
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_EQ(bench_lines("ran"), 2);
    bench_end(&b);
}

T(an_answer_is_for_all_only_when_it_says_so)
{
    struct bench b;

    bench_plan(&b, LOOKS, TEST HOSTS("a, b, c") ", batch: 3}}\n" ACCEPTED);
    b.answers = "Y";
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(b.asked[QUESTION_OUTCOME], 1);
    T_CHECK(strstr(strbuf_str(&b.last_question), "a (2 more): the page looks right"));
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 9 AND data LIKE '%\"host\":\"all\"%'"),
         1);
    bench_end(&b);
}

T(an_answer_ahead_for_all_counts)
{
    struct bench b;

    bench_plan(
        &b, LOOKS,
        TEST HOSTS("a, b") "}}\n" ACCEPTED
                           "answers: {'deployment/1': {answer: yes, by: bob, hosts: all}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    bench_end(&b);
    bench_plan(&b, LOOKS,
               TEST HOSTS("a, b") "}}\n" ACCEPTED
                                  "answers: {'deployment/1': {answer: no, by: bob, hosts: all}}\n");
    store_free(b.store);
    T_OK(store_open("store2", STORE_WRITE, &b.store, &b.err), b.err);
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_CHECK(bench_says(&b, "a: bob said no to \"the page looks right\""));
    bench_end(&b);
}

static void die(struct bench *b UNUSED)
{
    (void)kill(getpid(), SIGKILL);
}

/* The process is killed at an event; then the journal is opened again. */
static void run_and_die(struct bench *b, bool resumed, const char *at, int count)
{
    pid_t pid;
    int status;

    store_free(b->store); /* the child opens its own */
    b->store = NULL;
    pid = fork();
    if (pid == 0) {
        T_OK(store_open("store", STORE_WRITE, &b->store, &b->err), b->err);
        b->at = at;
        b->at_count = count;
        b->act = die;
        (void)(resumed ? bench_resume(b) : bench_run(b));
        _exit(3);
    }
    T_EQ(waitpid(pid, &status, 0), pid);
    T_CHECK(WIFSIGNALED(status));
    T_OK(store_open("store", STORE_WRITE, &b->store, &b->err), b->err);
}

/* a and b have ended and are in the journal, c waits for ever. */
#define HANGS       \
    DEPLOY SH(NAMED \
              "echo $N >> ran && { test $N != 3 -o -e mended || sleep 1000; }\necho x >> after")

T(after_a_crash_only_the_hosts_without_an_outcome_are_in_doubt)
{
    struct bench b;

    bench_plan(&b, HANGS, TEST HOSTS("a, b, c") ", batch: 3}}\n" ACCEPTED);
    run_and_die(&b, false, "host-outcome", 5); /* three of the first step, two of the second */
    bench_write("mended", "");
    T_EQ(bench_resume(&b), EXIT_CODE_WAITING); /* nobody to ask */
    T_CHECK(bench_says(&b, "is in doubt on "));
    b.answers = "n";
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    T_EQ(b.asked[QUESTION_DOUBT], 1);
    T_CHECK(strstr(strbuf_str(&b.last_question), "(0 more): 'echo $N"));
    T_EQ(bench_lines("ran"), 4);
    T_EQ(bench_lines("after"), 3);
    bench_end(&b);
}

T(a_crash_after_the_last_answer_asks_nothing_again)
{
    struct bench b;

    bench_plan(&b, HANGS, TEST HOSTS("a, b, c") ", batch: 3}}\n" ACCEPTED);
    run_and_die(&b, false, "host-outcome", 5);
    b.answers = "y";
    run_and_die(&b, true, "answer", 1);
    b.answers = NULL;
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    T_EQ(bench_lines("after"), 3);
    bench_end(&b);
}

T(a_crash_between_a_host_that_failed_and_the_end_of_the_step_leaves_it_failed)
{
    struct bench b;

    bench_plan(&b, DEPLOY SH(NAMED "test $N != 1 || { sleep 0.2; false; } && sleep 1000"),
               TEST HOSTS("a, b, c") ", batch: 3}}\n" ACCEPTED);
    run_and_die(&b, false, "host-outcome", 4);
    T_EQ(bench_resume(&b), EXIT_CODE_FAILED);
    T_CHECK(bench_says(&b, "is in doubt: it was begun before the run was interrupted"));
    bench_end(&b);
}

static void interrupt(struct bench *b)
{
    run_interrupt(b->run, "stopped by the operator");
}

T(what_was_stopped_is_asked_about_for_each_host)
{
    struct bench b;

    bench_plan(&b,
               DEPLOY SH(NAMED "echo x >> ran && echo begun && { test -e mended || sleep 1000; }"),
               TEST HOSTS("a, b") ", batch: 2}}\n" ACCEPTED);
    b.at = "output";
    b.at_count = 2;
    b.act = interrupt;
    T_EQ(bench_run(&b), EXIT_CODE_INTERRUPTED);
    T_EQ(bench_lines("ran"), 2);
    bench_write("mended", "");
    b.answers = "yn";
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    T_EQ(b.asked[QUESTION_DOUBT], 2);
    T_EQ(bench_lines("ran"), 3);
    T_EQ(events("host-outcome", "ana says that it has happened"), 1);
    bench_end(&b);
}

/* Hosts over an ssh that is a shell of this machine: a command that kills it is a contact that is lost. */
#define OVER "hosts: {'*': {}, web: {group: [a, b], batch: 2}}\n"
#define LOSES                                                            \
    DEPLOY SH("ssh web\nuntil mkdir n$((++N)) 2>/dev/null; do :; done\n" \
              "echo x >> ran && test $N != 2 || kill -KILL $$")

static void loses(struct bench *b, const char *binding)
{
    static char path[8192];

    (void)mkdir("bin", 0700);
    bench_write("bin/ssh", "#!/bin/bash\nshift $(($# - 1))\nexec bash -c \"$1\"\n");
    (void)snprintf(path, sizeof(path), "%s/bin:%s", getcwd((char[4096]){0}, 4096), getenv("PATH"));
    (void)setenv("PATH", path, 1);
    bench_plan(b, LOSES, binding);
}

T(contact_that_is_lost_again_and_again_is_a_failure)
{
    struct bench b;

    loses(&b, TEST OVER "steps: {deployment: {undo: a test, in_doubt: again}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_EQ(bench_lines("ran"), 4); /* one host once, the other three times */
    T_CHECK(bench_says(&b, "was lost 3 times"));
    bench_end(&b);
}

T(the_plan_may_say_that_it_counts_as_done)
{
    struct bench b;

    loses(&b, TEST OVER "steps: {deployment: {undo: a test, in_doubt: done}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(bench_lines("ran"), 2);
    T_EQ(events("host-outcome", "\"reason\":\"the binding says so\",\"started_us\""), 1);
    bench_end(&b);
}

T(a_person_is_asked_about_the_host_that_was_lost)
{
    struct bench b;

    loses(&b, TEST OVER ACCEPTED "");
    b.answers = "y";
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_CHECK(strstr(strbuf_str(&b.last_question), "was lost while 'echo x"));
    bench_end(&b);
}

T(counters_are_looked_at_twice_on_each_host)
{
    struct bench b;

    bench_plan(&b, DEPLOY SH(NAMED "echo x >> c$N && wc -l < c$N\n# Expected: count increasing"),
               TEST HOSTS("a, b") ", batch: 2}}\n" ACCEPTED);
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(bench_lines("c1"), 2);
    T_EQ(bench_lines("c2"), 2);
    bench_end(&b);
}

T(not_every_host_of_many_is_named)
{
    struct bench b;

    bench_plan(&b, DEPLOY SH("ssh web\nfalse"),
               TEST HOSTS("a, b, c, d, e") ", batch: 5}}\n" ACCEPTED);
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_CHECK(bench_says(&b, "a: exit status 1; b: exit status 1; c: exit status 1; and 2 more"));
    bench_end(&b);
}

T(what_nobody_has_looked_at_stays_open_when_another_host_failed)
{
    struct bench b;

    bench_plan(
        &b,
        DEPLOY SH(NAMED
                  "echo x >> ran && test $N != 2 -o -e mended\n# Expected: the page looks right"),
        TEST HOSTS("a, b") ", batch: 2}}\n" ACCEPTED);
    b.answers = "";
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_CHECK(bench_says(&b, "is in doubt: it ended, and nobody has looked at its output"));
    bench_write("mended", "");
    b.answers = "yy"; /* it has happened there; it looks right on the other one */
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    T_EQ(b.asked[QUESTION_DOUBT], 1);
    T_EQ(b.asked[QUESTION_OUTCOME], 1);
    T_EQ(bench_lines("ran"), 3);
    bench_end(&b);
}

T_MAIN(T_CASE(batch_follows_batch_and_each_host_has_a_shell_of_its_own),
       T_CASE(they_run_at_the_same_time), T_CASE(the_first_bad_batch_stops_it),
       T_CASE(resume_goes_on_with_the_hosts_that_are_left),
       T_CASE(a_retry_is_for_the_hosts_that_failed),
       T_CASE(a_step_that_was_left_goes_on_with_all_hosts_and_is_retried_where_it_failed),
       T_CASE(a_branch_is_for_the_batch_that_failed),
       T_CASE(what_is_left_on_the_way_back_keeps_no_host_from_its_next_step),
       T_CASE(a_host_that_failed_ends_no_look_at_the_others),
       T_CASE(a_no_is_not_tried_again_unasked), T_CASE(an_unhealthy_batch_is_bad_after_its_time),
       T_CASE(a_batch_that_becomes_healthy_is_good),
       T_CASE(the_way_back_is_for_the_hosts_that_were_touched),
       T_CASE(a_host_of_a_batch_that_was_not_touched_is_left_alone),
       T_CASE(a_way_back_that_fails_on_one_host_brings_the_others_back),
       T_CASE(what_one_host_prints_comes_in_whole_lines), T_CASE(a_person_is_asked_for_each_host),
       T_CASE(an_answer_is_for_all_only_when_it_says_so), T_CASE(an_answer_ahead_for_all_counts),
       T_CASE(after_a_crash_only_the_hosts_without_an_outcome_are_in_doubt),
       T_CASE(a_crash_after_the_last_answer_asks_nothing_again),
       T_CASE(a_crash_between_a_host_that_failed_and_the_end_of_the_step_leaves_it_failed),
       T_CASE(what_was_stopped_is_asked_about_for_each_host),
       T_CASE(contact_that_is_lost_again_and_again_is_a_failure),
       T_CASE(the_plan_may_say_that_it_counts_as_done),
       T_CASE(a_person_is_asked_about_the_host_that_was_lost),
       T_CASE(counters_are_looked_at_twice_on_each_host), T_CASE(not_every_host_of_many_is_named),
       T_CASE(what_nobody_has_looked_at_stays_open_when_another_host_failed))
