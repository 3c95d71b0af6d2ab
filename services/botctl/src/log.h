#pragma once

/*
 * log: JSON lines, one event each: {"time","level","event", fields...}.
 *
 * A line is one write() to a file opened for appending, so that lines of several
 * threads and processes do not mix.  Safe to use from every thread.  A log that
 * cannot be written (disk full) does not stop the service.
 */
#include <jansson.h>

#include "err.h"

enum log_level { LOG_INFO, LOG_WARN, LOG_ERROR };

struct log;

/* Open path for appending, or stderr when it is "". */
NODISCARD enum err_code log_open(const char *path, struct log **ret, struct err *err);
void log_free(struct log *log);

/* Open the path again, after it was renamed.  On failure the old file stays in use. */
NODISCARD enum err_code log_reopen(struct log *log, struct err *err);

/* Write an event; fields as for json_pack(): "{s:s, s:I}", "path", p, "n", (json_int_t)n. */
void log_event(struct log *log, enum log_level level, const char *event, const char *fields, ...);

/* A JSON string of text from elsewhere: what is not UTF-8 is replaced.  A new reference. */
json_t *log_text(const char *s);
