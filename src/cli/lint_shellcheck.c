#include "cli/lint_shellcheck.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"
#include "base/json.h"
#include "base/sv.h"

#define CHECK_OUTPUT_BYTES (16u << 20) /* of one batch */
#define CHECK_BATCH        200u        /* files of one process: its memory, and the kernel's argv */
#define CHECK_TIMEOUT_MS   60000u

/* Of a script by itself, not of a piece of one: shebang, cd || exit, variables and files from elsewhere, -r. */
#define CHECK_EXCLUDE "SC2148,SC2164,SC2154,SC2034,SC1090,SC1091,SC2029,SC2012,SC2002,SC2162"

struct check_file {
    struct lint_job *job;
    const struct lint_job_block *block;
    char *path;
};

struct check {
    uv_loop_t loop;
    struct child child;
    struct strbuf out;
    enum err_code rc;
    char *dir;
    VEC(struct check_file) files;
};

static void check_on_output(struct child *c, enum child_stream stream, struct sv bytes)
{
    struct check *k = container_of(c, struct check, child);

    if (stream == CHILD_OUT)
        strbuf_add_sv(&k->out, bytes);
}

static void check_on_done(struct child *c, enum err_code rc)
{
    container_of(c, struct check, child)->rc = rc;
}

static const struct lint_rule *check_rule(struct sv level)
{
    return sv_eq(level, SV("error"))     ? lint_find_rule(SV("RB190"))
           : sv_eq(level, SV("warning")) ? lint_find_rule(SV("RB191"))
                                         : lint_find_rule(SV("RB192"));
}

/* Does a comment on line n of the block, or on the one above, silence the rule? */
static bool check_is_ignored(struct sv text, size_t n, const char *id)
{
    struct sv line;

    for (size_t k = 1; k <= n && sv_next_line(&text, &line); k++) {
        size_t at = k + 1 >= n ? sv_find(line, SV("prusik: ignore"), 0) : SV_NPOS;

        if (at != SV_NPOS && sv_has_word(sv_sub(line, at, line.n), sv_from(id)))
            return true;
    }
    return false;
}

static void check_take(struct check *k, const json_t *comment)
{
    struct sv path = json_get_sv(comment, "file");
    const struct lint_rule *rule = check_rule(json_get_sv(comment, "level"));

    size_t line = (size_t)json_get_int(comment, "line", 1);

    for (size_t i = 0; i < k->files.n; i++) {
        struct check_file *f = &k->files.v[i];
        struct lint_finding *put;

        if (!sv_eq(path, sv_from(f->path)) || check_is_ignored(f->block->text, line, rule->id))
            continue;
        put = vec_add(&f->job->lint.findings);
        put->id = rule->id;
        put->severity = rule->severity;
        put->line = put->end_line = f->block->line + line;
        put->column = put->chars = f->block->indent + (size_t)json_get_int(comment, "column", 1);
        put->message =
            arena_fmt(&f->job->lint.arena, "SC%04d: %s", (int)json_get_int(comment, "code", 0),
                      json_get_str(comment, "message", ""));
        put->hint = sv_from(rule->mend);
        return;
    }
}

/* {"comments": [{"file", "line", "column", "level", "code", "message"}]} */
static enum err_code check_read(struct check *k, struct err *err)
{
    CLEANUP(json_cleanup) json_t *root = NULL;
    const json_t *comments;

    if (!k->out.n)
        return ERR_OK; /* it said nothing: not installed, or of another kind */
    if (json_read(strbuf_sv(&k->out), &root, err) != ERR_OK)
        return err_wrap(err, "read what shellcheck says");
    comments = json_object_get(root, "comments");
    for (size_t i = 0; i < json_array_size(comments); i++)
        check_take(k, json_array_get(comments, i));
    return ERR_OK;
}

/* Run over files [from, to). */
static enum err_code check_batch(struct check *k, size_t from, size_t to, struct err *err)
{
    VEC(const char *) argv = {0};
    enum err_code rc;

    *vec_add(&argv) = "shellcheck";
    *vec_add(&argv) = "--norc";
    *vec_add(&argv) = "--format=json1";
    *vec_add(&argv) = "--shell=bash";
    *vec_add(&argv) = "--exclude=" CHECK_EXCLUDE;
    for (size_t i = from; i < to; i++)
        *vec_add(&argv) = k->files.v[i].path;
    *vec_add(&argv) = NULL;
    k->child = (struct child){.spec = {.argv = argv.v, .timeout_ms = CHECK_TIMEOUT_MS},
                              .output = check_on_output,
                              .done = check_on_done};
    k->out = STRBUF(CHECK_OUTPUT_BYTES);
    child_start(&k->child, &k->loop);
    (void)uv_run(&k->loop, UV_RUN_DEFAULT); /* ends when the child has */
    rc = k->out.overflow || k->child.timed_out ? ERR_OK : check_read(k, err);
    strbuf_release(&k->out);
    vec_release(&argv);
    return rc;
}

static enum err_code check_write(struct check *k, struct lint_jobs *jobs, struct err *err)
{
    for (size_t i = 0; i < jobs->list.n; i++)
        for (size_t b = 0; b < jobs->list.v[i].blocks.n; b++) {
            struct check_file *f = vec_add(&k->files);
            char name[32];

            (void)snprintf(name, sizeof(name), "%zu.sh", k->files.n);
            *f = (struct check_file){&jobs->list.v[i], &jobs->list.v[i].blocks.v[b],
                                     path_join(k->dir, name)};
            if (file_write_atomic(f->path, f->block->text, 0600, err) != ERR_OK)
                return err->code;
        }
    return ERR_OK;
}

static bool check_installed(void)
{
    const char *path = getenv("PATH");
    struct sv rest = sv_from(path), dir;

    while (sv_split(&rest, ':', &dir)) {
        CLEANUP(mem_freep) char *folder = xstrdup_sv(dir);
        CLEANUP(mem_freep) char *file = path_join(folder, "shellcheck");

        if (access(file, X_OK) == 0)
            return true;
    }
    return false;
}

static void check_release(struct check *k)
{
    for (size_t i = 0; i < k->files.n; i++) {
        (void)unlink(k->files.v[i].path); /* in a folder of our own, which goes next */
        free(k->files.v[i].path);
    }
    vec_release(&k->files);
    (void)rmdir(k->dir);
    free(k->dir);
    (void)uv_loop_close(&k->loop);
}

enum err_code lint_shellcheck(struct lint_jobs *jobs, struct err *err)
{
    struct check k = {.dir = NULL};
    enum err_code rc;

    if (!check_installed())
        return ERR_OK;
    if (file_make_temp("prusik-lint", &k.dir, err) != ERR_OK)
        return err->code;
    if (uv_loop_init(&k.loop) != 0) {
        (void)rmdir(k.dir);
        free(k.dir);
        return err_set(err, ERR_IO, "start an event loop");
    }
    rc = check_write(&k, jobs, err);
    for (size_t from = 0; rc == ERR_OK && from < k.files.n; from += CHECK_BATCH)
        rc = check_batch(&k, from, size_min(from + CHECK_BATCH, k.files.n), err);
    check_release(&k);
    for (size_t i = 0; i < jobs->list.n; i++)
        lint_sort(&jobs->list.v[i].lint);
    return rc;
}
