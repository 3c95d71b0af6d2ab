/* What the schedule wants a person to look at is asked at its time. */
#include "exec_bench.h"

static const char document[] =
    "# Doc\n\n## Deployment\n\n```bash\ncp new app\n```\n\n"
    "## Monitoring Schedule\n\n| Time | Check |\n|---|---|\n"
    "| T+1m | Look at the logs, Ask the support team |\n| T+2m | Look at the dashboard |\n\n"
    "## Rollback\n\n```bash\ncp old app\n```\n";

static void begin(struct bench *b)
{
    bench_write("new", "new");
    bench_write("old", "old");
    bench_write("app", "old");
    bench_plan(b, document, "environment: test\ntime_scale: 0.001\n");
}

static long long app_is_new(void)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct err err;

    T_OK(file_read("app", 100, &text, &err), err);
    return sv_eq(strbuf_sv(&text), SV("new"));
}

T(each_moment_of_the_schedule_is_asked_about_once)
{
    struct bench b;

    begin(&b);
    T_EQ(b.plan.n_checkpoints, 2);
    T_EQ(plan_open(&b.plan, true), 0);
    T_CHECK(plan_open(&b.plan, false) > 0); /* nobody to ask: refused */
    b.answers = "yy";
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(b.asked[QUESTION_LOOK], 2);
    T_CHECK(strstr(strbuf_str(&b.last_question), "T+2m") &&
            strstr(strbuf_str(&b.last_question), "Look at the dashboard"));
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE json_extract(data, '$.look') = 'T+1m'"), 1);
    T_EQ(bench_sql(
             "SELECT (SELECT min(at_us) FROM event WHERE json_extract(data, '$.look') = 'T+2m')"
             " - (SELECT at_us FROM event WHERE kind = 30) >= 120000"),
         1);
    bench_end(&b);
}

T(a_no_leads_back)
{
    struct bench b;

    begin(&b);
    b.answers = "yn";
    T_EQ(bench_run(&b), EXIT_CODE_ROLLED_BACK);
    T_EQ(app_is_new(), 0);
    T_EQ(
        bench_sql(
            "SELECT count(*) FROM event WHERE kind = 50 AND json_extract(data, '$.reason') = 'ana said no at T+2m: why'"),
        1);
    bench_end(&b);
}

static void stops(struct bench *b)
{
    run_interrupt(b->run, "stop");
}

T(a_resume_asks_what_was_not_answered)
{
    struct bench b;

    begin(&b);
    b.answers = "yyy";
    b.at = "answer";
    b.at_count = 1;
    b.act = stops;
    T_EQ(bench_run(&b), EXIT_CODE_INTERRUPTED);
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    T_EQ(b.asked[QUESTION_LOOK], 2);
    T_EQ(app_is_new(), 1);
    bench_end(&b);
}

T(a_resume_without_a_person_does_not_call_it_good)
{
    struct bench b;

    begin(&b);
    b.answers = "y";
    b.at = "answer";
    b.at_count = 1;
    b.act = stops;
    T_EQ(bench_run(&b), EXIT_CODE_INTERRUPTED);
    b.answers = NULL;
    T_EQ(bench_resume(&b), EXIT_CODE_INVESTIGATE);
    T_CHECK(bench_says(&b, "nobody has looked"));
    bench_end(&b);
}

T(what_changed_nothing_is_looked_at_all_the_same)
{
    struct bench b;

    bench_plan(
        &b,
        "# Doc\n\n## Verification\n\n```bash\ntrue\n```\n\n"
        "## Monitoring Schedule\n\n| Time | Check |\n|---|---|\n| T+1m | Look at the logs |\n",
        "environment: test\ntime_scale: 0.001\n");
    b.answers = "y";
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(b.asked[QUESTION_LOOK], 1);
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 11 AND step = ''"), 1);
    bench_end(&b);
}

static uv_timer_t later;

static void on_later(uv_timer_t *t)
{
    struct bench *b = t->data;

    run_roll_back(b->run, SV("enough"), SV("ana"));
    uv_close((uv_handle_t *)t, NULL);
}

static void turns_back_later(struct bench *b)
{
    (void)uv_timer_init(run_uv(b->run), &later);
    later.data = b;
    (void)uv_timer_start(&later, on_later, 10, 0);
}

/* The moment of the schedule comes while a person is asked about a step of the way back: it is not asked in between. */
T(the_schedule_is_silent_on_the_way_back)
{
    static const char by_hand[] =
        "# Doc\n\n## Deployment\n\n```bash\ncp new app\n```\n\n"
        "## Monitoring Schedule\n\n| Time | Check |\n|---|---|\n| T+1m | Look at the logs |\n\n"
        "## Rollback\n\n- [ ] **1. Tell them**\n  - Post it\n\n```bash\ncp old app\n```\n";
    struct bench b;

    bench_write("new", "new");
    bench_write("old", "old");
    bench_plan(&b, by_hand, "environment: test\ntime_scale: 0.001\n");
    b.answers = "y";
    b.reply_ms = 300;
    b.at = "mark";
    b.at_count = 1;
    b.act = turns_back_later;
    T_EQ(bench_run(&b), EXIT_CODE_ROLLED_BACK);
    T_EQ(b.asked[QUESTION_LOOK], 0);
    T_EQ(b.asked[QUESTION_MANUAL], 1);
    T_EQ(app_is_new(), 0);
    bench_end(&b);
}

T_MAIN(T_CASE(what_changed_nothing_is_looked_at_all_the_same),
       T_CASE(each_moment_of_the_schedule_is_asked_about_once), T_CASE(a_no_leads_back),
       T_CASE(a_resume_asks_what_was_not_answered), T_CASE(the_schedule_is_silent_on_the_way_back),
       T_CASE(a_resume_without_a_person_does_not_call_it_good))
