#pragma once

/*
 * sv: reading a view of bytes: compare, cut, find, and turn into numbers.
 *
 * Nothing here allocates or changes what it looks at; a view that is returned
 * lies inside the one that was given.  "nocase" folds ASCII letters only, in
 * every locale.  Offsets are bytes.
 */
#include <string.h>

#include "base/base.h"

#define SV_NPOS SIZE_MAX /* "not found" */

/*
 * What follows is asked some hundred times of each line of a document; most answers are told by the first byte, and
 * need no call.
 */
static inline bool ascii_is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}
static inline char ascii_lower(char c)
{
    return ascii_is_upper(c) ? (char)(c - 'A' + 'a') : c;
}

/* A view of a C string; NULL is the empty view. */
static inline struct sv sv_from(const char *s)
{
    return (struct sv){s, s ? strlen(s) : 0};
}
/* Bytes [from, to) of s; both are clamped to its size. */
static inline struct sv sv_sub(struct sv s, size_t from, size_t to)
{
    to = size_min(to, s.n);
    from = size_min(from, to);
    return (struct sv){from ? s.p + from : s.p, to - from}; /* NULL + 0 is undefined */
}

/* Only an empty view may be NULL: clang's analyzer asks for it. */
#ifdef __clang__
#define SV_IS_SOUND(s) __builtin_assume(!(s).n || (s).p)
#else
#define SV_IS_SOUND(s) (void)0
#endif

static inline bool sv_eq(struct sv a, struct sv b)
{
    SV_IS_SOUND(a);
    SV_IS_SOUND(b);
    return a.n == b.n && (a.n == 0 || (*a.p == *b.p && memcmp(a.p, b.p, a.n) == 0));
}
/* n bytes of each. */
bool sv_same_nocase(const char *a, const char *b, size_t n);
static inline bool sv_eq_nocase(struct sv a, struct sv b)
{
    return a.n == b.n &&
           (a.n == 0 || (ascii_lower(*a.p) == ascii_lower(*b.p) && sv_same_nocase(a.p, b.p, a.n)));
}
/* Is s the text?  For tables of names: most differ in the first byte. */
static inline bool sv_is(struct sv s, const char *text)
{
    for (size_t i = 0; i < s.n; i++)
        if (!text[i] || text[i] != s.p[i])
            return false;
    return !text[s.n];
}
/* Byte order, as memcmp and then by length: < 0, 0, > 0. */
int sv_cmp(struct sv a, struct sv b);
static inline bool sv_starts(struct sv s, struct sv prefix)
{
    return s.n >= prefix.n && sv_eq((struct sv){s.p, prefix.n}, prefix);
}
static inline bool sv_starts_nocase(struct sv s, struct sv prefix)
{
    return s.n >= prefix.n && sv_eq_nocase((struct sv){s.p, prefix.n}, prefix);
}
static inline bool sv_ends(struct sv s, struct sv suffix)
{
    return s.n >= suffix.n && sv_eq(sv_sub(s, s.n - suffix.n, s.n), suffix);
}

/* Offset of the first occurrence at or after `from`, or SV_NPOS.  An empty needle is found at `from`. */
size_t sv_find(struct sv s, struct sv needle, size_t from);
size_t sv_find_nocase(struct sv s, struct sv needle, size_t from);
static inline size_t sv_find_byte(struct sv s, char c, size_t from)
{
    const char *hit = from < s.n ? (const char *)memchr(s.p + from, c, s.n - from) : NULL;

    return hit ? (size_t)(hit - s.p) : SV_NPOS;
}
static inline bool sv_has(struct sv s, struct sv needle)
{
    return sv_find(s, needle, 0) != SV_NPOS;
}
static inline bool sv_has_nocase(struct sv s, struct sv needle)
{
    return sv_find_nocase(s, needle, 0) != SV_NPOS;
}
/* Like sv_find_nocase, but the match is not part of a longer word (letters, digits, '_'). */
size_t sv_find_word(struct sv s, struct sv word, size_t from);
static inline bool sv_has_word(struct sv s, struct sv word)
{
    return sv_find_word(s, word, 0) != SV_NPOS;
}

/* Blank, tab, CR, LF, FF, VT. */
static inline bool ascii_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Without ASCII white space at the ends. */
static inline struct sv sv_trim_left(struct sv s)
{
    for (; s.n && ascii_is_space(*s.p); s.n--)
        s.p++;
    return s;
}
static inline struct sv sv_trim_right(struct sv s)
{
    while (s.n && ascii_is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}
static inline struct sv sv_trim(struct sv s)
{
    return sv_trim_right(sv_trim_left(s));
}
/* If s starts with prefix: cut it off and return true. */
static inline bool sv_eat(struct sv *s, struct sv prefix)
{
    if (!sv_starts(*s, prefix))
        return false;
    *s = sv_sub(*s, prefix.n, s->n);
    return true;
}
static inline bool sv_eat_nocase(struct sv *s, struct sv prefix)
{
    if (!sv_starts_nocase(*s, prefix))
        return false;
    *s = sv_sub(*s, prefix.n, s->n);
    return true;
}

/*
 * Cut the next piece up to `sep` off *rest into *piece (without the separator); false when
 * nothing is left.  "a,b," gives "a", "b", ""; an empty text gives one empty piece, and the NULL view
 * nothing.  Start with *rest = the text; the end is marked by rest->p == NULL.
 */
bool sv_split(struct sv *rest, char sep, struct sv *piece);
/* The next line without its LF (and CR before it).  A last line without LF counts, an empty one does not. */
bool sv_next_line(struct sv *rest, struct sv *line);
/* The next word, cut at ASCII white space. */
bool sv_next_word(struct sv *rest, struct sv *word);

/*
 * The whole view as a decimal number; false when it is anything else, or does not fit.  No
 * blanks, no locale.  f64: digits with an optional sign, fraction and exponent; no "inf", "nan",
 * hex; correctly rounded.
 */
NODISCARD bool sv_to_i64(struct sv s, int64_t *ret);
NODISCARD bool sv_to_u64(struct sv s, uint64_t *ret);
NODISCARD bool sv_to_f64(struct sv s, double *ret);

static inline bool ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}
static inline bool ascii_is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
static inline bool ascii_is_alnum(char c)
{
    return ascii_is_digit(c) || ascii_is_alpha(c);
}
static inline char ascii_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}
/* A letter, digit or '_'. */
static inline bool ascii_is_word(char c)
{
    return ascii_is_alnum(c) || c == '_';
}
