#include "action/session.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "action/plain.h"
#include "action/procs.h"
#include "action/remote.h"
#include "base/clock.h"
#include "base/duration.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/sv.h"

/*
 * Read a command, up to NUL, from descriptor 3; run it without sight of 3, 4 and 5; report in 5, a file in
 * memory, and tell on 4 that it is there: declare writes each line by itself, and through a pipe each would
 * wake us.  Pieces of a report end in NUL: status, statuses of the last pipeline, directory, variables, functions.
 * The status is taken inside eval, where "$?" and PIPESTATUS are still those of the command; a command
 * that bash cannot parse leaves the array empty, and eval's own status counts.
 */
static const char session_driver[] =
    "set -m; set -o pipefail\n"
    "while IFS= read -r -d '' -u 3 __prusik_cmd; do\n"
    "  __prusik_rc=()\n"
    "  eval \"$__prusik_cmd\n__prusik_rc=(\\$? \\\"\\${PIPESTATUS[@]}\\\")\" 3<&- 4>&- 5>&-\n"
    "  __prusik_st=$?\n"
    "  { printf '%s\\0%s\\0%s\\0' \"$__prusik_st\" \"${__prusik_rc[*]}\" \"$PWD\"\n"
    "    declare -p; printf '\\0'; declare -f; printf '\\0'; } >&5\n"
    "  printf '\\0' >&4\n"
    "done\n";

enum { SESSION_PIECES = 5, SESSION_CHUNK = 65536 };

/* ssh(1) ends so when the connection cannot be made, or breaks. */
#define SESSION_SSH_FAILED 255
/* How long what runs over there may take to end after KILL, before the connection is given up. */
#define SESSION_KILL_MS 5000

/* How long ssh may take to end when nothing more is sent to it. */
#define SESSION_GOODBYE_MS 1000

/* How often is looked whether what was told to end has ended: no descriptor tells of foreign processes. */
#define SESSION_LOOK_MS 20

enum session_phase {
    SESSION_DOWN,     /* no shell */
    SESSION_STARTING, /* the first, empty command tells the base state */
    SESSION_IDLE,
    SESSION_RUNNING,
    SESSION_DRAINING, /* the report has come: what was printed before it is still in the pipes */
    SESSION_CLOSING,
};

struct session {
    uv_loop_t *loop;
    char **env;
    char *cwd;
    uint64_t grace_ms, contact_ms;
    struct remote *remote; /* NULL: the shell runs here */
    bool late;             /* the host did not give a shell in time */
    bool killing;          /* what runs over there is being ended */
    void (*spawned)(void *arg, pid_t pid);
    bool (*started)(void *arg, pid_t pid);
    void *started_arg;
    bool announced; /* the shell was told to `started` */
    bool plain;     /* the shell is sh, which runs plain commands until it becomes bash */

    enum session_phase phase;
    struct child child;
    bool has_child;   /* it reports later */
    uv_pipe_t report; /* descriptor 4 of the shell, our end */
    uv_timer_t timer;
    bool handles_open;
    int command_fd;                  /* descriptor 3, our end */
    int report_fd;                   /* descriptor 5: appended there, emptied here */
    size_t pending[CHILD_STREAM__N]; /* bytes in the pipes when the report came */

    struct session_command cmd;
    bool stopping;
    enum err_code why; /* of stopping */
    uint64_t kill_ms;  /* on the loop's clock: what was told to end is killed from then on */
    procs_list told;   /* to end: nothing hears it twice, which to some means "at once" */
    pid_t sid;         /* of the shell; 0: nothing of its session can be left */
    uint64_t begun;    /* the command, as procs_at() counts; UINT64_MAX: the session is closed */
    struct session_state base, state;
    bool restoring; /* the shell is on its way from its base state to the last known one */
    bool has_state; /* `state` is known whole: restored, or after a command */
    struct strbuf
        restore; /* commands that bring a fresh shell to a restored diff, until it is there */
    int64_t status;
    int64_t before; /* status of the command before, which "$?" is to say; 0 in a new shell */
    struct strbuf
        pipeline; /* "1 0": of each command of its last pipeline, which PIPESTATUS is to say */
    bool changed;

    void (*closed)(void *arg);
    void *closed_arg;
    int open_handles;
};

static void session_next(struct session *s);
static void session_send(struct session *s, struct sv text);
static void session_finish(struct session *s, enum err_code rc, int64_t status);

