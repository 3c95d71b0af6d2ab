/* The watch of a run: real metrics of a real server are judged, asked about and acted on. */
#include "base/clock.h"
#include "exec/watcher.h"
#include "exec_bench.h"
#include "net_server.h"

static const char document[] =
    "# Doc\n\n## Deployment\n\n```bash\ncp new app\n```\n\n"
    "## Post-Deployment Verification\n\n### 1-Minute Checks\n\n- [ ] **Error rate:** error rate <1%\n\n"
    "## Rollback Procedures\n\n```bash\ncp old app\n```\n\n"
    "## Decision Matrix\n\n| Symptom | Action |\n|---|---|\n| Error rate >50% for >1 min | ROLLBACK |\n"
    "| Error rate 2-50% for <1 min | INVESTIGATE |\n| Database unreachable | ROLLBACK |\n"
    "| Application crashes | ROLLBACK |\n";

/* With a moment of the schedule at which a person looks. */
static const char looked_at[] =
    "# Doc\n\n## Deployment\n\n```bash\ncp new app\n```\n\n"
    "## Post-Deployment Verification\n\n### 1-Minute Checks\n\n- [ ] **Error rate:** error rate <1%\n\n"
    "## Monitoring Schedule\n\n| Time | Check |\n|---|---|\n| T+2m | Look at the logs |\n\n"
    "## Rollback Procedures\n\n```bash\ncp old app\n```\n";

static const char *page = document;

enum { ROUND_MS = 50 }; /* the interval of begin()'s binding, at its time scale */

static struct {
    int ok, errors, add_ok, add_errors;
    bool down, blank; /* no answer; an answer without a metric */
    bool garbled;     /* what the probe answers */
    bool swings;      /* the queue: long, short, long, ... */
    atomic_int polls;
    atomic_int slow_answers; /* so many take longer than several rounds */
    const char *kept;        /* what the keeper of services says of `worker`, ... */
    atomic_int pid;          /* ... the number of its process ... */
    atomic_int lives;        /* ... and how often it says that more: then it died; 0: it lives */
    atomic_int outage;       /* so many probes find it down */
    bool keeper_hangs;
} metrics;

/* As supervisord answers to supervisor.getProcessInfo. */
static enum MHD_Result answer_of_keeper(struct server_request *r)
{
    char text[600];

    if (metrics.keeper_hangs)
        (void)poll(NULL, 0, 1500);
    if (atomic_load(&metrics.lives) > 0 && atomic_fetch_sub(&metrics.lives, 1) == 1) {
        metrics.kept = "BACKOFF";
        atomic_store(&metrics.pid, 0);
    }
    (void)snprintf(text, sizeof(text),
                   "<?xml version='1.0'?><methodResponse><params><param><value><struct>"
                   "<member><name>statename</name><value><string>%s</string></value></member>"
                   "<member><name>pid</name><value><int>%d</int></value></member>"
                   "<member><name>start</name><value><int>%lld</int></value></member>"
                   "</struct></value></param></params></methodResponse>",
                   metrics.kept, atomic_load(&metrics.pid),
                   atomic_load(&metrics.lives) > 0 ? (long long)(clock_now_us() / CLOCK_US_PER_S)
                                                   : 1771120860);
    return server_text(r, 200, text);
}

static enum MHD_Result answer(struct server *s UNUSED, struct server_request *r)
{
    char text[200];

    if (strcmp(r->path, "/RPC2") == 0)
        return answer_of_keeper(r);
    atomic_fetch_add(&metrics.polls, 1);
    if (atomic_load(&metrics.slow_answers) > 0) {
        atomic_fetch_sub(&metrics.slow_answers, 1);
        (void)poll(NULL, 0, 3 * ROUND_MS);
    }
    if (metrics.down)
        return server_text(r, 503, "down");
    if (strcmp(r->path, "/health") == 0 && atomic_load(&metrics.outage) > 0) {
        atomic_fetch_sub(&metrics.outage, 1);
        return server_text(r, 503, "{\"status\": \"starting\"}");
    }
    if (strcmp(r->path, "/health") == 0)
        return server_text(r, 200, metrics.garbled ? "{\"status\": " : "{\"status\": \"healthy\"}");
    if (metrics.blank)
        return server_text(r, 200, "");
    metrics.ok += metrics.add_ok;
    metrics.errors += metrics.add_errors;
    (void)snprintf(text, sizeof(text),
                   "# TYPE calls_total counter\ncalls_total{result=\"ok\"} %d\n"
                   "calls_total{result=\"error\"} %d\nqueue %d\n",
                   metrics.ok, metrics.errors,
                   metrics.swings && atomic_load(&metrics.polls) % 4 < 2);
    return server_text(r, 200, text);
}

