#include "cli/load.h"

#include <dirent.h>
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/suggest.h"
#include "base/sv.h"
#include "base/vec.h"
#include "cli/command.h"
#include "exec/run.h"
#include "exec/watcher.h"
#include "notify/outbox.h"
#include "store/event.h"
#include "store/journal.h"

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
                                    .operator_name = c->run.operator_name,
                                    .store = c->store,
                                    .sets = c->sets.v,
                                    .n_sets = c->sets.n,
                                    .time_scale = c->run.time_scale,
                                    .rehearse = c->run.rehearse};
}

/* The document is not there: the one that was meant, perhaps. */
static void load_hint_document(const char *path, struct err *err)
{
    CLEANUP(mem_freep) char *folder = path_dir(path);
    struct suggest s = suggest_begin(sv_from(path));
    VEC(char *) names = {0};
    DIR *dir = opendir(folder);
    int64_t run;

    for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir))
        if (sv_ends(sv_from(e->d_name), SV(".md"))) {
            bool here = !strchr(path, '/');

            *vec_add(&names) = here ? xstrdup(e->d_name) : path_join(folder, e->d_name);
            suggest_offer(&s, sv_from(names.v[names.n - 1]));
        }
    if (!dir)
        (void)err_hint(err, "there is no folder '%s'", folder);
    else if (event_run_parse(sv_from(path), &run))
        (void)err_hint(err, "a run that is there goes on with: prusik resume %s", path);
    else if (s.best.p)
        (void)err_hint(err, "did you mean %.*s?", SV_FMT(s.best));
    else if (names.n == 1)
        (void)err_hint(err, "there is %s", names.v[0]);
    if (dir)
        (void)closedir(dir);
    for (size_t i = 0; i < names.n; i++)
        free(names.v[i]);
    vec_release(&names);
}

/* What was made is in `l`, also on failure. */
static enum err_code load_all(const struct cli *c, const char *path, struct loaded *l,
                              struct err *err)
{
    struct binding_options opt = load_options(c);
    json_t *json = NULL;

    l->has_doc = document_load(path, &l->doc, err) == ERR_OK;
    if (!l->has_doc && err->sys == ENOENT)
        load_hint_document(path, err);
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

char *load_store_unasked(void)
{
    static const struct cli plain = {0};
    const struct binding_options opt = {0};
    struct binding b = {0};
    struct err ignored;
    char *dir;

    if (binding_load("./document", &opt, &b, &ignored) != ERR_OK)
        return file_exists(".prusik/store.db") ? xstrdup(".prusik") : NULL;
    dir = load_store_dir(&plain, &b);
    binding_release(&b);
    return dir;
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

/* Another user's: it is there, and nothing can be said of it. */
static enum err_code load_not_ours(const char *dir, struct err *err)
{
    struct stat st;
    const struct passwd *owner = stat(dir, &st) == 0 ? getpwuid(st.st_uid) : NULL;

    (void)err_sys(err, EACCES, "look into the store '%s'", dir);
    err->code = ERR_NOT_FOUND; /* nothing has failed */
    if (!owner)
        return err->code;
    return err_hint(err, "it belongs to %s: sudo -u %s prusik ...", owner->pw_name, owner->pw_name);
}

/* A run has made it: a verb that names one makes no empty store in the folder in which somebody happens to stand. */
static enum err_code load_open(const char *dir, enum store_mode mode, struct store **ret,
                               struct err *err)
{
    CLEANUP(mem_freep) char *path = path_join(dir, "store.db");
    CLEANUP(mem_freep) char *above = NULL;

    if (file_exists(path)) {
        command_store(dir);
        return store_open(dir, mode, ret, err);
    }
    if (access(path, F_OK) != 0 && errno == EACCES)
        return load_not_ours(dir, err);
    (void)err_set(err, ERR_NOT_FOUND, "there is no store in '%s'", dir);
    above = load_store_above();
    if (above)
        return err_hint(err, "there is one above: --store %s", above);
    return err_hint(err, "a run makes it; --store names another folder");
}

enum err_code load_make_store(const char *dir, struct store **ret, struct err *err)
{
    if (store_open(dir, STORE_WRITE, ret, err) != ERR_OK)
        return err->code;
    command_store(dir);
    return ERR_OK;
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
    } else if (journal_run_exists(s, run, err) != ERR_OK) {
        return err->code;
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