/* What a command prints on another host; before there is a shell, what ssh says. */
static void session_show(void *arg, enum child_stream stream, struct sv bytes)
{
    struct session *s = arg;

    if (s->phase == SESSION_STARTING)
        strbuf_add_sv(&s->remote->said, bytes);
    else if (s->cmd.output && s->phase == SESSION_RUNNING)
        s->cmd.output(s->cmd.arg, stream, bytes);
}

/* --- making and freeing --- */

static char **session_copy_env(const char *const *env)
{
    VEC(char *) copy = {0};

    for (size_t i = 0; env && env[i]; i++)
        *vec_add(&copy) = xstrdup(env[i]);
    *vec_add(&copy) = NULL;
    return copy.v;
}

struct session *session_new(uv_loop_t *loop, const struct session_spec *spec)
{
    struct session *s = XNEW(struct session);

    s->loop = loop;
    s->env = session_copy_env(spec->env);
    s->cwd = xstrdup(spec->cwd);
    s->grace_ms = spec->grace_ms ? spec->grace_ms : 5000;
    s->contact_ms = spec->contact_ms ? spec->contact_ms : SESSION_CONTACT_MS;
    s->remote = spec->remote ? remote_new(spec->remote, session_show, s) : NULL;
    s->spawned = spec->spawned;
    s->started = spec->started;
    s->started_arg = spec->arg;
    s->command_fd = s->report_fd = -1;
    return s;
}

static void session_free(struct session *s)
{
    for (size_t i = 0; s->env[i]; i++)
        free(s->env[i]);
    free(s->env);
    free(s->cwd);
    fd_closep(&s->command_fd);
    fd_closep(&s->report_fd);
    strbuf_release(&s->restore);
    session_state_release(&s->base);
    session_state_release(&s->state);
    vec_release(&s->told);
    strbuf_release(&s->pipeline);
    remote_free(s->remote);
    free(s);
}

bool session_busy(const struct session *s)
{
    return s->phase == SESSION_STARTING || s->phase == SESSION_RUNNING ||
           s->phase == SESSION_DRAINING;
}

const struct remote *session_remote(const struct session *s)
{
    return s->remote;
}

const char *const *session_env(const struct session *s)
{
    return (const char *const *)s->env;
}

const struct session_state *session_state(const struct session *s)
{
    return &s->state;
}

bool session_knows_state(const struct session *s)
{
    return s->has_state;
}

const struct session_state *session_base(const struct session *s)
{
    return &s->base;
}

void session_restore(struct session *s, const struct session_state *state)
{
    assert(s->phase == SESSION_DOWN);
    session_state_release(&s->state);
    session_state_copy(state, &s->state);
    s->has_state = true;
}

void session_restore_diff(struct session *s, const json_t *diff)
{
    assert(s->phase == SESSION_DOWN && !s->has_state);
    strbuf_truncate(&s->restore, 0);
    session_state_script(diff, &s->restore);
    strbuf_add_str(&s->restore, "(exit 0)\n");
    session_state_release(&s->state); /* what can be said before a shell runs */
    session_state_from_diff(diff, &s->state);
}

/* --- ending --- */

static void session_on_handle_closed(uv_handle_t *h)
{
    struct session *s = h->data;

    if (--s->open_handles > 0)
        return;
    s->handles_open = false;
    if (s->phase == SESSION_CLOSING) {
        if (s->closed)
            s->closed(s->closed_arg);
        session_free(s);
    } else if (s->cmd.done) {
        session_next(s); /* the shell was lost while a command waited for it */
    }
}

static void session_close_handles(struct session *s)
{
    if (!s->handles_open || s->has_child || s->killing)
        return;
    if (!uv_is_closing((uv_handle_t *)&s->report))
        uv_close((uv_handle_t *)&s->report, session_on_handle_closed);
    if (!uv_is_closing((uv_handle_t *)&s->timer))
        uv_close((uv_handle_t *)&s->timer, session_on_handle_closed);
}

/* A signal to the processes of the shell's session but one; how many there were.  Of a shell on another host only ssh is here. */
static size_t session_signal(const struct session *s, pid_t except, int sig)
{
    procs_list list = {0};
    size_t n;

    if (s->remote) {
        if (s->has_child && !except)
            child_signal(&s->child, sig);
        return s->has_child;
    }
    if (s->sid)
        procs_of_session(s->sid, except, &list);
    procs_drop_staying(&list, s->begun);
    procs_signal(&list, sig);
    n = list.n;
    vec_release(&list);
    return n;
}

/* What was told to end: KILL when the grace is over.  0: all of it has ended. */
static size_t session_end_left(const struct session *s, pid_t except)
{
    return session_signal(s, except, uv_now(s->loop) < s->kill_ms ? 0 : SIGKILL);
}

