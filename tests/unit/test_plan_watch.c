/* plan/make_watch: rules, checkpoints, sources, and how long (docs/formats/plan.md). */
#include "plan/plan_rules.h"
#include "test_plan_util.h"

#define DOC    "# Web\n\n## Deployment\n\n```bash\ntrue\n```\n\n"
#define MATRIX "## Decision Matrix\n\n| Symptom | Action |\n|---|---|\n"
#define TIMES  "\n## Monitoring Schedule\n\n| Time | Check |\n|---|---|\n"
#define BOUND  "environment: test\n"
#define METRIC \
    "scrape: http://127.0.0.1:1/metrics\nmetrics: {error_rate: 'ratio(bad_total, all_total)'}\n"

T(a_metric_that_is_not_bound_is_asked_for_with_a_proposal)
{
    struct world w;

    world_make(&w, DOC MATRIX "| Error rate >5% for >5 min | ROLLBACK |\n",
               BOUND "watch: {until: T+10m}\n");
    want_question(&w, "metric", 13,
                  "\"Error rate >5% for >5 min\" cannot be judged: nothing is called 'error_rate'",
                  "metrics: {error_rate: 'ratio(http_requests_total{status=~\"5..\"}, "
                  "http_requests_total)'}");
    T_CHECK(find_question(&w, "metric", 0)->at_plan);
    world_end(&w);
    world_make(&w, DOC MATRIX "| Application crashes | ROLLBACK |\n",
               BOUND "watch: {until: T+10m}\n");
    want_question(
        &w, "metric", 13, "\"Application crashes\" cannot be judged: nothing is called 'crashes'",
        "metrics: {crashes: EXPRESSION}, unexpected ends of the service: unit.NAME.crashes");
    world_end(&w);
}

T(a_rule_of_the_document_is_shown_as_it_is_judged)
{
    struct world w;

    world_make(&w, DOC MATRIX "| Error rate >5% for >5 min | ROLLBACK |\n",
               BOUND METRIC "watch: {until: T+10m}\n");
    T_EQ(w.plan.n_questions, 0);
    T_EQ(w.plan.n_rules, 1);
    T_SV(w.plan.rules[0].id, "deploy.md:13");
    T_SV(w.plan.rules[0].source, "Error rate >5% for >5 min");
    T_SV(w.plan.rules[0].text, "rollback when error_rate[1m] > 5% for 5m");
    T_EQ(w.plan.rules[0].at_ms, -1);
    T_EQ(w.plan.until_ms, 600000);
    T_EQ(w.plan.interval_ms, 15000);
    T_SV(w.plan.scrape, "http://127.0.0.1:1/metrics");
    T_SV(w.plan.aliases[0].name, "error_rate");
    world_end(&w);
}

#define METRICS_TABLE                                                                              \
    "## Monitoring\n\n| Metric | Threshold | Alert If |\n|---|---|---|\n| Deal failures | 0 | >5 " \
    "per hour |\n"

/* Two of one name would be one line of the watch, one series of its metrics, one alert. */
T(two_rules_of_one_line_have_names_and_words_of_their_own)
{
    struct world w;

    world_make(&w, DOC METRICS_TABLE,
               BOUND METRIC
               "notify: {team: {kind: command, command: 'true'}}\nwatch: {until: T+10m}\n"
               "rules: {\"deploy.md:13#2\": 'investigate when error_rate[1m] > 5%'}\n"
               "drop: {'Deal failures: 0': by hand}\n");
    T_EQ(w.plan.n_questions, 0);
    T_EQ(w.plan.n_rules, 2);
    T_SV(w.plan.rules[0].id, "deploy.md:13");
    T_SV(w.plan.rules[0].source, "Deal failures: 0");
    T_CHECK(w.plan.rules[0].dropped);
    T_SV(w.plan.rules[1].id, "deploy.md:13#2");
    T_SV(w.plan.rules[1].source, "Deal failures: >5 per hour");
    T_SV(w.plan.rules[1].text, "investigate when error_rate[1m] > 5%");
    T_CHECK(!w.plan.rules[1].dropped);
    world_end(&w);
    world_make(&w, DOC METRICS_TABLE,
               BOUND METRIC "watch: {until: T+10m}\n"
                            "rules: {\"deploy.md:13\": 'investigate when error_rate[1m] > 5%'}\n");
    T_EQ(w.plan.n_questions, 0);
    T_EQ(w.plan.n_rules, 2);
    T_SV(w.plan.rules[0].text, "investigate when error_rate[1m] > 5%");
    T_CHECK(w.plan.rules[1].dropped);
    T_SV(w.plan.rules[1].reason, "deploy.md:13 of prusik.yaml stands for all of its line");
    T_CHECK(w.plan.until_fixed);
    world_end(&w);
}

