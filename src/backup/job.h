#pragma once

/*
 * job: how far a long piece of work is, and the wish that it ends.
 *
 * Work calls job_tick() at least once for each MiB, table or second of waiting.
 */
#include <stdatomic.h>

#include "base/err.h"

struct job {
    /* `phase`: "count", "copy", "check", "decode", "compare"; total 0: not known.  May be NULL. */
    void (*progress)(void *arg, const char *phase, int64_t done, int64_t total);
    void *arg;
    const atomic_bool *stop; /* NULL: never */
};

/* ERR_INTERRUPTED when it is to end; `job` may be NULL. */
NODISCARD enum err_code job_tick(const struct job *job, const char *phase, int64_t done,
                                 int64_t total, struct err *err);
