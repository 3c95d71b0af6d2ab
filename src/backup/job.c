#include "backup/job.h"

enum err_code job_tick(const struct job *job, const char *phase, int64_t done, int64_t total,
                       struct err *err)
{
    if (!job)
        return ERR_OK;
    if (job->stop && atomic_load(job->stop))
        return err_set(err, ERR_INTERRUPTED, "stopped");
    if (job->progress)
        job->progress(job->arg, phase, done, total);
    return ERR_OK;
}