static void session_on_timer(uv_timer_t *t);

static void session_arm(struct session *s, uint64_t ms)
{
    (void)uv_timer_start(&s->timer, session_on_timer, ms, 0); /* fails only without a callback */
}

static void session_on_killed(void *arg);

static bool session_was_told(const struct session *s, pid_t pid)
{
    for (size_t i = 0; i < s->told.n; i++)
        if (s->told.v[i] == pid)
            return true;
    return false;
}

/*
 * TERM to everything but the shell that has not heard it yet; a stopped process sees it when it goes on.  `late`: what a shell
 * below ours has started while it was told, but not what our shell starts now, which is its trap on EXIT (or, if it forked in that
 * very moment and has such a trap, its next command, which then has until KILL).
 */
static void session_tell_rest(struct session *s, bool late)
{
    procs_list all = {0}, rest = {0};

    assert(s->sid); /* 0 is the session of the kernel */
    procs_of_session(s->sid, s->sid, &all);
    procs_drop_staying(&all, s->begun);
    for (size_t i = 0; i < all.n; i++)
        if (!session_was_told(s, all.v[i]) &&
            !(late && s->has_child && procs_parent(all.v[i]) == s->sid)) {
            *vec_add(&s->told) = all.v[i];
            *vec_add(&rest) = all.v[i];
        }
    procs_signal(&rest, SIGTERM);
    procs_signal(&rest, SIGCONT);
    vec_release(&all);
    vec_release(&rest);
}

/*
 * All that the command has started is told to end, but first the bash that carries it out: a loop, a list, what follows
 * `||` would go on with its next command.  sh has nothing to go on with: after its one program it tells the status.
 */
static void session_tell_end(struct session *s)
{
    if (s->remote && s->remote->pid) {
        s->killing = true;
        remote_kill(s->remote, s->loop, s->grace_ms, session_on_killed, s);
        return;
    }
    if (s->remote) { /* ssh that does not get there */
        child_signal(&s->child, SIGTERM);
        child_signal(&s->child, SIGCONT);
    } else if (!s->plain && s->sid) { /* not its group: what stays may be in it */
        (void)kill(s->sid, SIGTERM);
        (void)kill(s->sid, SIGCONT); /* ESRCH: it is gone, the child reports it */
    }
    s->told.n = 0;
    if (!s->remote && s->sid)
        session_tell_rest(s, false);
}

/* Closed when the shell and all that it has left in the background have ended. */
static void session_close_step(struct session *s)
{
    if (s->has_child || s->killing || uv_is_closing((uv_handle_t *)&s->timer))
        return;
    if (session_end_left(s, 0) > 0)
        session_arm(s, SESSION_LOOK_MS);
    else
        session_close_handles(s);
}

/* Contact with the other host was lost, or never made: what ssh says of it. */
static void session_lost(struct session *s)
{
    struct sv said = sv_trim(strbuf_sv(&s->remote->said));
    size_t lf = said.n;

    while (lf > 0 && said.p[lf - 1] != '\n') /* the last line says why */
        lf--;
    if (s->phase == SESSION_STARTING && s->late)
        (void)err_set(&s->child.err, ERR_NET,
                      "host '%s' cannot be reached: no shell was there within %s", s->remote->host,
                      duration_format((int64_t)s->contact_ms).s);
    else if (s->phase == SESSION_STARTING)
        (void)err_set(&s->child.err, ERR_NET, "host '%s' cannot be reached: %.*s", s->remote->host,
                      SV_FMT(said.n ? sv_sub(said, lf, said.n) : SV("ssh says nothing")));
    else
        (void)err_set(&s->child.err, ERR_NET, "contact with host '%s' was lost", s->remote->host);
    (void)err_hint(&s->child.err, "try: ssh %s true", s->remote->host);
}

/* The shell did not come to the folder of its state: nothing of the command was begun. */
static bool session_has_no_folder(struct session *s, bool restoring, int64_t status)
{
    if (!restoring || status != SESSION_NO_FOLDER)
        return false;
    (void)err_set(&s->child.err, ERR_NOT_FOUND, "the folder in which it has to run is gone: %.*s",
                  SV_FMT(s->state.cwd));
    return true;
}

static void session_drained(struct session *s);

/* The shell of a command that is stopped has ended.  The command is over when all of it is. */
static void session_stopped(struct session *s)
{
    if (s->phase != SESSION_DRAINING)
        s->status = s->child.sig ? 128 + s->child.sig : s->child.status;
    s->phase = SESSION_DRAINING;
    s->pending[CHILD_OUT] = s->pending[CHILD_ERR] = 0; /* both have been read to their ends */
    session_drained(s);
}

