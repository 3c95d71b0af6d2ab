#include "backup/proc.h"

#include <errno.h>

#include "base/child.h"
#include "base/sv.h"

#define PROC_ERR_BYTES 65536u
#define PROC_LOOK_MS   200u

struct proc_state {
    const struct proc *p;
    struct child child;
    uv_timer_t timer; /* looks whether the work is to end */
    struct strbuf said;
    struct err err; /* ours: what it printed could not be taken */
    enum err_code rc;
    bool done;
};

static struct proc_state *proc_of(struct child *c)
{
    return container_of(c, struct proc_state, child);
}

static void proc_fail(struct proc_state *s)
{
    if (s->rc == ERR_OK)
        s->rc = s->err.code;
    child_stop(&s->child);
}

static void proc_on_output(struct child *c, enum child_stream stream, struct sv bytes)
{
    struct proc_state *s = proc_of(c);

    if (stream == CHILD_ERR) {
        strbuf_add_sv(&s->said, sv_sub(bytes, 0, PROC_ERR_BYTES - s->said.n));
        return;
    }
    if (s->p->out)
        strbuf_add_sv(s->p->out, bytes);
    if (s->rc == ERR_OK && s->p->on_out && s->p->on_out(s->p->arg, bytes, &s->err) != ERR_OK)
        proc_fail(s);
}

static void proc_on_timer(uv_timer_t *t)
{
    struct proc_state *s = container_of(t, struct proc_state, timer);

    if (s->rc == ERR_OK &&
        job_tick(s->p->job, s->p->phase, s->p->done ? *s->p->done : 0, 0, &s->err) != ERR_OK)
        proc_fail(s);
}

static void proc_on_done(struct child *c, enum err_code rc)
{
    struct proc_state *s = proc_of(c);

    s->done = true;
    if (s->rc == ERR_OK && rc != ERR_OK) {
        s->rc = rc;
        s->err = c->err;
    }
    uv_close((uv_handle_t *)&s->timer, NULL);
}

/* The first line that a program said is its reason; the rest repeats it from farther away. */
static void proc_add_words(struct proc_state *s)
{
    struct sv rest = sv_trim(strbuf_sv(&s->said)), line = {NULL, 0}, hint = {NULL, 0};

    if (s->rc != ERR_FAILED || !sv_next_line(&rest, &line))
        return;
    (void)sv_next_line(&rest, &hint);
    (void)err_set(&s->err, ERR_FAILED, "%.*s", SV_FMT(line));
    if (sv_trim(hint).n)
        (void)err_hint(&s->err, "%.*s", SV_FMT(sv_trim(hint)));
}

enum err_code proc_run(const struct proc *p, struct err *err)
{
    struct proc_state s = {.p = p, .said = STRBUF(PROC_ERR_BYTES)};
    uv_loop_t loop;
    int sys = uv_loop_init(&loop);

    if (sys != 0)
        return err_sys(err, -sys, "an event loop"); /* uncovered: needs descriptors only */
    s.child.spec = (struct child_spec){.argv = p->argv, .env = p->env, .input = p->input};
    s.child.output = proc_on_output;
    s.child.done = proc_on_done;
    (void)uv_timer_init(&loop, &s.timer); /* always succeeds */
    (void)uv_timer_start(&s.timer, proc_on_timer, PROC_LOOK_MS, PROC_LOOK_MS);
    child_start(&s.child, &loop);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    assert(s.done);
    (void)uv_loop_close(&loop);
    proc_add_words(&s);
    strbuf_release(&s.said);
    if (s.rc == ERR_OK)
        return ERR_OK;
    *err = s.err;
    if (err->sys == ENOENT && s.rc == ERR_IO)
        return err_set(err, ERR_NOT_FOUND, "there is no program '%s'", p->argv[0]);
    return s.rc;
}