static const char *more = "", *watching = ""; /* of the binding, and of its `watch` */

/* A server, a document and a service that runs (a process of this test's). */
static void begin(struct bench *b, struct server *s, int add_errors)
{
    char binding[1200];

    *s = (struct server){.data = NULL};
    server_start(s, answer, -1);
    metrics.add_ok = 100;
    metrics.add_errors = add_errors;
    bench_write("new", "new");
    bench_write("old", "old");
    bench_write("app", "old");
    (void)snprintf(binding, sizeof(binding), "%d\n", getpid());
    bench_write("pid", binding);
    (void)snprintf(
        binding, sizeof(binding),
        "environment: test\ntime_scale: 0.01\nscrape: %s/metrics\nprobes: {db: %s/health}\n"
        "services: {app: {manager: process, command: [sleep, 1], pid_file: pid}, worker: {manager: supervisor, url: \"%s/RPC2\"}}\n"
        "metrics:\n  error_rate: ratio(calls_total{result=\"error\"}, calls_total)\n"
        "  database: http.db\n  crashes: unit.app.crashes\n  load: {is: queue, worse: up}\n"
        "watch: {interval: 5s, until: T+2m%s}\n%s",
        s->url, s->url, s->url, watching, more);
    bench_plan(b, page, binding);
}

static void end(struct bench *b, struct server *s)
{
    bench_end(b);
    server_stop(s);
}

T(good_metrics_end_the_watch_well_and_leave_their_evidence)
{
    struct server s;
    struct bench b;

    begin(&b, &s, 0);
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(
        bench_sql(
            "SELECT count(*) FROM event WHERE kind = 43 AND json_extract(data, '$.verdict') = 'OK'"),
        1);
    T_CHECK(bench_sql("SELECT count(*) FROM event WHERE kind = 40") > 0);
    T_EQ(bench_sql("SELECT json_extract(data, '$.verdict_text') IS NULL FROM event WHERE kind = 4"),
         1);
    T_CHECK(atomic_load(&metrics.polls) > 20);
    end(&b, &s);
}

T(bad_metrics_lead_back_without_anybody)
{
    struct server s;
    struct bench b;

    begin(&b, &s, 300);
    T_EQ(bench_run(&b), EXIT_CODE_ROLLED_BACK);
    T_EQ(
        bench_sql(
            "SELECT count(*) FROM event WHERE kind = 50 AND json_extract(data, '$.by') = 'rule' AND"
            " json_extract(data, '$.reason') LIKE 'Error rate >50\\%% (line %' ESCAPE '\\'"),
        1);
    T_CHECK(
        bench_sql(
            "SELECT count(*) FROM event WHERE kind = 41 AND json_extract(data, '$.verdict') = 'ROLLBACK'") >
        0);
    end(&b, &s);
}

static void goes_down(struct bench *b UNUSED)
{
    metrics.down = true;
}

T(a_probe_that_is_down_leads_back)
{
    struct server s;
    struct bench b;

    begin(&b, &s, 0);
    b.at = "mark";
    b.at_count = 1;
    b.act = goes_down;
    T_EQ(bench_run(&b), EXIT_CODE_ROLLED_BACK);
    end(&b, &s);
}

static pid_t service;

/* --- how long a probe was down --- */

static void has_an_outage(struct bench *b UNUSED)
{
    atomic_store(&metrics.outage, 3);
}

static enum exit_code watch_outage(const char *rule, void (*act)(struct bench *b))
{
    struct server s;
    struct bench b;
    enum exit_code code;
    char text[200];

    (void)snprintf(text, sizeof(text), "rules: {kept: '%s'}\n", rule);
    more = text;
    begin(&b, &s, 0);
    b.at = act ? "watch" : NULL;
    b.at_count = 2;
    b.act = act;
    code = bench_run(&b);
    end(&b, &s);
    return code;
}

/* Three looks of 50 ms; when it is up again they stay in the window. */
static const char outage[] =
    "rollback when http.db.up == true and sum(http.db.down_time)[2m] >= 140ms";

T(the_time_that_a_probe_was_down_adds_up_and_stays_when_it_is_up_again)
{
    T_EQ(watch_outage(outage, has_an_outage), EXIT_CODE_ROLLED_BACK);
}

