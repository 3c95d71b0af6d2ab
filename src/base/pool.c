#include "base/pool.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#define POOL_VARIABLE "UV_THREADPOOL_SIZE" /* libuv reads it with the first work */

static void pool_nothing(uv_work_t *w)
{
    (void)w;
}

static void pool_after(uv_work_t *w, int status)
{
    (void)w;
    (void)status;
}

void pool_widen(unsigned threads)
{
    static bool done;
    char text[16];
    uv_loop_t loop;
    uv_work_t work;

    if (done || threads <= POOL_LIBUV || getenv(POOL_VARIABLE))
        return; /* who sets it knows what for */
    done = true;
    (void)snprintf(text, sizeof(text), "%u", threads < POOL_THREADS ? threads : POOL_THREADS);
    (void)uv_loop_init(&loop); /* fails only for want of descriptors, which the first use reports */
    (void)setenv(POOL_VARIABLE, text, 1);                        /* fails only for want of memory */
    (void)uv_queue_work(&loop, &work, pool_nothing, pool_after); /* always succeeds */
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    (void)unsetenv(POOL_VARIABLE); /* it is none of our commands' business */
    (void)uv_loop_close(&loop);
}
