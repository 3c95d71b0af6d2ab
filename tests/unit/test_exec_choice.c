/* What a person decides in the run: asked when its turn has come, kept, and instead of what failed. */
#include "exec_bench.h"

#define FENCE    "```"
#define SH(code) "\n" FENCE "bash\n" code "\n" FENCE "\n\n"

/* One that is done only if, and what stands behind it. */
#define BACK                                                                                                                                                                                      \
    "# Shop\n\n## Deployment\n" SH(                                                                                                                                                               \
        "echo new > release\ntest -e good") "## Rollback\n\n"                                                                                                                                     \
                                            "### 1. Downgrade\n" SH("echo down >> log && test ! -e stuck\necho verified >> log") "### 2. Restore from Backup (only if the downgrade fails)\n" SH( \
                                                "echo restored >> log") "### 3. Look\n" SH("echo looked >> log")
#define DEPLOY_BEGIN "# Shop\n\n## Deployment\n\n" FENCE "bash\n"
#define DEPLOY_END   "\n" FENCE "\n\nExpected: the banner looks right\n"
#define HEAD         "environment: test\naccept_gaps: t\non_failure: rollback\n"

#define ANSWERS \
    "SELECT count(*) FROM event WHERE kind = 9 AND json_extract(data, '$.choice') IS NOT NULL"
#define SKIPPED(text) \
    "SELECT count(*) FROM event WHERE kind = 22 AND json_extract(data, '$.reason') LIKE '" text "'"

static bool log_is(const char *want)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct err err;

    if (file_read("log", 1000, &text, &err) != ERR_OK)
        return !*want;
    if (sv_eq(strbuf_sv(&text), sv_from(want)))
        return true;
    t_say("the log has: %s", strbuf_str(&text));
    return false;
}

T(what_is_done_only_if_is_asked_when_its_turn_has_come)
{
    struct bench b;

    bench_plan(&b, BACK, HEAD "choices: {rollback/2: ask}\n");
    b.answers = "y";
    T_EQ(bench_run(&b), EXIT_CODE_ROLLED_BACK);
    T_EQ(b.asked[QUESTION_CHOICE], 1);
    T_STR(strbuf_str(&b.last_question),
          "do it? 'Restore from Backup' (line 19), only if the downgrade fails");
    T_CHECK(b.clean);
    T_CHECK(log_is("down\nverified\nrestored\nlooked\n"));
    T_EQ(bench_sql(ANSWERS " AND json_extract(data, '$.chosen') = 'rollback/2'"), 1);
    bench_end(&b);
}

T(a_no_leaves_it_out)
{
    struct bench b;

    bench_plan(&b, BACK, HEAD "choices: {rollback/2: ask}\n");
    b.answers = "n";
    T_EQ(bench_run(&b), EXIT_CODE_ROLLED_BACK);
    T_CHECK(log_is("down\nverified\nlooked\n"));
    T_EQ(bench_sql(SKIPPED("ana said no: ''Restore from Backup''%")), 1);
    bench_end(&b);
}

T(it_is_offered_when_what_stands_before_it_fails)
{
    struct bench b;

    bench_plan(&b, BACK, HEAD "choices: {rollback/2: ask}\n");
    bench_write("stuck", "");
    b.answers = "y";
    T_EQ(bench_run(&b), EXIT_CODE_ROLLED_BACK);
    T_EQ(b.asked[QUESTION_CHOICE], 1); /* and not once more at its turn */
    T_CHECK(!b.clean);
    T_CHECK(
        strstr(strbuf_str(&b.last_question), "step rollback/1/1 failed, do it instead? 'Restore"));
    T_CHECK(log_is("down\nrestored\nlooked\n"));
    T_EQ(bench_sql(SKIPPED("step rollback/1/1 failed, and ''Restore%")), 1);
    bench_end(&b);
}

