#pragma once

/*
 * bounds: what a document may hold before a parser sees it.
 *
 * cmark-gfm 0.29 takes quadratic time over three texts: "<?" and "<!" without an end in
 * one paragraph, a long paragraph right above a table, and a table with many columns.
 * It fills every short row of a table up to the width of its head, and has no limit on
 * depth or memory.  What passes these bounds (base/limits.h) costs time and memory in
 * proportion (docs/reference/reading.md).  Pure; linear.
 */
#include "runbook/document.h"

/* ERR_LIMIT with path, line and column of what is too much. */
NODISCARD enum err_code bounds_check(const struct document *d, struct err *err);
