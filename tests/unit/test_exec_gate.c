/* Gates of a run: people, clocks, waits; what a resume finds. */
#include "base/clock.h"
#include "exec_bench.h"
#include "net_server.h"

#define DOC  "# Doc\n\n## Deployment\n\n```bash\necho one >> done\n```\n"
#define HEAD "environment: test\nsteps: {\"1\": {undo: n}}\n"

static void say_at(struct bench *b, const char *who, bool refused, int64_t at_us)
{
    struct hash_text plan = hash_hex(&b->plan.approval);
    struct store_approval a = {.at_us = at_us,
                               .plan = sv_from(plan.s),
                               .who = sv_from(who),
                               .note = SV("looked at it"),
                               .login = sv_from(who),
                               .refused = refused};

    T_OK(store_approval_add(b->store, &a, &b->err), b->err);
}

static void say(struct bench *b, const char *who, bool refused)
{
    say_at(b, who, refused, clock_now_us());
}

static void bo_says_yes(struct bench *b)
{
    say(b, "bo", false);
}

static void bo_says_no(struct bench *b)
{
    say(b, "bo", true);
}

T(an_approval_that_is_too_old_is_named_and_kept)
{
    struct bench b;

    bench_plan(&b, DOC, HEAD "gates: {\"1\": {approve: {expires: 1h, need: 3}}}\n");
    say_at(&b, "bo", false, clock_now_us() - INT64_C(7200) * CLOCK_US_PER_S);
    T_EQ(bench_run(&b), EXIT_CODE_WAITING);
    T_CHECK(bench_says(&b, "waits for 3 approvals; that of bo has expired"));
    T_EQ(
        bench_sql("SELECT count(*) FROM event WHERE kind = 10 AND json_extract(data, '$.expired')"),
        1);
    say_at(&b, "cy", false, clock_now_us() - INT64_C(7200) * CLOCK_US_PER_S);
    say(&b, "di", false);
    T_EQ(bench_resume(&b), EXIT_CODE_WAITING);
    T_CHECK(bench_says(&b, "waits for 3 approvals, has 1; 2 have expired"));
    bench_end(&b);
}

/* --- confirm --- */

static const char confirm[] =
    HEAD "gates: {\"1\": {confirm: {note: required, text: \"all told?\"}}}\n";

T(a_yes_opens_and_is_not_asked_for_again)
{
    struct bench b;

    bench_plan(&b, "# Doc\n\n## Deployment\n\n```bash\ntest -e good\n```\n",
               HEAD "gates: {\"1\": {confirm: }}\n");
    b.answers = "y";
    T_EQ(bench_run(&b), EXIT_CODE_FAILED); /* the step fails ... */
    T_EQ(b.asked[QUESTION_GATE], 1);
    T_STR(strbuf_str(&b.last_question), "go on");
    bench_write("good", "");
    T_EQ(bench_resume(&b), EXIT_CODE_DONE); /* ... and its gate stands open */
    T_EQ(b.asked[QUESTION_GATE], 1);
    T_EQ(
        bench_sql(
            "SELECT count(*) FROM event WHERE kind = 9 AND json_extract(data, '$.gate') = 'confirm'"),
        1);
    bench_end(&b);
}

T(a_yes_that_needs_a_note_is_asked_for_until_it_has_one)
{
    struct bench b;

    bench_plan(&b, DOC, confirm);
    b.answers = "yn";
    T_EQ(bench_run(&b), EXIT_CODE_REFUSED);
    T_STR(strbuf_str(&b.last_question), "all told? (this yes needs a note: why?)");
    b.answers = "y";
    b.note = "ticket 7";
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE json_extract(data, '$.note') = 'ticket 7'"),
         1);
    bench_end(&b);
}

