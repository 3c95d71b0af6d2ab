/* The grammar: what the tree holds, where an error is, what is printed. */
#include "base/sv.h"
#include "rule/check.h"
#include "t.h"

struct parsed {
    struct arena a;
    struct rule *r;
    struct rule_diag diag;
    struct err err;
    enum err_code rc;
};

static struct parsed parse(const char *text)
{
    struct parsed p = {0};

    p.rc = rule_parse(&p.a, sv_from(text), &p.r, &p.diag, &p.err);
    return p;
}

static struct parsed parse_ok(const char *text)
{
    struct parsed p = parse(text);

    if (p.rc != ERR_OK)
        T_FAIL("%s: column %zu: %s", text, p.diag.column, p.err.msg);
    return p;
}

T(a_rule_is_its_actions_its_condition_and_its_clauses)
{
    struct parsed p = parse_ok(
        "rollback, page dba when error_rate[1m] > 5% for 5m every 30s within 30m of deploy "
        "min 20 samples missing bad recover 2% baseline 1% after phase 4");
    const struct rule *r = p.r;

    T_EQ(r->form, RULE_WHEN);
    T_EQ(r->n_acts, 2);
    T_EQ(r->acts[1].action, ACTION_PAGE);
    T_SV(r->acts[1].name, "dba");
    T_EQ(r->hold.us, 300000000);
    T_EQ(r->every.us, 30000000);
    T_EQ(r->within.us, 1800000000);
    T_EQ(r->within_of, FROM_DEPLOY);
    T_CHECK(r->has_min && r->min == 20 && r->has_missing && r->missing == MISSING_BAD);
    T_CHECK(r->has_recover && num_same(r->recover.value, 0.02));
    T_CHECK(r->has_baseline && num_same(r->baseline.value, 0.01));
    T_SV(r->after, "phase");
    T_CHECK(r->after_numbered && r->after_n == 4);
    T_EQ(r->expr->kind, EXPR_CMP);
    T_EQ(r->expr->op, CMP_GT);
    T_SV(r->expr->a->text, "error_rate");
    T_EQ(r->expr->a->window.us, 60000000);
    T_EQ(r->clause_at[CLAUSE_FOR], 44);
    T_EQ(rule_verdict(r), VERDICT_ROLLBACK);
    T_CHECK(rule_has_action(r, ACTION_PAGE) && !rule_has_action(r, ACTION_HOLD) &&
            !rule_is_gate(r));
    arena_release(&p.a);
}

T(moments_are_counted_from_the_deploy_or_the_step)
{
    struct parsed p = parse_ok("expect x > 1 at T+15m else hold"),
                  q = parse_ok("expect x > 1 at step+30s confident 99%");
    struct parsed c = parse_ok("checkpoint T+1h: all, error-rate, `a b`"),
                  t = parse_ok("report avg(x)[5m] at T+0s");

    T_EQ(p.r->at.from, FROM_DEPLOY);
    T_EQ(p.r->at.after.us, 900000000);
    T_EQ(rule_verdict(p.r), VERDICT_HOLD);
    T_EQ(q.r->at.from, FROM_STEP);
    T_EQ(q.r->at.after.us, 30000000);
    T_EQ(rule_verdict(q.r), VERDICT_INVESTIGATE);
    T_CHECK(q.r->has_confident && num_same(q.r->confident.value, 0.99));
    T_EQ(c.r->form, RULE_CHECKPOINT);
    T_EQ(c.r->n_names, 3);
    T_SV(c.r->names[1], "error-rate");
    T_SV(c.r->names[2], "a b");
    T_EQ(c.r->name_at[1], 22);
    T_CHECK(!c.r->expr && !rule_is_gate(c.r));
    T_EQ(t.r->at.after.us, 0);
    T_EQ(t.r->form, RULE_REPORT);
    arena_release(&p.a);
    arena_release(&q.a);
    arena_release(&c.a);
    arena_release(&t.a);
}

