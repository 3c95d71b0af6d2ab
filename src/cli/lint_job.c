#include "cli/lint_job.h"

#include <dirent.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <uv.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/sv.h"
#include "lint/lint_fix.h"
#include "runbook/placeholder.h"

#define JOB_DEPTH   16u        /* of folders in folders */
#define JOB_THREADS 16u        /* at most; a document is a few milliseconds */
#define JOB_STACK   (8u << 20) /* the parsers recurse up to LIMIT_NESTING */

static const char *job_suffix(const struct lint_jobs *jobs)
{
    return jobs->suffix ? jobs->suffix : jobs->sql ? ".sql" : ".md";
}

static void job_put(struct lint_jobs *jobs, const char *path)
{
    vec_add(&jobs->list)->path = xstrdup(path);
}

static int job_by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static enum err_code job_folder(struct lint_jobs *jobs, const char *path, size_t depth,
                                struct err *err);

/* A folder is gone through, a .md is taken, everything else is left. */
static enum err_code job_entry(struct lint_jobs *jobs, const char *path, size_t depth,
                               struct err *err)
{
    struct stat st;

    if (lstat(path, &st) != 0)
        return err_sys(err, errno, "look at '%s'", path);
    if (S_ISDIR(st.st_mode))
        return depth < JOB_DEPTH ? job_folder(jobs, path, depth + 1, err) : ERR_OK;
    if (S_ISREG(st.st_mode) && sv_ends(sv_from(path), sv_from(job_suffix(jobs))))
        job_put(jobs, path);
    return ERR_OK;
}

static enum err_code job_folder(struct lint_jobs *jobs, const char *path, size_t depth,
                                struct err *err)
{
    VEC(char *) names = {0};
    enum err_code rc = ERR_OK;
    DIR *dir = opendir(path);

    if (!dir)
        return err_sys(err, errno, "open '%s'", path);
    for (struct dirent *e = readdir(dir); e; e = readdir(dir))
        if (e->d_name[0] != '.')
            *vec_add(&names) = path_join(path, e->d_name);
    closedir(dir);
    if (names.n)
        qsort(names.v, names.n, sizeof(char *), job_by_name);
    for (size_t i = 0; i < names.n; i++) {
        if (rc == ERR_OK)
            rc = job_entry(jobs, names.v[i], depth, err);
        free(names.v[i]);
    }
    vec_release(&names);
    return rc;
}

enum err_code lint_jobs_add(struct lint_jobs *jobs, const char *path, struct err *err)
{
    size_t before = jobs->list.n;
    struct stat st;

    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
        job_put(jobs, path); /* what cannot be read says so when it is read */
        return ERR_OK;
    }
    if (job_folder(jobs, path, 0, err) != ERR_OK)
        return err->code;
    if (jobs->list.n == before)
        return err_set(err, ERR_NOT_FOUND, "there is no %s below '%s'", job_suffix(jobs), path);
    return ERR_OK;
}

/* --- one document --- */

/* How far the block is indented, as in a list item. */
static size_t job_indent(const struct runbook *rb, const struct rb_block *b)
{
    struct sv rest = b->text, first;
    size_t at = sv_next_line(&rest, &first) ? sv_find(document_line(rb->doc, b->line + 1), first, 0)
                                            : SV_NPOS;

    return at == SV_NPOS ? 0 : at;
}

static void job_blocks(struct lint_job *j, const struct runbook *rb)
{
    for (size_t i = 0; i < rb->n_blocks; i++) {
        const struct rb_block *b = &rb->blocks[i];
        struct lint_job_block *put;

        if (b->kind != BLOCK_SHELL || b->script.broken || !b->text.n)
            continue;
        put = vec_add(&j->blocks);
        put->line = b->line;
        put->indent = job_indent(rb, b);
        put->text =
            arena_sv(&j->lint.arena, placeholder_mask(b->text, &b->placeholders, &j->lint.arena));
    }
}

static enum err_code job_mend(struct lint_job *j, const struct runbook *rb, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);
    struct lint_mends mends = {0};
    struct stat st;
    enum err_code rc = ERR_OK;

    lint_fix(rb, &out, &mends);
    j->n_mended = mends.list.n;
    vec_release(&mends.list);
    if (!j->n_mended)
        return ERR_OK;
    if (stat(j->path, &st) != 0)
        return err_sys(err, errno, "look at '%s'", j->path);
    rc = file_write_atomic(j->path, strbuf_sv(&out), st.st_mode & 07777u, err);
    return rc;
}