/* What is worse is in the word, or said where the metric is bound; else it is asked. */
T(which_direction_is_worse_is_known_said_or_asked)
{
    static const char *const lines[] = {
        "metrics: {error_rate: 'ratio(bad_total, all_total)'}\nrules: {a: 'expect error_rate[30m] not worse than "
        "baseline'}\n",
        "metrics: {load: {is: queue_depth, worse: up}, room: {is: free_slots, worse: down}}\n"
        "rules: {a: expect load not worse than baseline, b: expect room not worse than baseline}\n"};
    struct world w;

    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        CLEANUP(strbuf_release) struct strbuf yaml = STRBUF(0);

        strbuf_addf(&yaml, BOUND "scrape: http://127.0.0.1:1/metrics\nwatch: {until: T+1h}\n%s",
                    lines[i]);
        world_make(&w, DOC, strbuf_str(&yaml));
        T_EQ(w.plan.n_questions, 0);
        T_EQ(json_object_size(json_object_get(json_object_get(w.plan.json, "watch"), "worse")),
             2 * i);
        world_end(&w);
    }
    world_make(
        &w, DOC,
        BOUND
        "scrape: http://127.0.0.1:1/metrics\nwatch: {until: T+1h}\n"
        "metrics: {load: {is: queue_depth}}\nrules: {a: expect load not worse than baseline}\n");
    want_question(
        &w, "metric", 5,
        "\"expect load not worse than baseline\" cannot be judged: nobody said which direction is worse",
        "metrics: {NAME: {is: EXPRESSION, worse: up}}, or down");
    world_end(&w);
    /* what it is measured by is asked first: "error_rate" says the direction itself */
    world_make(&w, DOC,
               BOUND
               "watch: {until: T+1h}\nrules: {a: expect error_rate not worse than baseline}\n");
    for (size_t i = 0; i < w.plan.n_questions; i++)
        T_CHECK(!sv_has(w.plan.questions[i].text, SV("direction")));
    T_CHECK(w.plan.n_questions > 0);
    world_end(&w);
}

/* As the plan itself proposes it; also before the rules that it names. */
T(a_checkpoint_of_the_binding_is_one_and_the_watch_lasts_until_then)
{
    struct plan_rules rules = {0};
    struct world w;

    world_make(
        &w, DOC,
        BOUND
        "scrape: http://127.0.0.1:1/metrics\n"
        "rules: {c: 'checkpoint T+30m: a', a: investigate when queue_depth > 5, d: checkpoint T+20m}\n");
    T_EQ(w.plan.n_questions, 0);
    T_EQ(w.plan.until_ms, 30 * 60000);
    T_OK(plan_rules_read(w.plan.json, NULL, NULL, &rules, &w.err), w.err);
    T_EQ(rules.list.n, 3);
    T_SV(rules.list.v[0].id, "a");
    for (size_t i = 0; i < rules.list.n; i++)
        T_EQ(rules.list.v[i].checkpoint, i > 0);
    plan_rules_release(&rules);
    world_end(&w);
    world_make(&w, DOC,
               BOUND "scrape: http://127.0.0.1:1/metrics\nwatch: {until: T+10m}\n"
                     "rules: {a: investigate when queue_depth > 5, c: checkpoint T+30m}\n");
    T_EQ(w.plan.until_ms, 10 * 60000);
    T_CHECK(w.plan.rules[1].dropped); /* it lies behind the end, and the plan says so */
    world_end(&w);
}

T(a_condition_that_is_not_understood_is_asked_about_or_dropped)
{
    static const char md[] = DOC MATRIX "| The moon is full | ROLLBACK |\n";
    struct world w;

    world_make(&w, md, BOUND "watch: {until: T+10m}\n");
    want_question(
        &w, "metric", 13, "this condition is not understood: \"The moon is full\"",
        "drop: {\"13\": why it is not judged}, or rules: {\"deploy.md:13\": 'investigate when ...' (or person)}");
    world_end(&w);
    world_make(&w, md, BOUND "watch: {until: T+10m}\ndrop: {13: superstition}\n");
    T_EQ(w.plan.n_questions, 0);
    T_CHECK(w.plan.rules[0].dropped);
    T_SV(w.plan.rules[0].reason, "superstition");
    world_end(&w);
}

