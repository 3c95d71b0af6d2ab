#include "migrate/pattern.h"

/* NOLINTNEXTLINE(readability-function-size): those of regex_find(), and the pattern */
bool pattern_find(const char *pattern, unsigned flags, struct sv subject, size_t from,
                  struct regex_match *groups, size_t n)
{
    CLEANUP(regex_freep) struct regex *r = regex_must(pattern, flags);

    return regex_find(r, subject, from, groups, n);
}

bool pattern_has(const char *pattern, unsigned flags, struct sv subject)
{
    CLEANUP(regex_freep) struct regex *r = regex_must(pattern, flags);

    return regex_has(r, subject);
}
