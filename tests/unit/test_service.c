/* Service steps: what is watched and proven, with plain processes. */
#include "action/docker_log.h"
#include "action/service_count.h"
#include "action/service_proof.h"
#include "action/service_watch.h"
#include "base/daemon.h"
#include "base/library.h"
#include "manager_bench.h"
#include "net_server.h"

/* --- watching: pure --- */

struct seen {
    enum manager_state state;
    int64_t pid, restarts;
    uint64_t at_ms;
    enum watch_verdict want;
};

static void watch(enum manager_verb verb, struct manager_status before, int64_t crashes,
                  const struct seen *v, size_t n, const char *why)
{
    struct service_watch w = {
        .verb = verb, .before = before, .stable_ms = 1000, .crashes_allowed = crashes};

    for (size_t i = 0; i < n; i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
        struct manager_status now = {.state = v[i].state,
                                     .pid = v[i].pid,
                                     .restarts = v[i].restarts,
                                     .started_us = v[i].pid,
                                     .exit_status = 7,
                                     .text = "as it says"};
        enum watch_verdict got = service_watch_take(&w, &now, v[i].at_ms, &text);

        if (got != v[i].want)
            T_FAIL("look %zu gives %d (%s) and should give %d", i, (int)got, strbuf_str(&text),
                   (int)v[i].want);
        if (got == WATCH_FAILED)
            T_STR(strbuf_str(&text), why);
    }
}
#define WATCH(verb, before, crashes, why, ...)                                \
    do {                                                                      \
        static const struct seen looks[] = {__VA_ARGS__};                     \
        watch(MANAGER_##verb, before, crashes, looks, ARRAY_LEN(looks), why); \
    } while (0)
#define LOOK(state, pid, restarts, at, want)             \
    {                                                    \
        MANAGER_##state, pid, restarts, at, WATCH_##want \
    }

static const struct manager_status stopped = {.state = MANAGER_STOPPED, .restarts = -1};
static const struct manager_status ran = {
    .state = MANAGER_RUNNING, .pid = 10, .started_us = 10, .restarts = -1};
static const struct manager_status counts = {.state = MANAGER_STOPPED, .restarts = 0};

T(a_start_holds_when_it_has_run_long_enough)
{
    WATCH(START, stopped, 0, "", LOOK(STARTING, 0, -1, 0, WAIT), LOOK(RUNNING, 20, -1, 500, WAIT),
          LOOK(RUNNING, 20, -1, 1499, WAIT), LOOK(RUNNING, 20, -1, 1500, HOLDS));
    /* a request takes a moment to show */
    WATCH(START, stopped, 0, "does not run: it is stopped, exit status 7 (as it says)",
          LOOK(STOPPED, 0, -1, 100, WAIT), LOOK(STOPPED, 0, -1, 1000, WAIT),
          LOOK(STOPPED, 0, -1, 1100, FAILED));
    WATCH(START, stopped, 0, "does not run: it is failed, exit status 7 (as it says)",
          LOOK(FAILED, 0, -1, 0, FAILED));
}

T(a_restart_holds_with_another_process_only)
{
    WATCH(RESTART, ran, 0, "", LOOK(RUNNING, 10, -1, 0, WAIT), LOOK(RUNNING, 10, -1, 9000, WAIT),
          LOOK(STARTING, 0, -1, 9100, WAIT), LOOK(RUNNING, 11, -1, 9200, WAIT),
          LOOK(RUNNING, 11, -1, 10200, HOLDS));
}

T(a_crash_is_another_process_a_look_at_which_it_is_down_or_a_count)
{
    static const char once[] = "crashed 1 time after its start, exit status 7 (as it says)";

    WATCH(START, stopped, 0, once, LOOK(RUNNING, 20, -1, 0, WAIT),
          LOOK(RUNNING, 21, -1, 100, FAILED));
    WATCH(START, stopped, 0, once, LOOK(RUNNING, 20, -1, 0, WAIT),
          LOOK(STOPPED, 0, -1, 100, FAILED));
    WATCH(START, counts, 0, once, LOOK(RUNNING, 20, 0, 0, WAIT), LOOK(RUNNING, 20, 1, 100, FAILED));
    WATCH(START, counts, 0, once, LOOK(RUNNING, 20, 1, 0, FAILED)); /* before the first look */
    WATCH(START, counts, 1, "crashed 3 times after its start, exit status 7 (as it says)",
          LOOK(RUNNING, 20, 0, 0, WAIT), LOOK(STARTING, 0, 0, 100, WAIT),
          LOOK(RUNNING, 21, 1, 200, WAIT), /* the same one */
          LOOK(RUNNING, 23, 3, 300, FAILED));
    /* borne, the time begins anew */
    WATCH(START, stopped, 1, "", LOOK(RUNNING, 20, -1, 0, WAIT), LOOK(STARTING, 0, -1, 900, WAIT),
          LOOK(RUNNING, 21, -1, 1000, WAIT), LOOK(RUNNING, 21, -1, 1999, WAIT),
          LOOK(RUNNING, 21, -1, 2000, HOLDS));
}

T(a_stop_holds_when_it_is_down_and_a_reload_while_it_is_up)
{
    WATCH(STOP, ran, 0, "", LOOK(RUNNING, 10, -1, 0, WAIT), LOOK(STOPPING, 10, -1, 0, WAIT),
          LOOK(STOPPED, 0, -1, 0, HOLDS));
    WATCH(STOP, ran, 0, "", LOOK(FAILED, 0, -1, 0, HOLDS));
    WATCH(RELOAD, ran, 0, "does not run after it was told to reload, exit status 7 (as it says)",
          LOOK(STARTING, 10, -1, 0, WAIT), LOOK(RUNNING, 10, -1, 0, HOLDS),
          LOOK(STOPPED, 0, -1, 0, FAILED));
    T_ABORTS(WATCH(STATUS, ran, 0, "", LOOK(RUNNING, 1, -1, 0, WAIT)));
}

T(what_is_to_end_by_itself_need_not_stay)
{
    struct service_watch w = {.verb = MANAGER_START, .stable_ms = 9999};
    struct manager_status now = {.state = MANAGER_STOPPED, .once = true, .restarts = -1};
    struct strbuf why = STRBUF(0);

    T_EQ(service_watch_take(&w, &now, 0, &why), WATCH_HOLDS);
}

/* --- versions: pure --- */

/* --- counting: pure --- */

struct counted {
    enum manager_state state;
    int64_t pid, restarts;
    bool ended;
    uint64_t crashes, starts; /* so many in all by then */
};

/* Also with a stop of the program, and another that goes on, between any two looks. */
static void count(const struct counted *v, size_t n)
{
    for (size_t cut = 0; cut <= n; cut++) {
        struct service_count c = {0};
        uint64_t crashes = 0, starts = 0;

        for (size_t i = 0; i < n; i++) {
            CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
            struct manager_status now = {.state = v[i].state,
                                         .pid = v[i].pid,
                                         .started_us = v[i].pid * 10000000,
                                         .restarts = v[i].restarts,
                                         .ended = v[i].ended};

            if (i > 0 && i == cut) {
                service_count_save(&c, &text);
                crashes += c.crashes;
                starts += c.restarts;
                T_CHECK(service_count_restore(&c, strbuf_sv(&text)));
            }
            service_count_take(&c, &now, (int64_t)(i + 1) * 15000000 + 1000000000);
            if (crashes + c.crashes != v[i].crashes || starts + c.restarts != v[i].starts)
                T_FAIL("look %zu, cut %zu: %d crashes, %d starts", i, cut,
                       (int)(crashes + c.crashes), (int)(starts + c.restarts));
        }
    }
}
#define COUNT(...)                                         \
    do {                                                   \
        static const struct counted looks[] = __VA_ARGS__; \
        count(looks, ARRAY_LEN(looks));                    \
    } while (0)

T(a_manager_that_counts_is_believed)
{
    /* systemd: waits, starts it again; twice between two looks; gives up */
    COUNT({{MANAGER_RUNNING, 10, 3, false, 0, 0},
           {MANAGER_STARTING, 0, 3, true, 1, 0},
           {MANAGER_RUNNING, 11, 4, false, 1, 1},
           {MANAGER_RUNNING, 13, 6, false, 3, 3},
           {MANAGER_FAILED, 0, 6, true, 4, 3},
           {MANAGER_FAILED, 0, 6, true, 4, 3}});
    /* it comes up slowly: without a process, with one, ready */
    COUNT({{MANAGER_RUNNING, 10, 0, false, 0, 0},
           {MANAGER_STARTING, 0, 1, false, 1, 1},
           {MANAGER_STARTING, 11, 1, false, 1, 1},
           {MANAGER_RUNNING, 11, 1, false, 1, 1}});
    /* a person restarts it, stops it, starts it, and its count begins anew */
    COUNT({{MANAGER_RUNNING, 10, 2, false, 0, 0},
           {MANAGER_RUNNING, 11, 0, false, 0, 1},
           {MANAGER_STOPPED, 0, 0, false, 0, 1},
           {MANAGER_RUNNING, 12, 0, false, 0, 2},
           {MANAGER_FAILED, 0, 0, true, 1, 2},
           {MANAGER_RUNNING, 13, 0, false, 1, 3},
           {MANAGER_RUNNING, 15, 1, false, 2, 4}});
}

T(of_a_manager_that_does_not_count_every_end_and_other_process_is_one)
{
    COUNT({{MANAGER_RUNNING, 10, -1, false, 0, 0},
           {MANAGER_RUNNING, 10, -1, false, 0, 0},
           {MANAGER_RUNNING, 11, -1, false, 1, 1},
           {MANAGER_STARTING, 0, -1, false, 2, 1},
           {MANAGER_STARTING, 0, -1, false, 2, 1},
           {MANAGER_RUNNING, 12, -1, false, 2, 2}});
    COUNT({{MANAGER_STOPPED, 0, -1, false, 0, 0}, {MANAGER_RUNNING, 10, -1, false, 0, 1}});
}

/* --- starts that failed: pure --- */

struct started {
    enum manager_state state;
    int64_t pid, age_s; /* age_s: for how long it has run; -1: nobody knows */
    int64_t restarts;
    bool ended;
    uint64_t failed; /* so many in all by then */
};

/* Looks each 15 s, also with a stop of the program between any two of them. */
static void count_starts(const struct started *v, size_t n)
{
    for (size_t cut = 0; cut <= n; cut++) {
        struct service_count c = {0};
        uint64_t failed = 0;

        for (size_t i = 0; i < n; i++) {
            CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
            int64_t at_us = 1771120000000000 + (int64_t)i * 15000000;
            struct manager_status now = {.state = v[i].state,
                                         .pid = v[i].pid,
                                         .restarts = v[i].restarts,
                                         .ended = v[i].ended};

            if (v[i].pid && v[i].age_s >= 0)
                now.started_us = at_us - v[i].age_s * 1000000;
            if (i > 0 && i == cut) {
                service_count_save(&c, &text);
                failed += c.starts_failed;
                T_CHECK(service_count_restore(&c, strbuf_sv(&text)));
            }
            service_count_take(&c, &now, at_us);
            if (failed + c.starts_failed != v[i].failed)
                T_FAIL("look %zu, cut %zu: %d starts failed", i, cut,
                       (int)(failed + c.starts_failed));
        }
    }
}
#define STARTS(...)                                        \
    do {                                                   \
        static const struct started looks[] = __VA_ARGS__; \
        count_starts(looks, ARRAY_LEN(looks));             \
    } while (0)

T(a_start_that_failed_is_a_crash_of_what_had_not_run_for_ten_seconds)
{
    /* systemd: the new release dies at once, is started again five times, and given up */
    STARTS({{MANAGER_RUNNING, 10, 3, 0, false, 0},
            {MANAGER_STARTING, 0, 0, 0, true, 1},
            {MANAGER_FAILED, 0, 0, 5, true, 6},
            {MANAGER_FAILED, 0, 0, 5, true, 6}});
    /* it never became ready: there is a process, and it does not run */
    STARTS({{MANAGER_STARTING, 10, 60, 0, false, 0}, {MANAGER_FAILED, 0, 0, 0, true, 1}});
    /* what had run crashes, and so does what comes after it, before the next look */
    STARTS({{MANAGER_RUNNING, 10, 9, 0, false, 0},
            {MANAGER_RUNNING, 10, 24, 0, false, 0},
            {MANAGER_RUNNING, 13, 1, 3, false, 2},
            {MANAGER_RUNNING, 13, 16, 3, false, 2},
            {MANAGER_FAILED, 0, 0, 3, true, 2}});
    /* on its way to the end it is still the same process */
    STARTS({{MANAGER_RUNNING, 10, 60, 0, false, 0},
            {MANAGER_STOPPING, 10, 75, 0, false, 0},
            {MANAGER_FAILED, 0, 0, 0, true, 0}});
}

T(a_start_that_failed_after_a_stop_is_none_of_what_ran_before)
{
    STARTS({{MANAGER_RUNNING, 10, 60, 0, false, 0},
            {MANAGER_STOPPED, 0, 0, 0, false, 0},
            {MANAGER_FAILED, 0, 0, 0, true, 1}});
    STARTS({{MANAGER_RUNNING, 10, 60, -1, false, 0},
            {MANAGER_RUNNING, 11, 2, -1, false, 0}, /* what ran before had run for a minute */
            {MANAGER_STOPPED, 0, 0, -1, false, 1}});
    /* when a process began is not known: it has started when it was there at two looks */
    STARTS({{MANAGER_RUNNING, 10, -1, -1, false, 0}, {MANAGER_STOPPED, 0, 0, -1, false, 1}});
    STARTS({{MANAGER_RUNNING, 10, -1, -1, false, 0},
            {MANAGER_RUNNING, 10, -1, -1, false, 0},
            {MANAGER_STOPPED, 0, 0, -1, false, 0}});
}

T(what_an_older_version_counted_is_taken_up)
{
    struct service_count c = {0};
    struct manager_status now = {.state = MANAGER_FAILED, .restarts = 0, .ended = true};

    T_CHECK(service_count_restore(&c, SV("1 0 0 10 20 0")));
    service_count_take(&c, &now, 1771120000000000);
    T_EQ(c.crashes, 1);
    T_EQ(c.starts_failed, 1);
}

T(what_was_counted_is_taken_up_only_whole)
{
    static const char *const texts[] = {"", "1 0 0 10 20", "1 0 0 10 20 x", "1 0 0 10 20 0 x", "a"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct service_count c = {0};
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

        T_CHECK(!service_count_restore(&c, sv_from(texts[i])));
        service_count_save(&c, &text); /* nothing was seen */
        T_EQ(text.n, 0);
    }
}

T(the_version_is_found_in_what_is_answered)
{
    static const struct {
        const char *text, *field, *want;
    } rows[] =
        {
            {" v1.2\n", "", "v1.2"},
            {"{\"version\": \"1.2\"}", "version", "1.2"},
            {"{\"build\": {\"n\": 7}}", "build.n", "7"},
        },
      bad[] = {
          {"nothing", "version", "its version cannot be told: no JSON"},
          {"{\"v\": {}}", "v", "the answer has no text 'v'"},
          {"{\"v\": \"1\"}", "version", "the answer has no text 'version'"},
          {"{\"v\": \"1\"}", "v.x", "the answer has no text 'v.x'"},
      };
    struct err err;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf v = STRBUF(0);

        T_OK(service_version_of(sv_from(rows[i].text), sv_from(rows[i].field), &v, &err), err);
        T_STR(strbuf_str(&v), rows[i].want);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        CLEANUP(strbuf_release) struct strbuf v = STRBUF(0);

        T_CHECK(service_version_of(sv_from(bad[i].text), sv_from(bad[i].field), &v, &err) !=
                ERR_OK);
        T_CHECK(strstr(err.msg, bad[i].want));
    }
}