T(a_no_is_a_refusal_and_no_failure)
{
    struct bench b;

    bench_plan(&b, DOC, confirm);
    b.answers = "n";
    T_EQ(bench_run(&b), EXIT_CODE_REFUSED);
    T_CHECK(bench_says(&b, "step deployment/1 was refused by ana: why"));
    T_EQ(b.err.code, ERR_REFUSED);
    T_EQ(bench_lines("done"), 0);
    T_EQ(bench_sql("SELECT json_extract(data, '$.exit') FROM event WHERE kind = 5"),
         EXIT_CODE_REFUSED);
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 14"), 1);
    bench_end(&b);
}

T(without_a_person_a_question_is_left_for_a_terminal)
{
    struct bench b;

    bench_plan(&b, DOC, confirm);
    T_EQ(bench_run(&b), EXIT_CODE_WAITING);
    T_CHECK(bench_says(&b, "step deployment/1 waits for a confirmation") &&
            bench_says(&b, "from a terminal: prusik resume r-0001"));
    bench_end(&b);
}

/* --- approve --- */

static const char two[] =
    HEAD "people:\n  ana: {roles: [dba]}\n  bo: {roles: [dba]}\n  cy: {roles: [owner]}\n"
         "gates: {\"1\": {approve: {roles: [dba, owner], need: 2}}}\n";

T(it_goes_on_when_enough_people_have_said_yes_while_it_waits)
{
    struct bench b;

    bench_plan(&b, DOC, two);
    say(&b, "ana", false); /* she runs it */
    say(&b, "cy", false);
    b.wait = true;
    b.at = "gate-waiting";
    b.at_count = 1;
    b.act = bo_says_yes;
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 10"), 2);
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 12 AND json_extract(data, '$.for') = "
                   "'2 approvals of dba, owner, has 1'"),
         1);
    T_EQ(
        bench_sql(
            "SELECT count(*) FROM event WHERE kind = 13 AND json_extract(data, '$.waited_us') > 0"),
        1);
    bench_end(&b);
}

T(without_waiting_it_ends_and_a_resume_counts_again)
{
    struct bench b;

    bench_plan(&b, DOC, two);
    T_EQ(bench_run(&b), EXIT_CODE_WAITING);
    T_CHECK(bench_says(&b, "waits for 2 approvals of dba, owner") &&
            bench_says(&b, "prusik approve r-0001 --as NAME, then prusik resume r-0001"));
    say(&b, "bo", false);
    T_EQ(bench_resume(&b), EXIT_CODE_WAITING);
    T_CHECK(bench_says(&b, "waits for 2 approvals of dba, owner, has 1"));
    T_EQ(bench_resume(&b), EXIT_CODE_WAITING);
    say(&b, "cy", false);
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 10"), 2); /* each once */
    T_EQ(bench_sql(
             "SELECT count(DISTINCT json_extract(data, '$.since_us')) FROM event WHERE kind = 12"),
         1);
    bench_end(&b);
}

T(one_no_refuses_until_it_is_taken_back)
{
    struct bench b;

    bench_plan(&b, DOC, two);
    say(&b, "cy", false);
    b.wait = true;
    b.at = "gate-waiting";
    b.at_count = 1;
    b.act = bo_says_no;
    T_EQ(bench_run(&b), EXIT_CODE_REFUSED);
    T_CHECK(bench_says(&b, "was refused by bo: looked at it") &&
            bench_says(&b, "prusik abort r-0001"));
    T_EQ(bench_resume(&b), EXIT_CODE_REFUSED);
    say(&b, "bo", false);
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    T_EQ(
        bench_sql(
            "SELECT count(*) FROM event WHERE kind = 10 AND json_extract(data, '$.answer') = 'no'"),
        1);
    bench_end(&b);
}

T(an_approval_for_another_run_or_step_does_not_count)
{
    struct bench b;
    struct hash_text plan;
    struct store_approval a;

    bench_plan(&b, DOC, HEAD "gates: {\"1\": {approve: }}\n");
    plan = hash_hex(&b.plan.approval);
    a = (struct store_approval){.plan = sv_from(plan.s), .who = SV("bo"), .at_us = 1, .run = 2};
    T_OK(store_approval_add(b.store, &a, &b.err), b.err);
    a.run = 0;
    a.step = SV("2");
    T_OK(store_approval_add(b.store, &a, &b.err), b.err);
    T_EQ(bench_run(&b), EXIT_CODE_WAITING);
    a.run = 1;
    a.step = SV("deployment/1");
    T_OK(store_approval_add(b.store, &a, &b.err), b.err);
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    bench_end(&b);
}

