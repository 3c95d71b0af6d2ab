#pragma once

/*
 * process: what one process uses, from /proc: for who knows its number.  Does not block.
 */
#include "base/err.h"

struct process_used {
    double rss_bytes, cpu_s; /* resident memory; time spent since its start */
};
/* ERR_IO: there is no such process, or it is hidden from us. */
NODISCARD enum err_code process_use(int64_t pid, struct process_used *ret, struct err *err);