T(a_version_is_a_word_and_no_part_of_another)
{
    static const char *const yes[] = {"1.2",         "app 1.2",      "app v1.2, built today",
                                      "app/1.2 (x)", "this is 1.2.", "11.2 or 1.2"},
                             *const no[] = {"1.2.1", "11.2",  "1.2-rc1", "1.20",
                                            "",      "0.1.2", "dev1.2"};

    for (size_t i = 0; i < ARRAY_LEN(yes); i++)
        if (!service_version_is(sv_from(yes[i]), SV("1.2"), false))
            T_FAIL("not in '%s'", yes[i]);
    for (size_t i = 0; i < ARRAY_LEN(no); i++)
        if (service_version_is(sv_from(no[i]), SV("1.2"), false))
            T_FAIL("is in '%s'", no[i]);
    T_CHECK(service_version_is(SV("1.2"), SV("1.2"), true));
    T_CHECK(!service_version_is(SV("v1.2"), SV("1.2"), true));
    T_CHECK(!service_version_is(SV("1.2"), SV(""), false));
}

/* --- proofs, of processes that are there --- */

static struct plan_service process_service(struct sv *command, size_t n)
{
    return (struct plan_service){.name = SV("app"),
                                 .manager = SV("process"),
                                 .pid_file = SV("app.pid"),
                                 .log = SV("app.log"),
                                 .command = command,
                                 .n_command = n,
                                 .start_timeout_ms = 60000,
                                 .stop_timeout_ms = 60000};
}

