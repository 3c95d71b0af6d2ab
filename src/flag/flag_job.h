#pragma once

/*
 * flag_job: a change of a flag in the loop's pool of threads.
 *
 * Embed it, fill `change`, start it; done() comes once, from the loop.  What `change` points to lives until then.  When the
 * flag is already as it is to be, nothing is written.  It ends at change.limit_ms, or when it is stopped, one look later at
 * most.
 */
#include <stdatomic.h>
#include <uv.h>

#include "flag/flag_switch.h"

struct flag_job {
    struct flag_switch change; /* but `stopped` and `arg` */
    void (*done)(struct flag_job *j);
    void *owner;

    /* results */
    enum err_code rc;
    struct err err;
    bool already;                  /* it was so before */
    struct flag_switched switched; /* its texts live in the job */

    /* private */
    uv_work_t work;
    struct arena arena;
    atomic_bool stop;
};

void flag_job_start(struct flag_job *j, uv_loop_t *loop);
/* done() still comes; ERR_INTERRUPTED unless it was over. */
void flag_job_stop(struct flag_job *j);
/* After done(). */
void flag_job_release(struct flag_job *j);
