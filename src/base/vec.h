#pragma once

/*
 * vec: a growing array of one type.
 *
 *     VEC(struct step) steps = {0};
 *     *vec_add(&steps) = (struct step){...};     the new element, zeroed
 *     for (size_t i = 0; i < steps.n; i++) use(&steps.v[i]);
 *     vec_release(&steps);
 *
 * Pointers to elements are valid until the next vec_add().  sizeof(typeof(x)), not sizeof(x):
 * elements may be pointers, which the latter makes clang-tidy suspect.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define VEC(type)      \
    struct {           \
        type *v;       \
        size_t n, cap; \
    }

#define vec_add(vec)                                                              \
    ({                                                                            \
        if ((vec)->n == (vec)->cap) {                                             \
            (vec)->cap = (vec)->cap ? (vec)->cap * 2 : 8;                         \
            (vec)->v = xrealloc((vec)->v, (vec)->cap, sizeof(typeof(*(vec)->v))); \
        }                                                                         \
        memset(&(vec)->v[(vec)->n], 0, sizeof(typeof(*(vec)->v)));                \
        &(vec)->v[(vec)->n++];                                                    \
    })

#define vec_last(vec) (assert((vec)->n > 0), &(vec)->v[(vec)->n - 1])

#define vec_release(vec)                  \
    do {                                  \
        free((vec)->v);                   \
        memset((vec), 0, sizeof(*(vec))); \
    } while (0)