T(a_process_proves_its_program_and_its_age)
{
    struct plan_service service = {.name = SV("app")};
    struct manager_status now = {.state = MANAGER_RUNNING, .pid = getpid()};
    struct service_proof p = {.service = &service, .status = &now, .fresh = false, .elapsed_us = 0};
    CLEANUP(strbuf_release) struct strbuf notes = STRBUF(0);
    struct err err;

    T_OK(service_prove_process(&p, &notes, &err), err);
    T_EQ(notes.n, 0);
    (void)poll(NULL, 0, 100);
    p.fresh = true; /* we are older than "now" */
    T_EQ(service_prove_process(&p, &notes, &err), ERR_FAILED);
    T_CHECK(strstr(err.msg, "is older than this step by "));
    p.elapsed_us = 3600000000;
    T_OK(service_prove_process(&p, &notes, &err), err);
    write_file("built", "x");
    service.version.newer_than = SV("built");
    T_EQ(service_prove_process(&p, &notes, &err), ERR_FAILED);
    T_CHECK(strstr(err.msg, "'built' was written "));
    service.version.newer_than = SV("/etc/passwd");
    T_OK(service_prove_process(&p, &notes, &err), err);
    service.version.newer_than = SV("nowhere");
    T_EQ(service_prove_process(&p, &notes, &err), ERR_IO);
    service.version.newer_than = SV("");
    now.old_image = true;
    T_EQ(service_prove_process(&p, &notes, &err), ERR_FAILED);
    T_CHECK(strstr(err.msg, "an image that its name no longer means"));
    now = (struct manager_status){.state = MANAGER_RUNNING};
    T_OK(service_prove_process(&p, &notes, &err), err);
    T_STR(strbuf_str(&notes), "it has no process here: which program runs cannot be told\n");
    service.version.newer_than = SV("built");
    T_EQ(service_prove_process(&p, &notes, &err), ERR_FAILED);
    now.started_us = clock_now_us() - 10000000; /* a manager's word */
    service.version.newer_than = SV("");
    p.elapsed_us = 1000000;
    T_EQ(service_prove_process(&p, &notes, &err), ERR_FAILED);
    T_EQ(manager_process_started_us(0), 0);
}