/* Two signers of the document. */
T(the_approval_of_one_signer_is_not_that_of_another)
{
    static const char doc[] = "# Doc\n\n## Approvals\n\n| Role | Signature |\n|---|---|\n"
                              "| Database Lead | ____ |\n| Release Manager | ____ |\n\n"
                              "## Deployment\n\n```bash\necho one >> done\n```\n";
    struct bench b;
    struct hash_text plan;
    struct store_approval a;

    bench_plan(
        &b, doc,
        "environment: test\nsteps: {\"deployment/1\": {undo: n}}\n"
        "people: {ana: {roles: [operator]}, bo: {roles: [database lead]}, cy: {roles: [x]}}\n");
    plan = hash_hex(&b.plan.approval);
    a = (struct store_approval){.plan = sv_from(plan.s), .who = SV("cy"), .at_us = 1};
    T_OK(store_approval_add(b.store, &a, &b.err), b.err); /* for whom? */
    T_EQ(bench_run(&b), EXIT_CODE_WAITING);
    T_CHECK(bench_says(&b, "an approval as Database Lead") &&
            bench_says(&b, "--as NAME --role 'Database Lead'"));
    a.who = SV("bo"); /* has that role, and no other */
    a.at_us = 2;
    T_OK(store_approval_add(b.store, &a, &b.err), b.err);
    T_EQ(bench_resume(&b), EXIT_CODE_WAITING);
    T_CHECK(bench_says(&b, "an approval as Release Manager"));
    a.who = SV("cy");
    a.role = SV("release manager");
    a.at_us = 3;
    T_OK(store_approval_add(b.store, &a, &b.err), b.err);
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    bench_end(&b);
}

T(the_login_of_who_runs_is_known_whatever_name_is_given)
{
    struct bench b;
    struct hash_text plan;
    struct store_approval a;

    T_EQ(setenv("SUDO_USER", "ana.a", 1), 0);
    bench_plan(&b, DOC,
               HEAD "people:\n  ana: {logins: [ana.a, shared]}\n  bo: {logins: [bo, shared]}\n"
                    "gates: {\"1\": {approve: {of: [ana, bo], not_self: yes}}}\n");
    plan = hash_hex(&b.plan.approval);
    a = (struct store_approval){
        .plan = sv_from(plan.s), .who = SV("bo"), .at_us = 1, .login = SV("ana.a")};
    T_OK(store_approval_add(b.store, &a, &b.err), b.err); /* ana in the name of bo */
    T_EQ(bench_run(&b), EXIT_CODE_WAITING);
    a.login = SV("shared");
    a.at_us = 2;
    T_OK(store_approval_add(b.store, &a, &b.err), b.err);
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    bench_end(&b);
}

static void lose_approvals(void)
{
    sqlite3 *db = NULL;

    T_EQ(sqlite3_open("store/store.db", &db), SQLITE_OK);
    T_EQ(sqlite3_exec(db, "DROP TABLE approval", NULL, NULL, NULL), SQLITE_OK);
    T_EQ(sqlite3_close(db), SQLITE_OK);
}

T(a_store_that_cannot_be_asked_stops_the_run)
{
    struct bench b;

    bench_plan(&b, DOC, HEAD "gates: {\"1\": {approve: }}\n");
    T_EQ(bench_sql("SELECT count(*) FROM approval"), 0);
    lose_approvals();
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_CHECK(bench_says(&b, "no such table") && bench_says(&b, "prusik resume r-0001"));
    bench_end(&b);
}

/* --- windows --- */

