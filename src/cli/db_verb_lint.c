/* prusik db lint [FILE|FOLDER]...: what would go wrong in migrations. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/map.h"
#include "cli/db_verb.h"
#include "cli/lint_alembic.h"
#include "cli/lint_config.h"
#include "cli/lint_verb.h"
#include "cli/load.h"
#include "migrate/sqlcatalog.h"
#include "migrate/sqlscratch.h"

/* --- who runs them, and where --- */

static enum sqllint_for db_lint_for(const struct cli *c)
{
    if (!c->db.runner)
        return SQLLINT_FOR_FILE;
    return strcmp(c->db.runner, "plain") == 0 ? SQLLINT_FOR_PLAIN : SQLLINT_FOR_PRUSIK;
}

/* The only database that the binding names says whose SQL it is, without being asked anything. */
static enum err_code db_lint_bound(const struct binding *b, enum db_kind *ret, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf url = STRBUF(0);

    if (b->databases.n != 1)
        return ERR_OK;
    if (binding_expand(b, b->databases.v[0].url, &url, err) != ERR_OK)
        return err->code;
    if (!sv_starts(strbuf_sv(&url), SV("postgres")))
        *ret = DB_SQLITE;
    return ERR_OK;
}

static enum err_code db_lint_open(struct db_verb *v, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf url = STRBUF(0);
    struct db_config config = {.read_only = true};

    if (db_verb_url(v->c, &url, err) != ERR_OK)
        return err->code;
    config.url = strbuf_sv(&url);
    return db_open(&config, &v->db, err);
}

static enum err_code db_lint_kind(struct db_verb *v, const struct binding *b, enum db_kind *ret,
                                  struct err *err)
{
    *ret = DB_POSTGRES;
    if (v->c->db.url) {
        if (db_lint_open(v, err) != ERR_OK)
            return err->code;
        *ret = db_kind(v->db);
    }
    if (v->c->db.dialect) {
        enum db_kind asked = strcmp(v->c->db.dialect, "sqlite") == 0 ? DB_SQLITE : DB_POSTGRES;

        if (v->db && asked != *ret)
            return err_set(err, ERR_USAGE, "--dialect %s, and %s is another", v->c->db.dialect,
                           db_name(v->db));
        *ret = asked;
        return ERR_OK;
    }
    return v->db ? ERR_OK : db_lint_bound(b, ret, err);
}

/* --- which files --- */

/* "0012" of "0012_x.sql", "1_2" of "V1_2__x.sql"; empty: it comes after all that have one. */
static struct sv db_lint_version(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct sv name = sv_from(slash ? slash + 1 : path);
    size_t n = 0;

    if (name.n && name.p[0] == 'V')
        name = sv_sub(name, 1, name.n);
    while (n < name.n && (ascii_is_digit(name.p[n]) ||
                          (n + 1 < name.n && name.p[n] == '_' && ascii_is_digit(name.p[n + 1]))))
        n++;
    return sv_sub(name, 0, n);
}

static int db_lint_cmp_paths(const char *a, const char *b)
{
    struct sv x = db_lint_version(a), y = db_lint_version(b);
    int c;

    if (!x.n != !y.n)
        return x.n ? -1 : 1;
    c = migration_version_cmp(x, y);
    return c ? c : strcmp(a, b);
}

static int db_lint_cmp(const void *a, const void *b)
{
    const struct lint_job *x = a, *y = b;

    return db_lint_cmp_paths(x->path, y->path);
}

/* Files that undo, or look: they are not what is there for the next one. */
static bool db_lint_is_up(const char *path)
{
    static const char *const not [] = {".down.sql", ".rollback.sql", ".undo.sql"};

    for (size_t i = 0; i < ARRAY_LEN(not ); i++)
        if (sv_ends(sv_from(path), sv_from(not [i])))
            return false;
    return !strstr(path, "revert/") && !strstr(path, "verify/");
}

/* The files of its folder that come before: what is there when it runs.  `have`: the paths in the list. */
static enum err_code db_lint_add_base(struct lint_jobs *jobs, const char *path, struct map *have,
                                      struct err *err)
{
    CLEANUP(lint_jobs_release) struct lint_jobs all = {.sql = true};
    CLEANUP(mem_freep) char *dir = path_dir(path);

