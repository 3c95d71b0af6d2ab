/*
 * Killed at every point of its journal, a run is resumed and ends as if nothing had happened (promises P3, P9).
 *
 * PRUSIK_CRASH_EVERY=9: only each ninth point, for a quick look.
 */
#include <poll.h>
#include <sys/syscall.h>

#include "base/clock.h"
#include "crash.h"

static unsigned every(void)
{
    const char *text = getenv("PRUSIK_CRASH_EVERY");
    int64_t n;

    return text && sv_to_i64(sv_from(text), &n) && n > 0 ? (unsigned)n : 1;
}

static const struct t_fail at_a_commit = {.kinds = "commit", .mode = "kill"},
                           at_a_write = {.kinds = "write", .mode = "kill"},
                           at_a_flush = {.kinds = "fsync,fdatasync", .mode = "kill-after"};

/* --- the way back of a run that is finished --- */

/* The first run is as it was, and the second has brought it back: once. */
static void check_back(struct crash *c, long long events)
{
    const char *args[] = {crash_env("PRUSIK"), "verify", "r-0001", "--store", "journal", NULL};
    struct t_fail f = {.kinds = "commit"};

    c->want = EXIT_CODE_ROLLED_BACK;
    crash_check_shop(c);
    c->want = EXIT_CODE_DONE;
    CRASH_TRUE(c, crash_sql("shop.db", "SELECT count(*) FROM log WHERE what = 'undo'") == 1);
    CRASH_TRUE(c, t_fail_run(&f, args) == 0);
    CRASH_TRUE(c, crash_journal("SELECT count(*) FROM event WHERE run = 1") == events);
    CRASH_TRUE(c, crash_journal("SELECT count(DISTINCT run) FROM event") == 2);
    CRASH_TRUE(c, crash_journal("SELECT count(*) FROM event WHERE kind = 50") == 1);
    CRASH_TRUE(c, crash_journal("SELECT count(*) FROM event WHERE kind = 4 AND run <> 1"
                                " AND json_extract(data, '$.outcome') = 'rolled-back'") == 1);
    /* intents without a word on why there is another one */
    CRASH_TRUE(
        c, crash_journal("SELECT count(*) FROM (SELECT step FROM event WHERE run <> 1 GROUP BY step"
                         " HAVING sum(kind = 20) > 1 + sum(kind = 23 AND"
                         " json_extract(data, '$.decision') = 'again')"
                         " + sum(kind = 9 AND json_extract(data, '$.answer') = 'no')"
                         " + sum(kind = 21 AND json_extract(data, '$.state') = 'stopped'))") == 0);
    CRASH_TRUE(c, crash_journal("SELECT count(*) FROM seal") == 2);
    CRASH_TRUE(c, crash_journal("SELECT count(*) FROM lock") == 0);
}

/* Resume, or begin it when nothing of it is in the journal, until it is over. */
static void go_back_on(struct crash *c)
{
    while (crash_journal("SELECT count(*) FROM event WHERE kind = 4 AND run <> 1") == 0) {
        struct t_fail f = {.kinds = "commit"};
        bool begun = crash_journal("SELECT count(*) FROM event WHERE run <> 1") > 0;
        int status = begun ? crash_prusik(c, true, &f) : crash_rollback(c, &f);

        if (++c->resumes > CRASH_TRIES)
            T_FAIL("point %d: it does not end; the last status was %d", c->number, status);
        if (status == EXIT_CODE_WAITING)
            (void)crash_attended(c, crash_truth());
        else
            T_EQ(status, EXIT_CODE_ROLLED_BACK);
    }
}

/* Kill `prusik rollback` of a finished run at the Nth call on the journal, N = 1, 2, ... until it is not killed. */
static void walk_back(struct crash *c, const char *kinds, const char *mode, unsigned step)
{
    unsigned at, points = 0;

    crash_open(c);
    for (at = 1;; at += step, points++) {
        struct t_fail f = {.kinds = kinds, .mode = mode, .path = "store.db-wal", .at = at};
        struct t_fail none = {.kinds = "commit"};
        long long events;
        int status;

        crash_begin(c);
        T_EQ(crash_prusik(c, false, &none), EXIT_CODE_DONE);
        events = crash_journal("SELECT count(*) FROM event");
        status = crash_rollback(c, &f);
        if (f.calls >= at) {
            T_EQ(status, 128 + SIGKILL);
            go_back_on(c);
        } else {
            T_EQ(status, EXIT_CODE_ROLLED_BACK);
        }
        check_back(c, events);
        crash_check_processes(c);
        if (f.calls < at)
            break;
    }
    t_say("%u points", points);
    T_CHECK(points > 1 && at > 12); /* a walk of nothing proves nothing */
    crash_close(c);
}

static struct crash good = {.next = "good", .payments = 2, .want = EXIT_CODE_DONE};
static struct crash broken = {.next = "broken", .want = EXIT_CODE_ROLLED_BACK};
static struct crash bad = {.next = "bad", .want = EXIT_CODE_ROLLED_BACK};

