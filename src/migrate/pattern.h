#pragma once

/*
 * pattern: one search for a pattern that is a literal of ours.  It is compiled once for the process (base/regex.h).
 */
#include "base/regex.h"

bool pattern_find(const char *pattern, unsigned flags, struct sv subject, size_t from,
                  struct regex_match *groups, size_t n);
bool pattern_has(const char *pattern, unsigned flags, struct sv subject);
