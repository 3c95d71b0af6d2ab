#include "action/remote_terminal.h"

#include <signal.h>
#include <stdio.h>

#include "action/pty.h"
#include "action/remote.h"
#include "base/sv.h"

/*
 * $1: the mark, $2: bytes of the script.  The terminal is raw while the script comes, so that it comes as it is and is not
 * shown; then it is as a new one.  stty(1) is of coreutils, as head(1).
 */
static const char remote_terminal_driver[] =
    "stty raw -echo && printf \"\\0\\0%s\\0%s\\0\" \"$1\" $$ && __prusik_s=$(head -c \"$2\") && stty sane &&"
    " eval \"$__prusik_s\"";

/* Interrupted is the command, not the shell that tells of its end. */
static const char remote_terminal_begin[] = "trap : INT QUIT\n";

/* How long ssh may take to end after the command has. */
#define REMOTE_TERMINAL_GOODBYE_MS 1000
/* What a piece behind a mark can have: a number, a word. */
#define REMOTE_TERMINAL_PIECE      32u
#define REMOTE_TERMINAL_SSH_FAILED 255

enum remote_terminal_phase {
    REMOTE_TERMINAL_CALLING, /* nothing was sent */
    REMOTE_TERMINAL_SENT,    /* it gets its state */
    REMOTE_TERMINAL_BEGUN,
    REMOTE_TERMINAL_ENDED, /* and has told how */
};

struct remote_terminal {
    struct remote_terminal_spec spec;
    uv_loop_t *loop;
    struct remote *remote;
    struct strbuf script;
    struct strbuf held; /* the beginning of a mark, perhaps */
    struct strbuf command;
    struct pty pty;
    struct child child;
    uv_timer_t timer;
    enum remote_terminal_phase phase;
    enum err_code why; /* it was stopped; ERR_OK: it was not */
    bool killing;      /* over there */
    bool child_over, closing;
    int open_handles;
    int64_t status;
};

/* --- the end --- */

static void remote_terminal_free(struct remote_terminal *t)
{
    remote_free(t->remote);
    strbuf_release(&t->script);
    strbuf_release(&t->held);
    strbuf_release(&t->command);
    pty_release(&t->pty);
    free(t);
}

/* A shell that ended by itself before the command did not come to the folder of the procedure: 97. */
static void remote_terminal_outcome(const struct remote_terminal *t, struct session_result *r)
{
    int64_t status = t->child.status;
    struct sv said = sv_trim(strbuf_sv(&t->remote->said));

    *r = (struct session_result){.status = -1};
    if (t->why == ERR_TIMEOUT) {
        r->rc =
            err_set(&r->err, ERR_TIMEOUT, "the command did not end within %llu ms and was ended",
                    (unsigned long long)t->spec.timeout_ms);
    } else if (t->why != ERR_OK) {
        r->rc = err_set(&r->err, ERR_INTERRUPTED, "the command was stopped");
    } else if (t->phase == REMOTE_TERMINAL_ENDED) {
        r->status = t->status;
    } else if (t->phase == REMOTE_TERMINAL_SENT && !t->child.sig &&
               status != REMOTE_TERMINAL_SSH_FAILED) {
        r->status = status;
    } else if (t->phase == REMOTE_TERMINAL_CALLING) {
        said = said.n ? said : sv_from(t->child.err.msg);
        r->rc = err_set(&r->err, ERR_NET, "host '%s' gives no terminal: %.*s", t->remote->host,
                        SV_FMT(sv_sub(said, 0, size_min(sv_find_byte(said, '\n', 0), said.n))));
        (void)err_hint(&r->err, "try: ssh -tt %s tty", t->remote->host);
    } else {
        r->lost = true;
        r->rc = err_set(&r->err, ERR_NET, "contact with host '%s' was lost", t->remote->host);
        (void)err_hint(&r->err, "try: ssh %s true", t->remote->host);
    }
}

static void remote_terminal_on_closed(struct remote_terminal *t)
{
    struct session_result r;

    if (--t->open_handles > 0)
        return;
    remote_terminal_outcome(t, &r);
    t->spec.done(t->spec.arg, &r);
    remote_terminal_free(t);
}

static void remote_terminal_on_timer_closed(uv_handle_t *h)
{
    remote_terminal_on_closed(h->data);
}

