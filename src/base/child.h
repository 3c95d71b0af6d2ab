#pragma once

/*
 * child: the only place that starts processes.
 *
 * A child leads a session (and so a process group) of its own, has no terminal, and
 * /dev/null as standard input unless the spec says otherwise.  Its outputs are real pipes, read by the loop.
 * done() is called exactly once, from the loop, after the last descriptor is
 * closed, also when starting failed; the struct may be freed or started again there.
 * At the timeout, or when it is stopped, the whole group gets TERM, after grace_ms
 * KILL, and done() waits until nothing of the group runs.  A process outside of the
 * group that keeps a pipe open is waited for grace_ms after the child's own end, not
 * longer; what was left running in the group of a child that ended by itself stays.
 *
 * Embed it, zeroed, fill `spec`, `output` and `done`, call child_start().
 */
#include <sys/types.h>
#include <uv.h>

#include "base/err.h"

struct child;
enum child_stream { CHILD_OUT, CHILD_ERR, CHILD_STREAM__N };
/* Bytes of one output; valid during the call. */
typedef void child_output_fn(struct child *c, enum child_stream stream, struct sv bytes);
/* rc is ERR_OK when it ended with status 0; else c->err says what happened. */
typedef void child_done_fn(struct child *c, enum err_code rc);

#define CHILD_MAX_PASS 4u

struct child_spec {
    const char *const
        *argv; /* argv[0] is looked up in PATH; must live until child_start() returns */
    const char *const *env; /* "NAME=value", NULL-terminated; NULL: ours */
    const char *cwd;        /* NULL: ours */
    const int *input;    /* descriptor that becomes its standard input; stays the caller's here */
    const int *pass;     /* descriptors that become 3, 4, ... there; stay the caller's here */
    size_t n_pass;       /* at most CHILD_MAX_PASS */
    uint64_t timeout_ms; /* 0: none */
    uint64_t grace_ms;   /* 0: 5 s */
};

struct child {
    struct child_spec spec;
    child_output_fn *output; /* NULL: thrown away */
    child_done_fn *done;

    /* results */
    int64_t status; /* exit status, or -1 */
    int sig;        /* signal that ended it, or 0 */
    bool timed_out;
    struct err err;
    pid_t pid; /* 0 before the start */

    /* private */
    unsigned magic;
    bool alive;     /* not reaped: its number is ours */
    bool ending;    /* TERM was sent ... */
    bool killed;    /* ... and KILL */
    bool group;     /* it ended after TERM, and when we looked last something of its group ran */
    bool last_call; /* the pipes are read once more, then closed */
    bool paused[CHILD_STREAM__N];
    uint64_t kill_ms, close_ms, looked_ms; /* in the time of the loop */
    uint64_t look_again_ms;
    enum err_code rc;
    int open_handles;
    uv_process_t proc;
    uv_timer_t timer;
    uv_pipe_t pipe[CHILD_STREAM__N];
    char name[64];
};

void child_start(struct child *c, uv_loop_t *loop);
/* End it: TERM to the group, KILL after grace.  Harmless when it has ended. */
void child_stop(struct child *c);
/* Send a signal to the group, while it is ours. */
void child_signal(const struct child *c, int sig);
/* Stop reading an output (the pipe fills and the child blocks), and go on.  A paused output is never closed
 * by the clock, so done() waits for the end of the pause. */
void child_pause(struct child *c, enum child_stream stream, bool pause);
/* It has ended, and what others that have its pipes may still say is not waited for.  Harmless while it lives. */
void child_hear_no_more(struct child *c);
