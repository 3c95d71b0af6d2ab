#pragma once

/*
 * verify_rows: tables as command line clients print them.
 *
 * Cells are what stands between '|', or where a line has none between blanks.  Pure.
 */
#include "base/strbuf.h"
#include "base/sv.h"

/* Append the text without the sequences that command a terminal (ECMA-48: CSI and OSC). */
void verify_rows_plain(struct sv text, struct strbuf *out);

/*
 * Has `text` a line with these cells, joined by '|'?  "*" is any cell, NULL also an empty one, "60-70%" and
 * "<5%" are a range of numbers; every other cell is that text.  What is only limited upwards may have no row, where
 * others have one: nothing of it is there.
 */
bool verify_rows_have(struct sv text, struct sv cells);

/*
 * The "(3 rows)" that psql prints below a result.  False: there is none, or more than one.  *body is the
 * text without it.
 */
bool verify_rows_footer(struct sv text, int64_t *rows, struct sv *body);
