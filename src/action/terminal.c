/*
 * terminal: a command that waits for a person, with a terminal of its own (pty(7)).
 *
 * What is typed goes there, what it shows comes back and is kept.  It runs below the shell of its procedure, but in a
 * session of its own, as only a session has a terminal: it sees the exported variables and the directory, and what it
 * changes in its own shell ends with it.  When we die, the kernel hangs its terminal up.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "action/action.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/sv.h"

#define TERMINAL_CHUNK 4096

struct terminal_state {
    struct action *action;
    struct strbuf text; /* lives until the command has ended */
    int master,
        slave; /* the slave is held open until the end, or the master would tell of one before the start */
    char name[64];
    uv_poll_t poll;
    enum action_result result;
};

static void terminal_take_out(struct terminal_state *s)
{
    struct action *a = s->action;
    char bytes[TERMINAL_CHUNK];
    ssize_t n;

    while ((n = read(s->master, bytes, sizeof(bytes))) > 0) {
        struct sv shown = {bytes, (size_t)n};

        a->env->terminal->show(a->env->terminal->arg, shown);
        action_print(a, CHILD_OUT, shown);
    }
}

static void terminal_on_readable(uv_poll_t *p, int status UNUSED, int events UNUSED)
{
    terminal_take_out(p->data);
}

static void terminal_on_closed(uv_handle_t *h)
{
    struct terminal_state *s = h->data;

    fd_closep(&s->master);
    action_finish(s->action, s->result);
}

static void terminal_on_done(void *arg, const struct session_result *r)
{
    struct action *a = arg;
    struct terminal_state *s = a->state;

    terminal_take_out(s);
    a->env->terminal->back(a->env->terminal->arg);
    a->outcome.status = r->status;
    a->outcome.err = r->err;
    s->result = r->rc == ERR_OK            ? ACTION_ENDED
                : r->rc == ERR_TIMEOUT     ? ACTION_TIMEOUT
                : r->rc == ERR_INTERRUPTED ? ACTION_STOPPED
                                           : ACTION_BROKE;
    fd_closep(&s->slave);
    uv_close((uv_handle_t *)&s->poll, terminal_on_closed);
}

static enum err_code terminal_open(struct terminal_state *s, struct err *err)
{
    s->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (s->master < 0 || grantpt(s->master) != 0 || unlockpt(s->master) != 0 ||
        ptsname_r(s->master, s->name, sizeof(s->name)) != 0)
        return err_sys(err, errno, "a terminal for the command");
    s->slave = open(s->name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    return s->slave < 0 ? err_sys(err, errno, "'%s'", s->name) : ERR_OK;
}

static void terminal_add_quoted(struct strbuf *b, struct sv s)
{
    strbuf_add_byte(b, '\'');
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '\'')
            strbuf_add_str(b, "'\\''");
        else
            strbuf_add_byte(b, s.p[i]);
    strbuf_add_byte(b, '\'');
}

/* setsid(1) makes the session and gives it its terminal. */
static bool terminal_command(struct terminal_state *s)
{
    CLEANUP(strbuf_release) struct strbuf command = STRBUF(0);
    const char *kind = getenv("TERM");

    strbuf_add_str(&command, "set -o pipefail\n");
    if (!action_text(s->action, "command", true, &command))
        return false;
    strbuf_add_str(&s->text, "TERM=");
    terminal_add_quoted(&s->text, sv_from(kind ? kind : "dumb"));
    strbuf_add_str(&s->text, " setsid --ctty --wait bash -c ");
    terminal_add_quoted(&s->text, strbuf_sv(&command));
    strbuf_addf(&s->text, " <>%s >&0 2>&0", s->name);
    return true;
}

static void terminal_start(struct action *a)
{
    struct terminal_state *s = XNEW(struct terminal_state);
    struct err err;

    a->state = s;
    s->action = a;
    s->master = s->slave = -1;
    if (!a->env->terminal) {
        (void)err_set(&err, ERR_REFUSED,
                      "the command waits for a person, and none is at a terminal");
        action_break(a, &err);
        return;
    }
    if (terminal_open(s, &err) != ERR_OK) {
        action_break(a, &err);
        return;
    }
    if (!terminal_command(s))
        return;
    (void)uv_poll_init(a->env->loop, &s->poll,
                       s->master); /* fails only for what cannot be polled */
    s->poll.data = s;
    (void)uv_poll_start(&s->poll, UV_READABLE, terminal_on_readable);
    a->env->terminal->lend(a->env->terminal->arg, s->master);
    session_run(a->session, &(struct session_command){.text = strbuf_sv(&s->text),
                                                      .timeout_ms = a->timeout_ms,
                                                      .done = terminal_on_done,
                                                      .arg = a});
}

static void terminal_cancel(struct action *a)
{
    struct terminal_state *s = a->state;
    pid_t front = tcgetpgrp(s->master);

    if (front > 0)
        (void)kill(-front, SIGTERM);
    session_cancel(a->session); /* what still runs then is hung up with its terminal */
}

static void terminal_release(struct action *a)
{
    struct terminal_state *s = a->state;

    if (!s)
        return;
    fd_closep(&s->master);
    fd_closep(&s->slave);
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
