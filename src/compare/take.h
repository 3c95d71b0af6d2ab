#pragma once

/*
 * take: records of a source become a snapshot file (docs/formats/snapshot.md, section 4).
 *
 * A record of JSON that has a text `error`, which is no field, is written as one that could not be read.
 */
#include "compare/pace.h"
#include "compare/rows.h"
#include "compare/snapshot.h"

struct take_spec {
    const struct rows_source *rows;
    struct sv name, side;
    const struct sv *key;
    size_t n_key;
    const struct field *fields; /* none: those of the first record */
    size_t n_fields;
    int64_t taken_at_us;
    const char *output;
    const struct pace *pace; /* NULL: nobody waits */
    struct strbuf
        *absent; /* gets the declared fields that no record had, with commas; NULL: nobody asks */
};

/* ERR_REFUSED: the file exists.  ERR_INVALID: a record has no key, or two have the same.  ERR_INTERRUPTED: by its pace; there is no file. */
NODISCARD enum err_code take_snapshot(const struct take_spec *t, size_t *records, struct err *err);

/* A text without a type as a value: 17 and -1.5 are numbers, 007 and 1e3 stay texts. */
json_t *take_plain_value(struct sv text);
