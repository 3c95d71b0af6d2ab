#include "migrate/runlock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/ident.h"
#include "base/sv.h"
#include "migrate/book.h"
#include "migrate/checksum.h"

#define RUNLOCK_FIRST_MS 50
#define RUNLOCK_LAST_MS  1000
#define RUNLOCK_LOOK_MS  100 /* between two looks whether to stop */

enum err_code runlock_pause(struct db *db, uint64_t ms, struct err *err)
{
    uint64_t until = clock_mono_ns() + ms * 1000000;

    for (;;) {
        uint64_t now = clock_mono_ns(), left;

        if (db_run(db, SV("SELECT 1"), NULL, 0, NULL, err) != ERR_OK) /* stopped, or lost */
            return err->code;
        if (now >= until)
            return ERR_OK;
        left = (until - now) / 1000000 + 1;
        (void)poll(NULL, 0, left < RUNLOCK_LOOK_MS ? (int)left : RUNLOCK_LOOK_MS);
    }
}

/* --- PostgreSQL --- */

static enum err_code runlock_holder(struct db *db, int64_t key, struct err *err)
{
    CLEANUP(arena_release) struct arena a = {0};
    char high[24], low[24];
    struct db_table t = {0};
    struct err ignored;

    (void)snprintf(high, sizeof(high), "%u", (unsigned)((uint64_t)key >> 32));
    (void)snprintf(low, sizeof(low), "%u", (unsigned)(uint64_t)key);
    if (db_all(
            db, &a,
            SV("SELECT a.pid, a.usename, coalesce(host(a.client_addr), 'local'),"
               " a.application_name, a.state,"
               " date_trunc('second', clock_timestamp() - coalesce(a.xact_start, a.backend_start))::text"
               " FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
               " WHERE l.locktype = 'advisory' AND l.granted AND l.classid = $1::bigint::oid"
               " AND l.objid = $2::bigint::oid AND l.objsubid = 1"),
            (const struct db_value[]){DB_TEXT(sv_from(high)), DB_TEXT(sv_from(low))}, 2, &t,
            &ignored) != ERR_OK ||
        !t.n_rows)
        return err_set(err, ERR_LOCKED, "%s: another program migrates this database", db_name(db));
    (void)err_set(err, ERR_LOCKED, "%s: lock held by pid %.*s %.*s@%.*s \"%.*s\" (%.*s) since %.*s",
                  db_name(db), SV_FMT(t.v[0].text), SV_FMT(t.v[1].text), SV_FMT(t.v[2].text),
                  SV_FMT(t.v[3].text), SV_FMT(t.v[4].text), SV_FMT(t.v[5].text));
    return err_hint(err, "--wait 10m waits for it");
}

static enum err_code runlock_try_postgres(struct runlock *l, struct db *db, bool *got,
                                          struct err *err)
{
    CLEANUP(arena_release) struct arena a = {0};
    struct db_value v, key;
    char text[24];

    (void)snprintf(text, sizeof(text), "%lld", (long long)l->key);
    key = DB_TEXT(sv_from(text));
    if (db_one(db, &a, SV("SELECT pg_try_advisory_lock($1::bigint)"), &key, 1, &v, err) != ERR_OK)
        return err->code;
    *got = sv_is(v.text, "t");
    return ERR_OK;
}

/* --- SQLite --- */

/* "FILE.prusik-lock" by the file's own name, whatever link led there; NULL: a database that is no file. */
static char *runlock_path(const struct db *db)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    char *real = realpath(db_name(db), NULL);

    if (!real)
        return NULL;
    strbuf_addf(&b, "%s.prusik-lock", real);
    free(real);
    return strbuf_steal_str(&b);
}

static enum err_code runlock_file_holder(const struct runlock *l, const struct db *db,
                                         struct err *err)
{
    char text[200];
    ssize_t n = pread(l->fd, text, sizeof(text), 0);

    (void)err_set(err, ERR_LOCKED, "'%s': lock held by %.*s", db_name(db), n > 0 ? (int)n : 16,
                  n > 0 ? text : "another program.");
    return err_hint(err, "--wait 10m waits for it");
}

static void runlock_sign(const struct runlock *l)
{
    struct ident_text user = ident_user(), host = ident_host();
    struct clock_text since = clock_format_s(clock_now_us());
    char text[200];
    int n = snprintf(text, sizeof(text), "pid %d %s@%s since %s", (int)getpid(), user.s, host.s,
                     since.s);

    if (ftruncate(l->fd, 0) != 0 || pwrite(l->fd, text, (size_t)n, 0) != n)
        return; /* it is for people: the lock itself holds */
}

/* Who had the lock before has removed the file that we opened: another one may have a lock on the next. */
static bool runlock_is_removed(const struct runlock *l)
{
    struct stat ours, there;

    return fstat(l->fd, &ours) != 0 || stat(l->path, &there) != 0 || ours.st_ino != there.st_ino ||
           ours.st_dev != there.st_dev;
}

