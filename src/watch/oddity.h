#pragma once

/*
 * oddity: what one reader of the exposition takes and another refuses.
 *
 * docs/formats/exposition.md, sections 2, 4.1 and 6.  The parsers note oddities as
 * bits; exposition.c decides by the rows what they mean in the mode that is asked for.
 */
#include "base/base.h"

/* Who refuses. */
#define ODDITY_SERVER  1u /* 0.0.4: the Prometheus server */
#define ODDITY_LIBRARY 2u /* 0.0.4: its format library */
#define ODDITY_SPEC    4u /* OpenMetrics: the specification */

enum oddity {
    ODDITY_BLANK_BEFORE,
    ODDITY_TIME_SIGN,
    ODDITY_NO_NAME,
    ODDITY_NO_TYPE,
    ODDITY_TYPE_SPELLING,
    ODDITY_HELP_UTF8,
    ODDITY_NO_LF,
    ODDITY_BLANK_AFTER,
    ODDITY_ESCAPE,
    ODDITY_NO_COMMA,
    ODDITY_TYPE_AGAIN,
    ODDITY_HELP_AGAIN,
    ODDITY_UNIT_AGAIN,
    ODDITY_HELP_ESCAPE,
    ODDITY_SEPARATOR,
    ODDITY_GLUED,
    ODDITY_BOUND,
    ODDITY_NO_TOTAL,
    ODDITY_INTERLEAVED,
    ODDITY_SERIES_AGAIN,
    ODDITY__N
};

struct oddity_info {
    unsigned refused_by;
    bool warns;
    const char *text; /* lower case, for a person */
};
extern const struct oddity_info oddity_info[ODDITY__N];
