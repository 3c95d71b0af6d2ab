#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

enum err_code library_open(struct library *l, void *table, struct err *err)
{
    /* For good.  Lazily, as a program that is linked with it would: what libpq needs has thousands of functions, whose places took some 2 ms. */
    void *handle = l->open ? NULL : dlopen(l->file, RTLD_LAZY | RTLD_LOCAL);

    if (l->open)
        return ERR_OK;
    if (!handle) {
        (void)err_set(err, ERR_NOT_FOUND, "%s", dlerror());
        return err_hint(err, "install the package %s", l->package);
    }
    for (size_t i = 0; i < l->n_calls; i++) {
        void *call = dlsym(handle, l->calls[i].name);

        if (!call)
            return err_set(err, ERR_NOT_FOUND, "%s has no %s: it is too old", l->file,
                           l->calls[i].name);
        memcpy((char *)table + l->calls[i].at, &call, sizeof(call));
    }
    l->open = true;
    return ERR_OK;
}
