/* The maintenance flag: who holds it, and that nobody is left behind it (P9). */
#include "exec_bench.h"

#define DEPLOY      "# Doc\n\n## Deployment\n\n"
#define BLOCK(text) "```bash\n" text "\n```\n\n"

static void interrupts(struct bench *b)
{
    run_interrupt(b->run, "stop");
    run_interrupt(b->run, "again");
}

static void prepare_app(void)
{
    bench_write("new", "new");
    bench_write("old", "old");
    bench_write("app", "old");
}

/* P9: a killed run is ended by hand: the flag is lifted while nothing was changed, and told of otherwise. */
T(an_abort_lifts_the_flag_where_that_is_safe)
{
    static const char document[] = DEPLOY BLOCK("touch MAINTENANCE") BLOCK("cp new app")
        BLOCK("echo x") BLOCK("rm MAINTENANCE") "## Rollback Procedures\n\n" BLOCK("cp old app");

    for (int changed = 0; changed < 2; changed++) {
        struct bench b;

        prepare_app();
        bench_plan(&b, document, "environment: test\nmaintenance: {flag: MAINTENANCE}\n");
        b.at = "step-intent";
        b.at_count = 2 + changed;
        b.act = interrupts;
        T_EQ(bench_run(&b), EXIT_CODE_INTERRUPTED);
        (void)bench_sql(
            "DELETE FROM event WHERE kind IN (3, 31) RETURNING 0"); /* as if it had been killed */
        if (!changed)
            (void)bench_sql(
                "DELETE FROM event WHERE seq > (SELECT max(seq) FROM event WHERE kind = 30 AND step <> '') RETURNING 0");
        bench_write("MAINTENANCE", "");
        T_OK(run_abort(b.store, 1, SV("ana"), SV("by hand"), &b.err), b.err);
        T_EQ(file_exists("MAINTENANCE"), changed);
        T_EQ(
            bench_sql(
                "SELECT json_extract(data, '$.maintenance.file') IS NOT NULL FROM event WHERE kind = 4"),
            changed);
        T_EQ(bench_sql("SELECT count(*) FROM lock"), 0);
        bench_end(&b);
        t_remove("store");
    }
}

/* The flag is set, or lifted, and the process is killed before the journal knows of it: only the intent stands there. */
static void begin_killed_at_flag(struct bench *b, int step, bool done)
{
    static const char document[] = DEPLOY BLOCK("touch MAINTENANCE") BLOCK("cp new app")
        BLOCK("rm MAINTENANCE") BLOCK("echo x") "## Rollback Procedures\n\n" BLOCK("cp old app");

    prepare_app();
    bench_plan(b, document, "environment: test\nmaintenance: {flag: MAINTENANCE}\n");
    b->at = "step-intent";
    b->at_count = step + 1;
    b->act = interrupts;
    T_EQ(bench_run(b), EXIT_CODE_INTERRUPTED);
    (void)bench_sql("DELETE FROM event WHERE kind IN (3, 31) RETURNING 0");
    if (step == 1)
        (void)bench_sql(
            "DELETE FROM event WHERE seq > (SELECT min(seq) FROM event WHERE kind = 20) RETURNING 0");
    else
        (void)bench_sql(
            "DELETE FROM event WHERE seq > (SELECT max(seq) FROM event WHERE kind = 20 AND step LIKE '%3') RETURNING 0");
    if (file_exists("MAINTENANCE"))
        t_remove("MAINTENANCE");
    if (done == (step == 1))
        bench_write("MAINTENANCE", "");
    b->at = NULL;
}

#define HOLDS(kind)                                                            \
    "SELECT count(*) FROM event WHERE kind = " kind " AND json_extract(data, " \
    "'$.what') = 'maintenance'"

/* P9: nobody is left locked out without a word. */
T(a_flag_that_was_set_just_before_a_kill_is_lifted_by_an_abort)
{
    for (int done = 0; done < 2; done++) {
        struct bench b;

        begin_killed_at_flag(&b, 1, done);
        T_OK(run_abort(b.store, 1, SV("ana"), SV("by hand"), &b.err), b.err);
        T_CHECK(!file_exists("MAINTENANCE"));
        T_EQ(bench_sql(HOLDS("30")), done);
        T_EQ(bench_sql(HOLDS("31")), done);
        bench_end(&b);
        t_remove("store");
    }
}

T(a_flag_that_was_set_just_before_a_kill_is_lifted_at_the_end_of_a_resume)
{
    struct bench b;

    begin_killed_at_flag(&b, 1, true);
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    T_CHECK(!file_exists("MAINTENANCE"));
    T_EQ(bench_sql(HOLDS("30") " AND json_extract(data, '$.why') LIKE '%killed behind it'"), 1);
    bench_end(&b);
}

/* What somebody else had set is not ours until the step has done so. */
T(a_flag_that_stood_there_before_the_step_is_left_by_an_abort)
{
    struct bench b;

    bench_plan(&b, DEPLOY BLOCK("touch MAINTENANCE") BLOCK("echo x"),
               "environment: test\nmaintenance: {flag: MAINTENANCE}\n");
    bench_write("MAINTENANCE", "");
    b.at = "step-intent";
    b.at_count = 2;
    b.act = interrupts;
    T_EQ(bench_run(&b), EXIT_CODE_INTERRUPTED);
    (void)bench_sql(
        "DELETE FROM event WHERE seq > (SELECT min(seq) FROM event WHERE kind = 20) RETURNING 0");
    bench_write("MAINTENANCE", "");
    T_OK(run_abort(b.store, 1, SV("ana"), SV("by hand"), &b.err), b.err);
    T_CHECK(file_exists("MAINTENANCE"));
    bench_end(&b);
}

