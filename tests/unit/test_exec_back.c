/* The way back of a run that is finished, and of a part of a run. */
#include <sys/stat.h>

#include "exec/back_find.h"
#include "exec/run_int.h"
#include "exec_bench.h"

#define SH(text) "```bash\n" text "\n```\n\n"
#define DOC                                                                    \
    "# Doc\n\n## Deployment\n\n" SH("echo new >> a")                           \
        SH("echo new >> b") "## Rollback\n\n" SH("echo b >> back; cp b.old b") \
            SH("echo a >> back; cp a.old a")

static long long count(const char *what)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);

    strbuf_addf(&sql, "SELECT count(*) FROM event WHERE %s", what);
    return bench_sql(strbuf_str(&sql));
}

/* What became of a run; the short way tells the same. */
static void find(struct bench *b, int64_t run, struct back_found *ret)
{
    struct back_own own = {.run = run};
    struct back_found after;

    T_OK(back_find(b->store, run, ret, &b->err), b->err);
    own.back = ret->finished && sv_is(ret->outcome, "rolled-back");
    T_CHECK(!own.back); /* else it would say down to which step */
    T_OK(back_find_after(b->store, &own, &after, &b->err), b->err);
    T_EQ(after.by, ret->by);
    T_EQ(after.by_open, ret->by_open);
    T_EQ(after.whole, ret->whole);
    T_CHECK(sv_eq(after.until, ret->until));
    back_found_release(&after);
}

static enum exit_code start_back(struct bench *b, int64_t run, const char *to)
{
    struct run_options opt = bench_options(b);

    opt.back_to = sv_from(to);
    opt.back_reason = SV("it is bad");
    if (run_start_back(b->store, run, &b->plan, &opt, &b->run, &b->err) != ERR_OK)
        return EXIT_CODE_REFUSED;
    return bench_go(b);
}

static void begin(struct bench *b)
{
    bench_write("a", "1\n");
    bench_write("b", "1\n");
    bench_write("a.old", "1\n");
    bench_write("b.old", "1\n");
    bench_plan(b, DOC, "environment: test\n");
}

T(a_finished_run_is_brought_back_by_a_run_of_its_own)
{
    struct bench b;
    struct journal_check before, after;
    struct back_found f;

    begin(&b);
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_OK(journal_verify(b.store, 1, &before, &b.err), b.err);
    T_EQ(start_back(&b, 1, NULL), EXIT_CODE_ROLLED_BACK);
    T_EQ(bench_lines("a"), 1);
    T_EQ(bench_lines("b"), 1);
    T_OK(journal_verify(b.store, 1, &after, &b.err), b.err); /* not a byte of it was changed */
    T_EQ(before.events, after.events);
    T_EQ(memcmp(&before.head, &after.head, sizeof(before.head)), 0);
    T_OK(journal_verify(b.store, 2, &after, &b.err), b.err);
    T_CHECK(after.sealed);
    T_EQ(count("run = 2 AND kind = 1 AND json_extract(data, '$.rolls_back.run') = 'r-0001'"), 1);
    T_EQ(count("run = 2 AND kind = 50"), 1);
    T_EQ(count("run = 2 AND kind = 20 AND step LIKE 'deployment%'"), 0);
    find(&b, 1, &f);
    T_EQ(f.by, 2);
    T_CHECK(f.whole && !f.by_open);
    back_found_release(&f);
    T_EQ(start_back(&b, 1, NULL), EXIT_CODE_REFUSED);
    T_CHECK(bench_says(&b, "run r-0001 was brought back by r-0002"));
    T_EQ(start_back(&b, 2, NULL), EXIT_CODE_REFUSED);
    T_CHECK(bench_says(&b, "run r-0002 is the way back of r-0001"));
    bench_end(&b);
}