T(what_crashes_within_its_time_has_not_started)
{
    struct sv command[] = {SV("sh"), SV("-c"), SV("echo no disk; sleep 0.3; exit 3")};
    struct bench b;

    bench_begin(&b, process_service(command, ARRAY_LEN(command)));
    b.service.stable_ms = 5000;
    T_STEP(&b, "start", ACTION_BROKE);
    T_CHECK(says(&b, "app: crashed 1 time after its start (inactive (dead))"));
    T_CHECK(printed(&b, "no disk") && printed(&b, "to look further: tail -n 50 app.log"));
    T_EQ(b.action.outcome.active, 0);
    b.service.log = SV("no/such/log");
    command[2] = SV("exit 3");
    T_STEP(&b, "start", ACTION_BROKE);
    b.service.log = SV("");
    T_STEP(&b, "start", ACTION_BROKE); /* it has ended before the first look, or after */
    T_CHECK(says(&b, "app: "));
    bench_end(&b);
}

static enum MHD_Result answer(struct server *s, struct server_request *r)
{
    int *asked = s->data;

    ++*asked;
    if (strcmp(r->path, "/ready") == 0)
        return server_text(r, *asked < 3 ? 503 : 200, "ok");
    if (strcmp(r->path, "/version") == 0)
        return server_text(r, 200, "{\"version\": \"1.2\"}");
    return server_text(r, 404, "no");
}