/* A document that passes a limit says so where it does; others of the run are no worse for it. */
static enum err_code job_unread(struct lint_job *j, struct err *err)
{
    if (err->code != ERR_LIMIT)
        return err->code;
    lint_unread(j->path, err, &j->lint);
    *err = (struct err){0};
    return ERR_OK;
}

static enum err_code job_do_sql(const struct lint_jobs *jobs, struct lint_job *j, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(LIMIT_SQL_BYTES);

    if (j->printed) {
        lint_sql_file(SV("alembic.sql"), sv_from(j->printed), &jobs->ask, &j->lint);
        return ERR_OK;
    }
    if (file_read(j->path, LIMIT_SQL_BYTES, &text, err) != ERR_OK)
        return err->code;
    lint_sql_file(sv_from(j->path), strbuf_sv(&text), &jobs->ask, &j->lint);
    return ERR_OK;
}

/* Read, lint, and keep only what is shown.  The mended file is read again. */
static enum err_code job_do(const struct lint_jobs *jobs, struct lint_job *j, struct err *err)
{
    struct document doc;
    struct runbook rb;
    enum err_code rc = ERR_OK;
    bool again = false;

    if (jobs->sql)
        return job_do_sql(jobs, j, err);
    if (document_load(j->path, &doc, err) != ERR_OK)
        return job_unread(j, err);
    if (runbook_read(&doc, &rb, err) != ERR_OK) {
        document_release(&doc);
        return job_unread(j, err);
    }
    if (jobs->fix && !j->n_mended) {
        rc = job_mend(j, &rb, err);
        again = rc == ERR_OK && j->n_mended > 0;
    }
    if (rc == ERR_OK && !again) {
        lint_run(&rb, &j->lint);
        if (jobs->list.n > 1)
            lint_names_read(&j->lint, &j->names);
        if (jobs->want_blocks)
            job_blocks(j, &rb);
        lint_settle(&j->lint);
    }
    runbook_release(&rb);
    document_release(&doc);
    return again ? job_do(jobs, j, err) : rc;
}

/* --- all of them --- */

struct job_pool {
    struct lint_jobs *jobs;
    atomic_size_t next;
};

static void job_thread(void *arg)
{
    struct job_pool *pool = arg;

    for (;;) {
        size_t i = atomic_fetch_add(&pool->next, 1);
        struct lint_job *j;

        if (i >= pool->jobs->list.n)
            return;
        j = &pool->jobs->list.v[i];
        j->rc = job_do(pool->jobs, j, &j->err);
    }
}

static void job_compare(struct lint_jobs *jobs)
{
    VEC(struct lint_cross_doc) docs = {0};

    for (size_t i = 0; i < jobs->list.n; i++)
        if (jobs->list.v[i].rc == ERR_OK)
            *vec_add(&docs) = (struct lint_cross_doc){jobs->list.v[i].path, &jobs->list.v[i].lint,
                                                      &jobs->list.v[i].names};
    lint_cross(docs.v, docs.n);
    vec_release(&docs);
}

void lint_jobs_run(struct lint_jobs *jobs)
{
    struct job_pool pool = {.jobs = jobs};
    uv_thread_t threads[JOB_THREADS];
    uv_thread_options_t options = {.flags = UV_THREAD_HAS_STACK_SIZE, .stack_size = JOB_STACK};
    size_t n = size_min(size_min(uv_available_parallelism(), JOB_THREADS), jobs->list.n),
           started = 0;

    if (jobs->ask.scratch || jobs->ask.catalog) /* each file finds what those before it have made */
        n = 1;
    while (started + 1 < n &&
           uv_thread_create_ex(&threads[started], &options, job_thread, &pool) == 0)
        started++;
    job_thread(&pool);
    for (size_t i = 0; i < started; i++)
        (void)uv_thread_join(&threads[i]); /* fails only for a thread that is none */
    if (jobs->list.n > 1 && !jobs->sql)
        job_compare(jobs);
}

static void job_release(struct lint_job *j)
{
    free(j->path);
    free(j->printed);
    free(j->sources);
    vec_release(&j->blocks);
    lint_names_release(&j->names);
    lint_release(&j->lint);
}

void lint_jobs_keep(struct lint_jobs *jobs, lint_job_fn *keep, void *arg)
{
    size_t n = 0;

    for (size_t i = 0; i < jobs->list.n; i++)
        if (keep(&jobs->list.v[i], arg))
            jobs->list.v[n++] = jobs->list.v[i];
        else
            job_release(&jobs->list.v[i]);
    jobs->list.n = n;
}

void lint_jobs_release(struct lint_jobs *jobs)
{
    for (size_t i = 0; i < jobs->list.n; i++)
        job_release(&jobs->list.v[i]);
    vec_release(&jobs->list);
}
