#pragma once

/*
 * file: whole files and paths.
 *
 * A file that file_write_atomic() reported as written is complete and survives a
 * power cut: it is made beside its place, synced, renamed, and its folder synced.
 */
#include "base/err.h"
#include "base/strbuf.h"

/* The whole file; ERR_LIMIT when it has more than max bytes, ERR_IO otherwise. */
NODISCARD enum err_code file_read(const char *path, size_t max, struct strbuf *ret,
                                  struct err *err);
/* Create or replace, with these permissions. */
NODISCARD enum err_code file_write_atomic(const char *path, struct sv bytes, unsigned mode,
                                          struct err *err);
/* Make the folder and its parents (0700 for what is new). */
NODISCARD enum err_code file_mkdirs(const char *path, struct err *err);
/* Sync a folder, so that names in it last. */
NODISCARD enum err_code file_sync_dir(const char *path, struct err *err);
bool file_exists(const char *path);
/* Where temporary files belong: TMPDIR, or /tmp when that is no absolute path. */
const char *file_temp_dir(void);
/* A new folder "NAME.XXXXXX" there, 0700.  The caller removes it, and frees its path. */
NODISCARD enum err_code file_make_temp(const char *name, char **ret, struct err *err);

/* "dir/name"; name alone when it is absolute or dir is "." or empty.  For free(). */
char *path_join(const char *dir, const char *name);
/* What stands before the last '/', "." when there is none, "/" for the root.  For free(). */
char *path_dir(const char *path);
/* What stands after the last '/'; points into path. */
const char *path_base(const char *path);