/* The shell has ended: by itself (exit, exec), by a signal, or because we closed it. */
static void session_on_child_done(struct child *c, enum err_code rc)
{
    struct session *s = container_of(c, struct session, child);
    bool started = c->pid != 0, restoring = s->restoring;

    s->has_child = s->plain = s->announced = s->restoring = false;
    s->before = 0;
    strbuf_truncate(&s->pipeline, 0);
    fd_closep(&s->command_fd);
    if (s->phase == SESSION_CLOSING) {
        session_close_step(s);
        return;
    }
    if (started && session_busy(s) && s->stopping) {
        session_stopped(s);
        return;
    }
    (void)session_signal(s, 0, SIGTERM); /* as a terminal that is closed */
    s->sid = 0;
    if (session_busy(s)) {
        int64_t status = c->sig ? 128 + c->sig : c->status;
        bool lost = s->remote && (c->sig || s->late || status == SESSION_SSH_FAILED);

        if (lost)
            session_lost(s);
        if (session_has_no_folder(s, restoring, status))
            session_finish(s, ERR_NOT_FOUND, -1);
        else if (!started || s->phase == SESSION_STARTING)
            session_finish(s, rc == ERR_OK ? ERR_FAILED : rc, -1);
        else if (lost)
            session_finish(s, ERR_NET, -1);
        else
            session_finish(s, ERR_OK, status);
    }
    if (s->phase != SESSION_CLOSING)
        s->phase = SESSION_DOWN;
    session_close_handles(s);
}

void session_close(struct session *s, void (*closed)(void *arg), void *arg)
{
    assert(!session_busy(s) && s->phase != SESSION_CLOSING);
    s->phase = SESSION_CLOSING;
    s->closed = closed;
    s->closed_arg = arg;
    if (!s->has_child && !s->handles_open) {
        if (closed)
            closed(arg);
        session_free(s);
        return;
    }
    s->kill_ms = uv_now(s->loop) + s->grace_ms;
    s->begun = UINT64_MAX;
    if (s->remote && s->has_child &&
        s->command_fd >= 0) { /* the shell over there ends with its input */
        fd_closep(&s->command_fd);
        session_arm(s, SESSION_GOODBYE_MS);
        return;
    }
    (void)session_signal(s, 0,
                         SIGTERM); /* what commands have left in the background, and the shell */
    fd_closep(&s->command_fd);
    if (s->has_child && s->remote)
        child_stop(&s->child);
    else if (s->has_child) /* not child_stop(), which ends its group: what stays may be in it */
        session_arm(s, SESSION_LOOK_MS);
    session_close_step(s);
}

pid_t session_id(const struct session *s)
{
    return s->remote ? 0 : s->sid;
}

/* --- stopping a command --- */

/* What does not listen to TERM is killed when the grace time is over. */
static void session_stop(struct session *s, enum err_code why)
{
    if (s->stopping)
        return;
    s->stopping = true;
    s->why = why;
    s->kill_ms = uv_now(s->loop) + s->grace_ms;
    session_tell_end(s);
    session_arm(s, s->remote ? s->grace_ms + SESSION_KILL_MS : SESSION_LOOK_MS);
}

/* Nothing that the command has started runs over there any more. */
static void session_on_killed(void *arg)
{
    struct session *s = arg;

    s->killing = false;
    if (s->phase == SESSION_DRAINING)
        session_drained(s);
    else if (s->phase == SESSION_CLOSING)
        session_close_step(s);
    else
        session_close_handles(s); /* when ssh has ended */
}

static void session_on_timer(uv_timer_t *t)
{
    struct session *s = t->data;

    if (s->phase == SESSION_CLOSING) {
        if (s->remote && s->has_child)
            child_stop(&s->child);
        else if (s->has_child && session_end_left(s, 0) == 0)
            child_hear_no_more(&s->child);
        if (s->has_child && !s->remote)
            session_arm(s, SESSION_LOOK_MS);
        session_close_step(s);
    } else if (!session_busy(s)) {
        return;
    } else if (!s->stopping && s->remote && s->phase == SESSION_STARTING) {
        s->late = true;
        child_stop(&s->child); /* its end is reported by the child */
    } else if (!s->stopping) {
        session_stop(s, ERR_TIMEOUT);
    } else if (s->phase == SESSION_DRAINING && !s->remote) {
        session_drained(s);
    } else if (!s->remote && uv_now(s->loop) < s->kill_ms) {
        session_tell_rest(s, true);
        session_arm(s, SESSION_LOOK_MS);
    } else {
        (void)session_end_left(s, 0);
        session_arm(s, s->grace_ms); /* what cannot be killed now (in the kernel) is killed again */
    }
}

