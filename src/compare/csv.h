#pragma once

/*
 * csv: comma-separated values (RFC 4180), in pieces of any size.
 *
 * The first line has the names.  Lines end in LF or CR LF; a cell in double quotes may hold commas, line ends and
 * doubled quotes; an empty cell without quotes is null.  A byte order mark is skipped, lines without a byte in them are
 * skipped where there are several columns.  Pure.
 */
#include "base/err.h"
#include "base/strbuf.h"
#include "base/vec.h"

#define CSV_LINE_BYTES (16u << 20) /* of one record */
#define CSV_COLUMNS    2000u       /* PostgreSQL has 1,600 */

/* A record: n cells, as many as there are names; .p NULL is null.  Valid during the call. */
typedef enum err_code csv_row_fn(void *arg, const struct sv *cells, size_t n, struct err *err);

struct csv_cell {
    size_t at, n;
    bool quoted;
};
struct csv {
    csv_row_fn *row; /* set by the caller */
    void *arg;
    VEC(char *) names; /* after the first line */

    /* private */
    int state;
    bool quoted, started, named;
    size_t line, skip; /* number of the line that is read; bytes of the mark that were seen */
    struct strbuf text;
    VEC(struct csv_cell) cells;
    VEC(struct sv) views;
};
/* Zeroed, with `row` and `arg` set, it is ready. */
NODISCARD enum err_code csv_feed(struct csv *c, struct sv bytes, struct err *err);
/* After the last piece: a line without LF counts. */
NODISCARD enum err_code csv_end(struct csv *c, struct err *err);
void csv_release(struct csv *c);
