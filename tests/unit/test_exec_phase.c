/* exec/run_phase: a document that deploys several times, whose rules count from the mark of their own phase. */
#include "exec_bench.h"
#include "net_server.h"

#define MATRIX "| Symptom | Action |\n|---|---|\n"
#define BACK   "## Rollback Procedures\n\n```bash\ncp old app\nrm -f app2\n```\n"

static const char two[] =
    "# Doc\n\n## Phase 1: Schema\n\n```bash\ncp new app\n```\n\n### Watch\n\n" MATRIX
    "| Error rate >50% for >30 seconds | ROLLBACK |\n\n"
    "## Phase 2: Code\n\n```bash\nsleep 300\ncp new app2\n```\n\n### Watch\n\n" MATRIX
    "| Error rate >70% for >30 seconds | ROLLBACK |\n\n" BACK;

static const char *gates = ""; /* of the binding */

static struct {
    int ok, errors, add_errors;
    atomic_bool down;
} metrics;

static enum MHD_Result answer(struct server *s UNUSED, struct server_request *r)
{
    char text[200];

    if (strcmp(r->path, "/health") == 0)
        return server_text(r, atomic_load(&metrics.down) ? 503 : 200, "{\"status\": \"healthy\"}");
    metrics.ok += 100;
    metrics.errors += metrics.add_errors;
    (void)snprintf(text, sizeof(text),
                   "# TYPE calls_total counter\ncalls_total{result=\"ok\"} %d\n"
                   "calls_total{result=\"error\"} %d\n",
                   metrics.ok, metrics.errors);
    return server_text(r, 200, text);
}

static void begin(struct bench *b, struct server *s, const char *document, int add_errors)
{
    char binding[1200];

    *s = (struct server){.data = NULL};
    server_start(s, answer, -1);
    metrics.add_errors = add_errors;
    atomic_store(&metrics.down, false);
    bench_write("new", "new");
    bench_write("old", "old");
    bench_write("app", "old");
    (void)snprintf(
        binding, sizeof(binding),
        "environment: test\ntime_scale: 0.01\nscrape: %s/metrics\nprobes: {db: %s/health}\n"
        "services: {app: {manager: process, command: [sleep, '100'], pid_file: pid}}\n"
        "metrics:\n  error_rate: ratio(calls_total{result=\"error\"}, calls_total)\n"
        "  database: http.db\nwatch: {interval: 5s, until: T+1m}\n%s",
        s->url, s->url, gates);
    bench_plan(b, document, binding);
}

static void end(struct bench *b, struct server *s)
{
    bench_end(b);
    server_stop(s);
}

#define MARKS \
    "SELECT group_concat(json_extract(data, '$.name') || coalesce(json_extract(data, '$.phase'), '')) = "

/* 100 of 200 fail after the first phase: the second never begins to change anything. */
T(what_goes_bad_after_the_first_phase_is_judged_while_the_second_is_carried_out)
{
    struct server s;
    struct bench b;

    begin(&b, &s, two, 150);
    T_EQ(bench_run(&b), EXIT_CODE_ROLLED_BACK);
    T_CHECK(access("app2", F_OK) != 0);
    T_EQ(bench_sql(MARKS "'phasephase-1' FROM event WHERE kind = 11"), 1);
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 50 AND "
                   "json_extract(data, '$.reason') LIKE 'Error rate >50%'"),
         1);
    end(&b, &s);
}

T(each_phase_has_its_mark_and_the_last_is_that_of_the_run)
{
    struct server s;
    struct bench b;

    begin(&b, &s, two, 0);
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(bench_sql(MARKS "'phasephase-1,deploy' FROM event WHERE kind = 11"), 1);
    T_EQ(bench_sql("SELECT json_extract(data, '$.title') = 'Schema' FROM event WHERE kind = 11"),
         1);
    end(&b, &s);
}

static void interrupts(struct bench *b)
{
    run_interrupt(b->run, "test");
}

/* Killed after the mark of the first phase: it is known, and the rules of that phase go on. */
T(the_mark_of_a_phase_is_known_to_who_goes_on)
{
    struct server s;
    struct bench b;

    begin(&b, &s, two, 150);
    b.at = "mark";
    b.at_count = 1;
    b.act = interrupts;
    T_EQ(bench_run(&b), EXIT_CODE_INTERRUPTED);
    T_EQ(bench_resume(&b), EXIT_CODE_ROLLED_BACK);
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 11"), 1);
    T_CHECK(access("app2", F_OK) != 0);
    end(&b, &s);
}

