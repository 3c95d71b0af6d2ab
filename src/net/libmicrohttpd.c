#include "net/libmicrohttpd.h"

#include "base/library.h"

struct libmicrohttpd libmicrohttpd;

enum err_code libmicrohttpd_open(struct err *err)
{
    static const struct library_call calls[] = {
#define CALL(name) {"MHD_" #name, offsetof(struct libmicrohttpd, name)},
        LIBMICROHTTPD_CALLS(CALL)
#undef CALL
    };
    static struct library library = {.file = "libmicrohttpd.so.12",
                                     .package = "libmicrohttpd12",
                                     .calls = calls,
                                     .n_calls = ARRAY_LEN(calls)};

    return library_open(&library, &libmicrohttpd, err);
}