    if (lint_jobs_add(&all, dir, err) != ERR_OK)
        return err->code;
    for (size_t i = 0; i < all.list.n; i++) {
        const char *other = all.list.v[i].path;
        struct lint_job *j;

        if (db_lint_cmp_paths(other, path) >= 0 || !db_lint_version(other).n ||
            !map_put(have, sv_from(other), 0))
            continue;
        j = vec_add(&jobs->list);
        j->path = xstrdup(other);
        j->base = true;
    }
    return ERR_OK;
}

/* The last file of each folder: those before it are its base. */
struct db_lint_lasts {
    struct map dirs; /* place in v */
    VEC(const char *) v;
};

static void db_lint_note_last(struct db_lint_lasts *last, const char *path)
{
    CLEANUP(mem_freep) char *dir = path_dir(path);
    size_t at;

    if (!map_get(&last->dirs, sv_from(dir), &at)) {
        (void)map_put(&last->dirs, sv_from(dir), last->v.n); /* it is new */
        *vec_add(&last->v) = path;
        return;
    }
    assert(last->v.v);
    if (db_lint_cmp_paths(last->v.v[at], path) < 0)
        last->v.v[at] = path;
}

/* Each folder is looked at once, for the last of its files. */
static enum err_code db_lint_add_bases(struct lint_jobs *jobs, struct err *err)
{
    struct map have = {0};
    struct db_lint_lasts last = {0};
    enum err_code rc = ERR_OK;

    for (size_t i = 0; i < jobs->list.n; i++) {
        const char *path = jobs->list.v[i].path;

        (void)map_put(&have, sv_from(path), 0); /* may be named twice */
        if (db_lint_version(path).n)
            db_lint_note_last(&last, path);
    }
    for (size_t i = 0; i < last.v.n && rc == ERR_OK; i++)
        rc = db_lint_add_base(jobs, last.v.v[i], &have, err);
    vec_release(&last.v);
    map_release(&last.dirs);
    map_release(&have);
    return rc;
}

static bool db_lint_is_forth(const struct lint_job *j, void *arg UNUSED)
{
    return db_lint_is_up(j->path);
}

/* In the order of running, where each file finds what those before it make; SQLite: behind what is there. */
static enum err_code db_lint_settle(struct db_verb *v, struct lint_jobs *jobs, struct err *err)
{
    if (jobs->ask.db == DB_SQLITE &&
        sqlscratch_open(v->db ? db_name(v->db) : NULL, &jobs->ask.scratch, err) != ERR_OK)
        return err->code;
    if (jobs->ask.scratch && !v->db && v->n_args && db_lint_add_bases(jobs, err) != ERR_OK)
        return err->code;
    if (jobs->ask.scratch)
        lint_jobs_keep(jobs, db_lint_is_forth, NULL);
    if (jobs->list.n)
        qsort(jobs->list.v, jobs->list.n, sizeof(jobs->list.v[0]), db_lint_cmp);
    return ERR_OK;
}

static bool db_lint_is_new(const struct lint_job *j, void *applied)
{
    size_t at;

    return !map_get(applied, migration_canonical(db_lint_version(j->path)), &at);
}

/* What the database has already is not run again. */
static enum err_code db_lint_drop_applied(struct db_verb *v, struct lint_jobs *jobs,
                                          struct err *err)
{
    CLEANUP(book_rows_release) struct book_rows rows = {0};
    CLEANUP(map_release) struct map applied = {0};
    struct book b;

    if (book_open(v->db, sv_from(v->c->db.schema ? v->c->db.schema : "prusik"), &b, err) !=
            ERR_OK ||
        book_load(&b, BOOK_TEXTS_NONE, &rows, err) != ERR_OK)
        return err->code;
    for (size_t i = 0; i < rows.migrations.n; i++)
        if (!sv_is(rows.migrations.v[i].state, "undone"))
            (void)map_put(&applied, rows.migrations.v[i].version, i); /* versions are there once */
    lint_jobs_keep(jobs, db_lint_is_new, &applied);
    return ERR_OK;
}

