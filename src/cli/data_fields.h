#pragma once

/*
 * data_fields: --key and --field, for records that no data file describes.
 */
#include "cli/verb.h"
#include "compare/field.h"

struct data_fields {
    struct arena arena;
    struct sv *key;
    size_t n_key;
    struct field *fields;
    size_t n;
};
/* ERR_USAGE: there is no --key. */
NODISCARD enum err_code data_fields_read(const struct cli *c, struct data_fields *ret,
                                         struct err *err);
void data_fields_release(struct data_fields *f);