T(a_probe_that_is_up_was_not_down)
{
    T_EQ(watch_outage("rollback when sum(http.db.down_time)[2m] > 0s", NULL), EXIT_CODE_DONE);
    T_EQ(watch_outage("expect sum(http.db.down_time)[2m] == 0s else rollback", NULL),
         EXIT_CODE_DONE);
}

static void crashes(struct bench *b UNUSED)
{
    T_EQ(kill(service, SIGKILL), 0);
    T_EQ(waitpid(service, NULL, 0), service);
}

T(a_service_that_crashes_leads_back)
{
    struct server s;
    struct bench b;
    char pid[32];

    begin(&b, &s, 0);
    service = fork();
    if (service == 0) {
        (void)execlp("sleep", "sleep", "100", NULL);
        _exit(98);
    }
    (void)snprintf(pid, sizeof(pid), "%d\n", service);
    bench_write("pid", pid);
    b.at = "verdict";
    b.at_count = 2; /* HOLD, OK: it was seen alive */
    b.act = crashes;
    T_EQ(bench_run(&b), EXIT_CODE_ROLLED_BACK);
    T_EQ(
        bench_sql(
            "SELECT count(*) FROM event WHERE kind = 50 AND json_extract(data, '$.reason') LIKE 'Application crashes%'"),
        1);
    end(&b, &s);
}

/* 5 of 105: too many for the checkpoint, too few for the matrix. */
T(a_checkpoint_that_wants_a_look_is_asked_about)
{
    struct server s;
    struct bench b;

    begin(&b, &s, 5);
    b.answers = "y";
    T_EQ(bench_run(&b), EXIT_CODE_INVESTIGATE);
    T_EQ(b.asked[QUESTION_CHECKPOINT], 1);
    T_CHECK(strstr(strbuf_str(&b.last_question), "go on?"));
    T_CHECK(bench_says(&b, "done, but people should look, INVESTIGATE"));
    end(&b, &s);
}

/* One question at a time: the look is due while the checkpoint is still being thought about. */
T(a_look_that_is_due_waits_for_the_answer_at_a_checkpoint)
{
    struct server s;
    struct bench b;

    page = looked_at;
    begin(&b, &s, 5);
    b.answers = "yy";
    b.reply_ms = 1000;
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(b.asked[QUESTION_CHECKPOINT], 1);
    T_EQ(b.asked[QUESTION_LOOK], 1);
    T_CHECK(strstr(strbuf_str(&b.last_question), "Look at the logs"));
    end(&b, &s);
}

T(a_no_at_a_checkpoint_leads_back)
{
    struct server s;
    struct bench b;

    begin(&b, &s, 5);
    b.answers = "n";
    T_EQ(bench_run(&b), EXIT_CODE_ROLLED_BACK);
    T_EQ(
        bench_sql(
            "SELECT count(*) FROM event WHERE kind = 50 AND json_extract(data, '$.reason') = 'ana said no at a checkpoint: why'"),
        1);
    end(&b, &s);
}

T(without_a_person_a_checkpoint_that_wants_a_look_is_the_end)
{
    struct server s;
    struct bench b;

    begin(&b, &s, 5);
    T_EQ(bench_run(&b), EXIT_CODE_INVESTIGATE);
    end(&b, &s);
}

static void interrupts(struct bench *b)
{
    run_interrupt(b->run, "stop");
}

T(a_watch_that_was_stopped_goes_on_where_it_was)
{
    struct server s;
    struct bench b;

    begin(&b, &s, 0);
    b.at = "rule-state";
    b.at_count = 4;
    b.act = interrupts;
    T_EQ(bench_run(&b), EXIT_CODE_INTERRUPTED);
    T_CHECK(bench_sql("SELECT count(*) FROM state") == 2);
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 11"), 1);
    T_EQ(bench_sql("SELECT count(*) FROM state"), 0);
    end(&b, &s);
}

#define TWICE "SELECT count(*) - count(DISTINCT at_us || kind || data) FROM event"

T(what_its_listener_stops_has_no_event_twice)
{
    struct server s;
    struct bench b;

    begin(&b, &s, 0);
    b.at = "rule-state"; /* told behind a commit that no step is the reason of */
    b.at_count = 4;
    b.act = interrupts;
    T_EQ(bench_run(&b), EXIT_CODE_INTERRUPTED);
    T_CHECK(bench_sql("SELECT count(*) FROM event WHERE kind = 40") >= 4);
    T_EQ(bench_sql(TWICE), 0);
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 3"), 1);
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    T_EQ(bench_sql(TWICE), 0);
    end(&b, &s);
}

