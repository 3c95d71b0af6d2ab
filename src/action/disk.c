/*
 * disk: `df PATH`, asked of the kernel instead of read from a table made for people.
 */
#include "action/action.h"

struct disk_state {
    uv_fs_t req;
    struct strbuf path;
};

static void disk_on_done(uv_fs_t *req)
{
    struct action *a = req->data;
    struct disk_state *s = a->state;
    const uv_statfs_t *f = req->ptr;
    CLEANUP(strbuf_release) struct strbuf line = STRBUF(0);
    struct err err;

    if (req->result < 0) {
        (void)err_sys(&err, (int)-req->result, "file system of '%s'", strbuf_str(&s->path));
        action_break(a, &err);
        return;
    }
    a->outcome.status = 0;
    a->outcome.free_bytes = (double)f->f_bavail * (double)f->f_bsize;
    strbuf_addf(&line, "%s: %.1f GB free of %.1f GB\n", strbuf_str(&s->path),
                a->outcome.free_bytes / 1e9, (double)f->f_blocks * (double)f->f_bsize / 1e9);
    action_print(a, CHILD_OUT, strbuf_sv(&line));
    action_finish(a, ACTION_ENDED);
}

static void disk_start(struct action *a)
{
    struct disk_state *s = XNEW(struct disk_state);
    struct err err;
    int rc;

    a->state = s;
    if (!action_path(a, "path", &s->path))
        return;
    s->req.data = a;
    rc = uv_fs_statfs(a->env->loop, &s->req, strbuf_str(&s->path), disk_on_done);
    if (rc < 0) { /* uncovered: fails only for want of memory */
        (void)err_sys(&err, -rc, "file system of '%s'", strbuf_str(&s->path));
        action_break(a, &err);
    }
}

static void disk_release(struct action *a)
{
    struct disk_state *s = a->state;

    if (!s)
        return;
    uv_fs_req_cleanup(&s->req);
    strbuf_release(&s->path);
    free(s);
    a->state = NULL;
}

const struct action_ops action_disk = {
    .kind = "disk",
    .resume = RESUME_AGAIN,
    .uses_session = true,
    .start = disk_start,
    .release = disk_release,
};