T(nothing_instead_is_a_way_back_that_failed_and_is_tried_again)
{
    struct bench b;

    bench_plan(&b, BACK, HEAD "choices: {rollback/2: ask}\n");
    bench_write("stuck", "");
    b.answers = "nn";
    T_EQ(bench_run(&b), EXIT_CODE_ROLLBACK_FAILED);
    T_CHECK(bench_says(&b, "the way back failed at step rollback/1/1"));
    T_CHECK(log_is("down\n"));
    T_EQ(bench_resume(&b), EXIT_CODE_ROLLBACK_FAILED); /* it is stuck again, and asked again */
    T_EQ(b.asked[QUESTION_CHOICE], 2);
    (void)unlink("stuck");
    b.answers = "n"; /* at its turn now */
    T_EQ(bench_resume(&b), EXIT_CODE_ROLLED_BACK);
    T_CHECK(log_is("down\ndown\ndown\nverified\nlooked\n"));
    bench_end(&b);
}

T(a_question_that_nobody_answered_is_asked_again_and_the_step_is_not_repeated)
{
    struct bench b;

    bench_plan(&b, BACK, HEAD "choices: {rollback/2: ask}\n");
    bench_write("stuck", "");
    b.answers = "s";
    T_EQ(bench_run(&b), EXIT_CODE_INTERRUPTED);
    b.answers = "y";
    T_EQ(bench_resume(&b), EXIT_CODE_ROLLED_BACK);
    T_CHECK(log_is("down\nrestored\nlooked\n"));
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 25"), 1);
    bench_end(&b);
}

T(unattended_the_step_that_failed_is_tried_again)
{
    struct bench b;

    bench_plan(&b, BACK, HEAD "choices: {rollback/2: ask}\n");
    bench_write("stuck", "");
    b.answers = "s";
    T_EQ(bench_run(&b), EXIT_CODE_INTERRUPTED);
    b.answers = NULL;
    T_EQ(bench_resume(&b), EXIT_CODE_ROLLBACK_FAILED);
    (void)unlink("stuck");
    T_EQ(bench_resume(&b), EXIT_CODE_WAITING); /* for who can say whether it is done */
    T_CHECK(bench_says(&b, "step rollback/2/1 waits for an answer: do it? 'Restore from Backup'"));
    T_CHECK(log_is("down\ndown\ndown\nverified\n"));
    b.answers = "n";
    T_EQ(bench_resume(&b), EXIT_CODE_ROLLED_BACK);
    bench_end(&b);
}

T(what_does_not_stand_right_before_it_offers_nothing)
{
    struct bench b;

    bench_plan(
        &b,
        "# Shop\n\n## Deployment\n" SH(
            "echo new > release\nfalse") "## Rollback\n\n"
                                         "### 1. Code\n" SH("false") "### 2. Downgrade\n" SH(
                                             "echo down >> log") "### 3. Restore (only if the downgrade fails)\n" SH("echo restored >> log"),
        HEAD "choices: {rollback/3: ask}\n");
    b.answers = "";
    T_EQ(bench_run(&b), EXIT_CODE_ROLLBACK_FAILED);
    T_EQ(b.asked[QUESTION_CHOICE], 0);
    bench_end(&b);
}

T(what_somebody_has_left_out_is_not_offered_when_a_later_step_fails)
{
    struct bench b;

    bench_plan(
        &b,
        "# Shop\n\n## Deployment\n" SH(
            "echo new > release\nfalse") "## Rollback\n\n"
                                         "### 1. Restore (only if the downgrade fails)\n" SH(
                                             "echo restored >> log") "### 2. Look\n" SH("test -e never"),
        HEAD "choices: {rollback/1: ask}\n");
    b.answers = "s";
    T_EQ(bench_run(&b), EXIT_CODE_INTERRUPTED);
    T_OK(run_skip_step(b.store, 1, SV("rollback/1/1"), SV("bo"), SV("it is gone"), &b.err), b.err);
    b.answers = "";
    T_EQ(bench_resume(&b), EXIT_CODE_ROLLBACK_FAILED);
    T_CHECK(log_is(""));
    bench_end(&b);
}

/* --- several ways --- */

