#include <errno.h>
#include <stdlib.h>
#include <sys/statvfs.h>

#include "base/mem.h"
#include "watch/source.h"

struct disk_source {
    struct source source; /* first */
    char *path;
};

static enum err_code disk_open(struct source *s, json_t *settings, struct err *err UNUSED)
{
    container_of(s, struct disk_source, source)->path =
        xstrdup(json_get_str(settings, "path", NULL));
    return ERR_OK;
}

static void disk_close(struct source *s)
{
    free(container_of(s, struct disk_source, source)->path);
}

/* In bytes, as df counts: `free` is what an ordinary user can still write, and the share is of what
 * such a user could have in all. */
static enum err_code disk_look(const struct source *s, struct sample_list *l, struct err *err)
{
    const char *path = ((const struct disk_source *)(const void *)s)->path;
    struct statvfs v;
    double block, used, avail;

    if (statvfs(path, &v) != 0)
        return err_sys(err, errno, "look at the disk of '%s'", path);
    block = (double)v.f_frsize;
    used = (double)(v.f_blocks - v.f_bfree) * block;
    avail = (double)v.f_bavail * block;
    sample_add_number(l, "size", (double)v.f_blocks * block, "B");
    sample_add_number(l, "used", used, "B");
    sample_add_number(l, "free", avail, "B");
    if (used + avail > 0)
        sample_add_number(l, "used_share", used / (used + avail), "ratio");
    else
        sample_add_null(l, "used_share", "ratio"); /* proc, sysfs: no size at all */
    sample_add_number(l, "inodes", (double)v.f_files, NULL);
    sample_add_number(l, "inodes_free", (double)v.f_favail, NULL);
    return ERR_OK;
}

static const struct source_key disk_keys[] = {
    {"path", SOURCE_TEXT, true, "a file or folder on the disk"},
};

static const struct source_member disk_members[] = {
    {"size", "B", "of the file system"},
    {"used", "B", "by files"},
    {"free", "B", "for an ordinary user"},
    {"used_share", "ratio", "used / (used + free); null: the file system has no size"},
    {"inodes", NULL, "of the file system; 0: it does not count them"},
    {"inodes_free", NULL, "for an ordinary user"},
};

const struct source_ops source_disk = {
    .kind = "disk",
    .help = "how full a file system is",
    .keys = disk_keys,
    .n_keys = ARRAY_LEN(disk_keys),
    .members = disk_members,
    .n_members = ARRAY_LEN(disk_members),
    .size = sizeof(struct disk_source),
    .open = disk_open,
    .close = disk_close,
    .look = disk_look,
};