T(it_is_done_when_it_is_ready_and_says_the_version_that_is_expected)
{
    struct sv command[] = {SV("sleep"), SV("1000")};
    int asked = 0;
    struct server s = {.data = &asked};
    CLEANUP(json_cleanup) json_t *is = json_array();
    char ready[200], version[200], none[200];
    struct bench b;

    server_start(&s, answer, -1);
    (void)snprintf(ready, sizeof(ready), "%s/ready", s.url);
    (void)snprintf(version, sizeof(version), "%s/version", s.url);
    (void)snprintf(none, sizeof(none), "%s/none", s.url);
    bench_begin(&b, process_service(command, ARRAY_LEN(command)));
    b.service.ready = sv_from(ready);
    b.service.version.url = sv_from(version);
    b.service.version.field = SV("version");
    T_STEP(&b, "start", ACTION_ENDED);
    T_CHECK(asked == 4 && printed(&b, "app: version 1.2 (pid "));
    json_append(is, json_str("1.3"));
    b.service.version.is = is;
    T_STEP(&b, "restart", ACTION_BROKE);
    T_CHECK(says(&b, "app: version '1.2' runs, and '1.3' should"));
    (void)json_array_clear(is);
    json_append(is, json_str("1.2"));
    T_STEP(&b, "restart", ACTION_ENDED);
    (void)json_array_clear(is);
    json_append(is, json_pack("{s:s}", "value", "unset"));
    T_STEP(&b, "restart", ACTION_BROKE);
    T_CHECK(says(&b, "placeholder 'unset' has no value"));
    b.service.version.field = SV("other");
    T_STEP(&b, "restart", ACTION_BROKE);
    b.service.version.url = sv_from(none);
    T_STEP(&b, "restart", ACTION_BROKE);
    T_CHECK(says(&b, "its version cannot be told: HTTP 404"));
    b.service.ready = sv_from(none);
    b.service.start_timeout_ms = 300;
    T_STEP(&b, "restart", ACTION_BROKE);
    T_CHECK(says(&b, "app: did not become ready in time: it is running (active (running))"));
    server_stop(&s);
    b.service.ready = SV("");
    T_STEP(&b, "restart", ACTION_BROKE);
    T_CHECK(says(&b, "its version cannot be told: "));
    T_STEP(&b, "stop", ACTION_ENDED);
    bench_end(&b);
}