void session_cancel(struct session *s)
{
    if (session_busy(s))
        session_stop(s, ERR_INTERRUPTED);
}

/* --- reports --- */

static void session_finish(struct session *s, enum err_code rc, int64_t status)
{
    struct session_command cmd = s->cmd;
    struct session_result r = {.rc = rc,
                               .status = status,
                               .state_changed = s->changed,
                               .lost = rc == ERR_NET && s->phase != SESSION_STARTING};

    if (s->handles_open && !uv_is_closing((uv_handle_t *)&s->timer))
        (void)uv_timer_stop(&s->timer); /* always succeeds */
    s->phase = s->has_child ? SESSION_IDLE : SESSION_DOWN;
    s->cmd = (struct session_command){0};
    s->stopping = s->changed = false;
    if (rc == ERR_TIMEOUT)
        (void)err_set(&r.err, ERR_TIMEOUT, "the command did not end within %llu ms and was ended",
                      (unsigned long long)cmd.timeout_ms);
    else if (rc == ERR_INTERRUPTED)
        (void)err_set(&r.err, ERR_INTERRUPTED, "the command was stopped");
    else if (rc != ERR_OK)
        r.err =
            s->child.err.code ? s->child.err : (struct err){.code = rc, .msg = "the shell ended"};
    if (cmd.done)
        cmd.done(cmd.arg, &r);
}

/* A producer killed by SIGPIPE is no failure: 141 counts only when the last command has it too. */
static int64_t session_status(struct sv status, struct sv pipeline)
{
    int64_t whole, last = 0, v, worst = 0;
    struct sv word;
    size_t n = 0;

    if (!sv_to_i64(status, &whole))
        return -1; /* uncovered: bash prints a number */
    if (!sv_next_word(&pipeline, &word) || !sv_to_i64(word, &whole))
        return whole;
    while (sv_next_word(&pipeline, &word) && sv_to_i64(word, &v)) {
        n++;
        last = v;
        if (v != 0 && v != 128 + SIGPIPE)
            worst = v;
    }
    return whole == 128 + SIGPIPE && n > 1 && last != whole ? worst : whole;
}

/* The pieces of a whole report; false while it is not whole. */
static bool session_pieces(struct sv text, struct sv pieces[SESSION_PIECES])
{
    for (size_t i = 0; i < SESSION_PIECES; i++) {
        size_t end = sv_find_byte(text, '\0', 0);

        if (end == SV_NPOS)
            return false;
        pieces[i] = sv_sub(text, 0, end);
        text = sv_sub(text, end + 1, text.n);
    }
    return true;
}

/*
 * A command that was stopped is over when all that it started is, and its bash, which may not hear a next one on its way out.  A host
 * that does not answer is not waited for longer than ssh is.
 */
static void session_drained(struct session *s)
{
    if (s->phase != SESSION_DRAINING || s->pending[CHILD_OUT] || s->pending[CHILD_ERR])
        return;
    if (s->killing && uv_now(s->loop) < s->kill_ms + SESSION_KILL_MS)
        return; /* session_on_killed() goes on */
    if (s->stopping && !s->remote)
        session_tell_rest(s, true);
    if (s->stopping && !s->remote && session_end_left(s, s->plain ? s->sid : 0) > 0) {
        session_arm(s, SESSION_LOOK_MS);
        return;
    }
    if (s->stopping && s->has_child && !s->plain)
        return; /* session_on_child_done() goes on */
    if (!s->has_child)
        s->sid = 0;
    session_finish(s, s->stopping ? s->why : ERR_OK, s->status);
    session_close_handles(s); /* of a shell that has ended */
}

/* What was printed before the report is in the pipes now: it is read before the command is done. */
static void session_drain(struct session *s)
{
    s->phase = SESSION_DRAINING;
    for (size_t i = 0; i < CHILD_STREAM__N; i++) {
        uv_os_fd_t fd;
        int n = 0;

        s->pending[i] = 0;
        if (s->remote) /* the marks in the outputs have come */
            continue;
        if (uv_fileno((uv_handle_t *)&s->child.pipe[i], &fd) == 0 && ioctl(fd, FIONREAD, &n) == 0)
            s->pending[i] = (size_t)n;
    }
    session_drained(s);
}

