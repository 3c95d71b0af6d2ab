#pragma once

/*
 * sqlexpect: a query and what it must give: `check` before a migration, `verify` behind it.
 *
 * Nothing stays changed: a query runs read-only, one that must fail in a transaction that is rolled back.
 */
#include "db/db.h"

/*
 * expect: empty, true, runs (it does not fail), rows:N, value:TEXT, error:STATE (SQLite: error:constraint); the empty view is "true".
 * *holds says whether it held, `why` is what was found instead.  `inside`: within the caller's transaction.
 * Errors are those of the query, when it was not to fail.
 */
NODISCARD enum err_code sqlexpect_ask(struct db *db, struct sv sql, struct sv expect, bool inside,
                                      bool *holds, struct strbuf *why, struct err *err);
