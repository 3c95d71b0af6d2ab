#pragma once

/*
 * proc: a program that is run to its end: pg_dump, pg_restore, the command of a passphrase.
 *
 * Blocks, on a loop of its own (base/child.h).  What it prints to its error output is kept in its first and
 * last part, and becomes the error when it fails.
 */
#include "backup/job.h"
#include "base/strbuf.h"

struct proc {
    const char *const *argv;
    const char *const *env;                                               /* NULL: ours */
    const int *input;                                                     /* NULL: /dev/null */
    struct strbuf *out;                                                   /* its output, or ... */
    enum err_code (*on_out)(void *arg, struct sv bytes, struct err *err); /* ... pieces of it */
    void *arg;
    const struct job *job; /* may be NULL */
    const char *phase;     /* for the job, with ... */
    const int64_t *done;   /* ... how far it is; NULL: not known */
};

/* ERR_FAILED with what the program said; ERR_NOT_FOUND: there is no such program. */
NODISCARD enum err_code proc_run(const struct proc *p, struct err *err);
