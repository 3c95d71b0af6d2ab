/* runit: its status bytes, and runsv as it is. */
#include <signal.h>

#include "action/runit_status.h"
#include "manager_bench.h"

#define STATUS(second, pid, paused, want, term, now) \
    "\x40\x00\x00\x00" second "\x1d\xcd\x65\x00" pid paused want term now

static struct sv bytes(const char *p, size_t n)
{
    return (struct sv){p, n};
}
#define BYTES(text) bytes((text), sizeof(text) - 1)

T(the_twenty_bytes_are_read)
{
    /* as runsv 2.1.2 wrote them: run, pid 4711 (0x1267), since 2023-11-14T22:13:20.5Z */
    static const char text[] =
        STATUS("\x65\x53\xf1\x0a", "\x67\x12\x00\x00", "\x00", "u", "\x00", "\x01");
    struct runit_status r;
    struct err err;
    char bad[RUNIT_STATUS_BYTES];

    T_OK(runit_status_read(BYTES(text), &r, &err), err);
    T_EQ(r.now, RUNIT_RUN);
    T_EQ(r.pid, 4711);
    T_EQ(r.since_us, 1700000000500000);
    T_CHECK(r.wants_up && !r.paused && !r.got_term);
    T_EQ(runit_status_read(bytes(text, 19), &r, &err), ERR_CORRUPT);
    T_CHECK(strstr(err.msg, "has 20 bytes, this has 19"));
    for (size_t i = 0; i < 5; i++) {
        static const struct {
            size_t at;
            unsigned char to;
        } rows[] = {{0, 0x3f}, {0, 0x41}, {8, 0xff}, {15, 0x80}, {19, 3}};

        memcpy(bad, text, sizeof(bad));
        bad[rows[i].at] = (char)rows[i].to;
        T_EQ(runit_status_read(bytes(bad, sizeof(bad)), &r, &err), ERR_CORRUPT);
    }
    memcpy(bad, text, sizeof(bad));
    memset(bad + 12, 0, 4); /* it runs, without a process */
    T_EQ(runit_status_read(bytes(bad, sizeof(bad)), &r, &err), ERR_CORRUPT);
}

