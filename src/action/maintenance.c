/*
 * maintenance: the flag file that tells a service to answer "maintenance".
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "action/action.h"
#include "base/fd.h"
#include "base/file.h"

static bool maintenance_make(const char *path, struct err *err)
{
    CLEANUP(fd_closep) int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);

    if (fd >= 0)
        return true;
    (void)err_sys(err, errno, "make maintenance flag '%s'", path);
    return false;
}

static bool maintenance_lift(const char *path, struct err *err)
{
    if (unlink(path) == 0 || errno == ENOENT)
        return true;
    (void)err_sys(err, errno, "remove maintenance flag '%s'", path);
    return false;
}

static void maintenance_start(struct action *a)
{
    CLEANUP(strbuf_release) struct strbuf path = STRBUF(0), line = STRBUF(0);
    bool on = json_get_bool(a->step->action, "on", false);
    struct err err;

    if (!action_path(a, "file", &path))
        return;
    if (!(on ? maintenance_make : maintenance_lift)(strbuf_str(&path), &err)) {
        action_break(a, &err);
        return;
    }
    a->outcome.status = 0;
    if (on)
        a->outcome.made[a->outcome.n_made++] = arena_strdup(&a->arena, strbuf_sv(&path));
    strbuf_addf(&line, "maintenance is %s (%s)\n", on ? "on" : "off", strbuf_str(&path));
    action_print(a, CHILD_OUT, strbuf_sv(&line));
    action_finish(a, ACTION_ENDED);
}

const struct action_ops action_maintenance = {
    .kind = "maintenance",
    .resume = RESUME_AGAIN,
    .uses_session = true,
    .start = maintenance_start,
};