T(gates_are_expectations_that_last_and_what_proceeds)
{
    struct parsed p = parse_ok("expect x > 1 for 5m"), q = parse_ok("proceed when x > 1"),
                  r = parse_ok("expect x > 1");

    T_CHECK(rule_is_gate(p.r) && rule_is_gate(q.r) && !rule_is_gate(r.r));
    arena_release(&p.a);
    arena_release(&q.a);
    arena_release(&r.a);
}

T(names_keep_their_parts_labels_and_quotes)
{
    struct parsed p = parse_ok("expect `job:x`.y-z.`a b`{le=\"5\",code!~\"5..\\\"\"}[90s] > 1");
    const struct expr *n = p.r->expr->a;

    T_EQ(n->n_parts, 3);
    T_SV(n->text, "job:x.y-z.a b");
    T_EQ(n->n_labels, 2);
    T_EQ(n->labels[1].op, LABEL_NRE);
    T_SV(n->labels[1].value, "5..\"");
    T_EQ(n->window.us, 90000000);
    T_EQ(n->at, 7);
    arena_release(&p.a);
}

T(text_is_decoded_and_patterns_are_left_to_pcre)
{
    struct parsed p = parse_ok("expect x == \"a\\\"b\\\\c\\n\\t\"");
    struct parsed q = parse_ok("expect x matches \"a\\\"b\\\\c\\d\"");

    T_SV(p.r->expr->b->text, "a\"b\\c\n\t");
    T_SV(q.r->expr->text, "a\"b\\\\c\\d");
    arena_release(&p.a);
    arena_release(&q.a);
}

T(what_belongs_to_time_is_scaled_and_limits_are_not)
{
    struct parsed p = parse_ok(
        "rollback when p95(h[5m]) > 500ms or 2 of 3 (x is down) for 10m every 20s within 1h of deploy");
    struct parsed q = parse_ok("checkpoint T+1h");
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    rule_scale(p.r, 0.01);
    T_EQ(p.r->hold.us, 6000000);
    T_EQ(p.r->every.us, 200000);
    T_EQ(p.r->within.us, 36000000);
    T_EQ(p.r->expr->a->a->items[0]->window.us, 3000000);
    T_CHECK(num_same(p.r->expr->a->b->num.value, 0.5) && num_same(p.r->scale, 0.01));
    rule_print(p.r, &text);
    T_STR(
        strbuf_str(&text),
        "rollback when p95(h[5m]) > 500ms or 2 of 3 (x is down) for 10m every 20s within 1h of deploy");
    rule_scale(q.r, 1e-12);
    T_EQ(q.r->at.after.us, 1); /* a duration does not vanish */
    T_EQ(rule_scale_us(0, 5), 0);
    arena_release(&p.a);
    arena_release(&q.a);
}

T(a_rule_that_is_too_long_or_no_text_is_refused)
{
    struct arena a = {0};
    struct err err = {0};
    struct rule_diag diag;
    struct rule *r = NULL;
    char big[RULE_MAX_BYTES + 2];

    (void)snprintf(big, sizeof(big), "expect x%*s", (int)RULE_MAX_BYTES + 1 - 8, "y");
    T_EQ(rule_parse(&a, (struct sv){big, RULE_MAX_BYTES + 1}, &r, &diag, &err), ERR_LIMIT);
    T_EQ(rule_parse(&a, SV("expect x == \"\xff\""), &r, &diag, &err), ERR_INVALID);
    T_EQ(diag.column, 13);
    T_EQ(rule_parse(&a, SV("expect\nx"), &r, &diag, &err), ERR_INVALID);
    T_EQ(diag.column, 6);
    T_EQ(rule_parse(&a, SV("\n  expect x > > 1\n"), &r, &diag, &err), ERR_INVALID);
    T_EQ(diag.column, 14); /* in what was given, not in what was trimmed */
    T_CHECK(!r);
    arena_release(&a);
}

