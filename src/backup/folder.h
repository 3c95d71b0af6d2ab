#pragma once

/*
 * folder: the backups of a folder, and which of them are kept.
 *
 * Reading looks at header and trailer of each file only: "whole" says that its size is right, not its bytes.  What the
 * header says to be proven was so when the file got its name, with the time of its snapshot as that of the file:
 * "touched" is one that has another time, as it was written to, or copied, since.  folder_check() reads the bytes.
 * folder_choose() is pure: the same files and policy give the same choice, whatever the day.
 */
#include "backup/pack.h"
#include "base/vec.h"

struct folder_entry {
    const char *name, *path;
    int64_t size_bytes;
    int64_t written_us; /* the time of the file */
    bool whole, touched;
    bool checked;          /* every byte was read: it is whole, or was not */
    struct pack_head head; /* when it is whole */
    const char *why;       /* when it is not */
    bool keep;             /* set by folder_choose() */
    const char *reason;    /* "last", "daily", ...; NULL: it is not kept */
};

struct folder {
    struct arena arena;
    VEC(struct folder_entry) files; /* newest first, then by name; those that are not whole last */
    size_t unfinished;              /* of processes that live */
};
void folder_release(struct folder *f);
NODISCARD enum err_code folder_read(const char *dir, struct folder *ret, struct err *err);

/* Reads every byte, of all or of those that were touched: what was changed is not whole, and stands behind the others.
 * ERR_INTERRUPTED, ERR_IO: it is not known of all. */
NODISCARD enum err_code folder_check(struct folder *f, bool only_touched, const struct job *job,
                                     struct err *err);

/* How many of each are kept of each database; of a day, week (from Monday) and month of UTC the newest. */
struct folder_policy {
    uint64_t last, daily, weekly, monthly;
};
/* "last=7,daily=14,weekly=8,monthly=12"; ERR_USAGE: anything else, or nothing that is kept. */
NODISCARD enum err_code folder_policy_read(struct sv text, struct folder_policy *ret,
                                           struct err *err);
/* Sets keep and reason.  The newest of each database is always kept, and so is what is not whole: a person looks
 * at it. */
void folder_choose(struct folder *f, const struct folder_policy *p);
/* Removes what is not kept. */
NODISCARD enum err_code folder_prune(const struct folder *f, struct err *err);
