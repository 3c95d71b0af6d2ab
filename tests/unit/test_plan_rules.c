/* plan/plan_rules: the rules of a plan, as those who judge them get them. */
#include "plan/plan_rules.h"

#include "base/sv.h"
#include "t.h"

struct told {
    size_t errors, others;
    char entry[100], message[300];
};

static void on_finding(void *arg, const json_t *entry, const struct rule_finding *f)
{
    struct told *t = arg;

    if (f->severity != SEVERITY_ERROR) {
        t->others++;
        return;
    }
    t->errors++;
    (void)snprintf(t->entry, sizeof(t->entry), "%.*s", SV_FMT(json_get_sv(entry, "id")));
    (void)snprintf(t->message, sizeof(t->message), "%.*s", SV_FMT(f->message));
}

static json_t *plan_of(const char *text)
{
    json_t *plan = NULL;
    struct err err = {0};

    T_OK(json_read(sv_from(text), &plan, &err), err);
    return plan;
}

#define WATCH                                                                      \
    "\"time_scale\":0.5,\"watch\":{\"interval_ms\":5000,\"scrape\":\"http://h/\"," \
    "\"probes\":{\"db\":\"http://h/db\"},\"aliases\":{\"error_rate\":"             \
    "\"ratio(bad_total, all_total)\"}},\"services\":[{\"name\":\"web\",\"pid_file\":\"p\"}]"
#define RULE(id, text) "{\"id\":\"" id "\",\"source\":\"as written\",\"text\":\"" text "\"}"

T(rules_come_in_their_order_checkpoints_last)
{
    json_t *plan = plan_of("{" WATCH ",\"rules\":[" RULE(
        "a",
        "rollback when error_rate[1m] > 5% for 10m") ",{\"id\":\"gone\",\"text\":\"rollback when error_rate[1m] > 1%\",\"dropped\":true},"
                                                     "{\"id\":\"unread\",\"source\":\"the moon\"}," RULE(
                                                         "b",
                                                         "rollback when unit.web.crashes[5m] > 0") "],\"checkpoints\":[{\"name\":\"T+5m\",\"items\":[{\"rules\":[\"a\",\"gone\"]},"
                                                                                                   "{\"rules\":[\"b\"]}]},{\"name\":\"T+6m\",\"items\":[{\"rules\":[\"gone\"]},{}]},"
                                                                                                   "{\"name\":\"T+7m\",\"dropped\":true,\"items\":[{\"rules\":[\"a\"]}]}]}");
    struct plan_rules r = {0};
    struct err err = {0};

    T_OK(plan_rules_read(plan, NULL, NULL, &r, &err), err);
    T_EQ(r.list.n, 3);
    T_SV(r.list.v[0].id, "a");
    T_NEAR(r.list.v[0].rule->scale, 0.5, 0); /* by the plan's time_scale */
    T_SV(r.list.v[1].id, "b");
    T_CHECK(!r.list.v[1].checkpoint);
    T_CHECK(r.list.v[2].checkpoint);
    T_SV(r.list.v[2].id, "T+5m");
    T_EQ(r.list.v[2].rule->n_names, 2); /* those that stand */
    plan_rules_release(&r);
    json_decref(plan);
}

