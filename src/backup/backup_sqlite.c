/* Backups of SQLite: the image is a file of SQLite. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/backup_int.h"
#include "backup/lite.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/sv.h"

/* What SQLite keeps beside a file, under its name. */
static const char *const sqlite_beside[] = {"-journal", "-wal", "-shm"};

/* --- making --- */

static enum err_code sqlite_put_image(struct backup_out *out, int fd, struct err *err)
{
    CLEANUP(mem_freep) char *chunk = XNEWN(char, PACK_DATA_MAX);
    size_t n = PACK_DATA_MAX;
    int64_t done = 0;

    while (n == PACK_DATA_MAX) {
        if (fd_read_full(fd, chunk, PACK_DATA_MAX, &n, err) != ERR_OK ||
            pack_put(out->writer, PACK_DATA, (struct sv){chunk, n}, err) != ERR_OK ||
            job_tick(out->wish->job, "pack", done += (int64_t)n, 0, err) != ERR_OK)
            return err->code;
    }
    return ERR_OK;
}

/* The file and what waits in its journal. */
static int64_t sqlite_size(const char *path)
{
    CLEANUP(strbuf_release) struct strbuf wal = STRBUF(0);
    struct stat st, w;

    strbuf_addf(&wal, "%s-wal", path);
    if (stat(path, &st) != 0)
        return 0; /* uncovered: it is open */
    return st.st_size + (stat(strbuf_str(&wal), &w) == 0 ? w.st_size : 0);
}

static enum err_code sqlite_create(struct backup_out *out, struct err *err)
{
    CLEANUP(scratch_release) struct scratch copy = SCRATCH_NONE;
    CLEANUP(census_release) struct census c = {0};
    const char *path = db_name(out->db);
    int64_t now = clock_now_us();
    struct stat st;

    /* The copy, the backup, and at the end what the backup is compared by. */
    if (scratch_room(out->wish->folder, 2 * sqlite_size(path), "a backup", err) != ERR_OK ||
        scratch_open(out->wish->folder, &copy, err) != ERR_OK ||
        lite_copy(path, copy.path, out->wish->job, &c, err) != ERR_OK ||
        lite_check(copy.path, out->wish->job, err) != ERR_OK)
        return err->code;
    if (fstat(copy.fd, &st) != 0)
        return err_sys(err, errno, "look at the copy"); /* uncovered: it is open */
    backup_set_room(&c, st.st_size);
    if (backup_begin(out, now, &c, err) != ERR_OK)
        return err->code;
    return sqlite_put_image(out, copy.fd, err);
}

/* --- proving --- */

static enum err_code sqlite_same(const struct backup_in *in, const char *path, struct err *err)
{
    CLEANUP(census_release) struct census now = {0};

    if (lite_check(path, in->wish->job, err) != ERR_OK ||
        lite_census(path, in->wish->job, &now, err) != ERR_OK ||
        census_same(&in->report->census, &now, err) != ERR_OK)
        return err_wrap(err, "what was restored of '%s'", in->path);
    return ERR_OK;
}

/* Unpacked beside its place, and compared. */
static enum err_code sqlite_fill(const struct backup_in *in, const char *dir, struct scratch *file,
                                 struct err *err)
{
    if (scratch_room(dir, backup_room(in), "the database", err) != ERR_OK ||
        scratch_open(dir, file, err) != ERR_OK || backup_unpack(in, file->fd, err) != ERR_OK)
        return err->code;
    return sqlite_same(in, file->path, err);
}

static enum err_code sqlite_compare(struct backup_in *in, struct err *err)
{
    CLEANUP(scratch_release) struct scratch file = SCRATCH_NONE;
    CLEANUP(mem_freep)
    char *dir = in->wish->scratch ? xstrdup(in->wish->scratch) : path_dir(in->path);
    enum err_code rc = sqlite_fill(in, dir, &file, err);

    if (rc == ERR_IO && !in->wish->scratch)
        return err_hint(err, "--scratch FOLDER: where to restore it for the comparison");
    return rc;
}

/* --- restoring --- */

/* "PATH.before-20261121T160000Z": a name that nothing has. */
static const char *sqlite_aside(const char *path, struct arena *a)
{
    struct clock_text at = clock_strftime(clock_now_us(), "%Y%m%dT%H%M%SZ", true);
    const char *name = arena_fmt(a, "%s.before-%s", path, at.s).p;

    for (int i = 2; file_exists(name); i++)
        name = arena_fmt(a, "%s.before-%s-%d", path, at.s, i).p;
    return name;
}

/* A journal of what was there would be played into what comes. */
static enum err_code sqlite_move_beside(const char *path, const char *aside, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(sqlite_beside); i++) {
        CLEANUP(strbuf_release) struct strbuf from = STRBUF(0), to = STRBUF(0);

