#pragma once

/*
 * foreign: backups that another program made: read to their end, and what they say of themselves.
 *
 * Plain SQL of pg_dump and sqlite3, as it is or compressed by gzip or zstd (plain.h), and the custom and tar formats of pg_dump,
 * which pg_restore decodes whole. They have no digest of all bytes: what is found is what does not hold together.
 */
#include "backup/backup.h"

/* Is it one? false: of a kind that nobody here knows. */
bool foreign_is(int fd);
NODISCARD enum err_code foreign_verify(int fd, const char *path, const struct backup_wish *w,
                                       struct backup_report *r, struct err *err);
