/* What is wrong between the rules of one document. */
#include "base/sv.h"
#include "rule/family.h"
#include "t.h"

/* "ID A B MESSAGE" of each finding; B is -1 for none. */
static void same(const char *const *texts, const char *const *want)
{
    CLEANUP(arena_release) struct arena a = {0};
    struct family_findings found = {0};
    struct family_rows rows = {0};
    size_t i = 0;

    for (size_t n = 0; texts[n]; n++) {
        struct rule_diag diag;
        struct err err = {0};
        struct rule *r;

        T_OK(rule_parse(&a, sv_from(texts[n]), &r, &diag, &err), err);
        family_add_rule(&a, r, n, &rows);
        family_check_rule(&a, r, n, &found);
    }
    family_check(&a, &rows, &found);
    for (; i < found.list.n; i++) {
        const struct family_finding *x = &found.list.v[i];
        struct sv got = arena_fmt(&a, "%s %zu %d %.*s", x->id, x->a,
                                  x->b == FAMILY_NONE ? -1 : (int)x->b, SV_FMT(x->message));

        if (!want[i])
            T_FAIL("one more: %.*s", SV_FMT(got));
        if (!sv_eq(got, sv_from(want[i])))
            T_FAIL("%.*s\n should be %s", SV_FMT(got), want[i]);
    }
    if (want[i])
        T_FAIL("missing: %s", want[i]);
    vec_release(&found.list);
    vec_release(&rows.list);
}

#define SAME(rules, ...) same((const char *const[])rules, (const char *const[]){__VA_ARGS__})
#define RULES(...)        \
    {                     \
        __VA_ARGS__, NULL \
    }

T(what_no_rule_names_is_told)
{
    SAME(RULES("expect error_rate[1m] < 0.5% else investigate",
               "investigate when error_rate[1m] >= 1%", "rollback when error_rate[1m] > 5%"),
         "RB401 1 -1 no rule names error_rate in [0.5%, 1%)", NULL);
    SAME(RULES("expect p95(response_time)[5m] < 1.5s at T+15m",
               "investigate when p95(response_time)[5m] in [2s, 5s]",
               "rollback when p95(response_time)[5m] > 5s"),
         "RB401 1 -1 no rule names p95(response_time) in [1.5s, 2s)", NULL);
    SAME(RULES("expect depth > 5", "rollback when depth < 3"),
         "RB401 0 -1 no rule names depth in [3, 5]", NULL);
    SAME(RULES("expect batch < 30s else investigate", "investigate when batch > 30s"),
         "RB401 1 -1 no rule names batch exactly 30s", NULL);
    /* no row of what is wrong stands behind the hole: the first is as near as any */
    SAME(RULES("rollback when depth < 2", "expect depth > 5"),
         "RB401 0 -1 no rule names depth in [2, 5]", NULL);
    SAME(RULES("expect depth < 5", "rollback when depth > 5 for 5m"),
         "RB401 1 -1 no rule names depth exactly 5",
         "RB401 1 -1 no rule names depth in (5, inf) for less than 300s", NULL);
}

T(what_is_named_without_a_gap_is_not_told)
{
    SAME(RULES("expect depth < 2 and depth < 3 else rollback"),
         NULL); /* it does not contradict itself */
    SAME(RULES("expect depth < 5", "rollback when depth >= 5"), NULL);
    SAME(RULES("investigate when depth >= 1", "rollback when depth > 5"), NULL);
    SAME(RULES("rollback when depth > 5", "rollback when width > 5"), NULL);
    SAME(RULES("rollback when depth > 5"), NULL);
    SAME(RULES("checkpoint T+5m"), NULL);
}