T(a_rule_of_the_binding_is_asked_about_where_it_stands)
{
    struct world w;

    world_make(&w, DOC, BOUND "watch: {until: T+10m}\nrules:\n  mine: rollback whenn up < 1\n");
    T_EQ(w.plan.n_questions, 1);
    want_text(w.plan.questions[0].file, "prusik.yaml");
    T_EQ(w.plan.questions[0].line, 4);
    T_SV(w.plan.questions[0].kind, "metric");
    T_CHECK(
        sv_starts(w.plan.questions[0].text, SV("\"rollback whenn up < 1\" cannot be judged: ")));
    world_end(&w);
    /* written in the language of rules it may name what is scraped; without a scrape nothing is there */
    world_make(&w, DOC,
               BOUND "watch: {until: T+10m}\nrules:\n  mine: rollback when up < 1\n" METRIC);
    T_EQ(w.plan.n_questions, 0);
    T_SV(w.plan.rules[0].id, "mine");
    world_end(&w);
    world_make(&w, DOC, BOUND "watch: {until: T+10m}\nrules:\n  mine: rollback when up < 1\n");
    T_EQ(count_questions(&w, "metric"), 1);
    world_end(&w);
}

T(an_item_of_the_schedule_that_says_all_is_judged_by_all_rules)
{
    static const char *const words[] = {"all", "All metrics", "ALL rules", "Full metrics review"};

    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        char text[800];
        struct world w;

        (void)snprintf(text, sizeof(text),
                       DOC MATRIX "| Error rate >5%% for >5 min | ROLLBACK |\n" TIMES
                                  "| T+5 min | %s |\n",
                       words[i]);
        world_make(&w, text,
                   BOUND METRIC "rules: {mine: rollback when up < 1, later: checkpoint T+30m}\n");
        T_EQ(w.plan.n_questions, 0);
        T_CHECK(!w.plan.checkpoints[0].items[0].ask);
        T_EQ(w.plan.checkpoints[0].items[0].n_rules, 2);
        T_SV(w.plan.checkpoints[0].items[0].rules[0], "deploy.md:13");
        T_SV(w.plan.checkpoints[0].items[0].rules[1], "mine");
        world_end(&w);
    }
    {
        struct world w;

        world_make(&w, DOC TIMES "| T+5 min | all |\n", BOUND); /* of nothing */
        T_CHECK(w.plan.checkpoints[0].items[0].ask);
        world_end(&w);
    }
}

T(a_baseline_that_nobody_will_measure_is_said_before)
{
    static const struct {
        const char *step, *rule;
        bool said;
    } rows[] = {{"true", "rollback when up < 2x baseline", true},
                {"true", "rollback when not (up within 5% of baseline)", true},
                {"true", "rollback when up < 2x baseline baseline 3", false},
                {"true", "rollback when up < 2", false},
                {"true", "expect all(snapshot.s : cost == baseline)", false},
                {"cp a /srv/app", "rollback when up < 2x baseline", false}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[300], binding[400];
        const json_t *advice;
        struct world w;
        bool said = false;

        (void)snprintf(text, sizeof(text), "# Web\n\n## Deployment\n\n```bash\n%s\n```\n",
                       rows[i].step);
        (void)snprintf(binding, sizeof(binding),
                       BOUND METRIC "sources: {snapshot.s: {old: a, new: b}}\n"
                                    "watch: {until: T+10m}\nrules: {mine: '%s'}\n",
                       rows[i].rule);
        world_make(&w, text, binding);
        advice = json_object_get(w.plan.json, "advice");
        for (size_t k = 0; k < json_array_size(advice); k++)
            said |= sv_is(json_get_sv(json_array_get(advice, k), "id"), "RB413");
        t_say("%s", rows[i].rule);
        T_EQ(said, rows[i].said);
        world_end(&w);
    }
}

T(what_is_said_of_rules_is_no_question_and_no_part_of_the_hash)
{
    static const char binding[] =
        BOUND "watch: {until: T+10m}\nrules:\n  mine: rollback when up < 1 missing ok\n" METRIC;
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    const json_t *one;
    json_t *copy;
    struct hash h;
    struct world w;

    world_make(&w, DOC, binding);
    T_EQ(w.plan.n_questions, 0);
    T_EQ(json_array_size(json_object_get(w.plan.json, "advice")), 1);
    one = json_array_get(json_object_get(w.plan.json, "advice"), 0);
    T_SV(json_get_sv(one, "id"), "RB416");
    T_SV(json_get_sv(one, "file"), "prusik.yaml");
    T_EQ(json_get_int(one, "line", 0), 4);
    T_CHECK(json_get_sv(one, "text").n > 0);
    copy = json_copy(w.plan.json);
    T_EQ(json_object_del(copy, "advice") | json_object_del(copy, "left") |
             json_object_del(copy, "questions") | json_object_del(copy, "operator") |
             json_object_del(copy, "hash"),
         0);
    json_write(copy, &text);
    h = hash_of(strbuf_sv(&text));
    T_STR(hash_hex(&h).s, json_get_str(w.plan.json, "hash", ""));
    json_decref(copy);
    world_end(&w);
}

