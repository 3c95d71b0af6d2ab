#pragma once

/*
 * placeholder_int: what the files that find placeholders share.
 */
#include "runbook/placeholder.h"

/*
 * Length of the marked word at `at`, which one of `$%@_#<[{.x`, a capital, « or … begins; 0: none begins there.  *name: of
 * it, a view of the text or a literal.  `known`: what the document says of its words; may be NULL.
 */
size_t placeholder_mark(struct sv text, size_t at, bool is_template,
                        const struct placeholder_words *known, struct sv *name);
/* YOUR_TAG, VERSION_HERE: the whole name of a variable that somebody has to set. */
bool placeholder_is_yours(struct sv name);