T(rows_that_contradict_or_never_decide_are_told)
{
    SAME(RULES("page oncall when error_rate[1m] > 1% for 5m", "rollback when error_rate[5m] > 1%"),
         "RB402 0 1 this never decides: error_rate in (1%, inf) is ROLLBACK already", NULL);
    SAME(RULES("investigate when depth in [2, 5]", "rollback when depth > 4"),
         "RB402 0 1 two rules with different verdicts name depth in (4, 5]", NULL);
    SAME(RULES("ok when depth <= 3", "investigate when depth >= 2"),
         "RB402 0 1 depth in [2, 3] is fine and is not", NULL);
    SAME(RULES("investigate when depth > 2 or depth < 0", "rollback when depth > 2 or width > 3"),
         "RB401 0 -1 no rule names depth in [0, 2]",
         "RB402 0 1 this never decides: depth in (2, inf) is ROLLBACK already", NULL);
}

T(two_limits_for_one_subject_are_told)
{
    SAME(RULES("expect error_rate[5m] < 0.5%", "expect error_rate[1m] < 1%"),
         "RB409 0 1 error_rate is expected in (-inf, 0.5%) here and in (-inf, 1%) there", NULL);
    SAME(RULES("expect error_rate[5m] < 0.5%", "expect error_rate[1m] < 0.5% at T+1h"), NULL);
}

T(one_source_measured_in_two_ways_is_told)
{
    SAME(
        RULES("ok when memory <= 10GB", "rollback when slope(memory[5m]) > 100MB/m"),
        "RB410 0 1 what is fine is said of memory, what is not of slope(memory): nobody knows where one ends",
        NULL);
    SAME(RULES("ok when slope(memory[5m]) < 1MB/m", "rollback when slope(memory[5m]) >= 1MB/m"),
         NULL);
}

T(what_can_never_be_true_is_told)
{
    SAME(RULES("rollback when depth > 5 and depth < 3"),
         "RB403 0 -1 this can never be true: depth cannot be both", NULL);
    SAME(RULES("rollback when depth > 5 and (depth < 9 and depth <= 5)"),
         "RB403 0 -1 this can never be true: depth cannot be both", NULL);
    SAME(RULES("rollback when depth > 5 and width < 3"), NULL);
    SAME(RULES("rollback when depth >= 5 and depth <= 5"), NULL);
    SAME(RULES("expect depth > 5 and depth < 3"),
         NULL); /* never holds: the check of the run says so at once */
}

/* A table with a row for each of ten thousand names costs a multiple of its length, not its square. */
T(many_families_and_a_large_one_have_an_end)
{
    CLEANUP(arena_release) struct arena a = {0};
    struct family_findings found = {0};
    struct family_rows rows = {0};

    for (size_t i = 0; i < 100000; i++) {
        struct band b = {.verdict = i % 2 ? VERDICT_ROLLBACK : VERDICT_OK, .held_s = BAND_ANY_TIME};

        b.value = i % 2 ? (struct band_range){5, HUGE_VAL, true, true}
                        : (struct band_range){-HUGE_VAL, 5, true, false};
        *vec_add(&rows.list) =
            (struct family_row){.rule = i,
                                .subject = i < 50000 ? arena_fmt(&a, "m%zu", i / 2) : SV("depth"),
                                .source = {NULL, 0},
                                .band = b};
    }
    family_check(&a, &rows, &found);
    T_EQ(found.list.n, 0);
    rows.list.v[1].band.value.lo = 6;
    family_check(&a, &rows, &found);
    T_EQ(found.list.n, 1);
    T_SV(found.list.v[0].message, "no rule names m0 in (5, 6]");
    rows.list.v[1].band.value.lo = 5;
    rows.list.v[1].band.held_s = (struct band_range){0, 300, false, true}; /* of a text: "<5 min" */
    family_check(&a, &rows, &found);
    T_EQ(found.list.n, 2);
    T_SV(found.list.v[1].message, "no rule names m0 in (5, inf) from 300s on");
    vec_release(&found.list);
    vec_release(&rows.list);
}

T_MAIN(T_CASE(what_no_rule_names_is_told), T_CASE(what_is_named_without_a_gap_is_not_told),
       T_CASE(rows_that_contradict_or_never_decide_are_told),
       T_CASE(two_limits_for_one_subject_are_told), T_CASE(one_source_measured_in_two_ways_is_told),
       T_CASE(what_can_never_be_true_is_told), T_CASE(many_families_and_a_large_one_have_an_end))