/* False: the shell must not be used. */
static bool session_announce(struct session *s)
{
    if (!s->announced && s->started && !s->started(s->started_arg, s->child.pid)) {
        (void)err_set(&s->child.err, ERR_REFUSED, "the shell may not be used");
        return false;
    }
    s->announced = true;
    return true;
}

/* What brings the shell from its base state to the last known one; false: it is there. */
static bool session_way(const struct session *s, struct strbuf *script)
{
    if (s->restore.n) {
        strbuf_add_sv(script, strbuf_sv(&s->restore));
    } else if (s->has_state && !session_state_equal(&s->base, &s->state)) {
        session_state_script_between(&s->state, &s->base, script);
        strbuf_add_str(script, "(exit 0)\n"); /* "$?" as in a fresh shell */
    }
    return script->n > 0;
}

/*
 * A fresh shell has told its state.  It comes to the last known one before a command is sent, and tells that: a command that ends the shell
 * leaves no doubt about the state that the next one begins in.
 */
static void session_take_start(struct session *s, const struct session_state *now)
{
    CLEANUP(strbuf_release) struct strbuf script = STRBUF(0);

    session_state_release(s->restoring ? &s->state : &s->base);
    *(s->restoring ? &s->state : &s->base) = *now;
    if (!s->restoring && !session_announce(s)) {
        child_stop(&s->child);
        return;
    }
    if (s->stopping ||
        s->late) { /* before the command was sent; as sh it may not have heard TERM */
        fd_closep(&s->command_fd);
        return;
    }
    if (!s->restoring && session_way(s, &script)) {
        s->restoring = true;
        strbuf_add_str(&script, ":");
        session_send(s, strbuf_sv(&script));
        return;
    }
    if (!s->restoring && !s->has_state) {
        session_state_release(&s->state);
        session_state_copy(&s->base, &s->state);
    }
    strbuf_release(&s->restore);
    s->restoring = false;
    s->has_state = true;
    session_next(s);
}

/* "3 0 3": the status of the last pipeline, and of each of its commands. */
static void session_keep_pipeline(struct session *s, struct sv statuses)
{
    struct sv whole;

    strbuf_truncate(&s->pipeline, 0);
    if (sv_next_word(&statuses, &whole))
        strbuf_add_sv(&s->pipeline, sv_trim(statuses));
}

static void session_take_report(struct session *s, const struct sv pieces[SESSION_PIECES])
{
    struct session_state now;

    session_state_read(pieces[2], pieces[3], pieces[4], &now);
    if (s->phase == SESSION_STARTING) {
        session_take_start(s, &now);
        return;
    }
    s->changed = !session_state_equal(&now, &s->state);
    session_state_release(&s->state);
    s->state = now;
    s->status = s->before = session_status(pieces[0], pieces[1]);
    session_keep_pipeline(s, pieces[1]);
    if (s->stopping) /* it ended before its shell heard of it, or the shell does not listen */
        fd_closep(&s->command_fd);
    session_drain(s);
}

/* The status of a plain command: digits and NUL, perhaps in pieces. */
static void session_take_plain(struct session *s, struct sv bytes)
{
    size_t i;

    for (i = 0; i < bytes.n && ascii_is_digit(bytes.p[i]); i++)
        s->status = s->status * 10 + (bytes.p[i] - '0');
    if (i == bytes.n)
        return; /* uncovered: three digits are written at once */
    s->before = s->status;
    strbuf_truncate(&s->pipeline, 0);
    strbuf_addf(&s->pipeline, "%d", (int)s->status);
    session_drain(s);
}

static void session_alloc(uv_handle_t *h UNUSED, size_t suggested UNUSED, uv_buf_t *buf)
{
    static char chunk[16]; /* one byte a report; one loop, one thread */

    *buf = uv_buf_init(chunk, sizeof(chunk));
}

/* All of the report, which is then emptied; ERR_LIMIT: the variables are too many to keep. */
static enum err_code session_read_report(const struct session *s, struct strbuf *report)
{
    CLEANUP(mem_freep) char *chunk = xcalloc(1, SESSION_CHUNK);
    ssize_t n;

    while ((n = pread(s->report_fd, chunk, SESSION_CHUNK, (off_t)report->n)) > 0)
        strbuf_add(report, chunk, (size_t)n);
    if (ftruncate(s->report_fd, 0) != 0)
        return ERR_IO; /* uncovered: a file in memory of our own */
    return report->overflow ? ERR_LIMIT : ERR_OK;
}

