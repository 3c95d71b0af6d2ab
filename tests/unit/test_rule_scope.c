/* rule/judge: parts of a watch that have a deploy mark of their own. */
#include "test_rule_util.h"

static size_t add_in(struct bench *b, const char *scope, const char *text)
{
    return judge_add_in(b->j, judge_scope(b->j, sv_from(scope)), sv_from(text),
                        bench_rule(b, sv_from(text)));
}

/* A watch of two phases whose mark is not reached. */
static struct bench begin(void)
{
    struct bench b = bench_new(10, 0);
    struct judge_config c = {.run = SV("r-1"),
                             .interval_us = bench_us(10),
                             .t0_us = JUDGE_UNSET,
                             .step_us = JUDGE_UNSET,
                             .run_start_us = JUDGE_UNSET,
                             .rollback_until_us = JUDGE_UNSET,
                             .watch_us = bench_us(600)};

    judge_free(b.j);
    b.j = judge_new(&c, b.s);
    return b;
}

static void look(struct bench *b, double t, double v)
{
    bench_push(b, "queue", t, v);
    bench_polled(b, t);
    judge_tick(b->j, bench_us(t));
}

static enum judge_state state(const struct bench *b, size_t rule)
{
    struct judge_result r;

    judge_result(b->j, rule, &r);
    return r.state;
}

T(a_rule_of_a_phase_is_judged_from_the_mark_of_that_phase_on)
{
    struct bench b = begin();
    size_t first = add_in(&b, "one", "rollback when queue > 5"),
           second = add_in(&b, "two", "rollback when queue > 6"),
           whole = bench_add(&b, "investigate when queue > 7");

    look(&b, 100, 9);
    T_EQ(state(&b, first), STATE_INACTIVE);
    T_STR(bench_verdict(&b), "OK");
    judge_set_scope_t0(b.j, judge_scope(b.j, SV("one")), bench_us(110));
    look(&b, 120, 2);
    T_EQ(state(&b, first), STATE_GOOD);
    T_EQ(state(&b, second), STATE_INACTIVE);
    T_EQ(state(&b, whole), STATE_INACTIVE);
    T_CHECK(!judge_is_over(b.j));
    T_EQ(judge_watch_end(b.j), JUDGE_UNSET);
    look(&b, 130, 9);
    T_EQ(state(&b, first), STATE_FIRED);
    T_EQ(state(&b, second), STATE_INACTIVE);
    T_STR(bench_verdict(&b), "ROLLBACK");
    judge_set_t0(b.j, bench_us(135)); /* that of the whole is also that of a phase without one */
    T_EQ(judge_t0(b.j, judge_scope(b.j, SV("one"))), bench_us(110));
    T_EQ(judge_t0(b.j, judge_scope(b.j, SV("two"))), bench_us(135));
    T_SV(judge_scope_name(b.j, judge_scope(b.j, SV("two"))), "two");
    look(&b, 140, 9);
    T_EQ(state(&b, second), STATE_FIRED);
    T_EQ(state(&b, whole), STATE_FIRED);
    T_EQ(judge_watch_end(b.j), bench_us(735));
    bench_free(&b);
}

T(windows_and_times_of_a_phase_count_from_its_own_mark)
{
    struct bench b = begin();
    size_t within = add_in(&b, "one", "rollback when queue > 5 within 30s of deploy"),
           window = add_in(&b, "two", "investigate when max(queue[1m]) > 5");
    struct judge_result r;

    judge_set_scope_t0(b.j, judge_scope(b.j, SV("one")), bench_us(100));
    judge_set_scope_t0(b.j, judge_scope(b.j, SV("two")), bench_us(115));
    look(&b, 110, 9);
    T_EQ(state(&b, within), STATE_FIRED);
    look(&b, 120, 2);
    judge_result(b.j, window, &r); /* the 9 was before its mark */
    T_EQ(r.result, RESULT_FALSE);
    T_EQ(r.from_us, bench_us(115));
    look(&b, 140, 9);
    T_EQ(state(&b, within), STATE_INACTIVE);
    judge_forget_before(b.j, bench_us(145));
    look(&b, 150, 2);
    judge_result(b.j, window, &r);
    T_EQ(r.result, RESULT_FALSE);
    T_EQ(r.from_us, bench_us(145));
    bench_free(&b);
}

static void add_checks(struct bench *b)
{
    (void)add_in(b, "one", "rollback when queue > 5");
    (void)bench_add(b, "investigate when queue > 7");
    (void)add_in(b, "one", "checkpoint T+1m");
    (void)bench_add(b, "checkpoint T+1m");
    (void)add_in(b, "one", "expect queue < 8 at T+20m else investigate");
}