T(a_command_tells_the_version_too)
{
    struct sv command[] = {SV("sleep"), SV("1000")};
    CLEANUP(json_cleanup) json_t *is = json_array();
    struct binding_pair env = {SV("REL"), SV("7.1"), 0};
    struct bench b;

    bench_begin(&b, process_service(command, ARRAY_LEN(command)));
    b.plan.env = &env;
    b.plan.n_env = 1;
    json_append(is, json_str("7.1"));
    b.service.version = (struct plan_version){.command = SV("echo app $REL; echo x >&2"), .is = is};
    T_STEP(&b, "start", ACTION_ENDED);
    T_CHECK(printed(&b, "app: version app 7.1 (pid "));
    b.service.version.command = SV("echo app 7.2");
    T_STEP(&b, "restart", ACTION_BROKE);
    T_CHECK(says(&b, "version 'app 7.2' runs, and '7.1' should"));
    b.service.version.command = SV("exit 3");
    T_STEP(&b, "restart", ACTION_BROKE);
    T_CHECK(says(&b, "its version cannot be told: '/bin/sh' ended with status 3"));
    b.service.version.command = SV("sleep 1000");
    b.cancel_after_ms = 400;
    T_EQ(step(&b, "restart", 0), ACTION_STOPPED);
    T_STEP(&b, "stop", ACTION_ENDED);
    bench_end(&b);
}

T(a_step_can_be_stopped_and_ends_after_its_time)
{
    struct sv command[] = {SV("sleep"), SV("1000")};
    struct bench b;

    bench_begin(&b, process_service(command, ARRAY_LEN(command)));
    b.service.stable_ms = 60000;
    b.cancel_after_ms = 300;
    T_EQ(step(&b, "start", 0), ACTION_STOPPED);
    T_EQ(step(&b, "start", 300), ACTION_TIMEOUT);
    T_CHECK(says(&b, "app: it did not end within 300 ms"));
    b.service.stable_ms = 0;
    T_STEP(&b, "stop", ACTION_ENDED);
    bench_end(&b);
}