#define WAYS                                                                                                                                                      \
    "# Shop\n\n## Deployment\n" SH(                                                                                                                               \
        "echo new > release\ntest -e good") "## Rollback\n\n"                                                                                                     \
                                            "### Option 1: Downgrade\n" SH("echo one >> log && test ! -e stuck1\necho one+ >> log") "### Option 2: Restore\n" SH( \
                                                "echo two >> log && test ! -e stuck2\necho two+ >> log") "### Look\n" SH("echo looked >> log")

T(one_of_several_ways_is_chosen_by_its_number)
{
    struct bench b;

    bench_plan(&b, WAYS, HEAD "choices: {option-1: ask}\n");
    T_EQ(b.plan.n_decisions, 1);
    T_EQ(b.plan.decisions[0].n_options, 2);
    b.answers = "92"; /* there is no ninth */
    T_EQ(bench_run(&b), EXIT_CODE_ROLLED_BACK);
    T_CHECK(log_is("two\ntwo+\nlooked\n"));
    T_STR(strbuf_str(&b.last_question), "which way? 'Downgrade' (line 12); 'Restore' (line 19)");
    T_EQ(bench_sql(SKIPPED("another way was chosen: ''Restore'' (line 19)")), 2);
    bench_end(&b);
}

T(no_way_at_all_is_an_answer)
{
    struct bench b;

    bench_plan(&b, WAYS, HEAD "choices: {option-2: ask}\n");
    b.answers = "y0"; /* a mere yes names none of them */
    T_EQ(bench_run(&b), EXIT_CODE_ROLLED_BACK);
    T_CHECK(log_is("looked\n"));
    T_EQ(bench_sql(ANSWERS " AND json_extract(data, '$.what') = 'none of the ways'"), 1);
    bench_end(&b);
}

T(when_the_chosen_way_fails_the_other_is_offered)
{
    struct bench b;

    bench_plan(&b, WAYS, HEAD "choices: {option-1: ask}\n");
    bench_write("stuck1", "");
    b.answers = "1y"; /* there is only one left */
    T_EQ(bench_run(&b), EXIT_CODE_ROLLED_BACK);
    T_CHECK(log_is("one\ntwo\ntwo+\nlooked\n"));
    bench_end(&b);
}

T(also_when_it_stands_before_the_one_that_failed)
{
    struct bench b;

    bench_plan(&b, WAYS, HEAD "choices: {option-1: ask}\n");
    bench_write("stuck2", "");
    b.answers = "2y";
    T_EQ(bench_run(&b), EXIT_CODE_ROLLED_BACK);
    T_CHECK(log_is("two\none\none+\nlooked\n"));
    bench_end(&b);
}

static void stops(struct bench *b)
{
    run_interrupt(b->run, "stop");
}

T(a_resume_knows_the_way_that_was_chosen_instead)
{
    struct bench b;

    bench_plan(&b, WAYS, HEAD "choices: {option-1: ask}\n");
    bench_write("stuck2", "");
    b.answers = "2y";
    b.at = "answer"; /* the second: right behind what was said, nothing follows from it yet */
    b.at_count = 2;
    b.act = stops;
    T_EQ(bench_run(&b), EXIT_CODE_INTERRUPTED);
    T_CHECK(log_is("two\n"));
    b.answers = "";
    T_EQ(bench_resume(&b), EXIT_CODE_ROLLED_BACK);
    T_CHECK(log_is("two\none\none+\nlooked\n"));
    T_EQ(bench_sql(ANSWERS), 2);
    bench_end(&b);
}

T(when_no_way_is_left_the_way_back_has_failed)
{
    struct bench b;

    bench_plan(&b, WAYS, HEAD "choices: {option-1: ask}\n");
    bench_write("stuck1", "");
    bench_write("stuck2", "");
    b.answers = "1y";
    T_EQ(bench_run(&b), EXIT_CODE_ROLLBACK_FAILED);
    T_EQ(b.asked[QUESTION_CHOICE], 2);
    T_CHECK(log_is("one\ntwo\n"));
    bench_end(&b);
}

/* --- what is asked of an output --- */

