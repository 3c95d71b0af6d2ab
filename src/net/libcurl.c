#include "net/libcurl.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#define LIBCURL_FILE  "libcurl.so.4"
#define LIBCURL_SINCE 0x075700u /* 7.87: before it a cancelled request waits for the name server */

struct libcurl libcurl;

static enum err_code libcurl_fill(void *library, struct err *err)
{
    static const struct {
        const char *name;
        size_t at;
    } calls[] = {
#define CALL(name) {"curl_" #name, offsetof(struct libcurl, name)},
        LIBCURL_CALLS(CALL)
#undef CALL
    };

    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        void *call = dlsym(library, calls[i].name);

        if (!call)
            return err_set(err, ERR_NOT_FOUND, LIBCURL_FILE " has no %s", calls[i].name);
        memcpy((char *)&libcurl + calls[i].at, &call, sizeof(call));
    }
    return ERR_OK;
}

enum err_code libcurl_open(struct err *err)
{
    static bool open;
    void *library;

    if (open)
        return ERR_OK;
    library = dlopen(LIBCURL_FILE, RTLD_NOW | RTLD_LOCAL); /* for good: it has threads */
    if (!library) {
        (void)err_set(err, ERR_NOT_FOUND, "HTTP needs libcurl: %s", dlerror());
        return err_hint(err, "install the package libcurl4");
    }
    if (libcurl_fill(library, err) != ERR_OK)
        return err->code;
    if (libcurl.version_info(CURLVERSION_NOW)->version_num < LIBCURL_SINCE)
        return err_set(err, ERR_NOT_FOUND, LIBCURL_FILE " is %s; 7.87 or newer is needed",
                       libcurl.version_info(CURLVERSION_NOW)->version);
    if (libcurl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        abort(); /* uncovered: out of memory */
    open = true;
    return ERR_OK;
}
