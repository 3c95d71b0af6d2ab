#pragma once

/*
 * fmt: the conversions that most texts here are made of, without the machinery of stdio.
 *
 * Knows %% %c %s %.*s %d %u %zu %lld %llu %lu, without flags, width or another precision, and writes what printf would.
 * Everything else is refused before anything counts: the caller then asks vsnprintf().
 */
#include <stdarg.h>

#include "base/base.h"

/*
 * Write up to `size` bytes, without a NUL.  True: all of it fits, and there are *n bytes.  False: a
 * conversion is not known here, or it does not fit; the buffer is garbage.
 */
NODISCARD bool fmt_quick(char *buf, size_t size, const char *fmt, va_list ap, size_t *n);
