/* plan: reading a stored plan, and what is asked of it. */
#include "test_plan_util.h"

#define STEP "{\"id\":\"a/1\",\"kind\":\"shell\",\"action\":{}}"
#define ANY  "{\"form\":\"any-of\",\"any\":["
#define HASH "\"hash\":\"0000000000000000000000000000000000000000000000000000000000000000\""

static enum err_code load_text(const char *text, struct plan *p, struct err *err)
{
    json_t *json = NULL;

    T_OK(json_read(sv_from(text), &json, err), *err);
    return plan_load(json, p, err);
}

static void refused(const char *text, enum err_code code, const char *message)
{
    struct plan p = {.interval_ms = 77};
    struct err err = {0};

    T_EQ(load_text(text, &p, &err), code);
    if (!strstr(err.msg, message))
        T_FAIL("'%s' does not say '%s'", err.msg, message);
    T_EQ(p.interval_ms, 77); /* the result is untouched */
}

T(what_is_no_plan_is_refused)
{
    refused("{}", ERR_INVALID, "the plan has format 0, this prusik knows 1");
    refused("{\"format\":2}", ERR_INVALID, "the plan has format 2, this prusik knows 1");
    refused("[]", ERR_INVALID, "format 0");
    refused("{\"format\":1}", ERR_CORRUPT, "the plan has no hash");
    refused("{\"format\":1,\"hash\":\"12\"}", ERR_CORRUPT, "the plan has no hash");
    refused("{\"format\":1," HASH ",\"steps\":[{}]}", ERR_CORRUPT, "no id, kind or action");
    refused("{\"format\":1," HASH ",\"steps\":[7]}", ERR_CORRUPT, "no id, kind or action");
    refused("{\"format\":1," HASH ",\"way_back\":[{\"id\":\"a\",\"kind\":\"shell\"}]}", ERR_CORRUPT,
            "no id, kind or action");
    refused("{\"format\":1," HASH ",\"steps\":[{\"id\":\"a\",\"kind\":\"k\",\"action\":{},"
            "\"choices\":[{\"ask\":\"b\",\"part\":\"b\"}]}]}",
            ERR_CORRUPT, "step a asks for a decision without it");
    refused("{\"format\":1," HASH ",\"decisions\":[{\"id\":\"b\",\"options\":[{\"id\":\"c\"}]}],"
            "\"steps\":[{\"id\":\"a\",\"kind\":\"k\",\"action\":{},"
            "\"choices\":[{\"ask\":\"b\",\"part\":\"b\"}]}]}",
            ERR_CORRUPT, "step a asks for a decision without it");
    refused("{\"format\":1," HASH ",\"steps\":[{\"id\":\"a\",\"kind\":\"k\",\"action\":{},"
            "\"expectations\":[{\"form\":\"guess\"}]}]}",
            ERR_CORRUPT, "unknown expectation 'guess'");
    refused("{\"format\":1," HASH ",\"steps\":[{\"id\":\"a\",\"kind\":\"k\",\"action\":{},"
            "\"expectations\":[" ANY ANY ANY ANY ANY ANY "{\"form\":\"exit\"}"
            "]}]}]}]}]}]}"
            "]}]}",
            ERR_CORRUPT, "unknown expectation 'any-of'");
}

T(what_is_absent_has_its_default)
{
    struct plan p;
    struct err err = {0};

    T_OK(load_text("{\"format\":1," HASH ",\"steps\":[" STEP "],\"services\":[{\"name\":\"w\"}],"
                   "\"rules\":[{}],\"env\":7,\"secrets\":{},\"unknown\":1}",
                   &p, &err),
         err);
    T_EQ(p.n_steps, 1);
    T_EQ(p.steps[0].undo, UNDO_GAP); /* nothing is known of the way back */
    T_EQ(p.steps[0].timeout_ms + p.steps[0].retries + (int64_t)p.steps[0].line, 0);
    T_CHECK(!p.steps[0].answered);
    T_NEAR(p.time_scale, 1, 0);
    T_EQ(p.interval_ms, 15000);
    T_EQ(p.until_ms, 0);
    T_EQ(p.services[0].start_timeout_ms, 30000);
    T_EQ(p.services[0].stop_timeout_ms, 30000);
    T_EQ(p.rules[0].at_ms, -1);
    T_EQ(p.n_env + p.n_secrets + p.n_way_back + p.n_checkpoints + p.n_parts, 0);
    plan_release(&p);
    T_CHECK(!p.json); /* and a second time does nothing */
    plan_release(&p);
}