/* What a person is told of where the command has printed. */
static void into_is(const char *command, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf doc = STRBUF(0);
    struct bench b;

    strbuf_addf(&doc, DEPLOY_BEGIN "%s" DEPLOY_END, command);
    bench_plan(&b, strbuf_str(&doc), "environment: test\nenv: {NAME: told}\naccept_gaps: t\n");
    b.answers = "y";
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    if (!sv_ends(strbuf_sv(&b.into), sv_from(want)) || (!*want && b.into.n))
        T_FAIL("%s: it is '%s' and should end in '%s'", command, strbuf_str(&b.into), want);
    bench_end(&b);
}

T(where_a_command_has_printed_is_said_with_the_end_of_it)
{
    into_is("echo here", "");
    into_is("true > /dev/null", "");
    into_is("true 2> errors < /dev/null", "");
    into_is("echo one > g 2> errors", "/g|4|one\n\n");
    into_is("echo one > a", "/a|4|one\n\n");
    into_is("echo one >> \"$NAME.txt\"", "/told.txt|4|one\n\n");
    into_is("echo one > $(echo b)", "$(echo b)|-1|\n");
    into_is("printf 'a\\0b' > c", "/c|3|\n"); /* no text */
    into_is("{ echo one; } > d && rm d", "/d|-1|\n");
    into_is("seq 1 2000 > e", "\n1999\n2000\n\n");
    into_is("printf '%5000d' 1 > f", "  1\n"); /* a line that is longer than what is read */
}

T(all_that_no_machine_can_check_is_one_question)
{
    static const char doc[] =
        "# Shop\n\n## Deployment\n" SH("echo open") "Expected: the banner looks right\n\n"
                                                    "Expected: the colours are those of the shop\n";
    struct bench b;

    bench_plan(&b, doc, "environment: test\n");
    b.answers = "n";
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_STR(strbuf_str(&b.last_question),
          "the banner looks right\nthe colours are those of the shop");
    b.answers = "y";
    b.reply_ms = 60;
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    T_EQ(b.asked[QUESTION_OUTCOME], 2);
    T_EQ(bench_sql("SELECT json_array_length(data, '$.expectations') FROM event WHERE kind = 21 AND"
                   " json_extract(data, '$.state') = 'done'"),
         3);
    T_CHECK(bench_sql("SELECT json_extract(data, '$.waited_us') FROM event WHERE kind = 21 AND"
                      " json_extract(data, '$.state') = 'done'") >= 20000);
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 12 AND json_extract(data, '$.for') LIKE"
                   " '%: the banner looks right, and 1 more'"),
         2);
    bench_end(&b);
}

/* --- forward --- */

#define FORWARD                                              \
    "# Shop\n\n## Deployment\n\n### Cache (if needed)\n" SH( \
        "echo cache >> log\n# Warm it (if cold)\necho warm >> log") "### Ship\n" SH("echo ship >> log")

T(the_widest_part_is_asked_about_first_and_what_is_left_out_asks_nothing)
{
    struct bench b;

    bench_plan(&b, FORWARD,
               "environment: test\naccept_gaps: t\nchoices: {cache: ask, cache/2: ask}\n");
    b.answers = "n";
    T_EQ(bench_run(&b), EXIT_CODE_DONE);
    T_EQ(b.asked[QUESTION_CHOICE], 1);
    T_CHECK(log_is("ship\n"));
    bench_end(&b);
}

T(unattended_it_is_refused_before_anything_is_done)
{
    struct bench b;
    struct run_options opt;

    bench_plan(&b, FORWARD,
               "environment: test\naccept_gaps: t\nchoices: {cache: ask, cache/2: no}\n");
    b.answers = NULL;
    opt = bench_options(&b);
    T_EQ(run_start(b.store, &b.plan, &opt, &b.run, &b.err), ERR_REFUSED);
    T_CHECK(bench_says(&b, "a person is asked then: 'Cache', if needed"));
    T_CHECK(log_is(""));
    bench_end(&b);
}

