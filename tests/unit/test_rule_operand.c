/* What a rule of several conditions saw of each, and what is said of a baseline that nobody measured. */
#include "base/text.h"
#include "rule/judge_int.h"
#include "test_rule_util.h"

static void depth(struct bench *b, double t, double v)
{
    bench_push(b, "queue_depth", t, v);
    bench_polled(b, t);
}

static char *explained(struct bench *b, size_t i)
{
    struct strbuf out = STRBUF(0);

    judge_explain(b->j, i, &out);
    return strbuf_steal_str(&out);
}

/* A value that comes later does not help: that has to be in the journal, and is said ahead. */
T(a_baseline_that_is_lacking_is_known_and_changes_the_state)
{
    struct bench b = bench_new(60, 0);
    struct judge_result r;

    T_EQ(bench_add(&b, "rollback when queue_depth > 2x baseline"), 0);
    T_EQ(bench_add(&b, "rollback when queue_depth > 2x baseline baseline 30"), 1);
    T_EQ(bench_add(&b, "rollback when queue_depth > 100"), 2);
    T_CHECK(judge_lacks_baseline(b.j, 0));
    T_CHECK(!judge_lacks_baseline(b.j, 1) && !judge_lacks_baseline(b.j, 2));
    judge_tick(b.j, bench_us(0));
    judge_result(b.j, 0, &r);
    T_CHECK(r.changed && r.nodata == NODATA_NO_SERIES);
    for (int t = 60; t <= 120; t += 60) {
        depth(&b, t, 50);
        judge_tick(b.j, bench_us(t));
        judge_result(b.j, 0, &r);
        T_CHECK(r.nodata == NODATA_NO_BASELINE && r.verdict == VERDICT_HOLD);
        T_EQ(r.changed, t == 60);
    }
    judge_set_baseline(b.j, 0, 40);
    T_CHECK(!judge_lacks_baseline(b.j, 0));
    bench_free(&b);
}

/* Nine conditions: eight are told, and that there are more; what is restored tells the same. */
T(conditions_are_told_up_to_a_number_and_after_a_resume)
{
    static const char *const rules[] = {
        ("rollback when queue_depth > 1 and queue_depth > 2 and queue_depth > 3 and queue_depth > 4 and "
         "queue_depth > 5 and queue_depth > 6 and queue_depth > 7 and queue_depth > 8 and queue_depth > 9"),
        "investigate when queue_depth in [60, 70] or sql.x.text contains \"pend\" or http.h.status > 5",
        "investigate when sql.x.text contains \"pend\"",
        "hold when sql.x.text in {\"a\"}",
    };
    struct bench b = bench_new(60, 0), c = bench_new(60, 0);
    CLEANUP(json_cleanup) json_t *tree = NULL;
    struct judge_operand o;
    struct sample_value text = {.kind = SAMPLES_TEXT, .text = SV("pending")};
    char *got;

    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        (void)bench_add(&b, rules[i]);
        (void)bench_add(&c, rules[i]);
    }
    depth(&b, 60, 50);
    (void)samples_add_value(b.s, bench_source(&b, "sql.x", true), SV("sql.x.text"), bench_us(60),
                            &text);
    samples_poll_ok(b.s, bench_source(&b, "sql.x", true), bench_us(60));
    samples_poll_failed(b.s, bench_source(&b, "http.h", true), bench_us(60), SV("refused"));
    judge_tick(b.j, bench_us(60));
    T_EQ(judge_n_operands(b.j, 0), OPERANDS_MAX);
    got = explained(&b, 0);
    T_CHECK(strstr(got, "queue_depth > 8 is true (50); and 1 more, fired"));
    free(got);
    got = explained(&b, 1);
    T_CHECK(strstr(
        got, ": true: queue_depth in [60, 70] is false (50); sql.x.text contains \"pend\" is true "
             "(\"pending\"); http.h.status > 5 is ERROR (refused), fired"));
    free(got);
    judge_operand(b.j, 1, 0, &o);
    T_CHECK(o.has_limit && o.has_limit_to && o.has_value);
    T_NEAR(o.limit_to, 70, 0);
    got = explained(&b, 2);
    T_CHECK(strstr(got, ": true: sql.x.text contains \"pend\" is true (\"pending\"), fired"));
    free(got);
    got = explained(&b, 3);
    T_CHECK(strstr(got, ": false: sql.x.text in {\"a\"} is false (\"pending\"), good"));
    free(got);
    tree = judge_save(b.j);
    T_OK(judge_restore(c.j, tree, &c.err), c.err);
    for (size_t i = 0; i < judge_n_rules(b.j); i++) {
        char *first = explained(&b, i), *again = explained(&c, i);

        T_STR(again, first);
        free(first);
        free(again);
    }
    bench_free(&b);
    bench_free(&c);
}