static pid_t supervise(const char *run)
{
    pid_t pid;

    T_EQ(mkdir("web", 0700), 0);
    write_file("web/run", run);
    pid = fork();
    if (pid == 0) {
        /* nohup(1) ignores it, and so would the service */
        (void)sigaction(SIGHUP, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
        (void)execlp("runsv", "runsv", "web", (char *)NULL);
        _exit(127);
    }
    return pid;
}

static void supervise_end(pid_t pid)
{
    int status;

    T_EQ(kill(pid, SIGTERM), 0); /* runsv(8): its service is ended with it */
    T_EQ(waitpid(pid, &status, 0), pid);
}

static struct plan_service runit_service(void)
{
    static char dir[PATH_MAX];

    T_CHECK(realpath("web", dir));
    return (struct plan_service){.name = SV("web"),
                                 .manager = SV("runit"),
                                 .dir = sv_from(dir),
                                 .log = SV("web.log"),
                                 .start_timeout_ms = 60000,
                                 .stop_timeout_ms = 60000};
}

T(a_service_is_started_seen_restarted_reloaded_and_stopped)
{
    struct bench b;
    int64_t first;
    pid_t pid =
        supervise("#!/bin/sh\ntrap 'echo hup >> ../hups' HUP\ntrap 'exit 0' TERM\necho up >> "
                  "../web.log\nwhile :; do sleep 0.05; done\n");

    bench_begin(&b, runit_service());
    b.service.stable_ms = 200;
    until_state(&b, MANAGER_RUNNING);
    first = b.call.status.pid;
    T_STR(b.call.status.text, "run");
    T_CHECK(first > 1 && clock_now_us() - b.call.status.started_us < 20000000);
    while (!file_exists("web.log")) /* its traps are set */
        (void)poll(NULL, 0, 5);
    T_STEP(&b, "reload", ACTION_ENDED);
    while (!file_exists("hups"))
        (void)poll(NULL, 0, 5);
    T_STEP(&b, "restart", ACTION_ENDED);
    T_CHECK(printed(&b, "web: was told to restart (pid "));
    T_EQ(tell(&b, MANAGER_STATUS, 60000), ERR_OK);
    T_CHECK(b.call.status.pid > 1 && b.call.status.pid != first);
    T_STEP(&b, "stop", ACTION_ENDED);
    T_EQ(b.action.outcome.active, 0);
    T_STEP(&b, "status", ACTION_ENDED);
    T_CHECK(b.action.outcome.status == 3 && printed(&b, "web: down"));
    T_STEP(&b, "start", ACTION_ENDED);
    T_EQ(b.action.outcome.active, 1);
    T_EQ(tell(&b, MANAGER_LOGS, 60000), ERR_OK);
    T_STR(strbuf_str(&b.call.logs), "up\nup\nup\n");
    supervise_end(pid);
    bench_end(&b);
}

T(what_does_not_stay_up_has_not_started)
{
    struct bench b;
    pid_t pid =
        supervise("#!/bin/sh\ntest -e ../broken || exec sleep 1000\necho no port >> ../web.log\n"
                  "sleep $(cat ../broken)\nexit 3\n");

    bench_begin(&b, runit_service());
    until_state(&b, MANAGER_RUNNING);
    write_file("broken", "0.4");
    b.service.stable_ms = 1500;
    T_STEP(&b, "restart", ACTION_BROKE);
    T_CHECK(strstr(b.action.outcome.err.msg,
                   "web: crashed ")); /* a busy machine sees it twice, or up again */
    T_CHECK(printed(&b, "no port") && printed(&b, "to look further: tail -n 50 web.log"));
    T_STEP(&b, "stop", ACTION_ENDED);
    write_file("broken", "0"); /* shorter than the time between two looks */
    b.service.start_timeout_ms = 300;
    b.service.stable_ms = 600;
    T_CHECK(step(&b, "start", 0) == ACTION_BROKE);
    T_CHECK(strstr(b.action.outcome.err.msg, "it is starting (down, want up)") ||
            strstr(b.action.outcome.err.msg, "web: crashed ")); /* one look may fall into it */
    supervise_end(pid);
    bench_end(&b);
}

T(without_runsv_nothing_is_believed)
{
    struct bench b;
    pid_t pid = supervise("#!/bin/sh\nexec sleep 1000\n");

    bench_begin(&b, runit_service());
    until_state(&b, MANAGER_RUNNING);
    supervise_end(pid);
    T_CHECK(file_exists("web/supervise/status"));
    T_STEP(&b, "status", ACTION_BROKE);
    T_CHECK(says(&b, "cannot see the state of web by runit: no runsv supervises '"));
    T_CHECK(printed(&b, "by hand: sv status "));
    T_STEP(&b, "restart", ACTION_BROKE);
    b.service.log = SV("no.log");
    T_EQ(tell(&b, MANAGER_LOGS, 60000), ERR_IO);
    b.service.dir = SV("/dev/null");
    T_STEP(&b, "start", ACTION_BROKE);
    T_CHECK(says(&b, "open '/dev/null/supervise/ok'"));
    bench_end(&b);
}

T(a_damaged_status_is_no_state)
{
    struct bench b;
    pid_t pid = supervise("#!/bin/sh\nexec sleep 1000\n");

    bench_begin(&b, runit_service());
    until_state(&b, MANAGER_RUNNING);
    write_file("web/supervise/status", "short");
    T_EQ(tell(&b, MANAGER_STATUS, 60000), ERR_CORRUPT);
    T_CHECK(strstr(b.call.err.msg, "supervise/status': a status of runit has 20 bytes"));
    supervise_end(pid);
    bench_end(&b);
}

T_MAIN(T_CASE(the_twenty_bytes_are_read),
       T_CASE(a_service_is_started_seen_restarted_reloaded_and_stopped),
       T_CASE(what_does_not_stay_up_has_not_started), T_CASE(without_runsv_nothing_is_believed),
       T_CASE(a_damaged_status_is_no_state))