/* What plan_make() writes, stored as bytes and read again. */
T(a_plan_that_was_stored_is_the_plan_that_was_made)
{
    static const char md[] =
        "# Web\n\n## Deployment\n\n### Step 1: One\n\n```bash\ncurl http://h/\n"
        "# Expected: HTTP 200, latency <50ms\ngit pull origin a\n# Expected: \"up to date\" or \"done\"\n"
        "```\n\n## Rollback\n\n### Step 2: Back (if needed)\n\n```bash\ngit reset --hard b\n```\n\n## Decision Matrix\n\n"
        "| Symptom | Action |\n|---|---|\n| Error rate >5% for >5 min | ROLLBACK |\n\n"
        "## Monitoring Schedule\n\n| Time | Check |\n|---|---|\n| T+5 min | Error rate |\n";
    static const char yaml[] =
        "environment: test\noperator: ana\nscrape: http://h/metrics\nprobes: {db: http://h/db}\n"
        "metrics: {error_rate: 'ratio(bad_total, all_total)'}\nmaintenance: {flag: /f}\n"
        "choices: {2: {when: deployment/1/1, contains: x}}\n"
        "answers: {deployment/1/1: {answer: no, by: bo, note: hm}}\n"
        "services: {w: {manager: process, command: [a, b], pid_file: /p, stop_timeout: 1s}}\n"
        "approvers: [cy]\nenv: {A: '1', B_TOKEN: x}\n";
    CLEANUP(strbuf_release) struct strbuf made = STRBUF(0), again = STRBUF(0);
    struct err err = {0};
    struct world w;
    struct plan p;

    world_make(&w, md, yaml);
    json_write(w.json, &made);
    T_OK(load_text(strbuf_str(&made), &p, &err), err);
    json_write(p.json, &again);
    T_STR(strbuf_str(&again), strbuf_str(&made));
    T_EQ(p.n_steps, 2);
    T_EQ(p.steps[0].n_expects, 2);
    T_EQ(p.steps[0].expects[0].e.form, EXPECT_STATUS);
    T_NEAR(p.steps[0].expects[0].e.number, 200, 0);
    T_EQ(p.steps[0].expects[1].e.op, OP_LT);
    T_SV(p.steps[0].expects[1].e.unit, "ms");
    T_CHECK(p.steps[0].expects[1].machine);
    T_CHECK(p.steps[0].answered && !p.steps[0].answer);
    T_SV(p.steps[0].answer_by, "bo");
    T_SV(p.way_back[0].choices[0].when, "deployment/1/1");
    T_EQ(p.steps[1].expects[0].e.form, EXPECT_ANY);
    T_EQ(p.steps[1].expects[0].n_any, 2);
    T_SV(p.steps[1].expects[0].any[1].e.text, "done");
    T_EQ(p.steps[1].undo, UNDO_SECTION);
    T_EQ(p.steps[1].line, 10);
    T_SV(p.steps[1].title, "One");
    T_EQ(p.n_way_back, 1);
    T_SV(p.services[0].command[1], "b");
    T_EQ(p.services[0].stop_timeout_ms, 1000);
    T_SV(p.flag, "/f");
    T_SV(p.approvers[0], "cy");
    T_SV(p.secrets[0], "B_TOKEN");
    T_SV(p.checkpoints[0].items[0].text, "Error rate");
    T_SV(p.checkpoints[0].items[0].rules[0], "deploy.md:26");
    T_SV(p.probes[0].name, "db");
    T_CHECK(hash_eq(&p.hash, &w.plan.hash));
    plan_release(&p);
    world_end(&w);
}

T(a_step_is_found_by_its_id_or_the_unique_end_of_it)
{
    struct plan p;
    struct err err = {0};
    struct sv nearest;

    T_OK(load_text("{\"format\":1," HASH
                   ",\"steps\":[{\"id\":\"a/1/1\",\"kind\":\"k\",\"action\":{}},"
                   "{\"id\":\"a/2/1\",\"kind\":\"k\",\"action\":{}}],"
                   "\"way_back\":[{\"id\":\"b/2\",\"kind\":\"k\",\"action\":{}},"
                   "{\"id\":\"1/1\",\"kind\":\"k\",\"action\":{}}]}",
                   &p, &err),
         err);
    T_CHECK(plan_find(&p, SV("a/1/1"), &nearest) == &p.steps[0]);
    T_CHECK(plan_find(&p, SV("2/1"), &nearest) == &p.steps[1]);
    T_CHECK(plan_find(&p, SV("b/2"), &nearest) == &p.way_back[0]);
    T_CHECK(plan_find(&p, SV("1/1"), &nearest) == &p.way_back[1]); /* the whole id beats an end */
    T_CHECK(!plan_find(&p, SV("1"), &nearest));                    /* three end so */
    T_CHECK(nearest.p);
    T_CHECK(!plan_find(&p, SV("/1"), &nearest));
    T_CHECK(!plan_find(&p, SV("a/1/2"), &nearest));
    T_SV(nearest, "a/1/1");
    plan_release(&p);
}

