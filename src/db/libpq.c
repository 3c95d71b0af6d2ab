#include "db/libpq.h"

#include "base/library.h"

struct libpq libpq;

enum err_code libpq_open(struct err *err)
{
    static const struct library_call calls[] = {
#define CALL(name) {"PQ" #name, offsetof(struct libpq, name)},
        LIBPQ_CALLS(CALL)
#undef CALL
    };
    static struct library library = {"libpq.so.5", "libpq5", calls, ARRAY_LEN(calls), false};

    if (library_open(&library, &libpq, err) != ERR_OK)
        return err_wrap(err, "PostgreSQL needs libpq"); /* uncovered: tests need it */
    return ERR_OK;
}