static int64_t told_seq;

static void listens_for_order(void *arg, const struct run_event *e)
{
    if (e->seq > 0) {
        T_EQ(e->seq, told_seq + 1);
        told_seq = e->seq;
    }
    bench_listen(arg, e);
}

static void answers_at_once(struct bench *b)
{
    T_EQ(b->asked[QUESTION_CHECKPOINT], 1);
    run_answer(b->run, true, SV("ana"), SV("seen"));
}

static void tells_two(struct bench *b)
{
    struct store_report r = {.environment = SV("test"),
                             .kind = SV("incident"),
                             .who = SV("ann"),
                             .at_us = clock_now_us()};

    for (int i = 0; i < 2; i++)
        T_OK(store_report_add(b->store, &r, &b->err), b->err);
    b->at = "reported";
    b->at_count = 1;
    b->act = answers_at_once;
}

T(an_answer_of_the_listener_is_kept_once_and_told_in_its_turn)
{
    struct run_options opt;
    struct server s;
    struct bench b;

    begin(&b, &s, 5);
    b.answers = "y";
    b.reply_ms = 60000; /* the person at the terminal is slower */
    b.at = "checkpoint";
    b.at_count = 1;
    b.act = tells_two;
    opt = bench_options(&b);
    opt.listen = listens_for_order;
    T_OK(run_start(b.store, &b.plan, &opt, &b.run, &b.err), b.err);
    T_EQ(bench_go(&b), EXIT_CODE_INVESTIGATE);
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 9"), 1);
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 16"), 2);
    T_EQ(bench_sql("SELECT max(seq) FROM event"), told_seq);
    T_EQ(bench_sql(TWICE), 0);
    end(&b, &s);
}

/* The time of the watch is over, and nobody has looked: the first look holds, and is not the last. */
T(a_watch_resumed_after_its_time_looks_before_it_ends)
{
    struct server s;
    struct bench b;
    int before;

    begin(&b, &s, 0);
    b.at = "rule-state";
    b.at_count = 4;
    b.act = interrupts;
    T_EQ(bench_run(&b), EXIT_CODE_INTERRUPTED);
    (void)poll(NULL, 0, 1300); /* the watch's own time, which is what passes here */
    before = atomic_load(&metrics.polls);
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    T_CHECK(atomic_load(&metrics.polls) - before >
            2); /* two are one round, which finds the windows empty */
    end(&b, &s);
}

T(a_watch_without_metrics_does_not_end_well_and_ends)
{
    struct server s;
    struct bench b;

    begin(&b, &s, 0);
    server_stop(&s);
    T_CHECK(bench_run(&b) != EXIT_CODE_DONE);
    bench_end(&b);
}

T(the_state_of_a_watch_that_is_damaged_is_refused)
{
    struct server s;
    struct bench b;

    begin(&b, &s, 0);
    b.at = "rule-state";
    b.at_count = 4;
    b.act = interrupts;
    T_EQ(bench_run(&b), EXIT_CODE_INTERRUPTED);
    (void)bench_sql("UPDATE state SET value = '[1' WHERE key = 'judge' RETURNING 0");
    T_EQ(bench_resume(&b), EXIT_CODE_FAILED);
    T_CHECK(bench_says(&b, "the state of the watch"));
    (void)bench_sql("UPDATE state SET value = '{' WHERE key = 'samples' RETURNING 0");
    T_EQ(bench_resume(&b), EXIT_CODE_FAILED);
    T_CHECK(bench_says(&b, "the samples of the watch"));
    (void)bench_sql("INSERT INTO state (run, key, value) VALUES (1, 'alerts', '{}') RETURNING 0");
    T_EQ(bench_resume(&b), EXIT_CODE_FAILED);
    T_CHECK(bench_says(&b, "the alerts of the watch"));
    end(&b, &s);
}

/* --- what the journal refuses during the watch --- */

static const char *refusal; /* a statement */

static void refuses(struct bench *b UNUSED)
{
    bench_exec(refusal);
}