T(what_is_done_if_another_fails_needs_nobody)
{
    struct bench b;

    bench_plan(&b, BACK, HEAD "choices: {rollback/2: {if_failed: rollback/1}}\n");
    bench_write("stuck", "");
    b.answers = NULL; /* unattended: it begins, and nobody is asked */
    T_EQ(bench_run(&b), EXIT_CODE_ROLLED_BACK);
    T_CHECK(log_is("down\nrestored\nlooked\n"));
    T_EQ(bench_sql(SKIPPED("step rollback/1/1 failed, and rollback/2 is done instead")), 1);
    T_EQ(bench_sql("SELECT count(*) FROM event WHERE kind = 25 AND step = 'rollback/1/1' AND "
                   "data LIKE '%\"policy\":\"instead\"%\"to\":\"rollback/2\"%'"),
         1);
    bench_end(&b);
}

T(what_is_done_if_another_fails_is_left_out_when_it_has_not)
{
    struct bench b;

    bench_plan(&b, BACK, HEAD "choices: {rollback/2: {if_failed: rollback/1}}\n");
    b.answers = "n"; /* nobody is asked at a terminal, either */
    T_EQ(bench_run(&b), EXIT_CODE_ROLLED_BACK);
    T_EQ(b.asked[QUESTION_CHOICE], 0);
    T_CHECK(log_is("down\nverified\nlooked\n"));
    T_EQ(bench_sql(SKIPPED("%only if the downgrade fails: rollback/1 has not failed")), 1);
    bench_end(&b);
}

T(a_resume_goes_on_with_what_was_begun_instead)
{
    struct bench b;

    bench_plan(
        &b,
        "# Shop\n\n## Deployment\n" SH("test -e good") "## Rollback\n\n### 1. Down\n" SH(
            "echo down >> log\ntest ! -e stuck\necho verified >> log") "### 2. Restore (only if 1 fails)\n" SH("test -e fuel\necho restored >> log"),
        HEAD "choices: {rollback/2: {if_failed: rollback/1/2}}\n");
    bench_write("stuck", "");
    b.answers = NULL;
    T_EQ(bench_run(&b), EXIT_CODE_ROLLBACK_FAILED);
    T_CHECK(log_is("down\n"));
    bench_write("fuel", "");
    T_EQ(bench_resume(&b), EXIT_CODE_ROLLED_BACK);
    T_CHECK(log_is("down\nrestored\n"));
    bench_end(&b);
}

T(what_stands_between_is_done_before_what_is_done_instead)
{
    struct bench b;

    bench_plan(
        &b,
        "# Shop\n\n## Deployment\n\n### One\n" SH("test ! -e stuck\necho one >> log") "### Two\n" SH(
            "echo two >> log") "### Three (only if One fails)\n" SH("echo three >> log"),
        "environment: test\naccept_gaps: t\nchoices: {three: {if_failed: one}}\n"
        "on_failure: rollback\n");
    bench_write("stuck", "");
    b.answers = NULL;
    T_EQ(bench_run(&b), EXIT_CODE_INVESTIGATE);
    T_CHECK(log_is("two\nthree\n"));
    bench_end(&b);
}

T(a_killed_run_asks_nobody_twice)
{
    struct bench b;

    bench_plan(&b, FORWARD,
               "environment: test\naccept_gaps: t\nchoices: {cache: ask, cache/2: ask}\n");
    b.answers = "ys";
    T_EQ(bench_run(&b), EXIT_CODE_INTERRUPTED);
    T_CHECK(log_is("cache\n"));
    b.answers = "y";
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    T_CHECK(log_is("cache\nwarm\nship\n"));
    T_EQ(bench_sql(ANSWERS), 2);
    bench_end(&b);
}

T(a_forward_step_that_fails_offers_no_way_back)
{
    struct bench b;

    bench_plan(&b, BACK, "environment: test\naccept_gaps: t\nchoices: {rollback/2: ask}\n");
    b.answers = "";
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_EQ(b.asked[QUESTION_CHOICE], 0);
    bench_end(&b);
}

T(a_way_forward_that_fails_is_left_for_another)
{
    struct bench b;

    bench_plan(&b,
               "# Shop\n\n## Deployment\n\n### Option 1: Fast\n" SH(
                   "echo fast >> log && false") "### Option 2: Slow\n" SH("echo slow >> log"),
               "environment: test\naccept_gaps: t\nchoices: {option-2: ask}\n");
    b.answers = "1y";
    T_EQ(bench_run(&b), EXIT_CODE_INVESTIGATE); /* a step failed and was left */
    T_CHECK(log_is("fast\nslow\n"));
    bench_end(&b);
}

