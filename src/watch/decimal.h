#pragma once

/*
 * decimal: numbers of the metrics exposition (docs/formats/exposition.md, section 4).
 *
 * The nearest double, ties to even, for any text and whatever the locale.  Short
 * numbers are converted in whole-number arithmetic; the rest goes to strtod() in a
 * spelling of ours.  Pure; linear in the text.
 */
#include "base/base.h"

enum decimal { DECIMAL_OK, DECIMAL_NOT_A_NUMBER, DECIMAL_TOO_LARGE };

/* The whole view: digits with sign, point and exponent; inf, infinity, nan in any case. */
enum decimal decimal_read(struct sv s, double *ret);

/*
 * The plain number at the front of [p, end): returns where it ends and sets *ret, or NULL when
 * there is none or only decimal_read() can tell.  What follows the number is not looked at.
 */
const char *decimal_scan(const char *p, const char *end, double *ret);
