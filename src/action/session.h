#pragma once

/*
 * session: one bash, fed command by command, as a person's terminal is.
 *
 * cd, export and variables carry over from command to command.  After each command
 * its status, working directory and variables come back on a descriptor of their
 * own, so the outputs hold what the command printed and nothing else.  pipefail is
 * on; a producer killed by SIGPIPE is no failure.  Every command has process groups
 * of its own; ending it ends all of them and the bash (TERM, then KILL), or a loop would
 * go on; what an earlier command has left with nohup(1) goes on, too.  When the command
 * ends the shell itself (exit, exec, KILL, or because it is ended), its status is the
 * command's, and the next command gets a new shell in the state before; when the
 * directory of that state is gone, the command is not begun (ERR_NOT_FOUND).  SIGPIPE
 * must be ignored.
 *
 * Until a command needs it, bash is not started (plain.h); those before it are in the shell's own group.
 * One command at a time.  Everything is reported from the loop.
 */
#include <uv.h>

#include "action/session_state.h"
#include "base/child.h"

struct session;
struct remote;

/* ssh(1) bounds the connection itself; what comes behind it (a master that hangs, a login that hangs) it does not. */
#define SESSION_CONTACT_MS 60000u

/* Where a shell runs, when it is not here (remote.h). */
struct session_remote {
    const char *host;       /* as ssh(1) takes it */
    const char *const *ssh; /* "ssh" and its options, NULL-terminated */
    struct sv init;         /* commands that set the environment over there */
};

struct session_spec {
    const struct session_remote *remote; /* NULL: here; then env and cwd are the shell's */
    const char *const *env; /* "NAME=value", NULL-terminated: all that the shell gets */
    const char *cwd;
    uint64_t grace_ms; /* between TERM and KILL */
    /* How long a host may take until its shell is there, whatever the command may take; 0: SESSION_CONTACT_MS. */
    uint64_t contact_ms;
    /* A shell is process `pid` from now on, which leads a session of that number.  May be NULL. */
    void (*spawned)(void *arg, pid_t pid);
    /* It has started, and no command has been sent to it yet.  False: it must not be used, the command
     * breaks.  May be NULL. */
    bool (*started)(void *arg, pid_t pid);
    void *arg;
};

/* What a command came to. */
struct session_result {
    /* ERR_OK: it ended, see status; ERR_TIMEOUT, ERR_INTERRUPTED: ended by us; ERR_NET: contact was lost, and
     * nobody knows what became of it */
    enum err_code rc;
    int64_t status; /* 0..255; 128 + signal; -1: unknown */
    bool state_changed;
    bool
        lost; /* the command was sent to another host, and contact was lost before it told its end */
    struct err err;
};

struct session_command {
    struct sv text;      /* must live until done */
    uint64_t timeout_ms; /* 0: none */
    void (*output)(void *arg, enum child_stream stream, struct sv bytes);
    /* Exactly once; a new command may be started in it. */
    void (*done)(void *arg, const struct session_result *result);
    void *arg;
};

/* The spec is copied.  Nothing is started before the first command. */
struct session *session_new(uv_loop_t *loop, const struct session_spec *spec);
/*
 * End the shell and everything it has left running but what ignores SIGHUP, as behind nohup(1), then free the session;
 * `closed` (or NULL) is called from the loop when that is done.  No command may be running.
 */
void session_close(struct session *s, void (*closed)(void *arg), void *arg);
/* Of the shell, for procs.h; 0: there is none, or it is on another host. */
pid_t session_id(const struct session *s);

void session_run(struct session *s, const struct session_command *c);
/* End the running command and its bash: TERM, KILL after the grace time.  It reports ERR_INTERRUPTED. */
void session_cancel(struct session *s);
bool session_busy(const struct session *s);

/* The host of the shell (remote.h), which lives as long as the session; NULL: it is here. */
const struct remote *session_remote(const struct session *s);
/* What the shell, or the ssh to it, is started with. */
const char *const *session_env(const struct session *s);

/* The state after the last command; before the first one what was restored. */
const struct session_state *session_state(const struct session *s);
/* Is that the whole state?  Not while only a diff was restored and no shell has come there. */
bool session_knows_state(const struct session *s);
/* The state of a fresh shell; empty before the first command. */
const struct session_state *session_base(const struct session *s);
/* Start the next shell in this state. */
void session_restore(struct session *s, const struct session_state *state);
/* Start the next shell in its base state changed by a diff (session_state_diff()); for resume. */
void session_restore_diff(struct session *s, const json_t *diff);
