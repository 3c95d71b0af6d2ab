/*
 * terminal: a command that waits for a person, with a terminal of its own (pty.h).
 *
 * What is typed goes there, what it shows comes back and is kept.  It runs below the shell of its procedure, but in a
 * session of its own, as only a session has a terminal: it sees the exported variables and the directory, and what it
 * changes in its own shell ends with it.  On another host a second connection brings it (remote_terminal.h).
 */
#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "action/action.h"
#include "action/pty.h"
#include "action/remote_terminal.h"
#include "base/mem.h"
#include "base/sv.h"

struct terminal_state {
    struct strbuf text; /* lives until the command has ended */
    struct pty pty;
    bool running;                  /* in the session */
    bool anew;                     /* the shell of the procedure was lost, and is made once more */
    struct remote_terminal *there; /* or over there */
    bool lent;
    enum action_result result;
};

static void terminal_on_shown(void *arg, struct sv shown)
{
    struct action *a = arg;

    a->env->terminal->show(a->env->terminal->arg, shown);
    action_print(a, CHILD_OUT, shown);
}

static void terminal_on_made(void *arg, int master)
{
    const struct action *a = arg;

    a->env->terminal->fit(a->env->terminal->arg, master);
}

static void terminal_lend(void *arg, int master)
{
    struct action *a = arg;
    struct terminal_state *s = a->state;

    s->lent = true;
    a->env->terminal->lend(a->env->terminal->arg, master);
}

static void terminal_ended(struct action *a, const struct session_result *r)
{
    struct terminal_state *s = a->state;

    if (s->lent)
        a->env->terminal->back(a->env->terminal->arg);
    a->outcome.status = r->status;
    a->outcome.err = r->err;
    s->result = r->rc == ERR_OK            ? ACTION_ENDED
                : r->rc == ERR_TIMEOUT     ? ACTION_TIMEOUT
                : r->rc == ERR_INTERRUPTED ? ACTION_STOPPED
                : r->lost                  ? ACTION_LOST
                                           : ACTION_BROKE;
}

/* --- here --- */

static void terminal_on_closed(void *arg)
{
    struct action *a = arg;
    struct terminal_state *s = a->state;

    action_finish(a, s->result);
}

static void terminal_on_done(void *arg, const struct session_result *r)
{
    struct action *a = arg;
    struct terminal_state *s = a->state;

    s->running = false;
    pty_take(&s->pty);
    terminal_ended(a, r);
    pty_close(&s->pty);
}

/* setsid(1) makes the session and gives it its terminal. */
static void terminal_command(struct terminal_state *s, struct sv command)
{
    const char *kind = getenv("TERM");

    strbuf_add_str(&s->text, "TERM=");
    session_quote(sv_from(kind ? kind : "dumb"), &s->text);
    strbuf_add_str(&s->text, " setsid --ctty --wait bash -c ");
    session_quote(command, &s->text);
    strbuf_addf(&s->text, " <>%s >&0 2>&0", s->pty.name);
}

static void terminal_run(struct action *a, struct sv text,
                         void (*done)(void *arg, const struct session_result *r))
{
    struct terminal_state *s = a->state;

    s->running = true;
    session_run(a->session, &(struct session_command){
                                .text = text, .timeout_ms = a->timeout_ms, .done = done, .arg = a});
}

static void terminal_here(struct action *a, struct sv command)
{
    struct terminal_state *s = a->state;
    struct err err;

    s->pty = (struct pty){.shown = terminal_on_shown, .closed = terminal_on_closed, .arg = a};
    if (pty_open(&s->pty, false, &err) != ERR_OK) {
        action_break(a, &err);
        return;
    }
    terminal_command(s, command);
    pty_start(&s->pty, a->env->loop);
    terminal_on_made(a, s->pty.master);
    terminal_lend(a, s->pty.master);
    terminal_run(a, strbuf_sv(&s->text), terminal_on_done);
}

/* --- there --- */

static void terminal_on_there_done(void *arg, const struct session_result *r)
{
    struct action *a = arg;
    struct terminal_state *s = a->state;

    s->there = NULL;
    terminal_ended(a, r);
    action_finish(a, s->result);
}

static void terminal_on_shell(void *arg, const struct session_result *r);

/*
 * The connection of the procedure's shell, which had nothing to do, broke before the command was sent: when a cable is pulled both
 * connections break, but not in the same moment, and who answers at once would meet the end of the other.
 */
static bool terminal_shell_anew(struct action *a, const struct session_result *r)
{
    struct terminal_state *s = a->state;

    if (!r->lost || s->anew)
        return false;
    s->anew = true;
    terminal_run(a, SV(":"), terminal_on_shell);
    return true;
}

/* The shell of the procedure is there, and so its state is known. */
static void terminal_on_shell(void *arg, const struct session_result *r)
{
    struct action *a = arg;
    struct terminal_state *s = a->state;
    const struct remote_terminal_spec spec = {.session = a->session,
                                              .command = strbuf_sv(&s->text),
                                              .timeout_ms = a->timeout_ms,
                                              .grace_ms = a->env->grace_ms,
                                              .made = terminal_on_made,
                                              .begun = terminal_lend,
                                              .shown = terminal_on_shown,
                                              .done = terminal_on_there_done,
                                              .arg = a};
    struct session_result none = *r;

    s->running = false;
    if (terminal_shell_anew(a, r))
        return;
    none.lost = false; /* nothing of the command was sent */
    if (r->rc == ERR_OK)
        s->there = remote_terminal_start(a->env->loop, &spec, &none.err);
    if (!s->there) {
        none.rc = r->rc == ERR_OK ? none.err.code : r->rc;
        terminal_ended(a, &none);
        action_finish(a, s->result);
    }
}

/* --- both --- */

static void terminal_start(struct action *a)
{
    struct terminal_state *s = XNEW(struct terminal_state);
    CLEANUP(strbuf_release) struct strbuf command = STRBUF(0);
    struct err err;

    a->state = s;
    s->pty.master = s->pty.slave = -1;
    if (!a->env->terminal) {
        (void)err_set(&err, ERR_REFUSED,
                      "the command waits for a person, and none is at a terminal");
        action_break(a, &err);
        return;
    }
    strbuf_add_str(&command, "set -o pipefail\n");
    if (!action_text(a, "command", true, &command))
        return;
    if (!session_remote(a->session)) {
        terminal_here(a, strbuf_sv(&command));
        return;
    }
    strbuf_add_sv(&s->text, strbuf_sv(&command));
    terminal_run(a, SV(":"), terminal_on_shell);
}

static void terminal_cancel(struct action *a)
{
    struct terminal_state *s = a->state;
    pid_t front = s->pty.master >= 0 ? tcgetpgrp(s->pty.master) : 0;

    if (front > 0)
        (void)kill(-front, SIGTERM);
    if (s->running)
        session_cancel(a->session); /* what still runs then is hung up with its terminal */
    else if (s->there)
        remote_terminal_cancel(s->there);
}

static void terminal_release(struct action *a)
{
    struct terminal_state *s = a->state;

    if (!s)
        return;
    pty_release(&s->pty);
    strbuf_release(&s->text);
    free(s);
    a->state = NULL;
}

const struct action_ops action_terminal = {
    .kind = "terminal",
    .resume = RESUME_ASK, /* a person has done it */
    .uses_session = true,
    .start = terminal_start,
    .cancel = terminal_cancel,
    .release = terminal_release,
};
