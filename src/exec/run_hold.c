/*
 * What a run holds and has to give back: the maintenance flag (promise P9).
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/sv.h"
#include "exec/run_int.h"

static void run_hold_event(struct run *r, enum event_kind kind, const char *why)
{
    json_t *data = json_object();

    json_put_str(data, "what", "maintenance");
    json_put_str(data, "file", r->flag.path);
    json_put_str(data, "why", why);
    run_queue(r, kind, &r->steps.v[r->flag.step], data);
}

void run_hold_update(struct run *r, size_t step)
{
    const struct plan_step *p = r->steps.v[step].p;

    if (!sv_eq(p->kind, SV("maintenance")))
        return;
    if (json_get_bool(p->action, "on", false)) {
        assert(r->action_ready && r->action.outcome.n_made > 0);
        free(r->flag.path);
        r->flag = (struct run_flag){
            .held = true, .path = xstrdup(r->action.outcome.made[0]), .step = step};
        run_hold_event(r, EVENT_HOLD_TAKEN, "a step of the document");
    } else if (r->flag.held && !file_exists(r->flag.path)) { /* or it was another file that went */
        r->flag.held = false;
        run_hold_event(r, EVENT_HOLD_GIVEN, "a step of the document");
    }
}

void run_hold_put_intent(struct run *r, const struct plan_step *p, json_t *intent)
{
    CLEANUP(strbuf_release) struct strbuf path = STRBUF(0);
    struct action a = {.step = p, .env = &r->env};
    struct err ignored; /* the act says it */

    if (!sv_eq(p->kind, SV("maintenance")) || !json_get_bool(p->action, "on", false))
        return;
    a.session = run_session_for(r, p);
    if (action_resolve_path(&a, json_object_get(p->action, "file"), &path, &ignored) == ERR_OK &&
        !file_exists(strbuf_str(&path)))
        json_put_sv(intent, "flag", strbuf_sv(&path));
}

void run_hold_suspect(struct run *r, size_t step, const char *file)
{
    if (!file_exists(file))
        return;
    free(r->flag.path);
    r->flag = (struct run_flag){.held = true, .path = xstrdup(file), .step = step, .untold = true};
}

void run_hold_tell(struct run *r)
{
    if (r->flag.untold)
        run_hold_event(r, EVENT_HOLD_TAKEN, "a step of the document, which was killed behind it");
    r->flag.untold = false;
}

/*
 * The first step after the flag was set that has changed something: lifting the flag would let users in on a system
 * that is half changed.  On the way back, all that was changed is being undone, whoever set the flag.
 */
static const struct run_step *run_hold_unsafe(const struct run *r)
{
    for (size_t i = r->stage == STAGE_WAY_BACK ? 0 : r->flag.step + 1; i < r->steps.n; i++) {
        const struct run_step *s = &r->steps.v[i];
        struct sv e = s->p->effect;

        if (s->attempt == 0 || s->state == STEP_SKIPPED)
            continue;
        if (!sv_eq(e, SV("none")) && !sv_eq(e, SV("session")) && !sv_eq(e, SV("backup")) &&
            !sv_eq(s->p->kind, SV("maintenance")))
            return s;
    }
    return NULL;
}

static bool run_hold_lift(const struct run *r)
{
    return unlink(r->flag.path) == 0 || errno == ENOENT;
}

void run_hold_give_back(struct run *r, bool stopped, json_t *kept)
{
    const struct run_step *unsafe;

    if (!r->flag.held)
        return;
    unsafe = stopped && file_exists(r->flag.path) ? run_hold_unsafe(r) : NULL;
    if (!stopped && run_back_keeps_flag(r)) {
        json_put_str(kept, "file", r->flag.path);
        json_put_sv(kept, "because",
                    arena_fmt(&r->arena, "it was on at step %.*s, which the way back went to",
                              SV_FMT(r->back_to)));
        return;
    }
    if (unsafe || !run_hold_lift(r)) {
        json_put_str(kept, "file", r->flag.path);
        if (unsafe)
            json_put_sv(
                kept, "because",
                arena_fmt(&r->arena, "step %.*s has changed the system", SV_FMT(unsafe->p->id)));
        else
            json_put_str(kept, "because", "it cannot be removed");
        return;
    }
    r->flag.held = false;
    r->flag.lifted_for_stop = stopped;
    run_hold_event(r, EVENT_HOLD_GIVEN, stopped ? "the run stopped" : "the run is over");
}

bool run_hold_retake(struct run *r)
{
    CLEANUP(fd_closep) int fd = -1;

    run_hold_tell(r);
    /* Held and yet not there: a crash came between lifting it and the word on that. */
    if (!r->flag.lifted_for_stop && (!r->flag.held || file_exists(r->flag.path)))
        return true;
    fd = open(r->flag.path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);
    if (fd < 0) {
        (void)err_sys(&r->err, errno, "make maintenance flag '%s' again", r->flag.path);
        return false;
    }
    r->flag.held = true;
    r->flag.lifted_for_stop = false;
    run_hold_event(r, EVENT_HOLD_TAKEN, "the run goes on");
    return true;
}
