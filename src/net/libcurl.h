#pragma once

/*
 * libcurl: the library, opened when the first request is made.
 *
 * It brings some thirty other libraries; a program that lints, plans or prints its version
 * does not wait for them (docs/adr/0003-http-client.md).  Its functions are called as
 * libcurl.easy_init() and so on, after libcurl_open().
 */
#include <curl/curl.h>

#include "base/err.h"

#define LIBCURL_CALLS(CALL)   \
    CALL(easy_cleanup)        \
    CALL(easy_getinfo)        \
    CALL(easy_init)           \
    CALL(easy_perform)        \
    CALL(easy_setopt)         \
    CALL(easy_strerror)       \
    CALL(free)                \
    CALL(global_init)         \
    CALL(multi_add_handle)    \
    CALL(multi_assign)        \
    CALL(multi_cleanup)       \
    CALL(multi_info_read)     \
    CALL(multi_init)          \
    CALL(multi_remove_handle) \
    CALL(multi_setopt)        \
    CALL(multi_socket_action) \
    CALL(slist_append)        \
    CALL(slist_free_all)      \
    CALL(url)                 \
    CALL(url_cleanup)         \
    CALL(url_get)             \
    CALL(url_set)             \
    CALL(version_info)

struct libcurl {
#define CALL(name) __typeof__ (&curl_##name)(name);
    LIBCURL_CALLS(CALL)
#undef CALL
};
extern struct libcurl libcurl;

/* Once per process; again is free.  ERR_NOT_FOUND: it is not installed, or too old. */
NODISCARD enum err_code libcurl_open(struct err *err);
