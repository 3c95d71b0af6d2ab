#pragma once

/*
 * scratch: files that are not finished, and room for them.
 *
 * A scratch file is called ".prusik-XXXXXX.part" and is locked (flock) as long as its process lives; what killed
 * ones left is removed when the next is made in the folder.  None is ever found under another name.
 */
#include "base/err.h"

struct scratch {
    int fd;     /* -1: none */
    char *path; /* NULL: it has another name now, or never had one */
};
#define SCRATCH_NONE ((struct scratch){.fd = -1})

NODISCARD enum err_code scratch_open(const char *dir, struct scratch *ret, struct err *err);
/* A file without a name, for what a program reads once. */
NODISCARD enum err_code scratch_open_unnamed(const char *dir, struct scratch *ret, struct err *err);
/* Closes it, and removes what is still under the scratch's name. */
void scratch_release(struct scratch *s);
/* Synced and renamed to `path`, which must not exist (ERR_REFUSED); its folder synced. */
NODISCARD enum err_code scratch_keep(struct scratch *s, const char *path, struct err *err);
/* ERR_IO when the folder has less than `bytes` to spare; `what` is for the message. */
NODISCARD enum err_code scratch_room(const char *dir, int64_t bytes, const char *what,
                                     struct err *err);
/* How many unfinished files of others are in the folder; those whose process is gone are removed first. */
size_t scratch_clean(const char *dir);
