/*
 * sqlite: `sqlite3 FILE "SQL"` and `.backup FILE`, by the library.
 */
#include <sqlite3.h>

#include "action/sql_job.h"
#include "base/sv.h"

#define SQLITE_BACKUP_PAGES 256

/* ".backup FILE", ".backup 'FILE'", ".backup main FILE" */
static bool sqlite_parse_backup(struct sv sql, struct sv *file)
{
    struct sv rest = sv_trim(sql), word;

    if (!sv_next_word(&rest, &word) || !sv_eq(word, SV(".backup")))
        return false;
    rest = sv_trim(rest);
    if (sv_eat(&rest, SV("main ")))
        rest = sv_trim(rest);
    if (rest.n > 1 && (*rest.p == '\'' || *rest.p == '"') && rest.p[rest.n - 1] == *rest.p)
        rest = sv_sub(rest, 1, rest.n - 1);
    *file = rest;
    return rest.n > 0;
}

static void sqlite_closep(sqlite3 **db)
{
    (void)sqlite3_close(*db);
}

static enum err_code sqlite_open(struct strbuf *path, int flags, sqlite3 **db, struct err *err)
{
    if (sqlite3_open_v2(strbuf_str(path), db, flags, NULL) == SQLITE_OK)
        return ERR_OK;
    return err_set(err, ERR_DB, "'%s': %s", strbuf_str(path),
                   *db ? sqlite3_errmsg(*db) : "out of memory");
}

/* The online backup, in the thread: pages are copied while others write. */
static enum err_code sqlite_backup(struct sql_job *j, struct err *err)
{
    CLEANUP(sqlite_closep) sqlite3 *db = NULL;
    CLEANUP(sqlite_closep) sqlite3 *to = NULL;
    sqlite3_backup *b;
    int pages = 0, rc = SQLITE_OK;

    /* A database that is not there is an error, not an empty one. */
    if (sqlite_open(&j->address, SQLITE_OPEN_READWRITE, &db, err) != ERR_OK ||
        sqlite_open(&j->target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &to, err) != ERR_OK)
        return err->code;
    b = sqlite3_backup_init(to, "main", db, "main");
    while (b && !sql_job_is_stopped(j) &&
           ((rc = sqlite3_backup_step(b, SQLITE_BACKUP_PAGES)) == SQLITE_OK || rc == SQLITE_BUSY ||
            rc == SQLITE_LOCKED))
        if (rc != SQLITE_OK)
            (void)sqlite3_sleep(20); /* nobody tells when a lock is given back */
    if (b) {
        pages = sqlite3_backup_pagecount(b);
        (void)sqlite3_backup_finish(b); /* repeats the error of the step */
    }
    if (rc != SQLITE_DONE)
        return err_set(err, ERR_DB, "backup to '%s': %s", strbuf_str(&j->target),
                       sqlite3_errmsg(to));
    strbuf_addf(&j->out, "%s: %d pages\n", strbuf_str(&j->target), pages);
    return ERR_OK;
}

/* A wrong path is no empty database that is asked or changed; but who begins with a table means to have a new one. */
static bool sqlite_begins_one(struct sv sql)
{
    return sv_starts_nocase(sv_trim(sql), SV("create table"));
}

static void sqlite_action_start(struct action *a)
{
    struct sql_job *j = sql_job_new(a);
    struct sv file;

    if (!action_path(a, "file", &j->address) || !action_text(a, "sql", false, &j->sql))
        return;
    if (sqlite_parse_backup(strbuf_sv(&j->sql), &file)) {
        struct sv cwd = a->session && session_state(a->session)->cwd.n
                            ? session_state(a->session)->cwd
                            : a->env->plan->workdir;

        if (!sv_starts(file, SV("/")))
            strbuf_addf(&j->target, "%.*s/", SV_FMT(cwd));
        strbuf_add_sv(&j->target, file);
        a->outcome.made[a->outcome.n_made++] = arena_strdup(&a->arena, strbuf_sv(&j->target));
        j->instead = sqlite_backup;
    }
    j->creates = sqlite_begins_one(strbuf_sv(&j->sql));
    sql_job_start(j);
}

const struct action_ops action_sqlite = {
    .kind = "sqlite",
    .resume = RESUME_ASK, /* a SELECT only looks: the plan says so */
    .uses_session = true,
    .start = sqlite_action_start,
    .cancel = sql_job_cancel,
    .release = sql_job_release,
};
