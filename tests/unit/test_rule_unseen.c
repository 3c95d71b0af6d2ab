/* What rules never saw in a whole watch, and what of it would have had a say. */
#include "rule/judge_int.h"
#include "test_rule_util.h"

static void depth(struct bench *b, double t, double v)
{
    bench_push(b, "queue_depth", t, v);
    bench_polled(b, t);
}

static const struct {
    const char *rule, *part, *why;
    int looks; /* -1: nothing is missing */
    bool decides;
} unseen_rules[] = {
    {"rollback when queue_depth > 10", NULL, NULL, -1, false},
    {"rollback when nowhere > 10", NULL, "no-series", 3, true},
    {"rollback when nowhere > 10 within 90s of deploy", NULL, "no-series", 2, true},
    {"info team when nowhere > 10", NULL, "no-series", 3, false},
    {"ok when nowhere < 10", NULL, "no-series", 3, false},
    {"investigate when nowhere > 10 missing ok", NULL, "no-series", 3, false},
    {"investigate when queue_depth > 10 after phase 4", NULL, "", 0, false},
    {"rollback when queue_depth > 10 and nowhere > 5", "nowhere > 5", "no-series", 3, true},
    {"rollback when queue_depth > 2 or nowhere > 5", "nowhere > 5", "no-series", 3, true},
    {"rollback when queue_depth > 10 or not (queue_depth < 2)", NULL, NULL, -1, false},
    {"expect all(sql.deals : cost > 5)", NULL, NULL, -1, false},
    {"expect none(sql.nulls : cost > 5)", NULL, "null", 3, false},
    {"expect none(sql.nulls : cost is not null)", NULL, NULL, -1, false},
    {"expect all(sql.empty : cost > 5)", NULL, "no-rows", 3, true},
    {"expect count(sql.failed) == 0", NULL, "refused", 3, true},
    {"rollback when queue_depth > 10 and count(sql.failed) > 0", "count(sql.failed) > 0", "refused",
     3, true},
    {"report queue_depth", NULL, NULL, -1, false},
};

static void unseen_rows(struct bench *b, const char *name, double t, json_t *rows)
{
    size_t source = bench_source(b, name, true);

    T_CHECK(samples_add_rows(b->s, source, sv_from(name), bench_us(t), rows, NULL));
    samples_poll_ok(b->s, source, bench_us(t));
    json_decref(rows);
}

static struct bench unseen_world(void)
{
    struct bench b = bench_new(60, 0);

    for (size_t i = 0; i < ARRAY_LEN(unseen_rules); i++)
        T_EQ(bench_add(&b, unseen_rules[i].rule), i);
    return b;
}

static void unseen_tick(struct bench *b, double t)
{
    depth(b, t, 3);
    unseen_rows(b, "sql.deals", t, json_pack("[{si}]", "cost", 7));
    unseen_rows(b, "sql.nulls", t, json_pack("[{sn}]", "cost"));
    unseen_rows(b, "sql.empty", t, json_array());
    unseen_rows(b, "sql.failed", t, json_str("refused"));
    judge_tick(b->j, bench_us(t));
}

static void unseen_check(const struct bench *b)
{
    for (size_t i = 0; i < ARRAY_LEN(unseen_rules); i++) {
        struct judge_unseen u;
        bool is = judge_unseen(b->j, i, &u);

        if (is != (unseen_rules[i].looks >= 0))
            T_FAIL("%s: %s", unseen_rules[i].rule, is ? "not seen" : "seen");
        if (!is)
            continue;
        t_say("%s: %s", unseen_rules[i].rule, u.why);
        T_EQ(u.looks, unseen_rules[i].looks);
        T_STR(u.why, unseen_rules[i].why);
        T_EQ(u.decides, unseen_rules[i].decides);
        T_EQ(u.part.p != NULL, unseen_rules[i].part != NULL);
        if (u.part.p)
            T_CHECK(sv_is(u.part, unseen_rules[i].part));
    }
}

T(what_a_rule_never_saw_is_known_at_the_end_also_after_a_restart)
{
    struct bench b = unseen_world(), again = unseen_world();
    json_t *state, *samples;
    struct err err;

    unseen_tick(&b, 0);
    unseen_tick(&b, 60);
    state = judge_save(b.j);
    samples = samples_save(b.s);
    unseen_tick(&b, 120);
    unseen_check(&b);
    T_OK(samples_restore(again.s, samples, &err), err);
    T_OK(judge_restore(again.j, state, &err), err);
    unseen_tick(&again, 120);
    unseen_check(&again);
    json_decref(state);
    json_decref(samples);
    bench_free(&b);
    bench_free(&again);
}

/* A rule that has a value once has seen something. */
T(a_rule_that_had_a_value_once_was_judged)
{
    struct bench b = bench_new(60, 0);
    struct judge_unseen u;

    T_EQ(bench_add(&b, "rollback when queue_depth > 10"), 0);
    judge_tick(b.j, bench_us(0));
    T_CHECK(judge_unseen(b.j, 0, &u));
    depth(&b, 60, 3);
    judge_tick(b.j, bench_us(60));
    T_CHECK(!judge_unseen(b.j, 0, &u));
    bench_free(&b);
}

T_MAIN(T_CASE(what_a_rule_never_saw_is_known_at_the_end_also_after_a_restart),
       T_CASE(a_rule_that_had_a_value_once_was_judged))
