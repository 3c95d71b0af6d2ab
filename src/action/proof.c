#include "action/proof.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/backup.h"
#include "base/fd.h"
#include "base/sv.h"

#define PROOF_LOOK_STEPS 100000 /* of SQLite's machine between two looks whether it is to end */

struct proof {
    struct action *action;
    void (*then)(struct action *a);
    uv_work_t work;
    atomic_bool stop;
    struct strbuf text; /* "shop.db.bak: SQLite, sound" */
    bool dump;          /* else a copy of any file */
    bool failed;
};

/* --- in the thread --- */

static void proof_say(struct proof *p, const char *path, const char *what)
{
    strbuf_addf(&p->text, "%s%s: %s", p->text.n ? "; " : "", path, what);
}

static int proof_on_steps(void *arg)
{
    struct proof *p = arg;

    return atomic_load(&p->stop);
}

static void proof_closep(sqlite3 **db)
{
    (void)sqlite3_close(*db);
}

static int proof_on_row(void *arg, int n, char **cells, char **names UNUSED)
{
    struct strbuf *out = arg;

    strbuf_add_str(out, n && cells[0] ? cells[0] : "");
    return 0;
}

/* As it lies there: without its journal, which a copy does not have. */
static void proof_sqlite(struct proof *p, const char *path)
{
    CLEANUP(strbuf_release) struct strbuf uri = STRBUF(0), answer = STRBUF(0);
    CLEANUP(proof_closep) sqlite3 *db = NULL;
    char *why = NULL;
    int rc;

    strbuf_add_str(&uri, "file:");
    for (const char *c = path; *c; c++)
        if (*c == '?' || *c == '#' || *c == '%')
            strbuf_addf(&uri, "%%%02x", (unsigned)(unsigned char)*c);
        else
            strbuf_add_byte(&uri, *c);
    strbuf_add_str(&uri, "?immutable=1");
    rc = sqlite3_open_v2(strbuf_str(&uri), &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
    sqlite3_progress_handler(db, PROOF_LOOK_STEPS, proof_on_steps, p);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, "PRAGMA integrity_check(1)", proof_on_row, &answer, &why);
    p->failed |= rc != SQLITE_OK || !sv_eq(strbuf_sv(&answer), SV("ok"));
    proof_say(p, path,
              rc != SQLITE_OK                       ? sqlite3_errmsg(db)
              : sv_eq(strbuf_sv(&answer), SV("ok")) ? "SQLite, sound"
                                                    : strbuf_str(&answer));
    sqlite3_free(why);
}

/* What does not hold together is no backup; what cannot be read here (no pg_restore, another kind) may be one. */
static void proof_dump(struct proof *p, const char *path)
{
    struct job job = {.stop = &p->stop};
    struct backup_wish w = {.level = PACK_DECODED, .job = &job};
    struct backup_report r = {.path = NULL};
    CLEANUP(strbuf_release) struct strbuf what = STRBUF(0);
    struct err err;
    enum err_code rc = backup_verify(path, &w, &r, &err);

    p->failed |= rc == ERR_CORRUPT;
    if (rc == ERR_OK)
        strbuf_addf(&what, "%s, read whole", r.format ? r.format : "a backup of prusik");
    else
        strbuf_addf(&what, "%s%s", rc == ERR_CORRUPT ? "" : "not verified: ", err.msg);
    proof_say(p, path, strbuf_str(&what));
    backup_report_release(&r);
}

static void proof_fts_closep(FTS **walk)
{
    if (*walk)
        (void)fts_close(*walk);
}

/*
 * What is in a copied folder is not known here, but that there is something: of an application that stood elsewhere `cp -r` makes an empty
 * one, and ends with 0.  What cannot be read may hold something.
 */
static void proof_folder(struct proof *p, const char *path)
{
    CLEANUP(mem_freep) char *root = xstrdup(path);
    char *const roots[] = {root, NULL};
    CLEANUP(proof_fts_closep) FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    const FTSENT *e;

    while (walk && (e = fts_read(walk)) != NULL) {
        bool folder = e->fts_info == FTS_D || e->fts_info == FTS_DP;

        if (atomic_load(&p->stop) || (!folder && (e->fts_info != FTS_F || e->fts_statp->st_size)))
            return;
    }
    p->failed = true;
    proof_say(p, path, "a folder in which no file has anything in it");
}

static void proof_file(struct proof *p, const char *path)
{
    CLEANUP(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char begin[16] = {0};
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0) {
        p->failed = true;
        proof_say(p, path, errno == ENOENT ? "is missing" : "cannot be read");
        return;
    }
    if (S_ISDIR(st.st_mode)) {
        proof_folder(p, path);
        return;
    }
    if (!S_ISREG(st.st_mode))
        return; /* a pipe: what is in it is not known here */
    if (pread(fd, begin, sizeof(begin), 0) == (ssize_t)sizeof(begin) &&
        memcmp(begin, "SQLite format 3", sizeof(begin)) == 0) {
        proof_sqlite(p, path);
    } else if (!p->dump) {
        return; /* a copy of something else, of which nothing is known */
    } else if (st.st_size == 0) {
        p->failed = true;
        proof_say(p, path, "is empty");
    } else {
        proof_dump(p, path);
    }
}

static void proof_work(uv_work_t *w)
{
    struct proof *p = w->data;

    for (size_t i = 0; i < p->action->outcome.n_made && !atomic_load(&p->stop); i++)
        proof_file(p, p->action->outcome.made[i]);
}

/* --- in the loop --- */

static void proof_after(uv_work_t *w, int status)
{
    struct proof *p = w->data;
    struct action *a = p->action;

    if (status == UV_ECANCELED || atomic_load(&p->stop)) {
        a->outcome.result = ACTION_STOPPED;
    } else {
        a->outcome.proof = strbuf_sv(&p->text);
        a->outcome.proof_failed = p->failed;
    }
    p->then(a);
}

bool proof_is_due(const struct action *a)
{
    return a->outcome.result == ACTION_ENDED && a->outcome.status == 0 && a->outcome.n_made > 0 &&
           json_get_sv(a->step->action, "proven").n > 0;
}

void proof_begin(struct action *a, void (*then)(struct action *a))
{
    struct proof *p = XNEW(struct proof);
    int rc;

    a->proof = p;
    p->action = a;
    p->then = then;
    p->dump = sv_eq(json_get_sv(a->step->action, "proven"), SV("dump"));
    p->work.data = p;
    rc = uv_queue_work(a->env->loop, &p->work, proof_work, proof_after);
    assert(rc == 0); /* fails only without a function */
}

void proof_stop(struct action *a)
{
    if (!a->proof)
        return;
    atomic_store(&a->proof->stop, true);
    (void)uv_cancel((uv_req_t *)&a->proof->work); /* too late when it has begun */
}

void proof_release(struct action *a)
{
    if (a->proof)
        strbuf_release(&a->proof->text);
    free(a->proof);
    a->proof = NULL;
}