/* "HH:MM:SS" of UTC, so many seconds from now. */
static struct clock_text at(int64_t s)
{
    return clock_strftime(clock_now_us() + s * CLOCK_US_PER_S, "%H:%M:%S", true);
}

static void window_plan(struct bench *b, const char *gate, int64_t from_s, int64_t to_s)
{
    CLEANUP(strbuf_release) struct strbuf yaml = STRBUF(0);

    strbuf_addf(&yaml,
                HEAD "zone: UTC\ngates: {\"1\": {%s: {from: \"%s\", to: \"%s\", why: we sleep}}}\n",
                gate, at(from_s).s, at(to_s).s);
    bench_plan(b, DOC, strbuf_str(&yaml));
}

T(an_open_window_says_nothing)
{
    struct bench b;

    window_plan(&b, "window", -3600, 3600);
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind IN (12, 13)"), 0);
    bench_end(&b);
}

T(a_run_waits_for_its_window_to_open)
{
    struct bench b;

    window_plan(&b, "window", 2, 3600);
    b.wait = true;
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(
        bench_sql("SELECT count(*) FROM event WHERE kind = 12 AND json_extract(data, '$.for') LIKE "
                  "'its window % UTC (we sleep) (opens %'"),
        1);
    T_EQ(bench_sql("SELECT (SELECT at_us FROM event WHERE kind = 20) >= "
                   "(SELECT json_extract(data, '$.until_us') FROM event WHERE kind = 12)"),
         1);
    bench_end(&b);
}

