/*
 * A run that is stopped: killed in the middle of a command, by a signal, again and again, by a full disk; and a
 * second one while it lives.  Each is resumed and ends as if nothing had happened (promises P3, P9).
 */
#include "base/clock.h"
#include "crash.h"

static struct crash good = {.next = "good", .payments = 2, .want = EXIT_CODE_DONE};
static struct crash broken = {.next = "broken", .payments = 1, .want = EXIT_CODE_ROLLED_BACK};

static bool out_has(const char *text)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);
    struct err err;

    T_OK(file_read("out", 1000000, &out, &err), err);
    if (!sv_has(strbuf_sv(&out), sv_from(text)))
        t_say("'%s' is not in:\n%s", text, strbuf_str(&out));
    return sv_has(strbuf_sv(&out), sv_from(text));
}

static void hook(const char *at, const char *with)
{
    crash_write("kill-with", with);
    crash_write("kill-at", at);
}

T(killed_in_the_middle_of_a_command_it_is_done_again_and_what_was_left_is_ended)
{
    static const char *const points[] = {"payments", "fetch", "install", "check", "restore"};

    crash_open(&broken);
    for (size_t i = 0; i < ARRAY_LEN(points); i++) {
        struct t_fail f = {.kinds = "commit"};

        crash_begin(&broken);
        hook(points[i], "KILL");
        T_EQ(crash_prusik(&broken, false, &f), 128 + SIGKILL);
        crash_go_on(&broken, NULL, CRASH_TRIES);
        crash_check(&broken);
    }
    crash_close(&broken);
}

/* Each of the processes is killed, too: at its Nth commit, until one of them comes to the end. */
T(killed_again_and_again_it_comes_to_its_end)
{
    crash_open(&broken);
    for (unsigned at = 7; at <= 11; at += 2) {
        struct t_fail f = {.kinds = "commit", .mode = "kill", .path = "store.db-wal", .at = at};
        struct t_fail first = f;

        crash_begin(&broken);
        T_EQ(crash_prusik(&broken, false, &first), 128 + SIGKILL);
        crash_go_on(&broken, &f, 100);
        t_say("%d processes, each killed at commit %u", broken.resumes + 1, at);
        T_CHECK(broken.resumes >= 3);
        crash_check(&broken);
    }
    crash_close(&broken);
}

/* Stopped in a command: 130, its processes are gone, the lock is free, and what stays of the maintenance is told. */
static void stop_at(struct crash *c, const char *point, const char *sig, bool flag_stays)
{
    struct t_fail f = {.kinds = "commit", .errors = true};

    crash_begin(c);
    hook(point, sig);
    T_EQ(crash_prusik(c, false, &f), EXIT_CODE_INTERRUPTED);
    T_CHECK(out_has("prusik resume r-0001"));
    crash_check_alone(c);
    CRASH_TRUE(c, crash_journal("SELECT count(*) FROM lock") == 0);
    CRASH_TRUE(c, crash_journal("SELECT kind FROM event ORDER BY seq DESC LIMIT 1") == 3);
    CRASH_TRUE(c, file_exists("MAINTENANCE") == flag_stays);
    CRASH_TRUE(
        c, crash_journal("SELECT json_extract(data, '$.maintenance.file') IS NOT NULL FROM event"
                         " WHERE kind = 3") == flag_stays);
}

T(a_signal_stops_the_command_and_gives_everything_back_and_the_run_goes_on_later)
{
    static const struct {
        const char *point, *sig;
        bool flag_stays;
    } stops[] = {{"payments", "INT", false}, {"payments", "TERM", false},
                 {"payments", "HUP", false}, {"fetch", "INT", true},
                 {"install", "TERM", true},  {"check", "HUP", true},
                 {"restore", "INT", true}};

    crash_open(&broken);
    for (size_t i = 0; i < ARRAY_LEN(stops); i++) {
        stop_at(&broken, stops[i].point, stops[i].sig, stops[i].flag_stays);
        crash_go_on(&broken, NULL, CRASH_TRIES);
        crash_check(&broken);
    }
    crash_close(&broken);
}

T(a_command_that_does_not_listen_is_killed_after_the_grace)
{
    int64_t began_us, took_us;

    crash_open(&good);
    crash_begin(&good);
    crash_write("mood", "stubborn");
    hook("install", "INT");
    {
        struct t_fail f = {.kinds = "commit"};

        began_us = clock_now_us();
        T_EQ(crash_prusik(&good, false, &f), EXIT_CODE_INTERRUPTED);
        took_us = clock_now_us() - began_us;
    }
    T_CHECK(took_us > 4900000 && took_us < 15000000);
    crash_check_alone(&good);
    crash_go_on(&good, NULL, CRASH_TRIES);
    crash_check(&good);
    crash_close(&good);
}

/* The flag is missing while the journal has it: the crash came between lifting it and saying so. */
T(a_flag_that_was_lifted_without_a_word_is_set_again_before_the_run_goes_on)
{
    struct t_fail f = {.kinds = "commit"};

    crash_open(&good);
    crash_begin(&good);
    hook("payments", "KILL");
    T_EQ(crash_prusik(&good, false, &f), 128 + SIGKILL);
    T_EQ(unlink("MAINTENANCE"), 0);
    hook("fetch", "INT");
    T_EQ(crash_prusik(&good, true, &f), EXIT_CODE_INTERRUPTED);
    T_CHECK(file_exists("MAINTENANCE"));
    crash_go_on(&good, NULL, CRASH_TRIES);
    crash_check(&good);
    crash_close(&good);
}