/* --- small parts --- */

T(the_tail_of_a_log_is_whole_lines)
{
    T_SV(manager_tail(SV("a\nb\nc\n"), 2), "b\nc\n");
    T_SV(manager_tail(SV("a\nb\nc"), 2), "b\nc");
    T_SV(manager_tail(SV("a\n"), 5), "a\n");
    T_SV(manager_tail(SV(""), 5), "");
    T_SV(manager_tail(SV("\n\n"), 1), "\n");
}

T(the_frames_of_docker_are_taken_off)
{
    static const struct {
        const char *text;
        size_t n;
        const char *want;
    } rows[] = {
        {"\1\0\0\0\0\0\0\2hi\2\0\0\0\0\0\0\1!", 19, "hi!"},
        {"\1\0\0\0\0\0\0\x09hi", 10, "hi"}, /* cut short */
        {"plain text, of a terminal\n", 26, "plain text, of a terminal\n"},
        {"", 0, ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);

        docker_log_read((struct sv){rows[i].text, rows[i].n}, &out);
        T_STR(strbuf_str(&out), rows[i].want);
    }
}

T(a_library_that_is_missing_or_too_old_is_named)
{
    static const struct library_call calls[] = {{"no_such_call_of_math", 0}};
    struct library none = {"libnone.so.9", "libnone9", calls, 1, false},
                   old = {"libm.so.6", "libc6", calls, 1, false};
    void *table[1];
    struct err err;

    T_EQ(library_open(&none, table, &err), ERR_NOT_FOUND);
    T_CHECK(strstr(err.msg, "libnone.so.9"));
    T_STR(err.hint, "install the package libnone9");
    T_EQ(library_open(&old, table, &err), ERR_NOT_FOUND);
    T_STR(err.msg, "libm.so.6 has no no_such_call_of_math: it is too old");
}

T(every_manager_has_its_words)
{
    static const char *const names[] = {"systemd", "systemd-user", "supervisor",
                                        "runit",   "compose",      "process"};
    struct plan_service s = {
        .name = SV("web"), .project = SV("shop"), .dir = SV("/d"), .pid_file = SV("p")};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const struct manager_ops *ops = manager_find(sv_from(names[i]));

        T_CHECK(ops && strcmp(ops->name, names[i]) == 0);
        for (enum manager_verb v = 0; v < MANAGER_VERB__N; v++) {
            CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

            ops->by_hand(&s, v, &text);
            T_CHECK(text.n > 0);
        }
    }
    T_CHECK(!manager_find(SV("upstart")));
}

T_MAIN(T_CASE(a_start_holds_when_it_has_run_long_enough),
       T_CASE(a_restart_holds_with_another_process_only),
       T_CASE(a_crash_is_another_process_a_look_at_which_it_is_down_or_a_count),
       T_CASE(a_stop_holds_when_it_is_down_and_a_reload_while_it_is_up),
       T_CASE(what_is_to_end_by_itself_need_not_stay), T_CASE(a_manager_that_counts_is_believed),
       T_CASE(of_a_manager_that_does_not_count_every_end_and_other_process_is_one),
       T_CASE(a_start_that_failed_is_a_crash_of_what_had_not_run_for_ten_seconds),
       T_CASE(a_start_that_failed_after_a_stop_is_none_of_what_ran_before),
       T_CASE(what_an_older_version_counted_is_taken_up),
       T_CASE(what_was_counted_is_taken_up_only_whole),
       T_CASE(the_version_is_found_in_what_is_answered),
       T_CASE(a_version_is_a_word_and_no_part_of_another),
       T_CASE(a_process_proves_its_program_and_its_age),
       T_CASE(what_crashes_within_its_time_has_not_started),
       T_CASE(it_is_done_when_it_is_ready_and_says_the_version_that_is_expected),
       T_CASE(a_command_tells_the_version_too),
       T_CASE(a_step_can_be_stopped_and_ends_after_its_time),
       T_CASE(the_tail_of_a_log_is_whole_lines), T_CASE(the_frames_of_docker_are_taken_off),
       T_CASE(a_library_that_is_missing_or_too_old_is_named), T_CASE(every_manager_has_its_words))