T(outside_its_window_a_run_that_is_not_to_wait_ends_and_says_when)
{
    struct bench b;

    window_plan(&b, "freeze", -3600, 3600);
    T_EQ(bench_run(&b), EXIT_CODE_WAITING);
    T_CHECK(bench_says(&b, "waits for the end of the freeze") &&
            bench_says(&b, ": prusik resume r-0001"));
    b.wait = b.exit_when_waiting = true;
    T_EQ(bench_resume(&b), EXIT_CODE_WAITING);
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

T(a_run_that_waits_can_be_interrupted_and_turned_back)
{
    struct bench b;

    window_plan(&b, "window", 3600, 7200);
    b.wait = true;
    b.at = "gate-waiting";
    b.at_count = 1;
    b.act = interrupt;
    T_EQ(bench_run(&b), EXIT_CODE_INTERRUPTED);
    b.at = "gate-waiting"; /* what is waited for is the same, and told by the new process */
    b.at_count = 1;
    b.act = turn_back;
    T_EQ(bench_resume(&b), EXIT_CODE_ROLLED_BACK);
    T_EQ(bench_lines("done"), 0);
    bench_end(&b);
}

T(a_window_that_never_opens_again_says_so)
{
    struct bench b;

    bench_plan(&b, DOC,
               HEAD "gates: {\"1\": {window: {from: 2020-01-01, to: 2020-01-02, zone: UTC}}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_WAITING);
    T_CHECK(bench_says(&b, "which does not open any more") &&
            bench_says(&b, "prusik abort r-0001"));
    bench_end(&b);
}

T(a_zone_that_is_gone_stops_the_run)
{
    struct bench b;

    bench_plan(&b, DOC, HEAD "gates: {\"1\": {window: {days: sun, zone: UTC}}}\n");
    b.plan.steps[0].gates[0].spans[0].zone = SV("Mars/Base");
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_CHECK(bench_says(&b, "there is no time zone 'Mars/Base'"));
    bench_end(&b);
}

/* --- wait_until --- */

T(a_command_is_looked_at_until_it_succeeds_also_unattended)
{
    struct bench b;

    bench_plan(
        &b, DOC,
        HEAD
        "gates: {\"1\": {wait_until: {command: \"echo x | tee -a looks; test $(wc -l < looks) -ge 3\", every: "
        "30ms, timeout: 1m}}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(bench_lines("looks"), 3);
    T_EQ(
        bench_sql(
            "SELECT count(*) FROM event WHERE kind = 13 AND json_extract(data, '$.how') = 'holds'"),
        1);
    bench_end(&b);
}

T(a_wait_ends_with_its_timeout_and_is_begun_anew_by_a_resume)
{
    struct bench b;

    bench_plan(
        &b, DOC,
        HEAD "gates: {\"1\": {wait_until: {command: test -e good, every: 10ms, timeout: 50ms}}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_CHECK(bench_says(&b, "step deployment/1: test -e good: it was not so in time") &&
            bench_says(&b, "prusik resume r-0001"));
    bench_write("good", "");
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    bench_end(&b);
}

T(a_timeout_may_go_on_or_ask)
{
    struct bench b;

    bench_plan(
        &b, DOC,
        HEAD
        "gates: {\"1\": {wait_until: {command: \"false\", every: 10ms, timeout: 50ms, at_timeout: "
        "continue}}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    bench_end(&b);
    t_remove("store");
    bench_plan(
        &b, DOC,
        HEAD
        "gates: {\"1\": {wait_until: {command: \"false\", every: 10ms, timeout: 50ms, at_timeout: ask}}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_WAITING);
    T_CHECK(bench_says(&b, "waits for an answer, as the time of its wait is over"));
    b.answers = "y";
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    T_STR(strbuf_str(&b.last_question), "false: it is not so, and the time is over; go on?");
    bench_end(&b);
}

T(when_waiting_is_not_wanted_one_look_is_taken)
{
    struct bench b;

    bench_plan(&b, DOC,
               HEAD "gates: {\"1\": {wait_until: {command: test -e good, timeout: 1h}}}\n");
    b.exit_when_waiting = true;
    T_EQ(bench_run(&b), EXIT_CODE_WAITING);
    T_CHECK(bench_says(&b, "waits for test -e good"));
    bench_write("good", "");
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    bench_end(&b);
}

T(a_look_that_runs_is_ended_by_an_interruption)
{
    struct bench b;

    bench_plan(
        &b, DOC,
        HEAD
        "gates: {\"1\": {wait_until: {command: \"echo x >> looks; sleep 600\", timeout: 1h}}}\n");
    b.at = "hold-taken"; /* its shell starts */
    b.at_count = 1;
    b.act = interrupt;
    T_EQ(bench_run(&b), EXIT_CODE_INTERRUPTED);
    b.at = "hold-taken";
    b.at_count = 1;
    b.act = turn_back;
    T_EQ(bench_resume(&b), EXIT_CODE_ROLLED_BACK);
    bench_end(&b);
}

T(a_time_is_waited_for)
{
    CLEANUP(strbuf_release) struct strbuf yaml = STRBUF(0);
    struct bench b;

    strbuf_addf(&yaml, HEAD "gates: {\"1\": {wait_until: {time: \"%s\", zone: UTC}}}\n", at(2).s);
    bench_plan(&b, DOC, strbuf_str(&yaml));
    T_EQ(bench_run(&b), EXIT_CODE_WAITING);
    T_CHECK(bench_says(&b, " UTC (20") && bench_says(&b, "from 20"));
    b.wait = true;
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    T_EQ(bench_sql(
             "SELECT count(*) FROM event WHERE kind = 13 AND json_extract(data, '$.how') = 'time'"),
         1);
    bench_end(&b);
}

T(a_step_that_is_left_out_has_no_gates)
{
    struct bench b;

    bench_plan(
        &b,
        "# Doc\n\n## Deployment\n\n**Step 1: Look**\n\n```bash\necho fine\n```\n\n**Step 2: Mend** (if "
        "needed)\n\n```bash\necho mend\n```\n",
        "environment: test\nchoices: {\"2\": {when: 1/1, contains: broken}}\nsteps: {\"2/1\": {undo: n}}\n"
        "gates: {\"2\": {confirm: }}\n");
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    bench_end(&b);
}

/* --- rules --- */

static struct {
    int ok, errors;
    atomic_bool bad, slow;
} metrics;

static enum MHD_Result answer(struct server *s UNUSED, struct server_request *r)
{
    char text[200];

    if (atomic_load(&metrics.slow))
        (void)poll(NULL, 0, 300); /* longer than the answer of the person takes */
    metrics.ok += 100;
    metrics.errors += atomic_load(&metrics.bad) ? 300 : 0;
    (void)snprintf(
        text, sizeof(text),
        "# TYPE calls_total counter\ncalls_total{result=\"ok\"} %d\ncalls_total{result=\"error\"} %d\n",
        metrics.ok, metrics.errors);
    return server_text(r, 200, text);
}

/* Two steps that change something; the second one has the gate. */
static void watch_plan_after(struct bench *b, struct server *s, const char *first, const char *gate)
{
    CLEANUP(strbuf_release) struct strbuf yaml = STRBUF(0), text = STRBUF(0);

    *s = (struct server){.data = NULL};
    server_start(s, answer, -1);
    strbuf_addf(
        &yaml,
        "environment: test\ntime_scale: 0.01\nscrape: %s/metrics\nenv: {PATH: \".:/usr/bin:/bin\"}\n"
        "maintenance: {flag: MAINT}\n"
        "metrics:\n  error_rate: ratio(calls_total{result=\"error\"}, calls_total)\n"
        "rules: {bad: 'rollback when error_rate[1m] > 50%% for 1m'}\n"
        "watch: {interval: 5s, until: T+2m}\nsteps: {\"1\": {undo: n}, \"2\": {undo: n}}\n"
        "gates: {\"2\": {%s}}\n",
        s->url, gate);
    bench_write("new", "new");
    strbuf_addf(&text,
                "# Doc\n\n## Deployment\n\n### 1. First\n\n```bash\n%s\n```\n\n### 2. Second\n\n"
                "```bash\ncp new app2\n```\n\n## Rollback\n\n```bash\nrm -f app app2\n```\n",
                first);
    bench_plan(b, strbuf_str(&text), strbuf_str(&yaml));
}

static void watch_plan(struct bench *b, struct server *s, const char *gate)
{
    watch_plan_after(b, s, "cp new app", gate);
}

T(rules_are_judged_while_a_gate_is_waited_for)
{
    struct server s;
    struct bench b;

    watch_plan(&b, &s, "approve: ");
    atomic_store(&metrics.bad, true);
    b.wait = true;
    T_EQ(bench_run(&b), EXIT_CODE_ROLLED_BACK);
    T_CHECK(!file_exists("app") && !file_exists("app2"));
    T_EQ(bench_sql(
             "SELECT count(*) FROM event WHERE kind = 50 AND json_extract(data, '$.by') = 'rule'"),
         1);
    T_EQ(
        bench_sql(
            "SELECT count(*) FROM event WHERE kind = 41 AND json_extract(data, '$.verdict') = 'ROLLBACK'"),
        1);
    T_CHECK(bench_sql("SELECT count(*) FROM event WHERE kind = 40") > 0);
    bench_end(&b);
    server_stop(&s);
}

/* Nothing answers then as it does in service: that is what the document wants. */
T(standing_rules_are_not_judged_at_a_gate_while_the_run_keeps_people_out)
{
    static const char *const first[] = {"touch MAINT\ncp new app",
                                        "cp new app\nsystemctl stop shop"};

    bench_write("systemctl", "#!/bin/sh\n");
    T_EQ(chmod("systemctl", 0755), 0);
    for (size_t i = 0; i < ARRAY_LEN(first); i++) {
        struct server s;
        struct bench b;

        watch_plan_after(&b, &s, first[i],
                         "wait_until: {command: \"echo x >> looks; test $(wc -l < looks) -ge 25\", "
                         "every: 10s, timeout: 50m}");
        atomic_store(&metrics.bad, true);
        b.wait = true;
        T_EQ(bench_run(&b), EXIT_CODE_ROLLED_BACK); /* by the watch after the deployment */
        T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 21 AND step = 'deployment/2/1'"),
             1);
        bench_end(&b);
        server_stop(&s);
        t_remove("store");
        t_remove("looks");
    }
}

static void gets_slow(struct bench *b UNUSED)
{
    atomic_store(&metrics.slow, true);
}

T(polls_that_are_under_way_when_a_gate_is_left_are_waited_for)
{
    struct server s;
    struct bench b;

    watch_plan(&b, &s, "confirm: ");
    b.answers = "n";
    b.at = "gate-waiting";
    b.at_count = 1;
    b.act = gets_slow;
    T_EQ(bench_run(&b), EXIT_CODE_REFUSED);
    bench_end(&b);
    server_stop(&s);
}

T(a_rule_may_be_waited_for)
{
    struct server s;
    struct bench b;

    watch_plan(&b, &s,
               "wait_until: {rule: 'error_rate[1m] < 1%', timeout: 10m}, approve: {of: bo}");
    say(&b, "bo", false);
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(
        bench_sql(
            "SELECT count(*) FROM event WHERE kind = 13 AND json_extract(data, '$.how') = 'holds'"),
        1);
    T_EQ(
        bench_sql(
            "SELECT count(*) FROM event WHERE kind = 40 AND json_extract(data, '$.rule') = 'gate' AND "
            "json_extract(data, '$.state') = 'open'"),
        1);
    bench_end(&b);
    server_stop(&s);
}

T(a_rule_that_cannot_be_judged_is_refused_before_the_start)
{
    struct bench b;

    bench_plan(&b, DOC, HEAD "gates: {\"1\": {wait_until: {rule: 'nonsense >', timeout: 1m}}}\n");
    T_EQ(plan_check_gates(&b.plan, 0, &b.err), ERR_INVALID);
    T_CHECK(bench_says(&b, "gate of line 3 in prusik.yaml: "));
    bench_end(&b);
}

T_MAIN(T_CASE(an_approval_that_is_too_old_is_named_and_kept),
       T_CASE(a_yes_opens_and_is_not_asked_for_again),
       T_CASE(a_yes_that_needs_a_note_is_asked_for_until_it_has_one),
       T_CASE(a_no_is_a_refusal_and_no_failure),
       T_CASE(without_a_person_a_question_is_left_for_a_terminal),
       T_CASE(it_goes_on_when_enough_people_have_said_yes_while_it_waits),
       T_CASE(without_waiting_it_ends_and_a_resume_counts_again),
       T_CASE(one_no_refuses_until_it_is_taken_back),
       T_CASE(an_approval_for_another_run_or_step_does_not_count),
       T_CASE(the_approval_of_one_signer_is_not_that_of_another),
       T_CASE(the_login_of_who_runs_is_known_whatever_name_is_given),
       T_CASE(a_store_that_cannot_be_asked_stops_the_run), T_CASE(an_open_window_says_nothing),
       T_CASE(a_run_waits_for_its_window_to_open),
       T_CASE(outside_its_window_a_run_that_is_not_to_wait_ends_and_says_when),
       T_CASE(a_run_that_waits_can_be_interrupted_and_turned_back),
       T_CASE(a_window_that_never_opens_again_says_so), T_CASE(a_zone_that_is_gone_stops_the_run),
       T_CASE(a_command_is_looked_at_until_it_succeeds_also_unattended),
       T_CASE(a_wait_ends_with_its_timeout_and_is_begun_anew_by_a_resume),
       T_CASE(a_timeout_may_go_on_or_ask), T_CASE(when_waiting_is_not_wanted_one_look_is_taken),
       T_CASE(a_look_that_runs_is_ended_by_an_interruption), T_CASE(a_time_is_waited_for),
       T_CASE(rules_are_judged_while_a_gate_is_waited_for),
       T_CASE(standing_rules_are_not_judged_at_a_gate_while_the_run_keeps_people_out),
       T_CASE(polls_that_are_under_way_when_a_gate_is_left_are_waited_for),
       T_CASE(a_rule_may_be_waited_for),
       T_CASE(a_rule_that_cannot_be_judged_is_refused_before_the_start),
       T_CASE(a_step_that_is_left_out_has_no_gates))