static pid_t run_beside(struct crash *c)
{
    const char *args[CRASH_ARGS];
    pid_t pid;

    crash_args(c, false, true, args);
    pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

        if (null >= 0 && dup2(null, 1) >= 0 && dup2(null, 2) >= 0)
            (void)execv(args[0], (char *const *)(uintptr_t)args);
        _exit(98);
    }
    T_CHECK(pid > 0);
    while (!file_exists("MAINTENANCE")) /* nothing tells when a file of another process is made */
        (void)poll(NULL, 0, 5);
    return pid;
}

T(a_second_run_is_refused_while_one_lives_and_while_one_is_unfinished)
{
    struct crash c = {.next = "good", .payments = 1000000, .want = EXIT_CODE_DONE};
    struct t_fail f = {.kinds = "commit", .errors = true};
    char text[64];
    pid_t pid;

    crash_open(&c);
    crash_begin(&c);
    pid = run_beside(&c);
    T_EQ(crash_prusik(&c, false, &f), EXIT_CODE_LOCKED);
    (void)snprintf(text, sizeof(text), "(pid %d, run r-0001, since ", pid);
    T_CHECK(out_has("environment 'shop' is in use by ") && out_has(text));
    T_EQ(crash_prusik(&c, true, &f), EXIT_CODE_LOCKED);
    T_EQ(kill(pid, SIGTERM), 0);
    T_EQ(crash_wait(pid), EXIT_CODE_INTERRUPTED);
    T_EQ(crash_prusik(&c, false, &f), EXIT_CODE_LOCKED);
    T_CHECK(out_has("environment 'shop' has an unfinished run, r-0001") &&
            out_has("prusik resume r-0001"));
    T_EQ(crash_journal("SELECT count(*) FROM run"), 1);
    crash_write("open", "0");
    crash_go_on(&c, NULL, CRASH_TRIES);
    crash_check(&c);
    crash_close(&c);
}

/* The Nth call on the store fails, and all after it: the run stops with a word on it, and goes on later. */
static void walk_faults(struct crash *c, const char *kinds, const char *path, const char *error,
                        unsigned step)
{
    unsigned points = 0;

    crash_open(c);
    for (unsigned at = 1;; at += step, points++) {
        struct t_fail f = {
            .kinds = kinds, .path = path, .error = error, .at = at, .always = true, .errors = true};
        int status;

        crash_begin(c);
        status = crash_prusik(c, false, &f);
        if (f.calls < at) {
            T_EQ(status, c->want);
            crash_check(c);
            break;
        }
        if (!crash_is_finished()) {
            if (status != EXIT_CODE_FAILED) {
                (void)out_has("@");
                T_FAIL("point %d: status %d", c->number, status);
            }
            CRASH_TRUE(c, out_has("journal")); /* of the run, or the folder of the store */
        }
        crash_check_alone(c);
        crash_go_on(c, NULL, CRASH_TRIES);
        crash_check(c);
    }
    t_say("%u points", points);
    T_CHECK(points > 1);
    crash_close(c);
}

T(a_full_disk_stops_the_run_and_loses_nothing)
{
    walk_faults(&broken, "write", "store.db", "ENOSPC", 13);
}

T(a_disk_that_does_not_sync_stops_the_run_and_loses_nothing)
{
    walk_faults(&broken, "fsync,fdatasync", "store.db", "EIO", 5);
}

T(a_store_that_cannot_be_opened_stops_the_run_before_it_begins)
{
    struct t_fail f = {.kinds = "open",
                       .path = "store.db",
                       .error = "EACCES",
                       .at = 1,
                       .always = true,
                       .errors = true};

    crash_open(&good);
    crash_begin(&good);
    T_EQ(crash_prusik(&good, false, &f), EXIT_CODE_FAILED);
    T_CHECK(out_has("journal"));
    T_CHECK(!file_exists("log") && !file_exists("MAINTENANCE"));
    crash_go_on(&good, NULL, CRASH_TRIES);
    crash_check(&good);
    crash_close(&good);
}

T_MAIN(T_CASE(killed_in_the_middle_of_a_command_it_is_done_again_and_what_was_left_is_ended),
       T_CASE(killed_again_and_again_it_comes_to_its_end),
       T_CASE(a_signal_stops_the_command_and_gives_everything_back_and_the_run_goes_on_later),
       T_CASE(a_command_that_does_not_listen_is_killed_after_the_grace),
       T_CASE(a_flag_that_was_lifted_without_a_word_is_set_again_before_the_run_goes_on),
       T_CASE(a_second_run_is_refused_while_one_lives_and_while_one_is_unfinished),
       T_CASE(a_full_disk_stops_the_run_and_loses_nothing),
       T_CASE(a_disk_that_does_not_sync_stops_the_run_and_loses_nothing),
       T_CASE(a_store_that_cannot_be_opened_stops_the_run_before_it_begins))
