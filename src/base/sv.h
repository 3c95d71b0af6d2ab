#pragma once

/*
 * sv: reading a view of bytes: compare, cut, find, and turn into numbers.
 *
 * Nothing here allocates or changes what it looks at; a view that is returned
 * lies inside the one that was given.  "nocase" folds ASCII letters only, in
 * every locale.  Offsets are bytes.
 */
#include "base/base.h"

#define SV_NPOS SIZE_MAX /* "not found" */

/* A view of a C string; NULL is the empty view. */
struct sv sv_from(const char *s);
/* Bytes [from, to) of s; both are clamped to its size. */
struct sv sv_sub(struct sv s, size_t from, size_t to);

bool sv_eq(struct sv a, struct sv b);
bool sv_eq_nocase(struct sv a, struct sv b);
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
bool sv_starts(struct sv s, struct sv prefix);
bool sv_starts_nocase(struct sv s, struct sv prefix);
bool sv_ends(struct sv s, struct sv suffix);

/* Offset of the first occurrence at or after `from`, or SV_NPOS.  An empty needle is found at `from`. */
size_t sv_find(struct sv s, struct sv needle, size_t from);
size_t sv_find_nocase(struct sv s, struct sv needle, size_t from);
size_t sv_find_byte(struct sv s, char c, size_t from);
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

/* Without ASCII white space (blank, tab, CR, LF, FF, VT) at the ends. */
struct sv sv_trim(struct sv s);
struct sv sv_trim_left(struct sv s);
struct sv sv_trim_right(struct sv s);
/* If s starts with prefix: cut it off and return true. */
bool sv_eat(struct sv *s, struct sv prefix);
bool sv_eat_nocase(struct sv *s, struct sv prefix);

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
static inline bool ascii_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}
static inline bool ascii_is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}
static inline char ascii_lower(char c)
{
    return ascii_is_upper(c) ? (char)(c - 'A' + 'a') : c;
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