static const char stops[] =
    "# Doc\n\n## Phase 1: Schema\n\n```bash\ncp new app\n```\n\n### Watch\n\n" MATRIX
    "| Database unreachable | ROLLBACK |\n\n"
    "## Phase 2: Code\n\n```bash\nsystemctl restart app\nsleep 200\ncp new app2\n```\n\n"
    "## Rollback Procedures\n\n```bash\ncp old app\nrm -f app2\nsystemctl restart app\n```\n";

static void goes_up(struct bench *b UNUSED)
{
    atomic_store(&metrics.down, false);
}

static void goes_down(struct bench *b)
{
    atomic_store(&metrics.down, true);
    b->at = "step-intent"; /* of the copy */
    b->at_count = 2;
    b->act = goes_up;
}

static void end_service(void)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct err err;
    int64_t pid;

    T_OK(file_read("pid", 100, &text, &err), err);
    T_CHECK(sv_to_i64(sv_trim(strbuf_sv(&text)), &pid) && pid > 1);
    T_EQ(kill((pid_t)pid, SIGKILL), 0);
}

/* The run itself stops it: that is no reason to go back. */
T(what_a_later_phase_stops_is_not_held_against_an_earlier_one)
{
    struct server s;
    struct bench b;

    begin(&b, &s, stops, 0);
    b.at = "step-intent"; /* of the restart */
    b.at_count = 2;
    b.act = goes_down;
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_CHECK(access("app2", F_OK) == 0);
    end_service();
    end(&b, &s);
}

/* While it waits before the second phase, nothing of that one is judged, and the first is by its own rules alone. */
T(at_a_gate_before_a_phase_its_rules_are_not_judged)
{
    static const char gated[] =
        "# Doc\n\n## Phase 1: Schema\n\n```bash\ncp new app\n```\n\n"
        "## Phase 2: Code\n\n- [ ] Ask the team\n\n```bash\ncp new app2\n```\n\n### Watch\n\n" MATRIX
        "| Error rate >50% for >30 seconds | ROLLBACK |\n\n" BACK;
    struct server s;
    struct bench b;

    begin(&b, &s, gated, 150);
    b.answers = "y";
    b.reply_ms = 1500;
    b.note = "asked";
    T_EQ(bench_run(&b), EXIT_CODE_ROLLED_BACK);
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 11"), 1); /* after the second phase */
    end(&b, &s);
}

/* Two rules of the first phase, which go on meanwhile, and are good; one of the second, which is bad already. */
T(a_gate_of_a_phase_is_before_anything_of_it)
{
    static const char gated[] =
        "# Doc\n\n## Phase 1: Schema\n\n```bash\ncp new app\n```\n\n### Watch\n\n" MATRIX
        "| Error rate >90% for >30 seconds | ROLLBACK |\n"
        "| Error rate >95% for >30 seconds | ROLLBACK |\n\n"
        "## Phase 2: Code\n\n```bash\ncp new app2\n```\n\n```bash\ncp new app3\n```\n\n"
        "### Watch\n\n" MATRIX "| Error rate >50% for >30 seconds | ROLLBACK |\n\n" BACK;
    struct server s;
    struct bench b;

    for (int second = 0; second < 2; second++) {
        gates = second ? "gates: {\"phase-2/2\": {wait_until: {command: "
                         "\"echo x >> looks; test $(wc -l < looks) -ge 40\", every: 10s, timeout: "
                         "50m}}}\n"
                       : "gates: {\"phase-2/1\": {wait_until: {command: "
                         "\"echo x >> looks; test $(wc -l < looks) -ge 25\", every: 10s, timeout: "
                         "50m}}}\n";
        begin(&b, &s, gated, 150);
        b.wait = true;
        T_EQ(bench_run(&b), EXIT_CODE_ROLLED_BACK);
        /* before it nothing is judged of it; when it is half done, it is */
        T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 21 AND step = 'phase-2/2'"),
             second ? 0 : 1);
        end(&b, &s);
        t_remove("store");
        t_remove("looks");
    }
}

