#pragma once

/*
 * proof: backups that a step has made are read whole before the step counts as done.
 *
 * A file of SQLite is asked for its integrity, a dump of pg_dump or sqlite3 is decoded to its end (backup/backup.h).  What is
 * of a kind that nobody here knows is left as it is, and that is said.  In a thread of the loop's pool.
 */
#include "action/action.h"

/* Has it made something that is to be proven?  (The plan says so, and it ended well.) */
bool proof_is_due(const struct action *a);
/* a->outcome has proof and proof_failed afterwards; then() comes from the loop, once. */
void proof_begin(struct action *a, void (*then)(struct action *a));
/* It ends soon, and then() comes: the outcome is ACTION_STOPPED. */
void proof_stop(struct action *a);
void proof_release(struct action *a);