static void remote_terminal_on_pty_closed(void *arg)
{
    remote_terminal_on_closed(arg);
}

static void remote_terminal_maybe_over(struct remote_terminal *t)
{
    if (!t->child_over || t->killing || t->closing)
        return;
    t->closing = true;
    pty_close(&t->pty);
    uv_close((uv_handle_t *)&t->timer, remote_terminal_on_timer_closed);
}

static void remote_terminal_on_child_done(struct child *c, enum err_code rc UNUSED)
{
    struct remote_terminal *t = container_of(c, struct remote_terminal, child);

    pty_take(&t->pty);
    t->child_over = true;
    remote_terminal_maybe_over(t);
}

static void remote_terminal_hang_up(uv_timer_t *timer)
{
    struct remote_terminal *t = timer->data;

    child_stop(&t->child);
}

static void remote_terminal_goodbye(struct remote_terminal *t)
{
    (void)uv_timer_start(&t->timer, remote_terminal_hang_up, REMOTE_TERMINAL_GOODBYE_MS, 0);
}

static void remote_terminal_on_killed(void *arg)
{
    struct remote_terminal *t = arg;

    t->killing = false;
    remote_terminal_goodbye(t);
    remote_terminal_maybe_over(t);
}

static void remote_terminal_stop(struct remote_terminal *t, enum err_code why)
{
    if (t->why != ERR_OK || t->child_over || t->phase == REMOTE_TERMINAL_ENDED)
        return;
    t->why = why;
    (void)uv_timer_stop(&t->timer); /* always succeeds */
    if (t->phase == REMOTE_TERMINAL_CALLING) {
        child_stop(&t->child);
        return;
    }
    t->killing = true;
    remote_kill(t->remote, t->loop, t->spec.grace_ms, remote_terminal_on_killed, t);
}

static void remote_terminal_on_late(uv_timer_t *timer)
{
    remote_terminal_stop(timer->data, ERR_TIMEOUT);
}

void remote_terminal_cancel(struct remote_terminal *t)
{
    remote_terminal_stop(t, ERR_INTERRUPTED);
}

/* --- what comes from there --- */

/* A shell says one thing after the other: its number, that the command begins, its status. */
static void remote_terminal_piece(struct remote_terminal *t, struct sv piece)
{
    if (t->phase == REMOTE_TERMINAL_CALLING && t->why == ERR_OK &&
        sv_to_i64(piece, &t->remote->pid)) {
        t->phase = REMOTE_TERMINAL_SENT;
        pty_send(&t->pty, strbuf_sv(&t->script));
    } else if (t->phase == REMOTE_TERMINAL_SENT) {
        t->phase = REMOTE_TERMINAL_BEGUN;
        t->spec.begun(t->spec.arg, t->pty.master);
    } else if (t->phase == REMOTE_TERMINAL_BEGUN && sv_to_i64(piece, &t->status)) {
        t->phase = REMOTE_TERMINAL_ENDED;
        if (t->why == ERR_OK)
            remote_terminal_goodbye(t);
    }
}

static void remote_terminal_show(struct remote_terminal *t, struct sv bytes)
{
    if (t->phase == REMOTE_TERMINAL_CALLING)
        strbuf_add_sv(&t->remote->said, bytes);
    else if (t->phase == REMOTE_TERMINAL_BEGUN)
        t->spec.shown(t->spec.arg, bytes);
}

/* True: something of what is held was used up. */
static bool remote_terminal_next(struct remote_terminal *t)
{
    char buf[REMOTE_MARK_BYTES];
    struct sv mark = remote_mark(t->remote, buf), all = strbuf_sv(&t->held);
    size_t at = remote_find_mark(all, mark), end;

    if (at > 0) {
        remote_terminal_show(t, sv_sub(all, 0, at));
        strbuf_consume(&t->held, at);
        return true;
    }
    all = sv_sub(all, 0, size_min(all.n, mark.n + REMOTE_TERMINAL_PIECE));
    end = all.n > mark.n ? sv_find_byte(all, '\0', mark.n) : SV_NPOS;
    if (end == SV_NPOS && all.n < mark.n + REMOTE_TERMINAL_PIECE)
        return false;
    if (end == SV_NPOS)
        end = mark.n - 1; /* it knows our mark, and is no shell of ours */
    else
        remote_terminal_piece(t, sv_sub(all, mark.n, end));
    strbuf_consume(&t->held, end + 1);
    return true;
}