/* The run breaks off there, and a resume brings it to its end. */
static void break_off(struct bench *b, const char *at, int at_count, const char *sql)
{
    refusal = sql;
    b->at = at;
    b->at_count = at_count;
    b->act = refuses;
    T_EQ(bench_run(b), EXIT_CODE_FAILED);
    T_CHECK(bench_says(b, "refused by the test") && bench_says(b, "prusik resume r-0001"));
    bench_exec("DROP TRIGGER no");
    bench_exec("UPDATE lock SET boot = 'an earlier one'"); /* as if the process were gone */
}

#define REFUSE(what)                           \
    "CREATE TRIGGER no BEFORE INSERT ON " what \
    " BEGIN SELECT raise(ABORT, 'refused by the test'); END"

T(a_watch_whose_findings_or_state_cannot_be_kept_is_gone_on_with)
{
    static const struct {
        const char *at;
        int at_count;
        const char *sql;
    } rows[] = {{"mark", 1, REFUSE("event WHEN new.kind = 40")},
                /* a round without an event: the state is all that is kept */
                {"mark", 1,
                 REFUSE("state WHEN (SELECT max(at_us) FROM event) <"
                        " (julianday('now') - 2440587.5) * 86400000000.0 - 40000")},
                {"rule-state", 4, REFUSE("event WHEN new.kind = 43")}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct server s;
        struct bench b;

        begin(&b, &s, 0);
        break_off(&b, rows[i].at, rows[i].at_count, rows[i].sql);
        T_EQ(bench_resume(&b), EXIT_CODE_DONE);
        T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 11"), 1);
        end(&b, &s);
        t_remove("store");
    }
}

T(an_answer_at_a_checkpoint_that_cannot_be_kept_was_not_given)
{
    struct server s;
    struct bench b;

    begin(&b, &s, 5);
    b.answers = "yy";
    break_off(&b, "checkpoint", 1, REFUSE("event WHEN new.kind = 9"));
    T_EQ(bench_resume(&b), EXIT_CODE_INVESTIGATE);
    T_EQ(b.asked[QUESTION_CHECKPOINT], 2);
    end(&b, &s);
}

T(a_checkpoint_that_was_asked_about_is_asked_again_after_a_stop)
{
    struct server s;
    struct bench b;

    begin(&b, &s, 5);
    b.answers = "sn";
    T_EQ(bench_run(&b), EXIT_CODE_INTERRUPTED);
    T_EQ(bench_resume(&b), EXIT_CODE_ROLLED_BACK);
    T_EQ(b.asked[QUESTION_CHECKPOINT], 2);
    end(&b, &s);
}

T(a_state_that_cannot_be_read_is_no_reason_to_begin_the_watch_anew)
{
    struct server s;
    struct bench b;

    begin(&b, &s, 0);
    b.at = "rule-state";
    b.at_count = 4;
    b.act = interrupts;
    T_EQ(bench_run(&b), EXIT_CODE_INTERRUPTED);
    bench_exec("ALTER TABLE state RENAME TO elsewhere");
    T_EQ(bench_resume(&b), EXIT_CODE_FAILED);
    T_CHECK(bench_says(&b, "no such table: main.state"));
    bench_exec("ALTER TABLE elsewhere RENAME TO state");
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    end(&b, &s);
}

/* --- what the watch cannot see --- */

static void shows_again(struct bench *b UNUSED)
{
    metrics.blank = false;
}

/* Its time is over when it goes on, and there is nothing to see: it waits until there is, and is not "done" before. */
T(a_watch_resumed_after_its_time_waits_for_metrics_that_are_not_there_yet)
{
    struct server s;
    struct bench b;

    begin(&b, &s, 0);
    b.at = "checkpoint"; /* it is closed: only the rules that stand are left */
    b.at_count = 1;
    b.act = interrupts;
    T_EQ(bench_run(&b), EXIT_CODE_INTERRUPTED);
    (void)poll(NULL, 0, 1300); /* the watch's own time, which is what passes here */
    metrics.blank = true;
    b.at = "watch";
    b.at_count = 2; /* after a few more it would escalate */
    b.act = shows_again;
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    T_CHECK(!metrics.blank);
    end(&b, &s);
}

/* 1.5 %: worse than the checkpoint wants, better than any row of the matrix. */
T(a_value_that_no_row_names_is_told_and_is_for_people)
{
    struct server s;
    struct bench b;

    begin(&b, &s, 3);
    metrics.add_ok = 197;
    T_EQ(bench_run(&b), EXIT_CODE_INVESTIGATE);
    T_CHECK(bench_sql("SELECT count(*) FROM event WHERE kind = 40 AND"
                      " json_extract(data, '$.uncovered')") > 0);
    end(&b, &s);
}

