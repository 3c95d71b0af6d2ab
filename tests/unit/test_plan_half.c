/* plan/make_watch: conditions of which one half can be judged, and the other is for people (runbook/watch_half). */
#include "test_plan_util.h"

#define DOC    "# Web\n\n## Deployment\n\n```bash\ntrue\n```\n\n"
#define MATRIX "## Decision Matrix\n\n| Symptom | Action |\n|---|---|\n"
#define TIMES  "\n## Monitoring Schedule\n\n| Time | Check |\n|---|---|\n"
#define BOUND                                                 \
    "environment: test\nscrape: http://127.0.0.1:1/metrics\n" \
    "metrics: {error_rate: 'ratio(bad_total, all_total)'}\nwatch: {until: T+10m}\n"

static void want(struct sv got, const char *text)
{
    if (!sv_eq(got, sv_from(text)))
        T_FAIL("'%.*s' should be '%s'", SV_FMT(got), text);
}

static void want_rule(const struct world *w, size_t i, const char *source, const char *text,
                      const char *person)
{
    T_CHECK(i < w->plan.n_rules);
    want(w->plan.rules[i].source, source);
    want(w->plan.rules[i].text, text);
    want(w->plan.rules[i].person, person);
    T_CHECK(!w->plan.rules[i].dropped);
}

static void want_look(const struct world *w, size_t i, int64_t at_ms, size_t item, const char *text)
{
    T_CHECK(i < w->plan.n_checkpoints && item < w->plan.checkpoints[i].n_items);
    T_EQ(w->plan.checkpoints[i].at_ms, at_ms);
    want(w->plan.checkpoints[i].items[item].text, text);
    T_CHECK(w->plan.checkpoints[i].items[item].ask);
}

/* Each is reason enough: true or unknown is true. */
T(of_two_reasons_one_is_judged_and_people_are_asked_about_the_other)
{
    static const char *const rows[] = {
        MATRIX "| Error rate >5% for >5 min, or users complain | ROLLBACK |\n",
        MATRIX "| Users complain or error rate >5% | ROLLBACK |\n",
        "## Rollback criteria\n\nRoll back if:\n\n- error rate > 5% for 5 minutes or users complain\n"};
    struct world w;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf md = STRBUF(0);

        strbuf_addf(&md, "%s%s", DOC, rows[i]);
        world_make(&w, strbuf_str(&md), BOUND);
        T_EQ(w.plan.n_rules, 2);
        want(w.plan.rules[i == 1].text, i == 1 ? "rollback when error_rate[1m] > 5%"
                                               : "rollback when error_rate[1m] > 5% for 5m");
        want_rule(&w, i != 1, i == 1 ? "Users complain" : "users complain", "", "rollback");
        T_EQ(w.plan.n_questions, 1); /* who is there at the time is asked */
        T_SV(w.plan.questions[0].kind, "checkpoint");
        T_CHECK(!w.plan.questions[0].at_plan);
        want_look(&w, 0, 600000, 0,
                  i == 1 ? "not so: Users complain (else: rollback)"
                         : "not so: users complain (else: rollback)");
        world_end(&w);
    }
}

T(people_are_asked_at_each_moment_of_the_schedule)
{
    struct world w;

    world_make(&w,
               DOC MATRIX "| Error rate >5% or users complain | ROLLBACK |\n" TIMES
                          "| T+5m | Error rate |\n| T+10m | Error rate |\n",
               BOUND);
    T_EQ(w.plan.n_checkpoints, 2);
    want_look(&w, 0, 300000, 1, "not so: users complain (else: rollback)");
    want_look(&w, 1, 600000, 1, "not so: users complain (else: rollback)");
    world_end(&w);
}

/* What is true and unknown is unknown: it rolls nothing back, and it is no reason to go on. */
T(where_both_have_to_be_so_the_half_that_is_judged_calls_people)
{
    struct world w;

    world_make(&w, DOC MATRIX "| Error rate >5% for >5 min and users complain | ROLLBACK |\n",
               BOUND);
    T_EQ(w.plan.n_rules, 2);
    want_rule(&w, 0, "Error rate >5% for >5 min", "investigate when error_rate[1m] > 5% for 5m",
              "");
    want_rule(&w, 1, "Error rate >5% for >5 min and users complain", "", "rollback");
    world_end(&w);
}

