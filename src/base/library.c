#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

bool library_libc_is_first(void)
{
    static const char *const names[] = {"malloc", "free",    "environ",       "open", "read",
                                        "write",  "connect", "clock_gettime", "fork"};
    void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
    bool first = libc != NULL;

    for (size_t i = 0; first && i < ARRAY_LEN(names); i++)
        first = dlsym(RTLD_DEFAULT, names[i]) == dlsym(libc, names[i]);
    if (libc)
        (void)dlclose(libc); /* it stays loaded, and has been before */
    return first;
}

enum err_code library_open(struct library *l, void *table, struct err *err)
{
    void *handle;

    if (l->open)
        return ERR_OK;
    /* For good.  Lazily, as a program that is linked with it would: what libpq needs has thousands of functions, whose places took some 2 ms. */
    handle = dlopen(l->file, RTLD_LAZY | RTLD_LOCAL |
                                 (l->deep && library_libc_is_first() ? RTLD_DEEPBIND : 0));
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
