#pragma once

/*
 * unwrap: does a line of a paragraph go on with the sentence of the line before, as editors wrap it at their margin?
 *
 * Markdown shows both as one; people also write one thing a line: "**Owner:** Dana", a command, "Expected: x".  A line
 * goes on when the one before has no end and it begins as none of these does.
 */
#include "base/base.h"

/* `all` is what goes on so far, `before` the last line of it; none has an end of line. */
bool unwrap_goes_on(struct sv all, struct sv before, struct sv line);
/* Does the line begin with a known program, as no sentence does? */
bool unwrap_is_command(struct sv line);
