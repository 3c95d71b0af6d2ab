#pragma once

/*
 * remote_terminal: a command on another host with a terminal of its own there (docs/adr/0004-other-hosts.md).
 *
 * A second connection of the user's own ssh makes the terminal; the size of ours is passed on.  The shell over there says
 * that it listens, gets the state of the procedure's shell by its input (on no command line are the values of
 * secrets), says that the command begins, and how it ended: contact that breaks before that leaves it in doubt.
 * done() is called once, from the loop; what it is started with is freed after it.
 */
#include "action/session.h"

struct remote_terminal;

struct remote_terminal_spec {
    const struct session *session; /* on another host, idle, with a state */
    struct sv command;
    uint64_t timeout_ms; /* 0: none */
    uint64_t grace_ms;
    /* The pseudo-terminal on this side has been made. */
    void (*made)(void *arg, int master);
    /* From now on what is written to the master is the command's. */
    void (*begun)(void *arg, int master);
    void (*shown)(void *arg, struct sv bytes);
    void (*done)(void *arg, const struct session_result *result);
    void *arg;
};

/* NULL: it could not be made, see err; nothing is called then. */
struct remote_terminal *
remote_terminal_start(uv_loop_t *loop, const struct remote_terminal_spec *spec, struct err *err);
/* End it, with all that it has started over there. */
void remote_terminal_cancel(struct remote_terminal *t);
