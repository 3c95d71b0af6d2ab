#pragma once

/*
 * bounds: what a document may hold before a parser sees it.
 *
 * cmark takes quadratic time over some texts without an empty line, fills every short
 * row of a table up to the width of its head, and has no limit on depth or memory.
 * No document that people wrote comes near these bounds; one that passes them
 * costs time and memory in proportion.  Pure; linear.
 */
#include "runbook/document.h"

#define BOUND_LINE_BYTES  65536u      /* an editor shows 200; the longest path is 4,096 */
#define BOUND_RUN_MARKS   20000u      /* brackets, stars, ... without an empty line between them */
#define BOUND_MARKS       (16u << 20) /* of all; a line counts for 4; 50 MB of runbooks have 11 M */
#define BOUND_TABLE_CELLS 2000000u    /* of all tables, short rows filled up */

/* ERR_LIMIT with path, line and column of what is too much. */
NODISCARD enum err_code bounds_check(const struct document *d, struct err *err);
