#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static enum err_code write_and_sync(const char *path, const json_t *report, struct err *err)
{
    CLEANUP(close_fdp) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    if (fd < 0)
        return err_sys(err, errno, "open '%s'", path);
    if (json_dumpfd(report, fd, JSON_INDENT(1) | JSON_REAL_PRECISION(12)) != 0 || fsync(fd) != 0)
        return err_sys(err, errno, "write '%s'", path);
    return ERR_OK;
}

enum err_code report_write(const char *path, const json_t *report, struct err *err)
{
    CLEANUP(free_charp) char *beside = xasprintf("%s.%ld.new", path, (long)getpid());

    enum err_code rc = write_and_sync(beside, report, err);

    if (rc == ERR_OK && rename(beside, path) != 0)
        rc = err_sys(err, errno, "rename '%s' to '%s'", beside, path);
    if (rc != ERR_OK)
        (void)unlink(beside);
    return rc;
}
