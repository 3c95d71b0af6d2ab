#pragma once

/*
 * libsystemd: the library, opened when systemd or its journal is first asked (docs/adr/0006-service-managers.md).
 *
 * Its functions are called as libsystemd.bus_process() and so on, after libsystemd_open().  Which
 * they are: sd-bus(3), sd-journal(3).
 */
#include <systemd/sd-bus.h>
#include <systemd/sd-journal.h>

#include "base/err.h"

#define LIBSYSTEMD_CALLS(CALL)         \
    CALL(bus_add_match_async)          \
    CALL(bus_call_method_async)        \
    CALL(bus_close_unref)              \
    CALL(bus_get_events)               \
    CALL(bus_get_fd)                   \
    CALL(bus_get_timeout)              \
    CALL(bus_message_at_end)           \
    CALL(bus_message_enter_container)  \
    CALL(bus_message_exit_container)   \
    CALL(bus_message_get_error)        \
    CALL(bus_message_peek_type)        \
    CALL(bus_message_read)             \
    CALL(bus_message_skip)             \
    CALL(bus_open_system)              \
    CALL(bus_open_user)                \
    CALL(bus_process)                  \
    CALL(journal_add_disjunction)      \
    CALL(journal_add_match)            \
    CALL(journal_close)                \
    CALL(journal_get_cursor)           \
    CALL(journal_get_data)             \
    CALL(journal_get_realtime_usec)    \
    CALL(journal_has_persistent_files) \
    CALL(journal_has_runtime_files)    \
    CALL(journal_next)                 \
    CALL(journal_open)                 \
    CALL(journal_open_directory)       \
    CALL(journal_previous)             \
    CALL(journal_previous_skip)        \
    CALL(journal_seek_cursor)          \
    CALL(journal_seek_tail)            \
    CALL(journal_test_cursor)

struct libsystemd {
#define CALL(name) __typeof__ (&sd_##name)(name);
    LIBSYSTEMD_CALLS(CALL)
#undef CALL
};
extern struct libsystemd libsystemd;

/* Once per process; again is free.  ERR_NOT_FOUND: it is not installed, or too old. */
NODISCARD enum err_code libsystemd_open(struct err *err);