T(a_value_that_swings_is_told_and_is_for_people)
{
    struct server s;
    struct bench b;

    metrics.swings = true;
    more = "rules: {swing: 'rollback when queue > 0 for 10m'}\n";
    begin(&b, &s, 0);
    T_EQ(bench_run(&b), EXIT_CODE_INVESTIGATE);
    T_CHECK(bench_sql("SELECT count(*) FROM event WHERE kind = 40 AND"
                      " json_extract(data, '$.flapping')") > 0);
    end(&b, &s);
}

static void spoils_pid(struct bench *b UNUSED)
{
    bench_write("pid", "nobody knows\n");
}

/* Nobody knows whether it crashed: that is not "it crashed", and not "all is well". */
T(a_pid_file_that_says_nothing_is_neither_a_crash_nor_good)
{
    struct server s;
    struct bench b;

    begin(&b, &s, 0);
    b.at = "mark";
    b.at_count = 1;
    b.act = spoils_pid;
    T_EQ(bench_run(&b), EXIT_CODE_INVESTIGATE);
    T_CHECK(bench_says(&b, "Application crashes"));
    end(&b, &s);
}

/* --- what was before --- */

static int happened,
    polls_then; /* the event that a run is looked at for, and the polls until then */

static void happens(struct bench *b UNUSED)
{
    happened++;
    polls_then = atomic_load(&metrics.polls);
}

/* The document's first step changes something. */
static enum exit_code compare_with_before(const char *rule, const char *event)
{
    enum exit_code code;
    struct server s;
    struct bench b;
    char text[200];

    (void)snprintf(text, sizeof(text), "rules: {it: '%s'}\n", rule);
    more = text;
    happened = 0;
    atomic_store(&metrics.polls, 0);
    begin(&b, &s, 0);
    b.at = event;
    b.at_count = 1;
    b.act = happens;
    code = bench_run(&b);
    end(&b, &s);
    return code;
}

#define GAUGE    "rollback when queue > baseline + 5"
#define COUNTER  "rollback when rate(calls_total{result=\"ok\"}[1m]) > 9x baseline"
#define MEASURED "expect load not worse than baseline by 1"

/* A gauge is known after one round of two polls, the growth of a counter after two. */
T(the_first_changing_step_waits_for_what_is_compared_with)
{
    watching = ", baseline: 10m"; /* 6 s: the machine may have other things to do */
    T_EQ(compare_with_before(GAUGE, "step-intent"), EXIT_CODE_DONE);
    T_CHECK(happened && polls_then >= 2);
    T_EQ(compare_with_before(COUNTER, "step-intent"), EXIT_CODE_DONE);
    T_CHECK(happened && polls_then >= 4 && polls_then <= 10);
    T_EQ(compare_with_before(COUNTER, "baseline-wait"), EXIT_CODE_DONE);
    T_CHECK(happened);
    T_EQ(compare_with_before(COUNTER, "no-baseline"), EXIT_CODE_DONE);
    T_CHECK(!happened);
}

/* Five values are asked for, and two rounds are as long as it waits. */
T(it_waits_no_longer_than_it_is_told_and_says_what_is_missing)
{
    T_EQ(compare_with_before(MEASURED, "no-baseline"), EXIT_CODE_INVESTIGATE);
    T_CHECK(happened && polls_then <= 10);
    watching = ", baseline: 10m";
    T_EQ(compare_with_before(MEASURED, "no-baseline"), EXIT_CODE_DONE);
    T_CHECK(!happened);
    watching = ", baseline: 0s";
    T_EQ(compare_with_before(GAUGE, "baseline-wait"),
         EXIT_CODE_INVESTIGATE); /* it holds to the end */
    T_CHECK(!happened);
    T_EQ(compare_with_before(GAUGE, "no-baseline"), EXIT_CODE_INVESTIGATE);
    T_CHECK(happened && polls_then == 0);
}

T(who_stops_it_meanwhile_has_changed_nothing_and_can_go_on)
{
    CLEANUP(strbuf_release) struct strbuf app = STRBUF(0);
    struct server s;
    struct bench b;

    more = "rules: {it: '" GAUGE "'}\n";
    watching = ", baseline: 10m";
    begin(&b, &s, 0);
    b.at = "baseline-wait";
    b.at_count = 1;
    b.act = interrupts;
    T_EQ(bench_run(&b), EXIT_CODE_INTERRUPTED);
    T_OK(file_read("app", 10, &app, &b.err), b.err);
    T_STR(strbuf_str(&app), "old");
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 20"), 0);
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    end(&b, &s);
}

