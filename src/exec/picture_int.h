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

/* A sum of the hashes of rows: the same rows in another order have the same one. */
struct picture_rows {
    int64_t n;
    uint64_t sum[4];
};
/* Take the row that was added to the hash, which begins anew. */
void picture_rows_take(struct picture_rows *rows, struct hash_state *state);
/* "NAME: table T" as the fact "rows of". */
void picture_rows_tell(struct picture *p, const char *about, const struct picture_rows *rows);

/* picture_service.c: its state, which program runs, and the version that it says. */
NODISCARD enum err_code picture_service(struct picture *p, struct sv name, struct err *err);
/* picture_database.c: the schema, and of each table how many rows and a digest of them. */
NODISCARD enum err_code picture_database(struct picture *p, struct sv file, struct err *err);
/* picture_postgres.c: the same of a PostgreSQL, by its URL. */
NODISCARD enum err_code picture_postgres(struct picture *p, struct sv url, struct err *err);
