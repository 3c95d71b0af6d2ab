#pragma once

/*
 * marker: "-- prusik:WORD key=value ...", one line of a file of migrations (docs/formats/migrations.md).
 *
 * Every word, key and value is checked against a table; what is unknown is an error with the nearest known one.
 */
#include "migrate/migration.h"

enum marker_word {
    MARKER_MIGRATION,
    MARKER_CHECK,
    MARKER_UP,
    MARKER_BACKFILL,
    MARKER_VERIFY,
    MARKER_DOWN,
    MARKER_IGNORE,
    MARKER_PROBE,
    MARKER__N,
};

#define MARKER_ATTRS 20u /* no word has as many keys */

struct marker {
    enum marker_word word;
    struct sv rest; /* of ignore and probe: what stands behind the word */
    bool none, restore;
    struct migration_attr attrs[MARKER_ATTRS];
    size_t n_attrs;
    size_t at; /* of the comment */
};

/* Is the comment, which begins at `at`, on a line of its own and starts with "prusik:"? */
bool marker_is(const struct sqltext *t, size_t at, struct sv comment);
/* ERR_INVALID: FMT003, FMT004, FMT005.  Values that had to be unquoted are in the arena. */
NODISCARD enum err_code marker_read(const struct sqltext *t, size_t at, struct sv comment,
                                    struct arena *a, struct marker *ret, struct err *err);
/* "postgres", "sqlite,postgres", ...: MIGRATION_DB() bits; 0: something else. */
unsigned marker_dbs(struct sv list);
/* The value of a key, or the empty view. */
struct sv marker_attr(const struct marker *m, const char *key);
