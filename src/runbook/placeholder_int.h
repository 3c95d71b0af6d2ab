#pragma once

/*
 * placeholder_int: what the files that find placeholders share.
 */
#include "runbook/placeholder.h"

/*
 * Length of the marked word at `at`, which one of `$%@_#<[{.x`, a capital, « or … begins; 0: none begins there.  *name: of
 * it, a view of the text or a literal.  `document`: where a variable may be set.
 */
size_t placeholder_mark(struct sv text, size_t at, bool is_template, struct sv document,
                        struct sv *name);
