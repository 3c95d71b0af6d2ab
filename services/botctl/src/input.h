#pragma once

/*
 * input: reads what a client sent; what does not fit is ERR_INPUT with the reason.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "err.h"

struct input_field {
    const char *name;
    size_t max;      /* bytes; the least is 1 */
    bool identifier; /* letters, digits and . _ : @ - only */
    bool optional;   /* absent or null gives NULL */
};

/* A JSON object from a request body; the caller releases it. */
NODISCARD enum err_code input_object(const char *body, size_t n, json_t **ret, struct err *err);

/* A string member of the object, checked. */
NODISCARD enum err_code input_text(const json_t *object, const struct input_field *field,
                                   const char **ret, struct err *err);

/* A value given as text (from the query string; NULL: absent), checked. */
NODISCARD enum err_code input_value(const char *value, const struct input_field *field,
                                    struct err *err);

/* A whole number from 1 to max as text; absent (NULL) gives fallback. */
NODISCARD enum err_code input_number(const char *value, const char *name, int64_t fallback,
                                     int64_t max, int64_t *ret, struct err *err);