/* The last section changes nothing, and a rule is in force only behind it. */
static const char settles[] = "# Doc\n\n## Phase 1: Code\n\n```bash\ncp new app\n```\n\n"
                              "## Phase 2: Warm the cache\n\n```bash\nsleep 200\ntrue\n```\n\n"
                              "## Phase 3: Decide\n\nWhoever is on call reads the board.\n\n"
                              "## Verification\n\n```bash\ntest -f app\n```\n\n" BACK;

static void begin_settles(struct bench *b, struct server *s, const char *rule)
{
    static char text[200];

    (void)snprintf(text, sizeof(text), "rules: {late: \"%s\"}\n", rule);
    gates = text;
    begin(b, s, settles, 150);
}

#define OUTCOME "(SELECT max(seq) FROM event WHERE kind = 21 AND step LIKE '"
#define BACK_AT "(SELECT seq FROM event WHERE kind = 50)"

T(a_rule_after_a_phase_comes_into_force_when_its_last_step_is_over)
{
    static const char *const rules[] = {
        "rollback when error_rate[1m] > 50% for 10s after phase 2",
        "rollback when error_rate[1m] > 50% for 10s after phase 3",
        "rollback when error_rate[1m] > 50% for 10s after cache",
        "rollback when error_rate[1m] > 50% for 10s after verification"};
    struct server s;
    struct bench b;

    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        begin_settles(&b, &s, rules[i]);
        T_EQ(bench_run(&b), EXIT_CODE_ROLLED_BACK);
        T_EQ(bench_sql("SELECT " BACK_AT " > " OUTCOME "phase-2%')"), 1);
        T_EQ(
            bench_sql("SELECT count(*) FROM event WHERE kind = 40 AND seq < " OUTCOME "phase-2%')"),
            0);
        end(&b, &s);
        t_remove("store");
    }
}

/* Its phase is over in the process before. */
T(a_rule_after_a_phase_is_in_force_for_who_goes_on)
{
    struct server s;
    struct bench b;

    begin_settles(&b, &s, "rollback when error_rate[1m] > 50% for 10s after phase 2");
    b.at = "step-outcome"; /* of its last step */
    b.at_count = 3;
    b.act = interrupts;
    T_EQ(bench_run(&b), EXIT_CODE_INTERRUPTED);
    T_EQ(bench_resume(&b), EXIT_CODE_ROLLED_BACK);
    end(&b, &s);
}

/* Nobody knows when it is over: that the rule was never in force is told at the end. */
T(a_rule_after_a_phase_that_the_document_does_not_have_is_told_at_the_end)
{
    struct server s;
    struct bench b;

    begin_settles(&b, &s, "rollback when error_rate[1m] > 50% for 10s after phase 9");
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 42 AND data LIKE '%never in force%'"),
         1);
    end(&b, &s);
}

/* `prusik watch` carries nothing out, and so no phase is ever over. */
T(a_rule_after_a_phase_is_never_in_force_where_nothing_is_carried_out)
{
    struct server s;
    struct bench b;
    json_t *json;

    begin_settles(&b, &s, "rollback when error_rate[1m] > 50% for 10s after phase 3");
    json = json_deep_copy(b.plan.json);
    plan_release(&b.plan);
    plan_watch_only(json);
    T_OK(plan_load(json, &b.plan, &b.err), b.err);
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 42 AND data LIKE '%never in force%'"),
         1);
    end(&b, &s);
}

T_MAIN(T_CASE(what_goes_bad_after_the_first_phase_is_judged_while_the_second_is_carried_out),
       T_CASE(each_phase_has_its_mark_and_the_last_is_that_of_the_run),
       T_CASE(the_mark_of_a_phase_is_known_to_who_goes_on),
       T_CASE(what_a_later_phase_stops_is_not_held_against_an_earlier_one),
       T_CASE(at_a_gate_before_a_phase_its_rules_are_not_judged),
       T_CASE(a_gate_of_a_phase_is_before_anything_of_it),
       T_CASE(a_rule_after_a_phase_comes_into_force_when_its_last_step_is_over),
       T_CASE(a_rule_after_a_phase_is_in_force_for_who_goes_on),
       T_CASE(a_rule_after_a_phase_that_the_document_does_not_have_is_told_at_the_end),
       T_CASE(a_rule_after_a_phase_is_never_in_force_where_nothing_is_carried_out))
