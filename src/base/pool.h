#pragma once

/*
 * pool: how many threads do what would block the loop (uv_queue_work()).
 *
 * libuv has four, for all of the process.  A look, a mail or a statement that hangs keeps one until its deadline, so
 * four of them would keep everything else from being done.
 */
#define POOL_LIBUV   4u  /* what there is without us */
#define POOL_THREADS 64u /* the most */

/* At least so many, from now on; only before anything was queued in this process, later it does nothing. */
void pool_widen(unsigned threads);
