/* systemd as it is, on a host of its own (tests/harness/systemd_host.sh). */
#include <grp.h>

#include "manager_bench.h"

static struct plan_service systemd_service(const char *name)
{
    return (struct plan_service){.name = sv_from(name),
                                 .manager = SV("systemd"),
                                 .start_timeout_ms = 60000,
                                 .stop_timeout_ms = 60000};
}

/* A command that belongs to the test. */
static void run(const char *command)
{
    pid_t pid = fork();
    int status = -1;

    if (pid == 0) {
        (void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    T_CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
    if (status != 0)
        T_FAIL("status %d of: %s", status, command);
}

static void unit(const char *name, const char *service)
{
    char path[200], text[2000];

    (void)snprintf(path, sizeof(path), "/etc/systemd/system/%s.service", name);
    (void)snprintf(text, sizeof(text), "[Unit]\nStartLimitIntervalSec=0\n[Service]\n%s\n", service);
    write_file(path, text);
    run("systemctl daemon-reload");
}

T(a_unit_is_started_seen_restarted_reloaded_and_stopped)
{
    struct bench b;
    int64_t first;

    unit("a", "ExecStart=/bin/sh -c 'echo hello from a; exec sleep 1000'\nExecReload=/bin/true");
    bench_begin(&b, systemd_service("a"));
    b.service.stable_ms = 300;
    T_EQ(tell(&b, MANAGER_STATUS, 60000), ERR_OK);
    T_EQ(b.call.status.state, MANAGER_STOPPED);
    T_STR(b.call.status.text, "inactive (dead)");
    T_EQ(b.call.status.pid, 0);
    T_STEP(&b, "start", ACTION_ENDED);
    T_EQ(b.action.outcome.active, 1);
    T_CHECK(printed(&b, "a: started (pid "));
    T_EQ(tell(&b, MANAGER_STATUS, 60000), ERR_OK);
    first = b.call.status.pid;
    T_CHECK(first > 1 && b.call.status.restarts == 0);
    T_CHECK(clock_now_us() - b.call.status.started_us < 20000000);
    T_STEP(&b, "status", ACTION_ENDED);
    T_CHECK(b.action.outcome.status == 0 && printed(&b, "a: active (running) (pid "));
    T_STEP(&b, "restart", ACTION_ENDED);
    T_EQ(tell(&b, MANAGER_STATUS, 60000), ERR_OK);
    T_CHECK(b.call.status.pid > 1 && b.call.status.pid != first);
    first = b.call.status.pid;
    T_STEP(&b, "reload", ACTION_ENDED);
    T_CHECK(printed(&b, "a: reloaded"));
    T_STEP(&b, "start", ACTION_ENDED); /* it runs already */
    T_EQ(tell(&b, MANAGER_STATUS, 60000), ERR_OK);
    T_EQ(b.call.status.pid, first);
    T_STEP(&b, "stop", ACTION_ENDED);
    T_EQ(b.action.outcome.active, 0);
    T_STEP(&b, "status", ACTION_ENDED);
    T_EQ(b.action.outcome.status, 3);
    bench_end(&b);
}

/* In this order; what systemd says may stand between them. */
static bool logs_have_both(const struct bench *b)
{
    struct sv logs = strbuf_sv(&b->call.logs);
    size_t one = sv_find(logs, SV("one\n"), 0);

    return one != SV_NPOS && sv_find(logs, SV("two\n"), one) != SV_NPOS;
}

T(the_log_is_the_journals)
{
    struct bench b;

    unit("talks", "ExecStart=/bin/sh -c 'echo one; echo two; exec sleep 1000'");
    bench_begin(&b, systemd_service("talks"));
    T_EQ(tell(&b, MANAGER_START, 60000), ERR_OK);
    for (int i = 0; i < 100; i++) { /* journald writes when it has read */
        T_EQ(tell(&b, MANAGER_LOGS, 60000), ERR_OK);
        if (logs_have_both(&b))
            break;
        (void)poll(NULL, 0, 50);
    }
    T_CHECK(logs_have_both(&b));
    T_CHECK(sv_has(strbuf_sv(&b.call.logs), SV("Started "))); /* what systemd says of it */
    bench_end(&b);
}

T(a_unit_that_crashes_after_its_start_has_not_started)
{
    struct bench b;

    unit("crash",
         "ExecStart=/bin/sh -c 'echo no database; exit 7'\nRestart=always\nRestartSec=50ms");
    bench_begin(&b, systemd_service("crash"));
    b.service.stable_ms = 3000;
    T_STEP(&b, "restart", ACTION_BROKE);
    T_CHECK(says(&b, "crash: crashed ") && says(&b, "after its start"));
    T_CHECK(printed(&b, "no database") && printed(&b, "journalctl -u crash"));
    run("systemctl stop crash");
    /* later than systemd's own look, within ours; and borne, when the binding says so */
    unit(
        "late",
        "ExecStart=/bin/sh -c 'test -e /tmp/up || { touch /tmp/up; sleep 0.3; exit 7; }; exec sleep "
        "1000'\nRestart=always\nRestartSec=1s");
    b.service.name = SV("late");
    T_STEP(&b, "start", ACTION_BROKE);
    T_CHECK(says(&b, "late: crashed 1 time after its start, exit status 7"));
    run("systemctl stop late; rm /tmp/up");
    b.service.crashes = 1;
    b.service.stable_ms = 500;
    T_STEP(&b, "start", ACTION_ENDED);
    T_CHECK(printed(&b, "late: started, after 1 crash (pid "));
    T_STEP(&b, "stop", ACTION_ENDED);
    bench_end(&b);
}

T(what_systemd_refuses_is_said_with_the_command)
{
    struct bench b;

    unit("bad", "Type=notify\nExecStart=/bin/false");
    bench_begin(&b, systemd_service("bad"));
    T_STEP(&b, "start", ACTION_BROKE);
    T_CHECK(says(&b, "cannot start bad by systemd: its job ended with 'failed'"));
    b.service.name = SV("nowhere");
    T_STEP(&b, "restart", ACTION_BROKE);
    T_CHECK(says(&b, "nowhere by systemd: there is no such unit"));
    T_STEP(&b, "status", ACTION_BROKE);
    unit("plain", "ExecStart=/bin/sleep 1000");
    b.service.name = SV("plain");
    T_STEP(&b, "start", ACTION_ENDED);
    T_STEP(&b, "reload", ACTION_BROKE);
    T_CHECK(says(&b, "cannot reload plain by systemd: "));
    T_CHECK(printed(&b, "journalctl -u plain"));
    T_STEP(&b, "stop", ACTION_ENDED);
    bench_end(&b);
}

T(who_has_not_the_right_reads_which_command_needs_it)
{
    struct bench b;

    unit("mine", "ExecStart=/bin/sleep 1000");
    T_EQ(setgroups(0, NULL), 0);
    T_EQ(setgid(65534), 0);
    T_EQ(setuid(65534), 0);
    bench_begin(&b, systemd_service("mine"));
    T_EQ(tell(&b, MANAGER_STATUS, 60000), ERR_OK); /* to look is allowed */
    T_EQ(tell(&b, MANAGER_START, 60000), ERR_REFUSED);
    T_CHECK(strstr(b.call.err.msg, "it needs the rights of root"));
    T_STR(b.call.err.hint, "by hand: sudo systemctl start mine");
    T_CHECK(!b.call.lost);
    bench_end(&b);
}

T(a_job_that_outlasts_the_deadline_is_in_doubt)
{
    struct bench b;

    unit("slow", "Type=oneshot\nExecStart=/bin/sleep 3");
    bench_begin(&b, systemd_service("slow"));
    T_EQ(tell(&b, MANAGER_START, 300), ERR_TIMEOUT);
    T_CHECK(b.call.lost && strstr(b.call.err.msg, "did not end within 300 ms"));
    b.cancel_after_ms = 1;
    T_EQ(tell(&b, MANAGER_STATUS, 60000), ERR_INTERRUPTED);
    T_CHECK(!b.call.lost);
    b.cancel_after_ms = 0;
    T_STEP(&b, "start", ACTION_ENDED); /* it joins the job, and waits for it */
    T_CHECK(printed(&b, "slow: started\n"));
    bench_end(&b);
}

T(the_program_that_was_replaced_is_seen)
{
    struct bench b;

    run("systemctl stop prog 2> /dev/null; cp /bin/sleep /usr/local/bin/prog");
    unit("prog", "ExecStart=/usr/local/bin/prog 1000");
    bench_begin(&b, systemd_service("prog"));
    T_STEP(&b, "start", ACTION_ENDED);
    run("cp /bin/sleep /usr/local/bin/prog.new && mv /usr/local/bin/prog.new /usr/local/bin/prog");
    T_STEP(&b, "start", ACTION_BROKE); /* it runs already: the old one */
    T_CHECK(says(&b, "runs a program that is no longer on disk: /usr/local/bin/prog"));
    T_STEP(&b, "restart", ACTION_ENDED);
    bench_end(&b);
}

T(a_resumed_step_is_answered_by_the_manager)
{
    const struct action_ops *ops = action_find(SV("service"));
    struct bench b;

    unit("seen", "ExecStart=/bin/sleep 1000");
    bench_begin(&b, systemd_service("seen"));
    T_STEP(&b, "restart", ACTION_ENDED);
    b.action.outcome.started_us -= 5000000;
    T_EQ(ops->probe(&b.action), 1);
    b.action.outcome.started_us += 60000000;
    T_EQ(ops->probe(&b.action), 0); /* it is older than the step */
    T_STEP(&b, "stop", ACTION_ENDED);
    T_EQ(ops->probe(&b.action), 1);
    json_put_str(b.json, "verb", "restart");
    T_EQ(ops->probe(&b.action), 0);
    json_put_str(b.json, "verb", "reload");
    T_EQ(ops->probe(&b.action), -1);
    json_put_str(b.json, "verb", "status");
    T_EQ(ops->probe(&b.action), 0);
    b.service.name = SV("gone");
    json_put_str(b.json, "service", "gone");
    json_put_str(b.json, "verb", "start");
    T_EQ(ops->probe(&b.action), -1);
    bench_end(&b);
}

/* Last: it takes the bus away. */
T(without_a_bus_the_step_fails_and_when_it_goes_away_it_is_in_doubt)
{
    struct bench b;

    unit("long", "Type=oneshot\nExecStart=/bin/sh -c 'kill -9 $(pidof dbus-daemon); sleep 1'");
    bench_begin(&b, systemd_service("long"));
    T_EQ(tell(&b, MANAGER_START, 10000), ERR_NET);
    T_CHECK(b.call.lost && strstr(b.call.err.msg, "contact with the bus was lost"));
    run("systemctl stop dbus.socket dbus.service");
    T_STEP(&b, "start", ACTION_BROKE);
    T_CHECK(says(&b, "there is no system bus here"));
    b.service.manager = SV("systemd-user");
    T_STEP(&b, "start", ACTION_BROKE);
    T_CHECK(says(&b, "there is no user bus here"));
    bench_end(&b);
}

T_MAIN(T_CASE(a_unit_is_started_seen_restarted_reloaded_and_stopped),
       T_CASE(the_log_is_the_journals), T_CASE(a_unit_that_crashes_after_its_start_has_not_started),
       T_CASE(what_systemd_refuses_is_said_with_the_command),
       T_CASE(who_has_not_the_right_reads_which_command_needs_it),
       T_CASE(a_job_that_outlasts_the_deadline_is_in_doubt),
       T_CASE(the_program_that_was_replaced_is_seen),
       T_CASE(a_resumed_step_is_answered_by_the_manager),
       T_CASE(without_a_bus_the_step_fails_and_when_it_goes_away_it_is_in_doubt))