T(the_first_error_is_returned_to_those_who_judge)
{
    static const struct {
        const char *rules, *message;
    } rows[] = {
        {RULE("a", "rollback whenn x"), "rule 'rollback whenn x': "},
        {RULE("a", "rollback when nowhere > 1"), "nothing is called 'nowhere'"},
        {RULE("a", "rollback when nowhere > 1") "," RULE("b", "rollback when there > 1"),
         "'nowhere'"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
        struct plan_rules r = {0};
        struct err err = {0};
        json_t *plan;

        strbuf_addf(&text, "{" WATCH ",\"rules\":[%s]}", rows[i].rules);
        plan = plan_of(strbuf_str(&text));
        T_EQ(plan_rules_read(plan, NULL, NULL, &r, &err), ERR_INVALID);
        if (!strstr(err.msg, rows[i].message))
            T_FAIL("'%s' does not say '%s'", err.msg, rows[i].message);
        plan_rules_release(&r);
        json_decref(plan);
    }
}

T(a_hint_of_the_language_comes_along)
{
    json_t *plan =
        plan_of("{" WATCH ",\"rules\":[" RULE("a", "rollback when error_rat[1m] > 5%") "]}");
    struct plan_rules r = {0};
    struct err err = {0};

    T_EQ(plan_rules_read(plan, NULL, NULL, &r, &err), ERR_INVALID);
    T_CHECK(strstr(err.hint, "error_rate"));
    plan_rules_release(&r);
    json_decref(plan);
}

T(one_who_makes_a_plan_is_told_of_every_finding)
{
    json_t *plan = plan_of("{" WATCH ",\"rules\":[" RULE("a", "rollback when nowhere > 1") "," RULE(
        "b", "rollback when error_rate[1m] > 5%") "," RULE("c", "rollback whenn") "]}");
    struct plan_rules r = {0};
    struct told told = {0};
    struct err err = {0};

    T_OK(plan_rules_read(plan, on_finding, &told, &r, &err), err);
    T_EQ(told.errors, 2);
    T_STR(told.entry, "c");
    T_EQ(r.list.n, 1); /* what is wrong is not in the list */
    plan_rules_release(&r);
    json_decref(plan);
}

T(what_is_wrong_between_rules_is_told_to_one_who_makes_a_plan)
{
    json_t *plan = plan_of(
        "{" WATCH
        ",\"rules\":[" RULE("a", "expect error_rate[1m] < 0.5%") "," RULE("b", "rollback when error_rate[1m] > 5%") "," RULE(
            "c",
            "investigate when error_rate[1m] > 8%") "," RULE("d",
                                                             "rollback when error_rate[1m] > 5% and error_rate[1m] < 1%") "]}");
    struct plan_rules r = {0};
    struct told told = {0};
    struct err err = {0};

    T_OK(plan_rules_read(plan, on_finding, &told, &r, &err), err);
    T_CHECK(told.others >= 2); /* a hole, and a row that never decides */
    T_EQ(told.errors, 1);
    T_STR(told.entry, "d");
    T_EQ(r.list.n, 4); /* it has a meaning: it stays */
    plan_rules_release(&r);
    told = (struct told){0};
    T_OK(plan_rules_read(plan, NULL, NULL, &r, &err), err); /* who judges is not told */
    plan_rules_release(&r);
    json_decref(plan);
}

T(a_metric_is_known_when_it_is_scraped_and_written_by_hand)
{
    static const char rule[] = "{\"id\":\"a\",\"source\":\"rollback when queue > 1\","
                               "\"text\":\"rollback when queue > 1\"}";
    static const struct {
        const char *watch, *rules;
        size_t errors;
    } rows[] = {
        {"\"scrape\":\"http://h/\"", rule, 0},
        {"\"interval_ms\":1000", rule, 1}, /* nothing is scraped */
        {"\"scrape\":\"http://h/\"", RULE("a", "rollback when queue > 1"),
         1}, /* the prose's name */
        {"\"scrape\":\"http://h/\"",
         "{\"id\":\"a\",\"source\":\"rollback when http.gone.status > 1\","
         "\"text\":\"rollback when http.gone.status > 1\"}",
         1},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
        struct plan_rules r = {0};
        struct told told = {0};
        struct err err = {0};
        json_t *plan;

        strbuf_addf(&text, "{\"watch\":{%s},\"rules\":[%s]}", rows[i].watch, rows[i].rules);
        plan = plan_of(strbuf_str(&text));
        T_OK(plan_rules_read(plan, on_finding, &told, &r, &err), err);
        if (told.errors != rows[i].errors)
            T_FAIL("%zu: %s", i, told.message);
        plan_rules_release(&r);
        json_decref(plan);
    }
}

T(what_an_amount_is_divided_by_is_an_amount)
{
    static const struct {
        const char *condition;
        size_t errors;
    } rows[] = {
        {"mem_used / mem_total > 80%", 0},
        {"mem_total > 80", 1},
        {"errors_total / requests_total > 5%", 2},
        {"errors_total[5m] / requests_total > 5%", 1},
        {"mem_used / mem_total > 80% and mem_total > 5", 0}, /* it is known by then */
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
        struct plan_rules r = {0};
        struct told told = {0};
        struct err err = {0};
        json_t *plan;

        strbuf_addf(&text,
                    "{\"watch\":{\"scrape\":\"http://h/\"},\"rules\":[{\"id\":\"a\",\"source\":"
                    "\"rollback when %s\",\"text\":\"rollback when %s\"}]}",
                    rows[i].condition, rows[i].condition);
        plan = plan_of(strbuf_str(&text));
        T_OK(plan_rules_read(plan, on_finding, &told, &r, &err), err);
        if (told.errors != rows[i].errors)
            T_FAIL("%zu: %zu errors, %s", i, told.errors, told.message);
        plan_rules_release(&r);
        json_decref(plan);
    }
}

T(an_alias_that_is_no_expression_is_found)
{
    static const char *const aliases[] = {"ratio((", "", "a > "};

    for (size_t i = 0; i < ARRAY_LEN(aliases); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
        struct plan_rules r = {0};
        struct told told = {0};
        struct err err = {0};
        json_t *plan;

        strbuf_addf(&text, "{\"watch\":{\"aliases\":{\"x\":\"%s\"}}}", aliases[i]);
        plan = plan_of(strbuf_str(&text));
        T_OK(plan_rules_read(plan, on_finding, &told, &r, &err), err);
        T_EQ(told.errors, 1);
        T_STR(told.entry, "x");
        plan_rules_release(&r);
        json_decref(plan);
    }
}

T(a_plan_without_a_watch_has_no_rules)
{
    json_t *plan = plan_of("{}");
    struct plan_rules r = {0};
    struct err err = {0};

    T_OK(plan_rules_read(plan, NULL, NULL, &r, &err), err);
    T_EQ(r.list.n, 0);
    plan_rules_release(&r);
    json_decref(plan);
}

T_MAIN(T_CASE(rules_come_in_their_order_checkpoints_last),
       T_CASE(the_first_error_is_returned_to_those_who_judge),
       T_CASE(a_hint_of_the_language_comes_along),
       T_CASE(one_who_makes_a_plan_is_told_of_every_finding),
       T_CASE(what_is_wrong_between_rules_is_told_to_one_who_makes_a_plan),
       T_CASE(a_metric_is_known_when_it_is_scraped_and_written_by_hand),
       T_CASE(what_an_amount_is_divided_by_is_an_amount),
       T_CASE(an_alias_that_is_no_expression_is_found), T_CASE(a_plan_without_a_watch_has_no_rules))