T(both_halves_that_are_understood_are_rules)
{
    struct world w;

    world_make(&w, DOC MATRIX "| Error rate >5% or error rate >3% for 10 min | ROLLBACK |\n",
               BOUND);
    T_EQ(w.plan.n_rules, 1); /* for both, or for one: nobody knows */
    T_SV(w.plan.rules[0].text, "");
    T_SV(w.plan.rules[0].person, "");
    world_end(&w);
    world_make(&w,
               DOC MATRIX "| Error rate >5% for 1 min or error rate >3% for 10 min | ROLLBACK |\n",
               BOUND);
    T_EQ(w.plan.n_rules, 2);
    want_rule(&w, 0, "Error rate >5% for 1 min", "rollback when error_rate[1m] > 5% for 1m", "");
    want_rule(&w, 1, "error rate >3% for 10 min", "rollback when error_rate[1m] > 3% for 10m", "");
    world_end(&w);
}

/* A limit is no remark, and half a sentence none either. */
T(what_cannot_be_told_apart_is_a_question_as_a_whole)
{
    static const char *const rows[] = {
        "Error rate >5% or >100 requests", "Error rate >5% and moons >3",
        "Error rate >5% unless a batch runs", "The moon is full or the tide is high",
        "Error rate >5% or a or b or c or d"};
    struct world w;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf md = STRBUF(0);

        strbuf_addf(&md, "%s| %s | ROLLBACK |\n", DOC MATRIX, rows[i]);
        world_make(&w, strbuf_str(&md), BOUND);
        T_EQ(w.plan.n_rules, 1);
        T_SV(w.plan.rules[0].text, "");
        T_SV(w.plan.rules[0].person, "");
        T_SV(w.plan.questions[0].kind, "metric");
        world_end(&w);
    }
}

/* One that is understood and that nobody measures, and one that is not. */
T(the_binding_may_leave_any_condition_to_people)
{
    struct world w;

    world_make(&w, DOC MATRIX "| Tickets >10 | ROLLBACK |\n| The moon is full | INVESTIGATE |\n",
               BOUND "rules: {\"deploy.md:13\": person, \"deploy.md:14\": person}\n");
    T_EQ(w.plan.n_rules, 2);
    want_rule(&w, 0, "Tickets >10", "", "rollback");
    want_rule(&w, 1, "The moon is full", "", "people look into it");
    T_EQ(w.plan.n_questions, 2);
    T_CHECK(!w.plan.questions[0].at_plan && !w.plan.questions[1].at_plan);
    world_end(&w);
}

T(the_half_for_people_can_be_dropped_alone)
{
    struct world w;

    world_make(&w, DOC MATRIX "| Error rate >5% or users complain | ROLLBACK |\n",
               BOUND "drop: {users complain: support watches that}\n");
    T_EQ(w.plan.n_questions, 0);
    T_EQ(w.plan.n_checkpoints, 0);
    T_CHECK(!w.plan.rules[0].dropped);
    T_CHECK(w.plan.rules[1].dropped);
    world_end(&w);
}

T(a_sentence_has_halves_too)
{
    struct world w;

    world_make(&w, DOC "## Monitoring\n\nIf error rate > 5% or users complain, roll back.\n",
               BOUND);
    T_EQ(w.plan.n_rules, 2);
    want_rule(&w, 1, "users complain", "", "rollback");
    world_end(&w);
}

T_MAIN(T_CASE(of_two_reasons_one_is_judged_and_people_are_asked_about_the_other),
       T_CASE(people_are_asked_at_each_moment_of_the_schedule),
       T_CASE(where_both_have_to_be_so_the_half_that_is_judged_calls_people),
       T_CASE(both_halves_that_are_understood_are_rules),
       T_CASE(what_cannot_be_told_apart_is_a_question_as_a_whole),
       T_CASE(the_binding_may_leave_any_condition_to_people),
       T_CASE(the_half_for_people_can_be_dropped_alone), T_CASE(a_sentence_has_halves_too))
