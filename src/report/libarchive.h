#pragma once

/*
 * libarchive: the library, opened when the first bundle is written or read.
 *
 * It brings libxml2, ICU, Nettle and more; a program that lints or runs does not wait for them
 * (docs/adr/0005-evidence-bundle.md).  Its functions are called as libarchive.write_new() and so on, after
 * libarchive_open().
 */
#include <archive.h>
#include <archive_entry.h>

#include "base/err.h"

#define LIBARCHIVE_CALLS(CALL)      \
    CALL(entry_clear)               \
    CALL(entry_filetype)            \
    CALL(entry_free)                \
    CALL(entry_new)                 \
    CALL(entry_pathname)            \
    CALL(entry_set_filetype)        \
    CALL(entry_set_mtime)           \
    CALL(entry_set_pathname)        \
    CALL(entry_set_perm)            \
    CALL(entry_set_size)            \
    CALL(entry_size)                \
    CALL(error_string)              \
    CALL(read_data)                 \
    CALL(read_free)                 \
    CALL(read_new)                  \
    CALL(read_next_header)          \
    CALL(read_open_fd)              \
    CALL(read_support_filter_zstd)  \
    CALL(read_support_format_tar)   \
    CALL(write_add_filter_zstd)     \
    CALL(write_close)               \
    CALL(write_data)                \
    CALL(write_free)                \
    CALL(write_header)              \
    CALL(write_new)                 \
    CALL(write_open_fd)             \
    CALL(write_set_bytes_per_block) \
    CALL(write_set_format_pax_restricted)

struct libarchive {
#define CALL(name) __typeof__ (&archive_##name)(name);
    LIBARCHIVE_CALLS(CALL)
#undef CALL
};
extern struct libarchive libarchive;

/* Once per process; again is free.  ERR_NOT_FOUND: it is not installed. */
NODISCARD enum err_code libarchive_open(struct err *err);