T(a_checkpoint_of_a_phase_is_due_after_its_mark_and_judges_what_is_of_it)
{
    struct bench b = begin();
    struct judge_checkpoint c;
    size_t one;

    add_checks(&b);
    one = judge_scope(b.j, SV("one"));
    judge_set_scope_t0(b.j, one, bench_us(100));
    look(&b, 155, 1);
    look(&b, 165, 1);
    T_EQ(judge_n_checkpoints(b.j), 3);
    judge_checkpoint(b.j, 0, &c);
    T_EQ(c.scope, one);
    T_EQ(c.due_us, bench_us(160));
    T_EQ(c.closed_us, bench_us(165));
    T_EQ(judge_checkpoint_rule(b.j, 0, 0), 0);
    T_EQ(judge_checkpoint_rule(b.j, 0, 1), SIZE_MAX);
    judge_checkpoint(b.j, 1, &c);
    T_EQ(c.scope, JUDGE_WHOLE);
    T_EQ(c.due_us, JUDGE_UNSET);
    judge_set_t0(b.j, bench_us(200));
    look(&b, 270, 1);
    judge_checkpoint(b.j, 1, &c);
    T_EQ(c.closed_us, bench_us(270));
    T_EQ(judge_checkpoint_rule(b.j, 1, 1), 1);  /* all: those of phases, too */
    T_EQ(judge_watch_end(b.j), bench_us(1300)); /* 20 minutes after the mark of the phase */
    bench_free(&b);
}

/* Each has a test of its own, whose verdict is that of its time. */
T(a_checkpoint_against_the_baseline_tests_once_for_each_phase)
{
    struct bench b = begin();

    (void)add_in(&b, "one", "rollback when queue[30s] > 2x baseline");
    (void)add_in(&b, "two", "rollback when queue[30s] > 3x baseline");
    (void)add_in(&b, "one", "checkpoint T+1m: baseline");
    (void)add_in(&b, "two", "checkpoint T+1m: baseline");
    judge_set_scope_t0(b.j, judge_scope(b.j, SV("one")), bench_us(100));
    look(&b, 110, 1);
    T_EQ(judge_n_checkpoints(b.j), 2);
    T_EQ(judge_n_rules(b.j), 4);
    T_EQ(judge_checkpoint_rule(b.j, 0, 0), 2);
    T_EQ(judge_checkpoint_rule(b.j, 0, 1), SIZE_MAX);
    T_EQ(judge_checkpoint_rule(b.j, 1, 0), 3);
    T_EQ(judge_checkpoint_rule(b.j, 1, 1), SIZE_MAX);
    bench_free(&b);
}

/* What staging may have says nothing of what production may. */
T(bands_of_two_phases_are_no_table_of_one)
{
    struct bench b = begin();
    size_t one = add_in(&b, "one", "expect queue < 5"),
           two = add_in(&b, "two", "rollback when queue > 50");
    struct judge_result r;

    judge_set_scope_t0(b.j, judge_scope(b.j, SV("one")), bench_us(100));
    judge_set_scope_t0(b.j, judge_scope(b.j, SV("two")), bench_us(100));
    look(&b, 110, 20);
    judge_result(b.j, two, &r);
    T_CHECK(!r.uncovered);
    T_EQ(r.verdict, VERDICT_OK);
    judge_result(b.j, one, &r);
    T_EQ(r.result, RESULT_FALSE);
    bench_free(&b);
}

T(the_marks_of_phases_are_part_of_the_state)
{
    struct bench b = begin(), c = begin();
    json_t *tree;

    add_checks(&b);
    add_checks(&c);
    judge_set_scope_t0(b.j, judge_scope(b.j, SV("one")), bench_us(100));
    judge_forget_before(b.j, bench_us(105));
    look(&b, 110, 9);
    tree = judge_save(b.j);
    T_OK(judge_restore(c.j, tree, &c.err), c.err);
    json_decref(tree);
    T_EQ(judge_t0(c.j, judge_scope(c.j, SV("one"))), bench_us(100));
    T_EQ(judge_t0(c.j, JUDGE_WHOLE), JUDGE_UNSET);
    T_STR(bench_verdict(&c), "ROLLBACK");
    tree = judge_save(c.j);
    T_EQ(json_get_int(tree, "floor_us", 0), bench_us(105));
    json_decref(tree);
    bench_free(&b);
    bench_free(&c);
}

T_MAIN(T_CASE(a_rule_of_a_phase_is_judged_from_the_mark_of_that_phase_on),
       T_CASE(windows_and_times_of_a_phase_count_from_its_own_mark),
       T_CASE(a_checkpoint_of_a_phase_is_due_after_its_mark_and_judges_what_is_of_it),
       T_CASE(a_checkpoint_against_the_baseline_tests_once_for_each_phase),
       T_CASE(bands_of_two_phases_are_no_table_of_one),
       T_CASE(the_marks_of_phases_are_part_of_the_state))
