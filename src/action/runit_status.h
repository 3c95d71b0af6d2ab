#pragma once

/*
 * runit_status: the file supervise/status of a service directory of runit.
 *
 * Pure.  Its 20 bytes are written by runsv(8) and read by sv(8) (runit 2.1.2, src/runsv.c,
 * update_status(), and src/sv.c, svstatus_print()); the first 18 are those of daemontools
 * (https://cr.yp.to/daemontools/supervise.html):
 *
 *      0..7   TAI64 second, big-endian, at which the state began     8..11  nanosecond, big-endian
 *     12..15  pid of the main process, little-endian; 0: none        16     1: paused
 *     17      'u' wants it up, 'd' wants it down                     18     1: TERM was sent
 *     19      0 down, 1 run is running, 2 finish is running
 */
#include "base/err.h"

#define RUNIT_STATUS_BYTES 20

enum runit_now { RUNIT_DOWN, RUNIT_RUN, RUNIT_FINISH };

struct runit_status {
    enum runit_now now;
    int64_t since_us; /* UTC */
    int64_t pid;      /* of run or finish; 0: none */
    bool paused, wants_up, got_term;
};

/* ERR_CORRUPT: these are not such bytes. */
NODISCARD enum err_code runit_status_read(struct sv bytes, struct runit_status *ret,
                                          struct err *err);