T(an_alias_that_is_no_expression_is_asked_about_where_it_stands)
{
    struct world w;

    world_make(&w, DOC MATRIX "| Error rate >5% for >5 min | ROLLBACK |\n",
               BOUND "watch: {until: T+10m}\nmetrics:\n  a: http.db\n  error_rate: 'ratio(('\n");
    T_CHECK(count_questions(&w, "metric") >= 1);
    want_text(find_question(&w, "metric", 0)->file, "prusik.yaml");
    T_EQ(find_question(&w, "metric", 0)->line, 5);
    world_end(&w);
}

/* --- what this version does not do --- */

T(a_rule_that_stands_for_one_with_a_moment_has_that_moment_or_its_own)
{
    static const struct {
        const char *rule, *text, *name;
    } rows[] = {
        {"expect error_rate[1m] < 2%", "expect error_rate[1m] < 2% at T+15m", "T+15m"},
        {"expect error_rate[1m] < 2% at T+15m", "expect error_rate[1m] < 2% at T+15m", "T+15m"},
        {"expect error_rate[1m] < 2% at T+20m", "expect error_rate[1m] < 2% at T+20m", "T+20m"},
        {"investigate when error_rate[1m] > 2% for 5m",
         "investigate when error_rate[1m] > 2% for 5m", NULL},
        {"investigate when error_rate[1m] > 2% every 5m",
         "investigate when error_rate[1m] > 2% every 5m", NULL},
        {"investigate when error_rate[1m] > 2% within 30m of deploy",
         "investigate when error_rate[1m] > 2% within 30m of deploy", NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct world w;
        char binding[400];

        (void)snprintf(binding, sizeof(binding),
                       BOUND METRIC "watch: {until: T+1h}\nrules: {\"deploy.md:13\": '%s'}\n",
                       rows[i].rule);
        world_make(&w, DOC "## Verification\n\n### 15-Minute Checks\n\n- [ ] Error rate <1%\n",
                   binding);
        T_EQ(w.plan.n_questions, 0);
        T_EQ(w.plan.n_rules, 1);
        T_CHECK(sv_is(w.plan.rules[0].text, rows[i].text));
        T_EQ(w.plan.n_checkpoints, rows[i].name ? 1 : 0);
        if (rows[i].name)
            T_CHECK(sv_is(w.plan.checkpoints[0].name, rows[i].name));
        world_end(&w);
    }
}

T(a_rule_that_stands_for_one_of_the_document_may_name_what_is_scraped)
{
    struct world w;

    world_make(&w, DOC MATRIX "| The moon is full | ROLLBACK |\n",
               BOUND "scrape: http://127.0.0.1:9/metrics\nwatch: {until: T+10m}\nrules: "
                     "{\"deploy.md:13\": rollback when pool_in_use / pool_size > 80%}\n");
    T_EQ(w.plan.n_questions, 0);
    T_SV(w.plan.rules[0].text, "rollback when pool_in_use / pool_size > 80%");
    world_end(&w);
}

T(a_metric_has_no_rows)
{
    struct world w;

    world_make(&w, DOC,
               BOUND "scrape: http://127.0.0.1:9/metrics\nwatch: {until: T+10m}\n"
                     "rules: {r: \"expect count(shop : it > 1) == 0\"}\n");
    T_EQ(w.plan.n_questions, 1);
    T_CHECK(sv_has(w.plan.questions[0].text, SV("no source gives rows called 'shop'")));
    world_end(&w);
}

T(a_rule_of_the_binding_with_the_id_of_one_of_the_document_stands_for_it)
{
    struct world w;

    world_make(
        &w,
        DOC MATRIX "| Error rate >5% for >5 min | ROLLBACK |\n| The moon is full | ROLLBACK |\n",
        BOUND METRIC
        "watch: {until: T+10m}\nrules:\n  \"deploy.md:13\": rollback when error_rate[2m] > 7%\n"
        "  \"deploy.md:14\": rollback when error_rate[1m] > 9% for 1m\n");
    T_EQ(w.plan.n_rules, 2);
    T_SV(w.plan.rules[0].id, "deploy.md:13");
    T_SV(w.plan.rules[0].source, "Error rate >5% for >5 min");
    T_SV(w.plan.rules[0].text, "rollback when error_rate[2m] > 7%");
    T_SV(w.plan.rules[1].text, "rollback when error_rate[1m] > 9% for 1m");
    T_EQ(w.plan.n_questions, 0); /* also the one that was not understood */
    world_end(&w);
}

T(a_rule_that_wants_somebody_told_is_not_accepted_silently)
{
    static const struct {
        const char *rule, *text, *instead;
    } rows[] = {
        {"alert ops when queue > 1", "\"alert ops\": nobody of this name is told",
         "rules: {\"mine\": 'investigate when queue > 1'}, or who is told: notify: {ops: {kind: slack, url: $URL}}"},
        {"page oncall, rollback when queue > 1", "\"page oncall\": nobody of this name is told",
         "rules: {\"mine\": 'investigate, rollback when queue > 1'}, or who is told: notify: {oncall: {kind: slack, url: $URL}}"},
        {"info ops when queue > 1", "\"info ops\": nobody of this name is told",
         "rules: {\"mine\": 'ok when queue > 1'}, or who is told: notify: {ops: {kind: slack, url: $URL}}"},
        {"expect queue < 1 else page oncall", "\"page oncall\": nobody of this name is told",
         "rules: {\"mine\": 'expect queue < 1 else investigate'}, or who is told: notify: {oncall: {kind: slack, url: $URL}}"},
    };
    struct world w;
    char yaml[300];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        (void)snprintf(yaml, sizeof(yaml),
                       BOUND METRIC "watch: {until: T+10m}\nrules:\n  mine: '%s'\n", rows[i].rule);
        world_make(&w, DOC, yaml);
        T_EQ(w.plan.n_questions, 1);
        want_question(&w, "action", 6, rows[i].text, rows[i].instead);
        want_text(w.plan.questions[0].file, "prusik.yaml");
        T_CHECK(w.plan.questions[0].at_plan);
        world_end(&w);
        /* what is proposed first is taken */
        (void)snprintf(yaml, sizeof(yaml), BOUND METRIC "watch: {until: T+10m}\n%.*s\n",
                       (int)(strstr(rows[i].instead, ", or ") - rows[i].instead), rows[i].instead);
        world_make(&w, DOC, yaml);
        T_EQ(w.plan.n_questions, 0);
        world_end(&w);
    }
    world_make(&w, DOC,
               BOUND METRIC "watch: {until: T+10m}\ndrop: {alert ops when queue > 1: r}\n"
                            "rules: {mine: alert ops when queue > 1}\n");
    T_EQ(w.plan.n_questions, 0);
    world_end(&w);
}

