/* What a run finds in its journal when it goes on: a step of another plan, words of a newer version, a shell's number. */
#include "base/ident.h"
#include "exec_bench.h"

#define BLOCK(text) "```bash\n" text "\n```\n\n"

static const char document[] = "# Doc\n\n## Verification\n\n" BLOCK("test -e fixed");

/* A run whose step has failed: a resume does it again. */
static void begin(struct bench *b)
{
    if (file_exists("store"))
        t_remove("store");
    bench_plan(b, document, "environment: test\n");
    T_EQ(bench_run(b), EXIT_CODE_FAILED);
}

static void append(struct bench *b, int64_t run, enum event_kind kind, const char *step,
                   const char *data)
{
    CLEANUP(journal_freep) struct journal *j = NULL;
    struct event e = {.at_us = 5, .kind = kind, .step = sv_from(step), .data = sv_from(data)};

    T_OK(journal_open(b->store, run, &j, &b->err), b->err);
    T_OK(journal_append(j, &e, 1, &b->err), b->err);
}

T(an_event_that_makes_no_sense_of_this_plan_is_refused_and_named)
{
    static const struct {
        enum event_kind kind;
        const char *step, *data, *msg;
    } rows[] = {
        {EVENT_STEP_INTENT, "nowhere", "{}",
         " speaks of step 'nowhere', which the plan does not have"},
        {EVENT_STEP_OUTCOME, "nowhere", "{}",
         " speaks of step 'nowhere', which the plan does not have"},
        {EVENT_STEP_SKIPPED, "nowhere", "{}",
         " speaks of step 'nowhere', which the plan does not have"},
        {EVENT_STEP_POLICY, "nowhere", "{\"policy\":\"stop\"}",
         " speaks of step 'nowhere', which the plan does not have"},
        {EVENT_GATE_PASSED, "nowhere", "{\"index\":0}",
         " speaks of step 'nowhere', which the plan does not have"},
        {EVENT_HOST_OUTCOME, "nowhere", "{\"host\":\"web1\",\"state\":\"done\"}",
         " speaks of step 'nowhere', which the plan does not have"},
        {EVENT_HOST_OUTCOME, "verification/1", "{\"host\":\"web1\",\"state\":\"done\"}",
         " has an unknown host or state"},
        {EVENT_HOLD_TAKEN, "nowhere", "{\"what\":\"maintenance\"}",
         " speaks of step 'nowhere', which the plan does not have"},
        {EVENT_STEP_OUTCOME, "verification/1", "{\"state\":\"melted\"}",
         " has the unknown state 'melted'"},
        {EVENT_STEP_OUTCOME, "verification/1", "{\"state\":", "event 8: "},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct run_options opt;
        struct bench b;

        begin(&b);
        append(&b, 1, rows[i].kind, rows[i].step, rows[i].data);
        opt = bench_options(&b);
        T_CHECK(run_resume(b.store, 1, &b.plan, &opt, &b.run, &b.err) != ERR_OK);
        T_CHECK(bench_says(&b, rows[i].msg) && bench_says(&b, "event "));
        T_CHECK(!b.run);
        T_EQ(bench_sql("SELECT count(*) FROM lock"), 0);
        bench_end(&b);
    }
}

/* Promise P3: a newer version may have written more. */
T(an_event_of_an_unknown_kind_is_passed_over)
{
    struct bench b;

    begin(&b);
    append(&b, 1, 777, "verification/1", "{\"what\":\"nobody knows\"}");
    bench_write("fixed", "");
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    bench_end(&b);
}

T(a_plan_that_cannot_be_had_from_the_store_is_said)
{
    static const struct {
        const char *data, *msg;
    } rows[] = {
        {"{\"plan_blob\":", ""},
        {"{\"plan_blob\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}",
         "plan of run r-0002: blob 0123456789abcdef"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct store_run row = {.environment = SV("test"), .document = SV("doc.md")};
        struct plan kept = {0};
        struct bench b;
        int64_t id;

        begin(&b);
        T_OK(store_run_add(b.store, &row, &id, &b.err), b.err);
        append(&b, id, EVENT_RUN_STARTED, "", rows[i].data);
        T_CHECK(run_plan(b.store, id, &kept, &b.err) != ERR_OK);
        T_CHECK(bench_says(&b, rows[i].msg));
        b.err = (struct err){0};
        T_CHECK(run_abort(b.store, id, SV("ana"), SV("why"), &b.err) != ERR_OK);
        T_CHECK(bench_says(&b, rows[i].msg));
        bench_end(&b);
    }
}

/* A process in a session of its own, as a shell of a run is. */
static pid_t start_stranger(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        (void)setsid();
        (void)execlp("sleep", "sleep", "100", NULL);
        _exit(98);
    }
    T_CHECK(pid > 0);
    for (int i = 0; i < 500 && getsid(pid) != pid; i++)
        (void)poll(NULL, 0, 2); /* nothing tells that it has done so */
    T_EQ(getsid(pid), pid);
    return pid;
}

/* Does a resume end the process whose shell the journal names so? */
static bool resume_ends(pid_t pid, uint64_t start, const char *boot)
{
    CLEANUP(strbuf_release) struct strbuf data = STRBUF(0);
    struct bench b;
    bool ended;

    begin(&b);
    strbuf_addf(&data,
                "{\"boot\":\"%s\",\"pid\":%d,\"session\":\"verification\",\"start\":%" PRIu64
                ",\"what\":\"shell\"}",
                boot, pid, start);
    append(&b, 1, EVENT_HOLD_TAKEN, "", strbuf_str(&data));
    T_EQ(bench_resume(&b), EXIT_CODE_FAILED); /* not fixed yet */
    ended = waitpid(pid, NULL, WNOHANG) == pid;
    bench_end(&b);
    return ended;
}

T(what_a_crash_left_in_a_shell_is_ended_and_a_number_that_is_somebody_elses_now_is_not)
{
    pid_t stranger = start_stranger();
    uint64_t start = ident_process_start(stranger);

    T_CHECK(!resume_ends(stranger, start + 1, ident_boot().s)); /* the pid was used again */
    T_CHECK(!resume_ends(stranger, start, "an earlier one"));   /* before a reboot */
    T_CHECK(resume_ends(stranger, start, ident_boot().s));
}

T_MAIN(T_CASE(an_event_that_makes_no_sense_of_this_plan_is_refused_and_named),
       T_CASE(an_event_of_an_unknown_kind_is_passed_over),
       T_CASE(a_plan_that_cannot_be_had_from_the_store_is_said),
       T_CASE(what_a_crash_left_in_a_shell_is_ended_and_a_number_that_is_somebody_elses_now_is_not))