static enum err_code db_lint_add(struct lint_jobs *jobs, const char *path, struct err *err)
{
    enum err_code rc;

    if (sv_ends(sv_from(path), SV(".py"))) /* no SQL, whatever its text would be read as */
        return lint_alembic_refuse_file(path, err);
    rc = lint_jobs_add(jobs, path, err);

    return rc == ERR_NOT_FOUND && lint_alembic_is(path) ? lint_alembic_refuse(path, err) : rc;
}

static enum err_code db_lint_alembic(struct db_verb *v, struct lint_jobs *jobs, struct err *err)
{
    if (v->n_args > 1)
        return err_set(err, ERR_USAGE, "--alembic is for one folder, not %d", v->n_args);
    return lint_alembic_add(jobs,
                            v->n_args      ? v->args[0]
                            : v->c->db.dir ? v->c->db.dir
                                           : ".",
                            v->c->db.alembic, err);
}

static enum err_code db_lint_files(struct db_verb *v, struct lint_jobs *jobs, struct err *err)
{
    CLEANUP(mem_freep) char *dir = NULL;

    if (v->c->db.alembic)
        return db_lint_alembic(v, jobs, err);
    for (int i = 0; i < v->n_args; i++)
        if (db_lint_add(jobs, v->args[i], err) != ERR_OK)
            return err->code;
    if (v->n_args)
        return ERR_OK;
    dir = db_verb_dir(v->c);
    if (db_lint_add(jobs, dir, err) != ERR_OK)
        return err->code;
    return v->db ? db_lint_drop_applied(v, jobs, err) : ERR_OK;
}

/* What the server says, as far as prusik.yaml does not say otherwise. */
static enum err_code db_lint_catalog(struct db_verb *v, const struct lint_config *config,
                                     struct sqlcatalog *ret, struct err *err)
{
    if (sqlcatalog_read(v->db, ret, err) != ERR_OK)
        return err->code;
    if (config->small_rows)
        ret->small_rows = config->small_rows;
    if (config->small_bytes)
        ret->small_bytes = config->small_bytes;
    return ERR_OK;
}

static enum err_code db_lint_run(struct db_verb *v, const struct binding *b,
                                 const struct lint_config *config, struct err *err)
{
    CLEANUP(lint_jobs_release)
    struct lint_jobs jobs = {
        .sql = true, .config = config, .ask = {.who = db_lint_for(v->c), .server = config->server}};
    CLEANUP(sqlcatalog_release) struct sqlcatalog catalog = {0};
    enum err_code rc;

    if (db_lint_kind(v, b, &jobs.ask.db, err) != ERR_OK || db_lint_files(v, &jobs, err) != ERR_OK)
        return err->code;
    if (v->db && jobs.ask.db == DB_POSTGRES) {
        if (db_lint_catalog(v, config, &catalog, err) != ERR_OK)
            return err->code;
        jobs.ask.catalog = &catalog;
        jobs.ask.server = catalog.version / 10000;
    }
    rc = v->db || jobs.ask.db == DB_SQLITE ? db_lint_settle(v, &jobs, err) : ERR_OK;
    if (rc == ERR_OK)
        rc = lint_verb_run(v->c, &jobs, v->exit, err);
    sqlscratch_free(jobs.ask.scratch);
    return rc;
}

enum err_code db_lint(struct db_verb *v, struct err *err)
{
    struct binding_options opt = {
        .path = v->c->bind, .environment = v->c->env, .sets = v->c->sets.v, .n_sets = v->c->sets.n};
    CLEANUP(lint_config_release) struct lint_config config = {0};
    struct clock_text now = clock_format(clock_now_us());
    struct binding b = {0};
    enum err_code rc;

    if (lint_verb_check(v->c, err) != ERR_OK || binding_load("./document", &opt, &b, err) != ERR_OK)
        return err->code;
    rc = lint_config_read(&b, sv_sub(sv_from(now.s), 0, 10), &config, err);
    if (rc == ERR_OK)
        rc = db_lint_run(v, &b, &config, err);
    binding_release(&b);
    return rc;
}