/* Line 13 of the document is dropped, not line 13 of prusik.yaml. */
T(a_drop_by_line_means_the_document)
{
    struct world w;

    world_make(&w, DOC MATRIX "| Error rate >5% for >5 min | ROLLBACK |\n",
               BOUND METRIC "watch: {until: T+10m}\ndrop: {13: r}\n\n\n\n\n\n\n\n"
                            "rules: {mine: rollback when up < 1}\n");
    T_EQ(w.plan.rules[1].line, 13);
    T_CHECK(w.plan.rules[0].dropped && !w.plan.rules[1].dropped);
    world_end(&w);
}

/* --- how long --- */

T(rules_without_an_end_of_the_watch_are_a_question)
{
    static const char md[] = DOC MATRIX "| Error rate >5% for >5 min | ROLLBACK |\n";
    static const char *const yamls[] = {BOUND METRIC, BOUND METRIC "watch: {until: T+0s}\n"};
    struct world w;

    for (size_t i = 0; i < ARRAY_LEN(yamls); i++) {
        world_make(&w, md, yamls[i]);
        want_question(&w, "watch", 13, "how long are the rules judged after the deployment?",
                      "watch: {until: T+30m}");
        T_CHECK(find_question(&w, "watch", 0)->at_plan);
        T_EQ(w.plan.until_ms, 0);
        world_end(&w);
    }
    world_make(&w, md, BOUND METRIC "drop: {13: r}\n"); /* nothing is judged */
    T_EQ(w.plan.n_questions, 0);
    world_end(&w);
    world_make(&w, DOC, BOUND METRIC "rules: {mine: rollback when up < 1}\n");
    want_question(&w, "watch", 4, "how long are the rules judged after the deployment?",
                  "watch: {until: T+30m}");
    want_text(w.plan.questions[0].file, "prusik.yaml");
    world_end(&w);
    world_make(&w, DOC "\nWatch it for 10 minutes.\n\nMonitor for 2 hours.\n",
               BOUND METRIC "rules: {mine: rollback when up < 1}\n");
    want_question(&w, "watch", 4, "how long are the rules judged after the deployment?",
                  "watch: {until: T+2h}");
    world_end(&w);
}

