#include "cli/rehearsal.h"
#include "db/db.h"

#include <stdlib.h>
#include <unistd.h>

#include "action/manager.h"
#include "base/child.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/sv.h"

#define REHEARSE_STATE_MAX  (64u << 20) /* PICTURE_FILES facts of some 200 bytes */
#define REHEARSE_OUTPUT_MAX (64u << 10)
#define REHEARSE_PREPARE_MS UINT64_C(1800000)

/* --- pictures --- */

static enum err_code rehearsal_expand(struct rehearsal *r, const struct sv *from, size_t n,
                                      rehearsal_paths *into, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        struct sv path;

        if (binding_file(&r->l.b, from[i], &path, err) != ERR_OK)
            return err->code;
        *vec_add(into) = path;
    }
    return ERR_OK;
}

/* One that begins with any text is for whole paths, wherever they are. */
static enum err_code rehearsal_expand_except(struct rehearsal *r, struct sv from, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf pattern = STRBUF(0);

    if (!sv_starts(from, SV("*")))
        return rehearsal_expand(r, &from, 1, &r->except, err);
    if (binding_expand(&r->l.b, from, &pattern, err) != ERR_OK)
        return err->code;
    *vec_add(&r->except) = arena_sv(&r->l.b.arena, strbuf_sv(&pattern));
    return ERR_OK;
}

/* The URL of a PostgreSQL is no path. */
static enum err_code rehearsal_expand_database(struct rehearsal *r, struct sv from, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf url = STRBUF(0);

    if (binding_expand(&r->l.b, from, &url, err) != ERR_OK)
        return err->code;
    if (!db_is_url(strbuf_sv(&url)))
        return rehearsal_expand(r, &from, 1, &r->databases, err);
    *vec_add(&r->databases) = arena_sv(&r->l.b.arena, strbuf_sv(&url));
    return ERR_OK;
}

static enum err_code rehearsal_read_paths(struct rehearsal *r, struct err *err)
{
    const struct binding_rehearse *b = &r->l.b.rehearse;

    if (rehearsal_expand(r, b->files.v, b->files.n, &r->files, err) != ERR_OK)
        return err->code;
    for (size_t i = 0; i < b->except.n; i++)
        if (rehearsal_expand_except(r, b->except.v[i], err) != ERR_OK)
            return err->code;
    for (size_t i = 0; i < b->databases.n; i++)
        if (rehearsal_expand_database(r, b->databases.v[i], err) != ERR_OK)
            return err->code;
    return ERR_OK;
}

static enum err_code rehearsal_picture(const struct rehearsal *r, json_t **ret, struct err *err)
{
    const struct binding_rehearse *b = &r->l.b.rehearse;
    const struct picture_of of = {.plan = &r->l.plan,
                                  .files = r->files.v,
                                  .n_files = r->files.n,
                                  .except = r->except.v,
                                  .n_except = r->except.n,
                                  .services = b->compared.v,
                                  .n_services = b->compared.n,
                                  .databases = r->databases.v,
                                  .n_databases = r->databases.n};

    return picture_take(&of, ret, err);
}

/* --- its state, which outlives a crash --- */

static void rehearsal_find_path(struct rehearsal *r)
{
    CLEANUP(strbuf_release) struct strbuf name = STRBUF(0);
    struct hash h = hash_of(r->l.plan.environment);

    strbuf_addf(&name, "rehearsal-%.16s.json", hash_hex(&h).s);
    r->path = path_join(store_dir(r->store), strbuf_str(&name));
}

static enum err_code rehearsal_load_state(struct rehearsal *r, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    if (!file_exists(r->path))
        return ERR_OK;
    if (file_read(r->path, REHEARSE_STATE_MAX, &text, err) != ERR_OK ||
        json_read(strbuf_sv(&text), &r->state, err) != ERR_OK)
        return err_wrap(err, "%s", r->path);
    if (json_get_int(r->state, "format", 0) != 1 ||
        !json_is_object(json_object_get(r->state, "before")))
        return err_set(err, ERR_CORRUPT, "'%s' is no state of a rehearsal", r->path);
    return ERR_OK;
}

enum err_code rehearsal_begin(struct rehearsal *r, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(REHEARSE_STATE_MAX);
    CLEANUP(json_cleanup) json_t *before = NULL;
    int64_t after = 0;

    if (rehearsal_picture(r, &before, err) != ERR_OK ||
        store_last_run(r->store, r->l.plan.environment, &after, err) != ERR_OK)
        return err->code;
    r->state = json_object();
    json_put_int(r->state, "format", 1);
    json_put_sv(r->state, "environment", r->l.plan.environment);
    json_put_int(r->state, "after", after);
    json_put(r->state, "before", json_incref(before));
    json_write(r->state, &text);
    return file_write_atomic(r->path, strbuf_sv(&text), 0600, err);
}

