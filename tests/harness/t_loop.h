#pragma once

/*
 * t_loop: a libuv loop for a test, which fails the test instead of hanging.
 *
 *     uv_loop_t *loop = t_loop_new();
 *     start something on it
 *     t_loop_run(loop, 2000);     until nothing is active; or t_loop_until(loop, &flag, 2000)
 *     t_loop_free(loop);          fails when a handle was left
 */
#include <uv.h>

#include "t.h"

static inline uv_loop_t *t_loop_new(void)
{
    static uv_loop_t loop; /* one in a test: each is a process */

    T_EQ(uv_loop_init(&loop), 0);
    return &loop;
}

static inline void t_loop_free(uv_loop_t *loop)
{
    T_EQ(uv_loop_close(loop), 0);
}

static inline void t_loop_late(uv_timer_t *late)
{
    T_FAIL("the loop had not done it after %" PRIu64 " ms", *(const uint64_t *)late->data);
}

/* Run until *done is true; NULL: until nothing is active.  within_ms is for a quiet machine: a busy one gets ten times as long. */
static inline void t_loop_until(uv_loop_t *loop, const bool *done, uint64_t within_ms)
{
    uv_timer_t late;

    within_ms *= 10;
    T_EQ(uv_timer_init(loop, &late), 0);
    late.data = &within_ms;
    T_EQ(uv_timer_start(&late, t_loop_late, within_ms, 0), 0);
    if (!done) {
        uv_unref((uv_handle_t *)&late);
        (void)uv_run(loop, UV_RUN_DEFAULT);
    }
    while (done && !*done)
        (void)uv_run(loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&late, NULL);
    (void)uv_run(loop, UV_RUN_NOWAIT); /* the loop lets go of it */
}

static inline void t_loop_run(uv_loop_t *loop, uint64_t within_ms)
{
    t_loop_until(loop, NULL, within_ms);
}
