#pragma once

/*
 * ops: a file of portable operations (YAML) becomes a file of prusik's own format, for both databases.
 *
 * Each operation is written as the parts that change a database online, and as those that undo it; from there on
 * nothing knows of operations.  Names are quoted, expressions are the author's and are checked to be one expression.
 * Pure.  docs/formats/operations.md
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "base/vec.h"

/* From this line of `sql` on, up to the next entry, it is what stands in this line of the file. */
struct ops_line {
    size_t sql, yaml;
};

struct ops_text {
    struct strbuf sql;
    VEC(struct ops_line) lines;
};
void ops_text_release(struct ops_text *t);

/* ERR_INVALID: "path:line: ... (FMT018)". */
NODISCARD enum err_code ops_write(struct sv path, struct sv yaml, struct ops_text *ret,
                                  struct err *err);
/* The line of the file for a line of the text. */
size_t ops_line(const struct ops_text *t, size_t sql_line);