static void session_on_report(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    CLEANUP(strbuf_release) struct strbuf report = STRBUF(LIMIT_STATE_BYTES);
    struct session *s = stream->data;
    struct sv pieces[SESSION_PIECES];
    enum err_code rc;

    if (n < 0) { /* the shell is gone, or about to be: its end is reported by the child */
        (void)uv_read_stop(stream);
        return;
    }
    if (s->plain) {
        session_take_plain(s, (struct sv){buf->base, (size_t)n});
        return;
    }
    rc = n == 0 ? ERR_OK : session_read_report(s, &report);
    if (rc == ERR_OK && session_pieces(strbuf_sv(&report), pieces)) {
        session_take_report(s, pieces);
    } else if (rc != ERR_OK) {
        session_stop(s, rc);
        (void)session_signal(s, 0, SIGKILL);
    }
}

static void session_on_remote_output(struct session *s, enum child_stream stream, struct sv bytes)
{
    struct sv pieces[SESSION_PIECES], report;

    if (remote_feed(s->remote, stream, bytes, &report) != ERR_OK) {
        session_stop(s, ERR_LIMIT);
        (void)session_signal(s, 0, SIGKILL);
    } else if (session_pieces(report, pieces)) {
        session_take_report(s, pieces);
        remote_taken(s->remote); /* the session lives on until its ssh has ended */
    }
}

/* What sh itself says of the program that it was told to end is no output of the program. */
static struct sv session_said(const struct session *s, enum child_stream stream, struct sv bytes)
{
    static const struct sv words[] = {SV("Terminated\n"), SV("Killed\n")};

    for (size_t i = 0; s->plain && s->stopping && stream == CHILD_ERR && i < ARRAY_LEN(words);
         i++) {
        struct sv before = sv_sub(bytes, 0, bytes.n - size_min(bytes.n, words[i].n));

        if (sv_ends(bytes, words[i]) && (!before.n || sv_ends(before, SV("\n"))))
            return before;
    }
    return bytes;
}

static void session_on_output(struct child *c, enum child_stream stream, struct sv bytes)
{
    struct session *s = container_of(c, struct session, child);

    if (s->remote) {
        session_on_remote_output(s, stream, bytes);
        return;
    }
    if (s->cmd.output && (s->phase == SESSION_RUNNING || s->phase == SESSION_DRAINING))
        s->cmd.output(s->cmd.arg, stream, session_said(s, stream, bytes));
    if (s->phase == SESSION_DRAINING) {
        s->pending[stream] -= size_min(s->pending[stream], bytes.n);
        session_drained(s);
    }
}

/* --- starting --- */

/* Nothing that this session has seen makes the command anything but a program and its words. */
static bool session_is_plain(const struct session *s)
{
    const char *const *env = (const char *const *)s->env;

    return !s->remote && !s->has_state && s->restore.n == 0 &&
           plain_command(s->cmd.text, env, s->cwd);
}

static void session_spawn(struct session *s, int command, int report)
{
    static const char *const bash[] = {"bash",         "--noprofile", "--norc", "-c",
                                       session_driver, "prusik",      NULL};
    static const char *const sh[] = {"/bin/sh", "-c", plain_driver, "prusik", session_driver, NULL};
    const char *const *argv = s->plain ? sh : bash;
    const int pass[] = {command, report, s->report_fd};

    if (s->remote)
        remote_begin(s->remote);
    s->child = (struct child){.spec = {.argv = s->remote ? remote_argv(s->remote) : argv,
                                       .env = (const char *const *)s->env,
                                       .cwd = s->cwd,
                                       .input = s->remote ? &command : NULL,
                                       .pass = pass,
                                       .n_pass = s->remote ? 0 : ARRAY_LEN(pass),
                                       .grace_ms = s->grace_ms},
                              .output = session_on_output,
                              .done = session_on_child_done};
    s->has_child = true;
    child_start(&s->child, s->loop);
    s->sid = s->child.pid; /* it leads a session; 0: it could not be started */
    if (s->sid && s->spawned)
        s->spawned(s->started_arg, s->sid);
}

