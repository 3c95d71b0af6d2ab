#include "source_look.h"

T(every_row_is_complete_and_sorted)
{
    size_t n;
    const struct source_ops *const *rows = source_kinds(&n);

    T_CHECK(n >= 5);
    for (size_t i = 0; i < n; i++) {
        const struct source_ops *o = rows[i];

        T_CHECK(i == 0 || strcmp(rows[i - 1]->kind, o->kind) < 0);
        T_CHECK(o->help[0] && o->n_keys > 0 && o->n_members > 0 && o->open && o->close);
        T_EQ(!!o->look + !!o->start + !!o->give, 1);
        T_CHECK(!o->start == !o->cancel);
        for (size_t k = 0; k < o->n_keys; k++) {
            T_CHECK(o->keys[k].name[0] && o->keys[k].help[0]);
            for (size_t m = 0; m < k; m++)
                T_CHECK(strcmp(o->keys[k].name, o->keys[m].name) != 0);
        }
        for (size_t k = 0; k < o->n_members; k++)
            T_CHECK(o->members[k].name[0] && o->members[k].help[0]);
    }
}

T(settings_that_do_not_fit_are_refused_with_the_nearest_name)
{
    static const struct {
        const char *kind, *settings, *msg, *hint;
    } cases[] = {
        {"dsik", "{}", "there is no kind of source 'dsik'", "did you mean 'disk'?"},
        {"prometheus", "{}", "there is no kind of source 'prometheus'", ""},
        {"disk", "{\"path\": \"/\", \"pth\": 1}", "there is no setting 'pth' for the kind 'disk'",
         "did you mean 'path'?"},
        {"prom", "{\"url\": \"http://h\", \"server\": \"x\"}",
         "there is no setting 'server' for the kind 'prom'",
         "it has url, headers, bearer, ca_file, cert_file, key_file, insecure, unix_socket, follow, max_bytes, "
         "query, range, step"},
        {"disk", "{}", "'path' is missing: a file or folder on the disk", ""},
        {"disk", "{\"path\": 5}", "'path' must be a text", ""},
        {"disk", "{\"path\": \"\"}", "'path' must be a text", ""},
        {"disk", "[]", "the settings are not an object", ""},
        {"file", "{\"path\": \"x\", \"max_bytes\": -1}", "'max_bytes' must be a whole number", ""},
        {"file", "{\"path\": \"x\", \"max_bytes\": 1.5}", "'max_bytes' must be a whole number", ""},
        {"file", "{\"path\": \"x\", \"max_bytes\": 67108865}", "'max_bytes' is more than 67108864",
         ""},
        {"scrape", "{\"url\": \"http://h\", \"max_bytes\": 1073741825}",
         "'max_bytes' is more than 1073741824", ""},
        {"http", "{\"url\": \"http://h\", \"follow\": 51}", "'follow' is more than 50", ""},
        {"http", "{\"url\": \"http://h\", \"health\": \"yes\"}", "'health' must be true or false",
         ""},
        {"http", "{\"url\": \"http://h\", \"headers\": [\"a\"]}",
         "'headers' must be an object of texts", ""},
        {"http", "{\"url\": \"http://h\", \"headers\": {\"a\": 1}}",
         "'headers' must be an object of texts", ""},
    };

    begin();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct source *s = NULL;
        struct err err = {0};
        const char *msg;

        T_EQ(try_open(cases[i].kind, cases[i].settings, &s, &err), ERR_INVALID);
        T_CHECK(!s);
        msg = err.msg;
        T_CHECK(sv_starts(sv_from(msg), SV("source 'it': ")));
        T_STR(msg + strlen("source 'it': "), cases[i].msg);
        T_STR(err.hint, cases[i].hint);
    }
    end();
}

