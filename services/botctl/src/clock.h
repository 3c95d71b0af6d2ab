#pragma once

/* clock: the two clocks of the program, read here and nowhere else. */
#include <stdint.h>

/* Monotonic nanoseconds, for durations. */
uint64_t clock_mono_ns(void);

/* UTC seconds since 1970 with fraction. */
double clock_unix_s(void);

/* UTC now as 2025-10-25T21:00:00.123Z; out needs CLOCK_TEXT bytes. */
enum { CLOCK_TEXT = 32 };
void clock_text(char out[CLOCK_TEXT]);
