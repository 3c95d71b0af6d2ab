#pragma once

/*
 * times: the fixed spans of conditions.md section 3, in one place, so that a time scale can
 * shorten all of them alike.
 */
#include "base/base.h"

struct rule_times {
    int64_t stale_us;    /* R6, R27: data are fresh for at least so long */
    int64_t fresh_us;    /* R27: at most so much fresh BAD time is asked after a gap */
    int64_t restart_us;  /* R28: without a result for so long, a run starts again */
    int64_t slack_us;    /* R34: a gate's deadline is 2 D + this */
    int64_t grace_us;    /* R41: a checkpoint waits so long for data */
    int64_t late_us;     /* R42: later than this is late */
    int64_t baseline_us; /* R5: the span before the first changing step */
    int64_t cell_us;     /* 4.3: cells of a window */
};

struct rule_times rule_times_default(void);
void rule_times_scale(struct rule_times *t, double factor);
