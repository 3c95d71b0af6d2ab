/* Tests that fail, crash, hang and leave things behind, for test_harness.sh. */
#include "base/sv.h"
#include "t_loop.h"

T(passes)
{
    T_CHECK(true);
    T_EQ(1, 1);
    T_NEAR(0.1 + 0.2, 0.3, 1e-9);
    T_STR("a", "a");
    T_SV(SV("a"), "a");
    T_ABORTS(abort());
    T_CHECK(t_below(3) < 3);
}

T(fails_at_a_check)
{
    T_CHECK(t_below(1) == 1);
}

T(fails_at_a_number)
{
    T_EQ(1 + 1, 3);
}

T(fails_at_a_double)
{
    T_NEAR(1.0, 2.0, 0.5);
}

T(fails_at_not_a_number)
{
    T_NEAR((double)NAN, 2.0, 0.5);
}

T(fails_at_a_string)
{
    T_STR("got", "want");
}

T(fails_at_a_view)
{
    T_SV(SV("got"), "want");
}

T(fails_at_an_error)
{
    struct err err;

    T_OK(err_set(&err, ERR_IO, "the disk is gone"), err);
}

T(fails_as_it_does_not_abort)
{
    T_ABORTS((void)0);
}

T(crashes)
{
    (void)raise(SIGSEGV);
}

T(hangs)
{
    (void)pause();
}

T(hangs_in_a_loop)
{
    uv_loop_t *loop = t_loop_new();
    bool never = false;

    t_loop_until(loop, &never, 20);
}

T(forgets_a_handle)
{
    static uv_timer_t timer;
    uv_loop_t *loop = t_loop_new();

    T_EQ(uv_timer_init(loop, &timer), 0);
    t_loop_run(loop, 1000);
    t_loop_free(loop);
}

T(leaves_a_process)
{
    if (fork() == 0)
        for (;;)
            (void)pause();
}

T(leaves_a_process_that_ends)
{
    int ends[2];
    char c;

    T_EQ(pipe(ends), 0);
    if (fork() == 0) {
        (void)close(ends[1]);
        _exit(read(ends[0], &c, 1) != 0); /* until the test is gone */
    }
}

T(leaves_folders_that_may_not_be_read)
{
    int fd;

    T_EQ(mkdir("a", 0700), 0);
    T_EQ(mkdir("a/b", 0700), 0);
    fd = open("a/b/c", O_CREAT | O_WRONLY | O_CLOEXEC, 0400);
    T_CHECK(fd >= 0);
    T_EQ(chmod("a/b", 0), 0);
    T_EQ(chmod("a", 0), 0);
}

/* The machine stands still (for the harness, which waits for us) while it fails; the Nth try, SAMPLE_GOOD, holds. */
T(fails_while_nothing_moves)
{
    const char *good = getenv("SAMPLE_GOOD");
    FILE *f = fopen(getenv("SAMPLE_TRIES"), "a");
    long tries;

    T_CHECK(f && good);
    T_CHECK(fputc('.', f) == '.');
    tries = ftell(f);
    T_EQ(fclose(f), 0);
    (void)poll(NULL, 0, 200); /* until it waits */
    T_EQ(kill(getppid(), SIGSTOP), 0);
    (void)poll(NULL, 0, 400);
    T_EQ(kill(getppid(), SIGCONT), 0);
    (void)poll(NULL, 0, 200); /* until it has looked */
    T_EQ(tries, strtol(good, NULL, 10));
}

T(skips)
{
    T_SKIP("there is no moon");
}

T_MAIN(T_CASE(passes), T_CASE(fails_at_a_check), T_CASE(fails_at_a_number),
       T_CASE(fails_at_a_double), T_CASE(fails_at_not_a_number), T_CASE(fails_at_a_string),
       T_CASE(fails_at_a_view), T_CASE(fails_at_an_error), T_CASE(fails_as_it_does_not_abort),
       T_CASE(crashes), T_CASE(hangs), T_CASE(hangs_in_a_loop), T_CASE(forgets_a_handle),
       T_CASE(leaves_a_process), T_CASE(leaves_a_process_that_ends),
       T_CASE(leaves_folders_that_may_not_be_read), T_CASE(fails_while_nothing_moves),
       T_CASE(skips))