T(values_are_looked_at_before_anything_is_opened)
{
    static const struct {
        const char *kind, *settings, *msg;
    } cases[] = {
        {"alertmanager", "{\"silence\": \"soon\"}", "'silence' is no time such as 5h"},
        {"alertmanager", "{\"silence\": \"0s\"}", "'silence' is no time such as 5h"},
        {"log", "{\"path\": \"x\", \"record\": \"(\"}", "missing closing parenthesis"},
        {"log", "{\"path\": \"x\", \"zone\": \"Europe/Atlantis\"}", "Europe/Atlantis"},
        {"prom", "{\"url\": \"http://h\", \"query\": \"up\", \"range\": \"5\"}", "'range'"},
        {"tcp", "{\"port\": 65536}", "'port' is not from 1 to 65535"},
        {"process", "{}", "either 'pid' or 'pid_file'"},
        {"scrape", "{\"url\": \"h:9090\"}", "the URL does not begin with http://"},
        {"tcp", "{\"port\": 80}", NULL},
        {"log", "{\"path\": \"/nonexistent/x\"}", NULL},
        {"http", "{\"url\": \"$SECRET\"}", NULL},
        {"sql", "{\"database\": \"sqlite:/nonexistent/x\", \"query\": \"q\"}", NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(json_cleanup) json_t *settings = NULL;
        struct err err = {0};
        enum err_code rc;

        T_OK(json_read(sv_from(cases[i].settings), &settings, &err), err);
        rc = source_check(sv_from(cases[i].kind), settings, &err);
        T_EQ(rc, cases[i].msg ? ERR_INVALID : ERR_OK);
        if (cases[i].msg && !strstr(err.msg, cases[i].msg))
            T_FAIL("case %zu: %s", i, err.msg);
    }
}

T(a_source_that_is_never_polled_can_be_freed)
{
    begin();
    source_free(open_source("disk", "{'path': '.'}"));
    source_free(open_source("scrape", "{'url': 'http://127.0.0.1:1/'}"));
    source_free(NULL);
    end();
}

T(a_look_that_hangs_is_left_behind_at_its_timeout)
{
    struct look l;
    uint64_t from = clock_mono_ns();

    hang_begin();
    begin();
    l = (struct look){.s = open_hanging()};
    start_look(&l, 5, 50);
    await_report(&l);
    T_EQ(l.rc, ERR_TIMEOUT);
    T_STR(l.s->err.msg, "source 'it': no answer within 50 ms");
    T_CHECK(clock_mono_ns() - from >= 49000000 && clock_mono_ns() - from < 5000000000);

    start_look(&l, 6, 50); /* it is still out: no second thread goes the same way */
    await_report(&l);
    T_EQ(l.rc, ERR_TIMEOUT);
    T_STR(l.s->err.msg, "source 'it': the look before this one is still out");

    hang_end(); /* it is back, and reports to nobody */
    T_EQ(l.calls, 1);
    T_EQ(unlink("hang"), 0);
    T_OK(look(&l), l.s->err); /* and so the next look looks: there is no pid file */
    T_CHECK(!truth_of(&l, "alive"));
    source_free(l.s);
    end();
}

T(a_source_can_be_freed_while_its_look_is_still_out)
{
    struct look l;

    hang_begin();
    begin();
    l = (struct look){.s = open_hanging()};
    start_look(&l, 5, 20);
    await_report(&l);
    source_free(l.s);
    (void)uv_run(&loop, UV_RUN_NOWAIT);
    (void)uv_run(&loop, UV_RUN_NOWAIT);
    hang_end();
    end();
    T_EQ(l.calls, 1);
}

T(a_look_can_be_cancelled_once_twice_and_too_late)
{
    struct look l;

    hang_begin();
    begin();
    l = (struct look){.s = open_hanging()};
    source_cancel(l.s); /* before */
    start_look(&l, 5, 60000);
    (void)uv_run(&loop, UV_RUN_NOWAIT);
    source_cancel(l.s);
    source_cancel(l.s);
    T_EQ(l.calls, 0);
    await_report(&l);
    source_cancel(l.s); /* after */
    T_EQ(l.rc, ERR_INTERRUPTED);
    T_STR(l.s->err.msg, "source 'it': cancelled");
    hang_end();
    T_EQ(l.calls, 1);
    source_free(l.s);
    end();
}

/* All threads are taken: the look has not begun, and never does. */
T(a_look_that_waits_for_a_thread_can_be_cancelled)
{
    enum { THREADS = 4 }; /* of libuv's pool */
    struct look hung[THREADS], l;

    hang_begin();
    begin();
    for (size_t i = 0; i < THREADS; i++) {
        hung[i] = (struct look){.s = open_hanging()};
        start_look(&hung[i], 5, 60000);
    }
    l = (struct look){.s = open_source("disk", "{'path': '.'}")};
    start_look(&l, 5, 60000);
    (void)uv_run(&loop, UV_RUN_NOWAIT);
    T_EQ(l.calls, 0);
    source_cancel(l.s);
    await_report(&l);
    T_EQ(l.rc, ERR_INTERRUPTED);
    hang_end();
    T_OK(look(&l), l.s->err);
    for (size_t i = 0; i < THREADS; i++) {
        T_EQ(hung[i].calls, 1);
        source_free(hung[i].s);
    }
    source_free(l.s);
    end();
}

/* A report may start the next poll, or free the source. */
static int again_left;

static void on_again(struct source *s, void *data, enum err_code rc)
{
    struct source_poll p = {.at_us = 1, .done = on_again, .data = data};

    T_EQ(rc, ERR_OK);
    if (again_left-- > 0)
        source_poll(s, &p);
    else
        source_free(s);
}

T(a_report_may_poll_again_or_free_its_source)
{
    struct source_poll p = {.at_us = 1, .done = on_again};

    begin();
    again_left = 5;
    source_poll(open_source("disk", "{'path': '.'}"), &p);
    T_EQ(uv_run(&loop, UV_RUN_DEFAULT), 0);
    T_EQ(again_left, -1);
    end();
}

T(many_sources_report_each_once)
{
    enum { N = 40 };
    struct look l[N];

    begin();
    for (size_t i = 0; i < N; i++) {
        l[i] = (struct look){.s = i % 2 ? open_source("disk", "{'path': '.'}")
                                        : open_source("process", "{'pid': %d}", (int)getpid())};
        start_look(&l[i], 5, 20000);
    }
    T_EQ(uv_run(&loop, UV_RUN_DEFAULT), 0);
    for (size_t i = 0; i < N; i++) {
        T_EQ(l[i].calls, 1);
        T_OK(l[i].rc, l[i].s->err);
        source_free(l[i].s);
    }
    end();
}

T_MAIN(T_CASE(every_row_is_complete_and_sorted),
       T_CASE(settings_that_do_not_fit_are_refused_with_the_nearest_name),
       T_CASE(values_are_looked_at_before_anything_is_opened),
       T_CASE(a_source_that_is_never_polled_can_be_freed),
       T_CASE(a_look_that_hangs_is_left_behind_at_its_timeout),
       T_CASE(a_source_can_be_freed_while_its_look_is_still_out),
       T_CASE(a_look_can_be_cancelled_once_twice_and_too_late),
       T_CASE(a_look_that_waits_for_a_thread_can_be_cancelled),
       T_CASE(a_report_may_poll_again_or_free_its_source), T_CASE(many_sources_report_each_once))
