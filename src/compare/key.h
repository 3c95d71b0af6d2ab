#pragma once

/*
 * key: JSON values as bytes, so that memcmp() orders and equates them (docs/formats/snapshot.md, section 1).
 *
 * null < false < true < numbers by value < texts by bytes; 3 and 3.0 have the same bytes.  Numbers are exact:
 * an integer beyond 2^53 and its neighbour differ.
 */
#include "base/json.h"

/* Append the bytes of a key: an array of `n` scalars.  ERR_INVALID: it is something else. */
NODISCARD enum err_code key_encode(const json_t *key, size_t n, struct strbuf *out,
                                   struct err *err);
/* Append the bytes of any value: equal for equal values, members of objects in any order. */
void key_canon(const json_t *value, struct strbuf *out);
/* As memcmp, the shorter first: < 0, 0, > 0. */
static inline int key_cmp(struct sv a, struct sv b)
{
    int c = __builtin_memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

    return c ? c : (a.n > b.n) - (a.n < b.n);
}