T(a_single_command_may_be_what_is_done_instead)
{
    static const char *const between[] = {"", "echo between >> log\n"};
    struct bench b;

    for (size_t i = 0; i < ARRAY_LEN(between); i++) {
        CLEANUP(strbuf_release) struct strbuf md = STRBUF(0);

        if (file_exists("store"))
            t_remove("store");
        strbuf_addf(&md,
                    "# Shop\n\n## Deployment\n" SH("echo new > release\nfalse") "## Rollback\n" SH(
                        "test -e never\n%s# Restore it (if the downgrade fails)\necho restored >> "
                        "log\n\n# Look\necho looked >> log"),
                    between[i]);
        bench_plan(&b, strbuf_str(&md),
                   i ? HEAD "choices: {rollback/3: ask}\n" : HEAD "choices: {rollback/2: ask}\n");
        b.answers = i ? "" : "y";
        T_EQ(bench_run(&b), i ? EXIT_CODE_ROLLBACK_FAILED : EXIT_CODE_ROLLED_BACK);
        T_CHECK(log_is("restored\nlooked\n"));
        bench_end(&b);
    }
}

static void turns_back(struct bench *b)
{
    run_roll_back(b->run, SV("because"), SV("bo"));
}

T(a_rollback_ends_the_question)
{
    struct bench b;

    bench_plan(&b, FORWARD "## Rollback\n" SH("echo back >> log"),
               "environment: test\naccept_gaps: t\nchoices: {cache/2: ask, cache: yes}\n");
    b.answers = "y";
    b.reply_ms = 3000;
    b.at = "gate-waiting";
    b.at_count = 1;
    b.act = turns_back;
    T_EQ(bench_run(&b), EXIT_CODE_ROLLED_BACK);
    T_CHECK(log_is("cache\nback\n"));
    bench_end(&b);
}

T_MAIN(T_CASE(what_is_done_only_if_is_asked_when_its_turn_has_come), T_CASE(a_no_leaves_it_out),
       T_CASE(it_is_offered_when_what_stands_before_it_fails),
       T_CASE(nothing_instead_is_a_way_back_that_failed_and_is_tried_again),
       T_CASE(a_question_that_nobody_answered_is_asked_again_and_the_step_is_not_repeated),
       T_CASE(unattended_the_step_that_failed_is_tried_again),
       T_CASE(what_does_not_stand_right_before_it_offers_nothing),
       T_CASE(what_somebody_has_left_out_is_not_offered_when_a_later_step_fails),
       T_CASE(one_of_several_ways_is_chosen_by_its_number), T_CASE(no_way_at_all_is_an_answer),
       T_CASE(when_the_chosen_way_fails_the_other_is_offered),
       T_CASE(also_when_it_stands_before_the_one_that_failed),
       T_CASE(a_resume_knows_the_way_that_was_chosen_instead),
       T_CASE(when_no_way_is_left_the_way_back_has_failed),
       T_CASE(the_widest_part_is_asked_about_first_and_what_is_left_out_asks_nothing),
       T_CASE(unattended_it_is_refused_before_anything_is_done),
       T_CASE(a_killed_run_asks_nobody_twice), T_CASE(a_rollback_ends_the_question),
       T_CASE(a_forward_step_that_fails_offers_no_way_back),
       T_CASE(a_way_forward_that_fails_is_left_for_another),
       T_CASE(a_single_command_may_be_what_is_done_instead),
       T_CASE(all_that_no_machine_can_check_is_one_question),
       T_CASE(what_is_done_if_another_fails_needs_nobody),
       T_CASE(what_is_done_if_another_fails_is_left_out_when_it_has_not),
       T_CASE(a_resume_goes_on_with_what_was_begun_instead),
       T_CASE(what_stands_between_is_done_before_what_is_done_instead),
       T_CASE(where_a_command_has_printed_is_said_with_the_end_of_it))