/* The parser recurses: what nests without brackets of its own is counted too. */
T(functions_nest_as_deep_as_brackets_and_no_deeper)
{
    static const char *const opens[] = {"(", "abs(", "count(r : ", "-", "not "};

    for (size_t i = 0; i < ARRAY_LEN(opens); i++)
        for (size_t deep = RULE_MAX_NESTING - 2; deep < RULE_MAX_NESTING + 3; deep++) {
            CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
            struct arena a = {0};
            struct err err = {0};
            struct rule_diag diag;
            struct rule *r;

            strbuf_add_str(&b, "expect ");
            for (size_t k = 0; k < deep; k++)
                strbuf_add_str(&b, opens[i]);
            strbuf_add_byte(&b, 'x');
            for (size_t k = 0; k < deep && strchr(opens[i], '('); k++)
                strbuf_add_byte(&b, ')');
            if (rule_parse(&a, strbuf_sv(&b), &r, &diag, &err) != ERR_OK)
                T_CHECK(deep + 1 >= RULE_MAX_NESTING && strstr(err.msg, "64"));
            else
                T_CHECK(deep <= RULE_MAX_NESTING);
            arena_release(&a);
        }
}

T(an_error_says_what_was_meant)
{
    static const struct {
        const char *rule, *msg, *hint;
    } rows[] = {
        {"rolback when x > 1", "expected an action, found 'rolback'", "did you mean 'rollback'?"},
        {"expct x > 1", "expected an action, found 'expct'", "did you mean 'expect'?"},
        {"expect x > 5Mb", "no such unit: 'Mb'", "did you mean 'MB'?"},
        {"expect mat(x) > 5", "no such function: 'mat'", "did you mean 'max'?"},
        {"expect zzzzzz(x) > 5", "no such function: 'zzzzzz'", ""},
        {"expect x > 5 and", "expected a value, found the end", ""},
        {"expect x > 5 fro 5m", "text after the rule: 'fro'", "did you mean 'for'?"},
        {"expect x > 5 nad y > 2", "text after the rule: 'nad'", "did you mean 'and'?"},
        {"expect x > 5 %", "no such character: '%'", "a unit stands without a blank: 5%"},
        {"expect x > 5 $", "no such character: '$'", ""},
        {"expect x > \"a very long text that nobody wants to read\" z", "text after the rule: 'z'",
         ""},
        {"expect x \"a very long text that nobody wants to read\"",
         "text after the rule: 'a very long text that no...'", ""},
        {"expect x \"aaaaaaaaaaaaaaaaaaaaaaa\xc3\xa9\"",
         "text after the rule: 'aaaaaaaaaaaaaaaaaaaaaaa...'", ""},
        {"rollback when x > 1 else hold", "'else' belongs to 'expect'", ""},
        {"expect ratio(a) > 1%", "ratio takes 2 arguments", ""},
        {"expect 4 of 3 (x is down)",
         "4 of 3 can not be: the first is at least 1 and at most the second", ""},
        {"expect when > 5", "'when' is a word of the language",
         "a metric or field of that name stands in back quotes"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct parsed p = parse(rows[i].rule);

        T_EQ(p.rc, ERR_INVALID);
        T_STR(p.err.msg, rows[i].msg);
        T_STR(p.err.hint, rows[i].hint);
        arena_release(&p.a);
    }
}

T(an_alias_is_an_expression_alone)
{
    struct arena a = {0};
    struct err err = {0};
    struct rule_diag diag;
    struct expr *e = NULL;

    T_OK(rule_parse_expr(&a, SV("ratio(a, b)"), &e, &diag, &err), err);
    T_EQ(e->op, FUNC_RATIO);
    T_EQ(rule_parse_expr(&a, SV("ratio(a, b) for 5m"), &e, &diag, &err), ERR_INVALID);
    T_EQ(diag.column, 12);
    arena_release(&a);
}

T(rules_that_differ_are_not_the_same)
{
    static const char *const rules[] = {
        "expect x > 1",
        "expect x >= 1",
        "expect x > 2",
        "expect x > 1%",
        "expect y > 1",
        "expect x{a=\"1\"} > 1",
        "expect x{a=\"2\"} > 1",
        "expect x{b=\"1\"} > 1",
        "expect x{a!=\"1\"} > 1",
        "expect x[5m] > 1",
        "expect x.y > 1",
        "expect x not worse than baseline by 0.5pp",
        "expect `a.b`.c > 1",
        "expect a.`b.c` > 1",
        "expect x > 1 for 5m",
        "expect x > 1 for 6m",
        "expect x > 1 every 5m",
        "expect x > 1 within 5m of deploy",
        "expect x > 1 within 5m of step",
        "expect x > 1 at T+5m",
        "expect x > 1 at T+6m",
        "expect x > 1 at step+5m",
        "expect x > 1 min 5 samples",
        "expect x > 1 min 6 samples",
        "expect x > 1 missing ok",
        "expect x > 1 missing bad",
        "expect x > 1 recover 5",
        "expect x > 1 recover 6",
        "expect x > 1 baseline 5",
        "expect x > 1 baseline 6/s",
        "expect x > 1 confident 99%",
        "expect x > 1 after a",
        "expect x > 1 after a 1",
        "expect x > 1 after b",
        "expect x > 1 else hold",
        "expect x > 1 else page a",
        "expect x > 1 else page b",
        "hold when x > 1",
        "ok when x > 1",
        "hold, ok when x > 1",
        "report x",
        "checkpoint T+5m",
        "checkpoint T+5m: a",
        "checkpoint T+5m: b",
        "expect x in {1, 2}",
        "expect x in {1, 3}",
        "expect x in {1}",
        "expect x is up",
        "expect x is not up",
        "expect x is down",
        "expect x in [1, 2]",
        "expect x in [1, 2)",
        "expect x in (1, 2]",
        "expect x in (1, 3]",
        "expect 1 of 2 (x)",
        "expect 2 of 2 (x)",
        "expect `when` > 1",
        "expect true",
        "expect false",
        "expect x > baseline",
        "expect x > 2x baseline",
        "expect all(a : b)",
        "expect all(a where b : b)",
        "expect all(a where c : b)",
        "expect x not worse than baseline",
        "expect x not worse than baseline by 5%",
        "expect x + y > 1",
        "expect x - y > 1",
    };
    struct rule *parsed[ARRAY_LEN(rules)];
    struct parsed p[ARRAY_LEN(rules)];

    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        p[i] = parse_ok(rules[i]);
        parsed[i] = p[i].r;
    }
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        for (size_t k = 0; k < ARRAY_LEN(rules); k++)
            if (rule_eq(parsed[i], parsed[k]) != (i == k))
                T_FAIL("'%s' and '%s'", rules[i], rules[k]);
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        arena_release(&p[i].a);
}

