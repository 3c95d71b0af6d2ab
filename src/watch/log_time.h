#pragma once

/*
 * log_time: when a record of a log was written, by its own words.
 *
 * Read are dates and times as RFC 3339 has them (also with a comma before the fraction, a blank for the T, +0100) at the beginning
 * of a record, behind a bracket there, or behind a key that says so ("time":, ts=).  A time without zone needs to be told which.
 */
#include "base/regex.h"
#include "base/sv.h"
#include "base/tz.h"

/* What log_time() searches with: of one thread at a time; regex_free() it. */
struct regex *log_time_pattern(void);
/* `zone` is that of times that name none; NULL: those are not read.  False: the record has no time that is certain. */
NODISCARD bool log_time(struct regex *pattern, struct sv record, const struct tz *zone,
                        int64_t *ret_us);
