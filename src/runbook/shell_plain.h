#pragma once

/*
 * shell_plain: a block of plain commands split without the grammar.
 *
 * Most blocks hold lines of plain words, "&&", "||", one "|" between two, a last "> file", quoted texts without expansions, and
 * comments.  Of these this gives what the grammar gives, byte for byte, for a tenth of the time; at
 * the first thing beyond them it gives up, and the grammar decides.  Pure; views and arena as in shell.h.
 */
#include "runbook/shell.h"

/* False: it is not plain, and *ret is untouched. */
bool shell_plain_split(struct sv text, struct arena *arena, struct shell_script *ret);

/* What the grammar says of it, plain or not; for shell_split(), and for tests that compare both. */
void shell_grammar_split(struct shell_parser *p, struct sv text, struct sv masked,
                         struct arena *arena, struct shell_script *ret);

/* Does an empty line, or the start of the text, stand before byte `at`? */
bool shell_blank_before(struct sv text, size_t at);
