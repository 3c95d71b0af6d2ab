/*
 * Killed at every point of its journal, a run is resumed and ends as if nothing had happened (promises P3, P9).
 *
 * PRUSIK_CRASH_EVERY=9: only each ninth point, for a quick look.
 */
#include "crash.h"

static unsigned every(void)
{
    const char *text = getenv("PRUSIK_CRASH_EVERY");
    int64_t n;

    return text && sv_to_i64(sv_from(text), &n) && n > 0 ? (unsigned)n : 1;
}

/* Kill `prusik run` at the Nth call of these kinds on the journal, N = 1, 2, ... until it is not killed any more. */
static void walk(struct crash *c, const char *kinds, const char *mode, unsigned step)
{
    unsigned at, points = 0;

    crash_open(c);
    for (at = 1;; at += step, points++) {
        struct t_fail f = {.kinds = kinds, .mode = mode, .path = "store.db-wal", .at = at};
        int status;

        crash_begin(c);
        status = crash_prusik(c, false, &f);
        if (f.calls < at) {
            T_EQ(status, c->want);
            crash_check(c);
            break;
        }
        T_EQ(status, 128 + SIGKILL);
        crash_go_on(c, NULL, CRASH_TRIES);
        crash_check(c);
    }
    t_say("%u points", points);
    T_CHECK(points > 1 && at > 30); /* a walk of nothing proves nothing */
    crash_close(c);
}

static struct crash good = {.next = "good", .payments = 2, .want = EXIT_CODE_DONE};
static struct crash broken = {.next = "broken", .want = EXIT_CODE_ROLLED_BACK};
static struct crash bad = {.next = "bad", .want = EXIT_CODE_ROLLED_BACK};

T(a_good_release_is_done_when_killed_before_any_commit)
{
    walk(&good, "commit", "kill", every());
}

T(a_good_release_is_done_when_killed_after_any_commit)
{
    walk(&good, "fsync,fdatasync", "kill-after", every());
}

T(a_failing_step_is_rolled_back_when_killed_before_any_commit)
{
    walk(&broken, "commit", "kill", every());
}

T(a_failing_step_is_rolled_back_when_killed_after_any_commit)
{
    walk(&broken, "fsync,fdatasync", "kill-after", every());
}

T(a_bad_release_is_rolled_back_when_killed_before_any_commit)
{
    walk(&bad, "commit", "kill", every());
}

T(a_bad_release_is_rolled_back_when_killed_after_any_commit)
{
    walk(&bad, "fsync,fdatasync", "kill-after", every());
}

/* A commit is many writes: torn in the middle it has not happened. */
T(a_commit_torn_in_the_middle_has_not_happened)
{
    walk(&broken, "write", "kill", every() == 1 ? 7 : 61);
}

T_MAIN(T_CASE(a_good_release_is_done_when_killed_before_any_commit),
       T_CASE(a_good_release_is_done_when_killed_after_any_commit),
       T_CASE(a_failing_step_is_rolled_back_when_killed_before_any_commit),
       T_CASE(a_failing_step_is_rolled_back_when_killed_after_any_commit),
       T_CASE(a_bad_release_is_rolled_back_when_killed_before_any_commit),
       T_CASE(a_bad_release_is_rolled_back_when_killed_after_any_commit),
       T_CASE(a_commit_torn_in_the_middle_has_not_happened))