static void remote_terminal_on_shown(void *arg, struct sv bytes)
{
    struct remote_terminal *t = arg;

    strbuf_add_sv(&t->held, bytes);
    while (t->held.n && remote_terminal_next(t))
        ;
}

/* What ssh itself says. */
static void remote_terminal_on_said(struct child *c, enum child_stream stream UNUSED,
                                    struct sv bytes)
{
    struct remote_terminal *t = container_of(c, struct remote_terminal, child);

    if (t->phase == REMOTE_TERMINAL_CALLING)
        strbuf_add_sv(&t->remote->said, bytes);
}

/* --- the start --- */

static void remote_terminal_say(const struct remote_terminal *t, const char *what,
                                struct strbuf *out)
{
    strbuf_addf(out, "printf '\\0\\0%%s\\0%%s\\0' %s %s\n", t->remote->mark.s, what);
}

/* The state without the shell's own options: the command has a bash of its own. */
static void remote_terminal_script(struct remote_terminal *t)
{
    const struct session *s = t->spec.session;
    CLEANUP(json_cleanup)
    json_t *diff = session_state_diff(session_state(s), session_base(s), NULL);
    struct strbuf *out = &t->script;

    json_object_del(diff, "options");
    strbuf_add_str(out, "set --\n");
    strbuf_add_sv(out, strbuf_sv(&t->remote->init));
    session_state_script(diff, out);
    strbuf_add_str(out, remote_terminal_begin);
    remote_terminal_say(t, "begins", out);
    strbuf_add_str(out, "bash -c ");
    session_quote(strbuf_sv(&t->command), out);
    strbuf_add_str(out, "\n");
    remote_terminal_say(t, "$?", out);
}

/* The shell opens the terminal, and as it leads a session it has it then: what becomes ssh is told of its size. */
static void remote_terminal_spawn(struct remote_terminal *t)
{
    static const char *const sh[] = {"/bin/sh", "-c", "exec \"$@\" <>\"$0\" >&0"};
    VEC(const char *) argv = {0};
    char bytes[32];

    (void)snprintf(bytes, sizeof(bytes), "%zu", t->script.n);
    for (size_t i = 0; i < ARRAY_LEN(sh); i++)
        *vec_add(&argv) = sh[i];
    *vec_add(&argv) = t->pty.name;
    for (const char *const *a = remote_terminal_argv(t->remote, remote_terminal_driver, bytes); *a;
         a++)
        *vec_add(&argv) = *a;
    *vec_add(&argv) = NULL;
    t->child = (struct child){
        .spec = {.argv = argv.v, .env = session_env(t->spec.session), .grace_ms = t->spec.grace_ms},
        .output = remote_terminal_on_said,
        .done = remote_terminal_on_child_done};
    child_start(&t->child, t->loop);
    vec_release(&argv);
}

struct remote_terminal *
remote_terminal_start(uv_loop_t *loop, const struct remote_terminal_spec *spec, struct err *err)
{
    struct remote_terminal *t = XNEW(struct remote_terminal);
    const struct remote *r = session_remote(spec->session);

    assert(r && !session_busy(spec->session));
    t->spec = *spec;
    t->loop = loop;
    t->held = t->script = t->command = STRBUF(0);
    strbuf_add_sv(&t->command, spec->command);
    t->remote = remote_new(&(struct session_remote){.host = r->host,
                                                    .ssh = (const char *const *)r->ssh,
                                                    .init = strbuf_sv(&r->init)},
                           NULL, NULL);
    remote_begin(t->remote);
    t->pty = (struct pty){
        .shown = remote_terminal_on_shown, .closed = remote_terminal_on_pty_closed, .arg = t};
    if (pty_open(&t->pty, true, err) != ERR_OK) {
        remote_terminal_free(t);
        return NULL;
    }
    spec->made(spec->arg, t->pty.master);
    remote_terminal_script(t);
    (void)uv_timer_init(loop, &t->timer); /* always succeeds */
    t->timer.data = t;
    t->open_handles = 2;
    pty_start(&t->pty, loop);
    if (spec->timeout_ms)
        (void)uv_timer_start(&t->timer, remote_terminal_on_late, spec->timeout_ms, 0);
    remote_terminal_spawn(t);
    return t;
}
