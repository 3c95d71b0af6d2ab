/* A libcurl.so.4 of before LIBCURL_SINCE, for tests/unit/test_libcurl.c: it has the calls, and says how old it is. */
#include "net/libcurl.h"

#define EXPORT __attribute__((visibility("default")))

/* Under the names of the real ones.  Only version_info() is called: what it returns is nothing to the others. */
#define CALL(name)                                                          \
    EXPORT curl_version_info_data *old_##name(void) __asm__("curl_" #name); \
    EXPORT curl_version_info_data *old_##name(void)                         \
    {                                                                       \
        return &old;                                                        \
    }

static curl_version_info_data old = {.version = "7.86.0", .version_num = 0x075600};

LIBCURL_CALLS(CALL)