T(the_watch_ends_with_the_last_checkpoint)
{
    struct world w;

    world_make(&w,
               DOC MATRIX "| Error rate >5% for >5 min | ROLLBACK |\n" TIMES
                          "| T+15 min | Error rate |\n| T+5 min | Error rate |\n",
               BOUND METRIC);
    T_EQ(w.plan.n_questions, 0);
    T_EQ(w.plan.until_ms, 900000);
    T_EQ(w.plan.n_checkpoints, 2); /* in order of time */
    T_SV(w.plan.checkpoints[0].name, "T+5m");
    T_EQ(w.plan.checkpoints[0].line, 20);
    T_SV(w.plan.checkpoints[1].name, "T+15m");
    T_EQ(w.plan.checkpoints[0].n_items, 1);
    T_SV(w.plan.checkpoints[0].items[0].rules[0], "deploy.md:13");
    T_CHECK(!w.plan.checkpoints[0].items[0].ask);
    world_end(&w);
}

T(moments_are_written_in_their_largest_unit)
{
    struct world w;
    static const char *const names[] = {"T+90s", "T+2h", "T+3d", "T+2w"};

    world_make(&w,
               DOC MATRIX "| Error rate >5% for >5 min | ROLLBACK |\n" TIMES
                          "| T+90 seconds | Error rate |\n| T+2 hours | Error rate |\n"
                          "| T+3 days | Error rate |\n| T+14 days | Error rate |\n",
               BOUND METRIC);
    T_EQ(w.plan.n_checkpoints, ARRAY_LEN(names));
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        want_text(w.plan.checkpoints[i].name, names[i]);
    world_end(&w);
    world_make(&w,
               DOC MATRIX "| Error rate >5% for >5 min | ROLLBACK |\n" TIMES
                          "| T+5 min | Error rate |\n",
               BOUND METRIC "watch: {until: T+1500ms}\n");
    want_text(json_get_sv(json_array_get(json_object_get(w.json, "checkpoints"), 0), "reason"),
              "the watch ends at T+1500ms");
    world_end(&w);
}

/* P2: nobody looks by heart. */
T(an_item_of_the_schedule_that_no_rule_judges_is_a_question)
{
    struct world w;

    world_make(&w,
               DOC MATRIX "| Error rate >5% for >5 min | ROLLBACK |\n" TIMES
                          "| T+5 min | Error rate, the logs |\n",
               BOUND METRIC);
    want_question(&w, "checkpoint", 19, "no rule says how 'the logs' is judged",
                  "drop: {\"the logs\": why}, or metrics and rules");
    T_CHECK(!find_question(&w, "checkpoint", 0)->at_plan); /* a person looks at its time */
    T_CHECK(w.plan.checkpoints[0].items[1].ask);
    T_EQ(w.plan.checkpoints[0].items[1].n_rules, 0);
    world_end(&w);
    world_make(&w,
               DOC MATRIX "| Error rate >5% for >5 min | ROLLBACK |\n" TIMES
                          "| T+5 min | Error rate, the logs |\n",
               BOUND METRIC "drop: {the logs: bo reads them}\n");
    T_EQ(w.plan.n_questions, 0);
    T_CHECK(!w.plan.checkpoints[0].items[1].ask);
    world_end(&w);
    /* a schedule alone, too */
    world_make(&w, DOC TIMES "| T+5 min | the logs |\n", BOUND);
    T_EQ(count_questions(&w, "checkpoint"), 1);
    world_end(&w);
}

T(what_lies_behind_the_end_is_dropped_with_its_reason_and_asks_nothing)
{
    struct world w;
    json_t *late;

    world_make(&w,
               DOC "## Verification\n\n### 5-Minute Checks\n\n- [ ] error rate <1%\n\n"
                   "### 30-Minute Checks\n\n- [ ] error rate <1%\n- [ ] the moon is new\n\n" MATRIX
                   "| Error rate >5% for >5 min | ROLLBACK |\n" TIMES "| T+1 hour | the logs |\n",
               BOUND METRIC "watch: {until: T+5m}\n");
    T_EQ(w.plan.n_questions, 0);
    T_EQ(w.plan.n_rules, 4);
    T_EQ(w.plan.rules[0].at_ms, 300000);
    T_CHECK(!w.plan.rules[0].dropped);
    T_SV(w.plan.rules[0].text, "expect error_rate[1m] < 1% else investigate at T+5m");
    T_CHECK(w.plan.rules[1].dropped && w.plan.rules[2].dropped);
    T_SV(w.plan.rules[1].reason, "the watch ends at T+5m");
    T_CHECK(!w.plan.rules[3].dropped); /* judged all the time */
    late = json_array_get(json_object_get(w.json, "checkpoints"), 2);
    T_EQ(json_get_int(late, "at_ms", 0), 3600000);
    T_CHECK(json_get_bool(late, "dropped", false));
    world_end(&w);
    /* the same without an end: the rules of the moment make checkpoints of their own */
    world_make(&w,
               DOC "## Verification\n\n### 5-Minute Checks\n\n- [ ] error rate <1%\n\n"
                   "### 30-Minute Checks\n\n- [ ] error rate <1%\n- [ ] the moon is new\n",
               BOUND METRIC);
    T_EQ(w.plan.until_ms, 1800000);
    T_EQ(w.plan.n_checkpoints, 2);
    T_SV(w.plan.checkpoints[1].name, "T+30m");
    want_question(
        &w, "metric", 18, "this condition is not understood: \"the moon is new\"",
        "drop: {\"18\": why it is not judged}, or rules: {\"deploy.md:18\": 'investigate when ...' (or person)}");
    world_end(&w);
}

