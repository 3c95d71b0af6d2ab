#include "base/pool.h"

#include <stdlib.h>
#include <uv.h>

#include "t.h"
#include "t_loop.h"

#define WORKS 12u

static uv_barrier_t all_here;
static unsigned n_done;

static void wait_for_all(uv_work_t *w UNUSED)
{
    (void)uv_barrier_wait(&all_here);
}

static void on_done(uv_work_t *w UNUSED, int status)
{
    T_EQ(status, 0);
    n_done++;
}

/* Each waits until all of them run: with fewer threads the test has no end. */
T(what_hangs_leaves_threads_for_the_rest)
{
    uv_work_t works[WORKS];
    uv_loop_t loop;

    pool_widen(2); /* that many there are */
    pool_widen(WORKS);
    pool_widen(1000); /* it has begun */
    T_CHECK(!getenv("UV_THREADPOOL_SIZE"));
    T_EQ(uv_loop_init(&loop), 0);
    T_EQ(uv_barrier_init(&all_here, WORKS), 0);
    for (size_t i = 0; i < WORKS; i++)
        T_EQ(uv_queue_work(&loop, &works[i], wait_for_all, on_done), 0);
    T_EQ(uv_run(&loop, UV_RUN_DEFAULT), 0);
    T_EQ(n_done, WORKS);
    uv_barrier_destroy(&all_here);
    T_EQ(uv_loop_close(&loop), 0);
}

T(who_says_how_many_gets_so_many)
{
    T_EQ(setenv("UV_THREADPOOL_SIZE", "3", 1), 0);
    pool_widen(WORKS);
    T_STR(getenv("UV_THREADPOOL_SIZE"), "3");
}

T_MAIN(T_CASE(what_hangs_leaves_threads_for_the_rest), T_CASE(who_says_how_many_gets_so_many))
