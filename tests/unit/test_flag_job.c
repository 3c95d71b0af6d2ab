/* A flag is switched beside the loop: bounded, stopped, and not twice. */
#include "flag/flag_job.h"

#include "base/file.h"
#include "base/strbuf.h"
#include "base/sv.h"
#include "t.h"

static struct flag_binding bound;
static int n_done;

static void put(const char *name, const char *text)
{
    struct err err;

    T_OK(file_write_atomic(name, sv_from(text), 0600, &err), err);
}

static void on_done(struct flag_job *j)
{
    n_done++;
    T_CHECK(j->owner == &bound);
}

/* A flag that is in env and of which `rest` says more. */
static void begin(const char *rest)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct err err;

    flag_binding_release(&bound);
    strbuf_addf(&text,
                "flags:\n  X:\n    variants: {on: \"1\", off: \"0\"}\n"
                "    env_file: {path: env, name: X}\n%s",
                rest);
    T_OK(flag_binding_parse(strbuf_sv(&text), "b.yaml", ".", &bound, &err), err);
    put("env", "X=1\n");
    n_done = 0;
}

static struct flag_job job_for(const char *key, uint64_t limit_ms)
{
    return (struct flag_job){.done = on_done,
                             .owner = &bound,
                             .change = {.definitions = "f.json",
                                        .binding = &bound,
                                        .limit_ms = limit_ms,
                                        .change = {.key = sv_from(key),
                                                   .variant = SV("off"),
                                                   .kill = key[0] == 'a',
                                                   .by = SV("t"),
                                                   .why = SV("w")}}};
}

static void go(struct flag_job *j)
{
    uv_loop_t loop;

    T_EQ(uv_loop_init(&loop), 0);
    flag_job_start(j, &loop);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    T_EQ(uv_loop_close(&loop), 0);
    T_EQ(n_done, 1);
    n_done = 0;
}

static void want_env(const char *value)
{
    CLEANUP(strbuf_release) struct strbuf got = STRBUF(0);
    struct err err;

    T_OK(flag_elsewhere_read(&bound.flags[0], &got, &err), err);
    T_STR(strbuf_str(&got), value);
}

T(a_flag_is_switched_once_and_then_found_as_it_is)
{
    struct flag_job j;

    begin("");
    j = job_for("X", 0);
    go(&j);
    T_OK(j.rc, j.err);
    T_CHECK(!j.already);
    T_SV(j.switched.from, "on");
    flag_job_release(&j);
    want_env("0");
    j = job_for("X", 0);
    go(&j);
    T_OK(j.rc, j.err);
    T_CHECK(j.already);
    flag_job_release(&j);
}

T(a_file_alone_does_not_tell_that_its_program_was_run)
{
    struct flag_job j;

    begin("    apply: [touch, applied]\n");
    put("env", "X=0\n");
    j = job_for("X", 0);
    go(&j);
    T_OK(j.rc, j.err);
    T_CHECK(!j.already && file_exists("applied"));
    flag_job_release(&j);
}

T(a_kill_holds_when_the_kill_list_has_it)
{
    struct flag_job j;

    begin("");
    put("f.json",
        "{\"flags\":{\"a\":{\"state\":\"ENABLED\",\"variants\":{\"on\":true,\"off\":false},"
        "\"defaultVariant\":\"on\"}}}");
    for (int i = 0; i < 2; i++) {
        j = job_for("a", 5000);
        go(&j);
        T_OK(j.rc, j.err);
        T_EQ(j.already, i);
        flag_job_release(&j);
    }
    put("f.json", "{");
    j = job_for("a", 5000);
    go(&j);
    T_EQ(j.rc, ERR_INVALID);
    flag_job_release(&j);
}

T(what_takes_too_long_ends_at_its_limit)
{
    struct flag_job j;

    begin("    apply: [sleep, \"100\"]\n");
    j = job_for("X", 300);
    go(&j);
    T_EQ(j.rc, ERR_TIMEOUT);
    T_CHECK(strstr(j.err.msg, "apply"));
    flag_job_release(&j);
    /* nobody ever sees it */
    begin("    read_back: {process: none.pid}\n    within: 100s\n");
    j = job_for("X", 300);
    go(&j);
    T_EQ(j.rc, ERR_FAILED);
    T_CHECK(strstr(j.err.msg, "not in effect"));
    flag_job_release(&j);
}

static void stop_when_written(uv_timer_t *t)
{
    struct flag_job *j = t->data;
    CLEANUP(strbuf_release) struct strbuf got = STRBUF(0);
    struct err err;

    T_OK(flag_elsewhere_read(&(struct flag_elsewhere){.env_file = bound.flags[0].env_file}, &got,
                             &err),
         err);
    if (strcmp(strbuf_str(&got), "0") != 0)
        return;
    flag_job_stop(j);
    uv_close((uv_handle_t *)t, NULL);
}

static void go_and_stop(struct flag_job *j)
{
    uv_timer_t timer;
    uv_loop_t loop;

    T_EQ(uv_loop_init(&loop), 0);
    T_EQ(uv_timer_init(&loop, &timer), 0);
    timer.data = j;
    T_EQ(uv_timer_start(&timer, stop_when_written, 10, 10), 0);
    flag_job_start(j, &loop);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    T_EQ(uv_loop_close(&loop), 0);
    T_EQ(n_done, 1);
    T_EQ(j->rc, ERR_INTERRUPTED);
    flag_job_release(j);
}

T(what_is_stopped_ends_soon_and_says_that_it_may_be_written)
{
    struct flag_job j;

    begin("    apply: [sleep, \"100\"]\n");
    j = job_for("X", 0);
    go_and_stop(&j);
    want_env("0");
    begin("    read_back: {process: none.pid}\n    within: 100s\n");
    j = job_for("X", 0);
    go_and_stop(&j);
    T_CHECK(strstr(j.err.msg, "stopped"));
}

static bool is_stopped(void *arg)
{
    return *(bool *)arg;
}

T(what_is_stopped_before_it_begins_writes_nothing)
{
    bool stop = true;
    struct flag_job j;
    struct flag_switched r;
    struct arena a = {0};
    struct err err;

    begin("");
    j = job_for("X", 0);
    j.change.stopped = is_stopped;
    j.change.arg = &stop;
    T_EQ(flag_switch(&j.change, &a, &r, &err), ERR_INTERRUPTED);
    want_env("1");
    arena_release(&a);
}

T_MAIN(T_CASE(a_flag_is_switched_once_and_then_found_as_it_is),
       T_CASE(a_file_alone_does_not_tell_that_its_program_was_run),
       T_CASE(a_kill_holds_when_the_kill_list_has_it),
       T_CASE(what_takes_too_long_ends_at_its_limit),
       T_CASE(what_is_stopped_ends_soon_and_says_that_it_may_be_written),
       T_CASE(what_is_stopped_before_it_begins_writes_nothing))
