#pragma once

/*
 * lint_fix: mends that are certain, so that nobody has to look at them twice.
 *
 * Two are: characters that were encoded twice, where the way back gives well-formed
 * UTF-8 (RB003); and an outer fence that is given one more mark than any fence inside
 * it (RB001).  Everything else of the text stays as it is, byte for byte.  Pure.
 */
#include "base/strbuf.h"
#include "base/vec.h"
#include "runbook/runbook.h"

struct lint_mend {
    const char *id; /* "RB003" */
    size_t line;
};
struct lint_mends {
    VEC(struct lint_mend) list; /* by line; vec_release() is the caller's */
};

/* The mended text in *out, and what was mended; both empty when nothing was. */
void lint_fix(const struct runbook *rb, struct strbuf *out, struct lint_mends *ret);

/*
 * Text that was UTF-8, was read as Windows-1252 and written as UTF-8 again, the way back; false when
 * there is none in it.  *where: the first place in the line.  `out` may be NULL.
 */
bool lint_unmangle(struct sv line, struct strbuf *out, struct sv *where);