/* --- a service that a manager keeps --- */

enum { NO_PROCESS = 0x3fffff }; /* of Linux: one below the largest that there can be */

static enum exit_code watch_kept(const char *rule, const char *kept, int pid,
                                 void (*act)(struct bench *b))
{
    struct server s;
    struct bench b;
    enum exit_code code;
    char text[200];

    (void)snprintf(text, sizeof(text), "rules: {kept: '%s'}\n", rule);
    more = text;
    metrics.kept = kept;
    atomic_store(&metrics.pid, pid);
    begin(&b, &s, 0);
    b.at = act ? "watch" : NULL;
    b.at_count = 3; /* what is so at T0 is where counting begins */
    b.act = act;
    code = bench_run(&b);
    end(&b, &s);
    return code;
}

static void is_another(struct bench *b UNUSED)
{
    atomic_store(&metrics.pid, getppid());
}

T(a_service_that_a_manager_keeps_is_asked_of_it)
{
    T_EQ(watch_kept("rollback when unit.worker.crashes[5m] > 0", "RUNNING", getpid(), NULL),
         EXIT_CODE_DONE);
}

T(another_process_of_it_is_a_crash_where_the_manager_does_not_count)
{
    T_EQ(watch_kept("rollback when unit.worker.crashes[5m] > 0 and unit.worker.restarts[5m] > 0",
                    "RUNNING", getpid(), is_another),
         EXIT_CODE_ROLLED_BACK);
}

T(another_process_of_it_that_runs_on_is_no_start_that_failed)
{
    T_EQ(watch_kept("rollback when unit.worker.starts_failed[5m] > 0", "RUNNING", getpid(),
                    is_another),
         EXIT_CODE_DONE);
}

static void dies_young(struct bench *b UNUSED)
{
    atomic_store(&metrics.pid, getppid());
    atomic_store(&metrics.lives, 3);
}

T(a_process_that_dies_while_it_starts_is_a_start_that_failed)
{
    T_EQ(watch_kept(
             "rollback when unit.worker.starts_failed[5m] > 0 and unit.worker.crashes[5m] > 1",
             "RUNNING", getpid(), dies_young),
         EXIT_CODE_ROLLED_BACK);
}

T(what_its_main_process_uses_is_seen)
{
    T_EQ(watch_kept("rollback when unit.worker.memory > 1KB and unit.worker.cpu >= 0%", "RUNNING",
                    getpid(), NULL),
         EXIT_CODE_ROLLED_BACK);
}

T(a_process_that_cannot_be_looked_at_uses_nobody_knows_what)
{
    T_EQ(watch_kept("rollback when unit.worker.memory > 1KB or unit.worker.cpu > 1%", "RUNNING",
                    NO_PROCESS, NULL),
         EXIT_CODE_INVESTIGATE);
}

T(one_that_does_not_run_is_down_and_uses_nothing)
{
    T_EQ(watch_kept("rollback when unit.worker is down", "FATAL", 0, NULL), EXIT_CODE_ROLLED_BACK);
}

T(one_whose_state_nobody_knows_is_neither_up_nor_down)
{
    T_EQ(watch_kept("rollback when unit.worker is down", "UNKNOWN", 0, NULL),
         EXIT_CODE_INVESTIGATE);
}

T(a_manager_that_hangs_does_not_keep_the_watch)
{
    metrics.keeper_hangs = true;
    T_CHECK(watch_kept("rollback when unit.worker is down", "RUNNING", getpid(), NULL) !=
            EXIT_CODE_ROLLED_BACK);
}

static void is_slow(struct bench *b UNUSED)
{
    atomic_store(&metrics.slow_answers, 1);
}

T(an_answer_that_takes_longer_than_rounds_delays_neither_them_nor_the_end)
{
    struct server s;
    struct bench b;

    begin(&b, &s, 0);
    b.at = "watch"; /* told after a round: the next one hangs */
    b.at_count = 4;
    b.act = is_slow;
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(atomic_load(&metrics.slow_answers), 0);
    T_EQ(
        bench_sql(
            "SELECT count(*) FROM event WHERE kind = 43 AND json_extract(data, '$.verdict') = 'OK'"),
        1);
    end(&b, &s);
}

