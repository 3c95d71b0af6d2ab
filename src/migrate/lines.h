#pragma once

/*
 * lines: the lines of a text with their offsets, and comments that are markers.
 */
#include "base/base.h"

struct lines {
    struct sv text;
    size_t at; /* of the next line */
};
struct lines_line {
    struct sv text; /* without its LF */
    size_t at, end; /* end: behind the LF */
};
bool lines_next(struct lines *l, struct lines_line *ret);
/* "-- rest": what stands behind the dashes and blanks; false: no line comment at column 0. */
bool lines_comment(struct sv line, struct sv *rest);