/* The run of this rehearsal: the first of its environment after it began. */
struct rehearsal_find {
    struct sv environment;
    int64_t after, found;
};

static bool rehearsal_row(const struct store_run *run, void *arg)
{
    struct rehearsal_find *f = arg;

    if (run->id > f->after && sv_eq(run->environment, f->environment))
        f->found = run->id; /* newest first: the last that is seen is the first */
    return run->id > f->after;
}

enum err_code rehearsal_find_run(struct rehearsal *r, struct back_found *found, struct err *err)
{
    struct rehearsal_find f = {.environment = r->l.plan.environment,
                               .after = json_get_int(r->state, "after", 0)};

    if (store_runs(r->store, rehearsal_row, &f, err) != ERR_OK)
        return err->code;
    r->run = f.found;
    return f.found ? back_find(r->store, f.found, found, err) : ERR_OK;
}

/* --- the whole --- */

enum err_code rehearsal_open(struct rehearsal *r, struct cli *c, struct err *err)
{
    CLEANUP(mem_freep) char *dir = NULL;

    c->run.rehearse = true;
    r->c = c;
    if (load_plan(c, c->args[0], &r->l, err) != ERR_OK || rehearsal_check(r, err) != ERR_OK ||
        rehearsal_read_paths(r, err) != ERR_OK)
        return err->code;
    dir = load_store_dir(c, &r->l.b);
    if (load_make_store(dir, &r->store, err) != ERR_OK)
        return err->code;
    rehearsal_find_path(r);
    return rehearsal_load_state(r, err);
}

void rehearsal_release(struct rehearsal *r)
{
    vec_release(&r->files);
    vec_release(&r->except);
    vec_release(&r->databases);
    vec_release(&r->changes);
    json_decref(r->state);
    json_decref(r->now);
    free(r->path);
    store_free(r->store);
    loaded_release(&r->l);
}

enum err_code rehearsal_compare(struct rehearsal *r, struct err *err)
{
    if (rehearsal_picture(r, &r->now, err) != ERR_OK)
        return err->code;
    picture_compare(json_object_get(r->state, "before"), r->now, &r->changes);
    return ERR_OK;
}

void rehearsal_end(const struct rehearsal *r)
{
    (void)unlink(r->path); /* what stays is compared once more, and says the same */
}

/* --- making it --- */

struct rehearsal_child {
    struct child child;
    struct strbuf out;
    enum err_code rc;
};

static void rehearsal_on_output(struct child *c, enum child_stream stream UNUSED, struct sv bytes)
{
    strbuf_add_sv(&container_of(c, struct rehearsal_child, child)->out, bytes);
}

static void rehearsal_on_done(struct child *c, enum err_code rc)
{
    container_of(c, struct rehearsal_child, child)->rc = rc;
}

/* The last line that it printed says most. */
static enum err_code rehearsal_not_prepared(const struct rehearsal_child *p, struct err *err)
{
    struct sv out = sv_trim(strbuf_sv(&p->out)), rest = out, line;

    while (sv_next_line(&rest, &line))
        out = line;
    *err = p->child.err;
    (void)err_wrap(err, "rehearse: prepare");
    return out.n ? err_hint(err, "it says: %.*s", SV_FMT(out)) : err->code;
}

enum err_code rehearsal_prepare(const struct rehearsal *r, struct err *err)
{
    CLEANUP(mem_freep) char *command = xstrdup_sv(r->l.b.rehearse.prepare);
    const char *argv[] = {"/bin/sh", "-c", command, NULL};
    struct rehearsal_child p = {.out = STRBUF(REHEARSE_OUTPUT_MAX)};
    enum err_code rc;
    uv_loop_t loop;
    char **env;

    if (!*command)
        return ERR_OK;
    env = manager_env(&r->l.plan);
    (void)uv_loop_init(&loop); /* fails only for want of descriptors, which the first use reports */
    p.child.spec = (struct child_spec){.argv = argv,
                                       .env = (const char *const *)env,
                                       .cwd = r->l.b.dir,
                                       .timeout_ms = REHEARSE_PREPARE_MS};
    p.child.output = rehearsal_on_output;
    p.child.done = rehearsal_on_done;
    child_start(&p.child, &loop);
    (void)uv_run(&loop, UV_RUN_DEFAULT); /* bounded by the timeout */
    (void)uv_loop_close(&loop);
    manager_free_words(env);
    rc = p.rc == ERR_OK ? ERR_OK : rehearsal_not_prepared(&p, err);
    strbuf_release(&p.out);
    return rc;
}
