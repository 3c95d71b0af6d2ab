#pragma once

/*
 * duration: spans of time as people write them, in milliseconds.
 */
#include "base/base.h"

/* "500ms", "30s", "5m", "5 min", "2 hours", "1h30m", "7d", "2w".  No sign.  False: not a duration. */
NODISCARD bool duration_parse(struct sv s, int64_t *ret_ms);
/* Milliseconds of a unit word ("ms", "sec", "minutes", ...), or 0. */
int64_t duration_unit_ms(struct sv word);

struct duration_text {
    char s[32];
};
/* Short, for people: "340 ms", "4.2 s", "1m 05s", "2h 03m", "3d 04h". */
struct duration_text duration_format(int64_t ms);