static void session_start(struct session *s)
{
    int command[2] = {-1, -1}, report[2] = {-1, -1};
    int rc;

    (void)uv_pipe_init(s->loop, &s->report, 0); /* always succeeds */
    (void)uv_timer_init(s->loop, &s->timer);
    s->report.data = s->timer.data = s;
    s->open_handles = 2;
    s->handles_open = true;
    s->phase = SESSION_STARTING;
    s->late = false;
    s->plain = session_is_plain(s) && plain_environment((const char *const *)s->env);
    fd_closep(&s->report_fd); /* what an old shell has left writes to the old one */
    s->report_fd = memfd_create("prusik-session", MFD_CLOEXEC);
    if (s->report_fd < 0 || fcntl(s->report_fd, F_SETFL, O_APPEND) != 0 ||
        pipe2(command, O_CLOEXEC) != 0 || pipe2(report, O_CLOEXEC) != 0) {
        (void)err_sys(&s->child.err, errno, "make a pipe for a shell");
        fd_closep(&command[0]);
        fd_closep(&command[1]);
        session_finish(s, ERR_IO, -1);
        session_close_handles(s);
        return;
    }
    s->command_fd = command[1];
    rc = uv_pipe_open(&s->report, report[0]);
    assert(rc == 0); /* a fresh pipe opens */
    session_spawn(s, command[0], report[1]);
    fd_closep(&command[0]);
    fd_closep(&report[1]);
    (void)uv_read_start((uv_stream_t *)&s->report, session_alloc, session_on_report);
}

/* The command and its end.  The pipe holds 64 KiB; more is written as the shell reads it. */
static void session_send(struct session *s, struct sv text)
{
    enum err_code rc = fd_write_all(s->command_fd, text.p, text.n, &s->child.err);

    if (rc == ERR_OK)
        rc = fd_write_all(s->command_fd, s->plain ? "\n" : "", 1, &s->child.err);
    if (rc != ERR_OK)
        child_stop(&s->child); /* the shell's end is reported by the child */
}

/* sh becomes bash: the same process, so what is known of it stays true. */
static void session_leave_plain(struct session *s)
{
    s->phase = SESSION_STARTING;
    session_send(s, SV(""));
    s->plain = false;
    session_send(s, SV(":"));
}

/* The first command of a fresh bash does nothing but report. */
static void session_first(struct session *s)
{
    CLEANUP(strbuf_release) struct strbuf script = STRBUF(0);

    session_start(s);
    if (s->phase != SESSION_STARTING)
        return;
    if (s->plain) {
        if (session_announce(s) && !s->stopping)
            session_next(s);
        else /* its end is reported by the child */
            child_stop(&s->child);
        return;
    }
    if (s->remote) {
        strbuf_add_sv(&script, strbuf_sv(&s->remote->init));
        session_arm(s, s->contact_ms);
    }
    strbuf_add_str(&script, ":");
    session_send(s, strbuf_sv(&script));
}

/* A pipeline that ends as the last one did, for a command that asks how: "if [ ${PIPESTATUS[0]} -eq 0 ]". */
static void session_say_pipeline(const struct session *s, struct strbuf *script)
{
    struct sv rest = strbuf_sv(&s->pipeline), word;
    bool first = true;

    for (; sv_next_word(&rest, &word); first = false)
        strbuf_addf(script, "%s(exit %.*s)", first ? "" : " | ", SV_FMT(word));
    strbuf_add_str(script, first ? "" : "\n");
}

static void session_command_script(const struct session *s, struct strbuf *script)
{
    bool ends = s->before > 0 && sv_has_word(s->state.options, SV("errexit"));

    if (!ends && sv_has(s->cmd.text, SV("PIPESTATUS"))) /* sets "$?", too */
        session_say_pipeline(s, script);
    else if (s->before > 0 &&
             !sv_has_word(s->state.options, SV("errexit"))) /* it would have ended */
        strbuf_addf(script, "(exit %d)\n", (int)s->before);
    strbuf_add_sv(script, s->cmd.text);
}

static void session_next(struct session *s)
{
    CLEANUP(strbuf_release) struct strbuf script = STRBUF(0);

    if (!s->handles_open) {
        session_first(s);
        return;
    }
    if (s->plain && !session_is_plain(s)) {
        session_leave_plain(s);
        return;
    }
    s->phase = SESSION_RUNNING;
    s->status = 0;
    (void)uv_timer_stop(&s->timer); /* that of the contact; always succeeds */
    if (s->cmd.timeout_ms)
        session_arm(s, s->cmd.timeout_ms);
    if (!s->plain)
        session_command_script(s, &script);
    session_send(s, s->plain ? sv_trim(s->cmd.text) : strbuf_sv(&script));
}

void session_run(struct session *s, const struct session_command *c)
{
    assert(!session_busy(s) && s->phase != SESSION_CLOSING && c->done);
    s->cmd = *c;
    s->begun = procs_at(clock_now_us());
    s->changed = false;
    if (s->phase == SESSION_DOWN && s->handles_open)
        return; /* the old shell's handles are closing: session_on_handle_closed() goes on */
    session_next(s);
}
