#pragma once

/*
 * pending: files held against what the database says: what is applied, what is to come, what does not fit.
 *
 * Pure.  One entry per version, in the order of applying; versions without a file stand where they belong.
 */
#include "migrate/book.h"
#include "migrate/format.h"

enum pending_state {
    PENDING_APPLIED,
    PENDING_NEW,          /* to be applied */
    PENDING_OUT_OF_ORDER, /* new, and a later one is applied */
    PENDING_AGAIN,        /* a repeatable whose text changed */
    PENDING_PARTIAL,      /* begun and not ended */
    PENDING_CHANGED,      /* applied, and the file says something else since */
    PENDING_MISSING,      /* applied, and there is no file */
    PENDING__N,
};

struct pending {
    enum pending_state state;
    const struct migration *file;     /* NULL: missing, or adopted without */
    const struct book_migration *row; /* NULL: the database does not know it */
    struct sv version;                /* as the database calls it */
    bool layout;                      /* applied, and comments or layout changed since */
    bool not_for;                     /* the file has no part for this database */
};
typedef VEC(struct pending) pendings;

/* How the database calls a migration: its version, "R:NAME", else its name; in the arena. */
struct sv pending_version(const struct migration *m, struct arena *a);
/* The caller releases *ret, which points into the two others. */
void pending_compare(struct migrations *files, const struct book_rows *rows, enum db_kind db,
                     pendings *ret);
const char *pending_state_text(enum pending_state s); /* "out of order" */
/* Begun and not ended, and there is no file that says how it goes on. */
bool pending_is_half_missing(const struct pending *p);
/* ERR_REFUSED: it is such a one, and neither a way there nor one back goes over it. */
NODISCARD enum err_code pending_may_pass(const struct pending *p, struct err *err);
/* Changed, and the file of its way there is as it was: it is that of its way back. */
bool pending_is_other_down(const struct pending *p);
/* Has something to be done, or does something not fit? */
bool pending_is_clean(const pendings *p);
/* The first that must not be passed over: half done without a file, changed, or out of order unless that is allowed.  ERR_REFUSED. */
NODISCARD enum err_code pending_check(const pendings *p, bool allow_out_of_order, struct err *err);
/* The entry that a person names by its version (leading zeros do not count) or name; NULL: ERR_NOT_FOUND. */
const struct pending *pending_find(const pendings *p, struct sv name, struct err *err);
