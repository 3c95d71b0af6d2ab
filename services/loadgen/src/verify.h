#pragma once

/* verify: is every acknowledged message in the database, as it was sent? */
#include <stdint.h>

#include "err.h"

struct verdict {
    uint64_t acknowledged, missing, different;
};

/*
 * Compare all; the first few that do not fit are printed to stderr.  An empty file is ERR_FAILED:
 * it proves nothing.
 */
NODISCARD enum err_code verify_acks(const char *acks, const char *database_url, struct verdict *ret,
                                    struct err *err);
