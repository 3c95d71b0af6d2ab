#pragma once

/*
 * base: the few macros that every file may use, and the string view.
 *
 * Includes no other header of this tree: src/base is the bottom of the order.
 */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef NDEBUG
#error "asserts stay on in every build (style 13)"
#endif

#define ARRAY_LEN(a)           (sizeof(a) / sizeof((a)[0]))
#define NODISCARD              __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define UNUSED                 __attribute__((unused))

#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* Release at the end of the scope.  For locals only, always with an initialiser. */
#define CLEANUP(fn) __attribute__((cleanup(fn)))

/* From journal_free(struct journal *) make journal_freep(struct journal **), for CLEANUP(). */
/* NOLINTBEGIN(bugprone-macro-parentheses): `type` is a type */
#define DEFINE_CLEANUP(type, fn)      \
    static inline void fn##p(type *p) \
    {                                 \
        if (*p)                       \
            fn(*p);                   \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

/* Hand ownership on: the CLEANUP() local forgets what it held. */
#define STEAL(p)                \
    ({                          \
        __typeof__(p) p_ = (p); \
        (p) = NULL;             \
        p_;                     \
    })

static inline size_t size_min(size_t a, size_t b)
{
    return a < b ? a : b;
}

static inline size_t size_max(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* A read-only view of bytes that someone else owns.  Not NUL-terminated. */
struct sv {
    const char *p;
    size_t n;
};
#define SV(lit)   ((struct sv){("" lit), sizeof(lit) - 1})
#define SV_FMT(s) (int)(s).n, ((s).p ? (s).p : "") /* for "%.*s" */