/* A text that is cut could hold the half of a secret, or of a character. */
T(a_long_text_is_told_by_its_length_and_an_error_in_whole_characters)
{
    CLEANUP(strbuf_release) struct strbuf e = STRBUF(0), text = STRBUF(0);
    struct bench b = bench_new(60, 0);
    CLEANUP(json_cleanup) json_t *tree = NULL;
    struct sample_value v;
    char *got;

    strbuf_add_n(&text, 'x', 101);
    strbuf_add_str(&e, "a"); /* so that the 255th byte is the first of two */
    for (int i = 0; i < 200; i++)
        strbuf_add_str(&e, "\xc3\xa4");
    T_EQ(bench_add(&b, "investigate when sql.x.text contains \"xx\" and http.h.status > 5"), 0);
    v = (struct sample_value){.kind = SAMPLES_TEXT, .text = strbuf_sv(&text)};
    (void)samples_add_value(b.s, bench_source(&b, "sql.x", true), SV("sql.x.text"), bench_us(60),
                            &v);
    samples_poll_ok(b.s, bench_source(&b, "sql.x", true), bench_us(60));
    samples_poll_failed(b.s, bench_source(&b, "http.h", true), bench_us(60), strbuf_sv(&e));
    judge_tick(b.j, bench_us(60));
    got = explained(&b, 0);
    T_CHECK(strstr(got, "contains \"xx\" is true (a text of 101 bytes); "));
    T_EQ(text_bad_utf8(sv_from(got)), SV_NPOS);
    T_CHECK(strstr(got, "\xc3\xa4), error, HOLD"));
    free(got);
    tree = judge_save(b.j);
    T_CHECK(tree);
    bench_free(&b);
}

/* An alias that is a condition of several: its parts have no other words.  A limit that is computed is told. */
T(conditions_behind_an_alias_and_limits_of_a_baseline_are_told)
{
    struct bench b = bench_new(60, 0);
    struct rule_source q = {.name = SV("queue_depth"), .kind = SOURCE_GAUGE, .worse = WORSE_UP};
    char *got;

    rule_env_add_source(b.env, &q);
    T_OK(rule_env_add_alias(b.env, SV("busy"), SV("queue_depth > 1 and queue_depth > 90"),
                            WORSE_UNKNOWN, &b.diag, &b.err),
         b.err);
    T_EQ(bench_add(&b, "investigate when busy"), 0);
    T_EQ(bench_add(&b, "investigate when queue_depth > 2x baseline or queue_depth < 1"), 1);
    T_EQ(bench_add(
             &b, "investigate when not (queue_depth not worse than baseline) or queue_depth > 90"),
         2);
    for (int t = -600; t <= 0; t += 60)
        depth(&b, t, 20);
    judge_measure_baseline(b.j, bench_us(0));
    for (int t = 60; t <= 600; t += 60) {
        depth(&b, t, 50);
        judge_tick(b.j, bench_us(t));
    }
    got = explained(&b, 0);
    T_CHECK(
        strstr(got, ": false: queue_depth > 1 is true (50); queue_depth > 90 is false (50), good"));
    free(got);
    got = explained(&b, 1);
    T_CHECK(strstr(
        got,
        ": true: queue_depth > 2x baseline is true (50, limit 40); queue_depth < 1 is false (50), "));
    free(got);
    got = explained(&b, 2);
    T_CHECK(strstr(got, "queue_depth not worse than baseline is false (50, limit "));
    free(got);
    bench_free(&b);
}

T_MAIN(T_CASE(a_baseline_that_is_lacking_is_known_and_changes_the_state),
       T_CASE(conditions_are_told_up_to_a_number_and_after_a_resume),
       T_CASE(a_long_text_is_told_by_its_length_and_an_error_in_whole_characters),
       T_CASE(conditions_behind_an_alias_and_limits_of_a_baseline_are_told))