T(the_last_run_of_an_environment_comes_first)
{
    struct bench b;

    begin(&b);
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(start_back(&b, 1, NULL), EXIT_CODE_REFUSED);
    T_CHECK(bench_says(&b, "r-0002 came after r-0001, and what it did stands on it"));
    T_EQ(start_back(&b, 2, NULL), EXIT_CODE_ROLLED_BACK);
    T_EQ(start_back(&b, 1, NULL), EXIT_CODE_ROLLED_BACK);
    bench_end(&b);
}

T(a_part_is_brought_back_and_then_the_rest)
{
    struct bench b;

    begin(&b);
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(start_back(&b, 1, "deployment/1"), EXIT_CODE_ROLLED_BACK);
    T_EQ(bench_lines("b"), 1);
    T_EQ(bench_lines("a"), 2);
    T_EQ(count("run = 2 AND kind = 22 AND step = 'rollback/4'"), 1);
    T_EQ(start_back(&b, 1, NULL), EXIT_CODE_ROLLED_BACK);
    T_EQ(bench_lines("a"), 1);
    T_EQ(
        count("run = 3 AND kind = 1 AND json_extract(data, '$.rolls_back.until') = 'deployment/1'"),
        1);
    bench_end(&b);
}

T(a_step_that_cannot_be_gone_back_to_is_refused)
{
    struct bench b;

    begin(&b);
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(start_back(&b, 1, "deployment/9"), EXIT_CODE_REFUSED);
    T_CHECK(bench_says(&b, "the plan has no single step 'deployment/9'"));
    T_EQ(start_back(&b, 1, "rollback/1"), EXIT_CODE_REFUSED);
    T_CHECK(bench_says(&b, "part of the way back itself"));
    T_EQ(start_back(&b, 1, "deployment/2"), EXIT_CODE_REFUSED);
    T_CHECK(bench_says(&b, "nothing behind that step has to be undone"));
    T_EQ(bench_sql("SELECT count(*) FROM run"), 1);
    T_EQ(bench_sql("SELECT count(*) FROM lock"), 0);
    bench_end(&b);
}

/* --- what the other run hands over --- */

static void stop_here(struct bench *b)
{
    run_interrupt(b->run, "stop");
}

