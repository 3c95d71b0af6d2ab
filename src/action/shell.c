/*
 * shell: a command of the document, run by bash as it is written.
 */
#include "action/action.h"
#include "base/sv.h"

/*
 * What curl prints of its request when it is over: this, and the status in three digits.  Where curl runs in a shell,
 * nothing else tells an error page from an answer.
 */
#define SHELL_MARK     "\x1eHTTP "
#define SHELL_MARK_LEN (sizeof(SHELL_MARK) - 1 + 3)

struct shell_state {
    struct strbuf text; /* lives until the command has ended */
    bool asks_status;
    struct strbuf held; /* what may be the begin of a mark */
};

/* A mark at the begin of the text; 0: there was no answer. */
static bool shell_eat_mark(struct sv *text, int *status)
{
    struct sv rest = *text;
    uint64_t n;

    if (!sv_eat(&rest, SV(SHELL_MARK)) || !sv_to_u64(sv_sub(rest, 0, 3), &n))
        return false;
    *status = (int)n;
    *text = sv_sub(rest, 3, rest.n);
    return true;
}

/* Prints what it has, but for marks and what may become one. */
static void shell_print_held(struct action *a, struct shell_state *s)
{
    CLEANUP(strbuf_release) struct strbuf had = s->held;
    struct sv rest = strbuf_sv(&had);
    size_t at;

    s->held = STRBUF(0);
    while ((at = sv_find_byte(rest, SHELL_MARK[0], 0)) != SV_NPOS) {
        int status;

        if (at)
            action_print(a, CHILD_OUT, sv_sub(rest, 0, at));
        rest = sv_sub(rest, at, rest.n);
        if (rest.n < SHELL_MARK_LEN)
            break;
        if (shell_eat_mark(&rest, &status)) {
            if (status > a->outcome.http_status)
                a->outcome.http_status = status; /* of several requests the worst */
        } else {
            action_print(a, CHILD_OUT, sv_sub(rest, 0, 1));
            rest = sv_sub(rest, 1, rest.n);
        }
    }
    if (at == SV_NPOS && rest.n)
        action_print(a, CHILD_OUT, rest);
    else
        strbuf_add_sv(&s->held, rest);
}

static void shell_on_output(void *arg, enum child_stream stream, struct sv bytes)
{
    struct action *a = arg;
    struct shell_state *s = a->state;

    if (!s->asks_status || stream != CHILD_OUT) {
        action_print(a, stream, bytes);
        return;
    }
    strbuf_add_sv(&s->held, bytes);
    shell_print_held(a, s);
}

static void shell_on_done(void *arg, const struct session_result *r)
{
    struct action *a = arg;
    struct shell_state *s = a->state;

    if (s->held.n)
        action_print(a, CHILD_OUT, strbuf_sv(&s->held)); /* it was no mark */
    a->outcome.status = r->status;
    a->outcome.err = r->err;
    switch ((int)r->rc) {
    case ERR_OK: action_finish(a, ACTION_ENDED); break;
    case ERR_TIMEOUT: action_finish(a, ACTION_TIMEOUT); break;
    case ERR_INTERRUPTED: action_finish(a, ACTION_STOPPED); break;
    case ERR_NET: /* before it began it was not carried out; later nobody knows */
        action_finish(a, r->lost ? ACTION_LOST : ACTION_BROKE);
        break;
    default: action_finish(a, ACTION_BROKE); break;
    }
}

/*
 * A command of ours is carried out by the program that runs it, wherever PATH leads, and knows when the run began.  The
 * variables stand for this one command only.
 */
static bool shell_add_own(struct action *a, struct strbuf *out)
{
    int64_t began_us = a->env->values->started_us;
    char path[4096];
    size_t n = sizeof(path);
    struct err err;
    int rc = uv_exepath(path, &n);

    if (rc < 0) { /* uncovered: /proc is there */
        (void)err_sys(&err, -rc, "find the program that runs");
        action_break(a, &err);
        return false;
    }
    strbuf_addf(out, "PRUSIK_RUN_BEGAN=%lld '", (long long)began_us);
    for (size_t i = 0; i < n; i++) {
        if (path[i] == '\'')
            strbuf_add_str(out, "'\\'"); /* the quote ends, one of its own, it begins again */
        strbuf_add_byte(out, path[i]);
    }
    strbuf_add_byte(out, '\'');
    return true;
}

static void shell_start(struct action *a)
{
    struct shell_state *s = XNEW(struct shell_state);
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct sv rest;

    a->state = s;
    if (!action_text(a, "command", true, &text))
        return;
    rest = strbuf_sv(&text);
    if (json_get_bool(a->step->action, "own", false) && sv_eat(&rest, SV("prusik")) &&
        !shell_add_own(a, &s->text))
        return;
    s->asks_status =
        json_get_bool(a->step->action, "asks_status", false) && sv_eat(&rest, SV("curl"));
    if (s->asks_status)
        strbuf_addf(&s->text, "curl -w '%s%%{http_code}'", SHELL_MARK);
    strbuf_add_sv(&s->text, rest);
    session_run(a->session, &(struct session_command){.text = strbuf_sv(&s->text),
                                                      .timeout_ms = a->timeout_ms,
                                                      .output = shell_on_output,
                                                      .done = shell_on_done,
                                                      .arg = a});
}

static void shell_cancel(struct action *a)
{
    session_cancel(a->session);
}

static void shell_release(struct action *a)
{
    struct shell_state *s = a->state;

    if (s) {
        strbuf_release(&s->text);
        strbuf_release(&s->held);
    }
    free(s);
    a->state = NULL;
}

const struct action_ops action_shell = {
    .kind = "shell",
    .resume = RESUME_ASK, /* unless the plan says that it only looks */
    .uses_session = true,
    .start = shell_start,
    .cancel = shell_cancel,
    .release = shell_release,
};
