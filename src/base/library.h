#pragma once

/*
 * library: a shared library that is opened when it is first needed (docs/adr/0006-service-managers.md).
 *
 * A table of its functions is filled once and stays for the life of the process.
 */
#include <stddef.h>

#include "base/err.h"

struct library_call {
    const char *name;
    size_t at; /* offset of the pointer in the table */
};

struct library {
    const char *file;    /* "libsystemd.so.0" */
    const char *package; /* that has it, for the hint */
    const struct library_call *calls;
    size_t n_calls;
    bool open;
};

/* ERR_NOT_FOUND: it is not installed, or is too old to have a function; `table` is then unusable. */
NODISCARD enum err_code library_open(struct library *l, void *table, struct err *err);
