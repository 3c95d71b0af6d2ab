/*
 * shell: a command of the document, run by bash as it is written.
 */
#include "action/action.h"
#include "base/sv.h"

struct shell_state {
    struct strbuf text; /* lives until the command has ended */
};

static void shell_on_output(void *arg, enum child_stream stream, struct sv bytes)
{
    action_print(arg, stream, bytes);
}

static void shell_on_done(void *arg, const struct session_result *r)
{
    struct action *a = arg;

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

    if (s)
        strbuf_release(&s->text);
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
