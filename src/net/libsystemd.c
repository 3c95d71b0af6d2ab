#include "net/libsystemd.h"

#include "base/library.h"

struct libsystemd libsystemd;

enum err_code libsystemd_open(struct err *err)
{
    static const struct library_call calls[] = {
#define CALL(name) {"sd_" #name, offsetof(struct libsystemd, name)},
        LIBSYSTEMD_CALLS(CALL)
#undef CALL
    };
    static struct library library = {"libsystemd.so.0", "libsystemd0", calls, ARRAY_LEN(calls),
                                     false};

    if (library_open(&library, &libsystemd, err) != ERR_OK)
        return err_wrap(err, "systemd is spoken to by libsystemd"); /* uncovered: tests need it */
    return ERR_OK;
}
