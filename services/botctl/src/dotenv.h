#pragma once

/*
 * dotenv: reads KEY=VALUE lines.
 *
 * One setting per line; "export " in front, blank lines and # comments are fine.
 * A value is bare (up to " #" or the end, trimmed), 'raw' or "with \" and \\".
 * Nothing is expanded.  Pure: text in, pairs out.
 */
#include "err.h"

/* A pair of line `line`; the strings are valid during the call only. */
typedef enum err_code (*dotenv_fn)(void *ctx, const char *name, const char *value, int line,
                                   struct err *err);

/* Call fn for each pair in order; the first failure ends it.  ERR_USAGE names the line. */
NODISCARD enum err_code dotenv_parse(const char *text, dotenv_fn fn, void *ctx, struct err *err);