T(it_has_the_values_and_the_dates_of_the_other_run)
{
    struct bench b;

    bench_plan(&b,
               "# Doc\n\n## Deployment\n\n" SH("echo <tag> > made_$(date +%H%M%S%N)")
                   SH("echo <tag> >> log") "## Rollback\n\n" SH(
                       "mv made_TIMESTAMP back && echo <tag> >> log"),
               "environment: test\nvariables: {tag: {command: date +%s%N}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(start_back(&b, 1, NULL), EXIT_CODE_ROLLED_BACK);
    T_EQ(bench_lines("back"), 1); /* the file with the date of the other run was found */
    T_EQ(
        bench_sql("SELECT count(DISTINCT json_extract(data, '$.value')) FROM event WHERE kind = 8"),
        1);
    T_EQ(count("run = 2 AND kind = 8 AND json_extract(data, '$.from') = 'run r-0001'"), 1);
    bench_end(&b);
}

T(it_is_stopped_and_resumed_as_any_run)
{
    struct run_options opt;
    struct back_found f;
    struct bench b;

    begin(&b);
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    b.at = "step-intent";
    b.at_count = 2;
    b.act = stop_here;
    T_EQ(start_back(&b, 1, NULL), EXIT_CODE_INTERRUPTED);
    find(&b, 1, &f);
    T_CHECK(f.by == 2 && f.by_open && !f.whole);
    back_found_release(&f);
    T_EQ(start_back(&b, 1, NULL), EXIT_CODE_REFUSED); /* it has the environment */
    T_CHECK(bench_says(&b, "has an unfinished run, r-0002"));
    opt = bench_options(&b);
    opt.back_to = SV("deployment/1");
    T_EQ(run_resume(b.store, 2, &b.plan, &opt, &b.run, &b.err), ERR_INVALID);
    T_CHECK(bench_says(&b, "the way back of r-0002 has begun already"));
    opt = bench_options(&b);
    T_OK(run_resume(b.store, 2, &b.plan, &opt, &b.run, &b.err), b.err);
    T_EQ(bench_go(&b), EXIT_CODE_ROLLED_BACK);
    T_EQ(bench_lines("a") + bench_lines("b"), 2);
    T_EQ(count("run = 2 AND kind = 1"), 1);
    bench_end(&b);
}

T(it_does_not_go_on_when_the_other_journal_is_another_one)
{
    struct run_options opt;
    struct bench b;

    begin(&b);
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    b.at = "step-intent";
    b.at_count = 1;
    b.act = stop_here;
    T_EQ(start_back(&b, 1, NULL), EXIT_CODE_INTERRUPTED);
    bench_exec("UPDATE event SET data = replace(data, 'cp b.old b', 'cp b.old c') WHERE run = 1");
    bench_exec("UPDATE event SET at_us = at_us + 1 WHERE run = 1 AND seq = 2");
    opt = bench_options(&b);
    T_EQ(run_resume(b.store, 2, &b.plan, &opt, &b.run, &b.err), ERR_CORRUPT);
    T_CHECK(bench_says(&b, "r-0001"));
    T_EQ(start_back(&b, 1, NULL), EXIT_CODE_REFUSED);
    T_CHECK(bench_says(&b, "was changed"));
    bench_end(&b);
}

T(a_run_that_was_ended_by_hand_is_brought_back)
{
    struct back_found f;
    struct bench b;

    begin(&b);
    b.at = "step-intent";
    b.at_count = 2;
    b.act = stop_here;
    T_EQ(bench_run(&b), EXIT_CODE_INTERRUPTED);
    T_OK(run_abort(b.store, 1, SV("ana"), SV("no time"), &b.err), b.err);
    b.at = "step-intent";
    b.at_count = 1;
    T_EQ(start_back(&b, 1, NULL), EXIT_CODE_INTERRUPTED);
    T_OK(run_abort(b.store, 2, SV("ana"), SV("no time either"), &b.err), b.err);
    find(&b, 1, &f);
    T_CHECK(f.by == 2 && !f.by_open && !f.whole); /* in part, nobody knows how much: again */
    back_found_release(&f);
    T_EQ(start_back(&b, 1, NULL), EXIT_CODE_ROLLED_BACK);
    T_EQ(bench_lines("a"), 1);
    bench_end(&b);
}

T(a_run_that_only_looked_is_not_in_the_way_and_is_not_brought_back)
{
    struct bench b;

    bench_plan(&b, "# Doc\n\n## Deployment\n\n" SH("ls") "## Rollback\n\n" SH("rm x"),
               "environment: test\n");
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(start_back(&b, 1, NULL), EXIT_CODE_REFUSED);
    T_CHECK(bench_says(&b, "run r-0001 has changed nothing that is still there"));
    bench_end(&b);
    bench_plan(&b, "# Doc\n\n## Deployment\n\n" SH("touch x") "## Rollback\n\n" SH("ls"),
               "environment: test\nsteps: {deployment/1: {undo: it is nothing}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(start_back(&b, 2, NULL), EXIT_CODE_REFUSED);
    T_CHECK(bench_says(&b, "nothing that run r-0002 has changed can be undone"));
    bench_end(&b);
}

T(a_journal_that_says_nothing_sensible_is_not_brought_back)
{
    struct run_options opt;
    struct back_found f;
    struct bench b;

    begin(&b);
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    b.at = "step-intent";
    b.at_count = 1;
    b.act = stop_here;
    T_EQ(start_back(&b, 1, NULL), EXIT_CODE_INTERRUPTED);
    bench_exec("DELETE FROM seal"); /* a chain without its end is a chain */
    bench_exec("DELETE FROM event WHERE run = 1 AND kind = 4");
    opt = bench_options(&b);
    T_EQ(run_resume(b.store, 2, &b.plan, &opt, &b.run, &b.err), ERR_CORRUPT);
    T_CHECK(bench_says(&b, "run r-0001 is not as it was when r-0002 began to bring it back"));
    bench_exec(
        "UPDATE event SET data = replace(data, '\"run\":\"r-0001\"', '\"run\":\"x\"') WHERE run = 2");
    T_EQ(back_find(b.store, 1, &f, &b.err), ERR_CORRUPT);
    T_CHECK(bench_says(&b, "rolls back no run"));
    T_EQ(back_find_after(b.store, &(struct back_own){.run = 1}, &f, &b.err), ERR_CORRUPT);
    bench_exec("UPDATE event SET data = '{' WHERE run = 2 AND kind = 1");
    T_EQ(back_find(b.store, 1, &f, &b.err), ERR_INVALID);
    T_EQ(start_back(&b, 1, NULL), EXIT_CODE_REFUSED);
    bench_exec("UPDATE event SET data = '{\"plan_blob\":\"00\"}' WHERE run = 2 AND kind = 1");
    T_EQ(back_find(b.store, 1, &f, &b.err), ERR_CORRUPT);
    bench_end(&b);
}

/* Hosts that the other run has not touched are left alone. */
T(the_hosts_of_a_fleet_are_brought_back_as_far_as_they_were_touched)
{
    struct bench b;

    bench_plan(&b,
               "# Web\n\n## Deployment\n\n" SH("ssh web\necho x >> made") "## Rollback\n\n" SH(
                   "ssh web\necho x >> undone; rm -f made"),
               "environment: test\nhosts: {'*': local, web: {group: [a, b], batch: 1}}\n");
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(bench_lines("made"), 2);
    T_EQ(start_back(&b, 1, NULL), EXIT_CODE_ROLLED_BACK);
    T_EQ(bench_lines("undone"), 2);
    bench_end(&b);
}

/* --- maintenance --- */

#define CLOSED                                                                                     \
    "# Doc\n\n## Deployment\n\n" SH("touch run/MAINTENANCE") SH("echo x > a") SH("echo x > b")     \
        SH("test ! -e bad") SH("rm run/MAINTENANCE") "## Rollback\n\n" SH("touch run/MAINTENANCE") \
            SH("cp b.old b") SH("cp a.old a") SH("rm run/MAINTENANCE")

T(maintenance_stays_on_when_the_way_back_goes_into_it)
{
    struct run_options opt;
    struct bench b;

    T_EQ(mkdir("run", 0700), 0);
    bench_write("a.old", "old\n");
    bench_write("b.old", "old\n");
    bench_write("bad", "");
    bench_plan(&b, CLOSED, "environment: test\n");
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    opt = bench_options(&b);
    opt.back_to = SV("deployment/2");
    T_OK(run_resume(b.store, 1, &b.plan, &opt, &b.run, &b.err), b.err);
    run_roll_back(b.run, SV("why"), SV("ana"));
    T_EQ(bench_go(&b), EXIT_CODE_ROLLED_BACK);
    T_CHECK(file_exists("run/MAINTENANCE"));
    T_EQ(count("kind = 4 AND json_extract(data, '$.to') = 'deployment/2'"
               " AND json_extract(data, '$.maintenance.because') LIKE '%deployment/2%'"),
         1);
    T_EQ(start_back(&b, 1, NULL), EXIT_CODE_ROLLED_BACK); /* and the rest */
    T_CHECK(!file_exists("run/MAINTENANCE"));
    T_EQ(count("run = 2 AND kind = 22 AND step = 'rollback/2'"), 1); /* b is not undone twice */
    bench_end(&b);
}

T(a_standing_run_is_not_taken_back_to_a_step_that_cannot_be)
{
    struct run_options opt;
    struct bench b;

    T_EQ(mkdir("run", 0700), 0);
    bench_write("bad", "");
    bench_plan(&b, CLOSED, "environment: test\n");
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    opt = bench_options(&b);
    opt.back_to = SV("deployment/5");
    T_EQ(run_resume(b.store, 1, &b.plan, &opt, &b.run, &b.err), ERR_INVALID);
    T_EQ(bench_sql("SELECT count(*) FROM lock"), 0);
    T_EQ(count("kind = 50"), 0);
    bench_end(&b);
}

/* What only looks is let go when a run turns back, and is a step like any other when it stands on the way back. */
T(asking_once_more_for_a_way_back_that_stands_stops_no_step_of_it)
{
    struct run_options opt;
    struct bench b;

    bench_plan(&b,
               "# Doc\n\n## Deployment\n\n" SH("touch made")
                   SH("test ! -e made") "## Rollback\n\n" SH("rm -f made") SH("test -e allowed"),
               "environment: test\non_failure: rollback\n");
    T_EQ(bench_run(&b), EXIT_CODE_ROLLBACK_FAILED);
    bench_write("allowed", "");
    opt = bench_options(&b);
    T_OK(run_resume(b.store, 1, &b.plan, &opt, &b.run, &b.err), b.err);
    run_roll_back(b.run, SV("again"), SV("ana"));
    T_EQ(bench_go(&b), EXIT_CODE_ROLLED_BACK);
    T_EQ(count("kind = 50"), 1);
    bench_end(&b);
}

/* Whoever shows the run asks where it stands once, before it goes on. */
T(a_standing_run_that_is_turned_back_stands_on_its_way_back)
{
    struct run_options opt;
    struct run_stand stand;
    struct bench b;

    bench_plan(&b,
               "# Doc\n\n## Deployment\n\n" SH("touch made") SH("test -e made")
                   SH("test ! -e made") "## Rollback\n\n" SH("rm -f made"),
               "environment: test\n");
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    opt = bench_options(&b);
    T_OK(run_resume(b.store, 1, &b.plan, &opt, &b.run, &b.err), b.err);
    stand = run_stand(b.run);
    T_CHECK(!stand.way_back);
    T_EQ(stand.of, 3);
    run_roll_back(b.run, SV("it is bad"), SV("ana"));
    stand = run_stand(b.run);
    T_CHECK(stand.way_back);
    T_EQ(stand.of, 1);
    T_EQ(stand.over, 0);
    T_EQ(bench_go(&b), EXIT_CODE_ROLLED_BACK);
    bench_end(&b);
}

T_MAIN(T_CASE(a_standing_run_that_is_turned_back_stands_on_its_way_back),
       T_CASE(it_has_the_values_and_the_dates_of_the_other_run),
       T_CASE(it_is_stopped_and_resumed_as_any_run),
       T_CASE(it_does_not_go_on_when_the_other_journal_is_another_one),
       T_CASE(a_run_that_was_ended_by_hand_is_brought_back),
       T_CASE(a_run_that_only_looked_is_not_in_the_way_and_is_not_brought_back),
       T_CASE(a_journal_that_says_nothing_sensible_is_not_brought_back),
       T_CASE(the_hosts_of_a_fleet_are_brought_back_as_far_as_they_were_touched),
       T_CASE(maintenance_stays_on_when_the_way_back_goes_into_it),
       T_CASE(a_standing_run_is_not_taken_back_to_a_step_that_cannot_be),
       T_CASE(asking_once_more_for_a_way_back_that_stands_stops_no_step_of_it),
       T_CASE(a_finished_run_is_brought_back_by_a_run_of_its_own),
       T_CASE(the_last_run_of_an_environment_comes_first),
       T_CASE(a_part_is_brought_back_and_then_the_rest),
       T_CASE(a_step_that_cannot_be_gone_back_to_is_refused))