/* It is not said to be on where it is off. */
T(a_flag_that_was_lifted_just_before_a_kill_is_not_said_to_be_on)
{
    for (int done = 0; done < 2; done++) {
        struct bench b;

        begin_killed_at_flag(&b, 3, done);
        T_OK(run_abort(b.store, 1, SV("ana"), SV("by hand"), &b.err), b.err);
        T_EQ(file_exists("MAINTENANCE"), !done);
        T_EQ(
            bench_sql(
                "SELECT json_extract(data, '$.maintenance.file') IS NULL FROM event WHERE kind = 4"),
            done);
        bench_end(&b);
        t_remove("store");
    }
}

#define FLAG_ANSWERED(step)                                                  \
    "environment: test\nmaintenance: {flag: MAINTENANCE}\nanswers: {\"" step \
    "\": {answer: no, by: ana}}\n"

/* P9: what was done is done, whatever is said of it afterwards. */
T(a_flag_is_held_from_the_act_on_and_not_only_when_all_is_as_expected)
{
    static const char expected[] = "\nExpected: \"everybody is out\"\n\n";
    CLEANUP(strbuf_release) struct strbuf on = STRBUF(0), off = STRBUF(0);
    struct bench b;

    strbuf_addf(&on, DEPLOY BLOCK("touch MAINTENANCE") "%s", expected);
    bench_plan(&b, strbuf_str(&on), FLAG_ANSWERED("1"));
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_CHECK(!file_exists("MAINTENANCE")); /* nothing was changed: it is lifted when the run stops */
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind IN (30, 31) AND json_extract(data, "
                   "'$.what') = 'maintenance'"),
         2);
    bench_end(&b);
    t_remove("store");

    prepare_app();
    strbuf_addf(&off,
                DEPLOY BLOCK("touch MAINTENANCE") BLOCK("cp new app")
                    BLOCK("rm MAINTENANCE") "%s## Rollback\n\n" BLOCK("cp old app"),
                expected);
    bench_plan(&b, strbuf_str(&off), FLAG_ANSWERED("3"));
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_CHECK(!file_exists("MAINTENANCE"));
    T_EQ(bench_sql("SELECT json_extract(data, '$.maintenance') IS NULL FROM event WHERE kind = 5"),
         1);
    T_EQ(bench_resume(&b), EXIT_CODE_FAILED);
    T_CHECK(
        !file_exists("MAINTENANCE")); /* the step had lifted it: a resume does not set it again */
    bench_end(&b);
}

/* P9: the shell is in another folder by then, and removes nothing. */
T(a_flag_that_the_document_does_not_remove_is_lifted_at_the_end)
{
    struct bench b;

    T_EQ(mkdir("deep", 0700), 0);
    bench_plan(&b, DEPLOY BLOCK("touch MAINTENANCE\ncd deep\nrm MAINTENANCE"),
               "environment: test\nmaintenance: {flag: MAINTENANCE}\n");
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_CHECK(!file_exists("MAINTENANCE"));
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 31 AND"
                   " json_extract(data, '$.why') = 'the run is over'"),
         1);
    bench_end(&b);
}

static void blocks_flag(struct bench *b)
{
    T_EQ(unlink("flags/MAINTENANCE"), 0);
    T_EQ(mkdir("flags/MAINTENANCE", 0700), 0); /* it is there, and no file */
    interrupts(b);
}

T(a_flag_that_cannot_be_lifted_or_set_again_is_said)
{
    struct run_options opt;
    struct bench b;

    T_EQ(mkdir("flags", 0700), 0);
    bench_plan(&b, DEPLOY BLOCK("touch flags/MAINTENANCE") BLOCK("echo x"),
               "environment: test\nmaintenance: {flag: flags/MAINTENANCE}\n");
    b.at = "step-intent";
    b.at_count = 2;
    b.act = blocks_flag;
    T_EQ(bench_run(&b), EXIT_CODE_INTERRUPTED);
    T_EQ(bench_sql("SELECT json_extract(data, '$.maintenance.because') = 'it cannot be removed'"
                   " FROM event WHERE kind = 3"),
         1);
    T_EQ(rmdir("flags/MAINTENANCE"), 0);
    T_EQ(rmdir("flags"), 0);
    opt = bench_options(&b);
    T_EQ(run_resume(b.store, 1, &b.plan, &opt, &b.run, &b.err), ERR_IO);
    T_CHECK(bench_says(&b, "make maintenance flag '") &&
            bench_says(&b, "No such file or directory"));
    T_EQ(bench_sql("SELECT count(*) FROM lock"), 0);
    T_EQ(mkdir("flags", 0700), 0);
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    T_CHECK(!file_exists("flags/MAINTENANCE"));
    bench_end(&b);
}

T_MAIN(T_CASE(an_abort_lifts_the_flag_where_that_is_safe),
       T_CASE(a_flag_that_was_set_just_before_a_kill_is_lifted_by_an_abort),
       T_CASE(a_flag_that_was_set_just_before_a_kill_is_lifted_at_the_end_of_a_resume),
       T_CASE(a_flag_that_stood_there_before_the_step_is_left_by_an_abort),
       T_CASE(a_flag_that_was_lifted_just_before_a_kill_is_not_said_to_be_on),
       T_CASE(a_flag_is_held_from_the_act_on_and_not_only_when_all_is_as_expected),
       T_CASE(a_flag_that_the_document_does_not_remove_is_lifted_at_the_end),
       T_CASE(a_flag_that_cannot_be_lifted_or_set_again_is_said))
