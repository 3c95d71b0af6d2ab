#pragma once

/*
 * discover: the migrations of a folder, in their order.
 *
 * What the files are is told by what stands in them, else by their names; two that both fit are a question
 * (ERR_INVALID).  Hidden files are passed over, others that are no migrations are named in `notes`.  Reads files.
 */
#include "migrate/book.h"
#include "migrate/order.h"

#define DISCOVER_BYTES (64u << 20) /* of one file */
#define DISCOVER_FILES 100000u     /* of one folder */

struct discover {
    const struct format *format; /* NULL: the folder has no migration */
    struct migrations files;
    VEC(struct strbuf) texts; /* of the files, in which those of the migrations lie */
    struct strbuf notes;      /* lines */
};
void discover_release(struct discover *d);

/*
 * format: a name of a row of formats.inc, or "auto".  ERR_NOT_FOUND: no such folder or format; ERR_INVALID with
 * file, line and column.
 */
NODISCARD enum err_code discover_tree(const char *dir, struct sv format, enum db_kind db,
                                      struct discover *ret, struct err *err);

/* The same by the names of the files alone, in the order of names: what is in them need not be finished. */
NODISCARD enum err_code discover_names(const char *dir, struct sv format, struct discover *ret,
                                       struct err *err);

/*
 * The files of a folder, read by a thread of their own while a connection is made and the database answers.  Whatever comes of
 * it is told by discover_tree_beside(), which waits for it; so does discover_ahead_free().
 */
struct discover_ahead;
struct discover_ahead *discover_ahead_new(const char *dir);
void discover_ahead_free(struct discover_ahead *a);
DEFINE_CLEANUP(struct discover_ahead *, discover_ahead_free)

/* As discover_tree(); files whose bytes are those of an applied row are not read for their parts.  Once for each `ahead`. */
NODISCARD enum err_code discover_tree_beside(struct discover_ahead *ahead, struct sv format,
                                             enum db_kind db, const struct book_rows *applied,
                                             struct discover *ret, struct err *err);
