#pragma once

/*
 * flag_files: definitions, kill list and log of flags as files (docs/formats/flags.md, sections 3 and 5).
 *
 * A change is written whole beside its place, synced and renamed, so that a reader sees the old or the new file.  Two that
 * change at the same time do it one after another.  Blocks on the disk.
 */
#include "base/arena.h"
#include "flag/flagset.h"

struct flag_files {
    char *definitions, *kill, *log, *lock; /* paths; of the definitions and beside them */
};
/* "dir/flags.json" gives "dir/flags.kill.json", "dir/flags.log.jsonl", "dir/flags.lock". */
void flag_files_init(struct flag_files *f, const char *definitions);
void flag_files_release(struct flag_files *f);

/* Errors name the file.  ERR_NOT_FOUND: there are no definitions. */
NODISCARD enum err_code flag_files_load(const struct flag_files *f, struct flagset **ret,
                                        struct err *err);

/* What tells that a file is another one than before. */
struct flag_stamp {
    int64_t ino[2], size[2], mtime_ns[2];
};
struct flag_stamp flag_files_stamp(const struct flag_files *f);
bool flag_stamp_eq(const struct flag_stamp *a, const struct flag_stamp *b);

struct flag_change {
    struct sv key, variant; /* variant .p NULL: take the kill back */
    bool kill;
    struct sv by, why;
    int64_t at_us;
};
/* Check against the definitions, write.  *from: the variant before (in `a`; .p NULL: none). */
NODISCARD enum err_code flag_files_change(const struct flag_files *f, const struct flag_change *c,
                                          struct arena *a, struct sv *from, struct err *err);
/* The log's line of a change: who, when, what, why. */
json_t *flag_files_line(const struct flag_change *c, struct sv from);
/* It begins, and what the flag was: a crash in the middle leaves that.  A log that cannot be written stops no change; it is
 * said at its end. */
void flag_files_log_begin(const struct flag_files *f, const struct flag_change *c, struct sv from);
/* Append a line; the object is written compact, in its order. */
NODISCARD enum err_code flag_files_log(const struct flag_files *f, const json_t *line,
                                       struct err *err);