T(numbers_for_people_have_their_unit)
{
    static const struct {
        double v;
        struct dim_type t;
        const char *want;
    } rows[] = {
        {0.105, {DIM_RATIO, false}, "10.5%"}, {2.1e9, {DIM_BYTES, false}, "2.1GB"},
        {2e6, {DIM_BYTES, true}, "2MB/s"},    {1500, {DIM_BYTES, false}, "1.5KB"},
        {12, {DIM_BYTES, false}, "12B"},      {0.25, {DIM_TIME, false}, "250ms"},
        {90, {DIM_TIME, false}, "90s"},       {5, {DIM_COUNT, true}, "5/s"},
        {0.5, {DIM_ANY, false}, "0.5"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        T_STR(num_format(rows[i].v, rows[i].t).s, rows[i].want);
    T_STR(dim_type_name((struct dim_type){DIM_BYTES, true}).s, "bytes per time");
}

T(beside_a_limit_a_number_has_the_units_of_the_limit)
{
    static const struct {
        double v;
        struct dim_type t;
        const char *limit, *want;
    } rows[] = {
        {100e6 / 60, {DIM_BYTES, true}, "100MB/m", "100MB/m"},
        {20e3 / 60, {DIM_BYTES, true}, "100MB/m", "20KB/m"},
        {0, {DIM_BYTES, true}, "100MB/m", "0B/m"},
        {5, {DIM_COUNT, true}, "300/m", "300/m"},
        {5, {DIM_COUNT, true}, "3", "5/s"}, /* no limit of it */
        {2592000, {DIM_TIME, false}, "30d", "30d"},
        {5400, {DIM_TIME, false}, "30d", "1.5h"},
        {5400, {DIM_TIME, false}, "90m", "90m"},
        {5400, {DIM_TIME, false}, "10s", "5400s"},
        {2.5, {DIM_TIME, false}, "500ms", "2500ms"},
        {0.0000025, {DIM_TIME, false}, "5us", "2.5us"},
        {0, {DIM_TIME, false}, "5s", "0ms"},
        {-90, {DIM_TIME, false}, "5m", "-1.5m"},
        {1073741824, {DIM_BYTES, false}, "1GiB", "1GiB"},
        {3e12, {DIM_BYTES, false}, "1.5GB", "3000GB"},
        {3e12, {DIM_BYTES, false}, "1TB", "3TB"},
        {12, {DIM_BYTES, false}, "1KiB", "12B"},
        {0.105, {DIM_RATIO, false}, "5%", "10.5%"},
        {0.105, {DIM_RATIO, false}, "", "10.5%"},
        {7, {DIM_COUNT, false}, "100", "7"},
        {0.25, {DIM_TIME, false}, "5%", "250ms"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct num limit = {0};
        struct err err;
        size_t n;

        if (rows[i].limit[0])
            T_OK(num_parse(sv_from(rows[i].limit), &limit, &n, &err), err);
        T_STR(num_format_beside(rows[i].v, rows[i].t, &limit).s, rows[i].want);
    }
}

T(durations_are_times_below_ten_years)
{
    struct err err;
    struct num v;
    size_t n;
    int64_t us;

    T_OK(num_parse(SV("1.5m rest"), &v, &n, &err), err);
    T_EQ(n, 4);
    T_CHECK(num_duration_us(&v, &us) && us == 90000000);
    T_OK(num_parse(SV("5m/s"), &v, &n, &err), err);
    T_CHECK(!num_duration_us(&v, &us));
    T_OK(num_parse(SV("99999d"), &v, &n, &err), err);
    T_CHECK(!num_duration_us(&v, &us));
    T_OK(num_parse(SV("5%"), &v, &n, &err), err);
    T_CHECK(!num_duration_us(&v, &us));
}

T_MAIN(T_CASE(a_rule_is_its_actions_its_condition_and_its_clauses),
       T_CASE(moments_are_counted_from_the_deploy_or_the_step),
       T_CASE(gates_are_expectations_that_last_and_what_proceeds),
       T_CASE(names_keep_their_parts_labels_and_quotes),
       T_CASE(text_is_decoded_and_patterns_are_left_to_pcre),
       T_CASE(what_belongs_to_time_is_scaled_and_limits_are_not),
       T_CASE(a_rule_that_is_too_long_or_no_text_is_refused),
       T_CASE(functions_nest_as_deep_as_brackets_and_no_deeper),
       T_CASE(an_error_says_what_was_meant), T_CASE(an_alias_is_an_expression_alone),
       T_CASE(rules_that_differ_are_not_the_same), T_CASE(numbers_for_people_have_their_unit),
       T_CASE(beside_a_limit_a_number_has_the_units_of_the_limit),
       T_CASE(durations_are_times_below_ten_years))
