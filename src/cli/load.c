#include "cli/load.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/sv.h"
#include "exec/run.h"
#include "exec/watcher.h"
#include "notify/outbox.h"
#include "store/event.h"

void loaded_release(struct loaded *l)
{
    if (l->has_plan)
        plan_release(&l->plan);
    if (l->has_b)
        binding_release(&l->b);
    if (l->has_rb)
        runbook_release(&l->rb);
    if (l->has_doc)
        document_release(&l->doc);
    *l = (struct loaded){0};
}

static struct binding_options load_options(const struct cli *c)
{
    return (struct binding_options){.path = c->bind,
                                    .environment = c->env,
                                    .operator_name = c->operator_name,
                                    .store = c->store,
                                    .sets = c->sets.v,
                                    .n_sets = c->sets.n,
                                    .time_scale = c->time_scale,
                                    .rehearse = c->rehearse};
}

/* What was made is in `l`, also on failure. */
static enum err_code load_all(const struct cli *c, const char *path, struct loaded *l,
                              struct err *err)
{
    struct binding_options opt = load_options(c);
    json_t *json = NULL;

    l->has_doc = document_load(path, &l->doc, err) == ERR_OK;
    if (!l->has_doc)
        return err->code;
    l->has_rb = runbook_read(&l->doc, &l->rb, err) == ERR_OK;
    if (!l->has_rb)
        return err->code;
    l->has_b = binding_load(path, &opt, &l->b, err) == ERR_OK;
    if (!l->has_b)
        return err->code;
    if (l->watch_ms >= 0)
        l->b.until_ms = l->watch_ms;
    if (plan_make(&l->rb, &l->b, &json, err) != ERR_OK)
        return err->code;
    if (l->watch_only)
        plan_watch_only(json);
    l->has_plan = plan_load(json, &l->plan, err) == ERR_OK;
    if (!l->has_plan || watcher_check(&l->plan, err) != ERR_OK ||
        run_flags_check(&l->plan, err) != ERR_OK || outbox_check(&l->plan, err) != ERR_OK)
        return err->code;
    return plan_check_gates(&l->plan, clock_now_us() / CLOCK_US_PER_S, err);
}

static enum err_code load_as(const struct cli *c, const char *path, const struct loaded *how,
                             struct loaded *ret, struct err *err)
{
    struct loaded l = *how;

    if (load_all(c, path, &l, err) != ERR_OK) {
        loaded_release(&l);
        return err->code;
    }
    *ret = l;
    ret->rb.doc = &ret->doc;
    return ERR_OK;
}

enum err_code load_plan(const struct cli *c, const char *path, struct loaded *ret, struct err *err)
{
    return load_as(c, path, &(struct loaded){.watch_ms = -1}, ret, err);
}

enum err_code load_watch(const struct cli *c, const char *path, int64_t for_ms, struct loaded *ret,
                         struct err *err)
{
    return load_as(c, path, &(struct loaded){.watch_ms = for_ms, .watch_only = true}, ret, err);
}

char *load_store_dir(const struct cli *c, const struct binding *b)
{
    CLEANUP(mem_freep) char *name = xstrdup_sv(b->store);

    return c->store ? xstrdup(c->store) : path_join(b->dir, name);
}

/* The folder above this one that has a store, whose path is for free(); NULL: none has. */
static char *load_store_above(void)
{
    CLEANUP(mem_freep) char *dir = getcwd(NULL, 0);

    while (dir && strcmp(dir, "/") != 0) {
        char *up = path_dir(dir);
        CLEANUP(mem_freep) char *store = path_join(up, ".prusik/store.db");

        free(dir);
        dir = up;
        if (file_exists(store))
            return path_join(dir, ".prusik");
    }
    return NULL;
}

/* A run has made it: a verb that names one makes no empty store in the folder in which somebody happens to stand. */
static enum err_code load_open(const char *dir, enum store_mode mode, struct store **ret,
                               struct err *err)
{
    CLEANUP(mem_freep) char *path = path_join(dir, "store.db");
    CLEANUP(mem_freep) char *above = NULL;

    if (file_exists(path))
        return store_open(dir, mode, ret, err);
    (void)err_set(err, ERR_NOT_FOUND, "there is no store in '%s'", dir);
    above = load_store_above();
    if (above)
        return err_hint(err, "there is one above: --store %s", above);
    return err_hint(err, "a run makes it; --store names another folder");
}

enum err_code load_store(const struct cli *c, enum store_mode mode, struct store **ret,
                         struct err *err)
{
    struct binding_options opt = load_options(c);
    struct binding b = {0};
    CLEANUP(mem_freep) char *dir = NULL;

    if (c->store)
        return load_open(c->store, mode, ret, err);
    if (binding_load("./document", &opt, &b, err) == ERR_OK) {
        dir = load_store_dir(c, &b);
        binding_release(&b);
    } else if (mode == STORE_READ && file_exists(".prusik/store.db")) {
        dir = xstrdup(".prusik"); /* who only looks needs no more than where it is */
    } else {
        return err->code;
    }
    return load_open(dir, mode, ret, err);
}

enum err_code load_run(struct store *s, const struct cli *c, int64_t *ret, struct err *err)
{
    int64_t run = 0;

    if (c->n_args == 0) {
        if (store_last_run(s, SV(""), &run, err) != ERR_OK)
            return err->code;
        if (!run)
            return err_set(err, ERR_NOT_FOUND, "there is no run in '%s'", store_dir(s));
    } else if (!event_run_parse(sv_from(c->args[0]), &run)) {
        (void)err_set(err, ERR_USAGE, "'%s' is not the name of a run", c->args[0]);
        return err_hint(err, "runs are called r-0001, r-0002, ...; prusik status --all lists them");
    }
    *ret = run;
    return ERR_OK;
}

enum err_code load_output(const struct cli *c, struct err *err)
{
    CLEANUP(mem_freep) char *dir = c->output ? path_dir(c->output) : NULL;

    if (!dir || file_exists(dir))
        return ERR_OK;
    (void)err_set(err, ERR_USAGE, "--output '%s': there is no folder '%s'", c->output, dir);
    return err_hint(err, "mkdir -p '%s'", dir);
}