T(a_probe_whose_answer_is_garbled_is_up_all_the_same)
{
    struct server s;
    struct bench b;

    metrics.garbled = true;
    begin(&b, &s, 0);
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    watcher_free(NULL); /* as every free */
    end(&b, &s);
}

T(a_probe_without_an_address_stops_the_run_before_it_changes_anything)
{
    struct server s;
    struct bench b;

    begin(&b, &s, 0);
    b.plan.probes[0].value = SV(""); /* a plan that the binding would not have made */
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_CHECK(bench_says(&b, "source 'http.db': 'url' is missing"));
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 20"), 0);
    end(&b, &s);
}

T(a_rule_of_the_plan_that_this_version_cannot_read_stops_the_run_before_it_changes_anything)
{
    struct server s;
    struct bench b;

    begin(&b, &s, 0);
    json_put_str(json_array_get(json_object_get(b.plan.json, "rules"), 0), "text",
                 "rollback when the moon is full");
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_CHECK(bench_says(&b, "rule"));
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 20"), 0);
    end(&b, &s);
}

T_MAIN(
    T_CASE(good_metrics_end_the_watch_well_and_leave_their_evidence),
    T_CASE(bad_metrics_lead_back_without_anybody), T_CASE(a_probe_that_is_down_leads_back),
    T_CASE(the_time_that_a_probe_was_down_adds_up_and_stays_when_it_is_up_again),
    T_CASE(a_probe_that_is_up_was_not_down), T_CASE(a_service_that_crashes_leads_back),
    T_CASE(a_checkpoint_that_wants_a_look_is_asked_about), T_CASE(a_no_at_a_checkpoint_leads_back),
    T_CASE(a_look_that_is_due_waits_for_the_answer_at_a_checkpoint),
    T_CASE(without_a_person_a_checkpoint_that_wants_a_look_is_the_end),
    T_CASE(a_watch_that_was_stopped_goes_on_where_it_was),
    T_CASE(what_its_listener_stops_has_no_event_twice),
    T_CASE(an_answer_of_the_listener_is_kept_once_and_told_in_its_turn),
    T_CASE(a_watch_resumed_after_its_time_looks_before_it_ends),
    T_CASE(a_watch_without_metrics_does_not_end_well_and_ends),
    T_CASE(the_state_of_a_watch_that_is_damaged_is_refused),
    T_CASE(a_watch_whose_findings_or_state_cannot_be_kept_is_gone_on_with),
    T_CASE(an_answer_at_a_checkpoint_that_cannot_be_kept_was_not_given),
    T_CASE(a_checkpoint_that_was_asked_about_is_asked_again_after_a_stop),
    T_CASE(a_state_that_cannot_be_read_is_no_reason_to_begin_the_watch_anew),
    T_CASE(a_watch_resumed_after_its_time_waits_for_metrics_that_are_not_there_yet),
    T_CASE(a_value_that_no_row_names_is_told_and_is_for_people),
    T_CASE(a_value_that_swings_is_told_and_is_for_people),
    T_CASE(a_pid_file_that_says_nothing_is_neither_a_crash_nor_good),
    T_CASE(an_answer_that_takes_longer_than_rounds_delays_neither_them_nor_the_end),
    T_CASE(the_first_changing_step_waits_for_what_is_compared_with),
    T_CASE(it_waits_no_longer_than_it_is_told_and_says_what_is_missing),
    T_CASE(who_stops_it_meanwhile_has_changed_nothing_and_can_go_on),
    T_CASE(a_service_that_a_manager_keeps_is_asked_of_it),
    T_CASE(another_process_of_it_is_a_crash_where_the_manager_does_not_count),
    T_CASE(another_process_of_it_that_runs_on_is_no_start_that_failed),
    T_CASE(a_process_that_dies_while_it_starts_is_a_start_that_failed),
    T_CASE(what_its_main_process_uses_is_seen),
    T_CASE(a_process_that_cannot_be_looked_at_uses_nobody_knows_what),
    T_CASE(one_that_does_not_run_is_down_and_uses_nothing),
    T_CASE(one_whose_state_nobody_knows_is_neither_up_nor_down),
    T_CASE(a_manager_that_hangs_does_not_keep_the_watch),
    T_CASE(a_probe_whose_answer_is_garbled_is_up_all_the_same),
    T_CASE(a_probe_without_an_address_stops_the_run_before_it_changes_anything),
    T_CASE(
        a_rule_of_the_plan_that_this_version_cannot_read_stops_the_run_before_it_changes_anything))
