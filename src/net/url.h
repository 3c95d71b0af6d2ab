#pragma once

/*
 * url: can a text be the address of somebody who is asked?
 *
 * For a look at a setting before anything is asked; what asks reads the URL itself, by libcurl.  Pure.
 */
#include "base/err.h"

/* `schemes` in small letters with blanks: "http https".  ERR_INVALID says what is wrong, without the URL: it may have a password. */
NODISCARD enum err_code url_check(struct sv url, const char *schemes, struct err *err);
