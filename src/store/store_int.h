#pragma once

/*
 * store_int: what the files of src/store share.
 */
#include <sqlite3.h>

#include "store/store.h"

struct store {
    sqlite3 *db;
    char *dir;
    enum store_mode mode;
    int64_t version; /* of its format, when it was opened: one that is only read stays as it is */
};

/* Queue a blob inside the caller's transaction. */
NODISCARD enum err_code store_blob_put(struct store *s, struct sv bytes, const struct hash *h,
                                       struct err *err);
