#pragma once

/*
 * effect: what a command changes, from a table of programs and their verbs.
 *
 * Used to say what has a way back and what only looks.  A program that is not in the
 * table has the effect "unknown", which counts as a change.
 */
#include "runbook/command.h"

/* Is there a row for the program, or is it one that only looks? */
bool effect_knows(struct sv program);
enum command_effect effect_of(const struct shell_item *item);
/* Of a text that another host's shell carries out. */
enum command_effect effect_of_remote(struct sv text);
/*
 * Does running the command a second time do no harm, whatever the first run came to?  `effect`: what
 * effect_of() said.  *why: a sentence for the journal.
 */
bool effect_repeats(const struct shell_item *item, enum command_effect effect, const char **why);
/* Of SQL text, or a dot command of sqlite3. */
enum command_effect effect_of_sql(struct sv sql);
