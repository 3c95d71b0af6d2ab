#pragma once

/*
 * lite: SQLite's part of a backup: copying a live database, counting it, checking a file.
 *
 * Files that are only looked at are opened "immutable": no lock, no journal, nothing is left beside them.
 */
#include <sqlite3.h>

#include "backup/census.h"
#include "backup/job.h"

/* A copy of the database at `path`, of one moment, in the empty file `to`, and its census of the same moment. */
NODISCARD enum err_code lite_copy(const char *path, const char *to, const struct job *job,
                                  struct census *ret, struct err *err);
/* Of a file that nobody changes.  ERR_CORRUPT: integrity_check has found something. */
NODISCARD enum err_code lite_check(const char *path, const struct job *job, struct err *err);
/* Of a file that nobody changes. */
NODISCARD enum err_code lite_census(const char *path, const struct job *job, struct census *ret,
                                    struct err *err);

/* ERR_LOCKED: somebody has it open, or a lock on it.  Changes nothing. */
NODISCARD enum err_code lite_is_free(const char *path, struct err *err);

struct lite_hold;
/* Keeps everybody else out of a database that may be replaced, its journal written back and gone.
 * ERR_LOCKED: it is in use.  *damaged: what is there cannot be opened as a database, so nothing is held. */
NODISCARD enum err_code lite_lock(const char *path, struct lite_hold **ret, bool *damaged,
                                  struct err *err);
void lite_unlock(struct lite_hold *h);
/* It was in WAL mode when it was locked; NULL: no. */
bool lite_was_wal(const struct lite_hold *h);
NODISCARD enum err_code lite_set_wal(const char *path, struct err *err);
DEFINE_CLEANUP(struct lite_hold *, lite_unlock)
