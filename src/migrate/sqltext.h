#pragma once

/*
 * sqltext: the text of a file of migrations as it is read, and how a fault in it is told.
 *
 * A fault has an id that never changes (FMT001, ...: docs/formats/migrations.md) at the end of its message.
 */
#include "base/arena.h"
#include "base/err.h"

struct sqltext {
    struct sv path; /* as messages show it */
    struct sv text; /* UTF-8 without BOM, lines ended by LF */
};

/*
 * Read bytes as text: the BOM is dropped, CR LF and CR become LF.  What has nothing to change is a view of
 * `bytes`, else it is in the arena.  ERR_INVALID (FMT012): not UTF-8.
 */
NODISCARD enum err_code sqltext_read(struct sv path, struct sv bytes, struct arena *a,
                                     struct sqltext *ret, struct err *err);

/* From 1. */
size_t sqltext_line(const struct sqltext *t, size_t at);
size_t sqltext_column(const struct sqltext *t, size_t at);

/*
 * The same for places that come one after another: each costs what lies behind the one before.  Zeroed at first; another text,
 * or a place before the last, begins anew.
 */
struct sqltext_place {
    const char *text;
    size_t at, line, begin; /* begin: of the line */
};
void sqltext_go(const struct sqltext *t, size_t at, struct sqltext_place *p);

/* ERR_INVALID with "path:line:column: MESSAGE (ID)"; returns the code, for `return sqltext_fail(...)`. */
enum err_code sqltext_fail(struct err *err, const struct sqltext *t, size_t at, const char *id,
                           const char *fmt, ...) PRINTF_LIKE(5, 6);
