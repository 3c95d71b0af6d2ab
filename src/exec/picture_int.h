#pragma once

/*
 * picture_int: what the files of picture share.
 */
#include "base/hash.h"
#include "exec/picture.h"

struct picture {
    const struct picture_of *of;
    json_t *facts;
    size_t n_files;
};

void picture_add(struct picture *p, const char *what, const char *name, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
NODISCARD enum err_code picture_hash_file(const char *path, struct hash *ret, struct err *err);

/* picture_service.c: its state, which program runs, and the version that it says. */
NODISCARD enum err_code picture_service(struct picture *p, struct sv name, struct err *err);
/* picture_database.c: the schema, and of each table how many rows and a digest of them. */
NODISCARD enum err_code picture_database(struct picture *p, struct sv file, struct err *err);