/* The tree shows "2.3 Warm up" above its only step. */
T(a_part_stands_for_its_only_step)
{
    struct plan p;
    struct err err = {0};
    struct sv nearest;

    T_OK(load_text("{\"format\":1," HASH ",\"steps\":["
                   "{\"id\":\"a/2.3/1\",\"part\":\"a/2.3\",\"kind\":\"k\",\"action\":{}},"
                   "{\"id\":\"a/2.4/1\",\"part\":\"a/2.4\",\"kind\":\"k\",\"action\":{}},"
                   "{\"id\":\"a/2.4/2\",\"part\":\"a/2.4\",\"kind\":\"k\",\"action\":{}}],"
                   "\"way_back\":[{\"id\":\"b/9\",\"part\":\"b\",\"kind\":\"k\",\"action\":{}}]}",
                   &p, &err),
         err);
    T_CHECK(plan_find(&p, SV("2.3"), &nearest) == &p.steps[0]);
    T_CHECK(plan_find(&p, SV("a/2.3"), &nearest) == &p.steps[0]);
    T_CHECK(plan_find(&p, SV("b"), &nearest) == &p.way_back[0]);
    T_CHECK(!plan_find(&p, SV("2.4"), &nearest)); /* it has two */
    T_SV(nearest, "a/2.4/1");
    T_CHECK(!plan_find(&p, SV("a"), &nearest));
    T_CHECK(!plan_find(&p, SV("3"), &nearest));
    plan_release(&p);
}

T(questions_count_by_who_can_answer_them)
{
    struct plan p;
    struct err err = {0};

    T_OK(load_text("{\"format\":1," HASH ",\"questions\":[{\"when\":\"plan\"},{\"when\":\"run\"},"
                   "{\"when\":\"run\"}]}",
                   &p, &err),
         err);
    T_EQ(plan_open(&p, true), 1);
    T_EQ(plan_open(&p, false), 3);
    plan_release(&p);
}

T(durations_are_scaled_and_bounds_are_never_shortened)
{
    struct plan p = {.time_scale = 0.001};

    T_EQ(plan_scale(&p, 60000), 60);
    T_EQ(plan_scale(&p, 1500), 2);
    T_EQ(plan_scale(&p, 10), 1); /* not below 1 ms ... */
    T_EQ(plan_scale(&p, 0), 0);  /* ... unless it is 0 */
    T_EQ(plan_bound(&p, 60000), 60000);
    p.time_scale = 2;
    T_EQ(plan_scale(&p, 1500), 3000);
    T_EQ(plan_bound(&p, 1500), 3000);
    p.time_scale = 1;
    T_EQ(plan_scale(&p, 1500), 1500);
    p.time_scale = 1000;
    T_EQ(plan_scale(&p, INT64_MAX / 2), INT64_MAX / 1000000); /* very long, not the past */
}

T(ways_to_undo_have_names)
{
    static const char *const names[] = {"nothing", "inverse", "section", "accepted", "gap"};

    for (unsigned i = 0; i < UNDO__N; i++)
        T_STR(plan_undo_name((enum plan_undo)i), names[i]);
    T_ABORTS((void)plan_undo_name(UNDO__N));
}

T_MAIN(T_CASE(what_is_no_plan_is_refused), T_CASE(what_is_absent_has_its_default),
       T_CASE(a_plan_that_was_stored_is_the_plan_that_was_made),
       T_CASE(a_step_is_found_by_its_id_or_the_unique_end_of_it),
       T_CASE(a_part_stands_for_its_only_step), T_CASE(questions_count_by_who_can_answer_them),
       T_CASE(durations_are_scaled_and_bounds_are_never_shortened), T_CASE(ways_to_undo_have_names))
