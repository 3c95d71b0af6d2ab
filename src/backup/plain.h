#pragma once

/*
 * plain: a dump in SQL that another program wrote: is it complete, and how many rows has each table?
 *
 * Reads what pg_dump, pg_dumpall (plain format) and sqlite3's .dump write, piece by piece, in memory that does not grow with
 * the data. Pure: bytes go in, a report comes out. Complete is what has the last line that its writer puts
 * there, with nothing open before and nothing after it; a dump has no digest, so a changed value is not seen.
 */
#include "backup/census.h"
#include "base/err.h"

enum plain_writer { PLAIN_UNKNOWN, PLAIN_POSTGRES, PLAIN_SQLITE };

struct plain;
struct plain *plain_new(void);
void plain_free(struct plain *p);
DEFINE_CLEANUP(struct plain *, plain_free)

/* ERR_CORRUPT: a row of COPY has more or fewer fields than the one before it, or there is a NUL byte. */
NODISCARD enum err_code plain_feed(struct plain *p, struct sv bytes, struct err *err);
/* After the last piece.  Adds the tables with their rows to *census.  ERR_CORRUPT: it is not complete; ERR_INVALID: it is
 * the dump of no program that is known. */
NODISCARD enum err_code plain_end(struct plain *p, enum plain_writer *writer, struct census *census,
                                  struct err *err);