T(rows_of_one_moment_are_one_checkpoint)
{
    struct world w;

    world_make(&w,
               DOC MATRIX "| Error rate >5% for >5 min | ROLLBACK |\n" TIMES
                          "| T+5 min | Error rate |\n| T+300 sec | error rate |\n",
               BOUND METRIC);
    T_EQ(w.plan.n_checkpoints, 1);
    T_EQ(w.plan.checkpoints[0].n_items, 2);
    world_end(&w);
}

/* Lint tells of it; a plan is refused for errors only. */
T(a_warning_about_a_rule_is_no_question)
{
    struct world w;

    world_make(&w, DOC,
               BOUND METRIC
               "watch: {until: T+10m}\nrules: {mine: rollback when queue > 1 for 1s}\n");
    T_EQ(w.plan.n_questions, 0);
    world_end(&w);
}

T(a_checkpoint_that_cannot_be_judged_is_asked_about)
{
    struct world w;

    world_make(&w, DOC TIMES "| T+5 min | Error rate |\n",
               BOUND METRIC "rules: {'a`b': 'rollback when error_rate[1m] > 5%'}\n");
    T_EQ(w.plan.n_questions, 1);
    T_EQ(w.plan.questions[0].line, 14);
    T_CHECK(sv_starts(w.plan.questions[0].text, SV("\"T+5m\" cannot be judged: ")));
    want_text(w.plan.questions[0].file, "deploy.md");
    world_end(&w);
}

T(without_rules_nothing_is_watched_and_it_says_so)
{
    struct world w;

    world_make(&w, DOC TIMES "| T+5 min | the logs |\n", BOUND "drop: {the logs: bo reads them}\n");
    T_EQ(w.plan.until_ms, 0);
    T_EQ(w.plan.n_questions, 0);
    want_text(json_get_sv(json_array_get(json_object_get(w.json, "checkpoints"), 0), "reason"),
              "nothing is watched after the deployment");
    world_end(&w);
}

/* --- sources --- */

T(probes_and_services_can_be_named_in_rules)
{
    struct world w;

    world_make(&w, DOC,
               BOUND "watch: {until: T+10m, interval: 5s}\nprobes: {db: $BASE/db}\n"
                     "env: {BASE: http://127.0.0.1:1}\n"
                     "services: {web: {manager: process, command: [w], pid_file: p}}\n"
                     "metrics: {database: http.db}\n"
                     "rules:\n  a: rollback when 3 of 3 (http.db is down)\n"
                     "  b: rollback when unit.web.crashes[5m] > 0\n"
                     "  c: rollback when 3 of 3 (database is down)\n");
    T_EQ(w.plan.n_questions, 0);
    T_SV(w.plan.probes[0].value, "http://127.0.0.1:1/db");
    T_EQ(w.plan.interval_ms, 5000);
    world_end(&w);
}

T(a_rule_that_is_only_proposed_is_shown_and_not_judged)
{
    struct world w;
    const char *doc = "# Web\n\n## Deployment\n\n- [ ] Error rate <1%\n";

    world_make(&w, doc, "environment: test\nwatch: {until: T+5m}\n");
    T_EQ(w.plan.n_rules, 0);
    T_EQ(w.plan.n_proposals, 1);
    T_SV(w.plan.proposals[0].id, "deploy.md:5");
    T_SV(w.plan.proposals[0].source, "Error rate <1%");
    T_SV(w.plan.proposals[0].text, "expect error_rate[1m] < 1% min 100 samples");
    T_SV(w.plan.proposals[0].answer_with,
         "rules: {\"deploy.md:5\": 'expect error_rate[1m] < 1% min 100 samples'}");
    T_EQ(w.plan.proposals[0].line, 5);
    world_end(&w);
    world_make(&w, doc,
               "environment: test\nwatch: {until: T+5m}\nmetrics: {error_rate: errors}\n"
               "rules: {'deploy.md:5': 'expect error_rate < 1%'}\n");
    T_EQ(w.plan.n_proposals, 0); /* it is judged */
    T_EQ(w.plan.n_rules, 1);
    world_end(&w);
}

