#pragma once

/*
 * libmicrohttpd: the library, opened when a server is started: it brings GnuTLS, for which nobody else waits.
 *
 * Its functions are called as libmicrohttpd.queue_response() and so on, after libmicrohttpd_open().
 */
#include <microhttpd.h>

#include "base/err.h"

#define LIBMICROHTTPD_CALLS(CALL)     \
    CALL(add_response_header)         \
    CALL(create_response_from_buffer) \
    CALL(destroy_response)            \
    CALL(get_daemon_info)             \
    CALL(get_timeout)                 \
    CALL(lookup_connection_value)     \
    CALL(queue_response)              \
    CALL(run)                         \
    CALL(start_daemon)                \
    CALL(stop_daemon)

struct libmicrohttpd {
#define CALL(name) __typeof__ (&MHD_##name)(name);
    LIBMICROHTTPD_CALLS(CALL)
#undef CALL
};
extern struct libmicrohttpd libmicrohttpd;

/* Once per process; again is free.  ERR_NOT_FOUND: it is not installed, or too old. */
NODISCARD enum err_code libmicrohttpd_open(struct err *err);
