#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"

enum err_code file_read(const char *path, size_t max, struct strbuf *ret, struct err *err)
{
    CLEANUP(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(max);
    char chunk[65536];
    ssize_t n;

    if (fd < 0)
        return err_sys(err, errno, "open '%s'", path);
    while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
        if (n < 0 && errno == EINTR)
            continue; /* uncovered: a signal inside read() */
        if (n < 0)
            return err_sys(err, errno, "read '%s'", path);
        strbuf_add(&b, chunk, (size_t)n);
        if (b.overflow)
            return err_set(err, ERR_LIMIT, "'%s' is longer than %zu bytes", path, max);
    }
    *ret = strbuf_steal(&b);
    return ERR_OK;
}

enum err_code file_sync_dir(const char *path, struct err *err)
{
    CLEANUP(fd_closep) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return err_sys(err, errno, "open folder '%s'", path);
    if (fsync(fd) != 0)
        return err_sys(err, errno, "sync folder '%s'", path);
    return ERR_OK;
}

static enum err_code file_fill(int fd, const char *path, struct sv bytes, unsigned mode,
                               struct err *err)
{
    if (fd_write_all(fd, bytes.p, bytes.n, err) != ERR_OK)
        return err_wrap(err, "'%s'", path);
    if (fchmod(fd, mode) != 0)
        return err_sys(err, errno, "set the mode of '%s'", path);
    if (fsync(fd) != 0)
        return err_sys(err, errno, "sync '%s'", path);
    return ERR_OK;
}

enum err_code file_write_atomic(const char *path, struct sv bytes, unsigned mode, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf tmp = STRBUF(0);
    CLEANUP(mem_freep) char *dir = path_dir(path);
    CLEANUP(fd_closep) int fd = -1;
    enum err_code rc;

    strbuf_addf(&tmp, "%s.XXXXXX", path);
    fd = mkostemp(tmp.p, O_CLOEXEC);
    if (fd < 0)
        return err_sys(err, errno, "create a file beside '%s'", path);
    rc = file_fill(fd, path, bytes, mode, err);
    if (rc == ERR_OK && rename(tmp.p, path) != 0)
        rc = err_sys(err, errno, "rename to '%s'", path);
    if (rc != ERR_OK) {
        (void)unlink(tmp.p); /* it is of no use to anyone */
        return rc;
    }
    return file_sync_dir(dir, err);
}

static bool file_is_dir(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* 0, or the errno of what stands in the way. */
static int file_mkdir(const char *path)
{
    int sys = mkdir(path, 0700) == 0 ? 0 : errno;

    return sys == EEXIST && file_is_dir(path) ? 0 : sys;
}

enum err_code file_mkdirs(const char *path, struct err *err)
{
    CLEANUP(mem_freep) char *dir = NULL;
    int sys = file_mkdir(path);

    if (sys == ENOENT) {
        dir = path_dir(path);
        if (file_mkdirs(dir, err) != ERR_OK)
            return err->code;
        sys = file_mkdir(path);
    }
    return sys == 0 ? ERR_OK : err_sys(err, sys, "make folder '%s'", path);
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

const char *file_temp_dir(void)
{
    const char *dir = getenv("TMPDIR");

    return dir && dir[0] == '/' ? dir : P_tmpdir;
}

enum err_code file_make_temp(const char *name, char **ret, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    char *path;

    strbuf_addf(&b, "%s/%s.XXXXXX", file_temp_dir(), name);
    path = xstrdup(strbuf_str(&b));
    if (!mkdtemp(path)) {
        free(path);
        return err_sys(err, errno, "make a folder in '%s'", file_temp_dir());
    }
    *ret = path;
    return ERR_OK;
}

char *path_join(const char *dir, const char *name)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    if (name[0] != '/' && dir[0] && strcmp(dir, ".") != 0)
        strbuf_addf(&b, "%s%s", dir, dir[strlen(dir) - 1] == '/' ? "" : "/");
    strbuf_add_str(&b, name);
    return strbuf_steal_str(&b);
}

char *path_dir(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        return xstrdup(".");
    return xstrdup_sv((struct sv){path, slash == path ? 1 : (size_t)(slash - path)});
}

const char *path_base(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}