#define LEFT                                                                          \
    "## Monitoring\n\n- [ ] Look at the dashboard\n- [ ] Error rate <1%\n\n```bash\n" \
    "journalctl -u web -n 50\ndf -h\nsystemctl restart web\n```\n"

/* Nothing that was read as something to do disappears without a word. */
T(below_monitoring_boxes_are_done_what_changes_something_is_asked_and_the_rest_is_left_to_people)
{
    struct world w;
    const json_t *left;

    world_make(&w, DOC LEFT, BOUND "on_failure: stop\n");
    T_SV(find_step(&w, "look-at-the-dashboard/1")->kind, "manual");
    T_SV(find_step(&w, "error-rate-1/1")->kind, "manual");
    want_question(&w, "choice", 17,
                  "'systemctl restart web' is done while it is watched: does this run do it?",
                  "choices: {\"3\": yes}, or no, or ask (in the run)");
    left = json_object_get(w.plan.json, "left");
    T_EQ(json_array_size(left), 2);
    T_SV(json_get_sv(json_array_get(left, 0), "text"), "journalctl -u web -n 50");
    T_EQ(json_get_int(json_array_get(left, 0), "line", 0), 15);
    T_SV(json_get_sv(json_array_get(left, 0), "title"), "Monitoring");
    T_SV(json_get_sv(json_array_get(left, 1), "kind"), "shell");
    world_end(&w);
    world_make(&w, DOC LEFT, BOUND "on_failure: stop\nchoices: {\"monitoring/3\": no}\n");
    T_EQ(count_questions(&w, "choice"), 0);
    T_CHECK(find_step(&w, "monitoring/3")->skip.n > 0);
    world_end(&w);
    world_make(&w, DOC, BOUND);
    T_EQ(json_array_size(json_object_get(w.plan.json, "left")), 0);
    world_end(&w);
}

T_MAIN(
    T_CASE(a_rule_that_is_only_proposed_is_shown_and_not_judged),
    T_CASE(a_metric_that_is_not_bound_is_asked_for_with_a_proposal),
    T_CASE(a_rule_of_the_document_is_shown_as_it_is_judged),
    T_CASE(two_rules_of_one_line_have_names_and_words_of_their_own),
    T_CASE(which_direction_is_worse_is_known_said_or_asked),
    T_CASE(a_checkpoint_of_the_binding_is_one_and_the_watch_lasts_until_then),
    T_CASE(a_condition_that_is_not_understood_is_asked_about_or_dropped),
    T_CASE(a_rule_of_the_binding_is_asked_about_where_it_stands),
    T_CASE(an_item_of_the_schedule_that_says_all_is_judged_by_all_rules),
    T_CASE(a_baseline_that_nobody_will_measure_is_said_before),
    T_CASE(what_is_said_of_rules_is_no_question_and_no_part_of_the_hash),
    T_CASE(an_alias_that_is_no_expression_is_asked_about_where_it_stands),
    T_CASE(a_rule_that_stands_for_one_with_a_moment_has_that_moment_or_its_own),
    T_CASE(a_rule_that_stands_for_one_of_the_document_may_name_what_is_scraped),
    T_CASE(a_metric_has_no_rows),
    T_CASE(a_rule_of_the_binding_with_the_id_of_one_of_the_document_stands_for_it),
    T_CASE(a_rule_that_wants_somebody_told_is_not_accepted_silently),
    T_CASE(a_drop_by_line_means_the_document),
    T_CASE(rules_without_an_end_of_the_watch_are_a_question),
    T_CASE(the_watch_ends_with_the_last_checkpoint),
    T_CASE(moments_are_written_in_their_largest_unit),
    T_CASE(an_item_of_the_schedule_that_no_rule_judges_is_a_question),
    T_CASE(what_lies_behind_the_end_is_dropped_with_its_reason_and_asks_nothing),
    T_CASE(rows_of_one_moment_are_one_checkpoint), T_CASE(a_warning_about_a_rule_is_no_question),
    T_CASE(a_checkpoint_that_cannot_be_judged_is_asked_about),
    T_CASE(without_rules_nothing_is_watched_and_it_says_so),
    T_CASE(probes_and_services_can_be_named_in_rules),
    T_CASE(
        below_monitoring_boxes_are_done_what_changes_something_is_asked_and_the_rest_is_left_to_people))