        strbuf_addf(&from, "%s%s", path, sqlite_beside[i]);
        strbuf_addf(&to, "%s%s", aside, sqlite_beside[i]);
        if (rename(strbuf_str(&from), strbuf_str(&to)) != 0 && errno != ENOENT)
            return err_sys(err, errno, "move '%s' aside", strbuf_str(&from));
    }
    return ERR_OK;
}

/* At each moment the old one or the new one is at its place, and the old one is under its other name. */
static enum err_code sqlite_exchange(struct backup_in *in, struct scratch *file, const char *path,
                                     struct err *err)
{
    const char *aside = sqlite_aside(path, &in->report->arena);
    CLEANUP(mem_freep) char *dir = path_dir(path);
    struct stat st;

    if (fsync(file->fd) != 0)
        return err_sys(err, errno, "sync what was restored");
    if (stat(path, &st) == 0 && fchmod(file->fd, st.st_mode & 0777) != 0)
        return err_sys(err, errno, "set the mode of what was restored"); /* uncovered: it is ours */
    if (sqlite_move_beside(path, aside, err) != ERR_OK)
        return err->code;
    if (link(path, aside) != 0)
        return err_sys(err, errno, "keep '%s' as '%s'", path, aside);
    if (rename(file->path, path) != 0) {
        (void)err_sys(err, errno, "put what was restored at '%s'", path);
        (void)unlink(aside); /* the second name of what is still there */
        return err->code;
    }
    free(STEAL(file->path));
    in->report->aside = aside;
    return file_sync_dir(dir, err);
}

/* The one that was there is as it was, at its place or aside. */
static enum err_code sqlite_replace(struct backup_in *in, struct scratch *file, const char *path,
                                    struct err *err)
{
    CLEANUP(lite_unlockp) struct lite_hold *hold = NULL;
    struct err other;
    bool damaged, wal;
    enum err_code rc;

    if (lite_lock(path, &hold, &damaged, err) != ERR_OK)
        return err->code;
    rc = sqlite_exchange(in, file, path, err);
    wal = lite_was_wal(hold);
    lite_unlock(STEAL(hold));
    if (!wal || lite_set_wal(rc == ERR_OK ? in->report->aside : path, &other) == ERR_OK)
        return rc;
    return rc == ERR_OK ? err_set(err, other.code, "%s", other.msg) : rc;
}

static enum err_code sqlite_may_restore(const struct backup_in *in, const char *path,
                                        struct err *err)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return errno == ENOENT ? ERR_OK : err_sys(err, errno, "look at '%s'", path);
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_REFUSED, "'%s' is no file", path);
    if (in->wish->replace)
        return ERR_OK;
    (void)err_set(err, ERR_REFUSED, "'%s' exists", path);
    return err_hint(err, "--replace puts it aside under another name");
}

static enum err_code sqlite_restore_to(struct backup_in *in, const char *path, struct err *err)
{
    CLEANUP(scratch_release) struct scratch file = SCRATCH_NONE;
    CLEANUP(mem_freep) char *dir = path_dir(path);
    bool replace = file_exists(path);

    if (sqlite_may_restore(in, path, err) != ERR_OK)
        return err->code;
    /* Whoever uses it is told before the work. */
    if (replace && lite_is_free(path, err) != ERR_OK)
        return err->code;
    if (sqlite_fill(in, dir, &file, err) != ERR_OK)
        return err->code;
    if (replace)
        return sqlite_replace(in, &file, path, err);
    if (sqlite_move_beside(path, sqlite_aside(path, &in->report->arena), err) != ERR_OK)
        return err->code;
    return scratch_keep(&file, path, err);
}

/* The path of "sqlite:PATH" and its other forms, also of a file that is not there, which db_open() would refuse. */
static struct sv sqlite_path(struct sv url)
{
    struct sv path = url;

    if (db_is_url(url)) {
        path = sv_sub(url, sv_find_byte(url, ':', 0) + 1, url.n);
        if (sv_starts(path, SV("//")))
            path = sv_sub(path, sv_starts(path, SV("///")) ? 3 : 2, path.n);
    }
    return path;
}

static enum err_code sqlite_restore(struct backup_in *in, struct err *err)
{
    CLEANUP(mem_freep) char *real = NULL;
    struct sv url = in->wish->url;
    const char *path = arena_strdup(&in->report->arena, sqlite_path(url));

    if (sv_starts(url, SV("postgres")) && db_is_url(url))
        return err_set(err, ERR_INVALID, "'%s' is a backup of SQLite: it is restored to a file",
                       in->path);
    if (!*path)
        return err_set(err, ERR_INVALID, "'%.*s' names no file", SV_FMT(url));
    real = realpath(path, NULL); /* what a link leads to is exchanged, not the link */
    if (real)
        path = arena_strdup(&in->report->arena, sv_from(real));
    in->report->place = path;
    return sqlite_restore_to(in, path, err);
}

const struct backup_ops backup_sqlite = {
    .create = sqlite_create,
    .compare = sqlite_compare,
    .restore = sqlite_restore,
};
