#pragma once

/*
 * tz: time zones by name, from the system's database (/usr/share/zoneinfo).
 *
 * Reads TZif files (RFC 8536), so that several zones can be asked at once and the zone of the
 * process stays as it is (docs/adr/0007-time-zones.md).  Times are seconds since 1970; a local time is the
 * seconds that its date and clock would be in UTC.  Pure once it is open; owned by the caller.
 */
#include "base/err.h"

struct tz;

/*
 * "Europe/Berlin", "UTC".  `dir`: where the database is; NULL: the system's.  ERR_NOT_FOUND: there is no such
 * zone, or no database; ERR_CORRUPT: the file is not of this format.
 */
NODISCARD enum err_code tz_open(const char *dir, struct sv name, struct tz **ret, struct err *err);
/* The same from the bytes of a file. */
NODISCARD enum err_code tz_parse(struct sv bytes, struct tz **ret, struct err *err);
void tz_free(struct tz *tz);
DEFINE_CLEANUP(struct tz *, tz_free)

/* Seconds east of UTC at a moment. */
int64_t tz_offset_s(const struct tz *tz, int64_t utc_s);
/* The first moment after utc_s from which another offset holds; INT64_MAX: none. */
int64_t tz_next_change_s(const struct tz *tz, int64_t utc_s);

enum tz_kind {
    TZ_ONCE, /* an ordinary local time: both moments are the same */
    TZ_NEVER, /* clocks jump over it: by the offset before the jump, and by the one after it (which is earlier) */
    TZ_TWICE, /* clocks are put back over it: the first and the second time */
};
/* The moment, or moments, of a local time (as fold 0 and fold 1 of Python, PEP 495). */
enum tz_kind tz_moment(const struct tz *tz, int64_t local_s, int64_t *first_s, int64_t *second_s);
