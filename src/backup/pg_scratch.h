#pragma once

/*
 * pg_scratch: databases that are filled and not finished, and those that killed ones left.
 *
 * Such a database is called prusik_scratch_R_H or prusik_restore_R_H: R is random, H the begin of the digest of what stands
 * before it, so that no other one has such a name.  Who makes it holds an advisory lock of that name as long as the
 * connection lives: one without the lock has no maker any more.  Blocks.
 */
#include "base/arena.h"
#include "db/db.h"

/* A new name; the lock is held by `admin` from now on, before the database is there.  ERR_DB, ERR_NET. */
NODISCARD enum err_code pg_scratch_name(struct db *admin, const char *what, struct arena *a,
                                        struct sv *ret, struct err *err);
bool pg_scratch_is_name(struct sv name);
/* Those that nobody holds and that the role may drop are dropped; *ret: their names with commas, or empty. */
NODISCARD enum err_code pg_scratch_clean(struct db *admin, struct arena *a, struct sv *ret,
                                         struct err *err);
