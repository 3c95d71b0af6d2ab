#pragma once

/*
 * map: from text to a number, usually the index of an element in a vec.
 *
 * Keys are copied.  The order of the map is nobody's business: what reaches output,
 * a hash or a plan is in the order of the vec it points into.  Embedded, zeroed;
 * map_release() gives it back.
 */
#include "base/base.h"

struct map {
    struct map_slot *slots;
    size_t n, cap; /* cap is 0 or a power of two */
};

/* True and *ret when the key is there; ret may be NULL. */
bool map_get(const struct map *m, struct sv key, size_t *ret);
/* Set or replace.  True when the key is new. */
bool map_put(struct map *m, struct sv key, size_t value);
void map_release(struct map *m);