static void runlock_release(struct runlock *l)
{
    fd_closep(&l->fd);
    free(l->path);
    l->path = NULL;
}

static enum err_code runlock_try_sqlite(struct runlock *l, struct db *db, bool *got,
                                        struct err *err)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int why;

    *got = true;
    if (l->fd < 0)
        l->path = runlock_path(db);
    if (!l->path)
        return ERR_OK; /* in memory: nobody else sees it */
    if (l->fd < 0)
        l->fd = open(l->path, O_RDWR | O_CREAT | O_CLOEXEC, 0660);
    if (l->fd < 0) {
        (void)err_sys(err, errno, "make the lock '%s'", l->path);
        return err_hint(err, "prusik's lock and SQLite's journal stand beside the database: its"
                             " folder has to be writable");
    }
    why = fcntl(l->fd, F_OFD_SETLK, &whole) == 0 ? 0 : errno;
    if (runlock_is_removed(l)) {
        runlock_release(l);
        return runlock_try_sqlite(l, db, got,
                                  err); /* each time somebody has had it and given it back */
    }
    if (why == 0)
        runlock_sign(l);
    *got = why == 0;
    return why == 0 || why == EAGAIN || why == EACCES ? ERR_OK
                                                      : err_sys(err, why, "lock '%s'", db_name(db));
}

/* --- both --- */

static enum err_code runlock_try(struct runlock *l, struct db *db, bool *got, struct err *err)
{
    return db_kind(db) == DB_POSTGRES ? runlock_try_postgres(l, db, got, err)
                                      : runlock_try_sqlite(l, db, got, err);
}

static enum err_code runlock_wait(struct runlock *l, struct db *db, uint64_t wait_ms,
                                  struct err *err)
{
    uint64_t until = clock_mono_ns() + wait_ms * 1000000, pause = RUNLOCK_FIRST_MS;
    bool got = false;

    for (;;) {
        uint64_t now;

        if (runlock_try(l, db, &got, err) != ERR_OK)
            return err->code;
        if (got)
            return ERR_OK;
        now = clock_mono_ns();
        if (now >= until)
            return db_kind(db) == DB_POSTGRES ? runlock_holder(db, l->key, err)
                                              : runlock_file_holder(l, db, err);
        if (runlock_pause(db, size_min(pause, (until - now) / 1000000 + 1), err) != ERR_OK)
            return err->code;
        pause = size_min(2 * pause, RUNLOCK_LAST_MS);
    }
}

enum err_code runlock_take(struct runlock *l, struct db *db, struct sv schema, uint64_t wait_ms,
                           struct err *err)
{
    struct runlock mine = {.key = checksum_lock_prusik(schema), .fd = -1};

    if (runlock_wait(&mine, db, wait_ms, err) != ERR_OK) {
        runlock_release(&mine);
        return err->code;
    }
    mine.db = db;
    *l = mine;
    return ERR_OK;
}

static enum err_code runlock_is_held_postgres(struct db *db, int64_t key, bool *ret,
                                              struct err *err)
{
    CLEANUP(arena_release) struct arena a = {0};
    struct db_value v;
    char sql[200];
    int n = snprintf(sql, sizeof(sql),
                     "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted"
                     " AND classid = %u AND objid = %u AND objsubid = 1)",
                     (unsigned)((uint64_t)key >> 32), (unsigned)(uint64_t)key);

    if (db_one(db, &a, (struct sv){sql, (size_t)n}, NULL, 0, &v, err) != ERR_OK)
        return err->code;
    *ret = sv_is(v.text, "t");
    return ERR_OK;
}

enum err_code runlock_is_held(struct db *db, struct sv schema, bool *ret, struct err *err)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char *path;
    int fd;

    if (db_kind(db) == DB_POSTGRES)
        return runlock_is_held_postgres(db, checksum_lock_prusik(schema), ret, err);
    path = runlock_path(db);
    fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    free(path);
    *ret = fd >= 0 && fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
    fd_closep(&fd);
    return ERR_OK;
}

void runlock_give(struct runlock *l)
{
    struct err ignored;
    char sql[64];

    if (!l->db)
        return;
    if (db_kind(l->db) == DB_POSTGRES && db_is_open(l->db)) {
        int n = snprintf(sql, sizeof(sql), "SELECT pg_advisory_unlock(%lld)", (long long)l->key);

        book_besides(db_run(l->db, (struct sv){sql, (size_t)n}, NULL, 0, NULL,
                            &ignored)); /* the end of the session does it, too */
    }
    if (l->path)
        (void)unlink(l->path); /* while it is ours; what cannot be removed does no harm */
    runlock_release(l);
    l->db = NULL;
}
