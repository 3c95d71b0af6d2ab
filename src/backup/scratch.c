#include "backup/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/sv.h"

#define SCRATCH_PREFIX ".prusik-"
#define SCRATCH_SUFFIX ".part"

size_t scratch_clean(const char *dir)
{
    DIR *d = opendir(dir);
    const struct dirent *e;
    size_t others = 0;

    while (d && (e = readdir(d)) != NULL) {
        struct sv name = sv_from(e->d_name);
        CLEANUP(fd_closep) int fd = -1;

        if (!sv_starts(name, SV(SCRATCH_PREFIX)) || !sv_ends(name, SV(SCRATCH_SUFFIX)))
            continue;
        fd = openat(dirfd(d), e->d_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0)
            others++;
        else
            (void)unlinkat(dirfd(d), e->d_name, 0); /* it is of no use to anyone */
    }
    if (d)
        (void)closedir(d); /* fails only for what is none */
    return others;
}

enum err_code scratch_open(const char *dir, struct scratch *ret, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf name = STRBUF(0);
    struct scratch s = SCRATCH_NONE;

    (void)scratch_clean(dir);
    strbuf_addf(&name, "%s/" SCRATCH_PREFIX "XXXXXX" SCRATCH_SUFFIX, dir);
    s.fd = mkostemps(name.p, (int)sizeof(SCRATCH_SUFFIX) - 1, O_CLOEXEC);
    if (s.fd < 0)
        return err_sys(err, errno, "create a file in '%s'", dir);
    s.path = strbuf_steal_str(&name);
    /* Another prusik may have removed it between these lines. */
    if (flock(s.fd, LOCK_EX | LOCK_NB) != 0 || !file_exists(s.path)) {
        scratch_release(&s); /* uncovered: a race */
        return err_set(err, ERR_LOCKED, "another backup was made in '%s'", dir); /* uncovered: so */
    }
    *ret = s;
    return ERR_OK;
}

enum err_code scratch_open_unnamed(const char *dir, struct scratch *ret, struct err *err)
{
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd < 0)
        return err_sys(err, errno, "create an unnamed file in '%s'", dir);
    *ret = (struct scratch){.fd = fd};
    return ERR_OK;
}

void scratch_release(struct scratch *s)
{
    if (s->path)
        (void)unlink(s->path); /* it is of no use to anyone */
    free(s->path);
    fd_closep(&s->fd);
    *s = SCRATCH_NONE;
}

enum err_code scratch_keep(struct scratch *s, const char *path, struct err *err)
{
    CLEANUP(mem_freep) char *dir = path_dir(path);

    if (fsync(s->fd) != 0)
        return err_sys(err, errno, "sync '%s'", path);
    if (renameat2(AT_FDCWD, s->path, AT_FDCWD, path, RENAME_NOREPLACE) != 0)
        return errno == EEXIST ? err_set(err, ERR_REFUSED, "'%s' exists", path)
                               : err_sys(err, errno, "rename to '%s'", path);
    free(STEAL(s->path));
    return file_sync_dir(dir, err);
}

enum err_code scratch_room(const char *dir, int64_t bytes, const char *what, struct err *err)
{
    struct statvfs v;
    int64_t room;

    if (statvfs(dir, &v) != 0)
        return err_sys(err, errno, "look at folder '%s'", dir);
    if (__builtin_mul_overflow((int64_t)v.f_bavail, (int64_t)v.f_frsize, &room))
        room = INT64_MAX;
    if (room >= bytes)
        return ERR_OK;
    (void)err_set(err, ERR_IO, "%s needs %lld bytes in '%s', which has %lld", what,
                  (long long)bytes, dir, (long long)room);
    return err_hint(err, "another folder, or prusik backup prune");
}
