#pragma once

/*
 * effect_code: what a text that is handed to an interpreter does: python -c TEXT, node -e TEXT, python3 <<EOF.
 *
 * No grammar of these languages is known here.  A text only looks when everything that it calls is known only to look;
 * what importing a module does is not seen, so that this is weak evidence, like a script's name.
 */
#include "runbook/shell.h"

/* Is it such a command, by its words? */
bool effect_is_code(const struct shell_simple *s);
/* The same, and everything that its text calls only looks. */
bool effect_code_looks(const struct shell_simple *s);
/* Of a here-document that such an interpreter reads: `item` is the whole command, s its program. */
bool effect_heredoc_looks(const struct shell_item *item, const struct shell_simple *s);