T(a_good_release_is_done_when_killed_before_any_commit)
{
    crash_walk(&good, &at_a_commit, every(), NULL);
}

T(a_good_release_is_done_when_killed_after_any_commit)
{
    crash_walk(&good, &at_a_flush, every(), NULL);
}

T(a_failing_step_is_rolled_back_when_killed_before_any_commit)
{
    crash_walk(&broken, &at_a_commit, every(), NULL);
}

T(a_failing_step_is_rolled_back_when_killed_after_any_commit)
{
    crash_walk(&broken, &at_a_flush, every(), NULL);
}

T(a_bad_release_is_rolled_back_when_killed_before_any_commit)
{
    crash_walk(&bad, &at_a_commit, every(), NULL);
}

T(a_bad_release_is_rolled_back_when_killed_after_any_commit)
{
    crash_walk(&bad, &at_a_flush, every(), NULL);
}

static struct crash finished = {.next = "good", .want = EXIT_CODE_DONE};

T(a_finished_run_is_brought_back_when_killed_before_any_commit)
{
    walk_back(&finished, "commit", "kill", every());
}

T(a_finished_run_is_brought_back_when_killed_after_any_commit)
{
    walk_back(&finished, "fsync,fdatasync", "kill-after", every());
}

/* --- any moment --- */

/* `prusik run`, or `prusik resume`, killed after so long; false: it was over before. */
static bool killed_after(struct crash *c, bool resume, uint64_t us)
{
    const struct timespec wait = {(time_t)(us / 1000000), (long)(us % 1000000) * 1000};
    const struct t_fail none = {.kinds = "commit"};
    const char *args[CRASH_ARGS];
    struct pollfd over = {.events = POLLIN};
    int status = -1;
    pid_t pid;

    crash_args(c, resume, true, args);
    fflush(stdout);
    pid = fork();
    if (pid == 0)
        t_fail_exec(&none, args);
    T_CHECK(pid > 0);
    over.fd = (int)syscall(SYS_pidfd_open, pid, 0);
    T_CHECK(over.fd >= 0);
    T_CHECK(ppoll(&over, 1, &wait, NULL) >= 0);
    T_EQ(kill(pid, SIGKILL), 0);
    T_EQ(close(over.fd), 0);
    T_EQ(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status);
}

/*
 * The moments are spread over as long as a run takes, which is less when one was over before its moment; what is resumed
 * is killed again, once.
 */
static void random_moments(struct crash *c, unsigned n)
{
    int64_t begin;
    uint64_t us;
    unsigned killed = 0, ran = 0;

    crash_open(c);
    crash_begin(c);
    begin = clock_mono_ns();
    crash_go_on(c, NULL, CRASH_TRIES);
    us = (uint64_t)(clock_mono_ns() - begin) / 1000;
    crash_check(c);
    for (; ran < n || (killed <= n / 4 && ran < 10 * n); ran++) {
        bool in_time;

        crash_begin(c);
        in_time = killed_after(c, false, t_random() % us);
        killed += in_time;
        us = in_time ? us : us / 4 * 3 + 1;
        if (!crash_is_finished() && crash_journal("SELECT count(*) FROM event") > 0)
            killed += killed_after(c, true, t_random() % us);
        crash_go_on(c, NULL, CRASH_TRIES);
        crash_check(c);
    }
    t_say("%u runs, killed %u times", ran, killed);
    T_CHECK(killed > n / 4); /* a walk of nothing proves nothing */
    crash_close(c);
}

T(killed_at_any_moment_a_good_release_is_done)
{
    random_moments(&good, every() == 1 ? 250 : 4);
}

T(killed_at_any_moment_a_bad_release_is_rolled_back)
{
    random_moments(&bad, every() == 1 ? 250 : 4);
}

/* A commit is many writes: torn in the middle it has not happened. */
T(a_commit_torn_in_the_middle_has_not_happened)
{
    crash_walk(&broken, &at_a_write, every() == 1 ? 7 : 61, NULL);
}

T_MAIN(T_CASE(a_good_release_is_done_when_killed_before_any_commit),
       T_CASE(a_good_release_is_done_when_killed_after_any_commit),
       T_CASE(a_failing_step_is_rolled_back_when_killed_before_any_commit),
       T_CASE(a_failing_step_is_rolled_back_when_killed_after_any_commit),
       T_CASE(a_bad_release_is_rolled_back_when_killed_before_any_commit),
       T_CASE(a_bad_release_is_rolled_back_when_killed_after_any_commit),
       T_CASE(a_finished_run_is_brought_back_when_killed_before_any_commit),
       T_CASE(a_finished_run_is_brought_back_when_killed_after_any_commit),
       T_CASE(killed_at_any_moment_a_good_release_is_done),
       T_CASE(killed_at_any_moment_a_bad_release_is_rolled_back),
       T_CASE(a_commit_torn_in_the_middle_has_not_happened))
