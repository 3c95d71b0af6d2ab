#pragma once

/*
 * sorter: pairs of key and line, in any order, given back in the order of their keys.
 *
 * What does not fit into the memory it was given goes to a file without a name in `folder`, in sorted runs that
 * are merged while they are read.  Equal keys come in the order in which they were added.  Blocks on the disk.
 */
#include "base/err.h"

struct sorter; /* opaque */

struct sorter *sorter_new(const char *folder, size_t memory_bytes);
void sorter_free(struct sorter *s);
DEFINE_CLEANUP(struct sorter *, sorter_free)

/* Copies both. */
NODISCARD enum err_code sorter_add(struct sorter *s, struct sv key, struct sv line,
                                   struct err *err);
/* All were added. */
NODISCARD enum err_code sorter_sort(struct sorter *s, struct err *err);
/* The next pair, valid until the next call; *more is false at the end. */
NODISCARD enum err_code sorter_next(struct sorter *s, struct sv *key, struct sv *line, bool *more,
                                    struct err *err);
/* How many runs went to the file. */
size_t sorter_runs(const struct sorter *s);
