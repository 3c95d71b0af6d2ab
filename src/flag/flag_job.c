#include "flag/flag_job.h"

static bool flag_job_is_stopped(void *arg)
{
    struct flag_job *j = arg;

    return atomic_load(&j->stop);
}

static void flag_job_work(uv_work_t *w)
{
    struct flag_job *j = w->data;

    j->already = flag_switch_holds(&j->change);
    if (!j->already)
        j->rc = flag_switch(&j->change, &j->arena, &j->switched, &j->err);
}

static void flag_job_after(uv_work_t *w, int status)
{
    struct flag_job *j = w->data;

    if (status == UV_ECANCELED)
        j->rc = err_set(&j->err, ERR_INTERRUPTED, "stopped before anything was written");
    j->done(j);
}

void flag_job_start(struct flag_job *j, uv_loop_t *loop)
{
    int rc;

    j->change.stopped = flag_job_is_stopped;
    j->change.arg = j;
    j->work.data = j;
    rc = uv_queue_work(loop, &j->work, flag_job_work, flag_job_after);
    assert(rc == 0); /* fails only without a function */
}

void flag_job_stop(struct flag_job *j)
{
    atomic_store(&j->stop, true);
    (void)uv_cancel((uv_req_t *)&j->work); /* too late when it has begun */
}

void flag_job_release(struct flag_job *j)
{
    arena_release(&j->arena);
}
