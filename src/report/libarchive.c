#include "report/libarchive.h"

#include <dlfcn.h>
#include <string.h>

#define LIBARCHIVE_FILE "libarchive.so.13"

struct libarchive libarchive;

static enum err_code libarchive_fill(void *library, struct err *err)
{
    static const struct {
        const char *name;
        size_t at;
    } calls[] = {
#define CALL(name) {"archive_" #name, offsetof(struct libarchive, name)},
        LIBARCHIVE_CALLS(CALL)
#undef CALL
    };

    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        void *call = dlsym(library, calls[i].name);

        if (!call) /* uncovered: every libarchive.so.13 has them */
            return err_set(err, ERR_NOT_FOUND, LIBARCHIVE_FILE " has no %s",
                           calls[i].name); /* uncovered: the same */
        memcpy((char *)&libarchive + calls[i].at, &call, sizeof(call));
    }
    return ERR_OK;
}

enum err_code libarchive_open(struct err *err)
{
    static bool open;
    void *library;

    if (open)
        return ERR_OK;
    library = dlopen(LIBARCHIVE_FILE,
                     RTLD_NOW | RTLD_LOCAL); /* for good: libxml2 is not made to be closed */
    if (!library) {
        (void)err_set(err, ERR_NOT_FOUND, "archives need libarchive: %s",
                      dlerror());                                 /* uncovered: the tests have it */
        return err_hint(err, "install the package libarchive13"); /* uncovered: the same */
    }
    if (libarchive_fill(library, err) != ERR_OK)
        return err->code; /* uncovered: see there */
    open = true;
    return ERR_OK;
}
